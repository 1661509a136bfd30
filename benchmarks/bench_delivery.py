"""From what is owed to what the mail server accepted; and what owing costs a sweep.

Receipts are owed one by one, as filings do, while a delivery pass runs whenever one asks for it.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from benchmarks.database import scratch_database
from benchmarks.report import Report

RECEIPTS = 100
REMINDERS = 1000
PEOPLE = 13
MAILS = 300


@contextmanager
def mail_server() -> Iterator[None]:
    """A server on loopback that accepts everything at once, and mails that go there."""
    from notices.tests.smtp_server import Post  # noqa: PLC0415 - Django is set up by the runner

    post = Post().start()
    try:
        with override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=post.port,
        ):
            yield
    finally:
        post.stop()


def bench(report: Report) -> None:
    with scratch_database(), mail_server():
        _mails_a_second(report)
        _receipts(report)
        _reminders(report)


def _owe_receipt(number: int) -> None:
    from notices import services  # noqa: PLC0415
    from notices.tests.making import CASE, CODE, HARAM  # noqa: PLC0415

    services.owe(
        key=f"bench:{number}",
        template="receipt",
        subject_type="bench",
        subject_id=number,
        to=HARAM,
        context=CASE,
        now=timezone.now(),
        secret=CODE,
    )


def _mails_a_second(report: Report) -> None:
    from notices import services  # noqa: PLC0415

    for number in range(MAILS):
        _owe_receipt(number)
    started = time.perf_counter()
    sent = services.deliver(now=timezone.now())
    report.rate("delivery: mails accepted and marked", sent / (time.perf_counter() - started), "/s")


def _receipts(report: Report) -> None:
    """A filing each 50 ms, and a worker that delivers when nudged."""
    from notices.models import Notice  # noqa: PLC0415

    if connection.vendor != "postgresql":
        report.could_not("receipt mails", "a worker beside the filings needs PostgreSQL here")
        return
    nudge, stop = threading.Event(), threading.Event()
    worker = threading.Thread(target=_deliver_when_nudged, args=(nudge, stop))
    worker.start()
    owing = []
    try:
        for number in range(10_000, 10_000 + RECEIPTS):
            started = time.perf_counter()
            _owe_receipt(number)
            owing.append(time.perf_counter() - started)
            nudge.set()
            time.sleep(0.05)
        time.sleep(0.5)
    finally:
        stop.set()
        nudge.set()
        worker.join()
    rows = Notice.objects.filter(subject_id__gte=10_000, status="delivered")
    waits = sorted(
        (accepted - owed).total_seconds()
        for owed, accepted in rows.values_list("owed_at", "delivered_at")
        if accepted is not None
    )
    within = sum(wait <= 1 for wait in waits) * 100 / RECEIPTS
    report.rate("receipt mails accepted within 1 s of being owed", within, "of 100", aim=95)
    report.cost("receipt mail: owed → accepted, median", statistics.median(waits) * 1000, "ms")
    report.cost("receipt mail: owing it", statistics.median(owing) * 1000, "ms")


def _deliver_when_nudged(nudge: threading.Event, stop: threading.Event) -> None:
    from notices import services  # noqa: PLC0415

    try:
        while not stop.is_set():
            nudge.wait(timeout=2)
            nudge.clear()
            services.deliver(now=timezone.now())
    finally:
        connection.close()


def _reminders(report: Report) -> None:
    from notices import services  # noqa: PLC0415
    from notices.tests.making import make_person, reminder  # noqa: PLC0415

    people = [make_person() for _ in range(PEOPLE)]
    start = [0]

    def owe() -> None:
        first = start[0] = start[0] + REMINDERS
        services.owe_many(
            [
                reminder(people[n % PEOPLE], n, hours="opening")
                for n in range(first, first + REMINDERS)
            ],
            now=timezone.now() + timedelta(seconds=first),
        )

    seconds = report.time(owe, rounds=3)
    report.cost(
        "a sweep's reminder: owed, bundled, stored", seconds / REMINDERS * 1000, "ms", aim=2
    )
