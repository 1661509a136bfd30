"""2차: the same citizen raises the same matter again, after the first answer was told or due.

The citizen says so by the link on the case's page; else it is proposed here and a person decides.
Results and a letter of apology are due then. What is undone before the letter went out leaves no
duty behind; afterwards only a correction is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from centre.models import StaffMember
from centre.words import korean_instant
from complaints import registry, texts
from complaints.errors import ChangedMeanwhile, NotAllowed, NotNow
from complaints.filing import Filed, Filing
from complaints.models import (
    AboutStaff,
    ApologyLetter,
    Complaint,
    RepeatProposal,
    Response,
    State,
)
from complaints.queries import SUBJECT, kept_out
from complaints.repeats import candidates, duplicates
from complaints.services import apologies, approving
from complaints.services._base import actor, change, lock, lock_for, record, words
from complaints.services.assigning import step_aside
from complaints.services.ending import _stop, merge, same_contact
from complaints.services.filing import file_complaint
from complaints.services.steps import HANDLERS, Scene
from complaints.services.telling import (
    desk_for,
    is_dissatisfaction,
    lead_of,
    tell_citizen,
    tell_staff,
)
from notices import services as notices
from records import queries as records_queries
from records.actors import CITIZEN, SYSTEM, Actor
from records.files import CheckedFile
from standards import services as standards
from standards.models import Commitment
from standards.registry import StepDue

CODE = "stage-2"
ENDED_OTHERWISE = [State.WITHDRAWN, State.MERGED, State.REFERRED]
NAMED = "고객이 앞의 건으로 적음"
BY_LINK = "고객이 처리상황 화면에서 다시 말씀함"
Status = RepeatProposal.Status
#: Called with (complaint, earlier, *, now) once a repeat was confirmed, and once that was undone.
after_confirming: list[Callable[..., object]] = []
after_undoing: list[Callable[..., object]] = []


# --- what is there ------------------------------------------------------------------------------


def stage_two(complaint: Complaint) -> Commitment | None:
    """The promise of results and letter that counts for this case."""
    rows = Commitment.objects.of(SUBJECT, complaint.pk).filter(code=CODE)
    return rows.exclude(state="excluded").order_by("-pk").first()


def confirmed(complaint: Complaint) -> RepeatProposal | None:
    return complaint.repeats.filter(status=Status.CONFIRMED).select_related("earlier").first()


def chain(complaint: Complaint) -> list[Complaint]:
    """The earlier cases that this one says again, the latest first."""
    found: list[Complaint] = []
    link = confirmed(complaint)
    while link is not None and link.corrected_at is None and link.earlier not in found:
        found.append(link.earlier)
        link = confirmed(link.earlier)
    return found


def answered_or_due(complaint: Complaint, *, now: datetime) -> bool:
    """Whether an answer was told, or should have been by now."""
    if complaint.responses.filter(told_at__isnull=False).exists():
        return True
    due = Commitment.objects.of(SUBJECT, complaint.pk).filter(code="reply", due_at__lte=now)
    return due.exclude(state__in=["paused", "excluded"]).exists()


def may_raise_again(complaint: Complaint, *, now: datetime) -> bool:
    """Whether the citizen's page offers it: answered or overdue, and not being looked at again."""
    if complaint.anonymous or not is_dissatisfaction(complaint):
        return False
    if complaint.state in ENDED_OTHERWISE or not answered_or_due(complaint, now=now):
        return False
    return not any(row.complaint.is_open for row in _again(complaint))


def _again(complaint: Complaint) -> Sequence[RepeatProposal]:
    rows = complaint.repeated_by.filter(status=Status.CONFIRMED, corrected_at=None)
    return list(rows.select_related("complaint"))


# --- proposed at filing -------------------------------------------------------------------------


def propose(complaint: Complaint, *, now: datetime) -> None:
    """Lay before the support team which earlier cases this one may repeat."""
    if not is_dissatisfaction(complaint) or complaint.anonymous:
        return
    again = {
        c.complaint.pk: (c.complaint, c.score, c.reasons) for c in candidates(complaint, now=now)
    }
    named = complaint.previous
    if named is not None and _is_his(complaint, named) and answered_or_due(named, now=now):
        score, reasons = again[named.pk][1:] if named.pk in again else (0.0, [])
        again[named.pk] = (named, score, [NAMED, *reasons])
    for earlier, score, reasons in list(again.values())[:3]:
        _propose(complaint, earlier, score, reasons, duplicate=False, now=now)
    for found in duplicates(complaint, now=now)[:1] if not again else []:
        _propose(complaint, found.complaint, found.score, found.reasons, duplicate=True, now=now)


def _is_his(complaint: Complaint, earlier: Complaint) -> bool:
    """The same contact under the same name; a number alone opens nobody else's case."""
    same_name = complaint.name_index == earlier.name_index
    usable = earlier.state not in ENDED_OTHERWISE and is_dissatisfaction(earlier)
    return usable and same_name and same_contact(complaint, earlier)


def _propose(
    complaint: Complaint,
    earlier: Complaint,
    score: float,
    reasons: list[str],
    *,
    duplicate: bool,
    now: datetime,
) -> None:
    why = ", ".join(reasons)[:300] or "비슷한 내용"
    row, created = RepeatProposal.objects.get_or_create(
        complaint=complaint,
        earlier=earlier,
        defaults={
            "score": score,
            "reasons": why,
            "duplicate": duplicate,
            "proposed_at": now,
        },
    )
    if not created:
        return
    record(
        complaint,
        "repeat-proposed",
        at=now,
        by=SYSTEM,
        data={"earlier": earlier.pk},
        key=f"repeat-proposal:{row.pk}",
    )
    out = kept_out(complaint) | kept_out(earlier)
    tell_staff(
        desk_for(complaint, out=out),
        "repeat-proposed",
        complaint=complaint,
        key=f"repeat-proposed:{row.pk}",
        now=now,
        context={
            "previous_receipt_number": earlier.receipt_number,
            "why": f"{why} (답변 전: 합치기)" if duplicate else why,
        },
    )


registry.after_filing.append(propose)


# --- decided ------------------------------------------------------------------------------------


def _lock_proposal(proposal_id: int, *, by: StaffMember) -> tuple[RepeatProposal, Complaint]:
    row = RepeatProposal.objects.filter(pk=proposal_id).first()
    if row is None:
        raise NotNow("이 제안을 찾을 수 없습니다.")
    complaint = lock_for(row.complaint_id, by=by, right="decide_repeat")
    row = RepeatProposal.objects.select_related("earlier__topic", "earlier__team").get(pk=row.pk)
    if by.pk in kept_out(row.earlier):
        raise NotAllowed
    return row, complaint


@transaction.atomic
def confirm_repeat(*, proposal_id: int, by: StaffMember, now: datetime) -> Complaint:
    """맞다: the same matter again, so that 2차 begins; before the answer it joins the first."""
    row, complaint = _lock_proposal(proposal_id, by=by)
    if row.duplicate and not answered_or_due(row.earlier, now=now):
        _decide(row, Status.CONFIRMED, by=by, now=now)
        merged = merge(
            complaint_id=complaint.pk, into_number=row.earlier.receipt_number, by=by, now=now
        )
        RepeatProposal.objects.filter(pk=row.pk).update(status=Status.REJECTED)
        return merged
    _confirm(complaint, row, by=actor(by), person=by, now=now)
    notices.nudge()
    return complaint


@transaction.atomic
def reject_repeat(*, proposal_id: int, by: StaffMember, now: datetime) -> Complaint:
    """아니다: another matter. It can still be confirmed later."""
    row, complaint = _lock_proposal(proposal_id, by=by)
    if row.status != Status.PROPOSED:
        raise NotNow("이미 정한 제안입니다.")
    _decide(row, Status.REJECTED, by=by, now=now)
    record(
        complaint,
        "repeat-rejected",
        at=now,
        by=actor(by),
        data={"earlier": row.earlier_id},
    )
    return complaint


def _decide(row: RepeatProposal, status: str, *, by: StaffMember | None, now: datetime) -> None:
    """One of two at once decides; the other is told that somebody else was first."""
    won = RepeatProposal.objects.filter(pk=row.pk, status=row.status).update(
        status=status, decided_by=by, decided_at=now
    )
    if not won:
        raise ChangedMeanwhile
    row.status = status


def _confirm(
    complaint: Complaint,
    row: RepeatProposal,
    *,
    by: Actor,
    person: StaffMember | None,
    now: datetime,
) -> None:
    if row.status == Status.CONFIRMED or confirmed(complaint) is not None:
        raise NotNow("이미 같은 내용으로 확인된 건입니다.")
    if not complaint.is_open:
        raise NotNow("답변 전인 건만 같은 내용으로 확인할 수 있습니다.")
    earlier = row.earlier
    _decide(row, Status.CONFIRMED, by=person, now=now)
    _keep_out(complaint, earlier, now=now)
    change(complaint, previous=earlier, stage=min(len(chain(earlier)) + 2, 3))
    count = Commitment.objects.of(SUBJECT, complaint.pk).filter(code=CODE).count() + 1
    promise = standards.open_commitment(
        code=CODE,
        key=f"complaint:{complaint.pk}:{CODE}" + (f":{count}" if count > 1 else ""),
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        started_at=now,
        now=now,
        team=complaint.team,
        category=complaint.kind,
    )
    record(
        complaint,
        "repeat-confirmed",
        at=now,
        by=by,
        data={"earlier": earlier.pk, "stage": complaint.stage},
    )
    apologies.draft(complaint, earlier, now=now)
    due = korean_instant(promise.due_at)
    tell_citizen(
        complaint,
        "reopened",
        key=f"repeat:{count}",
        now=now,
        context={"previous_receipt_number": earlier.receipt_number, "due_at": due},
    )
    tell_staff(
        [complaint.handler, lead_of(complaint, now=now)],
        "stage-two",
        complaint=complaint,
        key=f"stage-two:{count}",
        now=now,
        context={"letter_due_at": due, "due_at": ""},
    )
    registry.call(after_confirming, complaint, earlier, now=now)


def _keep_out(complaint: Complaint, earlier: Complaint, *, now: datetime) -> None:
    """Whom the earlier case is about is out of this one too."""
    more = kept_out(earlier) - kept_out(complaint)
    for person_id in more:
        AboutStaff.objects.create(
            complaint=complaint, person_id=person_id, origin=AboutStaff.Origin.MARKED
        )
    if more:
        step_aside(complaint, now=now)


@transaction.atomic
def undo_repeat(*, complaint_id: int, reason: str, by: StaffMember, now: datetime) -> Complaint:
    """It was another matter after all: back to the first stage, if no letter has gone out.

    Afterwards nothing that was said or counted is taken back; the correction is on record.
    """
    complaint = lock_for(complaint_id, by=by, right="decide_repeat")
    why = words(reason, field="reason", required="되돌리는 까닭을 적어 주십시오.", longest=1_000)
    row = confirmed(complaint)
    if row is None or row.corrected_at is not None:
        raise NotNow("같은 내용으로 확인된 건이 아닙니다.")
    gone = {ApologyLetter.Status.APPROVED, ApologyLetter.Status.TOLD}
    if complaint.letters.filter(status__in=gone).exists():
        RepeatProposal.objects.filter(pk=row.pk).update(corrected_at=now)
        record(complaint, "repeat-corrected", at=now, by=actor(by), text=why)
        registry.call(after_undoing, complaint, row.earlier, now=now)
        return complaint
    _decide(row, Status.REJECTED, by=by, now=now)
    end_stage_two(complaint, why="undone", now=now)
    change(complaint, previous=None, stage=1)
    record(
        complaint,
        "repeat-undone",
        at=now,
        by=actor(by),
        text=why,
        data={"earlier": row.earlier_id},
    )
    registry.call(after_undoing, complaint, row.earlier, now=now)
    return complaint


def end_stage_two(complaint: Complaint, *, why: str, now: datetime) -> None:
    """No letter is due any more: what is not told yet is not told."""
    standards.exclude(subject_type=SUBJECT, subject_id=complaint.pk, why=why, now=now, codes=[CODE])
    approving.drop(complaint, document=apologies.DOCUMENT, now=now)
    told = [ApologyLetter.Status.TOLD, ApologyLetter.Status.DROPPED]
    complaint.letters.exclude(status__in=told).update(status=ApologyLetter.Status.DROPPED)
    notices.cancel(
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        templates=["reopened", "stage-two", apologies.TEMPLATE],
        now=now,
    )


def _stopped(complaint: Complaint, *, why: str, now: datetime) -> None:
    end_stage_two(complaint, why=why, now=now)


registry.after_stopping.append(_stopped)


# --- the citizen's own link ---------------------------------------------------------------------


@transaction.atomic
def raise_again(
    *,
    complaint_id: int,
    text: str,
    now: datetime,
    files: Sequence[CheckedFile] = (),
    form_token: str = "",
    address: str = "",
    source: str = BY_LINK,
) -> Filed:
    """다시 말씀하기: another case that goes on from this one, confirmed as the citizen said so.

    ``source`` says to staff where he said it.
    """
    earlier = lock(complaint_id)
    said = words(text, field="text", required="다시 말씀하실 내용을 적어 주십시오.")
    if not answered_or_due(earlier, now=now):
        raise NotNow("아직 답변을 드리기 전입니다. 더 알려 주실 것은 담당자에게 말씀해 주십시오.")
    consents = records_queries.consents_of(SUBJECT, earlier.pk)
    handling = consents.get("handling")
    filing = Filing(
        kind=earlier.kind,
        topic_code=earlier.topic.code,
        subject=earlier.subject,
        body=said,
        name=earlier.name,
        email=earlier.email,
        phone=earlier.phone,
        address=earlier.address,
        fax=earlier.fax,
        reply_by=earlier.reply_by,
        about_staff=earlier.about_staff_text,
        filed_for=dict(earlier.filed_for or {}),
        assistance=earlier.assistance,
        survey_consent=earlier.survey_consent,
        consent_version=handling.version if handling and handling.given else "",
        previous_receipt_number=earlier.receipt_number,
        attachments=files,
        form_token=form_token,
        language=earlier.language,
    )
    filed = file_complaint(filing=filing, by=CITIZEN, now=now, address=address)
    if filed.created:
        if not may_raise_again(earlier, now=now):
            raise NotNow(
                "같은 일을 이미 다시 살펴보고 있습니다. 처리상황 화면에서 보실 수 있습니다."
            )
        _confirm_as_said(filed.complaint.pk, earlier, source=source, now=now)
    return filed


def _confirm_as_said(complaint_id: int, earlier: Complaint, *, source: str, now: datetime) -> None:
    complaint = lock(complaint_id)
    notices.cancel(
        subject_type=SUBJECT, subject_id=complaint.pk, templates=["repeat-proposed"], now=now
    )
    row, _created = RepeatProposal.objects.update_or_create(
        complaint=complaint,
        earlier=earlier,
        defaults={"reasons": source, "duplicate": False},
        create_defaults={"reasons": source, "proposed_at": now, "score": 1.0},
    )
    complaint.repeats.exclude(pk=row.pk).update(status=Status.REJECTED, decided_at=now)
    _confirm(complaint, row, by=CITIZEN, person=None, now=now)


# --- kept, closed -------------------------------------------------------------------------------


def settle(complaint: Complaint, *, now: datetime) -> None:
    """Kept when both the results and the letter were told."""
    promise = stage_two(complaint)
    letter = complaint.letters.filter(status=ApologyLetter.Status.TOLD).last()
    complaint.refresh_from_db(fields=["told_at"])
    if promise is None or letter is None or letter.told_at is None or complaint.told_at is None:
        return
    standards.fulfil(key=promise.key, at=max(letter.told_at, complaint.told_at), now=now)


def unsettle(complaint: Complaint, *, now: datetime) -> None:
    """One of the two came back: it was not told."""
    promise = stage_two(complaint)
    if promise is not None and promise.fulfilled_at is not None:
        standards.unfulfil(key=promise.key, why="bounced", now=now)


registry.after_told.append(settle)
registry.after_untold.append(unsettle)
apologies.after_telling.append(settle)
apologies.after_untelling.append(unsettle)


def _before_closing(complaint: Complaint, *, now: datetime) -> None:
    row = confirmed(complaint)
    if row is None or row.corrected_at is not None or stage_two(complaint) is None:
        return
    if not complaint.letters.filter(status=ApologyLetter.Status.TOLD).exists():
        raise NotNow("2차 조치의 사과문이 아직 고객에게 전해지지 않았습니다.")


registry.before_closing.append(_before_closing)


# --- 반복 종결 ----------------------------------------------------------------------------------


@transaction.atomic
def close_repeats(*, complaint_id: int, reason: str, by: StaffMember, now: datetime) -> Complaint:
    """A manager ends what is said again and again without new facts, and the citizen is told.

    Only where no finding was accepted and two results were told. A person decides, never the
    program (Civil Petitions Act 23, applied in its spirit).
    """
    complaint = lock_for(complaint_id, by=by, right="close_repeat")
    why = words(
        reason,
        field="reason",
        required="되풀이되는 의견을 마치는 까닭을 적어 주십시오.",
        longest=2_000,
    )
    refuse_closing_repeats(complaint)
    earlier = chain(complaint)
    _stop(complaint, why="repeat-closed", now=now)
    change(complaint, state=State.CLOSED, closed_at=now)
    record(complaint, "repeat-closed", at=now, by=actor(by), text=why)
    tell_citizen(
        complaint,
        "repeat-closed",
        key="repeat-closed",
        now=now,
        chosen_way=True,
        context={
            "previous_answers": previous_answers(earlier),
            "manager_name": by.name,
            "manager_title": by.title,
        },
    )
    notices.nudge()
    return complaint


def refuse_closing_repeats(complaint: Complaint) -> None:
    """NotNow, with why, where repeats cannot be closed."""
    earlier = chain(complaint)
    if not complaint.is_open or not earlier:
        raise NotNow("같은 내용으로 확인된, 답변 전인 건만 반복 건으로 마칠 수 있습니다.")
    cases = [complaint, *earlier]
    if any(case.findings.filter(accepted=True).exists() for case in cases):
        raise NotNow(
            "지적을 인정한 일이 있어 반복 건으로 마칠 수 없습니다. 약속한 조치를 확인해 주십시오."
        )
    told = Response.objects.filter(complaint__in=cases, told_at__isnull=False).count()
    if told < 2:
        raise NotNow("결과를 두 번 이상 알려 드린 일만 반복 건으로 마칠 수 있습니다.")


def previous_answers(earlier: Sequence[Complaint]) -> str:
    """When each earlier case was answered, and how, in lines."""
    rows = Response.objects.filter(complaint__in=earlier, told_at__isnull=False)
    return "\n".join(
        f" · {korean_instant(row.told_at)}  {row.complaint.receipt_number}  {texts.decisions()[row.decision]['shown']}"
        for row in rows.select_related("complaint").order_by("told_at")
        if row.told_at is not None
    )


# --- the sweep ----------------------------------------------------------------------------------


def _last_call(scene: Scene, case: Complaint, step: StepDue) -> None:
    scene.tell(
        case,
        [case.handler or scene.lead(case)],
        "stage-two",
        key=f"stage-two:last:{step.commitment.pk}",
        context={"letter_due_at": korean_instant(step.commitment.due_at), "due_at": ""},
    )


def _overdue(scene: Scene, case: Complaint, step: StepDue) -> None:
    if step.name == "missed":
        scene.record(case, "stage-two-missed", step, key="missed")
    scene.tell(
        case,
        [case.handler, scene.lead(case), scene.manager(case)],
        "stage-two-overdue",
        key=f"stage-two-overdue:{step.at:%Y%m%d}",
        context={"letter_due_at": korean_instant(step.commitment.due_at)},
        hours="any" if step.name == "missed" else "opening",
    )


HANDLERS[CODE, "last-call"] = _last_call
HANDLERS[CODE, "missed"] = _overdue
HANDLERS[CODE, "chase"] = _overdue
