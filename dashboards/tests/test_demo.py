"""A simulated past, lived through the real services: nothing owed at its end, and sound."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from centre import queries as centre_queries
from centre.calendar import SEOUL
from centre.loading import load_centre_data
from complaints.models import Complaint
from complaints.services.loading import load_reply_templates
from dashboards.demo import opinions
from dashboards.demo.world import StandsStill, World
from dashboards.demo.year import Past, last_open_moment
from notices.models import Notice
from reception.models import Visit
from standards.models import Commitment
from standards.services import load_charter

END = datetime(2026, 9, 10, 16, 0, tzinfo=SEOUL)


@pytest.fixture
def centre(db: None, settings: Any) -> None:
    settings.DEMO = True
    load_centre_data(now=END - timedelta(days=30), demo=True)
    load_charter(today=END.date())
    load_reply_templates()


def test_a_few_days_end_with_nothing_owed_and_verify_is_clean(centre: None) -> None:
    lived = Past(seed=3, start=END - timedelta(days=9), end=END, share=0.35).live()
    assert lived.opinions == Complaint.objects.count() > 10
    assert Visit.objects.exists()
    assert lived.owed == 0
    assert not Notice.objects.sendable(now=END).exists()
    assert not Commitment.objects.due(now=END).exists()
    assert not Complaint.objects.exclude(email_index="").filter(received_at__gt=END).exists()
    told = StringIO()
    call_command("verify", stdout=told)
    assert "이상 없음" in told.getvalue()


def test_the_same_seed_says_the_same() -> None:
    said = [
        [opinions.opinion(rng, month=1) for _ in range(40)]
        for rng in (Random(5), Random(5), Random(6))
    ]
    assert said[0] == said[1] != said[2]
    assert len({(o.subject, o.body) for o in said[0]}) > 30
    assert all("{" not in o.subject + o.body + o.answer + o.planned for o in said[0])
    assert any("12월" in o.body for o in said[0]), "people in January speak of December"


def test_addresses_of_the_simulated_lead_nowhere() -> None:
    citizen = opinions.citizen(Random(1), 12)
    assert citizen.email.endswith(".invalid")
    assert citizen.phone == "010-0000-0012"


def test_what_stays_due_for_ever_is_a_fault_and_no_endless_loop(
    centre: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(seed=1, start=END, end=END + timedelta(days=1))
    monkeypatch.setattr(world, "_next_due", lambda: END)
    with pytest.raises(StandsStill):
        world.beat_until(END + timedelta(hours=1))


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-09-10 16:00", "2026-09-10 16:00"),
        ("2026-09-10 12:30", "2026-09-10 11:55"),
        ("2026-09-13 02:00", "2026-09-11 17:55"),
    ],
)
def test_the_past_ends_while_the_centre_is_open(centre: None, now: str, end: str) -> None:
    moment = last_open_moment(
        datetime.fromisoformat(now).replace(tzinfo=SEOUL), calendar=centre_queries.calendar()
    )
    assert moment.isoformat(" ", "minutes") == f"{end}+09:00"


def test_only_an_empty_demo_is_filled(centre: None, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("demo")
    settings.DEMO = True
    with pytest.raises(CommandError, match="--days"):
        call_command("demo", days=0)
