"""Hand-over when somebody leaves or moves, and following absences."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import transaction

from centre import queries as centre_queries
from centre.models import StaffMember
from centre.words import korean_instant
from complaints.models import Approval, Complaint, State
from complaints.queries import SUBJECT, kept_out, reply_commitment
from complaints.services._base import lock
from complaints.services.approving import pass_on
from complaints.services.assigning import _move, choose_anew, follow_absence
from complaints.services.filing import may_have
from notices import services as notices
from records.actors import Actor

log = logging.getLogger(__name__)


def open_duties(person: StaffMember) -> int:
    """How many open cases this person has; leaving is refused while there are any."""
    return Complaint.objects.open().filter(handler=person).count()


def waiting_approvals(person: StaffMember) -> int:
    return Approval.objects.filter(approver=person, decision=Approval.Decision.WAITING).count()


@transaction.atomic
def hand_over(*, from_person: StaffMember, to_person: StaffMember, by: Actor, now: datetime) -> int:
    """Give all open cases to ``to_person``, who is told once; the clocks are not touched.

    A case that is about the successor goes to somebody else of the team or above. Returns how
    many the successor was given: of the others he is not to know.
    """
    given = list[Complaint]()
    cases = Complaint.objects.open().filter(handler=from_person).order_by("pk")
    for complaint_id in list(cases.values_list("pk", flat=True)):
        complaint = lock(complaint_id)
        if complaint.handler_id != from_person.pk or not complaint.is_open:
            continue
        if to_person.pk in kept_out(complaint) or not may_have(complaint, to_person):
            choice = choose_anew(complaint, now=now, without=frozenset({from_person.pk}))
            _move(complaint, team=choice.team, handler=choice.handler, by=by, now=now)
        else:
            team = to_person.team
            _move(complaint, team=team, handler=to_person, by=by, now=now, one_by_one=False)
            given.append(complaint)
    _tell_successor(given, from_person, to_person, now=now)
    return len(given)


@transaction.atomic
def hand_over_approvals(
    *, from_person: StaffMember, to_person: StaffMember, by: Actor, now: datetime
) -> int:
    """Waiting approvals go to ``to_person``, who is told; where they are his own, or about him,
    along their line again, without the person who leaves."""
    rows = Approval.objects.filter(approver=from_person, decision=Approval.Decision.WAITING)
    count = 0
    for approval in rows.select_related("complaint").order_by("complaint_id", "pk"):
        lock(approval.complaint_id)
        leaver = frozenset({from_person.pk})
        count += pass_on(approval, now=now, to=to_person, without=leaver) is not None
    return count


def _tell_successor(
    cases: list[Complaint], old: StaffMember, new: StaffMember, *, now: datetime
) -> None:
    dated = [(reply_commitment(complaint), complaint) for complaint in cases]
    nearest = min(
        ((reply.due_at, complaint) for reply, complaint in dated if reply is not None),
        key=lambda pair: pair[0],
        default=None,
    )
    if not cases:
        return
    notices.owe(
        key=f"handover:{old.pk}:{new.pk}:{now.isoformat()}",
        template="handover",
        subject_type=SUBJECT,
        subject_id=cases[0].pk,
        to=notices.Person(new),
        context=centre_queries.facts()
        | {
            "count": len(cases),
            "old_handler": str(old),
            "receipt_numbers": "\n".join(complaint.receipt_number for complaint in cases),
            "nearest": (
                f"{nearest[1].receipt_number} ({korean_instant(nearest[0])}까지)"
                if nearest
                else "-"
            ),
        },
        now=now,
    )


def follow_absences(*, now: datetime) -> int:
    """Unconfirmed cases and waiting approvals of absent people go to whoever stands in.

    Called by beat every minute; each is done once, in a transaction of its own.
    """
    present = centre_queries.present_people(at=now)
    done = 0
    cases = Complaint.objects.filter(state=State.ASSIGNED, handler__isnull=False)
    for complaint_id in list(cases.exclude(handler__in=present).values_list("pk", flat=True)):
        done += _alone(partial(follow_absence, complaint_id, now=now))
    waiting = Approval.objects.filter(decision=Approval.Decision.WAITING).exclude(
        approver__in=present
    )
    for approval in list(waiting.select_related("complaint")):
        done += _alone(partial(_follow_approver, approval, now=now))
    return done


def _follow_approver(approval: Approval, *, now: datetime) -> bool:
    lock(approval.complaint_id)
    return pass_on(approval, now=now) is not None


def _alone(work: Callable[[], bool]) -> bool:
    """One piece of work in its own transaction; one that fails holds up no other."""
    try:
        with transaction.atomic():
            return work()
    except Exception as error:  # noqa: BLE001 - the next round tries again
        log.error("following an absence failed: %s", type(error).__name__)  # noqa: TRY400 - no words of people
        return False
