"""What may be published of answers: counts, means and scores that show no group under five. Pure.

A score is ``(mean − 1) / 4 × 100`` of a published mean (domain.md §5). A *group* is any set of
people that counts put apart: who gave an answer, who gave none, who belongs to a team. Nothing
published here tells the size of a group of 1–4, alone or by subtraction:

- A distribution is published in the finest of a few ways of taking neighbouring answers together
  in which every part is empty or has five people, and of which another distribution would look
  the same (so that mean and counts together give nothing away).
- Where 1–4 people gave no answer, the number of answers is a lower bound and shares are rounded.
- Of choices, the small ones are taken together with the next larger until they are five people.
- One-way tables about the same people are held against each other (``surveys.groups``).
- Dimensions are means of published means and so add nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement, product
from typing import Final

#: Groups below this number are hidden (charter results, domain.md §5).
SMALLEST: Final = 5
#: From so many people on a rounded share leaves open how many they were.
_WHOLE_PERCENT, _FIVE_PERCENT = 100, 20
#: From so many answers on the mean is told to so many hundredths, where points are taken together.
_GRAINS: Final = ((1_000, 1), (100, 5), (0, 10))

Cells = tuple[int, ...]
Partition = tuple[tuple[int, ...], ...]
#: How points are taken together, and to how many hundredths the mean is told.
Level = tuple[Partition, int]


def score(mean: float) -> float:
    """A mean of a 5-point scale, of two decimals, on 100: to one decimal, halves upward."""
    hundredths = round(mean * 100) - 100
    return (hundredths * 10 + 2) // 4 / 10


def small(count: int) -> bool:
    """Whether a group of this size is to be hidden."""
    return 0 < count < SMALLEST


# --- answers on a scale ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ruler:
    """A scale from ``least`` on, and the ways to take its points together, the finest first."""

    least: int
    most: int
    partitions: tuple[Partition, ...]


FIVE: Final = Ruler(
    1,
    5,
    (
        ((1,), (2,), (3,), (4,), (5,)),
        ((1, 2), (3,), (4,), (5,)),
        ((1, 2), (3,), (4, 5)),
        ((1, 2, 3), (4,), (5,)),
        ((1, 2, 3), (4, 5)),
        (),
    ),
)
TEN: Final = Ruler(
    0,
    10,
    (
        tuple((point,) for point in range(11)),
        (tuple(range(7)), (7, 8), (9,), (10,)),
        (tuple(range(7)), (7, 8), (9, 10)),
        (tuple(range(9)), (9, 10)),
        (),
    ),
)


@dataclass(frozen=True, slots=True)
class Band:
    """Points taken together; ``count`` is None where only the rounded share is told."""

    points: tuple[int, ...]
    count: int | None
    percent: int


@dataclass(frozen=True, slots=True)
class Spread:
    """A question on a scale as it is published.

    ``answered`` is exact, or None: then they were ``at_least`` so many, or too few to tell (0).
    ``mean`` is exact, or with ``bound`` "least"/"most" it is at least/at most that.
    """

    answered: int | None
    at_least: int
    missing: int | None
    bands: tuple[Band, ...] = ()
    mean: float | None = None
    bound: str = ""


_NOTHING: Final = Spread(None, 0, None)


def spread(counts: Sequence[int], *, missing: int, ruler: Ruler = FIVE) -> Spread:
    """What is published of how many chose each point, and of how many gave no answer."""
    cells = (*counts, missing)
    if sum(counts) < SMALLEST or _least_of(cells) < SMALLEST:
        return _NOTHING
    for at, level in enumerate(_levels(cells, ruler)):
        if _hides(at, cells, ruler):
            return _render(level, cells, ruler)
    return _NOTHING if small(missing) else Spread(sum(counts), sum(counts), missing)


def _least_of(cells: Cells) -> int:
    """The fewest answers there can be: exact, or four less than there are people."""
    return sum(cells) - (SMALLEST - 1 if small(cells[-1]) else cells[-1])


def _part(points: tuple[int, ...], cells: Cells, ruler: Ruler) -> int:
    return sum(cells[point - ruler.least] for point in points)


def _fits(partition: Partition, cells: Cells, ruler: Ruler) -> bool:
    if partition and small(cells[-1]) and sum(cells) < _FIVE_PERCENT:
        return False
    return not any(small(_part(points, cells, ruler)) for points in partition)


def _levels(cells: Cells, ruler: Ruler) -> tuple[Level, ...]:
    """The ways of publishing to try: parts with the mean, then the mean alone.

    How fine the mean is depends on nothing but what is told anyway: whether points had to be taken
    together, and how many answered.
    """
    first = _first_fit(cells, ruler)
    if first == ruler.partitions[0] and not small(cells[-1]):
        return ((first, 1),)
    answered = 0 if small(cells[-1]) else sum(cells[:-1])
    grain = next(grain for least, grain in _GRAINS if answered >= least)
    return ((first, grain), ((), grain))


@lru_cache(maxsize=50_000)
def _render(level: Level, cells: Cells, ruler: Ruler) -> Spread:
    partition, grain = level
    missing, people = cells[-1], sum(cells)
    answered = people - missing
    exact = not small(missing)
    mean, bound = _mean_of(cells, ruler, grain)
    step = 1 if exact or people >= _WHOLE_PERCENT else 5
    bands = tuple(
        Band(points, count if exact else None, step * round(count * 100 / answered / step))
        for points in partition
        for count in [_part(points, cells, ruler)]
    )
    return Spread(
        answered=answered if exact else None,
        at_least=_least_of(cells),
        missing=missing if exact else None,
        bands=bands,
        mean=mean,
        bound=bound,
    )


def _mean_of(cells: Cells, ruler: Ruler, grain: int) -> tuple[float, str]:
    """The mean to so many hundredths.

    A sum one or two below the highest says who did not give the highest: then it is a bound that
    holds for both. The same at the other end.
    """
    answered = sum(cells[:-1])
    total = sum((ruler.least + place) * count for place, count in enumerate(cells[:-1]))
    least = _least_of(cells)
    if 0 < ruler.most * answered - total <= 2:
        return math.floor((ruler.most - 2 / least) * 10) / 10, "least"
    if 0 < total - ruler.least * answered <= 2:
        return math.ceil((ruler.least + 2 / least) * 10) / 10, "most"
    return round(total * 100 / answered / grain) * grain / 100, ""


def _first_fit(cells: Cells, ruler: Ruler) -> Partition:
    return next(part for part in ruler.partitions if _fits(part, cells, ruler))


@lru_cache(maxsize=50_000)
def _hides(at: int, cells: Cells, ruler: Ruler) -> bool:
    """Whether for every small group there are other answers that would be published just so.

    ``at``: which of the levels; an earlier one would have been taken by answers that it hides.
    """
    levels = _levels(cells, ruler)
    found = _render(levels[at], cells, ruler)
    sought = {place for place, count in enumerate(cells) if small(count)}
    for move in _moves(len(cells)):
        if not sought:
            break
        touched = sought.intersection(place for place, _change in move)
        other = _moved(cells, move) if touched else None
        if other is None or _levels(other, ruler) != levels:
            continue
        if _render(levels[at], other, ruler) != found:
            continue
        if not any(_hides(earlier, other, ruler) for earlier in range(at)):
            sought -= touched
    return not sought


def _moved(cells: Cells, move: Sequence[tuple[int, int]]) -> Cells | None:
    """The answers after a move; None where there are none such."""
    other = list(cells)
    for place, change in move:
        other[place] += change
    return tuple(other) if min(other) >= 0 and sum(other[:-1]) >= SMALLEST else None


@lru_cache(maxsize=4)
def _moves(places: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """All ways in which one or two people could have answered otherwise."""
    found: dict[tuple[tuple[int, int], ...], None] = {}
    pairs: list[tuple[int, ...]] = [(here,) for here in range(places)]
    pairs += combinations_with_replacement(range(places), 2)
    for away in pairs:
        for to in pairs:
            if len(away) == len(to):
                change: defaultdict[int, int] = defaultdict(int)
                for place in away:
                    change[place] -= 1
                for place in to:
                    change[place] += 1
                move = tuple(sorted((place, by) for place, by in change.items() if by))
                if move:
                    found[move] = None
    return tuple(found)


def exact_mean(counts: Sequence[int], *, least: int = 1) -> float | None:
    """The plain mean, for what is not published; None where nobody answered."""
    answered = sum(counts)
    total = sum((least + place) * count for place, count in enumerate(counts))
    return total / answered if answered else None


# --- choices --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chosen:
    """Of one choice each: how many chose what; ``together`` (places) were ``together_count``.

    The place after the last choice is no answer. ``counts`` holds None where a place is in
    ``together``.
    """

    counts: tuple[int | None, ...]
    together: tuple[int, ...] = ()
    together_count: int = 0


def single(counts: Sequence[int], *, missing: int) -> Chosen | None:
    """What is published of a single choice; None where nothing can be."""
    cells = (*counts, missing)
    if sum(counts) < SMALLEST:
        return None
    for more in range(len(cells)):
        together = taken_together(cells, more=more)
        if together is None:
            return None
        if _hides_choices(cells, together, more=more):
            shown = tuple(None if place in together else count for place, count in enumerate(cells))
            return Chosen(shown, tuple(sorted(together)), sum(cells[place] for place in together))
    return None


def taken_together(cells: Sequence[int], *, more: int = 0) -> frozenset[int] | None:
    """The places to take together: none where none is small; None where all of them would be.

    The small ones and nobody's, then the next larger until they are two places and five people,
    then so many ``more``.
    """
    if not any(small(count) for count in cells):
        return frozenset()
    together = {place for place, count in enumerate(cells) if count < SMALLEST}
    left = sorted((count, place) for place, count in enumerate(cells) if place not in together)
    while left and (len(together) < 2 or sum(cells[place] for place in together) < SMALLEST):
        together.add(left.pop(0)[1])
    together.update(place for _count, place in left[:more])
    return frozenset(together) if left[more:] else None


def _hides_choices(cells: Cells, together: frozenset[int], *, more: int) -> bool:
    """Whether for every small group there are other answers that would be published just so."""
    sought = {place for place in together if small(cells[place])}
    for away, to, people in product(sorted(together), sorted(together), (1, 2)):
        if not sought:
            break
        if away == to or cells[away] < people or sought.isdisjoint({away, to}):
            continue
        other = list(cells)
        other[away], other[to] = other[away] - people, other[to] + people
        if sum(other[:-1]) >= SMALLEST and taken_together(other, more=more) == together:
            sought -= {away, to}
    return not sought


@dataclass(frozen=True, slots=True)
class Picked:
    """One of several choices: ``count`` of the people, or None with ``bound`` "most"/"least"."""

    count: int | None
    bound: str = ""


def multiple(counts: Sequence[int], *, people: int) -> list[Picked] | None:
    """What is published of several choices each; None where too few answered.

    Under five who chose, or under five who did not, are told as a bound, nobody and everybody
    among them.
    """
    if people < SMALLEST:
        return None
    least = people - SMALLEST + 1
    return [
        Picked(None, "most")
        if count < SMALLEST
        else Picked(None, "least")
        if count >= least
        else Picked(count)
        for count in counts
    ]


# --- how many answered ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rate:
    """Who was asked and who answered. ``percent`` is at least that where ``asked`` is None."""

    asked: int | None
    percent: float | None


def rate(answered: int, *, asked: int) -> Rate:
    """The response rate; where 1–4 did not answer only what it is at least. Nobody asked: none."""
    if not asked or answered < SMALLEST or answered > asked:
        return Rate(None, None)
    if small(asked - answered):
        return Rate(None, float(answered * 100 // (answered + SMALLEST - 1) // 5 * 5))
    return Rate(asked, round(answered * 100 / asked, 1))


# --- a correction ---------------------------------------------------------------------------------


def tells_apart(
    before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]]
) -> bool:
    """Whether two publications held against each other tell of 1–4 people.

    Each has, by name of a question or table, its published counts by name; those of one question
    or table share no person. What both show, and the rest of each, may differ by five people or
    more, or not at all.
    """
    for name in before.keys() & after.keys():
        was, is_now = before[name], after[name]
        both = was.keys() & is_now.keys()
        rest = sum(is_now.values()) - sum(was.values())
        for key in both:
            change = is_now[key] - was[key]
            rest -= change
            if small(abs(change)):
                return True
        if small(abs(rest)):
            return True
    return False
