"""One mail that carries several: what one person is told at the same time.

Mails that go out at once are bundled when they are owed, those of one sweep for one person. Mails
that are held until the opening are bundled when it comes, by the delivery pass that finds them:
only then is it known what all the verbs and sweeps of an evening left for one person, and what of
it was taken back meanwhile. A line in a mail speaks of a notice that is still owed, always: what
is cancelled while the mail waits is taken out of its text.

The notices themselves stay as they are and point to the mail that carries them, so that each is
owed, cancelled, told and seen as before. Who bundles locks the rows first, in the order of their
keys, as everybody does who changes several (`hold`): two passes make one mail of them, and the
claim, which takes no row that is carried, cannot send one alone. A pass that dies before its
commit has bundled nothing.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F

from centre.models import StaffMember
from notices import texts
from notices.models import Audience, Channel, Notice, NoticeQuerySet, Status
from records.crypto import Unreadable

logger = logging.getLogger(__name__)

DIGEST = "staff-digest"


def hold(notices: NoticeQuerySet) -> list[int]:
    """Lock these rows until the transaction ends, in the one order in which all lock several."""
    return list(notices.order_by("pk").select_for_update().values_list("pk", flat=True))


def digest(rows: Sequence[Notice]) -> texts.Text:
    """What the mail says that carries these."""
    items = [
        {
            "title": row.title,
            "line": row.body.strip().partition("\n")[0],
            "link": texts.first_link(row.body),
        }
        for row in rows
    ]
    return texts.render(DIGEST, {"count": len(items), "items": items})


def carrier_of(person: StaffMember, rows: Sequence[Notice], *, now: datetime) -> Notice:
    """The mail that carries these, not written yet; they go out at the same instant."""
    text = digest(rows)
    return Notice(
        key=f"digest:{person.pk}:{short(chr(10).join(sorted(row.key for row in rows)))}",
        template=DIGEST,
        audience=Audience.STAFF,
        staff=person,
        channel=Channel.EMAIL,
        recipient=rows[0].recipient,
        recipient_name=rows[0].recipient_name,
        subject_type="staff",
        subject_id=person.pk,
        title=text.title,
        body=text.body,
        owed_at=now,
        next_attempt_at=rows[0].next_attempt_at,
    )


def short(text: str) -> str:
    """A text of any length as a part of a key."""
    return hashlib.sha256(text.encode()).hexdigest()[:40]


# --- at the opening -----------------------------------------------------------------------------


def gather(*, now: datetime) -> int:
    """Bundle what was held for the same person until the same instant, which has come.

    Says how many mails that made. What a server has seen already stays a mail of its own, so that
    sending it again is recognised as that.
    """
    held = _held(now=now).order_by().values_list("staff", "next_attempt_at")
    groups = held.annotate(n=Count("pk")).filter(n__gt=1)
    return sum(_bundle(staff, at, now=now) for staff, at, _n in list(groups))


def _held(*, now: datetime) -> NoticeQuerySet:
    due = Notice.objects.sendable(now=now).filter(audience=Audience.STAFF, attempts=0, lease="")
    return due.filter(owed_at__lt=F("next_attempt_at"), attachment=None).exclude(template=DIGEST)


@transaction.atomic
def _bundle(staff_id: int, at: datetime, *, now: datetime) -> bool:
    pks = hold(_held(now=now).filter(staff=staff_id, next_attempt_at=at))
    if len(pks) < 2:
        return False
    try:
        rows = list(Notice.objects.filter(pk__in=pks).order_by("owed_at", "pk"))
    except Unreadable:
        logger.exception("mails of one person cannot be read; each goes its own way")
        return False
    person = StaffMember.objects.get(pk=staff_id)
    carrier = carrier_of(person, rows, now=now)
    carrier.save(force_insert=True)
    Notice.objects.filter(pk__in=pks).update(carried_by=carrier)
    return True


# --- taken back -----------------------------------------------------------------------------------


def take_out(pks: Collection[int]) -> list[int]:
    """These notices are cancelled: the mails that carry them say only what is left.

    Answers the mails for which nothing is left.
    """
    carriers = Notice.objects.filter(carries__in=pks, status=Status.OWED)
    empty = []
    for carrier in Notice.objects.filter(pk__in=hold(_once(carriers))):
        left = list(carrier.carries.filter(status=Status.OWED).order_by("owed_at", "pk"))
        if not left:
            empty.append(carrier.pk)
            continue
        text = digest(left)
        Notice.objects.filter(pk=carrier.pk).update(title=text.title, body=text.body)
    return empty


def _once(notices: NoticeQuerySet) -> NoticeQuerySet:
    """Each row once, in a form that can be locked."""
    return Notice.objects.filter(pk__in=list(notices.values_list("pk", flat=True)))
