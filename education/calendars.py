"""A course as an iCalendar file (RFC 5545): one event a session, in UTC. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from icalendar import Calendar, Event

from education.wording import Span

CONTENT_TYPE = "text/calendar; charset=utf-8"
FILE_NAME = "course.ics"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarCourse:
    """``stamp`` is when this was last told; ``sequence`` goes up with each change, so that a
    calendar which knows the course takes the new date instead of adding a second one."""

    course_id: int
    title: str
    text: str
    place: str
    url: str
    contact: str
    host: str
    stamp: datetime
    sequence: int
    cancelled: bool = False


def calendar_file(course: CalendarCourse, sessions: Sequence[Span]) -> bytes:
    """The file. Lines are folded at 75 octets, never inside a character (3.1)."""
    calendar = Calendar()
    calendar.add("prodid", f"-//{course.host}//courses//KO")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for number, session in enumerate(sessions, start=1):
        calendar.add_component(_event(course, session, number, of=len(sessions)))
    content: bytes = calendar.to_ical()
    return content


def _event(course: CalendarCourse, session: Span, number: int, *, of: int) -> Event:
    event = Event()
    event.add("uid", f"course-{course.course_id}-{number}@{course.host}")
    event.add("dtstamp", course.stamp.astimezone(UTC))
    event.add("dtstart", session.starts_at.astimezone(UTC))
    event.add("dtend", session.ends_at.astimezone(UTC))
    event.add("sequence", course.sequence)
    event.add("status", "CANCELLED" if course.cancelled else "CONFIRMED")
    event.add("summary", f"{course.title} ({number}/{of})" if of > 1 else course.title)
    event.add("location", course.place)
    event.add("description", f"{course.text}\n\n{course.contact}".strip())
    event.add("url", course.url)
    return event
