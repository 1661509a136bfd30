"""Hard time limits of tasks: a task that hangs costs its worker, never the work.

The workers use the solo pool, which knows no time limits of its own: a task that never comes back
(a mail server that sends a byte now and then, a lock that nobody gives up) would stop its queue for
good. So a watchdog runs beside each task. It needs neither the interpreter nor a signal handler: at
the limit it writes where the worker hangs to the log and ends the process. Whatever started the
worker starts it again (`voc_portal.processes`, or the service manager), leases of mails run out,
and transactions that were open are rolled back.
"""

from __future__ import annotations

import faulthandler
import sys
from typing import Any, Final

from celery import signals

#: A delivery pass takes its 20 s and one mail more, which waits 10 s at most at each of its steps.
LIMITS: Final[dict[str, float]] = {"notices.tasks.deliver": 90}
#: The longest of the others, a sweep after days, stays far below.
OTHERS: Final[float] = 600


def watch_workers() -> None:
    """Workers watch their tasks. What the web server or a command calls is never ended."""
    signals.worker_init.connect(watch_tasks, weak=False, dispatch_uid="limits")


def watch_tasks(**_sent: Any) -> None:
    """Watch every task that this process runs from now on."""
    signals.task_prerun.connect(_watch, weak=False, dispatch_uid="limits")
    signals.task_postrun.connect(_rest, weak=False, dispatch_uid="limits")


def _watch(*, task: Any, **_sent: Any) -> None:
    seconds = LIMITS.get(task.name, OTHERS)
    faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__ or 2)


def _rest(**_sent: Any) -> None:
    faulthandler.cancel_dump_traceback_later()
