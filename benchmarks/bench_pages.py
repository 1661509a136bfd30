"""What people look at, with 100,000 and with 1,000,000 cases: the pages as a browser gets them.

Through Django's test client, in this process: the real middleware, views, templates and database,
without a web server or a network. Beside them an index-only count of all cases, as a yardstick of
the machine, and how many times longer each page takes with ten times the cases.
"""

from __future__ import annotations

import logging
import os
import statistics
import time
from typing import TYPE_CHECKING, Final

from benchmarks import million, million_rows
from benchmarks.report import Report

if TYPE_CHECKING:
    from django.test import Client

SIZES: Final = (100_000, 1_000_000)
ROUNDS: Final = 20
MANAGER: Final = "seo.yh"
LEAD: Final = "baek.sw"
QUEUE: Final = "/admin/complaints/complaint/"
#: What, who looks, address, milliseconds at most (median, and of 95 in 100).
PAGES: Final[list[tuple[str, str, str, float | None, float | None]]] = [
    ("dashboard", MANAGER, "/dashboard/", 50, 120),
    ("dashboard, a team's", LEAD, "/dashboard/", 50, 120),
    ("charter", "", "/charter/", 50, 120),
    ("statistics", "", "/statistics/", None, None),
    ("queue, first page", MANAGER, QUEUE, 60, None),
    ("queue of a team, first page", LEAD, QUEUE, 60, None),
    ("all cases, first page", MANAGER, f"{QUEUE}?state=all", 60, None),
    ("all cases, 1,000th page", MANAGER, f"{QUEUE}?state=all&page=1000", 60, None),
    ("all that a lead may see, first page", LEAD, f"{QUEUE}?state=all", 60, None),
    ("search, a word of three in ten", MANAGER, f"{QUEUE}?q={million_rows.FREQUENT}", 100, None),
    ("search, a word of one in a hundred", MANAGER, f"{QUEUE}?q={million_rows.COMMON}", 100, None),
    ("search, a rare word", MANAGER, f"{QUEUE}?q={million_rows.RARE}", 100, None),
    ("search, a word that is not there", MANAGER, f"{QUEUE}?q=없다면", 100, None),
    ("search, a longer word", MANAGER, f"{QUEUE}?q=자원봉사", 100, None),
    ("search, a frequent word in one channel", MANAGER, f"{QUEUE}?q=안녕&channel=fax", None, None),
    ("search, four digits of a number", MANAGER, f"{QUEUE}?q=1234", 100, None),
    ("search, a name", MANAGER, f"{QUEUE}?q=김하람", 100, None),
    ("search, a phone number", MANAGER, f"{QUEUE}?q=01050000077", 100, None),
    ("a case", MANAGER, f"{QUEUE}77777/change/", None, None),
]


def bench(report: Report) -> None:
    report.say(f"  load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    taken: dict[str, list[float]] = {}
    for count in SIZES:
        with million.filled(count):
            level = logging.root.manager.disable
            logging.disable(logging.CRITICAL)
            try:
                _measure(report, count, taken)
            finally:
                logging.disable(level)
    for name, values in taken.items():
        report.compare(f"{name}, with ten times the cases", values)


def _measure(report: Report, count: int, taken: dict[str, list[float]]) -> None:
    from django.db import connection  # noqa: PLC0415

    def count_all() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM complaints_complaint WHERE received_at > '2000-01-01'"
            )

    report.cost(f"index-only count, {count:,}", report.time(count_all) * 1000, "ms")
    clients = {who: _client(who) for who in ("", MANAGER, LEAD)}
    for name, who, address, aim, most in PAGES:
        times = _times(clients[who], address)
        median = statistics.median(times)
        taken.setdefault(name, []).append(median)
        report.cost(f"{name}, {count:,}", median, "ms", aim=aim)
        report.cost(f"{name}, {count:,}, p95", times[int(len(times) * 0.95) - 1], "ms", aim=most)
    page, last = f"{QUEUE}?state=all", _last_of(clients[MANAGER], 999)
    times = _times(clients[MANAGER], f"{page}&page=1000&after={last}")
    report.cost(f"all cases, on to the 1,000th, {count:,}", statistics.median(times), "ms", aim=60)


def _client(who: str) -> Client:
    from django.test import Client  # noqa: PLC0415

    from centre.models import User  # noqa: PLC0415

    client = Client()
    if who:
        client.force_login(User.objects.get(username=who), backend="centre.auth.RoleBackend")
    return client


def _last_of(client: Client, number: int) -> int:
    page = client.get(f"{QUEUE}?state=all&page={number}").context["page"]
    return int(page.after)


def _times(client: Client, address: str) -> list[float]:
    """Milliseconds in order; the first two, which fill caches, are left out."""
    times = []
    for _round in range(ROUNDS + 2):
        started = time.perf_counter()
        answer = client.get(address)
        times.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return sorted(times[2:])
