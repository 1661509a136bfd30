"""In a real browser: a long answer sent after the session ended is not lost, and the end is told."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, expect, sync_playwright

from centre.models import KeptForm, StaffMember
from complaints.filing import Filed
from complaints.models import Response
from conftest import chromium_path
from reception.tests.axe import sticks_out, violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
PASSWORD = "long enough for a test 2026"
ANSWER = (
    "확인해 보니 기록이 빠져 있었습니다.\n오늘 바로잡았습니다. <고맙습니다> & 죄송합니다.\n" * 40
)


@pytest.fixture
def page(browser_type_launch_args: dict[str, Any]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        launch = browser_type_launch_args | {"executable_path": chromium_path()}
        browser = playwright.chromium.launch(**launch)
        opened = browser.new_page(locale="ko-KR", timezone_id="Asia/Seoul")
        yield opened
        browser.close()
        connections.close_all()


def sign_in(page: Page, address: str, person: StaffMember) -> None:
    page.goto(address)
    fill_sign_in(page, person)


def fill_sign_in(page: Page, person: StaffMember) -> None:
    page.fill("#id_login", person.user.username)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")


def set_back(**by: float) -> None:
    """As if so much time had passed since the session began or something was last done."""
    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        if "sign_in" in session:
            state = session["sign_in"]
            session["sign_in"] = {**state, **{name: state[name] - by[name] for name in by}}
            session.save()


def look(page: Page, name: str) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert not violations(page), name
        assert not sticks_out(page), (name, width)
        if folder := os.environ.get("TEST_PICTURES"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture
def handler(file: Callable[..., Filed], settings: Any) -> StaffMember:
    settings.SESSIONS_END = True
    person = file(timezone.now()).complaint.handler
    assert person is not None
    person.user.set_password(PASSWORD)
    person.user.save()
    return person


def test_a_long_answer_sent_too_late(page: Page, live_server: Any, handler: StaffMember) -> None:
    case = f"{live_server.url}/admin/complaints/complaint/{handler.cases.get().pk}/change/"
    sign_in(page, case, handler)
    expect(page).to_have_url(case)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true })")
    page.fill("#panel-draft textarea[name=answer]", ANSWER)
    set_back(seen=3600, began=3600)
    page.click("#panel-draft button[value=save_draft]")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    expect(page.locator("main .alert")).to_contain_text("그대로 있습니다")
    look(page, "late-sign-in")
    fill_sign_in(page, handler)
    expect(page).to_have_url(re.compile("/accounts/kept/$"))
    assert page.locator("textarea").first.input_value() == ANSWER
    look(page, "late-kept")
    assert not Response.objects.exists()
    page.click("text=다시 보내기")
    expect(page).to_have_url(re.compile("/change/"))
    kept = Response.objects.get()
    assert kept.answer.replace("\r\n", "\n").strip() == ANSWER.strip()
    assert not KeptForm.objects.exists()


def test_the_end_is_told_and_put_off(page: Page, live_server: Any, handler: StaffMember) -> None:
    sign_in(page, f"{live_server.url}/admin/", handler)
    expect(page).to_have_url(f"{live_server.url}/admin/")
    set_back(seen=1700)
    page.reload()  # an act: the time starts anew
    expect(page.locator("#session-end")).to_be_hidden()
    assert int(page.get_attribute("#session-end", "data-left") or 0) > 1700
    set_back(seen=1700)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#session-end")).to_be_visible()
    expect(page.locator("#session-end button")).to_be_focused()
    look(page, "session-end")
    page.click("#session-end button")
    expect(page.locator("#session-end")).to_be_hidden()
    set_back(seen=1900)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#session-end")).to_contain_text("로그아웃되었습니다")
    expect(page.locator("#session-end button")).to_be_hidden()


def test_a_long_day_ends_without_a_button(
    page: Page, live_server: Any, handler: StaffMember
) -> None:
    sign_in(page, f"{live_server.url}/admin/", handler)
    expect(page).to_have_url(f"{live_server.url}/admin/")
    set_back(began=10 * 3600 - 100)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#session-end")).to_contain_text("저장해 주십시오")
    expect(page.locator("#session-end button")).to_be_hidden()
