"""The public statistics in a real browser: axe finds nothing, nothing sticks out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright

from centre.factories import TeamFactory, TopicFactory
from complaints.factories import ComplaintFactory
from complaints.models import Kind, State
from conftest import chromium_path
from dashboards.intake.freezing import freeze
from reception.tests.axe import sticks_out, violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
WIDTHS = (1280, 390)
ADDRESSES = ("/statistics/", "/statistics/?month=1999-01", "/statistics/data/")


@pytest.fixture
def page(browser_type_launch_args: dict[str, Any]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        launch = browser_type_launch_args | {"executable_path": chromium_path()}
        browser = playwright.chromium.launch(**launch)
        opened = browser.new_page(locale="ko-KR", timezone_id="Asia/Seoul")
        yield opened
        browser.close()
        connections.close_all()


@pytest.fixture
def half_a_year(transactional_db: None) -> None:
    now = timezone.now()
    team = TeamFactory.create()
    topics = [TopicFactory.create(team=team, name=f"긴 이름의 유형 {n}") for n in range(6)]
    for at in range(180):
        received = now - timedelta(days=at, hours=3)
        told = received + timedelta(hours=at % 250)
        ComplaintFactory.create(
            received_at=received, handler=None, team=team, topic=topics[at % 5 * at % 6],
            kind=Kind.values[at % 3], channel=["web", "phone", "web", "box"][at % 4],
            told_at=told if told < now else None, decision="accepted" if told < now else "",
            state=State.ANSWERED if told < now else State.REVIEWING, due_at=False,
        )  # fmt: skip
    freeze(now=now)


def test_every_page_is_clean_at_both_widths(
    half_a_year: None, page: Page, live_server: Any
) -> None:
    year = f"/statistics/?year={timezone.localtime().year}"
    for address in (*ADDRESSES, year):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(live_server.url + address)
            assert not violations(page), (address, width)
            assert not sticks_out(page), (address, width)
