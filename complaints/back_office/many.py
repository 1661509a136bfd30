"""묶음 답변 and the approvals that wait for one person: many cases, each still decided by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms

from centre.calendar import CalendarError
from centre.errors import Refused
from centre.models import StaffMember, User
from complaints import queries, services, texts
from complaints.back_office import page, queue
from complaints.back_office.actions import ACTIONS, draft_of
from complaints.back_office.due import Due, due_of
from complaints.back_office.forms import DraftForm
from complaints.back_office.situation import Situation, fits
from complaints.models import Approval, Complaint, Extension, Referral, ReplyTemplate, Response
from standards.models import Commitment

MOST = 50


@dataclass(frozen=True, slots=True)
class Chosen:
    """The cases an answer is for, and those it cannot be for, each with the reason."""

    ready: list[tuple[Complaint, Response | None]]
    left_out: list[tuple[Complaint, str]]
    decisions: list[tuple[str, str]]
    templates: list[ReplyTemplate]
    first: Situation | None = None

    @property
    def replaced(self) -> list[Complaint]:
        """Cases for which somebody has begun an answer, which this one replaces."""
        return [case for case, draft in self.ready if draft is not None and draft.answer]


def chosen(pks: Sequence[str], *, user: User, person: StaffMember, now: datetime) -> Chosen:
    """Sort the cases named into those that can be answered now by this person and the others."""
    wanted = [int(pk) for pk in pks if pk.isascii() and pk.isdecimal()][:MOST]
    cases = (
        queries.visible_to(user).filter(pk__in=wanted).select_related("topic", "team", "handler")
    )
    responses = _by_case(Response.objects.filter(complaint__in=wanted).select_related("drafted_by"))
    ready: list[tuple[Complaint, Response | None]] = []
    left_out: list[tuple[Complaint, str]] = []
    met: list[Situation] = []
    for case in cases.order_by("received_at", "pk"):
        s = Situation(case=case, user=user, person=person, now=now)
        s.responses = responses.get(case.pk, [])
        if ACTIONS["submit_response"].possible(s):
            ready.append((case, s.draft))
            met.append(s)
        else:
            left_out.append((case, _why_not(case)))
    decisions = _common_decisions([case for case, _draft in ready])
    return Chosen(ready, left_out, decisions, _common_templates(met), met[0] if met else None)


def _common_templates(met: Sequence[Situation]) -> list[ReplyTemplate]:
    """The reply templates that fit every case, read once."""
    if not met:
        return []
    rows = list(ReplyTemplate.objects.filter(active=True).prefetch_related("topics"))
    return [row for row in rows if all(fits(row, s.case) for s in met)]


def _by_case(responses: Iterable[Response]) -> dict[int, list[Response]]:
    found: dict[int, list[Response]] = {}
    for row in responses:
        found.setdefault(row.complaint_id, []).append(row)
    return found


def _why_not(case: Complaint) -> str:
    if case.kind == "compliment":
        return "칭찬은 답변 대신 전합니다."
    if case.handler_id is None:
        return "담당자가 없습니다."
    return (
        f"지금 상태({case.get_state_display()})이거나 다른 팀의 건이어서 답변을 올릴 수 없습니다."
    )


def _common_decisions(cases: Sequence[Complaint]) -> list[tuple[str, str]]:
    """The results that fit every kind among the cases."""
    kinds = {case.kind for case in cases}
    if not kinds:
        return []
    codes = [set(dict(texts.decisions_for(kind))) for kind in kinds]
    both = set.intersection(*codes)
    first = next(iter(kinds))
    return [row for row in texts.decisions_for(first) if row[0] in both]


class ManyForm(DraftForm):
    """The answer's form, for several cases at once."""

    def __init__(self, data: Any, *, chosen: Chosen) -> None:
        self.chosen = chosen
        forms.Form.__init__(self, data, label_suffix="", auto_id="id_many_%s")
        self.key = "many"
        self.options("decision", chosen.decisions, empty="고르십시오")
        offered = [(row.code, f"{row.code} {row.title}") for row in chosen.templates]
        self.options("template", offered, empty="틀을 쓰지 않음")
        del self.fields["version"]
        if not offered:
            del self.fields["template"]


def with_template(form: ManyForm, chosen: Chosen) -> ManyForm:
    """The form with the chosen template put after what is there."""
    code = form.cleaned_data.get("template", "")
    template = next((row for row in chosen.templates if row.code == code), None)
    if template is None:
        return form
    data = dict(form.data.items())
    data["answer"] = page.with_template(form.cleaned_data["answer"], template)
    data["template"] = ""
    return ManyForm(data, chosen=chosen)


def preview(form: ManyForm, chosen: Chosen) -> Any:
    """The letter to the first of them, as the citizen would read it; None without a result."""
    if chosen.first is None:
        return None
    return page.preview(chosen.first, draft_of(form.cleaned_data))


def submit(form: ManyForm, chosen: Chosen, *, person: StaffMember, now: datetime) -> bool:
    """Lay the answer before approval for all of them, or for none; then the form says why."""
    try:
        services.answer_many(
            complaint_ids=[case.pk for case, _draft in chosen.ready],
            draft=draft_of(form.cleaned_data),
            by=person,
            now=now,
        )
    except (Refused, CalendarError) as error:
        form.refuse(str(error), field=getattr(error, "field", ""))
        return False
    return True


# --- approvals ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    approval: Approval
    document: str
    due: Due
    rows: list[tuple[str, str]]
    drafter: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one approval; ``why`` says why nothing was done."""

    case: Complaint
    done: bool
    why: str = ""


def waiting_for(person: StaffMember, *, now: datetime) -> list[Waiting]:
    """What this person is asked to approve, what is due first on top."""
    approvals = list(
        Approval.objects.filter(approver=person, decision=Approval.Decision.WAITING)
        .filter(complaint__in=queries.visible_to(person.user))
        .select_related("complaint__topic", "complaint__handler", "acting_for", "approver")
    )
    documents = _documents(approvals)
    clocks = queue.clocks_of([a.complaint for a in approvals])
    found = [_waiting(a, documents, clocks.get(a.complaint_id), person, now=now) for a in approvals]
    far = datetime.max.replace(tzinfo=UTC)
    dates = {pk: clock.due_at for pk, clock in clocks.items()}
    return sorted(found, key=lambda one: dates.get(one.approval.complaint_id, far))


Documents = tuple[list[Response], list[Referral], list[Extension]]


def _documents(approvals: Sequence[Approval]) -> Documents:
    """All documents that wait, in three queries."""
    ids: dict[str, list[int]] = {}
    for row in approvals:
        ids.setdefault(row.document, []).append(row.document_id)
    responses = Response.objects.filter(pk__in=ids.get("response", []))
    referrals = Referral.objects.filter(pk__in=ids.get("referral", []))
    extensions = Extension.objects.filter(pk__in=ids.get("extension", []))
    return (
        list(responses.select_related("drafted_by")),
        list(referrals.select_related("body", "asked_by")),
        list(extensions.select_related("asked_by")),
    )


def _waiting(
    approval: Approval,
    documents: Documents,
    clock: Commitment | None,
    person: StaffMember,
    *,
    now: datetime,
) -> Waiting:
    case = approval.complaint
    s = Situation(case=case, user=person.user, person=person, now=now)
    s.approvals = [approval]
    s.responses, s.referrals, s.extensions = documents
    decided = page.decided(s)
    assert decided is not None  # noqa: S101 - it waits for this person
    due = due_of(case, clock, now=now)
    return Waiting(approval, decided.label, due, decided.rows, decided.drafter)


def approve(pks: Sequence[str], *, person: StaffMember, now: datetime) -> list[Outcome]:
    """Approve each by itself; one that is refused does not stop the others."""
    numbers = [int(pk) for pk in pks if pk.isascii() and pk.isdecimal()][:MOST]
    rows = Approval.objects.filter(pk__in=numbers, approver=person).select_related("complaint")
    return [_approve(row, person, now=now) for row in rows.order_by("asked_at", "pk")]


def _approve(approval: Approval, person: StaffMember, *, now: datetime) -> Outcome:
    try:
        services.approve(approval_id=approval.pk, by=person, now=now)
    except (Refused, CalendarError) as error:
        return Outcome(approval.complaint, done=False, why=str(error))
    return Outcome(approval.complaint, done=True)
