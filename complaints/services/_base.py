"""What every verb does: lock, check, change, record."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction

from centre import queries as centre_queries
from centre.calendar import CalendarError
from centre.models import Role, StaffMember
from centre.rights import may
from complaints import queries, typed
from complaints.errors import ChangedMeanwhile, NotAllowed, NotFound, Refused
from complaints.models import Complaint
from complaints.queries import SUBJECT
from records import services as records
from records.actors import Actor


def actor(person: StaffMember) -> Actor:
    """The person as the log keeps it."""
    return Actor.staff(person.user_id, str(person))


def lock(complaint_id: int) -> Complaint:
    """The case, held until the transaction ends. On SQLite the transaction itself holds it.

    The one order of locks: the case first, then its notices and commitments; of several cases the
    lower key first.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a case is changed inside a transaction")
    try:
        return Complaint.objects.select_for_update(of=("self",)).get(pk=complaint_id)
    except Complaint.DoesNotExist:
        raise NotFound("이 건을 찾을 수 없습니다.") from None


def hold(complaint_id: int, /) -> None:
    """The lock alone, for the room below that changes notices of a case."""
    list(Complaint.objects.select_for_update(of=("self",)).filter(pk=complaint_id).values("pk"))


def lock_for(complaint_id: int, *, by: StaffMember, right: str) -> Complaint:
    """The case, locked, once it is clear that ``by`` may read it and has ``right``."""
    complaint = lock(complaint_id)
    if not may(by.user, right) or not queries.may_read(by.user, complaint):
        raise NotAllowed
    return complaint


def change(complaint: Complaint, **values: Any) -> Complaint:
    """Write ``values`` if nobody wrote since ``complaint`` was read; else ChangedMeanwhile."""
    won = Complaint.objects.filter(pk=complaint.pk, version=complaint.version).update(
        version=complaint.version + 1, **values
    )
    if not won:
        raise ChangedMeanwhile
    for name, value in values.items():
        setattr(complaint, name, value)
    complaint.version += 1
    return complaint


def record(
    complaint: Complaint,
    kind: str,
    *,
    at: datetime,
    by: Actor,
    text: str = "",
    data: dict[str, Any] | None = None,
    key: str | None = None,
) -> bool:
    """Record one event of the case; False where its key was there already."""
    event = records.record(
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        kind=kind,
        at=at,
        by=by,
        text=text,
        data=data or {},
        key=key,
    )
    return event is not None


#: Text typed by a person, made clean; Refused where it is missing, too long or forbidden.
words = partial(typed.words, refused=Refused, longest=20_000, rest="나머지는 파일로 붙여 주십시오.")


def require_open_day(day: date, *, field: str) -> None:
    """Refused where the centre is closed on that day, or its holidays are not known yet."""
    calendar = centre_queries.calendar()
    try:
        why = calendar.why_closed(day)
    except CalendarError as error:
        raise Refused(str(error), field=field) from error
    if why:
        raise Refused(f"그날은 쉬는 날입니다({why}).", field=field)


def is_chief(person: StaffMember) -> bool:
    """Whether the person leads: a team lead or a manager."""
    return person.user.has_role(Role.LEAD, Role.MANAGER)
