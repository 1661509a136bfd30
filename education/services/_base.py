"""What every verb does: lock, check, change, record."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from centre.models import StaffMember
from centre.rights import may
from complaints import typed
from education.errors import NotAllowed, NotFound, Refused
from education.models import Course
from education.queries import COURSE, may_see_participants
from records import services as records
from records.actors import CITIZEN, Actor


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


#: Text typed by a person, made clean; Refused where missing, too long or forbidden.
words = partial(typed.words, refused=Refused, longest=200)


#: What makes a form count once; Refused where it is none.
token = partial(typed.token, refused=Refused)


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
