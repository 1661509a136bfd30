"""How available the portal was, as seen from outside: never part of a rate of the centre."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Q, Sum

from centre.calendar import SEOUL
from standards.evidence.periods import midnight
from standards.models import Outage, ProbeDay, Target

_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """``tries`` looks, ``good`` of them well; ``planned`` fell into announced work, not counted."""

    tries: int
    good: int
    planned: int

    @property
    def rate(self) -> float | None:
        """Between 0 and 100; None where nobody looked."""
        return self.good / self.tries * 100 if self.tries else None


def seen(first: date, last: date) -> Seen:
    """The looks of these days in Seoul, all pages together."""
    rows = ProbeDay.objects.filter(day__gte=first, day__lte=last)
    sums = rows.aggregate(tries=Sum("tries"), good=Sum("good"), planned=Sum("planned"))
    return Seen(**{name: value or 0 for name, value in sums.items()})


def outages_of(first: date, last: date) -> list[Outage]:
    """Those that touch these days, the latest first."""
    rows = Outage.objects.filter(started_at__lt=midnight(last + _A_DAY))
    return list(rows.filter(Q(ended_at=None) | Q(ended_at__gt=midnight(first))))


def minutes(outages: list[Outage], *, until: datetime) -> int:
    """How long they lasted together; an open one until ``until``."""
    lengths = ((one.ended_at or until) - one.started_at for one in outages)
    return round(
        sum((max(length, timedelta(0)) for length in lengths), timedelta(0)).total_seconds() / 60
    )


def said(today: date) -> list[str]:
    """For the charter page: an observation of an external system, beside the figure."""
    first = date(today.year, 1, 1)
    found = seen(first, today)
    if found.rate is None:
        if Target.objects.filter(active=True).exists():
            return ["외부 시스템 관측값: 아직 살핀 것이 없습니다."]
        return ["외부 시스템 관측값: 지금은 포털의 공개 화면을 살피고 있지 않습니다."]
    listed = outages_of(first, today)
    lasted = minutes(listed, until=datetime.combine(today, datetime.min.time(), SEOUL) + _A_DAY)
    looks = (
        f"외부 시스템 관측값(이행률에 넣지 않음): 올해 공개 화면을 {found.tries:,}번 살펴 "
        f"{found.good:,}번 열림({found.rate:.1f}%)."
    )
    away = f"접속 장애 {len(listed)}번, 모두 {lasted:,}분." if listed else "접속 장애 없음."
    return [looks, away] + (
        [f"미리 알린 점검 중의 {found.planned:,}번은 뺐습니다."] if found.planned else []
    )
