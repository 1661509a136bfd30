"""Where the rooms above say what follows when a notice about their subjects is settled.

Each function is called as ``fn(notice, now=…)`` in a transaction of its own right after the one
that marked the notice; ``now`` is when it happened. If it raises, it is called again by a later
delivery pass until it succeeds; what it changed is kept exactly once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from centre.models import StaffMember, User
    from notices.models import Notice


class FollowUp(Protocol):
    def __call__(self, notice: Notice, *, now: datetime) -> object: ...


class VisibleTo(Protocol):
    """Says the ids of the subjects whose notices ``user`` may see: a set or a query set of ids."""

    def __call__(self, user: User) -> Any: ...


class LinkTo(Protocol):
    """Says the address of the page of a subject."""

    def __call__(self, subject_id: int, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Wishes:
    """How somebody asked to be told: what whoever rings, writes or prints has to mind."""

    assistance: str = ""
    way: str = ""
    text_only: bool = False
    large_print: bool = False


class Numbers(Protocol):
    """Says what people call the subjects: a number for each id that has one."""

    def __call__(self, ids: Collection[int], /) -> Mapping[int, str]: ...


class Find(Protocol):
    """Says the ids of the subjects whose number was typed, or a part of it."""

    def __call__(self, typed: str, /) -> Any: ...


class Hold(Protocol):
    """Locks the subject until the transaction ends; one that is gone is no matter."""

    def __call__(self, subject_id: int, /) -> object: ...


class WishesOf(Protocol):
    def __call__(self, subject_id: int, /) -> Wishes: ...


class TextOnly(Protocol):
    """Says of which of these subjects the citizen asked for text messages instead of calls."""

    def __call__(self, ids: Collection[int], /) -> Collection[int]: ...


class Say(Protocol):
    """What ``by`` says on the phone to tell a notice, or types as a text; "" for its own words."""

    def __call__(self, notice: Notice, /, *, by: StaffMember) -> str: ...


@dataclass(frozen=True, slots=True)
class Handlers:
    """``delivered``: it arrived; ``failed``: it will not, or came back; ``unreached``: three calls
    on two days did not reach anybody (the task stays open)."""

    delivered: FollowUp | None = None
    failed: FollowUp | None = None
    unreached: FollowUp | None = None
    visible_to: VisibleTo | None = None
    link: LinkTo | None = None
    numbers: Numbers | None = None
    find: Find | None = None
    wishes: WishesOf | None = None
    hold: Hold | None = None
    text_only: TextOnly | None = None
    say: Say | None = None
    citizens_only: frozenset[str] = frozenset()


_NOTHING = Handlers()
_handlers: dict[str, Handlers] = {}


def register(
    subject_type: str,
    *,
    delivered: FollowUp | None = None,
    failed: FollowUp | None = None,
    unreached: FollowUp | None = None,
    visible_to: VisibleTo | None = None,
    link: LinkTo | None = None,
    numbers: Numbers | None = None,
    find: Find | None = None,
    wishes: WishesOf | None = None,
    hold: Hold | None = None,
    text_only: TextOnly | None = None,
    say: Say | None = None,
    citizens_only: frozenset[str] = frozenset(),
) -> None:
    """Say what follows for notices about ``subject_type``; a second call replaces the first.

    ``citizens_only``: outcomes that matter of citizens' notices alone; nobody is told of the staff's.
    """
    _handlers[subject_type] = Handlers(
        delivered,
        failed,
        unreached,
        visible_to,
        link,
        numbers,
        find,
        wishes,
        hold,
        text_only,
        say,
        citizens_only,
    )


def is_wanted(subject_type: str, outcome: str, *, of_citizen: bool) -> bool:
    """Whether anybody asked to be told of this outcome of such a notice."""
    if follow_up(subject_type, outcome) is None:
        return False
    return of_citizen or outcome not in _handlers[subject_type].citizens_only


def follow_up(subject_type: str, outcome: str) -> FollowUp | None:
    """What to call for this ``outcome`` (a field of `Handlers`), if anything."""
    found: FollowUp | None = getattr(_handlers.get(subject_type, _NOTHING), outcome)
    return found


def hold(subject_type: str, subject_id: int) -> None:
    """Lock a subject before its notices, in the caller's transaction.

    That is the one order: the subject's row, then its notices. The verbs of the rooms above lock
    their subject and then cancel its notices; whoever here marks a notice in a transaction in
    which its subject is changed too calls this first, or the two would wait for each other.
    """
    lock = _handlers.get(subject_type, _NOTHING).hold
    if lock is not None:
        lock(subject_id)


def restricted() -> Iterator[tuple[str, VisibleTo]]:
    """The kinds of subject of which not everybody may see the notices."""
    for subject_type, handlers in _handlers.items():
        if handlers.visible_to is not None:
            yield subject_type, handlers.visible_to


def link_to(subject_type: str, subject_id: int) -> str:
    """The page of a subject, or "" where there is none."""
    link = _handlers.get(subject_type, _NOTHING).link
    return link(subject_id) if link is not None else ""


def numbers_of(subject_type: str, ids: Collection[int]) -> Mapping[int, str]:
    """What people call these subjects; nothing where they have no numbers."""
    numbers = _handlers.get(subject_type, _NOTHING).numbers
    return numbers(ids) if numbers is not None else {}


def found(typed: str) -> Iterator[tuple[str, Any]]:
    """The ids of the subjects that a typed number may mean, by kind of subject."""
    for subject_type, handlers in _handlers.items():
        if handlers.find is not None:
            yield subject_type, handlers.find(typed)


def wishes_of(subject_type: str, subject_id: int) -> Wishes:
    wishes = _handlers.get(subject_type, _NOTHING).wishes
    return wishes(subject_id) if wishes is not None else Wishes()


def text_only(subject_type: str, ids: Collection[int]) -> Collection[int]:
    """Of which of these subjects the citizen is to be told by text and not called."""
    ask = _handlers.get(subject_type, _NOTHING).text_only
    return ask(ids) if ask is not None else ()


def say(notice: Notice, *, by: StaffMember) -> str:
    """What this caller says or types for a task on the phone; "" for the notice's own words."""
    words = _handlers.get(notice.subject_type, _NOTHING).say
    return words(notice, by=by) if words is not None else ""
