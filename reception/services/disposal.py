"""What the desk wrote down of people goes for good when its time is over (파기).

Visits, notes, attempts and promises stay, without whose they were: counts and times do not change.
An event of each row, which cannot be taken back, says when and after how long; it is the record.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction

from centre import options
from notices import services as notices
from reception.models import ContactNote, DifficultCall, Visit
from reception.past import months_before
from reception.queries import CALLBACK, DIFFICULT, VISIT
from reception.services._base import record
from records import services as records
from records.actors import SYSTEM

logger = logging.getLogger(__name__)
#: So many of each kind in one pass; the next pass goes on.
AT_ONCE = 500

Work = Callable[[int, int, datetime], bool]


def dispose_due(*, now: datetime) -> int:
    """Blank what is older than the centre keeps it. Says how many rows; called again, none.

    A row that cannot be blanked is logged by its number and does not stop the others.
    """
    kept = options.number("desk_retention_months")
    hidden = options.number("difficult_call_months")
    before, seen_until = months_before(now, kept), months_before(now, hidden)
    notes = ContactNote.objects.filter(closed_at__lte=before).exclude(name="")
    visits = Visit.objects.filter(ended_at__lte=before).exclude(name="")
    calls = DifficultCall.objects.filter(at__lte=seen_until).exclude(remark="")
    return (
        _each(notes.values_list("pk", flat=True), _note, kept, now=now)
        + _each(visits.values_list("pk", flat=True), _visit, kept, now=now)
        + _each(calls.values_list("pk", flat=True), _call, hidden, now=now)
    )


def _each(pks: Iterable[int], work: Work, months: int, *, now: datetime) -> int:
    done = 0
    for pk in list(pks)[:AT_ONCE]:
        try:
            done += work(pk, months, now)
        except Exception as error:  # noqa: BLE001 - one row must not stop the others
            # The error's own words may hold what is to be forgotten.
            logger.error("%s %d failed: %s", work.__name__, pk, type(error).__name__)  # noqa: TRY400
    return done


@transaction.atomic
def _note(pk: int, months: int, now: datetime) -> bool:
    rows = ContactNote.objects.select_for_update().filter(pk=pk, closed_at__isnull=False)
    if not rows.exclude(name="").exists():
        return False
    notices.cancel(subject_type=CALLBACK, subject_id=pk, templates=None, now=now)
    notices.blank_contents(subject_type=CALLBACK, subject_id=pk)
    records.blank_texts(subject_type=CALLBACK, subject_id=pk)
    ContactNote.objects.filter(pk=pk).update(
        name="", organisation="", contact="", matter="", good_time="", aid=""
    )
    return _record(CALLBACK, pk, months, now)


@transaction.atomic
def _visit(pk: int, months: int, now: datetime) -> bool:
    if not Visit.objects.filter(pk=pk).exclude(name="").update(name=""):
        return False
    return _record(VISIT, pk, months, now)


@transaction.atomic
def _call(pk: int, months: int, now: datetime) -> bool:
    if not DifficultCall.objects.filter(pk=pk).exclude(remark="").update(remark=""):
        return False
    return _record(DIFFICULT, pk, months, now)


def _record(subject_type: str, pk: int, months: int, now: datetime) -> bool:
    return record(
        subject_type,
        pk,
        "disposed",
        at=now,
        by=SYSTEM,
        data={"retention_months": months},
        key=f"{subject_type}:{pk}:disposed",
    )
