"""What a second pair of eyes looked for: nobody left without a way out, nobody told what is not his."""

from __future__ import annotations

from typing import Any

import pytest

from centre.models import StaffMember
from complaints import queries, services
from complaints.checks import breaches
from complaints.errors import NotNow, Refused
from complaints.models import Approval, Complaint, State
from complaints.services import Draft
from complaints.tests.conftest import MORNING, seoul
from complaints.tests.test_services import (
    ANSWER,
    File,
    Find,
    _absent,
    answer,
    fresh,
    keys,
    reply_of,
    team_of,
)
from notices.models import Notice
from notices.models import Status as NoticeStatus
from notices.services import deliver, do_task, mark_bounced
from records.actors import CITIZEN
from standards.models import Commitment
from standards.services import sweep

NEXT_DAY = seoul("2026-09-10 10:00")


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def told(person: StaffMember) -> set[int]:
    """The cases of which this person was told anything, by mail or as a task."""
    return set(Notice.objects.filter(staff=person).values_list("subject_id", flat=True))


def by_phone(file: File, **values: Any) -> Complaint:
    given = {"email": "", "phone": "010-0000-1002", "reply_by": "phone"} | values
    return file(**given).complaint


def clock(complaint: Complaint, what: str) -> Commitment:
    return Commitment.objects.get(key=f"complaint:{complaint.pk}:{what}")


# --- a complaint about a person never reaches that person -----------------------------------------


@pytest.mark.parametrize("text", ["없음", "없습니다.", "-", "해당 없음", "X", " . "])
def test_nobody_named_is_not_unclear(file: File, person: Find, text: str) -> None:
    case = file(about_staff=text).complaint
    assert not case.about_staff_unclear
    assert fresh(case).handler == person("nam.gy")


@pytest.mark.parametrize("text", ["남 가영 씨가 끊었습니다", "남 가 영 주임이 끊었습니다"])
def test_a_name_written_with_spaces_counts(file: File, person: Find, text: str) -> None:
    case = file(body=text).complaint
    assert queries.kept_out(case) == {person("nam.gy").pk}
    assert fresh(case).handler == person("baek.sw")


def test_a_name_inside_another_word_does_not(file: File) -> None:
    assert not queries.kept_out(
        file(body="이번 방송 하늘 풍경이 나오는 영상이 안 열려요").complaint
    )


def test_a_joined_case_brings_along_whom_it_is_about(file: File, person: Find) -> None:
    first = file().complaint
    assert fresh(first).handler == person("nam.gy")
    second = file(body="남가영 씨가 또 전화를 끊었습니다.").complaint
    services.merge(
        complaint_id=second.pk, into_number=first.receipt_number, by=person("seo.yh"), now=MORNING
    )
    assert queries.kept_out(first) == {person("nam.gy").pk}
    assert fresh(first).handler == person("baek.sw")
    assert not queries.may_read(person("nam.gy").user, first)
    assert list(breaches()) == []


def test_a_joined_case_that_is_unclear_makes_the_first_unclear(file: File, person: Find) -> None:
    first = file().complaint
    second = file(about_staff="안경 쓴 직원").complaint
    services.merge(
        complaint_id=second.pk, into_number=first.receipt_number, by=person("seo.yh"), now=MORNING
    )
    assert fresh(first).about_staff_unclear
    handler = fresh(first).handler
    assert handler is None or handler.user.has_role("lead", "manager")


def test_whoever_has_the_first_case_is_told_that_another_joined_it(
    file: File, person: Find
) -> None:
    first, second = file().complaint, file().complaint
    handler = fresh(first).handler
    assert handler is not None
    before = Notice.objects.filter(subject_id=first.pk, staff=handler).count()
    services.merge(
        complaint_id=second.pk, into_number=first.receipt_number, by=person("seo.yh"), now=MORNING
    )
    assert Notice.objects.filter(subject_id=first.pk, staff=handler).count() == before + 1


def test_a_shared_phone_shows_nobody_the_words_of_another(file: File, person: Find) -> None:
    first = by_phone(file)
    second = by_phone(file, name="김하준", body="저만 아는 이야기입니다")
    with pytest.raises(Refused):
        services.merge(
            complaint_id=second.pk,
            into_number=first.receipt_number,
            by=person("seo.yh"),
            now=MORNING,
        )


def test_a_name_in_the_supplement_counts_before_anybody_is_told(file: File, person: Find) -> None:
    case = file().complaint
    services.request_information(
        complaint_id=case.pk, items="누구였습니까?", by=person("nam.gy"), now=MORNING
    )
    services.supplement(complaint_id=case.pk, text="남가영 씨였어요", by=CITIZEN, now=NEXT_DAY)
    assert fresh(case).handler == person("baek.sw")
    assert not queries.may_read(person("nam.gy").user, case)
    assert not Notice.objects.filter(staff=person("nam.gy"), template="supplement-arrived").exists()


def test_the_successor_does_not_learn_of_a_case_about_himself(file: File, person: Find) -> None:
    case = file(about_staff="송하늘", topic_code="record").complaint
    services.assign(
        complaint_id=case.pk, handler_id=person("nam.gy").pk, by=person("seo.yh"), now=MORNING
    )
    later = file(now=seoul("2026-09-11 10:00"), email="b@example.com").complaint
    services.assign(
        complaint_id=later.pk, handler_id=person("nam.gy").pk, by=person("seo.yh"), now=MORNING
    )
    services.hand_over(
        from_person=person("nam.gy"), to_person=person("song.hn"), by=CITIZEN, now=NEXT_DAY
    )
    assert case.pk not in told(person("song.hn"))
    handover = Notice.objects.get(template="handover")
    assert case.receipt_number not in handover.body
    assert later.receipt_number in handover.body


def test_what_was_to_be_told_to_him_is_not_told_once_it_is_clear(file: File, person: Find) -> None:
    night = seoul("2026-09-08 22:00")
    case = by_phone(file, now=night)
    him = person("nam.gy")
    assert Notice.objects.filter(subject_id=case.pk, staff=him, status="owed").exists()
    assert Notice.objects.filter(subject_id=case.pk, staff=him, status="task").exists()
    services.settle_about_staff(
        complaint_id=case.pk, person_ids=[him.pk], by=person("bae.sj"), now=night
    )
    open_to_him = Notice.objects.filter(subject_id=case.pk, staff=him, status__in=["owed", "task"])
    assert not open_to_him.exists()
    receipt = Notice.objects.get(subject_id=case.pk, template="receipt")
    assert receipt.status == NoticeStatus.TASK
    assert receipt.staff == fresh(case).handler


def test_his_draft_is_taken_from_approval(file: File, person: Find) -> None:
    case = file().complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    services.settle_about_staff(
        complaint_id=case.pk, person_ids=[person("nam.gy").pk], by=person("bae.sj"), now=MORNING
    )
    assert fresh(case).state == State.REVIEWING
    assert queries.open_approval(case) is None
    assert fresh(case).handler == person("baek.sw")
    answer(case, person, now=NEXT_DAY)
    assert fresh(case).state == State.TELLING
    assert list(breaches()) == []


def test_while_it_is_unclear_only_a_lead_gets_the_case(file: File, person: Find) -> None:
    case = file(about_staff="안경 쓴 직원").complaint
    with pytest.raises(Refused) as refusal:
        services.assign(
            complaint_id=case.pk,
            handler_id=person("nam.gy").pk,
            by=person("seo.yh"),
            now=MORNING,
        )
    assert refusal.value.field == "handler"
    services.assign(
        complaint_id=case.pk, handler_id=person("baek.sw").pk, by=person("seo.yh"), now=MORNING
    )
    _absent(person("baek.sw"), "2026-09-09 13:00", "2026-09-11 18:00")
    services.follow_absences(now=seoul("2026-09-09 13:01"))
    handler = fresh(case).handler
    assert handler is None or handler.user.has_role("lead", "manager")
    assert case.pk not in told(person("nam.gy"))


def test_while_it_is_unclear_the_desk_hears_of_it_by_its_lead_only(
    file: File, person: Find
) -> None:
    case = by_phone(file, about_staff="창구에 있던 사람")
    assert case.pk not in told(person("im.do")) | told(person("noh.jh"))
    receipt = Notice.objects.get(subject_id=case.pk, template="receipt")
    assert receipt.staff == person("bae.sj")


def test_reopened_it_does_not_go_back_to_whom_it_is_about(file: File, person: Find) -> None:
    case = file().complaint
    answer(case, person, now=NEXT_DAY)
    deliver(now=NEXT_DAY)
    services.settle_about_staff(
        complaint_id=case.pk, person_ids=[person("nam.gy").pk], by=person("bae.sj"), now=NEXT_DAY
    )
    services.reopen_case(
        complaint_id=case.pk, reason="다시", by=person("seo.yh"), now=seoul("2026-09-11 10:00")
    )
    assert fresh(case).handler == person("baek.sw")
    assert list(breaches()) == []


# --- people who left, teams that are no more ------------------------------------------------------


def _gone(person: StaffMember) -> None:
    person.left_on = seoul("2026-09-20 00:00").date()
    person.save(update_fields=["left_on"])
    person.user.is_active = False
    person.user.save(update_fields=["is_active"])


def test_reopened_after_its_handler_left_somebody_else_takes_it(file: File, person: Find) -> None:
    case = file().complaint
    answer(case, person, now=NEXT_DAY)
    deliver(now=NEXT_DAY)
    _gone(person("nam.gy"))
    services.reopen_case(
        complaint_id=case.pk, reason="다시", by=person("seo.yh"), now=seoul("2026-10-01 10:00")
    )
    assert fresh(case).handler == person("baek.sw")
    assert fresh(case).state == State.REVIEWING


def test_withdrawn_unassigned_and_reopened_it_has_a_handler(file: File, person: Find) -> None:
    for member in StaffMember.objects.all():
        _absent(member, "2026-09-09 09:00", "2026-09-09 18:00")
    case = file().complaint
    services.withdraw(complaint_id=case.pk, by=CITIZEN, now=MORNING)
    services.reopen_case(complaint_id=case.pk, reason="다시", by=person("seo.yh"), now=NEXT_DAY)
    assert fresh(case).handler is not None


def test_a_topic_of_a_team_that_is_no_more_goes_to_the_desk(file: File, person: Find) -> None:
    case = file().complaint
    team = case.topic.team
    StaffMember.objects.filter(team=team).update(left_on=seoul("2026-09-09 00:00").date())
    team.dissolved_on = seoul("2026-09-09 00:00").date()
    team.save(update_fields=["dissolved_on"])
    again = file(email="b@example.com").complaint
    assert team_of(again) == "support"


def test_a_returned_answer_goes_to_whoever_has_the_case_now(file: File, person: Find) -> None:
    case = file().complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    services.hand_over(
        from_person=person("nam.gy"), to_person=person("song.hn"), by=CITIZEN, now=MORNING
    )
    approval = queries.open_approval(case)
    assert approval is not None
    services.return_document(
        approval_id=approval.pk, comment="날짜를 적어 주세요", by=approval.approver, now=MORNING
    )
    returned = Notice.objects.filter(template="approval-returned")
    assert person("song.hn") in {row.staff for row in returned}


def test_approvals_of_one_who_leaves_go_along_the_line_and_are_told(
    file: File, person: Find
) -> None:
    case = file().complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    assert services.hand_over_approvals(
        from_person=person("baek.sw"), to_person=person("nam.gy"), by=CITIZEN, now=MORNING
    )
    approval = queries.open_approval(case)
    assert approval is not None
    assert approval.approver not in {person("baek.sw"), person("nam.gy")}
    assert Notice.objects.filter(
        template="approval-asked", subject_id=case.pk, staff=approval.approver
    ).exists()


def test_tasks_go_with_the_case(file: File, person: Find) -> None:
    case = by_phone(file)
    receipt = Notice.objects.get(subject_id=case.pk, template="receipt")
    assert receipt.staff == person("nam.gy")
    services.reassign(
        complaint_id=case.pk,
        team_id=person("oh.sr").team_id,
        reason="교육에 관한 일입니다",
        by=person("seo.yh"),
        now=MORNING,
    )
    receipt.refresh_from_db()
    assert receipt.status == NoticeStatus.TASK
    assert receipt.staff == fresh(case).handler


# --- no state without a way out -------------------------------------------------------------------


def test_a_compliment_reopened_is_passed_on_and_told_again(file: File, person: Find) -> None:
    case = file(
        kind="compliment", topic_code="service", about_staff="임다온", body="고맙습니다."
    ).complaint

    def praise(now: Any) -> None:
        services.pass_on_compliment(
            complaint_id=case.pk, person_ids=[person("im.do").pk], by=person("bae.sj"), now=now
        )
        deliver(now=now)

    praise(MORNING)
    services.reopen_case(complaint_id=case.pk, reason="또", by=person("seo.yh"), now=NEXT_DAY)
    praise(seoul("2026-09-11 10:00"))
    assert fresh(case).state == State.ANSWERED
    assert len(keys(case, "compliment-thanks")) == 2


def test_an_old_answer_told_late_is_not_taken_for_the_new_one(file: File, person: Find) -> None:
    case = file(phone="010-0000-1001").complaint
    answer(case, person, now=NEXT_DAY)
    deliver(now=NEXT_DAY)
    services.reopen_case(
        complaint_id=case.pk, reason="다시", by=person("seo.yh"), now=seoul("2026-09-11 10:00")
    )
    first = Notice.objects.get(template="result", subject_id=case.pk)
    mark_bounced(notice_id=first.pk, by=person("im.do"), now=seoul("2026-09-11 11:00"))
    answer(case, person, now=seoul("2026-09-11 14:00"))
    task = Notice.objects.get(replaces=first)
    do_task(notice_id=task.pk, by=person("nam.gy"), now=seoul("2026-09-11 14:30"))
    assert fresh(case).state == State.TELLING, "only the first answer was told"
    assert reply_of(case).state == "running"
    deliver(now=seoul("2026-09-11 15:00"))
    assert fresh(case).state == State.ANSWERED


def test_a_result_that_came_back_after_closing_is_owed_again(file: File, person: Find) -> None:
    case = file(kind="enquiry", phone="010-0000-1001").complaint
    services.submit_response(
        complaint_id=case.pk,
        draft=Draft(decision="informed", answer="이렇게 하시면 됩니다."),
        by=person("nam.gy"),
        now=NEXT_DAY,
    )
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=approval.approver, now=NEXT_DAY)
    deliver(now=NEXT_DAY)
    services.close_case(complaint_id=case.pk, by=person("nam.gy"), now=NEXT_DAY)
    result = Notice.objects.get(template="result")
    mark_bounced(notice_id=result.pk, by=person("im.do"), now=seoul("2026-09-11 09:30"))
    again = fresh(case)
    assert (again.state, again.closed_at, again.told_at) == (State.TELLING, None, None)
    assert reply_of(case).state == "running"
    assert list(breaches()) == []


def test_a_late_answer_that_came_back_keeps_the_second_promise_running(
    file: File, person: Find
) -> None:
    case = file().complaint
    sweep(now=seoul("2026-09-16 18:00:05"))
    answer(case, person, now=seoul("2026-09-17 10:00"))
    deliver(now=seoul("2026-09-17 10:00"))
    assert clock(case, "reply-renewed:1").state == "kept"
    result = Notice.objects.get(template="result")
    mark_bounced(notice_id=result.pk, by=person("im.do"), now=seoul("2026-09-18 09:30"))
    assert clock(case, "reply-renewed:1").state == "running"
    sweep(now=seoul("2026-09-21 18:00:05"))
    assert len(keys(case, "missed-promise-again")) == 1


def test_an_extension_nobody_decided_does_not_outlive_the_case(file: File, person: Find) -> None:
    case = file().complaint

    def ask(now: Any, day: str) -> None:
        services.ask_extension(
            complaint_id=case.pk,
            ground=next(iter(_grounds())),
            reason="현장에 가 봐야 합니다",
            new_due_on=seoul(f"{day} 00:00").date(),
            by=person("nam.gy"),
            now=now,
        )

    ask(MORNING, "2026-09-18")
    answer_case = Approval.objects.get(complaint=case)
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    approval = Approval.objects.exclude(pk=answer_case.pk).get(complaint=case)
    services.approve(approval_id=approval.pk, by=approval.approver, now=MORNING)
    deliver(now=MORNING)
    assert queries.open_approval(case) is None
    services.reopen_case(complaint_id=case.pk, reason="다시", by=person("seo.yh"), now=NEXT_DAY)
    ask(seoul("2026-09-11 10:00"), "2026-09-21")
    extension = case.extensions.latest("asked_at")
    approval = queries.open_approval(case)  # type: ignore[assignment]
    services.approve(approval_id=approval.pk, by=approval.approver, now=seoul("2026-09-11 11:00"))
    assert reply_of(case).due_at == extension.new_due_at
    services.withdraw(complaint_id=case.pk, by=CITIZEN, now=seoul("2026-09-11 12:00"))


def test_a_new_round_may_be_extended_once_without_asking(file: File, person: Find) -> None:
    case = file().complaint

    def extend(now: Any, day: str) -> None:
        services.ask_extension(
            complaint_id=case.pk,
            ground=next(iter(_grounds())),
            reason="현장에 가 봐야 합니다",
            new_due_on=seoul(f"{day} 00:00").date(),
            by=person("nam.gy"),
            now=now,
        )
        approval = queries.open_approval(case)
        assert approval is not None
        services.approve(approval_id=approval.pk, by=approval.approver, now=now)

    extend(MORNING, "2026-09-18")
    answer(case, person, now=NEXT_DAY)
    deliver(now=NEXT_DAY)
    services.reopen_case(
        complaint_id=case.pk, reason="다시", by=person("seo.yh"), now=seoul("2026-09-11 10:00")
    )
    with pytest.raises(Refused):
        extend(seoul("2026-09-11 10:30"), "2026-10-30")
    extend(seoul("2026-09-11 11:00"), "2026-09-21")
    assert reply_of(case).due_at == seoul("2026-09-21 18:00")


def _grounds() -> dict[str, str]:
    from complaints import texts  # noqa: PLC0415

    return texts.extension_grounds()


def test_a_wrong_address_is_put_right_and_the_result_goes_there(file: File, person: Find) -> None:
    case = file(email="harm@example.com").complaint
    answer(case, person, now=NEXT_DAY)
    deliver(now=NEXT_DAY)
    result = Notice.objects.get(template="result")
    mark_bounced(notice_id=result.pk, by=person("im.do"), now=seoul("2026-09-11 09:30"))
    assert fresh(case).state == State.TELLING
    services.correct_contact(
        complaint_id=case.pk,
        email="haram@example.com",
        reply_by="email",
        reason="전화로 확인함",
        by=person("nam.gy"),
        now=seoul("2026-09-11 10:00"),
    )
    deliver(now=seoul("2026-09-11 10:00:05"))
    assert fresh(case).state == State.ANSWERED
    assert fresh(case).email == "haram@example.com"
    assert reply_of(case).state == "kept"
    with pytest.raises(Refused):
        services.correct_contact(
            complaint_id=case.pk,
            email="",
            reply_by="email",
            reason="전화로 확인함",
            by=person("nam.gy"),
            now=seoul("2026-09-11 10:00"),
        )


def test_nobody_is_rung_about_a_case_that_was_withdrawn(file: File, person: Find) -> None:
    case = by_phone(file)
    services.request_information(
        complaint_id=case.pk, items="날짜를 알려 주십시오", by=person("nam.gy"), now=MORNING
    )
    services.withdraw(complaint_id=case.pk, by=CITIZEN, now=MORNING)
    left = Notice.objects.filter(subject_id=case.pk, audience="citizen", status="task")
    assert set(left.values_list("template", flat=True)) <= {"receipt", "withdrawn"}


def test_a_draft_before_anybody_has_the_case_does_not_count_as_confirmed(
    file: File, person: Find
) -> None:
    for member in StaffMember.objects.all():
        _absent(member, "2026-09-09 09:00", "2026-09-09 11:00")
    case = file().complaint
    assert fresh(case).handler is None
    later = seoul("2026-09-09 11:30")
    services.save_draft(
        complaint_id=case.pk, draft=Draft(answer="첫 글"), by=person("noh.jh"), now=later
    )
    services.assign(
        complaint_id=case.pk, handler_id=person("noh.jh").pk, by=person("bae.sj"), now=later
    )
    services.confirm_team(complaint_id=case.pk, by=person("noh.jh"), now=later)
    deliver(now=later)
    assert clock(case, "stage-1").state == "kept"


def test_the_desk_confirms_what_it_takes_itself(file: File, person: Find) -> None:
    case = file(topic_code="unsure").complaint
    services.assign(
        complaint_id=case.pk, handler_id=person("im.do").pk, by=person("bae.sj"), now=MORNING
    )
    services.confirm_team(complaint_id=case.pk, by=person("im.do"), now=MORNING)
    assert fresh(case).team_confirmed_at == MORNING


def test_one_case_that_cannot_be_moved_does_not_hold_up_the_others(
    file: File, person: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [file(email=f"a{n}@example.com").complaint for n in range(3)]
    for case in cases:
        services.assign(
            complaint_id=case.pk, handler_id=person("nam.gy").pk, by=person("seo.yh"), now=MORNING
        )
    _absent(person("nam.gy"), "2026-09-09 13:00", "2026-09-11 18:00")
    from complaints.services import handing  # noqa: PLC0415

    whole = handing.follow_absence  # type: ignore[attr-defined]

    def broken(complaint_id: int, **values: Any) -> bool:
        if complaint_id == cases[0].pk:
            raise ValueError("broken")
        return whole(complaint_id, **values)

    monkeypatch.setattr(handing, "follow_absence", broken)
    assert services.follow_absences(now=seoul("2026-09-09 13:01")) == 2


def test_an_approval_that_comes_too_late_owes_nothing(file: File, person: Find) -> None:
    """What two people do in the same moment: withdrawn while the approval was passed on."""
    case = file().complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    approval = queries.open_approval(case)
    assert approval is not None
    services.withdraw(complaint_id=case.pk, by=CITIZEN, now=MORNING)
    Approval.objects.filter(pk=approval.pk).update(decision=Approval.Decision.WAITING)
    with pytest.raises(NotNow):
        services.approve(approval_id=approval.pk, by=approval.approver, now=MORNING)
    assert keys(case, "result") == []


# --- dates that are told --------------------------------------------------------------------------


def test_a_pause_moves_the_new_promise_that_the_citizen_sees(file: File, person: Find) -> None:
    case = file().complaint
    sweep(now=seoul("2026-09-16 18:00:05"))
    services.request_information(
        complaint_id=case.pk,
        items="언제였습니까?",
        by=person("nam.gy"),
        now=seoul("2026-09-17 10:00"),
    )
    services.supplement(
        complaint_id=case.pk, text="그날입니다", by=CITIZEN, now=seoul("2026-09-18 10:00")
    )
    due = clock(case, "reply-renewed:1").due_at
    page = queries.tracking(fresh(case), now=seoul("2026-09-18 10:01"))
    assert page.new_promise is not None
    assert page.new_promise.due_at == due > seoul("2026-09-21 18:00")
    thanks = Notice.objects.get(template="supplement-received")
    assert "9월 23일(수) 18시" in thanks.body, thanks.body
    assert "9월 16일" not in thanks.body


def test_a_new_round_shows_no_promise_of_the_last_one(file: File, person: Find) -> None:
    case = file().complaint
    sweep(now=seoul("2026-09-16 18:00:05"))
    answer(case, person, now=seoul("2026-09-17 10:00"))
    deliver(now=seoul("2026-09-17 10:00"))
    services.reopen_case(
        complaint_id=case.pk, reason="다시", by=person("seo.yh"), now=seoul("2026-09-18 10:00")
    )
    page = queries.tracking(fresh(case), now=seoul("2026-09-18 10:01"))
    assert page.new_promise is None
    with pytest.raises(NotNow):
        services.set_new_promise(
            complaint_id=case.pk,
            reason="늦음",
            by=person("baek.sw"),
            now=seoul("2026-09-18 10:02"),
        )
    sweep(now=seoul("2026-09-28 18:00:05"))
    assert len(keys(case, "missed-promise")) == 2


def test_accepted_in_time_but_not_yet_noted_is_not_missed(
    file: File, person: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker died between the mail server's yes and the note of it on the case."""
    from notices.services import settling  # noqa: PLC0415

    case = file().complaint
    answer(case, person, now=seoul("2026-09-16 17:50"))
    with monkeypatch.context() as patch:
        patch.setattr("notices.services.settling.follow_up", lambda *_args, **_more: False)
        deliver(now=seoul("2026-09-16 17:51"))
    assert fresh(case).state == State.TELLING
    sweep(now=seoul("2026-09-16 18:00:05"))
    assert keys(case, "missed-promise") == []
    assert reply_of(case).state == "kept"
    settling.catch_up(now=seoul("2026-09-16 18:05"))
    assert fresh(case).state == State.ANSWERED
    assert list(breaches()) == []


def test_a_handler_who_is_away_is_not_the_only_one_reminded(file: File, person: Find) -> None:
    case = file().complaint
    services.confirm_team(complaint_id=case.pk, by=person("nam.gy"), now=MORNING)
    _absent(person("nam.gy"), "2026-09-10 09:00", "2026-09-30 18:00")
    sweep(now=seoul("2026-09-14 09:00"))
    reminded = Notice.objects.filter(template="due-two-days").values_list(
        "staff__user__username", flat=True
    )
    assert set(reminded) == {"nam.gy", "baek.sw"}


# --- codes and tokens -----------------------------------------------------------------------------

TOKEN = "0f" * 16


def test_a_form_changed_and_sent_again_loses_nothing(file: File) -> None:
    first = file(form_token=TOKEN)
    other = file(form_token=TOKEN, body="제가 정작 하려던 말은 이것입니다.")
    assert other.created
    assert other.complaint.body == "제가 정작 하려던 말은 이것입니다."
    again = file(form_token=TOKEN, body="제가 정작 하려던 말은 이것입니다.")
    assert (again.created, again.complaint.pk) == (False, other.complaint.pk)
    assert again.access_code == other.access_code != first.access_code


def test_the_token_of_a_stranger_opens_nothing(file: File) -> None:
    mine = file(form_token=TOKEN)
    his = file(form_token=TOKEN, name="박모름", email="thief@example.com", subject="가", body="나")
    assert his.complaint.pk != mine.complaint.pk
    assert his.access_code != mine.access_code


def test_nobody_is_flooded_with_new_codes(file: File) -> None:
    filed = file()
    case = filed.complaint
    for n in range(12):
        services.reissue_code(
            receipt_number=case.receipt_number,
            contact="haram@example.com",
            address=f"127.0.3.{n}",
            now=MORNING,
        )
    assert len(keys(case, "code-reissued")) <= 3


def test_a_bounced_receipt_goes_another_way_without_a_code_that_is_gone(
    file: File, person: Find
) -> None:
    filed = file(phone="010-0000-1001")
    deliver(now=MORNING)
    receipt = Notice.objects.get(template="receipt")
    mark_bounced(notice_id=receipt.pk, by=person("im.do"), now=NEXT_DAY)
    again = Notice.objects.get(replaces=receipt)
    assert (again.channel, again.status) == ("phone", NoticeStatus.TASK)
    assert filed.access_code is not None
    assert filed.access_code not in again.body
    assert reply_of(filed.complaint).state == "running"
    mark_bounced(notice_id=receipt.pk, by=person("im.do"), now=NEXT_DAY)
    assert Notice.objects.filter(replaces=receipt).count() == 1


def test_a_bounced_apology_is_said_by_phone(file: File, person: Find) -> None:
    case = file(phone="010-0000-1001").complaint
    late = seoul("2026-09-16 18:00:05")
    sweep(now=late)
    deliver(now=late)
    apology = Notice.objects.get(template="missed-promise")
    mark_bounced(notice_id=apology.pk, by=person("im.do"), now=seoul("2026-09-17 09:30"))
    again = Notice.objects.get(replaces=apology)
    assert (again.channel, again.status) == ("phone", NoticeStatus.TASK)
    assert reply_of(case).state == "missed"


def test_an_approval_line_of_two_steps_carries_the_reason_along(file: File, person: Find) -> None:
    from centre.models import ApprovalStep, Position  # noqa: PLC0415

    ApprovalStep.objects.create(document="extension", place=3, position=Position.SECRETARY_GENERAL)
    case = file().complaint
    services.ask_extension(
        complaint_id=case.pk,
        ground=next(iter(_grounds())),
        reason="현장에 가 봐야 합니다",
        new_due_on=seoul("2026-09-18 00:00").date(),
        by=person("nam.gy"),
        now=MORNING,
    )
    for who in ("baek.sw", "seo.yh"):
        approval = queries.open_approval(case)
        assert approval is not None
        assert approval.approver == person(who)
        asked = Notice.objects.get(template="extension-asked", staff=person(who))
        assert "현장에 가 봐야 합니다" in asked.body
        services.approve(approval_id=approval.pk, by=person(who), now=MORNING)
    assert reply_of(case).due_at == seoul("2026-09-18 18:00")


def test_the_supplement_that_named_him_leaves_no_breach(file: File, person: Find) -> None:
    case = file().complaint
    services.request_information(
        complaint_id=case.pk, items="누구였습니까?", by=person("nam.gy"), now=MORNING
    )
    deliver(now=MORNING)
    services.supplement(complaint_id=case.pk, text="남가영 씨였어요", by=CITIZEN, now=NEXT_DAY)
    assert list(breaches()) == []
