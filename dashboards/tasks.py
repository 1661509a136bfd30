"""What beat asks for: see ``voc_portal.celery``."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from dashboards.digest import sending
from dashboards.intake import freezing, tallying

#: One pass stays well under the time after which the broker gives a task to another worker.
DAYS_A_PASS = 400


@shared_task
def send_digests() -> int:
    """Tell those who lead what waits this morning, and on the first of the week how the last went."""
    return sending.send(now=timezone.now())


@shared_task
def count_cases() -> int:
    """Count again the days whose opinions changed."""
    return tallying.recount(now=timezone.now(), limit=DAYS_A_PASS)


@shared_task
def freeze_cases() -> int:
    """Freeze the public figures of the months whose day has come."""
    return freezing.freeze(now=timezone.now())
