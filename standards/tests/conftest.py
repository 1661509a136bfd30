"""A charter, a subject that only notes what it is asked, and instants as people write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pytest

from records.actors import SYSTEM
from records.services import NewEvent, record_many
from standards import registry, services
from standards.models import Commitment
from standards.registry import Moved, StepDue
from standards.tests.instants import at

SUBJECT = "test-case"


@dataclass
class Notes:
    """What the app above was asked to do, and the facts it would answer with."""

    steps: list[tuple[str, str, datetime]] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    facts: dict[str, datetime] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    calls: int = 0

    def take_steps(self, steps: list[StepDue], *, now: datetime) -> None:
        self.calls += 1
        noted = []
        for step in steps:
            if step.commitment.key in self.broken:
                raise RuntimeError("홍길동 010-1234-5678")
            noted.append((step.commitment.key, str(step.name), step.at))
        record_many([_told(step, now=now) for step in steps])
        self.steps += noted

    def fulfilled_at(self, keys: Sequence[str]) -> dict[str, datetime]:
        return {key: self.facts[key] for key in keys if key in self.facts}

    def redated(self, moved: list[Moved], *, now: datetime) -> None:
        if self.broken:
            raise RuntimeError
        self.moved += moved

    def taken(self, key: str = "a") -> list[tuple[str, datetime]]:
        return [(name, when) for mine, name, when in self.steps if mine == key]


def _told(step: StepDue, *, now: datetime) -> NewEvent:
    return NewEvent(
        subject_type=SUBJECT,
        subject_id=step.commitment.subject_id,
        kind=f"told-{step.name}",
        at=step.at,
        recorded_at=now,
        by=SYSTEM,
        key=f"{step.commitment.key}:{step.name}:{step.at.isoformat()}",
    )


@pytest.fixture
def charter(db: None) -> None:
    services.load_charter(today=date(2026, 1, 1))


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> Notes:
    found = Notes()
    subject = registry.Subject(found.take_steps, found.fulfilled_at, found.redated)
    monkeypatch.setitem(registry._subjects, SUBJECT, subject)
    return found


def promise(
    key: str = "a", code: str = "reply", start: str = "2026-09-21 10:00", **more
) -> Commitment:
    """Open a commitment of the test's subject; it starts when it is written down."""
    values: dict[str, Any] = {
        "subject_type": SUBJECT,
        "subject_id": 1,
        "started_at": at(start),
        "now": at(start),
    }
    return services.open_commitment(code=code, key=key, **(values | more))


def read(key: str = "a") -> Commitment:
    return Commitment.objects.get(key=key)
