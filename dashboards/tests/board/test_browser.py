"""The dashboard in a real browser: axe, narrow screens, refreshing, and one sheet of paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, expect, sync_playwright

from centre.models import StaffMember
from complaints.tests.staff import browser_of
from conftest import chromium_path
from reception.tests.axe import violations
from standards.models import Observation, Standard
from surveys.models import Publication, Status, Survey

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
MANAGER = "seo.yh"
#: A4 within its margins, in pixels of a browser.
PAPER = {"width": 725, "height": 1062}
#: Whether what is at the middle of an element is the element: nothing lies over it or cuts it.
SEEN = """(one) => {
  const box = one.getBoundingClientRect();
  return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === one;
}"""
#: Verdicts and figures that stick out of the sheet or out of their cell.
CUT = """[...document.querySelectorAll(
  ".board-promises .board-mark, .board-promises .board-rate, .board-scores li, .board-compared td"
)].filter((one) => one.getClientRects().length && (
  one.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5
  || one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline-block"
  || one.getBoundingClientRect().right > one.parentElement.getBoundingClientRect().right + 0.5
)).map((one) => one.textContent)"""


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
    """Every promise has cases and long words, all fall short, surveys are published: the longest sheet."""
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
    Standard.objects.filter(valid_until=None).update(
        name="접수한 의견은 접수한 날부터 근무일 기준으로 정한 날 안에 알려 드리고 결과를 "
        "전화와 문자와 우편으로 다시 알려 드립니다",
        limit_text="접수한 날부터 근무일 14일 안(공휴일 빼고)",
    )
    Observation.objects.bulk_create(
        Observation(
            key=f"full:{standard.pk}:{months}", standard=standard, n=2000,
            kept=1201, at=now - timedelta(days=30 * months),
        )
        for standard in Standard.objects.filter(valid_until=None)
        for months in range(13)
    )  # fmt: skip
    for number in range(6):
        _published(number, now)


def _published(number: int, now: datetime) -> None:
    survey = Survey.objects.create(
        kind="visit", series=f"full-{number}", slug=f"full-{number}", confidential=False,
        title=f"2026년 자원봉사 교육과 상담을 이용하신 분의 만족도 조사 {number}차",
        status=Status.PUBLISHED, closed_at=now, created_at=now,
    )  # fmt: skip
    Publication.objects.create(
        survey=survey, published_at=now, published_by=StaffMember.objects.earliest("pk"),
        results={"headline": {"score": 88.8}, "people": 1234},
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
    signed_in.set_viewport_size(PAPER)
    signed_in.goto(f"{live_server.url}/dashboard/?period=year")
    printed = signed_in.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", printed)
    assert box is not None
    assert [round(float(side)) for side in box.groups()] == pytest.approx([595, 842], abs=2)


def test_nothing_of_the_sheet_is_cut_at_its_edges(signed_in, live_server):
    page = signed_in
    page.set_viewport_size(PAPER)
    page.goto(f"{live_server.url}/dashboard/?period=year")
    page.emulate_media(media="print")
    assert page.locator(".board-promises .board-mark:visible").count() > 24
    assert page.locator(".board-scores li:visible").count() >= 4
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]


def test_every_promise_can_be_seen(signed_in, live_server):
    """Nothing around the long table may cut it: the last row is drawn where it stands."""
    page = signed_in
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{live_server.url}/dashboard/?period=year")
    marks = page.locator(".board-promises .board-mark")
    assert marks.count() == Standard.objects.filter(valid_until=None).count()
    for mark in (marks.first, marks.last):
        mark.scroll_into_view_if_needed()
        assert mark.evaluate(SEEN)


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
