"""What must always be true of published figures; ``manage.py verify`` prints what is not."""

from __future__ import annotations

from collections.abc import Iterator

from dashboards.evaluation.checks import wrong_editions
from dashboards.intake.checks import wrong_frozen, wrong_tallies


def breaches() -> Iterator[str]:
    """A line for each breach: no personal data."""
    yield from wrong_tallies()
    yield from wrong_frozen()
    yield from wrong_editions()
