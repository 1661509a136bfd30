"""Attendance, certificates with their numbers, and who is asked afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from complaints.tests.conftest import seoul
from education import queries, services
from education.checks import breaches
from education.errors import NotAllowed, NotFound, NotNow, Refused
from education.models import Certificate, Course, Enrolment
from education.tests.conftest import come, fresh
from notices.models import Notice
from records.models import Event
from standards.occasions import ended_since

DAYS = ("2026-10-07 10:00-15:00", "2026-10-08 10:00-15:00")
AFTER = seoul("2026-10-08 16:00")


@pytest.fixture
def held(announced: Any) -> Any:
    """A course of two days of 300 minutes each that is over, with so many people."""

    def do(count: int = 1) -> tuple[Course, list[Enrolment]]:
        course = announced(*DAYS, capacity=count)
        people = [come(course).enrolment for _n in range(count)]
        services.follow(now=AFTER)
        return fresh(course), people

    return do


def write(
    course: Course, by: Any, people: list[Enrolment], *minutes: tuple[int, int], **more: Any
) -> None:
    first, second = course.sessions.all()
    marks: dict[tuple[int, int], int] = {}
    for one, (a, b) in zip(people, minutes, strict=True):
        marks |= {(one.pk, first.pk): a, (one.pk, second.pk): b}
    services.write_attendance(
        course_id=course.pk, marks=marks, by=by, now=more.pop("now", AFTER), **more
    )


def issue(course: Course, by: Any) -> list[Certificate]:
    return services.issue_certificates(course_id=course.pk, by=by, now=AFTER)


@pytest.mark.parametrize(
    ("minutes", "percent", "completed"),
    [
        ((300, 300), 100, True),
        ((300, 180), 80, True),  # exactly
        ((300, 179), 79, False),  # one minute less, never rounded up
        ((240, 240), 80, True),
        ((300, 0), 50, False),
        ((0, 0), 0, False),
    ],
)
def test_eighty_per_cent_of_the_time(
    held: Any, planner: Any, minutes: tuple[int, int], percent: int, completed: bool
) -> None:
    course, people = held()
    write(course, planner, people, minutes)
    assert queries.attendance(course)[1][0].percent == percent
    assert bool(issue(course, planner)) is completed
    assert list(breaches()) == []


def test_certificates_are_numbered_told_and_given_once(held: Any, planner: Any) -> None:
    course, people = held(3)
    write(course, planner, people, (300, 300), (300, 300), (0, 0))
    numbers = [one.number for one in issue(course, planner)]
    assert numbers == ["제2026-교육-0001호", "제2026-교육-0002호"]
    assert issue(course, planner) == []
    body = Notice.objects.get(template="course-completed", subject_id=people[0].pk).body
    assert f"{queries.enrolment_url(people[0])}certificate/" in body
    assert Notice.objects.filter(template="course-completed").count() == 2


def test_corrected_attendance_takes_a_certificate_back(held: Any, planner: Any) -> None:
    course, people = held(2)
    write(course, planner, people, (300, 300), (300, 300))
    issue(course, planner)
    with pytest.raises(Refused, match="까닭") as refused:
        write(course, planner, people, (300, 300), (300, 0))
    assert refused.value.field == "reason"
    assert queries.attendance(course)[1][1].percent == 100  # nothing was changed
    write(course, planner, people, (300, 300), (300, 0), reason="둘째 날에는 오지 않으심")
    withdrawn = Certificate.objects.get(enrolment=people[1])
    assert (withdrawn.withdrawn_at, withdrawn.withdrawn_why) == (AFTER, "둘째 날에는 오지 않으심")
    told = Notice.objects.get(template="course-certificate-withdrawn")
    assert told.subject_id == people[1].pk
    assert "수료증 번호: 제2026-교육-0002호" in told.body
    assert queries.certificate_of(people[1]) is None
    write(course, planner, people, (300, 300), (300, 300))
    assert [one.number for one in issue(course, planner)] == ["제2026-교육-0003호"]
    assert list(breaches()) == []


def test_nobody_left_blank_before_certificates(held: Any, planner: Any) -> None:
    course, people = held(2)
    with pytest.raises(NotNow, match="아직 다"):
        issue(course, planner)
    first = course.sessions.first()
    assert first is not None
    services.write_attendance(
        course_id=course.pk, marks={(people[0].pk, first.pk): 300}, by=planner, now=AFTER
    )
    with pytest.raises(NotNow, match="아직 다"):
        issue(course, planner)


def test_attendance_written_before_the_end_was_noticed_counts(announced: Any, planner: Any) -> None:
    course = announced(*DAYS, capacity=1)
    person = come(course).enrolment
    write(course, planner, [person], (300, 300))
    with pytest.raises(NotNow, match="끝난 교육"):
        issue(course, planner)
    services.follow(now=AFTER)
    assert fresh(course).attendance_at == AFTER
    assert not queries.courses_in_the_hands_of(planner).filter(pk=course.pk).exists()
    assert [one.enrolment_id for one in issue(course, planner)] == [person.pk]
    assert list(breaches()) == []


def test_what_cannot_be_written(held: Any, announced: Any, planner: Any, person: Any) -> None:
    course, people = held()
    with pytest.raises(Refused, match="300분"):
        write(course, planner, people, (301, 300))
    with pytest.raises(NotNow, match="시작하지 않은"):
        write(course, planner, people, (300, 300), now=seoul("2026-10-07 12:00"))
    stranger = come(announced()).enrolment
    with pytest.raises(NotFound):
        write(course, planner, [stranger], (300, 300))
    with pytest.raises(NotAllowed):
        write(course, person("nam.gy"), people, (300, 300))  # another team's
    write(course, person("seo.yh"), people, (300, 300))  # the manager sees all
    with pytest.raises(NotNow):
        issue(announced(), planner)
    assert Event.objects.filter(kind="attendance-written").count() == 1


# --- what surveys ask about ---------------------------------------------------------------------


def test_those_who_attended_are_offered_to_surveys(held: Any, planner: Any) -> None:
    course, people = held(3)
    since = seoul("2026-10-08 00:00")
    (occasion,) = ended_since("course", since, until=AFTER)
    assert list(occasion.people) == []  # nobody knows yet who was there
    write(course, planner, people, (300, 300), (10, 0), (0, 0))
    (occasion,) = ended_since("course", since, until=AFTER)
    assert [one.key for one in occasion.people] == [str(people[0].pk), str(people[1].pk)]
    assert occasion.people[0].way == "email"
    assert occasion.people[0].address == people[0].email
    assert (occasion.ended_at, occasion.worker, occasion.title) == (
        seoul("2026-10-08 15:00"),
        planner,
        course.title,
    )
    assert ended_since("course", AFTER, until=seoul("2026-10-09 00:00")) == []
