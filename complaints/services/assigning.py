"""Bringing a case to the right person: assignment, confirmation, 이관, whom it is about."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction

from centre import queries as centre_queries
from centre.models import Role, StaffMember, Team
from centre.words import korean_day, korean_instant
from complaints.choosing import Choice, choose, choose_in_team, is_expert
from complaints.errors import ChangedMeanwhile, NotAllowed, NotNow, Refused
from complaints.models import AboutStaff, Approval, Complaint, InternalNote, Response, State
from complaints.queries import SUBJECT, due_words, kept_out, promised_until, reply_commitment
from complaints.services._base import actor, change, is_chief, lock, lock_for, record, words
from complaints.services.filing import may_have, tell_of_assignment
from complaints.services.telling import (
    due_in,
    handler_context,
    is_dissatisfaction,
    tell_citizen,
    tell_staff,
    tellers,
)
from complaints.transitions import check
from notices import services as notices
from records.actors import SYSTEM, Actor
from standards import services as standards


@transaction.atomic
def assign(
    *,
    complaint_id: int,
    handler_id: int,
    by: StaffMember,
    now: datetime,
    version: int | None = None,
) -> Complaint:
    """Give the case to a person (담당자 지정) of any team. The clock is not touched."""
    complaint = lock_for(complaint_id, by=by, right="assign")
    _same_version(complaint, version)
    check(complaint.state, State.ASSIGNED)
    handler = _fit(complaint, handler_id, now=now)
    _move(complaint, team=handler.team, handler=handler, by=actor(by), now=now)
    notices.nudge()
    return complaint


@transaction.atomic
def take(*, complaint_id: int, by: StaffMember, now: datetime) -> Complaint:
    """Take over a case of one's own team, or one that nobody has."""
    complaint = lock_for(complaint_id, by=by, right="write_answer")
    check(complaint.state, State.ASSIGNED)
    if complaint.team_id != by.team_id and not is_chief(by):
        raise NotAllowed
    handler = _fit(complaint, by.pk, now=now)
    _move(complaint, team=complaint.team or handler.team, handler=handler, by=actor(by), now=now)
    return complaint


def _fit(complaint: Complaint, handler_id: int, *, now: datetime) -> StaffMember:
    """The person, if the case may be given to him."""
    if not centre_queries.hold(handler_id, at=now):
        raise Refused("지금 근무하는 직원을 골라 주십시오.", field="handler")
    handler = StaffMember.objects.select_related("team", "user").get(pk=handler_id)
    if handler.left_on is not None:
        raise Refused(
            f"{korean_day(handler.left_on)}부터 근무하지 않는 직원입니다. 다른 직원을 골라 주십시오.",
            field="handler",
        )
    if handler.pk in kept_out(complaint):
        if complaint.about_staff_unclear:
            raise Refused(
                "이 직원에 관한 의견일 수 있어 맡을 수 없습니다. 대상 직원을 먼저 정해 주십시오.",
                field="handler",
            )
        raise Refused("이 직원은 이 건의 대상이어서 맡을 수 없습니다.", field="handler")
    if not may_have(complaint, handler):
        raise Refused(
            "누구에 관한 의견인지 정하기 전에는 팀장이나 관리자만 맡을 수 있습니다. "
            "대상 직원을 먼저 정해 주십시오.",
            field="handler",
        )
    return handler


def choose_anew(
    complaint: Complaint, *, now: datetime, without: frozenset[int] = frozenset()
) -> Choice:
    """Who takes the case now: by its topic, or nobody where those chosen may not have it yet."""
    out = kept_out(complaint) | without
    choice = choose(topic=complaint.topic, without=out, now=now)
    return _only_who_may(complaint, choice)


def _only_who_may(complaint: Complaint, choice: Choice) -> Choice:
    if choice.handler is None or may_have(complaint, choice.handler):
        return choice
    return Choice(team=choice.team, handler=None, expert=False)


def move_to(complaint: Complaint, choice: Choice, *, by: Actor, now: datetime, reason: str) -> None:
    """Give the case to whom was chosen, as part of another verb."""
    _move(complaint, team=choice.team, handler=choice.handler, by=by, now=now, reason=reason)


def _same_version(complaint: Complaint, version: int | None) -> None:
    if version is not None and version != complaint.version:
        raise ChangedMeanwhile


def _move(
    complaint: Complaint,
    *,
    team: Team,
    handler: StaffMember | None,
    by: Actor,
    now: datetime,
    reason: str = "",
    one_by_one: bool = True,
) -> None:
    """Change who has the case, tell those concerned; promises and tasks follow.

    ``one_by_one`` is off where the successor is told of many cases in one mail.
    """
    told_before = complaint.team_confirmed_at is not None
    before, team_before = complaint.handler_id, complaint.team_id
    moved = complaint.handler_id != (handler.pk if handler else None)
    if not moved and complaint.team_id == team.pk:
        return
    first = not complaint.responses.exists() and complaint.team_confirmed_at is None
    state = complaint.state if complaint.state != State.RECEIVED else State.ASSIGNED
    change(complaint, team=team, handler=handler, assigned_at=now, state=state)
    record(
        complaint,
        "reassigned",
        at=now,
        by=by,
        text=reason,
        data={"team": team.code, "handler": handler.pk if handler else None},
    )
    standards.change_team(subject_type=SUBJECT, subject_id=complaint.pk, team=team)
    notices.move_tasks(
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        to_person=next(iter(tellers(complaint, out=kept_out(complaint))), None),
    )
    _tell_no_more(complaint, before, now=now)
    if one_by_one:
        expert = first and handler is not None and is_expert(handler, complaint.topic)
        tell_of_assignment(
            complaint,
            Choice(team=team, handler=None if not first else handler, expert=bool(expert)),
            now=now,
        )
    unseen = complaint.in_team_name and team_before == team.pk  # the citizen knows the team only
    if told_before and handler is not None and not unseen:
        tell_citizen(
            complaint,
            "handler-changed",
            key=f"handler-changed:{complaint.version}",
            now=now,
            context=handler_context(complaint, handler)
            | {"due_at": due_words(promised_until(complaint))},
        )


def _tell_no_more(complaint: Complaint, former: int | None, *, now: datetime) -> None:
    """Mails of the former assignment, and reminders of the former handler, that wait to go out."""
    cancel = partial(notices.cancel, subject_type=SUBJECT, subject_id=complaint.pk, now=now)
    cancel(templates=["assigned", "team-referred", "voc-unassigned"])
    if former is not None and former != complaint.handler_id:
        reminders = ["approval-returned", "due-moved", "due-today", "due-two-days", "overdue"]
        cancel(templates=[*reminders, "supplement-arrived", "message-arrived"], people=[former])


@transaction.atomic
def confirm_team(*, complaint_id: int, by: StaffMember, now: datetime) -> Complaint:
    """The team confirms (팀 확인); the citizen is told team, person and phone (charter, 1차)."""
    complaint = lock_for(complaint_id, by=by, right="confirm_team")
    if complaint.handler is None:
        raise NotNow("담당자를 먼저 정해 주십시오.")
    if complaint.handler_id != by.pk and complaint.team_id != by.team_id and not is_chief(by):
        raise NotAllowed
    confirm(complaint, by=actor(by), now=now)
    notices.nudge()
    return complaint


def confirm(complaint: Complaint, *, by: Actor, now: datetime, told_anyway: bool = False) -> None:
    """Confirm once; a second time, or while nobody has the case, does nothing.

    ``told_anyway``: the result, with team and person in it, is told in the same transaction.
    """
    if complaint.team_confirmed_at is not None or complaint.handler is None:
        return
    state = State.REVIEWING if complaint.state == State.ASSIGNED else State(complaint.state)
    change(complaint, team_confirmed_at=now, state=state)
    record(complaint, "team-confirmed", at=now, by=by, key=f"complaint:{complaint.pk}:confirmed")
    notices.cancel(
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        templates=["team-referred", "team-silent"],
        now=now,
    )
    if reply_commitment(complaint) is None or told_anyway:
        return
    deputy = None
    if not complaint.in_team_name:
        deputy = centre_queries.stand_in(complaint.handler, at=now, without=kept_out(complaint))
    told = tell_citizen(
        complaint,
        "handler-assigned",
        key="handler-assigned",
        now=now,
        context=handler_context(complaint, complaint.handler)
        | {"due_at": due_words(promised_until(complaint))}
        | ({"deputy_name": deputy.name, "deputy_title": deputy.title} if deputy else {}),
    )
    if not told and is_dissatisfaction(complaint):
        standards.fulfil(key=f"complaint:{complaint.pk}:stage-1", at=now, now=now)


@transaction.atomic
def reassign(
    *,
    complaint_id: int,
    team_id: int,
    reason: str,
    by: StaffMember,
    now: datetime,
    handler_id: int | None = None,
) -> Complaint:
    """이관: to another team, with a reason. Its expert or lead takes it; the clock runs on.

    A handler passes on what his team has; what nobody in reach can take is the desk's to assign.
    """
    complaint = lock_for(complaint_id, by=by, right="reassign")
    check(complaint.state, State.ASSIGNED)
    why = words(reason, field="reason", required="이관하는 까닭을 적어 주십시오.", longest=500)
    team = Team.objects.filter(pk=team_id, dissolved_on=None).first()
    if team is None:
        raise Refused("이관할 팀을 골라 주십시오.", field="team")
    if handler_id is not None:
        handler: StaffMember | None = _fit(complaint, handler_id, now=now)
    else:
        choice = choose_in_team(
            team=team, topic=complaint.topic, without=kept_out(complaint), now=now
        )
        handler = _only_who_may(complaint, choice).handler
    _move(complaint, team=team, handler=handler, by=actor(by), now=now, reason=why)
    notices.nudge()
    return complaint


@transaction.atomic
def add_supporting_team(
    *, complaint_id: int, team_id: int, by: StaffMember, now: datetime
) -> Complaint:
    """Ask another team to help (협조 부서); it may then read the case."""
    complaint = lock_for(complaint_id, by=by, right="assign")
    team = Team.objects.filter(pk=team_id, dissolved_on=None).first()
    if team is None or team.pk == complaint.team_id:
        raise Refused("협조할 다른 팀을 골라 주십시오.", field="team")
    complaint.supporting_teams.add(team)
    record(complaint, "support-asked", at=now, by=actor(by), data={"team": team.code})
    lead = centre_queries.team_lead(team, at=now)
    tell_staff(
        [lead],
        "team-referred",
        complaint=complaint,
        key=f"support:{team.pk}",
        now=now,
        context={"ack_due_at": korean_instant(due_in("4h", now=now))},
    )
    return complaint


@transaction.atomic
def add_note(*, complaint_id: int, text: str, by: StaffMember, now: datetime) -> InternalNote:
    """내부 메모: for staff only."""
    complaint = lock_for(complaint_id, by=by, right="write_note")
    clean = words(text, field="text", required="메모를 적어 주십시오.", longest=5_000)
    record(complaint, "note-added", at=now, by=actor(by))
    return InternalNote.objects.create(complaint=complaint, by=by, at=now, text=clean)


# --- whom it is about ---------------------------------------------------------------------------


@transaction.atomic
def settle_about_staff(
    *,
    complaint_id: int,
    person_ids: list[int],
    by: StaffMember,
    now: datetime,
    reason: str = "",
) -> Complaint:
    """Settle whom the case is about. These people lose sight of it, and of handling it, at once.

    That it is about nobody, where the citizen spoke of somebody, is for a manager or another team
    to say, with the reason.
    """
    complaint = lock_for(complaint_id, by=by, right="mark_about_staff")
    people = list(StaffMember.objects.filter(pk__in=person_ids))
    if by in people:
        raise Refused("자신이 대상인지는 다른 사람이 정합니다.", field="people")
    why = words(reason, field="reason", longest=500)
    if not people and (complaint.about_staff_unclear or kept_out(complaint)):
        if complaint.team_id == by.team_id and not by.user.has_role(Role.MANAGER):
            raise Refused(
                "대상 직원이 없다는 것은 다른 팀의 팀장이나 관리자가 정합니다.", field="people"
            )
        if not why:
            raise Refused("대상 직원이 없다고 보는 까닭을 적어 주십시오.", field="reason")
    AboutStaff.objects.filter(complaint=complaint).exclude(person__in=people).delete()
    known = set(AboutStaff.objects.filter(complaint=complaint).values_list("person", flat=True))
    AboutStaff.objects.bulk_create(
        AboutStaff(complaint=complaint, person=person, origin=AboutStaff.Origin.MARKED)
        for person in people
        if person.pk not in known
    )
    change(complaint, about_staff_unclear=False)
    record(
        complaint,
        "about-staff-settled",
        at=now,
        by=actor(by),
        text=why,
        data={"people": sorted(person.pk for person in people)},
    )
    step_aside(complaint, now=now)
    return complaint


def step_aside(complaint: Complaint, *, now: datetime) -> None:
    """Take case and approvals away from people who are kept out, and choose anew."""
    from complaints.services.approving import drafter_of, pass_on  # noqa: PLC0415

    out = kept_out(complaint)
    notices.keep_from(subject_type=SUBJECT, subject_id=complaint.pk, people=out)
    for waiting in complaint.approvals.filter(decision=Approval.Decision.WAITING):
        if waiting.document == "response" and drafter_of(waiting).pk in out:
            take_back(complaint, now=now)
        elif waiting.approver_id in out:
            passed = pass_on(waiting, now=now)
            if passed is None and waiting.document == "response":
                take_back(complaint, now=now)  # whoever lays it before approval again is told why
    if complaint.is_open and (_has_none(complaint) or complaint.handler_id in out):
        choice = choose_anew(complaint, now=now)
        _move(complaint, team=choice.team, handler=choice.handler, by=SYSTEM, now=now)
    notices.move_tasks(
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        to_person=next(iter(tellers(complaint, out=out)), None),
        only_from=out,
    )


def _has_none(complaint: Complaint) -> bool:
    """Whether nobody has the case who may have it."""
    return complaint.handler is None or not may_have(complaint, complaint.handler)


def take_back(complaint: Complaint, *, now: datetime) -> None:
    """The answer goes from approval back to whoever writes it."""
    from complaints.services import approving  # noqa: PLC0415

    approving.drop(complaint, document="response", now=now)
    complaint.responses.filter(status=Response.Status.SUBMITTED).update(
        status=Response.Status.DRAFT
    )
    change(complaint, state=State.REVIEWING)


def follow_absence(complaint_id: int, *, now: datetime) -> bool:
    """Give a case that its absent handler has not confirmed to somebody present; False if none."""
    complaint = lock(complaint_id)
    if complaint.state != State.ASSIGNED or complaint.handler is None:
        return False
    out = kept_out(complaint)
    if centre_queries.is_present(complaint.handler, at=now):
        return False
    deputy = centre_queries.stand_in(complaint.handler, at=now, without=out)
    if deputy is None or not may_have(complaint, deputy):
        return False
    if not centre_queries.hold(deputy.pk, at=now):
        return False  # he left at this very moment; the next round finds another
    _move(complaint, team=complaint.team or deputy.team, handler=deputy, by=SYSTEM, now=now)
    return True
