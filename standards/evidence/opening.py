"""Every hour: what the time of year asks for is opened, what is over is settled, each once.

A period is opened as soon as this runs in it, also the one that was under way when the program
came into use: the charter promised before, and what was done earlier can be entered with its true
time. Weeks and quarters measured by observation have duties, but no promises of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from centre import options
from centre.calendar import seoul_day
from centre.models import StaffMember
from centre.queries import calendar, employed
from records.models import Event
from standards.evidence import duties, observing, telling
from standards.evidence.duties import open_duty
from standards.evidence.kinds import CHANNELS
from standards.evidence.periods import Every, Span, midnight, months_later, span
from standards.models import Duty, InfoPage, Kind, Standard

#: How the staff guide changes: kinds of events about people and teams.
_GUIDE_EVENTS: Final = frozenset({"person-added", "person-left", "person-moved"})
_GUIDE_FIELDS: Final = frozenset({"name", "title", "extension", "room", "duties"})
_GUIDE_SUBJECTS: Final = ("centre.staffmember", "centre.team")


def open_periods(*, now: datetime) -> int:
    """Open and settle what is due to be; says how many duties were opened.

    One kind that fails does not hold up the others; what failed is raised together at the end.
    """
    if not Standard.objects.exists():
        return 0  # no charter has been loaded: nothing is promised
    opened, failed = 0, []
    for step in _STEPS:
        try:
            with transaction.atomic():
                opened += step(now)
        except Exception as error:  # noqa: BLE001 - raised below
            failed.append(error)
    if failed:
        raise ExceptionGroup("duties that could not be opened", failed)
    return opened


def _now(every: Every, now: datetime) -> Span:
    return span(every, seoul_day(now))


def _one(kind: Kind, every: Every, title: str, now: datetime, *, needed: int = 0) -> int:
    """The one duty of a kind in its period."""
    found = _now(every, now)
    duty = open_duty(
        kind=kind,
        key=f"{kind}:{found.key}",
        title=f"{found.label} {title}",
        period=found.key,
        needed=needed,
        started_at=found.starts_at,
        due_at=found.ends_at,
        now=now,
    )
    return int(duty is not None)


# --- the staff ------------------------------------------------------------------------------------


def _meetings(now: datetime) -> int:
    """A plan by the end of January; without one each quarter counts."""
    year = _now(Every.YEAR, now)
    january = span(Every.MONTH, year.first_day)
    plan = open_duty(
        kind=Kind.MEETING_PLAN,
        key=f"meeting-plan:{year.key}",
        title=f"{year.label} 직원회의 날짜 정하기",
        period=year.key,
        started_at=year.starts_at,
        due_at=january.ends_at,
        now=now,
    )
    opened = int(plan is not None)
    planned = duties.planned_for(year.first_day.year)
    if now >= january.ends_at and not planned:
        opened += duties.meetings_without_plan(year.first_day.year, now=now)
    return opened


def _training(now: datetime) -> int:
    """A year's hours for each person; for whoever came this year, the basic training."""
    year = _now(Every.YEAR, now)
    needed, opened = options.number("training_hours"), 0
    for person in employed(at=now).select_related("team"):
        joined = person.joined_on
        if joined is not None and joined >= year.first_day:
            duty = open_duty(
                kind=Kind.BASIC_TRAINING,
                key=f"basic-training:{person.pk}:{joined}",
                title=f"{person} 기본교육",
                period=year.key,
                person=person,
                team=person.team,
                started_at=midnight(joined),
                due_at=midnight(months_later(joined, 3), days=1),
                now=now,
            )
        else:
            duty = open_duty(
                kind=Kind.TRAINING,
                key=f"training:{year.key}:{person.pk}",
                title=f"{person} {year.label} 교육",
                period=year.key,
                needed=needed,
                person=person,
                team=person.team,
                started_at=year.starts_at,
                due_at=year.ends_at,
                now=now,
            )
        opened += duty is not None
    return opened


def _who_left(now: datetime) -> int:
    """Nobody has to train who does not work here any more."""
    staff = employed(at=now).values("pk")
    kinds = [Kind.TRAINING, Kind.BASIC_TRAINING]
    rows = Duty.objects.open().filter(kind__in=kinds, due_at__gt=now).exclude(person__in=staff)
    for pk in rows.values_list("pk", flat=True):
        duties.drop(duty_id=pk, why="퇴사", now=now)
    return 0


def _calls(now: datetime) -> int:
    needed = options.number("calls_a_quarter")
    return _one(Kind.CALLS, Every.QUARTER, f"전화 점검 {needed}통", now, needed=needed)


# --- what people read -----------------------------------------------------------------------------


def _pages(now: datetime) -> int:
    half, opened = _now(Every.HALF_YEAR, now), 0
    for page in InfoPage.objects.filter(active=True).select_related("team"):
        opened += (
            open_duty(
                kind=Kind.PAGE,
                key=f"page:{half.key}:{page.pk}",
                title=f"{half.label} ‘{page.title}’ 확인",
                period=half.key,
                about=page.address,
                page=page,
                team=page.team,
                started_at=half.starts_at,
                due_at=half.ends_at,
                now=now,
            )
            is not None
        )
    gone = Duty.objects.open().filter(kind=Kind.PAGE, page__active=False, due_at__gt=now)
    for pk in gone.values_list("pk", flat=True):
        duties.drop(duty_id=pk, why="쓰지 않는 쪽", now=now)
    return opened


def _services(now: datetime) -> int:
    return _one(Kind.SERVICES, Every.YEAR, "인터넷으로 되는 업무 늘리기", now)


def _services_settled(now: datetime) -> int:
    """The year is over: the register says whether there are more than a year before."""
    from standards.evidence.judging import services_grew_at  # noqa: PLC0415

    for duty in Duty.objects.open().filter(kind=Kind.SERVICES, due_at__lte=now):
        duty.done_at = services_grew_at(duty)
        if duty.done_at is not None:
            duty.save(update_fields=["done_at"])
    return 0


def _guide(now: datetime) -> int:
    """The check of each half-year; and each change of people and rooms, pulled from the record."""
    opened = _one(Kind.GUIDE, Every.HALF_YEAR, "직원 안내도 확인", now)
    first = Duty.objects.filter(kind=Kind.GUIDE).order_by("opened_at").first()
    if first is None:
        return opened
    rows = Event.objects.filter(
        subject_type__in=_GUIDE_SUBJECTS, recorded_at__gt=first.opened_at, recorded_at__lte=now
    ).order_by("pk")
    known = set(Duty.objects.filter(kind=Kind.GUIDE_CHANGE).values_list("about", flat=True))
    for event in rows:
        starts = _changes_at(event)
        if str(event.pk) in known or starts is None or starts > now:
            continue
        opened += (
            open_duty(
                kind=Kind.GUIDE_CHANGE,
                key=f"guide-change:{event.pk}",
                title=f"직원 안내도 고치기: {_changed(event)}",
                about=str(event.pk),
                started_at=starts,
                now=now,
            )
            is not None
        )
    return opened


def _changes_at(event: Event) -> datetime | None:
    """From when the guide is wrong; None where this changes nothing on it."""
    if event.kind == "person-left":
        return max(event.at, midnight(datetime.fromisoformat(event.data["on"]).date()))
    if event.kind in _GUIDE_EVENTS:
        return event.at
    if event.kind == "changed" and _GUIDE_FIELDS & set(event.data.get("fields", ())):
        return event.at
    return None


def _changed(event: Event) -> str:
    person = (
        StaffMember.objects.filter(pk=event.subject_id).first()
        if event.subject_type == "centre.staffmember"
        else None
    )
    what = {"person-added": "새 직원", "person-left": "퇴사", "person-moved": "팀 옮김"}
    return f"{person or '팀'} {what.get(event.kind, '자리·안내 변경')}"


# --- what people say ------------------------------------------------------------------------------


def _channels(now: datetime) -> int:
    month, opened = _now(Every.MONTH, now), 0
    for channel, name in CHANNELS.items():
        opened += (
            open_duty(
                kind=Kind.CHANNEL,
                key=f"channel:{month.key}:{channel}",
                title=f"{month.label} 의견 경로 시험: {name}",
                period=month.key,
                about=channel,
                started_at=month.starts_at,
                due_at=month.ends_at,
                now=now,
            )
            is not None
        )
    return opened


def _reconciliation(now: datetime) -> int:
    """Of the month before, to be done in this one."""
    month = _now(Every.MONTH, now)
    before = span(Every.MONTH, month.first_day - timedelta(days=1))
    duty = open_duty(
        kind=Kind.RECONCILIATION,
        key=f"reconciliation:{before.key}",
        title=f"{before.label} 접수 대장 맞추어 보기",
        period=before.key,
        started_at=month.starts_at,
        due_at=month.ends_at,
        now=now,
    )
    return int(duty is not None)


def _evaluation(now: datetime) -> int:
    """Last year's evaluation, by the end of March; none where that was over before the first pass."""
    year = _now(Every.YEAR, now)
    due_at = span(Every.QUARTER, year.first_day).ends_at
    if due_at <= now and not Duty.objects.filter(opened_at__lt=due_at).exists():
        return 0
    duty = open_duty(
        kind=Kind.EVALUATION,
        key=f"evaluation:{year.key}",
        title=f"{year.first_day.year - 1}년 이행실적 평가 공개",
        period=year.key,
        started_at=year.starts_at,
        due_at=due_at,
        now=now,
    )
    return int(duty is not None)


def _improvements(now: datetime) -> int:
    """A year that ended without any improvement was not kept."""
    year = _now(Every.YEAR, now)
    before = span(Every.YEAR, year.first_day - timedelta(days=1))
    if not Duty.objects.filter(opened_at__lt=before.ends_at).exists():
        return 0  # that year was not measured
    return int(duties.no_improvement(before, now=now) is not None)


# --- the portal -----------------------------------------------------------------------------------


def _listings(now: datetime) -> int:
    """A week with an open day; and weeks that ended without a check."""
    week = _now(Every.WEEK, now)
    opened = 0
    if calendar().open_days_between(week.first_day, week.first_day + timedelta(days=7)):
        opened = _one(Kind.LISTINGS, Every.WEEK, "1365 모집 글 확인", now)
    for duty in Duty.objects.open().filter(kind=Kind.LISTINGS, due_at__lte=now):
        observing.nothing_done(duty)
    return opened


_STEPS: Final[tuple[Callable[[datetime], int], ...]] = (
    _meetings,
    _who_left,
    _training,
    _calls,
    _pages,
    _services,
    _services_settled,
    _guide,
    _channels,
    _reconciliation,
    _evaluation,
    _improvements,
    _listings,
    telling.remind,
)
