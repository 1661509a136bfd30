"""In a real browser: a resident files in English on a phone, and finds nothing in the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, expect, sync_playwright

from centre.loading import load_centre_data
from complaints.models import Complaint
from conftest import chromium_path
from reception.tests.axe import sticks_out, violations
from standards.services import load_charter

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
def page(browser_type_launch_args: dict[str, Any]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        launch = browser_type_launch_args | {"executable_path": chromium_path()}
        browser = playwright.chromium.launch(**launch)
        opened = browser.new_page(locale="en-US", timezone_id="Asia/Seoul")
        opened.set_viewport_size({"width": 390, "height": 844})
        yield opened
        browser.close()
        connections.close_all()


def is_well(page: Page) -> None:
    assert violations(page) == []
    assert sticks_out(page) == []


def test_a_resident_files_in_english_on_a_phone(live_server: Any, page: Page) -> None:
    from django.utils import timezone  # noqa: PLC0415 - the pages read the real clock

    load_centre_data(now=timezone.now(), demo=True)
    load_charter(today=timezone.localdate())
    page.goto(live_server.url)
    assert page.get_attribute("html", "lang") == "ko"
    is_well(page)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We listen, however small the matter")
    is_well(page)
    page.get_by_role("link", name="Share your views").first.click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Please enter your name.")
    is_well(page)
    page.get_by_label("Complaint").check()
    page.get_by_label("Volunteer records and certificates").check()
    page.locator("#id_subject").fill("Hours missing")
    page.locator("#id_body").fill("Three hours at the river are not in my record.")
    page.locator("#id_name").fill("Ada Example")
    page.locator("#id_email").fill("ada@example.invalid")
    page.get_by_label("I agree to the above.").check()
    page.get_by_label("I am 14 years old or older.").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We have received it")
    is_well(page)
    page.get_by_role("link", name="Check progress").last.click()
    page.goto(f"{live_server.url}/complaints/{Complaint.objects.get().receipt_number}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hours missing")
    is_well(page)
    assert Complaint.objects.get().language == "en"
