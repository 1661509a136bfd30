"""Whatever is done to a promise in whatever order, what must always be true stays true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from centre import services as centre
from centre.errors import Refused
from centre.queries import calendar
from records.actors import SYSTEM
from records.models import Event
from standards import checks, services
from standards.models import Commitment, State
from standards.tests.conftest import SUBJECT, Notes, promise, read
from standards.tests.instants import at

pytestmark = pytest.mark.usefixtures("charter")
START = at("2026-09-17 10:00")  # a week before Chuseok


def _close_tomorrow(now: datetime) -> None:
    day = calendar().add_open_days((now + timedelta(hours=9)).date(), 1)
    centre.add_closure(on=day, reason="임시 휴무", by=SYSTEM, now=now)


def _extend(now: datetime, *, consent: bool = False) -> None:
    row = read()
    to = calendar().add_open_days((row.due_at + timedelta(hours=9)).date(), 2)
    due = datetime.combine(to, row.due_at.timetz())
    services.extend(key="a", new_due_at=due, why="x", now=now, consent=consent)


VERBS: dict[str, Callable[[datetime], object]] = {
    "sweep": lambda now: services.sweep(now=now),
    "pause": lambda now: services.pause(key="a", at=now, now=now),
    "resume": lambda now: services.resume(key="a", at=now, now=now),
    "extend": _extend,
    "extend again": lambda now: _extend(now, consent=True),
    "fulfil": lambda now: services.fulfil(key="a", at=now, now=now),
    "fulfilled before": lambda now: services.fulfil(key="a", at=now - timedelta(days=1), now=now),
    "came back": lambda now: services.unfulfil(key="a", why="bounced", now=now),
    "withdraw": lambda now: services.exclude(
        subject_type=SUBJECT, subject_id=1, why="withdrawn", now=now
    ),
    "close": _close_tomorrow,
}
STORY = st.lists(
    st.tuples(st.sampled_from(sorted(VERBS)), st.integers(min_value=1, max_value=4 * 24 * 60)),
    max_size=12,
)


def _check(before: Commitment, after: Commitment, verb: str, now: datetime) -> None:
    assert after.first_due_at == before.first_due_at
    assert after.due_at >= before.due_at
    if before.fulfilled_at and verb != "came back":
        assert after.fulfilled_at == before.fulfilled_at
    if before.state in {State.KEPT, State.KEPT_EXTENDED} and verb != "came back":
        assert after.state == before.state
    if verb == "sweep":
        assert after.next_step_at is None or after.next_step_at > now
        assert after.troubled_at is None
    assert list(checks.breaches(now=now)) == []


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(code=st.sampled_from(["reply", "stage-1", "supplement", "put-right"]), story=STORY)
def test_any_order(notes: Notes, code: str, story: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        more: dict[str, Any] = {"due_at": START + timedelta(days=9)} if code == "put-right" else {}
        promise(code=code, started_at=START, now=START, **more)
        now = START
        for verb, minutes in story:
            now += timedelta(minutes=minutes)
            before = read()
            try:
                VERBS[verb](now)
            except Refused:
                assert read().state == before.state
            _check(before, read(), verb, now)
        assert Event.objects.filter(kind="clock-missed").count() <= 1
        told = [step for step in notes.steps if step[1] != "chase"]
        assert len(told) == len(set(told))
        notes.steps.clear()
        transaction.set_rollback(True)
