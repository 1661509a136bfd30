"""What waits now, by team and person: each number with the address of exactly its cases.

Counted in the database, in a fixed number of queries. People stand under their team in the order of
their names: nothing here ranks them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Count, Min
from django.urls import reverse

from centre.calendar import SEOUL, seoul_day
from centre.models import StaffMember, Team
from complaints.back_office import queue
from complaints.back_office.due import SOON_DAYS
from complaints.back_office.queue import Stage, Wanted, Who, Within
from complaints.back_office.today import queue_url
from complaints.models import State
from dashboards.board.scope import Scope
from reception import past
from reception.models import Visit
from reception.queries import notes_visible_to

VISITS, CALLBACKS, LATE = "visits", "callbacks", "late"
OVERDUE, TODAY, SOON, OPEN = "overdue", "today", "soon", "open"
#: Of the overdue: the first promise was missed, the date promised instead is still ahead. No column.
RENEWED: Final = "renewed"
#: The columns, with their words; ``LATE`` and ``OVERDUE`` are alarms.
COLUMNS: Final = {
    VISITS: "기다리는 방문",
    CALLBACKS: "회신할 연락",
    LATE: "늦은 회신",
    OVERDUE: "기한 지남·처음 약속을 넘김",
    TODAY: "오늘까지",
    SOON: f"{SOON_DAYS}일 안(오늘 포함)",
    OPEN: "처리 중 모두",
}
ALARMS: Final = frozenset({LATE, OVERDUE})

Place = tuple[int | None, int | None]
Counts = defaultdict[Place, defaultdict[str, int]]


@dataclass(frozen=True, slots=True)
class Number:
    """``url`` lists exactly so many; "" where there is nothing to list."""

    column: str
    n: int
    url: str
    renewed: int = 0

    @property
    def note(self) -> str:
        """What would otherwise read as a contradiction: dates ahead among the overdue."""
        return f"{self.renewed}건은 처음 약속을 넘김, 새 기한은 아직" if self.renewed else ""

    @property
    def label(self) -> str:
        return COLUMNS[self.column]

    @property
    def alarm(self) -> bool:
        return self.column in ALARMS and self.n > 0


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    numbers: list[Number]


@dataclass(frozen=True, slots=True)
class TeamLines:
    line: Line
    people: list[Line]


@dataclass(frozen=True, slots=True)
class Now:
    at: datetime
    total: list[Number]
    teams: list[TeamLines]
    columns: list[str] = field(default_factory=lambda: list(COLUMNS.values()))

    @property
    def spoken(self) -> str:
        """What is said aloud when it changes."""
        return ", ".join(f"{number.label} {number.n}" for number in self.total if number.n)


def now_of(scope: Scope, *, now: datetime) -> Now:
    """What waits in the teams of this scope. Five queries."""
    counts: Counts = defaultdict(lambda: defaultdict(int))
    _count_cases(counts, scope, now=now)
    since_note = _count_notes(counts, scope, now=now)
    since_visit = _count_visits(counts, scope, now=now)
    address = _Addresses(scope, seoul_day(now), since_visit, since_note)
    teams = {team.pk: team for team in Team.objects.order_by("place", "code")}
    asked = {person for _team, person in counts if person is not None}
    people = StaffMember.objects.in_bulk(asked)
    total: defaultdict[str, int] = defaultdict(int)
    for found in counts.values():
        for column, n in found.items():
            total[column] += n
    return Now(
        at=now,
        total=_numbers(total, partial(address.of, team=scope.team, everybody=True)),
        teams=list(_teams(counts, teams, people, address)),
    )


# --- counting -----------------------------------------------------------------------------------


def _count_cases(counts: Counts, scope: Scope, *, now: datetime) -> None:
    """Open cases of the scope that this account may see, grouped by their date in force."""
    wanted = Wanted(
        who=Who.TEAM if scope.own else Who.ALL,
        team="" if scope.own or scope.team is None else scope.team.code,
    )
    cases: Any = queue.with_marked_clock(queue.found(wanted, user=scope.user, now=now).order_by())
    rows = cases.values_list("team", "handler", "state", "marked_due")
    days = _Days.of(now)
    for team, handler, state, due_at, n in rows.annotate(n=Count("pk")).order_by():
        place = counts[team, handler]
        place[OPEN] += n
        for column in _due(state, due_at, days):
            place[column] += n


def _due(state: str, marked_due: datetime | None, days: _Days) -> Iterator[str]:
    """In which columns of the queue a case stands: as `queue.is_due` says it in the database."""
    if state == State.WAITING or marked_due is None:
        return
    renewed = marked_due - days.now > queue.MARK / 2
    due_at = marked_due - queue.MARK if renewed else marked_due
    if due_at < days.now or renewed:
        yield OVERDUE
        if due_at >= days.now:
            yield RENEWED
        return
    if due_at < days.today_ends:
        yield TODAY
    if due_at < days.soon_ends:
        yield SOON


@dataclass(frozen=True, slots=True)
class _Days:
    now: datetime
    today_ends: datetime
    soon_ends: datetime

    @classmethod
    def of(cls, now: datetime) -> _Days:
        today = seoul_day(now)
        return cls(now, _end_of(today), _end_of(today + timedelta(days=SOON_DAYS)))


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=SEOUL)


def _count_notes(counts: Counts, scope: Scope, *, now: datetime) -> date | None:
    """Open notes and those past their promise; returns the day of the oldest."""
    notes = notes_visible_to(scope.user).filter(closed_at=None)
    if scope.team is not None:
        notes = notes.filter(team=scope.team)
    rows = notes.order_by().values_list("team", "keeper")
    oldest = None
    for team, keeper, n, late, first in rows.annotate(
        n=Count("pk"), late=Count("pk", filter=past.late_now(now=now)), first=Min("taken_at")
    ):
        counts[team, keeper][CALLBACKS] += n
        counts[team, keeper][LATE] += late
        oldest = first if oldest is None else min(oldest, first)
    return seoul_day(oldest) if oldest else None


def _count_visits(counts: Counts, scope: Scope, *, now: datetime) -> date | None:
    """Visitors who wait; returns the day of the one who came first."""
    visits = Visit.objects.filter(past.waits_now())
    if scope.team is not None:
        visits = visits.filter(team=scope.team)
    oldest = None
    rows = visits.order_by().values_list("team", "sought")
    for team, sought, n, first in rows.annotate(n=Count("pk"), first=Min("arrived_at")):
        counts[team, sought][VISITS] += n
        oldest = first if oldest is None else min(oldest, first)
    return seoul_day(oldest) if oldest else None


# --- lines --------------------------------------------------------------------------------------


def _numbers(found: dict[str, int], address: Callable[[str], str]) -> list[Number]:
    return [
        Number(
            column,
            found.get(column, 0),
            address(column) if found.get(column) else "",
            found.get(RENEWED, 0) if column == OVERDUE else 0,
        )
        for column in COLUMNS
    ]


def _teams(
    counts: Counts,
    teams: dict[int, Team],
    people: dict[int, StaffMember],
    address: _Addresses,
) -> Iterator[TeamLines]:
    by_team: defaultdict[int | None, dict[int | None, dict[str, int]]] = defaultdict(dict)
    for (team_id, person_id), found in counts.items():
        by_team[team_id][person_id] = found
    for team_id in [*teams, None]:
        if team_id not in by_team:
            continue
        team = teams[team_id] if team_id is not None else None
        total: defaultdict[str, int] = defaultdict(int)
        for of_person in by_team[team_id].values():
            for column, n in of_person.items():
                total[column] += n
        yield TeamLines(
            Line(
                team.name if team else "팀 없음",
                _numbers(total, partial(address.of, team=team)),
            ),
            [
                Line(
                    _name(person),
                    _numbers(
                        found,
                        partial(address.of, team=team, person=person, of_person=True),
                    ),
                )
                for person, found in _by_name(by_team[team_id], people)
            ],
        )


def _by_name(
    found: dict[int | None, dict[str, int]], people: dict[int, StaffMember]
) -> list[tuple[StaffMember | None, dict[str, int]]]:
    """People in the order of their names, nobody last."""
    known = [(people[pk] if pk is not None else None, counts) for pk, counts in found.items()]
    return sorted(known, key=lambda one: (one[0] is None, str(one[0]), one[0].pk if one[0] else 0))


def _name(person: StaffMember | None) -> str:
    if person is None:
        return "맡은 사람 없음"
    return f"{person}(퇴직)" if person.left_on is not None else str(person)


# --- addresses ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Addresses:
    scope: Scope
    today: date
    visits_since: date | None
    notes_since: date | None

    def of(
        self,
        column: str,
        team: Team | None,
        person: StaffMember | None = None,
        *,
        of_person: bool = False,
        everybody: bool = False,
    ) -> str:
        """Where these are listed; ``of_person`` and nobody: those that no person has."""
        if column == VISITS:
            nobody = person is None and (of_person or (team is None and not everybody))
            state = past.HERE_FOR_NOBODY if nobody else past.HERE_NOW
            return self._records("visit", self.visits_since, state, team, person)
        if column in {CALLBACKS, LATE}:
            state = past.LATE_NOW if column == LATE else past.OPEN
            return self._records("contactnote", self.notes_since, state, team, person)
        due = {OVERDUE: Within.OVERDUE, TODAY: Within.TODAY, SOON: Within.SOON}.get(column, "")
        named = team.code if team is not None else "" if everybody else queue.NO_TEAM
        return queue_url(
            Wanted(
                who=Who.TEAM if self.scope.own else Who.ALL,
                team="" if self.scope.own else named,
                state=Stage.UNASSIGNED if of_person and person is None else "",
                handler=str(person.pk) if person else "",
                due=due,
            )
        )

    def _records(
        self,
        model: str,
        since: date | None,
        state: str,
        team: Team | None,
        person: StaffMember | None,
    ) -> str:
        asked: dict[str, Any] = {"first": since or self.today, "last": self.today, "state": state}
        if team is not None:
            asked["team"] = team.pk
        if person is not None:
            asked["person"] = person.pk
        return f"{reverse(f'admin:reception_{model}_changelist')}?{urlencode(asked)}"
