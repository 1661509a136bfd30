"""특이민원: a lead is called while it lasts, told when it was recorded, and looks after the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from centre import queries as centre_queries
from centre.models import StaffMember
from centre.words import korean_instant
from notices import services as notices
from reception.errors import NotFound, NotNow, Refused
from reception.models import DifficultCall, Origin
from reception.queries import DIFFICULT, LEAD_CALL, who_steps_in
from reception.services._base import actor, record, require, token, words


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDifficultCall:
    origin: str
    kind: str
    ended: str
    after: str
    at: datetime
    minutes: int | None = None
    notices_given: int = 0
    recording_told: bool = False
    with_whom_id: int | None = None
    remark: str = ""


@transaction.atomic
def call_lead(*, form_token: str, by: StaffMember, now: datetime) -> StaffMember:
    """Somebody has a difficult caller or visitor now: a lead who is here is asked to step in.

    Says who, once a form. Refused where nobody above is here.
    """
    require(by, "record_difficult_call")
    lead = next(iter(who_steps_in(by, at=now)), None)
    if lead is None:
        raise Refused("지금 함께할 팀장이나 관리자가 자리에 없습니다. 옆 동료를 불러 주십시오.")
    key = f"lead-call:{token(form_token)}"
    if record(LEAD_CALL, by.pk, "lead-called", at=now, by=actor(by), data={"to": lead.pk}, key=key):
        notices.owe(
            key=key,
            template="lead-called",
            subject_type=LEAD_CALL,
            subject_id=by.pk,
            to=notices.Person(lead),
            context={
                "staff_name": by.name,
                "staff_title": by.title,
                "staff_phone": centre_queries.phone_of(by),
                "staff_room": by.room or by.team.room,
                "link": f"{settings.SITE_URL}{reverse('reception:new-difficult-call')}",
            },
            now=now,
        )
        notices.nudge()
    return lead


@transaction.atomic
def record_difficult_call(
    *, form_token: str, new: NewDifficultCall, by: StaffMember, now: datetime
) -> DifficultCall:
    """One occurrence, for the protection of staff. No clock of any case changes by it.

    A lead is told at once, whatever the hour, to look after whoever took it.
    """
    require(by, "record_difficult_call")
    if not now - timedelta(days=31) <= new.at <= now:
        raise Refused("있었던 때는 지난 31일 안으로 적어 주십시오.", field="at")
    row, created = DifficultCall.objects.get_or_create(
        form_token=token(form_token),
        defaults={
            "origin": Origin(new.origin),
            "kind": DifficultCall.Kind(new.kind),
            "ended": DifficultCall.Ended(new.ended),
            "after": DifficultCall.After(new.after),
            "at": new.at,
            "minutes": new.minutes,
            "notices_given": new.notices_given,
            "recording_told": new.recording_told,
            "with_whom_id": new.with_whom_id,
            "remark": words(new.remark, field="remark", longest=2_000),
            "recorded_by": by,
            "recorded_at": now,
        },
    )
    if created:
        what = {"kind": new.kind, "ended": new.ended}
        record(
            DIFFICULT,
            row.pk,
            "difficult-call",
            at=new.at,
            now=now,
            by=actor(by),
            data=what,
            key=f"{DIFFICULT}:{row.pk}:recorded",
        )
        _tell_lead(row, by=by, now=now)
    return row


def _tell_lead(call: DifficultCall, *, by: StaffMember, now: datetime) -> None:
    """To whoever leads; nothing of what was said, and nothing about who it was, is in the mail."""
    lead = next(iter(who_steps_in(by, at=now, absent_too=True)), None)
    if lead is None:
        return
    notices.owe(
        key=f"{DIFFICULT}:{call.pk}:told",
        template="difficult-call",
        subject_type=DIFFICULT,
        subject_id=call.pk,
        to=notices.Person(lead),
        context={
            "staff_name": by.name,
            "staff_title": by.title,
            "happened_at": korean_instant(call.at),
            "what_happened": f"{call.get_origin_display()}, {call.get_kind_display()}",
            "staff_state": call.get_after_display(),
            "link": f"{settings.SITE_URL}{reverse('reception:difficult-calls')}",
        },
        now=now,
    )
    notices.nudge()


@transaction.atomic
def confirm_difficult_call(*, call_id: int, by: StaffMember, now: datetime) -> None:
    """A lead has read it and looks after whoever took the call; not one's own record."""
    require(by, "see_difficult_calls")
    call = DifficultCall.objects.filter(pk=call_id).first()
    if call is None:
        raise NotFound
    if call.recorded_by_id == by.pk:
        raise NotNow("자기가 적은 기록은 다른 팀장이나 관리자가 확인합니다.")
    won = DifficultCall.objects.filter(pk=call_id, confirmed_at=None).update(
        confirmed_at=now, confirmed_by=by
    )
    if won:
        record(DIFFICULT, call_id, "difficult-call-confirmed", at=now, by=actor(by))
