"""What happened on each day, counted from the rows themselves: exact, and as slow as they are many.

The tallies are made from the same rows; ``verify`` holds them against this. A commitment belongs to
the Seoul day of its due instant in force (a midnight to the day that ends there), an observation to
the Seoul day on which it was made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Expression, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import TruncDate

from centre.calendar import SEOUL
from standards.models import Commitment, Observation, Standard, State


@dataclass(frozen=True, slots=True)
class Place:
    """Where a count belongs: version of the standard, day, team and category."""

    standard_id: int
    day: date
    team_id: int | None
    category: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many; ``running`` are those whose clock runs, past due or not."""

    kept: int = 0
    kept_extended: int = 0
    missed: int = 0
    running: int = 0
    excluded: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.kept + other.kept,
            self.kept_extended + other.kept_extended,
            self.missed + other.missed,
            self.running + other.running,
            self.excluded + other.excluded,
        )


def midnight(day: date) -> datetime:
    """The instant at which a Seoul day begins."""
    return datetime.combine(day, time(), tzinfo=SEOUL)


def from_rows(first: date, last: date) -> dict[Place, Counts]:
    """Counts of every place that has any, from the first to the last day; three queries."""
    found: defaultdict[Place, Counts] = defaultdict(Counts)
    for place, count in (*_commitments(first, last), *_observations(first, last)):
        found[place] += count
    return {place: count for place, count in found.items() if count != Counts()}


def _seoul_day(instant: Expression | F) -> TruncDate:
    return TruncDate(instant, tzinfo=SEOUL)


def _commitments(first: date, last: date) -> Iterator[tuple[Place, Counts]]:
    begin, end = midnight(first), midnight(last + timedelta(days=1))
    codes = list(Standard.objects.order_by().values_list("code", flat=True).distinct())
    due = ExpressionWrapper(
        F("due_at") - timedelta(microseconds=1), output_field=Commitment._meta.get_field("due_at")
    )
    rows = (
        Commitment.objects.filter(code__in=codes, due_at__gt=begin, due_at__lte=end)
        .annotate(day=_seoul_day(due))
        .values_list("standard_id", "day", "team_id", "category")
        .annotate(
            kept=Count("pk", filter=Q(state=State.KEPT)),
            kept_extended=Count("pk", filter=Q(state=State.KEPT_EXTENDED)),
            missed=Count("pk", filter=Q(state=State.MISSED)),
            running=Count("pk", filter=Q(state=State.RUNNING)),
            excluded=Count("pk", filter=Q(state=State.EXCLUDED)),
        )
        .order_by()
    )
    for standard, day, team, category, *counts in rows.iterator():
        yield Place(standard, day, team, category), Counts(*counts)


def _observations(first: date, last: date) -> Iterator[tuple[Place, Counts]]:
    begin, end = midnight(first), midnight(last + timedelta(days=1))
    rows = (
        Observation.objects.filter(at__gte=begin, at__lt=end)
        .annotate(day=_seoul_day(F("at")))
        .values_list("standard_id", "day", "team_id", "category")
        .annotate(good=Sum("kept"), tried=Sum("n"))
        .order_by()
    )
    for standard, day, team, category, good, tried in rows.iterator():
        yield Place(standard, day, team, category), Counts(kept=good, missed=tried - good)
