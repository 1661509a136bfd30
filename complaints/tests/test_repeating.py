"""2차: the same citizen says the same again; results and a letter of apology are due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from centre.models import Absence, StaffMember
from complaints import queries, services
from complaints.checks import breaches
from complaints.errors import ChangedMeanwhile, NotAllowed, NotNow, Refused
from complaints.models import ApologyLetter, Complaint, RepeatProposal, State
from complaints.services import Draft, apologies, repeating
from complaints.tests.conftest import MORNING, put_right, seoul
from notices.models import Notice
from notices.services import deliver, do_task, mark_bounced
from records.models import Event
from standards.models import Commitment
from standards.services import sweep

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]

CITIZEN = {"name": "정만식", "email": "mansik@example.com", "phone": "010-0000-1006"}
FIRST = CITIZEN | {
    "topic_code": "record",
    "subject": "전화를 준다고 하고 사흘째 소식이 없음",
    "body": "담당자 없다고 메모 남긴다더니 연락이 없다. 세 번이나 같은 말을 했다.",
}
AGAIN = CITIZEN | {
    "topic_code": "record",
    "subject": "전화를 준다고 하고 또 소식이 없음",
    "body": "메모를 남긴다더니 이번에도 연락이 없다. 같은 말을 또 했다.",
}
OTHER_WISH = {
    "name": "오갑수",
    "email": "gapsu@example.com",
    "subject": "출퇴근 시간도 봉사 시간에 넣어 주세요",
    "body": "봉사하러 오가는 시간도 봉사다. 왜 빼는지 이해할 수 없다.",
}
ACCEPTED = Draft(
    decision="accepted",
    answer="회신을 드리지 못한 것은 저희 잘못입니다.",
    action_planned="용건 메모를 남기면 대직자가 회신합니다",
    action_due_on=date(2026, 9, 18),
)
DECLINED = Draft(
    decision="declined",
    answer="이동 시간은 봉사 시간에 넣지 않습니다.",
    reason="지침에서 정한 일입니다.",
)
LATER = MORNING + timedelta(days=21)


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def fresh(case: Complaint) -> Complaint:
    return Complaint.objects.get(pk=case.pk)


def answer(case: Complaint, draft: Draft, *, now: datetime) -> None:
    handler = fresh(case).handler
    assert handler is not None
    services.submit_response(complaint_id=case.pk, draft=draft, by=handler, now=now)
    approve_all(case, now=now)
    deliver(now=now)


def approve_all(case: Complaint, *, now: datetime) -> None:
    while (approval := queries.open_approval(case)) is not None:
        services.approve(approval_id=approval.pk, by=approval.approver, now=now)


def letter_told(case: Complaint, *, now: datetime) -> ApologyLetter:
    letter = apologies.open_letter(case)
    assert letter is not None
    handler = fresh(case).handler
    assert handler is not None
    filled = {
        name: text if "[" not in text else "확인하여 고쳤습니다"
        for name, text in letter.parts.items()
    }
    services.save_letter(
        complaint_id=case.pk, variant=letter.variant, parts=filled, by=handler, now=now
    )
    services.submit_letter(complaint_id=case.pk, by=handler, now=now)
    approve_all(case, now=now)
    deliver(now=now)
    letter.refresh_from_db()
    return letter


def stage_two(case: Complaint) -> Commitment:
    found = repeating.stage_two(case)
    assert found is not None
    return found


@pytest.fixture
def first(file: File) -> Complaint:
    case = file(**FIRST).complaint
    answer(case, ACCEPTED, now=MORNING)
    put_right(case, now=MORNING)
    return case


@pytest.fixture
def second(file: File, first: Complaint) -> Complaint:
    return file(now=LATER, **AGAIN).complaint


def proposal(case: Complaint) -> RepeatProposal:
    return RepeatProposal.objects.get(complaint=case)


def test_proposed_to_the_support_team_and_confirmed_with_one_click(
    first: Complaint, second: Complaint, person: Find
) -> None:
    row = proposal(second)
    assert (row.earlier, row.status, row.duplicate) == (first, "proposed", False)
    asked = Notice.objects.filter(template="repeat-proposed")
    assert set(asked.values_list("staff__team__code", flat=True)) == {"support"}
    assert first.receipt_number in asked.first().body  # type: ignore[union-attr]
    assert fresh(second).stage == 1
    with pytest.raises(NotAllowed):
        services.confirm_repeat(proposal_id=row.pk, by=person("nam.gy"), now=LATER)
    services.confirm_repeat(proposal_id=row.pk, by=person("noh.jh"), now=LATER)
    again = fresh(second)
    assert (again.stage, again.previous) == (2, first)
    assert stage_two(second).due_at == seoul("2026-10-06 10:00")  # three days, Oct 3 a Saturday
    told = Notice.objects.filter(template="stage-two").values_list("staff__name", flat=True)
    assert set(told) == {"남가영", "백승우"}
    reopened = Notice.objects.get(template="reopened")
    assert first.receipt_number in reopened.body
    assert "사과의 글을 드리겠습니다" in reopened.body
    letter = apologies.open_letter(second)
    assert letter is not None
    assert letter.variant == "A"
    assert FIRST["subject"] in letter.parts["first_finding"]
    assert letter.parts["first_action"] == ACCEPTED.action_planned


@pytest.mark.parametrize(
    ("confirmed", "due"),
    [
        ("2026-09-23 17:59", "2026-09-30 17:59"),  # the eve of Chuseok: 24, 25, 26 and 27 closed
        ("2026-10-02 09:00", "2026-10-07 18:00"),  # Oct 5 is a substitute holiday
        ("2026-10-07 10:00", "2026-10-13 10:00"),  # Oct 9 is a holiday
        ("2026-10-17 12:00", "2026-10-21 18:00"),  # a Saturday
    ],
)
def test_three_working_days_from_the_confirmation(
    first: Complaint, file: File, person: Find, confirmed: str, due: str
) -> None:
    now = seoul(confirmed)
    case = file(now=now, **AGAIN).complaint
    services.confirm_repeat(proposal_id=proposal(case).pk, by=person("noh.jh"), now=now)
    assert stage_two(case).due_at == seoul(due)


def test_kept_when_results_and_letter_were_told(second: Complaint, person: Find) -> None:
    services.confirm_repeat(proposal_id=proposal(second).pk, by=person("noh.jh"), now=LATER)
    letter = letter_told(second, now=LATER + timedelta(hours=2))
    assert letter.status == "told"
    assert stage_two(second).state == "running", "the results are not told yet"
    answer(second, ACCEPTED, now=LATER + timedelta(hours=4))
    assert stage_two(second).state == "kept"
    handler = fresh(second).handler
    assert handler is not None
    put_right(second, now=LATER + timedelta(hours=5))
    services.close_case(complaint_id=second.pk, by=handler, now=LATER + timedelta(hours=5))
    assert list(breaches()) == []


def test_the_letter_is_numbered_signed_and_sent_with_its_pdf(
    second: Complaint, person: Find
) -> None:
    Absence.objects.create(
        person=person("moon.tk"),
        starts_at=LATER - timedelta(days=1),
        ends_at=LATER + timedelta(days=1),
        reason="trip",
        entered_at=LATER,
    )
    services.confirm_repeat(proposal_id=proposal(second).pk, by=person("noh.jh"), now=LATER)
    letter = letter_told(second, now=LATER)
    assert letter.number == "경북자봉-고객-2026-0001"
    approvals = second.approvals.filter(document="apology_letter").order_by("place")
    signed = [(a.approver.name, bool(a.acting_for)) for a in approvals]
    assert signed == [("백승우", False), ("서윤하", True)], "대결 by the secretary general"
    sent = next(m for m in mail.outbox if "사과와 조치 결과" in m.subject)
    assert "깊이 사과드리며" in sent.body
    name, content, kind = sent.attachments[0]
    assert (name, kind) == ("사과문 경북자봉-고객-2026-0001.pdf", "application/pdf")
    assert content.startswith(b"%PDF")
    html = apologies.document_of(letter, fresh(second)).html()
    assert "代" in html
    assert Event.objects.filter(subject_id=second.pk, kind="letter-told").count() == 1


def test_gaps_and_the_name_of_whom_it_is_about_stop_the_letter(
    file: File, first: Complaint, person: Find
) -> None:
    case = file(now=LATER, **AGAIN | {"about_staff": "송하늘"}).complaint
    services.confirm_repeat(proposal_id=proposal(case).pk, by=person("noh.jh"), now=LATER)
    handler = fresh(case).handler
    assert handler is not None
    with pytest.raises(Refused, match="채우지 않은 곳"):
        services.submit_letter(complaint_id=case.pk, by=handler, now=LATER)
    with pytest.raises(Refused, match="대상 직원의 이름"):
        services.save_letter(
            complaint_id=case.pk,
            variant="A",
            parts={"what_went_wrong": "송하늘 주임이 잊음"},
            by=handler,
            now=LATER,
        )
    letter = apologies.open_letter(case)
    assert letter is not None
    save = {"complaint_id": case.pk, "variant": "A", "parts": {"prevention": "고침"}, "by": handler}
    services.save_letter(**save, now=LATER, version=letter.version)  # type: ignore[arg-type]
    with pytest.raises(ChangedMeanwhile):
        services.save_letter(**save, now=LATER, version=letter.version)  # type: ignore[arg-type]


def test_by_post_the_letter_is_a_task_to_print(file: File, person: Find) -> None:
    paper = {"email": "", "phone": "", "address": "안동시 1", "reply_by": "post"}
    case = file(**FIRST | paper | {"channel": "letter", "registered_by": person("im.do")}).complaint
    services.submit_response(complaint_id=case.pk, draft=DECLINED, by=person("nam.gy"), now=MORNING)
    approve_all(case, now=MORNING)
    do_task(notice_id=Notice.objects.get(template="result").pk, by=person("nam.gy"), now=MORNING)
    filed = services.raise_again(complaint_id=case.pk, text="또 소식이 없습니다.", now=LATER)
    letter_told(filed.complaint, now=LATER)
    task = Notice.objects.get(template="apology-letter")
    assert (task.status, task.channel) == ("task", "post")
    assert task.attachment is not None
    do_task(notice_id=task.pk, by=person("nam.gy"), now=LATER)
    assert filed.complaint.letters.get().status == "told"


def test_a_letter_that_came_back_keeps_nothing(second: Complaint, person: Find) -> None:
    services.confirm_repeat(proposal_id=proposal(second).pk, by=person("noh.jh"), now=LATER)
    letter_told(second, now=LATER)
    answer(second, ACCEPTED, now=LATER)
    assert stage_two(second).state == "kept"
    mark_bounced(
        notice_id=Notice.objects.get(template="apology-letter").pk,
        by=person("im.do"),
        now=LATER + timedelta(hours=1),
    )
    assert stage_two(second).state == "running"
    assert second.letters.get().status == "approved"
    again = Notice.objects.get(template="apology-letter", status="task")
    assert again.attachment is not None
    do_task(notice_id=again.pk, by=person("nam.gy"), now=LATER + timedelta(hours=2))
    assert stage_two(second).state == "kept"


# --- undo ---------------------------------------------------------------------------------------


def test_undone_before_the_letter_and_confirmed_again(second: Complaint, person: Find) -> None:
    row = proposal(second)
    services.confirm_repeat(proposal_id=row.pk, by=person("noh.jh"), now=LATER)
    with pytest.raises(Refused, match="까닭"):
        services.undo_repeat(complaint_id=second.pk, reason="", by=person("noh.jh"), now=LATER)
    services.undo_repeat(complaint_id=second.pk, reason="다른 일임", by=person("noh.jh"), now=LATER)
    again = fresh(second)
    assert (again.stage, again.previous) == (1, None)
    assert repeating.stage_two(second) is None
    assert second.letters.get().status == "dropped"
    assert Notice.objects.get(template="reopened").status == "cancelled"
    services.confirm_repeat(proposal_id=row.pk, by=person("noh.jh"), now=LATER)
    assert stage_two(second).state == "running"
    assert Commitment.objects.filter(subject_id=second.pk, code="stage-2").count() == 2
    assert list(breaches()) == []


def test_after_the_letter_only_a_correction_is_recorded(second: Complaint, person: Find) -> None:
    services.confirm_repeat(proposal_id=proposal(second).pk, by=person("noh.jh"), now=LATER)
    letter_told(second, now=LATER)
    services.undo_repeat(
        complaint_id=second.pk, reason="다른 일이었음", by=person("noh.jh"), now=LATER
    )
    assert second.letters.get().status == "told"
    assert fresh(second).stage == 2
    assert Event.objects.filter(subject_id=second.pk, kind="repeat-corrected").count() == 1
    with pytest.raises(NotNow):
        services.undo_repeat(complaint_id=second.pk, reason="또", by=person("noh.jh"), now=LATER)


def test_what_repeats_a_corrected_case_is_a_second_time_not_a_third(
    second: Complaint, person: Find
) -> None:
    services.confirm_repeat(proposal_id=proposal(second).pk, by=person("noh.jh"), now=LATER)
    letter_told(second, now=LATER)
    answer(second, ACCEPTED, now=LATER)
    services.undo_repeat(
        complaint_id=second.pk, reason="다른 일이었음", by=person("noh.jh"), now=LATER
    )
    later = LATER + timedelta(days=7)
    third = services.raise_again(complaint_id=second.pk, text="또", now=later).complaint
    assert fresh(third).stage == 2
    assert not third.reviews.exists()
    assert list(breaches()) == []


def test_rejected_and_later_confirmed(second: Complaint, person: Find) -> None:
    row = proposal(second)
    services.reject_repeat(proposal_id=row.pk, by=person("noh.jh"), now=LATER)
    with pytest.raises(NotNow):
        services.reject_repeat(proposal_id=row.pk, by=person("noh.jh"), now=LATER)
    services.confirm_repeat(proposal_id=row.pk, by=person("noh.jh"), now=LATER)
    with pytest.raises(NotNow, match="이미"):
        services.confirm_repeat(proposal_id=row.pk, by=person("noh.jh"), now=LATER)


# --- who is the same citizen --------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"name": "정수아", "email": ""},  # a phone that the family shares
        {"name": "다른 단원", "phone": ""},  # a mailbox that a club shares
        {"email": "other@example.com", "phone": "010-9999-0000"},
    ],
)
def test_a_shared_contact_is_not_the_same_citizen(
    file: File, first: Complaint, values: dict[str, str]
) -> None:
    given = AGAIN | values
    way = "email" if given["email"] else "phone"
    case = file(now=LATER, **given | {"reply_by": way}).complaint
    assert not RepeatProposal.objects.filter(complaint=case).exists()


def test_somebody_elses_number_opens_nothing(file: File, first: Complaint) -> None:
    case = file(
        now=LATER,
        name="남의 이름",
        email="thief@example.com",
        previous_receipt_number=first.receipt_number,
    ).complaint
    assert not RepeatProposal.objects.filter(complaint=case).exists()


def test_before_the_answer_it_is_a_duplicate_to_join(file: File, person: Find) -> None:
    one = file(**FIRST).complaint
    two = file(now=MORNING + timedelta(hours=1), **AGAIN).complaint
    row = proposal(two)
    assert row.duplicate
    services.confirm_repeat(proposal_id=row.pk, by=person("noh.jh"), now=MORNING)
    assert (fresh(two).state, fresh(two).merged_into) == (State.MERGED, one)
    assert not Commitment.objects.filter(code="stage-2").exists()


# --- the citizen's own link ---------------------------------------------------------------------


def test_said_again_by_the_citizen_is_confirmed_at_once(first: Complaint) -> None:
    filed = services.raise_again(
        complaint_id=first.pk, text="이번에도 연락이 없습니다.", now=LATER, form_token="7f" * 16
    )
    twice = services.raise_again(
        complaint_id=first.pk, text="이번에도 연락이 없습니다.", now=LATER, form_token="7f" * 16
    )
    assert twice.complaint == filed.complaint
    case = fresh(filed.complaint)
    assert (case.stage, case.previous, case.name) == (2, first, first.name)
    assert not Notice.objects.filter(template="repeat-proposed", status="owed").exists()
    assert proposal(case).status == "confirmed"
    with pytest.raises(NotNow, match="이미 다시"):
        services.raise_again(complaint_id=first.pk, text="또", now=LATER)
    assert Complaint.objects.count() == 2
    assert list(breaches()) == []


def test_before_the_answer_it_is_not_offered_and_after_the_date_it_is(file: File) -> None:
    case = file(**FIRST).complaint
    with pytest.raises(NotNow, match="답변을 드리기 전"):
        services.raise_again(complaint_id=case.pk, text="왜 안 오나요", now=MORNING)
    late = seoul("2026-09-16 18:00")
    assert repeating.may_raise_again(fresh(case), now=late)
    filed = services.raise_again(complaint_id=case.pk, text="왜 안 오나요", now=late)
    assert filed.complaint.letters.get().variant == "B", "nothing was found yet"


# --- 반복 종결 ----------------------------------------------------------------------------------


def test_an_unfounded_repeater_gets_variant_b_and_is_closed_by_a_manager(
    file: File, person: Find
) -> None:
    one = file(**OTHER_WISH).complaint
    answer(one, DECLINED, now=MORNING)
    two = services.raise_again(complaint_id=one.pk, text="왜 빼나요", now=LATER).complaint
    close = {"reason": "새로운 사실이 없음", "by": person("seo.yh")}
    with pytest.raises(NotNow, match="두 번 이상"):
        services.close_repeats(complaint_id=two.pk, now=LATER, **close)  # type: ignore[arg-type]
    letter = letter_told(two, now=LATER)
    assert letter.variant == "B"
    answer(two, DECLINED, now=LATER)
    assert stage_two(two).state == "kept"
    later = LATER + timedelta(days=7)
    three = services.raise_again(
        complaint_id=two.pk, text="그래도 넣어야 합니다", now=later
    ).complaint
    assert fresh(three).stage == 3
    with pytest.raises(NotAllowed):
        services.close_repeats(complaint_id=three.pk, reason="x", by=person("baek.sw"), now=later)
    services.close_repeats(complaint_id=three.pk, now=later, **close)  # type: ignore[arg-type]
    deliver(now=later)
    assert fresh(three).state == State.CLOSED
    closed = next(m for m in mail.outbox if "같은 내용의 의견에" in m.subject)
    assert one.receipt_number in closed.body
    assert "서윤하 사무처장" in closed.body
    assert repeating.stage_two(three) is None
    assert three.letters.get().status == "dropped"
    assert not Complaint.objects.get(pk=three.pk).reviews.exists()
    assert list(breaches()) == []


def test_where_a_finding_was_accepted_nothing_is_closed_as_a_repeat(
    first: Complaint, person: Find
) -> None:
    case = services.raise_again(complaint_id=first.pk, text="또", now=LATER).complaint
    with pytest.raises(NotNow, match="인정한 일"):
        services.close_repeats(complaint_id=case.pk, reason="x", by=person("seo.yh"), now=LATER)


def test_late_is_told_once_a_day_to_those_who_answer_for_it(
    second: Complaint, person: Find
) -> None:
    services.confirm_repeat(proposal_id=proposal(second).pk, by=person("noh.jh"), now=LATER)
    for at in ("2026-10-06 10:00", "2026-10-06 10:05", "2026-10-07 09:00", "2026-10-07 09:05"):
        sweep(now=seoul(at))
    late = Notice.objects.filter(template="stage-two-overdue")
    assert set(late.values_list("staff__name", flat=True)) == {"남가영", "백승우", "서윤하"}
    assert late.count() == 6


def test_what_was_declined_is_looked_at_by_somebody_else(file: File, person: Find) -> None:
    """다른 사람이 처음부터 다시 검토합니다, says the mail of the refusal (korean_texts §7.7)."""
    first = file(**OTHER_WISH).complaint
    answer(first, DECLINED, now=MORNING)
    again = services.raise_again(complaint_id=first.pk, text="그래도 빼면 안 됩니다", now=LATER)
    assert fresh(first).handler == person("nam.gy")
    assert fresh(again.complaint).handler == person("baek.sw")
