"""Month by month the registers of fax, post, box and papers are compared with what was registered.

What is found and still at hand is registered as any opinion, with the time at which it really came,
and is late by itself. What can no longer be registered is added here as missed (charter line 26).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from django.db import transaction
from django.db.models import Count

from centre import queries as centre_queries
from centre.calendar import SEOUL
from centre.models import StaffMember
from centre.words import korean_day
from complaints.errors import Refused
from complaints.models import Channel, Complaint
from standards import services as standards
from standards.evidence.entering import Entry, enter
from standards.evidence.periods import Every, Span, span
from standards.models import Duty, Evidence, Kind
from standards.registry import StepDue

SUBJECT: Final = "reconciliation"
CODE: Final = "every-opinion"
#: The ways that have a register on paper.
CHANNELS: Final = (Channel.FAX, Channel.POST, Channel.BOX, Channel.LETTER)
MOST: Final = 50
_NOON: Final = time(12)


@dataclass(frozen=True, slots=True)
class Missing:
    """An opinion in a register that was never registered, and cannot be any more."""

    channel: str
    arrived_on: date


def month_of(duty: Duty) -> Span:
    """The month that is compared."""
    year, month = map(int, duty.period.split("-"))
    return span(Every.MONTH, date(year, month, 1))


def registered(month: Span) -> dict[str, int]:
    """How many opinions that came in a month are registered, by channel."""
    rows = Complaint.objects.filter(
        channel__in=CHANNELS, received_at__gte=month.starts_at, received_at__lt=month.ends_at
    )
    found = dict(rows.order_by().values_list("channel").annotate(n=Count("pk")))
    return {channel: found.get(channel, 0) for channel in CHANNELS}


@transaction.atomic
def reconcile(
    *,
    duty_id: int,
    registers: Mapping[str, int],
    missing: Sequence[Missing],
    what: str,
    form_token: str,
    by: StaffMember,
    now: datetime,
) -> Evidence:
    """Keep the comparison; each missing opinion is a promise that was not kept.

    ``registers`` is what each register holds. Refused where it does not come out even: every
    opinion of a register has to be registered, or named as missing.
    """
    duty = Duty.objects.select_for_update(of=("self",)).get(pk=duty_id, kind=Kind.RECONCILIATION)
    month = month_of(duty)
    counted = registered(month)
    for channel in CHANNELS:
        _come_out_even(channel, registers[channel], counted[channel], missing)
    for one in missing:
        if not month.holds(_arrived(one)):
            raise Refused(
                f"{korean_day(one.arrived_on)}은 {month.label}이 아닙니다.", field="missing"
            )
    numbers = {"registers": dict(registers), "registered": counted, "missing": len(missing)}
    entry = Entry(
        kind=Kind.RECONCILIATION, happened_at=now, duty_id=duty.pk, what=what, numbers=numbers
    )
    [row] = enter(entries=[entry], form_token=form_token, by=by, now=now)
    for place, one in enumerate(missing):
        standards.open_commitment(
            code=CODE,
            key=f"{SUBJECT}:{duty.key}:{place}",
            subject_type=SUBJECT,
            subject_id=row.pk,
            started_at=_arrived(one),
            team=centre_queries.desk_team(),
            now=now,
        )
    return row


def _come_out_even(
    channel: Channel, in_register: int, counted: int, missing: Sequence[Missing]
) -> None:
    lost = sum(one.channel == channel for one in missing)
    if in_register > counted + lost:
        short = in_register - counted - lost
        raise Refused(
            f"{channel.label} 대장에 {in_register}건, 접수한 것은 {counted}건입니다. 빠진 {short}건을 "
            "먼저 실제 도착한 때로 등록하시거나, 등록할 수 없으면 아래에 적어 주십시오.",
            field=channel,
        )
    if lost and in_register < counted + lost:
        raise Refused(
            f"{channel.label} 대장보다 많습니다. 빠진 것으로 적은 {lost}건을 확인해 주십시오.",
            field="missing",
        )


def _arrived(one: Missing) -> datetime:
    return datetime.combine(one.arrived_on, _NOON, SEOUL)


# --- for the sweep --------------------------------------------------------------------------------


def take_steps(steps: list[StepDue], *, now: datetime) -> None:
    """Nobody is to be told: whoever compared the registers has just written it down."""


def fulfilled_at(keys: Sequence[str]) -> dict[str, datetime]:
    """What could not be registered was never registered."""
    return {}


def page_of(duty: Duty) -> str:
    """Where a month is compared."""
    return f"/admin/complaints/complaint/reconcile/{duty.pk}/"
