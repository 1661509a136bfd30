"""3차: a review of what was promised and not done. Never a caution by itself.

Whoever promised is heard first; then a manager decides with reason, and the line approves. Nothing
of it stands in the history of the case: a review has a history and notices of its own, which only
those concerned may see. The charter says who is cautioned; this says how.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from centre import options
from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.models import StaffMember
from centre.rights import may
from centre.words import korean_instant
from complaints import queries, registry
from complaints.errors import ChangedMeanwhile, NotAllowed, NotFound, NotNow
from complaints.models import (
    Complaint,
    CorrectiveAction,
    Finding,
    Review,
)
from complaints.services import putting_right, repeating
from complaints.services._base import actor, lock_for, words
from complaints.services.apologies import next_document_number
from complaints.services.putting_right import closing_of, title_of
from complaints.services.review_papers import (
    SUBJECT,
    addressee,
    manager_for,
    path,
    receipt_numbers,
    request_document,
    store_document,
    visible_to,
)
from notices import services as notices
from records import services as records
from records.actors import SYSTEM, Actor
from standards import services as standards
from standards.registry import StepDue

CODE = "stage-3"
HEARING = "statement"
Status = Review.Status
Trigger = Review.Trigger
OPEN = (Status.OPEN, Status.HEARING, Status.DECIDING, Status.APPROVING)


# --- its own record -----------------------------------------------------------------------------


def record_on(
    review: Review, kind: str, *, at: datetime, by: Actor, text: str = "", key: str | None = None
) -> None:
    records.record(
        subject_type=SUBJECT, subject_id=review.pk, kind=kind, at=at, by=by, text=text, key=key
    )


def tell(
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


def change_review(review: Review, *, was: Sequence[str], **values: object) -> None:
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
    record_on(review, "review-opened", at=now, by=by, key=f"review:{review.pk}:opened")
    tell(
        review,
        [manager_for(review)],
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
        change_review(review, was=[Status.OPEN], status=Status.DROPPED, decided_at=now)
        record_on(review, "review-dropped", at=now, by=SYSTEM)


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
    record_on(review, "review-reason", at=now, by=actor(by), text=why)
    notices.nudge()
    return review


# --- heard --------------------------------------------------------------------------------------


def lock_review(review_id: int, *, by: StaffMember, right: str = "review") -> Review:
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
    review = lock_review(review_id, by=by)
    text = words(facts, field="facts", required="확인된 사실을 적어 주십시오.", longest=5_000)
    if review.status != Status.OPEN:
        raise NotNow("이미 소명을 요청했습니다.")
    days = options.number("statement_days")
    until = closing_of(centre_queries.calendar().add_open_days(seoul_day(now), days))
    change_review(
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
        key=key_of(review, HEARING),
        subject_type=SUBJECT,
        subject_id=review.pk,
        started_at=now,
        due_at=until,
        now=now,
    )
    record_on(review, "statement-asked", at=now, by=actor(by), text=text)
    store_document(
        request_document(review), review, name=f"소명 요청서 {review.request_number}.pdf", now=now
    )
    tell(
        review,
        [addressee(review, now=now)],
        "statement-request",
        now=now,
        context={"statement_until": korean_instant(until)},
    )
    notices.nudge()
    return review


def key_of(review: Review, code: str) -> str:
    return f"review:{review.pk}:{code}"


@transaction.atomic
def give_statement(
    *, review_id: int, text: str, by: StaffMember, now: datetime, refused: bool = False
) -> Review:
    """소명 쓰기, or the wish to say nothing; only by whoever was asked."""
    review = lock_review(review_id, by=by, right="")
    asked = addressee(review, now=now)
    if asked is None or asked.pk != by.pk:
        raise NotAllowed("소명은 요청받은 사람만 쓸 수 있습니다.")
    if review.status != Status.HEARING:
        raise NotNow("지금은 소명을 받고 있지 않습니다.")
    said = words(text, field="text", required="" if refused else "살펴야 할 사정을 적어 주십시오.")
    change_review(
        review,
        was=[Status.HEARING],
        statement=said,
        statement_at=now,
        refused=refused,
        status=Status.DECIDING,
    )
    standards.fulfil(key=key_of(review, HEARING), at=now, now=now)
    record_on(review, "statement-given", at=now, by=actor(by))
    outcome = "소명하지 않겠다고 하였습니다." if refused else "소명이 들어왔습니다."
    _begin_deciding(review, outcome, at=now, now=now)
    return review


def _begin_deciding(review: Review, outcome: str, *, at: datetime, now: datetime) -> None:
    """From here three working days run in which a manager decides (charter, 3차)."""
    promise = standards.open_commitment(
        code=CODE,
        key=key_of(review, CODE),
        subject_type=SUBJECT,
        subject_id=review.pk,
        started_at=at,
        now=now,
    )
    tell(
        review,
        [manager_for(review)],
        "statement-arrived",
        now=now,
        context={"decide_by": korean_instant(promise.due_at), "outcome": outcome},
    )


@transaction.atomic
def drop_review(*, review_id: int, reason: str, by: StaffMember, now: datetime) -> Review:
    """Nothing to review after all, says a manager with a reason, before anybody was asked."""
    review = lock_review(review_id, by=by)
    why = words(
        reason, field="reason", required="심의하지 않는 까닭을 적어 주십시오.", longest=2_000
    )
    if review.status != Status.OPEN:
        raise NotNow("소명을 요청한 뒤에는 정해야 합니다.")
    change_review(review, was=[Status.OPEN], status=Status.DROPPED, decided_at=now)
    record_on(review, "review-dropped", at=now, by=actor(by), text=why)
    return review


# --- the sweep ----------------------------------------------------------------------------------


def take_steps(steps: Sequence[StepDue], *, now: datetime) -> None:
    """Steps of reviews: a hearing whose date passed, a decision that is due or late."""
    for step in steps:
        review = Review.objects.select_related("complaint", "person", "team", "finding").get(
            pk=step.commitment.subject_id
        )
        code, name = step.commitment.code, step.name
        if code == HEARING and review.status == Status.HEARING:
            change_review(review, was=[Status.HEARING], status=Status.DECIDING)
            record_on(
                review,
                "statement-lapsed",
                at=step.at,
                by=SYSTEM,
                key=f"{step.commitment.key}:lapsed",
            )
            _begin_deciding(review, "기한까지 소명이 없었습니다.", at=step.at, now=now)
        elif code == CODE and review.status in OPEN:
            late = name == "missed"
            tell(
                review,
                [manager_for(review)],
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
