"""What people look at, with 100,000 and with 1,000,000 cases: the pages as a browser gets them.

Through Django's test client, in this process: the real middleware, views, templates and database,
without a web server or a network. Beside them an index-only count of all cases, as a yardstick of
the machine, and how many times longer each page takes with ten times the cases. Beside the time,
what the processors worked for a page: on a loaded machine that says more than a clock.
"""

from __future__ import annotations

import logging
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
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
        looks = _looks(clients[who], address)
        times, median = looks.times, statistics.median(looks.times)
        taken.setdefault(name, []).append(median)
        report.cost(f"{name}, {count:,}", median, "ms", aim=aim)
        report.cost(f"{name}, {count:,}, p95", times[int(len(times) * 0.95) - 1], "ms", aim=most)
        report.cost(f"{name}, {count:,}, processor, Python", looks.python, "ms")
        if looks.database is not None:
            report.cost(f"{name}, {count:,}, processor, PostgreSQL", looks.database, "ms")
    page, last = f"{QUEUE}?state=all", _last_of(clients[MANAGER], 999)
    times = _looks(clients[MANAGER], f"{page}&page=1000&after={last}").times
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


@dataclass(frozen=True, slots=True)
class _Looks:
    """Milliseconds: each look's, in order; a look's work (median here, mean in the database)."""

    times: list[float]
    python: float
    database: float | None


def _looks(client: Client, address: str) -> _Looks:
    """The first two, which fill caches, are left out."""
    times, worked, before = [], [], None
    for look in range(ROUNDS + 2):
        if look == 2:
            before = _worked_by_database()
        began, started = time.process_time(), time.perf_counter()
        answer = client.get(address)
        times.append((time.perf_counter() - started) * 1000)
        worked.append((time.process_time() - began) * 1000)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
    after = _worked_by_database()
    database = None if before is None or after is None else (after - before) / ROUNDS
    return _Looks(sorted(times[2:]), statistics.median(worked[2:]), database)


def _worked_by_database() -> float | None:
    """Milliseconds of processor of this connection's server process; None where it is elsewhere."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        found = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not found.exists():
        return None
    name, _bracket, numbers = found.read_text().rpartition(")")
    user, system = numbers.split()[11:13]
    return (
        (int(user) + int(system)) * 1000 / os.sysconf("SC_CLK_TCK") if "postgres" in name else None
    )
