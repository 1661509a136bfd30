"""Who was there, and who has earned a certificate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from centre.calendar import seoul_day
from centre.models import StaffMember
from education import queries
from education.errors import NotFound, NotNow, Refused
from education.models import Attendance, Certificate, Course, CourseState
from education.services import telling
from education.services._base import actor, change, lock, record, require_participants, words
from records.services import next_number

#: The minutes somebody was there, by enrolment and session.
Marks = Mapping[tuple[int, int], int]


@transaction.atomic
def write_attendance(
    *, course_id: int, marks: Marks, by: StaffMember, now: datetime, reason: str = ""
) -> Course:
    """Write down, or correct, who was there and for how many minutes of each session.

    A certificate whose holder was not there long enough after all is withdrawn; that needs a
    ``reason``, and the holder is told.
    """
    course = lock(course_id)
    require_participants(by, course)
    if course.state not in {CourseState.ANNOUNCED, CourseState.FINISHED}:
        raise NotNow("공지하지 않았거나 열지 않은 교육에는 출석을 적지 않습니다.")
    if course.disposed_at is not None:
        raise NotNow("보유기간이 지나 신청자 정보를 지운 교육입니다.")
    sessions, rows = queries.attendance(course)
    people = {row.enrolment.pk: row.enrolment for row in rows}
    length = {session.pk: session for session in sessions}
    for (person, session), minutes in marks.items():
        if person not in people or session not in length:
            raise NotFound
        if length[session].starts_at > now:
            raise NotNow("아직 시작하지 않은 차시의 출석은 적을 수 없습니다.")
        if not 0 <= minutes <= length[session].minutes:
            raise Refused(
                f"이 차시는 {length[session].minutes}분입니다. 빠진 시간을 다시 적어 주십시오.",
                field=f"missed_{person}_{session}",
            )
    _store(marks, by=by, now=now)
    withdrawn = _withdraw_unearned(course, reason=reason, by=by, now=now)
    data: dict[str, Any] = {"marks": len(marks), "withdrawn": withdrawn}
    record(course, "attendance-written", at=now, by=actor(by), **data)
    close_attendance(course, now=now)
    return course


def _store(marks: Marks, *, by: StaffMember, now: datetime) -> None:
    rows = [
        Attendance(enrolment_id=person, session_id=session, minutes=minutes, at=now, by=by)
        for (person, session), minutes in marks.items()
    ]
    Attendance.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["enrolment", "session"],
        update_fields=["minutes", "at", "by"],
    )


def _withdraw_unearned(course: Course, *, reason: str, by: StaffMember, now: datetime) -> int:
    needed = queries.completion_percent()
    _sessions, rows = queries.attendance(course)
    unearned = [row for row in rows if row.certificate is not None and row.percent < needed]
    if not unearned:
        return 0
    reason = words(
        reason,
        field="reason",
        required="수료증을 거두게 됩니다. 출석을 고치는 까닭을 적어 주십시오.",
    )
    for row in unearned:
        certificate = row.certificate
        assert certificate is not None  # noqa: S101 - chosen so above
        certificate.withdrawn_at, certificate.withdrawn_why = now, reason
        certificate.save(update_fields=["withdrawn_at", "withdrawn_why"])
        certificate.enrolment = row.enrolment
        key = f"certificate-withdrawn:{certificate.pk}"
        record(
            course,
            "certificate-withdrawn",
            at=now,
            by=actor(by),
            text=reason,
            key=key,
            number=certificate.number,
        )
        telling.tell_withdrawn(course, certificate, now=now)
    return len(unearned)


def close_attendance(course: Course, *, now: datetime) -> None:
    """Once it is over and nobody is left blank, surveys can ask those who were there."""
    if course.attendance_at is None and course.state == CourseState.FINISHED:
        _sessions, rows = queries.attendance(course)
        if all(None not in row.minutes for row in rows):
            change(course, attendance_at=now)


@transaction.atomic
def issue_certificates(*, course_id: int, by: StaffMember, now: datetime) -> list[Certificate]:
    """A numbered certificate for everybody who was there long enough and has none; they are told."""
    course = lock(course_id)
    require_participants(by, course)
    if course.state != CourseState.FINISHED:
        raise NotNow("끝난 교육에서만 수료증을 낼 수 있습니다.")
    if course.disposed_at is not None:
        raise NotNow("보유기간이 지나 신청자 정보를 지운 교육입니다.")
    if course.attendance_at is None:
        raise NotNow("출석을 아직 다 적지 않았습니다. 모든 사람의 출석을 먼저 적어 주십시오.")
    needed = queries.completion_percent()
    _sessions, rows = queries.attendance(course)
    issued: dict[int, Certificate] = {}
    for row in rows:
        if row.certificate is None and row.percent >= needed:
            issued[row.enrolment.pk] = Certificate.objects.create(
                enrolment=row.enrolment,
                number=_number(now),
                percent=row.percent,
                issued_at=now,
                issued_by=by,
            )
    if issued:
        record(course, "certificates-issued", at=now, by=actor(by), count=len(issued))
        telling.tell_completed(course, issued, now=now)
    return list(issued.values())


def _number(now: datetime) -> str:
    """``제2026-교육-0001호``: a number a year, never used twice."""
    year = seoul_day(now).year
    return f"제{year}-교육-{next_number(name=f'course-certificate-{year}'):04d}호"
