"""The pages of results in a real browser: axe finds nothing and nothing sticks out."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from centre.models import StaffMember, Team
from reception.tests.axe import violations
from surveys import services
from surveys.models import Survey
from surveys.services import findings, publishing
from surveys.tests import test_axe
from surveys.tests.filling import fill
from surveys.tests.test_axe import PASSWORD, look_at

pytestmark = test_axe.pytestmark
page = test_axe.page


@pytest.fixture
def published(opened: Callable[..., Survey], manager: StaffMember) -> Survey:
    """Cases of two teams, with every kind of figure, and one finding."""
    now = timezone.now()
    survey = opened("case", now=now - timedelta(days=30), closes_at=now + timedelta(days=9))
    chance = random.Random(5)
    for code, n in (("support", 40), ("information", 25), ("activity", 3)):
        people: list[dict[str, Any]] = [
            {f"C{at}": chance.choices(range(1, 6), (1, 3, 10, 30, 30))[0] for at in (1, 2, 5, 8, 9)}
            | {"C7": chance.choices((1, 2, 3, 4), (40, 20, 4, 2))[0], "C10": "더 빨리"}
            for _one in range(n)
        ]
        fill(survey, people, team=Team.objects.get(code=code))
    services.close_survey(survey_id=survey.pk, by=manager, now=now - timedelta(days=2))
    publishing.publish(survey_id=survey.pk, by=manager, now=now, comment="고맙습니다.")
    publishing.correct(survey_id=survey.pk, reason="풀이를 고침", by=manager, now=now)
    findings.enter_finding(survey_id=survey.pk, text="답변이 늦음", by=manager, now=now)
    survey.refresh_from_db()
    return survey


def test_results_for_everybody(page: Page, live_server: Any, published: Survey) -> None:
    address = reverse("survey-results", args=[published.slug])
    assert look_at(page, live_server.url, [address]) == {}


def test_results_for_staff(
    page: Page,
    live_server: Any,
    published: Survey,
    manager: StaffMember,
) -> None:
    user = manager.user
    user.set_password(PASSWORD)
    user.must_change_password = False
    user.save()
    address = reverse("admin:surveys_survey_results", args=[published.pk])
    page.goto(f"{live_server.url}/accounts/login/?next={address}")
    page.fill("[name=login]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#findings-title").wait_for()
    assert look_at(page, live_server.url, [address]) == {}
    page.locator("#findings textarea[name=action]").fill("한 일")
    page.locator("#findings form[data-once] button[value=decide]").evaluate(
        "button => { button.form.noValidate = true; button.click(); }"
    )
    page.locator("p.field-error").wait_for()
    assert page.locator("#findings textarea[name=action]").input_value() == "한 일"
    assert violations(page) == []
