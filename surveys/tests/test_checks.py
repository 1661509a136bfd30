"""``verify``: nothing to say of what the verbs did, and a line for each thing spoilt by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from complaints.models import Complaint
from notices.models import Notice
from standards.models import Commitment
from surveys import services
from surveys.checks import breaches
from surveys.models import Answer, Invitation, Question, Response, Survey
from surveys.tests.conftest import MORNING, answered, the_invitation

pytestmark = pytest.mark.usefixtures("demo_centre")
HOUR = timedelta(hours=1)


@pytest.fixture
def all_of_it(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint], manager: Any
) -> None:
    """A case rated, a visit rated and ended."""
    case, visit = opened("case"), opened("visit")
    closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    answered(case, invitation=the_invitation(), now=MORNING + 3 * HOUR)
    answered(visit)
    services.close_survey(survey_id=visit.pk, by=manager, now=MORNING + 3 * HOUR)


def found() -> list[str]:
    return list(breaches(now=MORNING + 4 * HOUR))


def test_nothing_to_say(all_of_it: None) -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda: Response.objects.filter(invitation=None).update(channel="web"), "이어져"),
        (lambda: Response.objects.filter(invitation=None).update(subject_id=1), "이어져"),
        (lambda: Response.objects.exclude(invitation=None).update(invitation=None), "초대 없이"),
        (lambda: Invitation.objects.update(used=False), "쓰인 것으로"),
        (lambda: Notice.objects.filter(template="survey-case").delete(), "알린 적이"),
        (
            lambda: Answer.objects.filter(question__code="V1").update(
                question=Question.objects.get(code="C1")
            ),
            "다른 설문의",
        ),
        (lambda: Survey.objects.update(frozen=False), "굳지"),
        (lambda: Survey.objects.open().update(closes_at=None), "마치는 때"),
        (lambda: Survey.objects.open().update(opened_at=None), "연 때"),
        (lambda: Survey.objects.ended().update(closed_at=None), "마친 때"),
        (lambda: Commitment.objects.filter(code="survey-published").delete(), "약속이 없습니다"),
        (lambda: Survey.objects.ended().update(status="published"), "결과가 없습니다"),
    ],
)
def test_what_was_spoilt_is_said(all_of_it: None, spoil: Callable[[], Any], said: str) -> None:
    spoil()
    lines = found()
    assert any(said in line for line in lines), lines
