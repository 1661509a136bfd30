"""What beat asks for: see ``voc_portal.celery``."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from standards import freezing, services, tallying
from standards.evidence import opening
from standards.probe import watching

#: One pass stays well under the time after which the broker gives a task to another worker.
STEPS_A_PASS = 20_000


@shared_task
def sweep() -> int:
    """One pass. What it owes is delivered at once: owing nudges the delivery after commit."""
    return services.sweep(now=timezone.now(), limit=STEPS_A_PASS)


@shared_task
def tally() -> int:
    """Count again the days that changed, and put right what was frozen."""
    return tallying.count_changes(now=timezone.now())


@shared_task
def freeze() -> int:
    """Freeze the months whose day has come; how many were."""
    return len(freezing.freeze(now=timezone.now()))


@shared_task
def open_periods() -> int:
    """Open the duties of the periods that have begun; idempotent, so every hour."""
    return opening.open_periods(now=timezone.now())


@shared_task
def probe() -> int:
    """Look at the portal's pages whose turn it is; none by default."""
    return watching.probe(now=timezone.now())
