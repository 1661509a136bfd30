"""Every page of the desk, full and empty, wide and narrow: axe finds nothing, nothing sticks out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, expect, sync_playwright

from centre.services import enter_absence
from conftest import chromium_path
from reception import services
from reception.models import ContactNote, Visit
from reception.services import NewDifficultCall, NewNote
from reception.tests.axe import sticks_out, violations
from reception.tests.conftest import a_token
from reception.tests.test_keyboard import PASSWORD
from records.actors import SYSTEM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
WIDTHS = (1280, 820, 390)


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
def full(demo_centre: None, person: Any) -> dict[str, int]:
    """A desk in use: waits of each colour, notes of each state, somebody away, difficult calls."""
    from django.utils import timezone  # noqa: PLC0415 - the pages read the real clock

    now, desk = timezone.now(), person("im.do")
    for name in ("oh.sr", "song.hn"):
        enter_absence(
            person_id=person(name).pk, starts_at=now - timedelta(hours=1),
            ends_at=now + timedelta(hours=5), reason="trip", by=SYSTEM, now=now,
        )  # fmt: skip
    for minutes, sought in ((1, "oh.sr"), (8, "cha.mj"), (14, None)):
        services.arrive(
            form_token=a_token(), purpose="consult", by=desk, now=now - timedelta(minutes=minutes),
            sought_id=person(sought).pk if sought else None,
        )  # fmt: skip
    meeting = services.arrive(form_token=a_token(), purpose="other", by=desk, now=now).visit
    done = services.arrive(form_token=a_token(), purpose="papers", by=desk, now=now).visit
    services.serve(visit_id=done.pk, by=desk, now=now)
    notes = []
    for hours, sought in ((0, "oh.sr"), (90, "cha.mj"), (91, "nam.gy")):
        new = NewNote(
            origin="phone", sought_id=person(sought).pk, name="김하람", contact="010-0000-1234",
            matter="수료증을 다시 받고 싶습니다.", good_time="점심 뒤", aid="천천히",
        )  # fmt: skip
        taken = services.take_note(
            form_token=a_token(), new=new, by=desk, now=now - timedelta(hours=hours)
        )
        notes.append(taken.note.pk)
    services.log_attempt(
        note_id=notes[1], way="phone", outcome="busy", by=person("cha.mj"), now=now
    )
    services.log_attempt(
        note_id=notes[2], way="phone", outcome="reached", by=person("nam.gy"), now=now
    )
    new_call = NewDifficultCall(
        origin="phone", kind="abuse", ended="taken", after="rest", at=now, remark="고함"
    )
    services.record_difficult_call(form_token=a_token(), new=new_call, by=desk, now=now)
    away = Visit.objects.get(sought=person("oh.sr")).pk
    return {"away": away, "meeting": meeting.pk, "done": done.pk, "open": notes[0],
            "tried": notes[1], "closed": notes[2]}  # fmt: skip


def sign_in(page: Page, base: str, person: Any, username: str) -> None:
    user = person(username).user
    user.set_password(PASSWORD)
    user.must_change_password = False
    user.save()
    page.goto(f"{base}/accounts/login/?next=/desk/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#board").wait_for()


def look_at(page: Page, base: str, addresses: list[str]) -> dict[str, list[str]]:
    """What is wrong, by page and width; empty where all is well."""
    wrong: dict[str, list[str]] = {}
    for address in addresses:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            answer = page.goto(f"{base}{address}", wait_until="load")
            assert answer is not None
            assert answer.status == 200, address
            found = sticks_out(page) + (violations(page) if width != WIDTHS[1] else [])
            if found:
                wrong[f"{address} {width}"] = found
    return wrong


def test_the_desk_in_use(page: Page, live_server: Any, full: dict[str, int], person: Any) -> None:
    sign_in(page, live_server.url, person, "im.do")
    assert look_at(page, live_server.url, [
        "/desk/", "/desk/notes/", "/desk/notes/new/", f"/desk/notes/new/?visit={full['away']}",
        *(f"/desk/notes/{full[name]}/" for name in ("open", "tried", "closed")),
        *(f"/desk/visits/{full[name]}/" for name in ("away", "meeting", "done")),
        "/desk/visits/late/", "/desk/progress/", "/desk/absences/", "/desk/difficult/new/",
        "/staff-guide/", "/staff-guide/print/",
    ]) == {}  # fmt: skip


def test_what_leads_look_at(
    page: Page, live_server: Any, full: dict[str, int], person: Any
) -> None:
    sign_in(page, live_server.url, person, "bae.sj")
    assert look_at(page, live_server.url, [
        "/desk/difficult/", "/admin/reception/visit/", "/admin/reception/contactnote/",
        "/admin/reception/difficultcall/", "/admin/reception/visit/?first=2020-01-01&last=2020-01-02",
        "/admin/centre/absence/add/", "/admin/centre/staffmember/",
        f"/admin/centre/staffmember/{person('im.do').pk}/change/",
        f"/admin/centre/staffmember/{person('im.do').pk}/hand-over/",
    ]) == {}  # fmt: skip


def test_an_empty_desk_and_forms_with_errors(page: Page, live_server: Any, person: Any) -> None:
    sign_in(page, live_server.url, person, "im.do")
    assert look_at(page, live_server.url, ["/desk/", "/desk/notes/"]) == {}
    for address in ("/desk/notes/new/", "/desk/visits/late/", "/desk/difficult/new/",
                    "/desk/progress/"):  # fmt: skip
        page.goto(f"{live_server.url}{address}")
        page.locator("main button[type=submit]:not([name=do])").first.click()
        summary = page.locator(".error-summary")
        expect(summary).to_be_visible()
        assert violations(page) == [], address
        first = summary.locator("a").first
        first.click()
        assert page.evaluate("document.activeElement.matches('input, select, textarea')"), address
    assert not ContactNote.objects.exists()


def test_axe_does_find_what_is_wrong(page: Page, live_server: Any) -> None:
    """The test itself: a page with faults is not called clean."""
    page.goto(f"{live_server.url}/staff-guide/")
    assert violations(page) == []
    page.evaluate("document.querySelector('h1').insertAdjacentHTML('afterend', '<img src=x>')")
    page.evaluate(
        "document.querySelector('h1').insertAdjacentHTML('afterend', '<select></select>')"
    )
    assert {line.split()[0] for line in violations(page)} >= {"image-alt", "select-name"}
    page.evaluate("document.querySelector('h1').insertAdjacentHTML('afterend', "
                  "'<div id=wide>.</div>')")  # fmt: skip
    page.evaluate("document.getElementById('wide').style.width = '3000px'")
    assert sticks_out(page)


def test_without_script_the_desk_works(
    browser_type_launch_args: dict[str, Any], live_server: Any, demo_centre: None, person: Any
) -> None:
    with sync_playwright() as playwright:
        launch = browser_type_launch_args | {"executable_path": chromium_path()}
        browser = playwright.chromium.launch(**launch)
        page = browser.new_page(java_script_enabled=False, locale="ko-KR")
        sign_in(page, live_server.url, person, "im.do")
        page.locator("[data-key='3']").click()
        expect(page.get_by_text("고객을 적었습니다")).to_be_visible()
        assert not page.locator("[data-shortcuts]").is_visible(), "a button that does nothing"
        page.locator(".visit-card button[value=call]").click()
        expect(page.get_by_text("부르셨습니다")).to_be_visible()
        page.locator(".visit-card button[value=serve]").click()
        page.locator("[data-key='6']").click()
        for field, text in (("sought", "302"), ("name", "김하람"), ("contact", "010-0000-1234"),
                            ("matter", "수료증")):  # fmt: skip
            page.fill(f"#id_{field}", text)
        page.locator("main button[type=submit]").click()
        expect(page.locator("#board")).to_contain_text("김*람")
        page.locator(".note-card a").click()
        page.locator("button[name=outcome][value=reached]").click()
        expect(page.get_by_text("메모를 마쳤습니다")).to_be_visible()
        page.goto(f"{live_server.url}/desk/")
        page.locator("[data-key='9']").click()
        expect(page.get_by_text("바로 답한 것으로 세었습니다")).to_be_visible()
        browser.close()
        connections.close_all()
    assert ContactNote.objects.get().ending == "reached"
    assert Visit.objects.get().state == "served"
