"""What the sweep's steps mean for a course, and the fact that decides kept or missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings

from centre import queries as centre_queries
from centre.calendar import SEOUL, seoul_day
from centre.models import StaffMember
from education.models import Announcement, Course, CourseState
from education.queries import COURSE, announce_by, notice_key_of, parts_of, staff_path
from notices import services as notices
from records.actors import SYSTEM
from records.services import NewEvent, record_many
from standards.registry import StepDue
from standards.steps import Step

TEMPLATES = {Step.THREE_DAYS: "course-announce-soon", Step.MISSED: "course-announce-missed"}


def take_steps(steps: Sequence[StepDue], *, now: datetime) -> None:
    """Three days ahead, and when it is too late: who plans the course and the lead are told."""
    ids = {step.commitment.subject_id for step in steps}
    rows = Course.objects.filter(pk__in=ids).select_related(
        "handler__team", "handler__user", "team"
    )
    courses = {course.pk: course for course in rows}
    leads = {
        team.pk: centre_queries.team_lead(team, at=now)
        for team in {course.team_id: course.team for course in courses.values()}.values()
    }
    owed: list[notices.Owed] = []
    events: list[NewEvent] = []
    for step in steps:
        course = courses.get(step.commitment.subject_id)
        template = TEMPLATES.get(step.name)
        if course is None or template is None or course.state != CourseState.DRAFT:
            continue
        if step.name == Step.THREE_DAYS and now >= step.commitment.due_at:
            continue  # too late to say "three days": the miss is told next
        owed += _tell(course, [course.handler, leads[course.team_id]], template, step)
        events.append(_told(course, template, step, now=now))
    record_many(events)
    notices.owe_many(owed, now=now)


def _tell(
    course: Course, people: Iterable[StaffMember | None], template: str, step: StepDue
) -> list[notices.Owed]:
    due = step.commitment.due_at
    return [
        notices.Owed(
            key=f"{step.commitment.key}:{template}:{person.pk}:{due.astimezone(SEOUL):%Y%m%d}",
            template=template,
            subject_type=COURSE,
            subject_id=course.pk,
            to=notices.Person(person),
            context={
                "course_title": course.title,
                "announce_by": announce_by(step.commitment.started_at),
                "link": f"{settings.SITE_URL}{staff_path(course.pk)}",
            },
            hours="any" if step.name == Step.MISSED else "opening",
        )
        for person in {one.pk: one for one in people if one is not None}.values()
    ]


def _told(course: Course, template: str, step: StepDue, *, now: datetime) -> NewEvent:
    return NewEvent(
        subject_type=COURSE,
        subject_id=course.pk,
        kind=template,
        at=step.at,
        recorded_at=now,
        by=SYSTEM,
        key=f"{step.commitment.key}:{template}:{seoul_day(step.commitment.due_at)}",
    )


def notice_facts(keys: Sequence[str]) -> dict[str, datetime]:
    """When the public was told and enrolment was open, for those of which it is known."""
    ids = {parts_of(key)[0] for key in keys}
    rows = Announcement.objects.filter(course__in=ids, counted=True).order_by("at", "pk")
    found: dict[str, datetime] = {}
    for row in rows:
        found.setdefault(notice_key_of(row.course_id, row.round), row.counts_at)
    return {key: found[key] for key in keys if key in found}
