"""Months of the calendar in Seoul, and to which day a due instant belongs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from centre.calendar import SEOUL

_WRITTEN: Final = re.compile(r"(\d{4})-(\d{2})")
_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    year: int
    month: int

    def __post_init__(self) -> None:
        date(self.year, self.month, 1)  # ValueError where there is no such month

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """``2026-09``; ValueError for anything else."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(f"달은 2026-09처럼 적습니다: {text!r}")
        return cls(int(found[1]), int(found[2]))

    def plus(self, count: int) -> Month:
        """So many months later; earlier where ``count`` is negative."""
        year, month = divmod(self.year * 12 + self.month - 1 + count, 12)
        return Month(year, month + 1)

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return self.plus(1).first - timedelta(days=1)


def months_between(first: Month, last: Month) -> Iterator[Month]:
    """Every month from the first to the last, both included."""
    while first <= last:
        yield first
        first = first.plus(1)


def due_day(instant: datetime) -> date:
    """The Seoul day to which a due instant belongs: a midnight ends the day before it."""
    return (instant - _MOMENT).astimezone(SEOUL).date()
