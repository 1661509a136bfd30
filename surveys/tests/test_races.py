"""Two at the same moment: a token used twice, two passes that invite, two that remind."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from complaints.models import Complaint
from notices.models import Notice
from surveys import services
from surveys.errors import NotNow, Refused, Used
from surveys.models import Answer, Invitation, Response, Survey
from surveys.tests.conftest import MORNING, NEEDED, answered, the_invitation

pytestmark = [
    pytest.mark.races,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("demo_centre"),
]
HOUR = timedelta(hours=1)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Runs them together; a refusal is an outcome like another."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=10)
            return act()
        except Refused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result(timeout=60) for done in [pool.submit(run, act) for act in acts]]


def test_a_token_used_twice_at_the_same_moment(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    survey = opened("case")
    closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    invitation = the_invitation()
    acts = [lambda: answered(survey, invitation=invitation, now=MORNING + 3 * HOUR)] * 6
    outcomes = at_once(*acts)
    assert sum(isinstance(one, Response) for one in outcomes) == 1
    assert sum(isinstance(one, Used) for one in outcomes) == 5
    assert Response.objects.count() == 1
    assert Answer.objects.count() == len(NEEDED["case"])


def test_a_form_sent_twice_at_the_same_moment(opened: Callable[..., Survey]) -> None:
    survey = opened()
    acts = [lambda: answered(survey, nonce="one-form-sent-twice")] * 4
    outcomes = at_once(*acts)
    assert sum(isinstance(one, Used) for one in outcomes) == 3
    assert Response.objects.count() == 1


def test_two_passes_invite_and_remind_each_once(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    opened("case")
    for n in range(5):
        closed_case(email=f"citizen{n}@example.com")
    now = MORNING + 2 * HOUR
    at_once(*[lambda: services.invite_cases(now=now)] * 3)
    assert Invitation.objects.count() == 5
    assert Notice.objects.filter(template="survey-case").count() == 5
    Invitation.objects.update(sent_at=now)
    week = now + timedelta(days=7)
    at_once(*[lambda: services.remind(now=week)] * 3)
    assert Notice.objects.filter(template="survey-reminder").count() == 5


def test_a_question_changes_while_the_first_answer_comes(
    opened: Callable[..., Survey], manager: Any
) -> None:
    """Either the change is refused, or the answer is asked to look again: never half of each."""
    survey = opened()
    first = survey.questions.all()[0]

    def change() -> None:
        services.remove_question(survey_id=survey.pk, question_id=first.pk, by=manager, now=MORNING)

    took, changed = at_once(lambda: answered(survey, edition=survey.edition), change)
    assert isinstance(took, Response) != (changed is None)
    assert isinstance(took, NotNow) or isinstance(changed, NotNow)
    assert Answer.objects.count() == (2 if isinstance(took, Response) else 0)


def test_two_versions_are_not_open_at_once(draft: Callable[..., Survey], manager: Any) -> None:
    one, other = draft(), draft()
    outcomes = at_once(
        lambda: services.open_survey(survey_id=one.pk, by=manager, now=MORNING),
        lambda: services.open_survey(survey_id=other.pk, by=manager, now=MORNING),
    )
    assert sum(isinstance(outcome, NotNow) for outcome in outcomes) == 1
    assert Survey.objects.open().count() == 1


def test_answers_come_while_the_anonymous_ones_are_mixed(opened: Callable[..., Survey]) -> None:
    from surveys.services.inviting import Guest, invite  # noqa: PLC0415

    survey = opened("yearly")
    guests = [
        Guest(
            key=f"survey:{survey.pk}:{n}", name="가", way="email", address=f"m{n}@example.com",
            context={"year": 2026},
        )
        for n in range(12)
    ]  # fmt: skip
    invite(survey=survey, guests=guests, now=MORNING)
    rows = list(Invitation.objects.order_by("key"))
    for row in rows[:8]:
        answered(survey, invitation=row)
    at_once(
        lambda: services.mix(now=MORNING),
        *[lambda row=row: answered(survey, invitation=row) for row in rows[8:]],
    )
    assert Invitation.objects.filter(used=True).count() == 12
    assert Response.objects.count() == 12
