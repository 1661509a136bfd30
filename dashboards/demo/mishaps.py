"""What goes wrong in a year: the portal is away, mails come back, a day is closed, promises fail."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from centre import queries as centre_queries
from centre import services as centre
from centre.calendar import seoul_day
from centre.models import StaffMember
from complaints.models import CautionApproval, Review
from complaints.services import cautioning, reviewing
from complaints.services.review_papers import addressee
from dashboards.demo import staff
from dashboards.demo.courses import life
from dashboards.demo.duties import Duties
from dashboards.demo.world import World
from notices import services as notices
from notices.models import Audience, Channel, Notice, Status
from records.actors import SYSTEM
from standards.models import Outage
from standards.probe import outages

#: Open days of the past, counted from its first, on which something goes wrong, and how often again.
OUTAGE_ON, OUTAGE_EVERY = 6, 71
BOUNCE_ON, BOUNCE_EVERY = 4, 16
IMPROVE_ON, IMPROVE_EVERY = 7, 34
CLOSED_ON: Final = 97
OPEN: Final = (Review.Status.OPEN, Review.Status.HEARING, Review.Status.DECIDING)


class Mishaps:
    """Outages, returned mails, a day off at short notice, and the third stage."""

    def __init__(self, world: World, duties: Duties) -> None:
        self.world = world
        self.duties = duties
        self._days = 0

    def plan(self, day: date) -> None:
        world, self._days = self.world, self._days + 1
        for first, every, hour, what, act in (
            (OUTAGE_ON, OUTAGE_EVERY, 10.8, "outage declared", self._outage),
            (BOUNCE_ON, BOUNCE_EVERY, 15.7, "mail came back", self._bounce),
            (IMPROVE_ON, IMPROVE_EVERY, 16.2, "improvement planned", self.duties.plan_improvements),
        ):
            if self._days >= first and (self._days - first) % every == 0:
                world.at(world.instant(day, hour), what, act)
        if self._days == CLOSED_ON:
            world.at(world.instant(day, 9.4), "day closed", self._close_a_day)
        world.at(world.instant(day, 13.9), "reviews", self.review)

    # --- the portal -------------------------------------------------------------------------------

    def _outage(self, now: datetime) -> None:
        by = staff.somebody_of("information", world=self.world, now=now)
        if by is None:
            return
        began = now - timedelta(minutes=self.world.rng.randint(6, 25))
        outage = outages.declare(started_at=began, by=by, now=now)
        wait = 20 if self.world.chance(0.85) else 75
        self.world.later(wait, "outage notice", partial(self._put_up, outage.pk))
        hours = self.world.rng.uniform(1.6, 5)
        self.world.at(now + timedelta(hours=hours), "portal back", self._back)

    def _put_up(self, outage_id: int, now: datetime) -> None:
        by = staff.somebody_of("information", world=self.world, now=now)
        if by is not None and Outage.objects.get(pk=outage_id).is_open:
            outages.put_up(
                outage_id=outage_id, other_way=outages.usual_way(now=now),
                form_token=self.world.token(), by=by, now=now,
            )  # fmt: skip

    def _back(self, now: datetime) -> None:
        by = staff.somebody_of("information", world=self.world, now=now)
        if by is None:
            self.world.later(30, "portal back", self._back)
        else:
            outages.end_declared(by=by, now=now)

    # --- mails ------------------------------------------------------------------------------------

    def _bounce(self, now: datetime) -> None:
        """The mail server took it and sent it back: the desk marks it, and somebody rings."""
        by = staff.somebody_of("support", world=self.world, now=now)
        rows = Notice.objects.filter(
            subject_type="complaint", audience=Audience.CITIZEN, channel=Channel.EMAIL,
            status=Status.DELIVERED, carried_by=None, delivered_at__gt=now - timedelta(days=2),
        )  # fmt: skip
        found = rows.order_by("-delivered_at", "-pk").values_list("pk", flat=True).first()
        if by is not None and found is not None:
            notices.mark_bounced(notice_id=found, by=by, now=now)

    # --- the calendar -----------------------------------------------------------------------------

    def _close_a_day(self, now: datetime) -> None:
        """Announced a week ahead: every running promise that it touches is dated anew."""
        day = self.world.next_open(seoul_day(now) + timedelta(days=8))
        centre.add_closure(on=day, reason=life()["closure"], by=SYSTEM, now=now)
        self.world.calendar = centre_queries.calendar()

    # --- the third stage --------------------------------------------------------------------------

    def review(self, now: datetime) -> None:
        """A manager hears whoever promised, decides with reason; the director approves."""
        for pk in (
            Review.objects.filter(status__in=OPEN).order_by("pk").values_list("pk", flat=True)
        ):
            self.world.at(now, "review", partial(self._go_on, pk))
        waiting = CautionApproval.objects.filter(decision=CautionApproval.Decision.WAITING)
        for pk in waiting.order_by("pk").values_list("pk", flat=True):
            self.world.at(now, "caution approved", partial(self._approve, pk))

    def _go_on(self, review_id: int, now: datetime) -> None:
        review = Review.objects.select_related("complaint", "person__user", "team").get(
            pk=review_id
        )
        if review.status == Review.Status.HEARING:
            asked = addressee(review, now=now)
            if asked is not None and self.world.chance(0.4):
                reviewing.give_statement(
                    review_id=review.pk, text=life()["statement"], by=asked, now=now
                )
            return
        by = self._manager(review, now)
        if by is None or not self.world.chance(0.6):
            return
        if review.status == Review.Status.OPEN:
            if review.trigger == Review.Trigger.MISSED and self.world.chance(0.5):
                reviewing.drop_review(
                    review_id=review.pk, reason=life()["not_reviewed"], by=by, now=now
                )
                return
            reviewing.ask_statement(review_id=review.pk, facts=life()["facts"], by=by, now=now)
            return
        self._decide(review, by, now)

    def _decide(self, review: Review, by: StaffMember, now: datetime) -> None:
        issue = review.trigger == Review.Trigger.NOT_CARRIED_OUT
        cautioning.decide(
            review_id=review.pk, issue=issue, to_team=issue,
            judgement=life()["judgement_issue" if issue else "judgement_not"],
            statement_summary=life()["statement"],
            improvement=life()["improvement_asked"] if issue else "",
            improvement_due_on=self.world.calendar.add_open_days(seoul_day(now), 10) if issue else None,
            by=by, now=now,
        )  # fmt: skip

    def _manager(self, review: Review, now: datetime) -> StaffMember | None:
        by = staff.manager(now=now)
        return None if by is None or by.pk == review.person_id else by

    def _approve(self, approval_id: int, now: datetime) -> None:
        approval = CautionApproval.objects.select_related("approver__user").get(pk=approval_id)
        here = centre_queries.is_present(approval.approver, at=now)
        if here and approval.decision == CautionApproval.Decision.WAITING:
            cautioning.approve_caution(approval_id=approval_id, by=approval.approver, now=now)
