"""The tallies are kept up to date, made anew, and held against the rows.

A pass takes the noted changes out and counts their days again in one transaction, one pass at a
time. What it takes was committed together with what changed, so that the counting, which begins
afterwards, sees it; what is committed later brings a note of its own for the next pass. Readers see
either the notes with the old tallies, or the new tallies without the notes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import Max, Min

from notices.models import Heartbeat
from standards import correcting, counting, tally_sql
from standards.counting import Counts, Place
from standards.models import Commitment, DayTally, MonthTally, Observation, TallyChange
from standards.months import Month, due_day, months_between
from standards.tallied import HEARTBEAT

#: Notes taken by one transaction, and pairs counted by one statement.
NOTES: Final = 20_000
PAIRS: Final = 400
_LOCK: Final = 0x766F6374
_TAKE: Final = """
    DELETE FROM standards_tallychange
     WHERE id IN (SELECT id FROM standards_tallychange ORDER BY id LIMIT %s)
    RETURNING standard_id, day, was, became
"""
Pair = tuple[int, date]


def count_changes(*, now: datetime) -> int:
    """Count again each day of a standard that changed; returns how many such days there were.

    Does nothing while another pass is at it. Each transaction is whole, so a crash loses nothing.
    """
    counted = 0
    while (taken := _pass(now=now)) is not None:
        counted += taken
        if taken == 0:
            _beat(now=now)
            break
    return counted


def _pass(*, now: datetime) -> int | None:
    """How many days one transaction counted; None where somebody else is counting."""
    with transaction.atomic():
        return _count(now=now) if _alone(wait=False) else None


def count_alone(*, now: datetime) -> None:
    """Count what changed until now, alone until the caller's transaction ends."""
    _alone(wait=True)
    while _count(now=now):
        pass


def _count(*, now: datetime) -> int:
    changes = _take()
    pairs = sorted({(change.standard_id, change.day) for change in changes})
    if pairs:
        _recount(pairs, now=now)
        correcting.correct(changes, now=now)
    return len(pairs)


def _alone(*, wait: bool) -> bool:
    """Whether this transaction is the only one that counts (SQLite has one writer anyway)."""
    if connection.vendor != "postgresql":
        return True
    how = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {how}(%s)", [_LOCK])
        return wait or bool(cursor.fetchone()[0])


def _take() -> list[TallyChange]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [NOTES])
        return [
            TallyChange(standard_id=standard, day=_date(day), was=was, became=became)
            for standard, day, was, became in cursor.fetchall()
        ]


def _date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _recount(pairs: Sequence[Pair], *, now: datetime) -> None:
    """Count the days, then sum up their months; inside the caller's transaction."""
    months = sorted({(standard, day.replace(day=1)) for standard, day in pairs})
    stored = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        for chosen in _batches(pairs):
            remove, insert = tally_sql.recount(chosen)
            cursor.execute(remove)
            cursor.execute(insert, {"now": stored})
        for chosen in _batches(months):
            for statement in tally_sql.sum_months(chosen):
                cursor.execute(statement)


def _batches(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    return (pairs[start : start + PAIRS] for start in range(0, len(pairs), PAIRS))


def _beat(*, now: datetime) -> None:
    if not Heartbeat.objects.filter(name=HEARTBEAT).update(at=now):
        Heartbeat.objects.bulk_create([Heartbeat(name=HEARTBEAT, at=now)], ignore_conflicts=True)


def waiting_months() -> set[Pair]:
    """Standard and first day of the months of which a day waits to be counted."""
    days = TallyChange.objects.order_by().values_list("standard_id", "day").distinct()
    return {(standard, day.replace(day=1)) for standard, day in days}


# --- anew -----------------------------------------------------------------------------------------


@transaction.atomic
def rebuild(*, now: datetime) -> int:
    """Make all tallies anew, alone and in one transaction; returns how many daily ones there are.

    Readers have the old ones meanwhile; what changes while the rows are counted leaves a note, and
    is counted again by the next pass.
    """
    _alone(wait=True)
    with connection.cursor() as cursor:
        for statement in tally_sql.rebuild():
            cursor.execute(statement)
    count_alone(now=now)
    correcting.correct_all(now=now)
    _beat(now=now)
    return DayTally.objects.count()


def _months() -> list[Month]:
    """The months that have rows or tallies, without gaps."""
    due = Commitment.objects.aggregate(first=Min("due_at"), last=Max("due_at"))
    seen = Observation.objects.aggregate(first=Min("at"), last=Max("at"))
    told = DayTally.objects.aggregate(first=Min("day"), last=Max("day"))
    instants = [at for row in (due, seen) for at in row.values() if at is not None]
    days = [due_day(at) for at in instants] + [day for day in told.values() if day is not None]
    if not days:
        return []
    return list(months_between(Month.of(min(days)), Month.of(max(days)).plus(1)))


# --- held against the rows ------------------------------------------------------------------------


def compare() -> Iterator[str]:
    """A line for each day of a standard whose tallies are not what the rows say; then the months.

    Days whose change is noted and not yet counted are left out: readers count them from the rows.
    """
    for month in _months():
        for standard_id, day in sorted(_different(month)):
            yield f"{day} 이행표준 {standard_id}: 일별 집계가 건별 기록과 다릅니다"
    yield from _different_months()


def _different(month: Month) -> set[Pair]:
    """Looked at again before it is believed: somebody may have changed something meanwhile."""
    found: set[Pair] | None = None
    for _again in range(3):
        rows = counting.from_rows(month.first, month.last)
        stored = _stored(month)
        waiting = set(TallyChange.objects.values_list("standard_id", "day"))
        different = {
            (place.standard_id, place.day)
            for place in rows.keys() | stored.keys()
            if rows.get(place) != stored.get(place)
        } - waiting
        found = different if found is None else found & different
        if not found:
            break
    return found or set()


def _stored(month: Month) -> dict[Place, Counts]:
    """The daily tallies of a month; one that is there twice is twice too much, as for readers."""
    found: defaultdict[Place, Counts] = defaultdict(Counts)
    for row in DayTally.objects.filter(day__range=(month.first, month.last)).iterator():
        found[Place(row.standard_id, row.day, row.team_id, row.category)] += _counts(row)
    return dict(found)


def _counts(row: DayTally | MonthTally) -> Counts:
    return Counts(row.kept, row.kept_extended, row.missed, row.running, row.excluded)


def _different_months() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(tally_sql.months_that_differ())
        for standard, month in cursor.fetchall():
            yield f"{str(month)[:7]} 이행표준 {standard}: 월별 집계가 일별 집계의 합과 다릅니다"
