"""Looking back: past visits, contact notes with their attempts, difficult calls. Read only."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse

from centre.calendar import SEOUL, seoul_day
from centre.models import StaffMember, Team, User
from centre.rights import may
from reception.models import HERE, Attempt, ContactNote, DifficultCall, Purpose, Visit
from reception.queries import (
    contact_key,
    day_bounds,
    notes_visible_to,
    over_ten_minutes,
)
from records.masking import mask_name
from standards.models import Commitment, State

#: Without a choice the last week is shown.
DAYS = 7
OPEN, CLOSED = "open", "closed"
#: Who waits now, and those of them who asked for nobody; an open note past its promise.
HERE_NOW, HERE_FOR_NOBODY, LATE_NOW = "here", "here-for-nobody", "late-now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for at an instant: days in Seoul, both included; ``state`` by the list."""

    first: date
    last: date
    at: datetime
    team: Team | None = None
    person: StaffMember | None = None
    state: str = ""

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """From the beginning of the first day to the end of the last one."""
        return day_bounds(self.first)[0], day_bounds(self.last)[1]


def last_week(*, now: datetime) -> tuple[date, date]:
    today = seoul_day(now)
    return today - timedelta(days=DAYS - 1), today


def months_before(now: datetime, months: int) -> datetime:
    """The same hour of the day in Seoul, so many months earlier; the last of a shorter month."""
    local = now.astimezone(SEOUL)
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return local.replace(year=year, month=month + 1, day=min(local.day, last))


def difficult_calls(*, now: datetime, months: int) -> QuerySet[DifficultCall]:
    """Those not yet hidden; names of staff come along."""
    rows = DifficultCall.objects.filter(at__gt=months_before(now, months))
    return rows.select_related("recorded_by", "with_whom", "confirmed_by")


def difficult_path(_call_id: int, /) -> str:
    """The page on which leads read and confirm the records."""
    return reverse("reception:difficult-calls")


def difficult_ids_visible_to(user: User) -> object:
    """For the rooms below: mails about difficult calls are for those who may read the records."""
    rows = DifficultCall.objects.all()
    return (rows if may(user, "see_difficult_calls") else rows.none()).values("pk")


def called_for_ids_visible_to(user: User) -> object:
    """Likewise for the mails that call a lead, which are about whoever called."""
    rows = StaffMember.objects.all()
    return (rows if may(user, "see_difficult_calls") else rows.none()).values("pk")


# --- visits -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A visit as the list shows it; ``minutes`` waited, None where it was no wait or is running."""

    visit: Visit
    minutes: int | None

    @property
    def masked(self) -> str:
        return mask_name(self.visit.name)


def visits(wanted: Wanted, *, now: datetime) -> QuerySet[Visit]:
    """Those of the chosen days, the newest first; a team's are those for it."""
    start, end = wanted.bounds
    rows = Visit.objects.filter(arrived_at__gte=start, arrived_at__lt=end)
    if wanted.team is not None:
        rows = rows.filter(team=wanted.team)
    if wanted.person is not None:
        rows = rows.filter(sought=wanted.person)
    if wanted.state in {HERE_NOW, HERE_FOR_NOBODY}:
        rows = rows.filter(waits_now())
        rows = rows.filter(sought=None) if wanted.state == HERE_FOR_NOBODY else rows
    elif wanted.state == "over":
        rows = rows.filter(over_ten_minutes(now)).exclude(state="mistaken")
    elif wanted.state == "late":
        rows = rows.filter(entered_late=True)
    elif wanted.state:
        rows = rows.filter(state=wanted.state)
    rows = rows.select_related("sought", "team", "served_by", "recorded_by")
    return rows.order_by("-arrived_at", "-pk")


def waits_now() -> Q:
    """Visitors who are here and wait; meetings and deliveries are no waits."""
    return Q(state__in=HERE, ended_at=None) & ~Q(purpose=Purpose.OTHER)


def visit_rows(found: Iterable[Visit]) -> list[PastVisit]:
    return [PastVisit(visit, _waited(visit)) for visit in found]


def _waited(visit: Visit) -> int | None:
    ended = visit.served_at or visit.ended_at
    if ended is None or not visit.is_wait:
        return None
    return int(max(ended - visit.arrived_at, timedelta(0)).total_seconds() // 60)


# --- contact notes ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PastNote:
    """A note with the promise it stood under and the attempts that were made."""

    note: ContactNote
    promise: Commitment | None

    @property
    def masked(self) -> str:
        return mask_name(self.note.name)

    @property
    def promise_words(self) -> str:
        if self.promise is None:
            return ""
        return str(State(self.promise.state).label)

    @property
    def missed(self) -> bool:
        return self.promise is not None and self.promise.state == State.MISSED


def late_now(*, now: datetime) -> Q:
    """Open notes whose contact is past due and has not been tried."""
    promises = Commitment.objects.filter(
        subject_type="callback", subject_id=OuterRef("pk"), due_at__lt=now
    )
    running = promises.filter(state__in=[State.RUNNING, State.MISSED])
    return Q(Exists(running), closed_at=None, first_attempt_at=None)


def notes(wanted: Wanted, *, user: User) -> QuerySet[ContactNote]:
    """Those of the chosen days that this account may read, the newest first, with attempts."""
    start, end = wanted.bounds
    rows = notes_visible_to(user).filter(taken_at__gte=start, taken_at__lt=end)
    if wanted.team is not None:
        rows = rows.filter(team=wanted.team)
    if wanted.person is not None:
        rows = rows.filter(keeper=wanted.person)
    if wanted.state in {OPEN, CLOSED}:
        rows = rows.filter(closed_at__isnull=wanted.state == OPEN)
    elif wanted.state == LATE_NOW:
        rows = rows.filter(late_now(now=wanted.at))
    elif wanted.state == "missed":
        missed = Commitment.objects.filter(subject_type="callback", state=State.MISSED)
        rows = rows.filter(pk__in=missed.values("subject_id"))
    elif wanted.state:
        rows = rows.filter(ending=wanted.state)
    attempts = Prefetch("attempts", Attempt.objects.select_related("by").order_by("at", "pk"))
    rows = rows.select_related("sought", "keeper", "team", "taken_by").prefetch_related(attempts)
    return rows.order_by("-taken_at", "-pk")


def note_rows(found: Iterable[ContactNote]) -> list[PastNote]:
    """One query for the promises of all."""
    kept = list(found)
    keys = [contact_key(note) for note in kept]
    promises = {row.key: row for row in Commitment.objects.filter(key__in=keys)}
    return [PastNote(note, promises.get(contact_key(note))) for note in kept]


# --- difficult calls ----------------------------------------------------------------------------


def calls(wanted: Wanted, *, now: datetime, months: int) -> QuerySet[DifficultCall]:
    """Those of the chosen days that are not hidden yet; a team's are those its people took."""
    start, end = wanted.bounds
    rows = difficult_calls(now=now, months=months).filter(at__gte=start, at__lt=end)
    if wanted.team is not None:
        rows = rows.filter(recorded_by__team=wanted.team)
    if wanted.person is not None:
        rows = rows.filter(recorded_by=wanted.person)
    if wanted.state in {OPEN, CLOSED}:
        rows = rows.filter(Q(confirmed_at__isnull=wanted.state == OPEN))
    return rows
