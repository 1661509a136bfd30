"""지적과 조치: what published results say is wrong, who puts it right and by when (charter L25).

Within ten working days an action, its owner and its first date are set; done in time and verified
by somebody else than the owner, the promise is kept. Each finding counts once: it is promised with
the date of its action, or, where none was set in time, counts as missed from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from centre import queries as centre_queries
from centre.calendar import SEOUL, CalendarError
from centre.models import StaffMember, User
from centre.rights import may
from centre.words import korean_day
from notices import services as notices
from records.actors import SYSTEM
from records.services import NewEvent, record_many
from standards import services as standards
from standards.registry import StepDue
from standards.steps import Step
from surveys.errors import NotAllowed, NotNow, Refused
from surveys.models import Question, ResultFinding, Status, Survey
from surveys.services._base import actor, record, require, words
from surveys.services.promises import managers

FINDING: Final = "survey_finding"
CORRECTION: Final = "survey-correction"
DECISION: Final = "survey-decision"
CLOSING_TIME: Final = time(18)
_LONGEST: Final = 2_000


def correction_key(finding_id: int) -> str:
    return f"survey_finding:{finding_id}:correction"


def decision_key(finding_id: int) -> str:
    return f"survey_finding:{finding_id}:decision"


def results_path(survey_id: int) -> str:
    return reverse("admin:surveys_survey_results", args=[survey_id])


def finding_path(finding_id: int, /) -> str:
    return results_path(
        ResultFinding.objects.values_list("survey_id", flat=True).get(pk=finding_id)
    )


def ids_visible_to(user: User) -> Any:
    """The findings whose notices this account may see."""
    rows = ResultFinding.objects.all()
    return (rows if may(user, "see_survey_results") else rows.none()).values("pk")


# --- verbs ----------------------------------------------------------------------------------------


@transaction.atomic
def enter_finding(
    *, survey_id: int, text: str, by: StaffMember, now: datetime, question_id: int | None = None
) -> ResultFinding:
    """Note what published results say is wrong; from now on an action is to be set."""
    require(by, "answer_survey_findings")
    survey = Survey.objects.filter(pk=survey_id).first()
    if survey is None or survey.status != Status.PUBLISHED:
        raise NotNow("결과를 공개한 설문에만 지적을 적을 수 있습니다.")
    question = None
    if question_id is not None:
        question = Question.objects.filter(pk=question_id, survey=survey).first()
        if question is None:
            raise Refused("이 설문의 문항을 골라 주십시오.", field="question")
    finding = ResultFinding.objects.create(
        survey=survey,
        question=question,
        text=words(text, field="text", required="무엇이 잘못되었는지 적어 주십시오.", longest=_LONGEST),
        found_at=now,
        found_by=by,
    )  # fmt: skip
    standards.open_commitment(
        code=DECISION,
        key=decision_key(finding.pk),
        subject_type=FINDING,
        subject_id=finding.pk,
        started_at=now,
        team=by.team,
        now=now,
    )
    _record(finding, "survey-finding-entered", by=by, now=now, text=finding.text)
    return finding


@transaction.atomic
def decide_action(
    *,
    finding_id: int,
    action: str,
    owner_id: int,
    due_on: date,
    by: StaffMember,
    now: datetime,
) -> ResultFinding:
    """Set what is done about it, by whom and by when; this first date is what counts."""
    require(by, "answer_survey_findings")
    finding = _lock(finding_id)
    if finding.decided_at is not None:
        raise NotNow("이미 조치를 정했습니다. 기한은 ‘기한 늦추기’로 바꿀 수 있습니다.")
    said = words(action, field="action", required="무엇을 할지 적어 주십시오.", longest=_LONGEST)
    owner = centre_queries.employed(at=now).filter(pk=owner_id).select_related("team").first()
    if owner is None:
        raise Refused("지금 근무하는 직원을 담당자로 골라 주십시오.", field="owner")
    _open_day(due_on, now=now)
    finding.action, finding.owner, finding.decided_at = said, owner, now
    finding.first_due_on = finding.due_on = due_on
    finding.save(update_fields=["action", "owner", "decided_at", "first_due_on", "due_on"])
    decided = standards.fulfil(key=decision_key(finding.pk), at=now, now=now)
    late = decided is not None and now > decided.due_at
    standards.open_commitment(
        code=CORRECTION,
        key=correction_key(finding.pk),
        subject_type=FINDING,
        subject_id=finding.pk,
        started_at=finding.found_at,
        due_at=decided.due_at if late and decided is not None else closing_of(due_on),
        team=owner.team,
        now=now,
    )
    _record(finding, "survey-action-decided", by=by, now=now, text=said, due=korean_day(due_on))
    notices.owe_many(_tell(finding, [owner], "survey-action-given", "given"), now=now)
    return finding


@transaction.atomic
def move_action(
    *, finding_id: int, due_on: date, reason: str, by: StaffMember, now: datetime
) -> ResultFinding:
    """A later date in force, with the reason; the first date stays what is counted."""
    require(by, "answer_survey_findings")
    finding = _lock(finding_id)
    if finding.due_on is None or finding.verified_at is not None:
        raise NotNow("아직 끝나지 않은 조치의 기한만 늦출 수 있습니다.")
    why = words(reason, field="reason", required="기한을 늦추는 까닭을 적어 주십시오.", longest=500)
    _open_day(due_on, now=now)
    if due_on <= finding.due_on:
        raise Refused("지금 기한보다 뒤의 날을 골라 주십시오.", field="due_on")
    promise = standards.find(correction_key(finding.pk))
    if promise is not None and promise.state == "running" and now < promise.due_at:
        standards.move_due(
            key=promise.key, new_due_at=closing_of(due_on), why=why, now=now, by=actor(by)
        )
    finding.due_on = due_on
    finding.save(update_fields=["due_on"])
    _record(finding, "survey-action-moved", by=by, now=now, text=why, due=korean_day(due_on))
    return finding


@transaction.atomic
def finish_action(
    *, finding_id: int, evidence: str, by: StaffMember, now: datetime
) -> ResultFinding:
    """Its owner says what was done and what shows it; somebody else is asked to verify."""
    finding = _lock(finding_id)
    if finding.owner_id != by.pk and not may(by.user, "answer_survey_findings"):
        raise NotAllowed("조치를 맡은 사람이 마친 것을 적습니다.")
    if finding.decided_at is None or finding.done_at is not None:
        raise NotNow("조치를 정했고 아직 마치지 않은 지적에만 한 일을 적을 수 있습니다.")
    said = words(
        evidence,
        field="evidence",
        required="무엇을 했는지, 무엇으로 알 수 있는지 적어 주십시오.",
        longest=_LONGEST,
    )
    finding.done_at, finding.evidence = now, said
    finding.save(update_fields=["done_at", "evidence"])
    _record(finding, "survey-action-done", by=by, now=now, text=said)
    people = [one for one in managers() if one.pk != finding.owner_id]
    once = f"verify:{now.astimezone(SEOUL):%Y%m%dT%H%M%S}"
    notices.owe_many(_tell(finding, people, "survey-action-verify", once), now=now)
    return finding


@transaction.atomic
def verify_action(
    *, finding_id: int, carried_out: bool, note: str, by: StaffMember, now: datetime
) -> ResultFinding:
    """Somebody else than the owner looked: it was carried out, or it goes on.

    The promise is kept by when it was done.
    """
    require(by, "answer_survey_findings")
    finding = _lock(finding_id)
    if finding.owner_id == by.pk:
        raise NotAllowed("자기가 맡은 조치는 다른 사람이 확인합니다.")
    if finding.done_at is None or finding.verified_at is not None:
        raise NotNow("조치를 맡은 사람이 마친 것을 적은 뒤에 한 번 확인합니다.")
    said = words(
        note, field="note", required="무엇을 보고 확인했는지 적어 주십시오.", longest=_LONGEST
    )
    if not carried_out:
        finding.done_at = None
        finding.save(update_fields=["done_at"])
        _record(finding, "survey-action-not-carried-out", by=by, now=now, text=said)
        return finding
    finding.verified_at, finding.verified_by, finding.verified_note = now, by, said
    finding.save(update_fields=["verified_at", "verified_by", "verified_note"])
    standards.fulfil(key=correction_key(finding.pk), at=finding.done_at, now=now)
    _record(finding, "survey-action-verified", by=by, now=now, text=said)
    return finding


# --- how ------------------------------------------------------------------------------------------


def _lock(finding_id: int) -> ResultFinding:
    rows = ResultFinding.objects.select_for_update(of=("self",))
    found = rows.select_related("survey", "owner__team", "owner__user").filter(pk=finding_id)
    finding = found.first()
    if finding is None:
        raise NotNow("그 지적을 찾을 수 없습니다. 화면을 새로 고쳐 주십시오.")
    return finding


def closing_of(day: date) -> datetime:
    return datetime.combine(day, CLOSING_TIME, tzinfo=SEOUL)


def _open_day(day: date, *, now: datetime) -> None:
    if closing_of(day) <= now:
        raise Refused("지금보다 뒤의 날을 골라 주십시오.", field="due_on")
    try:
        why = centre_queries.calendar().why_closed(day)
    except CalendarError as error:
        raise Refused(str(error), field="due_on") from error
    if why:
        raise Refused(f"그날은 쉬는 날입니다({why}). 근무일을 골라 주십시오.", field="due_on")


def _record(
    finding: ResultFinding, kind: str, *, by: StaffMember, now: datetime, text: str, due: str = ""
) -> None:
    data = {"finding": finding.pk, "text": text} | ({"due": due} if due else {})
    record(finding.survey, kind, at=now, now=now, by=by, data=data)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"


def _tell(
    finding: ResultFinding,
    people: Sequence[StaffMember],
    template: str,
    once: str,
    *,
    hours: str = "opening",
    due_on: str = "",
) -> list[notices.Owed]:
    context: dict[str, object] = {
        "survey_title": finding.survey.title,
        "action_title": _short(finding.action),
        "finding": _short(finding.text),
        "owner": finding.owner.name if finding.owner else "",
        "due_on": due_on or (korean_day(finding.due_on) if finding.due_on else ""),
        "link": f"{settings.SITE_URL}{results_path(finding.survey_id)}",
    }
    return [
        notices.Owed(
            key=f"survey_finding:{finding.pk}:{template}:{once}:{person.pk}",
            template=template,
            subject_type=FINDING,
            subject_id=finding.pk,
            to=notices.Person(person),
            context=context,
            hours=hours,
        )
        for person in {one.pk: one for one in people}.values()
    ]


# --- the sweep ------------------------------------------------------------------------------------


def take_finding_steps(steps: Sequence[StepDue], *, now: datetime) -> None:
    """Reminders to the owner, or to who found it and the managers while nothing is decided."""
    ids = {step.commitment.subject_id for step in steps}
    rows = ResultFinding.objects.filter(pk__in=ids).select_related(
        "survey", "owner__user", "owner__team", "found_by__user", "found_by__team"
    )
    findings = {finding.pk: finding for finding in rows}
    owed: list[notices.Owed] = []
    events: list[NewEvent] = []
    for step in steps:
        finding = findings.get(step.commitment.subject_id)
        if finding is None:
            continue
        undecided = step.commitment.code == DECISION
        told = _undecided(finding, step, now=now) if undecided else _unfinished(finding, step)
        if told:
            owed += told
            events.append(_reminded(finding, step, now=now))
    record_many(events)
    notices.owe_many(owed, now=now)


def _undecided(finding: ResultFinding, step: StepDue, *, now: datetime) -> list[notices.Owed]:
    if finding.decided_at is not None:
        return []
    due_at = step.commitment.due_at
    if step.name == Step.MISSED:
        standards.open_commitment(
            code=CORRECTION,
            key=correction_key(finding.pk),
            subject_type=FINDING,
            subject_id=finding.pk,
            started_at=finding.found_at,
            due_at=due_at,
            team=finding.found_by.team,
            now=now,
        )
    return _tell(
        finding,
        [finding.found_by, *managers()],
        "survey-finding-undecided",
        _once(step),
        hours="any" if step.name == Step.MISSED else "opening",
        due_on=korean_day(due_at.astimezone(SEOUL).date()),
    )


def _unfinished(finding: ResultFinding, step: StepDue) -> list[notices.Owed]:
    if finding.decided_at is None or finding.owner is None or finding.verified_at is not None:
        return []
    people = managers()
    if step.name != Step.MISSED:
        owner = [] if finding.done_at else [finding.owner]
        return _tell(finding, owner, "survey-action-due", _once(step))
    if finding.done_at is not None:
        others = [one for one in people if one.pk != finding.owner_id]
        return _tell(finding, others, "survey-action-verify", _once(step), hours="any")
    return _tell(
        finding, [finding.owner, *people], "survey-action-overdue", _once(step), hours="any"
    )


def _once(step: StepDue) -> str:
    return f"{step.name}:{step.commitment.due_at.astimezone(SEOUL):%Y%m%dT%H%M}"


def _reminded(finding: ResultFinding, step: StepDue, *, now: datetime) -> NewEvent:
    return NewEvent(
        subject_type=FINDING,
        subject_id=finding.pk,
        kind=f"survey-finding-{step.name}",
        at=step.at,
        recorded_at=now,
        by=SYSTEM,
        key=f"{step.commitment.key}:{_once(step)}",
    )


def finding_facts(keys: Sequence[str]) -> dict[str, datetime]:
    """When an action was decided, and when one that somebody verified was done."""
    ids = {int(key.split(":")[1]) for key in keys}
    rows = {row.pk: row for row in ResultFinding.objects.filter(pk__in=ids)}
    found: dict[str, datetime] = {}
    for key in keys:
        row = rows.get(int(key.split(":")[1]))
        if row is None:
            continue
        at = row.decided_at if key == decision_key(row.pk) else None
        if key == correction_key(row.pk) and row.verified_at is not None:
            at = row.done_at
        if at is not None:
            found[key] = at
    return found
