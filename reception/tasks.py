"""What beat calls for the front desk."""

from celery import shared_task
from django.utils import timezone

from reception import services


@shared_task
def follow_absences() -> int:
    return services.follow_absences(now=timezone.now())


@shared_task
def dispose() -> int:
    return services.dispose_due(now=timezone.now())
