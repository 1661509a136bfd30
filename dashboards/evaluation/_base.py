"""What every verb does: check the right, lock, clean what was typed, record."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db.models import F

from centre.models import StaffMember
from centre.rights import may
from complaints import typed
from dashboards.evaluation.errors import ChangedMeanwhile, NotAllowed, NotNow, Refused
from dashboards.evaluation.models import Evaluation
from records import services as records
from records.actors import Actor

SUBJECT: Final = "evaluation"
LONGEST: Final = 5_000

words = partial(typed.words, refused=Refused)


def actor(person: StaffMember) -> Actor:
    return Actor.staff(person.user_id, str(person))


def require(person: StaffMember, right: str) -> None:
    if not may(person.user, right):
        raise NotAllowed("이 일을 할 수 있는 권한이 없습니다.")


def lock(evaluation_id: int) -> Evaluation:
    """The evaluation, held until the transaction ends."""
    rows = Evaluation.objects.select_for_update(of=("self",)).select_related("saved_by__team")
    found = rows.filter(pk=evaluation_id).first()
    if found is None:
        raise NotNow("그 평가를 찾을 수 없습니다. 목록에서 다시 골라 주십시오.")
    return found


def change(evaluation: Evaluation, *, was: str, **values: Any) -> None:
    """Write if it still is in this state and nobody wrote since it was read; else ChangedMeanwhile."""
    mine = Evaluation.objects.filter(pk=evaluation.pk, status=was, version=evaluation.version)
    if not mine.update(version=F("version") + 1, **values):
        raise ChangedMeanwhile(
            "그사이 다른 분이 바꾸었습니다. 화면을 새로 고쳐 다시 보아 주십시오."
        )
    evaluation.refresh_from_db()


def record(
    evaluation: Evaluation,
    kind: str,
    *,
    by: StaffMember,
    now: datetime,
    text: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    records.record(
        subject_type=SUBJECT,
        subject_id=evaluation.pk,
        kind=kind,
        at=now,
        recorded_at=now,
        by=actor(by),
        text=text,
        data={"year": evaluation.year, "number": evaluation.number, **(data or {})},
    )
