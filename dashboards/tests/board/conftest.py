"""A centre in the middle of its work: cases of each kind of date, calls, visitors, people who left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache

from centre.models import StaffMember, Team
from complaints.models import Complaint
from complaints.queries import renewed_key
from complaints.tests.conftest import demo_centre, file, person, seoul
from reception.tests.conftest import come, desk, take
from standards.services import fulfil, open_commitment, sweep

__all__ = ["come", "demo_centre", "desk", "file", "person", "take"]

#: A Wednesday, shortly before noon.
NOW = seoul("2026-09-09 11:40")
#: When the cases came: overdue, due today, due soon, not due for long.
CAME = ["2026-08-20 10:00", "2026-08-31 16:00", "2026-09-02 10:00", "2026-09-04 09:30",
        "2026-09-04 15:00", "2026-09-05 23:50", "2026-09-09 00:10"]  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """Drawn figures are kept for seconds; each test draws its own."""
    cache.clear()


@pytest.fixture
def at_work() -> Iterator[None]:
    """The pages read the clock: it stands at ``NOW``."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def busy(
    at_work: None, demo_centre: None, file: Any, come: Any, take: Any, person: Any
) -> list[Complaint]:
    """Cases in several teams and hands, notes on time and late, visitors of each kind."""
    topics = ("record", "education", "portal", "unsure")
    channels = ("web", "phone", "visit")
    cases = []
    for at, when in enumerate(CAME):
        cases.append(
            file(
                now=seoul(when),
                topic_code=topics[at % len(topics)],
                kind=("complaint", "suggestion", "enquiry", "compliment")[at % 4],
                channel=channels[at % len(channels)],
                email=f"somebody{at}@example.com",
                subject=f"의견 {at}",
            ).complaint
        )
    _rearrange(cases, person)
    take(now=NOW - timedelta(hours=2))
    take(now=NOW - timedelta(minutes=5), sought="nam.gy", contact="010-0000-7777", name="박다온")
    take(now=NOW - timedelta(days=12), sought="nam.gy", contact="010-0000-8888", name="이가람")
    come(now=NOW - timedelta(minutes=3), sought="nam.gy")
    come(now=NOW - timedelta(minutes=12))
    come(now=NOW - timedelta(minutes=1), purpose="other")
    _promises()
    open_commitment(
        code="reply-renewed", key=renewed_key(cases[1]), subject_type="complaint",
        subject_id=cases[1].pk, started_at=NOW, now=NOW, team=cases[1].team,
    )  # fmt: skip
    sweep(now=NOW)
    gone = StaffMember.objects.filter(user__username="nam.gy")
    gone.update(left_on=NOW.date() - timedelta(days=1))
    return cases


def _rearrange(cases: list[Complaint], person: Callable[[str], StaffMember]) -> None:
    """One case without anybody, one without a team, one with who has left, one of another's team."""
    Complaint.objects.filter(pk=cases[0].pk).update(handler=None)
    Complaint.objects.filter(pk=cases[3].pk).update(handler=None, team=None)
    gone = person("nam.gy")
    Complaint.objects.filter(pk=cases[1].pk).update(handler=gone, team=gone.team)
    Complaint.objects.filter(pk=cases[4].pk).update(handler=person("bae.sj"))


def _promises() -> None:
    """Calls of this month and of August, some made in time, some late, some not at all."""
    team = Team.objects.order_by("place").first()
    for at in range(9):
        start = seoul("2026-09-01 09:30") - timedelta(days=7 * (at % 3)) + timedelta(minutes=at)
        key = f"call:{at}"
        open_commitment(
            code="phone-callback", key=key, subject_type="callback", subject_id=9000 + at,
            started_at=start, now=start, team=team,
        )  # fmt: skip
        if at % 4 != 3:
            done = start + timedelta(minutes=30 if at % 2 else 90)
            fulfil(key=key, at=done, now=done)
