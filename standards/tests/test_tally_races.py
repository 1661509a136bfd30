"""Real threads on PostgreSQL: passes against writers, readers in between, two who freeze."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest

from standards import checks, figures, freezing, services, tallying
from standards.models import Commitment, FrozenMonth, MonthFigure, TallyChange
from standards.tests import oracle
from standards.tests.conftest import Notes, promise
from standards.tests.instants import at
from standards.tests.test_sweep_races import together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

NOW = at("2026-11-20 10:00")
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def charter(transactional_db: None) -> None:
    services.load_charter(today=NOW.date())


@pytest.mark.usefixtures("charter")
def test_passes_against_writers(notes: Notes) -> None:
    """Writers add one at a time and never take away: readers never see fewer than before."""
    done = threading.Event()
    writers, rounds = 2, 40

    def write(who: int) -> None:
        for number in range(rounds):
            key = f"{who}:{number}"
            promise(key, category="complaint", subject_id=number)
            services.fulfil(key=key, at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))

    def count() -> None:
        while not done.is_set():
            tallying.count_changes(now=NOW)

    def read() -> list[int]:
        seen = []
        while not done.is_set():
            found = figures.between(*YEAR, now=NOW).get("reply", figures.Result())
            seen.append(found.counted.n)
        return seen

    def finish() -> None:
        ended.wait(60)
        done.set()

    ended = threading.Barrier(writers + 1)

    def write_and_end(who: int) -> None:
        try:
            write(who)
        finally:
            ended.wait(60)

    results = together(
        lambda: write_and_end(0), lambda: write_and_end(1), count, count, read, finish
    )
    assert not [found for found in results if isinstance(found, Exception)]
    assert results[4] == sorted(results[4])
    assert figures.between(*YEAR, now=NOW) == oracle.between(*YEAR, now=NOW)
    tallying.count_changes(now=NOW)
    assert not TallyChange.objects.exists()
    assert list(tallying.compare()) == []
    assert figures.between(*YEAR, now=NOW)["reply"].counted.kept == writers * rounds


@pytest.mark.usefixtures("charter")
def test_frozen_by_four_at_once_while_it_changes(notes: Notes) -> None:
    for number in range(20):
        promise(str(number), category="complaint", subject_id=number)

    def change() -> None:
        for number in range(20):
            services.fulfil(key=str(number), at=at("2026-09-22 10:00"), now=NOW)

    results = together(*[lambda: freezing.freeze(now=NOW)] * 4, change, change)
    assert not [found for found in results if isinstance(found, Exception)]
    assert FrozenMonth.objects.count() == len({month for found in results[:4] for month in found})
    assert sum(len(found) for found in results[:4]) == FrozenMonth.objects.count() == 2
    tallying.count_changes(now=NOW)
    assert freezing.breaches() == []
    assert MonthFigure.objects.filter(counted=True).count() == 1


@pytest.mark.usefixtures("charter")
def test_rebuilt_while_it_changes(notes: Notes) -> None:
    for number in range(30):
        promise(str(number), subject_id=number, start=f"2026-{number % 9 + 1:02}-05 10:00")

    def change() -> None:
        for number in range(30):
            services.fulfil(key=str(number), at=NOW - timedelta(1), now=NOW)

    results = together(
        lambda: tallying.rebuild(now=NOW), change, lambda: tallying.count_changes(now=NOW)
    )
    assert not [found for found in results if isinstance(found, Exception)]
    tallying.count_changes(now=NOW)
    assert list(tallying.compare()) == []
    assert not [line for line in checks.breaches(now=NOW) if "집계" in line]
    assert Commitment.objects.filter(fulfilled_at=None).count() == 0
