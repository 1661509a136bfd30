"""What a start needs done first: `python -m voc_portal.prepare`, once per start, before the rest.

One process for all steps, because each loading of Django takes longer than most of them. Prints a
line per step; the lines of `load_centre` come last, as they are.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import django
from celery import current_app
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

NO = {"0", "no", "off", "false", "none"}
FIRST_PASSES = (("standards.tasks.sweep", "default"), ("notices.tasks.deliver", "delivery"))


def check() -> str:
    """Django's own checks: a mistake in the settings is told once, here."""
    call_command("check", stdout=io.StringIO())
    return "no objections"


def migrate() -> str:
    """Bring the database up to date; says how many migrations that took."""
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    call_command("migrate", interactive=False, verbosity=0)
    connection.close()
    return f"{pending} migrations applied" if pending else "up to date"


def collect_static() -> str:
    """Collect, hash and compress; nothing to do when no source has changed since the last time."""
    made_from = Path(settings.STATIC_ROOT) / "made-from"
    sources = fingerprint_of_sources()
    if made_from.is_file() and made_from.read_text() == sources:
        return "unchanged"
    call_command("collectstatic", interactive=False, verbosity=0)
    made_from.write_text(sources)
    return "collected"


def fingerprint_of_sources() -> str:
    """Changes when a static file, or how they are processed, does."""
    digest = hashlib.sha256(repr((django.VERSION, settings.STORAGES)).encode())
    for finder in get_finders():
        for name, storage in finder.list(["CVS", ".*", "*~"]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def load_centre(told: io.StringIO) -> str:
    """The centre's data; with DEMO its people as well, whose sign-ins go to `told`."""
    call_command("load_centre", stdout=told, **({"demo": True} if settings.DEMO else {}))
    return "loaded"


def demo_past() -> str:
    """Some weeks of a made-up past, once, before beat begins to tick: time goes one way only."""
    if not settings.DEMO:
        return "not a demo"
    if os.environ.get("DEMO_PAST", "").lower() in NO:
        return "left out (DEMO_PAST)"
    from complaints.models import Complaint  # noqa: PLC0415 - after django.setup()

    if Complaint.objects.exists():
        return "there are opinions already"
    print(
        "Made-up past: lived once, some 20 seconds … / 예시 자료를 싣는 중입니다(처음 한 번)",
        flush=True,
    )
    call_command("demo", small=True, brief=True)
    return "lived"


def queue_first_passes() -> str:
    """Have the workers sweep and deliver as soon as they are there; beat's tick comes later."""
    for task, queue in FIRST_PASSES:
        current_app.send_task(task, queue=queue, expires=60)
    return "queued"


def step(name: str, work: Callable[[], str]) -> None:
    started = time.monotonic()
    outcome = work()
    print(f"{name}: {outcome} ({time.monotonic() - started:.1f} s)", flush=True)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voc_portal.settings")
    django.setup()
    step("Settings and code", check)
    step(f"Database ({connection.vendor})", migrate)
    step("Static files", collect_static)
    told = io.StringIO()
    step("Centre, teams, topics, charter", partial(load_centre, told))
    step("Made-up past", demo_past)
    step("First sweep and delivery", queue_first_passes)
    print(told.getvalue(), flush=True)


if __name__ == "__main__":
    main()
