"""Settling: a notice has arrived, or will not; the app of its subject is told, exactly once."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from centre.models import StaffMember
from notices import registry
from notices.models import Audience, Notice, Status
from notices.services.bundling import DIGEST, hold
from records import services as records
from records.actors import Actor

logger = logging.getLogger(__name__)

#: What the subject's app is told, by the state a notice comes to.
OUTCOMES = {Status.DELIVERED: "delivered", Status.FAILED: "failed", Status.BOUNCED: "failed"}
#: Events on the log of a subject, for notices to citizens. Who registers ``failed`` records that.
EVENTS = {Status.DELIVERED: "notice-delivered", Status.BOUNCED: "notice-bounced"}
#: How long after a failed follow-up it is tried again.
FOLLOW_UP_AGAIN = timedelta(seconds=30)
_FOLLOW_UPS_A_PASS = 100


def actor(person: StaffMember) -> Actor:
    return Actor.staff(person.user_id, str(person))


def settle(
    notice: Notice,
    status: Status,
    *,
    out_of: Collection[Status],
    at: datetime,
    by: Actor,
    lease: str | None = None,
    **values: Any,
) -> bool:
    """Bring a notice, and what it carries, from one of ``out_of`` to ``status``.

    False when it was in none of them, or under another ``lease``: somebody else was first. What
    is marked here is committed before the subject's app is told, so that trouble there never
    makes a mail go out twice.
    """
    with transaction.atomic():
        if notice.template == DIGEST:
            hold(Notice.objects.filter(Q(pk=notice.pk) | Q(carried_by=notice)))
        mine = Notice.objects.filter(pk=notice.pk, status__in=out_of)
        if lease is not None:
            mine = mine.filter(lease=lease)
        common = {"status": status, "lease": "", "next_attempt_at": at + FOLLOW_UP_AGAIN}
        own = {"follow_up": wanted(notice, OUTCOMES[status]), **values}
        if not mine.update(**common, **own):
            return False
        rows = [notice, *_carry_along(notice, out_of=out_of, **common, **_shared(values))]
        _record(rows, status, at=at, by=by)
    for row in rows:
        if wanted(row, OUTCOMES[status]):
            follow_up(row.pk, now=at)
    return True


def wanted(notice: Notice, outcome: str) -> str:
    """The outcome, if anybody wants to be told of it."""
    of_citizen = notice.audience == Audience.CITIZEN
    asked = registry.is_wanted(notice.subject_type, outcome, of_citizen=of_citizen)
    return outcome if asked else ""


def _shared(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in values.items() if k in {"delivered_at", "last_error", "attempts"}}


def _carry_along(notice: Notice, *, out_of: Collection[Status], **values: Any) -> list[Notice]:
    """The notices in this one's mail share its fate; those cancelled meanwhile do not."""
    if notice.template != DIGEST:
        return []
    open_states = [status for status in out_of if status != Status.CANCELLED]
    carried = list(notice.carries.filter(status__in=open_states).without_texts())
    by_outcome: dict[str, list[int]] = {}
    for row in carried:
        by_outcome.setdefault(wanted(row, OUTCOMES[values["status"]]), []).append(row.pk)
    for outcome, pks in by_outcome.items():
        Notice.objects.filter(pk__in=pks).update(follow_up=outcome, **values)
    return carried


def _record(rows: Collection[Notice], status: Status, *, at: datetime, by: Actor) -> None:
    kind = EVENTS.get(status)
    events = [
        records.NewEvent(
            subject_type=row.subject_type,
            subject_id=row.subject_id,
            kind=kind,
            at=at,
            by=by,
            data={"template": row.template, "channel": row.channel},
        )
        for row in rows
        if kind and row.audience == Audience.CITIZEN
    ]
    if events:
        records.record_many(events)


def follow_up(pk: int, *, now: datetime) -> bool:
    """Tell the subject's app what became of a notice; True when nothing is left to tell.

    Whoever clears ``follow_up`` calls, in the same transaction: exactly once. On an error
    everything is as before and a later pass tries again. The subject of a citizen's notice is
    locked before the notice (`registry.hold`).
    """
    try:
        with transaction.atomic():
            notice = Notice.objects.without_texts().get(pk=pk)
            outcome = notice.follow_up
            if notice.audience == Audience.CITIZEN:
                registry.hold(notice.subject_type, notice.subject_id)
            left = Notice.objects.filter(pk=pk, follow_up=outcome).exclude(follow_up="")
            if not left.update(follow_up=""):
                return True
            notice.follow_up = ""
            if (tell := registry.follow_up(notice.subject_type, outcome)) is not None:
                happened = notice.delivered_at if outcome == "delivered" else None
                tell(notice, now=happened or now)
    except Exception:
        logger.exception("what follows notice %s failed; it will be tried again", pk)
        later = now + FOLLOW_UP_AGAIN
        Notice.objects.filter(pk=pk).exclude(follow_up="").update(next_attempt_at=later)
        return False
    return True


def catch_up(*, now: datetime) -> int:
    """Tell what could not be told before; says how many are settled with that."""
    left = Notice.objects.unfollowed(now=now).order_by("next_attempt_at")
    pks = list(left.values_list("pk", flat=True)[:_FOLLOW_UPS_A_PASS])
    return sum(follow_up(pk, now=now) for pk in pks)
