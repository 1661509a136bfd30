"""What every verb does: check, lock, record."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from centre.models import StaffMember
from centre.rights import may
from complaints import typed
from records import services as records
from records.actors import SYSTEM, Actor
from surveys.errors import NotAllowed, NotNow, Refused
from surveys.models import Status, Survey
from surveys.queries import SURVEY


def actor(person: StaffMember | None) -> Actor:
    return SYSTEM if person is None else Actor.staff(person.user_id, str(person))


def require(person: StaffMember, right: str = "edit_surveys") -> None:
    if not may(person.user, right):
        raise NotAllowed


def record(
    survey: Survey,
    kind: str,
    *,
    at: datetime,
    now: datetime,
    by: StaffMember | None = None,
    data: dict[str, Any] | None = None,
    key: str | None = None,
) -> None:
    """An event of the survey as a whole. Never one of an answer: it would say when that came."""
    records.record(
        subject_type=SURVEY,
        subject_id=survey.pk,
        kind=kind,
        at=at,
        recorded_at=now,
        by=actor(by),
        data=data or {},
        key=key,
    )


#: Text typed by a person, made clean; Refused where missing, too long or forbidden.
words = partial(typed.words, refused=Refused, longest=300)


def lock(survey_id: int) -> Survey:
    """The survey, held until the transaction ends."""
    found = Survey.objects.select_for_update().filter(pk=survey_id).first()
    if found is None:
        raise NotNow("그 설문을 찾을 수 없습니다. 목록에서 다시 골라 주십시오.")
    return found


def lock_to_change(survey_id: int) -> Survey:
    """The survey, if its questions may still be changed."""
    survey = lock(survey_id)
    if survey.frozen:
        raise NotNow(
            "이미 답하신 분이 있어 문항을 바꿀 수 없습니다. ‘새 판 만들기’를 눌러 새 판에서 바꿔 주십시오."
        )
    if survey.status not in {Status.DRAFT, Status.OPEN}:
        raise NotNow("이미 마친 설문입니다. ‘새 판 만들기’를 눌러 주십시오.")
    return survey
