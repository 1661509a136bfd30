"""Bars below one another, and one bar of shares. Pure.

Sizes are attributes, so that a strict content policy lets them through; letters are as large as
those of the page where it is narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from centre.charts.frame import NOTHING, frame, part_of

_WIDTH: Final = 360
_TRACK: Final = 288
_ROW: Final = 48
_SPREAD_HEIGHT: Final = 34
#: A share as small as this has no room for its number; the table has it.
_ROOM: Final = 9.0


@dataclass(frozen=True, slots=True)
class Bar:
    """``value`` of ``most``; None is drawn as an empty track, with what ``shown`` says."""

    label: str
    value: float | None
    shown: str


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a whole; ``tone`` (0–5) is the class that colours it."""

    share: float
    shown: str
    tone: int


def bars(name: str, title: str, rows: Sequence[Bar], *, most: float = 100) -> SafeString:
    """Horizontal bars below one another, each with its label above and its value beside it."""
    height = _ROW * len(rows) + 4
    description = ", ".join(f"{row.label} {row.shown}" for row in rows)
    drawn = format_html_join(
        "",
        '<text class="ch-label" x="0" y="{}">{}</text>'
        '<rect class="ch-track" x="0" y="{}" width="{}" height="16" rx="3"/>{}'
        '<text class="ch-value" x="{}" y="{}">{}</text>',
        (
            (
                at * _ROW + 17,
                row.label,
                at * _ROW + 25,
                _TRACK,
                _bar(row, at, most),
                _TRACK + 8,
                at * _ROW + 38,
                row.shown,
            )
            for at, row in enumerate(rows)
        ),
    )
    return frame(name, title, description, size=(_WIDTH, height), body=drawn)


def _bar(row: Bar, at: int, most: float) -> SafeString:
    share = part_of(row.value, most)
    if not share:
        return NOTHING
    width = round(max(2.0, _TRACK * share), 1)
    return format_html(
        '<rect class="ch-bar" x="0" y="{}" width="{}" height="16" rx="3"/>', at * _ROW + 25, width
    )


def spread(name: str, title: str, parts: Sequence[tuple[str, Part]]) -> SafeString:
    """One bar of shares side by side; what is too narrow for its number has it in the table."""
    whole = sum(part.share for _label, part in parts) or 1.0
    description = ", ".join(f"{label} {part.shown}" for label, part in parts)
    drawn = []
    x = 0.0
    for _label, part in parts:
        width = part.share / whole * _WIDTH
        if width:
            drawn.append(
                (part.tone, round(x, 1), round(max(1.0, width - 1.5), 1), _number(part, x, width))
            )
        x += width
    body = format_html_join(
        "",
        '<rect class="ch-tone-{}" x="{}" y="2" width="{}" height="30"/>{}',
        drawn,
    )
    return frame(name, title, description, size=(_WIDTH, _SPREAD_HEIGHT), body=body)


def _number(part: Part, x: float, width: float) -> SafeString:
    if width * 100 / _WIDTH < _ROOM:
        return NOTHING
    return format_html(
        '<text class="ch-on-tone-{}" x="{}" y="22" text-anchor="middle">{}</text>',
        part.tone,
        round(x + width / 2, 1),
        part.shown,
    )


def swatch(tone: int) -> SafeString:
    """The colour of a part, for its row in the table."""
    return format_html(
        '<svg class="ch-swatch" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">'
        '<rect class="ch-tone-{}" width="12" height="12" rx="2"/></svg>',
        tone,
    )
