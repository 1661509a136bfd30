"""다시 말씀하기 on the citizen's page: a look does nothing, a POST files, mail scanners do no harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from complaints import services
from complaints.models import Complaint
from complaints.tests.conftest import MORNING
from complaints.tests.staff import page_of, words_of
from complaints.tests.test_repeating import ACCEPTED, FIRST, LATER, answer, letter_told

File = Callable[..., services.Filed]


@pytest.fixture(autouse=True)
def _later(settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def filed(file: File) -> services.Filed:
    return file(**FIRST)


def opened(filed: services.Filed) -> Client:
    client = Client()
    typed = {
        "receipt_number": filed.complaint.receipt_number,
        "access_code": filed.access_code,
    }
    assert client.post("/complaints/track/", typed).status_code == 302
    return client


def url(case: Complaint, rest: str = "") -> str:
    return f"/complaints/{case.receipt_number}/{rest}"


def test_the_mail_and_the_page_lead_there_and_only_a_post_files(filed: services.Filed) -> None:
    case = filed.complaint
    answer(case, ACCEPTED, now=MORNING)
    result = next(m for m in mail.outbox if "처리 결과" in m.subject)
    assert url(case, "again/") in result.body
    client = opened(filed)
    assert "다시 말씀하기" in words_of(client.get(url(case)))
    assert "앞의 건과 이어서" in words_of(client.get(url(case, "again/")))
    assert Complaint.objects.count() == 1
    empty = client.post(url(case, "again/"), {"text": " ", "form_token": "ab" * 16})
    assert "다시 말씀하실 내용을 적어 주십시오." in words_of(empty)
    sent = client.post(url(case, "again/"), {"text": "또 그렇습니다", "form_token": "ab" * 16})
    assert sent["Location"] == "/complaints/received/"
    again = Complaint.objects.exclude(pk=case.pk).get()
    assert (again.stage, again.previous) == (2, case)
    assert again.receipt_number in words_of(client.get("/complaints/received/"))
    page = words_of(client.get(url(again)))
    assert "같은 일로 다시 말씀하신 건입니다" in page
    assert "다시 말씀하기" not in words_of(client.get(url(case))), "it is being looked at again"


def test_a_stranger_is_asked_for_number_and_code(filed: services.Filed) -> None:
    answer(filed.complaint, ACCEPTED, now=MORNING)
    for path in ("again/", "letters/1/"):
        assert "/complaints/track/" in Client().get(url(filed.complaint, path))["Location"]
    typed = {"text": "남의 글", "form_token": "ab" * 16}
    assert "/track/" in Client().post(url(filed.complaint, "again/"), typed)["Location"]
    assert Complaint.objects.count() == 1


def test_before_the_answer_it_is_not_offered(file: File) -> None:
    early = file(now=LATER - timedelta(hours=2), **FIRST)
    client = opened(early)
    assert "다시 말씀하기" not in words_of(client.get(url(early.complaint)))
    back = client.get(url(early.complaint, "again/"))
    assert back["Location"] == url(early.complaint)


def test_the_letter_is_on_the_page_and_comes_as_a_pdf(filed: services.Filed) -> None:
    answer(filed.complaint, ACCEPTED, now=MORNING)
    again = services.raise_again(complaint_id=filed.complaint.pk, text="또", now=LATER)
    letter = letter_told(again.complaint, now=LATER)
    client = opened(again)
    page = words_of(client.get(url(again.complaint)))
    assert letter.number in page
    assert "깊이 사과드리며" in page
    pdf = client.get(url(again.complaint, f"letters/{letter.pk}/"))
    assert pdf["Content-Type"] == "application/pdf"
    assert b"".join(pdf).startswith(b"%PDF")  # read to its end, which closes it
    other = client.get(url(again.complaint, f"letters/{letter.pk + 1}/"))
    assert other.status_code == 404
    letter.file = None
    letter.save(update_fields=["file"])
    assert "문서번호" in page_of(client.get(url(again.complaint, f"letters/{letter.pk}/")))
