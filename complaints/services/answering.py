"""The answer: drafted, approved, told. One answer to many cases (묶음 답변). Compliments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from centre import queries as centre_queries
from centre.models import StaffMember
from centre.words import korean_day
from complaints import queries, registry, texts
from complaints.errors import ChangedMeanwhile, NotAllowed, NotNow, Refused
from complaints.models import Complaint, Decision, Kind, Response, State
from complaints.services import approving
from complaints.services._base import actor, change, is_chief, lock_for, record, words
from complaints.services.assigning import confirm, take_back
from complaints.services.telling import (
    handler_context,
    is_dissatisfaction,
    tell_citizen,
    tell_staff,
    tracking_url,
)
from complaints.transitions import check
from notices import services as notices
from records.actors import SYSTEM

DOCUMENT = "response"
_UNFILLED = re.compile(r"\[[^\]\n]*\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the handler wrote."""

    decision: str = ""
    answer: str = ""
    reason: str = ""
    action_done: str = ""
    action_planned: str = ""
    action_due_on: date | None = None


@transaction.atomic
def save_draft(
    *,
    complaint_id: int,
    draft: Draft,
    by: StaffMember,
    now: datetime,
    version: int | None = None,
) -> Response:
    """Keep the draft. ``version`` is that of the draft last seen, 0 where there was none.

    Another's is never overwritten; None does not ask.

    Writing confirms the case for the team, so that the citizen learns who is at work.
    """
    complaint = _writable(complaint_id, by=by)
    response = _store(complaint, draft, by=by, now=now, version=version)
    notices.nudge()
    return response


def _writable(complaint_id: int, *, by: StaffMember) -> Complaint:
    complaint = lock_for(complaint_id, by=by, right="write_answer")
    if complaint.handler_id != by.pk and complaint.team_id != by.team_id and not is_chief(by):
        raise NotAllowed
    return complaint


def _store(
    complaint: Complaint, draft: Draft, *, by: StaffMember, now: datetime, version: int | None
) -> Response:
    if complaint.kind == Kind.COMPLIMENT:
        raise NotNow("칭찬은 ‘칭찬 전하기’로 전해 주십시오.")
    if complaint.state not in {State.ASSIGNED, State.REVIEWING, State.WAITING}:
        raise NotNow("지금은 답변을 쓸 수 없습니다. 결재를 올렸으면 먼저 거두어 주십시오.")
    values = _clean(draft, complaint)
    current = queries.current_draft(complaint)
    if current is None:
        number = complaint.responses.count() + 1
        response = Response.objects.create(
            complaint=complaint, number=number, drafted_by=by, drafted_at=now, **values
        )
        record(complaint, "draft-started", at=now, by=actor(by))
    else:
        if version is not None and version != current.version:
            raise ChangedMeanwhile  # also where both began with an empty page (version 0)
        Response.objects.filter(pk=current.pk).update(
            drafted_by=by,
            drafted_at=now,
            version=current.version + 1,
            status=Response.Status.DRAFT,
            **values,
        )
        response = Response.objects.get(pk=current.pk)
    confirm(complaint, by=actor(by), now=now)
    return response


def _clean(draft: Draft, complaint: Complaint) -> dict[str, object]:
    if draft.decision and draft.decision not in dict(texts.decisions_for(complaint.kind)):
        raise Refused("이 구분에 맞는 처리결과를 골라 주십시오.", field="decision")
    return {
        "decision": draft.decision,
        "answer": words(draft.answer, field="answer"),
        "reason": words(draft.reason, field="reason", longest=5_000),
        "action_done": words(draft.action_done, field="action_done", longest=5_000),
        "action_planned": words(draft.action_planned, field="action_planned", longest=5_000),
        "action_due_on": draft.action_due_on,
    }


@transaction.atomic
def submit_response(
    *,
    complaint_id: int,
    by: StaffMember,
    now: datetime,
    draft: Draft | None = None,
    version: int | None = None,
) -> Response:
    """Lay the answer before the approval line (결재 올리기), saving ``draft`` first if given."""
    complaint = _writable(complaint_id, by=by)
    if draft is not None:
        _store(complaint, draft, by=by, now=now, version=version)
    response = queries.current_draft(complaint)
    if response is None or response.status == Response.Status.SUBMITTED:
        raise NotNow("결재에 올릴 답변이 없습니다. 답변을 먼저 써 주십시오.")
    _complete(response)
    if complaint.handler_id is None:
        raise NotNow("담당자를 먼저 정해 주십시오.")
    check(complaint.state, State.APPROVING)
    confirm(complaint, by=actor(by), now=now)
    if response.drafted_by_id != by.pk:
        Response.objects.filter(pk=response.pk).update(drafted_by=by)
        response.drafted_by = by
    _end_waiting(complaint, now=now)
    Response.objects.filter(pk=response.pk).update(
        status=Response.Status.SUBMITTED, submitted_at=now
    )
    response.refresh_from_db()
    change(complaint, state=State.APPROVING)
    record(complaint, "response-submitted", at=now, by=actor(by), data={"n": response.number})
    approving.ask(complaint, document=DOCUMENT, document_id=response.pk, drafter=by, now=now)
    notices.nudge()
    return response


def _complete(response: Response) -> None:
    """An answer that may go to approval: a result, a text, a reason where one is due, no gaps."""
    if not response.decision:
        raise Refused("처리결과를 골라 주십시오. ‘검토 중’은 결과가 아닙니다.", field="decision")
    if not response.answer:
        raise Refused("답변을 적어 주십시오.", field="answer")
    if texts.decisions()[response.decision]["reason_required"] and not response.reason:
        raise Refused(
            "받아들이지 못하는 까닭을 적어 주십시오. 고객에게 그대로 전해집니다.", field="reason"
        )
    for field in ("answer", "reason", "action_done", "action_planned"):
        if gaps := unfilled(getattr(response, field)):
            raise Refused(f"채우지 않은 곳이 있습니다: {', '.join(gaps)}", field=field)
    adopted = response.decision in {Decision.ADOPTED, Decision.PARTLY_ADOPTED}
    if adopted and response.action_planned and response.action_due_on is None:
        raise Refused("언제까지 시행할지 날을 적어 주십시오.", field="action_due_on")


def unfilled(text: str) -> list[str]:
    """The places of a reply template that nobody filled in, each once."""
    return list(dict.fromkeys(_UNFILLED.findall(text)))


def _end_waiting(complaint: Complaint, *, now: datetime) -> None:
    """An answer without the supplement: the request is closed and the clock runs again."""
    from complaints.services.waiting import cancel_request  # noqa: PLC0415

    if complaint.state == State.WAITING:
        cancel_request(complaint, now=now)


@transaction.atomic
def recall(*, complaint_id: int, by: StaffMember, now: datetime) -> Complaint:
    """Take the answer back from approval to go on writing (거두기)."""
    complaint = _writable(complaint_id, by=by)
    if complaint.state != State.APPROVING:
        raise NotNow("결재 중인 답변이 없습니다.")
    take_back(complaint, now=now)
    record(complaint, "recalled", at=now, by=actor(by))
    return complaint


# --- what approval brings -----------------------------------------------------------------------


def _on_approved(complaint: Complaint, document_id: int, *, by: StaffMember, now: datetime) -> None:
    """The line approved: the result is owed to the citizen now."""
    check(complaint.state, State.TELLING)
    Response.objects.filter(pk=document_id).update(status=Response.Status.APPROVED, approved_at=now)
    response = complaint.responses.get(pk=document_id)
    change(complaint, state=State.TELLING)
    registry.call(registry.after_approval, complaint, response, by=by, now=now)
    _owe_result(complaint, response, approver=by, now=now)


def _owe_result(
    complaint: Complaint, response: Response, *, approver: StaffMember, now: datetime
) -> None:
    told = tell_citizen(
        complaint,
        "result",
        key=f"result:{response.number}",
        now=now,
        chosen_way=True,
        context=result_context(complaint, response, approver=approver),
    )
    if not told:
        _nobody_to_tell(complaint, response, now=now)


def result_context(
    complaint: Complaint, response: Response, *, approver: StaffMember
) -> dict[str, str]:
    """The words of the result, as the citizen reads them."""
    decision = texts.decisions()[response.decision]
    again = f"{tracking_url(complaint)}again/" if is_dissatisfaction(complaint) else ""
    return {
        "subject": complaint.subject,
        "decision": decision["shown"],
        "answer": response.answer,
        "reason": response.reason if decision["reason_required"] else "",
        "action_done": response.action_done,
        "action_planned": response.action_planned,
        "action_due": korean_day(response.action_due_on) if response.action_due_on else "",
        "reopen_url": again,
        "lead_name": "" if complaint.in_team_name else approver.name,
        "lead_title": "" if complaint.in_team_name else approver.title,
    } | handler_context(complaint, complaint.handler)


def _nobody_to_tell(complaint: Complaint, response: Response, *, now: datetime) -> None:
    """A case without a name: the answer is recorded and the case ends; no promise was open."""
    Response.objects.filter(pk=response.pk).update(status=Response.Status.TOLD, told_at=now)
    change(complaint, state=State.ANSWERED, decision=response.decision, told_at=now)
    record(complaint, "told", at=now, by=SYSTEM, data={"way": ""})


def _on_returned(complaint: Complaint, document_id: int, *, by: StaffMember, now: datetime) -> None:
    Response.objects.filter(pk=document_id).update(status=Response.Status.RETURNED)
    change(complaint, state=State.REVIEWING)


approving.on_outcome(DOCUMENT, approved=_on_approved, returned=_on_returned)


# --- many at once, and compliments --------------------------------------------------------------


@transaction.atomic
def answer_many(
    *, complaint_ids: Sequence[int], draft: Draft, by: StaffMember, now: datetime
) -> list[Response]:
    """묶음 답변: the same answer laid before approval for each of these cases, all or none.

    Refused names the case that stands against it.
    """
    if not complaint_ids:
        raise Refused("답변할 건을 골라 주십시오.", field="complaints")
    return [_answer_one(pk, draft, by=by, now=now) for pk in sorted(set(complaint_ids))]


def _answer_one(complaint_id: int, draft: Draft, *, by: StaffMember, now: datetime) -> Response:
    try:
        return submit_response(complaint_id=complaint_id, draft=draft, by=by, now=now)
    except NotAllowed:
        raise
    except Refused as refusal:
        rows = Complaint.objects.filter(pk=complaint_id).values_list("receipt_number", flat=True)
        raise type(refusal)(f"{rows.get()}: {refusal}", field=refusal.field) from refusal


@transaction.atomic
def pass_on_compliment(
    *,
    complaint_id: int,
    person_ids: Sequence[int],
    by: StaffMember,
    now: datetime,
    quote: str = "",
) -> Complaint:
    """Pass the praise on to the people praised, and tell the citizen so."""
    complaint = _writable(complaint_id, by=by)
    if complaint.kind != Kind.COMPLIMENT:
        raise NotNow("칭찬만 전할 수 있습니다.")
    check(complaint.state, State.TELLING)
    people = list(StaffMember.objects.filter(pk__in=person_ids).select_related("team", "user"))
    if not people:
        raise Refused("칭찬받은 직원을 골라 주십시오.", field="people")
    said = words(quote or complaint.body, field="quote", longest=2_000)
    confirm(complaint, by=actor(by), now=now, told_anyway=True)
    response = Response.objects.create(
        complaint=complaint,
        number=complaint.responses.count() + 1,
        status=Response.Status.APPROVED,
        decision=Decision.PASSED_ON,
        answer=said,
        drafted_by=by,
        drafted_at=now,
        approved_at=now,
    )
    change(complaint, state=State.TELLING)
    record(complaint, "compliment-passed-on", at=now, by=actor(by))
    leads: set[StaffMember] = set()
    for person in people:
        lead = centre_queries.team_lead(person.team, at=now)
        leads.update([lead] if lead else [])
        tell_staff(
            [person, lead],
            "compliment-staff",
            complaint=complaint,
            key=f"compliment:{response.number}:{person.pk}",
            now=now,
            context={"praised_name": person.name, "quote": said},
        )
    told = tell_citizen(
        complaint,
        "compliment-thanks",
        key=f"compliment-thanks:{response.number}",
        now=now,
        chosen_way=True,
        hours="opening",  # "passed on" is not said before the praised could read it
        context={
            "praised_names": ", ".join(f"{person.name} {person.title}" for person in people),
            "lead_too": bool(leads.difference(people)),
        },
    )
    if not told:
        _nobody_to_tell(complaint, response, now=now)
    notices.nudge()
    return complaint
