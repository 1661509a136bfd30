"""The iCalendar file, read back by a parser, and by its bytes (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from icalendar import Calendar

from complaints.tests.conftest import seoul
from education import services
from education.tests.conftest import MORNING, fresh, times


def events_of(content: bytes) -> list[Any]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


def test_each_day_is_an_event_in_utc(announced: Any) -> None:
    course = announced("2026-10-07 10:00-17:00", "2026-10-08 00:30-02:00")
    content = services.calendar_of(course)
    first, second = events_of(content)
    assert first.decoded("dtstart") == datetime(2026, 10, 7, 1, tzinfo=UTC)
    assert first.decoded("dtend") == datetime(2026, 10, 7, 8, tzinfo=UTC)
    assert second.decoded("dtstart") == datetime(2026, 10, 7, 15, 30, tzinfo=UTC)
    assert b"DTSTART:20261007T010000Z\r\n" in content
    assert str(first["summary"]) == "마음을 여는 상담과 응대 (1/2)"
    assert first["uid"] != second["uid"]


def test_long_korean_lines_are_folded_between_characters(announced: Any) -> None:
    text = "화난 분의 말씀을 듣는 법, 쉬운 말로; 설명하는 법\\을\n연습합니다. " * 20
    course = announced(text=text, title="가" * 120)
    content = services.calendar_of(course)
    lines = content.split(b"\r\n")
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in lines) <= 75
    for line in lines:
        line.decode()  # no character is cut in two
    (event,) = events_of(content)
    assert str(event["description"]).startswith(course.text)
    assert str(event["summary"]) == "가" * 120


def test_a_change_is_known_as_one(announced: Any, planner: Any, person: Any) -> None:
    course = announced()
    before = events_of(services.calendar_of(course))[0]
    services.move(
        course_id=course.pk,
        sessions=times("2026-10-21 10:00-17:00"),
        place="대회의실",
        reason="공사",
        by=planner,
        now=seoul("2026-09-10 10:00"),
    )
    after = events_of(services.calendar_of(fresh(course)))[0]
    assert after["uid"] == before["uid"]
    assert int(after["sequence"]) > int(before["sequence"])
    assert after.decoded("dtstamp") == seoul("2026-09-10 10:00")
    lead = person("cha.mj").team.members.get(position="lead")
    services.cancel_course(course_id=course.pk, reason="사정", by=lead, now=MORNING)
    gone = events_of(services.calendar_of(fresh(course)))[0]
    assert str(gone["status"]) == "CANCELLED"
    assert int(gone["sequence"]) > int(after["sequence"])
