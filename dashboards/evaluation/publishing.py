"""Publishing keeps the promise of a yearly evaluation, and its actions become improvements.

One truth: that it was published is entered as evidence (`standards.evidence.entering`), as
everything else that no case measures; each action becomes an improvement with owner and date, and
is finished there.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from centre.calendar import seoul_day
from centre.models import StaffMember
from centre.words import korean_day
from dashboards.evaluation._base import change, lock, record, require
from dashboards.evaluation.approving import last_submission
from dashboards.evaluation.errors import ChangedMeanwhile, NotNow, Refused
from dashboards.evaluation.models import (
    Decision,
    Edition,
    Evaluation,
    Status,
    Submission,
)
from standards.evidence import duties
from standards.evidence.entering import Entry, enter
from standards.models import Duty, Kind

_SPACE: Final = uuid.UUID("1d7a43c5-7a0f-4b53-9d57-6a5f7b9b1c6e")


def public_path(year: int, number: int | None = None) -> str:
    if number is None:
        return reverse("evaluation", args=[year])
    return reverse("evaluation-edition", args=[year, number])


@transaction.atomic
def publish(*, evaluation_id: int, by: StaffMember, now: datetime) -> Edition:
    """Show to everybody what was approved; once, however often the button is pressed.

    Refused where an action can no longer be promised (its day has passed, its owner has left).
    """
    require(by, "publish_evaluation")
    evaluation = lock(evaluation_id)
    submission = last_submission(evaluation)
    if evaluation.status == Status.PUBLISHED and submission is not None:
        return Edition.objects.get(submission=submission)
    if evaluation.status != Status.APPROVED or submission is None:
        raise NotNow("결재를 마친 평가만 공개할 수 있습니다.")
    change(evaluation, was=Status.APPROVED, status=Status.PUBLISHED)
    try:
        with transaction.atomic():
            edition = Edition.objects.create(
                year=evaluation.year,
                number=evaluation.number,
                submission=submission,
                published_at=now,
                published_by=by,
                why=evaluation.why,
                signed=_signed(submission),
            )
    except IntegrityError:
        raise ChangedMeanwhile("방금 다른 분이 공개했습니다. 화면을 새로 고쳐 주십시오.") from None
    _promise_actions(evaluation, by=by, now=now)
    _keep_promise(evaluation, by=by, now=now)
    record(evaluation, "evaluation-published", by=by, now=now)
    return edition


def _signed(submission: Submission) -> list[dict[str, Any]]:
    """The approval row as it is printed: who drafted, who signed, when, and for whom."""
    rows = submission.signatures.filter(decision=Decision.APPROVED).select_related(
        "approver", "acting_for"
    )
    boxes = [_box("기안", submission.by, submission.at)]
    for row in rows.order_by("place", "pk"):
        holder = row.acting_for or row.approver
        place = holder.title or holder.get_position_display()
        assert row.decided_at is not None  # noqa: S101 - it was decided
        box = _box(place, row.approver, row.decided_at)
        boxes.append(box | {"acting": row.acting_for_id is not None})
    return boxes


def _box(place: str, person: StaffMember, at: datetime) -> dict[str, Any]:
    day = seoul_day(at)
    return {
        "place": place,
        "name": person.name,
        "on": f"{day.year}. {day.month}. {day.day}.",
        "acting": False,
    }


# --- what follows ---------------------------------------------------------------------------------


def _promise_actions(evaluation: Evaluation, *, by: StaffMember, now: datetime) -> None:
    """Each action that is not promised yet becomes an improvement with its owner and first date."""
    rows = evaluation.remarks.filter(duty=None).exclude(action="").select_related("owner")
    for remark in rows.order_by("pk"):
        if remark.owner_id is None or remark.due_on is None:
            raise NotNow("조치를 맡을 사람과 날짜가 없습니다. 거두어 고쳐 주십시오.")
        try:
            remark.duty = duties.plan_improvement(
                title=remark.action,
                source="evaluation",
                owner_id=remark.owner_id,
                due_on=remark.due_on,
                form_token=_token(f"{evaluation.pk}:{remark.code}"),
                by=by,
                now=now,
            )
        except Refused as refused:
            raise NotNow(
                f"‘{remark.action}’의 조치를 약속할 수 없습니다. {refused} "
                "‘거두어 고치기’로 고친 뒤 다시 올려 주십시오."
            ) from refused
        remark.save(update_fields=["duty"])


def _token(name: str) -> str:
    """The same for the same action, so that it is promised once."""
    return uuid.uuid5(_SPACE, name).hex


def duty_of(year: int) -> Duty | None:
    """The duty to publish the evaluation of a year: it was opened the year after."""
    rows = Duty.objects.filter(kind=Kind.EVALUATION, period=str(year + 1), dropped_at=None)
    return rows.order_by("pk").first()


def _keep_promise(evaluation: Evaluation, *, by: StaffMember, now: datetime) -> None:
    """Enter the evidence, unless the promise was kept before (an earlier edition, another place)."""
    duty = duty_of(evaluation.year)
    if duty is None or duty.done_at is not None:
        return
    link = f"{settings.SITE_URL}{public_path(evaluation.year, evaluation.number)}"
    entry = Entry(
        kind=Kind.EVALUATION,
        happened_at=now,
        duty_id=duty.pk,
        what=f"누리집에 공개함({korean_day(seoul_day(now))}, {evaluation.number}판)",
        link=link,
    )
    enter(entries=[entry], form_token=_token(f"published:{evaluation.pk}"), by=by, now=now)
