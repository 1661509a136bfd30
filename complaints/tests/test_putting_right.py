"""지적사항과 시정조치: found with the answer, done by one, verified by another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from centre.models import StaffMember
from complaints import queries, services
from complaints.checks import breaches
from complaints.errors import NotAllowed, NotNow, Refused
from complaints.models import Complaint, CorrectiveAction, Finding, State
from complaints.services import Draft
from complaints.tests.conftest import MORNING, seoul
from notices.models import Notice
from notices.services import deliver
from standards.models import Commitment
from standards.services import sweep

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]
PLANNED = Draft(
    decision="accepted",
    answer="잘못을 확인했습니다.",
    action_planned="담당자 회신 절차를 고칩니다",
    action_due_on=date(2026, 9, 22),
)


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def told(case: Complaint, draft: Draft) -> None:
    handler = Complaint.objects.get(pk=case.pk).handler
    assert handler is not None
    services.submit_response(complaint_id=case.pk, draft=draft, by=handler, now=MORNING)
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=approval.approver, now=MORNING)
    deliver(now=MORNING)


@pytest.fixture
def action(file: File) -> CorrectiveAction:
    case = file().complaint
    told(case, PLANNED)
    return CorrectiveAction.objects.select_related("finding__complaint").get()


def promise() -> Commitment:
    return Commitment.objects.get(code="put-right")


@pytest.mark.parametrize(
    ("kind", "decision", "accepted"),
    [
        ("complaint", "accepted", True),
        ("complaint", "partly_accepted", True),
        ("complaint", "declined", False),
        ("suggestion", "adopted", True),
        ("suggestion", "not_adopted", False),
        ("enquiry", "accepted", None),
    ],
)
def test_the_answer_decides_the_finding(
    file: File, kind: str, decision: str, accepted: bool | None
) -> None:
    told(file(kind=kind).complaint, Draft(decision=decision, answer="답변", reason="까닭"))
    found = list(Finding.objects.values_list("accepted", "decided_by__name"))
    assert found == ([] if accepted is None else [(accepted, "백승우")])
    assert CorrectiveAction.objects.exists() == bool(accepted)


def test_done_by_its_owner_and_verified_by_another(action: CorrectiveAction, person: Find) -> None:
    case = action.finding.complaint
    assert (action.owner, action.first_due_on) == (person("nam.gy"), date(2026, 9, 22))
    assert promise().due_at == seoul("2026-09-22 18:00")
    close: dict[str, Any] = {"complaint_id": case.pk, "by": person("nam.gy")}
    with pytest.raises(NotNow, match="증거와 확인이 아직"):
        services.close_case(**close, now=MORNING)
    look: dict[str, Any] = {"action_id": action.pk, "carried_out": True, "note": "봄"}
    with pytest.raises(NotNow, match="증거를 먼저"):
        services.verify_action(**look, by=person("baek.sw"), now=MORNING)
    with pytest.raises(NotAllowed):
        services.finish_action(action_id=action.pk, evidence="x", by=person("song.hn"), now=MORNING)
    with pytest.raises(Refused, match="무엇으로 알 수 있는지"):
        services.finish_action(action_id=action.pk, evidence=" ", by=person("nam.gy"), now=MORNING)
    at = seoul("2026-09-22 17:59")
    services.finish_action(action_id=action.pk, evidence="새 절차서", by=person("nam.gy"), now=at)
    assert Notice.objects.get(template="action-verify").staff == person("baek.sw")
    with pytest.raises(NotAllowed, match="다른 사람"):
        services.verify_action(**look, by=person("nam.gy"), now=at)
    sweep(now=seoul("2026-09-22 18:00"))
    assert promise().state == "missed", "nobody has looked yet"
    assert not Notice.objects.filter(template="action-overdue").exists()
    services.verify_action(**look, by=person("baek.sw"), now=seoul("2026-09-24 10:00"))
    assert (promise().state, promise().fulfilled_at) == ("kept", at)
    services.close_case(**close, now=seoul("2026-09-24 11:00"))
    assert Complaint.objects.get().state == State.CLOSED
    assert list(breaches()) == []


def test_a_later_date_keeps_the_first_one_and_counts_apart(
    action: CorrectiveAction, person: Find
) -> None:
    move: dict[str, Any] = {
        "action_id": action.pk,
        "due_on": date(2026, 9, 30),
        "reason": "부품이 늦음",
    }
    with pytest.raises(NotAllowed):
        services.move_action(**move, by=person("nam.gy"), now=MORNING)
    with pytest.raises(Refused, match="쉬는 날"):
        services.move_action(
            **move | {"due_on": date(2026, 9, 26)}, by=person("baek.sw"), now=MORNING
        )
    services.move_action(**move, by=person("baek.sw"), now=MORNING)
    action.refresh_from_db()
    assert (action.first_due_on, action.due_on) == (date(2026, 9, 22), date(2026, 9, 30))
    services.finish_action(
        action_id=action.pk, evidence="함", by=person("nam.gy"), now=seoul("2026-09-29 10:00")
    )
    services.verify_action(
        action_id=action.pk,
        carried_out=True,
        note="봄",
        by=person("baek.sw"),
        now=seoul("2026-09-29 11:00"),
    )
    assert promise().state == "kept_extended"
    assert promise().first_due_at == seoul("2026-09-22 18:00")


def test_reminded_two_days_ahead_and_told_when_late(action: CorrectiveAction, person: Find) -> None:
    sweep(now=seoul("2026-09-18 09:00"))
    assert Notice.objects.get(template="action-due").staff == person("nam.gy")
    sweep(now=seoul("2026-09-22 18:00"))
    late = Notice.objects.filter(template="action-overdue")
    assert set(late.values_list("staff__name", flat=True)) == {"남가영", "백승우"}


def test_what_the_answer_says_was_done_is_still_verified(file: File, person: Find) -> None:
    case = file().complaint
    told(case, Draft(decision="accepted", answer="답변", action_done="실적을 올림"))
    action = CorrectiveAction.objects.get()
    assert (action.status, action.evidence) == ("done", "실적을 올림")
    services.verify_action(
        action_id=action.pk, carried_out=True, note="화면을 봄", by=person("baek.sw"), now=MORNING
    )
    services.close_case(complaint_id=case.pk, by=person("nam.gy"), now=MORNING)


def test_none_needed_with_a_reason(action: CorrectiveAction, person: Find) -> None:
    with pytest.raises(NotAllowed):
        services.waive_action(action_id=action.pk, reason="x", by=person("nam.gy"), now=MORNING)
    services.waive_action(
        action_id=action.pk, reason="이미 다른 건에서 바로잡음", by=person("baek.sw"), now=MORNING
    )
    assert promise().state == "excluded"
    case = action.finding.complaint
    assert Commitment.objects.get(subject_id=case.pk, code="reply").state == "kept"
    services.close_case(complaint_id=case.pk, by=person("nam.gy"), now=MORNING)


def test_a_second_action_has_a_promise_of_its_own(action: CorrectiveAction, person: Find) -> None:
    services.enter_action(
        complaint_id=action.finding.complaint.pk,
        what="안내문을 고침",
        owner_id=person("baek.sw").pk,
        due_on=date(2026, 9, 30),
        by=person("baek.sw"),
        now=MORNING,
    )
    assert Commitment.objects.filter(code="put-right").count() == 2
