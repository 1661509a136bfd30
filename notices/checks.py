"""What must always be true of the outbox; `manage.py verify` prints what is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from notices import queries
from notices.models import Channel, Notice, Status

#: Delivery runs if its last pass is not older than this.
ALIVE = timedelta(seconds=60)
#: A follow-up that failed is repeated every half minute; after this long somebody must look.
PATIENCE = timedelta(hours=1)


def breaches(*, now: datetime | None = None) -> Iterator[str]:
    """A line for each breach, naming notices by number: no personal data."""
    now = now or timezone.now()
    yield from _secrets_left()
    yield from _late(now)
    yield from _carried_apart()
    yield from _not_addressed()
    yield from _not_told(now)
    yield from _twice()


def _secrets_left() -> Iterator[str]:
    told = Notice.objects.filter(status__in=[Status.DELIVERED, Status.BOUNCED, Status.CANCELLED])
    for pk in told.exclude(secret="").values_list("pk", flat=True):
        yield f"notice {pk}: settled, but its access code is still kept"


def _late(now: datetime) -> Iterator[str]:
    last = queries.last_delivery()
    if last is None or now - last > ALIVE:
        return
    for pk, due in queries.late(now=now).values_list("pk", "next_attempt_at"):
        yield f"notice {pk}: to be sent at {due.isoformat()}, still owed although delivery runs"


def _carried_apart() -> Iterator[str]:
    carried = Notice.objects.exclude(carried_by=None).exclude(status=Status.CANCELLED)
    for pk, carrier in carried.exclude(status=F("carried_by__status")).values_list(
        "pk", "carried_by"
    ):
        yield f"notice {pk}: rides with notice {carrier}, but is in another state"


def _not_addressed() -> Iterator[str]:
    settled_without_time = Notice.objects.filter(status=Status.DELIVERED, delivered_at=None)
    for pk in settled_without_time.values_list("pk", flat=True):
        yield f"notice {pk}: delivered, but without a time"
    mails = Notice.objects.filter(status=Status.OWED).exclude(channel=Channel.EMAIL)
    for pk in mails.values_list("pk", flat=True):
        yield f"notice {pk}: to be sent, but it is no mail"


def _not_told(now: datetime) -> Iterator[str]:
    left = Notice.objects.unfollowed(now=now).filter(owed_at__lt=now - PATIENCE)
    for pk, outcome in left.values_list("pk", "follow_up"):
        yield f"notice {pk}: what follows '{outcome}' keeps failing"


def _twice() -> Iterator[str]:
    """A letter or call that is owed again replaces the first: both may not stand as told."""
    pairs = Notice.objects.filter(status=Status.DELIVERED, replaces__status=Status.DELIVERED)
    for pk, first in pairs.values_list("pk", "replaces"):
        yield f"notice {pk}: told although notice {first}, which it replaces, was told too"
