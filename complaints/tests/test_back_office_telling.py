"""Telling a citizen by hand: what he asked for stands on the task's page, one press does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from centre.models import StaffMember
from complaints.filing import Filed
from complaints.tests.conftest import MORNING
from complaints.tests.staff import browser_of, page_of, verbs_on, words_of
from notices.models import Notice, Status

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]
LIST = "/admin/notices/notice/"


@pytest.fixture(autouse=True)
def _clock(demo_centre: None) -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def task(file: File, person: Find) -> Callable[..., Notice]:
    """The task to tell of a receipt, and the address of its page."""

    def make(**values: Any) -> Notice:
        case = file(**({"email": "", "channel": "phone"} | values)).complaint
        return Notice.objects.get(subject_id=case.pk, template="receipt")

    return make


def url(notice: Notice) -> str:
    return reverse("admin:notices_notice_change", args=[notice.pk])


def test_text_only_is_said_and_a_text_counts_as_done(task: Callable[..., Notice]) -> None:
    notice = task(phone="01012345678", reply_by="phone", assistance="문자로만 연락")
    client = browser_of("nam.gy")
    page = client.get(url(notice))
    words = words_of(page)
    assert "전화하지 말고 문자로 보내 주십시오." in words
    assert "편의 요청 문자로만 연락" in words
    assert "고객이 고른 방법 전화로" in words
    assert '<a class="dial" href="tel:01012345678">010-1234-5678</a>' in page_of(page)
    assert client.post(url(notice), {"do": "texted", "note": "오전"}).status_code == 302
    notice.refresh_from_db()
    assert (notice.status, notice.done_note) == (Status.DELIVERED, "문자로 보냄. 오전")


def test_others_are_rung_and_a_note_is_kept_from_call_to_call(task: Callable[..., Notice]) -> None:
    notice = task(phone="01012345678", reply_by="phone")
    client = browser_of("nam.gy")
    page = client.get(url(notice))
    assert "texted" not in verbs_on(page)
    text = page_of(page)
    assert text.index('value="reached"') < text.index('id="notice-text"'), "buttons first"
    client.post(url(notice), {"do": "no_answer", "note": "신호만 감"})
    client.post(url(notice), {"do": "reached", "note": "따님께 전함"})
    notice.refresh_from_db()
    assert notice.status == Status.DELIVERED
    assert notice.done_note == "신호만 감\n따님께 전함"


def test_a_letter_in_large_print(task: Callable[..., Notice]) -> None:
    notice = task(address="안동시 물길로 1", reply_by="post", assistance="큰 글씨 우편")
    page = browser_of("nam.gy").get(url(notice))
    assert "큰 글씨로 인쇄" in words_of(page)
    assert "large-print" in page_of(page)
    plain = task(address="안동시 물길로 2", reply_by="post", name="박순례")
    assert "large-print" not in page_of(browser_of("nam.gy").get(url(plain)))


def test_the_list_is_searched_by_receipt_number(file: File) -> None:
    one, _two = file().complaint, file(email="b@example.com").complaint
    client = browser_of("noh.jh")
    whole = words_of(client.get(LIST))
    assert one.receipt_number in whole
    for typed in (one.receipt_number, one.receipt_number[5:11], "0" + one.receipt_number[8:11]):
        rows = client.get(LIST, {"q": typed}).context["cl"].result_list
        assert {row.subject_id for row in rows} == {one.pk}, typed
    assert list(client.get(LIST, {"q": "없는번호"}).context["cl"].result_list) == []
