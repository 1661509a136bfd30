"""The stages of correction on the case page: what stands there, its forms and its verbs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from centre.calendar import seoul_day
from centre.rights import may
from centre.words import korean_day, korean_instant
from complaints import services
from complaints.back_office.actions import (
    ACTIONS,
    GROUPS,
    PANELS,
    Action,
    Cleaned,
    Panel,
)
from complaints.back_office.forms import StaffForm, area, choice, day
from complaints.back_office.situation import Situation
from complaints.errors import NotNow
from complaints.models import (
    ApologyLetter,
    Contact,
    CorrectiveAction,
    Finding,
    RepeatProposal,
    State,
)
from complaints.services import (
    apologies,
    apologising,
    putting_right,
    rechecking,
    repeating,
    reviewing,
)
from records.files import CheckedFile, FileRefused, check_upload
from standards.models import Commitment

LETTER_LABELS = {
    "first_finding": "처음 말씀하신 것",
    "first_action": "그때 약속한 조치",
    "what_went_wrong": "확인한 잘못",
    "actions": "조치한 일(한 줄에 하나: 조치한 일 / 한 날 / 담당 / 확인한 사람)",
    "prevention": "다시 생기지 않도록 바꾼 것",
    "verify_on": "다시 확인할 날",
    "verifier_team": "다시 확인할 팀",
    "first_answer_summary": "앞선 답변",
    "reviewer_team": "다시 검토한 팀",
    "accepted_points": "받아들인 것",
    "declined_points": "받아들이지 못한 것과 까닭",
    "other_ways": "달리 하실 수 있는 일",
}
WRITING = {State.ASSIGNED, State.REVIEWING}
STAGES = {1: "1차", 2: "2차", 3: "3차"}


# --- what is there ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """An action with what was found of it."""

    action: CorrectiveAction
    looks: list[Any]


@dataclass(kw_only=True)
class Stages:
    """The stages of one case, read once."""

    apology: Commitment | None
    contacts: list[Contact]
    finding: Finding | None
    lines: list[Line]
    proposals: list[RepeatProposal]
    confirmed: RepeatProposal | None
    promise: Commitment | None
    letters: list[ApologyLetter]
    letter: ApologyLetter | None
    check: ApologyLetter | None
    check_by: Commitment | None
    #: Proposals that this person may decide now, with one press each.
    undecided: list[tuple[RepeatProposal, str]]

    @property
    def open_actions(self) -> list[CorrectiveAction]:
        return [one.action for one in self.lines if one.action.status in {"open", "failed"}]

    @property
    def unsettled(self) -> list[CorrectiveAction]:
        return [one.action for one in self.lines if one.action.status in putting_right.UNSETTLED]

    @property
    def shown(self) -> bool:
        return bool(self.apology or self.contacts or self.finding or self.proposals or self.letters)


def stages_of(s: Situation) -> Stages:
    """The stages as they stand; kept with the situation."""
    found: Stages | None = s.__dict__.get("stages")
    if found is None:
        found = s.__dict__["stages"] = _read(s)
    return found


def _read(s: Situation) -> Stages:
    case = s.case
    rows = putting_right.actions_of(case).prefetch_related("verifications__by")
    letters = list(case.letters.exclude(status="dropped").select_related("earlier", "file"))
    proposals = list(case.repeats.select_related("earlier"))
    check = rechecking.to_check(case) if letters else None
    sees = {row.pk for row in s.same_contact} | {case.previous_id}
    return Stages(
        apology=apologising.promised_contact(case),
        contacts=list(case.contacts.select_related("by")),
        finding=putting_right.finding_of(case),
        lines=[Line(row, list(row.verifications.all())) for row in rows],
        proposals=[row for row in proposals if row.earlier_id in sees],
        confirmed=next((row for row in proposals if row.status == "confirmed"), None),
        promise=repeating.stage_two(case),
        letters=letters,
        letter=next((one for one in letters if one.status != "told"), None),
        check=check,
        check_by=rechecking.promise_of(check) if check else None,
        undecided=[
            (row, _proposal(row))
            for row in proposals
            if row.status == "proposed" and row.earlier_id in sees and _may_decide(s, proposals)
        ],
    )


def _may_decide(s: Situation, proposals: list[RepeatProposal]) -> bool:
    settled = any(row.status == "confirmed" for row in proposals)
    return s.case.is_open and not settled and may(s.person.user, "decide_repeat")


# --- forms --------------------------------------------------------------------------------------


class ContactForm(StaffForm):
    way = choice(_("어떻게"), required="어떻게 연락했는지 골라 주십시오.")
    reached = forms.BooleanField(
        label=_("고객과 닿았음"),
        required=False,
        help_text=_("받지 않으셨으면 비워 둡니다. 우편과 팩스는 보낸 것으로 지켜집니다."),
    )
    note = area(_("나눈 말"), rows=3)

    def prepare(self, situation: Situation) -> None:
        self.options("way", Contact.Way.choices, empty="고르십시오")


class WaiveApologyForm(StaffForm):
    reason = area(
        _("사과를 드리지 않는 까닭"), rows=2, longest=500, required="까닭을 적어 주십시오."
    )


class RepeatForm(StaffForm):
    proposal = forms.ChoiceField(label=_("앞의 건"), widget=forms.RadioSelect)

    def prepare(self, situation: Situation) -> None:
        rows = [r for r in stages_of(situation).proposals if r.status != "confirmed"]
        found = [(str(r.pk), _proposal(r)) for r in rows]
        self.options("proposal", found)
        self.fields["proposal"].initial = found[0][0] if found else None


def _proposal(row: RepeatProposal) -> str:
    earlier = row.earlier
    kind = "답변 전이라 합칩니다" if row.duplicate else "2차 조치가 시작됩니다"
    on = korean_day(seoul_day(earlier.received_at))
    decided = " · 다른 내용으로 정함" if row.status == "rejected" else ""
    return f"{earlier.receipt_number} {earlier.subject} ({on}) — {row.reasons} · {kind}{decided}"


class ReasonForm(StaffForm):
    reason = area(_("까닭"), rows=3, longest=2_000, required="까닭을 적어 주십시오.")


class CheckLetterForm(StaffForm):
    result = area(
        _("확인한 결과"),
        rows=3,
        longest=2_000,
        required="확인한 결과를 적어 주십시오.",
        help_text=_("적은 그대로 고객이 받습니다."),
    )


class CloseRepeatsForm(StaffForm):
    reason = area(
        _("판단한 까닭"),
        rows=3,
        required="되풀이되는 의견을 마치는 까닭을 적어 주십시오.",
        help_text=_(
            "고객에게 앞의 답변들과 판단한 사람을 알립니다. 새로운 사실이 있으면 다시 봅니다."
        ),
    )


class EnterActionForm(StaffForm):
    what = area(_("바로잡을 일"), rows=3, required="무엇을 바로잡을지 적어 주십시오.")
    owner = choice(_("맡을 사람"), required="맡을 사람을 골라 주십시오.")
    due_on = day(_("처음 정하는 기한"), required="기한을 골라 주십시오.")

    def prepare(self, situation: Situation) -> None:
        self.options("owner", situation.people, empty="고르십시오")


class _ActionForm(StaffForm):
    """A form about one of the case's actions."""

    statuses: tuple[str, ...] = ()

    def prepare(self, situation: Situation) -> None:
        rows = [line.action for line in stages_of(situation).lines]
        fit = [row for row in rows if row.status in self.statuses and self.fits(situation, row)]
        self.options("action", [(row.pk, _action(row)) for row in fit])

    def fits(self, situation: Situation, action: CorrectiveAction) -> bool:
        return True


def _action(action: CorrectiveAction) -> str:
    due = korean_day(action.due_on)
    return f"{putting_right.title_of(action)} ({action.owner}, {due}까지)"


class FinishForm(_ActionForm):
    statuses = ("open", "failed")
    action = choice(_("조치"), required="조치를 골라 주십시오.")
    evidence = area(
        _("무엇을 했고, 무엇으로 알 수 있는지"),
        rows=3,
        required="무엇을 했는지, 무엇으로 알 수 있는지 적어 주십시오.",
    )
    file = forms.FileField(
        label=_("증거 파일"), required=False, help_text=_("사진, 문서 등 10MB까지")
    )

    def fits(self, situation: Situation, action: CorrectiveAction) -> bool:
        return situation.chief or action.owner_id == situation.person.pk

    def clean_file(self) -> CheckedFile | None:
        upload = self.cleaned_data.get("file")
        if not upload:
            return None
        try:
            return check_upload(name=upload.name, data=upload.file, size=upload.size)
        except FileRefused as error:
            raise forms.ValidationError(error.why) from error


class VerifyForm(_ActionForm):
    statuses = putting_right.UNSETTLED
    action = choice(_("조치"), required="조치를 골라 주십시오.")
    note = area(_("보고 확인한 것"), rows=3, required="무엇을 보고 확인했는지 적어 주십시오.")

    def fits(self, situation: Situation, action: CorrectiveAction) -> bool:
        return action.owner_id != situation.person.pk


class MoveActionForm(_ActionForm):
    statuses = ("open", "failed")
    action = choice(_("조치"), required="조치를 골라 주십시오.")
    due_on = day(
        _("새 기한"),
        required="새 기한을 골라 주십시오.",
        help_text=_("처음 정한 기한은 그대로 남고, 지켰는지는 그 기한으로 셉니다."),
    )
    reason = area(_("까닭"), rows=2, longest=500, required="기한을 고치는 까닭을 적어 주십시오.")


class WaiveActionForm(_ActionForm):
    statuses = putting_right.UNSETTLED
    action = choice(_("조치"), required="조치를 골라 주십시오.")
    reason = area(
        _("조치가 필요 없는 까닭"), rows=2, required="조치가 필요 없는 까닭을 적어 주십시오."
    )


def _letter_field(name: str) -> forms.Field:
    """What fits a paragraph: a date, a line, or a text."""
    if name == "verify_on":
        return day(LETTER_LABELS[name])
    rows = 2 if name in {"verifier_team", "reviewer_team"} else 4
    return area(LETTER_LABELS[name], rows=rows, longest=5_000)


class LetterForm(StaffForm):
    """The paragraphs of both variants: what the chosen one does not use is left as it is."""

    variant = forms.ChoiceField(
        label=_("문안"), widget=forms.RadioSelect, choices=ApologyLetter.Variant.choices
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def prepare(self, situation: Situation) -> None:
        letter = stages_of(situation).letter
        if letter is None:
            return
        self.fields["variant"].initial = letter.variant
        self.fields["version"].initial = letter.version
        names = apologies.PARTS[letter.variant]
        others = [n for part in apologies.PARTS.values() for n in part if n not in names]
        for name in [*names, *others] if self.is_bound else names:
            self.fields[name] = _letter_field(name)
            self.fields[name].initial = letter.parts.get(name, "")

    def parts(self) -> dict[str, str]:
        return {
            name: text.isoformat() if isinstance(text, date) else (text or "")
            for name, text in self.cleaned_data.items()
            if name not in {"variant", "version"} and name in self.data
        }

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.cleaned_data["parts"] = self.parts()
        return self.cleaned_data


# --- run ----------------------------------------------------------------------------------------


def _on_case(verb: Any, s: Situation, **values: Any) -> object:
    return verb(complaint_id=s.case.pk, by=s.person, now=s.now, **values)


def _on_action(verb: Any, s: Situation, data: Cleaned, **more: Any) -> object:
    values = {name: value for name, value in data.items() if name != "action"} | more
    if all(line.action.pk != int(data["action"]) for line in stages_of(s).lines):
        raise NotNow("이 건의 시정조치가 아닙니다.")
    return verb(action_id=int(data["action"]), by=s.person, now=s.now, **values)


def _on_proposal(verb: Any, s: Situation, data: Cleaned) -> object:
    return verb(proposal_id=int(data["proposal"]), by=s.person, now=s.now)


def _save_letter(s: Situation, data: Cleaned) -> object:
    return _on_case(
        services.save_letter,
        s,
        variant=data["variant"],
        parts=data["parts"],
        version=data["version"],
    )


def _submit_letter(s: Situation, data: Cleaned) -> object:
    from django.db import transaction  # noqa: PLC0415

    with transaction.atomic():
        _save_letter(s, data)
        return _on_case(services.submit_letter, s)


def _enter_action(s: Situation, data: Cleaned) -> object:
    rest = {"what": data["what"], "due_on": data["due_on"]}
    return _on_case(services.enter_action, s, owner_id=int(data["owner"]), **rest)


# --- when ---------------------------------------------------------------------------------------


def _to_get_in_touch(s: Situation) -> bool:
    """Before the answer is written, while there is time; afterwards it stands among the rest."""
    apology = stages_of(s).apology
    return s.own and apology is not None and apology.state == "running" and s.case.state in WRITING


def _to_decide(s: Situation) -> bool:
    here = stages_of(s)
    waiting = any(row.status == "proposed" for row in here.proposals)
    return waiting and here.confirmed is None and s.case.is_open


def _can_confirm(s: Situation) -> bool:
    here = stages_of(s)
    return bool(here.proposals) and here.confirmed is None and s.case.is_open


def _can_close_repeats(s: Situation) -> bool:
    if stages_of(s).confirmed is None:
        return False
    try:
        repeating.refuse_closing_repeats(s.case)
    except NotNow:
        return False
    return True


def _writable_letter(s: Situation) -> bool:
    letter = stages_of(s).letter
    return s.own and letter is not None and letter.status in apologies.WRITABLE


def _to_be_checked(s: Situation) -> bool:
    check = stages_of(s).check
    return check is not None and check.drafted_by_id != s.person.pk


def _mine(s: Situation) -> bool:
    here = stages_of(s).open_actions
    return any(s.chief or row.owner_id == s.person.pk for row in here)


def _verifiable(s: Situation) -> bool:
    return any(row.owner_id != s.person.pk for row in stages_of(s).unsettled)


def _accepted(s: Situation) -> bool:
    finding = stages_of(s).finding
    return finding is not None and finding.accepted


def _reviewable(s: Situation) -> bool:
    open_states = reviewing.OPEN
    return _accepted(s) and not s.case.reviews.filter(status__in=open_states).exists()


GROUPS["stages"] = "사과와 시정조치"

_FIRST = [
    Panel(
        key="contact",
        title="먼저 연락드린 것 적기",
        group="stages",
        form=ContactForm,
        hint="사람이 직접 연락해야 ‘즉시 사과’ 약속이 지켜집니다. 자동 메일은 세지 않습니다.",
        urgent=_to_get_in_touch,
    ),
    Panel(
        key="repeat",
        title="같은 내용인지 확인",
        group="stages",
        form=RepeatForm,
        hint="같은 고객이 같은 내용을 다시 낸 것인지 사람이 정합니다.",
        urgent=_to_decide,
    ),
    Panel(
        key="verify",
        title="시정조치 확인",
        group="stages",
        form=VerifyForm,
        urgent=lambda s: any(
            row.status == "done" and row.owner_id != s.person.pk and s.chief
            for row in stages_of(s).unsettled
        ),
    ),
]
_LATER = [
    Panel(
        key="letter",
        title="사과문 쓰기",
        group="stages",
        form=LetterForm,
        hint="대괄호 [ ]는 모두 채워야 결재에 올릴 수 있습니다. 대상 직원의 이름은 적지 않습니다.",
    ),
    Panel(
        key="check_letter",
        title="사과문에서 약속한 확인 알리기",
        group="stages",
        form=CheckLetterForm,
        hint="사과문에 적은 날까지, 사과문을 쓴 사람이 아닌 다른 사람이 확인하여 고객에게 알립니다.",
    ),
    Panel(key="recall_letter", title="사과문 결재 거두기", group="stages"),
    Panel(key="finish", title="시정조치 마친 것 적기", group="stages", form=FinishForm),
    Panel(key="enter_action", title="시정조치 더하기", group="stages", form=EnterActionForm),
    Panel(key="move_action", title="시정조치 기한 고치기", group="stages", form=MoveActionForm),
    Panel(key="waive_action", title="조치가 필요 없음", group="stages", form=WaiveActionForm),
    Panel(key="waive_apology", title="사과를 드리지 않음", group="stages", form=WaiveApologyForm),
    Panel(
        key="undo_repeat",
        title="같은 내용이 아니었음(되돌리기)",
        group="stages",
        form=ReasonForm,
        hint="사과문이 나가기 전이면 2차 조치를 거두고, 나간 뒤에는 바로잡은 기록만 남깁니다.",
    ),
    Panel(key="close_repeats", title="반복 건으로 마치기", group="end", form=CloseRepeatsForm),
    Panel(
        key="review",
        title="3차 심의 열기",
        group="stages",
        form=ReasonForm,
        hint="고객이 해결되지 않았다고 할 때 엽니다. 주의는 소명을 들은 뒤 따로 정합니다.",
    ),
]


@dataclass(frozen=True, slots=True)
class _Verb:
    """A row of the table below, as it is read from left to right."""

    do: str
    label: str
    panel: str
    right: str
    when: Any
    run: Any
    done: str
    style: str = ""

    def action(self) -> Action:
        return Action(
            do=self.do, label=self.label, panel=self.panel, right=self.right, when=self.when,
            run=self.run, done=self.done, style=self.style,
        )  # fmt: skip


_ACTIONS = [
    _Verb("log_contact", "연락한 것 적기", "contact", "write_note",
         lambda s: not s.case.anonymous and (s.case.is_open or stages_of(s).apology is not None),
         lambda s, d: _on_case(services.log_contact, s, **d), "연락한 것을 적었습니다."),
    _Verb("confirm_repeat", "맞다 — 같은 내용", "repeat", "decide_repeat", _can_confirm,
         lambda s, d: _on_proposal(services.confirm_repeat, s, d), "같은 내용으로 확인했습니다.", "primary"),
    _Verb("reject_repeat", "아니다 — 다른 내용", "repeat", "decide_repeat", _to_decide,
         lambda s, d: _on_proposal(services.reject_repeat, s, d), "다른 내용으로 정했습니다."),
    _Verb("verify_action", "이루어졌음", "verify", "put_right", _verifiable,
         lambda s, d: _on_action(services.verify_action, s, d, carried_out=True), "조치를 확인했습니다."),
    _Verb("verify_failed", "이루어지지 않았음", "verify", "put_right", _verifiable,
         lambda s, d: _on_action(services.verify_action, s, d, carried_out=False), "이루어지지 않은 것으로 적었습니다."),
    _Verb("save_letter", "사과문 저장", "letter", "write_answer", _writable_letter, _save_letter, "사과문을 저장했습니다."),
    _Verb("submit_letter", "사과문 결재 올리기", "letter", "write_answer", _writable_letter, _submit_letter,
         "사과문을 결재에 올렸습니다.", "primary"),
    _Verb("recall_letter", "사과문 결재 거두기", "recall_letter", "write_answer",
         lambda s: s.own and (letter := stages_of(s).letter) is not None and letter.status == "submitted",
         lambda s, _d: _on_case(services.recall_letter, s), "사과문을 거두었습니다."),
    _Verb("check_letter", "확인 결과 알리기", "check_letter", "put_right", _to_be_checked,
         lambda s, d: _on_case(services.check_letter, s, **d), "확인한 결과를 고객에게 알립니다."),
    _Verb("finish_action", "마친 것 적기", "finish", "put_right", _mine,
         lambda s, d: _on_action(services.finish_action, s, d), "마친 것을 적었습니다. 다른 사람에게 확인을 청했습니다."),
    _Verb("enter_action", "시정조치 더하기", "enter_action", "put_right", lambda s: s.own and _accepted(s),
         _enter_action, "시정조치를 더했습니다."),
    _Verb("move_action", "기한 고치기", "move_action", "put_right",
         lambda s: s.chief and bool(stages_of(s).open_actions),
         lambda s, d: _on_action(services.move_action, s, d), "기한을 고쳤습니다."),
    _Verb("waive_action", "조치가 필요 없음", "waive_action", "put_right",
         lambda s: s.chief and bool(stages_of(s).unsettled),
         lambda s, d: _on_action(services.waive_action, s, d), "조치가 필요 없는 것으로 적었습니다."),
    _Verb("waive_apology", "사과를 드리지 않음", "waive_apology", "write_answer",
         lambda s: s.own and stages_of(s).apology is not None,
         lambda s, d: _on_case(services.waive_apology, s, **d), "사과를 드리지 않는 것으로 적었습니다."),
    _Verb("undo_repeat", "되돌리기", "undo_repeat", "decide_repeat",
         lambda s: (row := stages_of(s).confirmed) is not None and row.corrected_at is None,
         lambda s, d: _on_case(services.undo_repeat, s, **d), "되돌렸습니다."),
    _Verb("close_repeats", "반복 건으로 마치기", "close_repeats", "close_repeat", _can_close_repeats,
         lambda s, d: _on_case(services.close_repeats, s, **d), "반복 건으로 마치고 고객에게 알립니다.", "danger"),
    _Verb("open_review", "3차 심의 열기", "review", "review", _reviewable,
         lambda s, d: _on_case(reviewing.open_review, s, **d), "3차 심의를 열었습니다."),
]  # fmt: skip


def _take_their_places() -> None:
    """What may be the next thing to do comes where it is looked for: first after the approval."""
    before = dict(PANELS)
    PANELS.clear()
    for key, panel in before.items():
        PANELS[key] = panel
        if key == "confirm":
            PANELS.update({one.key: one for one in _FIRST})
    PANELS.update({one.key: one for one in _LATER})
    ACTIONS.update({one.do: one.action() for one in _ACTIONS})


_take_their_places()


# --- the letter, to be approved -----------------------------------------------------------------


def letter_rows(letter: ApologyLetter) -> list[tuple[str, str]]:
    """A letter as rows of label and text, in the order in which it is read."""
    rows = [("문안", str(letter.get_variant_display()))]
    names = apologies.PARTS[letter.variant]
    rows += [(LETTER_LABELS[name], letter.parts.get(name, "")) for name in names]
    return [(label, text) for label, text in rows if text]


def due_words(s: Situation) -> str:
    promise = stages_of(s).promise
    return f"{korean_instant(promise.due_at)}까지" if promise else ""
