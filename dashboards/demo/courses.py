"""Courses: planned, announced in time and once late, enrolled in, held, certified."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from centre.calendar import seoul_day
from dashboards.demo import opinions, staff
from dashboards.demo.world import World
from education import services, texts
from education.models import Course, CourseState, Enrolment, EnrolmentState
from education.services import NewEnrolment, Plan, Times

DATA: Final = Path(__file__).resolve().parent.parent / "data" / "demo_life.toml"
#: From one course to the next, and how many days ahead each is announced; the third one is late.
EVERY, AHEAD, LATE_AHEAD, LATE = 26, (23, 33), 14, 2
#: Days from the end of the past at which courses begin that one can still enrol in.
COMING: Final = (13, 27, 41)
#: A past shorter than this has one course that was held, announced late.
SHORT: Final = timedelta(days=60)
FIRST_NUMBER: Final = 50_000


@cache
def life() -> dict[str, Any]:
    """Courses, remarks and what people wrote down: the texts of this simulation."""
    return tomllib.loads(DATA.read_text("utf-8"))


class Courses:
    """What the education team does, and who comes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._people = FIRST_NUMBER

    def begin(self, now: datetime) -> None:
        """Plan all courses of the past and the ones that are still to come at its end."""
        first, last = seoul_day(now), seoul_day(self.world.end)
        for number, (starts, ahead) in enumerate(self._times(first, last)):
            announce_on = max(starts - timedelta(days=ahead), first + timedelta(days=1))
            announce = self.world.next_open(announce_on)
            plan = partial(self._plan, number, starts, announce)
            planned = max(announce - timedelta(days=6), first)
            self.world.at(self.world.instant(planned, 17.2), "course planned", plan)

    def _times(self, first: date, last: date) -> list[tuple[date, int]]:
        """When each begins, and how many days before that it is announced."""
        coming = [(last + timedelta(days=days), max(25, days + 4)) for days in COMING]
        if last - first < SHORT:
            return [(first + timedelta(days=8), 6), *coming]
        held: list[tuple[date, int]] = []
        day = first + timedelta(days=EVERY)
        while day < last - timedelta(days=3):
            ahead = LATE_AHEAD if len(held) == LATE else self.world.rng.randint(*AHEAD)
            held.append((day, ahead))
            day += timedelta(days=EVERY)
        return held + coming

    def _plan(self, number: int, starts: date, announce: date, now: datetime) -> None:
        by = staff.somebody_of("education", world=self.world, now=now)
        if by is None:
            return
        kinds = life()["courses"]
        course = services.create_course(
            form_token=self.world.token(),
            plan=self._written(kinds[number % len(kinds)], starts, handler_id=by.pk),
            by=by,
            now=now,
        )
        self.world.at(
            self.world.instant(announce, 10.3),
            "course announced",
            partial(self._announce, course.pk),
        )

    def _written(self, kind: dict[str, Any], starts: date, *, handler_id: int) -> Plan:
        sessions, day = [], self.world.next_open(starts)
        for begins, ends in kind["sessions"]:
            sessions.append(Times(self.world.instant(day, begins), self.world.instant(day, ends)))
            day = self.world.next_open(day + timedelta(days=1))
        return Plan(
            title=kind["title"],
            handler_id=handler_id,
            text=kind["text"],
            audience=kind["audience"],
            place=kind["place"],
            online=kind.get("online", False),
            assistance=life()["course_assistance"],
            hours=Decimal(str(kind["hours"])),
            capacity=kind["capacity"],
            sessions=sessions,
        )

    def _announce(self, course_id: int, now: datetime) -> None:
        course = Course.objects.get(pk=course_id)
        by = staff.lead_of("education", now=now)
        if by is None or course.starts_at is None or course.ends_at is None:
            return
        late = course.starts_at < now + timedelta(days=21)
        reason = life()["late_announcement"] if late else ""
        services.announce(course_id=course_id, by=by, now=now, reason=reason)
        world = self.world
        wanted = round(course.capacity * world.rng.uniform(0.6, 1.15))
        for _person in range(wanted):
            enrol = partial(self._enrol, course_id)
            world.at(self._moment(now, course.starts_at), "enrolled", enrol)
        world.at(
            course.starts_at - timedelta(days=3),
            "place given back",
            partial(self._give_back, course_id),
        )
        after = world.next_open(seoul_day(course.ends_at) + timedelta(days=1))
        world.at(world.instant(after, 10.6), "attendance", partial(self._attendance, course_id))

    def _moment(self, now: datetime, starts_at: datetime) -> datetime:
        """Most enrol soon after the announcement."""
        share = min(self.world.rng.expovariate(3.5), 0.93)
        return now + (starts_at - timedelta(days=1) - now) * share

    def _enrol(self, course_id: int, now: datetime) -> None:
        if not Course.objects.get(pk=course_id).takes_enrolments(at=now):
            return
        self._people += 1
        person = opinions.citizen(self.world.rng, self._people)
        asked = life()["assistance"]
        services.enrol(
            course_id=course_id,
            form_token=self.world.token(),
            new=NewEnrolment(
                name=person.name,
                email=person.email,
                assistance=self.world.rng.choice(asked) if self.world.chance(0.05) else "",
                consent_version=texts.consent()["version"],
                age_confirmed=True,
            ),
            now=now,
        )

    def _give_back(self, course_id: int, now: datetime) -> None:
        """Somebody cannot come after all, and rings."""
        by = staff.somebody_of("education", world=self.world, now=now)
        rows = Enrolment.objects.filter(course_id=course_id, state=EnrolmentState.ENROLLED)
        enrolment = rows.order_by("pk").last()
        if by is not None and enrolment is not None:
            services.cancel_enrolment(enrolment_id=enrolment.pk, by=by, now=now)

    def _attendance(self, course_id: int, now: datetime) -> None:
        course = Course.objects.get(pk=course_id)
        by = staff.somebody_of("education", world=self.world, now=now)
        if by is None or course.state != CourseState.FINISHED:
            return
        sessions = list(course.sessions.all())
        rows = course.enrolments.filter(state=EnrolmentState.ENROLLED).order_by("pk")
        marks = {
            (person, session.pk): self._minutes(session.minutes)
            for person in rows.values_list("pk", flat=True)
            for session in sessions
        }
        if marks:
            services.write_attendance(course_id=course_id, marks=marks, by=by, now=now)
            self.world.later(60, "certificates", partial(self._certify, course_id))

    def _minutes(self, whole: int) -> int:
        if self.world.chance(0.92):
            return whole
        return self.world.rng.choice((0, whole // 2))

    def _certify(self, course_id: int, now: datetime) -> None:
        by = staff.somebody_of("education", world=self.world, now=now)
        if by is not None:
            services.issue_certificates(course_id=course_id, by=by, now=now)
