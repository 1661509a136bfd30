"""Which steps a commitment goes through, and when each of them is due. Pure Python.

====================  ============================================================================
``wait-seven``        seven tenths of a wait, so seven minutes of ten
``soon``              two thirds of the time, at most 20 open minutes before the due instant
``two-days``          opening of the open day that is two open days before the due day
``three-days``        opening of the day three days before the due day, or of the open day before it
``last-call``         opening of the due day; left out where the centre is closed on that day
``missed``            the due instant itself
``chase``             each opening after the miss, until fulfilled
====================  ============================================================================

A step already past when the clock starts is left out, except ``missed``. Afterwards none is:
a sweep that comes late takes them in order, each once, knowing when it was really due. Only
``chase``, which says "today, please", is not repeated for the days that nobody could be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from centre.calendar import SEOUL, Allowance, Calendar, Rule, Unit, seoul_day


class Step(StrEnum):
    TWO_DAYS = "two-days"
    THREE_DAYS = "three-days"
    LAST_CALL = "last-call"
    MISSED = "missed"
    CHASE = "chase"
    WAIT_SEVEN = "wait-seven"
    SOON = "soon"


#: How early the reminder ``soon`` may come: the last third of an hour.
_SOON_AT_MOST: Final = 20

Plan = tuple[Step, ...]

DEFAULT: Final[Plan] = (Step.MISSED,)
PLANS: Final[Mapping[str, Plan]] = {
    "reply": (Step.TWO_DAYS, Step.LAST_CALL, Step.MISSED, Step.CHASE),
    "reply-renewed": (Step.LAST_CALL, Step.MISSED, Step.CHASE),
    "manager-call": (Step.MISSED, Step.CHASE),
    "approval": (Step.MISSED,),  # nothing was promised: it reminds the approver
    "supplement": (Step.TWO_DAYS, Step.MISSED),  # missed: the request lapses, the clock runs again
    "stage-1": (Step.MISSED,),
    "immediate-apology": (Step.SOON, Step.MISSED),
    "put-right": (Step.TWO_DAYS, Step.LAST_CALL, Step.MISSED),
    "stage-2": (Step.LAST_CALL, Step.MISSED, Step.CHASE),
    "stage-3": (Step.LAST_CALL, Step.MISSED),
    "statement": (Step.MISSED,),  # missed: nothing came by the date, and the decision is due
    "survey-decision": (Step.TWO_DAYS, Step.MISSED),
    "survey-correction": (Step.TWO_DAYS, Step.LAST_CALL, Step.MISSED),
    "course-notice": (Step.THREE_DAYS, Step.MISSED),
    "visit-wait": (Step.WAIT_SEVEN, Step.MISSED),
    "phone-callback": (Step.SOON, Step.MISSED, Step.CHASE),
    "visitor-contact": (Step.SOON, Step.MISSED, Step.CHASE),
    "staff-meeting": (Step.TWO_DAYS, Step.MISSED),
    "staff-training": (Step.TWO_DAYS, Step.MISSED),
    "opinion-channels": (Step.TWO_DAYS, Step.MISSED),
    "charter-improvement": (Step.TWO_DAYS, Step.LAST_CALL, Step.MISSED),
    "web-information": (Step.LAST_CALL, Step.MISSED),
    "staff-guide": (Step.LAST_CALL, Step.MISSED),
    "portal-availability": (Step.SOON, Step.MISSED),
}


@dataclass(frozen=True, slots=True)
class Planned:
    name: Step
    at: datetime


def plan_of(code: str) -> Plan:
    return PLANS.get(code, DEFAULT)


def first_step(
    plan: Plan, *, started_at: datetime, due_at: datetime, now: datetime, calendar: Calendar
) -> Planned:
    """The first step that lies after the start and not before ``now``; ``missed`` in any case.

    What is counted back from the day of an event starts after it is due: there no step is too early.
    """
    counted_back = due_at <= started_at
    for name in plan:
        if name is Step.MISSED:
            break
        at = step_at(name, started_at=started_at, due_at=due_at, calendar=calendar)
        if at is not None and at >= now and (counted_back or at > started_at):
            return Planned(name, at)
    return Planned(Step.MISSED, due_at)


def next_step(
    plan: Plan,
    *,
    taken: Step,
    due_at: datetime,
    now: datetime,
    calendar: Calendar,
    started_at: datetime | None = None,
) -> Planned | None:
    """The step after the one taken at ``now``; a chase follows itself.

    Only what is counted from the start (`Step.SOON`, `Step.WAIT_SEVEN`) needs ``started_at``.
    """
    place = plan.index(taken)
    for name in plan[place if taken is Step.CHASE else place + 1 :]:
        if name is Step.CHASE:
            return Planned(name, opening_after(max(now, due_at), calendar))
        at = step_at(name, started_at=started_at, due_at=due_at, calendar=calendar)
        if at is not None:
            return Planned(name, at)
    return None


def step_at(
    name: Step, *, due_at: datetime, calendar: Calendar, started_at: datetime | None = None
) -> datetime | None:
    """When a step up to the miss is due; None where this due date has no such step."""
    day = _due_day(due_at)
    match name:
        case Step.TWO_DAYS | Step.THREE_DAYS:
            return _if_before(due_at, opening_of(_reminder_day(name, day, calendar), calendar))
        case Step.LAST_CALL if calendar.is_open_day(day):
            return _if_before(due_at, opening_of(day, calendar))
        case Step.MISSED:
            return due_at
        case Step.WAIT_SEVEN if started_at is not None:
            return started_at + (due_at - started_at) * 7 / 10
        case Step.SOON if started_at is not None:
            return _if_before(due_at, _soon(started_at, due_at, calendar))
        case _:
            return None


def _soon(started_at: datetime, due_at: datetime, calendar: Calendar) -> datetime:
    """The instant with a third of the open time left, or 20 open minutes, whichever is less."""
    minutes = int(calendar.working_seconds_between(started_at, due_at) // 60)
    passed = minutes - min(minutes // 3, _SOON_AT_MOST)
    if passed < 1:
        return due_at
    return calendar.add(Rule.WORKING_TIME, Allowance(passed, Unit.MINUTES), started_at)


def opening_of(day: date, calendar: Calendar) -> datetime:
    """The first opening instant of an open day (of the next one, if it is closed)."""
    return calendar.next_open_at(datetime.combine(day, time(0), SEOUL))


def opening_after(instant: datetime, calendar: Calendar) -> datetime:
    """The first opening of a day that lies after ``instant``."""
    today = opening_of(seoul_day(instant), calendar)
    if today > instant:
        return today
    return opening_of(seoul_day(instant) + timedelta(days=1), calendar)


def _due_day(due_at: datetime) -> date:
    """The Seoul date in which the last moment before the due instant lies."""
    return seoul_day(due_at - timedelta(microseconds=1))


def _open_days_before(day: date, count: int, calendar: Calendar) -> date:
    while count:
        day -= timedelta(days=1)
        count -= calendar.is_open_day(day)
    return day


def _reminder_day(name: Step, day: date, calendar: Calendar) -> date:
    """Two open days before ``day``; or three days before it, or the open day before that."""
    if name is Step.TWO_DAYS:
        return _open_days_before(day, 2, calendar)
    day -= timedelta(days=3)
    while not calendar.is_open_day(day):
        day -= timedelta(days=1)
    return day


def _if_before(due_at: datetime, at: datetime) -> datetime | None:
    return at if at < due_at else None
