"""A real course, from its attendance list to the promise kept: the two rooms know one another only
through what ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from complaints.tests.conftest import seoul
from education import services as education
from education.tests.conftest import announced, come, draft, fresh, planner
from notices.models import Notice
from notices.services import deliver
from standards.models import Commitment
from surveys import services
from surveys.models import Invitation, Response, Survey
from surveys.queries import course_key
from surveys.tests.conftest import NEEDED, answered

__all__ = ["announced", "draft", "planner"]
pytestmark = pytest.mark.usefixtures("demo_centre")
AFTER = seoul("2026-10-08 16:00")


def test_who_attended_is_asked_and_the_promise_is_kept(
    announced: Callable[..., Any], planner: Any, manager: Any
) -> None:
    model = services.create_survey(kind="course", by=manager, now=seoul("2026-09-01 09:00"))
    services.open_survey(survey_id=model.pk, by=manager, now=seoul("2026-09-01 09:00"))
    course = announced("2026-10-07 10:00-15:00", "2026-10-08 10:00-15:00", capacity=3)
    people = [come(course).enrolment for _ in range(3)]
    education.follow(now=AFTER)
    course = fresh(course)
    assert services.invite_courses(now=AFTER) == 0  # nobody knows yet who was there
    first, second = course.sessions.all()
    marks = {(one.pk, day.pk): 300 for one in people[:2] for day in (first, second)}
    marks |= {(people[2].pk, day.pk): 0 for day in (first, second)}
    education.write_attendance(course_id=course.pk, marks=marks, by=planner, now=AFTER)
    later = AFTER + timedelta(hours=1)
    assert services.invite_courses(now=later) == 2
    survey = Survey.objects.get(subject_type="course", subject_id=course.pk)
    assert (survey.title, survey.team_id) == (f"교육 만족도: {course.title}", course.team_id)
    assert {row.address for row in Invitation.objects.all()} == {one.email for one in people[:2]}
    assert Notice.objects.filter(template="survey-course").count() == 2
    promise = Commitment.objects.get(key=course_key(course.pk))
    assert promise.started_at == seoul("2026-10-08 15:00")
    assert promise.due_at == seoul("2026-10-22 18:00")
    deliver(now=later)
    promise.refresh_from_db()
    assert promise.state == "kept"
    for row in Invitation.objects.all():
        answered(survey, NEEDED["course"], invitation=row, now=later + timedelta(days=1))
    assert set(Response.objects.values_list("subject_id", flat=True)) == {course.pk}
    services.follow_times(now=later + timedelta(days=15))
    survey.refresh_from_db()
    assert survey.status == "closed"
    assert Commitment.objects.filter(key=f"survey:{survey.pk}:published").exists()
