"""What every verb does: lock, check, change, record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from centre.models import StaffMember
from centre.rights import may
from complaints.texts import refusal
from education.errors import NotAllowed, NotFound, Refused
from education.models import Course
from education.queries import COURSE, may_see_participants
from records import services as records
from records.actors import CITIZEN, Actor
from records.personal import clean_text, find_resident_number

LONGEST_TOKEN = 64


def actor(person: StaffMember) -> Actor:
    return Actor.staff(person.user_id, str(person))


def actor_or_citizen(person: StaffMember | None) -> Actor:
    return CITIZEN if person is None else actor(person)


def require(person: StaffMember, right: str) -> None:
    if not may(person.user, right):
        raise NotAllowed


def require_participants(person: StaffMember, course: Course) -> None:
    if not may_see_participants(person.user, course):
        raise NotAllowed("이 교육의 신청자는 맡은 팀과 관리자만 볼 수 있습니다.")


def record(
    course: Course,
    kind: str,
    *,
    at: datetime,
    by: Actor,
    now: datetime | None = None,
    text: str = "",
    key: str | None = None,
    **data: Any,
) -> bool:
    """One event of the course; ``data`` holds no personal data."""
    event = records.record(
        subject_type=COURSE,
        subject_id=course.pk,
        kind=kind,
        at=at,
        recorded_at=now or at,
        by=by,
        text=text,
        data=data,
        key=f"course:{course.pk}:{key}" if key else None,
    )
    return event is not None


def words(text: str, *, field: str, required: str = "", longest: int = 200) -> str:
    """Text typed by a person, made clean; Refused where missing, too long or forbidden."""
    cleaned = clean_text(text).strip()
    if required and not cleaned:
        raise Refused(required, field=field)
    if len(cleaned) > longest:
        raise Refused(
            f"{longest:,}자까지 쓸 수 있습니다. 지금은 {len(cleaned):,}자입니다.", field=field
        )
    if find_resident_number(cleaned):
        raise Refused(refusal("resident_number"), field=field)
    return cleaned


def token(form_token: str) -> str:
    """What makes a form count once."""
    if not 8 <= len(form_token) <= LONGEST_TOKEN:
        raise Refused("화면을 새로 고친 뒤 다시 눌러 주십시오.")
    return form_token


def lock(course_id: int) -> Course:
    """The course, held until the transaction ends: places are counted under this lock only."""
    rows = Course.objects.select_for_update(of=("self",)).select_related(
        "team", "handler__team", "handler__user"
    )
    course = rows.filter(pk=course_id).first()
    if course is None:
        raise NotFound
    return course


def change(course: Course, **values: Any) -> Course:
    """Write these fields of a course that is locked."""
    for name, value in values.items():
        setattr(course, name, value)
    course.save(update_fields=list(values))
    return course
