"""`/admin/complaints/complaint/`: who sees which case, in what order, found by what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, cast

import pytest
import time_machine

from centre.models import StaffMember, Topic
from complaints import services
from complaints.back_office.due import Level, near
from complaints.factories import CommitmentFactory, ComplaintFactory, ResponseFactory
from complaints.filing import Filed
from complaints.models import Approval, Complaint, State
from complaints.queries import renewed_key
from complaints.services import Draft
from complaints.tests.conftest import MORNING, seoul
from complaints.tests.staff import QUEUE, browser_of, page_of, rows_on, words_of
from standards.models import Standard

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]
ANSWER = Draft(decision="accepted", answer="확인하여 바로잡았습니다.")


@pytest.fixture(autouse=True)
def _clock(demo_centre: None) -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def case(person: Find) -> Callable[..., Complaint]:
    """A case of the information team, by default of its handler."""

    def make(**values: Any) -> Complaint:
        topic = values.pop("topic", None) or Topic.objects.get(code="record")
        handler = values.pop("handler", person("nam.gy"))
        made: Any = ComplaintFactory(topic=topic, handler=handler, **values)
        return cast("Complaint", made)

    return make


def numbers(*cases: Complaint) -> list[str]:
    return [one.receipt_number for one in cases]


# --- who sees what --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "sees"),
    [
        ("nam.gy", True),  # handler
        ("baek.sw", True),  # lead of the team
        ("noh.jh", True),  # desk
        ("im.do", True),  # desk without handling
        ("seo.yh", True),  # manager
        ("song.hn", False),  # another team's handler
        ("kwon.hj", False),  # another team's lead
    ],
)
def test_who_sees_a_case(username: str, sees: bool, case: Any) -> None:
    one = case()
    response = browser_of(username).get(QUEUE)
    assert response.status_code == 200
    assert rows_on(response) == (numbers(one) if sees else [])
    assert (f"{int(sees)}건") in words_of(response)


def test_the_administrator_and_strangers_see_nothing(case: Any) -> None:
    case()
    assert browser_of("sys.admin").get(QUEUE).status_code == 403
    stranger = browser_of("").get(QUEUE)
    assert stranger.status_code == 302
    assert "/login/" in stranger["Location"]


def test_nobody_finds_a_case_about_himself(file: File) -> None:
    number = file(about_staff="백승우").complaint.receipt_number
    for query in ("", f"?q={number}", "?state=all", "?q=물길공원"):
        assert number in rows_on(browser_of("nam.gy").get(QUEUE + query))
        hidden = browser_of("baek.sw").get(QUEUE + query)
        assert rows_on(hidden) == []
        assert hidden.context["page"].paginator.count == 0


def test_names_and_contacts_are_masked(case: Any) -> None:
    case(name="김하람", email="haram@example.com")
    page = page_of(browser_of("nam.gy").get(QUEUE))
    assert "김*람" in page
    assert "김하람" not in page
    assert "haram@" not in page


# --- order ------------------------------------------------------------------------------------------


def test_what_is_due_first_comes_first(case: Any) -> None:
    later = case(due_at=seoul("2026-09-21 18:00"))
    late = case(due_at=seoul("2026-09-08 18:00"))
    waiting = case(due_at=seoul("2026-09-07 18:00"), state=State.WAITING)
    nobody = case(due_at=False, anonymous=True, name="", email="")
    today = case(due_at=seoul("2026-09-09 18:00"))
    told = case(state=State.ANSWERED, told_at=MORNING)
    response = browser_of("nam.gy").get(QUEUE)
    assert rows_on(response) == numbers(late, today, later, nobody, waiting)
    words = [row.due.words for row in response.context["rows"]]
    assert words == ["1일 지남", "오늘 18시", "12일 남음", "기한 없음", "보완 대기"]
    assert rows_on(browser_of("nam.gy").get(f"{QUEUE}?state=answered")) == numbers(told)


def test_the_second_promise_is_the_one_in_force(case: Any) -> None:
    one = case(due_at=seoul("2026-09-08 18:00"))
    other = case(due_at=seoul("2026-09-10 18:00"))
    again = Standard.objects.get(code="reply-renewed")
    new = seoul("2026-09-11 18:00")
    CommitmentFactory(
        key=renewed_key(one), standard=again, subject_id=one.pk, first_due_at=new, due_at=new
    )
    response = browser_of("nam.gy").get(QUEUE)
    assert rows_on(response) == numbers(other, one)
    assert response.context["rows"][1].due.renewed
    assert "약속을 지키지 못함" in page_of(response)
    assert "새 기한" in page_of(response)
    assert rows_on(browser_of("nam.gy").get(f"{QUEUE}?due=overdue")) == numbers(one)


@pytest.mark.parametrize(
    ("due", "level", "words"),
    [
        ("2026-09-07 18:00", Level.LATE, "2일 지남"),
        ("2026-09-09 09:59", Level.LATE, "오늘 지남"),
        ("2026-09-09 10:00", Level.TODAY, "오늘 10시"),
        ("2026-09-09 18:00", Level.TODAY, "오늘 18시"),
        ("2026-09-10 00:30", Level.SOON, "내일"),  # still the 9th in UTC
        ("2026-09-12 18:00", Level.SOON, "3일 남음"),
        ("2026-09-13 18:00", Level.LATER, "4일 남음"),
    ],
)
def test_words_for_a_date(due: str, level: Level, words: str) -> None:
    assert near(seoul(due), now=MORNING) == (level, words)


# --- filters and search ---------------------------------------------------------------------------


def test_filters(case: Any, person: Find) -> None:
    mine = case(due_at=seoul("2026-09-09 18:00"))
    lead = person("baek.sw")
    other = case(handler=lead, kind="enquiry", channel="phone", due_at=seoul("2026-09-12 18:00"))
    nobody = case(handler=None, team=lead.team, state=State.ASSIGNED, team_confirmed_at=None)
    waiting = case(state=State.WAITING)
    closed = case(state=State.CLOSED)
    asked = case(state=State.APPROVING)
    answer: Any = ResponseFactory(complaint=asked)
    Approval.objects.create(
        complaint=asked,
        document="response",
        document_id=answer.pk,
        approver=lead,
        asked_at=MORNING,
    )

    def found(query: str, username: str = "baek.sw") -> set[str]:
        return set(rows_on(browser_of(username).get(QUEUE + query)))

    assert found("?who=mine") == set(numbers(other))
    assert found("?who=team") == set(numbers(mine, other, nobody, waiting, asked))
    assert found("?who=team", "noh.jh") == set()
    assert found("?due=today") == set(numbers(mine))
    assert found("?due=soon") == set(numbers(mine, other))
    assert found("?kind=enquiry") == set(numbers(other))
    assert found("?channel=phone") == set(numbers(other))
    assert found(f"?handler={lead.pk}") == set(numbers(other))
    assert found("?team=information", "seo.yh") == set(numbers(mine, other, nobody, waiting, asked))
    assert found("?topic=portal") == set()
    assert found("?state=unassigned") == set(numbers(nobody))
    assert found("?state=unconfirmed") == set(numbers(nobody))
    assert found("?state=waiting") == set(numbers(waiting))
    assert found("?state=ended") == set(numbers(closed))
    assert len(found("?state=all")) == 6
    assert found("?approval=1") == set(numbers(asked))
    assert found("?approval=1", "nam.gy") == set()


def test_a_filter_that_makes_no_sense_is_left_out(case: Any) -> None:
    one = case()
    for query in (
        "?state=zzz",
        "?due=%00",
        "?handler=abc",
        "?team=support",
        "?page=999",
        "?kind=x",
    ):
        assert rows_on(browser_of("nam.gy").get(QUEUE + query)) == numbers(one)


@pytest.mark.parametrize(
    "typed",
    [
        "2026-000001-{check}",
        "2026 000001 {check_lower}",
        "김하람",
        "김 하람",
        "HARAM@example.com",
        "010-1234-5678",
        "+82 10 1234 5678",
        "물길공원",
        "물길공원 환경정화",
    ],
)
def test_search(typed: str, file: File) -> None:
    one = file(phone="010-1234-5678").complaint
    file(subject="다른 일", body="다른 내용", name="이다른", email="other@example.com")
    check = one.receipt_number[-1]
    text = typed.format(check=check, check_lower=check.lower())
    response = browser_of("nam.gy").get(QUEUE, {"q": text})
    assert rows_on(response) == numbers(one)


def test_a_part_of_a_name_or_contact_finds_nothing(file: File) -> None:
    file(phone="010-1234-5678")
    for typed in ("김하", "haram@", "1234567", "2026-000001-0"):
        assert rows_on(browser_of("nam.gy").get(QUEUE, {"q": typed})) == []


def test_a_search_looks_through_closed_cases_too(case: Any) -> None:
    closed = case(state=State.CLOSED, body="아주 드문 낱말")
    assert rows_on(browser_of("nam.gy").get(QUEUE, {"q": "드문"})) == numbers(closed)
    assert rows_on(browser_of("nam.gy").get(QUEUE, {"q": "드문", "state": "waiting"})) == []


def test_a_supplement_that_arrived(file: File, person: Find) -> None:
    one = file().complaint
    handler = person("nam.gy")
    services.request_information(
        complaint_id=one.pk, items="언제였습니까?", by=handler, now=MORNING
    )
    assert rows_on(browser_of("nam.gy").get(f"{QUEUE}?state=supplemented")) == []
    later = MORNING + timedelta(hours=1)
    services.enter_supplement(complaint_id=one.pk, text="9월 2일", by=handler, now=later)
    assert rows_on(browser_of("nam.gy").get(f"{QUEUE}?state=supplemented")) == numbers(one)
    services.save_draft(complaint_id=one.pk, draft=ANSWER, by=handler, now=later)
    assert rows_on(browser_of("nam.gy").get(f"{QUEUE}?state=supplemented")) == []


def test_the_next_step_is_told(file: File, person: Find) -> None:
    one = file().complaint
    handler = person("nam.gy")

    def step() -> str:
        row: str = browser_of("nam.gy").get(QUEUE).context["rows"][0].next_step
        return row

    assert step() == "팀 확인"
    services.confirm_team(complaint_id=one.pk, by=handler, now=MORNING)
    assert step() == "답변 쓰기"
    services.save_draft(complaint_id=one.pk, draft=ANSWER, by=handler, now=MORNING)
    assert step() == "답변 마무리와 결재 올리기"
    services.submit_response(complaint_id=one.pk, by=handler, now=MORNING)
    assert step() == "결재(백승우 팀장)"


# --- pages and queries ------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?state=all", "?due=overdue", "?q=내용"])
def test_as_many_queries_for_fifty_cases_as_for_one(
    query: str, case: Any, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    client = browser_of("seo.yh")
    due_at = seoul("2026-09-08 18:00")
    case(due_at=due_at)
    with django_assert_max_num_queries(20) as seen:
        assert len(rows_on(client.get(QUEUE + query))) == 1
    few = len(seen.captured_queries)
    for number in range(54):
        one = case(due_at=due_at)
        ResponseFactory(complaint=one) if number % 2 else None
    with django_assert_num_queries(few):
        response = client.get(QUEUE + query)
    assert len(rows_on(response)) == 50
    assert "page=2" in page_of(response)
    assert len(rows_on(client.get(f"{QUEUE}{query}{'&' if query else '?'}page=2"))) == 5


def test_other_addresses_of_the_admin_lead_nowhere(case: Any) -> None:
    one = case()
    handler = browser_of("nam.gy")
    assert handler.get(f"{QUEUE}{one.pk}/delete/").status_code == 403
    assert handler.post(QUEUE, {"action": "delete_selected"}).status_code in {200, 405}
    assert Complaint.objects.filter(pk=one.pk).exists()
    autocomplete = (
        "/admin/autocomplete/?app_label=complaints&model_name=response&field_name=complaint&term=1"
    )
    assert handler.get(autocomplete).status_code in {403, 404}
    history = browser_of("song.hn").get(f"{QUEUE}{one.pk}/history/")
    assert history.status_code == 404
