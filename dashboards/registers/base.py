"""What a register is: a list of the back-office, found with its own filters and read in chunks.

First the keys of all rows are read, in the order of the list (eight bytes each); then the rows,
a chunk at a time, each chunk in a fixed number of queries. So no transaction and no cursor stays
open while somebody's line is slow, and the number of rows is known before the first byte.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.db.models import QuerySet
from django.http import HttpRequest

from centre.models import StaffMember, Team, Topic, User
from dashboards.registers.files import Column, Rows
from standards.models import State

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

CHUNK: Final = 1_000
#: Stands where a text about a person is left out.
HIDDEN: Final = "(가림)"
_KEYS_AT_ONCE: Final = 10_000
# Read a million times, so translated once.
_PROMISED = {value: str(label) for value, label in State.choices}


class NotUnderstood(Exception):
    """The address holds filters that the list does not know: nothing is found rather than all."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was asked for: the rows in order, and the filters in words (label, value)."""

    rows: QuerySet[Any]
    words: list[tuple[str, str]]


class Names:
    """Teams, topics and people by key: few, so they are read once and not joined a million times."""

    @cached_property
    def teams(self) -> dict[int | None, str]:
        return dict(Team.objects.values_list("pk", "name"))

    @cached_property
    def topics(self) -> dict[int | None, str]:
        return dict(Topic.objects.values_list("pk", "name"))

    @cached_property
    def people(self) -> dict[int | None, str]:
        return {person.pk: str(person) for person in StaffMember.objects.all()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How rows are read: ``plainly`` with personal data; running things count until ``now``."""

    plainly: bool
    now: datetime
    names: Names = field(default_factory=Names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """``allowed(user)`` and ``find(request, user, now)`` are those of the list on the screen.

    ``read(keys, reading)`` gives the rows of these keys in their order; one that is gone is left
    out. ``list_page`` names the address of the list; ``subject`` is what the access log calls it.
    """

    name: str
    title: str | _StrPromise
    subject: str
    list_page: str
    columns: Sequence[Column]
    allowed: Callable[[User], bool]
    find: Callable[[HttpRequest, User, datetime], Terms]
    read: Callable[[Sequence[int], Reading], Rows]
    #: What the masked file leaves out, for whoever downloads it.
    masking: str | _StrPromise

    @property
    def personal(self) -> list[str]:
        return [column.heading for column in self.columns if column.personal]


def keys_of(rows: QuerySet[Any]) -> array[int]:
    """The keys of the rows in their order."""
    found = rows.values_list("pk", flat=True)
    return array("q", found.iterator(chunk_size=_KEYS_AT_ONCE))


def chunks(register: Register, keys: Sequence[int], reading: Reading) -> Iterator[Rows]:
    for start in range(0, len(keys), CHUNK):
        yield register.read(keys[start : start + CHUNK], reading)


def words_of(form: Any) -> list[tuple[str, str]]:
    """The filters of a form as people read them; what is empty or not understood asks nothing."""
    return [
        (str(form.fields[name].label), _shown(form.fields[name], value))
        for name, value in form.cleaned_data.items()
        if value not in (None, "", False)
    ]


def _shown(field: Any, value: Any) -> str:
    if value is True:
        return "예"
    choices = getattr(field, "choices", None)
    if choices is None or hasattr(field, "queryset"):
        return str(value)
    return str(dict(choices).get(value, value))


class Clock(Protocol):
    """What is asked of a promise: a row of it, or some of its columns."""

    @property
    def state(self) -> str: ...

    @property
    def due_at(self) -> datetime: ...


def promise_words(promise: Clock | None, *, now: datetime) -> str:
    """How a promise stands, in a word; what runs past its date says so."""
    if promise is None:
        return ""
    if promise.state == State.RUNNING and now > promise.due_at:
        return "기한 지남"
    return _PROMISED.get(promise.state, promise.state)
