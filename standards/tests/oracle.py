"""Figures counted the slow way: every row is read, and Python does the rest."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date, datetime, timedelta
from typing import Any

from centre.calendar import SEOUL
from standards.figures import Month, Result, Tally
from standards.models import Commitment, Observation, Standard, State


def day_of(instant: datetime) -> date:
    """The Seoul day of a due instant, said in another way than the code says it."""
    local = instant.astimezone(SEOUL)
    at_midnight = (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    return local.date() - timedelta(days=1) if at_midnight else local.date()


def results(
    first: date,
    last: date,
    *,
    now: datetime,
    key: Callable[[date, int | None], Hashable] = lambda _day, _team: None,
) -> dict[str, dict[Any, Result]]:
    found: dict[str, dict[Any, Result]] = {}

    def add(standard: Standard, category: str, where: Hashable, tally: Tally) -> None:
        if tally == Tally():
            return
        before = found.setdefault(standard.code, {}).get(where, Result())
        speaks_of = not standard.kinds or category == "" or category in standard.kinds
        found[standard.code][where] = before + (
            Result(counted=tally) if speaks_of else Result(others=tally)
        )

    for row in Commitment.objects.select_related("standard"):
        day = day_of(row.due_at)
        if first <= day <= last:
            tally = Tally(
                kept=int(row.state == State.KEPT),
                kept_extended=int(row.state == State.KEPT_EXTENDED),
                missed=int(row.state == State.MISSED),
                overdue=int(row.state == State.RUNNING and row.due_at < now),
                excluded=int(row.state == State.EXCLUDED),
            )
            add(row.standard, row.category, key(day, row.team_id), tally)
    for seen in Observation.objects.select_related("standard"):
        day = seen.at.astimezone(SEOUL).date()
        if first <= day <= last:
            tally = Tally(kept=seen.kept, missed=seen.n - seen.kept)
            add(seen.standard, seen.category, key(day, seen.team_id), tally)
    return found


def between(first: date, last: date, *, now: datetime) -> dict[str, Result]:
    return {code: rows[None] for code, rows in results(first, last, now=now).items()}


def by_month(first: date, last: date, *, now: datetime) -> dict[str, dict[Month, Result]]:
    return results(first, last, now=now, key=lambda day, _team: Month.of(day))


def by_team(first: date, last: date, *, now: datetime) -> dict[str, dict[int | None, Result]]:
    return results(first, last, now=now, key=lambda _day, team: team)
