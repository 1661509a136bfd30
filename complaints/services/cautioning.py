"""주의: decided with reason by a manager, approved along its line, issued, or withdrawn."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.models import StaffMember
from centre.rights import may
from centre.words import korean_day
from complaints import queries
from complaints.errors import ChangedMeanwhile, NotAllowed, NotNow, Refused
from complaints.models import (
    Caution,
    CautionApproval,
    Complaint,
    CorrectiveAction,
    Review,
    Verification,
)
from complaints.services._base import actor, words
from complaints.services.apologies import next_document_number
from complaints.services.putting_right import action_key, sentence
from complaints.services.repeating import chain
from complaints.services.review_papers import (
    addressee,
    caution_document,
    day_of,
    receipt_numbers,
    store_document,
)
from complaints.services.reviewing import (
    CODE,
    Status,
    change_review,
    key_of,
    lock_review,
    record_on,
    tell,
)
from notices import services as notices
from standards import services as standards
from standards.models import Commitment
from standards.models import State as Kept

# --- decided ------------------------------------------------------------------------------------


@transaction.atomic
def decide(
    *,
    review_id: int,
    issue: bool,
    judgement: str,
    by: StaffMember,
    now: datetime,
    to_person: bool = False,
    to_team: bool = False,
    statement_summary: str = "",
    improvement: str = "",
    improvement_due_on: date | None = None,
    support: str = "",
) -> Caution:
    """주의할지 하지 않을지, with the reason; it takes effect when the line approved it."""
    review = lock_review(review_id, by=by)
    if review.status != Status.DECIDING:
        raise NotNow("소명을 들은 뒤에 정할 수 있습니다.")
    why = words(
        judgement, field="judgement", required="판단과 까닭을 적어 주십시오.", longest=5_000
    )
    line = _line(review, drafter=by, now=now)
    if not line:
        raise NotNow("결재할 수 있는 다른 관리자가 없습니다.")
    if issue:
        _refuse_untrue(review, now=now)
        to_person, to_team = _recipients(review, to_person=to_person, to_team=to_team)
        _refuse_gaps(improvement, improvement_due_on, now=now)
    caution, _created = Caution.objects.update_or_create(
        review=review,
        defaults={
            "issue": issue,
            "to_person": issue and to_person,
            "to_team": issue and to_team,
            "statement_summary": words(statement_summary, field="statement_summary", longest=2_000),
            "judgement": why,
            "improvement": words(improvement, field="improvement", longest=2_000),
            "improvement_due_on": improvement_due_on,
            "support": words(support, field="support", longest=2_000),
            "drafted_by": by,
            "drafted_at": now,
        },
    )
    change_review(review, was=[Status.DECIDING], status=Status.APPROVING)
    record_on(review, "caution-drafted", at=now, by=actor(by))
    _ask(caution, line[0], place=1, now=now)
    return caution


def _refuse_untrue(review: Review, *, now: datetime) -> None:
    """A caution speaks of a promised measure that was not carried out: found so by somebody else
    than its owner, or not done by its day (charter line 65)."""
    actions = list(CorrectiveAction.objects.filter(finding__complaint__in=_chain_of(review)))
    found = Verification.objects.filter(action__in=actions, carried_out=False).exists()
    keys = [action_key(action) for action in actions]
    late = Q(state=Kept.MISSED) | Q(state=Kept.RUNNING, due_at__lt=now)
    if not found and not Commitment.objects.filter(late, key__in=keys).exists():
        raise NotNow(
            "약속한 조치의 기한이 지났거나 이루어지지 않은 것으로 확인된 뒤에만 주의할 수 있습니다. "
            "그 건의 시정조치를 먼저 확인해 주십시오."
        )


def _chain_of(review: Review) -> list[Complaint]:
    return [review.complaint, *chain(review.complaint)]


def _recipients(review: Review, *, to_person: bool, to_team: bool) -> tuple[bool, bool]:
    """Somebody who left gets none: then the team alone does."""
    if review.person is None or review.person.left_on is not None:
        return False, True
    if not (to_person or to_team):
        raise Refused("누구에게 주의할지 골라 주십시오.", field="to_person")
    return to_person, to_team


def _refuse_gaps(improvement: str, due_on: date | None, *, now: datetime) -> None:
    if not improvement.strip():
        raise Refused("바라는 개선을 적어 주십시오.", field="improvement")
    if due_on is None or due_on <= seoul_day(now):
        raise Refused("개선 기한을 오늘보다 뒤로 골라 주십시오.", field="improvement_due_on")


def _line(review: Review, *, drafter: StaffMember, now: datetime) -> list[StaffMember]:
    """사무처장 → 센터장, each once, without the drafter and whom it concerns. It waits: no 대결."""
    without = queries.kept_out(review.complaint) | {drafter.pk, review.person_id or 0}
    people: dict[int, StaffMember] = {}
    for step in centre_queries.approval_line("caution"):
        found = centre_queries.approver(step, team=review.team, at=now, without=without)
        if found is not None and may(found.person.user, "review"):
            people.setdefault(found.person.pk, found.person)
    return list(people.values())


def _ask(caution: Caution, approver: StaffMember, *, place: int, now: datetime) -> None:
    approval = CautionApproval.objects.create(
        caution=caution, place=place, approver=approver, asked_at=now
    )
    tell(
        caution.review,
        [approver],
        "caution-asked",
        now=now,
        context={},
        key=f"caution-asked:{approval.pk}",
    )


def _settle(
    approval_id: int, decision: str, *, comment: str, by: StaffMember, now: datetime
) -> tuple[Review, Caution, CautionApproval]:
    approval = (
        CautionApproval.objects.select_related("caution__review", "caution__drafted_by__user")
        .filter(pk=approval_id)
        .first()
    )
    if approval is None or approval.approver_id != by.pk:
        raise NotAllowed("결재는 결재자로 지정된 사람만 할 수 있습니다.")
    review = lock_review(approval.caution.review_id, by=by)
    won = CautionApproval.objects.filter(
        pk=approval.pk, decision=CautionApproval.Decision.WAITING
    ).update(decision=decision, decided_at=now, comment=comment)
    if not won:
        raise ChangedMeanwhile
    caution = approval.caution
    caution.review = review
    return review, caution, approval


@transaction.atomic
def approve_caution(
    *, approval_id: int, by: StaffMember, now: datetime, comment: str = ""
) -> Review:
    """Approve; the last of the line lets the decision take effect."""
    note = words(comment, field="comment", longest=2_000)
    review, caution, approval = _settle(
        approval_id, CautionApproval.Decision.APPROVED, comment=note, by=by, now=now
    )
    record_on(review, "caution-approved", at=now, by=actor(by))
    line = _line(review, drafter=caution.drafted_by, now=now)
    if approval.place < len(line):
        _ask(caution, line[approval.place], place=approval.place + 1, now=now)
    elif caution.issue:
        _issue(review, caution, by=by, now=now)
    else:
        _do_not_issue(review, caution, by=by, now=now)
    notices.nudge()
    return review


@transaction.atomic
def return_caution(*, approval_id: int, comment: str, by: StaffMember, now: datetime) -> Review:
    """Send it back to be decided again, with what is to be looked at."""
    note = words(
        comment, field="comment", required="무엇을 다시 볼지 적어 주십시오.", longest=2_000
    )
    review, _caution, _approval = _settle(
        approval_id, CautionApproval.Decision.RETURNED, comment=note, by=by, now=now
    )
    change_review(review, was=[Status.APPROVING], status=Status.DECIDING)
    record_on(review, "caution-returned", at=now, by=actor(by), text=note)
    return review


def _issue(review: Review, caution: Caution, *, by: StaffMember, now: datetime) -> None:
    caution.approved_at = now
    if caution.to_person:
        caution.number = next_document_number(now)
    if caution.to_team:
        caution.team_number = next_document_number(now)
    caution.save(update_fields=["approved_at", "number", "team_number"])
    change_review(review, was=[Status.APPROVING], status=Status.ISSUED, decided_at=now)
    standards.fulfil(key=key_of(review, CODE), at=now, now=now)
    record_on(review, "caution-issued", at=now, by=actor(by))
    lead = centre_queries.team_lead(review.team, at=now)
    for to_team, number, person in (
        (False, caution.number, review.person),
        (True, caution.team_number, lead),
    ):
        if not number:
            continue
        document = caution_document(caution, to_team=to_team)
        store_document(document, review, name=f"주의 조치 통지서 {number}.pdf", now=now)
        tell(
            review,
            [person],
            "caution-issued",
            now=now,
            context={"document_number": number},
            key=f"caution-issued:{number}",
        )


def _do_not_issue(review: Review, caution: Caution, *, by: StaffMember, now: datetime) -> None:
    Caution.objects.filter(pk=caution.pk).update(approved_at=now)
    change_review(review, was=[Status.APPROVING], status=Status.NOT_ISSUED, decided_at=now)
    standards.fulfil(key=key_of(review, CODE), at=now, now=now)
    record_on(review, "caution-not-issued", at=now, by=actor(by))
    due = review.action.due_on if review.action and review.action.status != "verified" else None
    tell(
        review,
        [addressee(review, now=now), centre_queries.team_lead(review.team, at=now)],
        "caution-not-issued",
        now=now,
        context={
            "receipt_numbers": receipt_numbers(review),
            "reason": sentence(caution.judgement),
            "action_due_on": korean_day(due) if due else "",
        },
    )


@transaction.atomic
def withdraw_caution(*, review_id: int, reason: str, by: StaffMember, now: datetime) -> Review:
    """철회: said with a reason to those who were cautioned; both stay on record."""
    review = lock_review(review_id, by=by)
    why = words(reason, field="reason", required="철회하는 까닭을 적어 주십시오.", longest=2_000)
    if review.status != Status.ISSUED:
        raise NotNow("내려진 주의 조치만 철회할 수 있습니다.")
    change_review(review, was=[Status.ISSUED], status=Status.WITHDRAWN)
    caution = review.caution
    caution.withdrawn_at, caution.withdrawn_why = now, why
    caution.save(update_fields=["withdrawn_at", "withdrawn_why"])
    record_on(review, "caution-withdrawn", at=now, by=actor(by), text=why)
    number = caution.number or caution.team_number
    tell(
        review,
        [
            review.person if caution.to_person else None,
            centre_queries.team_lead(review.team, at=now) if caution.to_team else None,
        ],
        "caution-withdrawn",
        now=now,
        context={
            "document_number": number,
            "withdrawn_on": day_of(now),
            "reason": sentence(why),
        },
    )
    return review
