"""The period of the dashboard and the two it is compared with. Pure; days are those in Seoul."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from standards.errors import BadPeriod
from standards.figures import EARLIEST, check_period
from standards.months import Month

Days = tuple[date, date]

MONTH, FREE = "month", "free"
#: What can be chosen: the words, how many months it has, how many such periods ago it was.
CHOICES: Final[dict[str, tuple[str, int, int]]] = {
    MONTH: ("이번 달", 1, 0),
    "last-month": ("지난달", 1, 1),
    "quarter": ("이번 분기", 3, 0),
    "last-quarter": ("지난 분기", 3, 1),
    "half": ("이번 반기", 6, 0),
    "year": ("올해", 12, 0),
    "last-year": ("지난해", 12, 1),
    FREE: ("날짜로 고르기", 0, 0),
}
TREND_MONTHS: Final = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """``running``: it was cut at today. ``before`` and ``year_ago`` are as long; None out of range."""

    kind: str
    first: date
    last: date
    running: bool
    before: Days | None
    year_ago: Days | None

    @property
    def title(self) -> str:
        """2026년 11월, 2026년 4분기, or its days."""
        whole = _whole(self.kind, self.first)
        return whole or days_in_words(self.first, self.last)

    @property
    def days(self) -> str:
        words = days_in_words(self.first, self.last)
        return f"{words}(오늘)까지" if self.running else words

    @property
    def trend(self) -> Days:
        """From the first of the month twelve months before that of the last day."""
        return Month.of(self.last).plus(1 - TREND_MONTHS).first, self.last

    @property
    def months(self) -> list[Month]:
        newest = Month.of(self.last)
        return [newest.plus(at) for at in range(1 - TREND_MONTHS, 1)]


def days_in_words(first: date, last: date) -> str:
    """``2026. 11. 1. ~ 11. 22.``; the year again only where it is another."""
    begin = f"{first.year}. {first.month}. {first.day}."
    if first == last:
        return begin
    year = "" if last.year == first.year else f"{last.year}. "
    return f"{begin} ~ {year}{last.month}. {last.day}."


def read(asked: Mapping[str, str], *, today: date) -> tuple[Period, str]:
    """The period asked for, and what was wrong with it: then it is this month, in which today is."""
    kind = asked.get("period", "") or (FREE if asked.get("first") or asked.get("last") else MONTH)
    try:
        if kind == FREE:
            return _free(asked, today=today), ""
        if kind in CHOICES:
            return _named(kind, today=today), ""
        wrong = "모르는 기간입니다. 아래에서 골라 주십시오."
    except BadPeriod as error:
        wrong = str(error)
    return _named(MONTH, today=today), f"{wrong} 이번 달을 보여 드립니다."


def _named(kind: str, *, today: date) -> Period:
    _words, months, ago = CHOICES[kind]
    begin = Month((today.year), (today.month - 1) // months * months + 1).plus(-ago * months)
    end = begin.plus(months - 1)
    last = min(end.last, today)
    running = last < end.last
    return Period(
        kind=kind,
        first=begin.first,
        last=last,
        running=running,
        before=_possible(_earlier(begin.first, last, months, cut=running)),
        year_ago=_possible(_earlier(begin.first, last, 12, cut=running)),
    )


def _free(asked: Mapping[str, str], *, today: date) -> Period:
    first, last = _day(asked.get("first", "")), _day(asked.get("last", ""))
    check_period(first, last)
    if first > today:
        raise BadPeriod("아직 오지 않은 기간입니다. 첫날을 오늘이나 그 앞으로 골라 주십시오.")
    running = last > today
    last = min(last, today)
    length = last - first + timedelta(days=1)
    return Period(
        kind=FREE,
        first=first,
        last=last,
        running=running,
        before=_possible((first - length, first - timedelta(days=1))),
        year_ago=_possible(_earlier(first, last, 12, cut=True)),
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadPeriod("첫날과 마지막 날을 2026-11-01처럼 적어 주십시오.") from None


def _earlier(first: date, last: date, months: int, *, cut: bool) -> Days:
    """So many months earlier: to the same day of the month where ``cut``, else to its end."""
    begin, end = Month.of(first).plus(-months), Month.of(last).plus(-months)
    return (
        begin.first.replace(day=min(first.day, begin.last.day)),
        end.first.replace(day=min(last.day, end.last.day)) if cut else end.last,
    )


def _possible(days: Days) -> Days | None:
    return days if days[0] >= EARLIEST else None


def _whole(kind: str, first: date) -> str:
    months = CHOICES[kind][1]
    if months == 1:
        return f"{first.year}년 {first.month}월"
    if months == 3:
        return f"{first.year}년 {(first.month + 2) // 3}분기"
    if months == 6:
        return f"{first.year}년 {'상' if first.month == 1 else '하'}반기"
    return f"{first.year}년" if months == 12 else ""
