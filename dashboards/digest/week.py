"""How last week went beside the week before: each promise that had a case, and what came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count
from django.urls import reverse

from centre.models import Role, StaffMember
from complaints.models import Channel, Complaint, Kind
from dashboards.digest.times import last_week
from notices.texts import table
from standards import figures
from standards.evidence.periods import midnight
from standards.figures import HIDDEN_WHERE_FEW, Result, Tally
from standards.models import Standard

_WEEK: Final = timedelta(days=7)
_LONGEST: Final = 30
_NO_CASE: Final = "없음"


@dataclass(frozen=True, slots=True)
class Week:
    """``promises`` and ``received`` as rows of tables: last week and the week before."""

    first: date
    last: date
    counted: Tally
    promises: list[tuple[str, ...]]
    received: list[tuple[str, ...]]
    n_received: int

    @property
    def is_empty(self) -> bool:
        return not self.promises and not self.received


def week_of(person: StaffMember, *, day: date, now: datetime) -> Week:
    """The week before the one of ``day``: of the team, for a manager of the whole centre.

    Cautions are left out: they are told by year only.
    """
    first, last = last_week(day)
    team = None if person.user.has_role(Role.MANAGER) else person.team_id
    standards = {row.code: row for row in Standard.objects.filter(public=True, valid_until=None)}
    codes = set(standards) - HIDDEN_WHERE_FEW
    teams = None if team is None else [team]
    this = figures.between(first, last, now=now, codes=codes, team_ids=teams)
    before = figures.between(first - _WEEK, last - _WEEK, now=now, codes=codes, team_ids=teams)
    with_cases = sorted(
        (code for code in codes if _n(this, code) or _n(before, code)),
        key=lambda code: (standards[code].number, code),
    )
    received = [*_received("kind", dict(Kind.choices), first, team),
                *_received("channel", dict(Channel.choices), first, team)]  # fmt: skip
    return Week(
        first=first,
        last=last,
        counted=sum((this[code].counted for code in with_cases if code in this), Tally()),
        promises=[
            (
                _short(standards[code]),
                f"{standards[code].percent:g}%",
                _shown(this.get(code), standards[code].percent),
                _shown(before.get(code), standards[code].percent),
            )
            for code in with_cases
        ],
        received=received,
        n_received=_came_in(first, team).count(),
    )


def _n(found: dict[str, Result], code: str) -> int:
    return found[code].counted.n if code in found else 0


def _short(standard: Standard) -> str:
    title = standard.title
    return title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1].rstrip()}…"


def _shown(result: Result | None, target: float) -> str:
    """``90.0% (9/10) 미달``; a miss is said in words."""
    if result is None or not result.counted.n:
        return _NO_CASE
    tally = result.counted
    below = tally.kept * 1000 < round(target * 10) * tally.n
    rate = figures.shown(tally.kept, tally.n)
    return f"{rate} ({tally.kept}/{tally.n}){' 미달' if below else ''}"


def _came_in(first: date, team: int | None) -> Any:
    rows = Complaint.objects.filter(
        received_at__gte=midnight(first), received_at__lt=midnight(first, days=7)
    )
    return rows if team is None else rows.filter(team=team)


def _received(
    field: str, names: dict[str, Any], first: date, team: int | None
) -> list[tuple[str, ...]]:
    """How many came in by kind or by way, last week and the week before."""
    this, before = (
        dict(_came_in(start, team).order_by().values_list(field).annotate(n=Count("pk")))
        for start in (first, first - _WEEK)
    )
    return [
        (str(name), f"{this.get(value, 0)}건", f"{before.get(value, 0)}건")
        for value, name in names.items()
        if this.get(value) or before.get(value)
    ]


def context_of(week: Week) -> dict[str, Any]:
    """What the template of the mail is given."""
    tally = week.counted
    items = []
    if week.promises:
        items.append(
            {
                "title": "■ 약속마다 지킨 비율",
                "line": "그 주에 기한이 온 건입니다. 미달은 목표에 미치지 못했다는 뜻입니다.",
                "table": table(("약속", "목표", "지난주", "그 전주"), week.promises),
                "link": f"{settings.SITE_URL}{reverse('dashboard')}",
            }
        )
    if week.received:
        items.append(
            {
                "title": "■ 들어온 의견",
                "line": "",
                "table": table(("구분·경로", "지난주", "그 전주"), week.received),
                "link": "",
            }
        )
    rate = figures.shown(tally.kept, tally.n)
    told = f"{rate}({tally.kept:,}/{tally.n:,})" if rate else "해당 없음"
    return {
        "period": f"{week.first.month}월 {week.first.day}일~{week.last.month}월 {week.last.day}일",
        "rate": told,
        "received": str(week.n_received),
        "items": items,
    }
