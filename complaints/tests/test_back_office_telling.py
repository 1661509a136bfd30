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
    assert "[경상북도종합자원봉사센터] 고객의 소리가 접수되었습니다. 접수번호" in words
    assert notice.secret not in words
    for said_on_the_phone in ("통화 괜찮으십니까", "확인번호", "http", "소중한 의견"):
        assert said_on_the_phone not in words.partition("보낼 문자")[2]
    assert client.post(url(notice), {"do": "texted", "note": "오전"}).status_code == 302
    notice.refresh_from_db()
    assert (notice.status, notice.done_note) == (Status.DELIVERED, "문자로 보냄. 오전")


def test_text_only_is_told_by_text_everywhere(file: File, task: Callable[..., Notice]) -> None:
    task(phone="01012345678", reply_by="phone", assistance="문자로만 연락")
    apology = Notice.objects.get(template="immediate-apology")
    assert "담당자가 문자로 직접 연락드려" in apology.body
    tells = Notice.objects.filter(template="task-tell")
    assert {"문자로" in tell.title and "문자로 알려" in tell.body for tell in tells} == {True}
    client = browser_of("nam.gy")
    rows = client.get("/admin/notices/notice/tasks/").context["rows"]
    assert {str(row["way"]) for row in rows} == {"문자"}
    words = words_of(client.get(url(apology)))
    assert "불편을 드려 죄송합니다." in words.partition("보낼 문자")[2]
    assert "전화로" not in words.partition("보낼 문자")[2]
    task(phone="01099998888", reply_by="phone", name="박순례")
    rows = client.get("/admin/notices/notice/tasks/").context["rows"]
    assert {str(row["way"]) for row in rows} == {"문자", "전화"}


def test_whoever_rings_says_his_own_unit_and_name(
    file: File, task: Callable[..., Notice], person: Find
) -> None:
    notice = task(phone="01012345678", reply_by="phone")
    for caller in ("nam.gy", "im.do"):
        one = person(caller)
        said = words_of(browser_of(caller).get(url(notice))).partition("읽어 드릴 말")[2]
        opening = (
            f"경상북도종합자원봉사센터 {one.team.name} {one.name}입니다. 김하람 고객님 되십니까?"
        )
        assert opening in said
        assert notice.secret in said, "the number and the code are told"
        for written in (
            "http",
            "팩스",
            "이 메일",
            "이 글",
            "고객님, 안녕하십니까",
            "결과를 알려 드리려고",
        ):
            assert written not in said, written


def test_the_call_that_apologises_does_not_promise_a_call(task: Callable[..., Notice]) -> None:
    task(phone="01012345678", reply_by="phone")
    notice = Notice.objects.get(template="immediate-apology")
    said = words_of(browser_of("nam.gy").get(url(notice))).partition("읽어 드릴 말")[2]
    assert "먼저 사과드립니다" in said
    assert "지금 말씀해 주시면 잘 듣고 적겠습니다." in said
    for written in ("연락드려", "이 글은", "아래에서", "http", "전화로 직접"):
        assert written not in said, written


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
