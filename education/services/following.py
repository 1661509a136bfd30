"""What beat does for courses: enrolment opens, the day before, the end, the disposal."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from centre import options
from centre.calendar import SEOUL, seoul_day
from education.models import (
    Announcement,
    Course,
    CourseState,
    Enrolment,
    EnrolmentState,
)
from education.queries import ENROLMENT
from education.services import telling
from education.services._base import change, lock, record
from education.services.announcing import count_opened
from education.services.attending import close_attendance
from notices import services as notices
from records.actors import SYSTEM

log = logging.getLogger(__name__)


def follow(*, now: datetime) -> int:
    """One pass: what opened is counted, who comes tomorrow is reminded, what is over is finished.

    A course that fails is logged and tried again by the next pass; it does not stop the others.
    Says how much was done.
    """
    done = _each(_opened(now), lambda pk: count_opened(announcement_id=pk, now=now))
    done += _each(_soon(now), lambda pk: remind(course_id=pk, now=now))
    return done + _each(_over(now), lambda pk: finish(course_id=pk, now=now))


def _each(ids: list[int], work: Callable[[int], bool]) -> int:
    done = 0
    for pk in ids:
        try:
            done += work(pk)
        except Exception as error:  # noqa: BLE001 - one course must not stop the others
            log.error("course step of %d failed: %s", pk, type(error).__name__)  # noqa: TRY400
    return done


def _opened(now: datetime) -> list[int]:
    rows = Announcement.objects.filter(counted=False, counts_at__lte=now)
    rows = rows.filter(course__state=CourseState.ANNOUNCED)
    return list(rows.order_by("counts_at").values_list("pk", flat=True)[:500])


def _soon(now: datetime) -> list[int]:
    """Announced courses that begin within two days and whose start nobody was reminded of."""
    rows = Course.objects.filter(
        state=CourseState.ANNOUNCED, starts_at__gt=now, starts_at__lte=now + timedelta(days=2)
    )
    rows = rows.filter(Q(reminded_for=None) | ~Q(reminded_for=F("starts_at")))
    return list(rows.values_list("pk", flat=True))


def _over(now: datetime) -> list[int]:
    rows = Course.objects.filter(state=CourseState.ANNOUNCED, ends_at__lte=now)
    return list(rows.order_by("ends_at").values_list("pk", flat=True)[:500])


@transaction.atomic
def remind(*, course_id: int, now: datetime) -> bool:
    """The mail of the day before, from the hour on that the centre set, once a start.

    On the day itself it would say something wrong: then it is left out, and recorded so.
    """
    course = lock(course_id)
    start = course.starts_at
    if course.state != CourseState.ANNOUNCED or start is None or start <= now:
        return False
    if course.reminded_for == start:
        return False
    day_before = seoul_day(start) - timedelta(days=1)
    today = seoul_day(now)
    hour = options.number("course_reminder_hour")
    if today < day_before or (today == day_before and now.astimezone(SEOUL).hour < hour):
        return False
    change(course, reminded_for=start)
    if today > day_before:
        record(course, "reminder-left-out", at=now, by=SYSTEM, key=f"reminded:{start.isoformat()}")
        return True
    coming = course.enrolments.filter(state=EnrolmentState.ENROLLED).order_by("pk")
    count = telling.tell_tomorrow(course, coming, now=now)
    key = f"reminded:{start.isoformat()}"
    record(course, "course-reminded", at=now, by=SYSTEM, key=key, count=count)
    return True


@transaction.atomic
def finish(*, course_id: int, now: datetime) -> bool:
    """It is over: at its end, however late it is noticed. Attendance may be written already."""
    course = lock(course_id)
    if course.state != CourseState.ANNOUNCED or course.ends_at is None or course.ends_at > now:
        return False
    change(course, state=CourseState.FINISHED, finished_at=course.ends_at)
    record(course, "course-finished", at=course.ends_at, now=now, by=SYSTEM, key="finished")
    close_attendance(course, now=now)
    return True


# --- disposal -----------------------------------------------------------------------------------


def dispose_due(*, now: datetime) -> int:
    """Blank participants of courses whose retention has passed. Says of how many courses."""
    years = options.number("course_retention_years")
    before = _years_before(now, years)
    over = Q(state=CourseState.FINISHED, finished_at__lte=before) | Q(
        state=CourseState.CANCELLED, cancelled_at__lte=before
    )
    rows = Course.objects.filter(over, disposed_at=None).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:100])
    return _each(ids, lambda pk: dispose(course_id=pk, before=before, now=now))


def _years_before(now: datetime, years: int) -> datetime:
    local = now.astimezone(SEOUL)
    try:
        return local.replace(year=local.year - years)
    except ValueError:  # 29 February
        return local.replace(year=local.year - years, day=28)


@transaction.atomic
def dispose(*, course_id: int, before: datetime, now: datetime) -> bool:
    """Names, contacts, wishes, links and the texts of notices of one course go for good.

    Numbers stay: places, attendance, certificates by number. The record says how many and why.
    """
    course = lock(course_id)
    ended = course.finished_at or course.cancelled_at
    if course.disposed_at is not None or ended is None or ended > before:
        return False
    people = list(course.enrolments.values_list("pk", flat=True))
    for pk in people:
        notices.cancel(subject_type=ENROLMENT, subject_id=pk, templates=None, now=now)
        notices.blank_contents(subject_type=ENROLMENT, subject_id=pk)
        Enrolment.objects.filter(pk=pk).update(
            name="",
            email="",
            phone="",
            assistance="",
            email_index="",
            phone_index="",
            nonce="",
            token_hash=secrets.token_hex(32),
        )
    change(course, disposed_at=now)
    years = options.number("course_retention_years")
    record(
        course,
        "disposed",
        at=now,
        by=SYSTEM,
        key="disposed",
        count=len(people),
        retention_years=years,
    )
    return True
