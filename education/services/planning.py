"""A course is planned: made, edited, given dates. Nothing of a draft is public."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from centre.calendar import CalendarError, seoul_day
from centre.models import StaffMember
from education import queries
from education.errors import NotNow, Refused
from education.models import Course, CourseSession, CourseState
from education.services._base import actor, change, lock, record, require, token, words
from education.services.enrolling import move_up
from education.services.promising import plan_promise, promise_anew
from records.actors import Actor
from standards import services as standards

MOST_SESSIONS = 10
MOST_PLACES = 2_000
LONGEST_AHEAD = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Times:
    """When a session begins and ends; aware."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is planned; a draft may lack what an announcement needs."""

    title: str
    handler_id: int
    text: str = ""
    audience: str = ""
    place: str = ""
    online: bool = False
    map_url: str = ""
    bring: str = ""
    assistance: str = ""
    hours: Decimal = Decimal(0)
    capacity: int = 0
    sessions: Sequence[Times] = ()
    enrol_opens_at: datetime | None = None
    enrol_closes_at: datetime | None = None


@transaction.atomic
def create_course(*, form_token: str, plan: Plan, by: StaffMember, now: datetime) -> Course:
    """A draft, once a form. With a date the promise to announce it in time begins."""
    require(by, "plan_course")
    known = Course.objects.filter(form_token=token(form_token)).first()
    if known is not None:
        return known
    values = _details(plan, now=now) | _dates(check_sessions(plan.sessions, now=now))
    course, created = Course.objects.get_or_create(
        form_token=form_token,
        defaults=values | _window(plan) | {"created_at": now, "created_by": by},
    )
    if created:
        write_sessions(course, plan.sessions)
        plan_promise(course, now=now)
        record(course, "course-planned", at=now, by=actor(by), key="planned")
    return course


@transaction.atomic
def edit_course(*, course_id: int, plan: Plan, by: StaffMember, now: datetime) -> Course:
    """Change a draft altogether; of an announced course everything but dates and place.

    More places go to those who wait at once.
    """
    require(by, "plan_course")
    course = lock(course_id)
    if course.state == CourseState.DRAFT:
        _edit_draft(course, plan, now=now)
    elif course.state == CourseState.ANNOUNCED:
        _edit_announced(course, plan, now=now)
    else:
        raise NotNow("끝났거나 열지 않기로 한 교육은 고칠 수 없습니다.")
    standards.change_team(subject_type=queries.COURSE, subject_id=course.pk, team=course.team)
    record(course, "course-edited", at=now, by=actor(by))
    return course


def _edit_draft(course: Course, plan: Plan, *, now: datetime) -> None:
    before = course.starts_at
    dates = _dates(check_sessions(plan.sessions, now=now))
    change(course, **_details(plan, now=now), **dates, **_window(plan))
    write_sessions(course, plan.sessions)
    if course.starts_at != before and (before is None or promise_anew(course, now=now)):
        plan_promise(course, now=now)


def _edit_announced(course: Course, plan: Plan, *, now: datetime) -> None:
    values = _details(plan, now=now)
    if values["place"] != course.place:
        raise Refused(
            "공지한 교육의 장소는 ‘일정 바꾸기’에서 바꿉니다. 신청하신 분께 알립니다.",
            field="place",
        )
    enrolled, _waiting = queries.seats(course)
    if values["capacity"] < max(1, enrolled):
        raise Refused(
            f"이미 {enrolled}명이 확정되어 있습니다. 정원을 그보다 줄일 수 없습니다.",
            field="capacity",
        )
    if not values["text"] or not values["hours"]:
        raise Refused("공지한 교육에는 소개와 교육 시간이 있어야 합니다.", field="text")
    closes = plan.enrol_closes_at or course.enrol_closes_at
    if closes is not None and course.starts_at is not None and closes > course.starts_at:
        raise Refused("신청 마감은 교육 시작보다 늦을 수 없습니다.", field="enrol_closes_on")
    change(course, **values, enrol_closes_at=closes)
    move_up(course, now=now)


@transaction.atomic
def hand_over(*, from_person: StaffMember, to_person: StaffMember, by: Actor, now: datetime) -> int:
    """Somebody leaves: the successor answers for the courses that are not done. Says how many."""
    courses = queries.courses_in_the_hands_of(from_person)
    done = 0
    for pk in courses.order_by("pk").values_list("pk", flat=True):
        course = lock(pk)
        if course.handler_id != from_person.pk:
            continue
        change(course, handler=to_person, team=to_person.team)
        standards.change_team(
            subject_type=queries.COURSE, subject_id=course.pk, team=to_person.team
        )
        record(course, "course-handed-over", at=now, by=by, to=to_person.pk)
        done += 1
    return done


def _details(plan: Plan, *, now: datetime) -> dict[str, Any]:
    handler = queries.planners(at=now).filter(pk=plan.handler_id).first()
    if handler is None:
        raise Refused("담당자를 다시 골라 주십시오.", field="handler")
    if not 0 <= plan.capacity <= MOST_PLACES:
        raise Refused(f"정원은 {MOST_PLACES:,}명까지 정할 수 있습니다.", field="capacity")
    if not 0 <= plan.hours < 1000:
        raise Refused("교육 시간을 다시 확인해 주십시오.", field="hours")
    title = words(plan.title, field="title", required="과정 이름을 적어 주십시오.", longest=120)
    return {
        "title": " ".join(title.split()),
        "text": words(plan.text, field="text", longest=5_000),
        "audience": words(plan.audience, field="audience", longest=120),
        "place": words(plan.place, field="place", longest=120),
        "online": plan.online,
        "map_url": _address(plan.map_url),
        "bring": words(plan.bring, field="bring", longest=200),
        "assistance": words(plan.assistance, field="assistance", longest=1_000),
        "hours": plan.hours,
        "capacity": plan.capacity,
        "handler": handler,
        "team": handler.team,
    }


def _address(text: str) -> str:
    found = words(text, field="map_url", longest=300)
    if found and urlsplit(found).scheme not in {"http", "https"}:
        raise Refused("주소는 https://로 시작해야 합니다.", field="map_url")
    return found


def _dates(sessions: Sequence[Times]) -> dict[str, datetime | None]:
    if not sessions:
        return {"starts_at": None, "ends_at": None}
    return {"starts_at": sessions[0].starts_at, "ends_at": sessions[-1].ends_at}


def _window(plan: Plan) -> dict[str, datetime | None]:
    opens, closes = plan.enrol_opens_at, plan.enrol_closes_at
    if opens is not None and closes is not None and opens >= closes:
        raise Refused("신청 마감은 신청 시작보다 늦어야 합니다.", field="enrol_closes_on")
    if closes is not None and plan.sessions and closes > plan.sessions[0].starts_at:
        raise Refused("신청 마감은 교육 시작보다 늦을 수 없습니다.", field="enrol_closes_on")
    return {"enrol_opens_at": opens, "enrol_closes_at": closes}


def check_sessions(sessions: Sequence[Times], *, now: datetime) -> Sequence[Times]:
    """Refused where they overlap, are out of order, lie behind us or too far ahead."""
    if len(sessions) > MOST_SESSIONS:
        raise Refused(f"차시는 {MOST_SESSIONS}개까지 적을 수 있습니다.", field="sessions")
    if sessions:
        _check_start(sessions[0].starts_at, now=now)
    for one in sessions:
        if one.starts_at >= one.ends_at:
            raise Refused("끝나는 시각은 시작보다 늦어야 합니다.", field="sessions")
        if seoul_day(one.starts_at) != seoul_day(one.ends_at):
            raise Refused(
                "한 차시는 하루 안에 끝나야 합니다. 날마다 따로 적어 주십시오.", field="sessions"
            )
    for one, following in pairwise(sessions):
        if following.starts_at < one.ends_at:
            raise Refused("차시는 앞의 것부터, 겹치지 않게 적어 주십시오.", field="sessions")
    return sessions


def _check_start(starts_at: datetime, *, now: datetime) -> None:
    if starts_at <= now:
        raise Refused(
            "지난 날에는 교육을 열 수 없습니다. 날짜를 다시 적어 주십시오.", field="sessions"
        )
    if starts_at > now + LONGEST_AHEAD:
        raise Refused("두 해보다 먼 날입니다. 연도를 다시 확인해 주십시오.", field="sessions")
    try:
        queries.announce_by(starts_at)
    except CalendarError as error:
        raise Refused(str(error), field="sessions") from error


def write_sessions(course: Course, sessions: Sequence[Times]) -> None:
    """These are the sessions now; those that stay keep what was written about them."""
    kept = {row.starts_at: row for row in course.sessions.all()}
    wanted = {one.starts_at for one in sessions}
    course.sessions.exclude(starts_at__in=wanted).delete()
    for one in sessions:
        row = kept.get(one.starts_at)
        if row is None:
            CourseSession.objects.create(
                course=course, starts_at=one.starts_at, ends_at=one.ends_at
            )
        elif row.ends_at != one.ends_at:
            row.ends_at = one.ends_at
            row.save(update_fields=["ends_at"])
