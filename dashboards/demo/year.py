"""A stretch of the centre's past, day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from centre.calendar import Calendar
from complaints.models import Complaint
from dashboards.demo import opinions
from dashboards.demo.asking import Asking
from dashboards.demo.beat import Beat
from dashboards.demo.cases import Cases
from dashboards.demo.courses import SHORT, Courses
from dashboards.demo.desk import Desk
from dashboards.demo.duties import Duties
from dashboards.demo.mishaps import Mishaps
from dashboards.demo.opinions import Citizen
from dashboards.demo.world import World
from notices.models import Notice, Status

#: Of a full year; a shorter past has its share of them.
OPINIONS, VISITS, CALLS = 3_000, 1_500, 1_200
OPEN_DAYS: Final = 247
#: One of so many opinions comes from somebody who has written before.
REGULARS: Final = 0.15
#: The hours at which what is open is looked through.
ROUNDS: Final = (9.5, 11.5, 14.0, 16.5)
#: The opinion that is put into the box at the entrance, and the first that praises.
WITHOUT_A_NAME, PRAISE = 6, 3
#: Who is still waiting when the past goes over into the present.
STILL_HERE: Final = (4, 2)

#: Told at the beginning of each day: how much of the past is over (0–1).
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of it: acts by name, refusals by sentence, and mails still owed at the end."""

    done: Counter[str]
    refused: Counter[str]
    opinions: int
    owed: int


class Past:
    """Lives from ``start`` to ``end``; ``share`` of a full year's traffic a day.

    ``goes_on``: the end is now, in opening hours, so that somebody is waiting at the desk.
    """

    def __init__(
        self,
        *,
        seed: int,
        start: datetime,
        end: datetime,
        share: float = 1.0,
        goes_on: bool = False,
        progress: Progress | None = None,
    ) -> None:
        short = end - start < SHORT
        self.world = World(seed=seed, start=start, end=end, shows_all=short)
        self.beat = Beat(self.world)
        self.cases = Cases(self.world, hurried=short)
        self.desk = Desk(self.world)
        self.courses = Courses(self.world)
        self.asking = Asking(self.world, self.cases, share=share)
        self.duties = Duties(self.world)
        self.mishaps = Mishaps(self.world, self.duties)
        self.start = start
        self.share = share
        self.goes_on = goes_on
        self.progress = progress
        self.known: list[Citizen] = []
        self._said = 0

    def live(self) -> Lived:
        before = Complaint.objects.count()
        self.courses.begin(self.start)
        self.asking.begin(self.start)
        self.world.run(self._plan)
        self._last_round()
        owed = Notice.objects.filter(status__in=[Status.OWED, Status.TASK]).count()
        filed = Complaint.objects.count() - before
        return Lived(self.world.done, self.world.refused, filed, owed)

    def _plan(self, day: date) -> None:
        world = self.world
        if self.progress is not None:
            self.progress((world.now - self.start) / (world.end - self.start))
        is_open = world.calendar.is_open_day(day)
        self._plan_opinions(day, is_open=is_open)
        self.beat.plan(day)
        self.duties.plan(day)
        if not is_open:
            return
        self.asking.plan(day)
        self.mishaps.plan(day)
        self.desk.plan_absence(day)
        for _ in range(self._how_many(VISITS)):
            world.at(world.instant(day, self._open_hour()), "visitor", self.desk.arrive)
        for _ in range(self._how_many(CALLS)):
            ring = partial(self.desk.ring, world.rng.randint(1, 9_999))
            world.at(world.instant(day, self._open_hour()), "caller", ring)
        for hour in ROUNDS:
            world.at(world.instant(day, hour), "round", self.cases.round)
        world.at(world.instant(day, 17.98), "closing", self.desk.send_home)

    def _plan_opinions(self, day: date, *, is_open: bool) -> None:
        world = self.world
        for _ in range(self._how_many(OPINIONS * 0.9 if is_open else OPINIONS * 0.2)):
            opinion = opinions.opinion(world.rng, month=day.month)
            self._said += 1
            if self._said == PRAISE:
                opinion = opinions.praise(world.rng, month=day.month)
            if self._said == WITHOUT_A_NAME:  # also a short past has one
                opinion = replace(opinion, channel="box")
            at_any_hour = opinion.channel in {"web", "email"}
            hour = world.rng.triangular(7, 23.5, 11) if at_any_hour else self._open_hour()
            if is_open or opinion.channel == "web":
                file = partial(self.cases.file, self._citizen(), opinion)
                world.at(world.instant(day, hour), "file", file)

    def _how_many(self, of_a_year: float) -> int:
        return self.world.how_many(of_a_year * self.share / OPEN_DAYS)

    def _open_hour(self) -> float:
        hour = self.world.rng.choice(
            (9.1, 9.6, 10.2, 10.8, 11.4, 13.1, 13.8, 14.5, 15.3, 16.1, 17.0)
        )
        return hour + self.world.rng.uniform(0, 0.5)

    def _citizen(self) -> Citizen:
        if self.known and self.world.chance(REGULARS):
            return self.world.rng.choice(self.known[-200:])
        self.known.append(opinions.citizen(self.world.rng, len(self.known) + 1))
        return self.known[-1]

    def _last_round(self) -> None:
        """What waits for somebody to ring, print or read is done: nothing is owed at the end."""
        now = self.world.now
        if self.goes_on:
            for minutes in STILL_HERE:
                self.world.do("visitor", self.desk.wait, now - timedelta(minutes=minutes))
        else:
            self.world.do("closing", self.desk.send_home, now)
        for notice_id in list(Notice.objects.open_tasks().values_list("pk", flat=True)):
            self.world.do("task", partial(self.cases.do_task, notice_id), now)
        self.world.settle()
        self.beat.count(now)


def last_open_moment(now: datetime, *, calendar: Calendar) -> datetime:
    """The past ends while the centre is open, so that no mail is held until a next opening."""
    moment = now
    while not calendar.is_open_at(moment):
        moment -= timedelta(minutes=5)
    return moment
