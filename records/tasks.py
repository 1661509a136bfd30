"""What beat calls for kept files."""

from celery import shared_task
from django.utils import timezone

from records import services


@shared_task
def sweep_orphans() -> int:
    return services.sweep_orphans(now=timezone.now())
