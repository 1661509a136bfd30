"""Who is told of a contact note: the person sought, whoever stands in, and the citizen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from centre import queries as centre_queries
from centre.models import StaffMember
from centre.words import korean_instant
from notices import services as notices
from reception.models import WAYS, ContactNote, Way
from reception.queries import CALLBACK, promised_key

#: In which way a short word reaches the citizen; by phone it is a text that a person sends.
_CHANNELS = {Way.EMAIL: "email", Way.POST: "post"}


def note_url(note: ContactNote) -> str:
    return f"{settings.SITE_URL}{reverse('reception:note', args=[note.pk])}"


def tell_taken(
    note: ContactNote,
    people: Iterable[StaffMember | None],
    *,
    due_at: datetime,
    now: datetime,
    suffix: str = "",
) -> None:
    """At once: the person sought and whoever stands in."""
    chosen = {person.pk: person for person in people if person is not None}
    context = {
        "caller_name": note.name,
        "callback_due_at": korean_instant(due_at),
        "contact_way": WAYS[Way(note.way)],
        "matter": note.matter,
        "good_time": note.good_time,
        "taken_by": str(note.taken_by),
        "link": note_url(note),
    }
    notices.owe_many(
        [
            notices.Owed(
                key=f"callback:{note.pk}:taken:{person.pk}{suffix}",
                template="note-taken",
                subject_type=CALLBACK,
                subject_id=note.pk,
                to=notices.Person(person),
                context=context,
            )
            for person in chosen.values()
        ],
        now=now,
    )


def tell_promised(note: ContactNote, *, due_at: datetime, now: datetime) -> None:
    """The promise in writing (§7.14): by when, and that the words were passed on.

    An e-mail goes by itself; a text is sent by whoever took the note.
    """
    _tell_citizen(
        note,
        "callback-promised",
        key=promised_key(note),
        context={
            "staff_name": note.sought.name,
            "staff_title": note.sought.title,
            "callback_due_at": korean_instant(due_at),
            "contact_way": WAYS[Way(note.way)],
        },
        by_hand=note.taken_by,
        now=now,
    )


def tell_unreached(note: ContactNote, *, now: datetime) -> None:
    """The word that we tried: a text to be sent by whoever kept the note, or a mail."""
    if note.contact:
        _tell_citizen(
            note,
            "callback-unreached",
            key=f"callback:{note.pk}:unreached",
            context={"handler_phone": centre_queries.phone_of(note.keeper)},
            by_hand=note.keeper,
            now=now,
        )


def _tell_citizen(
    note: ContactNote,
    template: str,
    *,
    key: str,
    context: dict[str, Any],
    by_hand: StaffMember,
    now: datetime,
) -> None:
    channel = _CHANNELS.get(Way(note.way), "phone")
    notices.owe(
        key=key,
        template=template,
        subject_type=CALLBACK,
        subject_id=note.pk,
        to=notices.Citizen(note.name, channel, note.contact),
        context=context,
        task_for=by_hand,
        now=now,
    )
