"""When the mails for leaders go out. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from centre.calendar import SEOUL, Calendar

_WEEK: Final = timedelta(days=7)


def is_time(now: datetime, hours: Calendar, *, at: time) -> bool:
    """Whether it is past ``at`` on an open day, and the centre is open at this instant.

    A pass that comes late still counts, but not in the lunch hour and not after closing.
    """
    return now.astimezone(SEOUL).time() >= at and hours.is_open_at(now)


def is_first_open_day(day: date, hours: Calendar) -> bool:
    """Whether no day before it in its week (from Monday) was open, and it is."""
    before = (day - timedelta(days=ago) for ago in range(1, day.weekday() + 1))
    return hours.is_open_day(day) and not any(map(hours.is_open_day, before))


def last_week(day: date) -> tuple[date, date]:
    """Monday and Sunday of the week before the one of a day."""
    monday = day - timedelta(days=day.weekday()) - _WEEK
    return monday, monday + timedelta(days=6)


def clock(text: str) -> time:
    """``09:10`` as a time of the day in Seoul."""
    return time.fromisoformat(text)
