"""When the mails go out: dated tables with the nasty rows in them."""

from __future__ import annotations

from datetime import date

import pytest

from centre.calendar import Calendar
from complaints.tests.conftest import seoul
from dashboards.digest.times import clock, is_first_open_day, is_time, last_week

ORDINARY = Calendar(version=1)
CLOSED = Calendar(
    version=1, closures={date(2026, 9, 7): "내부 공사", date(2026, 9, 9): "임시공휴일"}
)
OPENED = Calendar(version=1, reopened={date(2026, 3, 2): "행사"})


@pytest.mark.parametrize(
    ("now", "hours", "due"),
    [
        ("2026-09-09 09:09:59", ORDINARY, False),
        ("2026-09-09 09:10:00", ORDINARY, True),
        ("2026-09-09 08:59:59", ORDINARY, False),
        ("2026-09-09 00:10:00", ORDINARY, False),  # 15:10 the day before in UTC
        ("2026-09-09 11:00:00", ORDINARY, True),  # the worker was down until now
        ("2026-09-09 12:30:00", ORDINARY, False),  # lunch
        ("2026-09-09 13:00:00", ORDINARY, True),
        ("2026-09-09 17:59:59", ORDINARY, True),
        ("2026-09-09 18:00:01", ORDINARY, False),
        ("2026-09-09 10:00:00", CLOSED, False),
        ("2026-09-12 10:00:00", ORDINARY, False),  # Saturday
        ("2026-03-02 10:00:00", ORDINARY, False),  # substitute holiday
        ("2026-03-02 10:00:00", OPENED, True),
    ],
)
def test_the_time_of_day(now: str, hours: Calendar, due: bool) -> None:
    assert is_time(seoul(now), hours, at=clock("09:10")) is due


@pytest.mark.parametrize(
    ("day", "hours", "first"),
    [
        ("2026-09-07", ORDINARY, True),
        ("2026-09-08", ORDINARY, False),
        ("2026-03-02", ORDINARY, False),  # Monday, a holiday
        ("2026-03-03", ORDINARY, True),
        ("2026-03-02", OPENED, True),
        ("2026-03-03", OPENED, False),
        ("2026-09-08", CLOSED, True),  # Monday is closed by the centre
        ("2026-09-06", ORDINARY, False),  # Sunday belongs to the week before
        ("2026-09-25", ORDINARY, False),  # 추석
    ],
)
def test_the_first_open_day_of_the_week(day: str, hours: Calendar, first: bool) -> None:
    assert is_first_open_day(date.fromisoformat(day), hours) is first


def test_last_week_runs_from_monday_to_sunday() -> None:
    assert last_week(date(2026, 3, 3)) == (date(2026, 2, 23), date(2026, 3, 1))
    assert last_week(date(2027, 1, 1)) == (date(2026, 12, 21), date(2026, 12, 27))
