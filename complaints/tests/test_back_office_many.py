"""묶음 답변 and the approvals page: many cases at once, each still by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from centre.models import StaffMember
from complaints import services
from complaints.filing import Filed
from complaints.models import Approval, Complaint, Response, State
from complaints.services import Draft
from complaints.tests.conftest import MORNING
from complaints.tests.staff import APPROVALS, MANY, browser_of, done, page_of, words_of

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]
TYPED = {
    "do": "answer_many",
    "decision": "accepted",
    "answer": "점검하느라 늦어진 실적을 모두 올렸습니다.",
    "reason": "",
    "action_done": "",
    "action_planned": "",
    "action_due_on": "",
}
ANSWER = Draft(decision="accepted", answer="확인하여 바로잡았습니다.")


@pytest.fixture(autouse=True)
def _clock(demo_centre: None) -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def cases(file: File) -> list[Complaint]:
    return [
        file(subject=f"실적 {n}", name="김하람", email=f"c{n}@example.com").complaint
        for n in range(3)
    ]


def pks(cases: list[Complaint]) -> list[int]:
    return [one.pk for one in cases]


# --- one answer for many --------------------------------------------------------------------------


def test_one_answer_is_laid_before_approval_for_each(cases: list[Complaint], person: Find) -> None:
    client = browser_of("nam.gy")
    page = client.get(MANY, {"case": pks(cases)})
    assert "같은 답변을 받을 3건" in words_of(page)
    response = client.post(MANY, TYPED | {"case": pks(cases)})
    assert done(response)
    assert set(Complaint.objects.values_list("state", flat=True)) == {State.APPROVING}
    assert Response.objects.filter(answer=TYPED["answer"], status="submitted").count() == 3
    assert Approval.objects.filter(approver=person("baek.sw")).count() == 3
    assert "3건의 답변을 결재에 올렸습니다." in words_of(client.get(response["Location"]))


def test_all_or_none_and_nothing_typed_is_lost(cases: list[Complaint]) -> None:
    client = browser_of("nam.gy")
    typed = TYPED | {"answer": "[날짜]에 모두 올렸습니다.", "action_done": "남겨 둘 글"}
    response = client.post(MANY, typed | {"case": pks(cases)})
    assert response.status_code == 422
    words = words_of(response)
    assert "채우지 않은 곳이 있습니다: [날짜]" in words
    assert "남겨 둘 글" in page_of(response)
    assert 'href="#id_many_answer"' in page_of(response)
    assert not Response.objects.exists()


def test_what_cannot_be_answered_together_is_named(
    cases: list[Complaint], file: File, person: Find
) -> None:
    praise = file(kind="compliment", subject="고맙습니다", email="d@example.com").complaint
    waiting = file(subject="결재 중", email="e@example.com").complaint
    services.submit_response(
        complaint_id=waiting.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING
    )
    services.save_draft(complaint_id=cases[0].pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    chosen = [str(pk) for pk in [*pks(cases), praise.pk, waiting.pk]]
    page = browser_of("nam.gy").get(MANY, {"case": [*chosen, "x", "999"]})
    words = words_of(page)
    assert "같은 답변을 받을 3건" in words
    assert "함께 답변할 수 없는 2건" in words
    assert "칭찬은 답변 대신 전합니다." in words
    assert "이미 쓰던 답변이 있습니다(남가영 주임" in words


def test_only_results_that_fit_all_kinds_are_offered(cases: list[Complaint], file: File) -> None:
    enquiry = file(kind="enquiry", email="f@example.com").complaint
    page = browser_of("nam.gy").get(MANY, {"case": [cases[0].pk, enquiry.pk]})
    offered = [code for code, _label in page.context["form"].fields["decision"].choices]
    assert offered == ["", "accepted", "partly_accepted", "declined"]


def test_cases_one_may_not_see_are_not_answered(cases: list[Complaint]) -> None:
    client = browser_of("song.hn")
    assert "고른 건이 없습니다." in words_of(client.get(MANY, {"case": pks(cases)}))
    response = client.post(MANY, TYPED | {"case": pks(cases)})
    assert response.status_code == 422
    assert not Response.objects.exists()
    assert browser_of("im.do").get(MANY).status_code == 403  # the desk does not answer
    assert browser_of("sys.admin").get(MANY).status_code == 403
    assert browser_of("").get(MANY).status_code == 302


# --- approvals --------------------------------------------------------------------------------------


@pytest.fixture
def asked(cases: list[Complaint], person: Find) -> list[Approval]:
    for number, one in enumerate(cases):
        later = MORNING + timedelta(minutes=number)
        services.submit_response(complaint_id=one.pk, draft=ANSWER, by=person("nam.gy"), now=later)
    return list(Approval.objects.order_by("pk"))


def test_what_waits_for_me_is_listed_with_its_answer(asked: list[Approval]) -> None:
    page = browser_of("baek.sw").get(APPROVALS)
    words = words_of(page)
    assert "결재할 것 3건" in words
    for text in ("실적 0", "실적 2", ANSWER.answer, "남가영 주임 기안", "수용"):
        assert text in words
    assert "결재할 것이 없습니다." in words_of(browser_of("bae.sj").get(APPROVALS))
    assert browser_of("sys.admin").get(APPROVALS).status_code == 403
    assert browser_of("").get(APPROVALS).status_code == 302


def test_several_are_approved_each_by_itself(asked: list[Approval]) -> None:
    client = browser_of("baek.sw")
    chosen = [asked[0].pk, asked[1].pk]
    response = client.post(APPROVALS, {"do": "approve", "approval": chosen})
    assert done(response)
    assert "2건을 결재했습니다." in words_of(client.get(APPROVALS))
    assert Approval.objects.filter(decision="approved").count() == 2
    assert Complaint.objects.filter(state=State.TELLING).count() == 2


def test_one_that_is_refused_does_not_stop_the_others(asked: list[Approval], person: Find) -> None:
    services.recall(complaint_id=asked[0].complaint_id, by=person("nam.gy"), now=MORNING)
    client = browser_of("baek.sw")
    response = client.post(APPROVALS, {"approval": [one.pk for one in asked]})
    assert response.status_code == 200
    words = words_of(response)
    assert "일부를 결재하지 못했습니다" in words
    assert f"{asked[0].complaint.receipt_number}: 그사이 다른 분이" in words
    assert f"{asked[1].complaint.receipt_number}: 결재했습니다." in words
    assert Approval.objects.filter(decision="approved").count() == 2


def test_nobody_approves_for_another(asked: list[Approval]) -> None:
    client = browser_of("seo.yh")
    response = client.post(APPROVALS, {"approval": [one.pk for one in asked]})
    assert "결재할 것을 골라 주십시오" in words_of(response)
    assert Approval.objects.filter(decision="waiting").count() == 3


def test_the_queries_do_not_grow(
    asked: list[Approval], file: File, person: Find, django_assert_max_num_queries: Any
) -> None:
    client = browser_of("baek.sw")
    with django_assert_max_num_queries(25) as seen:
        client.get(APPROVALS)
    few = len(seen.captured_queries)
    for number in range(4):
        one = file(email=f"g{number}@example.com").complaint
        services.submit_response(
            complaint_id=one.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING
        )
    with django_assert_max_num_queries(few):
        client.get(APPROVALS)
