"""`/complaints/track/`, `/complaints/code/` and the case itself: who has the code, and nobody else."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from complaints import queries, services
from complaints.filing import Filed
from complaints.models import Complaint, State
from complaints.tests.conftest import MORNING
from notices.models import Notice
from notices.services import deliver
from records.files import check_upload
from records.queries import files_of
from records.services import store_file

pytestmark = pytest.mark.usefixtures("demo_centre")
TRACK, CODE = "/complaints/track/", "/complaints/code/"


@pytest.fixture(autouse=True)
def _clock(demo_centre: None) -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def filed(file: Callable[..., Filed]) -> Filed:
    return file()


def page_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def open_it(client: Client, filed: Filed) -> str:
    """Track the case in this browser; its address."""
    response = client.post(
        TRACK,
        {"receipt_number": filed.complaint.receipt_number, "access_code": filed.access_code},
    )
    assert response.status_code == 302
    return str(response["Location"])


def without_what_was_typed(response: Any, *typed: str) -> str:
    """The answer without the token of its form and without what the sender typed himself."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    for text in typed:
        page = page.replace(text, "")
    return page


# --- number and code ----------------------------------------------------------------------------


def test_number_and_code_open_the_case(client: Client, filed: Filed) -> None:
    address = open_it(client, filed)
    assert address == f"/complaints/{filed.complaint.receipt_number}/"
    page = page_of(client.get(address))
    assert filed.complaint.subject in page
    assert "2026년 9월 16일(수) 18시까지" in page
    assert "정보관리팀" in page
    assert "접수되었습니다" in page


@pytest.mark.parametrize(
    "disguise", [str.lower, lambda s: " " + " ".join(s) + " ", lambda s: s.replace("-", "")]
)
def test_case_spaces_and_hyphens_are_forgiven(
    client: Client, filed: Filed, disguise: Callable[[str], str]
) -> None:
    code = filed.access_code or ""
    response = client.post(
        TRACK,
        {
            "receipt_number": disguise(filed.complaint.receipt_number),
            "access_code": disguise(f"{code[:5]}-{code[5:]}"),
        },
    )
    assert response.status_code == 302


def test_unknown_wrong_and_somebody_elses_are_one_answer(
    client: Client, filed: Filed, file: Callable[..., Filed]
) -> None:
    other = file(email="other@example.com", form_token="another")
    number, code = filed.complaint.receipt_number, filed.access_code or ""
    tries = [
        (number, "ABCDEFGHJK"),  # a wrong code
        (number, other.access_code or ""),  # the code of another case
        ("2026-999999-9", code),  # no such number
        (number[:-1] + ("A" if number[-1] != "A" else "B"), code),  # a mistyped number
        ("아무것", "x"),
    ]
    answers = [client.post(TRACK, {"receipt_number": n, "access_code": c}) for n, c in tries]
    assert {answer.status_code for answer in answers} == {200}
    pages = {
        without_what_was_typed(answer, f'value="{n}"', f'value="{c}"')
        for answer, (n, c) in zip(answers, tries, strict=True)
    }
    assert len(pages) == 1
    assert "접수번호와 확인번호를 다시 확인해 주십시오" in pages.pop()


def test_guesses_are_limited_alike_for_known_and_unknown_numbers(
    client: Client, filed: Filed
) -> None:
    pages = []
    for number in (filed.complaint.receipt_number, "2026-999999-9"):
        for _ in range(10):
            client.post(
                TRACK, {"receipt_number": number, "access_code": "WRONG"}, REMOTE_ADDR="192.0.2.1"
            )
        answer = client.post(
            TRACK, {"receipt_number": number, "access_code": "WRONG"}, REMOTE_ADDR="192.0.2.9"
        )
        assert answer.status_code == 429
        pages.append(without_what_was_typed(answer, f'value="{number}"'))
    assert pages[0] == pages[1]
    assert "60분 뒤에 다시" in pages[0]


def test_one_address_cannot_guess_on_and_on(client: Client, file: Callable[..., Filed]) -> None:
    for guess in range(20):
        client.post(TRACK, {"receipt_number": f"2026-{guess:06}-A", "access_code": "WRONG"})
    filed = file()
    right = {"receipt_number": filed.complaint.receipt_number, "access_code": filed.access_code}
    assert client.post(TRACK, right).status_code == 429
    assert client.post(TRACK, right, REMOTE_ADDR="192.0.2.9").status_code == 302


@pytest.mark.parametrize("values", [{}, {"receipt_number": " "}, {"access_code": ""}])
def test_empty_fields_say_what_is_missing(client: Client, values: dict[str, str]) -> None:
    page = page_of(client.post(TRACK, values))
    assert "접수번호를 적어 주십시오" in page
    assert "확인번호를 적어 주십시오" in page


# --- who may see the case -----------------------------------------------------------------------


def test_without_the_code_every_number_leads_to_the_same_question(
    client: Client, filed: Filed
) -> None:
    for number in (filed.complaint.receipt_number, "2026-999999-9", "나", "<script>"):
        response = client.get(f"/complaints/{number}/")
        assert response.status_code == 302
        assert response["Location"].startswith(TRACK + "?receipt_number=")
        asked = client.get(response["Location"])
        assert asked.status_code == 200
        assert b"<script>" not in asked.content
        assert filed.complaint.subject not in page_of(asked)


def test_a_case_opened_here_opens_no_other(
    client: Client, filed: Filed, file: Callable[..., Filed]
) -> None:
    other = file(email="other@example.com", form_token="another").complaint
    open_it(client, filed)
    assert client.get(f"/complaints/{other.receipt_number}/").status_code == 302


def test_the_case_stays_open_for_an_hour_after_the_last_look(client: Client, filed: Filed) -> None:
    address = open_it(client, filed)
    with time_machine.travel(MORNING + timedelta(minutes=50), tick=False):
        assert client.get(address).status_code == 200
    with time_machine.travel(MORNING + timedelta(minutes=100), tick=False):
        assert client.get(address).status_code == 200
    with time_machine.travel(MORNING + timedelta(minutes=170), tick=False):
        assert client.get(address).status_code == 302


def test_five_cases_are_remembered(client: Client, file: Callable[..., Filed]) -> None:
    addresses = [
        open_it(client, file(email=f"p{n}@example.com", form_token=f"token-{n}")) for n in range(6)
    ]
    assert [client.get(address).status_code for address in addresses] == [302, *[200] * 5]


def test_the_case_is_stored_nowhere_and_asks_few_questions(
    client: Client, filed: Filed, django_assert_max_num_queries: Any
) -> None:
    address = open_it(client, filed)
    client.get(address)
    with django_assert_max_num_queries(26):
        response = client.get(address)
    assert "no-store" in response["Cache-Control"]


# --- what one can do ----------------------------------------------------------------------------


def ask_for_more(filed: Filed, person: Callable[[str], Any]) -> None:
    handler = Complaint.objects.get(pk=filed.complaint.pk).handler
    assert handler is not None
    services.request_information(
        complaint_id=filed.complaint.pk, items="활동한 날짜와 장소", by=handler, now=MORNING
    )


def test_a_supplement_with_a_file_reaches_the_case(
    client: Client, filed: Filed, person: Callable[[str], Any]
) -> None:
    ask_for_more(filed, person)
    address = open_it(client, filed)
    page = page_of(client.get(address))
    assert "활동한 날짜와 장소" in page
    assert "기한은 멈춰 있습니다" in page
    assert 'class="due-date"' not in page, "no date is in force"
    assert "보완을 기다리는 중" in page
    response = client.post(
        address,
        {
            "do": "supplement",
            "text": "9월 5일 물길공원입니다.",
            "attachments": SimpleUploadedFile("사진 설명.txt", "설명".encode()),
        },
        follow=True,
    )
    page = page_of(response)
    assert "알려 주신 내용을 잘 받았습니다" in page
    assert "9월 5일 물길공원입니다." in page
    assert "사진 설명.txt" in page
    assert Complaint.objects.get().state == State.REVIEWING


def test_a_refused_supplement_loses_nothing(
    client: Client, filed: Filed, person: Callable[[str], Any]
) -> None:
    ask_for_more(filed, person)
    address = open_it(client, filed)
    text = "제 번호는 900101-1234567 입니다."
    response = client.post(
        address,
        {"do": "supplement", "text": text, "attachments": SimpleUploadedFile("가.txt", b"text")},
    )
    page = page_of(response)
    assert "주민등록번호로 보이는" in page
    assert text in page
    assert 'name="kept"' in page
    assert "내용을 적어" in page_of(client.post(address, {"do": "supplement", "text": ""}))
    assert Complaint.objects.get().state == State.WAITING


def test_a_supplement_when_nothing_is_asked_is_refused_kindly(client: Client, filed: Filed) -> None:
    address = open_it(client, filed)
    page = page_of(client.post(address, {"do": "supplement", "text": "더 있습니다"}))
    assert "지금은 보완을 기다리는 중이 아닙니다" in page


def test_what_was_typed_while_the_hour_ran_out_is_there_again(
    client: Client, filed: Filed, person: Callable[[str], Any]
) -> None:
    ask_for_more(filed, person)
    address = open_it(client, filed)
    with time_machine.travel(MORNING + timedelta(minutes=70), tick=False):
        late = client.post(address, {"do": "supplement", "text": "오래 걸려 쓴 글"})
        assert late.status_code == 302
        assert "오래 걸려" not in late["Location"]
        assert "오래 걸려 쓴 글" in page_of(client.get(open_it(client, filed)))
    assert Complaint.objects.get().state == State.WAITING


def test_withdrawing_asks_first(client: Client, filed: Filed) -> None:
    address = open_it(client, filed)
    asked = client.post(address, {"do": "withdraw"})
    assert "취하하시겠습니까" in page_of(asked)
    assert Complaint.objects.get().is_open
    done = client.post(
        address, {"do": "withdraw", "confirmed": "yes", "reason": "해결되었습니다"}, follow=True
    )
    assert "취하하였습니다" in page_of(done)
    assert Complaint.objects.get().state == State.WITHDRAWN
    assert 'value="withdraw"' not in page_of(client.get(address))
    again = client.post(address, {"do": "withdraw", "confirmed": "yes"})
    assert again.status_code == 200
    assert "수 없습니다" in page_of(again)


def test_a_reason_with_a_resident_number_is_refused(client: Client, filed: Filed) -> None:
    address = open_it(client, filed)
    response = client.post(
        address, {"do": "withdraw", "confirmed": "yes", "reason": "900101-1234567"}
    )
    assert "주민등록번호로 보이는" in page_of(response)
    assert Complaint.objects.get().is_open


@pytest.mark.parametrize("do", ["agree", "disagree"])
def test_answering_what_was_never_asked_is_refused_kindly(
    client: Client, filed: Filed, do: str
) -> None:
    address = open_it(client, filed)
    page = page_of(client.post(address, {"do": do}, follow=True))
    assert "이미 답하셨습니다" in page


@pytest.mark.parametrize("do", ["", "approve", "close"])
def test_unknown_buttons_change_nothing(client: Client, filed: Filed, do: str) -> None:
    address = open_it(client, filed)
    before = Complaint.objects.values().get()
    assert client.post(address, {"do": do}).status_code == 302
    assert Complaint.objects.values().get() == before


@pytest.mark.parametrize("do", ["supplement", "withdraw", "agree", "disagree"])
def test_nobody_else_can_press_the_buttons(client: Client, filed: Filed, do: str) -> None:
    address = f"/complaints/{filed.complaint.receipt_number}/"
    response = client.post(address, {"do": do, "confirmed": "yes", "text": "x"})
    assert response.status_code == 302
    assert response["Location"].startswith(TRACK)
    assert Complaint.objects.get().version == filed.complaint.version


# --- files --------------------------------------------------------------------------------------


@pytest.fixture
def attached(file: Callable[..., Filed]) -> Filed:
    import io  # noqa: PLC0415

    content = "한글 파일".encode()
    checked = check_upload(name="우리 기록.txt", data=io.BytesIO(content), size=len(content))
    return file(attachments=[checked])


def test_the_own_file_can_be_saved_and_never_runs(client: Client, attached: Filed) -> None:
    stored = files_of("complaint", attached.complaint.pk).get()
    address = open_it(client, attached)
    response = client.get(f"{address}files/{stored.pk}/")
    assert response.status_code == 200
    assert b"".join(response) == "한글 파일".encode()
    assert response["Content-Disposition"].startswith("attachment;")
    assert "filename*=utf-8''" in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]


def test_a_file_is_for_who_opened_its_case(
    client: Client, attached: Filed, file: Callable[..., Filed]
) -> None:
    stored = files_of("complaint", attached.complaint.pk).get()
    address = f"/complaints/{attached.complaint.receipt_number}/files/{stored.pk}/"
    assert client.get(address).status_code == 302
    other = open_it(client, file(email="other@example.com", form_token="another"))
    assert client.get(f"{other}files/{stored.pk}/").status_code == 404


def test_a_file_of_the_staff_is_not_for_the_citizen(client: Client, attached: Filed) -> None:
    import io  # noqa: PLC0415

    checked = check_upload(name="내부.txt", data=io.BytesIO(b"internal"), size=8)
    hidden = store_file(
        checked=checked,
        subject_type="complaint",
        subject_id=attached.complaint.pk,
        now=MORNING,
        visible_to_citizen=False,
    )
    address = open_it(client, attached)
    assert client.get(f"{address}files/{hidden.pk}/").status_code == 404
    assert "내부.txt" not in page_of(client.get(address))


# --- a new code ---------------------------------------------------------------------------------


def test_a_new_code_goes_to_the_registered_contact_only(client: Client, filed: Filed) -> None:
    number = filed.complaint.receipt_number
    tries = [
        (number, "haram@example.com"),
        (number, "thief@example.com"),
        ("2026-999999-9", "haram@example.com"),
        ("아무것", "010"),
    ]
    answers = [client.post(CODE, {"receipt_number": n, "contact": c}) for n, c in tries]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1, "the same answer, byte for byte"
    assert Notice.objects.filter(template="code-reissued").count() == 1
    old = client.post(TRACK, {"receipt_number": number, "access_code": filed.access_code})
    assert "다시 확인해 주십시오" in page_of(old)


def test_asking_for_codes_is_limited(client: Client, filed: Filed) -> None:
    values = {"receipt_number": filed.complaint.receipt_number, "contact": "x@example.com"}
    answers = [client.post(CODE, values).status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]


def test_the_code_page_takes_the_number_along(client: Client) -> None:
    assert 'value="2026-000001-Z"' in page_of(client.get(f"{CODE}?receipt_number=2026-000001-Z"))
    assert "접수번호를 적어" in page_of(client.post(CODE, {}))


def test_a_joined_case_shows_where_it_went_and_the_answer(
    client: Client, file: Callable[..., Filed], person: Callable[[str], Any]
) -> None:
    first, second = file(), file(subject="또 보냅니다")
    lead, handler = person("baek.sw"), person("nam.gy")
    services.merge(
        complaint_id=second.complaint.pk,
        into_number=first.complaint.receipt_number,
        by=person("bae.sj"),
        now=MORNING,
    )
    page = page_of(client.get(open_it(client, second)))
    assert first.complaint.receipt_number in page
    assert "답변을 드리면 여기에도 보입니다" in page
    draft = services.Draft(
        decision="accepted",
        answer="세 시간을 올렸습니다.",
        action_planned="다달이 확인",
        action_due_on=date(2026, 9, 30),
    )
    services.submit_response(complaint_id=first.complaint.pk, draft=draft, by=handler, now=MORNING)
    approval = queries.open_approval(first.complaint)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=lead, now=MORNING)
    deliver(now=MORNING)
    page = page_of(client.get(open_it(client, second)))
    assert "합쳐 답변드렸습니다" in page
    assert "세 시간을 올렸습니다." in page
    assert "2026년 9월 30일(수)까지 마치겠습니다." in page
    told = Notice.objects.get(subject_id=first.complaint.pk, template="result")
    assert "마칠 날           2026년 9월 30일(수)까지" in told.body
