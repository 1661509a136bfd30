"""A real browser: a caller for an absent colleague is entered with the keyboard, in seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, expect, sync_playwright

from conftest import chromium_path
from notices.models import Notice
from reception.models import ContactNote, Visit

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

MOST_SECONDS = 10
PASSWORD = "desk-password-1"


@pytest.fixture
def page(browser_type_launch_args: dict[str, Any]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        launch = browser_type_launch_args | {"executable_path": chromium_path()}
        browser = playwright.chromium.launch(**launch)
        opened = browser.new_page(locale="ko-KR", timezone_id="Asia/Seoul")
        yield opened
        browser.close()
        # Under Playwright's event loop this thread has a connection of its own.
        connections.close_all()


@pytest.fixture
def signed_in(page: Page, live_server: Any, demo_centre: None, person: Any) -> Page:
    user = person("im.do").user
    user.set_password(PASSWORD)
    user.must_change_password = False
    user.save()
    page.goto(f"{live_server.url}/accounts/login/?next=/desk/")
    page.fill("[name=login]", "im.do")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#board").wait_for()
    page.wait_for_load_state("load")  # the keys are there once the script has run
    return page


def test_a_caller_in_under_ten_seconds(signed_in: Page, person: Any) -> None:
    page = signed_in
    began = time.monotonic()
    page.keyboard.press("6")
    page.wait_for_url("**/desk/notes/new/")
    expect(page.locator("#id_sought")).to_be_focused()
    for text in ("302", "김하람", "010-0000-1234"):
        page.keyboard.type(text, delay=30)
        page.keyboard.press("Tab")
    page.keyboard.type("수료증을 다시 받고 싶어 하십니다", delay=30)
    page.keyboard.press("Enter")
    expect(page.get_by_text("연락드린다고 말씀해 주십시오")).to_be_visible()
    assert time.monotonic() - began < MOST_SECONDS
    note = ContactNote.objects.get()
    assert note.sought == person("cha.mj")
    assert Notice.objects.filter(template="note-taken", staff=note.sought).exists()
    expect(page.locator("#board")).to_contain_text("김*람")


def test_one_key_is_one_visitor_unless_keys_are_off(signed_in: Page) -> None:
    page = signed_in
    page.keyboard.press("4")
    expect(page.get_by_text("고객을 적었습니다 (서류)")).to_be_visible()
    assert Visit.objects.get().purpose == "papers"
    page.get_by_role("button", name="단축키 켜짐").click()
    page.keyboard.press("1")
    page.keyboard.press("6")
    page.wait_for_timeout(300)
    assert page.url.endswith("/desk/")
    assert Visit.objects.count() == 1
    page.reload(wait_until="load")
    page.keyboard.press("1")
    page.wait_for_timeout(300)
    assert Visit.objects.count() == 1
    page.get_by_role("button", name="단축키 꺼짐").click()
    page.locator("#arrive-sought").focus()
    page.keyboard.press("1")  # in a field a digit is a digit
    page.wait_for_timeout(300)
    assert Visit.objects.count() == 1


def test_the_board_refreshes_itself_and_keeps_the_focus(signed_in: Page) -> None:
    page = signed_in
    page.keyboard.press("1")
    expect(page.get_by_text("고객을 적었습니다")).to_be_visible()
    page.wait_for_load_state("load")
    visit = Visit.objects.get()
    page.locator(f"#serve-{visit.pk}").focus()
    Visit.objects.filter(pk=visit.pk).update(label="보라 99")
    expect(page.locator("#board")).to_contain_text("보라 99", timeout=15_000)
    expect(page.locator(f"#serve-{visit.pk}")).to_be_focused()
