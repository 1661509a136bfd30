"""Signing in with a second factor in a real browser: app, security key, codes, phone width."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import connections
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

from centre.factories import PASSWORD, StaffMemberFactory
from conftest import chromium_path
from reception.tests.axe import sticks_out, violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
WIDTHS = (1280, 390)


def _note(complaints: list[str], said: ConsoleMessage) -> None:
    if said.type == "error":
        complaints.append(said.text)


@pytest.fixture
def page(browser_type_launch_args: dict[str, Any]) -> Iterator[Page]:
    """A page that notes what it complains of (CSP, script errors) in ``page.complaints``."""
    with sync_playwright() as playwright:
        launch = browser_type_launch_args | {"executable_path": chromium_path()}
        browser = playwright.chromium.launch(**launch)
        opened = browser.new_page(locale="ko-KR", timezone_id="Asia/Seoul")
        complaints: list[str] = []
        opened.complaints = complaints  # type: ignore[attr-defined]
        opened.on("console", partial(_note, complaints))
        yield opened
        browser.close()
        connections.close_all()


def look(page: Page, name: str) -> None:
    """No violation and nothing beside the page at both widths; keeps pictures where asked for."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert not violations(page), name
        assert not sticks_out(page), (name, width)
        if folder := os.environ.get("TEST_PICTURES"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def sign_in(page: Page, address: str, username: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("#id_login", username)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")


def code(secret: str, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def test_an_app_and_its_codes(page: Page, live_server: Any, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    person = StaffMemberFactory()
    sign_in(page, live_server.url, person.user.username)
    expect(page).to_have_url(re.compile("/accounts/2fa/$"))
    look(page, "factors-none")
    page.click("text=인증 앱 등록")
    look(page, "app")
    secret = page.locator(".secret").inner_text()
    page.fill("#id_code", "000000")
    page.click("main button[type=submit]")
    expect(page.locator(".error-summary")).to_contain_text("인증번호가 맞지 않습니다")
    assert page.locator(".secret").inner_text() == secret, "what was scanned stays good"
    look(page, "app-error")
    page.fill("#id_code", code(secret))
    page.click("main button[type=submit]")
    expect(page.locator(".codes li")).to_have_count(10)
    look(page, "codes")
    with page.expect_download() as download:
        page.click("text=내려받기")
    assert len(re.findall(r"^\d{8}$", Path(download.value.path()).read_text(), re.MULTILINE)) == 10
    page.goto(f"{live_server.url}/accounts/2fa/")
    look(page, "factors-app")
    page.goto(f"{live_server.url}/admin/")
    page.click("#logout-form button")
    sign_in(page, live_server.url, person.user.username)
    look(page, "authenticate")
    page.fill("#id_code", code(secret, 1))
    page.click("main button[type=submit] >> nth=0")
    expect(page).to_have_url(re.compile("/admin/$"))
    assert not page.complaints  # type: ignore[attr-defined]


def test_a_security_key(page: Page, live_server: Any, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    person = StaffMemberFactory()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    address = live_server.url
    sign_in(page, address, person.user.username)
    page.click("text=보안키 등록")
    look(page, "key")
    page.fill("#id_name", "책상 열쇠")
    page.click("#mfa_webauthn_add")
    expect(page.locator(".codes li")).to_have_count(10)
    page.goto(f"{address}/accounts/2fa/webauthn/")
    expect(page.locator(".key-name")).to_have_text("책상 열쇠")
    look(page, "keys")
    page.goto(f"{address}/admin/")
    page.click("#logout-form button")
    sign_in(page, address, person.user.username)
    expect(page.locator("#mfa_webauthn_authenticate")).to_be_visible()
    look(page, "authenticate-key")
    page.click("#mfa_webauthn_authenticate")
    expect(page).to_have_url(re.compile("/admin/$"))
    assert not page.complaints  # type: ignore[attr-defined]


def test_a_key_that_does_not_answer_is_told_in_words(page: Page, live_server: Any) -> None:
    person = StaffMemberFactory()
    sign_in(page, live_server.url, person.user.username)
    page.goto(f"{live_server.url}/accounts/2fa/webauthn/add/")
    page.evaluate(
        "() => { navigator.credentials.create = () => Promise.reject(new Error('no key')) }"
    )
    page.click("#mfa_webauthn_add")
    expect(page.locator("[data-key-error]")).to_be_visible()
    assert not page.complaints  # type: ignore[attr-defined]
