"""Which counts of people's opinions may be published. Pure.

Groups under five are not told, nor found by subtraction: within a table the small ones are taken
together; between a frozen table and its correction a difference under five is not shown; a year's
table has to fit those of its months. Counts of the centre's own acts are told whatever their size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from surveys.groups import reveals
from surveys.scores import SMALLEST, Chosen, single, small, tells_apart


@dataclass(frozen=True, slots=True)
class Table:
    """A one-way table: by value, how many; those in ``together`` are only told as one sum."""

    shown: Mapping[str, int]
    together: tuple[str, ...] = ()
    together_n: int = 0

    def counts(self) -> dict[str, int]:
        """What can be read from it, by name."""
        told = dict(self.shown)
        if self.together:
            told["+".join(self.together)] = self.together_n
        return told

    def blocks(self) -> Iterator[frozenset[str]]:
        """The sets of values whose sum is told."""
        yield from (frozenset({value}) for value in self.shown)
        if self.together:
            yield frozenset(self.together)


def table_of(counts: Mapping[str, int], values: Sequence[str]) -> Table | None:
    """The table of a month; ``values`` are all there could be. None where nothing may be told."""
    cells = [counts.get(value, 0) for value in values]
    return _chosen(values, single(cells, missing=0))


def _chosen(values: Sequence[str], chosen: Chosen | None) -> Table | None:
    if chosen is None:
        return None
    shown = {
        value: n
        for value, n in zip(values, chosen.counts[: len(values)], strict=True)
        if n is not None
    }
    places = [place for place in chosen.together if place < len(values)]
    return Table(shown, tuple(values[place] for place in places), chosen.together_count)


def shown_after_corrections(tables: Sequence[Table | None]) -> Table | None:
    """Of a table and its corrections the last that tells of nobody when held against those shown."""
    shown = tables[0]
    for table in tables[1:]:
        if may_follow(shown, table):
            shown = table
    return shown


def may_follow(shown: Table | None, table: Table | None) -> bool:
    """Whether a correction may be shown after what was shown: the same groups, none by a few."""
    if table is None or shown is None or table.together != shown.together:
        return False
    return not tells_apart({"": shown.counts()}, {"": table.counts()})


def repeats_shown(repeats: int, total: int) -> int | None:
    """How many spoke again of the same; None where they, or the others, are fewer than five."""
    return None if small(repeats) or small(total - repeats) else repeats


def year_table(months: Sequence[tuple[Mapping[str, int], Table | None]]) -> Table | None:
    """A year's table beside those of its months; None where together they would tell of a few.

    ``months``: the true counts of each month, and what was published of them.
    """
    values = sorted({value for counts, _table in months for value in counts})
    sums = {value: sum(counts.get(value, 0) for counts, _table in months) for value in values}
    if sum(sums.values()) < SMALLEST:
        return None
    hidden = {
        value
        for counts, table in months
        for value in values
        if counts.get(value, 0) and (table is None or value not in table.shown)
    }
    hidden |= {value for value, n in sums.items() if small(n)}
    rest = sorted(set(values) - hidden, key=lambda value: sums[value])
    for more in range(len(rest) + 1):
        together = hidden | set(rest[:more])
        if len(together) == 1 or len(together) == len(values) > 1:
            continue
        found = Table(
            {value: sums[value] for value in values if value not in together},
            tuple(value for value in values if value in together),
            sum(sums[value] for value in together),
        )
        if not _tells_of_few(found, months, values):
            return found
    return None


def _tells_of_few(
    year: Table, months: Sequence[tuple[Mapping[str, int], Table | None]], values: Sequence[str]
) -> bool:
    """Whether adding and subtracting what is told gives the size of a small group of a month."""
    width = len(values)
    place = {value: at for at, value in enumerate(values)}
    sizes = [counts.get(value, 0) for counts, _table in months for value in values]
    blocks: list[frozenset[int]] = []
    for at, (_counts, table) in enumerate(months):
        blocks.append(frozenset(range(at * width, (at + 1) * width)))  # the month's total
        told = table.blocks() if table is not None else iter(())
        blocks += [
            frozenset(at * width + place[value] for value in block if value in place)
            for block in told
        ]
    blocks += [
        frozenset(at * width + place[value] for at in range(len(months)) for value in block)
        for block in year.blocks()
    ]
    return reveals([block for block in blocks if block], sizes)
