"""What managers are warned of: no survey of a course, none planned for the year, none published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from centre.calendar import seoul_day
from centre.words import korean_day
from notices import services as notices
from standards import occasions
from surveys.models import Invitation, Survey
from surveys.queries import (
    COURSE,
    SURVEY,
    YEAR,
    days_since_closed,
    first_of_october,
    staff_path,
    unpublished,
    year_of,
    yearly_of,
)
from surveys.services.inviting import COURSE_LOOK_BACK
from surveys.services.promises import managers, promise_year

#: A course is given so long before its missing survey is said; results, half-way to their promise.
COURSE_AFTER: Final = timedelta(days=3)
COURSE_WITHIN: Final = timedelta(days=14)
UNPUBLISHED_DAYS: Final = 20
_LIST: Final = "/admin/surveys/survey/"


def warn(*, now: datetime) -> int:
    """Owes each warning once; says how many. Opens the promise of the year."""
    promise_year(now=now)
    items = [*_courses(now), *_year(now), *_results(now)]
    return notices.owe_many(items, now=now)


def _courses(now: datetime) -> list[notices.Owed]:
    """A course that ended days ago and of which nobody was asked."""
    ended = occasions.ended_since("course", now - COURSE_LOOK_BACK, until=now - COURSE_AFTER)
    ids = [course.subject_id for course in ended]
    rows = Invitation.objects.filter(survey__subject_id__in=ids).exclude(survey__subject_type="")
    asked = set(rows.values_list("survey__subject_type", "survey__subject_id"))
    return [
        owed
        for course in ended
        if (course.subject_type, course.subject_id) not in asked
        for owed in _to_managers(
            "course-no-survey",
            f"course:{course.subject_id}:no-survey",
            (COURSE, course.subject_id),
            {
                "course_title": course.title,
                "survey_by": korean_day(seoul_day(course.ended_at + COURSE_WITHIN)),
                "link": f"{settings.SITE_URL}{_LIST}",
            },
        )
    ]


def _year(now: datetime) -> list[notices.Owed]:
    """From 1 October on: no yearly survey of this year is planned."""
    year = year_of(now)
    if seoul_day(now) < first_of_october(year) or yearly_of(year).exists():
        return []
    context = {"due_at": f"{year}년 12월 31일", "link": f"{settings.SITE_URL}{_LIST}"}
    return _to_managers("yearly-not-planned", f"year:{year}:not-planned", (YEAR, year), context)


def _results(now: datetime) -> list[notices.Owed]:
    """Ended twenty days ago or more, and the results are not published."""
    late = [row for row in unpublished() if days_since_closed(row, now=now) >= UNPUBLISHED_DAYS]
    return [owed for survey in late for owed in _unpublished(survey)]


def _unpublished(survey: Survey) -> list[notices.Owed]:
    link = f"{settings.SITE_URL}{staff_path(survey.pk)}"
    context: dict[str, object] = {
        "survey_title": survey.title,
        "closed_on": seoul_day(survey.closed_at) if survey.closed_at else "",
        "link": link,
    }
    key = f"survey:{survey.pk}:unpublished"
    return _to_managers("survey-unpublished", key, (SURVEY, survey.pk), context)


def _to_managers(
    template: str, key: str, about: tuple[str, int], context: Mapping[str, object]
) -> list[notices.Owed]:
    return [
        notices.Owed(
            key=f"{key}:{person.pk}",
            template=template,
            subject_type=about[0],
            subject_id=about[1],
            to=notices.Person(person),
            context=context,
            hours="opening",
        )
        for person in managers()
    ]
