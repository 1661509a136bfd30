"""How a case ends other than by an answer, how it is closed, and how it is opened again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from centre.models import ReferralBody, StaffMember
from centre.queries import hold
from centre.words import korean_instant
from complaints import registry
from complaints.errors import NotAllowed, NotNow, Refused
from complaints.models import (
    AboutStaff,
    Approval,
    CitizenMessage,
    Complaint,
    Decision,
    Referral,
    Response,
    State,
)
from complaints.queries import SUBJECT, due_words, kept_out, promised_until, reply_key
from complaints.services import approving
from complaints.services._base import actor, change, is_chief, lock, lock_for, record, words
from complaints.services.assigning import choose_anew, confirm, step_aside
from complaints.services.filing import may_have
from complaints.services.telling import (
    WORK,
    desk_for,
    end_documents,
    has_reply_clock,
    tell_citizen,
    tell_staff,
)
from complaints.services.waiting import cancel_request
from complaints.transitions import check
from notices import services as notices
from records.actors import CITIZEN, Actor
from standards import services as standards

#: Clocks that end with a case, whatever the way it ends.
#: What the citizen need not be told any more once the case has ended another way.
_MOOT = [
    "message-arrived",
    "compliment-thanks",
    "extension",
    "extension-consent",
    "handler-assigned",
    "handler-changed",
    "missed-promise",
    "missed-promise-again",
    "result",
    "supplement-received",
    "supplement-reminder",
    "supplement-request",
]
_CLOCKS = ["reply", "reply-renewed", "stage-1", "manager-call", "supplement"]


def _stop(complaint: Complaint, *, why: str, now: datetime) -> None:
    """End what is running: the clocks (counted apart), approvals, an open request."""
    cancel_request(complaint, now=now)
    end_documents(complaint, now=now)
    notices.cancel(
        subject_type=SUBJECT, subject_id=complaint.pk, templates=[*_MOOT, *WORK], now=now
    )
    complaint.responses.exclude(status=Response.Status.TOLD).update(status=Response.Status.DROPPED)
    standards.exclude(
        subject_type=SUBJECT, subject_id=complaint.pk, why=why, now=now, codes=_CLOCKS
    )
    registry.call(registry.after_stopping, complaint, why=why, now=now)


# --- 이송 ---------------------------------------------------------------------------------------


@transaction.atomic
def ask_referral(
    *,
    complaint_id: int,
    body_id: int,
    contact: str,
    reason: str,
    by: StaffMember,
    now: datetime,
    help_offered: str = "",
    wants_result: bool = False,
) -> Referral:
    """Ask the lead to send the matter to the body it belongs to. Its contact is needed."""
    complaint = lock_for(complaint_id, by=by, right="refer")
    check(complaint.state, State.REFERRED)
    body = ReferralBody.objects.filter(pk=body_id, active=True).first()
    if body is None:
        raise Refused("보낼 기관을 골라 주십시오.", field="body")
    if complaint.referrals.filter(status=Referral.Status.SUBMITTED).exists():
        raise NotNow("이미 결재를 기다리는 이송이 있습니다.")
    referral = Referral.objects.create(
        complaint=complaint,
        body=body,
        contact=words(
            contact or body.contact,
            field="contact",
            required="고객에게 알려 드릴 기관 연락처를 적어 주십시오.",
            longest=200,
        ),
        reason=words(
            reason, field="reason", required="보내는 까닭을 적어 주십시오.", longest=2_000
        ),
        help_offered=words(help_offered, field="help_offered", longest=2_000),
        wants_result=wants_result,
        asked_by=by,
        asked_at=now,
    )
    record(complaint, "referral-asked", at=now, by=actor(by), data={"body": body.name})
    approving.ask(
        complaint,
        document="referral",
        document_id=referral.pk,
        drafter=by,
        now=now,
    )
    notices.nudge()
    return referral


def _on_referral_approved(
    complaint: Complaint, document_id: int, *, by: StaffMember, now: datetime
) -> None:
    check(complaint.state, State.REFERRED)
    referral = complaint.referrals.select_related("body").get(pk=document_id)
    Referral.objects.filter(pk=referral.pk).update(status=Referral.Status.DONE, referred_at=now)
    _stop(complaint, why="referred", now=now)
    change(complaint, state=State.REFERRED, decision=Decision.REFERRED)
    record(complaint, "referred", at=now, by=actor(by), data={"body": referral.body.name})
    tell_citizen(
        complaint,
        "referral",
        key=f"referral:{referral.pk}",
        now=now,
        context={
            "referral_body": referral.body.name,
            "referral_contact": referral.contact,
            "referred_at": korean_instant(now),
            "reason": referral.reason,
            "action_done": referral.help_offered,
            "reply_requested": referral.wants_result,
        },
    )


def _on_referral_returned(
    complaint: Complaint, document_id: int, *, by: StaffMember, now: datetime
) -> None:
    Referral.objects.filter(pk=document_id).update(status=Referral.Status.RETURNED)


approving.on_outcome("referral", approved=_on_referral_approved, returned=_on_referral_returned)


# --- 취하, 병합 ---------------------------------------------------------------------------------


@transaction.atomic
def withdraw(*, complaint_id: int, by: Actor, now: datetime, reason: str = "") -> Complaint:
    """취하: the citizen takes the matter back. Nothing is deleted."""
    complaint = lock(complaint_id)
    check(complaint.state, State.WITHDRAWN)
    said = words(reason, field="reason", longest=2_000)
    if said:
        CitizenMessage.objects.create(
            complaint=complaint, kind=CitizenMessage.Kind.WITHDRAWAL, at=now, text=said
        )
    _stop(complaint, why="withdrawn", now=now)
    change(complaint, state=State.WITHDRAWN, closed_at=now)
    record(complaint, "withdrawn", at=now, by=by)
    tell_citizen(complaint, "withdrawn", key=f"withdrawn:{complaint.version}", now=now)
    tell_staff(
        [complaint.handler],
        "withdrawn-staff",
        complaint=complaint,
        key=f"withdrawn-staff:{complaint.version}",
        now=now,
    )
    notices.nudge()
    return complaint


@transaction.atomic
def enter_withdrawal(
    *, complaint_id: int, reason: str, by: StaffMember, now: datetime
) -> Complaint:
    """A withdrawal told on the phone or at the desk, entered by staff; how it came is required."""
    lock_for(complaint_id, by=by, right="withdraw_for_citizen")
    why = words(reason, field="reason", required="고객이 어떻게 취하를 알려 왔는지 적어 주십시오.")
    return withdraw(complaint_id=complaint_id, by=actor(by), now=now, reason=why)


@transaction.atomic
def merge(*, complaint_id: int, into_number: str, by: StaffMember, now: datetime) -> Complaint:
    """병합: a duplicate from the same person, before the answer, joins the earlier case.

    The earlier case's date stays, and whomever the duplicate is about is kept out of it too. Cases
    of different people are answered together instead (묶음 답변), so that nobody reads another's
    words.
    """
    from complaints.numbers import normalise_receipt_number  # noqa: PLC0415

    found = Complaint.objects.filter(receipt_number=normalise_receipt_number(into_number)).first()
    if found is None:
        raise Refused("합칠 건의 접수번호를 확인해 주십시오.", field="into")
    if found.pk == complaint_id:
        raise Refused(
            "이 건의 접수번호입니다. 합칠 앞 건의 접수번호를 적어 주십시오.", field="into"
        )
    both = sorted([complaint_id, found.pk])  # one order for everybody: two merges do not deadlock
    held = {pk: lock_for(pk, by=by, right="merge") for pk in both}
    complaint, target = held[complaint_id], held[found.pk]
    check(complaint.state, State.MERGED)
    if target.state not in {State.ASSIGNED, State.REVIEWING, State.WAITING, State.APPROVING}:
        raise Refused("답변 전인 건에만 합칠 수 있습니다.", field="into")
    if (target.received_at, target.pk) > (complaint.received_at, complaint.pk):
        raise Refused("먼저 접수된 건에 합쳐 주십시오.", field="into")
    if not same_contact(complaint, target):
        raise Refused(
            "이름과 연락처가 같은 고객의 건만 합칠 수 있습니다. 다른 고객의 같은 내용은 ‘묶음 답변’으로 "
            "함께 답변해 주십시오.",
            field="into",
        )
    _stop(complaint, why="merged", now=now)
    change(complaint, state=State.MERGED, merged_into=target, closed_at=now)
    CitizenMessage.objects.create(
        complaint=target,
        kind=CitizenMessage.Kind.ADDED,
        at=complaint.received_at,
        text=f"{complaint.subject}\n\n{complaint.body}",
    )
    record(complaint, "merged", at=now, by=actor(by), data={"into": target.receipt_number})
    record(target, "joined", at=now, by=actor(by), data={"number": complaint.receipt_number})
    _bring_along(complaint, target, now=now)
    tell_citizen(
        complaint,
        "merged",
        key="merged",
        now=now,
        context={
            "receipt_number": target.receipt_number,
            "received_at": korean_instant(target.received_at),
            "due_at": due_words(promised_until(target)),
        },
    )
    tell_staff(
        [target.handler],
        "message-arrived",
        complaint=target,
        key=f"joined:{complaint.pk}",
        now=now,
    )
    notices.nudge()
    return complaint


def _bring_along(complaint: Complaint, target: Complaint, *, now: datetime) -> None:
    """Whomever the joined case is about is out of the other one from now on."""
    for row in AboutStaff.objects.filter(complaint=complaint):
        AboutStaff.objects.get_or_create(
            complaint=target, person=row.person, defaults={"origin": AboutStaff.Origin.MARKED}
        )
    if complaint.about_staff_unclear and not target.about_staff_unclear:
        change(target, about_staff_unclear=True)
    step_aside(target, now=now)


def same_contact(one: Complaint, other: Complaint) -> bool:
    """Same e-mail or same phone, and the name agrees: families share a phone."""
    name = bool(one.name_index) and one.name_index == other.name_index
    mail = bool(one.email_index) and one.email_index == other.email_index
    phone = bool(one.phone_index) and one.phone_index == other.phone_index
    return name and (mail or phone)


# --- 종결, 재접수 -------------------------------------------------------------------------------


@transaction.atomic
def close_case(*, complaint_id: int, by: StaffMember, now: datetime) -> Complaint:
    """종결: the answer was told and nothing is left to do."""
    complaint = lock_for(complaint_id, by=by, right="close")
    if complaint.handler_id != by.pk and complaint.team_id != by.team_id and not is_chief(by):
        raise NotAllowed
    check(complaint.state, State.CLOSED)
    registry.call(registry.before_closing, complaint, now=now)
    change(complaint, state=State.CLOSED, closed_at=now)
    record(complaint, "closed", at=now, by=actor(by))
    return complaint


@transaction.atomic
def reopen_case(*, complaint_id: int, reason: str, by: StaffMember, now: datetime) -> Complaint:
    """재접수: look at it again, with a new promise. What was counted before stays as it was.

    Whoever had it has it again, if he works here and may have it; else somebody is chosen anew.
    """
    complaint = lock_for(complaint_id, by=by, right="reopen")
    why = words(reason, field="reason", required="다시 여는 까닭을 적어 주십시오.", longest=2_000)
    return _reopen(complaint, why=why, by=actor(by), now=now)


@transaction.atomic
def reopen_for_citizen(*, complaint_id: int, text: str, now: datetime) -> Complaint:
    """재접수 as the citizen asked for it, with what he wrote; for a case whose answer was told."""
    complaint = lock(complaint_id)
    said = words(text, field="text", required="다시 살펴볼 내용을 적어 주십시오.", longest=10_000)
    CitizenMessage.objects.create(
        complaint=complaint, kind=CitizenMessage.Kind.ADDED, at=now, text=said
    )
    return _reopen(complaint, why=said, by=CITIZEN, now=now)


def _reopen(complaint: Complaint, *, why: str, by: Actor, now: datetime) -> Complaint:
    check(complaint.state, State.REVIEWING)
    if complaint.is_open:
        raise NotNow("이미 처리하고 있는 건입니다.")
    change(
        complaint,
        state=State.REVIEWING,
        round=complaint.round + 1,
        closed_at=None,
        decision="",
        told_at=None,
        **_who_has_it_again(complaint, now=now),
    )
    record(complaint, "reopened", at=now, by=by, text=why)
    if has_reply_clock(complaint):
        standards.open_commitment(
            code="reply",
            key=reply_key(complaint),
            subject_type=SUBJECT,
            subject_id=complaint.pk,
            started_at=now,
            category=complaint.kind,
            team=complaint.team,
            now=now,
        )
        tell_citizen(
            complaint,
            "reopened",
            key=f"reopened:{complaint.round}",
            now=now,
            context={"previous_receipt_number": complaint.receipt_number},
        )
    tell_staff(
        [complaint.handler] if complaint.handler else desk_for(complaint, out=kept_out(complaint)),
        "assigned" if complaint.handler else "voc-unassigned",
        complaint=complaint,
        key=f"reopened-staff:{complaint.round}",
        now=now,
    )
    confirm(complaint, by=by, now=now)
    notices.nudge()
    return complaint


def _who_has_it_again(complaint: Complaint, *, now: datetime) -> dict[str, object]:
    """Team and handler, where they change."""
    handler = complaint.handler
    if (
        handler is not None
        and hold(handler.pk, at=now)
        and handler.pk not in kept_out(complaint)
        and may_have(complaint, handler)
    ):
        return {}
    choice = choose_anew(complaint, now=now)
    return {"team": choice.team, "handler": choice.handler, "assigned_at": now}


def waiting_approvals(complaint: Complaint) -> int:
    return complaint.approvals.filter(decision=Approval.Decision.WAITING).count()
