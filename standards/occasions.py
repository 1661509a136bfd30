"""What ended and may be asked about, told by the rooms that hold it: called from here, imported by nobody.

Surveys pull finished courses and ended visits, but the rooms beside one another do not import one
another. Whoever holds them registers in ``AppConfig.ready()``:

    register_occasions("course", ended_since=queries.courses_ended_since)

``ended_since(since, *, until)`` says which occasions of this kind ended after ``since`` and not
after ``until`` (both aware), oldest first; it may leave ``people`` empty where nobody is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from centre.models import StaffMember, Team


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Somebody who took part. ``key`` is unique within the occasion and no personal datum (the
    number of the enrolment); ``way`` is ``email|phone|post|fax``, ``address`` what it needs."""

    key: str
    name: str
    way: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One course or visit that ended at ``ended_at``. ``people`` are all who attended;
    ``worker`` is whose work it was (he is asked neither to answer nor to enter answers)."""

    kind: str
    subject_type: str
    subject_id: int
    title: str
    ended_at: datetime
    team: Team | None = None
    worker: StaffMember | None = None
    people: Sequence[Participant] = ()


class EndedSince(Protocol):
    def __call__(self, since: datetime, *, until: datetime) -> Iterable[Occasion]: ...


_ended: dict[str, EndedSince] = {}


def register_occasions(kind: str, *, ended_since: EndedSince) -> None:
    """``kind`` is ``course`` or ``visit``; a second registration replaces the first."""
    _ended[kind] = ended_since


def ended_since(kind: str, since: datetime, *, until: datetime) -> list[Occasion]:
    """The occasions of this kind that ended after ``since``, up to ``until``; none where no room
    holds any."""
    ask = _ended.get(kind)
    return list(ask(since, until=until)) if ask is not None else []
