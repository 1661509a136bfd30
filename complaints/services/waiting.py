"""보완요청, during which the clock stands still, and 연장, with the citizen told the new date."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db import transaction

from centre.calendar import SEOUL
from centre.models import StaffMember
from centre.words import korean_instant
from complaints import texts
from complaints.errors import NotAllowed, NotNow, Refused
from complaints.models import (
    AboutStaff,
    CitizenMessage,
    Complaint,
    Extension,
    InformationRequest,
    Kind,
    State,
)
from complaints.queries import (
    SUBJECT,
    due_words,
    open_request,
    plain_explanation,
    promised_until,
    renewed_promises,
    reply_commitment,
    reply_key,
)
from complaints.services import approving
from complaints.services._base import (
    actor,
    change,
    is_chief,
    lock,
    lock_for,
    record,
    require_open_day,
    words,
)
from complaints.services.assigning import confirm, step_aside
from complaints.services.filing import note_people_in
from complaints.services.telling import (
    handler_context,
    tell_citizen,
    tell_staff,
)
from complaints.transitions import check
from notices import services as notices
from records import services as records
from records.actors import CITIZEN, SYSTEM, Actor
from records.files import CheckedFile
from standards import queries as standards_queries
from standards import services as standards
from standards.models import Commitment

DOCUMENT = "extension"
CLOSING_TIME = time(18)
MOST_FILES = 5


def supplement_key(request: InformationRequest) -> str:
    return f"information-request:{request.pk}"


# --- 보완요청 -----------------------------------------------------------------------------------


@transaction.atomic
def request_information(
    *, complaint_id: int, items: str, by: StaffMember, now: datetime
) -> InformationRequest:
    """Ask the citizen for more. From today until the answer the reply clock stands still."""
    complaint = lock_for(complaint_id, by=by, right="request_information")
    _own_case(complaint, by)
    if complaint.anonymous:
        raise NotNow("이름 없는 의견에는 보완을 요청할 수 없습니다.")
    check(complaint.state, State.WAITING)
    asked = words(
        items, field="items", required="무엇을 더 알고 싶은지 적어 주십시오.", longest=3_000
    )
    confirm(complaint, by=actor(by), now=now)
    request = InformationRequest.objects.create(
        complaint=complaint, items=asked, asked_by=by, asked_at=now, reply_until=now
    )
    commitment = standards.open_commitment(
        code="supplement",
        key=supplement_key(request),
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        started_at=now,
        now=now,
        team=complaint.team,
    )
    request.reply_until = commitment.due_at
    request.save(update_fields=["reply_until"])
    for key in (reply_key(complaint), *(row.key for row in renewed_promises(complaint))):
        standards.pause(key=key, at=now, now=now)
    change(complaint, state=State.WAITING)
    record(complaint, "information-requested", at=now, by=actor(by))
    tell_citizen(
        complaint,
        "supplement-request",
        key=f"supplement-request:{request.pk}",
        now=now,
        context={
            "request_items": asked,
            "reply_until": korean_instant(request.reply_until),
        }
        | handler_context(complaint, complaint.handler),
    )
    notices.nudge()
    return request


def _own_case(complaint: Complaint, by: StaffMember) -> None:
    if complaint.handler_id != by.pk and complaint.team_id != by.team_id and not is_chief(by):
        raise NotAllowed


@transaction.atomic
def supplement(
    *,
    complaint_id: int,
    text: str,
    by: Actor,
    now: datetime,
    files: list[CheckedFile] | None = None,
) -> Complaint:
    """The citizen's supplement, by the web, or told to staff and entered by them."""
    complaint = lock(complaint_id)
    request = open_request(complaint)
    if request is None or complaint.state != State.WAITING:
        raise NotNow(
            "지금은 보완을 기다리는 중이 아닙니다. 새로 알려 주실 것은 전화로 말씀해 주십시오."
        )
    said = words(text, field="text", required="알려 주실 내용을 적어 주십시오.")
    if files and len(files) > MOST_FILES:
        raise Refused(f"파일은 {MOST_FILES}개까지 붙일 수 있습니다.", field="attachments")
    request.answered_at, request.answer = now, said
    request.save(update_fields=["answered_at", "answer"])
    CitizenMessage.objects.create(
        complaint=complaint, kind=CitizenMessage.Kind.SUPPLEMENT, at=now, text=said
    )
    for checked in files or []:
        records.store_file(checked=checked, subject_type=SUBJECT, subject_id=complaint.pk, now=now)
    standards.fulfil(key=supplement_key(request), at=now, now=now)
    reply = _run_again(complaint, now=now)
    change(complaint, state=State.REVIEWING)
    record(complaint, "information-received", at=now, by=by)
    if complaint.kind == Kind.COMPLAINT and note_people_in(
        complaint, said, origin=AboutStaff.Origin.MARKED, now=now
    ):
        step_aside(complaint, now=now)
    tell_citizen(
        complaint,
        "supplement-received",
        key=f"supplement-received:{request.pk}",
        now=now,
        context={
            "due_at": due_words(promised_until(complaint)),
            "due_explanation": plain_explanation(reply) if not _is_missed(reply) else "",
        },
    )
    tell_staff(
        [complaint.handler],
        "supplement-arrived",
        complaint=complaint,
        key=f"supplement-arrived:{request.pk}",
        now=now,
    )
    notices.nudge()
    return complaint


@transaction.atomic
def enter_supplement(*, complaint_id: int, text: str, by: StaffMember, now: datetime) -> Complaint:
    """What the citizen told on the phone or at the desk, entered by staff."""
    lock_for(complaint_id, by=by, right="register_complaint")
    return supplement(complaint_id=complaint_id, text=text, by=actor(by), now=now)


def _run_again(complaint: Complaint, *, now: datetime) -> Commitment | None:
    standards.resume(key=reply_key(complaint), at=now, now=now)
    for promise in renewed_promises(complaint):
        if standards.resume(key=promise.key, at=now, now=now):
            promise.refresh_from_db(fields=["due_at"])
            complaint.new_promises.filter(number=complaint.round).update(due_at=promise.due_at)
    return reply_commitment(complaint)


def _is_missed(reply: Commitment | None) -> bool:
    return reply is not None and reply.state == "missed"


def cancel_request(complaint: Complaint, *, now: datetime) -> None:
    """End an open request without an answer, because the case goes on without it."""
    request = open_request(complaint)
    if request is None:
        return
    request.cancelled_at = now
    request.save(update_fields=["cancelled_at"])
    standards.fulfil(key=supplement_key(request), at=now, now=now)
    _run_again(complaint, now=now)


@transaction.atomic
def end_request(*, complaint_id: int, by: StaffMember, now: datetime) -> Complaint:
    """Go on without the supplement (보완요청 거두기)."""
    complaint = lock_for(complaint_id, by=by, right="write_answer")
    _own_case(complaint, by)
    if complaint.state != State.WAITING:
        raise NotNow("보완을 기다리는 중이 아닙니다.")
    cancel_request(complaint, now=now)
    change(complaint, state=State.REVIEWING)
    record(complaint, "information-cancelled", at=now, by=actor(by))
    return complaint


def lapse(complaint: Complaint, *, at: datetime, now: datetime) -> None:
    """The date of the request passed: the clock runs again by itself (called by the sweep)."""
    request = open_request(complaint)
    if request is None:
        return
    request.lapsed_at = now
    request.save(update_fields=["lapsed_at"])
    _run_again(complaint, now=at)
    if complaint.state == State.WAITING:
        change(complaint, state=State.REVIEWING)
    record(
        complaint,
        "information-lapsed",
        at=at,
        by=SYSTEM,
        key=f"information-request:{request.pk}:lapsed",
    )


# --- 연장 ---------------------------------------------------------------------------------------


@transaction.atomic
def ask_extension(
    *,
    complaint_id: int,
    ground: str,
    reason: str,
    new_due_on: date,
    by: StaffMember,
    now: datetime,
    progress: str = "",
    action_planned: str = "",
) -> Extension:
    """Ask the lead for a later date: once, to at most twice the allowance, before it is due.

    A second time only with the citizen's consent. Absence or overload of staff is no ground
    (Decree art. 21, 2026).
    """
    complaint = lock_for(complaint_id, by=by, right="extend")
    _own_case(complaint, by)
    reply = reply_commitment(complaint)
    if reply is None or not complaint.is_open or reply.state != "running" or now >= reply.due_at:
        raise NotNow("기한 전에, 시계가 가고 있는 건만 늦출 수 있습니다.")
    if complaint.extensions.filter(status__in=["submitted", "asked"]).exists():
        raise NotNow("이미 결재나 고객의 동의를 기다리는 연장이 있습니다.")
    if ground not in texts.extension_grounds():
        raise Refused("연장 사유를 골라 주십시오.", field="ground")
    due_at = _new_due(reply, new_due_on)
    extension = Extension.objects.create(
        complaint=complaint,
        ground=ground,
        reason=words(
            reason, field="reason", required="사유를 자세히 적어 주십시오.", longest=2_000
        ),
        progress=words(progress, field="progress", longest=2_000),
        action_planned=words(action_planned, field="action_planned", longest=2_000),
        new_due_at=due_at,
        asked_by=by,
        asked_at=now,
    )
    record(complaint, "extension-asked", at=now, by=actor(by))
    approving.ask(
        complaint,
        document=DOCUMENT,
        document_id=extension.pk,
        drafter=by,
        now=now,
    )
    notices.nudge()
    return extension


def _new_due(reply: Commitment, day: date) -> datetime:
    """Closing time of that day; it must be open, later than now in force, and within the limit."""
    require_open_day(day, field="new_due_on")
    due_at = datetime.combine(day, CLOSING_TIME, tzinfo=SEOUL)
    if due_at <= reply.due_at:
        raise Refused("지금 기한보다 뒤의 날을 골라 주십시오.", field="new_due_on")
    limit = standards_queries.extension_limit(reply)
    if not reply.extensions and due_at > limit:
        raise Refused(
            f"한 번에 {korean_instant(limit)}까지만 늦출 수 있습니다.", field="new_due_on"
        )
    return due_at


def _on_approved(complaint: Complaint, document_id: int, *, by: StaffMember, now: datetime) -> None:
    extension = complaint.extensions.get(pk=document_id)
    reply = reply_commitment(complaint)
    if reply is not None and reply.extensions:
        Extension.objects.filter(pk=extension.pk).update(
            status=Extension.Status.ASKED, decided_at=now
        )
        record(complaint, "extension-consent-asked", at=now, by=actor(by))
        tell_citizen(
            complaint,
            "extension-consent",
            key=f"extension-consent:{extension.pk}",
            now=now,
            context={"new_due_at": korean_instant(extension.new_due_at)},
        )
        return
    _extend(complaint, extension, by=actor(by), now=now)


def _extend(
    complaint: Complaint, extension: Extension, *, by: Actor, now: datetime, consent: bool = False
) -> None:
    ground = texts.extension_grounds()[extension.ground]
    reply = reply_commitment(complaint)
    if reply is None or now >= reply.due_at:
        raise NotNow("기한이 이미 지나 늦출 수 없습니다. 약속을 지키지 못한 것으로 기록됩니다.")
    former = korean_instant(reply.due_at) if reply.extensions else ""
    standards.extend(
        key=reply.key, new_due_at=extension.new_due_at, why=ground, now=now, consent=consent
    )
    Extension.objects.filter(pk=extension.pk).update(status=Extension.Status.DONE, decided_at=now)
    new_due = korean_instant(extension.new_due_at)
    record(complaint, "extended", at=now, by=by, data={"new_due": new_due, "ground": ground})
    tell_citizen(
        complaint,
        "extension",
        key=f"extension:{extension.pk}",
        now=now,
        context={
            "new_due_at": new_due,
            "former_due_at": former,
            "reason": f"{ground}: {extension.reason}",
            "progress": extension.progress,
            "action_planned": extension.action_planned,
        },
    )


def _on_returned(complaint: Complaint, document_id: int, *, by: StaffMember, now: datetime) -> None:
    Extension.objects.filter(pk=document_id).update(
        status=Extension.Status.RETURNED, decided_at=now
    )


approving.on_outcome(DOCUMENT, approved=_on_approved, returned=_on_returned)


@transaction.atomic
def answer_extension(*, complaint_id: int, agreed: bool, now: datetime) -> Complaint:
    """The citizen agrees to a second extension, or does not."""
    complaint = lock(complaint_id)
    extension = complaint.extensions.filter(status=Extension.Status.ASKED).first()
    if extension is None:
        raise NotNow("여쭌 것이 없거나 이미 답하셨습니다.")
    if agreed:
        _extend(complaint, extension, by=CITIZEN, now=now, consent=True)
    else:
        Extension.objects.filter(pk=extension.pk).update(
            status=Extension.Status.REFUSED, decided_at=now
        )
        record(complaint, "extension-refused", at=now, by=CITIZEN)
    notices.nudge()
    return complaint
