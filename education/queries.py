"""What is known of courses: public list, places, participants, promises. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.urls import reverse

from centre import options
from centre import queries as centre_queries
from centre.calendar import SEOUL, Rule, last_day, seoul_day
from centre.models import Role, StaffMember, User
from centre.rights import may
from education.models import (
    ACTIVE,
    Announcement,
    Attendance,
    Certificate,
    Course,
    CourseSession,
    CourseState,
    Enrolment,
    EnrolmentState,
)
from records import crypto
from standards import services as standards
from standards.models import Commitment
from standards.occasions import Occasion, Participant

COURSE: Final = "course"
ENROLMENT: Final = "enrolment"
CODE: Final = "course-notice"

_ENROLLED: Final = Q(enrolments__state=EnrolmentState.ENROLLED)
_WAITING: Final = Q(enrolments__state=EnrolmentState.WAITING)


# --- the promise --------------------------------------------------------------------------------


def notice_key(course: Course) -> str:
    """The promise of the date in force; a date counted anew has one of its own."""
    return notice_key_of(course.pk, course.round)


def notice_key_of(course_id: int, turn: int) -> str:
    key = f"course:{course_id}:notice"
    return key if turn == 1 else f"{key}:{turn}"


def parts_of(key: str) -> tuple[int, int]:
    """The course and the round that a key speaks of."""
    parts = key.split(":")
    return int(parts[1]), int(parts[3]) if len(parts) > 3 else 1


def promises(courses: Iterable[Course]) -> dict[int, Commitment]:
    """The promise in force of each course that has one; one query."""
    keys = {notice_key(course): course.pk for course in courses}
    return {keys[row.key]: row for row in Commitment.objects.filter(key__in=keys)}


def announce_by(starts_at: datetime) -> date:
    """The last day on which a course with this start can be announced in time (헌장 L18)."""
    return last_day(Rule.DAYS_BEFORE, standards.due_for_code(CODE, starts_at).instant)


def days_before(at: datetime, starts_at: datetime) -> int:
    """Days of the calendar from an instant to the day of the start, in Seoul."""
    return (seoul_day(starts_at) - seoul_day(at)).days


# --- addresses and people -----------------------------------------------------------------------


def course_url(course_id: int) -> str:
    return f"{settings.SITE_URL}{reverse('education:course', args=[course_id])}"


def staff_path(course_id: int) -> str:
    return reverse("admin:education_course_change", args=[course_id])


def contact_of(course: Course, *, centre_phone: str | None = None) -> str:
    """Unit, person and phone, as every answer of the centre names them."""
    phone = centre_queries.phone_of(course.handler, centre_phone=centre_phone)
    return f"{course.team} {course.handler.name} {phone}"


def link_token(nonce: str) -> str:
    """The secret of an enrolment's link. Whoever has the rows but not INDEX_KEY cannot make it."""
    return crypto.keyed_hash("enrolment-link", nonce)[:40]


def token_hash(token: str) -> str:
    return crypto.keyed_hash("enrolment-token", token)


def enrolment_by_token(token: str) -> Enrolment | None:
    rows = Enrolment.objects.select_related("course__handler__team", "course__team")
    return rows.filter(token_hash=token_hash(token)).exclude(name="").first()


def enrolment_url(enrolment: Enrolment) -> str:
    path = reverse("education:enrolment", args=[link_token(enrolment.nonce)])
    return f"{settings.SITE_URL}{path}"


# --- lists --------------------------------------------------------------------------------------


def with_counts(courses: QuerySet[Course]) -> QuerySet[Any]:
    return courses.annotate(
        enrolled=Count("enrolments", filter=_ENROLLED), waiting=Count("enrolments", filter=_WAITING)
    )


WHEN: Final = ("open", "coming", "full", "running", "past")


@dataclass(frozen=True, slots=True)
class Listed:
    """A course as the public list shows it; ``standing`` is one of `WHEN`, or ``cancelled``,
    ``closed`` (announced, no enrolment any more)."""

    course: Any
    sessions: Sequence[CourseSession]
    standing: str

    @property
    def free(self) -> int:
        return int(max(0, self.course.capacity - self.course.enrolled))


def standing(course: Any, *, now: datetime) -> str:
    """Where a public course stands; ``course`` carries its counts."""
    if course.state == CourseState.CANCELLED:
        return "cancelled"
    if course.state == CourseState.FINISHED or course.has_ended(at=now):
        return "past"
    if course.has_started(at=now):
        return "running"
    if course.enrol_opens_at > now:
        return "coming"
    if not course.takes_enrolments(at=now):
        return "closed"
    return "full" if course.enrolled >= course.capacity else "open"


def public_courses() -> QuerySet[Any]:
    """Every course that was ever announced."""
    return (
        with_counts(Course.objects.exclude(announced_at=None))
        .select_related("team", "handler__team")
        .prefetch_related("sessions")
    )


def upcoming(*, now: datetime, month: date | None = None) -> list[Listed]:
    """Courses that are not over, the next first; those called off stay until their day."""
    courses = public_courses().exclude(_gone(now)).exclude(state=CourseState.FINISHED)
    courses = courses.exclude(starts_at=None)
    rows = _of_month(courses, month).order_by("starts_at", "pk")
    return [_listed(row, now=now) for row in rows]


def past(*, now: datetime, month: date | None = None) -> QuerySet[Any]:
    return _of_month(public_courses().filter(_gone(now)), month).order_by("-starts_at", "-pk")


def _gone(now: datetime) -> Q:
    """Over with its last session; one that was called off, with its first."""
    return Q(ends_at__lte=now) | Q(starts_at__lte=now, state=CourseState.CANCELLED)


def listed(courses: Iterable[Any], *, now: datetime) -> list[Listed]:
    return [_listed(course, now=now) for course in courses]


def _listed(course: Any, *, now: datetime) -> Listed:
    return Listed(course, list(course.sessions.all()), standing(course, now=now))


def _of_month(courses: QuerySet[Any], month: date | None) -> QuerySet[Any]:
    if month is None:
        return courses
    start = datetime.combine(month.replace(day=1), time(0), SEOUL)
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    end = datetime.combine(following, time(0), SEOUL)
    return courses.filter(starts_at__gte=start, starts_at__lt=end)


def months() -> list[date]:
    """The first days of the months that have public courses, the latest first."""
    courses = Course.objects.exclude(announced_at=None).exclude(starts_at=None)
    found = courses.datetimes("starts_at", "month", order="DESC", tzinfo=SEOUL)
    return [instant.date() for instant in found[:36]]


def staff_list(*, state: str = "") -> QuerySet[Any]:
    """All courses: drafts and those to come first, by date; what is over afterwards."""
    courses = with_counts(Course.objects.all()).select_related("team", "handler")
    if state:
        courses = courses.filter(state=state)
    return courses.order_by(F("starts_at").desc(nulls_first=True), "-pk")


# --- one course ---------------------------------------------------------------------------------


def announcements_of(course: Course) -> list[Announcement]:
    return list(course.announcements.select_related("by").order_by("at", "pk"))


def seats(course: Course) -> tuple[int, int]:
    """How many hold a place, and how many wait."""
    rows = course.enrolments.filter(state__in=ACTIVE).values_list("state").annotate(n=Count("pk"))
    found = dict(rows.order_by())
    return found.get(EnrolmentState.ENROLLED, 0), found.get(EnrolmentState.WAITING, 0)


def waiting_number(enrolment: Enrolment) -> int:
    """1 is the next to get a place."""
    before = Q(queued_at__lt=enrolment.queued_at) | Q(
        queued_at=enrolment.queued_at, pk__lt=enrolment.pk
    )
    waiting = Enrolment.objects.filter(course=enrolment.course_id, state=EnrolmentState.WAITING)
    return waiting.filter(before).count() + 1


def may_see_participants(user: User, course: Course) -> bool:
    """Those of one's own team's courses; a manager sees all."""
    if not may(user, "see_participants"):
        return False
    if user.has_role(Role.MANAGER):
        return True
    person = centre_queries.person_of(user)
    return person is not None and course.team_id == person.team_id


def courses_with_visible_people(user: User) -> QuerySet[Course]:
    """The courses whose participants this account may see."""
    if not may(user, "see_participants"):
        return Course.objects.none()
    if user.has_role(Role.MANAGER):
        return Course.objects.all()
    person = centre_queries.person_of(user)
    return Course.objects.filter(team=person.team_id) if person else Course.objects.none()


def course_ids_visible_to(user: User) -> Any:
    return courses_with_visible_people(user).values("pk")


def enrolment_ids_visible_to(user: User) -> Any:
    courses = courses_with_visible_people(user)
    return Enrolment.objects.filter(course__in=courses.values("pk")).values("pk")


def enrolment_path(enrolment_id: int) -> str:
    course_id = Enrolment.objects.values_list("course", flat=True).get(pk=enrolment_id)
    return staff_path(course_id)


def planners(*, at: datetime) -> QuerySet[StaffMember]:
    """Who can be responsible for a course."""
    return centre_queries.employed(at=at).select_related("team").order_by("team__place", "name")


def courses_in_the_hands_of(person: StaffMember) -> QuerySet[Course]:
    """Those that are not done yet: to be announced, held, or written down."""
    undone = Q(state__in=[CourseState.DRAFT, CourseState.ANNOUNCED])
    undone |= Q(state=CourseState.FINISHED, attendance_at=None, disposed_at=None)
    return Course.objects.filter(undone, handler=person)


def open_duties(person: StaffMember) -> int:
    """How many courses are in the hands of this person."""
    return courses_in_the_hands_of(person).count()


# --- attendance ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attended:
    """A participant with the minutes of each session (None: not written down yet)."""

    enrolment: Enrolment
    minutes: Sequence[int | None]
    percent: int
    certificate: Certificate | None

    @property
    def is_written(self) -> bool:
        return any(minutes is not None for minutes in self.minutes)


def percent(minutes: int, total: int) -> int:
    """Whole per cent, never rounded up to what was not reached."""
    return minutes * 100 // total if total else 0


def attendance(course: Course) -> tuple[list[CourseSession], list[Attended]]:
    """The sheet: sessions, and everybody who holds a place, in the order they came; four queries."""
    sessions = list(course.sessions.all())
    total = sum(session.minutes for session in sessions)
    in_force = Certificate.objects.filter(withdrawn_at=None)
    people = (
        course.enrolments.filter(state=EnrolmentState.ENROLLED)
        .prefetch_related("attendances", Prefetch("certificates", in_force, to_attr="in_force"))
        .order_by("queued_at", "pk")
    )
    rows = []
    for person in people:
        found = {row.session_id: row.minutes for row in person.attendances.all()}
        minutes = [found.get(session.pk) for session in sessions]
        share = percent(sum(one or 0 for one in minutes), total)
        rows.append(Attended(person, minutes, share, next(iter(person.in_force), None)))
    return sessions, rows


def attended(course: Course) -> QuerySet[Enrolment]:
    """Everybody who was there for any time at all."""
    there = Attendance.objects.filter(minutes__gt=0, session__course=course)
    return course.enrolments.filter(
        state=EnrolmentState.ENROLLED, pk__in=there.values("enrolment")
    ).order_by("pk")


def courses_ended_since(since: datetime, *, until: datetime) -> list[Occasion]:
    """What surveys ask about: courses that ended, with everybody known to have attended.

    Whoever is entered as present later is among them later (`standards.occasions`).
    """
    courses = (
        Course.objects.filter(state=CourseState.FINISHED, disposed_at=None)
        .filter(finished_at__gt=since, finished_at__lte=until)
        .select_related("team", "handler")
        .order_by("finished_at", "pk")
    )
    return [_occasion(course, course.finished_at) for course in courses if course.finished_at]


def _occasion(course: Course, ended_at: datetime) -> Occasion:
    people = [
        Participant(
            key=str(person.pk),
            name=person.name,
            way="email" if person.email else "phone",
            address=person.email or person.phone,
        )
        for person in attended(course)
    ]
    return Occasion(
        kind="course",
        subject_type=COURSE,
        subject_id=course.pk,
        title=course.title,
        ended_at=ended_at,
        team=course.team,
        worker=course.handler,
        people=people,
    )


def certificate_of(enrolment: Enrolment) -> Certificate | None:
    """The one in force."""
    return enrolment.certificates.filter(withdrawn_at=None).first()


def completion_percent() -> int:
    return options.number("course_completion_percent")
