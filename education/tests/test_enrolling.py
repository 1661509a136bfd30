"""Enrolling, waiting, giving places back, and what everybody is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from centre.factories import StaffMemberFactory
from complaints.tests.conftest import seoul
from education import queries, services
from education.checks import breaches
from education.errors import AlreadyEnrolled, NotAllowed, NotFound, NotNow, Refused, TooMany
from education.models import Course, Enrolment
from education.services.enrolling import give_back_by
from education.tests.conftest import MORNING, a_plan, a_token, again, come, fresh
from notices.models import Notice
from records.models import Consent, Event

LATER = MORNING + timedelta(hours=2)


def told(template: str) -> list[int]:
    rows = Notice.objects.filter(template=template).order_by("pk")
    return list(rows.values_list("subject_id", flat=True))


def states_of(course: Course) -> list[str]:
    rows = Enrolment.objects.filter(course=course).order_by("pk")
    return list(rows.values_list("state", flat=True))


def test_a_place_with_mail_calendar_and_consent(announced: Any) -> None:
    course = announced()
    done = come(course, "haram@example.com", assistance="휠체어 자리")
    assert (done.number, done.created, done.enrolment.state) == (0, True, "enrolled")
    notice = Notice.objects.get(template="course-enrolled")
    assert notice.recipient == "haram@example.com"
    assert "2026년 10월 7일(수) 10시~17시 / 소회의실" in notice.body
    assert queries.enrolment_url(done.enrolment) in notice.body
    assert notice.attachment is not None
    assert notice.attachment.content_type == "text/calendar"
    consent = Consent.objects.get(subject_type="enrolment", subject_id=done.enrolment.pk)
    assert (consent.version, consent.given, consent.at) == (
        "course-2026-1",
        True,
        done.enrolment.created_at,
    )
    event = Event.objects.get(kind="course-enrolled")
    assert "김하람" not in str(event.data)
    assert list(breaches()) == []


def test_nothing_personal_is_readable_in_the_table(announced: Any) -> None:
    from django.db import connection  # noqa: PLC0415

    come(announced(), "haram@example.com", phone="010-0000-1234", assistance="수어통역")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM education_enrolment")
        row = " ".join(str(value) for value in cursor.fetchone())
    for plain in ("김하람", "haram", "01000001234", "수어통역"):
        assert plain not in row


def test_the_link_cannot_be_made_from_the_row(announced: Any, settings: Any) -> None:
    enrolment = come(announced()).enrolment
    token = queries.link_token(enrolment.nonce)
    assert token not in {enrolment.nonce, enrolment.token_hash}
    found = queries.enrolment_by_token(token)
    assert found == enrolment
    settings.INDEX_KEY = "another key of another installation"
    assert queries.link_token(enrolment.nonce) != token


def test_the_waiting_list_numbers_and_moves_up_in_order(announced: Any) -> None:
    course = announced(capacity=2)
    people = [come(course, now=MORNING + timedelta(minutes=n)) for n in range(5)]
    assert [one.number for one in people] == [0, 0, 1, 2, 3]
    assert told("course-waiting") == [one.enrolment.pk for one in people[2:]]
    assert (
        "대기 2번"
        in Notice.objects.get(key=f"enrolment:{people[3].enrolment.pk}:course-waiting").body
    )
    token = queries.link_token(people[0].enrolment.nonce)
    services.cancel_by_link(link_token=token, now=LATER)
    assert states_of(course) == ["cancelled", "enrolled", "enrolled", "waiting", "waiting"]
    assert told("course-confirmed") == [people[2].enrolment.pk]
    assert queries.waiting_number(people[3].enrolment) == 1
    body = Notice.objects.get(template="course-confirmed").body
    assert "2026년 10월 6일(화) 18시까지 취소해 주십시오" in body
    services.cancel_by_link(link_token=token, now=LATER)  # a second click changes nothing
    assert Event.objects.filter(kind="enrolment-cancelled").count() == 1
    assert list(breaches()) == []


def test_who_waits_and_cancels_leaves_the_others_where_they_were(announced: Any) -> None:
    course = announced(capacity=1)
    _first, second, third = (come(course).enrolment for _n in range(3))
    services.cancel_by_link(link_token=queries.link_token(second.nonce), now=LATER)
    assert states_of(course) == ["enrolled", "cancelled", "waiting"]
    assert queries.waiting_number(third) == 1
    assert told("course-confirmed") == []


def test_more_places_go_to_those_who_wait(announced: Any, planner: Any) -> None:
    course = announced(capacity=1)
    people = [come(course).enrolment for _n in range(4)]
    plan = a_plan(planner, capacity=3)
    services.edit_course(course_id=course.pk, plan=plan, by=planner, now=LATER)
    assert states_of(course) == ["enrolled", "enrolled", "enrolled", "waiting"]
    assert told("course-confirmed") == [people[1].pk, people[2].pk]
    with pytest.raises(Refused, match="이미 3명"):
        services.edit_course(
            course_id=course.pk, plan=a_plan(planner, capacity=2), by=planner, now=LATER
        )
    assert list(breaches()) == []


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-10-05 10:00", "2026-10-06 18:00"),
        ("2026-10-06 18:00", "2026-10-07 10:00"),  # that hour is over
        ("2026-10-07 09:00", "2026-10-07 10:00"),
    ],
)
def test_until_when_a_place_can_be_given_back(at: str, until: str) -> None:
    assert give_back_by(seoul("2026-10-07 10:00"), now=seoul(at)) == seoul(until)


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ({"email": "Haram@Example.com"}, {"email": " haram@example.com "}, "email"),
        ({"phone": "010-0000-1234"}, {"phone": "+82 10 0000 1234"}, "phone"),
        ({"phone": "010-0000-1234"}, {"email": "x@example.com", "phone": "01000001234"}, "phone"),
    ],
)
def test_the_same_contact_enrols_once(
    announced: Any, first: dict[str, Any], second: dict[str, Any], field: str
) -> None:
    course = announced()
    done = come(course, **first)
    with pytest.raises(AlreadyEnrolled) as refused:
        come(course, **second)
    assert refused.value.field == field
    come(announced("2026-10-14 10:00-17:00"), **second)  # another course is another matter
    services.cancel_by_link(link_token=queries.link_token(done.enrolment.nonce), now=LATER)
    assert come(course, **second).created  # who cancelled may come again
    assert list(breaches()) == []


def test_staff_are_told_at_once_and_nobody_is_written_to(announced: Any, person: Any) -> None:
    course = announced()
    come(course, "haram@example.com")
    with pytest.raises(AlreadyEnrolled, match="이미 신청하셨습니다"):
        come(course, "haram@example.com", by=person("cha.mj"))
    assert told("course-enrolled-already") == []


def test_the_same_form_is_one_enrolment(announced: Any) -> None:
    course, token = announced(), a_token()
    first, second = (come(course, "a@example.com", form_token=token) for _n in range(2))
    assert (first.created, second.created) == (True, False)
    assert first.enrolment == second.enrolment
    assert len(told("course-enrolled")) == 1


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("2026-09-13 23:59", "2026년 9월 14일(월) 9시부터"),
        ("2026-10-01 18:00", "신청 기간이 끝났습니다"),
        ("2026-10-07 10:00", "이미 시작한 교육"),
        ("2026-10-08 10:00", "이미 시작한 교육"),
    ],
)
def test_out_of_its_time_nobody_enrols(announced: Any, at: str, message: str) -> None:
    course = announced(
        enrol_opens_at=seoul("2026-09-14 09:00"), enrol_closes_at=seoul("2026-10-01 18:00")
    )
    with pytest.raises(NotNow) as refused:
        come(course, now=seoul(at))
    assert message in str(refused.value)
    assert Enrolment.objects.count() == 0


def test_a_draft_is_unknown_and_a_cancelled_course_says_so(
    draft: Any, announced: Any, person: Any
) -> None:
    with pytest.raises(NotFound):
        come(draft())
    course = announced()
    lead = person("cha.mj").team.members.get(position="lead")
    services.cancel_course(course_id=course.pk, reason="신청이 적음", by=lead, now=MORNING)
    with pytest.raises(NotNow, match="열지 않게"):
        come(course)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "김하람 900101-1234567"}, "name"),
        ({"email": "아님"}, "email"),
        ({"email": ""}, "email"),
        ({"phone": "12"}, "phone"),
        ({"assistance": "가" * 301}, "assistance"),
        ({"consent_version": ""}, "consent"),
        ({"age_confirmed": False}, "age_confirmed"),
    ],
)
def test_what_is_missing_or_wrong_is_refused_by_field(
    announced: Any, values: dict[str, Any], field: str
) -> None:
    course = announced()
    good: dict[str, Any] = {
        "name": "김하람",
        "email": "a@example.com",
        "consent_version": "course-2026-1",
        "age_confirmed": True,
    }
    with pytest.raises(Refused) as refused:
        services.enrol(
            course_id=course.pk,
            form_token=a_token(),
            new=services.NewEnrolment(**(good | values)),
            now=LATER,
        )
    assert refused.value.field == field
    assert Enrolment.objects.count() == 0


def test_staff_write_down_a_caller_without_mail(announced: Any, person: Any) -> None:
    """By phone also after the end of enrolment; whoever has no mail is rung."""
    course = announced(enrol_closes_at=seoul("2026-10-01 18:00"))
    desk = person("im.do")
    now = seoul("2026-10-02 10:00")
    done = services.enrol(
        course_id=course.pk,
        form_token=a_token(),
        new=services.NewEnrolment(
            name="남궁민우",
            phone="010-0000-7777",
            consent_version="course-2026-1",
            age_confirmed=True,
        ),
        now=now,
        by=desk,
    )
    task = Notice.objects.get(template="course-enrolled")
    assert (task.channel, task.status, task.staff_id) == ("phone", "task", course.handler_id)
    assert task.attachment is None
    assert done.enrolment.taken_by == desk
    with pytest.raises(NotNow, match="시작한"):
        come(course, now=seoul("2026-10-07 10:00"), by=desk)
    with pytest.raises(NotAllowed):
        come(course, now=now, by=StaffMemberFactory(roles=["administrator"]))
    assert list(breaches()) == []


def test_one_address_cannot_fill_a_course(announced: Any) -> None:
    course = announced(capacity=100)
    for _n in range(30):
        come(course)
    with pytest.raises(TooMany):
        come(course)
    come(course, now=MORNING + timedelta(hours=3))  # the next hour


@pytest.mark.parametrize("at", ["2026-10-07 10:00", "2026-10-09 10:00"])
def test_what_has_begun_is_not_cancelled(announced: Any, at: str) -> None:
    enrolment = come(announced()).enrolment
    with pytest.raises(NotNow):
        services.cancel_by_link(link_token=queries.link_token(enrolment.nonce), now=seoul(at))
    assert again(enrolment).state == "enrolled"


@pytest.mark.parametrize("token", ["", "x", "0" * 40, "../../etc"])
def test_a_guessed_link_leads_nowhere(announced: Any, token: str) -> None:
    come(announced())
    with pytest.raises(NotFound):
        services.cancel_by_link(link_token=token, now=LATER)


def test_cancelling_takes_back_what_was_not_yet_told(announced: Any) -> None:
    enrolment = come(announced()).enrolment
    services.cancel_by_link(link_token=queries.link_token(enrolment.nonce), now=LATER)
    assert Notice.objects.get(template="course-enrolled").status == "cancelled"


def test_nobody_moves_up_once_it_has_begun(announced: Any, planner: Any) -> None:
    course = announced(capacity=1)
    come(course), come(course)
    services.edit_course(
        course_id=course.pk,
        plan=a_plan(planner, capacity=2, enrol_closes_at=course.enrol_closes_at),
        by=planner,
        now=seoul("2026-10-07 11:00"),
    )
    assert states_of(fresh(course)) == ["enrolled", "waiting"]
