"""The verbs of the outbox. Each takes part in the caller's transaction, `deliver` in none."""

from notices.services.delivering import deliver
from notices.services.doing import (
    blank_contents,
    cancel,
    count_tasks,
    do_task,
    hand_over_tasks,
    keep_from,
    log_attempt,
    mark_bounced,
    move_tasks,
    retry_failed,
)
from notices.services.nudging import nudge
from notices.services.owing import Citizen, Owed, Person, owe, owe_again, owe_many

__all__ = [
    "Citizen",
    "Owed",
    "Person",
    "blank_contents",
    "cancel",
    "count_tasks",
    "deliver",
    "do_task",
    "hand_over_tasks",
    "keep_from",
    "log_attempt",
    "mark_bounced",
    "move_tasks",
    "nudge",
    "owe",
    "owe_again",
    "owe_many",
    "retry_failed",
]
