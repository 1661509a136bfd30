"""즉시 사과: a mail at once, and the contact by a person that alone keeps the promise."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from centre.models import StaffMember
from centre.words import korean_instant
from complaints import registry
from complaints.errors import NotNow, Refused
from complaints.models import Channel, Complaint, Contact, Kind, ReplyBy
from complaints.queries import SUBJECT
from complaints.services._base import actor, lock_for, record, words
from complaints.services.steps import HANDLERS, Scene
from complaints.services.telling import (
    contact_way,
    due_in,
    lead_of,
    tell_citizen,
    tell_staff,
)
from notices import services as notices
from notices.models import Channel as Way
from notices.models import Notice
from records.actors import SYSTEM
from standards import services as standards
from standards.models import Commitment
from standards.registry import StepDue

CODE = "immediate-apology"
#: The standard's shorter allowance, for whoever is on the phone or at the desk.
QUICK = "visit_phone"
_ON_PAPER = {Contact.Way.LETTER, Contact.Way.FAX}
_WAY_OF_NOTICE = {
    Way.PHONE: Contact.Way.PHONE,
    Way.POST: Contact.Way.LETTER,
    Way.FAX: Contact.Way.FAX,
}


def apology_key(complaint: Complaint) -> str:
    return f"complaint:{complaint.pk}:{CODE}"


def promised_contact(complaint: Complaint) -> Commitment | None:
    """The promise to get in touch, while it is still to be kept."""
    found = standards.find(apology_key(complaint))
    if found is None or found.fulfilled_at is not None or found.state == "excluded":
        return None
    return found


def _only_by_letter(complaint: Complaint) -> bool:
    return complaint.reply_by in {ReplyBy.POST, ReplyBy.FAX} and not (
        complaint.email or complaint.phone
    )


def apologise(complaint: Complaint, *, now: datetime) -> None:
    """Owe a complaint's apology, promise the contact, and tell the lead and the handler of it."""
    if complaint.kind != Kind.COMPLAINT or complaint.anonymous:
        return
    quick = complaint.channel in {Channel.VISIT, Channel.PHONE}
    promise = standards.open_commitment(
        code=CODE,
        key=apology_key(complaint),
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        started_at=complaint.received_at,
        now=now,
        team=complaint.team,
        variant=QUICK if quick else "",
    )
    lead = lead_of(complaint, now=now)
    late = (
        promise.due_at <= now
    )  # registered too late to keep it: the citizen is told a date to come
    due = korean_instant(due_in("1h", now=now) if late else promise.due_at)
    tell_citizen(
        complaint,
        CODE,
        key=CODE,
        now=now,
        context={
            "contact_due_at": due,
            "contact_way": contact_way(complaint),
            "lead_name": lead.name if lead else "",
            "lead_title": lead.title if lead else "",
            "by_letter": _only_by_letter(complaint),
        },
    )
    tell_staff(
        [lead, complaint.handler],
        "apology-contact",
        complaint=complaint,
        key="apology-contact",
        now=now,
        context={"contact_due_at": due, "due_at": ""},
        hours="any",
    )


registry.after_filing.append(apologise)


# --- the contact --------------------------------------------------------------------------------


@transaction.atomic
def log_contact(
    *, complaint_id: int, way: str, reached: bool, by: StaffMember, now: datetime, note: str = ""
) -> Contact:
    """A person got in touch with the citizen, or tried to.

    Reached, or a letter or fax sent: the immediate apology is kept. A call that nobody took keeps
    nothing.
    """
    complaint = lock_for(complaint_id, by=by, right="write_note")
    if way not in Contact.Way.values:
        raise Refused("어떻게 연락했는지 골라 주십시오.", field="way")
    if complaint.anonymous:
        raise NotNow("이름 없는 의견에는 연락할 곳이 없습니다.")
    said = words(note, field="note", longest=2_000)
    return _contacted(
        complaint, way, by=by, now=now, note=said, reached=reached or way in _ON_PAPER
    )


def _contacted(
    complaint: Complaint,
    way: str,
    *,
    by: StaffMember | None,
    now: datetime,
    reached: bool,
    note: str = "",
) -> Contact:
    contact = Contact.objects.create(
        complaint=complaint, way=way, reached=reached, note=note, by=by, at=now
    )
    record(
        complaint,
        "contacted" if reached else "contact-tried",
        at=now,
        by=actor(by) if by else SYSTEM,
        text=note,
        data={"contact": way},
    )
    if reached:
        standards.fulfil(key=apology_key(complaint), at=now, now=now)
        _end_task(complaint, now=now)
    return contact


def _end_task(complaint: Complaint, *, now: datetime) -> None:
    """What stood ready to be read out or printed was said by a person: it is not told again."""
    open_task = Notice.objects.filter(
        subject_type=SUBJECT, subject_id=complaint.pk, template=CODE, status="task"
    )
    if open_task.exists():
        notices.cancel(subject_type=SUBJECT, subject_id=complaint.pk, templates=[CODE], now=now)


def _delivered(complaint: Complaint, notice: Notice, *, now: datetime) -> None:
    """Read out, posted or faxed by a person: that is the contact. A mail by itself is none."""
    way = _WAY_OF_NOTICE.get(Way(notice.channel))
    if way is not None:
        _contacted(complaint, way, by=notice.done_by, now=now, reached=True)


registry.after_delivery[CODE] = _delivered


@transaction.atomic
def waive_apology(*, complaint_id: int, reason: str, by: StaffMember, now: datetime) -> Complaint:
    """No apology is called for here, says a person with a reason; it is left out of the figures."""
    complaint = lock_for(complaint_id, by=by, right="write_answer")
    if promised_contact(complaint) is None:
        raise NotNow("먼저 연락하기로 한 약속이 없거나 이미 지켰습니다.")
    why = words(
        reason, field="reason", required="사과를 드리지 않는 까닭을 적어 주십시오.", longest=500
    )
    standards.exclude(
        subject_type=SUBJECT, subject_id=complaint.pk, why="waived", now=now, codes=[CODE]
    )
    notices.cancel(subject_type=SUBJECT, subject_id=complaint.pk, templates=[CODE], now=now)
    record(complaint, "apology-waived", at=now, by=actor(by), text=why)
    return complaint


def _stopped(complaint: Complaint, *, why: str, now: datetime) -> None:
    """Withdrawn, merged or sent to the body it is about: counted apart, nobody rings."""
    standards.exclude(subject_type=SUBJECT, subject_id=complaint.pk, why=why, now=now, codes=[CODE])
    notices.cancel(
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        templates=[CODE, "apology-contact"],
        now=now,
    )


registry.after_stopping.append(_stopped)


# --- the sweep ----------------------------------------------------------------------------------


def _soon(scene: Scene, case: Complaint, step: StepDue) -> None:
    scene.tell(
        case,
        [scene.lead(case), case.handler],
        "apology-contact",
        key=f"apology-contact:soon:{step.commitment.due_at:%Y%m%dT%H%M}",
        context={"contact_due_at": korean_instant(step.commitment.due_at), "due_at": ""},
        hours="any",
    )


def _missed(scene: Scene, case: Complaint, step: StepDue) -> None:
    """Nobody got in touch in time: lead and handler are told at once."""
    scene.record(case, "apology-missed", step, key="missed")
    scene.tell(
        case,
        [scene.lead(case), case.handler],
        "apology-overdue",
        key="apology-overdue",
        hours="any",
    )


HANDLERS[CODE, "soon"] = _soon
HANDLERS[CODE, "missed"] = _missed
