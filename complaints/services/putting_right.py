"""지적사항과 시정조치: what was found fault with, and whether it was really put right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

from django.db import transaction
from django.db.models import QuerySet

from centre import options
from centre import queries as centre_queries
from centre.calendar import SEOUL, CalendarError, seoul_day
from centre.models import StaffMember
from centre.words import korean_day
from complaints import registry
from complaints.errors import ChangedMeanwhile, NotAllowed, NotNow, Refused
from complaints.models import (
    Complaint,
    CorrectiveAction,
    Decision,
    Finding,
    Response,
    Verification,
)
from complaints.queries import SUBJECT, kept_out
from complaints.services._base import actor, is_chief, lock_for, record, words
from complaints.services.steps import HANDLERS, Scene
from complaints.services.telling import is_dissatisfaction, lead_of, tell_staff
from notices import services as notices
from records import services as records
from records.files import CheckedFile
from standards import services as standards
from standards.registry import StepDue

CODE = "put-right"
CLOSING_TIME = time(18)
#: Results by which the centre says that the citizen is right, in whole or in part.
ACCEPTED = frozenset(
    {Decision.ACCEPTED, Decision.PARTLY_ACCEPTED, Decision.ADOPTED, Decision.PARTLY_ADOPTED}
)
Status = CorrectiveAction.Status
#: States in which something is still to be done.
UNSETTLED = (Status.OPEN, Status.DONE, Status.FAILED)
#: Called with (action, *, trigger, now) where an action was not carried out, or missed its date.
after_failure: list[Callable[..., object]] = []


def action_key(action: CorrectiveAction) -> str:
    return f"complaint:{action.finding.complaint_id}:{CODE}:{action.pk}"


def actions_of(complaint: Complaint) -> QuerySet[CorrectiveAction]:
    rows = CorrectiveAction.objects.filter(finding__complaint=complaint)
    return rows.select_related("owner__team", "owner__user", "finding", "file").order_by("pk")


def finding_of(complaint: Complaint) -> Finding | None:
    """What was found in the case, by its last answer."""
    return complaint.findings.select_related("response", "decided_by").last()


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"


def sentence(text: str) -> str:
    """What somebody wrote, ended so that another sentence can follow."""
    said = text.strip()
    return said if said.endswith((".", "!", "?", "…")) else f"{said}."


def title_of(action: CorrectiveAction) -> str:
    """The action in one short line, for subjects and lists."""
    return _title(action.what)


# --- the finding comes with the answer ----------------------------------------------------------


def _found(complaint: Complaint, response: Response, *, by: StaffMember, now: datetime) -> None:
    """Whoever approved the answer decided whether the finding is accepted."""
    if not is_dissatisfaction(complaint):
        return
    accepted = response.decision in ACCEPTED
    finding = Finding.objects.create(
        complaint=complaint,
        response=response,
        accepted=accepted,
        reason=response.reason,
        decided_by=by,
        decided_at=now,
    )
    record(
        complaint,
        "finding-accepted" if accepted else "finding-declined",
        at=now,
        by=actor(by),
        text=response.reason,
        key=f"finding:{finding.pk}",
    )
    if accepted:
        _first_action(finding, response, now=now)


def _first_action(finding: Finding, response: Response, *, now: datetime) -> None:
    """The action the answer promises; what the answer says was done is still to be verified."""
    owner = finding.complaint.handler or response.drafted_by
    due_on = response.action_due_on
    if due_on is None or due_on < seoul_day(now):
        due_on = _default_due(now)
    done = bool(response.action_done) and not response.action_planned
    what = response.action_planned or response.action_done or "답변에서 인정한 것을 바로잡음"
    action = _create(finding, what, owner=owner, due_on=due_on, now=now)
    if done:
        _mark_done(action, evidence=response.action_done, file=None, now=now)


registry.after_approval.append(_found)


def _default_due(now: datetime) -> date:
    return centre_queries.calendar().add_open_days(seoul_day(now), options.number("action_days"))


def _create(
    finding: Finding, what: str, *, owner: StaffMember, due_on: date, now: datetime
) -> CorrectiveAction:
    action = CorrectiveAction.objects.create(
        finding=finding, what=what, owner=owner, first_due_on=due_on, due_on=due_on, entered_at=now
    )
    standards.open_commitment(
        code=CODE,
        key=action_key(action),
        subject_type=SUBJECT,
        subject_id=finding.complaint_id,
        started_at=now,
        due_at=max(now, closing_of(due_on)),
        team=finding.complaint.team,
        category=finding.complaint.kind,
        now=now,
    )
    return action


def closing_of(day: date) -> datetime:
    return datetime.combine(day, CLOSING_TIME, tzinfo=SEOUL)


# --- verbs --------------------------------------------------------------------------------------


def _lock(action_id: int, *, by: StaffMember) -> tuple[CorrectiveAction, Complaint]:
    action = (
        CorrectiveAction.objects.select_related("finding__complaint", "owner__user", "owner__team")
        .filter(pk=action_id)
        .first()
    )
    if action is None:
        raise NotNow("이 시정조치를 찾을 수 없습니다.")
    complaint = lock_for(action.finding.complaint_id, by=by, right="put_right")
    action.refresh_from_db(fields=["status", "due_on", "first_due_on", "done_at", "owner"])
    return action, complaint


def _concerns(complaint: Complaint, by: StaffMember) -> None:
    if complaint.handler_id != by.pk and complaint.team_id != by.team_id and not is_chief(by):
        raise NotAllowed


def _set(action: CorrectiveAction, *, was: str, **values: object) -> None:
    """Write if the action still is in the state it was seen in; else ChangedMeanwhile."""
    won = CorrectiveAction.objects.filter(pk=action.pk, status=was).update(**values)
    if not won:
        raise ChangedMeanwhile
    action.refresh_from_db()


@transaction.atomic
def enter_action(
    *,
    complaint_id: int,
    what: str,
    owner_id: int,
    due_on: date,
    by: StaffMember,
    now: datetime,
) -> CorrectiveAction:
    """Another thing to put right, with its owner and the date that is promised first."""
    complaint = lock_for(complaint_id, by=by, right="put_right")
    _concerns(complaint, by)
    finding = finding_of(complaint)
    if finding is None or not finding.accepted:
        raise NotNow("지적을 인정한 답변이 결재된 건에만 시정조치를 정할 수 있습니다.")
    text = words(what, field="what", required="무엇을 바로잡을지 적어 주십시오.", longest=2_000)
    owner = centre_queries.employed(at=now).filter(pk=owner_id).first()
    if owner is None or owner.pk in kept_out(complaint):
        raise Refused("이 일을 맡을 수 있는, 지금 근무하는 직원을 골라 주십시오.", field="owner")
    refuse_closed_day(due_on, now=now)
    action = _create(finding, text, owner=owner, due_on=due_on, now=now)
    record(complaint, "action-entered", at=now, by=actor(by), text=text)
    return action


def refuse_closed_day(day: date, *, now: datetime, field: str = "due_on") -> None:
    """Refused where a promise cannot be for this day: past, or the centre is closed."""
    if closing_of(day) <= now:
        raise Refused("지금보다 뒤의 날을 골라 주십시오.", field=field)
    try:
        why = centre_queries.calendar().why_closed(day)
    except CalendarError as error:
        raise Refused(str(error), field=field) from error
    if why:
        raise Refused(f"그날은 쉬는 날입니다({why}).", field=field)


@transaction.atomic
def move_action(
    *, action_id: int, due_on: date, reason: str, by: StaffMember, now: datetime
) -> CorrectiveAction:
    """A later date in force, with the reason; the date promised first stays what is counted."""
    action, complaint = _lock(action_id, by=by)
    if not is_chief(by):
        raise NotAllowed("시정조치의 기한은 팀장이나 관리자가 고칩니다.")
    if action.status not in {Status.OPEN, Status.FAILED}:
        raise NotNow("아직 마치지 않은 조치의 기한만 고칠 수 있습니다.")
    why = words(reason, field="reason", required="기한을 고치는 까닭을 적어 주십시오.", longest=500)
    refuse_closed_day(due_on, now=now)
    if due_on <= action.due_on:
        raise Refused("지금 기한보다 뒤의 날을 골라 주십시오.", field="due_on")
    promise = standards.find(action_key(action))
    if promise is not None and promise.state == "running" and now < promise.due_at:
        standards.move_due(
            key=promise.key, new_due_at=closing_of(due_on), why=why, now=now, by=actor(by)
        )
    _set(action, was=action.status, due_on=due_on)
    record(
        complaint,
        "action-moved",
        at=now,
        by=actor(by),
        text=why,
        data={"new_due": korean_day(due_on)},
    )
    return action


@transaction.atomic
def finish_action(
    *,
    action_id: int,
    evidence: str,
    by: StaffMember,
    now: datetime,
    file: CheckedFile | None = None,
) -> CorrectiveAction:
    """Its owner says that it is done, and what shows it; somebody else is asked to verify."""
    action, complaint = _lock(action_id, by=by)
    if action.owner_id != by.pk and not is_chief(by):
        raise NotAllowed("조치를 맡은 사람이 마친 것을 적습니다.")
    if action.status not in {Status.OPEN, Status.FAILED}:
        raise NotNow("이미 마친 조치입니다.")
    text = words(
        evidence, field="evidence", required="무엇을 했는지, 무엇으로 알 수 있는지 적어 주십시오."
    )
    stored = None
    if file is not None:
        stored = records.store_file(
            checked=file,
            subject_type=SUBJECT,
            subject_id=complaint.pk,
            now=now,
            visible_to_citizen=False,
        )
    _mark_done(action, evidence=text, file=stored, now=now)
    record(complaint, "action-done", at=now, by=actor(by), text=text)
    notices.nudge()
    return action


def _mark_done(action: CorrectiveAction, *, evidence: str, file: object, now: datetime) -> None:
    _set(action, was=action.status, status=Status.DONE, done_at=now, evidence=evidence, file=file)
    complaint = action.finding.complaint
    tell_staff(
        [verifier_for(action, now=now)],
        "action-verify",
        complaint=complaint,
        key=f"action-verify:{action.pk}:{now:%Y%m%dT%H%M%S}",
        now=now,
        context={"action_title": title_of(action), "owner": action.owner.name},
    )


def verifier_for(action: CorrectiveAction, *, now: datetime) -> StaffMember | None:
    """Who is asked to verify: whoever answers for the case, else the manager; never the owner."""
    complaint = action.finding.complaint
    lead = lead_of(complaint, now=now)
    if lead is not None and lead.pk != action.owner_id:
        return lead
    from complaints.services.telling import manager_of  # noqa: PLC0415

    return manager_of(complaint)


@transaction.atomic
def verify_action(
    *, action_id: int, carried_out: bool, note: str, by: StaffMember, now: datetime
) -> CorrectiveAction:
    """Somebody else than the owner looked: it was carried out, or it was not.

    The promise is kept by when it was done. What was not carried out is open again, and goes to
    a review where the stages say so.
    """
    action, complaint = _lock(action_id, by=by)
    if action.owner_id == by.pk:
        raise NotAllowed("자기가 맡은 조치는 다른 사람이 확인합니다.")
    if carried_out and action.status != Status.DONE:
        raise NotNow("조치를 맡은 사람이 마친 것과 증거를 먼저 적어야 합니다.")
    if action.status not in UNSETTLED:
        raise NotNow("이미 확인한 조치입니다.")
    said = words(
        note, field="note", required="무엇을 보고 확인했는지 적어 주십시오.", longest=2_000
    )
    done_at = action.done_at
    _set(action, was=action.status, status=Status.VERIFIED if carried_out else Status.FAILED)
    Verification.objects.create(action=action, carried_out=carried_out, note=said, by=by, at=now)
    record(
        complaint,
        "action-verified" if carried_out else "action-not-carried-out",
        at=now,
        by=actor(by),
        text=said,
    )
    if carried_out:
        standards.fulfil(key=action_key(action), at=done_at or now, now=now)
    else:
        for hook in after_failure:
            hook(action, trigger="not_carried_out", now=now)
    notices.nudge()
    return action


@transaction.atomic
def waive_action(
    *, action_id: int, reason: str, by: StaffMember, now: datetime
) -> CorrectiveAction:
    """Nothing needs to be put right, says the lead with a reason; it is counted apart."""
    action, complaint = _lock(action_id, by=by)
    if not is_chief(by):
        raise NotAllowed("조치가 필요 없다는 것은 팀장이나 관리자가 정합니다.")
    if action.status not in UNSETTLED:
        raise NotNow("이미 확인한 조치입니다.")
    why = words(
        reason, field="reason", required="조치가 필요 없는 까닭을 적어 주십시오.", longest=2_000
    )
    _set(action, was=action.status, status=Status.WAIVED, waived_why=why)
    _leave_out(action, now=now)
    record(complaint, "action-waived", at=now, by=actor(by), text=why)
    return action


def _leave_out(action: CorrectiveAction, *, now: datetime) -> None:
    """Exclude this promise alone; those of the case's other actions run on."""
    standards.exclude(
        subject_type=SUBJECT,
        subject_id=action.finding.complaint_id,
        why="waived",
        now=now,
        keys=[action_key(action)],
    )


# --- closing, ending ----------------------------------------------------------------------------


def _before_closing(complaint: Complaint, *, now: datetime) -> None:
    """A case stays open until what it promised was done and somebody else looked."""
    left = actions_of(complaint).filter(status__in=UNSETTLED).first()
    if left is not None:
        raise NotNow(
            f"시정조치 ‘{title_of(left)}’의 증거와 확인이 아직 없습니다. 확인을 마치거나, "
            "조치가 필요 없으면 그 까닭을 적은 뒤에 마쳐 주십시오."
        )


registry.before_closing.append(_before_closing)


# --- the sweep ----------------------------------------------------------------------------------


def _action_of(step: StepDue) -> CorrectiveAction | None:
    rows = CorrectiveAction.objects.select_related("finding__complaint", "owner__user")
    return rows.filter(pk=int(step.commitment.key.rpartition(":")[2])).first()


def _remind(scene: Scene, case: Complaint, step: StepDue) -> None:
    action = _action_of(step)
    if action is None or action.status not in {Status.OPEN, Status.FAILED}:
        return
    verifier = verifier_for(action, now=scene.now)
    scene.tell(
        case,
        [action.owner],
        "action-due",
        key=f"action-due:{action.pk}:{step.name}:{step.commitment.due_at:%Y%m%d}",
        context={
            "action_title": title_of(action),
            "action_due_on": korean_day(action.due_on),
            "due_at": "",  # the reply's date would be read as the action's
            "verifier": f"{verifier} 님" if verifier else "확인하는 사람",
        },
    )


def _missed(scene: Scene, case: Complaint, step: StepDue) -> None:
    """Owner and lead are told; what is done and only waits to be verified goes to the verifier."""
    action = _action_of(step)
    if action is None or action.status not in UNSETTLED:
        return
    if action.status == Status.DONE:
        scene.tell(
            case,
            [verifier_for(action, now=scene.now)],
            "action-verify",
            key=f"action-verify:{action.pk}:due",
            context={"action_title": title_of(action), "owner": action.owner.name},
        )
        return
    scene.record(case, "action-missed", step, key="missed")
    scene.tell(
        case,
        [action.owner, scene.lead(case)],
        "action-overdue",
        key=f"action-overdue:{action.pk}",
        context={
            "action_title": title_of(action),
            "action_due_on": korean_day(action.due_on),
        },
        hours="any",
    )
    for hook in after_failure:
        hook(action, trigger="missed", now=scene.now)


HANDLERS[CODE, "two-days"] = _remind
HANDLERS[CODE, "last-call"] = _remind
HANDLERS[CODE, "missed"] = _missed
