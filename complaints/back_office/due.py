"""How near a date is, in words and as a level for colour. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from centre.calendar import seoul_day
from centre.words import korean_day, korean_instant
from complaints.models import Complaint, State

if TYPE_CHECKING:
    from standards.models import Commitment

#: Up to so many days ahead a date is near.
SOON_DAYS = 3
BROKEN = "약속을 지키지 못함"


class Level(TextChoices):
    LATE = "late", _("지남")
    TODAY = "today", _("오늘")
    SOON = "soon", _("곧")
    LATER = "later", _("여유")
    PAUSED = "paused", _("멈춤")
    NONE = "none", _("기한 없음")
    DONE = "done", _("끝남")


@dataclass(frozen=True, slots=True)
class Due:
    """``words`` say by themselves what ``level`` says by colour.

    Where the first promise was missed they say that, and ``left`` how near the new date is.
    """

    level: Level
    words: str
    date: str = ""
    renewed: bool = False
    left: str = ""

    @property
    def short_date(self) -> str:
        """Without the year, for lists."""
        return self.date.partition("년 ")[2] or self.date


def due_of(case: Complaint, clock: Commitment | None, *, now: datetime) -> Due:
    """How near the date of a case is; ``clock`` is the promise in force, if there is one."""
    if not case.is_open:
        ended = case.told_at or case.closed_at
        return Due(
            Level.DONE, str(case.get_state_display()), korean_day(seoul_day(ended)) if ended else ""
        )
    if clock is None:
        return Due(Level.NONE, "기한 없음")
    renewed = clock.code == "reply-renewed"
    if case.state == State.WAITING:
        return Due(Level.PAUSED, "보완 대기", "시간이 멈춰 있음", renewed)
    level, words = near(clock.due_at, now=now)
    date = korean_instant(clock.due_at)
    if renewed:
        return Due(Level.LATE, BROKEN, date, renewed, words)
    return Due(level, words, date)


def near(due_at: datetime, *, now: datetime) -> tuple[Level, str]:
    """오늘 18시, 내일, 3일 남음, 2일 지남; days are those of the calendar in Seoul."""
    days = (seoul_day(due_at) - seoul_day(now)).days
    if now > due_at:
        return Level.LATE, f"{-days}일 지남" if days else "오늘 지남"
    if days == 0:
        return Level.TODAY, f"오늘 {_clock(due_at)}"
    if days == 1:
        return Level.SOON, "내일"
    return (Level.SOON if days <= SOON_DAYS else Level.LATER), f"{days}일 남음"


def _clock(instant: datetime) -> str:
    """18시, 14시 20분."""
    return korean_instant(instant).partition(") ")[2]


def days_ago(day: date, *, now: datetime) -> str:
    """오늘, 어제, 3일 전."""
    days = (seoul_day(now) - day).days
    return {0: "오늘", 1: "어제"}.get(days, f"{days}일 전")
