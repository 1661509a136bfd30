"""방문 대장 and 회신 대장: who came, who called and when they were called back.

Difficult calls are no register: they are for the protection of staff, seen by leads for a year.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from centre.calendar import SEOUL
from centre.models import User
from centre.queries import person_of
from centre.rights import may
from dashboards.registers.base import (
    HIDDEN,
    NotUnderstood,
    Reading,
    Register,
    Terms,
    promise_words,
    words_of,
)
from dashboards.registers.files import Cell, Column, Style
from reception import past
from reception.filters import NOTE_STATES, VISIT_STATES, PastFilter
from reception.models import Attempt, ContactNote, Visit
from reception.queries import CALLBACK, VISIT, contact_key
from records.masking import mask_email, mask_name, mask_phone
from records.personal import format_phone
from standards.models import Commitment

_YES = {True: "예", False: ""}


def allowed(user: User) -> bool:
    return person_of(user) is not None and may(user, "see_desk_records")


def _finder(states: list[Any], rows: Callable[..., Any]) -> Callable[..., Terms]:
    def find(request: HttpRequest, user: User, now: datetime) -> Terms:
        form = PastFilter(request.GET, states=states, now=now)
        wanted = form.wanted()
        if wanted is None:
            raise NotUnderstood
        return Terms(rows(wanted, user, now), words_of(form))

    return find


# --- visits -------------------------------------------------------------------------------------

VISIT_COLUMNS: Final = (
    Column("번호표", width=10),
    Column("오신 때", Style.INSTANT, 16),
    Column("성함", width=10, personal=True),
    Column("용무", width=14),
    Column("찾는 직원", width=14),
    Column("찾는 직원 부재", width=12),
    Column("팀", width=14),
    Column("상태", width=12),
    Column("부른 때", Style.INSTANT, 16),
    Column("응대를 시작한 때", Style.INSTANT, 16),
    Column("응대한 사람", width=14),
    Column("끝난 때", Style.INSTANT, 16),
    Column("기다린 시간(분)", Style.NUMBER, 13),
    Column("10분 넘김", width=10),
    Column("뒤늦게 적음", width=10),
    Column("적은 사람", width=14),
    Column("적은 때", Style.INSTANT, 16),
)


def read_visits(keys: Sequence[int], reading: Reading) -> list[list[Cell]]:
    """One query."""
    found = {row.visit.pk: row for row in past.visit_rows(Visit.objects.filter(pk__in=keys))}
    return [_visit(found[key], reading) for key in keys if key in found]


def _visit(row: past.PastVisit, reading: Reading) -> list[Cell]:
    visit, people = row.visit, reading.names.people
    over = row.minutes is not None and row.minutes >= 10
    return [
        visit.label,
        visit.arrived_at,
        visit.name if reading.plainly else row.masked,
        str(visit.get_purpose_display()),
        people.get(visit.sought_id),
        _YES[visit.sought_away],
        reading.names.teams.get(visit.team_id),
        str(visit.get_state_display()),
        visit.called_at,
        visit.served_at,
        people.get(visit.served_by_id),
        visit.ended_at,
        row.minutes,
        _YES[over],
        _YES[visit.entered_late],
        people.get(visit.recorded_by_id),
        visit.recorded_at,
    ]


VISITS: Final = Register(
    name="visits",
    title=_("방문 대장"),
    subject=VISIT,
    list_page="admin:reception_visit_changelist",
    columns=VISIT_COLUMNS,
    allowed=allowed,
    find=_finder(VISIT_STATES, lambda wanted, _user, now: past.visits(wanted, now=now)),
    read=read_visits,
    masking=_("성함을 가립니다."),
)

# --- contact notes ------------------------------------------------------------------------------

NOTE_COLUMNS: Final = (
    Column("경로", width=8),
    Column("받은 때", Style.INSTANT, 16),
    Column("받은 사람", width=14),
    Column("성함", width=10, personal=True),
    Column("소속", width=16, personal=True),
    Column("연락처", width=18, personal=True),
    Column("용건", width=40, personal=True),
    Column("원하는 방법", width=11),
    Column("찾는 직원", width=14),
    Column("연락할 사람", width=14),
    Column("팀", width=14),
    Column("회신 기한", Style.INSTANT, 16),
    Column("기한 이행", width=12),
    Column("처음 연락한 때", Style.INSTANT, 16),
    Column("연락한 기록", Style.LINES, 40),
    Column("끝", width=20),
    Column("마친 때", Style.INSTANT, 16),
)


def read_notes(keys: Sequence[int], reading: Reading) -> list[list[Cell]]:
    """Three queries: notes, their attempts, their promises."""
    attempts = Prefetch("attempts", Attempt.objects.order_by("at", "pk"))
    notes = list(ContactNote.objects.filter(pk__in=keys).prefetch_related(attempts))
    promises = Commitment.objects.filter(key__in=[contact_key(note) for note in notes])
    by_note = {promise.subject_id: promise for promise in promises}
    found = {note.pk: note for note in notes}
    return [_note(found[key], by_note.get(key), reading) for key in keys if key in found]


def _note(note: ContactNote, promise: Commitment | None, reading: Reading) -> list[Cell]:
    people = reading.names.people
    return [
        str(note.get_origin_display()),
        note.taken_at,
        people.get(note.taken_by_id),
        *_of_the_caller(note, reading),
        str(note.get_way_display()),
        people.get(note.sought_id),
        people.get(note.keeper_id),
        reading.names.teams.get(note.team_id),
        promise.due_at if promise else None,
        promise_words(promise, now=reading.now),
        note.first_attempt_at,
        "\n".join(_tried(attempt, people) for attempt in note.attempts.all()),
        str(note.get_ending_display()) if note.ending else "열림",
        note.closed_at,
    ]


def _of_the_caller(note: ContactNote, reading: Reading) -> tuple[str, str, str, str]:
    """Name, organisation, contact and matter."""
    if reading.plainly:
        contact = note.contact if "@" in note.contact else format_phone(note.contact)
        return note.name, note.organisation, contact, note.matter
    mask = mask_email if "@" in note.contact else mask_phone
    contact = mask(note.contact) if note.contact else ""
    return (
        mask_name(note.name),
        HIDDEN if note.organisation else "",
        contact,
        HIDDEN if note.matter else "",
    )


def _tried(attempt: Attempt, people: dict[int | None, str]) -> str:
    at = attempt.at.astimezone(SEOUL)
    who = people.get(attempt.by_id, "")
    way, outcome = attempt.get_way_display(), attempt.get_outcome_display()
    return f"{at:%Y-%m-%d %H:%M} {way} {outcome} {who}".strip()


NOTES: Final = Register(
    name="callbacks",
    title=_("회신 대장"),
    subject=CALLBACK,
    list_page="admin:reception_contactnote_changelist",
    columns=NOTE_COLUMNS,
    allowed=allowed,
    find=_finder(NOTE_STATES, lambda wanted, user, _now: past.notes(wanted, user=user)),
    read=read_notes,
    masking=_("성함과 연락처를 가리고, 소속과 용건은 싣지 않습니다."),
)
