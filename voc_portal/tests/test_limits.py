"""A task that hangs ends its worker, wherever it hangs; one that ends in time does not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
WORKER = """
import smtplib, sys, time
from celery import signals
from voc_portal import limits
from voc_portal.celery import app

limits.LIMITS.update({"hang": 1, "short": 1})

@app.task(name="hang")
def hang():
    smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=5)

@app.task(name="short")
def short():
    pass

signals.worker_init.send(sender=None)
short.apply()
time.sleep(1.5)
print("still here", flush=True)
hang.apply()
print("came back", flush=True)
"""


@pytest.fixture
def dribbling() -> Iterator[int]:
    """A mail server that sends a byte now and then: no time-out of a socket ever comes."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                caller, _address = server.accept()
            except OSError:
                return
            with caller:
                while not over.wait(0.3):
                    try:
                        caller.send(b"2")
                    except OSError:
                        break

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1]
    over.set()
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def test_a_hanging_task_ends_its_worker_and_says_where(dribbling: int, tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(script), str(dribbling)],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT), "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "still here\n"
    assert done.returncode == 1
    assert "Timeout" in done.stderr
    assert "in hang" in done.stderr
    assert time.monotonic() - started < 30


def test_the_workers_of_the_portal_are_watched() -> None:
    from celery import signals  # noqa: PLC0415

    from voc_portal import limits  # noqa: PLC0415
    from voc_portal.celery import app  # noqa: PLC0415

    app.finalize()
    assert any(receiver is limits.watch_tasks for _key, receiver in signals.worker_init.receivers)
    assert set(limits.LIMITS) <= {entry["task"] for entry in app.conf.beat_schedule.values()}


def test_delivery_ends_by_itself_well_before_its_limit() -> None:
    from django.conf import settings  # noqa: PLC0415

    from notices.services import delivering  # noqa: PLC0415
    from voc_portal import limits  # noqa: PLC0415

    one_mail = 4 * 10  # seconds: EMAIL_TIMEOUT at each of four steps
    limit = limits.LIMITS["notices.tasks.deliver"]
    assert settings.EMAIL_TIMEOUT <= 10
    assert delivering.PASS_SECONDS + one_mail < limit
