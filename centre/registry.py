"""What the rooms above report about a person's open work, and how it is handed over.

They register in ``AppConfig.ready()``; this room asks them without knowing them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from centre.models import StaffMember
from records.actors import Actor


class CountDuties(Protocol):
    def __call__(self, person: StaffMember, /) -> int:
        """How many pieces of this work are open with the person."""


class HandOver(Protocol):
    def __call__(
        self, *, from_person: StaffMember, to_person: StaffMember, by: Actor, now: datetime
    ) -> int:
        """Hand this work over in the caller's transaction, owe the notices; says how much."""


_duties: dict[str, CountDuties] = {}
_hand_overs: dict[str, HandOver] = {}


def register_duties(name: str, count: CountDuties) -> None:
    """``name`` is Korean and stands on the screen ("열린 의견"); a second one replaces it."""
    _duties[name] = count


def register_hand_over(name: str, hand_over: HandOver) -> None:
    _hand_overs[name] = hand_over


def open_work(person: StaffMember) -> dict[str, int]:
    """What is open with a person, by name; what is not open is left out."""
    counted = {name: count(person) for name, count in _duties.items()}
    return {name: number for name, number in counted.items() if number}


def hand_overs() -> dict[str, HandOver]:
    return dict(_hand_overs)
