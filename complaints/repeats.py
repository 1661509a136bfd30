"""Whether a citizen raises a matter again: what 2차 is proposed from, for a person to confirm.

The same contact (blind index of e-mail or phone) and the name agreeing, in any channel, within a
year, with a similar text. After the first answer was told or due it is the same matter raised
again; before that it is a duplicate, which joins the first.

Nothing here asks who may read the earlier case: whoever shows a candidate does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from centre import options
from complaints.models import Complaint, Kind, Response, State
from complaints.queries import SUBJECT
from complaints.same_matter import THRESHOLD, Prepared, Text, compare, explain, prepare
from records.personal import normalise_name
from standards.models import Commitment
from standards.models import State as Clock

#: Cases that ended without an answer, or live on in another one.
_OUT = [State.WITHDRAWN, State.MERGED, State.REFERRED]
#: Cases that a duplicate may still join.
_JOINABLE = [State.RECEIVED, State.ASSIGNED, State.REVIEWING, State.WAITING, State.APPROVING]
#: Of somebody with more earlier cases than this only the latest are looked at.
MOST = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """An earlier case that seems to be about the same; ``reasons`` in Korean say what is alike."""

    complaint: Complaint
    score: float
    reasons: list[str]


def candidates(complaint: Complaint, *, now: datetime) -> list[Candidate]:
    """Earlier cases raised again by this one, the most alike first.

    Their first answer was told, or the reply was due, when this one arrived.
    """
    at = min(complaint.received_at, now)
    return _alike(complaint, _earlier(complaint).filter(_answer_told(at) | _reply_due(at)))


def duplicates(complaint: Complaint, *, now: datetime) -> list[Candidate]:
    """Earlier cases that this one repeats before their answer, still open to be joined."""
    at = min(complaint.received_at, now)
    waiting = _earlier(complaint).filter(state__in=_JOINABLE)
    return _alike(complaint, waiting.exclude(_answer_told(at) | _reply_due(at)))


# --- whose cases --------------------------------------------------------------------------------


def _earlier(complaint: Complaint) -> QuerySet[Complaint]:
    """Earlier cases of the same citizen within the window; none where no contact is known.

    A mailbox or a phone that people with different names share is not one citizen.
    """
    contact = Q()
    if complaint.email_index:
        contact |= Q(email_index=complaint.email_index)
    if complaint.phone_index:
        contact |= Q(phone_index=complaint.phone_index)
    if not contact or complaint.kind == Kind.COMPLIMENT:
        return Complaint.objects.none()
    since = complaint.received_at - timedelta(days=options.number("repeat_window_days"))
    before = Q(received_at__lt=complaint.received_at) | Q(
        received_at=complaint.received_at, pk__lt=complaint.pk
    )
    found = Complaint.objects.filter(contact, before, received_at__gte=since)
    if complaint.name_index:
        found = found.filter(name_index__in=["", complaint.name_index])
    return found.exclude(state__in=_OUT).exclude(kind=Kind.COMPLIMENT)


def _answer_told(at: datetime) -> Q:
    """An answer reached the citizen by ``at``; one that did not reach anyone has no such date."""
    told = Response.objects.filter(complaint=OuterRef("pk"), told_at__lte=at)
    return Q(Exists(told))


def _reply_due(at: datetime) -> Q:
    """The promise to reply fell due by ``at``; while the centre waits for the citizen none does."""
    due = Commitment.objects.filter(
        subject_type=SUBJECT, subject_id=OuterRef("pk"), code="reply", due_at__lte=at
    )
    return Q(Exists(due.exclude(state=Clock.PAUSED)))


def _same_person_meant(one: Any, other: Any) -> bool:
    """Whether two filings are not for two different people (``filed_for`` of a representative)."""
    names = [normalise_name(str((given or {}).get("name", ""))) for given in (one, other)]
    return names[0] == names[1] or not all(names)


# --- whose text ---------------------------------------------------------------------------------

_FIELDS = ("pk", "subject", "body", "topic__code", "kind", "filed_for")


def _alike(complaint: Complaint, earlier: QuerySet[Complaint]) -> list[Candidate]:
    """The cases whose text is like that of ``complaint``, best first.

    Texts first and whole rows of the few found later: reading a row means decrypting it.
    """
    this = prepare(text_of(complaint))
    found: dict[int, tuple[float, Prepared]] = {}
    rows = earlier.order_by("-received_at", "-pk").values_list(*_FIELDS)[:MOST]
    for pk, subject, body, topic, kind, filed_for in rows:
        if not _same_person_meant(complaint.filed_for, filed_for):
            continue
        other = prepare(Text(subject=subject, body=body, topic=topic, kind=kind))
        score = compare(this, other)
        if score >= THRESHOLD:
            found[pk] = score, other
    cases = Complaint.objects.filter(pk__in=found).select_related("topic") if found else []
    alike = [Candidate(case, found[case.pk][0], explain(this, found[case.pk][1])) for case in cases]
    alike.sort(key=lambda one: (one.score, one.complaint.received_at), reverse=True)
    return alike


def text_of(complaint: Complaint) -> Text:
    """What is compared of a case."""
    return Text(
        subject=complaint.subject,
        body=complaint.body,
        topic=complaint.topic.code,
        kind=complaint.kind,
    )
