"""The demo centre, and shorthands for visits and notes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from centre.models import Absence, StaffMember
from centre.services import enter_absence
from complaints.tests.conftest import demo_centre, person, seoul
from reception import services
from reception.models import ContactNote, Visit
from reception.services import NewNote
from reception.services.notes import Taken
from records.actors import SYSTEM

__all__ = ["demo_centre", "person"]

#: A Wednesday in an ordinary week.
MORNING = seoul("2026-09-09 10:00")
_tokens = itertools.count(1)


def a_token() -> str:
    return f"form-{next(_tokens):08d}"


@pytest.fixture
def desk(person: Callable[[str], StaffMember]) -> StaffMember:
    """Who sits at the front desk."""
    return person("im.do")


@pytest.fixture
def away(person: Callable[[str], StaffMember]) -> Callable[..., Absence]:
    """Somebody is away from one instant of Seoul to another."""

    def do(username: str, starts: str, ends: str, *, entered: datetime | None = None) -> Absence:
        return enter_absence(
            person_id=person(username).pk,
            starts_at=seoul(starts),
            ends_at=seoul(ends),
            reason="trip",
            by=SYSTEM,
            now=entered or seoul("2026-09-01 09:00"),
        )

    return do


@pytest.fixture
def come(desk: StaffMember, person: Callable[[str], StaffMember]) -> Callable[..., Visit]:
    """A visitor arrives."""

    def do(now: datetime = MORNING, sought: str = "", **values: Any) -> Visit:
        given: dict[str, Any] = {"form_token": a_token(), "purpose": "consult", "by": desk} | values
        if sought:
            given["sought_id"] = person(sought).pk
        return services.arrive(now=now, **given).visit

    return do


@pytest.fixture
def take(desk: StaffMember, person: Callable[[str], StaffMember]) -> Callable[..., Taken]:
    """A contact note; by default a caller for a colleague."""

    def do(now: datetime = MORNING, sought: str = "cha.mj", **values: Any) -> Taken:
        token = values.pop("form_token", None) or a_token()
        given: dict[str, Any] = {
            "origin": "phone",
            "sought_id": person(sought).pk,
            "name": "김하람",
            "contact": "010-0000-1234",
            "matter": "수료증을 다시 받고 싶습니다.",
        } | values
        return services.take_note(form_token=token, new=NewNote(**given), by=desk, now=now)

    return do


def fresh(note: ContactNote) -> ContactNote:
    return ContactNote.objects.select_related("keeper", "sought").get(pk=note.pk)
