"""What must always be true of the figures of opinions; ``manage.py verify`` asks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from dashboards.intake.counting import count
from dashboards.intake.models import FrozenCases
from dashboards.intake.pending import changes_by_day
from dashboards.intake.sheets import stored, why_changed
from dashboards.intake.tallying import differences
from standards.months import Month

_MOST = 100


def wrong_tallies() -> Iterator[str]:
    """A line for each tally that is not what the rows say; the first hundred."""
    for grain, day, team, measure, value, told, true in islice(differences(), _MOST):
        when = f"{day:%Y-%m}" if grain == "m" else f"{day:%Y-%m-%d}"
        yield (
            f"의견 집계 {when} 팀 {team} {measure}={value}: 집계는 {told}건, 기록은 {true}건입니다"
        )


def wrong_frozen() -> Iterator[str]:
    """A line for each frozen sheet whose last row is not what the rows say, or that has a gap.

    Months with days that wait to be counted are left out: their correction is still to come.
    """
    waiting = {Month.of(day) for day in changes_by_day()}
    for month, sheets in _frozen().items():
        truth: Counter[tuple[str, str]] = Counter()
        if month not in waiting:
            for (_day, _team, measure, value), n in count([(month.first, month.last)]).items():
                truth[measure, value] += n
        for sheet, rows in sheets.items():
            if [row.number for row in rows] != list(range(1, len(rows) + 1)):
                yield f"{month} {sheet.label}: 마감한 기록이 이어지지 않습니다"
            if month not in waiting and why_changed(rows[-1].counts, stored(truth, sheet)):
                yield f"{month} {sheet.label}: 마감한 수와 기록이 다른데 바로잡은 기록이 없습니다"


def _frozen() -> dict[Month, dict[FrozenCases.Sheet, list[FrozenCases]]]:
    found: dict[Month, dict[FrozenCases.Sheet, list[FrozenCases]]] = {}
    for row in FrozenCases.objects.order_by("month", "sheet", "number"):
        sheets = found.setdefault(Month.of(row.month), {})
        sheets.setdefault(FrozenCases.Sheet(row.sheet), []).append(row)
    return found
