"""The pages of surveys in a real browser: axe finds nothing, nothing sticks out, keys suffice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect, sync_playwright

from complaints.models import Complaint
from conftest import chromium_path
from reception.tests.axe import sticks_out, violations
from surveys import services
from surveys.models import Answer, Response, Survey
from surveys.tests.conftest import the_invitation
from surveys.tokens import token_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.usefixtures("demo_centre"),
]
WIDTHS = (1280, 390)
DAY = timedelta(days=1)
PASSWORD = "a password for the browser"


@pytest.fixture
def page(browser_type_launch_args: dict[str, Any]) -> Iterator[Page]:
    yield from _pages(browser_type_launch_args, script=True)


@pytest.fixture
def plain_page(browser_type_launch_args: dict[str, Any]) -> Iterator[Page]:
    """A browser without script."""
    yield from _pages(browser_type_launch_args, script=False)


def _pages(arguments: dict[str, Any], *, script: bool) -> Iterator[Page]:
    with sync_playwright() as playwright:
        launch = arguments | {"executable_path": chromium_path()}
        browser = playwright.chromium.launch(**launch)
        yield browser.new_page(locale="ko-KR", timezone_id="Asia/Seoul", java_script_enabled=script)
        browser.close()
        connections.close_all()


@pytest.fixture
def running(opened: Callable[..., Survey]) -> Callable[[str], Survey]:
    """A survey that is open by the real clock, which the pages read."""

    def do(kind: str) -> Survey:
        now = timezone.now()
        return opened(kind, now=now - DAY, closes_at=now + 20 * DAY)

    return do


@pytest.fixture
def token(running: Callable[[str], Survey], closed_case: Callable[..., Complaint]) -> str:
    running("case")
    now = timezone.now()
    closed_case(now - 5 * DAY, email="", phone="010-0000-1234", reply_by="phone")
    services.invite_cases(now=now)
    return token_of(the_invitation().key)


def look_at(page: Page, base: str, addresses: list[str]) -> dict[str, list[str]]:
    """What is wrong, by page and width; empty where all is well."""
    wrong: dict[str, list[str]] = {}
    for address in addresses:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            answer = page.goto(f"{base}{address}", wait_until="load")
            assert answer is not None
            assert answer.status == 200, address
            if found := sticks_out(page) + violations(page):
                wrong[f"{address} {width}"] = found
    return wrong


def test_what_citizens_see(
    page: Page, live_server: Any, running: Callable[[str], Survey], token: str
) -> None:
    for kind in ("visit", "yearly"):
        running(kind)
    answer = f"/surveys/answer/{token}/"
    pages = ["/surveys/", "/surveys/visit/", "/surveys/yearly/", "/surveys/case/", answer]
    assert look_at(page, live_server.url, pages) == {}
    page.goto(f"{live_server.url}{answer}")
    page.locator("main button[type=submit]").click()
    summary = page.locator(".error-summary")
    expect(summary).to_be_visible()
    assert violations(page) == []
    summary.locator("a").first.click()
    assert page.evaluate("document.activeElement.matches('input[name=C7]')")
    page.locator("#id_C7_2").check()
    page.locator("#id_C9_0").check()
    page.locator("main button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("답해 주셔서 감사합니다")
    assert look_at(page, live_server.url, [f"{answer}thanks/", f"{answer}again/"]) == {}


def test_a_visit_is_rated_by_keys_alone(
    page: Page, live_server: Any, running: Callable[[str], Survey]
) -> None:
    running("visit")
    page.goto(f"{live_server.url}/surveys/visit/")
    page.locator("#id_V1_0").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    for _ in range(5):  # on to the overall question
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("밝게 맞아 주셨습니다")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("답해 주셔서 감사합니다")
    values = Answer.objects.exclude(value=None).values_list("question__code", "value")
    assert dict(values) == {"V1": 5, "V6": 1}


def test_without_script(
    plain_page: Page, live_server: Any, running: Callable[[str], Survey]
) -> None:
    running("visit")
    plain_page.goto(f"{live_server.url}/s/visit/")
    plain_page.locator("#id_V1_4").check()
    plain_page.locator("main button[type=submit]").click()
    expect(plain_page.locator(".error-summary")).to_be_visible()
    assert plain_page.locator("#id_V1_4").is_checked()
    plain_page.locator("#id_V6_4").check()
    plain_page.locator("main button[type=submit]").click()
    expect(plain_page.get_by_role("heading", level=1)).to_have_text("답해 주셔서 감사합니다")
    assert Response.objects.count() == 1


def test_what_staff_see(
    page: Page,
    live_server: Any,
    running: Callable[[str], Survey],
    draft: Callable[..., Survey],
    token: str,
    manager: Any,
) -> None:
    user = manager.user
    user.set_password(PASSWORD)
    user.must_change_password = False
    user.save()
    page.goto(f"{live_server.url}/accounts/login/?next=/admin/surveys/survey/")
    page.fill("[name=login]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#id_kind").wait_for()
    visit, plan = running("visit"), draft("yearly")
    case = Survey.objects.get(kind="case")

    def of(survey: Survey, name: str) -> str:
        return reverse(f"admin:surveys_survey_{name}", args=[survey.pk])

    invitation = the_invitation().pk
    assert look_at(page, live_server.url, [
        "/admin/surveys/survey/", of(visit, "change"), of(plan, "change"), of(visit, "preview"),
        of(visit, "card"), f"{of(visit, 'card')}?paper", of(visit, "enter"), of(case, "enter"),
        f"{of(case, 'enter')}?invitation={invitation}", of(plan, "question_add"),
    ]) == {}  # fmt: skip
    page.goto(f"{live_server.url}{of(plan, 'question_add')}")
    page.locator("button[value=save]").click()
    expect(page.locator(".error-summary")).to_be_visible()
    assert violations(page) == []
