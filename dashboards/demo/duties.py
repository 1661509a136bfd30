"""Evidence for the promises that no case measures: meetings, training, calls, pages, channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from centre import options
from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.models import StaffMember
from complaints.services import swiftness
from dashboards.demo import staff
from dashboards.demo.courses import life
from dashboards.demo.evaluating import Evaluating
from dashboards.demo.world import World
from dashboards.evaluation.wiring import page_of_duty
from standards.evidence import duties, opening
from standards.evidence.entering import Entry, enter
from standards.evidence.judging import called_teams
from standards.evidence.kinds import KINDS, SHEET
from standards.models import Duty, Kind, OnlineService

#: How many of a hundred duties nobody thinks of in time.
FORGOTTEN: Final = 0.04
#: What is left open at the end of the past is still to be done: that is the work of the day.
_ELSEWHERE: Final = frozenset({Kind.OUTAGE, Kind.REPORT, Kind.IMPROVEMENT})
_NUMBERS: Final[Mapping[Kind, dict[str, Any]]] = {
    Kind.PAGE: {"result": "right"},
    Kind.RECONCILIATION: {"missing": 0},
}
#: A duty of a year is not left to its last days.
LONGEST_WAIT: Final = timedelta(days=80)


class Duties:
    """What the staff does for the charter apart from cases."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.evaluating = Evaluating(world, self._improved)
        self._seen = 0
        self._enter: Mapping[str, Callable[[Duty, StaffMember, datetime], None]] = {
            Kind.MEETING: self._meeting,
            Kind.TRAINING: self._training,
            Kind.BASIC_TRAINING: self._training,
            Kind.CALLS: self._calls,
            Kind.CHANNEL: self._channel,
            Kind.LISTINGS: self._listings,
            Kind.SERVICES: self._services,
            Kind.MEETING_PLAN: self._plan_meetings,
            Kind.EVALUATION: self._evaluate,
        }

    def plan(self, day: date) -> None:
        """What beat opens each day, and what people then plan to do about it."""
        self.world.at(self.world.instant(day, 0.05), "periods opened", self._open)
        if self.world.calendar.is_open_day(day):
            self.world.at(self.world.instant(day, 9.3), "duties planned", self._look)

    def _open(self, now: datetime) -> None:
        opening.open_periods(now=now)
        swiftness.observe_quarters(now=now)

    def _look(self, now: datetime) -> None:
        """Each duty that has not been planned yet gets its moment, some none in time."""
        rows = Duty.objects.open().filter(pk__gt=self._seen).order_by("pk")
        for duty in rows:
            self._seen = max(self._seen, duty.pk)
            if duty.kind not in _ELSEWHERE:
                self._plan(duty, now)

    def _plan(self, duty: Duty, now: datetime) -> None:
        world, left = self.world, min(duty.due_at - now, LONGEST_WAIT)
        if duty.kind == Kind.MEETING and duty.about:
            at = world.instant(date.fromisoformat(duty.about), 10.7)
        elif duty.kind in {Kind.TRAINING, Kind.BASIC_TRAINING}:
            self._plan_training(duty, now)
            return
        elif duty.kind == Kind.EVALUATION:
            act = partial(self._do, duty.pk)
            world.at(self.evaluating.moment(duty, now), f"duty {duty.kind}", act)
            return
        else:
            at = now + left * world.rng.uniform(0.03, 0.8)
        if world.chance(FORGOTTEN) and duty.kind != Kind.MEETING_PLAN:
            at = duty.due_at + timedelta(days=2)
        day = world.next_open(seoul_day(at))
        at = (
            at
            if seoul_day(at) == day and world.calendar.is_open_at(at)
            else world.instant(day, 10.7)
        )
        world.at(max(at, now), f"duty {duty.kind}", partial(self._do, duty.pk))

    def _plan_training(self, duty: Duty, now: datetime) -> None:
        """Two or three courses in the year; most of the staff hears enough hours."""
        for number in range(self.world.rng.choice((2, 2, 3))):
            share = self.world.rng.uniform(0.02, 0.75) if number else self.world.rng.uniform(0, 0.2)
            at = now + (duty.due_at - now) * share
            day = self.world.next_open(seoul_day(at))
            self.world.at(self.world.instant(day, 17.2), "training", partial(self._do, duty.pk))

    def _do(self, duty_id: int, now: datetime) -> None:
        duty = Duty.objects.select_related("person").get(pk=duty_id)
        repeated = duty.kind in {Kind.TRAINING, Kind.BASIC_TRAINING}
        if duty.dropped_at is not None or (duty.done_at is not None and not repeated):
            return
        about = KINDS[Kind(duty.kind)]
        by = staff.lead_of(about.team, now=now)
        if by is None:
            return
        act = self._enter.get(duty.kind)
        if act is not None:
            act(duty, by, now)
        else:
            numbers = _NUMBERS.get(Kind(duty.kind), {})
            self._note(duty, by, now, numbers=numbers, what=self._say("checked"))

    def _note(self, duty: Duty, by: StaffMember, now: datetime, **values: Any) -> None:
        """One row of evidence for a duty, with an address at which it can be seen."""
        link = f"https://gbvt1365.invalid/evidence/{duty.pk}"
        usual = {"kind": duty.kind, "duty_id": duty.pk, "link": link}
        entry = Entry(happened_at=now, **{**usual, **values})
        enter(entries=[entry], form_token=self.world.token(), by=by, now=now)

    def _say(self, what: str) -> str:
        found: str = self.world.rng.choice(life()[what])
        return found

    # --- by kind ----------------------------------------------------------------------------------

    def _plan_meetings(self, duty: Duty, by: StaffMember, now: datetime) -> None:
        """The first Monday of each month that is left (or the open day after it)."""
        today, year = seoul_day(now), int(duty.period)
        days = []
        for month in range(1, 13):
            first = date(year, month, 1)
            monday = self.world.next_open(first + timedelta(days=-first.weekday() % 7))
            if monday > today and monday.month == month:
                days.append(monday)
        if len(days) >= options.number("meetings_a_year"):
            duties.plan_meetings(days=days, by=by, now=now)

    def _meeting(self, duty: Duty, by: StaffMember, now: datetime) -> None:
        self._note(duty, by, now, what=self._say("minutes"), numbers={"opinions_item": True})

    def _training(self, duty: Duty, by: StaffMember, now: datetime) -> None:
        hours = self.world.rng.choice((3, 4, 4, 6))
        self._note(
            duty, by, now, person_id=duty.person_id, what=self._say("trainings"),
            numbers={"hours": hours, "basic": duty.kind == Kind.BASIC_TRAINING},
            kind=Kind.TRAINING, duty_id=None, link="",
        )  # fmt: skip

    def _calls(self, duty: Duty, _by: StaffMember, now: datetime) -> None:
        """Four calls to each team, by somebody of another team, one open hour after another."""
        for team_id in sorted(called_teams(duty)):
            for number in range(4):
                at = self.world.working(now, 20 + 37 * number + team_id * 11)
                self.world.at(at, "monitoring call", partial(self._call, duty.pk, team_id))

    def _call(self, duty_id: int, team_id: int, now: datetime) -> None:
        here = centre_queries.present(at=now).exclude(team_id=team_id).select_related("user")
        people = [one for one in here.order_by("pk") if one.position != "director"]
        if not people:
            return
        rings = self.world.rng.choices((0, 1, 2, 3, 5, 7), weights=(1, 30, 40, 20, 5, 2))[0]
        numbers: dict[str, Any] = {
            name: bool(rings) and self.world.chance(0.96) for name, _question, _points in SHEET
        }
        duty = Duty.objects.get(pk=duty_id)
        self._note(
            duty, self.world.rng.choice(people), now, team_id=team_id,
            numbers=numbers | {"rings": rings}, link="",
        )  # fmt: skip

    def _channel(self, duty: Duty, by: StaffMember, now: datetime) -> None:
        arrived = self.world.chance(0.98)
        self._note(duty, by, now, numbers={"arrived": arrived, "same": True}, link="")
        if not arrived:
            self.world.later(960, "channel tried again", partial(self._do, duty.pk))

    def _listings(self, duty: Duty, by: StaffMember, now: datetime) -> None:
        right = self.world.rng.choices((10, 9, 8), weights=(60, 33, 7))[0]
        self._note(duty, by, now, numbers={"checked": 10, "right": right}, link="")

    def _evaluate(self, duty: Duty, by: StaffMember, now: datetime) -> None:
        """Of a year of which nothing was counted here it was published elsewhere."""
        if page_of_duty(duty):
            self.evaluating.begin(int(duty.period) - 1, by, now)
        else:
            self._note(duty, by, now, what=self._say("checked"))

    def _services(self, duty: Duty, by: StaffMember, now: datetime) -> None:
        for service in OnlineService.objects.order_by("pk"):
            uses = self.world.rng.randint(40, 900)
            self._note(duty, by, now, numbers={"service": service.pk, "uses": uses}, link="")

    # --- improvements -----------------------------------------------------------------------------

    def plan_improvements(self, now: datetime) -> None:
        """A few a year, most of them done in time."""
        by = staff.lead_of("support", now=now)
        owner = staff.somebody_of("planning", world=self.world, now=now)
        if by is None or owner is None:
            return
        title, result = self.world.rng.choice(life()["improvements"])
        ahead = self.world.rng.randint(25, 50)
        duty = duties.plan_improvement(
            title=title, source=self.world.rng.choice(("suggestion", "own")), owner_id=owner.pk,
            due_on=self.world.calendar.add_open_days(seoul_day(now), ahead),
            form_token=self.world.token(), by=by, now=now,
        )  # fmt: skip
        days = ahead - 4 if self.world.chance(0.9) else ahead + 5
        self.world.later(days * 480, "improvement done", partial(self._improved, duty.pk, result))

    def _improved(self, duty_id: int, result: str, now: datetime) -> None:
        duty = Duty.objects.select_related("person__user").get(pk=duty_id)
        if duty.done_at is None and duty.dropped_at is None and duty.person is not None:
            self._note(duty, duty.person, now, what=result)
