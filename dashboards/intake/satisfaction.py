"""How satisfied people were: only what surveys published, with small groups left out already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from centre.calendar import seoul_day
from standards.counting import midnight
from surveys.models import Publication, Status
from surveys.results import Results


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """A survey's overall satisfaction on 100, as published; None where it may not be told."""

    title: str
    slug: str
    ended_on: date
    people: int | None
    score: float | None


def satisfaction(first: date, last: date) -> list[Satisfaction]:
    """What was published of surveys that ended from ``first`` to ``last`` (Seoul), by their end.

    The last correction counts. One query.
    """
    rows = (
        Publication.objects.filter(
            survey__status=Status.PUBLISHED,
            survey__closed_at__gte=midnight(first),
            survey__closed_at__lt=midnight(last + timedelta(days=1)),
        )
        .select_related("survey")
        .order_by("survey__closed_at", "survey_id", "number")
    )
    newest = {row.survey_id: row for row in rows}
    return [_of(row) for row in newest.values()]


def _of(row: Publication) -> Satisfaction:
    survey = row.survey
    if survey.closed_at is None:
        raise ValueError(f"survey {survey.pk} is published and has no end")
    return Satisfaction(
        title=survey.title,
        slug=survey.slug,
        ended_on=seoul_day(survey.closed_at),
        people=row.results["people"],
        score=_score(row.results),
    )


def _score(results: Results) -> float | None:
    headline = results["headline"]
    if headline is None or headline.get("bound"):
        return None
    score: float | None = headline.get("score")
    return score
