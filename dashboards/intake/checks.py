"""What must always be true of the figures of opinions; ``manage.py verify`` asks it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from dashboards.intake.tallying import differences

_MOST = 100


def wrong_tallies() -> Iterator[str]:
    """A line for each tally that is not what the rows say; the first hundred."""
    for grain, day, team, measure, value, told, true in islice(differences(), _MOST):
        when = f"{day:%Y-%m}" if grain == "m" else f"{day:%Y-%m-%d}"
        yield (
            f"의견 집계 {when} 팀 {team} {measure}={value}: 집계는 {told}건, 기록은 {true}건입니다"
        )
