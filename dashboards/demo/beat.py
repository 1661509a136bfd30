"""What beat asks for now and then, apart from sweep and delivery, in moved time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from centre import options
from centre.calendar import SEOUL
from dashboards.demo.world import World
from dashboards.digest import sending, times
from dashboards.intake import freezing
from dashboards.intake import tallying as intake
from education import services as education
from standards import freezing as months
from standards import tallying

#: Of the week the night in which the tallies are counted: nobody reads them in the past.
COUNTED_ON: Final = 6
#: Months are frozen on the fifth open day of the next one, which lies between these days.
FROZEN_BETWEEN: Final = range(5, 16)
#: The hours at which courses are looked at: reminders of the day before, and ends.
COURSES: Final = (10.02, 16.02, 18.02, 21.1)
#: Mails for leaders are made in the last days only, with a first of the week among them: a morning
#: costs as much as many acts, and what waited long ago nobody reads.
MORNINGS: Final = timedelta(days=8)


class Beat:
    """The passes of a day, as often as they can have something to do."""

    def __init__(self, world: World) -> None:
        self.world = world

    def plan(self, day: date) -> None:
        for hour in COURSES:
            self.world.at(self.world.instant(day, hour), "courses followed", self._courses)
        if day.weekday() == COUNTED_ON:
            self.world.at(self.world.instant(day, 0.3), "tallied", self.count)
        if day.day in FROZEN_BETWEEN:
            self.world.at(self.world.instant(day, 0.6), "months frozen", self.freeze)
        at = datetime.combine(day, times.clock(options.values()["digest_at"]), SEOUL)
        if self.world.calendar.is_open_day(day) and at > self.world.end - MORNINGS:
            self.world.at(at, "digests", self._digest)

    def freeze(self, now: datetime) -> None:
        freezing.freeze(now=now)
        months.freeze(now=now)

    def count(self, now: datetime) -> None:
        """Count the days that changed, so that no page finds them waiting."""
        tallying.count_changes(now=now)
        intake.recount(now=now)

    def _digest(self, now: datetime) -> None:
        sending.send(now=now)

    def _courses(self, now: datetime) -> None:
        education.follow(now=now)
