"""Scores and suppression: tables worked out by hand, and what cannot be found out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import scores
from surveys.scores import FIVE, TEN, Chosen, Picked, Rate, Spread

# --- scores -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "score"),
    [(1, 0.0), (2, 25.0), (3, 50.0), (3.4, 60.0), (4.12, 78.0), (4.4, 85.0), (4.39, 84.8), (5, 100.0)],
)  # fmt: skip
def test_a_score_is_the_mean_on_a_hundred(mean: float, score: float) -> None:
    assert scores.score(mean) == score


# Worked out by hand. (1·5 + 2·6 + 3·10 + 4·20 + 5·9) ÷ 50 = 172 ÷ 50 = 3.44 → 61.0.
@pytest.mark.parametrize(
    ("counts", "missing", "bands", "mean", "bound"),
    [
        # nobody is in a small group: every point is shown
        ((5, 6, 10, 20, 9), 0, [((1,), 5), ((2,), 6), ((3,), 10), ((4,), 20), ((5,), 9)], 3.44, ""),
        # nobody at all at two points: shown as nobody
        ((0, 0, 10, 20, 10), 0, [((1,), 0), ((2,), 0), ((3,), 10), ((4,), 20), ((5,), 10)], 4.0, ""),
        # two who were very dissatisfied: together with the six beside them
        ((2, 6, 10, 20, 9), 5, [((1, 2), 8), ((3,), 10), ((4,), 20), ((5,), 9)], 3.6, ""),
        # too few below the middle in any case
        ((1, 2, 10, 20, 9), 0, [((1, 2, 3), 13), ((4,), 20), ((5,), 9)], 3.8, ""),
        # and too few at the top: two parts
        ((1, 2, 10, 20, 3), 0, [((1, 2, 3), 13), ((4, 5), 23)], 3.6, ""),
        # among a hundred and more the mean is told to the next 0.05: 1129 ÷ 271 = 4.17
        (
            (1, 11, 43, 103, 113), 41,
            [((1, 2), 12), ((3,), 43), ((4,), 103), ((5,), 113)], 4.15, "",
        ),
        # two below the middle: no two parts of five, only the mean: 81 ÷ 18
        ((0, 1, 1, 4, 12), 0, [], 4.5, ""),
        # everybody but one gave the highest: the exact mean would say so
        ((0, 0, 0, 1, 21), 0, [], 4.9, "least"),
        ((0, 0, 0, 2, 20), 0, [], 4.9, "least"),
        # one gave the middle: said as a bound it would be known, as the two above show more
        ((0, 0, 1, 0, 21), 0, [], None, ""),
        ((21, 1, 0, 0, 0), 0, [], 1.1, "most"),
        ((0, 0, 0, 0, 22), 0, [((1,), 0), ((2,), 0), ((3,), 0), ((4,), 0), ((5,), 22)], 5.0, ""),
    ],
)  # fmt: skip
def test_a_distribution_is_as_fine_as_five_people_allow(
    counts: tuple[int, ...], missing: int, bands: list[Any], mean: float | None, bound: str
) -> None:
    found = scores.spread(counts, missing=missing)
    shown = [band for band in found.bands if band.count or len(found.bands) == 5]
    if not bands:  # everything in one part says no more than how many answered
        assert all(band.count in {0, sum(counts)} for band in found.bands)
    else:
        assert [(band.points, band.count) for band in shown] == bands
    assert (found.mean, found.bound, found.answered) == (mean, bound, sum(counts))


@pytest.mark.parametrize("counts", [(0, 0, 0, 0, 0), (1, 0, 0, 0, 3), (0, 0, 0, 4, 0)])
def test_under_five_answers_nothing_is_told_not_even_how_many(counts: tuple[int, ...]) -> None:
    assert scores.spread(counts, missing=40) == Spread(None, 0, None)


def test_where_two_gave_no_answer_it_is_not_told_how_many_did() -> None:
    """30 answered the survey and 28 this question: 30 − 28 would tell of two."""
    found = scores.spread((0, 5, 5, 8, 10), missing=2)
    assert (found.answered, found.missing, found.at_least) == (None, None, 26)
    assert all(band.count is None and band.percent % 5 == 0 for band in found.bands)
    assert found.mean == 3.8  # 107 ÷ 28 = 3.82…, to one decimal
    six = scores.spread((0, 5, 5, 8, 10), missing=6)
    assert (six.answered, six.missing, six.mean) == (28, 6, 3.82)


def test_a_scale_of_eleven_points_in_its_usual_three_parts() -> None:
    counts = (1, 0, 0, 1, 0, 2, 3, 8, 9, 12, 14)
    found = scores.spread(counts, missing=0, ruler=TEN)
    assert [(band.points[0], band.count) for band in found.bands] == [(0, 7), (7, 17), (9, 12), (10, 14)]  # fmt: skip
    assert (
        found.mean == 8.1
    )  # 407 ÷ 50 = 8.14: with parts, and under a hundred people, to one decimal


def _compositions(total: int, places: int) -> Iterator[tuple[int, ...]]:
    if places == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _compositions(total - first, places - 1):
            yield (first, *rest)


def _pinned(published: Mapping[Any, Sequence[Sequence[int]]]) -> list[Any]:
    """What is published of which some count of 1–4 can only be one number.

    The attacker knows the rules and tries all the answers that people could have given.
    """
    return [
        (what, place)
        for what, all_answers in published.items()
        for place in range(len(all_answers[0]))
        if len(values := {answers[place] for answers in all_answers}) == 1
        and scores.small(next(iter(values)))
    ]


@pytest.mark.parametrize("people", range(5, 11))
def test_no_answers_that_people_could_have_given_are_found_out(people: int) -> None:
    """All distributions there are, held against all that would be published just so."""
    published = defaultdict(list)
    for cells in _compositions(people, 6):
        published[scores.spread(cells[:-1], missing=cells[-1])].append(cells)
    assert _pinned(published) == []


@given(
    st.lists(st.one_of(st.integers(0, 9), st.integers(0, 400)), min_size=5, max_size=5),
    st.one_of(st.integers(0, 9), st.integers(0, 400)),
)
def test_whatever_is_published_each_part_has_five_people_and_agrees(
    counts: list[int], missing: int
) -> None:
    found = scores.spread(counts, missing=missing)
    for band in found.bands:
        there = sum(counts[point - 1] for point in band.points)
        assert there == 0 or there >= scores.SMALLEST
        assert band.count in {None, there}
    if found.answered is None:
        assert found.missing is None
        assert found.at_least == 0 or found.at_least <= sum(counts) <= found.at_least + 3
    mean = scores.exact_mean(counts)
    if found.mean is not None and mean is not None:
        assert {"": abs(found.mean - mean) <= 0.051, "least": mean >= found.mean, "most": mean <= found.mean}[found.bound]  # fmt: skip


# --- choices ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "missing", "shown"),
    [
        ((10, 20), 0, Chosen((10, 20, 0))),
        ((10, 20, 0), 5, Chosen((10, 20, 0, 5))),
        # three are taken together with nobody's and the next larger: 3 + 0 + 7
        ((10, 3, 7), 0, Chosen((10, None, None, None), (1, 2, 3), 10)),
        ((10, 3, 4, 20), 8, Chosen((10, None, None, 20, 8), (1, 2), 7)),
        # two gave no answer: together with the smallest choice, or 30 − 28 would tell
        ((8, 20), 2, Chosen((None, 20, None), (0, 2), 10)),
        # nothing stays apart
        ((1, 2, 4), 0, None),
        ((2, 1), 40, None),
    ],
)
def test_small_choices_are_taken_together(
    counts: tuple[int, ...], missing: int, shown: Chosen | None
) -> None:
    assert scores.single(counts, missing=missing) == shown


@pytest.mark.parametrize("places", [2, 3, 4])
def test_no_choice_is_found_out(places: int) -> None:
    for people in range(5, 15):
        published = defaultdict(list)
        for cells in _compositions(people, places + 1):
            published[scores.single(cells[:-1], missing=cells[-1])].append(cells)
        assert _pinned(published) == []
        for found in published:
            assert found is None or not scores.small(found.together_count)


def test_of_several_choices_few_and_all_but_few_are_bounds() -> None:
    found = scores.multiple([0, 4, 5, 15, 16, 20], people=20)
    few, all_but_few = Picked(None, "most"), Picked(None, "least")
    assert found == [few, few, Picked(5), Picked(15), all_but_few, all_but_few]
    assert scores.multiple([2, 1], people=4) is None


# --- response rate ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "asked", "found"),
    [
        (22, 27, Rate(27, 81.5)),
        (27, 27, Rate(27, 100.0)),
        (25, 27, Rate(None, 85.0)),  # 25 ÷ 29 = 86 %: two did not answer, and that is not told
        (4, 30, Rate(None, None)),
        (10, 0, Rate(None, None)),
        (10, 9, Rate(None, None)),  # an open link as well: no rate
    ],
)
def test_response_rate(answered: int, asked: int, found: Rate) -> None:
    assert scores.rate(answered, asked=asked) == found


# --- corrections --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"C1": {"1": 5, "2": 9}}, {"C1": {"1": 5, "2": 9}}, False),
        ({"C1": {"1": 5, "2": 9}}, {"C1": {"1": 5, "2": 12}}, True),
        ({"C1": {"1": 5, "2": 9}}, {"C1": {"1": 10, "2": 14}}, False),
        # seven more, of whom five are seen: two in the rest
        ({"C1": {"1": 5, "2·3": 9}}, {"C1": {"1": 10, "2": 5, "3": 6}}, True),
        ({"C1": {"1": 5, "2·3": 9}}, {"C1": {"1": 10, "2": 9, "3": 6}}, False),
        ({"C1": {"1": 5}}, {"C2": {"1": 6}}, False),
    ],
)
def test_a_correction_held_against_what_was_published(
    before: dict[str, dict[str, int]], after: dict[str, dict[str, int]], found: bool
) -> None:
    assert scores.tells_apart(before, after) is found


def test_the_rulers_take_every_point_once() -> None:
    for ruler in (FIVE, TEN):
        for partition in ruler.partitions[:-1]:
            points = [point for part in partition for point in part]
            assert points == list(range(ruler.least, ruler.most + 1))
