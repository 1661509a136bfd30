"""Whoever is in charge is told in time; what was missed is told to the secretary general as well."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from centre.calendar import SEOUL, seoul_day
from centre.models import Position, StaffMember
from centre.queries import people_in
from centre.words import korean_day, korean_instant
from notices.services import Owed, Person, owe_many
from standards.evidence.charges import Charges
from standards.evidence.kinds import KINDS
from standards.models import DUTY, Duty, Kind
from standards.registry import StepDue
from standards.steps import Step

#: How long before the end those in charge are reminded; what has a clock of hours is told at once.
_AHEAD: Final = {
    Kind.MEETING_PLAN: timedelta(days=14),
    Kind.MEETING: timedelta(days=10),
    Kind.TRAINING: timedelta(days=60),
    Kind.BASIC_TRAINING: timedelta(days=30),
    Kind.CALLS: timedelta(days=30),
    Kind.PAGE: timedelta(days=30),
    Kind.SERVICES: timedelta(days=60),
    Kind.GUIDE: timedelta(days=30),
    Kind.EVALUATION: timedelta(days=30),
    Kind.CHANNEL: timedelta(days=10),
    Kind.RECONCILIATION: timedelta(days=14),
    Kind.IMPROVEMENT: timedelta(days=7),
    Kind.LISTINGS: timedelta(days=3),
}
_AT_ONCE: Final = frozenset({Kind.REPORT, Kind.GUIDE_CHANGE, Kind.IMPROVEMENT})
_LATE_FOR: Final = timedelta(days=3)


def until(due_at: datetime) -> str:
    """``2026년 11월 30일(월)`` for a date that ends at midnight, else day and time."""
    local = due_at.astimezone(SEOUL)
    if not (local.hour or local.minute):
        return korean_day(seoul_day(due_at - timedelta(seconds=1)))
    return korean_instant(due_at)


def link_to(duty_id: int) -> str:
    return f"/admin/standards/duty/{duty_id}/change/"


def remind(now: datetime) -> int:
    """Owe what is to be told by now, each once: reminders, and misses that no sweep watches."""
    charges = Charges(at=now)
    rows = Duty.objects.open().select_related("team", "person__team", "page__team")
    items: list[Owed] = []
    for duty in rows.filter(due_at__gt=now, started_at__lte=now):
        kind = Kind(duty.kind)
        if kind in _AT_ONCE:
            items += _items("new", duty, charges.of_duty(duty))
        if kind in _AHEAD and duty.due_at - _AHEAD[kind] <= now:
            items += _items("ahead", duty, _asked(duty, charges))
    for duty in rows.filter(due_at__lte=now, due_at__gt=now - _LATE_FOR):
        if not KINDS[Kind(duty.kind)].code:
            items += _items("missed", duty, _of_a_miss(duty, charges))
    owe_many(items, now=now)
    return 0


def tell_new(duty: Duty, *, now: datetime) -> None:
    """Tell those in charge of something that has just come up; who is away has a stand-in."""
    charges = Charges(at=now)
    owe_many(_items("new", duty, charges.with_stand_ins(charges.of_duty(duty))), now=now)


def take_steps(steps: list[StepDue], *, now: datetime) -> None:
    """What the sweep found due about duties."""
    charges = Charges(at=now)
    rows = Duty.objects.select_related("team", "person__team", "page__team")
    duties = rows.in_bulk([step.commitment.subject_id for step in steps])
    items: list[Owed] = []
    for step in steps:
        duty = duties[step.commitment.subject_id]
        if step.name is Step.MISSED:
            items += _items("missed", duty, _of_a_miss(duty, charges))
        else:
            people = charges.with_stand_ins(_asked(duty, charges))
            items += _items(str(step.name), duty, people, due_at=step.commitment.due_at)
    owe_many(items, now=now)


def _asked(duty: Duty, charges: Charges) -> list[StaffMember]:
    """Those in charge, and who is to be trained."""
    people = charges.of_duty(duty)
    return [*people, duty.person] if duty.person else people


def _of_a_miss(duty: Duty, charges: Charges) -> list[StaffMember]:
    above = people_in(Position.SECRETARY_GENERAL, at=charges.at)
    return [*_asked(duty, charges), *above]


def _items(
    what: str, duty: Duty, people: Iterable[StaffMember], *, due_at: datetime | None = None
) -> list[Owed]:
    due_at = due_at or duty.due_at
    template = "duty-missed" if what == "missed" else "duty-due"
    once = {person.pk: person for person in people}
    return [
        Owed(
            key=f"duty:{duty.pk}:{what}:{due_at:%Y%m%d%H%M}:{pk}",
            template=template,
            subject_type=DUTY,
            subject_id=duty.pk,
            to=Person(person),
            context={
                "title": duty.title,
                "until": until(due_at),
                "help": str(KINDS[Kind(duty.kind)].help),
                "link": f"{settings.SITE_URL}{link_to(duty.pk)}",
            },
            hours="any" if what == "missed" else "opening",
        )
        for pk, person in once.items()
    ]
