"""What every verb does: check, change by a conditional update, record."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.models import StaffMember
from centre.rights import may
from complaints import typed
from reception.errors import NotAllowed, NotFound, PersonLeft, Refused
from reception.models import ContactNote
from reception.queries import notes_visible_to
from records import services as records
from records.actors import Actor


def actor(person: StaffMember) -> Actor:
    return Actor.staff(person.user_id, str(person))


def require(person: StaffMember, right: str) -> None:
    if not may(person.user, right):
        raise NotAllowed


def record(
    subject_type: str,
    subject_id: int,
    kind: str,
    *,
    at: datetime,
    by: Actor,
    now: datetime | None = None,
    data: dict[str, Any] | None = None,
    key: str | None = None,
) -> bool:
    event = records.record(
        subject_type=subject_type,
        subject_id=subject_id,
        kind=kind,
        at=at,
        recorded_at=now or at,
        by=by,
        data=data or {},
        key=key,
    )
    return event is not None


#: Text typed by a person, made clean; Refused where missing, too long or forbidden.
words = partial(typed.words, refused=Refused, longest=200)


#: What makes a form count once; Refused where it is none.
token = partial(typed.token, refused=Refused)


def sought_person(person_id: int, *, now: datetime) -> StaffMember:
    """Whom somebody asks for; PersonLeft with whoever can be asked instead."""
    person = StaffMember.objects.select_related("team", "user").filter(pk=person_id).first()
    if person is None:
        raise Refused("찾는 직원을 다시 골라 주십시오.", field="sought")
    day = seoul_day(now)
    gone = person.left_on is not None and person.left_on <= day
    if gone or not person.user.is_active:
        raise PersonLeft(person, centre_queries.stand_in(person, at=now))
    return person


def lock_note(note_id: int, *, by: StaffMember) -> ContactNote:
    """The note, held until the transaction ends, once it is clear that ``by`` may see it."""
    rows = ContactNote.objects.select_for_update(of=("self",)).select_related(
        "sought__user", "sought__team", "keeper__user", "keeper__team", "team", "visit"
    )
    note = rows.filter(pk=note_id).first()
    if note is None or not notes_visible_to(by.user).filter(pk=note_id).exists():
        raise NotFound
    return note
