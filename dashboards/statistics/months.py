"""The public figures of months: frozen where they are, else as they stand now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

from django.db.models import Min

from centre.calendar import seoul_day
from centre.models import Topic
from complaints.models import Caution, Channel, Complaint, Decision, Kind
from complaints.texts import decisions
from dashboards.intake.figures import Counts, Intake, Measure, intake_of
from dashboards.intake.models import FrozenCases
from dashboards.intake.reading import month_counts
from dashboards.intake.sheets import Sheet, counts_of
from dashboards.statistics.decisions import Step, Whose, shown_beside
from dashboards.statistics.publishing import Table, shown_after_corrections, table_of
from standards import figures as promises
from standards.counting import midnight
from standards.figures import Tally
from standards.months import Month

#: The one-way tables of what came in.
TABLES = (Measure.KIND, Measure.CHANNEL, Measure.TOPIC)
#: Promises whose cases are not opinions alone: how many there were and how promptly.
PROMISES = (
    "visit-wait",
    "visitor-contact",
    "phone-callback",
    "reply",
    "immediate-apology",
    "stage-1",
    "stage-2",
)
_KINDS_AND_WAYS: Mapping[str, Mapping[str, object]] = {
    Measure.KIND: dict(Kind.choices),
    Measure.CHANNEL: dict(Channel.choices),
    Measure.DECISION: dict(Decision.choices),
}


@dataclass(frozen=True, slots=True)
class Correction:
    """A figure that changed after its month was frozen."""

    at: datetime
    sheet: str
    why: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class PublicMonth:
    """What is public of a month. ``tables`` are empty until what came in is frozen, and without
    results of cases until how they were handled is frozen.

    ``intake`` holds all counts and is for computing with; only what pages and files take from it
    is published.
    """

    month: Month
    intake: Intake
    frozen_at: datetime | None
    handling_frozen_at: datetime | None
    tables: Mapping[Measure, Table | None] = field(default_factory=dict)
    true: Mapping[Measure, Mapping[str, int]] = field(default_factory=dict)
    promises: Mapping[str, Tally] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What values are called, by measure."""

    of: Mapping[str, Mapping[str, object]]

    def values(self, measure: Measure) -> list[str]:
        return list(self.of[measure])

    def name(self, measure: Measure, value: str) -> str:
        return str(self.of[measure].get(value, value))


def names() -> Names:
    """One query."""
    topics = {str(key): name for key, name in Topic.objects.values_list("pk", "name")}
    return Names({**_KINDS_AND_WAYS, Measure.TOPIC: topics})


def first_month(*, now: datetime) -> Month:
    """That of the first opinion; this month where there is none. One query."""
    first = Complaint.objects.aggregate(Min("received_at"))["received_at__min"]
    return Month.of(seoul_day(first or now))


def public_months(
    first: Month, last: Month, *, now: datetime, called: Names
) -> dict[Month, PublicMonth]:
    """The public figures of each month, the oldest first: a fixed number of queries."""
    counted = month_counts(first.first, last.last)
    frozen = _frozen(first, last)
    kept = promises.by_month(first.first, last.last, now=now, codes=PROMISES)
    return {
        month: _month(
            month,
            counts,
            frozen.get(month, {}),
            called,
            {code: by[month].counted for code, by in kept.items() if month in by},
        )
        for month, counts in counted.items()
    }


def _frozen(first: Month, last: Month) -> dict[Month, dict[str, list[FrozenCases]]]:
    found: defaultdict[Month, dict[str, list[FrozenCases]]] = defaultdict(dict)
    rows = FrozenCases.objects.filter(month__gte=first.first, month__lte=last.first)
    for row in rows.order_by("month", "sheet", "number"):
        found[Month.of(row.month)].setdefault(row.sheet, []).append(row)
    return found


def _month(
    month: Month,
    counts: Counts,
    frozen: Mapping[str, list[FrozenCases]],
    called: Names,
    kept: Mapping[str, Tally],
) -> PublicMonth:
    told = dict(counts)
    for rows in frozen.values():
        measures = set(rows[-1].counts)
        told = {key: n for key, n in told.items() if key[0] not in measures}
        told |= counts_of(rows[-1].counts)
    intake, handling = frozen.get(Sheet.INTAKE, []), frozen.get(Sheet.HANDLING, [])
    true = {
        measure: {value: n for (by, value), n in told.items() if by == measure}
        for measure in (*TABLES, Measure.DECISION)
    }
    return PublicMonth(
        month=month,
        intake=intake_of(told),
        frozen_at=intake[0].frozen_at if intake else None,
        handling_frozen_at=handling[0].frozen_at if handling else None,
        tables=_tables(intake, handling, called),
        true=true,
        promises=kept,
        corrections=tuple(_corrections(intake, handling)),
    )


def _tables(
    intake: list[FrozenCases], handling: list[FrozenCases], called: Names
) -> dict[Measure, Table | None]:
    if not intake:
        return {}
    of = {
        measure: [table_of(row.counts[measure], called.values(measure)) for row in intake]
        for measure in TABLES
    }
    found = {measure: shown_after_corrections(tables) for measure, tables in of.items()}
    steps = [
        Step(row.frozen_at, kinds=table, total=_sum(row, Measure.KIND))
        for row, table in zip(intake, of[Measure.KIND], strict=True)
    ]
    steps += [Step(row.frozen_at, results=row.counts[Measure.DECISION]) for row in handling]
    found[Measure.KIND], told = shown_beside(
        steps, values=called.values(Measure.DECISION), whose=whose()
    )
    return found | ({Measure.DECISION: told} if handling else {})


def whose() -> Whose:
    """By result the kinds that can have it; every kind can be referred."""
    found = {code: frozenset(row["kinds"]) for code, row in decisions().items()}
    return found | {Decision.REFERRED.value: frozenset(Kind.values)}


def _corrections(intake: list[FrozenCases], handling: list[FrozenCases]) -> list[Correction]:
    """Newest first. What stands beside the reason is how many came in, or were answered."""
    found = [
        Correction(row.frozen_at, row.get_sheet_display(), row.why, _sum(before, of), _sum(row, of))
        for rows, of in ((intake, Measure.KIND), (handling, Measure.ANSWER))
        for before, row in pairwise(rows)
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _sum(row: FrozenCases, measure: Measure) -> int:
    return sum(row.counts.get(measure.value, {}).values())


def cautions(year: int) -> int:
    """주의 조치 that were decided in a year and stand: only ever told as a yearly total."""
    begin, end = midnight(date(year, 1, 1)), midnight(date(year + 1, 1, 1))
    rows = Caution.objects.filter(issue=True, withdrawn_at=None)
    return rows.filter(approved_at__gte=begin, approved_at__lt=end).count()
