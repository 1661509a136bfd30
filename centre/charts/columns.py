"""Columns side by side (hours, weekdays, months) and the grid of hours and weekdays. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from centre.charts.frame import NOTHING, frame, part_of, top_of
from centre.charts.shares import Bar

_WIDTH: Final = 480
_HEIGHT: Final = 150
_FLOOR: Final = 118
_ROOF: Final = 22
#: Columns wide enough to carry their number above them.
_NUMBERED: Final = 13

_CELL: Final = 25
_CELL_HEIGHT: Final = 24
_GUTTER: Final = 34
_HEAD: Final = 20
LEVELS: Final = 4


def columns(
    name: str,
    title: str,
    rows: Sequence[Bar],
    *,
    most: float | None = None,
    label_every: int = 1,
    before: Sequence[float | None] = (),
) -> SafeString:
    """Columns from a common zero; ``before`` marks what stood there in the period compared with."""
    top = most or top_of([*(row.value for row in rows), *before])
    step = _WIDTH / max(1, len(rows))
    drawn = [
        _column(row, at, step=step, top=top, labelled=at % label_every == 0, of=len(rows))
        for at, row in enumerate(rows)
    ]
    marks = [_mark(value, at, step=step, top=top) for at, value in enumerate(before[: len(rows)])]
    body = format_html(
        '{}{}<line class="ch-axis" x1="0" y1="{}" x2="{}" y2="{}"/>',
        format_html_join("", "{}", ((one,) for one in drawn)),
        format_html_join("", "{}", ((one,) for one in marks)),
        _FLOOR,
        _WIDTH,
        _FLOOR,
    )
    said = ", ".join(f"{row.label} {row.shown}" for row in rows)
    return frame(name, title, said, size=(_WIDTH, _HEIGHT), body=body, extra="ch-columns")


def _column(row: Bar, at: int, *, step: float, top: float, labelled: bool, of: int) -> SafeString:
    share = part_of(row.value, top)
    height = (_FLOOR - _ROOF) * (share or 0)
    if share:
        height = max(1.5, height)
    middle = round(at * step + step / 2, 1)
    bar = (
        format_html(
            '<rect class="ch-bar" x="{}" y="{}" width="{}" height="{}" rx="2"/>',
            round(at * step + step * 0.14, 1),
            round(_FLOOR - height, 1),
            round(step * 0.72, 1),
            round(height, 1),
        )
        if share
        else NOTHING
    )
    number = (
        format_html(
            '<text class="ch-value" x="{}" y="{}" text-anchor="middle">{}</text>',
            middle,
            round(_FLOOR - height - 5, 1),
            row.shown,
        )
        if of <= _NUMBERED
        else NOTHING
    )
    label = (
        format_html(
            '<text class="ch-label" x="{}" y="{}" text-anchor="middle">{}</text>',
            middle,
            _FLOOR + 18,
            row.label,
        )
        if labelled
        else NOTHING
    )
    return bar + number + label


def _mark(value: float | None, at: int, *, step: float, top: float) -> SafeString:
    share = part_of(value, top)
    if share is None:
        return NOTHING
    y = round(_FLOOR - (_FLOOR - _ROOF) * share, 1)
    return format_html(
        '<line class="ch-before" x1="{}" y1="{}" x2="{}" y2="{}"/>',
        round(at * step + step * 0.06, 1),
        y,
        round(at * step + step * 0.94, 1),
        y,
    )


def heat(
    name: str,
    title: str,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    counts: Sequence[Sequence[int]],
) -> SafeString:
    """A grid of counts, each cell with its number; how dark a cell is only repeats it.

    ``counts`` has a sequence for each of ``rows`` with a number for each of ``columns``; anything
    else is a ValueError.
    """
    most = max((count for line in counts for count in line), default=0)
    heads = format_html_join(
        "",
        '<text class="ch-label" x="{}" y="14" text-anchor="middle">{}</text>',
        ((_GUTTER + at * _CELL + _CELL / 2, label) for at, label in enumerate(columns)),
    )
    lines = []
    for at, (label, line) in enumerate(zip(rows, counts, strict=True)):
        y = _HEAD + at * _CELL_HEIGHT
        cells = [
            _cell(count, column, y, most)
            for column, (_label, count) in enumerate(zip(columns, line, strict=True))
        ]
        lines.append((y + 17, label, format_html_join("", "{}", ((one,) for one in cells))))
    body = heads + format_html_join("", '<text class="ch-label" x="0" y="{}">{}</text>{}', lines)
    said = "; ".join(f"{label}: {sum(line):,}" for label, line in zip(rows, counts, strict=True))
    size = (_GUTTER + _CELL * len(columns), _HEAD + _CELL_HEIGHT * len(rows))
    return frame(name, title, said, size=size, body=body, extra="ch-heat")


def _cell(count: int, column: int, y: float, most: int) -> SafeString:
    level = 0 if count <= 0 else max(1, min(LEVELS, -(-count * LEVELS // max(1, most))))
    x = _GUTTER + column * _CELL
    number = (
        format_html(
            '<text class="ch-on-level-{}" x="{}" y="{}" text-anchor="middle">{}</text>',
            level,
            x + (_CELL - 1) / 2,
            y + 16,
            count if count < 1000 else "천+",
        )
        if count > 0
        else NOTHING
    )
    return format_html(
        '<rect class="ch-level-{}" x="{}" y="{}" width="{}" height="{}"/>{}',
        level,
        x,
        y,
        _CELL - 1,
        _CELL_HEIGHT - 1,
        number,
    )
