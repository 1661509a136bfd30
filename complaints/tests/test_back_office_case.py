"""`/admin/complaints/complaint/<id>/change/`: who may read it, and what stands on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.test import Client

from centre.models import StaffMember
from complaints import services
from complaints.factories import ResponseFactory
from complaints.filing import Filed
from complaints.models import Complaint, State
from complaints.services import Draft
from complaints.tests.conftest import MORNING, put_right, seoul
from complaints.tests.staff import (
    QUEUE,
    act,
    browser_of,
    case_url,
    page_of,
    verbs_on,
    words_of,
)
from notices.services import deliver
from records.files import check_upload
from records.models import AccessLog
from records.services import store_file
from standards.services import sweep

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]
ANSWER = Draft(decision="accepted", answer="확인하여 바로잡았습니다.", action_done="실적을 올림")
EVERYONE_WHO_MAY = ("nam.gy", "baek.sw", "noh.jh", "im.do", "bae.sj", "seo.yh", "moon.tk")
OTHERS = ("song.hn", "kwon.hj", "cha.mj")


@pytest.fixture(autouse=True)
def _clock(demo_centre: None, settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def case(file: File) -> Complaint:
    return file().complaint


def attach(case: Complaint, name: str = "확인서.txt") -> Any:
    checked = check_upload(name=name, data=BytesIO("봉사 확인".encode()), size=12)
    return store_file(checked=checked, subject_type="complaint", subject_id=case.pk, now=MORNING)


# --- who may read -----------------------------------------------------------------------------------


def addresses(case: Complaint) -> list[str]:
    stored = attach(case)
    root = f"{QUEUE}{case.pk}"
    return [case_url(case), f"{root}/files/{stored.pk}/", f"{root}/slip/", f"{root}/registered/"]


def status(client: Client, url: str) -> int:
    response: Any = client.get(url)
    if response.streaming:
        b"".join(response.streaming_content)  # read to its end, the file is closed
    return int(response.status_code)


def test_those_who_work_on_it_may_read_it(case: Complaint) -> None:
    pages = addresses(case)
    for username in EVERYONE_WHO_MAY:
        client = browser_of(username)
        assert [status(client, url) for url in pages] == [200] * 4, username


def test_others_get_not_found(case: Complaint) -> None:
    pages = addresses(case)
    for username in OTHERS:
        client = browser_of(username)
        assert [status(client, url) for url in pages] == [404] * 4, username
        assert act(client, case, "add_note", text="나도").status_code == 404


def test_the_administrator_and_strangers_read_nothing(case: Complaint) -> None:
    pages = addresses(case)
    assert [status(browser_of("sys.admin"), url) for url in pages] == [403] * 4
    assert [status(browser_of(""), url) for url in pages] == [302] * 4


@pytest.mark.parametrize("username", ["nam.gy", "baek.sw", "noh.jh", "seo.yh"])
def test_whoever_it_is_about_never_reads_it(username: str, file: File, person: Find) -> None:
    one = file(about_staff=person(username).name).complaint
    client = browser_of(username)
    assert [status(client, url) for url in addresses(one)] == [404] * 4
    assert client.get(f"{QUEUE}{one.pk}/history/").status_code == 404
    assert act(client, one, "take").status_code == 404


def test_while_it_is_unclear_whom_it_is_about_only_chiefs_read_it(file: File) -> None:
    one = file(about_staff="머리 긴 직원").complaint
    assert browser_of("nam.gy").get(case_url(one)).status_code == 404
    assert browser_of("noh.jh").get(case_url(one)).status_code == 404
    response = browser_of("baek.sw").get(case_url(one))
    assert response.status_code == 200
    assert "머리 긴 직원" in words_of(response)
    assert response.context["page"].urgent.panel.key == "about"


def test_a_number_that_is_none_is_not_found() -> None:
    client = browser_of("seo.yh")
    for what in ("999999", "abc", "1%00", "9" * 30, "-1", "¹"):
        assert client.get(f"{QUEUE}{what}/change/").status_code == 404


# --- what stands on it ------------------------------------------------------------------------------


def test_all_about_the_case_stands_on_one_page(file: File, person: Find) -> None:
    earlier = file(subject="지난번 일").complaint
    one = file(
        about_staff="",
        phone="010-1234-5678",
        assistance="천천히 크게 말해 주세요",
        channel="transfer",
        external_body="도청 민원실",
        external_number="1AA-2609-000123",
        filed_for={"name": "김순이", "relation": "어머니"},
        now=MORNING + timedelta(minutes=1),
    ).complaint
    stored = attach(one)
    handler = person("nam.gy")
    services.add_note(complaint_id=one.pk, text="활동처에 물어봄", by=handler, now=MORNING)
    services.request_information(
        complaint_id=one.pk, items="언제였습니까?", by=handler, now=MORNING
    )
    services.enter_supplement(complaint_id=one.pk, text="9월 2일입니다", by=handler, now=MORNING)
    deliver(now=MORNING)
    response = browser_of("nam.gy").get(case_url(one))
    words = words_of(response)
    for text in (
        one.receipt_number,
        one.subject,
        "세 시간 참여했는데",
        "확인서.txt",
        "천천히 크게 말해 주세요",
        "도청 민원실",
        "1AA-2609-000123",
        "활동처에 물어봄",
        "언제였습니까?",
        "9월 2일입니다",
        "지난번 일",
        earlier.receipt_number,
        "김*람",
        "김*이",
        "어머니",
        "ha***@example.com",
        "010-****-5678",
        "왜 이날인가",
        "접수 알림",
        "전해짐",
        "남가영 주임",
        "팀 확인",
        "보완 요청",
        "보완 도착",
        "개인정보 수집·이용 동의",
    ):
        assert text in words, text
    for secret in ("김하람", "haram@example.com", "1234-5678", "김순이"):
        assert secret not in words
    assert f"/files/{stored.pk}/" in page_of(response)
    assert "no-store" in response["Cache-Control"]


def test_cases_of_the_same_contact_that_one_may_not_see_are_not_named(file: File) -> None:
    hidden = file(subject="남가영 주임에 관하여", about_staff="남가영").complaint
    one = file(now=MORNING + timedelta(minutes=1)).complaint
    assert hidden.receipt_number not in page_of(browser_of("nam.gy").get(case_url(one)))
    assert hidden.receipt_number in page_of(browser_of("seo.yh").get(case_url(one)))


def test_hostile_text_is_shown_as_text(file: File) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    one = file(subject=evil, body=evil, assistance=evil).complaint
    raw = browser_of("nam.gy").get(case_url(one)).content.decode()
    assert "<script>alert" not in raw
    assert "<img src=x" not in raw


def test_no_inline_script_or_style_and_every_field_is_labelled(case: Complaint) -> None:
    client = browser_of("baek.sw")
    for url in (case_url(case), QUEUE, f"{QUEUE}add/", "/admin/", f"{QUEUE}approvals/"):
        raw = client.get(url).content.decode()
        assert " style=" not in raw, url
        assert "<style" not in raw, url
        assert "<script>" not in raw, url
        assert " onclick" not in raw, url


def test_a_missed_promise_shows_both_dates(case: Complaint) -> None:
    later = seoul("2026-09-17 10:00")
    sweep(now=later)
    with time_machine.travel(later, tick=False):
        response = browser_of("baek.sw").get(case_url(case))
    words = words_of(response)
    assert "2026년 9월 22일(화) 18시까지" in words
    assert "처음 약속한 기한 2026년 9월 16일(수) 18시" in words
    assert "약속한 기한을 지키지 못함" in words
    assert response.context["page"].urgent.panel.key == "promise"


def test_an_anonymous_case_has_no_date_and_no_contact(file: File, person: Find) -> None:
    one = file(
        channel="box", anonymous=True, name="", email="", registered_by=person("im.do")
    ).complaint
    response = browser_of("im.do").get(case_url(one))
    assert "기한 없음" in words_of(response)
    assert "연락처가 없습니다" in words_of(response)
    offered = verbs_on(response)
    assert not offered & {"reveal_contact", "issue_code", "request_information"}


def test_the_queries_of_the_page_do_not_grow(
    file: File, person: Find, django_assert_max_num_queries: Any
) -> None:
    one = file().complaint
    lead = browser_of("baek.sw")
    with django_assert_max_num_queries(75) as seen:
        lead.get(case_url(one))
    few = len(seen.captured_queries)
    for minute in range(6):
        file(subject=f"또 {minute}", now=MORNING + timedelta(minutes=minute))
        services.add_note(complaint_id=one.pk, text="메모", by=person("nam.gy"), now=MORNING)
        attach(one, f"파일{minute}.txt")
    with django_assert_max_num_queries(few + 2):
        lead.get(case_url(one))


# --- the contact --------------------------------------------------------------------------------------


def test_the_contact_is_shown_once_a_reason_is_given_and_that_is_logged(file: File) -> None:
    one = file(phone="010-1234-5678").complaint
    client = browser_of("nam.gy")
    refused = act(client, one, "reveal_contact", why="  ")
    assert refused.status_code == 422
    assert "연락처를 보는 까닭을 적어 주십시오." in words_of(refused)
    assert not AccessLog.objects.exists()
    shown = act(client, one, "reveal_contact", why="전화로 답변드리려고")
    assert shown.status_code == 200
    assert "김하람" in words_of(shown)
    assert "010-1234-5678" in words_of(shown)
    log = AccessLog.objects.get()
    assert (log.actor_label, log.whose, log.reason) == (
        "남가영 주임",
        "김*람",
        "전화로 답변드리려고",
    )
    assert log.subject_id == one.pk
    assert log.address == "127.0.0.1"
    assert "김하람" not in page_of(client.get(case_url(one)))


# --- files ----------------------------------------------------------------------------------------------


def test_a_file_is_saved_not_shown(case: Complaint) -> None:
    stored = attach(case)
    response: Any = browser_of("nam.gy").get(f"{QUEUE}{case.pk}/files/{stored.pk}/")
    assert b"".join(response.streaming_content) == "봉사 확인".encode()
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%ED%99%95")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert AccessLog.objects.get().what == "첨부파일 내려받음"


def test_a_file_of_another_case_is_not_found(case: Complaint, file: File) -> None:
    other = file(topic_code="education", subject="교육").complaint
    stored = attach(other)
    client = browser_of("seo.yh")
    assert client.get(f"{QUEUE}{case.pk}/files/{stored.pk}/").status_code == 404
    assert status(client, f"{QUEUE}{other.pk}/files/{stored.pk}/") == 200


# --- what is offered ------------------------------------------------------------------------------------


def test_a_handler_is_offered_what_a_handler_can_do(case: Complaint) -> None:
    offered = verbs_on(browser_of("nam.gy").get(case_url(case)))
    assert {"confirm_team", "save_draft", "submit_response", "request_information"} <= offered
    assert {"ask_extension", "ask_referral", "add_note", "enter_withdrawal"} <= offered
    assert not offered & {
        "assign",
        "merge",
        "approve",
        "close_case",
        "reopen_case",
        "recall",
        "take",
    }


def test_the_desk_directs_but_does_not_answer(case: Complaint) -> None:
    offered = verbs_on(browser_of("im.do").get(case_url(case)))
    assert {"assign", "add_supporting_team", "merge", "settle_about_staff", "issue_code"} <= offered
    assert not offered & {
        "save_draft",
        "submit_response",
        "confirm_team",
        "ask_extension",
        "approve",
    }


def test_the_next_action_leads(case: Complaint, person: Find) -> None:
    handler, lead = person("nam.gy"), person("baek.sw")

    def urgent(username: str) -> str:
        panel = browser_of(username).get(case_url(case)).context["page"].urgent
        return panel.panel.key if panel else ""

    assert urgent("nam.gy") == "confirm"
    services.confirm_team(complaint_id=case.pk, by=handler, now=MORNING)
    assert urgent("nam.gy") == "contact", "a person gets in touch before anything is written"
    services.log_contact(complaint_id=case.pk, way="phone", reached=True, by=handler, now=MORNING)
    assert urgent("nam.gy") == "draft"
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=handler, now=MORNING)
    assert urgent("nam.gy") == ""
    assert "백승우 팀장의 결재를 기다립니다." in words_of(browser_of("nam.gy").get(case_url(case)))
    assert urgent("baek.sw") == "decide"
    approval = case.approvals.get()
    services.approve(approval_id=approval.pk, by=lead, now=MORNING)
    assert urgent("nam.gy") == ""
    deliver(now=MORNING)
    assert urgent("nam.gy") == "close"
    put_right(case, now=MORNING)
    services.close_case(complaint_id=case.pk, by=handler, now=MORNING)
    response = browser_of("noh.jh").get(case_url(case))
    assert "reopen_case" in verbs_on(response)
    assert "확인하여 바로잡았습니다." in words_of(response)


def test_the_approver_reads_the_answer_beside_the_case(case: Complaint, person: Find) -> None:
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    words = words_of(browser_of("baek.sw").get(case_url(case)))
    for text in (
        "결재할 답변",
        "남가영 주임 기안",
        "수용",
        ANSWER.answer,
        ANSWER.action_done,
        case.subject,
    ):
        assert text in words
    assert "결재할 답변" not in words_of(browser_of("bae.sj").get(case_url(case)))


def test_the_approval_line_is_told_before_it_is_asked(case: Complaint) -> None:
    client = browser_of("nam.gy")
    act(client, case, "confirm_team")
    act(client, case, "log_contact", way="phone", reached="on")
    assert "결재선: 남가영 주임 → 백승우 팀장" in words_of(client.get(case_url(case)))


def test_a_deputy_who_approves_is_shown_as_acting(case: Complaint, person: Find) -> None:
    from centre.factories import AbsenceFactory  # noqa: PLC0415

    services.take(complaint_id=case.pk, by=person("baek.sw"), now=MORNING)
    services.assign(
        complaint_id=case.pk, handler_id=person("nam.gy").pk, by=person("baek.sw"), now=MORNING
    )
    AbsenceFactory(person=person("baek.sw"), starts_at=MORNING, ends_at=MORNING + timedelta(days=1))
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    page = browser_of("noh.jh").get(case_url(case))
    assert "노지훈 대리" in words_of(page)
    assert "백승우 팀장 대결" in words_of(page)
    assert page.context["page"].urgent.panel.key == "decide"


def test_an_earlier_answer_stays_when_the_case_is_opened_again(case: Complaint) -> None:
    ResponseFactory(complaint=case, status="told", told_at=MORNING, answer="처음 답변")
    Complaint.objects.filter(pk=case.pk).update(state=State.REVIEWING, round=2)
    words = words_of(browser_of("nam.gy").get(case_url(case)))
    assert "처음 답변" in words
    assert "2번째 처리" in words


def ticked(client: Any, case: Complaint) -> set[str]:
    """Whom the form that settles whom it is about proposes."""
    page = page_of(client.get(case_url(case)))
    boxes = re.findall(r'<input type="checkbox" name="people"[^>]*>', page)
    pks = {int(re.search(r'value="(\d+)"', box)[1]) for box in boxes if " checked" in box}  # type: ignore[index]
    return set(StaffMember.objects.filter(pk__in=pks).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("said", "proposed"),
    [
        ("팀장님", set()),
        ("교육 담당", set()),
        ("차민재 주임과 팀장님", {"차민재"}),
    ],
)
def test_only_who_is_surely_meant_is_ticked(file: File, said: str, proposed: set[str]) -> None:
    case = file(about_staff=said).complaint
    assert case.about_staff_unclear
    assert ticked(browser_of("seo.yh"), case) == proposed


def test_whoever_the_text_names_is_ticked_beside_an_unclear_title(file: File) -> None:
    body = "확인서를 부탁했더니 남가영 주임이 반말을 했습니다."
    case = file(about_staff="팀장님", body=body).complaint
    assert ticked(browser_of("seo.yh"), case) == {"남가영"}


def test_the_page_says_who_sees_an_unclear_case_and_who_does_not(file: File) -> None:
    case = file(about_staff="팀장님").complaint
    shown = words_of(browser_of("seo.yh").get(case_url(case)))
    assert "팀장과 관리자만 봅니다" not in shown
    assert "그 가운데서도 이 말이 가리킬 수 있는 사람은 보지 못합니다" in shown
    leads = StaffMember.objects.filter(position="lead")
    for lead in leads:
        assert str(lead) in shown.partition("지금 보지 못하는 사람:")[2]
        assert browser_of(lead.user.username).get(case_url(case)).status_code == 404
