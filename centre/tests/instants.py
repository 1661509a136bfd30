"""Instants in Seoul, short enough for tables."""

from datetime import datetime

from centre.calendar import SEOUL


def at(text: str) -> datetime:
    """``at("2026-11-20 09:00")`` in Seoul."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SEOUL)


FRIDAY = at("2026-11-20 10:00")
