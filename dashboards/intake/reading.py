"""The figures of any period, for pages: a fixed number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime

from dashboards.intake.counting import NO_TEAM, count
from dashboards.intake.figures import Intake, intake_of
from standards.figures import check_period
from standards.months import Month, months_between

#: None among them stands for cases that no team has yet.
TeamIds = Collection[int | None]


def between(first: date, last: date, *, now: datetime, team_ids: TeamIds | None = None) -> Intake:
    """What came in from ``first`` to ``last``, both days in Seoul and both counted.

    ``team_ids``: only cases that these teams have now; without it everybody's. BadPeriod for a
    period that cannot be asked for (see ``standards.figures.check_period``).
    """
    check_period(first, last)
    counts: Counter[tuple[str, str]] = Counter()
    for (_day, team, measure, value), n in count([(first, last)]).items():
        if _is_asked(team, team_ids):
            counts[measure, value] += n
    return intake_of(counts)


def by_month(
    first: date, last: date, *, now: datetime, team_ids: TeamIds | None = None
) -> list[tuple[Month, Intake]]:
    """Each month from that of ``first`` to that of ``last``, the oldest first; whole months."""
    check_period(first, last)
    found = {month: Counter[tuple[str, str]]() for month in _months(first, last)}
    whole = (min(found).first, max(found).last)
    for (day, team, measure, value), n in count([whole]).items():
        if _is_asked(team, team_ids):
            found[Month.of(day)][measure, value] += n
    return [(month, intake_of(counts)) for month, counts in found.items()]


def _months(first: date, last: date) -> list[Month]:
    return list(months_between(Month.of(first), Month.of(last)))


def _is_asked(team: int, team_ids: TeamIds | None) -> bool:
    return team_ids is None or (None if team == NO_TEAM else team) in team_ids
