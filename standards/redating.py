"""Closures re-date running commitments: later where they touch, never earlier, never in the past.

A commitment remembers the version of the calendar it was counted on; the sweep counts those of
older versions again, a batch at a time. Paused ones are counted when their clock runs again. A
due instant that has already passed is moved only by closures that were entered before it did, so
that a sweep that was away for a night decides no differently.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from django.db.models import Prefetch

from centre.calendar import SEOUL, Calendar
from centre.models import Closure
from centre.words import korean_day
from records.services import record_many
from standards import dates, registry, steps
from standards.events import event
from standards.models import Commitment, CommitmentQuerySet, Pause, Redating, State
from standards.registry import Moved

_COUNTED_ANEW = "휴무일이 바뀌어 다시 셈"


def outdated(calendar: Calendar) -> CommitmentQuerySet:
    """Running commitments counted on an older calendar."""
    return Commitment.objects.filter(state=State.RUNNING, calendar_version__lt=calendar.version)


@dataclass(frozen=True)
class Closures:
    """The calendar in force, and what was known of it earlier."""

    calendar: Calendar

    @cached_property
    def _entered(self) -> list[tuple[date, str, str, datetime]]:
        return list(Closure.objects.values_list("date", "kind", "reason", "entered_at"))

    def known_at(self, instant: datetime) -> Calendar:
        """The calendar with only those closures that had been entered before ``instant``."""
        known = [row for row in self._entered if row[3] < instant]
        return replace(
            self.calendar,
            closures={day: why for day, kind, why, _at in known if kind == Closure.Kind.CLOSED},
            reopened={day: why for day, kind, why, _at in known if kind == Closure.Kind.REOPENED},
        )

    def why(self, *, since: datetime, first: date, last: date) -> str:
        """Which closures entered since the start lie in the period, in Korean."""
        touching = sorted(
            (day, reason)
            for day, kind, reason, entered_at in self._entered
            if kind == Closure.Kind.CLOSED and first <= day <= last and entered_at >= since
        )
        days = ", ".join(f"{korean_day(day)} {reason}" for day, reason in touching)
        return f"센터 휴무: {days}"[:200] if days else _COUNTED_ANEW


def redate(rows: list[Commitment], *, closures: Closures, now: datetime, tell: bool = True) -> int:
    """Count these commitments again, inside the caller's transaction; returns how many moved."""
    moved = [found for row in rows if (found := _moved(row, closures=closures, now=now))]
    _write(rows, moved, version=closures.calendar.version)
    _record(moved, now=now)
    if tell:
        _tell(moved, now=now)
    return len(moved)


def with_pauses(rows: CommitmentQuerySet) -> CommitmentQuerySet:
    return rows.prefetch_related(Prefetch("pauses", queryset=Pause.objects.order_by("started_at")))


def _moved(row: Commitment, *, closures: Closures, now: datetime) -> Moved | None:
    calendar, before = closures.calendar, row.due_at
    if before <= now:
        calendar = closures.known_at(before)
    pauses = [(pause.started_at, pause.ended_at) for pause in row.pauses.all() if pause.ended_at]
    after = dates.due_after_closures(row, calendar=calendar, pauses=pauses)
    if after == before:
        return None
    why = closures.why(
        since=row.started_at,
        first=row.started_at.astimezone(SEOUL).date(),
        last=after.astimezone(SEOUL).date(),
    )
    row.due_at = after
    planned = steps.first_step(
        steps.plan_of(row.code),
        started_at=row.started_at,
        due_at=after,
        now=min(now, before),
        calendar=closures.calendar,
    )
    row.next_step, row.next_step_at = planned.name, planned.at
    return Moved(row, before, after, why)


def _write(rows: list[Commitment], moved: list[Moved], *, version: int) -> None:
    mine = Commitment.objects.filter(pk__in=[row.pk for row in rows], state=State.RUNNING)
    mine.update(calendar_version=version)
    for found in moved:
        row = found.commitment
        row.calendar_version = version
        mine.filter(pk=row.pk, due_at=found.due_before).update(
            due_at=row.due_at,
            next_step=row.next_step,
            next_step_at=row.next_step_at,
            troubled_at=None,
        )


def _record(moved: list[Moved], *, now: datetime) -> None:
    Redating.objects.bulk_create(
        Redating(
            commitment=found.commitment,
            at=now,
            due_before=found.due_before,
            due_after=found.due_after,
            why=found.why,
        )
        for found in moved
    )
    record_many(
        [
            new
            for found in moved
            for new in event(
                found.commitment,
                "moved",
                at=now,
                now=now,
                once=found.due_after.isoformat(),
                due_before=found.due_before,
                due_at=found.due_after,
                why=found.why,
            )
        ]
    )


def _tell(moved: list[Moved], *, now: datetime) -> None:
    by_subject: defaultdict[str, list[Moved]] = defaultdict(list)
    for found in moved:
        by_subject[found.commitment.subject_type].append(found)
    for subject_type, theirs in by_subject.items():
        redated = registry.subject(subject_type).redated
        if redated is not None:
            redated(theirs, now=now)
