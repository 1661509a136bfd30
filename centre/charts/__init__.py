"""Charts as inline SVG, drawn on the server by pure functions.

Every chart has a title and a description, is coloured only by classes (``css/charts.css``, so that
a strict content policy, paper and a dark page are all served), and stands beside a table with the
same numbers. Nothing is told by colour alone: shape, place or the number itself says it too.
``name`` makes the ids of a chart and has to be its own on the page. A value of None is "no case"
and is drawn as a gap; values that are negative or no numbers are drawn as nothing, never as a
wrong height.
"""

from centre.charts.columns import columns, heat
from centre.charts.lines import Point, sparkline, trend
from centre.charts.shares import Bar, Part, bars, spread, swatch

__all__ = [
    "Bar",
    "Part",
    "Point",
    "bars",
    "columns",
    "heat",
    "sparkline",
    "spread",
    "swatch",
    "trend",
]
