"""Opening, dropping and planning duties: each opened once, with its promise where it has one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction

from centre import options
from centre.calendar import CalendarError, seoul_day
from centre.errors import Refused
from centre.models import StaffMember
from centre.queries import calendar, employed
from centre.words import korean_day
from records.actors import SYSTEM, Actor
from records.services import record
from standards import services as standards
from standards.evidence.entering import actor, require
from standards.evidence.kinds import KINDS
from standards.evidence.periods import Every, Span, midnight, span
from standards.evidence.words import words
from standards.models import DUTY, Commitment, Duty, Kind

SOURCES: Final = {"evaluation": "이행실적 평가", "suggestion": "채택한 제안", "own": "스스로 찾음"}
_MOMENT: Final = timedelta(microseconds=1)


@transaction.atomic
def open_duty(
    *,
    kind: Kind,
    key: str,
    title: str,
    now: datetime,
    started_at: datetime,
    due_at: datetime | None = None,
    period: str = "",
    by: Actor = SYSTEM,
    **fields: Any,
) -> Duty | None:
    """Open a duty, once a key; None where it was open before.

    Its promise runs until ``due_at``, or as long as the standard gives where that is None.
    """
    code = KINDS[kind].code
    if Duty.objects.filter(key=key).exists():
        return None
    if due_at is None:
        due_at = standards.due_for_code(code, started_at).instant
        counted = True
    else:
        counted = False
    duty, created = Duty.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "title": title,
            "period": period,
            "started_at": started_at,
            "due_at": due_at,
            "opened_at": now,
            **fields,
        },
    )
    if not created:
        return None
    if code:
        standards.open_commitment(
            code=code,
            key=duty.commitment_key,
            subject_type=DUTY,
            subject_id=duty.pk,
            started_at=started_at,
            due_at=None if counted else due_at,
            team=duty.team,
            now=now,
        )
    _record(duty, "duty-opened", at=now, by=by)
    return duty


@transaction.atomic
def drop(*, duty_id: int, why: str, now: datetime, by: Actor = SYSTEM) -> bool:
    """It need not be done any more (the person left, the page is gone): left out of the figures.

    What was already due stays missed. False where it was done, or dropped before.
    """
    rows = Duty.objects.select_for_update(of=("self",)).open()
    duty = rows.filter(pk=duty_id).first()
    if duty is None:
        return False
    duty.dropped_at, duty.dropped_why = now, why
    duty.save(update_fields=["dropped_at", "dropped_why"])
    standards.exclude(subject_type=DUTY, subject_id=duty.pk, why="dropped", now=now)
    _record(duty, "duty-dropped", at=now, by=by, text=why)
    return True


def due_of(duty: Duty) -> datetime:
    """The due instant in force: that of its promise, which closures may have moved."""
    row = Commitment.objects.filter(key=duty.commitment_key).only("due_at").first()
    return row.due_at if row else duty.due_at


# --- meetings -------------------------------------------------------------------------------------


def planned_for(year: int) -> int:
    """How many months of a year have a meeting."""
    rows = Duty.objects.filter(kind=Kind.MEETING, dropped_at=None)
    return rows.filter(period__startswith=f"{year}-").count()


@transaction.atomic
def plan_meetings(*, days: Sequence[date], by: StaffMember, now: datetime) -> list[Duty]:
    """Set the days of a year's staff meetings; each is a promise to hold one in that month.

    The first plan of a year has as many as the centre promises; later ones may be added. A day may
    still move inside its month, and what was planned stays planned.
    """
    require(by, "lead_evidence")
    today = seoul_day(now)
    days = sorted(set(days))
    if not days:
        raise Refused("회의 날짜를 적어 주십시오.", field="days")
    if days[0] < today:
        raise Refused(f"{korean_day(days[0])}은 이미 지났습니다.", field="days")
    if days[0].year != days[-1].year:
        raise Refused("한 해의 날짜만 적어 주십시오.", field="days")
    if len({(day.year, day.month) for day in days}) < len(days):
        raise Refused("한 달에 하나씩 적어 주십시오. 약속은 달마다 셉니다.", field="days")
    _open_days(days)
    year, least = days[0].year, options.number("meetings_a_year")
    if not planned_for(year) and len(days) < least:
        raise Refused(f"한 해에 {least}번 이상 정해 주십시오.", field="days")
    opened = [_meeting(day, now=now, by=actor(by)) for day in days]
    found = [duty for duty in opened if duty is not None]
    if not found:
        raise Refused("이미 정한 달입니다.", field="days")
    if planned_for(year) >= least:
        _plan_is_set(year, now=now)
    return found


def _open_days(days: Sequence[date]) -> None:
    in_force = calendar()
    try:
        closed = [day for day in days if not in_force.is_open_day(day)]
    except CalendarError as error:
        raise Refused(str(error), field="days") from error
    if closed:
        raise Refused(f"쉬는 날입니다: {', '.join(map(korean_day, closed))}", field="days")


def _meeting(day: date, *, now: datetime, by: Actor) -> Duty | None:
    month = span(Every.MONTH, day)
    return open_duty(
        kind=Kind.MEETING,
        key=f"meeting:{month.key}",
        title=f"직원회의 {korean_day(day)}",
        period=month.key,
        about=day.isoformat(),
        started_at=month.starts_at,
        due_at=month.ends_at,
        now=now,
        by=by,
    )


def _plan_is_set(year: int, *, now: datetime) -> None:
    rows = Duty.objects.open().filter(kind=Kind.MEETING_PLAN, period=str(year))
    rows.update(done_at=now)


def meetings_without_plan(year: int, *, now: datetime) -> int:
    """No plan came by the end of January: the last month of each quarter that is left counts."""
    opened = 0
    for month in (3, 6, 9, 12):
        found = span(Every.MONTH, date(year, month, 1))
        if found.ends_at > now:
            opened += bool(
                open_duty(
                    kind=Kind.MEETING,
                    key=f"meeting:{found.key}",
                    title=f"직원회의 {found.label}(계획하지 않아 분기마다 셈)",
                    period=found.key,
                    started_at=found.starts_at,
                    due_at=found.ends_at,
                    now=now,
                )
            )
    return opened


# --- improvements ---------------------------------------------------------------------------------


@transaction.atomic
def plan_improvement(
    *,
    title: str,
    source: str,
    owner_id: int,
    due_on: date,
    form_token: str,
    by: StaffMember,
    now: datetime,
) -> Duty:
    """Promise an improvement by a day: its owner is told, and the first day is the one that counts."""
    require(by, "lead_evidence")
    token = uuid.UUID(form_token).hex
    known = Duty.objects.filter(form_token=token).first()
    if known is not None:
        return known
    title = " ".join(words(title, field="title", longest=200).split())
    if not title:
        raise Refused("무엇을 고칠지 적어 주십시오.", field="title")
    if source not in SOURCES:
        raise Refused("어디에서 나온 과제인지 골라 주십시오.", field="source")
    if due_on <= seoul_day(now):
        raise Refused("내일부터의 날짜를 적어 주십시오.", field="due_on")
    owner = employed(at=now).filter(pk=owner_id).select_related("team").first()
    if owner is None:
        raise Refused("지금 근무하는 직원을 골라 주십시오.", field="owner")
    duty = open_duty(
        kind=Kind.IMPROVEMENT,
        key=f"improvement:{token}",
        title=title,
        period=str(seoul_day(now).year),
        about=source,
        person=owner,
        team=owner.team,
        form_token=token,
        started_at=now,
        due_at=_end_of(due_on),
        now=now,
        by=actor(by),
    )
    assert duty is not None  # noqa: S101 - the token is new
    return duty


def _end_of(day: date) -> datetime:
    try:
        calendar().is_open_day(day)  # a year whose holidays are unknown is refused
    except CalendarError as error:
        raise Refused(str(error), field="due_on") from error
    return midnight(day, days=1)


def no_improvement(year: Span, *, now: datetime) -> Duty | None:
    """A year without any improvement was not kept: a promise that is missed when it is opened."""
    rows = Duty.objects.filter(kind=Kind.IMPROVEMENT, period=year.key, dropped_at=None)
    if rows.exists():
        return None
    return open_duty(
        kind=Kind.IMPROVEMENT,
        key=f"improvement:none:{year.key}",
        title=f"{year.label} 개선 과제(하나도 없었음)",
        period=year.key,
        started_at=year.starts_at,
        due_at=year.ends_at,
        now=now,
    )


def open_improvements(person: StaffMember) -> int:
    """How many improvements are open with a person (for whoever leaves)."""
    return Duty.objects.open().filter(kind=Kind.IMPROVEMENT, person=person).count()


def hand_over(*, from_person: StaffMember, to_person: StaffMember, by: Actor, now: datetime) -> int:
    """Give the open improvements of one person to another; their dates stay."""
    rows = Duty.objects.open().filter(kind=Kind.IMPROVEMENT, person=from_person)
    moved = 0
    for duty in rows.select_for_update(of=("self",)).order_by("pk"):
        duty.person, duty.team = to_person, to_person.team
        duty.save(update_fields=["person", "team"])
        standards.change_team(subject_type=DUTY, subject_id=duty.pk, team=to_person.team)
        _record(duty, "duty-handed-over", at=now, by=by, data={"to": to_person.pk})
        moved += 1
    return moved


def _record(
    duty: Duty,
    kind: str,
    *,
    at: datetime,
    by: Actor,
    text: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    record(
        subject_type=DUTY,
        subject_id=duty.pk,
        kind=kind,
        at=at,
        by=by,
        text=text,
        data={"kind": duty.kind, **(data or {})},
        key=f"duty:{duty.pk}:{kind}" + (f":{at.isoformat()}" if kind != "duty-opened" else ""),
    )
