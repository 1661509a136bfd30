"""What is measured by observation: monitoring calls and the listings of the portal."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from centre import options
from records.actors import Actor
from records.services import record
from standards import services as standards
from standards.evidence.kinds import answered_promptly, said_who
from standards.models import DUTY, EVIDENCE, Duty, Evidence, Kind, Observation


def observe(row: Evidence) -> None:
    """Put what this row shows into the figures, once."""
    if row.kind == Kind.CALLS:
        prompt = answered_promptly(row.numbers, rings=options.number("phone_rings"))
        for code, kept in (("phone-answer", prompt), ("phone-identity", said_who(row.numbers))):
            standards.observe(
                code=code, key=_key(row, code), at=row.happened_at, kept=int(kept), team=row.team
            )
    elif row.kind == Kind.LISTINGS:
        kept = row.numbers["right"] >= options.number("listings_right")
        code = "portal-information"
        standards.observe(code=code, key=_key(row, code), at=row.happened_at, kept=int(kept))


def take_back(row: Evidence, *, by: Actor, now: datetime) -> None:
    """Take out of the figures what a row said that was corrected; the record says what it was."""
    for code in ("phone-answer", "phone-identity", "portal-information"):
        _remove(_key(row, code), row.pk, subject_type=EVIDENCE, by=by, now=now)


def _key(row: Evidence, code: str) -> str:
    return f"{EVIDENCE}:{row.pk}:{code}"


def _none_key(duty: Duty) -> str:
    return f"{DUTY}:{duty.key}:none"


def nothing_done(duty: Duty) -> None:
    """A week went by without a check: that week was not kept."""
    standards.observe(code="portal-information", key=_none_key(duty), at=duty.started_at, kept=0)


def done_after_all(duty: Duty, *, by: Actor, now: datetime) -> None:
    """It had been done in its week, and was only entered later."""
    _remove(_none_key(duty), duty.pk, subject_type=DUTY, by=by, now=now)


@transaction.atomic
def _remove(key: str, pk: int, *, subject_type: str, by: Actor, now: datetime) -> None:
    found = Observation.objects.select_for_update(of=("self",)).filter(key=key).first()
    if found is None:
        return
    record(
        subject_type=subject_type,
        subject_id=pk,
        kind="observation-taken-back",
        at=now,
        by=by,
        data={"key": key, "at": found.at, "n": found.n, "kept": found.kept},
        key=f"{key}:taken-back:{now.isoformat()}",
    )
    found.delete()
