"""`/admin/complaints/complaint/add/`: what came by phone, post, visit … becomes a case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from centre.calendar import SEOUL
from complaints.models import Complaint
from complaints.queries import reply_commitment
from complaints.services import open_case
from complaints.tests.conftest import MORNING, seoul
from complaints.tests.staff import ADD, QUEUE, browser_of, done, page_of, words_of
from notices.models import Notice
from records.models import Consent, Event, StoredFile

pytestmark = pytest.mark.usefixtures("demo_centre")
TYPED: dict[str, Any] = {
    "do": "file_complaint",
    "form_token": "token-of-this-form-0001",
    "channel": "phone",
    "received_on": "2026-09-09",
    "received_time": "09:40",
    "kind": "complaint",
    "topic": "record",
    "subject": "봉사 시간이 빠졌습니다",
    "body": "세 시간이 빠졌다고 하십니다.",
    "name": "김하람",
    "phone": "010-1234-5678",
    "reply_by": "",
}


@pytest.fixture(autouse=True)
def _clock(demo_centre: None) -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


def register(username: str = "im.do", **typed: Any) -> Any:
    return browser_of(username).post(ADD, TYPED | typed)


def one() -> Complaint:
    return Complaint.objects.get()


@pytest.mark.parametrize("username", ["im.do", "noh.jh", "song.hn", "baek.sw", "seo.yh"])
def test_everybody_who_works_here_registers(username: str) -> None:
    client = browser_of(username)
    assert client.get(ADD).status_code == 200
    assert done(client.post(ADD, TYPED))
    assert one().registered_by is not None
    assert one().registered_by.user.username == username  # type: ignore[union-attr]


def test_the_administrator_and_strangers_do_not() -> None:
    assert browser_of("sys.admin").get(ADD).status_code == 403
    assert register("sys.admin").status_code == 403
    assert register("").status_code == 302
    assert not Complaint.objects.exists()


def test_the_true_time_of_arrival_starts_the_clock() -> None:
    register(received_on="2026-09-08", received_time="17:30")
    assert one().received_at == seoul("2026-09-08 17:30")
    assert one().registered_at == MORNING
    reply = reply_commitment(one())
    assert reply is not None
    assert reply.due_at == seoul("2026-09-15 18:00")


def test_the_form_offers_now_in_seoul() -> None:
    with time_machine.travel(seoul("2026-09-10 08:15"), tick=False):  # still the 9th in UTC
        page = page_of(browser_of("im.do").get(f"{ADD}?channel=visit"))
    assert 'value="2026-09-10"' in page
    assert 'value="08:15"' in page
    assert '<option value="visit" selected>' in page


def test_number_and_code_are_shown_to_who_registered_for_ten_minutes() -> None:
    client = browser_of("im.do")
    response = client.post(ADD, TYPED)
    assert response["Location"] == f"{QUEUE}{one().pk}/registered/"
    page = client.get(response["Location"])
    words = words_of(page)
    assert one().receipt_number in words
    assert "접수증 인쇄" in words
    groups = re.search(r'<dd class="code"><span>(\w+)</span><span>(\w+)</span>', page_of(page))
    assert groups is not None
    code = groups[1] + groups[2]
    opened = open_case(
        receipt_number=one().receipt_number, access_code=code, address="", now=MORNING
    )
    assert opened == one()
    assert code in page_of(client.get(f"{QUEUE}{one().pk}/slip/"))
    # Neither a colleague nor a later look sees it.
    assert code not in page_of(browser_of("noh.jh").get(f"{QUEUE}{one().pk}/slip/"))
    with time_machine.travel(MORNING + timedelta(minutes=11), tick=False):
        assert code not in page_of(client.get(f"{QUEUE}{one().pk}/slip/"))
        assert code not in page_of(client.get(response["Location"]))


def test_who_may_not_see_the_case_still_gets_its_receipt() -> None:
    client = browser_of("song.hn")
    page = client.get(client.post(ADD, TYPED)["Location"])
    assert page.status_code == 200
    assert "이 건 보기" not in words_of(page)
    assert client.get(f"{QUEUE}{one().pk}/change/").status_code == 404
    with time_machine.travel(MORNING + timedelta(minutes=11), tick=False):
        assert client.get(f"{QUEUE}{one().pk}/registered/").status_code == 404
    assert browser_of("kwon.hj").get(f"{QUEUE}{one().pk}/registered/").status_code == 404


def test_the_printed_receipt_holds_what_the_citizen_needs() -> None:
    client = browser_of("im.do")
    client.post(ADD, TYPED | {"filed_for": "김순이"})
    words = words_of(client.get(f"{QUEUE}{one().pk}/slip/"))
    for text in (
        "고객의 소리 접수증",
        one().receipt_number,
        "2026년 9월 9일(수) 9시 40분 (전화)",
        "김하람",
        "김순이 님을 대신하여",
        "불만 · 봉사실적·확인서",
        "전화로 알려 드립니다",
        "2026년 9월 16일(수) 18시까지",
        "정보관리팀",
        "임다온 주임",
        "경상북도종합자원봉사센터",
    ):
        assert text in words, text


def test_pressing_twice_registers_once() -> None:
    first, second = register(), register()
    assert done(first)
    assert done(second)
    assert first["Location"] == second["Location"]
    assert Complaint.objects.count() == 1


def test_without_a_name_there_is_no_promise() -> None:
    response = register(anonymous="on", name="", phone="", channel="box")
    assert done(response)
    assert one().anonymous
    assert reply_commitment(one()) is None
    client = browser_of("im.do")
    assert "답변 기한이 없습니다" in words_of(client.get(f"{QUEUE}{one().pk}/registered/"))
    assert "확인번호" not in words_of(client.get(f"{QUEUE}{one().pk}/slip/"))


def test_matters_handed_over_keep_their_number_and_the_earlier_date_wins() -> None:
    response = register(channel="transfer")
    assert response.status_code == 422
    assert "다른 기관에서 넘어온 건이면 넘긴 기관을 적어 주십시오." in words_of(response)
    response = register(
        channel="transfer",
        external_body="국민신문고",
        external_number="1AA-2609-000123",
        external_received_on="2026-09-07",
        external_due_on="2026-09-11",
    )
    assert done(response)
    assert one().external_number == "1AA-2609-000123"
    reply = reply_commitment(one())
    assert reply is not None
    assert reply.started_at.astimezone(SEOUL).date().isoformat() == "2026-09-07"
    assert reply.due_at == seoul("2026-09-11 18:00")


def test_told_on_the_spot_owes_no_receipt() -> None:
    register(told_on_the_spot="on")
    assert not Notice.objects.filter(template="receipt").exists()


def test_otherwise_the_receipt_is_owed() -> None:
    register()
    assert Notice.objects.filter(template="receipt").count() == 1


def test_consents_and_files_are_kept() -> None:
    upload = SimpleUploadedFile("메모.txt", "들은 말".encode())
    register(consent="on", survey_consent="on", attachments=[upload])
    given = dict(Consent.objects.values_list("purpose", "given"))
    assert given == {"handling": True, "publication": False, "survey": True}
    assert StoredFile.objects.get().name == "메모.txt"
    assert Event.objects.get(kind="complaint-received").actor_label == "임다온 주임"


def test_whom_it_is_about_does_not_get_it() -> None:
    register(about_staff="남가영 주임")
    assert one().handler is not None
    assert one().handler.user.username != "nam.gy"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("typed", "said", "field"),
    [
        ({"channel": ""}, "접수경로를 골라 주십시오.", "channel"),
        ({"channel": "web"}, "접수경로를 골라 주십시오.", "channel"),
        ({"kind": ""}, "구분을 골라 주십시오.", "kind"),
        ({"topic": ""}, "유형을 골라 주십시오.", "topic"),
        ({"subject": " "}, "제목을 적어 주십시오.", "subject"),
        ({"body": ""}, "내용을 적어 주십시오.", "body"),
        ({"body": "850101-1234567 입니다"}, "주민등록번호로 보이는 숫자가 있습니다.", "body"),
        ({"name": ""}, "이름을 적어 주십시오.", "name"),
        ({"phone": ""}, "결과를 알려 드릴 연락처를 하나 적어 주십시오.", "phone"),
        ({"phone": "12"}, "번호를 다시 확인해 주십시오.", "phone"),
        ({"reply_by": "email"}, "이메일 칸이 필요합니다.", "email"),
        ({"anonymous": "on"}, "이름과 연락처를 비워 주십시오.", "anonymous"),
        ({"received_on": ""}, "도착한 날을 적어 주십시오.", "received_on"),
        ({"received_on": "어제"}, "도착한 날을 ‘2026-10-12’처럼 적어 주십시오.", "received_on"),
        ({"received_time": "25:00"}, "시각을 ‘14:20’처럼 적어 주십시오.", "received_time"),
        ({"received_time": "10:30"}, "도착한 때가 지금보다 뒤입니다.", "received_on"),
        ({"received_on": "2024-01-02"}, "도착한 때가 1년보다 앞입니다.", "received_on"),
        (
            {"external_received_on": "2026-09-10"},
            "우리에게 도착한 날보다 뒤일 수 없습니다.",
            "external_received_on",
        ),
        (
            {"external_due_on": "2026-09-08"},
            "그 기관이 정한 기한이 우리에게 도착한 때보다 앞섭니다.",
            "external_due_on",
        ),
    ],
)
def test_what_is_refused_says_so_beside_its_field_and_loses_nothing(
    typed: dict[str, str], said: str, field: str
) -> None:
    response = register(**TYPED | {"assistance": "천천히 크게"} | typed)
    page = page_of(response)
    assert response.status_code == 422
    assert said in words_of(response)
    assert 'id="error-summary" role="alert" tabindex="-1" autofocus' in page
    assert f'href="#id_{field}"' in page
    assert f'id="id_{field}_error"' in page
    for name, value in (TYPED | {"assistance": "천천히 크게"} | typed).items():
        assert name in {"do", "channel"} or value.strip() in page
    assert not Complaint.objects.exists()


def test_files_survive_an_error_elsewhere() -> None:
    upload = SimpleUploadedFile("메모.txt", "들은 말".encode())
    client = browser_of("im.do")
    refused = client.post(ADD, TYPED | {"subject": "", "attachments": [upload]})
    page = page_of(refused)
    assert "이미 받은 파일" in page
    kept = re.search(r'name="kept" value="([^"]+)"', page)
    assert kept is not None
    assert done(client.post(ADD, TYPED | {"kept": kept[1]}))
    assert StoredFile.objects.get().name == "메모.txt"


def test_with_the_database_away_nothing_typed_is_lost(monkeypatch: Any) -> None:
    from django.db import OperationalError  # noqa: PLC0415

    from complaints import services  # noqa: PLC0415

    def away(**_: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(services, "file_complaint", away)
    response = register()
    assert response.status_code == 503
    assert "지금 접수하지 못했습니다." in words_of(response)
    assert TYPED["body"] in page_of(response)


def test_whoever_registers_a_case_about_himself_gets_neither_number_nor_code() -> None:
    client = browser_of("im.do")
    sent = client.post(ADD, TYPED | {"about_staff": "임다온"})
    case = one()
    assert done(sent)
    for path in (sent["Location"], f"{QUEUE}{case.pk}/slip/"):
        page = client.get(path)
        assert page.status_code == 200
        assert "다른 직원이 고객에게 알려 드립니다" in words_of(page)
        assert case.receipt_number not in page_of(page)
        assert case.subject not in page_of(page)
    assert client.post(sent["Location"], {"do": "told_on_the_spot"}).status_code == 404
    assert Notice.objects.open_tasks().filter(template="receipt").exists()
