"""Lines over months: the trend with its target, and the small one inside a table. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from centre.charts.frame import NOTHING, frame, part_of

_WIDTH: Final = 640
_HEIGHT: Final = 200
_LEFT: Final = 44
_RIGHT: Final = 16
_ROOF: Final = 26
_FLOOR: Final = 164

_SPARK: Final = (132, 32)
_SPARK_ROOF: Final = 5
_SPARK_FLOOR: Final = 27


@dataclass(frozen=True, slots=True)
class Point:
    """One month: ``label`` stands under it, ``shown`` is its value in words."""

    label: str
    value: float | None
    shown: str


@dataclass(frozen=True, slots=True)
class _Place:
    x: float
    y: float
    below: bool
    shown: str


def trend(
    name: str,
    title: str,
    points: Sequence[Point],
    *,
    target: float | None = None,
    target_shown: str = "",
    least: float | None = None,
    most: float = 100,
) -> SafeString:
    """A line with a dot for each month, broken where there was no case.

    What is below the target has a triangle with its number beside it, not a dot. Where ``least`` is
    left out the scale begins at the ten below the lowest value, and says so at its foot.
    """
    floor = _least(points, target, most) if least is None else least
    places = _places(points, target, floor, most, box=(_LEFT, _WIDTH - _RIGHT, _ROOF, _FLOOR))
    labels = format_html_join(
        "",
        '<text class="ch-label" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (round(_x(at, len(points), _LEFT, _WIDTH - _RIGHT), 1), _FLOOR + 22, point.label)
            for at, point in enumerate(points)
        ),
    )
    body = format_html(
        "{}{}{}{}{}{}",
        _scale(floor, most),
        _target(target, target_shown, floor, most),
        _runs(places),
        _dots(places, radius=4.5, numbered=True),
        _gaps(places, len(points)),
        labels,
    )
    return frame(
        name,
        title,
        _said(points, target_shown),
        size=(_WIDTH, _HEIGHT),
        body=body,
        extra="ch-trend",
    )


def sparkline(
    name: str,
    title: str,
    points: Sequence[Point],
    *,
    target: float | None = None,
    most: float = 100,
) -> SafeString:
    """The same line, small enough for a row of a table: no numbers, the target as a thin line."""
    floor = _least(points, target, most)
    width, height = _SPARK
    places = _places(points, target, floor, most, box=(5, width - 5, _SPARK_ROOF, _SPARK_FLOOR))
    share = part_of(target, most, least=floor)
    line = NOTHING
    if share is not None:
        y = round(_SPARK_FLOOR - (_SPARK_FLOOR - _SPARK_ROOF) * share, 1)
        line = format_html('<line class="ch-target" x1="0" y1="{}" x2="{}" y2="{}"/>', y, width, y)
    body = format_html("{}{}{}", line, _runs(places), _dots(places, radius=2.2, numbered=False))
    return frame(name, title, _said(points, ""), size=(width, height), body=body, extra="ch-spark")


def _said(points: Sequence[Point], target_shown: str) -> str:
    months = ", ".join(f"{point.label} {point.shown}" for point in points)
    return f"{target_shown}. {months}" if target_shown else months


def _least(points: Sequence[Point], target: float | None, most: float) -> float:
    values = [point.value for point in points] + [target]
    finite = [value for value in values if value is not None and math.isfinite(value)]
    lowest = min([most, *finite])
    tenth = most / 10
    return max(0.0, min(most - 2 * tenth, math.floor(lowest / tenth - 0.001) * tenth))


def _x(at: int, of: int, left: float, right: float) -> float:
    return (left + right) / 2 if of < 2 else left + (right - left) * at / (of - 1)


def _places(
    points: Sequence[Point],
    target: float | None,
    least: float,
    most: float,
    *,
    box: tuple[float, float, float, float],
) -> list[_Place | None]:
    left, right, roof, floor = box
    found: list[_Place | None] = []
    for at, point in enumerate(points):
        share = part_of(point.value, most, least=least)
        if share is None or point.value is None:
            found.append(None)
            continue
        found.append(
            _Place(
                round(_x(at, len(points), left, right), 1),
                round(floor - (floor - roof) * share, 1),
                target is not None and point.value < target,
                point.shown,
            )
        )
    return found


def _runs(places: Sequence[_Place | None]) -> SafeString:
    """A line through each stretch of months that had cases."""
    return format_html_join(
        "",
        '<polyline class="ch-line" points="{}"/>',
        (
            (" ".join(f"{place.x},{place.y}" for place in run),)
            for run in _stretches(places)
            if len(run) > 1
        ),
    )


def _stretches(places: Sequence[_Place | None]) -> Iterator[list[_Place]]:
    run: list[_Place] = []
    for place in places:
        if place is None:
            if run:
                yield run
            run = []
        else:
            run.append(place)
    if run:
        yield run


def _dots(places: Sequence[_Place | None], *, radius: float, numbered: bool) -> SafeString:
    drawn = []
    standing = [place for place in places if place is not None]
    labelled = _labelled(standing) if numbered else []
    for place in standing:
        drawn.append(_dot(place, radius))
        if place in labelled:
            drawn.append(
                format_html(
                    '<text class="ch-value" x="{}" y="{}" text-anchor="middle">{}</text>',
                    place.x,
                    round(
                        place.y + 20 if place.below and place.y + 24 < _FLOOR else place.y - 10, 1
                    ),
                    place.shown,
                )
            )
    return format_html_join("", "{}", ((one,) for one in drawn))


#: How wide a character of a number is at most, that two of them do not run into each other.
_CHARACTER: Final = 10


def _labelled(standing: Sequence[_Place]) -> list[_Place]:
    """The last, and from it backwards what is below the target, where its number has room."""
    found: list[_Place] = []
    for place in reversed(standing):
        room = found[-1].x - place.x if found else _WIDTH
        if not found or (place.below and room >= _CHARACTER * len(place.shown)):
            found.append(place)
    return found


def _dot(place: _Place, radius: float) -> SafeString:
    if not place.below:
        return format_html(
            '<circle class="ch-dot" cx="{}" cy="{}" r="{}"/>', place.x, place.y, radius
        )
    size = round(radius * 1.35, 1)
    corners = [
        (place.x - size, place.y - size * 0.8),
        (place.x + size, place.y - size * 0.8),
        (place.x, place.y + size),
    ]
    return format_html(
        '<polygon class="ch-below" points="{}"/>',
        " ".join(f"{round(x, 1)},{round(y, 1)}" for x, y in corners),
    )


def _gaps(places: Sequence[_Place | None], of: int) -> SafeString:
    """A dash on the foot of each month without a case."""
    return format_html_join(
        "",
        '<text class="ch-none" x="{}" y="{}" text-anchor="middle">–</text>',
        (
            (round(_x(at, of, _LEFT, _WIDTH - _RIGHT), 1), _FLOOR - 4)
            for at, place in enumerate(places)
            if place is None
        ),
    )


def _scale(least: float, most: float) -> SafeString:
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = round(_FLOOR - (_FLOOR - _ROOF) * share, 1)
        lines.append(
            (_LEFT, y, _WIDTH - 4, y, _LEFT - 8, y + 5, f"{least + (most - least) * share:,.0f}")
        )
    return format_html_join(
        "",
        '<line class="ch-grid" x1="{}" y1="{}" x2="{}" y2="{}"/>'
        '<text class="ch-scale" x="{}" y="{}" text-anchor="end">{}</text>',
        lines,
    )


def _target(target: float | None, shown: str, least: float, most: float) -> SafeString:
    share = part_of(target, most, least=least)
    if share is None:
        return NOTHING
    y = round(_FLOOR - (_FLOOR - _ROOF) * share, 1)
    return format_html(
        '<line class="ch-target" x1="{}" y1="{}" x2="{}" y2="{}"/>'
        '<text class="ch-target-label" x="{}" y="{}" text-anchor="start">{}</text>',
        _LEFT,
        y,
        _WIDTH - 4,
        y,
        _LEFT + 4,
        12,
        shown,
    )
