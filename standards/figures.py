"""How well each promise was kept in a period, by code; by month and by team where asked.

A case belongs to the Seoul day of its due instant in force (a promise that ends at midnight to
the day that ends there). Periods are Seoul days, both ends included. Late is missed. The rate is kept ÷ (kept + missed + running past due),
where kept means by the date promised first; kept after an extension stands beside it. What was
withdrawn, merged or referred is shown and not counted. Zero of zero is "no case", not a rate.
Which kinds of case a promise speaks of is asked of the version under which each was opened.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar

from standards import counting
from standards.errors import BadPeriod
from standards.models import Commitment, Standard, State
from standards.months import Month, due_day

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


#: No question goes further.
MOST_YEARS: Final = 10
EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2099, 12, 31)
Key = TypeVar("Key", bound=Hashable)


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
    rows = _rows(first, last, now=now, codes=_codes(standards, codes), team_ids=team_ids)
    return {code: results[None] for code, results in _grouped(rows, lambda _row: None).items()}


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
    rows = _rows(first, last, now=now, codes=_codes(standards, codes), team_ids=team_ids)
    return _grouped(rows, lambda row: row.month)


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
    rows = _rows(first, last, now=now, codes=_codes(standards, codes), team_ids=team_ids)
    return _grouped(rows, lambda row: row.team_id)


def _codes(
    standards: Mapping[str, Standard] | None, codes: Collection[str] | None
) -> Collection[str] | None:
    if standards is None:
        return codes
    return set(standards) if codes is None else set(standards) & set(codes)


@dataclass(frozen=True, slots=True)
class _Row:
    """A tally of one code; ``counted`` where the promise speaks of these cases."""

    code: str
    counted: bool
    month: Month
    team_id: int | None
    tally: Tally


def _grouped(rows: Iterator[_Row], by: Callable[[_Row], Key]) -> dict[str, dict[Key, Result]]:
    found: defaultdict[str, dict[Key, Result]] = defaultdict(dict)
    for row in rows:
        key = by(row)
        result = found[row.code].get(key, Result())
        found[row.code][key] = (
            Result(result.counted + row.tally, result.others)
            if row.counted
            else Result(result.counted, result.others + row.tally)
        )
    return dict(found)


def _rows(
    first: date,
    last: date,
    *,
    now: datetime,
    codes: Collection[str] | None,
    team_ids: Collection[int | None] | None,
) -> Iterator[_Row]:
    check_period(first, last)
    versions = Standard.objects.all() if codes is None else Standard.objects.filter(code__in=codes)
    standards = versions.in_bulk()
    today = due_day(now)
    late = _late_today(today, now=now)
    for place, found in counting.from_rows(first, last).items():
        standard = standards.get(place.standard_id)
        if standard is None or (team_ids is not None and place.team_id not in team_ids):
            continue
        overdue = found.running if place.day < today else 0
        if place.day == today:
            overdue = late.get((place.standard_id, place.team_id, place.category), 0)
        tally = Tally(found.kept, found.kept_extended, found.missed, overdue, found.excluded)
        if not tally.is_empty:
            counted = not standard.kinds or not place.category or place.category in standard.kinds
            yield _Row(standard.code, counted, Month.of(place.day), place.team_id, tally)


def _late_today(today: date, *, now: datetime) -> dict[tuple[int, int | None, str], int]:
    """How many of those that fall due today are past due already."""
    rows = Commitment.objects.filter(
        state=State.RUNNING, due_at__gt=counting.midnight(today), due_at__lt=now
    )
    places = rows.values_list("standard_id", "team_id", "category")
    return dict(Counter(places))
