"""Looking at the portal: whose turn it is, what was seen, and when it is an outage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from centre import options
from centre.calendar import seoul_day
from standards.models import Maintenance, Outage, ProbeDay, Target, Why
from standards.probe import outages
from standards.probe.fetching import Outcome, look

EVERY: Final = timedelta(minutes=5)
#: After the first failure it is looked at again soon; then ever less often, until it is back.
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (2, 5, 5, 10, 15, 30))
LEASE: Final = timedelta(minutes=2)
#: A pass holds a worker at most for this many looks of ten seconds.
MOST_A_PASS: Final = 3
Look = Callable[[str, str], Outcome]


def look_out(address: str, text: str) -> Outcome:
    """One look, as the settings allow."""
    return look(address, text, allow_loopback=settings.PROBE_ALLOWS_LOOPBACK)


def probe(*, now: datetime, look: Look = look_out) -> int:
    """Look at the pages whose turn it is, each by one alone; says how many."""
    due = Target.objects.filter(active=True).filter(Q(next_at=None) | Q(next_at__lte=now))
    seen = 0
    for target in due.order_by(F("next_at").asc(nulls_first=True), "pk")[:MOST_A_PASS]:
        if _take(target, now=now):
            outcome = look(target.address, target.text)
            note(target_id=target.pk, outcome=outcome, now=now)
            seen += 1
    return seen


def _take(target: Target, *, now: datetime) -> bool:
    """Nobody else looks at it until the lease is over."""
    free = Target.objects.filter(pk=target.pk, active=True, next_at=target.next_at)
    free = free.filter(Q(lease_until=None) | Q(lease_until__lte=now))
    return free.update(lease_until=now + LEASE) == 1


@transaction.atomic
def note(*, target_id: int, outcome: Outcome, now: datetime) -> None:
    """Keep what was seen; enough failures in a row are an outage, and all well again its end."""
    # All of them are held, so that of two that fail at once one opens the outage.
    targets = {row.pk: row for row in Target.objects.select_for_update().order_by("pk")}
    target = targets[target_id]
    planned = is_planned(now)
    if outcome.why == Why.UNSAFE:
        pause = PAUSES[-1]  # not opened, so nothing was seen: it says nothing about the portal
    elif outcome.good:
        target.failures, target.failing_since = 0, None
        pause = EVERY
    else:
        target.failures = min(target.failures + 1, 10_000)
        target.failing_since = target.failing_since or now
        pause = PAUSES[min(target.failures, len(PAUSES)) - 1]
    target.last_at, target.last_why, target.last_status = now, outcome.why, outcome.status
    target.last_ms, target.next_at, target.lease_until = outcome.milliseconds, now + pause, None
    target.save(
        update_fields=[
            "failures", "failing_since", "last_at", "last_why", "last_status", "last_ms", "next_at",
            "lease_until",
        ]
    )  # fmt: skip
    if outcome.why == Why.UNSAFE:
        return
    _count(target, outcome, planned=planned, now=now)
    if planned:
        return
    if target.failures >= options.number("probe_failures") and target.failing_since is not None:
        outages.begin(started_at=target.failing_since, why=outcome.why, now=now)
    elif outcome.good:
        _perhaps_over(now=now)


def is_planned(now: datetime) -> bool:
    """Whether the portal had announced work for this time."""
    return Maintenance.objects.filter(starts_at__lte=now, ends_at__gt=now).exists()


def _count(target: Target, outcome: Outcome, *, planned: bool, now: datetime) -> None:
    day = seoul_day(now)
    ProbeDay.objects.get_or_create(target=target, day=day)
    mine = ProbeDay.objects.filter(target=target, day=day)
    if planned:
        mine.update(planned=F("planned") + 1)
    else:
        mine.update(tries=F("tries") + 1, good=F("good") + int(outcome.good))


def _perhaps_over(*, now: datetime) -> None:
    """The portal is back once every page that is looked at opens again."""
    if not Outage.objects.filter(is_open=True, declared=False).exists():
        return
    if not Target.objects.filter(active=True, failures__gt=0).exists():
        outages.end(now=now)
