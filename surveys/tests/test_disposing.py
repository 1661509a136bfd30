"""What people wrote, and whose it was, goes when its time is over; the figures stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from complaints.models import Complaint
from complaints.tests.conftest import seoul
from records.models import Event
from surveys import services
from surveys.checks import breaches
from surveys.models import Answer, Response, Survey
from surveys.tests.conftest import MORNING, NEEDED, answered, the_invitation

pytestmark = pytest.mark.usefixtures("demo_centre")
HOUR = timedelta(hours=1)


def test_after_three_years(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    case, visit = opened("case"), opened("visit")
    closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    answered(
        case, NEEDED["case"] | {"C10": ["이름이 든 글"]}, invitation=the_invitation(),
        now=MORNING + 3 * HOUR,
    )  # fmt: skip
    answered(visit, NEEDED["visit"] | {"V7": ["글"]})
    Answer.objects.filter(question__code="V7").update(released="공개하는 글")
    figures = Answer.objects.exclude(value=None).order_by("value").values_list("value", flat=True)
    before = list(figures)
    assert services.dispose(now=seoul("2029-09-09 23:59")) == 0  # the ninth is still kept
    assert services.dispose(now=seoul("2029-09-10 00:00")) == 2
    assert services.dispose(now=seoul("2029-09-10 01:00")) == 0
    assert set(Answer.objects.values_list("text", flat=True)) == {""}
    assert Answer.objects.get(question__code="V7").released == "공개하는 글"
    kept = Response.objects.get(survey=case)
    assert (kept.subject_id, kept.invitation_id) == (None, None)
    assert kept.team_id is not None  # statistics by team stay
    assert list(figures.all()) == before
    assert Event.objects.filter(kind="answers-disposed").count() == 2
    assert list(breaches(now=seoul("2029-09-10 02:00"))) == []


def test_a_leap_day(demo_centre: None) -> None:
    assert services.dispose(now=seoul("2028-02-29 10:00")) == 0
