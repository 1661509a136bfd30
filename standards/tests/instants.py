"""Instants as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

from centre.calendar import SEOUL


def at(text: str) -> datetime:
    """``2026-09-21 10:00`` in Seoul, as an aware instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL).astimezone(UTC)


def seoul(instant: datetime | None) -> str:
    assert instant is not None
    return f"{instant.astimezone(SEOUL):%Y-%m-%d %H:%M}"
