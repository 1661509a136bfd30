"""The dashboard in a real browser: axe, narrow screens, refreshing, and one sheet of paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, expect, sync_playwright

from complaints.tests.staff import browser_of
from conftest import chromium_path
from reception.tests.axe import violations
from standards.models import Observation, Standard

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
MANAGER = "seo.yh"


@pytest.fixture
def page(browser_type_launch_args: dict[str, Any], live_server: Any) -> Iterator[Page]:
    with sync_playwright() as playwright:
        launch = browser_type_launch_args | {"executable_path": chromium_path()}
        browser = playwright.chromium.launch(**launch)
        opened = browser.new_page(locale="ko-KR", timezone_id="Asia/Seoul")
        yield opened
        browser.close()
        connections.close_all()


@pytest.fixture
def signed_in(page: Page, live_server: Any, full: None) -> Page:
    key = browser_of(MANAGER).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": live_server.url}])
    return page


@pytest.fixture
def full(demo_centre: None, file: Any, come: Any, take: Any) -> None:
    """Every promise has a month with cases, half of them below the target: the longest sheet."""
    cache.clear()
    now = timezone.now()
    for at in range(6):
        file(
            now=now - timedelta(days=2 * at),
            email=f"somebody{at}@example.com",
            subject=f"의견 {at}",
        )
    take(now=now - timedelta(minutes=3))
    come(now=now - timedelta(minutes=3), sought="nam.gy")
    Observation.objects.bulk_create(
        Observation(
            key=f"full:{standard.pk}:{months}", standard=standard, n=20,
            kept=12 if standard.pk % 2 else 20, at=now - timedelta(days=30 * months),
        )
        for standard in Standard.objects.filter(valid_until=None)
        for months in range(13)
    )  # fmt: skip


@pytest.mark.parametrize(
    "address", ["/dashboard/", "/dashboard/?period=decade", "/dashboard/wall/"]
)
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_sticks_out(signed_in, live_server, address, width):
    page = signed_in
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}{address}")
    for summary in page.locator("details > summary").all():
        summary.click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_is_one_sheet_of_paper(signed_in, live_server):
    signed_in.goto(f"{live_server.url}/dashboard/?period=year")
    printed = signed_in.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", printed)
    assert box is not None
    assert [round(float(side)) for side in box.groups()] == pytest.approx([595, 842], abs=2)


def test_the_wall_fits_its_screen(signed_in, live_server):
    signed_in.set_viewport_size({"width": 1920, "height": 1080})
    signed_in.goto(f"{live_server.url}/dashboard/wall/")
    assert signed_in.evaluate("document.documentElement.scrollHeight") <= 1080
    assert signed_in.evaluate("document.documentElement.scrollWidth") <= 1920


def test_it_refreshes_itself_without_losing_the_place(signed_in, live_server, file):
    page = signed_in
    page.add_init_script("window.setInterval = (what) => { window.again = what; return 1; };")
    page.goto(f"{live_server.url}/dashboard/")
    open_cases = page.locator("#now-open strong")
    before = int(open_cases.inner_text())
    page.locator("#months > summary").click()
    page.locator("#now-open").focus()
    page.evaluate("window.scrollTo(0, 300)")
    file(now=timezone.now(), email="again@example.com", subject="하나 더")
    page.evaluate("window.again()")
    expect(open_cases).to_have_text(str(before + 1))
    assert page.evaluate("document.activeElement.id") == "now-open"
    assert page.evaluate("window.scrollY") == 300
    assert page.evaluate("document.getElementById('months').open")
    expect(page.locator("#board-news")).to_contain_text(f"처리 중 모두 {before + 1}")


def test_what_cannot_be_fetched_is_said_and_the_page_stays(signed_in, live_server):
    page = signed_in
    page.add_init_script("window.setInterval = (what) => { window.again = what; return 1; };")
    page.goto(f"{live_server.url}/dashboard/")
    page.route("**/dashboard/figures/**", lambda route: route.abort())
    page.evaluate("window.again()")
    expect(page.locator("#board-stale")).to_be_visible()
    expect(page.locator("#part-now")).to_be_visible()
