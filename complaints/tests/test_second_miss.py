"""After the second missed promise: the citizen sees it, a manager rings, and a date holds again."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.template.loader import render_to_string

from complaints import queries, services
from complaints.checks import breaches
from complaints.errors import NotNow, Refused
from complaints.models import Complaint
from complaints.tests.conftest import seoul
from complaints.tests.test_services import File, Find, answer, fresh, keys
from notices.models import Notice
from notices.services import deliver
from records.actors import CITIZEN
from standards.models import Commitment
from standards.services import sweep

MISSED = seoul("2026-09-16 18:00:05")
AGAIN = seoul("2026-09-21 18:00:05")
CALL = seoul("2026-09-22 09:30")


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def twice_missed(file: File) -> Complaint:
    case = file().complaint
    sweep(now=MISSED)
    sweep(now=AGAIN)
    return fresh(case)


def log_call(case: Complaint, by: Any, now: Any = CALL, **typed: Any) -> Complaint:
    given: dict[str, Any] = {
        "note": "사과드리고 까닭을 말씀드림",
        "due_on": date(2026, 9, 23),
    } | typed
    return services.log_manager_call(complaint_id=case.pk, by=by, now=now, **given)


def box(case: Complaint, now: str) -> str:
    """The due box of the citizen's page, as it is read."""
    page = queries.tracking(fresh(case), now=seoul(now))
    html = render_to_string("complaints/case.html", {"case": page.complaint, "page": page})
    found = re.search(r'<section class="due.*?</section>', html, flags=re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def timeline(case: Complaint) -> dict[str, str]:
    return {entry.title: entry.text for entry in queries.timeline(case)}


def test_the_page_says_the_second_miss_who_rings_and_until_when(twice_missed: Complaint) -> None:
    words = box(twice_missed, "2026-09-21 18:01")
    assert "9월 21일(월) 18시까지 답변드리기로 다시 약속드렸으나 이번에도" in words
    assert "사무처장의 책임으로 처리하며, 2026년 9월 22일(화) 14시까지 이메일로 직접" in words
    assert "새로 약속드리는 기한" not in words
    said = timeline(twice_missed)["다시 약속드린 기한도 지키지 못했습니다"]
    assert "9월 21일(월) 18시까지" in said
    assert "사무처장의 책임으로 처리하며, 2026년 9월 22일(화) 14시까지" in said
    late = box(twice_missed, "2026-09-22 14:01")
    assert "22일(화) 14시까지 직접 연락드리겠다고 한 약속도 지키지 못했습니다" in late


def test_a_passed_date_is_not_called_new_before_the_sweep_comes(file: File) -> None:
    case = file().complaint
    sweep(now=MISSED)
    assert "새로 약속드리는 기한 2026년 9월 21일(월) 18시까지" in box(case, "2026-09-21 18:00")
    words = box(case, "2026-09-21 18:00:01")
    assert "새로 약속드리는 기한" not in words
    assert "이번에도 지키지 못했습니다" in words


def test_the_date_agreed_in_the_call_is_the_new_promise(
    twice_missed: Complaint, person: Find
) -> None:
    case = log_call(twice_missed, person("seo.yh"))
    due = seoul("2026-09-23 18:00")
    agreed = queries.renewed_promises(case)[-1]
    assert (agreed.state, agreed.due_at) == ("running", due)
    assert queries.promised_until(case) == due
    words = box(case, "2026-09-22 09:31")
    assert "함께 정한 답변 기한 2026년 9월 23일(수) 18시까지" in words
    assert "이번에도" not in words
    called = timeline(case)["관리자가 직접 연락드렸습니다"]
    assert called == "함께 정한 답변 기한: 2026년 9월 23일(수) 18시까지"
    mail = Notice.objects.get(template="date-agreed")
    assert "함께 정한 대로 2026년 9월 23일(수) 18시까지" in mail.body
    answer(case, person, now=seoul("2026-09-23 10:00"))
    deliver(now=seoul("2026-09-23 10:00"))
    states = [promise.state for promise in queries.renewed_promises(fresh(case))]
    assert states == ["missed", "kept"]
    before = Notice.objects.count()
    sweep(now=seoul("2026-09-30 10:00"))
    assert Notice.objects.count() == before
    assert list(breaches()) == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"due_on": None}, "due_on"),
        ({"due_on": date(2026, 9, 26)}, "due_on"),  # a Saturday
        ({"due_on": date(2026, 9, 21)}, "due_on"),  # passed
        ({"due_on": date(2026, 11, 30)}, "due_on"),  # further than the centre may promise
        ({"no_date": True}, "no_date"),  # a date, and none
        ({"note": " "}, "note"),
    ],
)
def test_a_call_without_a_date_that_can_hold_is_refused(
    typed: dict[str, Any], field: str, twice_missed: Complaint, person: Find
) -> None:
    with pytest.raises(Refused) as refusal:
        log_call(twice_missed, person("seo.yh"), **typed)
    assert refusal.value.field == field
    assert len(queries.renewed_promises(twice_missed)) == 1
    assert queries.manager_calls(twice_missed)[-1].fulfilled_at is None


def test_where_no_date_could_be_agreed_the_centres_own_holds(
    twice_missed: Complaint, person: Find
) -> None:
    case = log_call(twice_missed, person("seo.yh"), due_on=None, no_date=True)
    promise = queries.renewed_promises(case)[-1]
    assert promise.due_at > CALL
    words = box(case, "2026-09-22 09:31")
    assert "새로 약속드리는 기한" in words
    assert "함께 정한" not in words
    assert "저희가 다시 정한" in timeline(case)["관리자가 직접 연락드렸습니다"]
    assert "함께 정하지 못하여" in Notice.objects.get(template="date-agreed").body


def test_the_date_agreed_is_missed_too_and_a_manager_rings_again(
    twice_missed: Complaint, person: Find
) -> None:
    case = log_call(twice_missed, person("seo.yh"))
    sweep(now=seoul("2026-09-23 18:00:05"))
    sweep(now=seoul("2026-09-23 18:00:20"))
    assert len(keys(case, "missed-promise-again")) == 2
    assert len(keys(case, "manager-ring")) == 2
    assert [call.fulfilled_at is None for call in queries.manager_calls(case)] == [False, True]
    assert "9월 23일(수) 18시까지 답변드리기로 다시" in box(case, "2026-09-23 18:01")
    log_call(case, person("seo.yh"), now=seoul("2026-09-28 10:00"), due_on=date(2026, 9, 29))
    assert queries.promised_until(case) == seoul("2026-09-29 18:00")
    with pytest.raises(NotNow):
        log_call(case, person("seo.yh"), now=seoul("2026-09-28 10:05"), due_on=date(2026, 9, 29))


def test_a_lead_does_not_move_what_was_agreed(twice_missed: Complaint, person: Find) -> None:
    case = log_call(twice_missed, person("seo.yh"))
    change: Any = {"complaint_id": case.pk, "by": person("baek.sw"), "now": CALL}
    with pytest.raises(NotNow, match="정한 기한이라"):
        services.set_new_promise(reason="자료", due_on=date(2026, 9, 29), **change)
    services.set_new_promise(reason="자료를 기다림", due_on=date(2026, 9, 23), **change)
    assert "자료를 기다림" in box(case, "2026-09-22 10:00")


def test_a_pause_stops_the_date_agreed_too(twice_missed: Complaint, person: Find) -> None:
    case = log_call(twice_missed, person("seo.yh"))
    services.request_information(
        complaint_id=case.pk,
        items="언제였습니까?",
        by=person("nam.gy"),
        now=seoul("2026-09-22 10:00"),
    )
    services.supplement(
        complaint_id=case.pk, text="그날입니다", by=CITIZEN, now=seoul("2026-09-23 10:00")
    )
    promise = queries.renewed_promises(case)[-1]
    assert promise.due_at > seoul("2026-09-23 18:00"), "a day later"
    assert fresh(case).new_promises.get().due_at == promise.due_at
    assert Commitment.objects.get(pk=promise.pk).state == "running"
