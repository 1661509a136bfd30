"""Two managers revise one promise at the same moment: one version, one event, one refusal."""

from __future__ import annotations

from decimal import Decimal

import pytest

from records.actors import SYSTEM
from records.models import Event
from standards import services
from standards.errors import ChangedMeanwhile
from standards.models import Standard
from standards.tests.instants import at
from standards.tests.test_sweep_races import together

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]
NOW = at("2026-09-21 10:00")


def revise(target: str) -> Standard:
    return services.revise_standard(
        code="stage-1", version=1, target=Decimal(target), why="까닭", by=SYSTEM, now=NOW
    )


def test_two_revisions(transactional_db: None) -> None:
    services.load_charter(today=NOW.date())
    results = together(*[lambda target=target: revise(target) for target in ("0.96", "0.97")] * 2)
    won = [found for found in results if isinstance(found, Standard)]
    assert len(won) == 1
    assert sum(isinstance(found, ChangedMeanwhile) for found in results) == 3
    assert Standard.objects.get(code="stage-1", valid_until=None) == won[0]
    assert Standard.objects.filter(code="stage-1").count() == 2
    assert Event.objects.filter(kind="standard-revised").count() == 1


def test_a_revision_and_new_data(transactional_db: None) -> None:
    """Whoever is first, there is one version in force, and no version is lost without a trace."""
    services.load_charter(today=NOW.date())
    Standard.objects.filter(code="stage-1").update(target=Decimal("0.5"))  # the data say otherwise
    together(lambda: revise("0.96"), lambda: services.load_charter(today=NOW.date()))
    assert Standard.objects.filter(code="stage-1", valid_until=None).count() == 1
    assert Standard.objects.filter(code="stage-1").count() == 2
