"""A course is announced, moved, called off; the public and those enrolled are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from centre.models import StaffMember
from education import queries
from education.errors import NotNow, Refused
from education.models import Announcement, Course, CourseState
from education.queries import CODE
from education.services import telling
from education.services._base import actor, change, lock, record, require, words
from education.services.planning import Times, check_sessions, write_sessions
from education.services.promising import (
    drop_promise,
    keep_promise,
    open_promise,
    promise_anew,
    promise_of,
)
from education.wording import day_before_at_six, when
from notices import services as notices
from standards import services as standards

#: What an announcement must say; the message names what is missing.
_NEEDED = (
    ("title", "과정 이름"),
    ("text", "소개"),
    ("audience", "대상"),
    ("place", "장소"),
    ("starts_at", "날짜와 시각"),
    ("hours", "교육 시간"),
    ("capacity", "정원"),
)


def missing_of(course: Course) -> list[str]:
    """What a draft still lacks before it can be announced, by name."""
    return [name for field, name in _NEEDED if not getattr(course, field)]


@transaction.atomic
def announce(*, course_id: int, by: StaffMember, now: datetime, reason: str = "") -> Announcement:
    """Tell the public. Date, place, how to apply and an open enrolment are the evidence.

    Counted from when enrolment is open, if that is later. Later than 20 full days ahead only with
    a ``reason``, which is published; the promise is missed then.
    """
    require(by, "announce_course")
    course = lock(course_id)
    if course.state != CourseState.DRAFT:
        raise NotNow("이미 공지했거나 열지 않기로 한 교육입니다.")
    missing = missing_of(course)
    if missing:
        raise Refused(f"공지하려면 다음을 먼저 적어 주십시오: {', '.join(missing)}.")
    opens, closes = _checked_window(course, now=now)
    counts_at = max(now, opens)
    late = not _in_time(course, counts_at)
    reason = _reason(reason, late=late)
    change(
        course,
        state=CourseState.ANNOUNCED,
        announced_at=now,
        enrol_opens_at=opens,
        enrol_closes_at=closes,
    )
    announcement = _tell_the_public(
        course, counts_at=counts_at, late=late, reason=reason, by=by, now=now
    )
    if promise_of(course) is None:
        open_promise(course, now=now)
    _count(announcement, now=now)
    data: dict[str, Any] = {"days_before": announcement.days_before, "late": late}
    record(course, "course-announced", at=now, by=actor(by), text=reason, key="announced", **data)
    return announcement


def _checked_window(course: Course, *, now: datetime) -> tuple[datetime, datetime]:
    start = _start(course)
    if start <= now:
        raise Refused("시작한 뒤에는 공지할 수 없습니다. 날짜를 바꾸어 주십시오.")
    opens = course.enrol_opens_at or now
    closes = course.enrol_closes_at or day_before_at_six(start)
    if closes <= max(now, opens):
        if course.enrol_closes_at is not None:
            raise Refused("신청 마감이 이미 지났습니다. 신청 기간을 고친 뒤 공지해 주십시오.")
        closes = start
    if opens >= closes:
        raise Refused("신청 시작이 교육 시작보다 늦습니다. 신청 기간을 고쳐 주십시오.")
    return opens, min(closes, start)


def _start(course: Course) -> datetime:
    if course.starts_at is None:
        raise Refused("날짜와 시각을 먼저 적어 주십시오.", field="sessions")
    return course.starts_at


def _in_time(course: Course, counts_at: datetime) -> bool:
    """Before the end of the day that leaves 20 full days; at that midnight it is late."""
    return counts_at < standards.due_for_code(CODE, _start(course)).instant


def _reason(reason: str, *, late: bool) -> str:
    required = (
        "시작까지 20일이 남지 않았습니다. 늦은 사유를 적어 주십시오. 공개 화면에 그대로 보입니다."
    )
    return words(reason, field="reason", required=required if late else "", longest=300)


def _tell_the_public(
    course: Course,
    *,
    counts_at: datetime,
    late: bool,
    reason: str,
    by: StaffMember,
    now: datetime,
    before: datetime | None = None,
) -> Announcement:
    start, opens, closes = _start(course), course.enrol_opens_at, course.enrol_closes_at
    if opens is None or closes is None:
        raise ValueError("an announced course has its time of enrolment")
    announcement = Announcement.objects.create(
        course=course,
        round=course.round,
        at=now,
        counts_at=counts_at,
        by=by,
        starts_at=start,
        before_starts_at=before,
        place=course.place,
        how_to_apply=f"{queries.course_url(course.pk)} 또는 전화 {queries.contact_of(course)}",
        enrol_opens_at=opens,
        enrol_closes_at=closes,
        days_before=queries.days_before(counts_at, start),
        late=late,
        reason=reason,
    )
    announcement.calendar_file = telling.keep_calendar(course, now=now)
    announcement.save(update_fields=["calendar_file"])
    return announcement


def _count(announcement: Announcement, *, now: datetime) -> None:
    """The promise is kept, or missed, once all is there; what opens later is counted then."""
    if announcement.counts_at > now:
        return
    announcement.counted = True
    announcement.save(update_fields=["counted"])
    keep_promise(announcement.course_id, announcement.round, at=announcement.counts_at, now=now)


@transaction.atomic
def count_opened(*, announcement_id: int, now: datetime) -> bool:
    """Enrolment of a course that was announced before has opened."""
    found = Announcement.objects.select_for_update(of=("self",)).get(pk=announcement_id)
    if found.counted or found.counts_at > now:
        return False
    _count(found, now=now)
    return True


# --- moving -------------------------------------------------------------------------------------


@transaction.atomic
def move(
    *,
    course_id: int,
    sessions: Sequence[Times],
    place: str,
    reason: str,
    by: StaffMember,
    now: datetime,
) -> Announcement:
    """Another date or place for an announced course. Everybody who is enrolled or waits is told.

    An earlier start is counted anew: it is a promise of its own, missed where fewer than 20 full
    days are left. A later one leaves the promise as it was decided.
    """
    require(by, "plan_course")
    course = lock(course_id)
    if course.state != CourseState.ANNOUNCED:
        raise NotNow("공지한 교육만 일정을 바꿀 수 있습니다. 초안은 고치면 됩니다.")
    if course.has_started(at=now):
        raise NotNow("이미 시작한 교육은 일정을 바꿀 수 없습니다.")
    if not sessions:
        raise Refused("바뀐 날짜와 시각을 적어 주십시오.", field="sessions")
    check_sessions(sessions, now=now)
    place = words(place, field="place", required="장소를 적어 주십시오.", longest=120)
    old_sessions, old_start, old_place = list(course.sessions.all()), _start(course), course.place
    same = [(one.starts_at, one.ends_at) for one in old_sessions]
    if same == [(one.starts_at, one.ends_at) for one in sessions] and place == old_place:
        raise Refused("바뀐 것이 없습니다.", field="sessions")
    reason = words(
        reason,
        field="reason",
        required="바뀐 사유를 적어 주십시오. 신청하신 분과 공개 화면에 알립니다.",
        longest=300,
    )
    start = sessions[0].starts_at
    change(
        course,
        starts_at=start,
        ends_at=sessions[-1].ends_at,
        place=place,
        enrol_closes_at=_closing(course, old_start, start, now=now),
    )
    write_sessions(course, sessions)
    announcement = _announce_move(course, old_start, reason=reason, by=by, now=now)
    old_words = when(old_sessions) + (f" / {old_place}" if old_place != place else "")
    telling.tell_moved(course, announcement, old_words=old_words, now=now)
    earlier = start < old_start
    record(
        course, "course-moved", at=now, by=actor(by), text=reason, earlier=earlier, starts_at=start
    )
    notices.nudge()
    return announcement


def _closing(course: Course, old: datetime, new: datetime, *, now: datetime) -> datetime:
    """The end of enrolment keeps its distance from the start; else it is the start itself."""
    closes, opens = course.enrol_closes_at or old, course.enrol_opens_at or now
    moved = min(closes + (new - old), new)
    if moved > max(now, opens):
        return moved
    if opens >= new:
        raise Refused("신청 시작보다 이른 날로는 옮길 수 없습니다.", field="sessions")
    return new


def _announce_move(
    course: Course, old_start: datetime, *, reason: str, by: StaffMember, now: datetime
) -> Announcement:
    start, opens = _start(course), course.enrol_opens_at or now
    counts_at = max(now, opens)
    anew = start < old_start
    late = anew and not _in_time(course, counts_at)
    fresh = anew and promise_anew(course, now=now)
    if fresh:
        open_promise(course, now=now)
    announcement = _tell_the_public(
        course, counts_at=counts_at, late=late, reason=reason, by=by, now=now, before=old_start
    )
    if fresh:
        _count(announcement, now=now)
    else:
        announcement.counted = True
        announcement.save(update_fields=["counted"])
    return announcement


# --- calling off --------------------------------------------------------------------------------


@transaction.atomic
def cancel_course(*, course_id: int, reason: str, by: StaffMember, now: datetime) -> Course:
    """It will not be held: everybody who is enrolled or waits is told; the promise is counted apart."""
    require(by, "cancel_course")
    course = lock(course_id)
    if course.state not in {CourseState.DRAFT, CourseState.ANNOUNCED}:
        raise NotNow("이미 끝났거나 열지 않기로 한 교육입니다.")
    if course.ends_at is not None and course.ends_at <= now:
        raise NotNow("이미 끝난 교육입니다.")
    reason = words(reason, field="reason", required="열지 않는 사유를 적어 주십시오.", longest=200)
    told = course.state == CourseState.ANNOUNCED
    change(course, state=CourseState.CANCELLED, cancelled_at=now, cancel_reason=reason)
    drop_promise(course, now=now)
    if told:
        telling.tell_cancelled(course, now=now)
    record(course, "course-cancelled", at=now, by=actor(by), text=reason, key="cancelled")
    notices.nudge()
    return course
