"""What surveys measure of the charter, by quarter and by course."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from centre.models import StaffMember, Team
from complaints.tests.conftest import seoul
from standards import registry
from standards.models import Observation
from surveys import services, tasks
from surveys.models import Survey
from surveys.services import measuring
from surveys.tests.filling import fill, spread

pytestmark = pytest.mark.django_db
SUMMER = date(2026, 8, 10)
#: Two days after the third quarter, when its answers are in.
AFTER = seoul("2026-10-03 00:00")


@pytest.fixture
def visit(opened: Callable[..., Survey]) -> Survey:
    return opened("visit", now=seoul("2026-07-01 09:00"))


@pytest.mark.parametrize(
    ("counts", "limit", "reached"),
    [
        # 4.4 is 85 points
        ((0, 0, 0, 6, 4), 85, True),
        ((0, 0, 1, 4, 5), 85, True),
        ((0, 0, 1, 5, 4), 85, False),
        # 4.399…: rounded it would be 85.0
        ((0, 0, 0, 6001, 3999), 85, False),
        ((0, 0, 0, 10, 0), 75, True),
        ((5, 0, 0, 0, 0), 0, True),
    ],
)
def test_a_limit_is_reached_without_rounding(
    counts: tuple[int, ...], limit: int, reached: bool
) -> None:
    assert measuring.reaches(counts, limit) is reached


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 9, 30), date(2026, 7, 1), date(2026, 9, 30)),
        (date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_quarters(day: date, first: date, last: date) -> None:
    assert measuring.quarter_of(day) == (first, last)


def test_a_quarter_is_observed_once_when_its_answers_are_in(visit: Survey) -> None:
    fill(visit, spread("V1", (0, 0, 0, 6, 4)), on=SUMMER)  # 85 points of 85
    fill(visit, spread("V4", (0, 0, 10, 0, 0)), on=SUMMER)  # 50 points of 80
    assert measuring.observe_quarters(now=AFTER - timedelta(seconds=1)) == 0
    for _pass in range(3):
        measuring.observe_quarters(now=AFTER)
    found = {row.standard.code: row for row in Observation.objects.select_related("standard")}
    assert {code: (row.kept, row.n) for code, row in found.items()} == {
        "visit-welcome": (1, 1), "plain-answer": (0, 1),
    }  # fmt: skip
    assert found["visit-welcome"].key == "visit-welcome:2026-Q3"
    assert found["visit-welcome"].at == seoul("2026-09-30 23:59:59")


def test_with_nine_answers_it_is_hard_to_say(visit: Survey) -> None:
    fill(visit, spread("V1", (9, 0, 0, 0, 0)), on=SUMMER)
    measuring.observe_quarters(now=AFTER)
    assert not Observation.objects.exists()
    found = measuring.measure_quarter("visit-welcome", SUMMER)
    assert (found.n, found.kept, found.mean) == (9, None, None)


def test_plain_words_are_asked_in_three_surveys(
    visit: Survey, opened: Callable[..., Survey]
) -> None:
    case, phone = opened("case"), opened("phone")
    fill(case, spread("C5", (0, 0, 0, 0, 4)), on=SUMMER)
    fill(visit, spread("V4", (0, 0, 0, 0, 3)), on=SUMMER)
    fill(phone, spread("P4", (0, 0, 0, 3, 0)), on=SUMMER)
    fill(case, spread("C2", (9, 0, 0, 0, 0)), on=SUMMER)  # only for reference
    found = measuring.measure_quarter("plain-answer", SUMMER)
    assert (found.n, found.mean, found.kept) == (10, 4.7, True)


def _course(
    opened: Callable[..., Survey], manager: StaffMember, e1: tuple[int, ...], e6: tuple[int, ...]
) -> Survey:
    """A course's survey that ended, made from the model that nobody answers."""
    survey = opened("course", now=seoul("2026-09-01 09:00"))
    Survey.objects.filter(pk=survey.pk).update(
        subject_type="course", subject_id=7, team=Team.objects.get(code="education")
    )
    survey.refresh_from_db()
    fill(survey, [*spread("E1", e1), *spread("E6", e6)])
    services.close_survey(survey_id=survey.pk, by=manager, now=seoul("2026-09-20 18:00"))
    return survey


@pytest.mark.parametrize(
    ("e1", "e6", "kept"),
    [
        ((0, 0, 0, 5, 0), (0, 0, 0, 5, 0), 1),  # 75 and 75
        ((0, 0, 0, 0, 9), (0, 0, 1, 4, 0), 0),  # 100 and 70
        ((0, 0, 0, 0, 9), (0, 0, 0, 0, 4), None),  # four answers to E6 are not counted
    ],
)
def test_a_course_is_kept_where_both_scores_are(
    opened: Callable[..., Survey],
    manager: StaffMember,
    e1: tuple[int, ...],
    e6: tuple[int, ...],
    kept: int | None,
) -> None:
    survey = _course(opened, manager, e1, e6)
    soon, later = seoul("2026-09-20 18:10"), seoul("2026-09-21 09:00")
    assert measuring.observe_courses(now=soon) == 0
    for _pass in range(2):
        measuring.observe_courses(now=later)
    found = Observation.objects.filter(standard__code="course-quality")
    assert [row.kept for row in found] == ([] if kept is None else [kept])
    assert [row.team for row in found] == ([] if kept is None else [survey.team])


def test_beat_measures() -> None:
    assert tasks.measure() == 0


def test_the_charter_says_that_they_are_measured() -> None:
    wanted = {"visit-welcome", "plain-answer", "course-quality", "survey-correction"}
    assert wanted | {"survey-published", "annual-survey"} <= registry.measured()
