"""The 20 days (헌장 L18), as dated tables: announced, late, moved, called off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from complaints.tests.conftest import seoul
from education import queries, services
from education.checks import breaches
from education.errors import NotAllowed, NotNow, Refused
from education.models import Announcement, Course
from education.tests.conftest import MORNING, a_plan, come, fresh, promises, states, times
from notices.models import Notice
from records.models import Event
from standards.models import Commitment
from standards.services import sweep


def announce(course: Course, at: str, by: Any, reason: str = "") -> Announcement:
    return services.announce(course_id=course.pk, by=by, now=seoul(at), reason=reason)


@pytest.mark.parametrize(
    ("start", "planned", "told", "state"),
    [
        ("2026-03-21 10:00", "2026-01-05 10:00", "2026-02-28 23:59", "kept"),
        ("2026-03-21 10:00", "2026-01-05 10:00", "2026-03-01 00:00", "missed"),
        ("2028-03-21 10:00", "2027-12-01 10:00", "2028-02-29 23:59", "kept"),  # a leap year
        ("2028-03-21 10:00", "2027-12-01 10:00", "2028-03-01 00:00", "missed"),
        ("2026-03-21 23:00", "2026-01-05 10:00", "2026-02-28 23:59", "kept"),  # the hour is nothing
        ("2026-03-21 00:30", "2026-01-05 10:00", "2026-02-28 23:59", "kept"),  # 20 March in UTC
        ("2026-03-21 00:30", "2026-01-05 10:00", "2026-03-01 00:01", "missed"),
        ("2026-10-07 10:00", "2026-09-09 10:00", "2026-09-16 23:59", "kept"),
        ("2026-10-07 10:00", "2026-09-09 10:00", "2026-09-17 00:00", "missed"),  # 20 days by date
        ("2027-01-10 10:00", "2026-11-02 10:00", "2026-12-20 12:00", "kept"),  # the year's end
        ("2027-01-20 10:00", "2026-11-02 10:00", "2026-12-30 23:59", "kept"),
        ("2027-01-20 10:00", "2026-11-02 10:00", "2026-12-31 00:00", "missed"),
    ],
)
def test_twenty_full_days(
    draft: Any, planner: Any, start: str, planned: str, told: str, state: str
) -> None:
    day, hour = start.split(" ")
    course = draft(f"{day} {hour}-23:30", now=seoul(planned))
    if state == "missed":
        with pytest.raises(Refused, match="늦은 사유"):
            announce(course, told, planner)
        assert Announcement.objects.count() == 0
    announcement = announce(course, told, planner, "강사 일정 변경" if state == "missed" else "")
    assert states(course) == [state]
    assert announcement.late is (state == "missed")
    sweep(now=seoul(start))
    assert states(course) == [state]
    assert list(breaches()) == []


def test_the_last_day_is_told_before_it_is_too_late(draft: Any, demo_centre: None) -> None:
    assert str(queries.announce_by(seoul("2026-03-21 10:00"))) == "2026-02-28"
    assert str(queries.announce_by(seoul("2028-03-21 10:00"))) == "2028-02-29"


def test_enrolment_that_opens_later_is_what_counts(draft: Any, planner: Any) -> None:
    """The notice alone keeps nothing: one must be able to apply."""
    opens = seoul("2026-09-14 09:00")
    course = draft(enrol_opens_at=opens)
    announcement = announce(course, "2026-09-09 10:30", planner)
    assert (announcement.counts_at, announcement.counted) == (opens, False)
    assert states(course) == ["running"]
    services.follow(now=opens - timedelta(seconds=1))
    assert states(course) == ["running"]
    services.follow(now=opens + timedelta(seconds=30))
    assert states(course) == ["kept"]
    assert Commitment.objects.get(subject_id=course.pk, code="course-notice").fulfilled_at == opens


def test_enrolment_that_opens_too_late_is_a_miss_with_a_reason(draft: Any, planner: Any) -> None:
    course = draft(enrol_opens_at=seoul("2026-09-17 09:00"))
    with pytest.raises(Refused, match="늦은 사유"):
        announce(course, "2026-09-09 10:30", planner)
    announce(course, "2026-09-09 10:30", planner, "접수 화면을 고치고 있습니다")
    sweep(now=seoul("2026-09-17 00:00"))
    services.follow(now=seoul("2026-09-17 09:01"))
    assert states(course) == ["missed"]
    assert list(breaches()) == []


@pytest.mark.parametrize(
    ("lacking", "name"),
    [
        ({"place": ""}, "장소"),
        ({"text": ""}, "소개"),
        ({"capacity": 0}, "정원"),
        ({"hours": 0}, "교육 시간"),
        ({"audience": ""}, "대상"),
        ({"sessions": []}, "날짜와 시각"),
    ],
)
def test_nothing_incomplete_is_announced(draft: Any, planner: Any, lacking: Any, name: str) -> None:
    course = draft(**lacking)
    with pytest.raises(Refused, match=name):
        announce(course, "2026-09-09 11:00", planner)
    assert fresh(course).state == "draft"


def test_only_an_open_enrolment_is_announced(draft: Any, planner: Any) -> None:
    course = draft(enrol_closes_at=seoul("2026-09-10 18:00"))
    with pytest.raises(Refused, match="신청 마감"):
        announce(course, "2026-09-11 10:00", planner)


def test_announced_once_and_by_who_may(draft: Any, planner: Any, person: Any) -> None:
    course = draft()
    with pytest.raises(NotAllowed):
        announce(course, "2026-09-09 11:00", person("im.do"))
    announce(course, "2026-09-09 11:00", planner)
    with pytest.raises(NotNow):
        announce(course, "2026-09-09 11:00", planner)
    assert Event.objects.filter(kind="course-announced").count() == 1


# --- drafts -------------------------------------------------------------------------------------


def test_a_draft_is_reminded_of_three_days_ahead_and_told_when_it_is_too_late(
    draft: Any, planner: Any, person: Any
) -> None:
    course = draft("2026-10-07 10:00-17:00")  # to be announced by 16 September, a Wednesday
    sweep(now=seoul("2026-09-11 08:59"))
    assert not Notice.objects.filter(template="course-announce-soon").exists()
    for _n in range(2):
        sweep(now=seoul("2026-09-11 09:00"))  # three days before is a Sunday: the Friday before
    soon = Notice.objects.filter(template="course-announce-soon")
    lead = person("cha.mj").team.members.get(position="lead")
    assert set(soon.values_list("staff", flat=True)) == {planner.pk, lead.pk}
    assert "2026년 9월 16일(수)까지 공지하지 않으면" in soon.order_by("pk")[0].body
    sweep(now=seoul("2026-09-17 00:00"))
    missed = Notice.objects.filter(template="course-announce-missed")
    assert missed.count() == 2
    assert states(course) == ["missed"]
    assert f"/admin/education/course/{course.pk}/change/" in missed.order_by("pk")[0].body


def test_an_announced_course_is_not_reminded_of(announced: Any) -> None:
    announced()
    sweep(now=seoul("2026-09-11 09:00"))
    assert not Notice.objects.filter(template="course-announce-soon").exists()


def edit(
    course: Course, by: Any, *spans: str, now: str = "2026-09-09 12:00", **values: Any
) -> None:
    services.edit_course(
        course_id=course.pk, plan=a_plan(by, *spans, **values), by=by, now=seoul(now)
    )


def test_a_draft_that_gets_another_date_promises_that_one(draft: Any, planner: Any) -> None:
    course = draft("2026-10-07 10:00-17:00")
    edit(course, planner, "2026-10-21 10:00-17:00")
    assert promises(course) == [("excluded", "2026-09-16 15:00"), ("running", "2026-09-30 15:00")]
    edit(course, planner, "2026-10-05 10:00-17:00")  # earlier again
    assert states(course) == ["excluded", "excluded", "running"]
    edit(course, planner, "2026-10-05 10:00-17:00", title="다른 이름")  # nothing about the date
    assert states(course) == ["excluded", "excluded", "running"]
    announce(fresh(course), "2026-09-09 13:00", planner)
    assert states(course) == ["excluded", "excluded", "kept"]
    assert list(breaches()) == []


def test_a_draft_loses_its_date_and_gets_one_again(draft: Any, planner: Any) -> None:
    course = draft("2026-10-07 10:00-17:00")
    edit(course, planner)
    assert states(course) == ["excluded"]
    edit(course, planner, "2026-10-07 10:00-17:00")
    assert states(course) == ["excluded", "running"]


def test_a_date_typed_wrongly_is_no_miss(draft: Any, planner: Any) -> None:
    course = draft("2026-09-12 10:00-17:00")  # three days ahead
    sweep(now=MORNING + timedelta(minutes=1))
    assert states(course) == []
    edit(course, planner, "2026-10-12 10:00-17:00")
    announce(fresh(course), "2026-09-09 13:00", planner)
    assert states(course) == ["kept"]


def test_a_draft_let_slip_stays_a_miss_also_with_a_later_date(draft: Any, planner: Any) -> None:
    course = draft("2026-10-07 10:00-17:00")
    sweep(now=seoul("2026-09-17 00:00"))
    edit(course, planner, "2026-11-18 10:00-17:00", now="2026-09-17 10:00")
    announce(fresh(course), "2026-09-18 10:00", planner)  # in time for that date: no reason asked
    assert states(course) == ["missed"]
    assert list(breaches()) == []


# --- moved --------------------------------------------------------------------------------------


def move(course: Course, by: Any, at: str, *spans: str, **values: Any) -> Announcement:
    given = {"place": course.place, "reason": "강의실 공사"} | values
    return services.move(course_id=course.pk, sessions=times(*spans), by=by, now=seoul(at), **given)


@pytest.mark.parametrize(
    ("new", "at", "expected", "late"),
    [
        ("2026-10-21", "2026-09-10 10:00", ["kept"], False),  # later: decided already
        ("2026-10-21", "2026-10-06 23:00", ["kept"], False),  # later, on the last evening
        ("2026-10-05", "2026-09-10 10:00", ["excluded", "kept"], False),  # earlier, 25 days ahead
        ("2026-09-30", "2026-09-09 23:59", ["excluded", "kept"], False),  # 21 days: the last day
        ("2026-09-30", "2026-09-10 00:00", ["excluded", "missed"], True),  # 20 days by date
        ("2026-10-06", "2026-10-01 10:00", ["excluded", "missed"], True),  # after its own last day
    ],
)
def test_moving_earlier_counts_anew(
    announced: Any, planner: Any, new: str, at: str, expected: list[str], late: bool
) -> None:
    course = announced("2026-10-07 10:00-17:00")
    announcement = move(course, planner, at, f"{new} 10:00-17:00")
    assert states(course) == expected
    assert announcement.late is late
    first = Commitment.objects.filter(subject_id=course.pk, code="course-notice").order_by("pk")[0]
    assert f"{first.first_due_at:%Y-%m-%d}" == "2026-09-16"  # what was promised first stays
    assert list(breaches()) == []


def test_moved_later_and_then_a_little_earlier_again(announced: Any, planner: Any) -> None:
    course = announced("2026-10-07 10:00-17:00")
    move(course, planner, "2026-09-20 10:00", "2026-11-18 10:00-17:00")
    move(fresh(course), planner, "2026-10-10 10:00", "2026-11-11 10:00-17:00")
    assert states(course) == ["excluded", "kept"]  # told 32 days ahead of the date that stands
    assert [row.is_move for row in queries.announcements_of(course)] == [False, True, True]


def test_a_late_announcement_stays_a_miss_wherever_it_moves(announced: Any, planner: Any) -> None:
    course = announced("2026-09-20 10:00-17:00", reason="강사 일정 변경")
    assert states(course) == ["missed"]
    move(course, planner, "2026-09-10 10:00", "2026-11-18 10:00-17:00")
    move(fresh(course), planner, "2026-09-11 10:00", "2026-10-28 10:00-17:00")
    assert states(course) == ["missed"]
    assert list(breaches()) == []


def test_everybody_is_told_of_a_move_with_the_new_calendar(announced: Any, planner: Any) -> None:
    course = announced(capacity=1)
    people = [come(course).enrolment.pk for _n in range(2)]
    services.cancel_enrolment(
        enrolment_id=come(course).enrolment.pk, by=planner, now=seoul("2026-09-09 12:00")
    )
    move(course, planner, "2026-09-10 10:00", "2026-10-21 10:00-17:00", place="대회의실")
    told = Notice.objects.filter(template="course-rescheduled").order_by("subject_id")
    assert [row.subject_id for row in told] == people
    body = told[0].body
    assert "바뀌기 전 2026년 10월 7일(수) 10시~17시 / 소회의실" in body
    assert "→ 바뀐 뒤 2026년 10월 21일(수) 10시~17시 / 대회의실 사유: 강의실 공사" in body
    assert told[0].attachment_id == queries.announcements_of(course)[-1].calendar_file_id
    assert told[0].attachment_id is not None


def test_the_end_of_enrolment_moves_along(announced: Any, planner: Any) -> None:
    course = announced("2026-10-07 10:00-17:00")
    assert course.enrol_closes_at == seoul("2026-10-06 18:00")
    move(course, planner, "2026-09-10 10:00", "2026-10-21 14:00-17:00")
    assert fresh(course).enrol_closes_at == seoul("2026-10-20 22:00")
    move(fresh(course), planner, "2026-09-20 10:00", "2026-09-20 11:00-17:00")
    assert fresh(course).enrol_closes_at == seoul("2026-09-20 11:00")


def test_what_cannot_be_moved(announced: Any, draft: Any, planner: Any) -> None:
    course = announced("2026-10-07 10:00-17:00")
    with pytest.raises(Refused, match="사유"):
        move(course, planner, "2026-09-10 10:00", "2026-10-08 10:00-17:00", reason=" ")
    with pytest.raises(Refused, match="바뀐 것이 없습니다"):
        move(course, planner, "2026-09-10 10:00", "2026-10-07 10:00-17:00")
    with pytest.raises(Refused, match="지난 날"):
        move(course, planner, "2026-09-10 10:00", "2026-09-09 10:00-17:00")
    with pytest.raises(NotNow, match="시작한"):
        move(course, planner, "2026-10-07 10:00", "2026-10-08 10:00-17:00")
    with pytest.raises(NotNow, match="초안"):
        move(draft(), planner, "2026-09-10 10:00", "2026-10-08 10:00-17:00")
    assert states(course) == ["kept"]


# --- called off ---------------------------------------------------------------------------------


def test_a_course_called_off_is_counted_apart_and_told(announced: Any, person: Any) -> None:
    course = announced()
    enrolled = come(course).enrolment
    lead = person("cha.mj").team.members.get(position="lead")
    with pytest.raises(NotAllowed):
        services.cancel_course(
            course_id=course.pk, reason="신청이 적음", by=person("cha.mj"), now=MORNING
        )
    services.cancel_course(
        course_id=course.pk, reason="신청이 적음", by=lead, now=seoul("2026-09-30 10:00")
    )
    assert states(course) == ["excluded"]
    told = Notice.objects.get(template="course-cancelled")
    assert told.subject_id == enrolled.pk
    assert "사유: 신청이 적음" in told.body
    with pytest.raises(NotNow):
        services.cancel_course(course_id=course.pk, reason="또", by=lead, now=MORNING)
    assert list(breaches()) == []


def test_a_miss_is_not_called_off(announced: Any, draft: Any, person: Any) -> None:
    lead = person("cha.mj").team.members.get(position="lead")
    late = announced("2026-09-20 10:00-17:00", reason="강사 일정 변경")
    slipped = draft("2026-10-07 10:00-17:00")
    for course in (late, slipped):
        now = seoul("2026-09-18 10:00")
        services.cancel_course(course_id=course.pk, reason="사정이 생김", by=lead, now=now)
        sweep(now=now)
        assert states(course) == ["missed"]
    assert list(breaches()) == []


# --- other hands --------------------------------------------------------------------------------


def test_a_course_goes_to_the_successor_with_its_promise(
    draft: Any, announced: Any, planner: Any, person: Any
) -> None:
    from centre.registry import hand_overs, open_work  # noqa: PLC0415
    from records.actors import SYSTEM  # noqa: PLC0415

    course, other = draft("2026-10-07 10:00-17:00"), announced()
    assert open_work(planner)["교육"] == 2
    successor = person("nam.gy")  # of another team
    done = hand_overs()["교육"](from_person=planner, to_person=successor, by=SYSTEM, now=MORNING)
    assert done == 2
    assert "교육" not in open_work(planner)
    for one in (course, other):
        assert (fresh(one).handler, fresh(one).team) == (successor, successor.team)
    promise = Commitment.objects.get(subject_id=course.pk, code="course-notice")
    assert promise.team == successor.team
    sweep(now=seoul("2026-09-11 09:00"))
    told = Notice.objects.filter(template="course-announce-soon")
    assert successor.pk in told.values_list("staff", flat=True)
    assert planner.pk not in told.values_list("staff", flat=True)


def test_the_team_follows_the_handler_of_a_draft(draft: Any, planner: Any, person: Any) -> None:
    course = draft("2026-10-07 10:00-17:00")
    edit(course, planner, "2026-10-07 10:00-17:00", handler_id=person("nam.gy").pk)
    promise = Commitment.objects.get(subject_id=course.pk, code="course-notice")
    assert promise.team == person("nam.gy").team
