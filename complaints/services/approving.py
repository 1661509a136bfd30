"""결재: along the line, never one's own; the deputy's is shown as 대결."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from centre import queries as centre_queries
from centre.models import ApprovalStep, Position, StaffMember
from centre.queries import Approver
from centre.words import korean_instant
from complaints.choosing import lead_elsewhere, person_above
from complaints.errors import ChangedMeanwhile, NobodyApproves, NotAllowed
from complaints.models import AboutStaff, Approval, Complaint, Kind, State
from complaints.queries import SUBJECT, kept_out
from complaints.services._base import actor, lock, record, words
from complaints.services.telling import tell_staff
from notices import services as notices
from standards import services as standards

#: What follows when the last step approved, or one returned, a kind of document.
Outcome = Callable[..., None]
_approved: dict[str, Outcome] = {}
_returned: dict[str, Outcome] = {}
_drafters: dict[str, Callable[[int], StaffMember]] = {}
_TEMPLATES = {"referral": "referral-asked", "extension": "extension-asked"}


def on_outcome(
    document: str,
    *,
    approved: Outcome,
    returned: Outcome,
    drafter: Callable[[int], StaffMember] | None = None,
    asked: str = "",
) -> None:
    """Say what follows an approval: both are called as ``fn(complaint, document_id, …)``.

    ``drafter`` says who drafted a document that is no answer, referral or extension; ``asked``
    names the notice with which it is laid before the approver.
    """
    _approved[document] = approved
    _returned[document] = returned
    if drafter is not None:
        _drafters[document] = drafter
    if asked:
        _TEMPLATES[document] = asked


def line_of(
    document: str, *, drafter: StaffMember, complaint: Complaint, now: datetime
) -> list[ApprovalStep]:
    """The line that applies: what a lead drafts, or what is about a lead, goes a step higher."""
    lead = centre_queries.team_lead(complaint.team, at=now) if complaint.team else None
    high = drafter.position != Position.MEMBER or (
        lead is not None and lead.pk in kept_out(complaint)
    )
    higher = centre_queries.approval_line(f"{document}_by_lead") if high else []
    return higher or centre_queries.approval_line(document)


def ask(
    complaint: Complaint,
    *,
    document: str,
    document_id: int,
    drafter: StaffMember,
    now: datetime,
    place: int = 1,
    to: Approver | None = None,
) -> Approval:
    """Lay a document before whoever approves it next, or ``to``; NobodyApproves where nobody can.

    Whoever is asked is held: he cannot leave before the transaction ends.
    """
    line = line_of(document, drafter=drafter, complaint=complaint, now=now)
    step = next((s for s in line if s.place >= place), None)
    chosen = to or approver_of(complaint, step, drafter, now=now)
    while not centre_queries.hold(chosen.person.pk, at=now):  # he left at this very moment
        chosen = approver_of(complaint, step, drafter, now=now)
    approver, acting_for = chosen.person, chosen.acting_for
    approval = Approval.objects.create(
        complaint=complaint,
        document=document,
        document_id=document_id,
        place=step.place if step is not None else place,
        approver=approver,
        acting_for=acting_for,
        asked_at=now,
    )
    standards.open_commitment(
        code="approval",
        key=f"approval:{approval.pk}",
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        started_at=now,
        now=now,
        team=complaint.team,
    )
    tell_staff(
        [approver],
        _TEMPLATES.get(document, "approval-asked"),
        complaint=complaint,
        key=f"approval-asked:{approval.pk}",
        now=now,
        context={"handler_name": drafter.name, "handler_title": drafter.title}
        | _what_is_asked(complaint, document, document_id),
        hours="any",
    )
    return approval


def _what_is_asked(complaint: Complaint, document: str, document_id: int) -> dict[str, str]:
    """What the mail to the approver says of the document."""
    if document == "referral":
        referral = complaint.referrals.select_related("body").get(pk=document_id)
        return {"reason": referral.reason, "referral_body": referral.body.name}
    if document == "extension":
        extension = complaint.extensions.get(pk=document_id)
        return {"reason": extension.reason, "new_due_at": korean_instant(extension.new_due_at)}
    return {}


def approver_of(
    complaint: Complaint,
    step: ApprovalStep | None,
    drafter: StaffMember,
    *,
    now: datetime,
    without: frozenset[int] = frozenset(),
) -> Approver:
    """Who approves this step, and for whom if a deputy does: never the drafter, never one whom
    the case is about. Without a line a manager approves.

    A case about a lead goes to the secretary general, one about both to the director. If he has
    drafted the answer himself, or is concerned too, a lead who has no part in the matter approves
    it, the desk's first: a second pair of eyes is never left out. NobodyApproves where all leads
    are concerned as well.
    """
    without = kept_out(complaint) | {drafter.pk} | without
    if step is not None:
        team = complaint.team or drafter.team
        found = centre_queries.approver(step, team=team, at=now, without=without)
        if found is not None:
            return found
    above = person_above(without=without, now=now) or lead_elsewhere(without=without, now=now)
    if above is None:
        raise NobodyApproves
    return Approver(above)


def nobody_approves(*, now: datetime) -> list[Complaint]:
    """The cases whose answer nobody could approve if the handler wrote it; for administrators.

    Only cases about somebody above a team's members can be among them.
    """
    concerned = AboutStaff.objects.exclude(person__position=Position.MEMBER)
    cases = (
        Complaint.objects.open()
        .filter(Exists(concerned.filter(complaint=OuterRef("pk"))), handler__isnull=False)
        .exclude(kind=Kind.COMPLIMENT)
        .exclude(state=State.TELLING)
        .select_related("handler__team", "team")
    )
    return [case for case in cases.order_by("pk") if not _somebody_approves(case, now=now)]


def _somebody_approves(case: Complaint, *, now: datetime) -> bool:
    assert case.handler is not None  # noqa: S101 - chosen so
    line = line_of("response", drafter=case.handler, complaint=case, now=now)
    try:
        approver_of(case, next(iter(line), None), case.handler, now=now)
    except NobodyApproves:
        return False
    return True


# --- decisions ----------------------------------------------------------------------------------


def _decide(
    approval_id: int, *, decision: str, comment: str, by: StaffMember, now: datetime
) -> tuple[Complaint, Approval]:
    approval = Approval.objects.select_related("complaint").filter(pk=approval_id).first()
    if approval is None or approval.approver_id != by.pk:
        raise NotAllowed("결재는 결재자로 지정된 사람만 할 수 있습니다.")
    complaint = lock(approval.complaint_id)
    if by.pk in kept_out(complaint):
        raise NotAllowed
    won = Approval.objects.filter(pk=approval_id, decision=Approval.Decision.WAITING).update(
        decision=decision, decided_at=now, comment=comment
    )
    if not won:
        raise ChangedMeanwhile
    standards.fulfil(key=f"approval:{approval_id}", at=now, now=now)
    _need_not_be_told(approval, now=now)
    approval.refresh_from_db()
    return complaint, approval


@transaction.atomic
def approve(*, approval_id: int, by: StaffMember, now: datetime, comment: str = "") -> Complaint:
    """Approve; the last step of the line lets the document take effect."""
    note = words(comment, field="comment", longest=2_000)
    complaint, approval = _decide(
        approval_id, decision=Approval.Decision.APPROVED, comment=note, by=by, now=now
    )
    record(
        complaint,
        "approved",
        at=now,
        by=actor(by),
        data={"document": approval.document, "acting": approval.acting_for_id is not None},
    )
    drafter = drafter_of(approval)
    line = line_of(approval.document, drafter=drafter, complaint=complaint, now=now)
    if any(step.place > approval.place for step in line):
        ask(
            complaint,
            document=approval.document,
            document_id=approval.document_id,
            drafter=drafter,
            now=now,
            place=approval.place + 1,
        )
    else:
        _approved[approval.document](complaint, approval.document_id, by=by, now=now)
    notices.nudge()
    return complaint


@transaction.atomic
def return_document(*, approval_id: int, comment: str, by: StaffMember, now: datetime) -> Complaint:
    """Send it back with a comment (고쳐 쓰기)."""
    note = words(comment, field="comment", required="무엇을 고칠지 적어 주십시오.", longest=2_000)
    complaint, approval = _decide(
        approval_id, decision=Approval.Decision.RETURNED, comment=note, by=by, now=now
    )
    record(complaint, "returned", at=now, by=actor(by), data={"document": approval.document})
    _returned[approval.document](complaint, approval.document_id, by=by, now=now)
    tell_staff(
        [complaint.handler or drafter_of(approval)],
        "approval-returned",
        complaint=complaint,
        key=f"approval-returned:{approval.pk}",
        now=now,
        context={"comment": note},
    )
    notices.nudge()
    return complaint


def drop(complaint: Complaint, *, document: str, now: datetime) -> None:
    """Withdraw what waits for approval, because the case went another way."""
    for approval in complaint.approvals.filter(
        document=document, decision=Approval.Decision.WAITING
    ):
        Approval.objects.filter(pk=approval.pk).update(
            decision=Approval.Decision.DROPPED, decided_at=now
        )
        standards.fulfil(key=f"approval:{approval.pk}", at=now, now=now)
        _need_not_be_told(approval, now=now)


def _need_not_be_told(approval: Approval, *, now: datetime) -> None:
    """It is decided or given to somebody else: what waits to be told of it is not told."""
    for what in ("approval-asked", "approval-waiting"):
        notices.cancel(
            subject_type=SUBJECT,
            subject_id=approval.complaint_id,
            templates=None,
            now=now,
            keys_with=f":{what}:{approval.pk}:",
        )


def pass_on(
    approval: Approval,
    *,
    now: datetime,
    to: StaffMember | None = None,
    without: frozenset[int] = frozenset(),
) -> Approval | None:
    """Ask somebody else, because the approver is absent, leaves or is kept out; None if there is
    no other. ``to`` is asked where he may approve it; nobody in ``without`` is.

    The former is marked as dropped, so that the log shows who was asked and when.
    """
    complaint = approval.complaint
    drafter = drafter_of(approval)
    line = line_of(approval.document, drafter=drafter, complaint=complaint, now=now)
    step = next((s for s in line if s.place >= approval.place), None)
    if to is not None and to.pk not in kept_out(complaint) | {drafter.pk}:
        chosen = Approver(to)
    else:
        try:
            chosen = approver_of(complaint, step, drafter, now=now, without=without)
        except NobodyApproves:
            return None
    if chosen.person.pk == approval.approver_id:
        return None
    won = Approval.objects.filter(pk=approval.pk, decision=Approval.Decision.WAITING).update(
        decision=Approval.Decision.DROPPED, decided_at=now
    )
    if not won:
        return None
    standards.fulfil(key=f"approval:{approval.pk}", at=now, now=now)
    _need_not_be_told(approval, now=now)
    return ask(
        complaint,
        document=approval.document,
        document_id=approval.document_id,
        drafter=drafter,
        now=now,
        place=approval.place,
        to=chosen,
    )


def drafter_of(approval: Approval) -> StaffMember:
    """Who drafted the document laid before the approver."""
    if approval.document in _drafters:
        return _drafters[approval.document](approval.document_id)
    complaint = approval.complaint
    if approval.document == "response":
        return (
            complaint.responses.select_related("drafted_by__team", "drafted_by__user")
            .get(pk=approval.document_id)
            .drafted_by
        )
    rows = complaint.referrals if approval.document == "referral" else complaint.extensions
    return (
        rows.select_related("asked_by__team", "asked_by__user")
        .get(pk=approval.document_id)
        .asked_by
    )


def describe(approval: Approval) -> str:
    """``배수정 팀장``, or ``노지훈 대리(대결)`` where a deputy acts."""
    acting = f"({approval.acting_for} 대결)" if approval.acting_for_id else ""
    return f"{approval.approver}{acting}"


def waited(approval: Approval) -> str:
    return korean_instant(approval.asked_at)
