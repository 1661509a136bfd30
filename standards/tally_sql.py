"""The counting in SQL, for both databases: what the tallies are made of and how they are read.

Days are Seoul days. Nothing in these texts comes from people: table names, numbers of standards and
teams, and dates. On PostgreSQL the rows of a pair (standard, day) are counted inside ``LATERAL``, so
that the planner cannot but use the index of code and due instant, however many pairs it expects.
"""
# ruff: noqa: S608 - see above: nothing here comes from people

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Final

from django.db import connection

_COUNTS: Final = """
    SUM(CASE WHEN c.state = 'kept' THEN 1 ELSE 0 END) AS kept,
    SUM(CASE WHEN c.state = 'kept_extended' THEN 1 ELSE 0 END) AS kept_extended,
    SUM(CASE WHEN c.state = 'missed' THEN 1 ELSE 0 END) AS missed,
    SUM(CASE WHEN c.state = 'running' THEN 1 ELSE 0 END) AS running,
    SUM(CASE WHEN c.state = 'running' AND c.due_at < %(now)s THEN 1 ELSE 0 END) AS overdue,
    SUM(CASE WHEN c.state = 'excluded' THEN 1 ELSE 0 END) AS excluded
"""
_SEEN: Final = """
    SUM(o.kept) AS kept, 0 AS kept_extended, SUM(o.n) - SUM(o.kept) AS missed,
    0 AS running, 0 AS overdue, 0 AS excluded
"""
_ROWS: Final = {
    "postgresql": f"""
        SELECT p.standard_id, p.day, x.* FROM pair p
          JOIN standards_standard s ON s.id = p.standard_id
         CROSS JOIN LATERAL (
            SELECT c.team_id, c.category, {_COUNTS} FROM standards_commitment c
             WHERE c.code = s.code AND c.standard_id = s.id
               AND c.due_at > (p.day::timestamp AT TIME ZONE 'Asia/Seoul')
               AND c.due_at <= ((p.day + 1)::timestamp AT TIME ZONE 'Asia/Seoul')
             GROUP BY c.team_id, c.category) x
        UNION ALL
        SELECT p.standard_id, p.day, x.* FROM pair p
         CROSS JOIN LATERAL (
            SELECT o.team_id, o.category, {_SEEN} FROM standards_observation o
             WHERE o.standard_id = p.standard_id
               AND o.at >= (p.day::timestamp AT TIME ZONE 'Asia/Seoul')
               AND o.at < ((p.day + 1)::timestamp AT TIME ZONE 'Asia/Seoul')
             GROUP BY o.team_id, o.category) x
    """,
    "sqlite": f"""
        SELECT p.standard_id, p.day, c.team_id, c.category, {_COUNTS} FROM pair p
         CROSS JOIN standards_standard s ON s.id = p.standard_id
         CROSS JOIN standards_commitment c
            ON c.code = s.code AND c.standard_id = s.id
           AND c.due_at > datetime(p.day, '-9 hours') AND c.due_at <= datetime(p.day, '+15 hours')
         GROUP BY p.standard_id, p.day, c.team_id, c.category
        UNION ALL
        SELECT p.standard_id, p.day, o.team_id, o.category, {_SEEN} FROM pair p
         CROSS JOIN standards_observation o
            ON o.standard_id = p.standard_id
           AND o.at >= datetime(p.day, '-9 hours') AND o.at < datetime(p.day, '+15 hours')
         GROUP BY p.standard_id, p.day, o.team_id, o.category
    """,
}
#: The Seoul day of a due instant (a midnight belongs to the day that ends there), and of any other.
_DAY_OF_DUE: Final = {
    "postgresql": "((due_at - interval '1 microsecond') AT TIME ZONE 'Asia/Seoul')::date",
    "sqlite": (
        "CASE WHEN substr(due_at, 12) = '15:00:00' THEN substr(due_at, 1, 10)"
        " ELSE date(substr(due_at, 1, 19), '+9 hours') END"
    ),
}
_DAY_OF: Final = {
    "postgresql": "(at AT TIME ZONE 'Asia/Seoul')::date",
    "sqlite": "date(substr(at, 1, 19), '+9 hours')",
}
_DAY: Final = {"postgresql": "DATE '{}'", "sqlite": "'{}'"}
_MONTH: Final = {
    "postgresql": "date_trunc('month', t.day::timestamp)::date",
    "sqlite": "date(t.day, 'start of month')",
}
_FIRST_OF_MONTH: Final = {
    "postgresql": "date_trunc('month', d.day)::date",
    "sqlite": "date(d.day, 'start of month')",
}
SUMS: Final = "SUM(kept), SUM(kept_extended), SUM(missed), SUM(running), SUM(excluded)"
COLUMNS: Final = "kept, kept_extended, missed, running, excluded"


def day(value: date) -> str:
    """A date as the database writes it."""
    return _DAY[connection.vendor].format(value.isoformat())


def numbers(values: Iterable[int]) -> str:
    """Row numbers for an IN; one that never is where there are none."""
    return ", ".join(str(int(value)) for value in values) or "-1"


def rows_of_pairs() -> str:
    """Counts of the rows of each ``pair(standard_id, day)``; asks for ``%(now)s``."""
    return _ROWS[connection.vendor]


def month_of_t() -> str:
    """The first day of the month; a date, which is sooner made and sorted than a text."""
    return _MONTH[connection.vendor]


def pairs(values: Iterable[tuple[int, date]]) -> str:
    """``pair(standard_id, day)`` for a WITH."""
    listed = ", ".join(f"({int(standard)}, {day(on)})" for standard, on in values)
    return f"pair(standard_id, day) AS (VALUES {listed})"


def recount(chosen: Collection[tuple[int, date]]) -> tuple[str, str]:
    """Take out and put in again the daily tallies of these pairs."""
    with_pairs = f"WITH {pairs(chosen)}"
    return (
        f"""{with_pairs}
        DELETE FROM standards_daytally
         WHERE (standard_id, day) IN (SELECT standard_id, day FROM pair)
        """,
        f"""{with_pairs}
        INSERT INTO standards_daytally (standard_id, day, team_id, category, {COLUMNS})
        SELECT standard_id, day, team_id, category, {SUMS} FROM ({rows_of_pairs()}) t
         GROUP BY standard_id, day, team_id, category
        HAVING SUM(kept) + SUM(kept_extended) + SUM(missed) + SUM(running) + SUM(excluded) > 0
        """,
    )


def sum_months(chosen: Collection[tuple[int, date]]) -> tuple[str, str]:
    """Take out and sum up again the monthly tallies of these (standard, first of the month)."""
    with_pairs = f"WITH {pairs(chosen)}"
    month = _FIRST_OF_MONTH[connection.vendor]
    until = {"postgresql": "(p.day + interval '1 month')", "sqlite": "date(p.day, '+1 month')"}
    return (
        f"""{with_pairs}
        DELETE FROM standards_monthtally
         WHERE (standard_id, month) IN (SELECT standard_id, day FROM pair)
        """,
        f"""{with_pairs}
        INSERT INTO standards_monthtally (standard_id, month, team_id, category, {COLUMNS})
        SELECT d.standard_id, {month}, d.team_id, d.category, {SUMS}
          FROM pair p JOIN standards_daytally d ON d.standard_id = p.standard_id
           AND d.day >= p.day AND d.day < {until[connection.vendor]}
         GROUP BY d.standard_id, {month}, d.team_id, d.category
        """,
    )


def rebuild() -> tuple[str, ...]:
    """All tallies anew, in four statements; the first two take out what is there."""
    due, seen = _DAY_OF_DUE[connection.vendor], _DAY_OF[connection.vendor]
    month = _FIRST_OF_MONTH[connection.vendor]
    by_state = ", ".join(
        f"SUM(CASE WHEN state = '{name}' THEN 1 ELSE 0 END) AS {name}"
        for name in COLUMNS.split(", ")
    )
    some = " + ".join(COLUMNS.split(", "))
    return (
        "DELETE FROM standards_daytally",
        "DELETE FROM standards_monthtally",
        f"""
        INSERT INTO standards_daytally (standard_id, day, team_id, category, {COLUMNS})
        SELECT standard_id, day, team_id, category, {SUMS} FROM (
            SELECT standard_id, {due} AS day, team_id, category, {by_state}
              FROM standards_commitment GROUP BY 1, 2, 3, 4
            UNION ALL
            SELECT standard_id, {seen}, team_id, category, SUM(kept), 0, SUM(n) - SUM(kept), 0, 0
              FROM standards_observation GROUP BY 1, 2, 3, 4
        ) counted WHERE {some} > 0 GROUP BY 1, 2, 3, 4
        """,
        f"""
        INSERT INTO standards_monthtally (standard_id, month, team_id, category, {COLUMNS})
        SELECT standard_id, {month}, team_id, category, {SUMS}
          FROM standards_daytally d GROUP BY 1, 2, 3, 4
        """,
    )


def months_that_differ() -> str:
    """Standard and month where the monthly tallies are not the sum of the daily ones."""
    month = _FIRST_OF_MONTH[connection.vendor]
    sums = ", ".join(f"SUM({name})" for name in COLUMNS.split(", "))
    none = " OR ".join(f"SUM({name}) <> 0" for name in COLUMNS.split(", "))
    minus = ", ".join(f"-{name}" for name in COLUMNS.split(", "))
    return f"""
        SELECT DISTINCT standard_id, month FROM (
            SELECT standard_id, month, team_id, category, {sums} FROM (
                SELECT d.standard_id, {month} AS month, d.team_id, d.category, {COLUMNS}
                  FROM standards_daytally d
                UNION ALL
                SELECT standard_id, month, team_id, category, {minus} FROM standards_monthtally
            ) t GROUP BY standard_id, month, team_id, category HAVING {none}
        ) different ORDER BY month, standard_id
    """
