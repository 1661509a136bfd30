"""How dates and times are written for people. Pure."""

from __future__ import annotations

import re
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


_KOREAN_DAY = re.compile(
    r"(?P<year>\d{4})년 (?P<month>\d{1,2})월 (?P<day>\d{1,2})일(?:\([월화수목금토일]\))?"
    r"(?: (?P<hour>\d{1,2})시(?: (?P<minute>\d{1,2})분)?)?"
)
_ENGLISH_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def english_day(day: date) -> str:
    """``Mon 12 October 2026``."""
    month = _ENGLISH_MONTHS[day.month - 1]
    return f"{_ENGLISH_WEEKDAYS[day.weekday()]} {day.day} {month} {day.year}"


def english_instant(instant: datetime) -> str:
    """``Mon 12 October 2026, 18:00``, Seoul time; ``instant`` is aware, in any zone."""
    local = instant.astimezone(SEOUL)
    return f"{english_day(local.date())}, {local:%H:%M}"


def said_in_english(korean: str) -> str:
    """The English of a day or an instant that was written out in Korean; "" for anything else."""
    match = _KOREAN_DAY.fullmatch(korean)
    if match is None:
        return ""
    year, month, day = (int(match[name]) for name in ("year", "month", "day"))
    try:
        words = english_day(date(year, month, day))
    except ValueError:  # a day that there is not
        return ""
    if match["hour"] is None:
        return words
    return f"{words}, {int(match['hour']):02d}:{int(match['minute'] or 0):02d}"
