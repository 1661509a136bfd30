"""Charts: hostile labels, nothing at all, zero of zero, and numbers that no page was made for."""

from __future__ import annotations

import itertools
import math
import re
import xml.etree.ElementTree as ET

import pytest

from centre.charts import (
    Bar,
    Part,
    Point,
    bars,
    columns,
    heat,
    sparkline,
    spread,
    swatch,
    trend,
)
from centre.charts.frame import part_of, top_of

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert(1)</script>\"'&"


def read(drawn: str) -> ET.Element:
    named = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    return ET.fromstring(named)  # noqa: S314 - our own drawing


def all_with(label: str, value: float | None) -> dict[str, str]:
    points = [Point(label, value, label), Point("2월", None, "해당 없음"), Point("3월", 90, "90%")]
    rows = [Bar(label, value, label), Bar("나", 3, "3")]
    count = 0 if value is None or not math.isfinite(value) else max(0, int(value))
    return {
        "bars": bars("a", label, rows),
        "columns": columns("b", label, rows, before=[value, None]),
        "trend": trend("c", label, points, target=95, target_shown=label),
        "sparkline": sparkline("d", label, points, target=95),
        "heat": heat("e", label, rows=[label], columns=[label, "10"], counts=[[count, 2]]),
        "spread": spread("f", label, [(label, Part(value or 0, label, 1))]),
    }


@pytest.mark.parametrize("value", [None, 0, 1, 100, 1e15, -5, math.inf, math.nan])
@pytest.mark.parametrize("label", ["1월", HOSTILE, "", "가" * 500])
def test_every_chart_is_sound_whatever_it_is_given(label, value):
    for name, drawn in all_with(label, value).items():
        if name == "spread" and value is not None and (value < 0 or not math.isfinite(value)):
            continue
        tree = read(drawn)
        assert tree.findtext(f"{SVG}title") == label, name
        assert tree.find(f"{SVG}desc") is not None, name
        assert not tree.findall(f".//{SVG}script"), name
        assert "style=" not in drawn, name
        assert "nan" not in re.sub(r">[^<]*<", "><", drawn), name
        assert "inf" not in re.sub(r">[^<]*<", "><", drawn), name
        for rect in tree.iter(f"{SVG}rect"):
            assert float(rect.attrib["width"]) >= 0, name
            assert float(rect.attrib["height"]) >= 0, name


def test_a_chart_is_named_by_its_own_title_and_description():
    tree = read(bars("here", "제목", [Bar("가", 1, "1건")], most=2))
    assert tree.get("aria-labelledby") == "here-title here-desc"
    assert tree[0].get("id") == "here-title"
    assert tree[1].text == "가 1건"


def test_nothing_to_draw_is_drawn_as_nothing():
    for drawn in (
        bars("a", "t", []),
        columns("b", "t", []),
        trend("c", "t", []),
        sparkline("d", "t", []),
        heat("e", "t", rows=[], columns=[], counts=[]),
        spread("f", "t", []),
    ):
        assert not [one for one in read(drawn).iter() if one.get("class") == "ch-bar"]


def test_a_month_without_a_case_breaks_the_line():
    points = [
        Point(str(at), value, str(value))
        for at, value in enumerate([90, 95, None, 80, None, 70, 75, 99])
    ]
    tree = read(trend("t", "t", points, target=None))
    lines = [line.attrib["points"].split() for line in tree.iter(f"{SVG}polyline")]
    assert [len(line) for line in lines] == [2, 3]
    assert len(list(tree.iter(f"{SVG}circle"))) == 6
    dashes = [one for one in tree.iter(f"{SVG}text") if one.get("class") == "ch-none"]
    assert len(dashes) == 2


def test_what_is_below_its_target_has_another_shape_and_its_number():
    points = [Point("1월", 94.9, "94.9%"), Point("2월", 95, "95%"), Point("3월", 99, "99%")]
    tree = read(trend("t", "t", points, target=95, target_shown="목표 95%"))
    assert len(list(tree.iter(f"{SVG}polygon"))) == 1
    shown = [one.text for one in tree.iter(f"{SVG}text") if one.get("class") == "ch-value"]
    assert shown == ["94.9%", "99%"]


def test_numbers_beside_each_other_do_not_run_into_each_other():
    points = [Point(f"{at}월", 83.3, "83.3%") for at in range(1, 14)]
    tree = read(trend("t", "t", points, target=95, target_shown="목표 95%"))
    places = [
        float(one.attrib["x"]) for one in tree.iter(f"{SVG}text") if one.get("class") == "ch-value"
    ]
    assert len(places) > 4
    assert all(later - one >= 50 for one, later in itertools.pairwise(places))
    assert len(list(tree.iter(f"{SVG}polygon"))) == 13


def test_higher_values_stand_higher_and_zero_stands_on_the_floor():
    tree = read(columns("c", "t", [Bar("가", 0, "0"), Bar("나", 5, "5"), Bar("다", 10, "10")]))
    heights = [float(one.attrib["height"]) for one in tree.iter(f"{SVG}rect")]
    assert len(heights) == 2
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)


def test_the_grid_says_every_count_and_darkens_with_it():
    tree = read(heat("h", "t", rows=["월", "화"], columns=["9", "10"], counts=[[0, 1], [5, 20]]))
    cells = [one.get("class") for one in tree.iter(f"{SVG}rect")]
    assert cells == ["ch-level-0", "ch-level-1", "ch-level-1", "ch-level-4"]
    assert [one.text for one in tree.iter(f"{SVG}text") if "on-level" in one.attrib["class"]] == [
        "1",
        "5",
        "20",
    ]


def test_a_grid_whose_counts_do_not_fit_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        heat("h", "t", rows=["월", "화"], columns=["9"], counts=[[1]])


@pytest.mark.parametrize(
    ("values", "top"),
    [([], 1), ([0], 1), ([3], 5), ([10], 10), ([11], 20), ([51], 100), ([999_999], 1e6)],
)
def test_the_top_of_the_scale_is_round(values, top):
    assert top_of(values) == top


def test_where_a_value_stands():
    assert part_of(None, 10) is None
    assert part_of(math.nan, 10) is None
    assert part_of(5, 10) == 0.5
    assert part_of(50, 10) == 1
    assert part_of(-1, 10) == 0
    assert part_of(5, 0) == 0
    assert part_of(90, 100, least=80) == 0.5


def test_the_swatch_is_left_out_of_reading_aloud():
    assert 'aria-hidden="true"' in swatch(3)
