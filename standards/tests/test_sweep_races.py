"""Real threads against each other, on PostgreSQL: one winner, one event, one telling."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from records.models import Event
from standards import services, sweeping
from standards.models import Commitment, State
from standards.tests.conftest import Notes, promise, read
from standards.tests.instants import at

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

NOW = at("2026-09-21 15:00")


@pytest.fixture
def charter(transactional_db: None) -> None:
    services.load_charter(today=NOW.date())


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Start all at one moment, each with a connection of its own; errors are results."""
    start = threading.Barrier(len(jobs))
    results: list[Any] = [None] * len(jobs)

    def run(place: int, job: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[place] = job()
        except Exception as error:  # noqa: BLE001
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.usefixtures("charter")
def test_two_sweeps(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 7)
    for number in range(60):
        promise(str(number), code="stage-1", subject_id=number)
    results = together(*[lambda: services.sweep(now=NOW)] * 4)
    assert sum(results) == 60
    assert sorted(notes.steps) == sorted((str(n), "missed", NOW) for n in range(60))
    assert Event.objects.filter(kind="clock-missed").count() == 60
    assert set(Commitment.objects.values_list("steps_taken", flat=True)) == {1}


@pytest.mark.usefixtures("charter")
def test_two_sweeps_with_steps_to_catch_up(notes: Notes) -> None:
    for number in range(20):
        promise(str(number), subject_id=number)
    together(*[lambda: services.sweep(now=at("2026-09-28 18:00:10"))] * 3)
    for number in range(20):
        assert [name for name, _ in notes.taken(str(number))] == ["two-days", "last-call", "missed"]


@pytest.mark.usefixtures("charter")
def test_fulfilled_while_it_is_swept(notes: Notes) -> None:
    """Whoever is first: what was done in time is kept, and its event is there once."""
    for number in range(20):
        promise(str(number), code="stage-1", subject_id=number)
    done = NOW - timedelta(seconds=1)

    def fulfil() -> None:
        for number in range(20):
            services.fulfil(key=str(number), at=done, now=NOW)

    results = together(fulfil, lambda: services.sweep(now=NOW))
    assert not [found for found in results if isinstance(found, Exception)]
    assert set(Commitment.objects.values_list("state", flat=True)) == {State.KEPT}
    assert Event.objects.filter(kind="clock-kept").count() == 20


@pytest.mark.usefixtures("charter")
def test_opened_twice_at_once() -> None:
    results = together(*[promise] * 4)
    assert {getattr(row, "pk", row) for row in results} == {read().pk}


@pytest.mark.usefixtures("charter")
def test_paused_and_extended_at_once() -> None:
    promise()
    when = at("2026-09-22 10:00")
    results = together(
        lambda: services.pause(key="a", at=when, now=when),
        lambda: services.extend(key="a", new_due_at=at("2026-10-06 18:00"), why="x", now=when),
        lambda: services.pause(key="a", at=when, now=when),
    )
    assert [results[0], results[2]].count(True) == 1
    assert read().state == State.PAUSED


@pytest.mark.usefixtures("charter")
def test_the_sweep_gives_way_to_people(notes: Notes) -> None:
    """A verb holds what the app's step needs and waits for the commitment: the verb gets it."""
    promise("a", code="stage-1")
    promise("b", code="stage-1", subject_id=2)
    in_steps, locked = threading.Event(), threading.Event()
    original = notes.take_steps

    def take_steps(steps, *, now):
        if any(step.commitment.key == "a" for step in steps):
            in_steps.set()
            locked.wait(10)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(4711)")
        original(steps, now=now)

    def verb() -> str:
        from django.db import transaction  # noqa: PLC0415

        in_steps.wait(10)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(4711)")
            locked.set()
            services.fulfil(key="a", at=NOW, now=NOW)
        return "done"

    from standards import registry  # noqa: PLC0415

    registry.register("test-case", take_steps=take_steps, fulfilled_at=notes.fulfilled_at)
    results = together(verb, lambda: services.sweep(now=NOW))
    assert results[0] == "done"
    assert read("a").state == State.KEPT
    services.sweep(now=NOW)
    assert read("b").state == State.MISSED
    assert read("a").troubled_at is None
