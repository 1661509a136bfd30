"""What the rooms above report about a person's open work, how it is handed over, and what they
hang onto the lists of the rooms below.

They register in ``AppConfig.ready()``; this room asks them without knowing them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from centre.models import StaffMember, User
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


# --- downloads of lists ---------------------------------------------------------------------------


class DownloadAddress(Protocol):
    def __call__(self, user: User, /) -> str:
        """The page on which a list is downloaded; "" where this account may not."""


_downloads: dict[str, DownloadAddress] = {}


def register_download(name: str, address: DownloadAddress) -> None:
    """``name`` is the list's own, as its page says it; a second one replaces it."""
    _downloads[name] = address


def download_address(name: str, user: User) -> str:
    """Where this list is downloaded; "" where nobody offers it, or not to this account."""
    address = _downloads.get(name)
    return address(user) if address else ""
