"""What the citizen's page says happened, and what its box says of the date."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from centre.services import add_closure
from complaints import queries, services
from complaints.models import Approval, Complaint
from complaints.tests.conftest import seoul
from complaints.tests.test_second_miss import box, log_call
from complaints.tests.test_services import ANSWER, File, Find, fresh
from records.actors import CITIZEN, SYSTEM
from standards.services import sweep

SUBMITTED = "답변을 써서 결재를 올렸습니다"


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def titles(case: Complaint) -> list[str]:
    return [entry.title for entry in queries.timeline(fresh(case))]


def submit(case: Complaint, person: Find, at: str) -> Approval:
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=seoul(at))
    approval = queries.open_approval(case)
    assert approval is not None
    return approval


def test_a_draft_that_was_returned_or_recalled_is_told_once(file: File, person: Find) -> None:
    case = file().complaint
    approval = submit(case, person, "2026-09-10 10:00")
    assert titles(case).count(SUBMITTED) == 1
    services.return_document(
        approval_id=approval.pk,
        comment="날짜를 넣어 주십시오",
        by=approval.approver,
        now=seoul("2026-09-10 11:00"),
    )
    assert SUBMITTED not in titles(case), "being written again"
    submit(case, person, "2026-09-10 11:30")
    services.recall(complaint_id=case.pk, by=person("nam.gy"), now=seoul("2026-09-10 11:40"))
    submit(case, person, "2026-09-10 13:30")
    assert titles(case).count(SUBMITTED) == 1


def test_a_closure_that_moves_the_date_is_told(file: File, person: Find) -> None:
    case = file().complaint
    add_closure(
        on=date(2026, 9, 16),
        reason="임시공휴일",
        by=SYSTEM,
        now=seoul("2026-09-11 10:00"),
    )
    sweep(now=seoul("2026-09-11 10:00:15"))
    moved = [e for e in queries.timeline(fresh(case)) if "바뀌었습니다" in e.title]
    assert len(moved) == 1
    assert moved[0].text.startswith("바뀐 기한: 2026년 9월 17일(목) 18시까지. 까닭:")
    assert "임시공휴일" in moved[0].text


def ask(case: Complaint, person: Find, at: str) -> None:
    services.request_information(
        complaint_id=case.pk, items="언제였습니까?", by=person("nam.gy"), now=seoul(at)
    )


def test_while_the_clock_stands_no_date_is_shown_that_is_not_in_force(
    file: File, person: Find
) -> None:
    case = file().complaint
    ask(case, person, "2026-09-14 10:00")
    for now in ("2026-09-14 10:01", "2026-09-17 10:00"):  # before and after the date it had
        words = box(case, now)
        assert words.startswith("답변 기한이 멈춰 있습니다")
        assert "남은 시간만큼 이어지고, 새 기한을 바로 알려 드립니다" in words
        assert "9월 16일" not in words
        assert "지났습니다" not in words
    services.supplement(
        complaint_id=case.pk, text="그날입니다", by=CITIZEN, now=seoul("2026-09-17 11:00")
    )
    assert box(case, "2026-09-17 11:01").startswith("답변 기한 2026년 9월")


def test_a_second_promise_that_stands_still_is_no_second_miss(file: File, person: Find) -> None:
    case = file().complaint
    sweep(now=seoul("2026-09-16 18:00:05"))
    ask(case, person, "2026-09-21 10:00")
    words = box(case, "2026-09-22 10:00")
    assert words.startswith("약속드린 기한이 지났습니다")
    assert "답변 기한은 멈춰 있습니다" in words
    assert "이번에도" not in words
    assert "9월 21일" not in words


def test_where_no_clock_stands_still_the_box_does_not_say_so(file: File, person: Find) -> None:
    case = file().complaint
    sweep(now=seoul("2026-09-16 18:00:05"))
    sweep(now=seoul("2026-09-21 18:00:05"))
    ask(case, person, "2026-09-22 09:10")
    assert "멈춰 있습니다" not in box(case, "2026-09-22 09:11")
    log_call(case, person("seo.yh"))
    assert "답변 기한은 멈춰 있습니다" in box(case, "2026-09-22 09:31")
