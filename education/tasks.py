"""What beat calls for courses."""

from celery import shared_task
from django.utils import timezone

from education import services


@shared_task
def follow() -> int:
    return services.follow(now=timezone.now())


@shared_task
def dispose() -> int:
    return services.dispose_due(now=timezone.now())
