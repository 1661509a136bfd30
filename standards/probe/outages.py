"""An outage of the portal, and the notice with another way that the centre promises within an hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from centre.errors import Refused
from centre.models import StaffMember
from centre.queries import phone_of_team
from centre.words import korean_instant
from notices.services import Owed, Person, owe_many
from records.actors import SYSTEM, Actor
from records.services import record
from standards.evidence import duties
from standards.evidence.charges import Charges
from standards.evidence.entering import Entry, actor, enter, require
from standards.evidence.words import words
from standards.models import DUTY, Duty, Kind, Outage

SUBJECT: Final = "outage"
#: How long the words "it is back" stand on the pages.
AFTERWARDS: Final = timedelta(days=1)
_CACHED: Final = "portal-notice"
_CACHED_FOR: Final = 20
_RESTORED_BEFORE: Final = "기한 전에 복구됨"
_RESTORED_WITHOUT: Final = "안내문을 올리지 않은 채 복구됨"


# --- begin and end --------------------------------------------------------------------------------


@transaction.atomic
def begin(
    *,
    started_at: datetime,
    why: str,
    now: datetime,
    declared: bool = False,
    by: Actor = SYSTEM,
) -> Outage | None:
    """Open an outage with its promise, and tell those in charge; None while one is open."""
    if Outage.objects.filter(is_open=True).exists():
        return None
    duty = duties.open_duty(
        kind=Kind.OUTAGE,
        key=f"outage:{started_at.isoformat()}",
        title=f"1365 접속 장애 안내: {korean_instant(started_at)}부터",
        started_at=now,
        now=now,
        by=by,
    )
    if duty is None:
        return None
    outage = Outage.objects.create(
        started_at=started_at, confirmed_at=now, why=why, declared=declared, duty=duty
    )
    _record(outage, "outage-began", now=now, by=by, data={"why": why, "declared": declared})
    _tell(outage, now=now)
    return outage


@transaction.atomic
def declare(*, started_at: datetime, by: StaffMember, now: datetime) -> Outage:
    """Somebody of the staff saw that the portal is away, whatever the looks say."""
    require(by, "record_evidence")
    if started_at > now:
        raise Refused("아직 오지 않은 때입니다.", field="started_on")
    if started_at < now - timedelta(days=1):
        raise Refused("하루보다 앞의 때는 적을 수 없습니다.", field="started_on")
    found = begin(started_at=started_at, why="", declared=True, now=now, by=actor(by))
    if found is None:
        raise Refused("이미 열려 있는 접속 장애가 있습니다.")
    return found


@transaction.atomic
def end(*, now: datetime, by: Actor = SYSTEM) -> Outage | None:
    """The portal is back: no notice is needed any more.

    Without one, and before its hour was over, nothing was missed; afterwards it stays missed.
    """
    outage = Outage.objects.select_for_update(of=("self",)).filter(is_open=True).first()
    if outage is None:
        return None
    outage.ended_at, outage.is_open = now, False
    outage.save(update_fields=["ended_at", "is_open"])
    if outage.notice_at is None:
        in_time = now <= duties.due_of(outage.duty)
        why = _RESTORED_BEFORE if in_time else _RESTORED_WITHOUT
        duties.drop(duty_id=outage.duty_id, why=why, now=now, by=by)
    _record(outage, "outage-ended", now=now, by=by)
    _forget()
    return outage


def end_declared(*, by: StaffMember, now: datetime) -> Outage:
    """Staff say that it is over; for an outage seen by the looks those decide."""
    require(by, "record_evidence")
    found = end(now=now, by=actor(by))
    if found is None:
        raise Refused("열려 있는 접속 장애가 없습니다.")
    return found


# --- the notice -----------------------------------------------------------------------------------


@transaction.atomic
def put_up(
    *, outage_id: int, other_way: str, form_token: str, by: StaffMember, now: datetime
) -> Outage:
    """Put the notice on the public pages, with another way: this keeps the promise."""
    require(by, "record_evidence")
    outage = Outage.objects.select_for_update(of=("self",)).select_related("duty").get(pk=outage_id)
    if outage.notice_at is not None:
        return outage
    if outage.ended_at is not None:
        raise Refused("이미 복구되어 안내문을 올릴 것이 없습니다.")
    other_way = " ".join(words(other_way, field="other_way", longest=300).split())
    if not other_way:
        raise Refused("고객이 대신 쓸 수 있는 방법을 적어 주십시오.", field="other_way")
    outage.notice_at, outage.other_way = now, other_way
    outage.save(update_fields=["notice_at", "other_way"])
    entry = Entry(kind=Kind.OUTAGE, happened_at=now, duty_id=outage.duty_id, what=other_way)
    enter(entries=[entry], form_token=form_token, by=by, now=now)
    _record(outage, "notice-put-up", now=now, by=actor(by))
    _forget()
    return outage


@transaction.atomic
def take_down(*, outage_id: int, by: StaffMember, now: datetime) -> Outage:
    """Take the words "it is back" away before their day is over."""
    require(by, "record_evidence")
    outage = Outage.objects.select_for_update(of=("self",)).get(pk=outage_id)
    if outage.ended_at is None:
        raise Refused("아직 복구되지 않았습니다. 복구되면 안내문이 저절로 바뀝니다.")
    if outage.down_at is None:
        outage.down_at = now
        outage.save(update_fields=["down_at"])
        _record(outage, "notice-taken-down", now=now, by=actor(by))
    _forget()
    return outage


def notice(*, now: datetime) -> str:
    """What the public pages say now; "" where there is nothing to say. Read anew every 20 s."""
    found = cache.get(_CACHED)
    if isinstance(found, str):
        return found
    found = written(now=now)
    cache.set(_CACHED, found, _CACHED_FOR)
    return found


def written(*, now: datetime) -> str:
    """The words themselves, as they are now: of the latest outage, never of one before it."""
    outage = Outage.objects.order_by("-started_at").first()
    if outage is None or outage.notice_at is None or outage.down_at is not None:
        return ""
    if outage.ended_at is not None and outage.ended_at + AFTERWARDS <= now:
        return ""
    if outage.ended_at is not None:
        minutes = round((outage.ended_at - outage.started_at).total_seconds() / 60)
        return (
            f"1365자원봉사포털이 {korean_instant(outage.ended_at)}부터 다시 이용됩니다. "
            f"접속이 어려웠던 시간: {minutes}분."
        )
    return (
        f"1365자원봉사포털 접속이 {korean_instant(outage.started_at)}부터 원활하지 않습니다. "
        "포털은 다른 기관에서 운영하며, 저희도 복구 상황을 확인하고 있습니다. "
        f"{outage.other_way} ({korean_instant(now)} 현재)"
    )


def usual_way(*, now: datetime) -> str:
    """The other way as the centre offers it, to begin with."""
    team = Charges(at=now).team_of(Kind.OUTAGE)
    phone = phone_of_team(team) if team else ""
    return f"급한 봉사활동 신청과 확인서는 {phone}에 말씀하시면 도와드립니다." if phone else ""


def _forget() -> None:
    transaction.on_commit(lambda: cache.delete(_CACHED), robust=True)


# --- telling --------------------------------------------------------------------------------------


def _tell(outage: Outage, *, now: datetime) -> None:
    charges = Charges(at=now)
    people = charges.with_stand_ins(charges.of_duty(outage.duty))
    due_at = duties.due_of(outage.duty)
    minutes = max(1, round((now - outage.started_at).total_seconds() / 60))
    context: Mapping[str, Any] = {
        "minutes": minutes,
        "notice_by": korean_instant(due_at),
        "link": f"{settings.SITE_URL}{page()}",
    }
    owe_many(
        [
            Owed(
                key=f"outage:{outage.pk}:down:{person.pk}",
                template="probe-down",
                subject_type=DUTY,
                subject_id=outage.duty_id,
                to=Person(person),
                context=context,
            )
            for person in people
        ],
        now=now,
    )


def page(_duty: Duty | None = None) -> str:
    """The page of the portal in the back-office."""
    return "/admin/standards/outage/"


def _record(
    outage: Outage, kind: str, *, now: datetime, by: Actor, data: dict[str, Any] | None = None
) -> None:
    record(
        subject_type=SUBJECT,
        subject_id=outage.pk,
        kind=kind,
        at=now,
        by=by,
        data=data or {},
        key=f"outage:{outage.pk}:{kind}",
    )
