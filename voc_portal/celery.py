"""The Celery application and its beat schedule, kept in code.

Beat is the guarantee: a tick that was missed is caught up by the next one, because the sweep asks
the database what is due. Ticks therefore expire, so that a worker that was away for hours does not
meet thousands of old ones. Redis is reached at ``REDIS_URL`` (``unix://`` sockets included).
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voc_portal.settings")

from celery import Celery
from django.conf import settings

from voc_portal import limits


def broker_url(redis_url: str) -> str:
    """Celery's spelling of ``redis_url``: a unix socket is ``redis+socket://`` there."""
    if redis_url.startswith("unix://"):
        path, _, query = redis_url.removeprefix("unix://").partition("?")
        options = query.replace("db=", "virtual_host=")
        return f"redis+socket://{path}" + (f"?{options}" if options else "")
    return redis_url


app = Celery("voc_portal")
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL) if settings.REDIS_URL else "redis://127.0.0.1:1/0",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 120,
        "unacked_restore_interval": 5,
        "socket_connect_timeout": 1,
        "socket_keepalive": True,
        "max_retries": 1,
    },
    task_publish_retry=False,
    task_default_queue="default",
    task_routes={"notices.tasks.*": {"queue": "delivery"}},
    timezone="Asia/Seoul",
    enable_utc=True,
    redbeat_redis_options={},
    redbeat_redis_url=settings.REDIS_URL or "redis://127.0.0.1:1/0",
    redbeat_lock_timeout=15,
    beat_max_loop_interval=1,
)


def _every(task: str, seconds: float, **options: Any) -> dict[str, Any]:
    """A periodic task whose ticks expire before the next but one."""
    return {
        "task": task,
        "schedule": seconds,
        "options": {"expires": max(2.0, seconds), **options},
    }


app.conf.beat_schedule = {
    "sweep": _every("standards.tasks.sweep", settings.SWEEP_EVERY_SECONDS),
    "tallies": _every("standards.tasks.tally", settings.SWEEP_EVERY_SECONDS),
    "frozen-months": _every("standards.tasks.freeze", 600),
    "periods": _every("standards.tasks.open_periods", 120),
    "probe": _every("standards.tasks.probe", 60),
    "deliver": _every("notices.tasks.deliver", settings.DELIVER_EVERY_SECONDS, queue="delivery"),
    "absences": _every("complaints.tasks.follow_absences", 60),
    "contacts": _every("reception.tasks.follow_absences", 60),
    "desk-disposal": _every("reception.tasks.dispose", 3600),
    "courses": _every("education.tasks.follow", 60),
    "course-disposal": _every("education.tasks.dispose", 3600),
    "surveys": _every("surveys.tasks.follow_times", 60),
    "invitations": _every("surveys.tasks.invite", 300),
    "survey-watch": _every("surveys.tasks.watch", 3600),
    "survey-measures": _every("surveys.tasks.measure", 3600),
    "digests": _every("dashboards.tasks.send_digests", 120),
    "sign-ins": _every("centre.tasks.tidy", 3600),
    "orphans": _every("records.tasks.sweep_orphans", 3600),
    "case-measures": _every("complaints.tasks.measure", 3600),
    "case-tallies": _every("dashboards.tasks.count_cases", settings.SWEEP_EVERY_SECONDS),
    "case-months": _every("dashboards.tasks.freeze_cases", 1800),
    "tidy": _every("complaints.tasks.tidy", 3600),
}
app.autodiscover_tasks()
limits.watch_workers()
