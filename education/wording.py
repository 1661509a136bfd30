"""Dates of a course as people say them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Protocol

from centre.calendar import SEOUL, seoul_day
from centre.words import korean_day


class Span(Protocol):
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


def clock(instant: datetime) -> str:
    """``10시``, ``14시 30분``, in Seoul."""
    local = instant.astimezone(SEOUL)
    return f"{local.hour}시" + (f" {local.minute}분" if local.minute else "")


def span(one: Span) -> str:
    """``2026년 9월 8일(화) 10시~17시``."""
    day = one.starts_at.astimezone(SEOUL).date()
    return f"{korean_day(day)} {clock(one.starts_at)}~{clock(one.ends_at)}"


def when(sessions: Sequence[Span]) -> str:
    """All sessions in one line; "" where there are none yet."""
    return ", ".join(span(one) for one in sessions)


def day_before_at_six(starts_at: datetime) -> datetime:
    """전날 18시: until then one can cancel, and enrol where nothing else is said."""
    day = seoul_day(starts_at) - timedelta(days=1)
    return datetime.combine(day, time(18), SEOUL)
