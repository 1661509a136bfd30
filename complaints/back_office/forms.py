"""What staff type on the case page. Every refusal says what to do; nothing typed is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from centre import options
from centre import queries as centre_queries
from centre.models import ReferralBody, StaffMember, Team
from complaints import texts
from complaints.back_office import choices
from complaints.forms import Email, Phone, Words
from complaints.models import Kind, ReplyBy

if TYPE_CHECKING:
    from complaints.back_office.situation import Situation

LONG = 20_000
MIDDLE = 2_000
LINE = 200


def area(
    label: Any, *, rows: int = 4, longest: int = MIDDLE, required: str = "", help_text: Any = ""
) -> Words:
    """A text of several lines; ``required`` is what is said when it is missing."""
    return Words(
        label=label,
        longest=longest,
        lines=True,
        required=bool(required),
        help_text=help_text,
        error_messages={"required": required},
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def choice(label: Any, *, required: str = "", help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=bool(required),
        help_text=help_text,
        error_messages={"required": required, "invalid_choice": required or "다시 골라 주십시오."},
    )


def day(label: Any, *, required: str = "", help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=bool(required),
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": required,
            "invalid": "날짜를 ‘2026-10-12’처럼 적어 주십시오.",
        },
    )


class StaffForm(forms.Form):
    """One form of the case page; its ids carry its own name, as several stand on the page."""

    use_required_attribute = False

    def __init__(self, *args: Any, situation: Situation, key: str, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        kwargs.setdefault("auto_id", f"id_{key}_%s")
        super().__init__(*args, **kwargs)
        self.key, self.situation = key, situation
        self.prepare(situation)

    def prepare(self, situation: Situation) -> None:
        """Fill in what can be chosen in this case."""

    def options(self, name: str, found: Any, *, empty: str = "") -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - a wrong name is the programmer's
        field.choices = [("", empty), *found] if empty else list(found)

    def refuse(self, message: str, *, field: str = "") -> None:
        """A refusal of the verb, beside its field where this form has it."""
        self.add_error(field if field in self.fields else None, message)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """For the summary on top: the id to jump to and what is wrong."""
        return [
            (self._target(name), str(message))
            for name, messages in self.errors.items()
            for message in messages
        ]

    def _target(self, name: str) -> str:
        if name not in self.fields:
            return f"panel-{self.key}"
        several = isinstance(
            self.fields[name].widget, forms.RadioSelect | forms.CheckboxSelectMultiple
        )
        return f"id_{self.key}_{name}" + ("_0" if several else "")


class NoForm(StaffForm):
    """A button alone."""


class AssignForm(StaffForm):
    handler = choice(_("담당자"), required="담당자를 골라 주십시오.")
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def prepare(self, situation: Situation) -> None:
        self.options("handler", situation.people, empty="고르십시오")
        self.fields["version"].initial = situation.case.version


class ReassignForm(StaffForm):
    team = choice(_("넘길 팀"), required="이관할 팀을 골라 주십시오.")
    handler = choice(
        _("담당자"), help_text=_("비워 두면 그 팀의 전문가나 지금 일이 적은 사람이 맡습니다.")
    )
    reason = area(
        _("이관하는 까닭"), rows=3, longest=500, required="이관하는 까닭을 적어 주십시오."
    )

    def prepare(self, situation: Situation) -> None:
        self.options("team", choices.teams(without=situation.case.team_id), empty="고르십시오")
        self.options("handler", situation.people, empty="그 팀에서 정함")


class ReclassifyForm(StaffForm):
    kind = choice(_("구분"), required="구분을 골라 주십시오.")
    topic = choice(_("유형"), required="유형을 골라 주십시오.")
    move = forms.BooleanField(
        label=_("고른 유형을 맡은 팀으로 이관도 함"),
        required=False,
        help_text=_("표시하지 않으면 담당 팀과 담당자는 그대로입니다."),
    )
    reason = area(
        _("바로잡는 까닭"), rows=2, longest=500, required="바로잡는 까닭을 적어 주십시오."
    )

    def prepare(self, situation: Situation) -> None:
        case = situation.case
        self.options("kind", Kind.choices)
        self.options("topic", choices.topics(keep=case.topic_id))
        self.fields["kind"].initial = case.kind
        self.fields["topic"].initial = case.topic_id


class SupportForm(StaffForm):
    team = choice(
        _("협조할 팀"),
        required="협조할 다른 팀을 골라 주십시오.",
        help_text=_("그 팀이 이 건을 볼 수 있게 되고, 팀장에게 알립니다."),
    )

    def prepare(self, situation: Situation) -> None:
        known = {team.pk for team in situation.supporting}
        found = choices.teams(without=situation.case.team_id)
        self.options("team", [row for row in found if row[0] not in known], empty="고르십시오")


class NoteForm(StaffForm):
    text = area(_("메모"), longest=5_000, required="메모를 적어 주십시오.")


class AboutStaffForm(StaffForm):
    people = forms.MultipleChoiceField(
        label=_("대상 직원"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "고른 직원은 이 건을 보거나 맡거나 결재할 수 없게 됩니다. 아무도 아니면 비워 두고 까닭을 적습니다."
        ),
    )
    reason = area(_("까닭(아무도 아닐 때)"), longest=500, rows=2)

    def prepare(self, situation: Situation) -> None:
        field = self.fields["people"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101
        employed = centre_queries.employed(at=situation.now).select_related("team")
        others = [p for p in employed if p.pk != situation.person.pk]
        field.choices = [(p.pk, f"{p} · {p.team.name}") for p in others]
        field.initial = situation.surely_about


class RequestForm(StaffForm):
    items = area(
        _("더 알고 싶은 것"),
        longest=3_000,
        required="무엇을 더 알고 싶은지 적어 주십시오.",
        help_text=_("적은 그대로 고객에게 나갑니다. 답이 올 때까지 답변 기한이 멈춥니다."),
    )


class RetellForm(StaffForm):
    way = choice(
        _("어떻게 전할지"),
        required="어떻게 전할지 골라 주십시오.",
        help_text=_("같은 글을 이 방법으로 전할 일이 ‘알릴 일’에 생깁니다."),
    )

    def prepare(self, situation: Situation) -> None:
        self.options("way", situation.other_ways, empty="고르십시오")


class CorrectForm(StaffForm):
    """Shown empty: what is kept is masked, and what stays empty stays as it is."""

    email = Email(label=_("이메일"), longest=254, required=False)
    phone = Phone(label=_("전화"), longest=60, required=False)
    address = Words(label=_("우편 주소"), longest=LINE, required=False)
    fax = Phone(label=_("팩스"), longest=60, required=False)
    reply_by = choice(_("결과를 받으실 방법"))
    reason = area(
        _("어떻게 확인했는지"),
        rows=2,
        longest=500,
        required="연락처를 어떻게 확인하셨는지 적어 주십시오.",
        help_text=_("예: 고객이 전화로 새 이메일을 알려 옴"),
    )

    def prepare(self, situation: Situation) -> None:
        self.options("reply_by", ReplyBy.choices, empty="그대로")


class SupplementForm(StaffForm):
    text = area(
        _("고객이 알려 준 내용"),
        longest=LONG,
        required="알려 주신 내용을 적어 주십시오.",
        help_text=_("전화나 방문으로 들은 것을 적습니다. 답변 기한이 다시 갑니다."),
    )


class DraftForm(StaffForm):
    #: May be empty in a draft, not in what goes to approval.
    needed = ("decision", "answer")

    def refuse(self, message: str, *, field: str = "") -> None:
        """With the first thing that is missing, all that is: nobody corrects one after another."""
        super().refuse(message, field=field)
        if field == "decision" and not self.cleaned_data.get("answer"):
            super().refuse("답변을 적어 주십시오.", field="answer")

    template = choice(_("답변 틀"), help_text=_("고르고 ‘틀 넣기’를 누르면 답변 끝에 들어갑니다."))
    decision = choice(
        _("처리결과"),
        help_text=_("‘검토 중’은 결과가 아니어서 기한이 멈추지 않습니다."),
    )
    answer = area(
        _("답변"),
        rows=12,
        longest=LONG,
        help_text=_("고객이 읽는 글입니다. 대괄호 [ ]는 모두 채워 주십시오."),
    )
    reason = area(
        _("받아들이지 못하는 까닭"),
        rows=3,
        longest=5_000,
        help_text=_("수용 곤란, 불채택, 중장기 검토일 때 고객에게 그대로 나갑니다."),
    )
    action_done = area(_("조치한 것"), rows=2, longest=5_000)
    action_planned = area(_("앞으로 할 것"), rows=2, longest=5_000)
    action_due_on = day(_("앞으로 할 일을 마칠 날"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def prepare(self, situation: Situation) -> None:
        self.options("decision", texts.decisions_for(situation.case.kind), empty="고르십시오")
        offered = [(row.code, f"{row.code} {row.title}") for row in situation.templates]
        self.options("template", offered, empty="틀을 쓰지 않음")
        draft = situation.draft
        if draft is None:
            self.fields["version"].initial = 0
            return
        for name in ("decision", "answer", "reason", "action_done", "action_planned", "version"):
            self.fields[name].initial = getattr(draft, name)
        self.fields["action_due_on"].initial = draft.action_due_on


class DecideForm(StaffForm):
    comment = area(
        _("의견"), rows=3, help_text=_("고쳐 쓰기로 돌려보낼 때에는 무엇을 고칠지 꼭 적습니다.")
    )
    approval = forms.IntegerField(widget=forms.HiddenInput)

    def prepare(self, situation: Situation) -> None:
        if situation.to_decide is not None:
            self.fields["approval"].initial = situation.to_decide.pk


class ExtensionForm(StaffForm):
    ground = choice(
        _("사유"),
        required="연장 사유를 골라 주십시오.",
        help_text=_("담당자의 부재나 바쁨은 사유가 되지 않습니다."),
    )
    reason = area(
        _("설명"),
        rows=3,
        required="사유를 자세히 적어 주십시오.",
        help_text=_("고객에게 그대로 나갑니다."),
    )
    new_due_on = day(_("새 기한"), required="새 기한을 골라 주십시오.")
    progress = area(_("지금까지 확인한 것"), rows=2)
    action_planned = area(_("남은 일"), rows=2)

    def prepare(self, situation: Situation) -> None:
        self.options("ground", texts.extension_grounds().items(), empty="고르십시오")
        if limit := situation.extension_limit:
            self.fields[
                "new_due_on"
            ].help_text = f"{limit}까지 늦출 수 있습니다. 그날 18시가 기한이 됩니다."


class ReferralForm(StaffForm):
    body = choice(_("보낼 기관"), required="보낼 기관을 골라 주십시오.")
    contact = Words(
        label=_("기관 연락처"),
        longest=LINE,
        required=False,
        help_text=_("고객에게 알려 드립니다. 비워 두면 기관에 등록된 연락처를 씁니다."),
    )
    reason = area(_("보내는 까닭"), rows=3, required="보내는 까닭을 적어 주십시오.")
    help_offered = area(_("저희가 도울 수 있는 것"), rows=2)
    wants_result = forms.BooleanField(
        label=_("처리 결과를 우리에게도 알려 달라고 함"), required=False
    )

    def prepare(self, situation: Situation) -> None:
        bodies = ReferralBody.objects.filter(active=True)
        found = [(b.pk, f"{b.name} ({b.contact or '연락처 없음'})") for b in bodies]
        self.options("body", found, empty="고르십시오")


class MergeForm(StaffForm):
    into = Words(
        label=_("합칠 건의 접수번호"),
        longest=40,
        error_messages={"required": "합칠 건의 접수번호를 적어 주십시오."},
        help_text=_(
            "같은 연락처로 먼저 접수된, 답변 전인 건이어야 합니다. 그 건의 기한을 따릅니다."
        ),
    )

    def prepare(self, situation: Situation) -> None:
        earlier = [row.receipt_number for row in situation.mergeable]
        if earlier:
            self.fields["into"].initial = earlier[0]


class WithdrawalForm(StaffForm):
    reason = area(
        _("고객이 어떻게 알려 왔는지"),
        rows=3,
        required="고객이 어떻게 취하를 알려 왔는지 적어 주십시오.",
        help_text=_("예: 10월 2일 오전 전화로 본인이 취하를 알려 옴. 건은 지워지지 않습니다."),
    )


class ComplimentForm(StaffForm):
    people = forms.MultipleChoiceField(
        label=_("칭찬받은 직원"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "칭찬받은 직원을 골라 주십시오."},
    )
    quote = area(
        _("전할 말"),
        rows=5,
        help_text=_(
            "고객의 말 가운데 직원에게 전할 부분입니다. 다른 사람의 개인정보는 빼 주십시오."
        ),
    )

    def prepare(self, situation: Situation) -> None:
        field = self.fields["people"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101
        employed = centre_queries.employed(at=situation.now).select_related("team")
        field.choices = [(p.pk, f"{p} · {p.team.name}") for p in employed]
        field.initial = [row.person_id for row in situation.about]
        self.fields["quote"].initial = situation.case.body


class ReopenForm(StaffForm):
    reason = area(
        _("다시 여는 까닭"),
        rows=3,
        required="다시 여는 까닭을 적어 주십시오.",
        help_text=_("새 답변 기한이 시작되고 고객에게 알립니다. 앞의 결과는 그대로 남습니다."),
    )


class PromiseForm(StaffForm):
    reason = area(
        _("늦어진 까닭"),
        rows=3,
        required="늦어진 까닭을 적어 주십시오.",
        help_text=_("고객이 처리상황 화면에서 읽습니다."),
    )
    progress = area(_("지금까지 한 일"), rows=2)
    due_on = day(_("새 기한"), help_text=_("바꾸면 고객에게 새 기한을 알립니다."))

    def prepare(self, situation: Situation) -> None:
        promise = situation.promise
        if promise is not None:
            self.fields["reason"].initial = promise.reason
            self.fields["progress"].initial = promise.progress
            self.fields["due_on"].initial = choices.seoul_date(promise.due_at)


class CallForm(StaffForm):
    note = area(_("말씀드린 것과 약속한 것"), rows=3, required="무엇을 말씀드렸는지 적어 주십시오.")
    due_on = day(
        _("고객과 정한 답변 날짜"),
        help_text=_("이날 18시까지가 새 약속이 됩니다. 고객의 처리상황 화면에 나옵니다."),
    )
    no_date = forms.BooleanField(label=_("날짜를 함께 정하지 못함"), required=False)

    def prepare(self, _situation: Situation) -> None:
        days = options.number("new_promise_days")
        self.fields[
            "no_date"
        ].help_text = (
            f"표시하시면 오늘부터 {days}근무일 뒤 18시까지 답하기로 하고 고객에게 알립니다."
        )


class RevealForm(StaffForm):
    why = Words(
        label=_("보는 까닭"),
        longest=LINE,
        error_messages={"required": "연락처를 보는 까닭을 적어 주십시오."},
        help_text=_("누가, 언제, 왜 보았는지 기록됩니다."),
    )


def names_of(people: list[StaffMember] | list[Team]) -> str:
    return ", ".join(str(one) for one in people)
