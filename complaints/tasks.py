"""What beat calls for cases."""

from celery import shared_task
from django.utils import timezone

from complaints import drafts, services
from complaints.services import limits, swiftness


@shared_task
def follow_absences() -> int:
    return services.follow_absences(now=timezone.now())


@shared_task
def tidy() -> int:
    """Forget old counts of tries, and uploads of forms that were never sent."""
    return limits.forget_old(now=timezone.now()) + drafts.purge()


@shared_task
def measure() -> int:
    """Notes how soon complaints were answered in the quarters that ended."""
    now = timezone.now()
    swiftness.look_again(now=now)
    return swiftness.observe_quarters(now=now)
