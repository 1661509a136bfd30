"""What the charter page says beside the figure of a promise that evidence measures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from standards.evidence import judging
from standards.evidence.periods import Every, Span, span
from standards.figures import FEW
from standards.models import Duty, Evidence, Kind, OnlineService


def training(today: date) -> list[str]:
    """The average of hours beside last year's; none where so few people could be recognised."""
    this, last = (_average(span(Every.YEAR, day)) for day in (today, _a_year_before(today)))
    if this is None:
        return []
    words = f"올해 지금까지 한 사람 평균 {this:.1f}시간"
    return [f"{words}, 지난해 {last:.1f}시간." if last is not None else f"{words}."]


def _average(year: Span) -> Decimal | None:
    people = Duty.objects.filter(kind=Kind.TRAINING, period=year.key, dropped_at=None)
    asked = set(people.values_list("person_id", flat=True))
    if len(asked) < FEW:
        return None
    rows = Evidence.objects.standing().filter(
        kind=Kind.TRAINING,
        person__in=asked,
        happened_at__gte=year.starts_at,
        happened_at__lt=year.ends_at,
    )
    hours = sum((Decimal(str(row.numbers.get("hours", 0))) for row in rows), Decimal(0))
    return hours / len(asked)


def _a_year_before(today: date) -> date:
    return date(today.year - 1, 12, 31)


def calls(today: date) -> list[str]:
    """How many of the quarter's calls were made."""
    quarter = span(Every.QUARTER, today)
    duty = Duty.objects.filter(kind=Kind.CALLS, period=quarter.key).first()
    if duty is None:
        return []
    made = Evidence.objects.standing().filter(duty=duty).count()
    return [
        f"{quarter.label}에 점검 전화 {duty.needed}통 이상을 걸기로 하고 {made}통을 걸었습니다."
    ]


def services(today: date) -> list[str]:
    """How many services there are beside the end of last year, and the use of the new ones."""
    last = _a_year_before(today)
    words = f"지금 {judging.services_on(today)}개, 지난해 말 {judging.services_on(last)}개."
    new = set(OnlineService.objects.filter(started_on__gt=last).values_list("pk", flat=True))
    if not new:
        return [words]
    year = span(Every.YEAR, today)
    rows = Evidence.objects.standing().filter(kind=Kind.SERVICES, happened_at__gte=year.starts_at)
    uses = sum(row.numbers.get("uses", 0) for row in rows if row.numbers.get("service") in new)
    return [words, f"올해 늘어난 업무의 이용 {uses:,}건."]


ASIDES: Final = {
    "staff-training": training,
    "phone-answer": calls,
    "phone-identity": calls,
    "online-services": services,
}
