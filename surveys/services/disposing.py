"""Disposal (PIPA 21): what could still speak of a person goes when its time is over; figures stay."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, Q

from centre import options
from centre.calendar import SEOUL
from surveys.models import Answer, Response, Survey
from surveys.services._base import record


def dispose(*, now: datetime) -> int:
    """Blanks what people wrote, and takes confidential answers apart from their subjects, once
    the period for which the centre keeps personal data is over. Says how many responses.

    What a person released for publication was freed of personal data then, and stays.
    """
    before = _years_before(now.astimezone(SEOUL).date(), options.number("retention_years"))
    joined = Q(subject_id__isnull=False) | Q(invitation__isnull=False)
    written = Response.objects.filter(answers__in=Answer.objects.exclude(text=""))
    over = Response.objects.filter(answered_on__lt=before).filter(
        joined | Q(pk__in=written.values("pk"))
    )
    counted = over.order_by().values("survey").annotate(n=Count("pk", distinct=True))
    found = {row["survey"]: row["n"] for row in counted}
    for survey in Survey.objects.filter(pk__in=found):
        _dispose(survey, before, count=found[survey.pk], now=now)
    return sum(found.values())


@transaction.atomic
def _dispose(survey: Survey, before: date, *, count: int, now: datetime) -> None:
    """Irrecoverably, with a record that says how many and nothing of whom."""
    rows = Response.objects.filter(survey=survey, answered_on__lt=before)
    Answer.objects.filter(response__in=rows).exclude(text="").update(text="")
    rows.update(invitation=None, subject_type="", subject_id=None)
    data = {"responses": count, "before": before.isoformat()}
    record(survey, "answers-disposed", at=now, now=now, data=data)


def _years_before(day: date, years: int) -> date:
    """The same day years ago; 28 February for the 29th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
