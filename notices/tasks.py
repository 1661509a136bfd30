"""What beat and the nudge call."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from notices import services


@shared_task(name="notices.tasks.deliver")
def deliver() -> int:
    """One delivery pass; passes may overlap."""
    return services.deliver(now=timezone.now())
