"""`/admin/`: what waits for whoever signed in, each number a link to exactly those cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from centre.models import StaffMember, Topic
from complaints import services
from complaints.factories import ComplaintFactory
from complaints.filing import Filed
from complaints.models import Complaint, State
from complaints.services import Draft
from complaints.tests.conftest import MORNING, seoul
from complaints.tests.staff import browser_of, page_of, words_of

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]
INDEX = "/admin/"
ANSWER = Draft(decision="accepted", answer="확인하여 바로잡았습니다.")


@pytest.fixture(autouse=True)
def _clock(demo_centre: None) -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


def counts(username: str) -> dict[str, int]:
    """What the page says, checked against the list each number leads to."""
    client = browser_of(username)
    today = client.get(INDEX).context["today"]
    for section in today.sections:
        listed = client.get(section.url).context["page"].paginator.count
        assert listed == section.count, section.code
        assert len(section.rows) <= min(section.count, 5)
    shown = [row.case.pk for section in today.sections for row in section.rows]
    assert len(shown) == len(set(shown)), "one case is shown once"
    return {section.code: section.count for section in today.sections if section.count}


def make(person: Find) -> None:
    topic = Topic.objects.get(code="record")

    def case(**values: Any) -> None:
        ComplaintFactory(topic=topic, **({"handler": person("nam.gy")} | values))

    case(due_at=seoul("2026-09-08 18:00"))
    case(due_at=seoul("2026-09-09 18:00"), handler=person("baek.sw"))
    case(due_at=seoul("2026-09-09 18:00"))
    case(state=State.ASSIGNED, team_confirmed_at=None)
    case(state=State.ANSWERED, told_at=MORNING)
    case(handler=None, team=person("baek.sw").team, state=State.ASSIGNED, team_confirmed_at=None)


def test_each_sees_what_is_his_to_do(person: Find) -> None:
    make(person)
    own = {"overdue": 1, "today": 1, "unconfirmed": 1, "answered": 1}
    all_of_it = {"overdue": 1, "today": 2, "unassigned": 1, "unconfirmed": 2, "answered": 1}
    assert counts("nam.gy") == own
    assert counts("baek.sw") == all_of_it  # the lead's team
    assert counts("seo.yh") == all_of_it
    assert counts("noh.jh") == all_of_it  # the desk sees all
    assert counts("song.hn") == {}
    assert "지금 기다리는 일이 없습니다." in words_of(browser_of("song.hn").get(INDEX))


def test_what_waits_for_my_approval_whoever_has_the_case(file: File, person: Find) -> None:
    one = file().complaint
    services.submit_response(complaint_id=one.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    assert counts("baek.sw")["approval"] == 1
    assert "approval" not in counts("nam.gy")
    assert one.subject in words_of(browser_of("baek.sw").get(INDEX))


def test_a_returned_answer_comes_first_and_a_begun_one_has_its_list(
    file: File, person: Find
) -> None:
    one, two = file().complaint, file(subject="다른 일", email="b@example.com").complaint
    handler = person("nam.gy")
    services.submit_response(complaint_id=one.pk, draft=ANSWER, by=handler, now=MORNING)
    services.return_document(
        approval_id=one.approvals.get().pk, comment="고쳐요", by=person("baek.sw"), now=MORNING
    )
    Complaint.objects.filter(pk=two.pk).update(handler=handler)
    services.save_draft(complaint_id=two.pk, draft=Draft(answer="쓰는 중"), by=handler, now=MORNING)
    found = counts("nam.gy")
    assert (found["returned"], found["writing"]) == (1, 1)
    today = browser_of("nam.gy").get(INDEX).context["today"]
    assert today.sections[0].code == "returned"
    assert [row.case for row in today.sections[0].rows] == [one]


def test_citizens_to_be_told_by_hand(file: File, person: Find) -> None:
    file(
        email="",
        phone="010-1234-5678",
        reply_by="phone",
        channel="phone",
        registered_by=person("im.do"),
    )
    today = browser_of("nam.gy").get(INDEX).context["today"]
    assert today.tasks == 2, "the receipt, and the apology before anything else"
    assert today.tasks_url == "/admin/notices/notice/tasks/"
    assert "고객에게 알릴 일" in words_of(browser_of("nam.gy").get(INDEX))
    assert browser_of("song.hn").get(INDEX).context["today"].tasks == 0


def test_the_administrator_sees_no_case_but_the_pages_to_set_up(person: Find) -> None:
    make(person)
    response = browser_of("sys.admin").get(INDEX)
    assert response.status_code == 200
    assert response.context["today"].sections == []
    words = words_of(response)
    assert "고객의 소리는 그 일을 맡은 직원만 봅니다." in words
    assert "/admin/centre/staffmember/" in page_of(response)
    assert "/admin/complaints/complaint/" not in page_of(response)


def test_a_stranger_is_asked_to_sign_in_and_comes_back() -> None:
    client = browser_of("")
    response = client.get("/admin/complaints/complaint/?state=all", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=/admin/complaints/")
    assert client.get("/admin/login/?next=https://evil.example/")["Location"].endswith(
        "next=/admin/"
    )
    signed_in = browser_of("nam.gy").get("/admin/login/?next=https://evil.example/")
    assert signed_in["Location"] == "/admin/"
    assert (
        browser_of("nam.gy").get("/admin/password_change/")["Location"]
        == "/accounts/password/change/"
    )


def test_the_menu_holds_what_the_account_may_do(person: Find) -> None:
    """Of cases, notices and the desk; other rooms put places of their own among them."""
    own = ["오늘 할 일", "고객의 소리", "의견 등록"]
    known = {*own, "결재할 것", "알릴 일", "창구"}

    def menu(username: str) -> list[str]:
        places = browser_of(username).get(INDEX).context["places"]
        return [str(place.label) for place in places if str(place.label) in known]

    assert menu("nam.gy") == [*own, "결재할 것", "알릴 일", "창구"]
    assert menu("im.do") == [*own, "알릴 일", "창구"]
    assert menu("sys.admin") == ["오늘 할 일"]


def test_as_many_queries_for_many_cases_as_for_few(
    person: Find, django_assert_max_num_queries: Any
) -> None:
    make(person)
    client = browser_of("seo.yh")
    with django_assert_max_num_queries(45) as seen:
        client.get(INDEX)
    few = len(seen.captured_queries)
    for _ in range(8):
        make(person)
    # A list longer than what is shown is counted by a query of its own.
    with django_assert_max_num_queries(few + 7):
        client.get(INDEX)
