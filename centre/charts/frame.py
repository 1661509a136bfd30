"""What all charts share: the frame with title and description, and the heights of values. Pure."""

from __future__ import annotations

import math

from django.utils.html import format_html
from django.utils.safestring import SafeString

NOTHING = SafeString("")


def frame(
    name: str,
    title: str,
    description: str,
    *,
    size: tuple[float, float],
    body: SafeString,
    extra: str = "",
) -> SafeString:
    """``size`` is width and height in units of the drawing; the page decides how large it is shown."""
    width, height = size
    return format_html(
        '<svg class="ch{}" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-desc">'
        '<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>{}</svg>',
        f" {extra}" if extra else "",
        width,
        height,
        name,
        name,
        name,
        title,
        name,
        description,
        body,
    )


def part_of(value: float | None, most: float, *, least: float = 0) -> float | None:
    """Where a value stands between ``least`` and ``most``, 0 to 1; None where there is none."""
    if value is None or not math.isfinite(value):
        return None
    if not most > least:
        return 0.0
    return min(1.0, max(0.0, (value - least) / (most - least)))


def top_of(values: list[float | None], *, at_least: float = 1) -> float:
    """A round number at or above the largest value: 1, 2 or 5 times a power of ten."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    largest = max([at_least, *finite])
    step = 10.0 ** math.floor(math.log10(largest))
    return next(
        (times * step for times in (1, 2, 5) if times * step >= largest),
        10 * step,
    )
