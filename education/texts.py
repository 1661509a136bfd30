"""The words of courses and what a new one starts from: ``data/courses.toml``, ``data/consent.toml``."""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from education.wording import day_before_at_six

_DATA = Path(__file__).parent / "data"


@cache
def _courses() -> dict[str, Any]:
    return tomllib.loads((_DATA / "courses.toml").read_text(encoding="utf-8"))


@cache
def consent() -> dict[str, Any]:
    """Version, title, rows and boxes of the consent."""
    return tomllib.loads((_DATA / "consent.toml").read_text(encoding="utf-8"))


def common() -> dict[str, Any]:
    """What is said of every course."""
    found: dict[str, Any] = _courses()["common"]
    return found


def cancelling(starts_at: datetime | None, *, now: datetime) -> str:
    """Until when to give a place back: never a time that has passed."""
    late = starts_at is not None and now >= day_before_at_six(starts_at)
    return str(common()["cancelling_late" if late else "cancelling"])


def templates() -> dict[int, dict[str, Any]]:
    """The six courses a new one can start from, by number."""
    return {row["number"]: row for row in _courses()["courses"]}


def filled(text: str, **values: object) -> str:
    """A sentence of the files with its values."""
    for name, value in values.items():
        text = text.replace("{{ " + name + " }}", str(value))
    return text
