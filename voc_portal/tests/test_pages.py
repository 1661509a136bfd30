"""Every page that others rely on answers; the first page tells whether we are open; errors help."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest
from django.template import loader
from django.test import Client, RequestFactory

from centre.calendar import SEOUL, Calendar
from centre.loading import load_centre_data
from centre.options import DATA, specs
from complaints.texts import texts
from standards.services import load_charter
from voc_portal import context

NOW = datetime(2026, 9, 9, 10, 0, tzinfo=SEOUL)
PUBLIC = [
    "/", "/complaints/new/", "/complaints/received/", "/complaints/track/", "/complaints/code/",
    "/charter/", "/statistics/", "/staff-guide/", "/courses/", "/surveys/",
    "/accounts/login/", "/staff-guide/print/",
]  # fmt: skip
FOR_STAFF = [
    "/admin/",
    "/dashboard/",
    "/desk/",
    "/desk/board/",
    "/desk/notes/new/",
    "/desk/absences/",
]


@pytest.fixture
def centre(db: None) -> None:
    load_centre_data(now=NOW, demo=False)
    load_charter(today=NOW.date())


def page_of(response: Any) -> str:
    return html.unescape(response.content.decode())


@pytest.mark.parametrize("address", PUBLIC)
def test_a_page_for_everybody_answers(client: Client, centre: None, address: str) -> None:
    response = client.get(address)
    page = page_of(response)
    assert response.status_code == 200
    assert '<html lang="ko">' in page
    assert page.count("<h1") == 1
    assert page.count("<main") == 1
    assert 'class="skip-link" href="#main"' in page
    assert "{{" not in page
    assert "{%" not in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("address", FOR_STAFF)
def test_a_page_for_staff_asks_to_sign_in(client: Client, centre: None, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 302
    assert "login" in response["Location"]


@pytest.mark.parametrize("address", ["/", "/complaints/new/", "/complaints/track/", "/charter/"])
def test_no_page_needs_what_its_policy_forbids(client: Client, centre: None, address: str) -> None:
    """No inline script or style, nothing from other hosts; and the policy says so."""
    response = client.get(address)
    page = response.content.decode()
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"


# --- the first page -----------------------------------------------------------------------------


def test_the_first_page_has_the_three_things_and_how_to_reach_us(
    client: Client, centre: None, django_assert_max_num_queries: Any
) -> None:
    client.get("/")
    with django_assert_max_num_queries(3):
        page = page_of(client.get("/"))
    for address in ("/complaints/new/", "/complaints/track/", "/charter/"):
        assert f'href="{address}"' in page
    for key in ("centre_phone", "centre_fax", "centre_address", "centre_hours"):
        assert specs()[key].default in page
    assert 'href="tel:0548551365"' in page


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-09-09 09:00", "지금 업무시간입니다. 전화 (054)855-1365"),
        ("2026-09-09 11:59", "지금 업무시간입니다"),
        ("2026-09-09 12:00", "지금은 점심시간입니다. 13시부터"),
        ("2026-09-09 12:59", "지금은 점심시간입니다. 13시부터"),
        ("2026-09-09 13:00", "지금 업무시간입니다"),
        ("2026-09-09 18:00", "오늘 업무가 끝났습니다. 2026년 9월 10일(목) 9시부터"),
        ("2026-09-11 23:59", "오늘 업무가 끝났습니다. 2026년 9월 14일(월) 9시부터"),
        ("2026-09-09 08:59", "오늘 업무는 9시에 시작합니다"),
        ("2026-09-09 00:00", "오늘 업무는 9시에 시작합니다"),
        ("2026-09-12 10:00", "오늘은 쉬는 날입니다(토요일). 2026년 9월 14일(월) 9시부터"),
        ("2026-09-25 10:00", "오늘은 쉬는 날입니다(추석)"),
        ("2026-09-28 00:30", "오늘 업무는 9시에 시작합니다"),  # still Sunday in UTC
    ],
)
def test_today_in_one_sentence(moment: str, words: str) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=SEOUL)
    today = context.today(Calendar(), now=now, phone="(054)855-1365")
    assert words in today.sentence
    assert today.is_open is words.startswith("지금 업무시간")
    assert "{{" not in today.sentence


def test_the_state_of_the_day_is_on_the_first_page(client: Client, centre: None) -> None:
    with time_machine.travel(NOW, tick=False):
        assert "지금 업무시간입니다" in page_of(client.get("/"))


def test_the_demo_says_that_it_is_one(client: Client, centre: None, settings: Any) -> None:
    settings.DEMO = False
    assert "시연용" not in page_of(client.get("/"))
    settings.DEMO = True
    assert "시연용 화면입니다" in page_of(client.get("/"))
    assert str(context.DEMO_BANNER) in DATA.read_text(encoding="utf-8")


def test_the_menu_shows_where_one_is(client: Client, centre: None) -> None:
    page = page_of(client.get("/complaints/track/"))
    assert re.findall(r'href="([^"]+)" aria-current="page"', page) == ["/complaints/track/"]


# --- when it goes wrong --------------------------------------------------------------------------


def test_an_unknown_address_helps(client: Client, centre: None) -> None:
    response = client.get("/no-such-page/")
    assert response.status_code == 404
    assert "(054)855-1365" in page_of(response)


@pytest.mark.parametrize("name", ["400.html", "403.html", "404.html", "429.html", "503.html"])
def test_each_error_page_tells_whom_to_ring_even_without_a_database(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("centre.options.Option.objects.values_list", away)
    page = loader.get_template(name).render({}, RequestFactory().get("/"))
    assert "(054)855-1365" in page
    assert "<h1>" in page


def test_the_last_error_page_stands_alone() -> None:
    page = loader.get_template("500.html").render()
    assert specs()["centre_phone"].default in page
    source = (settings.BASE_DIR / "templates" / "500.html").read_text(encoding="utf-8")
    assert "{{" not in source
    assert re.findall(r"{%\s*(\w+)", source) == ["load", "static"]


def failing(error: Exception) -> Any:
    def fail(request: HttpRequest) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("?"), (500, "저희 쪽에 문제가 생겨")),
        (OperationalError("away"), (503, "지금은 이용하실 수 없습니다")),
    ],
)
def test_a_failure_is_told_as_what_it_is(
    client: Client,
    centre: None,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    said: tuple[int, str],
) -> None:
    monkeypatch.setattr("voc_portal.context.Portal.today", property(failing(error)))
    client.raise_request_exception = False
    monkeypatch.setattr("voc_portal.context.Portal.menu", [])
    response = client.get("/")
    status, words = said
    assert response.status_code == status
    assert words in page_of(response)


def test_a_form_without_its_token_is_told_why(centre: None) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/complaints/track/", {"receipt_number": "x"})
    assert response.status_code == 403
    assert "쿠키가 꺼져 있어" in page_of(response)


def test_every_sentence_of_the_day_is_used() -> None:
    assert set(texts()["now"]) == {"open", "lunch", "ended", "closed"}
