"""The sweep: in order, each step once, whatever was down and whatever breaks."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centre.factories import StaffMemberFactory
from centre.models import Role
from notices.models import Notice
from records.models import Event
from standards import queries, services, sweeping
from standards.models import Commitment, State
from standards.tests.conftest import Notes, promise, read
from standards.tests.instants import at, seoul

pytestmark = pytest.mark.usefixtures("charter")

LIFE = [
    ("two-days", at("2026-09-22 09:00")),
    ("last-call", at("2026-09-28 09:00")),
    ("missed", at("2026-09-28 18:00")),
    ("chase", at("2026-09-29 09:00")),
    ("chase", at("2026-09-30 09:00")),
]


def test_step_by_step(notes: Notes) -> None:
    promise()
    for _name, when in LIFE:
        assert services.sweep(now=when - timedelta(microseconds=1)) == 0
        assert services.sweep(now=when) == 1
        assert services.sweep(now=when) == 0
    assert notes.taken() == LIFE
    assert (read().state, read().steps_taken) == (State.MISSED, 5)
    assert seoul(read().settled_at) == "2026-09-28 18:00"


@pytest.mark.parametrize("hours", [3, 72])
def test_down_for_hours(notes: Notes, hours: int) -> None:
    """Late, in order, each once, with the time at which it was really due; chased from tomorrow."""
    promise()
    back = at("2026-09-28 08:30") + timedelta(hours=hours)
    services.sweep(now=back)
    services.sweep(now=back)
    assert notes.taken() == [step for step in LIFE[:3] if step[1] <= back]
    if hours == 72:
        assert seoul(read().next_step_at) == "2026-10-01 09:00"
        missed = Event.objects.get(kind="clock-missed")
        assert (missed.at, missed.recorded_at) == (at("2026-09-28 18:00"), back)


def test_the_longest_due_first(notes: Notes) -> None:
    for key, start in [
        ("b", "2026-09-21 12:00"),
        ("c", "2026-09-21 11:00"),
        ("a", "2026-09-21 10:00"),
    ]:
        promise(key, code="stage-1", start=start)
    services.sweep(now=at("2026-09-22 18:00"))
    assert [key for key, _, _ in notes.steps] == ["a", "c", "b"]


def test_kept_all_along_is_not_told_as_missed(notes: Notes) -> None:
    promise("a")
    promise("b")
    notes.facts = {"a": at("2026-09-28 18:00"), "b": at("2026-09-28 18:00:01")}
    services.sweep(now=at("2026-09-28 19:00"))
    assert (read("a").state, read("a").fulfilled_at) == (State.KEPT, at("2026-09-28 18:00"))
    assert (read("b").state, read("b").next_step_at) == (State.MISSED, None)
    assert not any(name == "missed" for _, name, _ in notes.steps)
    kinds = list(Event.objects.filter(kind__startswith="clock-").values_list("kind", flat=True))
    assert sorted(kinds) == ["clock-kept", "clock-missed"]


def test_a_chase_ends_with_the_fact(notes: Notes) -> None:
    promise()
    services.sweep(now=at("2026-09-28 18:00"))
    notes.facts = {"a": at("2026-09-28 20:00")}
    services.sweep(now=at("2026-09-29 09:00"))
    assert notes.taken()[-1][0] == "missed"
    assert (read().state, read().next_step_at) == (State.MISSED, None)


def test_more_than_a_batch(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 3)
    for number in range(8):
        promise(str(number), code="stage-1")
    assert services.sweep(now=at("2026-09-22 10:00"), limit=4) == 4
    assert services.sweep(now=at("2026-09-22 10:00")) == 4
    assert notes.calls == 4  # 3 + 1, 3 + 1


def test_the_heartbeat(notes: Notes) -> None:
    assert queries.last_sweep() is None
    services.sweep(now=at("2026-09-22 10:00"))
    services.sweep(now=at("2026-09-22 10:00:15"))
    assert queries.last_sweep() == at("2026-09-22 10:00:15")
    services.sweep(now=at("2029-09-22 10:00"), heartbeat=False)
    assert queries.last_sweep() == at("2026-09-22 10:00:15")


# --- what breaks ----------------------------------------------------------------------------------


def test_a_broken_row_stops_nobody(notes: Notes, caplog: pytest.LogCaptureFixture) -> None:
    administrator = StaffMemberFactory.create(roles=[Role.ADMINISTRATOR])
    for key in "abc":
        promise(key, code="stage-1")
    notes.broken = {"b"}
    now = at("2026-09-21 15:00")
    with caplog.at_level(logging.WARNING):
        assert services.sweep(now=now) == 2
    assert [key for key, _, _ in notes.steps] == ["a", "c"]
    row = read("b")
    assert (row.state, row.next_step, row.troubled_at) == (State.RUNNING, "missed", now)
    assert row.next_step_at == now + timedelta(minutes=10)
    assert "홍길동" not in caplog.text
    assert "RuntimeError" in caplog.text
    assert Notice.objects.get().staff == administrator
    assert not Event.objects.filter(key=f"commitment:{row.pk}:missed").exists()


def test_a_broken_row_is_raised_once_a_day_and_mends(notes: Notes) -> None:
    StaffMemberFactory(roles=[Role.MANAGER])
    promise(code="stage-1")
    notes.broken = {"a"}
    now = at("2026-09-21 15:00")
    for minutes in (0, 5, 10, 20):
        assert services.sweep(now=now + timedelta(minutes=minutes)) == 0
    assert Notice.objects.count() == 1
    services.sweep(now=now + timedelta(days=1))
    assert Notice.objects.count() == 2
    notes.broken = set()
    assert services.sweep(now=now + timedelta(days=2)) == 1
    assert notes.taken() == [("missed", now)]  # when it was really due
    assert (read().state, read().troubled_at) == (State.MISSED, None)


def test_nobody_registered_is_a_broken_row(notes: Notes) -> None:
    promise("a", code="stage-1", subject_type="unknown")
    promise("b", code="stage-1")
    assert services.sweep(now=at("2026-09-21 15:00")) == 1
    assert read("a").troubled_at is not None
    assert read("b").state == State.MISSED


def test_a_row_that_makes_no_sense_is_a_broken_row(notes: Notes) -> None:
    promise("a")
    promise("b", code="stage-1")
    Commitment.objects.filter(key="a").update(next_step="dance")
    assert services.sweep(now=at("2026-09-22 15:00")) == 1
    assert read("a").troubled_at is not None


def test_the_alarm_itself_may_fail(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    StaffMemberFactory(roles=[Role.MANAGER])
    monkeypatch.setattr("standards.alarm.owe", lambda **_: 1 / 0)
    promise("a", code="stage-1")
    promise("b", code="stage-1")
    notes.broken = {"a"}
    assert services.sweep(now=at("2026-09-21 15:00")) == 1
    assert read("a").troubled_at is not None


def test_a_crash_between_two_lines_leaves_nothing_half_done(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after the events are written and before the commit."""
    promise("a", code="stage-1")
    promise("b", code="stage-1")
    original = notes.take_steps

    def die(steps, *, now):
        original(steps, now=now)
        raise KeyboardInterrupt

    from standards import registry  # noqa: PLC0415

    subject = registry.Subject(die, notes.fulfilled_at)
    with monkeypatch.context() as patch:
        patch.setitem(registry._subjects, "test-case", subject)
        with pytest.raises(KeyboardInterrupt):
            services.sweep(now=at("2026-09-21 15:00"))
    assert {row.state for row in Commitment.objects.all()} == {State.RUNNING}
    assert not Event.objects.exists()
    assert services.sweep(now=at("2026-09-21 15:00:15")) == 2
    assert Event.objects.filter(kind="told-missed").count() == 2


# --- cost -----------------------------------------------------------------------------------------


def queries_of(now: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        services.sweep(now=at(now))
    return len(found)


def test_nothing_due_costs_few_queries(notes: Notes) -> None:
    promise()
    services.sweep(now=at("2026-09-21 10:30"))
    few = queries_of("2026-09-21 11:00")
    assert few == 4  # the calendar's version, closures, what is due, the heartbeat
    for number in range(30):
        promise(str(number))
    assert queries_of("2026-09-21 11:00") == few


def test_a_batch_costs_the_same_whatever_its_size(notes: Notes) -> None:
    promise("x", code="stage-1", start="2026-09-21 10:00")
    for number in range(30):
        promise(str(number), code="stage-1", start="2026-09-22 10:00")
    services.sweep(now=at("2026-09-21 10:30"))
    one = queries_of("2026-09-21 15:00")
    thirty = queries_of("2026-09-22 15:00")
    assert notes.calls == 2
    assert thirty == one
