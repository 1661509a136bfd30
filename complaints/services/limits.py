"""How often one address may file, and how often a code may be guessed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from centre import options
from complaints.errors import TooMany
from complaints.models import RateCount
from records.crypto import keyed_hash

_HOUR = timedelta(hours=1)


def count(what: str, who: str, *, now: datetime) -> int:
    """Count one more try of ``who`` within the running hour and return the new count.

    ``who`` is an address or a number; only its keyed hash is kept.
    """
    window = now.replace(minute=0, second=0, microsecond=0)
    name = f"{what}:{keyed_hash('rate', who)}"
    row = RateCount.objects.filter(name=name, window=window)
    if not row.update(count=F("count") + 1):
        try:
            with transaction.atomic():
                RateCount.objects.create(name=name, window=window, count=1)
        except IntegrityError:
            row.update(count=F("count") + 1)
    return row.values_list("count", flat=True).get()


def tries(what: str, who: str, *, now: datetime) -> int:
    """How often it was tried within the running hour."""
    window = now.replace(minute=0, second=0, microsecond=0)
    name = f"{what}:{keyed_hash('rate', who)}"
    row = RateCount.objects.filter(name=name, window=window).values_list("count", flat=True)
    return row.first() or 0


def refuse(*, now: datetime) -> TooMany:
    """The refusal, with the minutes until the running hour ends."""
    window = now.replace(minute=0, second=0, microsecond=0)
    minutes = max(1, -(-int((window + _HOUR - now).total_seconds()) // 60))
    return TooMany(minutes=minutes, phone=str(options.value("centre_phone")))


def forget_old(*, now: datetime) -> int:
    """Remove the counts of hours long past."""
    return RateCount.objects.filter(window__lt=now - 24 * _HOUR).delete()[0]
