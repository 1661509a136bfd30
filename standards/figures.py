"""How well each promise was kept in a period, by code; by month and by team where asked.

A case belongs to the Seoul day of its due instant in force (a promise that ends at midnight to
the day that ends there). Periods are Seoul days, both ends included. Late is missed. The rate is kept ÷ (kept + missed + running past due),
where kept means by the date promised first; kept after an extension stands beside it. What was
withdrawn, merged or referred is shown and not counted. Zero of zero is "no case", not a rate.
Which kinds of case a promise speaks of is asked of the version under which each was opened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final, TypeVar

from standards.errors import BadPeriod
from standards.models import Standard
from standards.months import Month
from standards.tallied import Behind, Found, Question, behind, read

__all__ = [
    "Behind",
    "Month",
    "Result",
    "Tally",
    "behind",
    "between",
    "by_month",
    "by_team",
    "check_period",
    "of_year",
    "shown",
]

#: Counts about a few people are hidden below this number, all of them, so that none can be found
#: by subtraction.
FEW: Final = 5
HIDDEN_WHERE_FEW: Final = frozenset({"stage-3"})


@dataclass(frozen=True, slots=True)
class Tally:
    kept: int = 0
    kept_extended: int = 0
    missed: int = 0
    overdue: int = 0
    excluded: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.kept + other.kept,
            self.kept_extended + other.kept_extended,
            self.missed + other.missed,
            self.overdue + other.overdue,
            self.excluded + other.excluded,
        )

    @property
    def n(self) -> int:
        """The denominator of the rate."""
        return self.kept + self.missed + self.overdue

    @property
    def rate(self) -> float | None:
        """Between 0 and 1; None where there was no case."""
        return self.kept / self.n if self.n else None

    @property
    def is_empty(self) -> bool:
        return not (self.n or self.kept_extended or self.excluded)

    def is_few(self, code: str) -> bool:
        """Whether these counts may not be published."""
        counted = self.n + self.kept_extended
        return code in HIDDEN_WHERE_FEW and 0 < counted < FEW


@dataclass(frozen=True, slots=True)
class Result:
    """``counted`` is what the promise speaks of, ``others`` the cases with a line of their own."""

    counted: Tally = Tally()
    others: Tally = Tally()

    def plus(self, tally: Tally, *, counted: bool) -> Result:
        """With these cases added to its line."""
        if counted:
            return Result(self.counted + tally, self.others)
        return Result(self.counted, self.others + tally)

    def __add__(self, other: Result) -> Result:
        return Result(self.counted + other.counted, self.others + other.others)


#: No question goes further.
MOST_YEARS: Final = 10
EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2099, 12, 31)
Key = TypeVar("Key", bound=Hashable)


def shown(part: int, whole: int) -> str:
    """A share as every page and mail says it: ``66.6%``, ``75.0%``, ``100%``; "" of nothing.

    Cut to one decimal and not rounded, so that what is not reached is never written as reached.
    Whole numbers are given, so that no binary fraction decides. Pure.
    """
    if not whole:
        return ""
    tenths = part * 1000 // whole
    return f"{tenths // 10}%" if part in {0, whole} else f"{tenths // 10}.{tenths % 10}%"


def check_period(first: date, last: date) -> None:
    """BadPeriod for a period back to front, longer than ten years, or out of this century."""
    if last < first:
        raise BadPeriod("기간의 끝이 시작보다 앞섭니다. 시작과 끝을 바꾸어 주십시오.", field="last")
    if first < EARLIEST or last > LATEST:
        raise BadPeriod("2000년부터 2099년까지의 기간을 골라 주십시오.", field="first")
    if last >= first.replace(year=first.year + MOST_YEARS, day=min(first.day, 28)):
        raise BadPeriod(f"기간은 {MOST_YEARS}년까지 고르실 수 있습니다.", field="last")


def of_year(
    year: int, *, now: datetime, standards: Mapping[str, Standard] | None = None
) -> dict[str, Result]:
    """Results of a calendar year by code; codes without any case are left out."""
    if not EARLIEST.year <= year <= LATEST.year:
        raise BadPeriod("2000년부터 2099년까지의 해를 골라 주십시오.", field="year")
    return between(date(year, 1, 1), date(year, 12, 31), now=now, standards=standards)


def between(
    first: date,
    last: date,
    *,
    now: datetime,
    standards: Mapping[str, Standard] | None = None,
    codes: Collection[str] | None = None,
    team_ids: Collection[int | None] | None = None,
) -> dict[str, Result]:
    """Results by code, of the codes named by ``standards`` or ``codes`` and of these teams.

    None in ``team_ids`` means what belongs to no team. Codes without any case are left out.
    BadPeriod says what is wrong with a period.
    """
    codes = _codes(standards, codes)
    found = _ask(first, last, now=now, codes=codes, team_ids=team_ids, key=lambda _row: None)
    return {code: results[None] for code, results in found.items()}


def by_month(
    first: date,
    last: date,
    *,
    now: datetime,
    standards: Mapping[str, Standard] | None = None,
    codes: Collection[str] | None = None,
    team_ids: Collection[int | None] | None = None,
) -> dict[str, dict[Month, Result]]:
    """As ``between``, month by month; of a month at either end only the days of the period."""
    codes = _codes(standards, codes)
    asked = partial(_ask, first, last, now=now, codes=codes, team_ids=team_ids)
    return asked(key=_month, by_month=True)


def by_team(
    first: date,
    last: date,
    *,
    now: datetime,
    standards: Mapping[str, Standard] | None = None,
    codes: Collection[str] | None = None,
    team_ids: Collection[int | None] | None = None,
) -> dict[str, dict[int | None, Result]]:
    """As ``between``, team by team (None: of no team), dissolved teams included."""
    codes = _codes(standards, codes)
    asked = partial(_ask, first, last, now=now, codes=codes, team_ids=team_ids)
    return asked(key=lambda row: row.team_id, by_team=True)


def _month(row: Found) -> Month:
    if row.month is None:
        raise LookupError("asked without months")
    return row.month


def _codes(
    standards: Mapping[str, Standard] | None, codes: Collection[str] | None
) -> Collection[str] | None:
    if standards is None:
        return codes
    return set(standards) if codes is None else set(standards) & set(codes)


def _ask(
    first: date,
    last: date,
    *,
    now: datetime,
    codes: Collection[str] | None,
    team_ids: Collection[int | None] | None,
    key: Callable[[Found], Key],
    by_month: bool = False,
    by_team: bool = False,
) -> dict[str, dict[Key, Result]]:
    """Results by code and key: which versions there are, and their tallies; two queries."""
    check_period(first, last)
    versions = Standard.objects.only("code", "kinds").order_by()
    if codes is not None:
        versions = versions.filter(code__in=codes)
    standards = versions.in_bulk()
    found: defaultdict[str, dict[Key, Result]] = defaultdict(dict)
    if not standards:
        return found
    question = Question(first, last, list(standards), team_ids, by_month, by_team)
    for row in read(question, now=now):
        standard = standards[row.standard_id]
        results = found[standard.code]
        counted = not standard.kinds or not row.category or row.category in standard.kinds
        results[key(row)] = results.get(key(row), Result()).plus(tally_of(row), counted=counted)
    return dict(found)


def tally_of(row: Found) -> Tally:
    return Tally(row.kept, row.kept_extended, row.missed, row.overdue, row.excluded)
