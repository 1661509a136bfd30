"""Reading the tallies: what they say, and from the rows what they cannot say yet.

One statement, so that it sees one state of the database: whole months from the monthly tallies, the
other days from the daily ones; days that changed since they were counted, and today (what is past
due depends on the hour), from the rows. Where too many days wait to be counted, as after an upgrade,
the tallies stand alone, and ``behind`` says so.
"""
# ruff: noqa: S608 - the statement is put together from numbers and dates only

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection

from notices.models import Heartbeat
from standards import tally_sql
from standards.models import TallyChange
from standards.months import Month, due_day

#: The name under which a pass that ended says so.
HEARTBEAT: Final = "tallies"
#: More days than these are not counted while somebody waits for a page.
MOST_WAITING: Final = 400


@dataclass(frozen=True, slots=True)
class Found:
    """Counts of one version of a standard; month and team only where they were asked for."""

    standard_id: int
    category: str
    month: Month | None
    team_id: int | None
    kept: int
    kept_extended: int
    missed: int
    overdue: int
    excluded: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: standards and teams by number (None: all teams), from day to day."""

    first: date
    last: date
    standards: Collection[int]
    team_ids: Collection[int | None] | None = None
    by_month: bool = False
    by_team: bool = False


@dataclass(frozen=True, slots=True)
class Behind:
    """Figures are not up to date: what the last pass counted, ``since`` then (None: never)."""

    since: datetime | None


def behind() -> Behind | None:
    """Whether figures wait for a pass; None where they are exact, as nearly always."""
    waiting = TallyChange.objects.order_by().values("standard_id", "day").distinct()
    if waiting[: MOST_WAITING + 1].count() <= MOST_WAITING:
        return None
    return Behind(Heartbeat.objects.filter(name=HEARTBEAT).values_list("at", flat=True).first())


def read(question: Question, *, now: datetime) -> Iterator[Found]:
    """What the question finds at ``now``; places without any case are left out. One query."""
    stored = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(_statement(question, today=due_day(now)), {"now": stored})
        rows = cursor.fetchall()
    for standard, category, month, team, *counts in rows:
        yield Found(standard, category, _month(month), team, *map(int, counts))


def _month(first: date | str | None) -> Month | None:
    """SQLite has no dates, only texts."""
    if first is None:
        return None
    return Month.of(date.fromisoformat(first) if isinstance(first, str) else first)


def _statement(asked: Question, *, today: date) -> str:
    standards = f"standard_id IN ({tally_sql.numbers(asked.standards)})"
    period = f"day BETWEEN {tally_sql.day(asked.first)} AND {tally_sql.day(asked.last)}"
    on_today = f"{tally_sql.day(today)}"
    months, days = _parts(asked.first, asked.last, today=today)
    columns = "standard_id, category, team_id"
    live_today = (
        f"UNION ALL SELECT id, {on_today} FROM standards_standard"
        f" WHERE id IN ({tally_sql.numbers(asked.standards)})"
        if asked.first <= today <= asked.last
        else ""
    )
    month = tally_sql.month_of_t() if asked.by_month else "NULL"
    team = "t.team_id" if asked.by_team else "NULL"
    return f"""
        WITH changed AS (
            SELECT DISTINCT standard_id, day FROM standards_tallychange
             WHERE {standards} AND {period} AND day <> {on_today}),
        waiting AS (
            SELECT * FROM changed WHERE (SELECT COUNT(*) FROM changed) <= {MOST_WAITING}),
        pair AS (SELECT standard_id, day FROM waiting {live_today})
        SELECT t.standard_id, t.category, {month}, {team}, SUM(t.kept), SUM(t.kept_extended),
               SUM(t.missed), SUM(t.overdue), SUM(t.excluded)
          FROM (
            SELECT {columns}, month AS day, kept, kept_extended, missed,
                   CASE WHEN month < {on_today} THEN running ELSE 0 END AS overdue, excluded
              FROM standards_monthtally WHERE {standards} AND {_any_of("month", months)}
            UNION ALL
            SELECT {columns}, day, kept, kept_extended, missed,
                   CASE WHEN day < {on_today} THEN running ELSE 0 END, excluded
              FROM standards_daytally WHERE {standards} AND {_any_of("day", days)}
            UNION ALL
            SELECT d.standard_id, d.category, d.team_id, d.day, -kept, -kept_extended, -missed,
                   CASE WHEN d.day < {on_today} THEN -running ELSE 0 END, -excluded
              FROM waiting w
              JOIN standards_daytally d ON d.standard_id = w.standard_id AND d.day = w.day
            UNION ALL
            SELECT {columns}, day, kept, kept_extended, missed, overdue, excluded
              FROM ({tally_sql.rows_of_pairs()}) live
          ) t
         WHERE {_of_teams(asked.team_ids)}
         GROUP BY 1, 2, 3, 4
        HAVING SUM(t.kept) <> 0 OR SUM(t.kept_extended) <> 0 OR SUM(t.missed) <> 0
            OR SUM(t.overdue) <> 0 OR SUM(t.excluded) <> 0
    """


Span = tuple[date, date]


def _parts(first: date, last: date, *, today: date) -> tuple[list[Span], list[Span]]:
    """The period as spans of whole months and of single days; today is in neither.

    The month of today is taken by days: of its days some are past and some are to come.
    """
    this = Month.of(today)
    months: list[Span] = []
    days: list[Span] = []
    for begin, end in _without(first, last, this):
        whole_from = Month.of(begin) if begin.day == 1 else Month.of(begin).plus(1)
        next_day = end + timedelta(days=1)
        whole_to = Month.of(next_day).plus(-1)
        if whole_from > whole_to:
            days.append((begin, end))
            continue
        months.append((whole_from.first, whole_to.first))
        days += [(begin, whole_from.first - timedelta(days=1)), (whole_to.plus(1).first, end)]
    one = timedelta(days=1)
    days += [
        (max(first, this.first), min(last, today - one)),
        (max(first, today + one), min(last, this.last)),
    ]
    return months, [span for span in days if span[0] <= span[1]]


def _without(first: date, last: date, month: Month) -> list[Span]:
    one = timedelta(days=1)
    spans = [(first, min(last, month.first - one)), (max(first, month.last + one), last)]
    return [span for span in spans if span[0] <= span[1]]


def _any_of(column: str, spans: list[Span]) -> str:
    listed = " OR ".join(
        f"{column} BETWEEN {tally_sql.day(begin)} AND {tally_sql.day(end)}" for begin, end in spans
    )
    return f"({listed})" if listed else "1 = 0"


def _of_teams(team_ids: Collection[int | None] | None) -> str:
    if team_ids is None:
        return "1 = 1"
    listed = tally_sql.numbers(number for number in team_ids if number is not None)
    return f"(t.team_id IN ({listed}){' OR t.team_id IS NULL' if None in team_ids else ''})"
