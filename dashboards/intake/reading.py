"""The figures of any period, for pages: a fixed number of queries, and no opinion is loaded.

Days that are counted come from the tallies, whole months from the sums; days that changed since
are counted from their rows. So the figures are exact. Where too many days wait at once (after a
restore, say) the tallies are told as they are, and ``Intake.is_exact`` says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Final

from django.db.models import Q, QuerySet, Sum

from dashboards.intake.counting import ALL_TEAMS, NO_TEAM, Span, count, runs
from dashboards.intake.figures import Intake, intake_of
from dashboards.intake.models import CaseCount, CasePass
from dashboards.intake.pending import pending_days
from standards.figures import Behind, check_period
from standards.months import Month, months_between

#: None among them stands for cases that no team has yet.
TeamIds = Collection[int | None]
#: So many days are counted from their rows at most.
MOST_PENDING: Final = 14
_Counts = dict[Month, Counter[tuple[str, str]]]


def between(first: date, last: date, *, now: datetime, team_ids: TeamIds | None = None) -> Intake:
    """What came in from ``first`` to ``last``, both days in Seoul and both counted.

    ``team_ids``: only cases that these teams have now; without it everybody's. BadPeriod for a
    period that cannot be asked for (see ``standards.figures.check_period``).
    """
    check_period(first, last)
    waiting, pending = _pending(first, last)
    counts: Counter[tuple[str, str]] = Counter()
    sums = _tallies(first, last, pending, team_ids).values_list("measure", "value")
    for measure, value, n in sums.annotate(Sum("n")):
        counts[measure, value] += n
    for _month, measure, value, n in _from_rows(pending, team_ids):
        counts[measure, value] += n
    return intake_of(counts, is_exact=waiting is not None)


def by_month(
    first: date, last: date, *, now: datetime, team_ids: TeamIds | None = None
) -> list[tuple[Month, Intake]]:
    """Each month from that of ``first`` to that of ``last``, the oldest first; whole months."""
    check_period(first, last)
    begin, end = Month.of(first), Month.of(last)
    found, is_exact = _counts(begin.first, end.last, team_ids=team_ids)
    return [
        (month, intake_of(found.get(month, {}), is_exact=is_exact))
        for month in months_between(begin, end)
    ]


def _counts(first: date, last: date, *, team_ids: TeamIds | None) -> tuple[_Counts, bool]:
    """Counts by month of the period, and whether they are exact. At most four queries."""
    waiting, pending = _pending(first, last)
    found: _Counts = {}
    sums = _tallies(first, last, pending, team_ids).values_list("day", "measure", "value")
    for day, measure, value, n in sums.annotate(Sum("n")):
        found.setdefault(Month.of(day), Counter())[measure, value] += n
    for month, measure, value, n in _from_rows(pending, team_ids):
        found.setdefault(month, Counter())[measure, value] += n
    return found, waiting is not None


def _pending(first: date, last: date) -> tuple[set[date] | None, set[date]]:
    """All days that wait (None: too many), and those of the period to count from the rows."""
    waiting = pending_days(most=MOST_PENDING)
    return waiting, {day for day in waiting or () if first <= day <= last}


def _tallies(
    first: date, last: date, pending: set[date], team_ids: TeamIds | None
) -> QuerySet[CaseCount]:
    return CaseCount.objects.filter(_clean(first, last, pending), _of_teams(team_ids)).order_by()


def _from_rows(
    pending: set[date], team_ids: TeamIds | None
) -> Iterator[tuple[Month, str, str, int]]:
    for (day, team, measure, value), n in count(runs(pending)).items():
        if team_ids is None or (None if team == NO_TEAM else team) in team_ids:
            yield Month.of(day), measure, value, n


def _clean(first: date, last: date, pending: set[date]) -> Q:
    """Tallies of the days that are counted: by month where all of it is asked for and counted."""
    changed = {Month.of(day) for day in pending}
    whole, parts = [], []
    for month in months_between(Month.of(first), Month.of(last)):
        if first <= month.first and month.last <= last and month not in changed:
            whole.append(month.first)
        else:
            parts.append((max(first, month.first), min(last, month.last)))
    days = Q(pk__in=[])
    for begin, end in _joined(parts):
        days |= Q(day__gte=begin, day__lte=end)
    days &= ~Q(day__in=pending)
    return Q(grain=CaseCount.Grain.MONTH, day__in=whole) | (Q(grain=CaseCount.Grain.DAY) & days)


def _joined(parts: list[Span]) -> list[Span]:
    """Spans that touch taken together."""
    found: list[Span] = []
    for begin, end in parts:
        if found and found[-1][1].toordinal() + 1 == begin.toordinal():
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


def _of_teams(team_ids: TeamIds | None) -> Q:
    if team_ids is None:
        return Q(team=ALL_TEAMS)
    return Q(team__in=[NO_TEAM if key is None else key for key in team_ids])


def behind() -> Behind | None:
    """Whether figures wait for a pass; None where they are exact, as nearly always. One query."""
    if pending_days(most=MOST_PENDING) is not None:
        return None
    return Behind(CasePass.objects.values_list("counted_at", flat=True).first())


def month_counts(first: date, last: date) -> dict[Month, Counter[tuple[str, str]]]:
    """All counts of each month, of all teams, the oldest first; at most four queries."""
    check_period(first, last)
    begin, end = Month.of(first), Month.of(last)
    found, _is_exact = _counts(begin.first, end.last, team_ids=None)
    return {month: found.get(month, Counter()) for month in months_between(begin, end)}
