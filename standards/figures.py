"""How well each promise was kept in a year, counted now from the rows.

A case belongs to the Seoul year of its due instant in force (a promise that ends at midnight to
the day that ends there). Late is missed. The rate is kept ÷ (kept + missed + running past due),
where kept means by the date promised first; kept after an extension stands beside it. What was
withdrawn, merged or referred is shown and not counted. Zero of zero is "no case", not a rate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Q, Sum

from centre.calendar import SEOUL
from standards.models import Commitment, Observation, Standard, State

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


def of_year(year: int, *, standards: Mapping[str, Standard], now: datetime) -> dict[str, Result]:
    """Results by code; codes without any case are left out. Two queries."""
    counted: defaultdict[str, Tally] = defaultdict(Tally)
    others: defaultdict[str, Tally] = defaultdict(Tally)
    tallies = [*_commitments(year, now=now), *_observations(year)]
    for code, category, tally in tallies:
        standard = standards.get(code)
        if standard is None:
            continue
        speaks_of = not standard.kinds or not category or category in standard.kinds
        (counted if speaks_of else others)[code] += tally
    return {code: Result(counted[code], others[code]) for code in counted.keys() | others.keys()}


def _commitments(year: int, *, now: datetime) -> list[tuple[str, str, Tally]]:
    start, end = _bounds(year)
    rows = (
        Commitment.objects.filter(due_at__gt=start, due_at__lte=end)
        .values_list("code", "category")
        .annotate(
            kept=Count("pk", filter=Q(state=State.KEPT)),
            kept_extended=Count("pk", filter=Q(state=State.KEPT_EXTENDED)),
            missed=Count("pk", filter=Q(state=State.MISSED)),
            overdue=Count("pk", filter=Q(state=State.RUNNING, due_at__lt=now)),
            excluded=Count("pk", filter=Q(state=State.EXCLUDED)),
        )
        .order_by()
    )
    return [(code, category, Tally(*counts)) for code, category, *counts in rows]


def _observations(year: int) -> list[tuple[str, str, Tally]]:
    start, end = _bounds(year)
    rows = (
        Observation.objects.filter(at__gte=start, at__lt=end)
        .values_list("standard__code", "category")
        .annotate(good=Sum("kept"), tried=Sum("n"))
        .order_by()
    )
    return [
        (code, category, Tally(kept=good, missed=tried - good))
        for code, category, good, tried in rows
    ]


def _bounds(year: int) -> tuple[datetime, datetime]:
    return datetime(year, 1, 1, tzinfo=SEOUL), datetime(year + 1, 1, 1, tzinfo=SEOUL)
