"""Weeks, months, quarters, half-years and years in Seoul, with the names people use. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from centre.calendar import SEOUL


class Every(StrEnum):
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


_MONTHS: Final = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF_YEAR: 6, Every.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Span:
    """A period: ``ends_at`` is the midnight that ends it, and the due instant of what it asks."""

    key: str
    label: str
    starts_at: datetime
    ends_at: datetime

    @property
    def first_day(self) -> date:
        return self.starts_at.astimezone(SEOUL).date()

    def holds(self, instant: datetime) -> bool:
        return self.starts_at <= instant < self.ends_at


def span(every: Every, day: date) -> Span:
    """The period that holds a day in Seoul."""
    if every is Every.WEEK:
        monday = day - timedelta(days=day.weekday())
        year, week, _weekday = monday.isocalendar()
        label = f"{monday.month}월 {monday.day}일 주"
        return Span(f"{year}-W{week:02}", label, midnight(monday), midnight(monday, days=7))
    months = _MONTHS[every]
    number = (day.month - 1) // months
    start = date(day.year, number * months + 1, 1)
    key, label = _names(every, day.year, number + 1)
    return Span(key, label, midnight(start), midnight(months_later(start, months)))


def _names(every: Every, year: int, number: int) -> tuple[str, str]:
    match every:
        case Every.MONTH:
            return f"{year}-{number:02}", f"{year}년 {number}월"
        case Every.QUARTER:
            return f"{year}-Q{number}", f"{year}년 {number}분기"
        case Every.HALF_YEAR:
            return f"{year}-H{number}", f"{year}년 {'상' if number == 1 else '하'}반기"
        case _:
            return str(year), f"{year}년"


def midnight(day: date, *, days: int = 0) -> datetime:
    """00:00 in Seoul of a day, or of one some days later."""
    return datetime.combine(day + timedelta(days=days), time(0), SEOUL)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last (31 November is the 30th)."""
    place = day.year * 12 + day.month - 1 + months
    year, month = place // 12, place % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))
