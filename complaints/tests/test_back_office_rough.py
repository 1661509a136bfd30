"""Rough edges that somebody met who used the back-office, each kept smooth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from centre.models import StaffMember, Team
from complaints.back_office.history import Names, entries
from complaints.filing import Filed
from complaints.models import Complaint
from complaints.tests.conftest import MORNING, seoul
from complaints.tests.staff import (
    ADD,
    MANY,
    QUEUE,
    act,
    browser_of,
    case_url,
    done,
    page_of,
    rows_on,
    verbs_on,
    words_of,
)
from notices.models import Notice
from records.models import Event
from standards.services import sweep

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]


@pytest.fixture(autouse=True)
def _clock(demo_centre: None, settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def case(file: File) -> Complaint:
    return file().complaint


def test_a_handler_passes_the_case_on(case: Complaint, person: Find) -> None:
    client = browser_of("nam.gy")
    assert "reassign" in verbs_on(client.get(case_url(case)))
    assert case.team is not None
    other = Team.objects.exclude(pk=case.team.pk).filter(dissolved_on=None).earliest("pk")
    assert done(act(client, case, "reassign", team=other.pk, reason="그 팀의 일입니다."))
    case.refresh_from_db()
    assert case.team == other


def test_saving_a_draft_that_confirms_says_that_the_citizen_was_told(case: Complaint) -> None:
    said = "고객에게 담당자 안내가 나갔습니다."
    typed = {"decision": "", "answer": "살펴보고 있습니다."}
    client = browser_of("nam.gy")
    assert done(act(client, case, "save_draft", **typed))
    assert said in words_of(client.get(case_url(case)))
    again = typed | {"answer": "더 썼습니다."}
    assert done(act(client, case, "save_draft", version=1, **again))
    assert said not in words_of(client.get(case_url(case)))


@pytest.mark.parametrize("what", ["sequence", "end", "no check", "together"])
def test_a_number_half_heard_finds_the_case(what: str, case: Complaint, file: File) -> None:
    file(email="other@example.com", subject="다른 일")
    year, sequence, _check = case.receipt_number.split("-")
    heard = {
        "sequence": sequence,
        "end": sequence[-4:],
        "no check": f"{year}-{sequence}",
        "together": f"{year}{sequence}",
    }[what]
    assert rows_on(browser_of("noh.jh").get(QUEUE, {"q": heard})) == [case.receipt_number]


def test_two_digits_find_no_receipt_number(case: Complaint) -> None:
    assert rows_on(browser_of("noh.jh").get(QUEUE, {"q": "01"})) == []


def test_a_missed_promise_is_said_in_red_words(case: Complaint) -> None:
    late = seoul("2026-09-21 10:00")
    sweep(now=late)
    with time_machine.travel(late, tick=False):
        client = browser_of("nam.gy")
        for url in (QUEUE, "/admin/", case_url(case)):
            words = words_of(client.get(url))
            assert "약속을 지키지 못함" in words, url
            assert "새 기한 " in words, url
        due = client.get(case_url(case)).context["page"].due
    assert due.level == "late"
    assert due.left


def test_unknown_and_hidden_numbers_are_refused_alike(case: Complaint, file: File) -> None:
    hidden = file(about_staff="남가영 주임", email="other@example.com").complaint
    client = browser_of("noh.jh")
    Complaint.objects.filter(pk=hidden.pk).update(about_staff_unclear=True)
    said = []
    for number in ("2026-999999-X", hidden.receipt_number):
        response = act(client, case, "merge", into=number)
        assert response.status_code == 422
        said.append(response.context["page"].problems)
    assert said[0] == said[1]


def test_all_places_left_open_are_named_in_the_refusal_and_in_the_preview(case: Complaint) -> None:
    typed = {"decision": "accepted", "answer": "[날짜]에 [장소]에서 확인했습니다. [날짜]"}
    client = browser_of("nam.gy")
    assert "[날짜], [장소]" in words_of(act(client, case, "submit_response", **typed))
    shown = act(client, case, "preview", **typed)
    assert "아직 채우지 않은 곳 [날짜], [장소]" in words_of(shown)


def test_what_is_needed_is_not_called_optional(case: Complaint) -> None:
    client = browser_of("nam.gy")
    for page in (client.get(case_url(case)), client.get(MANY, {"case": case.pk})):
        words = words_of(page)
        assert "처리결과 (선택)" not in words
        assert "답변 (선택)" not in words
        assert "조치한 것 (선택)" in words


def test_one_answer_for_many_has_templates_and_a_preview(case: Complaint) -> None:
    client = browser_of("nam.gy")
    page = client.get(MANY, {"case": case.pk})
    offered = page.context["chosen"].templates
    assert offered
    code = offered[0]
    put = client.post(
        MANY, {"case": case.pk, "do": "insert_template", "template": code.code, "answer": "안녕."}
    )
    assert put.context["form"]["answer"].value() == f"안녕.\n\n{code.text}"
    shown = client.post(
        MANY, {"case": case.pk, "do": "preview", "decision": "accepted", "answer": "[이름]님"}
    )
    assert "고객이 받을 글" in words_of(shown)
    assert "아직 채우지 않은 곳 [이름]" in words_of(shown)
    assert not case.responses.exists()


def test_the_other_cases_of_a_contact_are_three_and_more(case: Complaint, file: File) -> None:
    for number in range(5):
        file(subject=f"다른 일 {number}")
    words = words_of(browser_of("noh.jh").get(case_url(case)))
    assert "2건 더 보기" in words


def test_the_action_stands_before_the_rest_of_what_can_be_done(case: Complaint) -> None:
    text = page_of(browser_of("nam.gy").get(case_url(case)))
    assert text.index('class="case-act"') < text.index('id="urgent-title"')
    assert text.index('id="urgent-title"') < text.index('class="case-more"')


def test_a_task_is_done_where_the_number_is_read_out() -> None:
    client = browser_of("im.do")
    typed = {
        "channel": "phone", "received_on": "2026-09-09", "received_time": "09:30",
        "kind": "complaint", "topic": "record", "subject": "전화로", "body": "말씀하심",
        "name": "김하람", "phone": "01012345678", "consent": "on",
    }  # fmt: skip
    page = client.post(ADD, typed, follow=True)
    assert "접수번호를 그 자리에서 알려 드렸음" in words_of(page)
    case = Complaint.objects.get()
    url = f"{QUEUE}{case.pk}/registered/"
    after = client.post(url, {"do": "told_on_the_spot"}, follow=True)
    assert "접수번호를 그 자리에서 알려 드렸음" not in words_of(after)
    assert Notice.objects.get(template="receipt").status == "delivered"
    assert browser_of("nam.gy").post(url).status_code == 404


def test_each_field_of_registration_says_its_own_name() -> None:
    client = browser_of("im.do")
    page = client.post(ADD, {"channel": "transfer", "phone": "1", "fax": "2"})
    messages = [message for _target, message in page.context["problems"]]
    assert len(messages) == len(set(messages))
    for name in ("도착한 날", "도착한 시각", "넘긴 기관", "그 기관의 접수번호", "전화", "팩스"):
        assert any(name in message for message in messages), name
    assert page.context["form"].handed_over
    assert "남가영 주임" in page_of(page)


def test_the_history_speaks_korean() -> None:
    names = Names(teams={}, people={}, standards={})
    event = Event(
        kind="clock-unfulfilled", at=MORNING, data={"why": "bounced"}, actor_label="시스템"
    )
    assert entries([event], names)[0].detail == "메일이 되돌아옴"


def test_the_history_says_who_was_chosen_at_filing(case: Complaint) -> None:
    history = browser_of("noh.jh").get(case_url(case)).context["page"].entries
    assert [entry.title for entry in history[-2:]] == ["담당 지정", "접수"]
    assert history[-2].detail == str(case.handler)


def test_djangos_own_pages_speak_korean(case: Complaint, person: Find) -> None:
    handler = person("nam.gy")
    client = browser_of("baek.sw")
    words = words_of(client.get(f"/admin/centre/staffmember/{handler.pk}/change/"))
    assert "뷰 직원" not in words
    commitments = words_of(client.get("/admin/standards/commitment/"))
    assert "Key" not in commitments
    assert "Code" not in commitments
    assert "보기위한" not in commitments
