"""The nudge: a delivery pass right after the commit. Only speed; beat is the guarantee."""

from __future__ import annotations

import logging
import time

from celery import current_app
from django.conf import settings
from django.db import transaction

from centre import steady

TASK = "notices.tasks.deliver"
EXPIRES_SECONDS = 10
#: Kombu's own patience with a broker that is away is 2 s and more; here nobody has so long.
HURRY = {
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 0.5,
}
#: After a failed nudge nobody waits for the broker again for so long.
QUIET_SECONDS = 30.0

logger = logging.getLogger(__name__)
_quiet_until = 0.0


def nudge() -> None:
    """Ask for a delivery pass once the transaction is committed; several times is once.

    Without a broker in the settings it does nothing, nor where this process is alone and delivers
    itself. A broker that is away costs the caller at
    most about a second, and that once in half a minute.
    """
    if not settings.REDIS_URL or steady.is_alone():
        return
    waiting = transaction.get_connection().run_on_commit
    if not any(entry[1] is _publish for entry in waiting):
        transaction.on_commit(_publish, robust=True)


def _publish() -> None:
    global _quiet_until  # noqa: PLW0603 - one float a process
    if time.monotonic() < _quiet_until:
        return
    try:
        with current_app.connection_for_write(transport_options=HURRY) as connection:
            current_app.send_task(
                TASK,
                expires=EXPIRES_SECONDS,
                retry=False,
                ignore_result=True,
                connection=connection,
            )
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the broker, the work is done
        _quiet_until = time.monotonic() + QUIET_SECONDS
        logger.warning("no nudge, the broker is away: %s", type(error).__name__)
