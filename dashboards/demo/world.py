"""Moved time: what happens in order, and between two happenings what beat would have done."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Final

from django.db import connection

from centre import queries as centre_queries
from centre.calendar import SEOUL, Allowance, Calendar, Rule
from centre.errors import Refused
from notices import services as notices
from notices.models import Notice
from standards import services as standards
from standards.models import Commitment

Act = Callable[[datetime], None]

#: Beat's ticks are so close together that moved time may jump to the next due instant.
TICK: Final = timedelta(seconds=15)


class StandsStill(RuntimeError):
    """A step or a mail stays due whatever sweep and delivery do: a fault, not a refusal."""


class World:
    """The clock, the acts still to come, and a count of what was done."""

    def __init__(
        self, *, seed: int, start: datetime, end: datetime, shows_all: bool = False
    ) -> None:
        """``shows_all``: what seldom happens does so once for certain (`comes_up`)."""
        self.rng = Random(seed)  # noqa: S311 - a simulation
        self.now = start
        self.end = end
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._still_to_come_up = shows_all
        self._came_up: set[str] = set()
        self._acts: list[tuple[datetime, int, str, Act]] = []
        self._order = itertools.count()
        self.calendar: Calendar = centre_queries.calendar()
        #: Asked at each instant: putting the statements together costs more than their answers.
        steps = Commitment.objects.filter(next_step_at__lte=end).order_by("next_step_at")
        mails = Notice.objects.sendable(now=end).order_by("next_attempt_at")
        self._steps = steps.values_list("next_step_at")[:1].query.sql_with_params()
        self._mails = mails.values_list("next_attempt_at")[:1].query.sql_with_params()

    # --- planning ---------------------------------------------------------------------------------

    def at(self, instant: datetime, what: str, act: Act) -> None:
        """Let ``act`` happen; what lies after the end does not happen any more."""
        if instant < self.end:
            heapq.heappush(self._acts, (max(instant, self.now), next(self._order), what, act))

    def later(self, minutes: float, what: str, act: Act) -> None:
        """After so many minutes of opening time."""
        self.at(self.working(self.now, minutes), what, act)

    def working(self, start: datetime, minutes: float) -> datetime:
        allowance = Allowance.parse(f"{max(1, round(minutes))}m")
        return self.calendar.add(Rule.WORKING_TIME, allowance, start)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def comes_up(self, what: str, share: float) -> bool:
        """By chance; in a past that shows all the first time for certain."""
        drawn = self.chance(share)
        if not self._still_to_come_up or what in self._came_up:
            return drawn
        self._came_up.add(what)
        return True

    def minutes(self, median: float, *, spread: float = 0.7) -> float:
        """A time that people take: mostly near ``median``, now and then much longer."""
        return median * self.rng.lognormvariate(0, spread)

    def instant(self, day: date, hour: float) -> datetime:
        return datetime.combine(day, time(), SEOUL) + timedelta(hours=hour)

    def next_open(self, day: date) -> date:
        """That day, or the first open one after it."""
        while not self.calendar.is_open_day(day):
            day += timedelta(days=1)
        return day

    def how_many(self, mean: float) -> int:
        """A number around ``mean``, as things come by themselves."""
        return sum(1 for _ in range(40) if self.rng.random() < mean / 40)

    def token(self) -> str:
        """What a form carries so that it counts once."""
        return f"{self.rng.getrandbits(128):032x}"

    # --- living -----------------------------------------------------------------------------------

    def run(self, each_day: Callable[[date], None]) -> None:
        """Live until the end; ``each_day`` plans a day in Seoul at its beginning."""
        day = self.now.astimezone(SEOUL).date()
        while (begin := self.instant(day, 0)) < self.end:
            self.beat_until(max(begin, self.now))
            each_day(day)
            day += timedelta(days=1)
            self._live_until(min(self.instant(day, 0), self.end))
        self.beat_until(self.end)

    def _live_until(self, limit: datetime) -> None:
        while self._acts and self._acts[0][0] < limit:
            at, _order, what, act = heapq.heappop(self._acts)
            if at > self.now:
                self.beat_until(at)
            self.do(what, act, at)
            if not self._acts or self._acts[0][0] > at:
                self._deliver(at)

    def do(self, what: str, act: Act, at: datetime) -> None:
        """Act, and count it. What it owes is delivered when all of this instant is done."""
        try:
            act(at)
        except Refused as refusal:  # told to people; anything else is a fault of the program
            self.refused[f"{what}: {refusal}"] += 1
        else:
            self.done[what] += 1

    def beat_until(self, instant: datetime) -> None:
        """What sweep and delivery do until then, each at the time at which it falls due."""
        while (due := self._next_due()) is not None and due < instant:
            self.now = max(self.now, due + TICK)
            taken = standards.sweep(now=self.now, heartbeat=False)
            if not taken + self._deliver(self.now):
                raise StandsStill(f"what was due at {due.isoformat()} is not done")
        self.now = max(self.now, instant)

    def settle(self) -> None:
        """Deliver what is left: a mail that fails may owe something else."""
        while self._deliver(self.now):
            pass

    def _next_due(self) -> datetime | None:
        found = [_earliest(query) for query in (self._steps, self._mails)]
        return min((at for at in found if at is not None), default=None)

    def _deliver(self, at: datetime) -> int:
        """A pass of delivery; 0 where there was nothing to send, or what there was stays due."""
        if not self._owes(at):
            return 0
        sent = notices.deliver(now=at + timedelta(seconds=2), simulated=True, heartbeat=False)
        return sent or int(not self._owes(at))

    def _owes(self, at: datetime) -> bool:
        """A mail is due."""
        first = _earliest(self._mails)
        return first is not None and first <= at


def _earliest(query: tuple[str, tuple[Any, ...]]) -> datetime | None:
    """The instant in the first row; SQLite answers with a text in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(*query)
        row = cursor.fetchone()
    if row is None:
        return None
    at = datetime.fromisoformat(row[0]) if isinstance(row[0], str) else row[0]
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
