"""What surveys measure of the charter: friendliness, plain words, the quality of courses.

A quarter (or a course) is one observation, kept or not. With too few answers it is hard to say
(판단하기 어려움), and nothing is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from centre import options
from centre.calendar import SEOUL, Period, period_end, seoul_day
from standards import services as standards
from surveys.models import Kind, Survey
from surveys.results import answers_between, answers_to, courses_that_ended
from surveys.scores import SMALLEST, exact_mean

WELCOME: Final = "visit-welcome"
PLAIN: Final = "plain-answer"
COURSE_QUALITY: Final = "course-quality"
#: What each standard asks, and the value of the centre that its score is to reach.
QUARTERLY: Final[Mapping[str, tuple[Mapping[str, str], str]]] = {
    WELCOME: ({Kind.VISIT: "V1"}, "survey_visit_score"),
    PLAIN: ({Kind.CASE: "C5", Kind.VISIT: "V4", Kind.PHONE: "P4"}, "survey_plain_score"),
}
_COURSE_QUESTIONS: Final = ("E1", "E6")
#: Answers on paper are entered a little later.
_SETTLES_AFTER: Final = timedelta(days=2)
_LOOK_BACK: Final = timedelta(days=60)
_MOMENT: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Measure:
    """What one quarter says of one standard; ``kept`` is None where it is hard to say."""

    code: str
    year: int
    quarter: int
    n: int
    mean: float | None
    limit: int
    kept: bool | None


def reaches(counts: tuple[int, ...], limit: int) -> bool:
    """Whether the score is at least the limit, without rounding: ``(mean − 1) / 4 × 100``."""
    answered = sum(counts)
    total = sum((place + 1) * count for place, count in enumerate(counts))
    return (total - answered) * 100 >= limit * 4 * answered


def quarter_of(day: date) -> tuple[date, date]:
    """The first and the last day of the quarter that holds a day."""
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    midnight = datetime(first.year, first.month, 1, tzinfo=SEOUL)
    return first, seoul_day(period_end(Period.QUARTER, midnight) - _MOMENT)


def measure_quarter(code: str, day: date) -> Measure:
    """What the quarter of a day says of a standard, from the answers given in it. Two queries."""
    asked, option = QUARTERLY[code]
    first, last = quarter_of(day)
    counts = answers_between(asked, first, last)
    limit, n = options.number(option), sum(counts)
    enough = n >= options.number("survey_least_answers")
    return Measure(
        code=code,
        year=first.year,
        quarter=(first.month - 1) // 3 + 1,
        n=n,
        mean=exact_mean(counts) if enough else None,
        limit=limit,
        kept=reaches(counts, limit) if enough else None,
    )


def quarters_that_ended(*, now: datetime) -> list[date]:
    """A day of each of the last four quarters whose answers are in, the newest first."""
    days = []
    first, _last = quarter_of(seoul_day(now - _SETTLES_AFTER))
    for _quarter in range(4):
        last = first - timedelta(days=1)
        days.append(last)
        first, _last = quarter_of(last)
    return days


def observe_quarters(*, now: datetime) -> int:
    """Observe the quarters that ended, once their answers are in; says how many can be judged.

    Idempotent: a quarter is observed once a standard, and not again.
    """
    found = [
        measure_quarter(code, day) for day in quarters_that_ended(now=now) for code in QUARTERLY
    ]
    judged = [measure for measure in found if measure.kept is not None]
    for measure in judged:
        first = datetime(measure.year, measure.quarter * 3 - 2, 1, tzinfo=SEOUL)
        standards.observe(
            code=measure.code,
            key=f"{measure.code}:{measure.year}-Q{measure.quarter}",
            at=period_end(Period.QUARTER, first) - _MOMENT,
            kept=int(bool(measure.kept)),
        )
    return len(judged)


def observe_courses(*, now: datetime) -> int:
    """Observe each course whose survey ended in the last weeks; under five answers are not counted."""
    limit = options.number("survey_course_score")
    return sum(
        _observe_course(survey, limit)
        for survey in courses_that_ended(since=now - _LOOK_BACK, now=now)
    )


def _observe_course(survey: Survey, limit: int) -> bool:
    asked = [answers_to(survey, code) for code in _COURSE_QUESTIONS]
    if survey.closed_at is None or any(sum(counts) < SMALLEST for counts in asked):
        return False
    standards.observe(
        code=COURSE_QUALITY,
        key=f"survey:{survey.pk}:{COURSE_QUALITY}",
        at=survey.closed_at,
        kept=int(all(reaches(counts, limit) for counts in asked)),
        team=survey.team,
    )
    return True
