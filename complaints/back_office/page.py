"""All that the case page shows, read for one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from centre import queries as centre_queries
from centre.models import StaffMember, Team, Topic
from centre.rights import may
from centre.words import korean_day, korean_instant
from complaints import queries, texts
from complaints.back_office import actions, history, stages
from complaints.back_office.actions import GROUPS, PANELS, Action, Panel
from complaints.back_office.due import Due, due_of
from complaints.back_office.forms import RevealForm, StaffForm
from complaints.back_office.queue import next_steps
from complaints.back_office.situation import Situation
from complaints.errors import NobodyApproves
from complaints.models import (
    Approval,
    CitizenMessage,
    Complaint,
    InternalNote,
    ReplyTemplate,
    Response,
    State,
)
from complaints.services import Draft, apologies
from complaints.services.answering import result_context, unfilled
from complaints.services.telling import RESULTS, case_context
from notices import queries as notices_queries
from notices import texts as notice_texts
from notices.models import Audience, Notice
from records import queries as records_queries
from records.masking import mask_email, mask_name, mask_phone
from records.models import Consent, StoredFile
from records.personal import format_phone
from standards import queries as standards_queries

_TURNS = {
    State.WAITING: "고객의 보완을 기다립니다.",
    State.TELLING: "답변이 고객에게 전해지기를 기다립니다. 알림의 상태를 확인해 주십시오.",
    State.ANSWERED: "답변이 전해졌습니다.",
    State.CLOSED: "마친 건입니다.",
    State.REFERRED: "다른 기관에 보낸 건입니다.",
    State.WITHDRAWN: "고객이 취하한 건입니다.",
    State.MERGED: "앞의 건에 합친 건입니다.",
}
MOMENT = timedelta(seconds=5)
_OPEN = {"note", "retell"}
_PURPOSES = {"handling": "개인정보 수집·이용", "publication": "공개", "survey": "만족도 조사 안내"}


@dataclass(frozen=True, slots=True)
class OpenPanel:
    """A panel as it stands on the page: its form and its buttons."""

    panel: Panel
    form: StaffForm
    buttons: list[Action]
    open: bool = False

    @property
    def asks(self) -> bool:
        """Whether there is anything to type or to choose."""
        return bool(self.form.visible_fields())


@dataclass(frozen=True, slots=True)
class ContactLine:
    label: str
    value: str


@dataclass(kw_only=True)
class CasePage:
    """``contact`` is masked unless this response reveals it."""

    s: Situation
    due: Due
    first_due: str
    explanation: str
    next_step: str
    urgent: OpenPanel | None
    groups: list[tuple[str, list[OpenPanel]]]
    contact: list[ContactLine]
    revealed: bool
    files: list[StoredFile]
    joined: list[queries.Joined]
    entries: list[history.Entry]
    notices: list[NoticeLine]
    consents: list[tuple[str, Consent]]
    decided: Decided | None
    line: str
    reveal: RevealForm | None = None
    preview: Any = None
    other_draft: Response | None = None
    typed: list[tuple[str, str]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def stages(self) -> stages.Stages:
        return stages.stages_of(self.s)

    @property
    def stage(self) -> str:
        """2차 or 3차, as often as the citizen has said it; a review is not shown here."""
        return stages.STAGES[self.case.stage] if self.case.stage > 1 else ""

    @property
    def case(self) -> Complaint:
        return self.s.case

    @property
    def about_names(self) -> str:
        """Whom the case is about, or could be."""
        return ", ".join(str(row.person) for row in self.s.about)

    @property
    def lost(self) -> list[NoticeLine]:
        """What did not reach the citizen and has to be told again, the answer first."""
        gone = {notice.pk for notice in self.s.lost}
        found = [line for line in self.notices if line.notice.pk in gone]
        return sorted(found, key=lambda line: line.notice.template not in RESULTS)

    @property
    def to_citizen(self) -> list[NoticeLine]:
        return [line for line in self.notices if line.notice.audience == Audience.CITIZEN]

    @property
    def to_staff(self) -> list[NoticeLine]:
        return [line for line in self.notices if line.notice.audience == Audience.STAFF]

    @property
    def messages(self) -> list[CitizenMessage]:
        """What the citizen added; supplements stand with their request."""
        return [m for m in self.case.messages.all() if m.text]

    @property
    def notes(self) -> list[InternalNote]:
        return list(self.case.notes.select_related("by").order_by("-at", "-pk"))

    @property
    def preview_blocks(self) -> list[notice_texts.Block]:
        return notice_texts.blocks(self.preview.body) if self.preview else []

    @property
    def gaps(self) -> list[str]:
        """What is still to be filled in the answer that is previewed."""
        return unfilled(self.preview.body) if self.preview else []

    @property
    def other_rows(self) -> list[tuple[str, str]]:
        return answer_rows(self.other_draft) if self.other_draft else []

    @property
    def on_its_way(self) -> Response | None:
        """The answer that others approve, or that is being told: to be read here, not written."""
        draft = self.s.draft
        under_way = {Response.Status.SUBMITTED, Response.Status.APPROVED}
        return draft if draft and draft.status in under_way and not self.decided else None

    @property
    def on_its_way_rows(self) -> list[tuple[str, str]]:
        return answer_rows(self.on_its_way) if self.on_its_way else []

    @property
    def returned(self) -> Approval | None:
        """The last word of the approver, while the answer is to be written anew."""
        draft = self.s.draft
        if draft is None or draft.status != Response.Status.RETURNED:
            return None
        said = [a for a in self.s.approvals if a.decision == Approval.Decision.RETURNED]
        return next((a for a in reversed(said) if a.document_id == draft.pk), None)

    @property
    def turn(self) -> str:
        """Whose turn it is, where it is not this person's."""
        if self.s.waiting:
            return f"{self.s.waiting[0].approver}의 결재를 기다립니다."
        return _TURNS.get(State(self.case.state), "")


@dataclass(frozen=True, slots=True)
class NoticeLine:
    notice: Notice
    name: str
    to: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What waits for approval: the document, and who drafted it."""

    label: str
    approver: str
    rows: list[tuple[str, str]]
    drafter: str
    asked: str
    response: Response | None = None


# --- panels -------------------------------------------------------------------------------------


def panels(
    s: Situation, *, bound: StaffForm | None = None, template: ReplyTemplate | None = None
) -> list[OpenPanel]:
    """The panels this person can use now; ``bound`` is the form that was just refused."""
    buttons: dict[str, list[Action]] = {}
    for action in actions.possible(s):
        buttons.setdefault(action.panel, []).append(action)
    found = []
    for key, panel in PANELS.items():
        if key not in buttons:
            continue
        refused = bound is not None and bound.key == key
        form = bound if refused and bound is not None else panel.form(situation=s, key=key)
        if key == "draft" and template is not None and not refused:
            _insert(form, template)
        found.append(OpenPanel(panel, form, buttons[key], open=refused or key in _OPEN))
    return found


def _insert(form: StaffForm, template: ReplyTemplate) -> None:
    answer = form.fields["answer"]
    answer.initial = with_template(answer.initial, template)


def with_template(answer: str | None, template: ReplyTemplate) -> str:
    """The answer with a template put after what is there."""
    return "\n\n".join(filter(None, [answer, template.text]))


def most_urgent(s: Situation, found: Sequence[OpenPanel]) -> OpenPanel | None:
    """The next thing to do: the first panel of the table that says so."""
    return next((one for one in found if one.panel.urgent(s)), None)


def form_for(s: Situation, action: Action, data: Any, files: Any = None) -> StaffForm:
    return PANELS[action.panel].form(data, files, situation=s, key=action.panel)


# --- the page -----------------------------------------------------------------------------------


def case_page(
    s: Situation,
    *,
    bound: StaffForm | None = None,
    revealed: bool = False,
    template: str = "",
    draft: Draft | None = None,
) -> CasePage:
    """Read everything; ``draft`` is previewed as the citizen would read it."""
    case = s.case
    chosen = next((row for row in s.templates if row.code == template), None)
    found = panels(s, bound=bound, template=chosen)
    refused = next((one for one in found if bound is not None and one.form is bound), None)
    urgent = refused if refused and refused.panel.key == "draft" else most_urgent(s, found)
    rest = [one for one in found if one is not urgent]
    groups = [
        (title, [one for one in rest if one.panel.group == key]) for key, title in GROUPS.items()
    ]
    lines = notices_of(case)
    moved = s.clock and s.reply and s.clock.due_at != s.reply.first_due_at
    return CasePage(
        s=s,
        due=due_of(case, s.clock, now=s.now),
        first_due=korean_instant(s.reply.first_due_at) if s.reply and moved else "",
        explanation=explanation(s),
        next_step=next_steps([case])[case.pk],
        urgent=urgent,
        groups=[(title, ones) for title, ones in groups if ones],
        contact=contact(case, revealed=revealed),
        revealed=revealed,
        files=list(records_queries.files_of(queries.SUBJECT, case.pk)),
        joined=queries.joined_files(s.user, case),
        entries=history.with_first(
            history.entries(list(records_queries.events_of(queries.SUBJECT, case.pk)), names_of(s)),
            chosen_at_filing(case, lines),
        ),
        notices=lines,
        consents=[
            (_PURPOSES.get(purpose, purpose), consent)
            for purpose, consent in records_queries.consents_of(queries.SUBJECT, case.pk).items()
        ],
        decided=decided(s),
        line=line(s, found),
        reveal=reveal_form(s) if not revealed else None,
        preview=preview(s, draft) if draft else None,
        problems=bound.problems if bound is not None else [],
    )


def chosen_at_filing(case: Complaint, lines: Sequence[NoticeLine]) -> history.Entry | None:
    """Who was given the case when it was filed: the one who was told so at that moment."""
    told = [line for line in lines if line.notice.template == "assigned"]
    first = min(told, key=lambda line: line.notice.owed_at, default=None)
    if first is None or first.notice.owed_at - case.registered_at > MOMENT:
        return None
    return history.Entry(first.notice.owed_at, "자동", "담당 지정", first.to)


def explanation(s: Situation) -> str:
    """How the date in force came about, and the one before it where a promise was missed."""
    if s.reply is None:
        return ""
    text = standards_queries.explain(s.reply)
    if s.renewed is not None:
        new = korean_instant(s.renewed.due_at)
        text += f"\n그 기한을 지키지 못하여 {new}까지 답하기로 다시 약속했습니다."
    return text


def names_of(s: Situation) -> history.Names:
    teams = dict(Team.objects.values_list("code", "name"))
    people = {person.pk: str(person) for person in StaffMember.objects.all()}
    return history.Names(
        teams=teams,
        people=people,
        standards={c.code: c.standard.title for c in s.clocks},
        topics=dict(Topic.objects.values_list("code", "name")),
    )


# --- whose it is --------------------------------------------------------------------------------


def contact(case: Complaint, *, revealed: bool) -> list[ContactLine]:
    """Name and ways to answer: masked, or as they are once a reason was given."""
    if case.anonymous:
        return []
    shown = {
        "이름": case.name if revealed else mask_name(case.name),
        "이메일": case.email if revealed else mask_email(case.email),
        "전화": format_phone(case.phone) if revealed else mask_phone(case.phone),
        "팩스": format_phone(case.fax) if revealed else mask_phone(case.fax),
        "우편 주소": case.address if revealed else ("가려져 있음" if case.address else ""),
    }
    if case.filed_for:
        labels = {
            "name": "대신 쓴 분",
            "by": "대신 접수하신 분",
            "relation": "관계",
            "result_to": "결과를 받을 사람",
        }
        for key, value in case.filed_for.items():
            open_field = revealed or key == "relation"
            shown[labels.get(key, key)] = str(value) if open_field else mask_name(str(value))
    return [ContactLine(label, value) for label, value in shown.items() if value]


def reveal_form(s: Situation) -> RevealForm | None:
    """Asks why somebody wants to see the contact; None where there is none to see."""
    if s.case.anonymous or not may(s.user, "reveal_contact"):
        return None
    return RevealForm(situation=s, key="reveal")


# --- notices ------------------------------------------------------------------------------------


def notices_of(case: Complaint) -> list[NoticeLine]:
    """What was, is or could not be told about the case, the newest first."""
    rows = notices_queries.about(queries.SUBJECT, case.pk).select_related("staff")
    return [
        NoticeLine(
            row,
            notice_texts.name_of(row.template),
            str(row.staff) if row.audience == Audience.STAFF and row.staff else "고객",
        )
        for row in rows.order_by("-owed_at", "-pk")
        if row.template != "task-tell"
    ]


# --- the answer ---------------------------------------------------------------------------------


def preview(s: Situation, draft: Draft) -> Any:
    """The letter with the result, as the citizen would read it; None while no result is chosen."""
    if draft.decision not in texts.decisions():
        return None
    approver = s.waiting[0].approver if s.waiting else None
    lead = centre_queries.team_lead(s.case.team, at=s.now) if s.case.team else None
    response = Response(
        complaint=s.case,
        decision=draft.decision,
        answer=draft.answer,
        reason=draft.reason,
        action_done=draft.action_done,
        action_planned=draft.action_planned,
    )
    context = case_context(s.case) | result_context(
        s.case, response, approver=approver or lead or s.person
    )
    return notice_texts.render("result", context, language=s.case.language)


def decided(s: Situation) -> Decided | None:
    """The document that waits for this person's approval, laid out for reading."""
    approval = s.to_decide
    if approval is None:
        return None
    approver = str(approval.approver)
    if approval.acting_for:
        approver += f" ({approval.acting_for} 대결)"
    asked = korean_instant(approval.asked_at)
    if approval.document == "referral":
        row = next(r for r in s.referrals if r.pk == approval.document_id)
        rows = [
            ("보낼 기관", row.body.name),
            ("기관 연락처", row.contact),
            ("보내는 까닭", row.reason),
            ("도울 수 있는 것", row.help_offered),
        ]
        return Decided("다른 기관으로 이송", approver, _kept(rows), str(row.asked_by), asked)
    if approval.document == "extension":
        longer = next(e for e in s.extensions if e.pk == approval.document_id)
        rows = [
            ("새 기한", korean_instant(longer.new_due_at)),
            ("사유", texts.extension_grounds().get(longer.ground, longer.ground)),
            ("설명", longer.reason),
            ("지금까지 확인한 것", longer.progress),
            ("남은 일", longer.action_planned),
        ]
        return Decided("기한 연장", approver, _kept(rows), str(longer.asked_by), asked)
    if approval.document == apologies.DOCUMENT:
        letter = s.case.letters.select_related("drafted_by").get(pk=approval.document_id)
        return Decided(
            "사과문", approver, stages.letter_rows(letter), str(letter.drafted_by), asked
        )
    response = next(r for r in s.responses if r.pk == approval.document_id)
    return Decided(
        "답변", approver, answer_rows(response), str(response.drafted_by), asked, response
    )


def answer_rows(response: Response) -> list[tuple[str, str]]:
    """An answer as rows of label and text; what is empty is left out."""
    rows = [
        ("처리결과", response.get_decision_display()),
        ("답변", response.answer),
        ("까닭", response.reason),
        ("조치한 것", response.action_done),
        ("앞으로 할 것", response.action_planned),
        ("마칠 날", korean_day(response.action_due_on) if response.action_due_on else ""),
    ]
    return _kept(rows)


def _kept(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(label, text) for label, text in rows if text]


def draft_of_response(response: Response) -> Draft:
    return Draft(
        decision=response.decision,
        answer=response.answer,
        reason=response.reason,
        action_done=response.action_done,
        action_planned=response.action_planned,
    )


def line(s: Situation, found: Sequence[OpenPanel]) -> str:
    """Who approves an answer that this person would submit now."""
    if not any(one.panel.key == "draft" for one in found):
        return ""
    from complaints.services.approving import approver_of, line_of  # noqa: PLC0415

    steps = line_of("response", drafter=s.person, complaint=s.case, now=s.now)
    names = []
    for step in steps:
        try:
            who = approver_of(s.case, step, s.person, now=s.now)
        except NobodyApproves:
            names.append("결재할 사람 없음")
            continue
        names.append(f"{who.person}({who.acting_for} 대결)" if who.acting_for else f"{who.person}")
    return " → ".join([str(s.person), *names])


def typed_in(form: StaffForm) -> list[tuple[str, str]]:
    """What was typed into a form that can no longer be used, so that it is not lost."""
    return [
        (str(bound.label), str(bound.value()))
        for bound in form.visible_fields()
        if bound.value() not in (None, "", [])
    ]
