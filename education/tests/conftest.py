"""The demo centre, and shorthands for courses and those who come."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from centre.models import StaffMember
from complaints.tests.conftest import demo_centre, person, seoul
from education import services
from education.models import Course, Enrolment
from education.queries import CODE, COURSE
from education.services import Enrolled, NewEnrolment, Plan, Times
from standards.models import Commitment

__all__ = ["demo_centre", "person"]

#: A Wednesday in an ordinary week.
MORNING = seoul("2026-09-09 10:00")
_tokens = itertools.count(1)


def a_token() -> str:
    return f"form-{next(_tokens):08d}"


def times(*spans: str) -> list[Times]:
    """``2026-10-07 10:00-17:00`` in Seoul."""
    found = []
    for span in spans:
        day, hours = span.split(" ")
        start, end = hours.split("-")
        found.append(Times(seoul(f"{day} {start}"), seoul(f"{day} {end}")))
    return found


def a_plan(handler: StaffMember, *spans: str, **values: Any) -> Plan:
    given: dict[str, Any] = {
        "title": "마음을 여는 상담과 응대",
        "handler_id": handler.pk,
        "text": "화난 분의 말씀을 듣는 법을 연습합니다.",
        "audience": "센터·활동처 담당자",
        "place": "소회의실",
        "hours": Decimal(6),
        "capacity": 3,
        "sessions": times(*spans),
    } | values
    return Plan(**given)


@pytest.fixture
def planner(person: Callable[[str], StaffMember]) -> StaffMember:
    """Who plans courses: a handler of the education team."""
    return person("cha.mj")


@pytest.fixture
def draft(planner: StaffMember) -> Callable[..., Course]:
    """A draft, complete but for being announced."""

    def do(*spans: str, now: datetime = MORNING, **values: Any) -> Course:
        return services.create_course(
            form_token=values.pop("form_token", None) or a_token(),
            plan=a_plan(planner, *(spans or ("2026-10-07 10:00-17:00",)), **values),
            by=planner,
            now=now,
        )

    return do


@pytest.fixture
def announced(draft: Callable[..., Course], planner: StaffMember) -> Callable[..., Course]:
    """An announced course that takes enrolments; by default four weeks ahead."""

    def do(*spans: str, now: datetime = MORNING, reason: str = "", **values: Any) -> Course:
        course = draft(*spans, now=now, **values)
        services.announce(course_id=course.pk, by=planner, now=now, reason=reason)
        return fresh(course)

    return do


def come(
    course: Course, who: str = "", *, now: datetime = MORNING + timedelta(hours=1), **values: Any
) -> Enrolled:
    """Somebody enrols on the page."""
    number = next(_tokens)
    token = values.pop("form_token", None) or a_token()
    by = values.pop("by", None)
    given: dict[str, Any] = {
        "name": "김하람",
        "email": who or f"guest{number}@example.com",
        "consent_version": "course-2026-1",
        "age_confirmed": True,
    } | values
    return services.enrol(
        course_id=course.pk,
        form_token=token,
        new=NewEnrolment(**given),
        now=now,
        by=by,
        address="192.0.2.1",
    )


def fresh(course: Course) -> Course:
    return Course.objects.select_related("team", "handler__team").get(pk=course.pk)


def again(enrolment: Enrolment) -> Enrolment:
    return Enrolment.objects.get(pk=enrolment.pk)


def promises(course: Course) -> list[tuple[str, str]]:
    """State and first due date of each promise of a course, in the order they were made."""
    rows = Commitment.objects.filter(subject_type=COURSE, subject_id=course.pk, code=CODE)
    return [(row.state, f"{row.first_due_at:%Y-%m-%d %H:%M}") for row in rows.order_by("pk")]


def states(course: Course) -> list[str]:
    return [state for state, _due in promises(course)]
