"""What may be published of answers: counts, means and scores that show no group under five. Pure.

A score is ``(mean − 1) / 4 × 100`` of a published mean (domain.md §5). A *group* is any set of
people that counts put apart: who gave an answer, who gave none, who belongs to a team. Nothing
published here tells the size of a group of 1–4, alone or by subtraction:

- A distribution is published in the finest of a few ways of taking neighbouring answers together
  in which every part is empty or has five people, and of which another distribution would look
  the same (so that mean and counts together give nothing away).
- Where 1–4 people gave no answer, the number of answers is a lower bound and shares are rounded.
- Of choices, the small ones are taken together with the next larger until they are five people.
- One-way tables about the same people are held against each other: no set of people that can be
  reached by adding and subtracting what they show is smaller than five.
- Dimensions are means of published means and so add nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement, product
from typing import Final

#: Groups below this number are hidden (charter results, domain.md §5).
SMALLEST: Final = 5
#: From so many people on a rounded share leaves open how many they were.
_WHOLE_PERCENT, _FIVE_PERCENT = 100, 20

Cells = tuple[int, ...]
Partition = tuple[tuple[int, ...], ...]


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
    for partition in (_first_fit(cells, ruler), ()):
        if _hides(partition, cells, ruler):
            return _render(partition, cells, ruler)
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


@lru_cache(maxsize=50_000)
def _render(partition: Partition, cells: Cells, ruler: Ruler) -> Spread:
    missing, people = cells[-1], sum(cells)
    answered = people - missing
    exact = not small(missing)
    finest = partition == ruler.partitions[0]
    digits = 2 if exact and (finest or answered >= _WHOLE_PERCENT) else 1
    mean, bound = _mean_of(cells, ruler, digits)
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


def _mean_of(cells: Cells, ruler: Ruler, digits: int) -> tuple[float, str]:
    """The mean to so many decimals.

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
    return round(total / answered, digits), ""


def _first_fit(cells: Cells, ruler: Ruler) -> Partition:
    return next(part for part in ruler.partitions if _fits(part, cells, ruler))


@lru_cache(maxsize=50_000)
def _hides(partition: Partition, cells: Cells, ruler: Ruler) -> bool:
    """Whether for every small group there are other answers that would be published just so.

    Without any part (the mean alone) only those that could not be published in parts.
    """
    first, found = _first_fit(cells, ruler), _render(partition, cells, ruler)
    sought = {place for place, count in enumerate(cells) if small(count)}
    for move in _moves(len(cells)):
        if not sought:
            break
        touched = sought.intersection(place for place, _change in move)
        other = _moved(cells, move) if touched else None
        if other is None or _first_fit(other, ruler) != first:
            continue
        if _render(partition, other, ruler) != found:
            continue
        if partition == first or not _hides(first, other, ruler):
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
        together = _taken_together(cells, more=more)
        if together is None:
            return None
        if _hides_choices(cells, together, more=more):
            shown = tuple(None if place in together else count for place, count in enumerate(cells))
            return Chosen(shown, tuple(sorted(together)), sum(cells[place] for place in together))
    return None


def _taken_together(cells: Sequence[int], *, more: int = 0) -> frozenset[int] | None:
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
        if sum(other[:-1]) >= SMALLEST and _taken_together(other, more=more) == together:
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


# --- one-way tables about the same people ---------------------------------------------------------

Combination = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A group that is shown, with its mean to one decimal (``bound`` as in `Spread`)."""

    key: Hashable
    n: int
    mean: float
    bound: str


@dataclass(frozen=True, slots=True)
class Table:
    """Groups that are shown, and those taken together, in whole ``together_n`` people."""

    rows: tuple[Row, ...]
    together: tuple[Hashable, ...] = ()
    together_n: int = 0


def tables(
    people: Mapping[Combination, tuple[int, int]], *, ways: int, most: int = 5
) -> list[Table | None]:
    """One-way tables of the same people, one for each of the ``ways`` in which they are grouped.

    ``people``: (group by each way) → (how many, sum of their answers). A later table shows no
    more than what, together with those before it, tells of no group under five, also where
    groups of one lie within groups of another; None where nothing is left to show.
    """
    places = list(people)
    sizes = [people[place][0] for place in places]
    shown: list[frozenset[int]] = []
    found: list[Table | None] = []
    for way in range(ways):
        groups: defaultdict[Hashable, set[int]] = defaultdict(set)
        for at, place in enumerate(places):
            groups[place[way]].add(at)
        kept = _kept_apart(groups, sizes, shown)
        if kept is None:
            found.append(None)
            continue
        apart, together = kept
        shown += _blocks(groups, apart, together)
        found.append(_table(groups, apart, together, people, places, most=most))
    return found


def _kept_apart(
    groups: Mapping[Hashable, set[int]], sizes: Sequence[int], shown: Sequence[frozenset[int]]
) -> tuple[list[Hashable], list[Hashable]] | None:
    """Which groups are shown and which are taken together; None where the table is left out."""
    keys = sorted(groups, key=lambda key: sum(sizes[at] for at in groups[key]))
    counts = [sum(sizes[at] for at in groups[key]) for key in keys]
    first = _taken_together(counts)
    if first is None or sum(counts) < SMALLEST:
        return None
    cut = len(first)
    while cut < len(keys):
        together, apart = keys[:cut], keys[cut:]
        if not reveals([*shown, *_blocks(groups, apart, together)], sizes):
            return apart, together
        cut += 1 if cut else 2
    return None


def _blocks(
    groups: Mapping[Hashable, set[int]], apart: Sequence[Hashable], together: Sequence[Hashable]
) -> list[frozenset[int]]:
    blocks = [frozenset(groups[key]) for key in apart]
    if together:
        blocks.append(frozenset().union(*(groups[key] for key in together)))
    return blocks


def _table(
    groups: Mapping[Hashable, set[int]],
    apart: Sequence[Hashable],
    together: Sequence[Hashable],
    people: Mapping[Combination, tuple[int, int]],
    places: Sequence[Combination],
    *,
    most: int,
) -> Table:
    rows = []
    for key in apart:
        n = sum(people[places[at]][0] for at in groups[key])
        total = sum(people[places[at]][1] for at in groups[key])
        rows.append(Row(key, n, *_rough_mean(n, total, most=most)))
    left = sum(people[places[at]][0] for key in together for at in groups[key])
    return Table(tuple(rows), tuple(together), left)


def _rough_mean(n: int, total: int, *, most: int) -> tuple[float, str]:
    """To one decimal; near the ends a bound, so that it says of nobody alone how he answered."""
    if most * n - total <= 2:
        return math.floor((most - 2 / n) * 10) / 10, "least"
    if total - n <= 2:
        return math.ceil((1 + 2 / n) * 10) / 10, "most"
    return round(total / n, 1), ""


_PRIME: Final = 2**61 - 1


def reveals(blocks: Sequence[frozenset[int]], sizes: Sequence[int]) -> bool:
    """Whether adding and subtracting the sizes of blocks gives the size of 1–4 people.

    ``sizes``: people in each smallest part; a block is a set of parts. A set of parts can be
    reached exactly where it lies in the row space of the blocks, which is where a random vector
    that is orthogonal to all of them is orthogonal to it. So one such vector (in a large prime
    field) decides for all sets at once.
    """
    weights = _orthogonal(blocks, len(sizes))
    few = [(weights[at], size) for at, size in enumerate(sizes) if small(size)]
    singles: dict[int, int] = {}
    for weight, size in few:
        singles[weight] = min(size, singles.get(weight, SMALLEST))
    if 0 in singles:
        return True
    pairs: dict[int, int] = {}
    for at, (weight, size) in enumerate(few):
        for other, more in few[at + 1 :]:
            if size + more < SMALLEST:
                both = (weight + other) % _PRIME
                pairs[both] = min(size + more, pairs.get(both, SMALLEST))
    if 0 in pairs:
        return True
    return any(
        size + singles.get(-both % _PRIME, SMALLEST) < SMALLEST
        or size + pairs.get(-both % _PRIME, SMALLEST) < SMALLEST
        for both, size in pairs.items()
    )


def _orthogonal(blocks: Sequence[frozenset[int]], width: int) -> list[int]:
    """A vector that is orthogonal to all blocks and otherwise without a pattern."""
    solved: list[tuple[int, dict[int, int]]] = []
    for block in blocks:
        row = dict.fromkeys(block, 1)
        for pivot, earlier in solved:
            _subtract(row, earlier, row.get(pivot, 0))
        if not row:
            continue
        pivot = min(row)
        inverse = pow(row[pivot], -1, _PRIME)
        row = {at: value * inverse % _PRIME for at, value in row.items()}
        for _pivot, earlier in solved:
            _subtract(earlier, row, earlier.get(pivot, 0))
        solved.append((pivot, row))
    found = [next(numbers) for numbers in [_numbers()] for _at in range(width)]
    for pivot, _row in solved:
        found[pivot] = 0
    for pivot, row in solved:
        found[pivot] = -sum(value * found[at] for at, value in row.items() if at != pivot) % _PRIME
    return found


def _subtract(row: dict[int, int], other: Mapping[int, int], times: int) -> None:
    if not times:
        return
    for at, value in other.items():
        left = (row.get(at, 0) - times * value) % _PRIME
        if left:
            row[at] = left
        else:
            row.pop(at, None)


def _numbers() -> Iterator[int]:
    """The same numbers each time, without a pattern that blocks of ones could meet."""
    value = 0x1365_2026
    while True:
        value = (value * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % _PRIME
        yield value


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
