"""`/healthz`: whether everything that keeps the promises is alive.

Needs no session and no user, shows no secrets, and answers even when the database hangs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from notices.queries import last_delivery
from standards.queries import last_sweep

CHECK_SECONDS = 2.0
STALE_SECONDS = 60.0
OK, DOWN = "ok", "down"

Found = TypeVar("Found")
logger = logging.getLogger(__name__)


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while all are alive, else 503; the JSON says which is not. At most about two seconds."""
    report = check(now=timezone.now())
    response = JsonResponse(report, status=200 if report["status"] == OK else 503)
    response["Cache-Control"] = "no-store"
    return response


def check(*, now: datetime) -> dict[str, Any]:
    """The state of each part, and how long ago the sweep and the delivery last finished a pass."""
    database, broker = Bounded("database", read_database), Bounded("broker", ping_broker)
    heartbeats = database.result() or {}
    parts = {
        "web": OK,
        "database": OK if heartbeats else DOWN,
        "broker": OK if broker.result() else DOWN,
    }
    ages = {}
    for name in ("sweep", "delivery"):
        last = heartbeats.get(name)
        age = (now - last).total_seconds() if last else None
        parts[name] = OK if age is not None and age <= STALE_SECONDS else DOWN
        ages[f"{name}_age_seconds"] = None if age is None else round(age, 1)
    status = OK if DOWN not in parts.values() else DOWN
    return {"status": status, **parts, **ages}


def read_database() -> dict[str, datetime | None]:
    """The heartbeats, read on a connection of this thread's own."""
    try:
        return {"sweep": last_sweep(), "delivery": last_delivery()}
    finally:
        connection.close()


def ping_broker() -> bool:
    if not settings.REDIS_URL:
        return False
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=CHECK_SECONDS, socket_connect_timeout=CHECK_SECONDS
    )
    with client:
        return bool(client.ping())


class Bounded(Generic[Found]):
    """A check running in a thread of its own, given up after CHECK_SECONDS."""

    def __init__(self, name: str, work: Callable[[], Found]) -> None:
        self._found: Found | None = None
        self._name, self._work = name, work
        self._end = time.monotonic() + CHECK_SECONDS
        self._thread = threading.Thread(target=self._run, name=f"health-{name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._found = self._work()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is down
            logger.warning("%s is down: %s", self._name, type(error).__name__)

    def result(self) -> Found | None:
        """What the check found; None when it failed or took too long."""
        self._thread.join(max(0.0, self._end - time.monotonic()))
        return self._found
