"""One-way tables of the same people: worked out by hand, and attacked by adding and subtracting."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import groups
from surveys.scores import SMALLEST


def _people(*groups: tuple[tuple[Hashable, ...], int, int]) -> dict[tuple[Hashable, ...], Any]:
    """(group by each way), how many, what each of them answered."""
    return {place: (n, n * answer) for place, n, answer in groups}


def test_a_small_team_is_taken_together_with_the_next() -> None:
    (found,) = groups.tables(_people((("a",), 30, 4), (("b",), 3, 1), (("c",), 6, 5)), ways=1)
    assert found is not None
    assert [(row.key, row.n, row.mean) for row in found.rows] == [("a", 30, 4.0)]
    assert (set(found.together), found.together_n) == ({"b", "c"}, 9)


def test_a_table_without_a_group_to_show_is_left_out() -> None:
    assert groups.tables(_people((("a",), 4, 4), (("b",), 3, 1)), ways=1) == [None]
    assert groups.tables(_people((("a",), 40, 4), (("b",), 3, 1)), ways=1) == [None]


def test_a_topic_of_three_is_not_found_by_way_of_its_team() -> None:
    """Team a has 23: its topics of 20 and 3. Topic z could hide y within the topics alone, but
    team a less topic x would tell of three."""
    people = _people(
        (("a", "x"), 20, 4), (("a", "y"), 3, 2), (("b", "z"), 8, 4), (("b", "w"), 30, 3)
    )  # fmt: skip
    teams, topics = groups.tables(people, ways=2)
    assert teams is not None
    assert topics is not None
    assert {row.key: row.n for row in teams.rows} == {"a": 23, "b": 38}
    assert {row.key: row.n for row in topics.rows} == {"w": 30}
    assert set(topics.together) == {"x", "y", "z"}


@pytest.mark.parametrize(
    ("blocks", "sizes", "found"),
    [
        ([{0, 1}, {2}], [3, 20, 4], True),  # the third is a block of four
        ([{0, 1}], [3, 20], False),
        ([{0, 1}, {1}], [3, 20], True),  # the one less the other
        ([{0, 1}, {1, 2}, {0, 2}], [3, 20, 30], True),  # half the sum
        ([{0, 1}, {2, 3}, {0, 2}, {1, 3}], [3, 20, 30, 40], False),
        ([{0, 1, 2, 3, 4}, {4}], [1, 1, 1, 1, 9], True),  # four people who are one each
        ([{0, 1, 2, 3, 4, 5}, {5}], [1, 1, 1, 1, 1, 9], False),  # five of them
    ],
)
def test_what_can_be_reached_by_adding_and_subtracting(
    blocks: list[set[int]], sizes: list[int], found: bool
) -> None:
    assert groups.reveals([frozenset(block) for block in blocks], sizes) is found


def _reachable(blocks: Sequence[frozenset[int]], width: int) -> set[frozenset[int]]:
    """All sets of parts that sums and differences of blocks give, by trying."""
    found = set()
    for times in itertools.product((-1, 0, 1), repeat=len(blocks)):
        row = [0] * width
        for factor, block in zip(times, blocks, strict=True):
            for at in block:
                row[at] += factor
        if set(row) <= {0, 1} and any(row):
            found.add(frozenset(at for at, value in enumerate(row) if value))
    return found


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("ab"), st.sampled_from("wxyz"), st.sampled_from("pq")),
        st.integers(1, 12),
        min_size=1,
        max_size=9,
    )
)
def test_published_tables_tell_of_no_group_under_five(
    people: dict[tuple[str, str, str], int],
) -> None:
    """Whatever is added to and subtracted from what, by one who knows who belongs where."""
    found = groups.tables({place: (n, 3 * n) for place, n in people.items()}, ways=3)
    places, sizes = list(people), list(people.values())
    blocks = []
    for way, table in enumerate(found):
        if table is None:
            continue
        keys = [{row.key} for row in table.rows] + ([set(table.together)] if table.together else [])
        for key in keys:
            block = frozenset(at for at, place in enumerate(places) if place[way] in key)
            blocks.append(block)
            assert sum(sizes[at] for at in block) >= SMALLEST
        for row in table.rows:
            assert row.n == sum(n for place, n in people.items() if place[way] == row.key)
    for group in _reachable(blocks, len(places)):
        assert sum(sizes[at] for at in group) >= SMALLEST
