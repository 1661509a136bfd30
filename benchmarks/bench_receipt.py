"""From filing on the web to the receipt mail accepted, with the whole system running.

Web, workers, beat and a mail server on loopback are real. The clock starts when the form is sent
and ends when the mail server has taken the mail. Addresses differ, so that nobody meets the limit
of filings an hour.
"""

from __future__ import annotations

import http.client
import logging
import re
import statistics
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from benchmarks.database import named_database
from benchmarks.report import CannotRun, Report
from voc_portal.tests.test_system import System, end, eventually, free_port

FILINGS = 100
AIM_SECONDS = 1.0


class Mailbox:
    """Takes every mail and remembers when, by recipient."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        for recipient in envelope.rcpt_tos:
            self.taken.setdefault(recipient, time.monotonic())
        return "250 OK"


def bench(report: Report) -> None:
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    mailbox = Mailbox()
    smtp = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    smtp.start()
    try:
        with named_database() as database, tempfile.TemporaryDirectory() as folder:
            _measure(report, mailbox, smtp.port, Path(folder) / "data", database)
    finally:
        smtp.stop()


def _measure(
    report: Report, mailbox: Mailbox, port: int, data_dir: Path, database: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "voc_portal.run"]
    system = System(
        data_dir,
        command,
        EMAIL_URL=f"smtp://127.0.0.1:{port}",
        TRUSTED_PROXIES="1",
        **database,
    )
    try:
        if eventually(lambda: "Ctrl-C ends everything" in system.says(), 120) is None:
            raise CannotRun("the system did not start:\n" + system.says())
        _file(system.port, 0)
        sent = {f"bench{n}@example.com": _file(system.port, n) for n in range(1, FILINGS + 1)}
        eventually(lambda: set(sent) <= set(mailbox.taken), 60)
    finally:
        end(system)
    delays = sorted(
        mailbox.taken.get(address, float("inf")) - began for address, began in sent.items()
    )
    p95 = delays[int(len(delays) * 0.95) - 1]
    kind = "PostgreSQL" if database else "SQLite"
    report.cost(f"receipt mail accepted, p95 ({kind})", p95, "s", aim=AIM_SECONDS)
    report.cost(f"receipt mail accepted, median ({kind})", statistics.median(delays), "s")


def _file(port: int, n: int) -> float:
    """File one opinion as a browser would; returns when the form was sent."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"X-Forwarded-For": f"198.51.{n // 250}.{n % 250 + 1}"}
    connection.request("GET", "/complaints/new/", headers=headers)
    page = connection.getresponse()
    cookies = "; ".join(c.partition(";")[0] for c in page.msg.get_all("Set-Cookie") or [])
    html = page.read().decode()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)) | {
        "kind": "complaint",
        "topic": "record",
        "subject": "봉사 시간이 올라오지 않습니다",
        "body": "지난달 활동한 세 시간이 확인서에 나오지 않습니다.",
        "name": "김하람",
        "email": f"bench{n}@example.com",
        "reply_by": "email",
        "consent": "on",
        "age_confirmed": "on",
    }
    began = time.monotonic()
    connection.request(
        "POST",
        "/complaints/new/",
        body=urllib.parse.urlencode(fields),
        headers=headers | {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies},
    )
    answer = connection.getresponse()
    answer.read()
    if answer.status != 302:
        raise CannotRun(f"the form was not taken: {answer.status}")
    connection.close()
    return began
