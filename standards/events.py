"""What is recorded about a promise, on the subject it is about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from records.actors import SYSTEM, Actor
from records.services import NewEvent
from standards.models import Commitment


def event(
    commitment: Commitment,
    what: str,
    *,
    at: datetime,
    now: datetime,
    by: Actor = SYSTEM,
    text: str = "",
    once: str = "",
    **data: Any,
) -> list[NewEvent]:
    """One event ``clock-<what>``, or none for a clock that only serves the work inside.

    ``at`` is when it really happened, ``now`` when it is written down; ``once`` tells two events
    of the same sort apart.
    """
    if not commitment.standard.public:
        return []
    return [
        NewEvent(
            subject_type=commitment.subject_type,
            subject_id=commitment.subject_id,
            kind=f"clock-{what}",
            at=at,
            recorded_at=now,
            by=by,
            data={"commitment": commitment.pk, "code": commitment.code, **data},
            text=text,
            key=f"commitment:{commitment.pk}:{what}" + (f":{once}" if once else ""),
        )
    ]
