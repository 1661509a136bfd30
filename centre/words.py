"""How dates and times are written for people. Pure."""

from __future__ import annotations

from datetime import date, datetime

from centre.calendar import SEOUL

_WEEKDAYS = "월화수목금토일"


def korean_day(day: date) -> str:
    """``2026년 10월 12일(월)``."""
    return f"{day.year}년 {day.month}월 {day.day}일({_WEEKDAYS[day.weekday()]})"


def korean_instant(instant: datetime) -> str:
    """``2026년 10월 12일(월) 18시``, with minutes where there are any: ``14시 20분``.

    ``instant`` is aware, in any zone; what is written is Seoul time.
    """
    local = instant.astimezone(SEOUL)
    minutes = f" {local.minute}분" if local.minute else ""
    return f"{korean_day(local.date())} {local.hour}시{minutes}"
