"""Which earlier cases are proposed: whose they are, when they came, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from centre.models import Topic
from centre.services import set_option
from complaints import repeats
from complaints.factories import ComplaintFactory, ResponseFactory
from complaints.filing import Filed
from complaints.models import Channel, Complaint, Kind, Response, State
from complaints.same_matter import THRESHOLD
from complaints.tests.conftest import MORNING, seoul
from records.actors import SYSTEM
from records.crypto import blind_index
from standards.models import Commitment
from standards.services import pause

File = Callable[..., Filed]

FIRST = {
    "kind": "complaint",
    "topic_code": "service",
    "subject": "전화를 준다고 하고 사흘째 소식이 없음",
    "body": "담당자 없다고 메모 남긴다더니 연락이 없다.",
    "name": "정만식",
    "email": "mansik@example.com",
    "phone": "010-0000-1006",
}
AGAIN = FIRST | {"subject": "또 회신이 없습니다", "body": "이번 주에도 전화를 못 받았습니다."}
LATER = seoul("2026-09-30 10:00")


def told(case: Complaint, *, at: datetime = MORNING + timedelta(days=2)) -> Complaint:
    ResponseFactory(complaint=case, status=Response.Status.TOLD, told_at=at)
    Complaint.objects.filter(pk=case.pk).update(state=State.CLOSED, told_at=at)
    return case


def found(case: Complaint, *, now: datetime = LATER) -> list[Complaint]:
    return [one.complaint for one in repeats.candidates(case, now=now)]


def joined(case: Complaint, *, now: datetime = LATER) -> list[Complaint]:
    return [one.complaint for one in repeats.duplicates(case, now=now)]


def earlier(**values: Any) -> Complaint:
    """A case of the citizen with the answer told; anything may be different."""
    given = {
        "topic": Topic.objects.get(code="service"),
        "subject": FIRST["subject"],
        "body": FIRST["body"],
        "name": FIRST["name"],
        "email": FIRST["email"],
        "phone_index": blind_index("phone", FIRST["phone"]),
    }
    case: Any = ComplaintFactory(**(given | values))
    return told(case)


@pytest.fixture
def again(file: File) -> Complaint:
    """The citizen writes again, three weeks after the first case would have come."""
    return file(now=LATER, **AGAIN).complaint


# --- when ---------------------------------------------------------------------------------------


def test_after_the_answer_it_is_the_same_matter_raised_again(file: File) -> None:
    first = told(file(**FIRST).complaint)
    case = file(now=LATER, **AGAIN).complaint
    (candidate,) = repeats.candidates(case, now=LATER)
    assert candidate.complaint == first
    assert candidate.score >= THRESHOLD
    assert candidate.reasons[0] == "같은 유형"
    assert "회신" in candidate.reasons[1]
    assert joined(case) == []


def test_before_the_answer_it_is_a_duplicate(file: File) -> None:
    first = file(**FIRST).complaint
    next_day = MORNING + timedelta(days=1)
    case = file(now=next_day, **AGAIN).complaint
    assert found(case, now=next_day) == []
    assert joined(case, now=next_day) == [first]


def test_once_the_reply_is_due_it_is_no_duplicate_any_more(file: File) -> None:
    first = file(**FIRST).complaint
    due = Commitment.objects.get(key=f"complaint:{first.pk}:reply").due_at
    case = file(now=due, **AGAIN).complaint
    assert found(case, now=due) == [first]
    assert joined(case, now=due) == []


def test_while_the_centre_waits_for_the_citizen_nothing_is_due(file: File) -> None:
    first = file(**FIRST).complaint
    assert pause(key=f"complaint:{first.pk}:reply", at=MORNING, now=MORNING)
    Complaint.objects.filter(pk=first.pk).update(state=State.WAITING)
    case = file(now=LATER, **AGAIN).complaint
    assert found(case) == []
    assert joined(case) == [first]


def test_what_counts_is_when_it_arrived_not_when_somebody_looks(file: File) -> None:
    first = file(**FIRST).complaint
    case = file(now=MORNING + timedelta(hours=1), **AGAIN).complaint
    told(first, at=MORNING + timedelta(hours=2))
    assert found(case) == []
    assert joined(case) == [], "nothing can join a case that was answered"


def test_a_reopened_case_had_its_first_answer(file: File) -> None:
    first = told(file(**FIRST).complaint)
    Complaint.objects.filter(pk=first.pk).update(state=State.REVIEWING, round=2, told_at=None)
    case = file(now=LATER, **AGAIN).complaint
    assert found(case) == [first]
    assert joined(case) == []


def test_only_within_the_window_the_centre_set(again: Complaint) -> None:
    old = earlier(received_at=LATER - timedelta(days=365), due_at=False)
    earlier(received_at=LATER - timedelta(days=366), due_at=False)
    assert found(again) == [old]
    set_option(key="repeat_window_days", value="30", by=SYSTEM, now=LATER)
    assert found(again) == []


def test_a_later_case_is_not_an_earlier_one(file: File) -> None:
    first = told(file(**FIRST).complaint)
    file(now=LATER, **AGAIN)
    assert found(first) == []
    assert joined(first) == []


# --- whose --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"phone_index": ""},
        {"email": "other@example.com"},
        {"name": ""},
        {"name": "정 만식"},
        {"channel": Channel.VISIT},
        {"channel": Channel.PHONE, "email": ""},
        {"filed_for": {"name": "최하린"}},
    ],
)
def test_the_same_citizen(again: Complaint, values: dict[str, Any]) -> None:
    case = earlier(**values)
    assert found(again) == [case]


@pytest.mark.parametrize(
    "values",
    [
        {"name": "윤보람"},  # the mailbox of a club, the phone of a family
        {"email": "other@example.com", "phone_index": ""},
        {"email": "", "phone_index": ""},
        {"kind": Kind.COMPLIMENT},
    ],
)
def test_not_the_same_citizen_or_nothing_to_repeat(
    again: Complaint, values: dict[str, Any]
) -> None:
    earlier(**values)
    assert found(again) == []


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.MERGED, State.REFERRED])
def test_a_case_that_ended_without_an_answer_of_ours(again: Complaint, state: State) -> None:
    case = earlier()
    Complaint.objects.filter(pk=case.pk).update(state=state)
    assert found(again) == []
    assert joined(again) == []


def test_a_representative_files_for_different_people(file: File) -> None:
    told(file(**FIRST, filed_for={"name": "최하린", "relation": "보호자"}).complaint)
    given = AGAIN | {"filed_for": {"name": "최 하린", "relation": "보호자"}}
    same = file(now=LATER, **given).complaint
    assert len(found(same)) == 1
    other = AGAIN | {"filed_for": {"name": "최두리", "relation": "보호자"}}
    assert found(file(now=LATER + timedelta(hours=1), **other).complaint) == [], (
        "neither for the other child, nor joined to what was filed for her"
    )


def test_nobody_known_repeats_nothing(again: Complaint) -> None:
    earlier(email="", phone_index="", name="")
    Complaint.objects.filter(pk=again.pk).update(email_index="", phone_index="", name_index="")
    again.refresh_from_db()
    assert found(again) == []
    assert joined(again) == []


# --- what ---------------------------------------------------------------------------------------


def test_another_matter_of_the_same_citizen_is_not_proposed(again: Complaint) -> None:
    earlier(subject="화장실에 휴지가 없습니다", body="손 닦는 종이가 늘 없습니다.")
    assert found(again) == []


def test_the_most_alike_comes_first(again: Complaint) -> None:
    less = earlier()
    most = earlier(subject=AGAIN["subject"], body=AGAIN["body"])
    assert found(again) == [most, less]


def test_many_earlier_cases_cost_no_more_queries(
    again: Complaint, django_assert_num_queries: Any
) -> None:
    earlier()
    case = Complaint.objects.select_related("topic").get(pk=again.pk)
    with django_assert_num_queries(3):
        assert len(found(case)) == 1
    for _ in range(9):
        earlier()
    with django_assert_num_queries(3):
        proposed = repeats.candidates(case, now=LATER)
        assert [str(one.complaint.topic) for one in proposed]
    assert len(proposed) == 10
