"""When a duty was really done, as its evidence says; worked out again whenever that changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from centre import options
from centre.calendar import SEOUL, seoul_day
from centre.queries import employed
from records.actors import SYSTEM
from records.models import StoredFile
from records.services import record
from standards import services as standards
from standards.evidence.kinds import KINDS
from standards.models import (
    DUTY,
    EVIDENCE,
    Duty,
    DutyQuerySet,
    Evidence,
    EvidenceQuerySet,
    Kind,
    OnlineService,
)
from standards.registry import Moved

_MOMENT: Final = timedelta(microseconds=1)


# --- what belongs together ------------------------------------------------------------------------


def touched_by(row: Evidence) -> DutyQuerySet:
    """The duties that a row of evidence may keep."""
    duties = Duty.objects.filter(dropped_at=None)
    match row.kind:
        case Kind.TRAINING:
            year = str(row.happened_at.astimezone(SEOUL).year)
            mine = duties.filter(person=row.person, kind=Kind.TRAINING, period=year)
            return mine | duties.filter(person=row.person, kind=Kind.BASIC_TRAINING)
        case Kind.GUIDE:
            return duties.filter(
                kind__in=[Kind.GUIDE, Kind.GUIDE_CHANGE], started_at__lte=row.happened_at
            )
        case _:
            return duties.filter(pk=row.duty_id or 0)


def rows_of(duty: Duty) -> EvidenceQuerySet:
    """The standing evidence that counts for a duty, by when it happened."""
    rows = Evidence.objects.standing().order_by("happened_at", "pk")
    match duty.kind:
        case Kind.TRAINING | Kind.BASIC_TRAINING:
            theirs = rows.filter(kind=Kind.TRAINING, person=duty.person)
            theirs = theirs.filter(happened_at__gte=duty.started_at)
            return theirs.filter(happened_at__lt=duty.due_at) if _is_yearly(duty) else theirs
        case Kind.GUIDE | Kind.GUIDE_CHANGE:
            return rows.filter(kind=Kind.GUIDE, happened_at__gte=duty.started_at)
        case _:
            return rows.filter(duty=duty)


def _is_yearly(duty: Duty) -> bool:
    return duty.kind == Kind.TRAINING


# --- when it was done -----------------------------------------------------------------------------


def done_at(duty: Duty) -> datetime | None:
    """The instant at which the evidence is enough; None while it is not."""
    if duty.kind == Kind.SERVICES:
        return None  # decided when the year is over
    return _DONE.get(Kind(duty.kind), _first)(duty, list(rows_of(duty)))


def _first(_duty: Duty, rows: list[Evidence]) -> datetime | None:
    return rows[0].happened_at if rows else None


def _first_shown(_duty: Duty, rows: list[Evidence]) -> datetime | None:
    """The first with a file or a link."""
    shown = with_files(rows)
    return next((row.happened_at for row in rows if row.link or row.pk in shown), None)


def _minutes(duty: Duty, rows: list[Evidence]) -> datetime | None:
    return _first_shown(duty, [row for row in rows if row.numbers.get("opinions_item")])


def _hours(duty: Duty, rows: list[Evidence]) -> datetime | None:
    heard = Decimal(0)
    for row in rows:
        heard += Decimal(str(row.numbers.get("hours", 0)))
        if heard >= duty.needed:
            return row.happened_at
    return None


def _basic(_duty: Duty, rows: list[Evidence]) -> datetime | None:
    return next((row.happened_at for row in rows if row.numbers.get("basic")), None)


def _calls(duty: Duty, rows: list[Evidence]) -> datetime | None:
    """Enough calls, and enough to each team that can be called."""
    each, teams = options.number("calls_a_team"), called_teams(duty)
    made: Counter[int | None] = Counter()
    for number, row in enumerate(rows, start=1):
        made[row.team_id] += 1
        if number >= duty.needed and all(made[team] >= each for team in teams):
            return row.happened_at
    return None


def _trial(_duty: Duty, rows: list[Evidence]) -> datetime | None:
    good = (row for row in rows if row.numbers.get("arrived") and row.numbers.get("same"))
    return next((row.happened_at for row in good), None)


_DONE: Final[Mapping[Kind, Callable[[Duty, list[Evidence]], datetime | None]]] = {
    Kind.MEETING: _minutes,
    Kind.TRAINING: _hours,
    Kind.BASIC_TRAINING: _basic,
    Kind.CALLS: _calls,
    Kind.CHANNEL: _trial,
    Kind.EVALUATION: _first_shown,
    Kind.GUIDE: _first_shown,
    Kind.GUIDE_CHANGE: _first_shown,
}


def with_files(rows: Iterable[Evidence]) -> set[int]:
    """Which of them have a file that is still there, their own or that of the row they correct."""
    chains = {row.pk: chain_of(row) for row in rows}
    files = StoredFile.objects.filter(
        subject_type=EVIDENCE, subject_id__in=set().union(*chains.values()), removed_at=None
    )
    there = set(files.values_list("subject_id", flat=True))
    return {pk for pk, chain in chains.items() if not there.isdisjoint(chain)}


def chain_of(row: Evidence) -> list[int]:
    """The row, the one it corrects, and so on; most correct none."""
    pks = [row.pk]
    while row.corrects is not None:
        row = row.corrects
        pks.append(row.pk)
    return pks


def called_teams(duty: Duty) -> set[int]:
    """The teams in which somebody works, who can answer."""
    return set(employed(at=duty.opened_at).values_list("team_id", flat=True))


# --- online services ------------------------------------------------------------------------------


def services_on(day: date) -> int:
    """How many things could be done over the internet on a day."""
    rows = OnlineService.objects.filter(started_on__lte=day)
    return rows.filter(ended_on=None).count() + rows.filter(ended_on__gt=day).count()


def services_grew_at(duty: Duty) -> datetime | None:
    """When the last addition came that made more of them than a year before; None where none did.

    Asked when the year is over: what was added and taken away again counts for nothing.
    """
    last = seoul_day(duty.due_at - _MOMENT)
    before = date(last.year - 1, 12, 31)
    if services_on(last) <= services_on(before):
        return None
    added = OnlineService.objects.filter(started_on__gt=before, started_on__lte=last)
    started = added.order_by("-started_on").values_list("started_on", flat=True).first()
    return duty.due_at - _MOMENT if started is None else _at(started)


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SEOUL)


# --- settling -------------------------------------------------------------------------------------


def settle(duties: DutyQuerySet, *, now: datetime) -> None:
    """Decide these duties anew, in the caller's transaction; their promises follow.

    A duty stays done at the time first found unless the evidence says otherwise now.
    """
    for duty in duties.select_for_update(of=("self",)).order_by("pk"):
        at = done_at(duty)
        if duty.kind == Kind.SERVICES or at == duty.done_at:
            continue
        before, duty.done_at = duty.done_at, at
        duty.save(update_fields=["done_at"])
        if KINDS[Kind(duty.kind)].code:
            if before is not None:
                standards.unfulfil(key=duty.commitment_key, why="근거를 고침", now=now)
            if at is not None:
                standards.fulfil(key=duty.commitment_key, at=at, now=now)
        record(
            subject_type=DUTY,
            subject_id=duty.pk,
            kind="duty-done" if at else "duty-reopened",
            at=at or now,
            recorded_at=now,
            by=SYSTEM,
            key=f"duty:{duty.pk}:settled:{now.isoformat()}",
        )


def fulfilled_at(keys: Iterable[str]) -> dict[str, datetime]:
    """The facts for the sweep, by the key of the commitment."""
    wanted = [key.removeprefix(f"{DUTY}:") for key in keys]
    facts = {}
    for duty in Duty.objects.filter(key__in=wanted, dropped_at=None):
        at = services_grew_at(duty) if duty.kind == Kind.SERVICES else duty.done_at
        if at is not None:
            facts[duty.commitment_key] = at
    return facts


def redated(moved: list[Moved], *, now: datetime) -> None:
    """A closure moved these promises: the duties are due with them."""
    for one in moved:
        Duty.objects.filter(pk=one.commitment.subject_id).update(due_at=one.due_after)
