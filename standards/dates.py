"""The dates of a commitment: first promise, pauses, extension, closures, verdict. No database.

A date is either *counted* by the rule of its standard or *set* by a person (an extension, a date
of its own). A counted date is counted again whenever a pause ends or the centre's closures
change. A set date stays where it is: a pause moves it by the days it touched, and a closure on
the very day of an extension moves that to the next open day, at the same time of day. Whatever
happens, a date in force never becomes earlier, and never later than the cap of another body.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from centre.calendar import (
    SEOUL,
    Allowance,
    Calendar,
    CalendarError,
    Due,
    Period,
    Rule,
    Span,
    is_kept,
    last_day,
    period_end,
    seoul_day,
)
from standards.errors import CannotCompute, CannotExtend
from standards.models import State

if TYPE_CHECKING:
    from standards.models import Commitment, Standard
    from standards.terms import Terms

#: Rules that count days or time from a start; the others know neither pause nor extension.
COUNTED: Final = frozenset({Rule.WORKING_TIME, Rule.ELAPSED, Rule.CIVIL_DAYS, Rule.PETITION_DAYS})
_DAY_RULES: Final = frozenset({Rule.CIVIL_DAYS, Rule.PETITION_DAYS})
_MOMENT: Final = timedelta(microseconds=1)


@contextmanager
def computing() -> Iterator[None]:
    """Turns the calendar's error into a refusal of this room."""
    try:
        yield
    except CannotCompute:
        raise
    except CalendarError as error:
        raise CannotCompute(str(error)) from error


# --- the date promised first ----------------------------------------------------------------------


def first_due(
    standard: Standard, terms: Terms, *, started_at: datetime, calendar: Calendar
) -> datetime:
    """The due instant by these terms. CannotCompute when they name no rule."""
    if terms.rule != Rule.PERIODIC:
        return counted_due(standard, terms, started_at=started_at, calendar=calendar).instant
    with computing():
        return _end_of_period(standard, started_at)


def counted_due(
    standard: Standard, terms: Terms, *, started_at: datetime, calendar: Calendar
) -> Due:
    """The due instant with its explanation, for every rule but ``periodic``."""
    if not terms.rule:
        raise CannotCompute(
            f"'{standard.code}'은(는) 건마다 기한을 따로 정하는 약속입니다. 기한을 넣어 주십시오."
        )
    if terms.rule == Rule.PERIODIC:
        raise CannotCompute(f"'{standard.code}'은(는) 주기마다 하는 약속이어서 따로 세지 않습니다.")
    with computing():
        return calendar.due(Rule(terms.rule), Allowance.parse(terms.allowance), started_at)


def _end_of_period(standard: Standard, started_at: datetime) -> datetime:
    if not standard.due_on:
        return period_end(Period(standard.period), started_at)
    month, day = map(int, standard.due_on.split("-"))
    today = seoul_day(started_at)
    last = date(today.year, month, day)
    if last < today:
        last = last.replace(year=today.year + 1)
    return datetime.combine(last + timedelta(days=1), time(0), SEOUL)


# --- moving ---------------------------------------------------------------------------------------


def is_counted(commitment: Commitment) -> bool:
    """Whether the date in force is counted by the rule, not set by a person."""
    return commitment.rule in COUNTED and not commitment.extensions


def counted(commitment: Commitment, *, calendar: Calendar, pauses: Sequence[Span]) -> Due:
    """Its due instant counted anew, without cap and whatever was promised before."""
    with computing():
        return calendar.due(
            Rule(commitment.rule),
            Allowance.parse(commitment.allowance),
            commitment.started_at,
            pauses=pauses,
        )


def due_after_closures(
    commitment: Commitment, *, calendar: Calendar, pauses: Sequence[Span]
) -> datetime:
    """The date in force once the closures have changed."""
    if is_counted(commitment):
        due = counted(commitment, calendar=calendar, pauses=pauses).instant
    elif commitment.extensions:
        due = _rolled(commitment.due_at, calendar)
    else:
        due = commitment.due_at
    return in_force(commitment, due)


def due_after_pause(
    commitment: Commitment, *, calendar: Calendar, pauses: Sequence[Span]
) -> datetime:
    """The date in force once the last of ``pauses`` has ended."""
    if commitment.rule in (Rule.DAYS_BEFORE, Rule.PERIODIC):
        return commitment.due_at
    if is_counted(commitment):
        due = counted(commitment, calendar=calendar, pauses=pauses).instant
    else:
        days = _touched(pauses[-1]) - set().union(*map(_touched, pauses[:-1]))
        due = commitment.due_at
        if days:
            due = _rolled(due + timedelta(days=len(days)), calendar)
    return in_force(commitment, due)


def in_force(commitment: Commitment, due: datetime) -> datetime:
    """Never earlier than it was, nor later than another body's date."""
    later = max(commitment.due_at, due)
    return (
        later
        if commitment.cap_at is None
        else max(commitment.due_at, min(later, commitment.cap_at))
    )


def _touched(pause: Span) -> set[date]:
    """The dates in Seoul that a pause touches; an end at 00:00 does not touch the new day."""
    if pause[0] >= pause[1]:
        return set()
    first, last = seoul_day(pause[0]), seoul_day(pause[1] - _MOMENT)
    return {first + timedelta(days=after) for after in range((last - first).days + 1)}


def _rolled(due: datetime, calendar: Calendar) -> datetime:
    """The same time of day on the first open day from the due day on."""
    with computing():
        day = seoul_day(due - _MOMENT)
        return due + (calendar.next_open_day(day) - day)


# --- extension ------------------------------------------------------------------------------------


def extension_limit(
    commitment: Commitment, *, calendar: Calendar, pauses: Sequence[Span]
) -> datetime:
    """The latest date a first extension may give: twice the allowance, or twice the time set.

    CannotExtend for what depends on a day of its own, as the day of an event or the end of a year.
    """
    if not commitment.rule:
        length = commitment.first_due_at - commitment.started_at
        limit = commitment.first_due_at + max(length, timedelta(0))
    elif commitment.rule in COUNTED:
        with computing():
            limit = calendar.extension_limit(
                Rule(commitment.rule),
                Allowance.parse(commitment.allowance),
                commitment.started_at,
                pauses=pauses,
            ).instant
    else:
        raise CannotExtend("행사일이나 기간의 끝에 맞춘 기한은 연장할 수 없습니다.")
    return limit if commitment.cap_at is None else min(limit, commitment.cap_at)


def refuse_extension(
    commitment: Commitment,
    *,
    new_due_at: datetime,
    now: datetime,
    limit: datetime,
    calendar: Calendar,
    consent: bool,
) -> None:
    """CannotExtend with what to do instead, where this new date may not be promised."""
    if commitment.state != State.RUNNING:
        raise CannotExtend(
            "진행 중인 기한만 연장할 수 있습니다. 보완을 기다리는 동안에는 멈춰 있습니다."
        )
    if now >= commitment.due_at:
        raise CannotExtend("기한이 이미 지나 연장할 수 없습니다. 새로 약속할 기한을 정해 주십시오.")
    if commitment.extensions and not consent:
        raise CannotExtend("두 번째 연장은 고객이 동의한 때에만 할 수 있습니다.")
    if new_due_at <= commitment.due_at:
        raise CannotExtend("새 기한은 지금 기한보다 늦어야 합니다.", field="new_due_at")
    if not commitment.extensions and new_due_at > limit:
        raise CannotExtend("새 기한이 연장할 수 있는 마지막 날보다 늦습니다.", field="new_due_at")
    with computing():
        if commitment.rule in _DAY_RULES and not calendar.is_open_day(seoul_day(new_due_at)):
            raise CannotExtend("센터가 쉬는 날입니다. 근무일을 골라 주십시오.", field="new_due_at")


# --- verdict --------------------------------------------------------------------------------------


def verdict(commitment: Commitment, fulfilled_at: datetime) -> State:
    """What the facts say: kept by the date promised first, by the date in force, or missed."""
    if done_in_time(commitment.rule, fulfilled_at, commitment.first_due_at):
        return State.KEPT
    if done_in_time(commitment.rule, fulfilled_at, commitment.due_at):
        return State.KEPT_EXTENDED
    return State.MISSED


def done_in_time(rule: str, at: datetime, due_at: datetime) -> bool:
    """At the due instant itself it is kept, except where the charter says "before"."""
    return is_kept(Rule(rule), at, due_at) if rule else at <= due_at


def due_day(commitment: Commitment) -> date:
    """The last date in Seoul on which the promise in force can be kept."""
    rule = Rule(commitment.rule) if commitment.rule else Rule.CIVIL_DAYS
    return last_day(rule, commitment.due_at)
