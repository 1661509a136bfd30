"""How many due instants a second the calendar computes, rule by rule, on one core.

From an aware instant to a due instant in UTC; the aim is for the rules that count open time.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from benchmarks.report import Report
from centre.calendar import Allowance, Calendar, Rule

AIM = 250_000
STARTS = 100_000
CASES = (
    (Rule.WORKING_TIME, "1h", AIM),
    (Rule.CIVIL_DAYS, "7d", AIM),
    (Rule.PETITION_DAYS, "7d", AIM),
    (Rule.ELAPSED, "10m", None),
    (Rule.DAYS_BEFORE, "20d", None),
)


def bench(report: Report) -> None:
    instants = starts(STARTS)
    for rule, text, aim in CASES:
        centre, allowance = Calendar(), Allowance.parse(text)
        centre.add(rule, allowance, instants[0])  # the table is made on first use
        seconds = report.time(partial(add_all, centre, rule, allowance, instants))
        report.rate(f"due instants, {rule}", len(instants) / seconds, "/s", aim=aim)
    first = instants[0]
    build = report.time(lambda: Calendar().next_open_at(first))
    report.cost("a calendar from its closures", build * 1000, "ms")
    centre, week = Calendar(), Allowance.parse("7d")
    explain = report.time(
        lambda: [centre.due(Rule.CIVIL_DAYS, week, start).explain() for start in instants[:1000]]
    )
    report.cost("a due instant with its explanation", explain * 1000, "µs")


def starts(count: int) -> list[datetime]:
    """The same random instants of 2024 to 2027 every time."""
    chance = random.Random(2026)
    first, seconds = datetime(2024, 1, 1, tzinfo=UTC), 4 * 365 * 86_400
    return [first + timedelta(seconds=chance.randrange(seconds)) for _ in range(count)]


def add_all(
    centre: Calendar, rule: Rule, allowance: Allowance, instants: Sequence[datetime]
) -> None:
    add = centre.add
    for instant in instants:
        add(rule, allowance, instant)
