"""결재: along the line of what is published, never one's own; refused with a reason.

The line is ``publication`` of the approval lines, to which the centre adds steps as it likes. Who
wrote the evaluation last or laid it before the line never signs it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from centre import queries as centre_queries
from centre.models import ApprovalStep, Position, Role, StaffMember
from centre.queries import Approver
from centre.rights import may
from centre.words import korean_instant
from dashboards.evaluation import sheet
from dashboards.evaluation._base import SUBJECT, change, lock, record, require, words
from dashboards.evaluation.errors import ChangedMeanwhile, NotAllowed, NotNow, Refused
from dashboards.evaluation.models import Decision, Evaluation, Signature, Status, Submission
from dashboards.evaluation.writing import missing
from notices import services as notices

LINE: Final = "publication"
_LONGEST: Final = 2_000


def path_of(evaluation_id: int, /) -> str:
    return reverse("admin:dashboards_evaluation_change", args=[evaluation_id])


def last_submission(evaluation: Evaluation) -> Submission | None:
    rows = Submission.objects.filter(evaluation=evaluation).select_related("by__team")
    return rows.order_by("-number").first()


def waiting(evaluation: Evaluation) -> Signature | None:
    """The step that is to be decided now."""
    rows = Signature.objects.filter(submission__evaluation=evaluation, decision=Decision.WAITING)
    return rows.select_related(
        "approver__team", "acting_for", "submission__by__team", "submission__evaluation"
    ).first()


@transaction.atomic
def submit(*, evaluation_id: int, by: StaffMember, now: datetime) -> Submission:
    """Freeze figures and words, and lay them before the first of the line.

    Refused, with everything that is missing, where it is not complete; NotNow where it was laid
    before already.
    """
    require(by, "write_evaluation")
    evaluation = lock(evaluation_id)
    if evaluation.status != Status.DRAFT:
        raise NotNow("이미 결재를 올렸습니다.")
    left = missing(evaluation, now=now)
    if left:
        raise Refused(
            " ".join(sentence for _field, sentence in left[:3])
            + (f" 그 밖에 {len(left) - 3}곳이 더 있습니다." if len(left) > 3 else ""),
            field=left[0][0],
        )
    before = last_submission(evaluation)
    remarks = evaluation.remarks.select_related("owner__team")
    made = Submission.objects.create(
        evaluation=evaluation,
        number=before.number + 1 if before else 1,
        at=now,
        by=by,
        document=sheet.document_of(evaluation, remarks, now=now),
    )
    change(evaluation, was=Status.DRAFT, status=Status.APPROVING, returned="")
    _ask(made, evaluation, place=1, now=now)
    record(evaluation, "evaluation-submitted", by=by, now=now)
    notices.nudge()
    return made


def _without(submission: Submission) -> frozenset[int]:
    """Who never signs this one: who laid it before the line, and who wrote it last."""
    return frozenset({submission.by_id, submission.evaluation.saved_by_id})


def _ask(
    submission: Submission,
    evaluation: Evaluation,
    *,
    place: int,
    now: datetime,
    also_without: Collection[int] = (),
) -> Signature:
    line = centre_queries.approval_line(LINE)
    step = next((one for one in line if one.place >= place), None)
    without = _without(submission) | frozenset(also_without)
    chosen = _approver(step, submission, without=without, now=now)
    while not centre_queries.hold(chosen.person.pk, at=now):  # he left at this very moment
        chosen = _approver(step, submission, without=without | {chosen.person.pk}, now=now)
    try:
        with transaction.atomic():
            made = Signature.objects.create(
                submission=submission,
                place=step.place if step else place,
                approver=chosen.person,
                acting_for=chosen.acting_for,
                asked_at=now,
            )
    except IntegrityError:
        raise ChangedMeanwhile("이미 결재를 기다리고 있습니다.") from None
    _tell(evaluation, [chosen.person], "evaluation-asked", key=f"asked:{made.pk}", now=now)
    return made


def _approver(
    step: ApprovalStep | None,
    submission: Submission,
    *,
    without: frozenset[int],
    now: datetime,
) -> Approver:
    """Who signs; without a line the director, else the secretary general. NotNow where nobody can."""
    if step is not None:
        found = centre_queries.approver(step, team=submission.by.team, at=now, without=without)
        if found is not None:
            return found
    here = centre_queries.present_people(at=now)
    above = [
        person
        for position in (Position.DIRECTOR, Position.SECRETARY_GENERAL)
        for person in centre_queries.people_in(position, at=now).select_related("team", "user")
        if person.pk not in without
    ]
    above.sort(key=lambda person: person.pk not in here)
    if not above:
        raise NotNow("결재할 수 있는 사람이 없습니다. 결재선을 고치거나 다른 사람이 올려 주십시오.")
    return Approver(above[0])


# --- decisions ------------------------------------------------------------------------------------


def _decide(
    signature_id: int, *, decision: str, comment: str, by: StaffMember, now: datetime
) -> tuple[Evaluation, Signature]:
    found = Signature.objects.select_related("submission").filter(pk=signature_id).first()
    if found is None or found.approver_id != by.pk:
        raise NotAllowed("결재는 결재자로 지정된 사람만 할 수 있습니다.")
    evaluation = lock(found.submission.evaluation_id)
    won = Signature.objects.filter(pk=signature_id, decision=Decision.WAITING).update(
        decision=decision, decided_at=now, comment=comment
    )
    if not won:
        raise ChangedMeanwhile("이미 정해진 결재입니다. 화면을 새로 고쳐 확인해 주십시오.")
    _need_not_be_told(evaluation, found, now=now)
    found = Signature.objects.select_related("submission__by__team", "submission__evaluation").get(
        pk=signature_id
    )
    return evaluation, found


@transaction.atomic
def approve(*, signature_id: int, by: StaffMember, now: datetime, comment: str = "") -> Evaluation:
    """Sign; with the last signature of the line it can be published."""
    note = words(comment, field="comment", longest=_LONGEST)
    evaluation, signed = _decide(
        signature_id, decision=Decision.APPROVED, comment=note, by=by, now=now
    )
    record(evaluation, "evaluation-approved", by=by, now=now, data={"place": signed.place})
    line = centre_queries.approval_line(LINE)
    if any(step.place > signed.place for step in line):
        _ask(
            signed.submission,
            evaluation,
            place=signed.place + 1,
            now=now,
            also_without=_signed_by(signed.submission),
        )
    else:
        change(evaluation, was=Status.APPROVING, status=Status.APPROVED)
        people = [signed.submission.by, *_publishers(now=now)]
        _tell(evaluation, people, "evaluation-approved", key=f"approved:{signed.pk}", now=now)
    notices.nudge()
    return evaluation


def _signed_by(submission: Submission) -> set[int]:
    rows = submission.signatures.filter(decision=Decision.APPROVED)
    return set(rows.values_list("approver_id", flat=True))


def _publishers(*, now: datetime) -> list[StaffMember]:
    """Who may publish: the managers, deputies of nobody."""
    rows = centre_queries.present(at=now).filter(user__role_grants__role=Role.MANAGER)
    return list(rows.select_related("team", "user").distinct())


@transaction.atomic
def send_back(*, signature_id: int, comment: str, by: StaffMember, now: datetime) -> Evaluation:
    """Refuse it with a reason; it is written on, and laid before the line anew."""
    note = words(
        comment, field="comment", required="무엇을 고칠지 적어 주십시오.", longest=_LONGEST
    )
    evaluation, signed = _decide(
        signature_id, decision=Decision.RETURNED, comment=note, by=by, now=now
    )
    change(evaluation, was=Status.APPROVING, status=Status.DRAFT, returned=f"{by}: {note}")
    record(evaluation, "evaluation-returned", by=by, now=now, text=note)
    _tell(
        evaluation,
        [signed.submission.by],
        "evaluation-returned",
        key=f"returned:{signed.pk}",
        now=now,
        comment=note,
    )
    notices.nudge()
    return evaluation


def may_take_back(evaluation: Evaluation, person: StaffMember) -> bool:
    """Whoever laid it before the approvers, and who publishes: others would void their signatures."""
    if may(person.user, "publish_evaluation"):
        return True
    submission = last_submission(evaluation)
    return submission is not None and submission.by_id == person.pk


@transaction.atomic
def take_back(*, evaluation_id: int, reason: str, by: StaffMember, now: datetime) -> Evaluation:
    """Write on, although it waits or is approved: the signatures are void, a new round begins."""
    require(by, "write_evaluation")
    why = words(reason, field="reason", required="왜 거두는지 적어 주십시오.", longest=_LONGEST)
    evaluation = lock(evaluation_id)
    if evaluation.status not in {Status.APPROVING, Status.APPROVED}:
        raise NotNow("결재를 올린 평가만 거둘 수 있습니다.")
    if not may_take_back(evaluation, by):
        raise NotAllowed("결재를 올린 분이나 관리자만 거둘 수 있습니다.")
    asked = waiting(evaluation)
    if asked is not None:
        _drop(asked, evaluation, now=now)
    change(evaluation, was=evaluation.status, status=Status.DRAFT, returned=f"{by}: {why}")
    record(evaluation, "evaluation-taken-back", by=by, now=now, text=why)
    return evaluation


@transaction.atomic
def pass_on(*, evaluation_id: int, by: StaffMember, now: datetime) -> Signature:
    """Ask somebody else, where whoever was asked is away or has left."""
    require(by, "write_evaluation")
    evaluation = lock(evaluation_id)
    asked = waiting(evaluation)
    if asked is None:
        raise NotNow("결재를 기다리고 있지 않습니다.")
    if centre_queries.is_present(asked.approver, at=now):
        raise NotNow(f"{asked.approver}님이 자리에 있습니다. 부재 중일 때만 바꿀 수 있습니다.")
    _drop(asked, evaluation, now=now)
    made = _ask(
        asked.submission,
        evaluation,
        place=asked.place,
        now=now,
        also_without=_signed_by(asked.submission) | {asked.approver_id},
    )
    record(evaluation, "evaluation-passed-on", by=by, now=now)
    notices.nudge()
    return made


def _drop(asked: Signature, evaluation: Evaluation, *, now: datetime) -> None:
    won = Signature.objects.filter(pk=asked.pk, decision=Decision.WAITING).update(
        decision=Decision.DROPPED, decided_at=now
    )
    if not won:
        raise ChangedMeanwhile("방금 결재가 정해졌습니다. 화면을 새로 고쳐 확인해 주십시오.")
    _need_not_be_told(evaluation, asked, now=now)


# --- telling --------------------------------------------------------------------------------------


def _tell(
    evaluation: Evaluation,
    people: Collection[StaffMember],
    template: str,
    *,
    key: str,
    now: datetime,
    **context: str,
) -> None:
    once = {person.pk: person for person in people if person.left_on is None}
    items = [
        notices.Owed(
            key=f"evaluation:{evaluation.pk}:{key}:{pk}",
            template=template,
            subject_type=SUBJECT,
            subject_id=evaluation.pk,
            to=notices.Person(person),
            context={
                "year": str(evaluation.year),
                "at": korean_instant(now),
                "link": f"{settings.SITE_URL}{path_of(evaluation.pk)}",
                **context,
            },
        )
        for pk, person in once.items()
    ]
    notices.owe_many(items, now=now)


def _need_not_be_told(evaluation: Evaluation, asked: Signature, *, now: datetime) -> None:
    notices.cancel(
        subject_type=SUBJECT,
        subject_id=evaluation.pk,
        templates=None,
        now=now,
        keys_with=f":asked:{asked.pk}:",
    )
