"""The verbs of a case, from filing to the end, with the people, mails and clocks they move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.template.loader import render_to_string

from centre.models import Absence, StaffMember
from centre.services import leave
from complaints import queries, services
from complaints.checks import breaches
from complaints.errors import ChangedMeanwhile, NotAllowed, NotFound, NotNow, Refused, TooMany
from complaints.models import AboutStaff, Approval, Complaint, Response, State
from complaints.services import Draft
from complaints.tests.conftest import MORNING, put_right, seoul
from notices.models import Notice
from notices.models import Status as NoticeStatus
from notices.services import deliver, do_task, log_attempt, mark_bounced
from records.actors import SYSTEM
from records.models import Event
from standards.models import Commitment, Observation
from standards.services import sweep

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]

ANSWER = Draft(decision="accepted", answer="확인하여 바로잡았습니다.", action_done="실적을 올림")


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def fresh(complaint: Complaint) -> Complaint:
    return Complaint.objects.get(pk=complaint.pk)


def reply_of(complaint: Complaint) -> Commitment:
    found = queries.reply_commitment(fresh(complaint))
    assert found is not None
    return found


def team_of(complaint: Complaint) -> str:
    team = fresh(complaint).team
    assert team is not None
    return team.code


def about(instant: datetime | None, text: str) -> bool:
    """A pass of delivery takes a moment; what it delivers is dated when the server took it."""
    return instant is not None and seoul(text) <= instant < seoul(text) + timedelta(seconds=20)


def sent(*, to: str, containing: str = "") -> list[Any]:
    return [m for m in mail.outbox if to in m.to[0] and containing in m.subject]


def keys(complaint: Complaint, template: str) -> list[str]:
    rows = Notice.objects.filter(subject_id=complaint.pk, template=template)
    return list(rows.values_list("key", flat=True))


def answer(complaint: Complaint, person: Find, *, now: datetime) -> Response:
    handler = fresh(complaint).handler
    assert handler is not None
    services.submit_response(complaint_id=complaint.pk, draft=ANSWER, by=handler, now=now)
    approval = queries.open_approval(complaint)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=approval.approver, now=now)
    return complaint.responses.latest("number")


# --- the whole way ------------------------------------------------------------------------------


def test_an_opinion_is_filed_assigned_answered_approved_and_told(file: File, person: Find) -> None:
    filed = file()
    case = filed.complaint
    assert case.receipt_number.startswith("2026-000001-")
    assert case.state == State.ASSIGNED
    assert case.handler == person("nam.gy")
    assert reply_of(case).due_at == seoul("2026-09-16 18:00")

    deliver(now=MORNING)
    receipt = sent(to="haram@example.com", containing="접수되었습니다")
    assert len(receipt) == 1
    assert filed.access_code is not None
    assert filed.access_code in receipt[0].body
    assert case.body not in receipt[0].body
    assert sent(to="nam.gy@example.org", containing="[배정]")

    later = seoul("2026-09-09 11:00")
    services.confirm_team(complaint_id=case.pk, by=person("nam.gy"), now=later)
    deliver(now=later)
    assert sent(to="haram@example.com", containing="담당자를 알려 드립니다")
    assert Commitment.objects.get(key=f"complaint:{case.pk}:stage-1").state == "kept"

    done = seoul("2026-09-10 14:00")
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=done)
    approval = queries.open_approval(case)
    assert approval is not None
    assert approval.approver == person("baek.sw")
    services.approve(approval_id=approval.pk, by=person("baek.sw"), now=done)
    assert fresh(case).state == State.TELLING
    assert reply_of(case).state == "running", "an answer that nobody received keeps nothing"

    deliver(now=done)
    result = sent(to="haram@example.com", containing="처리 결과를")
    assert len(result) == 1
    assert ANSWER.answer in result[0].body
    assert fresh(case).state == State.ANSWERED
    assert reply_of(case).state == "kept"
    put_right(case, now=done)
    services.close_case(complaint_id=case.pk, by=person("nam.gy"), now=done)
    assert fresh(case).state == State.CLOSED
    assert list(breaches()) == []


def test_the_same_form_filed_twice_is_one_case_with_the_same_code(file: File) -> None:
    first = file(form_token="0f" * 16)
    second = file(form_token="0f" * 16)
    assert (first.created, second.created) == (True, False)
    assert first.complaint.pk == second.complaint.pk
    assert first.access_code == second.access_code
    assert Complaint.objects.count() == 1
    assert len(keys(first.complaint, "receipt")) == 1


def test_number_and_code_open_the_case_and_everything_else_gives_one_answer(file: File) -> None:
    mine, other = file(), file(email="other@example.com")
    typed = f" {mine.access_code[:5].lower()}-{mine.access_code[5:]} "  # type: ignore[index]
    opened = services.open_case(
        receipt_number=mine.complaint.receipt_number.replace("-", " ").lower(),
        access_code=typed,
        address="127.0.0.1",
        now=MORNING,
    )
    assert opened == mine.complaint
    refusals = set()
    for number, code in [
        ("2026-999999-X", mine.access_code),
        ("", ""),
        (mine.complaint.receipt_number, "2222222222"),
        (mine.complaint.receipt_number, other.access_code),
        ("한글로 쓴 번호", "가나다"),
    ]:
        with pytest.raises(NotFound) as refusal:
            services.open_case(
                receipt_number=number, access_code=str(code), address="127.0.0.1", now=MORNING
            )
        refusals.add(str(refusal.value))
    assert len(refusals) == 1


def test_guesses_are_limited_per_number_and_per_address(file: File) -> None:
    case = file().complaint
    for n in range(10):
        with pytest.raises(NotFound):
            services.open_case(
                receipt_number=case.receipt_number,
                access_code="2222222222",
                address=f"127.0.1.{n}",
                now=MORNING,
            )
    with pytest.raises(TooMany) as refusal:
        services.open_case(
            receipt_number=case.receipt_number,
            access_code="2222222222",
            address="127.0.2.1",
            now=MORNING,
        )
    assert refusal.value.minutes == 60
    for n in range(20):
        with pytest.raises(NotFound):
            services.open_case(
                receipt_number=f"2026-{n:06d}-0", access_code="x", address="127.9.9.9", now=MORNING
            )
    with pytest.raises(TooMany):
        services.open_case(receipt_number="", access_code="x", address="127.9.9.9", now=MORNING)


def test_a_lost_code_goes_to_the_registered_contact_only(file: File) -> None:
    filed = file()
    case = filed.complaint
    for contact in ("thief@example.com", "", "010-9999-9999"):
        services.reissue_code(
            receipt_number=case.receipt_number, contact=contact, address="127.0.0.1", now=MORNING
        )
    assert keys(case, "code-reissued") == []
    services.reissue_code(
        receipt_number=case.receipt_number,
        contact=" HARAM@example.com",
        address="127.0.0.1",
        now=MORNING,
    )
    deliver(now=MORNING)
    assert len(sent(to="haram@example.com", containing="확인번호")) == 1
    with pytest.raises(NotFound):
        services.open_case(
            receipt_number=case.receipt_number,
            access_code=filed.access_code or "",
            address="127.0.0.1",
            now=MORNING,
        )


# --- refusals at the door -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"subject": "  "}, "subject"),
        ({"body": "제 번호는 900101-1234567 입니다"}, "body"),
        ({"subject": "9001011234567"}, "subject"),
        ({"body": "가" * 20_001}, "body"),
        ({"topic_code": "nothing"}, "topic"),
        ({"kind": "anger"}, "kind"),
        ({"name": ""}, "name"),
        ({"email": ""}, "email"),
        ({"reply_by": "phone"}, "phone"),
        ({"reply_by": "post"}, "address"),
        ({"reply_by": "pigeon"}, "reply_by"),
        ({"phone": "12"}, "phone"),
        ({"channel": "transfer"}, "external_number"),
        ({"channel": "phone", "received_at": seoul("2026-09-10 10:00")}, "received_at"),
        ({"external_due_at": seoul("2026-09-09 10:00")}, "external_due_at"),
        ({"external_due_at": datetime(2026, 9, 12, 9)}, "external_due_at"),  # noqa: DTZ001
        ({"channel": "phone", "received_at": datetime(2026, 9, 9, 9)}, "received_at"),  # noqa: DTZ001
        ({"anonymous": True}, "name"),
        ({"about_staff": "주민번호 900101-1234567"}, "about_staff"),
    ],
)
def test_what_is_refused_names_its_field_and_leaves_nothing(
    file: File, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        file(**values)
    assert refusal.value.field == field
    assert not Complaint.objects.exists()
    assert not Notice.objects.exists()


def test_an_address_files_thirty_times_an_hour(file: File) -> None:
    from complaints.filing import Filing  # noqa: PLC0415
    from records.actors import CITIZEN  # noqa: PLC0415

    filing = Filing(
        kind="enquiry",
        topic_code="unsure",
        subject="가",
        body="나",
        name="다",
        email="a@example.com",
    )
    for _ in range(30):
        services.file_complaint(filing=filing, by=CITIZEN, now=MORNING, address="127.0.0.9")
    with pytest.raises(TooMany):
        services.file_complaint(filing=filing, by=CITIZEN, now=MORNING, address="127.0.0.9")
    services.file_complaint(filing=filing, by=CITIZEN, now=MORNING, address="127.0.0.10")


# --- channels -----------------------------------------------------------------------------------


def test_a_letter_counts_from_the_day_it_arrived(file: File, person: Find) -> None:
    case = file(
        now=seoul("2026-09-11 16:00"),
        channel="post",
        email="",
        address="경북 해솔군 물길로 1",
        reply_by="post",
        received_at=seoul("2026-09-09 10:00"),
        registered_by=person("im.do"),
    ).complaint
    assert reply_of(case).due_at == seoul("2026-09-16 18:00")
    assert Commitment.objects.get(key=f"complaint:{case.pk}:every-opinion").state == "missed"
    receipt = Notice.objects.get(template="receipt")
    assert receipt.channel == "post"
    assert receipt.status == NoticeStatus.TASK


def test_of_two_dates_the_earlier_wins_when_another_body_hands_a_matter_over(file: File) -> None:
    case = file(
        channel="transfer",
        external_body="경상북도청",
        external_number="2026-도청-0077",
        external_received_at=seoul("2026-09-07 09:00"),
        external_due_at=seoul("2026-09-11 18:00"),
    ).complaint
    assert reply_of(case).due_at == seoul("2026-09-11 18:00")
    again = file(
        channel="transfer",
        external_body="경상북도청",
        external_number="2026-도청-0078",
        external_received_at=seoul("2026-09-07 09:00"),
    ).complaint
    assert reply_of(again).due_at == seoul("2026-09-14 18:00")


def test_without_a_name_there_is_no_clock_for_the_reply(file: File, person: Find) -> None:
    case = file(
        channel="box",
        anonymous=True,
        name="",
        email="",
        topic_code="facility",
        registered_by=person("im.do"),
    ).complaint
    assert queries.reply_commitment(case) is None
    assert keys(case, "receipt") == []
    answer(case, person, now=seoul("2026-09-10 10:00"))
    assert fresh(case).state == State.ANSWERED
    assert list(breaches()) == []


def test_told_on_the_spot_owes_no_receipt(file: File, person: Find) -> None:
    case = file(
        channel="phone",
        email="",
        phone="010-0000-1002",
        reply_by="phone",
        told_on_the_spot=True,
        registered_by=person("im.do"),
    ).complaint
    assert keys(case, "receipt") == []
    assert case.phone == "01000001002"


def test_a_citizen_without_mail_is_told_by_a_person(file: File, person: Find) -> None:
    case = file(
        channel="phone",
        email="",
        phone="010-0000-1002",
        reply_by="phone",
        told_on_the_spot=True,
        registered_by=person("im.do"),
    ).complaint
    answer(case, person, now=seoul("2026-09-10 10:00"))
    task = Notice.objects.get(template="result")
    assert task.status == NoticeStatus.TASK
    assert reply_of(case).state == "running"
    log_attempt(
        notice_id=task.pk, by=person("nam.gy"), outcome="no_answer", now=seoul("2026-09-10 11:00")
    )
    assert reply_of(case).state == "running"
    log_attempt(
        notice_id=task.pk, by=person("nam.gy"), outcome="reached", now=seoul("2026-09-11 11:00")
    )
    assert reply_of(case).fulfilled_at == seoul("2026-09-11 11:00")
    assert fresh(case).state == State.ANSWERED


# --- whom it is about ---------------------------------------------------------------------------


def test_a_complaint_about_a_person_never_reaches_that_person(file: File, person: Find) -> None:
    case = file(about_staff="남가영 주임", email="m@example.com").complaint
    handler = fresh(case).handler
    assert handler == person("baek.sw")
    assert not Notice.objects.filter(subject_id=case.pk, staff=person("nam.gy")).exists()
    assert not queries.may_read(person("nam.gy").user, case)
    assert queries.may_read(person("baek.sw").user, case)
    with pytest.raises(Refused):
        services.assign(
            complaint_id=case.pk,
            handler_id=person("nam.gy").pk,
            by=person("seo.yh"),
            now=MORNING,
        )
    with pytest.raises(NotAllowed):
        services.take(complaint_id=case.pk, by=person("nam.gy"), now=MORNING)


def test_a_name_in_the_text_of_a_complaint_counts_too(file: File, person: Find) -> None:
    case = file(body="송하늘 씨가 전화를 끊었습니다.", topic_code="service").complaint
    assert AboutStaff.objects.get(complaint=case).person == person("song.hn")
    assert fresh(case).handler == person("bae.sj"), "service is always the support lead's"


def test_if_it_is_about_the_lead_the_next_above_takes_it(file: File, person: Find) -> None:
    case = file(about_staff="배수정 팀장", topic_code="service").complaint
    assert fresh(case).handler == person("seo.yh")
    assert not queries.may_read(person("bae.sj").user, case)
    services.submit_response(
        complaint_id=case.pk, draft=ANSWER, by=person("seo.yh"), now=seoul("2026-09-10 10:00")
    )
    approval = queries.open_approval(case)
    assert approval is not None
    assert approval.approver == person("moon.tk")


def test_unclear_whom_it_is_about_only_leads_and_managers_see_it(file: File, person: Find) -> None:
    case = file(about_staff="안경 쓴 직원").complaint
    assert case.about_staff_unclear
    assert fresh(case).handler is None
    assert not queries.may_read(person("nam.gy").user, case)
    assert not queries.may_read(person("noh.jh").user, case)
    assert queries.may_read(person("bae.sj").user, case)
    services.settle_about_staff(
        complaint_id=case.pk, person_ids=[person("baek.sw").pk], by=person("bae.sj"), now=MORNING
    )
    assert not fresh(case).about_staff_unclear
    assert fresh(case).handler == person("seo.yh"), "about the lead: the next above"


def test_a_compliment_reaches_the_person_praised(file: File, person: Find) -> None:
    case = file(
        kind="compliment", topic_code="service", about_staff="임다온", body="끝까지 챙겨 주셨어요."
    ).complaint
    services.pass_on_compliment(
        complaint_id=case.pk,
        person_ids=[person("im.do").pk],
        by=fresh(case).handler or person("bae.sj"),
        now=MORNING,
    )
    deliver(now=MORNING)
    assert sent(to="im.do@example.org")
    assert sent(to="haram@example.com", containing="따뜻한 말씀")
    assert fresh(case).state == State.ANSWERED
    assert reply_of(case).state == "kept"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["im.do"], "임다온 주임 님과 팀장에게 그대로"),
        (["baek.sw"], "백승우 팀장 님에게 그대로"),
    ],
)
def test_praise_at_night_is_told_in_the_morning_to_both(
    names: list[str], said: str, file: File, person: Find
) -> None:
    night, opening = seoul("2026-09-09 23:50"), seoul("2026-09-10 09:00")
    case = file(kind="compliment", topic_code="service", body="끝까지 챙겨 주셨어요.").complaint
    deliver(now=MORNING)
    services.pass_on_compliment(
        complaint_id=case.pk,
        person_ids=[person(name).pk for name in names],
        by=fresh(case).handler or person("bae.sj"),
        now=night,
    )
    deliver(now=night)
    assert not sent(to="haram@example.com", containing="따뜻한 말씀")
    assert not sent(to=f"{names[0]}@example.org", containing="[칭찬]")
    deliver(now=opening)
    assert said in sent(to="haram@example.com", containing="따뜻한 말씀")[0].body
    assert sent(to=f"{names[0]}@example.org", containing="칭찬")
    assert fresh(case).state == State.ANSWERED
    assert reply_of(case).state == "kept"


# --- assignment ---------------------------------------------------------------------------------


def _absent(person: StaffMember, start: str, end: str) -> None:
    Absence.objects.create(
        person=person,
        starts_at=seoul(start),
        ends_at=seoul(end),
        reason="trip",
        entered_at=seoul(start),
    )


def test_the_least_loaded_present_expert_takes_it(file: File, person: Find) -> None:
    first = file().complaint
    second = file(email="b@example.com").complaint
    assert fresh(first).handler == person("nam.gy")
    assert fresh(second).handler == person("baek.sw")
    _absent(person("baek.sw"), "2026-09-09 09:00", "2026-09-09 18:00")
    assert file(email="c@example.com").complaint.handler == person("nam.gy")


def test_who_is_about_to_leave_is_given_nothing_more(file: File, person: Find) -> None:
    """Leaving is refused while anything is open, so nothing may come after the day was entered."""
    leaver, lead = person("nam.gy"), person("baek.sw")
    leave(person_id=leaver.pk, on=date(2026, 9, 25), by=SYSTEM, now=MORNING)
    cases = [file(email=f"{n}@example.com").complaint for n in range(3)]
    assert {fresh(case).handler for case in cases} == {lead}
    with pytest.raises(Refused, match="9월 25일"):
        services.assign(
            complaint_id=cases[0].pk, handler_id=leaver.pk, by=person("bae.sj"), now=MORNING
        )
    StaffMember.objects.filter(pk=lead.pk).update(left_on=date(2026, 9, 9))
    assert any("나간 직원이 담당자" in line for line in breaches(now=MORNING))


def test_promise_one_counts_who_had_the_case_first_and_once(file: File, person: Find) -> None:
    case = file().complaint
    services.reassign(
        complaint_id=case.pk,
        team_id=person("oh.sr").team_id,
        reason="교육 이야기입니다.",
        by=person("baek.sw"),
        now=MORNING,
    )
    assert Observation.objects.filter(standard__code="expert-assigned").count() == 1


def test_everybody_absent_is_told_loudly_to_the_desk(file: File, person: Find) -> None:
    for member in StaffMember.objects.all():
        _absent(member, "2026-09-09 09:00", "2026-09-09 18:00")
    case = file().complaint
    assert fresh(case).handler is None
    assert team_of(case) == "support"
    assert Notice.objects.filter(template="voc-unassigned", subject_id=case.pk).exists()


def test_reassignment_needs_a_reason_and_keeps_the_clock(file: File, person: Find) -> None:
    case = file().complaint
    before = reply_of(case).due_at
    with pytest.raises(Refused):
        services.reassign(
            complaint_id=case.pk,
            team_id=person("oh.sr").team_id,
            reason=" ",
            by=person("baek.sw"),
            now=MORNING,
        )
    services.reassign(
        complaint_id=case.pk,
        team_id=person("oh.sr").team_id,
        reason="교육 과정에 관한 일입니다",
        by=person("baek.sw"),
        now=MORNING,
    )
    moved = fresh(case)
    assert team_of(moved) == "education"
    assert moved.handler is not None
    assert reply_of(case).due_at == before
    assert Commitment.objects.get(key=f"complaint:{case.pk}:reply").team == moved.team
    assert not queries.may_read(person("nam.gy").user, moved)


def test_cases_and_approvals_follow_an_absence(file: File, person: Find) -> None:
    case = file().complaint
    other = file(email="b@example.com").complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    _absent(person("baek.sw"), "2026-09-09 13:00", "2026-09-11 18:00")
    after = seoul("2026-09-09 13:01")
    assert services.follow_absences(now=after) == 2
    assert services.follow_absences(now=after) == 0
    approval = queries.open_approval(case)
    assert approval is not None
    assert approval.approver == person("noh.jh"), "the drafter is the first deputy: passed over"
    assert approval.acting_for == person("baek.sw")
    assert fresh(other).handler == person("nam.gy")


# --- the answer ---------------------------------------------------------------------------------


def test_nobody_approves_his_own_answer(file: File, person: Find) -> None:
    case = file().complaint
    services.assign(
        complaint_id=case.pk, handler_id=person("baek.sw").pk, by=person("seo.yh"), now=MORNING
    )
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("baek.sw"), now=MORNING)
    approval = queries.open_approval(case)
    assert approval is not None
    assert approval.approver == person("seo.yh")
    with pytest.raises(NotAllowed):
        services.approve(approval_id=approval.pk, by=person("baek.sw"), now=MORNING)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(answer="답"), "decision"),
        (Draft(decision="accepted"), "answer"),
        (Draft(decision="declined", answer="답"), "reason"),
        (Draft(decision="adopted", answer="답"), "decision"),
        (Draft(decision="accepted", answer="[날짜]에 고쳤습니다"), "answer"),
        (Draft(decision="accepted", answer="900101-1234567"), "answer"),
    ],
)
def test_an_unfinished_answer_does_not_go_to_approval(
    file: File, person: Find, draft: Draft, field: str
) -> None:
    case = file().complaint
    with pytest.raises(Refused) as refusal:
        services.submit_response(
            complaint_id=case.pk, draft=draft, by=person("nam.gy"), now=MORNING
        )
    assert refusal.value.field == field
    assert fresh(case).state == State.ASSIGNED


def test_a_returned_answer_goes_back_and_up_again(file: File, person: Find) -> None:
    case = file().complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    approval = queries.open_approval(case)
    assert approval is not None
    services.return_document(
        approval_id=approval.pk, comment="날짜를 적어 주세요", by=person("baek.sw"), now=MORNING
    )
    assert fresh(case).state == State.REVIEWING
    assert keys(case, "approval-returned")
    with pytest.raises(ChangedMeanwhile):
        services.approve(approval_id=approval.pk, by=person("baek.sw"), now=MORNING)
    answer(case, person, now=seoul("2026-09-09 15:00"))
    assert case.responses.count() == 1
    assert Approval.objects.filter(complaint=case).count() == 2


def test_two_people_writing_at_once_lose_nothing(file: File, person: Find) -> None:
    case = file().complaint
    first = services.save_draft(
        complaint_id=case.pk, draft=Draft(answer="첫 글"), by=person("nam.gy"), now=MORNING
    )
    services.save_draft(
        complaint_id=case.pk,
        draft=Draft(answer="둘째 글"),
        by=person("baek.sw"),
        now=MORNING,
        version=first.version,
    )
    with pytest.raises(ChangedMeanwhile):
        services.save_draft(
            complaint_id=case.pk,
            draft=Draft(answer="셋째 글"),
            by=person("nam.gy"),
            now=MORNING,
            version=first.version,
        )
    assert case.responses.get().answer == "둘째 글"


def test_one_answer_to_many_cases_is_all_or_none(file: File, person: Find) -> None:
    cases = [file(email=f"c{n}@example.com").complaint for n in range(3)]
    for case in cases:
        services.assign(
            complaint_id=case.pk,
            handler_id=person("nam.gy").pk,
            by=person("seo.yh"),
            now=MORNING,
        )
    other = file(email="d@example.com", topic_code="education").complaint
    with pytest.raises(NotAllowed):
        services.answer_many(
            complaint_ids=[*(c.pk for c in cases), other.pk],
            draft=ANSWER,
            by=person("nam.gy"),
            now=MORNING,
        )
    assert not Response.objects.exists()
    services.answer_many(
        complaint_ids=[c.pk for c in cases], draft=ANSWER, by=person("nam.gy"), now=MORNING
    )
    assert {fresh(c).state for c in cases} == {State.APPROVING}


def test_a_bounced_result_keeps_no_promise_and_is_owed_again(file: File, person: Find) -> None:
    case = file(phone="010-0000-1001").complaint
    answer(case, person, now=seoul("2026-09-10 10:00"))
    deliver(now=seoul("2026-09-10 10:00"))
    assert reply_of(case).state == "kept"
    result = Notice.objects.get(template="result")
    mark_bounced(notice_id=result.pk, by=person("im.do"), now=seoul("2026-09-11 09:30"))
    assert fresh(case).state == State.TELLING
    assert reply_of(case).state == "running"
    again = Notice.objects.get(replaces=result)
    assert (again.channel, again.status) == ("phone", NoticeStatus.TASK)
    do_task(notice_id=again.pk, by=person("nam.gy"), now=seoul("2026-09-11 10:00"), note="통화함")
    assert fresh(case).state == State.ANSWERED
    assert reply_of(case).fulfilled_at == seoul("2026-09-11 10:00")


# --- waiting, later dates -----------------------------------------------------------------------


def test_while_the_citizen_is_asked_the_clock_stands_still(file: File, person: Find) -> None:
    case = file().complaint
    services.request_information(
        complaint_id=case.pk,
        items="봉사한 날짜와 활동처 이름",
        by=person("nam.gy"),
        now=seoul("2026-09-10 10:00"),
    )
    assert fresh(case).state == State.WAITING
    assert reply_of(case).state == "paused"
    services.supplement(
        complaint_id=case.pk, text="9월 5일입니다", by=_citizen(), now=seoul("2026-09-11 09:00")
    )
    assert fresh(case).state == State.REVIEWING
    assert reply_of(case).due_at == seoul("2026-09-18 18:00")
    assert reply_of(case).first_due_at == seoul("2026-09-16 18:00")
    with pytest.raises(NotNow):
        services.supplement(
            complaint_id=case.pk, text="또", by=_citizen(), now=seoul("2026-09-11 09:01")
        )


def _citizen() -> Any:
    from records.actors import CITIZEN  # noqa: PLC0415

    return CITIZEN


def test_an_unanswered_request_lapses_and_the_clock_runs_by_itself(
    file: File, person: Find
) -> None:
    case = file().complaint
    services.request_information(
        complaint_id=case.pk, items="무엇", by=person("nam.gy"), now=seoul("2026-09-10 10:00")
    )
    sweep(now=seoul("2026-09-15 09:00"))
    assert len(keys(case, "supplement-reminder")) == 1
    sweep(now=seoul("2026-09-17 18:01"))
    sweep(now=seoul("2026-09-17 18:02"))
    assert fresh(case).state == State.REVIEWING
    assert reply_of(case).state == "running"
    assert reply_of(case).due_at > seoul("2026-09-17 18:00")
    assert list(breaches()) == []


def test_an_extension_is_approved_and_told_before_the_date(file: File, person: Find) -> None:
    case = file().complaint
    ask = {
        "complaint_id": case.pk,
        "ground": "visit_needed",
        "reason": "활동처에 가서 출석부를 보아야 합니다",
        "by": person("nam.gy"),
        "now": seoul("2026-09-14 10:00"),
    }
    with pytest.raises(Refused) as refusal:
        services.ask_extension(new_due_on=seoul("2026-10-30 00:00").date(), **ask)  # type: ignore[arg-type]
    assert refusal.value.field == "new_due_on"
    with pytest.raises(Refused):
        services.ask_extension(new_due_on=seoul("2026-09-19 00:00").date(), **ask)  # type: ignore[arg-type]
    services.ask_extension(new_due_on=seoul("2026-09-22 00:00").date(), **ask)  # type: ignore[arg-type]
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=person("baek.sw"), now=seoul("2026-09-14 11:00"))
    reply = reply_of(case)
    assert (reply.first_due_at, reply.due_at) == (
        seoul("2026-09-16 18:00"),
        seoul("2026-09-22 18:00"),
    )
    deliver(now=seoul("2026-09-14 11:00"))
    assert sent(to="haram@example.com", containing="기한을 늦추게")
    answer(case, person, now=seoul("2026-09-21 10:00"))
    deliver(now=seoul("2026-09-21 10:00"))
    assert reply_of(case).state == "kept_extended"


def test_a_second_extension_only_with_the_citizens_consent(file: File, person: Find) -> None:
    case = file().complaint
    for day, new in (("2026-09-14", "2026-09-22"), ("2026-09-21", "2026-09-29")):
        services.ask_extension(
            complaint_id=case.pk,
            ground="other_body",
            reason="자료를 기다립니다",
            new_due_on=seoul(f"{new} 00:00").date(),
            by=person("nam.gy"),
            now=seoul(f"{day} 10:00"),
        )
        approval = queries.open_approval(case)
        assert approval is not None
        services.approve(approval_id=approval.pk, by=person("baek.sw"), now=seoul(f"{day} 11:00"))
    assert reply_of(case).due_at == seoul("2026-09-22 18:00")
    page = queries.tracking(fresh(case), now=seoul("2026-09-21 11:30"))
    shown = render_to_string("complaints/case.html", {"case": page.complaint, "page": page})
    assert "2026년 9월 22일(화) 18시 기한을 지켜 주십시오" in shown
    assert "처음 기한을 지켜" not in shown
    services.answer_extension(complaint_id=case.pk, agreed=True, now=seoul("2026-09-21 12:00"))
    assert reply_of(case).due_at == seoul("2026-09-29 18:00")
    first, second = Notice.objects.filter(template="extension").order_by("pk")
    assert "두 번째" not in first.body
    assert "9월 16일(수) 18시까지 답변드리기로 하였으나, 아래 사유로 기한을 한 번" in first.body
    assert "9월 22일(화) 18시까지 답변드리기로 하였으나, 아래 사유로 두 번째" in second.body
    assert "기한을 한 번 늦추게" not in second.body
    with pytest.raises(NotNow):
        services.answer_extension(complaint_id=case.pk, agreed=True, now=seoul("2026-09-21 12:01"))


# --- other ends ---------------------------------------------------------------------------------


def test_a_referral_is_approved_and_the_citizen_told_the_contact(file: File, person: Find) -> None:
    from centre.models import ReferralBody  # noqa: PLC0415

    case = file().complaint
    body = ReferralBody.objects.order_by("name").first()
    assert body is not None
    with pytest.raises(Refused) as refusal:
        services.ask_referral(
            complaint_id=case.pk,
            body_id=body.pk,
            contact="",
            reason="그 기관의 일입니다",
            by=person("nam.gy"),
            now=MORNING,
        )
    assert refusal.value.field == "contact"
    services.ask_referral(
        complaint_id=case.pk,
        body_id=body.pk,
        contact="대표전화 054-000-0000",
        reason="그 기관의 일입니다",
        by=person("nam.gy"),
        now=MORNING,
    )
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=person("baek.sw"), now=MORNING)
    assert fresh(case).state == State.REFERRED
    assert reply_of(case).state == "excluded"
    deliver(now=MORNING)
    told = sent(to="haram@example.com", containing="소관 기관")
    assert "054-000-0000" in told[0].body
    assert list(breaches()) == []


def test_a_withdrawal_ends_the_clocks_and_is_told(file: File, person: Find) -> None:
    case = file().complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    services.withdraw(complaint_id=case.pk, by=_citizen(), now=MORNING, reason="해결되었어요")
    assert fresh(case).state == State.WITHDRAWN
    assert reply_of(case).state == "excluded"
    assert queries.open_approval(case) is None
    with pytest.raises(NotNow):
        services.withdraw(complaint_id=case.pk, by=_citizen(), now=MORNING)
    deliver(now=MORNING)
    assert sent(to="haram@example.com", containing="(접수번호")
    assert list(breaches()) == []


def test_a_duplicate_of_the_same_contact_joins_the_earlier_case(file: File, person: Find) -> None:
    first = file().complaint
    second = file(now=seoul("2026-09-09 11:00")).complaint
    stranger = file(now=seoul("2026-09-09 12:00"), email="x@example.com").complaint
    boss = person("seo.yh")
    with pytest.raises(Refused) as refusal:
        services.merge(
            complaint_id=stranger.pk, into_number=first.receipt_number, by=boss, now=MORNING
        )
    assert "묶음 답변" in str(refusal.value)
    with pytest.raises(Refused):
        services.merge(
            complaint_id=first.pk, into_number=second.receipt_number, by=boss, now=MORNING
        )
    services.merge(complaint_id=second.pk, into_number=first.receipt_number, by=boss, now=MORNING)
    assert fresh(second).state == State.MERGED
    assert fresh(second).merged_into == first
    assert reply_of(second).state == "excluded"
    assert first.messages.get().text.startswith(second.subject)
    assert list(breaches()) == []


def test_reopening_rewrites_no_earlier_result(file: File, person: Find) -> None:
    case = file().complaint
    answer(case, person, now=seoul("2026-09-10 10:00"))
    deliver(now=seoul("2026-09-10 10:00"))
    first = reply_of(case)
    services.reopen_case(
        complaint_id=case.pk,
        reason="다시 살펴 달라고 하심",
        by=person("seo.yh"),
        now=seoul("2026-10-01 10:00"),
    )
    second = reply_of(case)
    assert second.pk != first.pk
    assert second.state == "running"
    assert second.due_at == seoul("2026-10-08 18:00")
    first.refresh_from_db()
    assert first.state == "kept"
    assert about(first.fulfilled_at, "2026-09-10 10:00")
    answer(case, person, now=seoul("2026-10-02 10:00"))
    deliver(now=seoul("2026-10-02 10:00"))
    assert case.responses.filter(status=Response.Status.TOLD).count() == 2
    assert reply_of(case).state == "kept"
    assert list(breaches()) == []


# --- the sweep ----------------------------------------------------------------------------------


def test_reminders_the_miss_and_the_daily_chase_each_once(file: File, person: Find) -> None:
    case = file().complaint
    for moment in ("2026-09-14 08:59", "2026-09-14 09:00", "2026-09-14 09:01"):
        sweep(now=seoul(moment))
    assert len(keys(case, "due-two-days")) == 1
    sweep(now=seoul("2026-09-16 09:00"))
    assert len(keys(case, "due-today")) == 1
    sweep(now=seoul("2026-09-16 18:00"))
    sweep(now=seoul("2026-09-16 18:00:15"))
    deliver(now=seoul("2026-09-16 18:00:15"))
    assert reply_of(case).state == "missed"
    apology = sent(to="haram@example.com", containing="지키지 못했습니다")
    assert len(apology) == 1
    assert "2026년 9월 21일(월) 18시" in apology[0].body
    overdue = Notice.objects.filter(template="overdue").values_list(
        "staff__user__username", flat=True
    )
    assert sorted(overdue) == ["baek.sw", "nam.gy", "seo.yh"]
    sweep(now=seoul("2026-09-17 09:00"))
    sweep(now=seoul("2026-09-17 12:00"))
    assert Notice.objects.filter(template="overdue").count() == 6
    sweep(now=seoul("2026-09-21 18:00:01"))
    assert len(keys(case, "missed-promise-again")) == 1
    assert len(keys(case, "manager-ring")) == 1
    services.log_manager_call(
        complaint_id=case.pk,
        note="22일에 답하기로",
        due_on=date(2026, 9, 22),
        by=person("seo.yh"),
        now=seoul("2026-09-22 09:30"),
    )
    answer(case, person, now=seoul("2026-09-22 10:00"))
    deliver(now=seoul("2026-09-22 10:00"))
    assert reply_of(case).state == "missed"
    assert about(reply_of(case).fulfilled_at, "2026-09-22 10:00")
    before = Notice.objects.count()
    sweep(now=seoul("2026-09-30 10:00"))
    assert Notice.objects.count() == before, "answered: nobody is chased any more"
    assert list(breaches()) == []


def test_a_managers_call_is_logged_where_one_is_owed_and_once(file: File, person: Find) -> None:
    case = file().complaint
    log: Any = {"complaint_id": case.pk, "note": "사과드림", "by": person("seo.yh")}
    log["no_date"] = True
    with pytest.raises(NotNow, match="전화드리기로 한 약속이 없거나"):
        services.log_manager_call(**log, now=MORNING)
    late = seoul("2026-09-21 18:00:01")
    sweep(now=seoul("2026-09-16 18:00:01"))
    with pytest.raises(NotNow):
        services.log_manager_call(**log, now=late)
    sweep(now=late)
    services.log_manager_call(**log, now=late)
    with pytest.raises(NotNow):
        services.log_manager_call(**log, now=late)
    assert Event.objects.filter(kind="manager-called").count() == 1


def test_down_for_days_everything_is_caught_up_in_order_once(file: File) -> None:
    case = file().complaint
    sweep(now=seoul("2026-09-30 10:00"))
    sweep(now=seoul("2026-09-30 10:01"))
    kinds = list(
        Event.objects.filter(
            subject_id=case.pk, kind__in=["reminded", "last-call", "promise-missed"]
        )
        .order_by("pk")
        .values_list("kind", "at")
    )
    assert kinds == [
        ("reminded", seoul("2026-09-14 09:00")),
        ("last-call", seoul("2026-09-16 09:00")),
        ("promise-missed", seoul("2026-09-16 18:00")),
    ]
    assert len(keys(case, "missed-promise")) == 1


def test_answered_in_time_but_swept_late_is_kept(file: File, person: Find) -> None:
    case = file().complaint
    answer(case, person, now=seoul("2026-09-16 17:59"))
    deliver(now=seoul("2026-09-16 17:59:30"))
    sweep(now=seoul("2026-09-18 10:00"))
    assert reply_of(case).state == "kept"
    assert keys(case, "missed-promise") == []


def test_the_lead_says_why_and_sets_another_date(file: File, person: Find) -> None:
    case = file().complaint
    sweep(now=seoul("2026-09-16 18:00:10"))
    with pytest.raises(Refused):
        services.set_new_promise(
            complaint_id=case.pk,
            reason="자료가 늦었습니다",
            by=person("baek.sw"),
            now=seoul("2026-09-17 09:30"),
            due_on=seoul("2026-09-26 00:00").date(),
        )
    services.set_new_promise(
        complaint_id=case.pk,
        reason="자료가 늦었습니다",
        by=person("baek.sw"),
        now=seoul("2026-09-17 09:30"),
        due_on=seoul("2026-09-23 00:00").date(),
    )
    page = queries.tracking(fresh(case), now=seoul("2026-09-17 09:31"))
    assert page.overdue
    assert page.new_promise is not None
    assert page.new_promise.due_at == seoul("2026-09-23 18:00")
    assert page.new_promise.reason == "자료가 늦었습니다"
    sweep(now=seoul("2026-09-21 18:30"))
    assert keys(case, "missed-promise-again") == []
    sweep(now=seoul("2026-09-23 18:30"))
    assert len(keys(case, "missed-promise-again")) == 1


def test_an_approver_who_waits_four_hours_is_reminded_once(file: File, person: Find) -> None:
    case = file().complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    sweep(now=seoul("2026-09-09 14:59"))
    assert keys(case, "approval-waiting") == []
    sweep(now=seoul("2026-09-09 15:00"))
    sweep(now=seoul("2026-09-09 16:00"))
    staff = Notice.objects.filter(template="approval-waiting").values_list(
        "staff__user__username", flat=True
    )
    assert "baek.sw" in staff
    assert len(set(staff)) == len(list(staff))


def test_a_silent_team_is_reported_to_lead_and_desk(file: File) -> None:
    case = file().complaint
    sweep(now=seoul("2026-09-09 15:00:01"))
    assert Commitment.objects.get(key=f"complaint:{case.pk}:stage-1").state == "missed"
    assert len(keys(case, "team-silent")) >= 2


# --- hand-over ----------------------------------------------------------------------------------


def test_everything_open_goes_to_the_successor(file: File, person: Find) -> None:
    cases = [file(email=f"h{n}@example.com").complaint for n in range(4)]
    old, new = person("nam.gy"), person("song.hn")
    mine = [c for c in cases if fresh(c).handler == old]
    about_new = file(about_staff="송하늘", email="z@example.com").complaint
    if fresh(about_new).handler != old:
        services.assign(
            complaint_id=about_new.pk, handler_id=old.pk, by=person("seo.yh"), now=MORNING
        )
    services.hand_over(from_person=old, to_person=new, by=_citizen(), now=MORNING)
    assert not Complaint.objects.open().filter(handler=old).exists()
    assert all(fresh(c).handler == new for c in mine)
    assert fresh(about_new).handler not in {old, new}
