"""The stages on the case page: what is offered, pressed, refused and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine

from centre.models import StaffMember
from complaints import queries, services
from complaints.models import Complaint, CorrectiveAction, Review
from complaints.services import apologies
from complaints.tests.conftest import MORNING
from complaints.tests.staff import (
    APPROVALS,
    act,
    browser_of,
    case_url,
    done,
    page_of,
    verbs_on,
    words_of,
)
from complaints.tests.test_repeating import ACCEPTED, AGAIN, FIRST, LATER, answer, proposal

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]


@pytest.fixture(autouse=True)
def _later(settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def first(file: File) -> Complaint:
    case = file(**FIRST).complaint
    answer(case, ACCEPTED, now=MORNING)
    return case


@pytest.fixture
def second(file: File, first: Complaint) -> Complaint:
    return file(now=LATER, **AGAIN).complaint


def test_the_contact_is_logged(second: Complaint) -> None:
    client = browser_of("nam.gy")
    assert "log_contact" in verbs_on(client.get(case_url(second)))
    refused = act(client, second, "log_contact", way="", reached="on")
    assert "어떻게 연락했는지" in words_of(refused)
    assert done(act(client, second, "log_contact", way="phone", reached="on", note="들음"))
    assert "고객에게 연락함" in words_of(client.get(case_url(second)))
    assert "waive_apology" not in verbs_on(client.get(case_url(second)))


def test_one_click_confirms_and_the_letter_goes_its_way(
    first: Complaint, second: Complaint, person: Find
) -> None:
    desk = browser_of("noh.jh")
    page = desk.get(case_url(second))
    assert page.context["page"].urgent.panel.key == "repeat"
    assert first.receipt_number in words_of(page)
    assert "confirm_repeat" not in verbs_on(browser_of("nam.gy").get(case_url(second)))
    assert done(act(desk, second, "confirm_repeat", proposal=proposal(second).pk))
    assert "2차 조치" in words_of(desk.get(case_url(second)))

    handler = browser_of("nam.gy")
    assert {"save_letter", "submit_letter"} <= verbs_on(handler.get(case_url(second)))
    letter = apologies.open_letter(second)
    assert letter is not None
    typed = {"variant": "A", "version": letter.version, **letter.parts}
    refused = act(handler, second, "submit_letter", **typed)
    assert refused.status_code == 422
    assert "채우지 않은 곳" in words_of(refused)
    typed |= {"what_went_wrong": "전하지 않음", "prevention": "고침", "actions": "고침 / 10월 1일"}
    assert done(act(handler, second, "submit_letter", **typed))

    lead = browser_of("baek.sw")
    page = lead.get(case_url(second))
    assert "사과문" in words_of(page)
    assert "전하지 않음" in words_of(page)
    assert "사과문" in words_of(lead.get(APPROVALS))
    approval = queries.open_approval(second)
    assert approval is not None
    assert done(act(lead, second, "approve", approval=approval.pk, comment=""))
    director = browser_of("moon.tk")
    approval = queries.open_approval(second)
    assert approval is not None
    assert done(act(director, second, "approve", approval=approval.pk, comment=""))
    letter.refresh_from_db()
    shown = handler.get(f"/admin/complaints/complaint/{second.pk}/letters/{letter.pk}/")
    assert letter.number in page_of(shown)
    assert "인쇄" in page_of(shown)
    assert letter.file is not None
    pdf = handler.get(f"/admin/complaints/complaint/{second.pk}/files/{letter.file.pk}/")
    assert pdf["Content-Type"] == "application/pdf"
    assert b"".join(pdf).startswith(b"%PDF")  # read to its end, which closes it


def test_where_something_else_comes_first_it_is_decided_where_it_is_read(
    first: Complaint, second: Complaint
) -> None:
    lead = browser_of("bae.sj")
    page = lead.get(case_url(second))
    assert page.context["page"].urgent.panel.key == "confirm"
    assert "같은 내용일 수 있는 앞의 건" in words_of(page)
    assert f'name="proposal" value="{proposal(second).pk}"' in page_of(page)
    assert done(act(lead, second, "reject_repeat", proposal=proposal(second).pk))
    assert "같은 내용일 수 있는 앞의 건" not in words_of(lead.get(case_url(second)))


def test_an_action_is_finished_with_a_file_and_verified_by_another(
    first: Complaint, person: Find
) -> None:
    action = CorrectiveAction.objects.get()
    owner, lead = browser_of("nam.gy"), browser_of("baek.sw")
    assert "verify_action" not in verbs_on(owner.get(case_url(first)))
    wrong = BytesIO(b"MZ not allowed")
    wrong.name = "evil.exe"
    refused = act(owner, first, "finish_action", action=action.pk, evidence="함", file=wrong)
    assert refused.status_code == 422
    proof = BytesIO("절차서를 고침".encode())
    proof.name = "절차서.txt"
    assert done(act(owner, first, "finish_action", action=action.pk, evidence="함", file=proof))
    kept = CorrectiveAction.objects.get().file
    assert kept is not None
    assert kept.name == "절차서.txt"
    page = lead.get(case_url(first))
    assert page.context["page"].urgent.panel.key == "verify"
    assert done(act(lead, first, "verify_failed", action=action.pk, note="그대로임"))
    assert Review.objects.count() == 1
    history = words_of(lead.get(case_url(first)))
    assert "3차 심의 열기" not in history, "neither said nor offered to who may not decide"


def test_repeats_are_undone_and_closed_only_by_those_who_may(
    second: Complaint, person: Find
) -> None:
    services.confirm_repeat(proposal_id=proposal(second).pk, by=person("noh.jh"), now=LATER)
    manager = verbs_on(browser_of("seo.yh").get(case_url(second)))
    assert "close_repeats" not in manager, "a finding was accepted"
    assert "undo_repeat" in manager
    assert "undo_repeat" not in verbs_on(browser_of("nam.gy").get(case_url(second)))
    assert done(act(browser_of("bae.sj"), second, "undo_repeat", reason="다른 일"))
    assert Complaint.objects.get(pk=second.pk).stage == 1


def test_another_cases_action_cannot_be_named(file: File, first: Complaint, person: Find) -> None:
    other = file(now=LATER - timedelta(hours=1), email="x@example.com", name="다른이").complaint
    action = CorrectiveAction.objects.get()
    answer(other, ACCEPTED, now=LATER)
    refused = act(browser_of("baek.sw"), other, "verify_failed", action=action.pk, note="x")
    assert refused.status_code == 422
    assert not Review.objects.exists()
