"""3차: a review of what was promised and not done. Never a caution by itself.

Whoever promised is heard first; then a manager decides with reason, and the line approves. Nothing
of it stands in the history of the case: a review has a history and notices of its own, which only
those concerned may see. The charter says who is cautioned; this says how.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from centre import options
from centre import queries as centre_queries
from centre.calendar import SEOUL, seoul_day
from centre.models import Position, Role, StaffMember, User
from centre.rights import may
from centre.words import korean_day, korean_instant
from complaints import queries, registry
from complaints.errors import ChangedMeanwhile, NotAllowed, NotFound, NotNow, Refused
from complaints.models import (
    Caution,
    CautionApproval,
    Complaint,
    CorrectiveAction,
    Finding,
    Review,
)
from complaints.services import putting_right, repeating
from complaints.services._base import actor, lock_for, words
from complaints.services.apologies import next_document_number
from complaints.services.putting_right import closing_of, sentence, title_of
from complaints.stage_documents import CannotPrint, Document, Sign, as_file
from notices import services as notices
from records import queries as records_queries
from records import services as records
from records.actors import SYSTEM, Actor
from records.models import StoredFile
from standards import services as standards
from standards.registry import StepDue

SUBJECT = "review"
CODE = "stage-3"
HEARING = "statement"
Status = Review.Status
Trigger = Review.Trigger
OPEN = (Status.OPEN, Status.HEARING, Status.DECIDING, Status.APPROVING)
CLAUSE = "고객응대서비스 이행표준 ‘잘못된 서비스에 대한 시정조치’ 3차"


#: Particles after a consonant, and what they are after 담당자.
_AFTER_VOWEL = {"은": "는", "이": "가", "을": "를", "과": "와", "으로": "로"}


# --- who sees what ------------------------------------------------------------------------------


def visible_to(user: User) -> QuerySet[Review]:
    """The person concerned and the team's lead once they were asked, and the managers.

    A manager whom it concerns sees it as the person does.
    """
    person = centre_queries.person_of(user)
    rows = Review.objects.select_related(
        "complaint__team",
        "complaint__topic",
        "finding__response",
        "action__owner",
        "person",
        "team",
    )
    if person is None:
        return rows.none()
    theirs = Q(person=person, asked_at__isnull=False)
    if person.position == Position.LEAD:
        theirs |= Q(team=person.team, asked_at__isnull=False)
    if may(user, "review"):
        theirs |= ~Q(person=person) | Q(person=None)
    return rows.filter(theirs)


def ids_visible_to(user: User) -> object:
    return visible_to(user).values("pk")


def path(review_id: int) -> str:
    return f"/admin/complaints/review/{review_id}/change/"


def addressee(review: Review, *, now: datetime) -> StaffMember | None:
    """Who is heard: the person, or the team's lead where the person has left."""
    if review.person is not None and review.person.left_on is None:
        return review.person
    return centre_queries.team_lead(review.team, at=now)


def _manager(review: Review) -> StaffMember | None:
    """The secretary general, or the director where it concerns the former."""
    out = queries.kept_out(review.complaint) | {review.person_id or 0}
    for position in (Position.SECRETARY_GENERAL, Position.DIRECTOR):
        for person in centre_queries.people_in(position).select_related("team", "user"):
            if person.pk not in out:
                return person
    return None


# --- its own record -----------------------------------------------------------------------------


def _record(
    review: Review, kind: str, *, at: datetime, by: Actor, text: str = "", key: str | None = None
) -> None:
    records.record(
        subject_type=SUBJECT, subject_id=review.pk, kind=kind, at=at, by=by, text=text, key=key
    )


def _tell(
    review: Review,
    people: Sequence[StaffMember | None],
    template: str,
    *,
    now: datetime,
    context: dict[str, str],
    key: str = "",
) -> None:
    chosen = {p.pk: p for p in people if p is not None and p.left_on is None}
    notices.owe_many(
        [
            notices.Owed(
                key=f"review:{review.pk}:{key or template}:{person.pk}",
                template=template,
                subject_type=SUBJECT,
                subject_id=review.pk,
                to=notices.Person(person),
                context={"link": link(review)} | context,
                hours="opening",
            )
            for person in chosen.values()
        ],
        now=now,
    )


def link(review: Review) -> str:
    from django.conf import settings  # noqa: PLC0415

    return f"{settings.SITE_URL}{path(review.pk)}"


def _change(review: Review, *, was: Sequence[str], **values: object) -> None:
    """Write if it still is in one of these states; else ChangedMeanwhile."""
    mine = Review.objects.filter(pk=review.pk, status__in=was, version=review.version)
    if not mine.update(version=F("version") + 1, **values):
        raise ChangedMeanwhile
    review.refresh_from_db()


# --- opened -------------------------------------------------------------------------------------


def _open(
    complaint: Complaint,
    finding: Finding,
    *,
    action: CorrectiveAction | None,
    trigger: str,
    now: datetime,
    by: Actor = SYSTEM,
) -> Review | None:
    """Open one review a finding; None where it was not accepted, or one is under way."""
    if not finding.accepted or finding.reviews.filter(status__in=OPEN).exists():
        return None
    action = action or finding.actions.select_related("owner__team").last()
    owner = action.owner if action else finding.response.drafted_by
    gone = owner.left_on is not None
    review = Review.objects.create(
        complaint=complaint,
        finding=finding,
        action=action,
        trigger=trigger,
        person=None if gone else owner,
        team=owner.team if action else (complaint.team or owner.team),
        opened_at=now,
    )
    _record(review, "review-opened", at=now, by=by, key=f"review:{review.pk}:opened")
    _tell(
        review,
        [_manager(review)],
        "stage-three-review",
        now=now,
        context={
            "receipt_number": complaint.receipt_number,
            "trigger": str(Trigger(trigger).label),
        },
    )
    return review


def _after_failure(action: CorrectiveAction, *, trigger: str, now: datetime) -> None:
    _open(action.finding.complaint, action.finding, action=action, trigger=trigger, now=now)


def _after_confirming(complaint: Complaint, earlier: Complaint, *, now: datetime) -> None:
    """A third time; unfounded repeats, of which nothing was accepted, open nothing."""
    if complaint.stage < 3:
        return
    cases = [earlier, *repeating.chain(earlier)]
    found = Finding.objects.filter(complaint__in=cases, accepted=True)
    finding = found.select_related("response__drafted_by__team").order_by("-decided_at").first()
    if finding is not None:
        _open(complaint, finding, action=None, trigger=Trigger.THIRD_TIME, now=now)


def _after_undoing(complaint: Complaint, earlier: Complaint, *, now: datetime) -> None:
    """It was no third time after all: what nobody has looked at yet is dropped."""
    rows = complaint.reviews.filter(status=Status.OPEN, trigger=Trigger.THIRD_TIME)
    for review in rows:
        _change(review, was=[Status.OPEN], status=Status.DROPPED, decided_at=now)
        _record(review, "review-dropped", at=now, by=SYSTEM)


putting_right.after_failure.append(_after_failure)
repeating.after_confirming.append(_after_confirming)
repeating.after_undoing.append(_after_undoing)


def _before_closing(complaint: Complaint, *, now: datetime) -> None:
    """The third stage is looked into before its case is closed; that it is says the stage itself.

    A review of an earlier stage is nobody's business on the case page, and holds nothing up.
    """
    if complaint.stage == 3 and complaint.reviews.filter(status__in=OPEN).exists():
        raise NotNow("3차 조치가 아직 정해지지 않았습니다. 정해진 뒤에 마쳐 주십시오.")


registry.before_closing.append(_before_closing)


@transaction.atomic
def open_review(*, complaint_id: int, reason: str, by: StaffMember, now: datetime) -> Review:
    """The citizen says that it is not resolved: a manager opens a review, with how that came."""
    complaint = lock_for(complaint_id, by=by, right="review")
    why = words(
        reason,
        field="reason",
        required="고객이 무엇이 해결되지 않았다고 했는지 적어 주십시오.",
        longest=2_000,
    )
    finding = putting_right.finding_of(complaint)
    if finding is None or not finding.accepted:
        raise NotNow("지적을 인정한 건만 심의할 수 있습니다.")
    review = _open(
        complaint,
        finding,
        action=None,
        trigger=Trigger.NOT_RESOLVED,
        now=now,
        by=actor(by),
    )
    if review is None:
        raise NotNow("이미 심의하고 있습니다.")
    _record(review, "review-reason", at=now, by=actor(by), text=why)
    notices.nudge()
    return review


# --- heard --------------------------------------------------------------------------------------


def _lock(review_id: int, *, by: StaffMember, right: str = "review") -> Review:
    review = (
        Review.objects.select_for_update(of=("self",))
        .select_related("complaint__team", "finding", "action", "person__team", "team")
        .filter(pk=review_id)
        .first()
    )
    if review is None or not visible_to(by.user).filter(pk=review.pk).exists():
        raise NotFound("이 심의를 찾을 수 없습니다.")
    if right and (not may(by.user, right) or review.person_id == by.pk):
        raise NotAllowed
    if right and by.pk in queries.kept_out(review.complaint):
        raise NotAllowed
    return review


@transaction.atomic
def ask_statement(*, review_id: int, facts: str, by: StaffMember, now: datetime) -> Review:
    """소명 요청: tell the person what was found, and hear him before anything is decided."""
    review = _lock(review_id, by=by)
    text = words(facts, field="facts", required="확인된 사실을 적어 주십시오.", longest=5_000)
    if review.status != Status.OPEN:
        raise NotNow("이미 소명을 요청했습니다.")
    days = options.number("statement_days")
    until = closing_of(centre_queries.calendar().add_open_days(seoul_day(now), days))
    _change(
        review,
        was=[Status.OPEN],
        status=Status.HEARING,
        facts=text,
        asked_at=now,
        asked_by=by,
        request_number=next_document_number(now),
        statement_until=until,
    )
    standards.open_commitment(
        code=HEARING,
        key=_key(review, HEARING),
        subject_type=SUBJECT,
        subject_id=review.pk,
        started_at=now,
        due_at=until,
        now=now,
    )
    _record(review, "statement-asked", at=now, by=actor(by), text=text)
    _store(
        request_document(review), review, name=f"소명 요청서 {review.request_number}.pdf", now=now
    )
    _tell(
        review,
        [addressee(review, now=now)],
        "statement-request",
        now=now,
        context={"statement_until": korean_instant(until)},
    )
    notices.nudge()
    return review


def _key(review: Review, code: str) -> str:
    return f"review:{review.pk}:{code}"


@transaction.atomic
def give_statement(
    *, review_id: int, text: str, by: StaffMember, now: datetime, refused: bool = False
) -> Review:
    """소명 쓰기, or the wish to say nothing; only by whoever was asked."""
    review = _lock(review_id, by=by, right="")
    asked = addressee(review, now=now)
    if asked is None or asked.pk != by.pk:
        raise NotAllowed("소명은 요청받은 사람만 쓸 수 있습니다.")
    if review.status != Status.HEARING:
        raise NotNow("지금은 소명을 받고 있지 않습니다.")
    said = words(text, field="text", required="" if refused else "살펴야 할 사정을 적어 주십시오.")
    _change(
        review,
        was=[Status.HEARING],
        statement=said,
        statement_at=now,
        refused=refused,
        status=Status.DECIDING,
    )
    standards.fulfil(key=_key(review, HEARING), at=now, now=now)
    _record(review, "statement-given", at=now, by=actor(by))
    outcome = "소명하지 않겠다고 하였습니다." if refused else "소명이 들어왔습니다."
    _begin_deciding(review, outcome, at=now, now=now)
    return review


def _begin_deciding(review: Review, outcome: str, *, at: datetime, now: datetime) -> None:
    """From here three working days run in which a manager decides (charter, 3차)."""
    promise = standards.open_commitment(
        code=CODE,
        key=_key(review, CODE),
        subject_type=SUBJECT,
        subject_id=review.pk,
        started_at=at,
        now=now,
    )
    _tell(
        review,
        [_manager(review)],
        "statement-arrived",
        now=now,
        context={"decide_by": korean_instant(promise.due_at), "outcome": outcome},
    )


@transaction.atomic
def drop_review(*, review_id: int, reason: str, by: StaffMember, now: datetime) -> Review:
    """Nothing to review after all, says a manager with a reason, before anybody was asked."""
    review = _lock(review_id, by=by)
    why = words(
        reason, field="reason", required="심의하지 않는 까닭을 적어 주십시오.", longest=2_000
    )
    if review.status != Status.OPEN:
        raise NotNow("소명을 요청한 뒤에는 정해야 합니다.")
    _change(review, was=[Status.OPEN], status=Status.DROPPED, decided_at=now)
    _record(review, "review-dropped", at=now, by=actor(by), text=why)
    return review


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
    review = _lock(review_id, by=by)
    if review.status != Status.DECIDING:
        raise NotNow("소명을 들은 뒤에 정할 수 있습니다.")
    why = words(
        judgement, field="judgement", required="판단과 까닭을 적어 주십시오.", longest=5_000
    )
    line = _line(review, drafter=by, now=now)
    if not line:
        raise NotNow("결재할 수 있는 다른 관리자가 없습니다.")
    if issue:
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
    _change(review, was=[Status.DECIDING], status=Status.APPROVING)
    _record(review, "caution-drafted", at=now, by=actor(by))
    _ask(caution, line[0], place=1, now=now)
    return caution


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
    _tell(
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
    review = _lock(approval.caution.review_id, by=by)
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
    _record(review, "caution-approved", at=now, by=actor(by))
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
    _change(review, was=[Status.APPROVING], status=Status.DECIDING)
    _record(review, "caution-returned", at=now, by=actor(by), text=note)
    return review


def _issue(review: Review, caution: Caution, *, by: StaffMember, now: datetime) -> None:
    caution.approved_at = now
    if caution.to_person:
        caution.number = next_document_number(now)
    if caution.to_team:
        caution.team_number = next_document_number(now)
    caution.save(update_fields=["approved_at", "number", "team_number"])
    _change(review, was=[Status.APPROVING], status=Status.ISSUED, decided_at=now)
    standards.fulfil(key=_key(review, CODE), at=now, now=now)
    _record(review, "caution-issued", at=now, by=actor(by))
    lead = centre_queries.team_lead(review.team, at=now)
    for to_team, number, person in (
        (False, caution.number, review.person),
        (True, caution.team_number, lead),
    ):
        if not number:
            continue
        document = caution_document(caution, to_team=to_team)
        _store(document, review, name=f"주의 조치 통지서 {number}.pdf", now=now)
        _tell(
            review,
            [person],
            "caution-issued",
            now=now,
            context={"document_number": number},
            key=f"caution-issued:{number}",
        )


def _do_not_issue(review: Review, caution: Caution, *, by: StaffMember, now: datetime) -> None:
    Caution.objects.filter(pk=caution.pk).update(approved_at=now)
    _change(review, was=[Status.APPROVING], status=Status.NOT_ISSUED, decided_at=now)
    standards.fulfil(key=_key(review, CODE), at=now, now=now)
    _record(review, "caution-not-issued", at=now, by=actor(by))
    due = review.action.due_on if review.action and review.action.status != "verified" else None
    _tell(
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
    review = _lock(review_id, by=by)
    why = words(reason, field="reason", required="철회하는 까닭을 적어 주십시오.", longest=2_000)
    if review.status != Status.ISSUED:
        raise NotNow("내려진 주의 조치만 철회할 수 있습니다.")
    _change(review, was=[Status.ISSUED], status=Status.WITHDRAWN)
    caution = review.caution
    caution.withdrawn_at, caution.withdrawn_why = now, why
    caution.save(update_fields=["withdrawn_at", "withdrawn_why"])
    _record(review, "caution-withdrawn", at=now, by=actor(by), text=why)
    number = caution.number or caution.team_number
    _tell(
        review,
        [
            review.person if caution.to_person else None,
            centre_queries.team_lead(review.team, at=now) if caution.to_team else None,
        ],
        "caution-withdrawn",
        now=now,
        context={
            "document_number": number,
            "withdrawn_on": _day(now),
            "reason": sentence(why),
        },
    )
    return review


# --- documents ----------------------------------------------------------------------------------


def receipt_numbers(review: Review) -> str:
    cases = [review.finding.complaint, review.complaint, *repeating.chain(review.complaint)]
    return ", ".join(sorted({case.receipt_number for case in cases}))


def _day(instant: datetime | None) -> str:
    return korean_day(instant.astimezone(SEOUL).date()) if instant else ""


def _facts(review: Review) -> dict[str, object]:
    action = review.action
    answer = review.finding.response
    return {
        "receipt_numbers": receipt_numbers(review),
        "first_action": action.what if action else answer.answer,
        "action_due_on": korean_day(action.due_on) if action else "",
        "first_answered_at": korean_instant(answer.told_at) if answer.told_at else "",
        "facts": review.facts,
        "clause": CLAUSE,
    }


def _unnamed(text: str, person: StaffMember | None) -> str:
    """The team's notice does not name the person; the particle follows the other word."""
    if person is None:
        return text
    called = f"{re.escape(person.name)}(?: ?{re.escape(person.title)})?"
    return re.sub(
        rf"{called}(?:({'|'.join(_AFTER_VOWEL)})(?![가-힣]))?",
        lambda found: "담당자" + _AFTER_VOWEL.get(found[1] or "", ""),
        text,
    )


def _to(person: StaffMember | None, team: str) -> str:
    return f"{person} ({team})" if person else team


def request_document(review: Review) -> Document:
    """§8.5: what is asked of whom, before anything is decided."""
    who = addressee(review, now=review.asked_at or review.opened_at)
    by = review.asked_by
    return Document(
        template="statement_request",
        title="서비스 개선 조치에 관한 소명 요청",
        to=_to(who, review.team.name),
        number=review.request_number,
        issued_on=_day(review.asked_at),
        centre=centre_queries.facts(),
        confidential=True,
        body=_facts(review)
        | {
            "statement_until": (
                korean_instant(review.statement_until) if review.statement_until else ""
            ),
            "manager": f"{by.title}  {by.name}" if by else "",
        },
    )


def caution_document(caution: Caution, *, to_team: bool) -> Document:
    """§8.6, or §8.7 for the team, in which no person is named but its lead."""
    review = caution.review
    lead = centre_queries.team_lead(review.team, at=caution.approved_at or caution.drafted_at)
    to = _to(review.person, review.team.name)
    if to_team:
        to = f"{review.team.name} ({lead})" if lead else review.team.name
    day = centre_queries.calendar().add_open_days(
        seoul_day(caution.approved_at or caution.drafted_at), 10
    )
    manager = _manager(review)
    said = _said(caution, to_team=to_team)
    return Document(
        template="caution",
        title="고객서비스 시정조치 미이행에 따른 주의",
        to=to,
        number=caution.team_number if to_team else caution.number,
        issued_on=_day(caution.approved_at),
        centre=centre_queries.facts(),
        confidential=True,
        signs=_signs(caution),
        body=said
        | {
            "to_team": to_team,
            "improvement_due_on": (
                korean_day(caution.improvement_due_on) if caution.improvement_due_on else ""
            ),
            "verifier_team": _verifying_team(),
            "objection_until": korean_day(day),
            "manager_title": manager.title if manager else "",
        },
    )


def _said(caution: Caution, *, to_team: bool) -> dict[str, object]:
    """What people wrote; the person's statement is not the team's."""
    review = caution.review
    teams = to_team and review.person is not None and review.person.left_on is None
    said = _facts(review) | {
        "statement": "" if teams else (caution.statement_summary or _silent(review)),
        "judgement": caution.judgement,
        "improvement": caution.improvement,
        "support": caution.support,
    }
    if to_team:
        said |= {
            name: _unnamed(str(said[name]), review.person)
            for name in ("facts", "first_action", "judgement", "improvement", "support")
        }
    return said


def _silent(review: Review) -> str:
    if review.refused:
        return "소명하지 않겠다고 하였습니다."
    return review.statement or "기한까지 소명이 없었습니다."


def _verifying_team() -> str:
    desk = centre_queries.desk_team()
    return desk.name if desk else ""


def _signs(caution: Caution) -> list[Sign]:
    signs = [Sign(caution.drafted_by.title, caution.drafted_by.name, _dots(caution.drafted_at))]
    rows = caution.approvals.filter(decision=CautionApproval.Decision.APPROVED)
    last: dict[int, Sign] = {}
    for row in rows.select_related("approver"):
        last[row.approver_id] = Sign(row.approver.title, row.approver.name, _dots(row.decided_at))
    return signs + list(last.values())


def _dots(instant: datetime | None) -> str:
    return f"{instant.astimezone(SEOUL):%Y. %-m. %-d.}" if instant else ""


def _store(document: Document, review: Review, *, name: str, now: datetime) -> StoredFile | None:
    """Kept as it was issued; where no PDF can be made the page is printed instead."""
    try:
        checked = as_file(document, name=name)
    except CannotPrint:
        return None
    return records.store_file(
        checked=checked,
        subject_type=SUBJECT,
        subject_id=review.pk,
        now=now,
        visible_to_citizen=False,
    )


def heard(review: Review, user: User) -> bool:
    """Whether this account may read the statement: who was asked for it, and who decides."""
    person = centre_queries.person_of(user)
    if person is None:
        return False
    decides = may(user, "review") and review.person_id != person.pk
    asked = addressee(review, now=review.asked_at or review.opened_at)
    return decides or review.person_id == person.pk or (asked is not None and asked.pk == person.pk)


def files_for(review: Review, user: User) -> list[StoredFile]:
    """The documents this account may read: the person's notice is not the lead's, nor the other way."""
    files = list(records_queries.files_of(SUBJECT, review.pk))
    person = centre_queries.person_of(user)
    if person is None or (user.has_role(Role.MANAGER) and review.person_id != person.pk):
        return files if person is not None else []
    caution = Caution.objects.filter(review=review).first()
    mine = review.person_id == person.pk
    hidden = (caution.team_number if mine else caution.number) if caution else ""
    found = [f for f in files if not hidden or hidden not in f.name]
    if not mine and review.person_id is not None:
        found = [f for f in found if review.request_number not in f.name]
    return found


# --- the sweep ----------------------------------------------------------------------------------


def take_steps(steps: Sequence[StepDue], *, now: datetime) -> None:
    """Steps of reviews: a hearing whose date passed, a decision that is due or late."""
    for step in steps:
        review = Review.objects.select_related("complaint", "person", "team", "finding").get(
            pk=step.commitment.subject_id
        )
        code, name = step.commitment.code, step.name
        if code == HEARING and review.status == Status.HEARING:
            _change(review, was=[Status.HEARING], status=Status.DECIDING)
            _record(
                review,
                "statement-lapsed",
                at=step.at,
                by=SYSTEM,
                key=f"{step.commitment.key}:lapsed",
            )
            _begin_deciding(review, "기한까지 소명이 없었습니다.", at=step.at, now=now)
        elif code == CODE and review.status in OPEN:
            late = name == "missed"
            _tell(
                review,
                [_manager(review)],
                "stage-three-review",
                now=now,
                key=f"stage-three:{name}",
                context={
                    "receipt_number": receipt_numbers(review),
                    "trigger": "정하기로 한 기한이 지났습니다"
                    if late
                    else "오늘까지 정하기로 했습니다",
                },
            )


def fulfilled_at(keys: Sequence[str]) -> dict[str, datetime]:
    """Facts: when it was decided, or the statement came."""
    wanted = {key: int(key.split(":")[1]) for key in keys if key.startswith("review:")}
    rows = {row.pk: row for row in Review.objects.filter(pk__in=set(wanted.values()))}
    found: dict[str, datetime] = {}
    for key, pk in wanted.items():
        row = rows.get(pk)
        at = None
        if row is not None:
            at = row.statement_at if key.endswith(HEARING) else row.decided_at
        if at is not None:
            found[key] = at
    return found


def what_for(review: Review) -> str:
    """The promised action in one line."""
    return title_of(review.action) if review.action else "답변에서 약속한 것"
