"""What the sweep's steps mean for a case: whom each concerns, and what is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.db import transaction

from centre import options
from centre import queries as centre_queries
from centre.calendar import SEOUL, seoul_day
from centre.models import Position, StaffMember
from centre.words import korean_day, korean_instant
from complaints import queries
from complaints.errors import NotNow, Refused
from complaints.models import (
    AboutStaff,
    Approval,
    Complaint,
    Kind,
    NewPromise,
    Response,
    State,
)
from complaints.queries import SUBJECT, renewed_key
from complaints.services._base import (
    actor,
    lock,
    lock_for,
    record,
    require_open_day,
    words,
)
from complaints.services.approving import describe, pass_on
from complaints.services.telling import (
    RESULTS,
    case_context,
    contact_way,
    desk_for,
    handler_context,
    lead_of,
    new_promise_context,
    staff_url,
    tell_citizen,
    to_citizen,
    to_staff,
    ways_to,
)
from complaints.services.waiting import lapse
from notices import services as notices
from notices.models import Channel as Way
from notices.models import Notice
from records.actors import SYSTEM
from records.services import NewEvent, record_many
from standards import services as standards
from standards.models import Commitment
from standards.registry import Moved, StepDue
from standards.steps import Step

CLOSING_TIME = time(18)


def take_steps(steps: Sequence[StepDue], *, now: datetime) -> None:
    """Take the steps of cases that are due, in order. Called inside the sweep's transaction.

    What many steps need is read once for all of them; events and notices are written at the end.
    """
    scene = Scene.of(steps, now=now)
    for step in steps:
        handler = HANDLERS.get((step.commitment.code, step.name))
        if handler is not None:
            handler(scene, scene.cases[step.commitment.subject_id], step)
    record_many(scene.events)
    notices.owe_many(scene.owed, now=now)


@dataclass(slots=True)
class Scene:
    """The cases of a batch with the people around them, and what the steps bring about."""

    now: datetime
    facts: dict[str, str]
    cases: dict[int, Complaint]
    replies: dict[int, Commitment]
    out: dict[int, frozenset[int]]
    drafts: dict[int, Response]
    approvals: dict[int, Approval]
    promises: dict[int, NewPromise]
    new_promise_at: datetime
    leads: dict[int, list[StaffMember]]
    above: list[StaffMember]
    present: set[int] | None = None
    events: list[NewEvent] = field(default_factory=list)
    owed: list[notices.Owed] = field(default_factory=list)

    @classmethod
    def of(cls, steps: Sequence[StepDue], *, now: datetime) -> Scene:
        ids = {step.commitment.subject_id for step in steps}
        cases = Complaint.objects.filter(pk__in=ids).select_related(
            "topic", "team", "handler__user", "handler__team", "registered_by__team"
        )
        found = {case.pk: case for case in cases}
        keys = {queries.reply_key(case): case.pk for case in found.values()}
        replies = Commitment.objects.filter(key__in=keys)
        about: dict[int, set[int]] = defaultdict(set)
        rows = AboutStaff.objects.filter(complaint__in=ids)
        for row in rows:
            if found[row.complaint_id].kind != Kind.COMPLIMENT:
                about[row.complaint_id].add(row.person_id)
        waiting = Approval.objects.filter(complaint__in=ids, decision=Approval.Decision.WAITING)
        people = StaffMember.objects.filter(left_on=None).select_related("user", "team")
        leads: dict[int, list[StaffMember]] = defaultdict(list)
        above: list[StaffMember] = []
        for person in people.exclude(position=Position.MEMBER).order_by("-position", "pk"):
            if person.position == Position.LEAD:
                leads[person.team_id].append(person)
            else:
                above.append(person)
        return cls(
            now=now,
            facts=centre_queries.facts(),
            cases=found,
            replies={keys[reply.key]: reply for reply in replies},
            out={pk: frozenset(about[pk]) for pk in found},
            drafts=_drafts(ids),
            promises=_promises(ids),
            new_promise_at=_new_promise_at(now),
            approvals={
                row.complaint_id: row
                for row in waiting.select_related("approver__user", "approver__team", "acting_for")
            },
            leads=leads,
            above=above,
        )

    def lead(self, case: Complaint) -> StaffMember | None:
        """Who answers for the case: the lead, or the next above where it is about the lead."""
        allowed = [
            p for p in self.leads.get(case.team_id or 0, []) if p.pk not in self.out[case.pk]
        ]
        return allowed[0] if allowed else self.manager(case)

    def at_work(self, case: Complaint) -> list[StaffMember | None]:
        """Whom to remind: the handler, and while he is away also who answers for the case."""
        if self.present is None:
            self.present = centre_queries.present_people(at=self.now)
        if case.handler_id in self.present:
            return [case.handler]
        return [case.handler, self.lead(case)]

    def manager(self, case: Complaint) -> StaffMember | None:
        """The secretary general, or the director where the case is about the former."""
        return next((p for p in self.above if p.pk not in self.out[case.pk]), None)

    def context(self, case: Complaint) -> dict[str, object]:
        return (
            case_context(case, facts=self.facts, reply=self.replies.get(case.pk))
            | handler_context(
                case,
                case.handler,
                out=self.out[case.pk],
                centre_phone=self.facts["centre_phone"],
            )
            | {"link": staff_url(case)}
        )

    def record(
        self,
        case: Complaint,
        kind: str,
        step: StepDue,
        *,
        key: str,
        data: dict[str, object] | None = None,
    ) -> None:
        """Note what the step was, at the instant at which it was really due."""
        self.events.append(
            NewEvent(
                subject_type=SUBJECT,
                subject_id=case.pk,
                kind=kind,
                at=step.at,
                recorded_at=self.now,
                by=SYSTEM,
                data=data or {},
                key=f"{step.commitment.key}:{key}",
            )
        )

    def tell(
        self,
        case: Complaint,
        people: Sequence[StaffMember | None],
        template: str,
        *,
        key: str,
        context: dict[str, object] | None = None,
        hours: str = "opening",
    ) -> None:
        self.owed += to_staff(
            people,
            template,
            complaint=case,
            key=key,
            context=self.context(case) | (context or {}),
            out=self.out[case.pk],
            hours=hours,
        )

    def tell_citizen(
        self, case: Complaint, template: str, *, key: str, context: dict[str, object]
    ) -> None:
        self.owed += to_citizen(
            case,
            template,
            key=key,
            context=self.context(case) | context,
            out=self.out[case.pk],
        )


def _drafts(ids: set[int]) -> dict[int, Response]:
    rows = Response.objects.filter(complaint__in=ids).exclude(
        status__in=[Response.Status.TOLD, Response.Status.DROPPED]
    )
    return {row.complaint_id: row for row in rows.order_by("number")}


def _promises(ids: set[int]) -> dict[int, NewPromise]:
    rows = NewPromise.objects.filter(complaint__in=ids).order_by("number")
    return {row.complaint_id: row for row in rows}


def _new_promise_at(now: datetime) -> datetime:
    """The new date: so many open days from now (a choice of the centre), at closing time."""
    days = options.number("new_promise_days")
    day = centre_queries.calendar().add_open_days(seoul_day(now), days)
    return datetime.combine(day, CLOSING_TIME, tzinfo=SEOUL)


def _due_key(commitment: Commitment) -> str:
    """Part of a key: a re-dated commitment reminds again."""
    return f"{commitment.due_at:%Y%m%dT%H%M}"


def _two_days(scene: Scene, case: Complaint, step: StepDue) -> None:
    due = _due_key(step.commitment)
    scene.record(case, "reminded", step, key=f"two:{due}")
    left = _what_is_left(case, scene.drafts.get(case.pk), scene.approvals.get(case.pk))
    scene.tell(
        case,
        scene.at_work(case),
        "due-two-days",
        key=f"two-days:{step.commitment.code}:{due}",
        context={"next_step": left},
    )


def next_step(complaint: Complaint) -> str:
    """What is left to do, in a few words, for reminders and the queue."""
    return _what_is_left(
        complaint, queries.current_draft(complaint), queries.open_approval(complaint)
    )


def _what_is_left(case: Complaint, draft: Response | None, approval: Approval | None) -> str:
    if case.handler_id is None:
        return "담당자 지정"
    if case.team_confirmed_at is None:
        return "팀 확인"
    if draft is None:
        return "답변 쓰기"
    if draft.status == Response.Status.SUBMITTED:
        return f"결재({describe(approval)})" if approval else "결재"
    if draft.status == Response.Status.APPROVED:
        return "고객에게 전하기"
    return "답변 마무리와 결재 올리기"


def _last_call(scene: Scene, case: Complaint, step: StepDue) -> None:
    due = _due_key(step.commitment)
    approval = scene.approvals.get(case.pk)
    scene.record(case, "last-call", step, key=f"last:{due}")
    scene.tell(
        case,
        [*scene.at_work(case), approval.approver if approval else None],
        "due-today",
        key=f"last-call:{step.commitment.code}:{due}",
        context={"approver": describe(approval) if approval else ""},
    )


# --- a promise missed ---------------------------------------------------------------------------


def _reply_missed(scene: Scene, case: Complaint, step: StepDue) -> None:
    """Admit it to the citizen at once, with a new date; tell handler, lead and manager."""
    promise, _made = NewPromise.objects.get_or_create(
        complaint=case,
        number=case.round,
        defaults={"made_at": scene.now, "due_at": scene.new_promise_at},
    )
    scene.promises[case.pk] = promise
    new_due = korean_instant(promise.due_at)
    scene.record(case, "promise-missed", step, key="missed", data={"new_due": new_due})
    standards.open_commitment(
        code="reply-renewed",
        key=renewed_key(case),
        subject_type=SUBJECT,
        subject_id=case.pk,
        started_at=scene.now,
        due_at=promise.due_at,
        team=case.team,
        category=case.kind,
        now=scene.now,
    )
    lead = scene.lead(case)
    scene.tell_citizen(
        case,
        "missed-promise",
        key=f"missed-promise:{case.round}",
        context=new_promise_context(promise) | _lead_context(case, lead),
    )
    people = [case.handler, lead, scene.manager(case)]
    _say_overdue(scene, case, people, step, new_due=new_due, hours="any")
    scene.tell(
        case,
        [lead],
        "lead-new-date",
        key=f"lead-new-date:{case.round}",
        context={"new_due_at": new_due},
    )


def _say_overdue(
    scene: Scene,
    case: Complaint,
    people: list[StaffMember | None],
    step: StepDue,
    *,
    new_due: str,
    hours: str,
    passed_again: bool = False,
) -> None:
    scene.tell(
        case,
        people,
        "overdue",
        key=f"overdue:{case.round}:{step.at.astimezone(SEOUL):%Y%m%d}",
        context={"new_due_at": new_due, "passed_again": passed_again},
        hours=hours,
    )


def _lead_context(case: Complaint, lead: StaffMember | None) -> dict[str, object]:
    if lead is None or case.in_team_name:
        return {"lead_name": "", "lead_title": ""}
    return {"lead_name": lead.name, "lead_title": lead.title}


def _chase(scene: Scene, case: Complaint, step: StepDue) -> None:
    """Once a day in opening hours, until the answer was told."""
    if not case.is_open:
        return
    promise = scene.promises.get(case.pk)
    _say_overdue(
        scene,
        case,
        [case.handler, scene.lead(case), scene.manager(case)],
        step,
        new_due=korean_instant(promise.due_at) if promise else "",
        hours="opening",
        passed_again=promise is not None and promise.due_at <= step.at,
    )


def _renewed_missed(scene: Scene, case: Complaint, step: StepDue) -> None:
    """A second miss, or one more: a manager rings within 4 working hours (the centre's choice)."""
    which = step.commitment.key.partition(":reply-renewed:")[2]  # 1, or 1:2 for a date agreed
    call_key = f"complaint:{case.pk}:manager-call:{which}"
    standards.exclude(  # one call is open at a time: a former round's is not chased any more
        subject_type=SUBJECT,
        subject_id=case.pk,
        why="reopened",
        now=scene.now,
        codes=["manager-call"],
    )
    call = standards.open_commitment(
        code="manager-call",
        key=call_key,
        subject_type=SUBJECT,
        subject_id=case.pk,
        started_at=scene.now,
        team=case.team,
        now=scene.now,
    )
    manager = scene.manager(case)
    context: dict[str, object] = {
        "contact_due_at": korean_instant(call.due_at),
        "contact_way": contact_way(case) or "전화로",
        "new_due_at": korean_instant(step.commitment.due_at),
        "manager_name": manager.name if manager else "",
        "manager_title": manager.title if manager else "",
    }
    scene.record(
        case,
        "promise-missed-again",
        step,
        key="missed",
        data={
            "missed_due": context["new_due_at"],
            "contact_due": context["contact_due_at"],
            "contact_way": context["contact_way"],
            "manager": context["manager_title"] or "사무처장",
        },
    )
    scene.tell_citizen(
        case, "missed-promise-again", key=f"missed-promise-again:{which}", context=context
    )
    scene.tell(
        case,
        [manager],
        "manager-ring",
        key=f"manager-ring:{which}",
        context=context,
        hours="any",
    )


@transaction.atomic
def set_new_promise(
    *,
    complaint_id: int,
    reason: str,
    by: StaffMember,
    now: datetime,
    progress: str = "",
    due_on: date | None = None,
) -> NewPromise:
    """The lead says why it is late, and may set another new date; the citizen's page shows both."""
    complaint = lock_for(complaint_id, by=by, right="set_new_promise")
    promise = queries.new_promise(complaint)
    if promise is None or not complaint.is_open:
        raise NotNow("지키지 못한 약속이 있는, 답변 전인 건에만 쓸 수 있습니다.")
    promise.reason = words(
        reason, field="reason", required="늦어진 까닭을 적어 주십시오.", longest=2_000
    )
    promise.progress = words(progress, field="progress", longest=2_000)
    promise.set_by = by
    if due_on is not None:
        due_at = datetime.combine(due_on, CLOSING_TIME, tzinfo=SEOUL)
        if due_at != promise.due_at:
            _move_promise(complaint, promise, due_at, now=now)
    promise.save()
    notices.cancel(
        subject_type=SUBJECT, subject_id=complaint.pk, templates=["lead-new-date"], now=now
    )
    record(complaint, "new-promise-set", at=now, by=actor(by))
    notices.nudge()
    return promise


def _move_promise(
    complaint: Complaint, promise: NewPromise, due_at: datetime, *, now: datetime
) -> None:
    _check_new_date(due_at, now=now)
    if len(queries.renewed_promises(complaint)) > 1:
        raise NotNow(
            "관리자가 고객께 연락드리고 정한 기한이라 바꿀 수 없습니다. "
            "이 기한보다 먼저 답변드리는 것은 언제나 좋습니다."
        )
    if now >= promise.due_at:
        raise NotNow(
            "새로 약속한 기한도 지났습니다. 고객께 직접 연락드려 날짜를 정하고, 말씀드린 것을 "
            "‘관리자 전화 기록’에 남겨 주십시오."
        )
    standards.move_due(
        key=renewed_key(complaint), new_due_at=due_at, why="팀장이 새 기한을 정함", now=now
    )
    promise.due_at = due_at
    tell_citizen(
        complaint,
        "missed-promise",
        key=f"missed-promise:{complaint.round}:{due_at:%Y%m%d}",
        now=now,
        context=new_promise_context(promise)
        | _lead_context(complaint, lead_of(complaint, now=now)),
    )


def _check_new_date(due_at: datetime, *, now: datetime) -> None:
    if due_at <= now:
        raise Refused("지금보다 뒤의 날을 골라 주십시오.", field="due_on")
    require_open_day(seoul_day(due_at), field="due_on")
    furthest = centre_queries.calendar().add_open_days(
        seoul_day(now), options.number("new_promise_longest_days")
    )
    if seoul_day(due_at) > furthest:
        raise Refused(f"{korean_day(furthest)}까지의 날을 골라 주십시오.", field="due_on")


@transaction.atomic
def log_manager_call(
    *,
    complaint_id: int,
    note: str,
    by: StaffMember,
    now: datetime,
    due_on: date | None = None,
    no_date: bool = False,
) -> Complaint:
    """A manager rang the citizen after the second miss: what was said, and the date agreed.

    That date (closing time of ``due_on``) is the new promise. With ``no_date`` none could be agreed:
    then the centre's own limit after a miss holds, counted from this call, so that a date is never
    missing. NotNow where no call is owed, or it was made.
    """
    complaint = lock_for(complaint_id, by=by, right="set_new_promise")
    owed = [c for c in queries.manager_calls(complaint) if c.state in {"running", "missed"}]
    if not owed or owed[-1].fulfilled_at is not None:
        raise NotNow("관리자가 전화드리기로 한 약속이 없거나, 이미 전화한 것을 적었습니다.")
    said = words(note, field="note", required="무엇을 말씀드렸는지 적어 주십시오.", longest=2_000)
    due_at = _date_of_call(due_on, no_date=no_date, now=now)
    standards.fulfil(key=owed[-1].key, at=now, now=now)
    _promise_once_more(complaint, due_at, now=now)
    until = korean_instant(due_at)
    record(
        complaint,
        "manager-called",
        at=now,
        by=actor(by),
        text=said,
        data={"new_due": until, "agreed": not no_date},
    )
    if Way.EMAIL in ways_to(complaint):  # who has no e-mail was just told
        tell_citizen(
            complaint,
            "date-agreed",
            key=f"date-agreed:{owed[-1].key.partition(':manager-call:')[2]}",
            now=now,
            context={"new_due_at": until, "agreed": not no_date},
        )
    notices.nudge()
    return complaint


def _date_of_call(due_on: date | None, *, no_date: bool, now: datetime) -> datetime:
    if no_date and due_on is not None:
        raise Refused(
            "날짜를 정하셨으면 ‘날짜를 함께 정하지 못함’의 표시를 빼 주십시오.", field="no_date"
        )
    if no_date:
        return _new_promise_at(now)
    if due_on is None:
        raise Refused(
            "고객과 정한 답변 날짜를 적어 주십시오. 정하지 못하셨으면 "
            "‘날짜를 함께 정하지 못함’에 표시해 주십시오.",
            field="due_on",
        )
    due_at = datetime.combine(due_on, CLOSING_TIME, tzinfo=SEOUL)
    _check_new_date(due_at, now=now)
    return due_at


def _promise_once_more(complaint: Complaint, due_at: datetime, *, now: datetime) -> None:
    """A clock of its own for the date set in the call; it stands still during a supplement."""
    key = f"{renewed_key(complaint)}:{len(queries.renewed_promises(complaint)) + 1}"
    standards.open_commitment(
        code="reply-renewed",
        key=key,
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        started_at=now,
        due_at=due_at,
        team=complaint.team,
        category=complaint.kind,
        now=now,
    )
    if complaint.state == State.WAITING:
        standards.pause(key=key, at=now, now=now)
    complaint.new_promises.filter(number=complaint.round).update(due_at=due_at)


# --- inner clocks -------------------------------------------------------------------------------


def _team_silent(scene: Scene, case: Complaint, step: StepDue) -> None:
    scene.record(case, "team-silent", step, key="silent")
    people: list[StaffMember | None] = [scene.lead(case)]
    people += desk_for(case, out=scene.out[case.pk])
    scene.tell(case, people, "team-silent", key="team-silent", hours="any")


def _approval_waiting(scene: Scene, case: Complaint, step: StepDue) -> None:
    """A draft has waited 4 working hours: remind, or pass it on if the approver is away."""
    approval_id = int(step.commitment.key.partition(":")[2])
    lock(case.pk)
    approval = (
        Approval.objects.filter(pk=approval_id, decision=Approval.Decision.WAITING)
        .select_related("approver__user", "approver__team", "complaint")
        .first()
    )
    if approval is None:
        return
    here = centre_queries.is_present(approval.approver, at=scene.now)
    if not here and pass_on(approval, now=scene.now):
        return
    deputy = centre_queries.stand_in(approval.approver, at=scene.now, without=scene.out[case.pk])
    scene.tell(
        case, [approval.approver, deputy], "approval-waiting", key=f"approval-waiting:{approval_id}"
    )


def _supplement_soon(scene: Scene, case: Complaint, step: StepDue) -> None:
    scene.tell_citizen(
        case,
        "supplement-reminder",
        key=f"{step.commitment.key}:reminder",
        context={"reply_until": korean_instant(step.commitment.due_at)},
    )


def _supplement_lapsed(scene: Scene, case: Complaint, step: StepDue) -> None:
    lapse(lock(case.pk), at=step.at, now=scene.now)


#: By code of the promise and name of the step; later stages add theirs.
HANDLERS: dict[tuple[str, str], Callable[[Scene, Complaint, StepDue], None]] = {
    ("reply", "two-days"): _two_days,
    ("reply", "last-call"): _last_call,
    ("reply", "missed"): _reply_missed,
    ("reply", "chase"): _chase,
    ("reply-renewed", "last-call"): _last_call,
    ("reply-renewed", "missed"): _renewed_missed,
    ("manager-call", "chase"): _chase,
    ("stage-1", "missed"): _team_silent,
    ("approval", "missed"): _approval_waiting,
    ("supplement", "two-days"): _supplement_soon,
    ("supplement", "missed"): _supplement_lapsed,
}


def fulfilled_at(keys: Sequence[str]) -> dict[str, datetime]:
    """The facts that decide kept or missed, for commitments of cases by key.

    What keeps a promise here is told at once to ``standards.fulfil`` in the same transaction as
    the fact, so a running commitment has no fact that is not on it yet; the table of facts is
    asked all the same, so that a lost write can never turn a kept promise into a missed one.
    """
    wanted = {key: int(key.split(":")[1]) for key in keys if key.startswith("complaint:")}
    rows = Complaint.objects.filter(pk__in=set(wanted.values()))
    facts = {row.pk: row for row in rows.only("pk", "told_at", "round", "state")}
    found: dict[str, datetime] = {}
    for key, pk in wanted.items():
        row = facts.get(pk)
        if row is not None and row.told_at and queries.is_reply_key(row, key):
            found[key] = row.told_at
    return found | _accepted(wanted, facts)


def _accepted(wanted: dict[str, int], facts: dict[int, Complaint]) -> dict[str, datetime]:
    """Results that arrived, which the case has not been told yet: the note of it was cut short."""
    keys = {
        key: pk
        for key, pk in wanted.items()
        if pk in facts and facts[pk].state == State.TELLING and queries.is_reply_key(facts[pk], key)
    }
    if not keys:
        return {}
    rows = Notice.objects.filter(
        subject_type=SUBJECT,
        subject_id__in=set(keys.values()),
        template__in=RESULTS,
        status="delivered",
        follow_up="delivered",
    )
    told = dict(rows.order_by("-delivered_at").values_list("subject_id", "delivered_at"))
    return {key: at for key, pk in keys.items() if (at := told.get(pk)) is not None}


def redated(moved: Sequence[Moved], *, now: datetime) -> None:
    """A closure moved the date: the citizen is told, once for each new date, and the handler is
    asked to meet the first date all the same."""
    rows = [row for row in moved if row.commitment.code == "reply"]
    steps = [StepDue(row.commitment, Step.MISSED, now) for row in rows]
    scene = Scene.of(steps, now=now)
    for row in rows:
        case = scene.cases.get(row.commitment.subject_id)
        if case is not None and case.is_open:
            context: dict[str, object] = {
                "why": row.why,
                "first_due_at": korean_instant(row.commitment.first_due_at),
                "new_due_at": korean_instant(row.due_after),
            }
            scene.tell(
                case,
                [case.handler or scene.lead(case)],
                "due-moved",
                key=f"due-moved:{row.due_after:%Y%m%d}",
                context=context,
            )
            if case.state != State.TELLING:
                scene.tell_citizen(
                    case,
                    "due-moved-citizen",
                    key=f"due-moved-citizen:{case.round}:{row.due_after:%Y%m%d}",
                    context=context,
                )
    notices.owe_many(scene.owed, now=now)
