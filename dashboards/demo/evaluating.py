"""The year before is evaluated: written, signed along the line, published, and its actions done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.models import StaffMember
from dashboards.demo import staff
from dashboards.demo.courses import life
from dashboards.demo.world import World
from dashboards.evaluation import approving, publishing, sheet, writing
from dashboards.evaluation.models import Evaluation, Remark, Status
from dashboards.evaluation.writing import Draft, Said
from standards import freezing
from standards.models import Duty

#: It is begun on the first open day from here, when December is frozen, and some days later.
BEGUN_FROM, BEGUN_WITHIN = (1, 19), 16
#: Open days in which an action is to be done, and how many are done in time.
ACTION_DAYS: Final = (45, 70)
IN_TIME: Final = 0.9
#: From one step to the next, in minutes of opening time; whoever is away is asked again then.
STEP: Final = (90, 700)

#: Enters that an improvement was made: the duty, what came of it, and when.
Improved = Callable[[int, str, datetime], None]


class Evaluating:
    """What planning team, approvers and manager do about the evaluation of a year."""

    def __init__(self, world: World, improved: Improved) -> None:
        self.world = world
        self._improved = improved

    def moment(self, duty: Duty, now: datetime) -> datetime:
        """In January or February of the year after, or now where that is over."""
        first = date(int(duty.period), *BEGUN_FROM)
        day = first + timedelta(days=self.world.rng.randrange(BEGUN_WITHIN))
        return max(self.world.instant(self.world.next_open(day), 10.7), now)

    def begin(self, year: int, by: StaffMember, now: datetime) -> None:
        """Write it and lay it before the line, once the figures of its months are put right."""
        freezing.freeze(now=now)
        made = writing.start(year=year, by=by, now=now)
        made = writing.save(
            evaluation_id=made.pk, version=made.version, draft=self._draft(year, by, now),
            by=by, now=now,
        )  # fmt: skip
        approving.submit(evaluation_id=made.pk, by=by, now=now)
        self._next(made.pk)

    def _draft(self, year: int, by: StaffMember, now: datetime) -> Draft:
        """Cause and action for each standard that missed its target."""
        words = life()["evaluation"]
        below = [line for line in sheet.lines_of(year, now=now) if sheet.is_reached(line) is False]
        said = {}
        for line, about in zip(below, self._about(len(below)), strict=True):
            owner = staff.somebody_of("planning", world=self.world, now=now) or by
            ahead = self.world.rng.randint(*ACTION_DAYS)
            due_on = self.world.calendar.add_open_days(seoul_day(now), ahead)
            said[line["code"]] = Said(
                cause=about[0], action=about[1], owner_id=owner.pk, due_on=due_on
            )
        return Draft(
            introduction=words["introduction"].format(year=year),
            closing=words["closing"],
            said=said,
        )

    def _about(self, number: int) -> list[tuple[str, str, str]]:
        """So many causes with action and result, none twice before all have come up."""
        known = [(cause, action, result) for cause, action, result in life()["evaluation"]["below"]]
        self.world.rng.shuffle(known)
        return [known[place % len(known)] for place in range(number)]

    # --- signing and publishing -------------------------------------------------------------------

    def _next(self, evaluation_id: int) -> None:
        minutes = self.world.rng.randint(*STEP)
        self.world.later(minutes, "evaluation", partial(self._go_on, evaluation_id))

    def _go_on(self, evaluation_id: int, now: datetime) -> None:
        """The next step, by whoever has to take it; when nobody is here, later."""
        evaluation = Evaluation.objects.get(pk=evaluation_id)
        if evaluation.status == Status.APPROVING:
            self._sign(evaluation, now)
        elif evaluation.status == Status.APPROVED:
            by = staff.manager(now=now)
            if by is not None:
                publishing.publish(evaluation_id=evaluation.pk, by=by, now=now)
                self._plan_actions(evaluation)
                return
        self._next(evaluation.pk)

    def _sign(self, evaluation: Evaluation, now: datetime) -> None:
        asked = approving.waiting(evaluation)
        if asked is not None and centre_queries.is_present(asked.approver, at=now):
            approving.approve(signature_id=asked.pk, by=asked.approver, now=now)

    def _plan_actions(self, evaluation: Evaluation) -> None:
        """Each is done some days before its date, a few after it."""
        results = {action: result for _cause, action, result in life()["evaluation"]["below"]}
        for remark in (
            Remark.objects.filter(evaluation=evaluation).exclude(duty=None).order_by("pk")
        ):
            assert remark.due_on is not None  # noqa: S101 - without a date it was not published
            assert remark.duty_id is not None  # noqa: S101 - asked for above
            days = -self.world.rng.randint(4, 15) if self.world.chance(IN_TIME) else 6
            day = self.world.next_open(remark.due_on + timedelta(days=days))
            done = partial(self._improved, remark.duty_id, results[remark.action])
            self.world.at(self.world.instant(day, 15.2), "improvement done", done)
