"""One-way tables about the same people, that tell of no group under five together. Pure.

Small groups are taken together with the next larger until they are five people. Then the tables
are held against each other: no set of people that can be reached by adding and subtracting what
they show is smaller than five, also for one who knows which topic belongs to which team.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from surveys.scores import SMALLEST, small, taken_together

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
    first = taken_together(counts)
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
