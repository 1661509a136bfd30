"""A case stays open while its stage lacks evidence: one test for each gap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from centre.models import StaffMember
from complaints import services
from complaints.errors import NotNow
from complaints.models import Complaint, CorrectiveAction, Review, State
from complaints.services import reviewing
from complaints.tests.conftest import MORNING, put_right
from complaints.tests.staff import act, browser_of, words_of
from complaints.tests.test_repeating import ACCEPTED, FIRST, LATER, answer, fresh, letter_told

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def first(file: File) -> Complaint:
    case = file(**FIRST).complaint
    answer(case, ACCEPTED, now=MORNING)
    return case


def close(case: Complaint, person: Find) -> Complaint:
    return services.close_case(complaint_id=case.pk, by=person("baek.sw"), now=LATER)


def test_first_stage_without_evidence_or_verification(first: Complaint, person: Find) -> None:
    with pytest.raises(NotNow, match="증거와 확인이 아직 없습니다"):
        close(first, person)
    action = CorrectiveAction.objects.get()
    services.finish_action(action_id=action.pk, evidence="공지", by=action.owner, now=LATER)
    with pytest.raises(NotNow, match="증거와 확인이 아직 없습니다"):
        close(first, person)
    services.verify_action(
        action_id=action.pk, carried_out=False, note="그대로", by=person("seo.yh"), now=LATER
    )
    with pytest.raises(NotNow, match="증거와 확인이 아직 없습니다"):
        close(first, person)
    put_right(first, now=LATER)
    assert close(first, person).state == State.CLOSED


def test_the_page_says_what_is_missing(first: Complaint) -> None:
    refused = act(browser_of("baek.sw"), first, "close_case")
    assert refused.status_code == 422
    assert "시정조치 ‘용건 메모를 남기면 대직자가 회신합니다’의 증거와 확인이" in words_of(refused)


def test_second_stage_without_its_letter(first: Complaint, person: Find) -> None:
    put_right(first, now=MORNING)
    two = services.raise_again(complaint_id=first.pk, text="또", now=LATER).complaint
    answer(two, ACCEPTED, now=LATER)
    put_right(two, now=LATER)
    with pytest.raises(NotNow, match="사과문이 아직"):
        close(two, person)
    letter_told(two, now=LATER)
    assert close(two, person).state == State.CLOSED


def test_third_stage_before_its_review_is_decided(first: Complaint, person: Find) -> None:
    put_right(first, now=MORNING)
    two = services.raise_again(complaint_id=first.pk, text="또", now=LATER).complaint
    letter_told(two, now=LATER)
    answer(two, ACCEPTED, now=LATER)
    put_right(two, now=LATER)
    later = LATER + timedelta(days=7)
    three = services.raise_again(complaint_id=two.pk, text="세 번째", now=later).complaint
    letter_told(three, now=later)
    answer(three, ACCEPTED, now=later)
    put_right(fresh(three), now=later)
    with pytest.raises(NotNow, match="3차 조치가 아직"):
        close(three, person)
    reviewing.drop_review(
        review_id=Review.objects.get().pk, reason="약속을 지킴", by=person("seo.yh"), now=later
    )
    assert close(three, person).state == State.CLOSED
