"""The 20 days (헌장 L18): one promise a course, counted anew for another date."""

from __future__ import annotations

from datetime import datetime

from education.models import Course
from education.queries import CODE, COURSE, notice_key, notice_key_of
from education.services._base import change
from standards import queries as standards_queries
from standards import services as standards
from standards.models import Commitment
from standards.setting_aside import set_aside

MOVED = "일정이 바뀌어 다시 셈"
CANCELLED = "폐강"


def promise_of(course: Course) -> Commitment | None:
    return standards_queries.find(notice_key(course))


def plan_promise(course: Course, *, now: datetime) -> None:
    """A draft has a date: promise to announce it in time.

    Where that is too late already nothing runs: a date typed wrongly is no miss before anybody was
    told. Announcing it all the same is one.
    """
    if course.starts_at is None:
        return
    if now < standards.due_for_code(CODE, course.starts_at).instant:
        open_promise(course, now=now)


def open_promise(course: Course, *, now: datetime) -> Commitment:
    if course.starts_at is None:
        raise ValueError("a promise of 20 days needs a start")
    return standards.open_commitment(
        code=CODE,
        key=notice_key(course),
        subject_type=COURSE,
        subject_id=course.pk,
        started_at=course.starts_at,
        now=now,
        team=course.team,
    )


def promise_anew(course: Course, *, now: datetime) -> bool:
    """Put the promise of the former date aside, so that the new one is counted instead.

    The row of the former date keeps what was promised first. A miss stays the case of this course
    (False): no other date makes up for it.
    """
    old = promise_of(course)
    if old is None:
        return True
    if not set_aside(key=old.key, why=MOVED, now=now):
        return False
    change(course, round=course.round + 1)
    return True


def drop_promise(course: Course, *, now: datetime) -> None:
    """폐강은 따로 셈; what was missed before stays missed."""
    set_aside(key=notice_key(course), why=CANCELLED, now=now)


def keep_promise(course_id: int, turn: int, *, at: datetime, now: datetime) -> None:
    """Told, and enrolment open, at ``at``."""
    standards.fulfil(key=notice_key_of(course_id, turn), at=at, now=now)
