"""The verbs of a promise: opened, paused, extended, kept, missed, left out, observed.

Each is one transaction and may be part of the caller's. Every write is a conditional update, so
that of two at once one wins. Recorded on the subject, for the promises that are published:
``clock-paused``, ``clock-resumed``, ``clock-extended``, ``clock-moved`` (by a closure or by hand),
``clock-kept``, ``clock-missed``, ``clock-unfulfilled``; what a step told whom is recorded by the
app that told it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from centre.calendar import Due, Rule, seoul_day
from centre.queries import calendar as calendar_in_force
from records.actors import SYSTEM, Actor
from records.services import record_many
from standards import dates, steps
from standards.charter import load_charter
from standards.errors import CannotCompute, CannotExtend, ChangedMeanwhile, NoSuchCommitment
from standards.events import event
from standards.models import Commitment, Observation, Pause, Redating, State
from standards.queries import extension_limit, find, pauses_of, standard_in_force
from standards.revising import revisable, revise_standard
from standards.sweeping import sweep
from standards.terms import Terms, terms_of

if TYPE_CHECKING:
    from centre.calendar import Calendar
    from centre.models import Team

__all__ = [
    "change_category",
    "change_team",
    "due_for_code",
    "exclude",
    "extend",
    "find",
    "fulfil",
    "load_charter",
    "move_due",
    "observe",
    "open_commitment",
    "pause",
    "resume",
    "revisable",
    "revise_standard",
    "sweep",
    "take_back_in",
    "unfulfil",
]

# --- opening --------------------------------------------------------------------------------------


def open_commitment(
    *,
    code: str,
    key: str,
    subject_type: str,
    subject_id: int,
    started_at: datetime,
    now: datetime,
    team: Team | None = None,
    category: str = "",
    cap_at: datetime | None = None,
    due_at: datetime | None = None,
    variant: str = "",
) -> Commitment:
    """Promise something, once a key: a second call answers with the row that is there.

    The due instant comes from the standard in force on the Seoul date of ``started_at`` and what
    the centre set for itself today (``terms``), with the allowance of ``variant`` where one is
    named, or is ``due_at``, a date that somebody set.
    ``cap_at`` is an earlier date of another body; it wins. Reminders that lie before ``now`` are
    left out. CannotCompute where no due instant can be found.
    """
    known = Commitment.objects.filter(key=key).first()
    if known is not None:
        return known
    with dates.computing():
        standard = standard_in_force(code, on=seoul_day(started_at))
    calendar = calendar_in_force()
    if due_at is None:
        terms = terms_of(standard, variant)
        due = dates.first_due(standard, terms, started_at=started_at, calendar=calendar)
    else:
        terms = Terms("", "")
        due = _set_by_hand(due_at, started_at=started_at)
    if cap_at is not None:
        due = min(due, _aware(cap_at))
    return _once(
        Commitment(
            key=key,
            standard=standard,
            code=code,
            category=category,
            subject_type=subject_type,
            subject_id=subject_id,
            team=team,
            rule=terms.rule,
            allowance=terms.allowance,
            started_at=started_at,
            first_due_at=due,
            due_at=due,
            cap_at=cap_at,
            calendar_version=calendar.version,
            **_first_step(code, started_at=started_at, due_at=due, now=now, calendar=calendar),
        )
    )


def _once(row: Commitment) -> Commitment:
    """The row, written; or the one that another transaction wrote under its key meanwhile."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        known = Commitment.objects.filter(key=row.key).first()
        if known is None:
            raise
        return known
    return row


def due_for_code(code: str, start: datetime) -> Due:
    """When a standard in force would fall due, with the centre's closures and the explanation."""
    with dates.computing():
        standard = standard_in_force(code, on=seoul_day(start))
    terms = terms_of(standard)
    return dates.counted_due(standard, terms, started_at=start, calendar=calendar_in_force())


def _set_by_hand(due_at: datetime, *, started_at: datetime) -> datetime:
    if _aware(due_at) < started_at:
        raise CannotCompute("기한이 시작보다 앞설 수 없습니다.")
    with dates.computing():
        seoul_day(due_at)  # a year whose holidays are unknown is refused
    return due_at


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise CannotCompute(f"시각에 시간대(예: +09:00)가 있어야 합니다: {instant}")
    return instant


def _first_step(
    code: str, *, started_at: datetime, due_at: datetime, now: datetime, calendar: Calendar
) -> dict[str, Any]:
    with dates.computing():
        first = steps.first_step(
            steps.plan_of(code), started_at=started_at, due_at=due_at, now=now, calendar=calendar
        )
    return {"next_step": first.name, "next_step_at": first.at}


# --- kept or missed -------------------------------------------------------------------------------


@transaction.atomic
def fulfil(*, key: str, at: datetime, now: datetime) -> Commitment | None:
    """It was done at ``at``: the facts decide whether in time. All its steps stop.

    An earlier fulfilment is never rewritten, and what was left out stays out. Fulfilled while
    paused: the clock stood still until then. None where nothing was promised under this key.
    """
    _aware(at)
    row = _locked(key)
    if row is None or row.fulfilled_at is not None or row.state == State.EXCLUDED:
        return row
    if row.state == State.PAUSED:
        _restart(row, at=at, now=now, by=SYSTEM)
    seen, row.state = row.state, dates.verdict(row, at)
    row.fulfilled_at = at
    if row.state != seen:
        row.settled_at = now
        if row.state == State.MISSED:
            record_many(event(row, "missed", at=row.due_at, now=now))
        else:
            kept = event(row, "kept", at=at, now=now, once=at.isoformat(), state=row.state)
            record_many(kept)
    _stop(row)
    _write(row, "state", "fulfilled_at", "settled_at", state=seen)
    return row


@transaction.atomic
def unfulfil(*, key: str, why: str, now: datetime) -> Commitment | None:
    """It turned out not to have been done (a result that came back): the clock runs again.

    With the same dates: where the date in force has passed meanwhile, the sweep says so. What had
    been missed stays missed and is chased again. None where nothing was fulfilled under this key.
    """
    row = _locked(key)
    if row is None or row.fulfilled_at is None or row.state == State.EXCLUDED:
        return None
    calendar = calendar_in_force()
    seen = row.fulfilled_at
    row.fulfilled_at = None
    if row.state == State.MISSED:
        _chase(row, now=now, calendar=calendar)
    else:
        row.state, row.settled_at = State.RUNNING, None
        _plan(row, now=now, calendar=calendar)
    _write(row, "state", "fulfilled_at", "settled_at", fulfilled_at=seen)
    record_many(event(row, "unfulfilled", at=now, now=now, once=now.isoformat(), why=why))
    return row


@transaction.atomic
def exclude(
    *,
    subject_type: str,
    subject_id: int,
    why: str,
    now: datetime,
    codes: Collection[str] | None = None,
    keys: Collection[str] | None = None,
) -> int:
    """Leave a subject's running promises out of the figures (withdrawn, merged, referred).

    What was missed by ``now`` stays missed, whether or not the sweep has said so; only its
    reminders stop. Returns how many were left out.
    """
    rows = Commitment.objects.of(subject_type, subject_id).filter(fulfilled_at=None)
    rows = rows.filter(state__in=[State.RUNNING, State.PAUSED, State.MISSED])
    if codes is not None:
        rows = rows.filter(code__in=codes)
    if keys is not None:
        rows = rows.filter(key__in=keys)
    left_out = 0
    for row in _lock(rows):
        seen = row.state
        if seen == State.PAUSED or (
            seen == State.RUNNING and dates.done_in_time(row.rule, now, row.due_at)
        ):
            row.state, row.excluded_why, row.settled_at = State.EXCLUDED, why, now
            row.pauses.filter(ended_at=None).update(ended_at=now)
            left_out += 1
        elif seen == State.RUNNING:
            row.state, row.settled_at = State.MISSED, now
            record_many(event(row, "missed", at=row.due_at, now=now))
        _stop(row)
        _write(row, "state", "excluded_why", "settled_at", state=seen)
    return left_out


@transaction.atomic
def take_back_in(*, key: str, why: str, now: datetime) -> Commitment | None:
    """What was left out for this reason counts again, with the dates it had: none is put off.

    Where the date has passed meanwhile, the sweep says so. None where nothing was left out so.
    """
    row = _locked(key)
    if row is None or row.state != State.EXCLUDED or row.excluded_why != why:
        return None
    row.state, row.excluded_why, row.settled_at = State.RUNNING, "", None
    _plan(row, now=now, calendar=calendar_in_force())
    _write(row, "state", "excluded_why", "settled_at", state=State.EXCLUDED)
    return row


# --- pauses ---------------------------------------------------------------------------------------


@transaction.atomic
def pause(*, key: str, at: datetime, now: datetime, by: Actor = SYSTEM) -> bool:
    """Stop the clock from ``at`` on, while the centre waits for the citizen (보완).

    False where no clock runs, or where it had run out by then.
    """
    _aware(at)
    row = _locked(key)
    if row is None or row.state != State.RUNNING or at >= row.due_at:
        return False
    if row.rule in {Rule.DAYS_BEFORE, Rule.PERIODIC}:
        raise CannotCompute("행사일이나 기간의 끝에 맞춘 기한은 멈출 수 없습니다.")
    row.state = State.PAUSED
    _stop(row)
    _write(row, "state", state=State.RUNNING)
    started = Pause.objects.create(commitment=row, started_at=at)
    record_many(event(row, "paused", at=at, now=now, by=by, once=str(started.pk)))
    return True


@transaction.atomic
def resume(*, key: str, at: datetime, now: datetime, by: Actor = SYSTEM) -> bool:
    """Let the clock run again from ``at`` on, with the date moved by the pause.

    False where the clock did not stand still.
    """
    _aware(at)
    row = _locked(key)
    if row is None or row.state != State.PAUSED:
        return False
    _restart(row, at=at, now=now, by=by)
    return True


def _restart(row: Commitment, *, at: datetime, now: datetime, by: Actor) -> None:
    """End the open pause. Reminders from ``at`` on are due again, also when it is later now."""
    calendar = calendar_in_force()
    ended = row.pauses.select_for_update().get(ended_at=None)
    ended.ended_at = max(at, ended.started_at)
    ended.save(update_fields=["ended_at"])
    before, pauses = row.due_at, pauses_of(row)
    row.due_at = dates.due_after_pause(row, calendar=calendar, pauses=pauses)
    row.state, row.calendar_version = State.RUNNING, calendar.version
    _plan(row, now=ended.ended_at, calendar=calendar)
    _write(row, "state", "due_at", "calendar_version", state=State.PAUSED)
    _keep_redating(row, before=before, why="보완을 기다린 동안 시간이 멈춤", now=now)
    moved: dict[str, Any] = {"due_before": before, "due_at": row.due_at}
    record_many(event(row, "resumed", at=at, now=now, by=by, once=str(ended.pk), **moved))


# --- extension ------------------------------------------------------------------------------------


@transaction.atomic
def extend(
    *,
    key: str,
    new_due_at: datetime,
    why: str,
    now: datetime,
    consent: bool = False,
    by: Actor = SYSTEM,
) -> Commitment:
    """Promise a later date, with the reason; a second time only with the citizen's ``consent``.

    CannotExtend says what stands against it: not running, past, too far, not later, a closed day.
    """
    _aware(new_due_at)
    row = _locked(key)
    if row is None:
        raise NoSuchCommitment("연장할 기한이 없습니다.")
    if not why.strip():
        raise CannotExtend("연장하는 까닭을 적어 주십시오.", field="why")
    calendar = calendar_in_force()
    dates.refuse_extension(
        row,
        new_due_at=new_due_at,
        now=now,
        limit=extension_limit(row),
        calendar=calendar,
        consent=consent,
    )
    before, row.due_at = row.due_at, new_due_at
    row.extended_at, row.extensions = now, row.extensions + 1
    row.calendar_version = calendar.version
    _plan(row, now=now, calendar=calendar)
    _write(row, "due_at", "extended_at", "extensions", "calendar_version", state=State.RUNNING)
    _keep_redating(row, before=before, why="기한 연장", now=now)
    moved: dict[str, Any] = {"due_before": before, "due_at": row.due_at, "consent": consent}
    once = str(row.extensions)
    record_many(event(row, "extended", at=now, now=now, by=by, text=why, once=once, **moved))
    return row


@transaction.atomic
def move_due(
    *, key: str, new_due_at: datetime, why: str, now: datetime, by: Actor = SYSTEM
) -> Commitment:
    """Set another, later date for what has a date set by hand. CannotExtend otherwise."""
    _aware(new_due_at)
    row = _locked(key)
    if row is None:
        raise NoSuchCommitment("옮길 기한이 없습니다.")
    if row.rule:
        raise CannotExtend("규칙으로 센 기한은 연장으로만 늦출 수 있습니다.")
    if row.state != State.RUNNING or now >= row.due_at:
        raise CannotExtend("기한이 이미 지났거나 멈춰 있어 옮길 수 없습니다.")
    if new_due_at < row.due_at:
        raise CannotExtend(
            "이미 약속한 기한보다 이르게 바꿀 수는 없습니다. 먼저 마치시는 것은 언제나 좋습니다.",
            field="due_on",
        )
    calendar = calendar_in_force()
    before, row.due_at = row.due_at, new_due_at
    _plan(row, now=now, calendar=calendar)
    _write(row, "due_at", state=State.RUNNING)
    _keep_redating(row, before=before, why="기한을 새로 정함", now=now)
    moved: dict[str, Any] = {"due_before": before, "due_at": row.due_at}
    once = new_due_at.isoformat()
    record_many(event(row, "moved", at=now, now=now, by=by, text=why, once=once, **moved))
    return row


# --- team, observations ---------------------------------------------------------------------------


def change_team(*, subject_type: str, subject_id: int, team: Team) -> int:
    """Hand a subject's promises that are not yet decided to another team."""
    return Commitment.objects.of(subject_type, subject_id).running().update(team=team)


def change_category(*, subject_type: str, subject_id: int, category: str) -> int:
    """Count a subject's promises that are not yet decided under another category.

    What was kept or missed before stays in the line in which it was.
    """
    rows = Commitment.objects.of(subject_type, subject_id).running().exclude(category="")
    return rows.update(category=category)


def observe(
    *,
    code: str,
    key: str,
    at: datetime,
    kept: int,
    n: int = 1,
    team: Team | None = None,
    category: str = "",
) -> Observation:
    """Note something measured without a clock: ``kept`` of ``n`` tries were good. Once a key."""
    if not 0 <= kept <= n or n < 1:
        raise CannotCompute(f"지킨 수는 잰 수를 넘을 수 없습니다: {kept}/{n}")
    with dates.computing():
        standard = standard_in_force(code, on=seoul_day(_aware(at)))
    observation, _created = Observation.objects.get_or_create(
        key=key,
        defaults={
            "standard": standard,
            "at": at,
            "kept": int(kept),
            "n": n,
            "team": team,
            "category": category,
        },
    )
    return observation


# --- how rows are locked and written --------------------------------------------------------------


def _lock(rows: Any) -> list[Commitment]:
    return list(rows.select_related("standard").select_for_update(of=("self",)).order_by("pk"))


def _locked(key: str) -> Commitment | None:
    found = _lock(Commitment.objects.filter(key=key))
    return found[0] if found else None


def _stop(row: Commitment) -> None:
    row.next_step, row.next_step_at = "", None


def _plan(row: Commitment, *, now: datetime, calendar: Calendar) -> None:
    planned = _first_step(
        row.code, started_at=row.started_at, due_at=row.due_at, now=now, calendar=calendar
    )
    row.next_step, row.next_step_at = planned["next_step"], planned["next_step_at"]


def _chase(row: Commitment, *, now: datetime, calendar: Calendar) -> None:
    with dates.computing():
        following = steps.next_step(
            steps.plan_of(row.code),
            taken=steps.Step.MISSED,
            due_at=row.due_at,
            now=now,
            calendar=calendar,
        )
    if following is not None:
        row.next_step, row.next_step_at = following.name, following.at


def _write(row: Commitment, *fields: str, **seen: Any) -> None:
    """Write these fields and the next step, if the row still is as it was seen."""
    changes = {name: getattr(row, name) for name in (*fields, "next_step", "next_step_at")}
    still = Commitment.objects.filter(pk=row.pk, **({"fulfilled_at": None} | seen))
    if still.update(troubled_at=None, **changes) != 1:
        raise ChangedMeanwhile


def _keep_redating(row: Commitment, *, before: datetime, why: str, now: datetime) -> None:
    if row.due_at != before:
        Redating.objects.create(
            commitment=row, at=now, due_before=before, due_after=row.due_at, why=why
        )
