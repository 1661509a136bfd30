"""Open contacts follow their people: to whoever stands in, and back. Called every minute."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from centre import queries as centre_queries
from reception.models import ContactNote
from reception.queries import keeper_for, notes_left_by_absent, notes_to_give_back
from reception.services.notes import give
from records.actors import SYSTEM


def follow_absences(*, now: datetime) -> int:
    """Says how many changed hands; each in a transaction of its own, once.

    An absence entered late moves what is running as well. The deputy keeps what he has begun, or
    said he would keep.
    """
    present = centre_queries.present_people(at=now)
    left = notes_left_by_absent(present=present).values_list("pk", flat=True)
    moved = sum(_pass_on(pk, now=now) for pk in list(left))
    back = notes_to_give_back(present=present).values_list("pk", flat=True)
    return moved + sum(_give_back(pk, now=now) for pk in list(back))


@transaction.atomic
def _pass_on(pk: int, *, now: datetime) -> bool:
    note = _held(pk)
    if note is None or centre_queries.is_present(note.keeper, at=now):
        return False
    to = keeper_for(note.sought, at=now)
    if to.pk == note.keeper_id or not centre_queries.is_present(to, at=now):
        return False
    return give(note, to, stands_in=to.pk != note.sought_id, by=SYSTEM, now=now)


@transaction.atomic
def _give_back(pk: int, *, now: datetime) -> bool:
    note = _held(pk)
    if note is None or not note.stands_in or note.attempts.exists():
        return False
    if note.keeper_id == note.sought_id:
        return False
    return give(note, note.sought, stands_in=False, by=SYSTEM, now=now)


def _held(pk: int) -> ContactNote | None:
    rows = ContactNote.objects.select_for_update(of=("self",)).filter(pk=pk, closed_at=None)
    return rows.select_related("sought__team", "sought__user", "keeper", "taken_by").first()
