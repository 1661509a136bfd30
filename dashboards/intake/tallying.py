"""The pass that counts again the days on which opinions changed; beat calls it.

One pass at a time, under a lock. A change that is not yet committed while a pass counts leaves its
mark behind, and the next pass counts that day again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from centre.calendar import seoul_day
from centre.models import Closure
from complaints.models import Complaint
from dashboards.intake.counting import (
    ALL_TEAMS,
    Key,
    Span,
    count,
    day_of_receipt,
    grouped,
    runs,
    waits,
    within,
)
from dashboards.intake.models import CaseChange, CaseCount, CasePass, FrozenCases
from dashboards.intake.pending import changes_by_day
from dashboards.intake.sheets import stored, why_changed
from standards.months import Month

#: So many days are counted in one transaction, and the rest of their months.
_DAYS: Final = 62
_CHUNK: Final = 2000
#: No wait that is told goes back further: a closure changes the open time of these at most.
_LONGEST: Final = timedelta(days=366)
Grain = CaseCount.Grain
_INTO: Final = "INSERT INTO dashboards_casecount (grain, day, team, measure, value, n) "
_OF_ROWS: Final = "SELECT 'd', on_day, of_team, by, is_value, cases FROM ({}) counted"
#: The sums of all teams, and of what no team has yet, of the days from first to last.
_ALL_TEAMS: Final = f"""
    SELECT 'd', day, {ALL_TEAMS}, measure, value, SUM(n) FROM dashboards_casecount
     WHERE grain = 'd' AND day BETWEEN %s AND %s GROUP BY day, measure, value
"""  # noqa: S608 - nothing from outside
#: The sums of a month's days.
_MONTH: Final = """
    SELECT 'm', %s, team, measure, value, SUM(n) FROM dashboards_casecount
     WHERE grain = 'd' AND day BETWEEN %s AND %s GROUP BY team, measure, value
"""


def recount(*, now: datetime, limit: int | None = None) -> int:
    """Count the days that changed, the newest first; says how many were counted.

    ``limit``: stop after about so many; the next pass counts the rest.
    """
    _closures_changed(now=now)
    counted = 0
    while (limit is None or counted < limit) and (days := _recount_some(now=now)):
        counted += days
    return counted


@transaction.atomic
def _recount_some(*, now: datetime) -> int:
    """Count the newest days that changed, and their months; none left: 0."""
    held = hold()
    marked = changes_by_day()
    days = _next(marked)
    if not days:
        # What was taken out together with its opinion has no day of its own any more.
        CaseChange.objects.filter(day=None, complaint__received_at__isnull=True).delete()
    else:
        _take(change for day in days for change in marked[day])
        _put_days(days)
        months = {Month.of(day) for day in days}
        _put_months(months)
        _correct(months, now=now)
    held.counted_at = now
    held.save(update_fields=["counted_at"])
    return len(days)


def _next(marked: Collection[date]) -> list[date]:
    """The newest days that wait, with all others of their months: no month is summed up in part."""
    newest = {Month.of(day) for day in sorted(marked, reverse=True)[:_DAYS]}
    return [day for day in marked if Month.of(day) in newest]


def hold() -> CasePass:
    """Be the only one who counts or freezes until the transaction ends."""
    held, _made = CasePass.objects.get_or_create(pk=1)
    return CasePass.objects.select_for_update().get(pk=held.pk)


def _take(changes: Iterable[int]) -> None:
    keys = list(changes)
    for at in range(0, len(keys), _CHUNK):
        CaseChange.objects.filter(pk__in=keys[at : at + _CHUNK]).delete()


def _put_days(days: Sequence[date]) -> None:
    CaseCount.objects.filter(grain=Grain.DAY, day__in=days).delete()
    _put(runs(days))


def _put(spans: Sequence[Span]) -> None:
    """Count these days, of which there are no tallies; then sum up the teams."""
    statement, values = grouped(spans).query.sql_with_params()
    _insert(_OF_ROWS.format(statement), values)
    CaseCount.objects.bulk_create(
        (
            CaseCount(grain=Grain.DAY, day=day, team=team, measure=measure, value=value, n=n)
            for (day, team, measure, value), n in waits(spans).items()
        ),
        batch_size=_CHUNK,
    )
    for first, last in spans:
        _insert(_ALL_TEAMS, [first, last])


def _insert(statement: str, values: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_INTO + statement, values)


def with_all_teams(counted: Counter[Key]) -> Counter[Key]:
    """The same, with the sums of all teams beside them."""
    found = Counter(counted)
    for (day, _team, measure, value), n in counted.items():
        found[day, ALL_TEAMS, measure, value] += n
    return found


def _put_months(months: Iterable[Month]) -> None:
    """A month is the sum of its days."""
    for month in sorted(months):
        CaseCount.objects.filter(grain=Grain.MONTH, day=month.first).delete()
        _insert(_MONTH, [month.first, month.first, month.last])


def totals_of_months(months: Collection[Month]) -> dict[Month, Counter[tuple[str, str]]]:
    """By measure and value, of all teams, from the tallies. One query."""
    found: dict[Month, Counter[tuple[str, str]]] = {month: Counter() for month in months}
    rows = CaseCount.objects.filter(
        grain=Grain.MONTH, team=ALL_TEAMS, day__in=[month.first for month in months]
    )
    for day, measure, value, n in rows.values_list("day", "measure", "value", "n"):
        found[Month.of(day)][measure, value] = n
    return found


def _correct(months: Collection[Month], *, now: datetime) -> None:
    """Where a month that is frozen came out otherwise, a further row says so and why."""
    newest: dict[tuple[date, str], FrozenCases] = {}
    frozen = FrozenCases.objects.filter(month__in=[month.first for month in months])
    for row in frozen.order_by("number"):
        newest[row.month, row.sheet] = row
    totals = totals_of_months({Month.of(month) for month, _sheet in newest})
    corrections = []
    for (month, sheet), row in newest.items():
        counts = stored(totals[Month.of(month)], FrozenCases.Sheet(sheet))
        why = why_changed(row.counts, counts)
        if why:
            corrections.append(
                FrozenCases(
                    month=month,
                    sheet=sheet,
                    number=row.number + 1,
                    counts=counts,
                    why=why,
                    frozen_at=now,
                )
            )
    FrozenCases.objects.bulk_create(corrections)


# --- closures -------------------------------------------------------------------------------------


@transaction.atomic
def _closures_changed(*, now: datetime) -> None:
    """Open time is counted anew where the centre closed or opened a day that has come."""
    held = hold()
    closures = _closures_now()
    if closures == held.closures:
        return
    changed = [date.fromisoformat(day) for day, _kind in _difference(closures, held.closures)]
    past = [day for day in changed if day <= seoul_day(now)]
    if past:
        _mark(min(past) - _LONGEST, max(past), what="hours")
    held.closures = closures
    held.save(update_fields=["closures"])


def _closures_now() -> list[list[str]]:
    rows = Closure.objects.values_list("date", "kind")
    return sorted([day.isoformat(), kind] for day, kind in rows)


def _difference(one: list[list[str]], other: list[list[str]]) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in one} ^ {tuple(row) for row in other}


def _mark(first: date, last: date, *, what: str) -> None:
    came = Complaint.objects.filter(within(first, last)).order_by()
    days = came.annotate(on_day=day_of_receipt()).values_list("on_day", flat=True).distinct()
    CaseChange.objects.bulk_create(CaseChange(day=day, what=what) for day in days)


# --- made anew, and held against the rows ---------------------------------------------------------


@transaction.atomic
def rebuild(*, now: datetime) -> int:
    """Throw every tally away and count all days, a year at a time; says how many days have any.

    The frozen months stay. Readers have the old tallies until the transaction ends; what changes
    meanwhile leaves a mark, and is counted again by the next pass.
    """
    held = hold()
    held.closures, held.counted_at = _closures_now(), now
    held.save()
    CaseCount.objects.all().delete()
    CaseChange.objects.all().delete()
    months = _months_with_anything()
    for year in sorted({month.year for month in months}):
        _put([(date(year, 1, 1), date(year, 12, 31))])
    _put_months(months)
    _correct(months, now=now)
    return CaseCount.objects.filter(grain=Grain.DAY).values("day").distinct().count()


def differences() -> Iterator[tuple[str, date, int, str, str, int, int]]:
    """Where tallies are not what the rows say: grain, day, team, measure, value, told, true.

    Days that wait to be counted, and their months, are left out. Month by month, so that little is
    held at once.
    """
    waiting = set(changes_by_day())
    for month in _months_with_anything():
        pending = {day for day in waiting if Month.of(day) == month}
        true = with_all_teams(count([(month.first, month.last)]))
        told = _told(Grain.DAY, month.first, month.last)
        for key in sorted(true.keys() | told.keys()):
            if key[0] not in pending and true[key] != told[key]:
                yield Grain.DAY.value, *key, told[key], true[key]
        if not pending:
            summed: Counter[Key] = Counter()
            for (_day, *rest), n in true.items():
                summed[(month.first, *rest)] += n  # type: ignore[index]
            told = _told(Grain.MONTH, month.first, month.first)
            for key in sorted(summed.keys() | told.keys()):
                if summed[key] != told[key]:
                    yield Grain.MONTH.value, *key, told[key], summed[key]


def _told(grain: CaseCount.Grain, first: date, last: date) -> Counter[Key]:
    rows = CaseCount.objects.filter(grain=grain, day__gte=first, day__lte=last)
    return Counter(
        {
            (day, team, measure, value): n
            for day, team, measure, value, n in rows.values_list(
                "day", "team", "measure", "value", "n"
            ).iterator(chunk_size=_CHUNK)
        }
    )


def _months_with_anything() -> list[Month]:
    came = Complaint.objects.order_by().annotate(on_day=day_of_receipt())
    months = {Month.of(day) for day in came.values_list("on_day", flat=True).distinct()}
    months |= {Month.of(day) for day in CaseCount.objects.values_list("day", flat=True).distinct()}
    return sorted(months)
