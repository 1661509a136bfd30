"""The promises about surveys: one a year, one a course, each published; and the facts of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Max

from centre import options
from centre import queries as centre_queries
from centre.calendar import SEOUL
from centre.models import Position, StaffMember
from notices import services as notices
from records.actors import SYSTEM
from records.services import NewEvent, record_many
from standards import services as standards
from standards.models import Commitment
from standards.occasions import Occasion
from standards.registry import StepDue
from standards.steps import Step
from surveys.models import Invitation, Kind, Survey
from surveys.queries import (
    COURSE,
    SURVEY,
    YEAR,
    annual_key,
    course_key,
    published_key,
    staff_path,
    year_of,
)

ANNUAL: Final = "annual-survey"
PUBLISHED: Final = "survey-published"
COURSE_SURVEY: Final = "course-survey"


# --- opening --------------------------------------------------------------------------------------


def promise_year(*, now: datetime) -> Commitment:
    """One survey a year (charter L25), once a Seoul year."""
    year = year_of(now)
    return standards.open_commitment(
        code=ANNUAL,
        key=annual_key(year),
        subject_type=YEAR,
        subject_id=year,
        started_at=now,
        now=now,
    )


def promise_publication(survey: Survey, *, now: datetime) -> None:
    """The results of what ended are published (charter L25); nothing to publish, no promise."""
    if survey.closed_at is None or survey.is_model or not survey.responses.exists():
        return
    standards.open_commitment(
        code=PUBLISHED,
        key=published_key(survey),
        subject_type=SURVEY,
        subject_id=survey.pk,
        started_at=survey.closed_at,
        team=survey.team,
        now=now,
    )


def promise_course(course: Occasion, *, now: datetime) -> None:
    """Everybody who attended gets a survey within the time (charter L19)."""
    standards.open_commitment(
        code=COURSE_SURVEY,
        key=course_key(course.subject_id),
        subject_type=COURSE,
        subject_id=course.subject_id,
        started_at=course.ended_at,
        team=course.team,
        now=now,
    )


# --- kept -----------------------------------------------------------------------------------------


def settle_year(survey: Survey, *, now: datetime) -> None:
    """Held: it ended, and at least so many answered as the centre set for itself."""
    if survey.kind != Kind.YEARLY or survey.closed_at is None:
        return
    key = annual_key(year_of(survey.closed_at))
    if _enough(survey):
        standards.fulfil(key=key, at=survey.closed_at, now=now)


def _enough(survey: Survey) -> bool:
    return survey.responses.count() >= options.number("yearly_least_answers")


def settle_course(survey: Survey, *, now: datetime) -> None:
    """Kept once the last of those who attended was asked."""
    if survey.subject_id is None or survey.invited_at is None:
        return
    rows = survey.invitations.all()
    last = rows.aggregate(last=Max("sent_at"))["last"]
    if last is not None and not rows.filter(sent_at=None).exists():
        standards.fulfil(key=course_key(survey.subject_id), at=last, now=now)


def survey_facts(keys: Sequence[str]) -> dict[str, datetime]:
    """When results were first published."""
    wanted = {int(key.split(":")[1]): key for key in keys}
    rows = Survey.objects.filter(pk__in=wanted, publications__number=1)
    return {wanted[pk]: at for pk, at in rows.values_list("pk", "publications__published_at")}


def year_facts(keys: Sequence[str]) -> dict[str, datetime]:
    """When a yearly survey with enough answers ended, the first of each year."""
    found: dict[str, datetime] = {}
    for key in keys:
        year = int(key.split(":")[1])
        rows = Survey.objects.filter(
            kind=Kind.YEARLY,
            closed_at__gte=datetime(year, 1, 1, tzinfo=SEOUL),
            closed_at__lt=datetime(year + 1, 1, 1, tzinfo=SEOUL),
        )
        done = next((row for row in rows.order_by("closed_at") if _enough(row)), None)
        if done is not None and done.closed_at is not None:
            found[key] = done.closed_at
    return found


def course_facts(keys: Sequence[str]) -> dict[str, datetime]:
    """When the last of those who attended was asked."""
    wanted = {int(key.split(":")[1]): key for key in keys}
    found: dict[str, datetime] = {}
    rows = Survey.objects.filter(kind=Kind.COURSE, subject_id__in=wanted).exclude(invited_at=None)
    for survey in rows:
        asked = Invitation.objects.filter(survey=survey)
        last = asked.aggregate(last=Max("sent_at"))["last"]
        if last is not None and not asked.filter(sent_at=None).exists():
            assert survey.subject_id is not None  # noqa: S101 - chosen by it
            found[wanted[survey.subject_id]] = last
    return found


# --- steps ----------------------------------------------------------------------------------------


def take_steps(steps: Sequence[StepDue], *, now: datetime) -> None:
    """A promise about a survey was missed: the managers are told, whatever the hour."""
    people = managers()
    owed: list[notices.Owed] = []
    events: list[NewEvent] = []
    for step in steps:
        row = step.commitment
        if step.name != Step.MISSED:
            continue
        events.append(
            NewEvent(
                subject_type=row.subject_type,
                subject_id=row.subject_id,
                kind="survey-promise-missed",
                at=step.at,
                recorded_at=now,
                by=SYSTEM,
                key=f"{row.key}:missed-told:{row.due_at:%Y%m%dT%H%M}",
            )
        )
        context = {"what": _what(row), "due_at": row.due_at, "link": _link(row)}
        owed += tell(people, "survey-promise-missed", f"{row.key}:missed", row, context)
    record_many(events)
    notices.owe_many(owed, now=now)


def tell(
    people: Sequence[StaffMember],
    template: str,
    key: str,
    row: Commitment | Survey,
    context: dict[str, object],
    *,
    hours: str = "any",
) -> list[notices.Owed]:
    """One notice a person, once a key."""
    about = (row.subject_type, row.subject_id) if isinstance(row, Commitment) else (SURVEY, row.pk)
    return [
        notices.Owed(
            key=f"{key}:{person.pk}",
            template=template,
            subject_type=about[0],
            subject_id=about[1],
            to=notices.Person(person),
            context=context,
            hours=hours,
        )
        for person in people
    ]


def managers() -> list[StaffMember]:
    """Who answers for surveys: the secretary general, else the director."""
    for position in (Position.SECRETARY_GENERAL, Position.DIRECTOR):
        found = list(centre_queries.people_in(position).select_related("user", "team"))
        if found:
            return found
    return []


def _what(row: Commitment) -> str:
    if row.subject_type == YEAR:
        return f"{row.subject_id}년 연간 고객만족도 조사"
    if row.subject_type == COURSE:
        return f"‘{_course_title(row.subject_id)}’ 설문 보내기"
    title = Survey.objects.filter(pk=row.subject_id).values_list("title", flat=True).first()
    return f"‘{title}’ 결과 공개"


def _course_title(course_id: int) -> str:
    rows = Survey.objects.filter(kind=Kind.COURSE, subject_id=course_id)
    return rows.values_list("title", flat=True).first() or "교육"


def _link(row: Commitment) -> str:
    path = staff_path(row.subject_id) if row.subject_type == SURVEY else "/admin/surveys/survey/"
    return f"{settings.SITE_URL}{path}"
