"""What the mails say: the dates in force, and nothing that is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from centre.services import add_closure
from complaints import queries, services
from complaints.errors import Refused
from complaints.services import Draft
from complaints.services.saying import say
from complaints.services.telling import WORK
from complaints.tests.conftest import MORNING, seoul
from complaints.tests.test_services import ANSWER, File, Find, fresh, keys, reply_of
from notices.models import Notice
from notices.services import deliver, do_task, mark_bounced
from records.actors import CITIZEN
from standards.models import Commitment
from standards.services import sweep

MISSED = seoul("2026-09-16 18:00:05")


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def notice(template: str, **more: Any) -> Notice:
    found = Notice.objects.filter(template=template, **more).order_by("pk").last()
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["enquiry", "compliment"])
def test_without_a_first_stage_the_team_has_four_hours(kind: str, file: File) -> None:
    case = file(kind=kind).complaint
    assert "9월 9일(수) 15시" in notice("team-referred", subject_id=case.pk).title


def test_moved_after_confirming_the_new_team_has_four_hours_too(file: File, person: Find) -> None:
    case = file().complaint
    services.confirm_team(complaint_id=case.pk, by=person("nam.gy"), now=MORNING)
    services.reassign(
        complaint_id=case.pk,
        team_id=person("oh.sr").team_id,
        reason="교육에 관한 일입니다",
        by=person("nam.gy"),
        now=seoul("2026-09-11 10:00"),
    )
    assert "9월 11일(금) 15시" in notice("team-referred", subject_id=case.pk).title


def test_a_case_without_a_name_has_no_date(file: File, person: Find) -> None:
    case = file(
        anonymous=True, channel="box", name="", email="", registered_by=person("im.do")
    ).complaint
    assert notice("assigned", subject_id=case.pk).title.endswith("기한 없음")
    assert "기한 까지" not in notice("assigned", subject_id=case.pk).body


# --- dates that moved -----------------------------------------------------------------------------


def test_a_closure_that_moves_the_promise_is_told_to_the_citizen_once(
    file: File, person: Find
) -> None:
    case = file().complaint
    first = reply_of(case).due_at
    add_closure(on=date(2026, 9, 16), reason="태풍", by=CITIZEN, now=seoul("2026-09-10 09:00"))
    for at in ("2026-09-10 09:01", "2026-09-10 09:02"):
        sweep(now=seoul(at))
    assert reply_of(case).due_at > first
    assert len(keys(case, "due-moved-citizen")) == 1
    body = notice("due-moved-citizen").body
    for words in (
        "태풍",
        "9월 16일(수) 18시",
        "9월 17일(목) 18시",
        "되도록 처음 약속한 날까지",
    ):
        assert words in body, body
    sweep(now=seoul("2026-09-17 18:00:05"))
    apology = notice("missed-promise").body
    assert "9월 16일(수) 18시" in apology
    assert "9월 17일(목) 18시" in apology


def test_an_apology_names_one_date_where_there_is_one(file: File) -> None:
    file()
    sweep(now=MISSED)
    assert "그 뒤에 바뀐" not in notice("missed-promise").body


def test_who_is_told_of_the_handler_after_a_miss_reads_the_new_date(
    file: File, person: Find
) -> None:
    case = file().complaint
    sweep(now=MISSED)
    services.confirm_team(complaint_id=case.pk, by=person("nam.gy"), now=seoul("2026-09-17 10:00"))
    body = notice("handler-assigned").body
    assert "9월 21일(월) 18시" in body
    assert "9월 16일" not in body


def test_a_second_date_that_passed_is_not_asked_to_be_met(file: File) -> None:
    case = file().complaint
    sweep(now=MISSED)
    sweep(now=seoul("2026-09-21 18:00:05"))
    sweep(now=seoul("2026-09-22 09:00:05"))
    chase = notice("overdue", key__contains=":20260922")
    assert "도 지났습니다" in chase.body
    assert "꼭 지켜" not in chase.body
    assert Commitment.objects.filter(code="manager-call", subject_id=case.pk).count() == 1


def test_a_new_date_has_its_limits(file: File, person: Find) -> None:
    case = file().complaint
    sweep(now=MISSED)

    def promise(day: str, now: str = "2026-09-17 10:00") -> None:
        services.set_new_promise(
            complaint_id=case.pk,
            reason="자료를 기다립니다",
            due_on=date.fromisoformat(day),
            by=person("baek.sw"),
            now=seoul(now),
        )

    with pytest.raises(Refused) as refusal:
        promise("2026-10-14")
    assert refusal.value.field == "due_on"
    promise("2026-09-28")
    with pytest.raises(Refused):
        promise("2026-10-02", now="2026-09-28 18:10")
    assert fresh(case).new_promises.get().due_at == seoul("2026-09-28 18:00")


# --- what is over is not told ---------------------------------------------------------------------

NIGHT = seoul("2026-09-09 20:00")


def held(case: Any) -> set[str]:
    """The templates of what waits for the opening, for staff."""
    rows = Notice.objects.filter(subject_id=case.pk, audience="staff", status="owed")
    return set(rows.values_list("template", flat=True))


def test_withdrawn_at_night_nobody_is_told_in_the_morning_to_work_on_it(
    file: File, person: Find
) -> None:
    case = file(now=NIGHT).complaint
    assert held(case) >= {"assigned", "team-referred"}
    services.withdraw(complaint_id=case.pk, by=CITIZEN, now=NIGHT)
    assert not held(case) & {"assigned", "team-referred"}


def test_taken_by_another_at_night_the_first_is_not_told(file: File, person: Find) -> None:
    case = file(now=NIGHT).complaint
    services.assign(
        complaint_id=case.pk, handler_id=person("song.hn").pk, by=person("seo.yh"), now=NIGHT
    )
    rows = Notice.objects.filter(subject_id=case.pk, template="assigned", status="owed")
    assert [row.staff for row in rows] == [person("song.hn")]
    mates = Notice.objects.filter(subject_id=case.pk, template="team-referred", status="owed")
    assert {row.staff.team.code for row in mates if row.staff} == {"activity"}


def test_an_approval_decided_or_taken_back_at_night_is_not_asked_for(
    file: File, person: Find
) -> None:
    for decide in (True, False):
        case = file(now=NIGHT, email=f"{decide}@example.com").complaint
        handler = fresh(case).handler
        assert handler is not None
        services.submit_response(complaint_id=case.pk, draft=ANSWER, by=handler, now=NIGHT)
        assert "approval-asked" in held(case)
        if decide:
            approval = queries.open_approval(case)
            assert approval is not None
            services.approve(approval_id=approval.pk, by=approval.approver, now=NIGHT)
        else:
            services.recall(complaint_id=case.pk, by=handler, now=NIGHT)
        assert "approval-asked" not in held(case)


def test_answered_at_night_no_reminder_is_left(file: File, person: Find) -> None:
    case = file(now=seoul("2026-09-09 07:00")).complaint
    handler = fresh(case).handler
    assert handler is not None
    services.submit_response(
        complaint_id=case.pk, draft=ANSWER, by=handler, now=seoul("2026-09-09 07:10")
    )
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=approval.approver, now=seoul("2026-09-09 07:20"))
    deliver(now=seoul("2026-09-09 07:21"))
    assert not held(case) & set(WORK)


def test_once_the_lead_set_a_date_he_is_not_asked_for_one(file: File, person: Find) -> None:
    case = file().complaint
    sweep(now=MISSED)
    assert "lead-new-date" in held(case)
    services.set_new_promise(
        complaint_id=case.pk, reason="자료를 기다립니다", by=person("baek.sw"), now=MISSED
    )
    assert "lead-new-date" not in held(case)


# --- answers --------------------------------------------------------------------------------------


def test_an_adopted_suggestion_says_when(file: File, person: Find) -> None:
    case = file(kind="suggestion").complaint
    draft = Draft(decision="adopted", answer="그렇게 하겠습니다.", action_planned="표지판을 답니다")
    with pytest.raises(Refused) as refusal:
        services.submit_response(
            complaint_id=case.pk, draft=draft, by=person("nam.gy"), now=MORNING
        )
    assert refusal.value.field == "action_due_on"
    dated = replace(draft, action_due_on=date(2026, 10, 1))
    services.submit_response(complaint_id=case.pk, draft=dated, by=person("nam.gy"), now=MORNING)


def test_who_is_thanked_at_once_is_not_also_told_who_handles_it(file: File, person: Find) -> None:
    case = file(kind="compliment", topic_code="service", about_staff="임다온").complaint
    services.pass_on_compliment(
        complaint_id=case.pk, person_ids=[person("im.do").pk], by=person("bae.sj"), now=MORNING
    )
    assert keys(case, "handler-assigned") == []
    assert len(keys(case, "compliment-thanks")) == 1


def test_a_result_that_was_told_also_says_who_handles_it(file: File, person: Find) -> None:
    case = file(email="", phone="010-0000-1002", reply_by="phone").complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=approval.approver, now=MORNING)
    told = seoul("2026-09-09 11:00")
    do_task(notice_id=notice("result").pk, by=person("nam.gy"), now=told)
    assert Commitment.objects.get(key=f"complaint:{case.pk}:stage-1").fulfilled_at == told


def test_a_hand_over_counts_what_the_successor_may_know(file: File, person: Find) -> None:
    cases = [file(email=f"{n}@example.com").complaint for n in range(2)]
    hidden = file(about_staff="송하늘").complaint
    for case in [*cases, hidden]:
        services.assign(
            complaint_id=case.pk, handler_id=person("nam.gy").pk, by=person("seo.yh"), now=MORNING
        )
    count = services.hand_over(
        from_person=person("nam.gy"), to_person=person("song.hn"), by=CITIZEN, now=MORNING
    )
    mail = notice("handover")
    assert count == 2
    assert all(case.receipt_number in mail.body for case in cases)
    assert hidden.receipt_number not in mail.body


# --- by letter, fax and phone ---------------------------------------------------------------------


def test_a_mail_says_that_it_is_one(file: File) -> None:
    file()
    body = notice("receipt").body
    assert "이 메일은 보내기만" in body
    assert "정보관리팀, (054)855-1365 (내선 501)" in body


@pytest.mark.parametrize(
    "values",
    [
        {"reply_by": "post", "address": "경상북도 안동시 어느길 1"},
        {"reply_by": "fax", "fax": "054-000-1234"},
        {"reply_by": "phone", "phone": "010-0000-1002"},
    ],
)
def test_what_is_printed_faxed_or_said_is_no_mail(values: dict[str, str], file: File) -> None:
    file(email="", **values)
    body = notice("receipt").body
    assert "메일" not in body
    assert "이 글에 싣지 않았습니다" in body
    assert "통화 괜찮으십니까" not in body, "what is said is made for whoever says it"


def test_the_result_is_said_as_the_script_has_it(file: File, person: Find) -> None:
    case = file(email="", phone="010-0000-1002", reply_by="phone").complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=approval.approver, now=MORNING)
    opening, *body, ending = say(notice("result"), by=person("im.do")).split("\n\n")
    assert "정보관리팀" not in opening, "the caller's own unit"
    assert opening.startswith("안녕하십니까, 경상북도종합자원봉사센터")
    assert "임다온입니다. 김하람 고객님 되십니까?" in opening
    assert opening.endswith("결과를 알려 드리려고 전화드렸습니다. 지금 통화 괜찮으십니까?")
    assert "확인하여 바로잡았습니다." in body
    assert ending.startswith("설명이 충분하셨는지요?")
    assert "http" not in "".join(body)


def test_a_mail_that_came_back_is_no_mail_on_paper(file: File, person: Find) -> None:
    file(phone="010-0000-1001")
    deliver(now=MORNING)
    mark_bounced(notice_id=notice("receipt").pk, by=person("im.do"), now=NIGHT)
    assert "메일" not in notice("receipt").body
