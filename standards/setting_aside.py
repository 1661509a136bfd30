"""Leaving a promise out of the figures because its occasion fell away or is counted anew."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from records.actors import SYSTEM, Actor
from records.services import record_many
from standards.errors import ChangedMeanwhile
from standards.events import event
from standards.models import Commitment, State


@transaction.atomic
def set_aside(*, key: str, why: str, now: datetime, by: Actor = SYSTEM) -> bool:
    """Count a promise apart although it may have been kept: a course that is not held after all,
    or whose new date is a case of its own. The dates and facts of the row stay as they were.

    What was missed by ``now`` stays missed: False, as where there is nothing under this key or it
    was set aside before.
    """
    row = (
        Commitment.objects.select_related("standard")
        .select_for_update(of=("self",))
        .filter(key=key)
        .first()
    )
    if row is None or row.state in {State.MISSED, State.EXCLUDED}:
        return False
    if row.fulfilled_at is None and now >= row.due_at:
        return False
    row.pauses.filter(ended_at=None).update(ended_at=now)
    won = Commitment.objects.filter(pk=row.pk, state=row.state, fulfilled_at=row.fulfilled_at)
    changed = won.update(
        state=State.EXCLUDED,
        excluded_why=why,
        settled_at=now,
        next_step="",
        next_step_at=None,
        troubled_at=None,
    )
    if not changed:
        raise ChangedMeanwhile
    record_many(event(row, "set-aside", at=now, now=now, by=by, why=why))
    return True
