"""Which results of cases (처리결과) may be published beside the table of their kinds. Pure.

A result is the centre's own act, but most can only be given to one or two kinds: how often a
compliment was passed on tells how many compliments there were. So small ones are taken together,
and then so many more that both tables, held against each other, leave open how large every group
of one to four is. What can be told from both is asked exactly: each kind gives its cases to the
results that it can have, or to none, and any way of giving that fits the numbers might be true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, combinations
from typing import TypeVar

from dashboards.statistics.publishing import Table, may_follow, table_of
from surveys.scores import SMALLEST, small

One = TypeVar("One")
#: By result the kinds that can have it.
Whose = Mapping[str, frozenset[str]]
#: How many cases, and which kinds they can only be of.
Share = tuple[int, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Kinds:
    """What is told of kinds: each set of kinds of which only the sum is told, with that sum."""

    blocks: Mapping[frozenset[str], int]

    @classmethod
    def of(cls, table: Table | None, every: Iterable[str], total: int) -> Kinds:
        if table is None:
            return cls({frozenset(every): total})
        blocks = {frozenset({kind}): n for kind, n in table.shown.items()}
        if table.together:
            blocks[frozenset(table.together)] = table.together_n
        return cls(blocks)

    def has_room(self, shares: Sequence[Share]) -> bool:
        """Whether the kinds have enough cases for all shares at once (Hall's condition)."""
        blocks = list(self.blocks.items())
        asked = [
            (n, sum(1 << at for at, (block, _held) in enumerate(blocks) if block & whose))
            for n, whose in shares
        ]
        for chosen in range(1, 1 << len(blocks)):
            held = sum(n for at, (_block, n) in enumerate(blocks) if chosen >> at & 1)
            if held < sum(n for n, whose in asked if not whose & ~chosen):
                return False
        return True

    def split(self, block: frozenset[str], part: frozenset[str], n: int) -> Kinds:
        """As if the cases of ``part`` of a block were told to be ``n``."""
        rest = {block - part: self.blocks[block] - n, part: n}
        return Kinds({key: at for key, at in self.blocks.items() if key != block} | rest)


def decision_table(
    counts: Mapping[str, int], values: Sequence[str], *, kinds: Kinds, whose: Whose
) -> Table | None:
    """The table of results of a month beside what is told of its kinds; None: nothing is told."""
    first = table_of(counts, values)
    if first is None:
        return None
    rest = sorted(first.shown, key=lambda value: counts.get(value, 0))
    for more in range(len(rest)):
        together = {*first.together, *rest[:more]}
        if len(together) == 1:
            continue
        table = Table(
            {value: counts.get(value, 0) for value in values if value not in together},
            tuple(value for value in values if value in together),
            sum(counts.get(value, 0) for value in together),
        )
        if tells_of_nobody(table, kinds=kinds, counts=counts, whose=whose):
            return table
    return None


def tells_of_nobody(table: Table, *, kinds: Kinds, counts: Mapping[str, int], whose: Whose) -> bool:
    """Whether both tables together leave open how large each group of one to four is.

    Groups are results taken together, kinds taken together, and the cases of some kinds that have
    no result. Tables that cannot both be true are not told.
    """
    told = [(n, whose[value]) for value, n in table.shown.items()]
    hidden = (table.together_n, _union(whose, table.together))
    if not kinds.has_room([*told, hidden]):
        return False
    return not any(
        map(_is_known, chain(
            _results(table, told, kinds, counts, whose),
            _unfinished([*told, hidden], kinds),
            _single_kinds([*told, hidden], kinds),
        ))
    )  # fmt: skip


def _is_known(fits: Callable[[int], bool]) -> bool:
    """Whether a group can only be of one to four; what fits are neighbouring numbers."""
    return any(fits(n) for n in range(1, SMALLEST)) and not fits(0) and not fits(SMALLEST)


def _results(
    table: Table, told: list[Share], kinds: Kinds, counts: Mapping[str, int], whose: Whose
) -> Iterator[Callable[[int], bool]]:
    """Of each group of results among those taken together that is small: whether it could be n."""
    few = [value for value in table.together if small(counts.get(value, 0))]
    for some in _subsets(few, least=1, most=SMALLEST - 1):
        if sum(counts[value] for value in some) < SMALLEST:
            others = set(table.together) - set(some)
            mine, rest = _union(whose, some), _union(whose, others)
            yield lambda n, mine=mine, rest=rest: (  # type: ignore[misc]
                n <= table.together_n
                and kinds.has_room([*told, (n, mine), (table.together_n - n, rest)])
            )


def _unfinished(told: list[Share], kinds: Kinds) -> Iterator[Callable[[int], bool]]:
    """Of the cases of some kinds, not all, that have no result: whether they could be n."""
    every = frozenset().union(*kinds.blocks)
    left = sum(kinds.blocks.values()) - sum(n for n, _whose in told)
    for blocks in _subsets(list(kinds.blocks), least=1, most=len(kinds.blocks) - 1):
        some = frozenset().union(*blocks)
        yield lambda n, some=some: (  # type: ignore[misc]
            n <= left and kinds.has_room([*told, (n, some), (left - n, every - some)])
        )


def _single_kinds(told: list[Share], kinds: Kinds) -> Iterator[Callable[[int], bool]]:
    """Of some of the kinds that are taken together: whether they could be n."""
    for block, held in kinds.blocks.items():
        for some in _subsets(sorted(block), least=1, most=len(block) - 1):
            part = frozenset(some)
            yield lambda n, block=block, part=part, held=held: (  # type: ignore[misc]
                n <= held and kinds.split(block, part, n).has_room(told)
            )


def _union(whose: Whose, values: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(whose[value] for value in values))


def _subsets(
    of: Sequence[One], *, least: int, most: int | None = None
) -> Iterator[tuple[One, ...]]:
    sizes = range(least, (len(of) if most is None else min(most, len(of))) + 1)
    return chain.from_iterable(combinations(of, size) for size in sizes)


# --- as time goes on --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """What was frozen or put right at an instant: kinds with their table, or results."""

    at: datetime
    kinds: Table | None = None
    total: int = 0
    results: Mapping[str, int] | None = None


def shown_beside(
    steps: Iterable[Step], *, values: Sequence[str], whose: Whose
) -> tuple[Table | None, Table | None]:
    """The tables of kinds and of results as they are shown after all steps.

    A step is only shown where it tells of nobody: held against what was shown before it, and
    against what is shown of the other table.
    """
    every = frozenset().union(*whose.values())
    shown: Table | None = None
    told: Table | None = None
    counts: Mapping[str, int] = {}
    total, has_kinds, has_results = 0, False, False
    for step in sorted(steps, key=lambda one: one.at):
        if step.results is None:
            after = Kinds.of(step.kinds, every, step.total)
            fits = told is None or tells_of_nobody(told, kinds=after, counts=counts, whose=whose)
            if not has_kinds or (may_follow(shown, step.kinds) and fits):
                shown, total = step.kinds, step.total
            has_kinds = True
            continue
        table = decision_table(
            step.results, values, kinds=Kinds.of(shown, every, total), whose=whose
        )
        if not has_results or may_follow(told, table):
            told, counts = table, step.results
        has_results = True
    return shown, told
