"""What the apps above lend to the sweep: called from here, imported by nobody.

An app registers its kind of subject in ``AppConfig.ready()``:

``take_steps(steps, *, now)``
    Tells whom the steps concern and records the app's events, for a batch at a time, inside the
    transaction in which the steps were claimed: the commitments are already written and locked.
    Raising takes everything back; the batch is then retried row by row. It must not wait for
    locks that a verb holds while it waits for a commitment (the sweep gives up first).
``fulfilled_at(keys)``
    The facts: when each of these commitments was kept, for those that were.
``redated(moved, *, now)`` (optional)
    A closure moved these due dates; the date promised first still stands beside the new one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from standards.models import Commitment
    from standards.steps import Step


class NotRegistered(LookupError):
    """Nobody takes the steps of this kind of subject."""


@dataclass(frozen=True, slots=True)
class StepDue:
    """A step to take; ``at`` is the instant at which it was really due, however late it is now."""

    commitment: Commitment
    name: Step
    at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """A due date that a closure moved, and why in Korean."""

    commitment: Commitment
    due_before: datetime
    due_after: datetime
    why: str


class TakeSteps(Protocol):
    def __call__(self, steps: list[StepDue], *, now: datetime) -> None: ...


class FulfilledAt(Protocol):
    def __call__(self, keys: Sequence[str]) -> Mapping[str, datetime]: ...


class Redated(Protocol):
    def __call__(self, moved: list[Moved], *, now: datetime) -> None: ...


class Aside(Protocol):
    """Sentences for readers beside the figure of a promise, as of a day in Seoul."""

    def __call__(self, today: date, /) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Subject:
    take_steps: TakeSteps
    fulfilled_at: FulfilledAt
    redated: Redated | None = None


_subjects: dict[str, Subject] = {}
_measured: set[str] = set()
_asides: dict[str, Aside] = {}


def register(
    subject_type: str,
    *,
    take_steps: TakeSteps,
    fulfilled_at: FulfilledAt,
    redated: Redated | None = None,
) -> None:
    _subjects[subject_type] = Subject(take_steps, fulfilled_at, redated)


def subject(subject_type: str) -> Subject:
    try:
        return _subjects[subject_type]
    except KeyError:
        raise NotRegistered(subject_type) from None


def measure(*codes: str) -> None:
    """Say that these standards are measured now, so that pages need not say "not yet"."""
    _measured.update(codes)


def measured() -> frozenset[str]:
    return frozenset(_measured)


def aside(code: str, say: Aside) -> None:
    """Let the charter page say more about a promise than its figure; a second call replaces it."""
    _asides[code] = say


def asides_of(code: str, today: date) -> list[str]:
    """What is said beside the figure of a promise; nothing where nobody says anything."""
    say = _asides.get(code)
    return say(today) if say is not None else []
