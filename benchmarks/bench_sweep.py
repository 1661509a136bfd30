"""What the sweep costs: per due commitment with its event and its notice, and with nothing due.

On PostgreSQL, with few and with many running commitments: the cost is to grow with what is due,
never with what is open. The subject only records an event and owes each citizen the mail about a
missed promise, in bulk, as an app does.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import ProgrammingError, connection

from benchmarks.database import scratch_database
from benchmarks.report import Report
from notices.models import Channel
from notices.services import Citizen, Owed, owe_many
from records.actors import SYSTEM
from records.services import NewEvent, record_many
from standards import registry, services
from standards.models import Standard
from standards.registry import StepDue

SUBJECT = "bench-case"
RUNNING = (1_000, 1_000_000)
DUE = 1_000
ROUNDS = 3
NOW = datetime(2026, 9, 21, 6, 0, tzinfo=UTC)
PER_DUE_MS = 2.0
NOTHING_DUE_MS = 5.0
_LOAD = """
    INSERT INTO standards_commitment (
        key, standard_id, code, category, subject_type, subject_id, rule, allowance, started_at,
        first_due_at, due_at, extensions, calendar_version, state, excluded_why, next_step,
        next_step_at, steps_taken)
    SELECT 'bench:' || nextval(pg_get_serial_sequence('standards_commitment', 'id')), %(standard)s,
           'reply', 'complaint', %(subject)s, n, 'civil_days', '7d', %(start)s, %(due)s, %(due)s,
           0, 1, 'running', '', %(step)s, %(due)s - (n %% 86400) * interval '1 second', 0
      FROM generate_series(1, %(count)s) AS n
"""
_CONTEXT = {
    "receipt_number": "2026-000001-A",
    "citizen_name": "김한결",
    "first_due_at": "2026년 9월 21일(월) 18시",
    "new_due_at": "2026년 9월 28일(월) 18시",
    "team": "고객지원팀",
    "lead_name": "배수정",
    "lead_title": "팀장",
    "team_phone": "(054)855-1365(내선 101)",
    "tracking_url": "http://127.0.0.1:8000/complaints/2026-000001-A/",
}


def bench(report: Report) -> None:
    with scratch_database(postgresql=True):
        services.load_charter(today=NOW.date())
        registry.register(SUBJECT, take_steps=_take_steps, fulfilled_at=lambda _keys: {})
        there, costs = 0, []
        for running in RUNNING:
            _load(count=running - there, due=NOW + timedelta(days=10), step="two-days")
            there = running
            costs.append(_measure(report, running))
    each, nothing = zip(*costs, strict=True)
    report.compare("per due commitment, with more running", each)
    report.compare("nothing due, with more running", nothing)


def _measure(report: Report, running: int) -> tuple[float, float]:
    """Milliseconds per due commitment, and of a pass with nothing due."""
    services.sweep(now=NOW)
    nothing = report.time(lambda: services.sweep(now=NOW), rounds=50) * 1000
    report.cost(f"sweep, nothing due, {running:,} running", nothing, "ms", aim=NOTHING_DUE_MS)
    yesterday = NOW - timedelta(days=1)
    seconds = report.time(
        lambda: services.sweep(now=NOW),
        rounds=ROUNDS,
        prepare=lambda: _load(count=DUE, due=yesterday, step="missed"),
    )
    each = seconds / DUE * 1000
    report.cost(f"sweep, per due commitment, {running:,} running", each, "ms", aim=PER_DUE_MS)
    return each, nothing


def _take_steps(steps: list[StepDue], *, now: datetime) -> None:
    record_many([_event(step, now=now) for step in steps])
    owe_many([_owed(step) for step in steps], now=now)


def _event(step: StepDue, *, now: datetime) -> NewEvent:
    return NewEvent(
        subject_type=SUBJECT,
        subject_id=step.commitment.subject_id,
        kind="promise-missed",
        at=step.at,
        recorded_at=now,
        by=SYSTEM,
        key=f"{step.commitment.key}:told",
    )


def _owed(step: StepDue) -> Owed:
    return Owed(
        key=f"{step.commitment.key}:missed-promise",
        template="missed-promise",
        subject_type=SUBJECT,
        subject_id=step.commitment.subject_id,
        to=Citizen("김한결", Channel.EMAIL, "citizen@example.com"),
        context=_CONTEXT,
    )


def _load(*, count: int, due: datetime, step: str) -> None:
    values: dict[str, Any] = {
        "standard": Standard.objects.get(code="reply").pk,
        "subject": SUBJECT,
        "start": due - timedelta(days=7),
        "due": due,
        "step": step,
        "count": count,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, values)
        cursor.execute("ANALYZE standards_commitment")
        with suppress(
            ProgrammingError
        ):  # only a superuser may: else the load is still being written
            cursor.execute("CHECKPOINT")
