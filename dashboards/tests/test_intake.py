"""What comes in: each figure against the slow way, from the rows, with the nasty ones first."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centre.calendar import SEOUL, Calendar
from centre.factories import StaffMemberFactory, TeamFactory, TopicFactory
from complaints.factories import ComplaintFactory, ResponseFactory
from complaints.models import Complaint, Contact, State
from dashboards import intake
from dashboards.intake.figures import spread_of
from standards.errors import BadPeriod
from standards.months import Month

NOW = datetime(2026, 11, 20, 12, tzinfo=SEOUL)
MINUTE = timedelta(minutes=1)


def seoul(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SEOUL)  # type: ignore[arg-type,misc]


def case(received: datetime, **more: Any) -> Complaint:
    """An opinion that nobody has confirmed or answered, unless ``more`` says so."""
    given: dict[str, Any] = {"handler": None, "team_confirmed_at": None, "due_at": False} | more
    return ComplaintFactory.create(received_at=received, **given)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("received", "day"),
    [
        (seoul(2026, 10, 31, 23, 59, 59), date(2026, 10, 31)),
        (seoul(2026, 11, 1, 0, 0, 0), date(2026, 11, 1)),
        (datetime(2026, 10, 31, 14, 59, 59, 999_999, tzinfo=UTC), date(2026, 10, 31)),
        (datetime(2026, 10, 31, 15, tzinfo=UTC), date(2026, 11, 1)),
        (seoul(2025, 12, 31, 23, 59, 59), date(2025, 12, 31)),
        (seoul(2024, 2, 29, 0, 0, 0), date(2024, 2, 29)),
    ],
)
def test_an_opinion_belongs_to_its_day_in_seoul(received: datetime, day: date) -> None:
    case(received)
    one = timedelta(days=1)
    assert intake.between(day, day, now=NOW).total == 1
    assert intake.between(day - one, day - one, now=NOW).total == 0
    assert intake.between(day + one, day + one, now=NOW).total == 0
    told = intake.between(day, day, now=NOW)
    local = received.astimezone(SEOUL)
    assert told.grid[local.weekday()][local.hour] == 1
    assert sum(told.hours) == sum(told.weekdays) == 1
    ((month, of_month),) = intake.by_month(day, day, now=NOW)
    assert (month, of_month.total) == (Month.of(day), 1)


@pytest.mark.django_db
def test_a_period_without_opinions_is_empty_and_one_that_is_none_is_refused() -> None:
    case(seoul(2026, 11, 3, 10))
    told = intake.between(date(2030, 1, 1), date(2031, 1, 1), now=NOW)
    assert (told.total, told.repeat_rate, told.answer.median) == (0, None, None)
    for first, last in [
        (date(2026, 11, 4), date(2026, 11, 2)),
        (date(2026, 1, 1), date(2126, 1, 1)),
        (date(1926, 1, 1), date(1926, 1, 2)),
    ]:
        with pytest.raises(BadPeriod):
            intake.between(first, last, now=NOW)
        with pytest.raises(BadPeriod):
            intake.by_month(first, last, now=NOW)


@pytest.mark.django_db
def test_waits_are_counted_from_the_first_contact_and_the_first_answer() -> None:
    friday = seoul(2026, 11, 6, 17, 50)
    confirmed = case(friday, team_confirmed_at=seoul(2026, 11, 9, 9, 10))
    rung = case(friday, team_confirmed_at=seoul(2026, 11, 9, 10, 0))
    for at, reached in [(seoul(2026, 11, 6, 17, 55), False), (seoul(2026, 11, 9, 9, 5), True)]:
        Contact.objects.create(complaint=rung, way="phone", reached=reached, at=at)
    told = case(friday, told_at=friday + timedelta(hours=50, minutes=59))
    ResponseFactory(complaint=told, told_at=told.told_at, drafted_by=StaffMemberFactory())
    again = case(friday, told_at=None)  # opened again after its first answer
    ResponseFactory(
        complaint=again, told_at=friday + timedelta(hours=30), drafted_by=StaffMemberFactory()
    )
    case(friday, anonymous=True, team_confirmed_at=friday, told_at=friday)
    day = date(2026, 11, 6)
    found = intake.between(day, day, now=NOW)
    assert found.total == 5
    assert dict(found.answer.buckets) == {30: 1, 50: 1}
    assert (found.answer.median, found.answer.p90) == (30, 50)
    # Friday 10 minutes; Saturday and Sunday nothing; Monday from 9.
    assert confirmed.pk
    assert dict(found.first_contact.buckets) == {10: 2, 15: 1, 20: 1}


@pytest.mark.django_db
def test_what_is_counted_of_a_case() -> None:
    day = seoul(2026, 11, 4, 9)
    team, other = TeamFactory(), TeamFactory()
    topic = TopicFactory(team=team)
    first = case(day, team=team, topic=topic, state=State.CLOSED, decision="accepted")
    case(day, team=team, topic=topic, previous=first, stage=2, kind="suggestion", channel="phone")
    case(day, team=other, stage=3, state=State.MERGED)
    case(day, team=None, state=State.CLOSED, decision="referred")
    case(day, team=None, state=State.WITHDRAWN)
    found = intake.between(day.date(), day.date(), now=NOW)
    assert dict(found.kinds) == {"complaint": 4, "suggestion": 1}
    assert dict(found.channels) == {"web": 4, "phone": 1}
    assert found.topics[topic.pk] == 2
    assert dict(found.stages) == {1: 3, 2: 1, 3: 1}
    assert dict(found.decisions) == {"accepted": 1, "referred": 1}
    assert dict(found.outcomes) == {
        "answered": 1, "open": 1, "merged": 1, "referred": 1, "withdrawn": 1,
    }  # fmt: skip
    assert (found.repeats, found.repeat_rate) == (2, 0.4)
    of_team = intake.between(day.date(), day.date(), now=NOW, team_ids=[team.pk])
    assert (of_team.total, of_team.repeats) == (2, 1)
    assert intake.between(day.date(), day.date(), now=NOW, team_ids=[]).total == 0
    assert intake.between(day.date(), day.date(), now=NOW, team_ids=[None]).total == 2


@given(st.lists(st.integers(0, 400), max_size=60))
def test_spread_against_the_sorted_list(waits: list[int]) -> None:
    buckets = Counter(wait - wait % 5 for wait in waits)
    found = spread_of(buckets, unit="minute")
    ordered = sorted(waits)
    assert found.n == len(ordered)
    if not ordered:
        assert found.median is found.p90 is None
        return
    for told, rank in [
        (found.median, -(-len(ordered) // 2)),
        (found.p90, -(-len(ordered) * 9 // 10)),
    ]:
        true = ordered[rank - 1]
        assert told is not None
        assert told <= true < told + 5
    assert found.within(100) == sum(wait < 100 for wait in ordered)


def test_a_limit_inside_a_bucket_is_refused() -> None:
    with pytest.raises(ValueError, match="no end of a bucket"):
        spread_of({0: 1}, unit="minute").within(7)


def test_the_calendar_counts_what_the_waits_need() -> None:
    friday = seoul(2026, 11, 6, 17, 50)
    assert Calendar().working_seconds_between(friday, seoul(2026, 11, 9, 9, 10)) == 20 * 60
