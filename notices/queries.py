"""What is owed, what is to be done, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from centre.models import StaffMember, User
from notices import registry
from notices.models import Audience, Heartbeat, Notice, NoticeQuerySet, Status

#: From when on a mail that could have gone out is late.
LATE = timedelta(hours=1)


def last_delivery() -> datetime | None:
    """When a delivery pass last came to its end."""
    return Heartbeat.objects.filter(name="deliver").values_list("at", flat=True).first()


def visible_to(user: User) -> NoticeQuerySet:
    """The notices this account may see: those to itself, and those about what it may see."""
    hidden = Q()
    for subject_type, ids_for in registry.restricted():
        hidden |= Q(subject_type=subject_type) & ~Q(subject_id__in=ids_for(user))
    if not hidden:
        return Notice.objects.all()
    mine = Q(audience=Audience.STAFF, staff__user=user)
    return Notice.objects.filter(~hidden | mine)


def open_tasks(user: User) -> NoticeQuerySet:
    """The tasks this account may see, the most urgent first: citizens to be told, pages to read."""
    pages = Q(audience=Audience.STAFF) & ~Q(staff__user=user)
    return visible_to(user).open_tasks().exclude(pages).order_by("do_by", "owed_at", "pk")


def tasks_for(person: StaffMember) -> NoticeQuerySet:
    """The open tasks of one person, the most urgent first."""
    return Notice.objects.open_tasks().filter(staff=person).order_by("do_by", "owed_at", "pk")


def about(subject_type: str, subject_id: int) -> NoticeQuerySet:
    """Everything owed about a subject, the oldest first."""
    found = Notice.objects.filter(subject_type=subject_type, subject_id=subject_id)
    return found.order_by("owed_at", "pk")


def troubled() -> NoticeQuerySet:
    """Mails that failed or came back and that nobody has owed again since, the newest first."""
    lost = Notice.objects.filter(status__in=[Status.FAILED, Status.BOUNCED], carried_by=None)
    return lost.filter(replaced_by=None).order_by("-owed_at")


def late(*, now: datetime) -> NoticeQuerySet:
    """Mails that should have gone out an hour ago and were not even refused since."""
    return Notice.objects.sendable(now=now - LATE)


@dataclass(frozen=True, slots=True)
class Counts:
    owed: int
    tasks: int
    failed: int
    bounced: int


def counts() -> Counts:
    """How many notices are in each state that needs something; one query."""
    waiting = [Status.OWED, Status.TASK, Status.FAILED, Status.BOUNCED]
    rows = Notice.objects.filter(status__in=waiting).values("status").annotate(n=Count("pk"))
    found = {row["status"]: row["n"] for row in rows.order_by()}
    return Counts(*(found.get(status, 0) for status in waiting))
