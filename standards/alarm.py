"""Administrators are told of a commitment that the sweep cannot deal with, once a day each."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from centre.calendar import seoul_day
from centre.models import Role, StaffMember
from centre.queries import employed
from centre.words import korean_instant
from notices.services import Person, owe
from standards.models import Commitment

log = logging.getLogger(__name__)


def raise_to_administrators(
    pk: int, error: Exception, *, next_try_at: datetime | None, now: datetime
) -> None:
    """Owe the notice; where even that fails it stays in the log, and the sweep goes on."""
    try:
        with transaction.atomic():
            _owe(pk, error, next_try_at=next_try_at, now=now)
    except Exception as failed:  # noqa: BLE001 - the alarm must not do what it warns of
        log.error("commitment %d: no alarm either (%s)", pk, type(failed).__name__)  # noqa: TRY400


def _owe(pk: int, error: Exception, *, next_try_at: datetime | None, now: datetime) -> None:
    row = Commitment.objects.select_related("standard").get(pk=pk)
    for person in _administrators(now=now):
        owe(
            key=f"commitment:{pk}:broken:{seoul_day(now)}:{person.pk}",
            template="sweep-broken-row",
            subject_type=row.subject_type,
            subject_id=row.subject_id,
            to=Person(person),
            context={
                "what": f"{row.standard.title} {row.key}",
                "error": type(error).__name__,
                "next_try_at": korean_instant(next_try_at) if next_try_at else "",
            },
            now=now,
        )


def _administrators(*, now: datetime) -> QuerySet[StaffMember]:
    """Staff with the administrator's role; where that account is nobody's own, the managers."""
    staff = employed(at=now).filter(user__is_active=True)
    administrators = staff.filter(user__role_grants__role=Role.ADMINISTRATOR)
    if administrators.exists():
        return administrators.distinct()
    return staff.filter(user__role_grants__role=Role.MANAGER).distinct()
