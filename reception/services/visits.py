"""Somebody came: arrived, called, served, gone; and taken back where it was a mistake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction

from centre import queries as centre_queries
from centre.calendar import SEOUL, seoul_day
from centre.models import StaffMember
from reception.errors import NotFound, NotNow, Refused
from reception.models import HERE, UNDO_WITHIN, Purpose, Visit, VisitState
from reception.queries import COLOURS, LATE, VISIT, deputy_key, wait_key
from reception.services._base import actor, record, require, sought_person, token, words
from records.services import next_number
from standards import services as standards

#: An arrival written down later than this is shown apart.
LATE_AFTER = timedelta(minutes=3)
LONGEST_AGO = timedelta(days=7)
_LAST_MOMENT = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class Arrived:
    """``created`` is false where the same form came before."""

    visit: Visit
    created: bool


@transaction.atomic
def arrive(
    *,
    form_token: str,
    purpose: str,
    by: StaffMember,
    now: datetime,
    sought_id: int | None = None,
    name: str = "",
    arrived_at: datetime | None = None,
    served_at: datetime | None = None,
) -> Arrived:
    """A visitor is there, once a form. Entered more than three minutes later: shown apart.

    ``served_at`` is given for what is written down when it is over.
    """
    require(by, "use_desk")
    known = Visit.objects.filter(form_token=token(form_token)).first()
    if known is not None:
        return Arrived(known, created=False)
    came = _checked_times(arrived_at, served_at, now=now)
    name = words(name, field="name", longest=60)
    sought = sought_person(sought_id, now=now) if sought_id else None
    away = sought is not None and not centre_queries.is_present(sought, at=now)
    visit, created = Visit.objects.get_or_create(
        form_token=form_token,
        defaults={
            "label": _label(now),
            "name": name,
            "purpose": Purpose(purpose),
            "sought": sought,
            "sought_away": away,
            "team": sought.team if sought else centre_queries.desk_team(),
            "arrived_at": came,
            "recorded_at": now,
            "recorded_by": by,
            "entered_late": now - came > LATE_AFTER,
        },
    )
    if not created:
        return Arrived(visit, created=False)
    _record(visit, "visit-arrived", at=came, by=by, now=now, key="arrived", purpose=purpose)
    if visit.is_wait:
        standards.open_commitment(
            code="visit-wait",
            key=wait_key(visit),
            subject_type=VISIT,
            subject_id=visit.pk,
            started_at=came,
            now=now,
            team=visit.team,
            category=LATE if visit.entered_late else visit.purpose,
        )
    if served_at is not None:
        _serve(visit, by=by, server=by, at=served_at, now=now)
    return Arrived(visit, created=True)


def _checked_times(
    arrived_at: datetime | None, served_at: datetime | None, *, now: datetime
) -> datetime:
    came = arrived_at or now
    if not now - LONGEST_AGO <= came <= now:
        raise Refused("오신 때는 지난 7일 안으로 적어 주십시오.", field="arrived_at")
    if served_at is not None and not came <= served_at <= now:
        raise Refused("응대한 때는 오신 때와 지금 사이여야 합니다.", field="served_at")
    return came


def _label(now: datetime) -> str:
    """``초록 4``: the fourth of the day; the colours follow each other."""
    number = next_number(name=f"visit:{seoul_day(now):%Y%m%d}")
    return f"{COLOURS[(number - 1) % len(COLOURS)]} {number}"


@transaction.atomic
def call(*, visit_id: int, by: StaffMember, now: datetime) -> Visit:
    """Call a visitor. Of two desks at once one wins; the other is told who did."""
    require(by, "use_desk")
    won = Visit.objects.filter(pk=visit_id, state=VisitState.WAITING).update(
        state=VisitState.CALLED, called_at=now, called_by=by
    )
    visit = _get(visit_id)
    if not won:
        raise NotNow(_why_not(visit))
    _record(visit, "visit-called", at=now, by=by, key=f"called:{now.isoformat()}")
    return visit


@transaction.atomic
def serve(*, visit_id: int, by: StaffMember, now: datetime, server_id: int | None = None) -> Visit:
    """Somebody attends to the visitor: the wait is over.

    ``server_id``: who, if not whoever says so. Where the person sought is away, a colleague who
    takes over keeps that promise.
    """
    require(by, "use_desk")
    server = sought_person(server_id, now=now) if server_id else by
    visit = _get(visit_id)
    _serve(visit, by=by, server=server, at=max(now, visit.arrived_at), now=now)
    return visit


def _serve(
    visit: Visit, *, by: StaffMember, server: StaffMember, at: datetime, now: datetime
) -> None:
    won = Visit.objects.filter(pk=visit.pk, state__in=HERE).update(
        state=VisitState.SERVED, served_at=at, served_by=server, ended_at=max(now, at)
    )
    if not won:
        raise NotNow(_why_not(_get(visit.pk)))
    visit.refresh_from_db()
    standards.fulfil(key=wait_key(visit), at=at, now=now)
    if visit.sought_away and visit.sought_id != server.pk:
        _deputy_promise(visit, kept_at=at, now=now)
    _record(
        visit, "visit-served", at=at, by=by, now=now, key=f"served:{now.isoformat()}", by_=server.pk
    )


def serve_with_note(visit: Visit, *, by: StaffMember, now: datetime) -> None:
    """A note was left with us: the visitor was attended to and need not wait."""
    if visit.is_here:
        if not visit.sought_away:
            visit.sought_away = True
            visit.save(update_fields=["sought_away"])
        _serve(visit, by=by, server=by, at=max(now, visit.arrived_at), now=now)


@transaction.atomic
def sought_is_away(*, visit_id: int, by: StaffMember, now: datetime) -> Visit:
    """The person sought was not found, whatever the calendar says."""
    require(by, "use_desk")
    rows = Visit.objects.filter(pk=visit_id, state__in=HERE, sought__isnull=False)
    won = rows.filter(sought_away=False).update(sought_away=True)
    visit = _get(visit_id)
    if won:
        _record(visit, "visit-sought-away", at=now, by=by, key="away")
    return visit


@transaction.atomic
def leave_unserved(*, visit_id: int, by: StaffMember, now: datetime) -> Visit:
    """The visitor went away. Before the limit it is not counted, but shown; after it, missed."""
    require(by, "use_desk")
    won = Visit.objects.filter(pk=visit_id, state__in=HERE).update(
        state=VisitState.LEFT, ended_at=now
    )
    visit = _get(visit_id)
    if not won:
        raise NotNow(_why_not(visit))
    standards.exclude(
        subject_type=VISIT, subject_id=visit.pk, why="left", now=now, codes=["visit-wait"]
    )
    if visit.sought_away:
        _deputy_promise(visit, kept_at=None, now=now)
    _record(visit, "visit-left", at=now, by=by, key="left")
    return visit


def _deputy_promise(visit: Visit, *, kept_at: datetime | None, now: datetime) -> None:
    """The person sought was away: taken over (kept), or the visitor went (missed at once)."""
    last = datetime.combine(seoul_day(now), _LAST_MOMENT, SEOUL)
    standards.open_commitment(
        code="visit-deputy",
        key=deputy_key(visit),
        subject_type=VISIT,
        subject_id=visit.pk,
        started_at=visit.arrived_at,
        due_at=max(visit.arrived_at, now if kept_at is None else max(last, kept_at)),
        team=visit.team,
        now=now,
    )
    if kept_at is not None:
        standards.fulfil(key=deputy_key(visit), at=kept_at, now=now)


# --- taken back ---------------------------------------------------------------------------------


@transaction.atomic
def undo_visit(*, visit_id: int, by: StaffMember, now: datetime) -> Visit:
    """Entered by mistake, or twice: left out of all figures, with an event. Within five minutes."""
    require(by, "use_desk")
    visit = _get(visit_id)
    if not visit.may_undo(now=now):
        raise NotNow("적은 지 5분이 지나 되돌릴 수 없습니다. 응대를 마친 것으로 적어 주십시오.")
    if visit.notes.exists():
        raise NotNow("용건 메모를 남긴 방문입니다. 메모를 먼저 되돌려 주십시오.")
    won = Visit.objects.filter(pk=visit_id, state=visit.state).update(
        state=VisitState.MISTAKEN, ended_at=now
    )
    if not won:
        raise NotNow(_why_not(_get(visit_id)))
    _leave_out(visit, now=now)
    visit.refresh_from_db()
    _record(visit, "visit-mistaken", at=now, by=by, key="mistaken")
    return visit


def _leave_out(visit: Visit, *, now: datetime) -> None:
    for key in (wait_key(visit), deputy_key(visit)):
        standards.unfulfil(key=key, why="잘못 적음", now=now)
    standards.exclude(subject_type=VISIT, subject_id=visit.pk, why="mistaken", now=now)


@transaction.atomic
def put_back(*, visit_id: int, by: StaffMember, now: datetime) -> Visit:
    """The wrong button: called or served a moment ago, and still waiting in truth."""
    require(by, "use_desk")
    visit = _get(visit_id)
    pressed = visit.served_at or visit.called_at
    may = visit.state in {VisitState.SERVED, VisitState.CALLED} and pressed is not None
    if not may or pressed is None or now - pressed > UNDO_WITHIN or visit.notes.exists():
        raise NotNow("되돌릴 수 있는 시간이 지났습니다.")
    won = Visit.objects.filter(pk=visit_id, state=visit.state).update(
        state=VisitState.WAITING,
        served_at=None,
        served_by=None,
        ended_at=None,
        called_at=None,
        called_by=None,
    )
    if not won:
        raise NotNow(_why_not(_get(visit_id)))
    for key in (wait_key(visit), deputy_key(visit)):
        standards.unfulfil(key=key, why="잘못 누름", now=now)
    visit.refresh_from_db()
    _record(visit, "visit-put-back", at=now, by=by, key=f"put-back:{now.isoformat()}")
    return visit


# --- shared -------------------------------------------------------------------------------------


def _get(visit_id: int) -> Visit:
    rows = Visit.objects.select_related("sought__team", "sought__user", "team", "called_by")
    visit = rows.filter(pk=visit_id).first()
    if visit is None:
        raise NotFound
    return visit


def _why_not(visit: Visit) -> str:
    """What somebody else did in the meantime."""
    match visit.state:
        case VisitState.CALLED:
            return f"이미 {visit.called_by} 님이 {visit.label} 고객을 부르셨습니다."
        case VisitState.SERVED:
            return f"{visit.label} 고객은 이미 응대하고 있습니다."
        case VisitState.LEFT:
            return f"{visit.label} 고객은 이미 가신 것으로 적혀 있습니다."
        case VisitState.MISTAKEN:
            return f"{visit.label}은(는) 잘못 적은 것으로 지운 방문입니다."
        case _:
            return "그사이 바뀌었습니다. 화면을 확인해 주십시오."


def _record(
    visit: Visit,
    kind: str,
    *,
    at: datetime,
    by: StaffMember,
    key: str,
    now: datetime | None = None,
    **data: Any,
) -> None:
    record(
        VISIT,
        visit.pk,
        kind,
        at=at,
        by=actor(by),
        now=now,
        data={name.rstrip("_"): value for name, value in data.items()},
        key=f"visit:{visit.pk}:{key}",
    )
