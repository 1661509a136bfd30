"""How gunicorn serves the portal: `gunicorn -c python:voc_portal.gunicorn_conf`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from voc_portal.processes import die_with_parent

wsgi_app = "voc_portal.wsgi:application"
bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 4
# Loaded once and shared by copy-on-write: less memory, and a killed worker is back at once.
preload_app = True
timeout = 60
graceful_timeout = 8  # less than what `voc_portal.run` allows
keepalive = 5
# Nothing is written outside DATA_DIR. No access log: addresses and receipt numbers are personal.
worker_tmp_dir = os.environ.get("TMPDIR") or None
control_socket_disable = True

_master = os.getpid()


def post_fork(_server: Any, _worker: Any) -> None:
    """A worker whose master was killed must free the port before the next master needs it."""
    die_with_parent(_master)


def on_starting(_server: Any) -> None:
    """Once, before the first worker: load what the first request would, to be shared by all."""
    from django.urls import get_resolver  # noqa: PLC0415 - Django is not set up at import

    _ = get_resolver().url_patterns


if worker_tmp_dir:
    Path(worker_tmp_dir).mkdir(mode=0o700, parents=True, exist_ok=True)
