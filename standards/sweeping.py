"""The one sweep: what is due is done, in order, exactly once; cost grows with what is due.

A step is claimed by a conditional update before anybody is told, in the transaction in which the
app tells whom it concerns. Two sweeps at once share the work: on PostgreSQL each skips what the
other holds, on SQLite one waits for the other, and a claim that finds nothing takes nothing. Each
batch commits by itself, so a crash loses nothing and repeats nothing. A row that fails is logged,
pushed forward and raised to the administrators; the others are not held up.
"""

from __future__ import annotations

import logging
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import OperationalError, connection, transaction

from centre.calendar import Calendar, seoul_day
from centre.queries import calendar as calendar_in_force
from notices.models import Heartbeat
from records.services import NewEvent, record_many
from standards import dates, registry, steps
from standards.alarm import raise_to_administrators
from standards.errors import ChangedMeanwhile
from standards.events import event
from standards.models import Commitment, CommitmentQuerySet, State
from standards.redating import Closures, outdated, redate, with_pauses
from standards.registry import StepDue
from standards.steps import Step

log = logging.getLogger(__name__)

HEARTBEAT: Final = "sweep"
BATCH: Final = 500
RETRY_AFTER: Final = timedelta(minutes=10)
#: The sweep gives way to people: it does not wait longer than this for a row that somebody holds.
PATIENCE: Final = "SET LOCAL lock_timeout = '250ms'"
_BUSY: Final = frozenset({"55P03", "40P01", "40001"})  # lock not available, deadlock, serialization
Work = Callable[[list[Commitment]], int]
OnFailure = Callable[[int, Exception], None]

_ASKED: Final = frozenset({Step.MISSED, Step.CHASE})
_CLAIM: Final = """
    UPDATE standards_commitment
       SET state = %s, fulfilled_at = %s, settled_at = %s, next_step = %s, next_step_at = %s,
           steps_taken = steps_taken + 1, troubled_at = NULL
     WHERE id = %s AND next_step = %s AND next_step_at = %s
"""


def sweep(*, now: datetime, limit: int | None = None, heartbeat: bool = True) -> int:
    """Re-date what closures touch, then take every step due at ``now``; returns how many.

    ``limit`` ends the pass after so many steps, or dates counted again; what is left is taken by
    the next. ``heartbeat`` is off when time is only played with: nobody is to believe that the
    sweep ran in the future.
    """
    calendar = calendar_in_force()
    if outdated(calendar).exists():
        _redate_outdated(calendar, now=now, limit=limit)
    taken = _take_all(calendar, now=now, limit=limit) if _due(calendar, now=now).exists() else 0
    if heartbeat:
        _beat(now=now)
    return taken


def _beat(*, now: datetime) -> None:
    if not Heartbeat.objects.filter(name=HEARTBEAT).update(at=now):
        Heartbeat.objects.bulk_create([Heartbeat(name=HEARTBEAT, at=now)], ignore_conflicts=True)


# --- steps ----------------------------------------------------------------------------------------


def _take_all(calendar: Calendar, *, now: datetime, limit: int | None) -> int:
    taken, left = 0, set[int]()
    while limit is None or taken < limit:
        size = BATCH if limit is None else min(BATCH, limit - taken)
        due = _due(calendar, now=now).exclude(pk__in=left)
        done = _batch(
            due, size, partial(_take, calendar=calendar, now=now), partial(_push_forward, now=now)
        )
        if not done.rows:
            break
        taken += done.count
        left |= done.left
    return taken


def _due(calendar: Calendar, *, now: datetime) -> CommitmentQuerySet:
    """What is due, without those whose date has still to be counted on today's calendar."""
    return (
        Commitment.objects.due(now=now)
        .select_related("standard")
        .exclude(state=State.RUNNING, calendar_version__lt=calendar.version)
    )


@dataclass(frozen=True, slots=True)
class _Claim:
    row: Commitment
    name: Step
    seen_at: datetime
    at: datetime
    told: bool  # whether the app takes the step; not, where it was fulfilled all along
    events: list[NewEvent]


def _take(rows: list[Commitment], *, calendar: Calendar, now: datetime) -> int:
    facts = _facts(rows)
    claims = [_claimed(row, facts.get(row.key), calendar=calendar, now=now) for row in rows]
    _write(claims)
    record_many([new for claim in claims for new in claim.events])
    by_subject: defaultdict[str, list[StepDue]] = defaultdict(list)
    for claim in claims:
        if claim.told:
            due = StepDue(claim.row, claim.name, claim.at)
            by_subject[claim.row.subject_type].append(due)
    for subject_type, theirs in by_subject.items():
        registry.subject(subject_type).take_steps(theirs, now=now)
    return len(claims)


def _facts(rows: list[Commitment]) -> Mapping[str, datetime]:
    """When those about to be missed were fulfilled, as far as the apps know."""
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.next_step in _ASKED:
            keys[row.subject_type].append(row.key)
    facts: dict[str, datetime] = {}
    for subject_type, theirs in keys.items():
        facts.update(registry.subject(subject_type).fulfilled_at(theirs))
    return facts


def _claimed(
    row: Commitment, fact: datetime | None, *, calendar: Calendar, now: datetime
) -> _Claim:
    """The row as it is after this step, and what was seen before."""
    name, seen_at, seen_state = Step(row.next_step), row.next_step_at, row.state
    if seen_at is None:
        raise ChangedMeanwhile
    at = _really_due(row, name, seen_at, calendar)
    following = None
    if fact is not None:
        row.state, row.fulfilled_at = dates.verdict(row, fact), fact
    else:
        if name is Step.MISSED:
            row.state = State.MISSED
        with dates.computing():
            following = steps.next_step(
                steps.plan_of(row.code),
                taken=name,
                started_at=row.started_at,
                due_at=row.due_at,
                now=now,
                calendar=calendar,
            )
    row.next_step = following.name if following else ""
    row.next_step_at = following.at if following else None
    row.steps_taken, row.troubled_at = row.steps_taken + 1, None
    events: list[NewEvent] = []
    if row.state != seen_state:
        row.settled_at = now
        if row.state == State.MISSED:
            events = event(row, "missed", at=row.due_at, now=now)
        else:
            done = row.fulfilled_at or at
            once = done.isoformat()
            events = event(row, "kept", at=done, now=now, once=once, state=row.state)
    return _Claim(row, name, seen_at, at, told=fact is None, events=events)


def _really_due(row: Commitment, name: Step, seen_at: datetime, calendar: Calendar) -> datetime:
    """When the step was due, also if the row was pushed forward since."""
    if row.troubled_at is None:
        return seen_at
    if name is Step.CHASE:
        return steps.opening_of(seoul_day(seen_at), calendar)
    planned = steps.step_at(name, started_at=row.started_at, due_at=row.due_at, calendar=calendar)
    return planned or seen_at


def _write(claims: list[_Claim]) -> None:
    """Claim all of them, or ChangedMeanwhile."""
    stored = connection.ops.adapt_datetimefield_value
    values = [
        (
            claim.row.state,
            stored(claim.row.fulfilled_at),
            stored(claim.row.settled_at),
            claim.row.next_step,
            stored(claim.row.next_step_at),
            claim.row.pk,
            claim.name,
            stored(claim.seen_at),
        )
        for claim in claims
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_CLAIM, values)
        if cursor.rowcount != len(claims):
            raise ChangedMeanwhile


# --- closures -------------------------------------------------------------------------------------


def _redate_outdated(calendar: Calendar, *, now: datetime, limit: int | None) -> None:
    closures, left, counted = Closures(calendar), set[int](), 0
    while limit is None or counted < limit:
        rows = with_pauses(outdated(calendar).select_related("standard").order_by("pk"))
        done = _batch(
            rows.exclude(pk__in=left),
            BATCH,
            partial(redate, closures=closures, now=now),
            partial(_redate_silently, closures=closures, now=now),
        )
        if not done.rows:
            break
        counted += done.rows
        left |= done.left


# --- a batch, and what fails in it ----------------------------------------------------------------


@dataclass(slots=True)
class _Done:
    """``rows`` were looked at, ``count`` things done, ``left`` rows are for the next sweep."""

    rows: int
    count: int
    left: set[int]


def _batch(rows: CommitmentQuerySet, size: int, work: Work, on_failure: OnFailure) -> _Done:
    """Do a batch in one transaction; if that fails, each row in its own."""
    found: list[Commitment] = []
    try:
        with transaction.atomic():
            found = _hold(rows, size)
            return _Done(len(found), work(found) if found else 0, set())
    except Exception as error:
        if not found:
            raise
        log.warning("a batch of %d failed (%s): row by row", len(found), type(error).__name__)
    done = _Done(len(found), 0, set())
    for row in found:
        try:
            with transaction.atomic():
                held = _hold(rows.filter(pk=row.pk), 1)
                done.count += work(held) if held else 0
        except Exception as error:  # noqa: BLE001 - one bad row must not stop the others
            done.left.add(row.pk)
            if not _is_busy(error):
                _log(row, error)
                on_failure(row.pk, error)
    return done


def _hold(rows: CommitmentQuerySet, size: int) -> list[Commitment]:
    """Lock the first rows that nobody else holds."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(PATIENCE)
    return list(rows.select_for_update(skip_locked=True, of=("self",))[:size])


def _is_busy(error: Exception) -> bool:
    """Somebody else holds what this row needs, or was first: nothing is broken."""
    if isinstance(error, ChangedMeanwhile):
        return True
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.__cause__, "sqlstate", "") in _BUSY or "database is locked" in str(error)


def _log(row: Commitment, error: Exception) -> None:
    """What failed and where; never the message, which may quote what people wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    log.error("commitment %d (%s): %s at %s", row.pk, row.code, type(error).__name__, where)


def _push_forward(pk: int, error: Exception, *, now: datetime) -> None:
    """Try again later, and raise it to the administrators."""
    later = now + RETRY_AFTER
    with transaction.atomic():
        still = Commitment.objects.filter(pk=pk, next_step_at__lte=now)
        if still.update(next_step_at=later, troubled_at=now):
            raise_to_administrators(pk, error, next_try_at=later, now=now)


def _redate_silently(pk: int, error: Exception, *, closures: Closures, now: datetime) -> None:
    """The date moves even where the app fails to tell about it."""
    with transaction.atomic():
        row = with_pauses(outdated(closures.calendar).select_related("standard").filter(pk=pk))
        redate(_hold(row, 1), closures=closures, now=now, tell=False)
        raise_to_administrators(pk, error, next_try_at=None, now=now)
