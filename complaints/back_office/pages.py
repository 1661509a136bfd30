"""One page of the queue, however many cases there are: the keys first, then only what is shown.

Keys are counted off in an index, so that the thousandth page costs little more than the first.
Counting stops at `COUNTED` unless the exact number is asked for. From page to page one goes on
after the last case seen, not by counting: cases that come in or go meanwhile shift nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from centre.models import User
from complaints import words
from complaints.back_office import queue
from complaints.back_office.queue import Stage, Wanted
from complaints.models import Complaint, ComplaintQuerySet

SIZE: Final = 50
#: So far cases are counted at once; then the page says that there are more, and offers to count.
COUNTED: Final = 10_000
#: A search shows at most so many, the newest.
FOUND: Final = 1_000
#: Among so many of the newest a search looks first: a word that many cases hold is there.
RECENT: Final = 8_000
_FARTHEST: Final = 10_000_000 // SIZE


@dataclass(frozen=True, slots=True)
class Total:
    """``count`` were counted; ``more``: there are others beside."""

    count: int
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Called as Django calls a page's parts."""

    object_list: list[Complaint]
    number: int
    paginator: Total
    has_next: bool = False

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_other_pages(self) -> bool:
        return self.has_next or self.has_previous

    @property
    def after(self) -> int | None:
        """The last case of the page."""
        return self.object_list[-1].pk if self.object_list else None

    @property
    def numbers(self) -> Iterator[int | None]:
        """Pages to go to: the first ones, those around this one, the last where it is known."""
        last = -(-self.paginator.count // SIZE)
        last = self.number + self.has_next if self.paginator.more else last
        shown = {1, 2, *range(self.number - 2, self.number + 3), last}
        before = 0
        for number in sorted(n for n in shown if 1 <= n <= max(last, 1)):
            if number - before > 1:
                yield None
            yield number
            before = number


def page(
    wanted: Wanted,
    *,
    user: User,
    now: datetime,
    number: int = 1,
    after: int | None = None,
    exact: bool = False,
) -> Page:
    """A page; one beyond the last is the last. ``exact`` counts all.

    ``after``: the cases that follow this one, whatever has come in or gone since.
    """
    number = max(1, min(number, _FARTHEST))
    if wanted.q:
        keys, total = _found(wanted, user=user, now=now)
        number = _within(number, len(keys))
        return _page(keys[(number - 1) * SIZE :], number, total)
    cases = queue.found(wanted, user=user, now=now)
    total = _counted(cases, exact=exact)
    if not total.more:
        number = _within(number, total.count)
    following = queue.following(cases, wanted.stage, after) if after and number > 1 else None
    if following is None:
        start = (number - 1) * SIZE
        return _page(_keys(cases[start : start + SIZE + 1]), number, total)
    return _page(_keys(following[: SIZE + 1]), number, total)


def _page(keys: list[int], number: int, total: Total) -> Page:
    """With what the rows show, in the order of the keys; one key more says that more follow."""
    shown = keys[:SIZE]
    found = {case.pk: case for case in queue.listed(Complaint.objects.filter(pk__in=shown))}
    return Page(
        object_list=[found[key] for key in shown if key in found],
        number=number,
        paginator=total,
        has_next=len(keys) > SIZE,
    )


def _keys(cases: QuerySet[Complaint]) -> list[int]:
    return list(cases.values_list("pk", flat=True))


def _counted(cases: ComplaintQuerySet, *, exact: bool) -> Total:
    bare: QuerySet[Any] = cases.order_by().values("pk")  # nothing else has to be made
    if exact:
        return Total(bare.count())
    count = bare[: COUNTED + 1].count()
    return Total(min(count, COUNTED), more=count > COUNTED)


def _within(number: int, count: int) -> int:
    return max(1, min(number, -(-count // SIZE)))


# --- search -------------------------------------------------------------------------------------


def _found(wanted: Wanted, *, user: User, now: datetime) -> tuple[list[int], Total]:
    """The keys of what a search finds, the newest where there are too many."""
    rest = replace(wanted, q="", state=wanted.stage)
    newest = wanted.stage in {Stage.ALL, Stage.ENDED} and not wanted.due
    if not (words.are_kept() and newest):
        keys = _keys(queue.found(wanted, user=user, now=now)[: FOUND + 1])
        return keys[:FOUND], Total(min(len(keys), FOUND), more=len(keys) > FOUND)
    cases = queue.found(rest, user=user, now=now)
    sought = queue.sought(wanted.q)
    found = set(_newest(cases.filter(sought.exactly)))
    more = len(found) > FOUND
    if sought.words:
        said, unread = _newest_saying(cases, sought.words)
        found |= set(said)
        more = more or unread or len(said) > FOUND
    keys = [pk for _received, pk in sorted(found, reverse=True)[:FOUND]]
    return keys, Total(len(keys), more=more or len(found) > FOUND)


def _newest(cases: QuerySet[Complaint]) -> list[tuple[datetime, int]]:
    return list(cases.values_list("received_at", "pk")[: FOUND + 1])


def _newest_saying(
    cases: ComplaintQuerySet, sought: list[str]
) -> tuple[list[tuple[datetime, int]], bool]:
    """The newest cases with these words; whether older ones were not looked at.

    A word of every third case would have the index bring a third of all cases before the first is
    shown; a rare word would have all cases read. So the newest are read first, and the index is
    asked when they hold less than there is room for on a page.
    """
    arrivals = Complaint.objects.order_by("-received_at", "-pk").values_list("received_at")
    since = arrivals[RECENT : RECENT + 1].first()
    if since is not None:
        recent = _newest(cases.filter(words.said(sought), received_at__gte=since[0]))
        if len(recent) > SIZE:
            return recent, True
    return _newest(cases.filter(words.said(sought, by_index=True))), False
