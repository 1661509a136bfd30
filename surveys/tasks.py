"""What beat calls for surveys."""

from celery import shared_task
from django.utils import timezone

from surveys import services
from surveys.services import measuring


@shared_task
def follow_times() -> int:
    """Opens and ends what was planned."""
    return services.follow_times(now=timezone.now())


@shared_task
def invite() -> int:
    """Asks whoever is to be asked, and once more whoever has not answered."""
    now = timezone.now()
    services.end_tasks(now=now)
    asked = services.invite_cases(now=now) + services.invite_courses(now=now)
    return asked + services.invite_consented(now=now) + services.remind(now=now)


@shared_task
def watch() -> int:
    """Warns the managers, mixes what is anonymous, forgets what is no longer needed."""
    now = timezone.now()
    services.forget_addresses(now=now)
    services.dispose(now=now)
    return services.mix(now=now) + services.warn(now=now)


@shared_task
def measure() -> int:
    """Notes what surveys measure of the charter: quarters and courses that ended."""
    now = timezone.now()
    return measuring.observe_quarters(now=now) + measuring.observe_courses(now=now)
