"""What beat calls for sign-ins."""

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from centre import sessions


@shared_task
def tidy() -> int:
    """Forget what nobody came back for, and sessions whose cookies are long gone."""
    call_command("clearsessions")
    return sessions.clear(now=timezone.now())
