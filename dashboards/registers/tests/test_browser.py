"""Lists with their button and the page of a download in a real browser: axe, narrow, the file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from dashboards.registers.table import REGISTERS
from reception.tests.axe import sticks_out, violations
from reception.tests.test_axe import look_at, page, sign_in

__all__ = ["page"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
CASES = "/admin/registers/cases/"
LISTS = ["/admin/complaints/complaint/", "/admin/complaints/complaint/stages/",
         "/admin/reception/visit/", "/admin/reception/contactnote/", "/admin/notices/notice/"]  # fmt: skip


def picture(page: Page, name: str) -> None:
    """Kept where TEST_PICTURES names a folder, to be looked at."""
    if folder := os.environ.get("TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def manager(page: Page, live_server: Any, file: Any, person: Any) -> Page:
    for n in range(3):
        file(email=f"q{n}@example.com")
    sign_in(page, live_server.url, person, "seo.yh")
    return page


def test_lists_and_downloads_are_accessible(manager: Page, live_server: Any) -> None:
    downloads = [f"/admin/registers/{name}/" for name in REGISTERS]
    addresses = [*LISTS, *downloads, f"{CASES}?q=없는낱말&state=all"]
    assert look_at(manager, live_server.url, addresses) == {}
    for width in (1280, 390):
        manager.set_viewport_size({"width": width, "height": 900})
        for n, address in enumerate([*LISTS, CASES, f"{CASES}?q=없는낱말"]):
            manager.goto(f"{live_server.url}{address}")
            picture(manager, f"{n}-{width}")


def test_the_reason_is_asked_for_and_the_file_arrives(
    manager: Page, live_server: Any, tmp_path: Path
) -> None:
    manager.goto(f"{live_server.url}/admin/complaints/complaint/?state=all")
    manager.get_by_role("link", name="내려받기").click()
    manager.get_by_label("가리지 않고 내려받기").check()
    manager.get_by_role("button", name="내려받기").click()
    expect(manager.locator("#error-summary")).to_be_visible()
    assert violations(manager) == []
    for width in (1280, 390):
        manager.set_viewport_size({"width": width, "height": 900})
        assert sticks_out(manager) == []
        picture(manager, f"reason-{width}")
    manager.locator("#error-summary a").click()
    expect(manager.locator("#id_reason")).to_be_focused()
    manager.keyboard.type("감사 자료로 제출하기 위해 받습니다.")
    for _ in range(2):  # the page stays, and may be used again
        with manager.expect_download() as waiting:
            manager.get_by_role("button", name="내려받기").click()
        assert waiting.value.suggested_filename.startswith("처리대장-")
        kept = tmp_path / "kept.xlsx"
        waiting.value.save_as(kept)
        assert load_workbook(kept)["처리대장"].max_row == 4
