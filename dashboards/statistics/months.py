"""The public figures of months: frozen where they are, else as they stand now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

from django.db.models import Min
from django.utils.translation import gettext as _

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
from standards import monthly
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
    """A figure that changed after its month was frozen; ``changed`` says from what to what."""

    at: datetime
    sheet: str
    why: str
    changed: str
    code: str = ""


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
    promises_frozen_on: date | None = None
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """What values are called, by measure."""

    of: Mapping[str, Mapping[str, object]]

    def values(self, measure: Measure) -> list[str]:
        return list(self.of[measure])

    def name(self, measure: Measure, value: str) -> str:
        return str(self.of[measure].get(value, value))


def promise_names() -> Mapping[str, str]:
    return {
        "visit-wait": _("방문하신 분을 10분 안에 맞이함"),
        "visitor-contact": _("찾는 직원이 없을 때 15분 안에 연락을 이어 드림"),
        "phone-callback": _("전화 남기신 분께 1시간 안에 다시 전화함"),
        "reply": _("불만·건의에 7일 안에 결과를 알려 드림"),
        "immediate-apology": _("불만을 받고 직원이 바로 연락하여 사과함"),
        "stage-1": _("1차: 담당 팀이 확인하고 알려 드림"),
        "stage-2": _("2차: 다시 말씀하신 분께 조치 결과와 사과문을 보냄"),
    }


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
    kept = monthly.published(first, last, now=now, codes=PROMISES)
    put_right = _put_right(first, last)
    return {
        month: _month(
            month,
            counts,
            frozen.get(month, {}),
            called,
            kept=kept[month],
            put_right=put_right.get(month, []),
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
    *,
    kept: monthly.Published,
    put_right: list[Correction],
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
        promises=kept.tallies,
        promises_frozen_on=kept.frozen_on,
        corrections=tuple(
            sorted(
                [*_corrections(intake, handling), *put_right], key=lambda one: one.at, reverse=True
            )
        ),
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
    """What stands beside the reason is how many came in, or were answered."""
    return [
        Correction(
            row.frozen_at,
            row.get_sheet_display(),
            row.why,
            _changed(_sum(before, of), _sum(row, of)),
        )
        for rows, of in ((intake, Measure.KIND), (handling, Measure.ANSWER))
        for before, row in pairwise(rows)
    ]


def _changed(before: int, after: int) -> str:
    if before == after:
        return ""
    return _("%(before)s건 → %(after)s건") % {"before": f"{before:,}", "after": f"{after:,}"}


def _put_right(first: Month, last: Month) -> dict[Month, list[Correction]]:
    """Corrections of promises by the month that they put right. Two queries."""
    found: defaultdict[Month, list[Correction]] = defaultdict(list)
    for code, rows in monthly.corrections(first, last).items():
        if code not in PROMISES:
            continue
        for row in rows:
            why = " ".join([row.why, *row.notes])
            about = _("약속: %(name)s") % {"name": promise_names()[code]}
            found[row.month].append(Correction(row.noticed_at, about, why, row.changed, code))
    return found


def _sum(row: FrozenCases, measure: Measure) -> int:
    return sum(row.counts.get(measure.value, {}).values())


def cautions(year: int) -> int:
    """주의 조치 that were decided in a year and stand: only ever told as a yearly total."""
    begin, end = midnight(date(year, 1, 1)), midnight(date(year + 1, 1, 1))
    rows = Caution.objects.filter(issue=True, withdrawn_at=None)
    return rows.filter(approved_at__gte=begin, approved_at__lt=end).count()
