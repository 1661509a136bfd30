"""바로잡기: what a case really is, and what it is about, where the form said otherwise.

The kind decides which promises apply and under which line they are counted, the topic whose
matter it is. Neither moves a date: the clock of the answer runs on as it was promised.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from centre.models import Role, StaffMember, Topic
from complaints import texts
from complaints.choosing import responsible_team
from complaints.errors import NotAllowed, NotNow, Refused
from complaints.models import AboutStaff, Complaint, Kind, Response, State
from complaints.queries import SUBJECT, kept_out
from complaints.services._base import actor, change, lock_for, record, words
from complaints.services.apologising import CODE as APOLOGY
from complaints.services.apologising import QUICK, apologise, apology_key
from complaints.services.assigning import choose_anew, move_to, step_aside
from complaints.services.filing import find_staff_concerned
from complaints.services.telling import is_dissatisfaction
from notices import services as notices
from notices.models import Audience, Notice
from records.queries import events_of
from standards import services as standards

#: Why promises that the new kind does not know are counted apart; they come back with the kind.
WHY = "reclassified"
BEFORE_THE_ANSWER = {
    State.RECEIVED,
    State.ASSIGNED,
    State.REVIEWING,
    State.WAITING,
    State.APPROVING,
}
_OF_A_COMPLAINT = ("apology-contact", "apology-overdue", APOLOGY)


@transaction.atomic
def reclassify(
    *,
    complaint_id: int,
    kind: str,
    topic_id: int,
    reason: str,
    by: StaffMember,
    now: datetime,
    move: bool = False,
) -> Complaint:
    """Put kind and topic right, with the reason, while the answer is still to come.

    A complaint has its apology, whatever it was taken for; what is no complaint (any more) owes
    none. Running promises are counted under the new kind from now on; what was missed before stays
    where it was missed. Team and handler stay, unless ``move``: then the team responsible for the
    topic takes it (이관). Refused once the answer is on its way or was told.
    """
    complaint = lock_for(complaint_id, by=by, right="reclassify")
    topic = _topic(topic_id, complaint)
    why = words(reason, field="reason", required="바로잡는 까닭을 적어 주십시오.", longest=500)
    kind_before, topic_before = complaint.kind, complaint.topic
    moves = move and responsible_team(topic) != complaint.team
    if kind == kind_before and topic == topic_before and not moves:
        raise Refused("바뀐 것이 없습니다. 구분이나 유형을 고쳐 주십시오.", field="kind")
    _refuse(complaint, kind, by=by)
    change(complaint, kind=kind, topic=topic)
    record(
        complaint,
        "reclassified",
        at=now,
        by=actor(by),
        text=why,
        data={
            "kind_before": kind_before,
            "kind": kind,
            "topic_before": topic_before.code,
            "topic": topic.code,
        },
    )
    if kind != kind_before:
        _follow_the_kind(complaint, kind_before, now=now)
    if moves:
        choice = choose_anew(complaint, now=now)
        move_to(complaint, choice, by=actor(by), now=now, reason=why)
    notices.nudge()
    return complaint


def _topic(topic_id: int, complaint: Complaint) -> Topic:
    topic = Topic.objects.select_related("team").filter(pk=topic_id).first()
    if topic is None or not (topic.active or topic.pk == complaint.topic_id):
        raise Refused("유형을 골라 주십시오.", field="topic")
    return topic


def _refuse(complaint: Complaint, kind: str, *, by: StaffMember) -> None:
    """What stands against putting it right now, or against this kind."""
    if kind not in Kind.values:
        raise Refused("구분을 골라 주십시오.", field="kind")
    told = complaint.responses.filter(status=Response.Status.TOLD)
    if complaint.state not in BEFORE_THE_ANSWER or told.exists():
        raise NotNow("답변을 전하기 전에만 구분과 유형을 바로잡을 수 있습니다.")
    if kind == complaint.kind:
        return
    if complaint.state == State.APPROVING:
        raise NotNow("답변이 결재 중입니다. 결재를 거둔 뒤에 구분을 바로잡아 주십시오.")
    if complaint.stage > 1 and kind not in {Kind.COMPLAINT, Kind.SUGGESTION}:
        raise Refused(
            "되풀이된 지적으로 정한 건입니다. 되풀이로 정한 것을 먼저 되돌려 주십시오.",
            field="kind",
        )
    concerns_somebody = complaint.about_staff_unclear or bool(kept_out(complaint))
    if kind == Kind.COMPLIMENT and concerns_somebody and not by.user.has_role(Role.MANAGER):
        raise NotAllowed(
            "직원에 관한 의견을 칭찬으로 바꾸면 그 직원이 읽을 수 있게 됩니다. 관리자가 정합니다."
        )


# --- what follows from the kind -----------------------------------------------------------------


def _follow_the_kind(complaint: Complaint, before: str, *, now: datetime) -> None:
    standards.change_category(
        subject_type=SUBJECT, subject_id=complaint.pk, category=complaint.kind
    )
    _leave_out(complaint, now=now)
    _promise(complaint, now=now)
    _fit_the_draft(complaint)
    if complaint.kind == Kind.COMPLIMENT:
        change(complaint, about_staff_unclear=False)
        return
    if before == Kind.COMPLIMENT or complaint.kind == Kind.COMPLAINT:
        _look_for_staff(complaint, now=now)
        step_aside(complaint, now=now)


def _leave_out(complaint: Complaint, *, now: datetime) -> None:
    """Promises that this kind does not know are counted apart."""
    gone = []
    if complaint.kind != Kind.COMPLAINT:
        gone.append(APOLOGY)
        notices.cancel(
            subject_type=SUBJECT, subject_id=complaint.pk, templates=_OF_A_COMPLAINT, now=now
        )
    if not is_dissatisfaction(complaint):
        gone.append("stage-1")
    if gone:
        standards.exclude(
            subject_type=SUBJECT, subject_id=complaint.pk, why=WHY, now=now, codes=gone
        )


def _promise(complaint: Complaint, *, now: datetime) -> None:
    """Promises that this kind brings run from now on, or go on if they ran before."""
    if complaint.anonymous:
        return
    prefix = f"complaint:{complaint.pk}"
    if is_dissatisfaction(complaint) and complaint.team_confirmed_at is None:
        _open(complaint, "stage-1", f"{prefix}:stage-1", now=now, category=complaint.kind)
    if complaint.kind == Kind.COMPLAINT:
        quick = QUICK if complaint.channel in {"visit", "phone"} else ""
        _open(complaint, APOLOGY, apology_key(complaint), now=now, variant=quick)
        apologise(complaint, now=now)


def _open(
    complaint: Complaint,
    code: str,
    key: str,
    *,
    now: datetime,
    category: str = "",
    variant: str = "",
) -> None:
    if standards.take_back_in(key=key, why=WHY, now=now) is not None:
        return
    standards.open_commitment(
        code=code,
        key=key,
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        started_at=now,
        now=now,
        team=complaint.team,
        category=category,
        variant=variant,
    )


def _fit_the_draft(complaint: Complaint) -> None:
    """A result that this kind does not know is chosen anew; praise is passed on, not answered."""
    drafts = complaint.responses.exclude(status__in=[Response.Status.TOLD, Response.Status.DROPPED])
    if complaint.kind == Kind.COMPLIMENT:
        drafts.update(status=Response.Status.DROPPED)
        return
    known = [code for code, _label in texts.decisions_for(complaint.kind)]
    drafts.exclude(decision__in=["", *known]).update(decision="", version=F("version") + 1)


def _look_for_staff(complaint: Complaint, *, now: datetime) -> None:
    """Whom it is about, as at filing; a person's word on that stands.

    Who was told of the case while it was praise, or an enquiry, counts as marked from now on.
    """
    settled = events_of(SUBJECT, complaint.pk).filter(kind="about-staff-settled")
    if not settled.exists():
        find_staff_concerned(complaint, now=now)
    told = Notice.objects.filter(
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        audience=Audience.STAFF,
        staff=OuterRef("person"),
    )
    rows = AboutStaff.objects.filter(Exists(told), complaint=complaint)
    rows.update(origin=AboutStaff.Origin.MARKED)
