"""A simulated past, lived through the real services: nothing owed at its end, and sound."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.test import Client
from django.urls import reverse

from centre import queries as centre_queries
from centre.calendar import SEOUL
from centre.loading import load_centre_data
from centre.models import Absence, User
from complaints.models import ApologyLetter, Complaint, Review
from complaints.services.loading import load_reply_templates
from dashboards.demo import opinions
from dashboards.demo.duties import Duties
from dashboards.demo.world import StandsStill, World
from dashboards.demo.year import Past, last_open_moment
from dashboards.evaluation.checks import wrong_editions
from dashboards.evaluation.models import Edition, Evaluation, Remark
from education.models import Announcement, Certificate, Course
from notices.models import Notice
from reception.models import ContactNote, Visit
from standards.models import Commitment, Duty, Evidence, Outage
from standards.services import load_charter
from surveys.models import Response, Survey

END = datetime(2026, 9, 10, 16, 0, tzinfo=SEOUL)


@pytest.fixture
def centre(db: None, settings: Any) -> None:
    settings.DEMO = True
    load_centre_data(now=END - timedelta(days=30), demo=True)
    load_charter(today=END.date())
    load_reply_templates()


def live(**values: Any) -> Past:
    past = Past(
        **{"seed": 3, "start": END - timedelta(days=24), "end": END, "share": 0.2, **values}
    )
    lived = past.live()
    assert lived.owed == 0
    assert lived.opinions == Complaint.objects.count() > 5
    return past


def test_some_weeks_leave_nothing_owed_all_kinds_of_things_and_full_pages(
    centre: None, client: Client
) -> None:
    """One past for all that is asked of it: living it is what takes the time."""
    live(seed=1365, goes_on=True)
    assert not Notice.objects.sendable(now=END).exists()
    assert not Commitment.objects.due(now=END).exists()
    assert not Complaint.objects.exclude(email_index="").filter(received_at__gt=END).exists()
    told = StringIO()
    call_command("verify", stdout=told)
    assert "이상 없음" in told.getvalue()
    missing = [name for name, rows in _kinds_of_things().items() if not rows.exists()]
    assert missing == []
    _pages_answer(client)


def _kinds_of_things() -> dict[str, QuerySet[Any]]:
    published = Survey.objects.filter(status="published")
    delivered = Notice.objects.filter(status="delivered", audience="citizen")
    open_cases = Complaint.objects.filter(closed_at=None)
    return {
        "a second stage": Complaint.objects.filter(stage=2),
        "a review of the third": Review.objects.all(),
        "a letter of apology": ApologyLetter.objects.filter(status="told"),
        "a compliment": Complaint.objects.filter(kind="compliment"),
        "somebody without a name": Complaint.objects.filter(anonymous=True),
        "something extended or supplemented": Commitment.objects.filter(code="reply").exclude(
            due_at=F("first_due_at")
        ),
        "a morning's mail for leaders": Notice.objects.filter(template="digest"),
        "a week's mail for leaders": Notice.objects.filter(template="digest-weekly"),
        "a mail that failed": Notice.objects.filter(status="failed"),
        "a mail that came back": Notice.objects.filter(status="bounced"),
        "a call instead": delivered.filter(channel="phone"),
        "an outage with its notice": Outage.objects.exclude(notice_at=None),
        "a caller to ring back": ContactNote.objects.all(),
        "somebody waiting at the desk": Visit.objects.filter(served_at=None, ended_at=None),
        "an absence": Absence.objects.all(),
        "a course announced late": Announcement.objects.filter(late=True),
        "a certificate": Certificate.objects.all(),
        "a course to enrol in": Course.objects.filter(state="announced", starts_at__gt=END),
        "published results": published,
        "a survey to answer": Survey.objects.open().filter(kind="visit"),
        "a case survey answered": Response.objects.filter(survey__kind="case"),
        "evidence": Evidence.objects.filter(kind="channel"),
        "a promise missed": Commitment.objects.filter(state="missed"),
        "a case that is late": open_cases.filter(
            pk__in=Commitment.objects.filter(
                code="reply", state="missed", fulfilled_at=None
            ).values("subject_id")
        ),
        "a case due soon": open_cases.filter(
            pk__in=Commitment.objects.filter(
                code="reply", state="running", due_at__lt=END + timedelta(days=5)
            ).values("subject_id")
        ),
    }


def _pages_answer(client: Client) -> None:
    """Of what can be reached without a number in its address, nothing fails and nothing is empty."""
    results = Survey.objects.filter(status="published").earliest("pk").slug
    public = ["/", "/charter/", "/statistics/", "/staff-guide/", "/courses/", "/surveys/"]
    for page in [*public, f"/surveys/{results}/results/"]:
        answered = client.get(page)
        assert answered.status_code == 200, page
        assert len(answered.content) > 3_000, page
    client.force_login(User.objects.get(username="seo.yh"))
    for page in ["/dashboard/", "/desk/", "/admin/"]:
        assert client.get(page, follow=True).status_code == 200, page
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert client.get(reverse(name), follow=True).status_code in {200, 403}, name


def test_the_same_seed_makes_the_same_figures(centre: None) -> None:
    """Some days lived twice, the first time taken back; another seed is another week."""
    figures = []
    for seed in (5, 5, 6):
        with transaction.atomic():
            live(seed=seed, start=END - timedelta(days=2), share=0.5)
            figures.append(_figures())
            transaction.set_rollback(True)
    assert figures[0] == figures[1] != figures[2]


def _figures() -> list[Any]:
    kept = Commitment.objects.values_list("code", "state").annotate(n=Count("pk"))
    cases = Complaint.objects.order_by("received_at", "pk")
    told = Notice.objects.values_list("template", "status").annotate(n=Count("pk"))
    return [
        list(kept.order_by("code", "state")),
        list(cases.values_list("kind", "channel", "state", "received_at", "told_at")),
        list(told.order_by("template", "status")),
        Visit.objects.count(),
        Response.objects.count(),
    ]


def test_the_same_seed_says_the_same() -> None:
    said = [
        [opinions.opinion(rng, month=1) for _ in range(40)]
        for rng in (Random(5), Random(5), Random(6))
    ]
    assert said[0] == said[1] != said[2]
    assert len({(o.subject, o.body) for o in said[0]}) > 30
    assert all("{" not in o.subject + o.body + o.answer + o.planned for o in said[0])
    assert any("12월" in o.body for o in said[0]), "people in January speak of December"


def test_every_text_with_an_answer_of_its_own_fits_a_topic_a_kind_and_a_channel() -> None:
    texts = opinions._texts()
    topics = {topic["code"] for topic in opinions._data()["topics"]}
    every = [text for of_topic in texts.values() for text in of_topic]
    assert len(every) >= 40
    assert set(texts) == topics
    assert {text["kind"] for text in every} == {"complaint", "enquiry", "suggestion", "compliment"}
    assert {text["channel"] for text in every} == set(opinions.CHANNELS)
    words = opinions._words(Random(1), month=3)
    for text in every:
        opinions._filled(text["subject"] + text["body"] + text.get("answer", ""), words)


@pytest.mark.parametrize(("begins", "figures"), [("2025-12-29", True), ("2026-01-05", False)])
def test_a_year_with_figures_is_evaluated_in_the_next_and_another_was_elsewhere(
    db: None, settings: Any, client: Client, begins: str, figures: bool
) -> None:
    """Only what the staff does apart from cases: that is what costs little."""
    settings.DEMO = True
    start = datetime.fromisoformat(f"{begins} 09:30").replace(tzinfo=SEOUL)
    load_centre_data(now=start - timedelta(days=1), demo=True)
    load_charter(today=start.date())
    world = World(seed=2, start=start, end=datetime(2026, 2, 12, 16, 0, tzinfo=SEOUL))
    world.run(Duties(world).plan)
    world.settle()
    assert not Notice.objects.sendable(now=world.end).exists()
    duty = Duty.objects.get(kind="evaluation", period="2026")
    assert duty.done_at is not None
    assert duty.done_at.astimezone(SEOUL).date() < date(2026, 2, 12)
    assert Edition.objects.filter(year=2025, published_at=duty.done_at).exists() is figures
    assert Evaluation.objects.exclude(status="published").count() == 0
    actions = Remark.objects.exclude(action="")
    assert actions.exists() is figures
    assert not actions.filter(duty=None).exists()
    assert list(wrong_editions()) == []
    page = client.get("/charter/evaluations/2025/")
    assert page.status_code == (200 if figures else 404)


@pytest.mark.parametrize(("shows_all", "first"), [(True, True), (False, False)])
def test_in_a_past_that_shows_all_what_is_seldom_comes_up_once_for_certain(
    db: None, shows_all: bool, first: bool
) -> None:
    world = World(seed=1, start=END, end=END + timedelta(days=1), shows_all=shows_all)
    assert [world.comes_up("seldom", 0.0) for _ in range(3)] == [first, False, False]


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
    with pytest.raises(CommandError, match="--opinions"):
        call_command("demo", opinions=0)
