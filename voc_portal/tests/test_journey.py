"""The main job, end to end: real pages in a real browser, workers, beat, and a mail server.

A citizen files; the handler finds it on top of the queue and answers; the lead approves; the
citizen has the answer and sees it. In between the mail server, a worker and beat go away, which
changes nothing but the time.
"""

from __future__ import annotations

import email
import email.message
import email.policy
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Page, sync_playwright

from conftest import chromium_path
from voc_portal.tests.test_system import CHECKOUT, System, end, eventually, free_port, started

pytestmark = [pytest.mark.system, pytest.mark.browser]

CHROMIUM = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
MAIL_SECONDS = 30


class Post:
    """A mail server on loopback that can be switched off and on again."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[email.message.EmailMessage] = []
        self.start()

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def to(self, address: str, subject: str) -> list[email.message.EmailMessage]:
        return [m for m in self.mails if address in str(m["To"]) and subject in str(m["Subject"])]


def text_of(mail: email.message.EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.fixture(scope="module")
def database() -> Iterator[dict[str, str]]:
    """A new database beside the one of the tests."""
    import psycopg  # noqa: PLC0415

    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    name = f"voc_journey_{secrets.token_hex(4)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield {"DATABASE_URL": f"{server}/{name}"}
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    server = Post()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def portal(
    tmp_path_factory: pytest.TempPathFactory, database: dict[str, str], post: Post
) -> Iterator[System]:
    running = started(
        tmp_path_factory.mktemp("journey") / "data",
        [sys.executable, "-m", "voc_portal.run"],
        EMAIL_URL=f"smtp://127.0.0.1:{post.port}",
        **database,
    )
    yield running
    end(running)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, portal: System) -> Iterator[Callable[[], Page]]:
    """Opens a page of a new visitor; what the browser complains about fails the test."""
    pages: list[Page] = []
    said: list[str] = []

    def new() -> Page:
        page = browser.new_context(
            base_url=f"http://127.0.0.1:{portal.port}", locale="ko-KR"
        ).new_page()
        page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.set_default_timeout(20_000)
        pages.append(page)
        return page

    yield new
    for page in pages:
        page.context.close()
    assert said == []


def file(
    page: Page, address: str, *, subject: str = "봉사 시간이 아직도 안 올라와요"
) -> tuple[str, str]:
    """File a complaint as a citizen would; returns receipt number and access code."""
    page.goto("/complaints/new/")
    page.check("input[name=kind][value=complaint]", force=True)
    page.check("input[name=topic][value=record]", force=True)
    page.fill("[name=subject]", subject)
    page.fill("[name=body]", "9월에 물길공원 환경정화에 세 시간 참여했는데 확인서에 없습니다.")
    page.fill("[name=name]", "김하람")
    page.fill("[name=email]", address)
    page.check("[name=consent]", force=True)
    page.check("[name=age_confirmed]", force=True)
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/complaints/received/")
    said = page.locator("main").inner_text()
    number = re.search(r"\d{4}-\d{6}-[0-9A-Z]", said)
    code = re.search(r"\b[2-9A-HJ-NP-Z]{10}\b", said)
    assert number is not None
    assert code is not None
    return number[0], code[0]


def sign_in(page: Page, portal: System, user: str) -> None:
    passwords = {
        parts[1]: parts[2]
        for line in portal.says().splitlines()
        if len(parts := line.split("\t")) == 3
    }
    page.goto("/accounts/login/")
    page.fill("[name=login]", user)
    page.fill("[name=password]", passwords[user])
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/admin/")


def manage(portal: System, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project beside the running system."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=CHECKOUT,
        env={
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "DATA_DIR": str(portal.data_dir),
            "DEMO": "1",
        }
        | env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_filed_assigned_answered_approved_told_and_seen(
    portal: System, post: Post, visit: Callable[[], Page]
) -> None:
    citizen = visit()
    number, code = file(citizen, "journey@example.com")
    took = eventually(lambda: bool(post.to("journey@example.com", "접수되었습니다")), MAIL_SECONDS)
    assert took is not None, "no receipt mail"
    receipt = post.to("journey@example.com", "접수되었습니다")
    assert code in text_of(receipt[0])
    assert number in str(receipt[0]["Subject"])

    handler = visit()
    sign_in(handler, portal, "nam.gy")
    handler.goto("/admin/complaints/complaint/")
    first = handler.locator("#content a[href*='/change/']").first
    first.click()
    assert number in handler.locator("#content").inner_text()
    handler.locator("button[name=do][value=confirm_team]").first.click()
    handler.wait_for_load_state()
    told = eventually(
        lambda: bool(post.to("journey@example.com", "담당자를 알려 드립니다")), MAIL_SECONDS
    )
    assert told is not None

    handler.locator("select[name=decision], input[name=decision][value=accepted]").first.wait_for(
        state="attached"
    )
    _write_answer(handler, "활동처의 출석부를 확인하여 세 시간을 올렸습니다.")
    handler.locator("button[name=do][value=submit_response]").first.click()
    handler.wait_for_load_state()

    lead = visit()
    sign_in(lead, portal, "baek.sw")
    lead.goto(handler.url)
    lead.locator("button[name=do][value=approve]").first.click()
    lead.wait_for_load_state()
    answered = eventually(lambda: bool(post.to("journey@example.com", "처리 결과")), MAIL_SECONDS)
    assert answered is not None
    assert "세 시간을 올렸습니다" in text_of(post.to("journey@example.com", "처리 결과")[0])

    reader = visit()
    reader.goto("/complaints/track/")
    reader.fill("[name=receipt_number]", number.lower())
    reader.fill("[name=access_code]", f"{code[:5]}-{code[5:]}".lower())
    reader.locator("main form button[type=submit]").first.click()
    reader.wait_for_url(f"**/complaints/{number}/")
    seen = eventually(lambda: "세 시간을 올렸습니다" in _reloaded(reader), MAIL_SECONDS)
    assert seen is not None
    subjects = [str(mail["Subject"]) for mail in post.to("journey@example.com", "")]
    said = ("접수되었습니다", "불편을 드려 죄송합니다", "담당자를 알려 드립니다", "처리 결과를")
    assert len(subjects) == len(said), subjects
    assert all(any(words in subject for subject in subjects) for words in said), subjects


def _write_answer(page: Page, text: str) -> None:
    details = page.locator("details:has([name=answer])").first
    if details.count() and details.get_attribute("open") is None:
        details.locator("summary").first.click()
    select = page.locator("select[name=decision]")
    if select.count():
        select.first.select_option("accepted")
    else:
        page.check("input[name=decision][value=accepted]", force=True)
    page.locator("[name=answer]").first.fill(text)


def _reloaded(page: Page) -> str:
    page.reload()
    return page.locator("main").inner_text()


def test_the_mail_server_a_worker_and_beat_away_change_only_the_time(
    portal: System, post: Post, visit: Callable[[], Page]
) -> None:
    post.stop()
    citizen = visit()
    file(citizen, "away@example.com")
    for program in ("delivery", "beat"):
        victim = portal.main_pid(program)
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
    time.sleep(3)
    assert post.to("away@example.com", "") == []
    post.start()
    took = eventually(lambda: bool(post.to("away@example.com", "접수되었습니다")), 60)
    assert took is not None
    time.sleep(5)
    assert len(post.to("away@example.com", "접수되었습니다")) == 1


def test_past_the_due_date_everyone_is_told_once_and_verify_is_clean(
    portal: System, post: Post, visit: Callable[[], Page], database: dict[str, str]
) -> None:
    file(visit(), "late@example.com", subject="늦은 답변")
    assert eventually(lambda: bool(post.to("late@example.com", "접수되었습니다")), MAIL_SECONDS)
    later = (datetime.now().astimezone() + timedelta(days=15)).isoformat()
    env = database | {"EMAIL_URL": f"smtp://127.0.0.1:{post.port}"}
    for _ in range(2):
        swept = manage(portal, "sweep", "--now", later, **env)
        assert swept.returncode == 0, swept.stderr
        delivered = manage(portal, "deliver", "--now", later, **env)
        assert delivered.returncode == 0, delivered.stderr
    assert eventually(lambda: bool(post.to("late@example.com", "지키지 못했습니다")), MAIL_SECONDS)
    assert len(post.to("late@example.com", "지키지 못했습니다")) == 1
    assert post.to("nam.gy@example.org", "")
    verified = manage(portal, "verify", **env)
    assert verified.returncode == 0, verified.stdout


def test_the_first_screen_is_whole_on_a_phone(portal: System, visit: Callable[[], Page]) -> None:
    page = visit()
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/", "/complaints/new/", "/complaints/track/", "/charter/", "/accounts/login/"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{path} is {wide} px wide"
