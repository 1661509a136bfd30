"""말씀 남기기: the citizen adds to a case that goes on, and whoever has it is told."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from centre.models import StaffMember
from complaints import queries, services
from complaints.checks import breaches
from complaints.errors import NotNow, Refused
from complaints.filing import Filed
from complaints.models import Complaint
from complaints.services import Draft
from complaints.services.messaging import A_DAY
from complaints.tests.conftest import MORNING
from complaints.tests.staff import browser_of, case_url, words_of
from notices.models import Notice
from notices.services import deliver
from records.actors import CITIZEN

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]
SAID = "어제 다시 확인해 보니 두 시간은 올라와 있습니다."
LATER = MORNING + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clock(demo_centre: None, settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def filed(file: File) -> Filed:
    return file()


def open_it(client: Client, filed: Filed) -> str:
    number, code = filed.complaint.receipt_number, filed.access_code
    typed = {"receipt_number": number, "access_code": code}
    return str(client.post("/complaints/track/", typed)["Location"])


def leave(case: Complaint, text: str = SAID, now: Any = LATER) -> Complaint:
    return services.leave_message(complaint_id=case.pk, text=text, now=now)


def owed(case: Complaint) -> list[str]:
    rows = Notice.objects.filter(template="message-arrived", subject_id=case.pk)
    return list(rows.order_by("pk").values_list("staff__user__username", flat=True))


def test_on_the_page_both_timelines_and_to_the_handler(client: Client, filed: Filed) -> None:
    case, page = filed.complaint, open_it(client, filed)
    assert "더 하실 말씀이 있으십니까?" in words_of(client.get(page))
    assert client.post(page, {"do": "message", "text": SAID}).status_code == 302
    shown = words_of(client.get(page))
    assert "남기신 말씀을 담당자에게 전했습니다." in shown
    assert "말씀을 더 남기셨습니다" in shown
    assert SAID in shown
    staff = words_of(browser_of("nam.gy").get(case_url(case)))
    assert SAID in staff
    assert "고객이 말씀을 더 남김" in staff
    assert owed(case) == ["nam.gy"]
    reply = queries.reply_commitment(case)
    assert reply is not None
    assert reply.state == "running"
    assert list(breaches()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" ", "남기실 말씀을 적어 주십시오."),
        ("제 번호는 900101-1234567 입니다", "주민등록번호로 보이는 숫자"),
        ("가" * 5_001, "5,000자까지"),
    ],
)
def test_what_is_refused_stays_typed(client: Client, filed: Filed, text: str, said: str) -> None:
    response = client.post(open_it(client, filed), {"do": "message", "text": text})
    page = html.unescape(response.content.decode())
    assert said in page
    assert text.strip() in page
    assert not filed.complaint.messages.exists()


def test_services_refuse_the_same(filed: Filed) -> None:
    for text in ("", "900101-1234567", "가" * 5_001):
        with pytest.raises(Refused) as refused:
            leave(filed.complaint, text)
        assert refused.value.field == "text"
    assert not filed.complaint.messages.exists()


def test_sent_twice_it_is_said_once(filed: Filed) -> None:
    leave(filed.complaint)
    leave(filed.complaint, now=LATER + timedelta(seconds=3))
    assert filed.complaint.messages.count() == 1
    assert len(owed(filed.complaint)) == 1
    leave(filed.complaint, now=LATER + timedelta(hours=2))
    assert filed.complaint.messages.count() == 2


def test_so_often_a_day_and_again_the_next(client: Client, filed: Filed) -> None:
    case = filed.complaint
    for number in range(A_DAY):
        leave(case, f"말씀 {number}")
    response = client.post(open_it(client, filed), {"do": "message", "text": "열한 번째"})
    assert "하루에 10번까지" in words_of(response)
    assert "열한 번째" in response.content.decode()
    assert len(owed(case)) == A_DAY
    leave(case, "다음 날", now=LATER + timedelta(hours=14))
    assert case.messages.count() == A_DAY + 1


def test_without_a_handler_the_desk_is_told(filed: Filed) -> None:
    case = filed.complaint
    Complaint.objects.filter(pk=case.pk).update(handler=None)
    leave(case)
    assert "bae.sj" in owed(case)


def test_whoever_is_named_in_it_is_out_of_the_case(filed: Filed, person: Find) -> None:
    case = leave(filed.complaint, "남가영 주임이 전화를 끊었습니다.")
    found = Complaint.objects.get(pk=case.pk)
    assert found.handler != person("nam.gy")
    assert "nam.gy" not in owed(case)
    assert list(breaches()) == []


# --- when ---------------------------------------------------------------------------------------


def ask(case: Complaint, person: Find) -> None:
    services.request_information(
        complaint_id=case.pk, items="언제였습니까?", by=person("nam.gy"), now=LATER
    )


def test_while_something_is_asked_there_is_one_place_to_write(
    client: Client, filed: Filed, person: Find
) -> None:
    page = open_it(client, filed)
    ask(filed.complaint, person)
    shown = words_of(client.get(page))
    assert "더 하실 말씀이 있으십니까?" not in shown
    response = client.post(page, {"do": "message", "text": SAID})
    assert "그 칸에 적어 주십시오" in words_of(response)
    assert SAID in words_of(response)
    assert 'value="supplement"' in response.content.decode()
    with pytest.raises(NotNow):
        leave(filed.complaint)


def test_a_supplement_that_comes_too_late_is_not_lost(
    client: Client, filed: Filed, person: Find
) -> None:
    page = open_it(client, filed)
    ask(filed.complaint, person)
    services.end_request(complaint_id=filed.complaint.pk, by=person("nam.gy"), now=LATER)
    response = client.post(page, {"do": "supplement", "text": SAID})
    assert SAID in words_of(response)
    assert client.post(page, {"do": "message", "text": SAID}).status_code == 302


def test_until_the_case_is_closed(client: Client, file: File, person: Find) -> None:
    filed = file(kind="enquiry")
    case, page = filed.complaint, open_it(client, filed)
    draft = Draft(decision="informed", answer="다음 주에 올라갑니다.")
    services.submit_response(complaint_id=case.pk, draft=draft, by=person("nam.gy"), now=LATER)
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=approval.approver, now=LATER)
    deliver(now=LATER)
    assert "답변에 대해 물으실 것을 적어 주십시오." in words_of(client.get(page))
    leave(case, "다음 주 언제입니까?")
    services.close_case(complaint_id=case.pk, by=person("nam.gy"), now=LATER)
    shown = words_of(client.get(page))
    assert "더 하실 말씀이 있으십니까?" not in shown
    assert "새 의견을 내 주십시오" in shown
    response = client.post(page, {"do": "message", "text": SAID})
    assert "처리를 마친 건입니다" in words_of(response)
    assert SAID in words_of(response)


def test_not_to_a_case_that_was_taken_back(filed: Filed) -> None:
    services.withdraw(complaint_id=filed.complaint.pk, by=CITIZEN, now=LATER)
    with pytest.raises(NotNow, match="처리를 마친 건"):
        leave(filed.complaint)


def test_what_was_typed_when_the_hour_ran_out_is_there_again(client: Client, filed: Filed) -> None:
    page = open_it(client, filed)
    with time_machine.travel(LATER + timedelta(hours=2), tick=False):
        assert client.post(page, {"do": "message", "text": SAID}).status_code == 302
        assert not filed.complaint.messages.exists()
        assert SAID in words_of(client.get(open_it(client, filed)))


def test_a_stranger_leaves_nothing(filed: Filed) -> None:
    url = f"/complaints/{filed.complaint.receipt_number}/"
    assert Client().post(url, {"do": "message", "text": SAID}).status_code == 302
    assert not filed.complaint.messages.exists()
