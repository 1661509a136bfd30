"""What people fill in: the answers to a survey, and what staff type to build one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from complaints.back_office.forms import area
from complaints.forms import Words
from surveys import questionnaires
from surveys.models import (
    LEAST,
    MOST,
    NPS_LEAST,
    NPS_MOST,
    Dimension,
    Kind,
    Question,
    QuestionType,
    Renewal,
    Scale,
    Survey,
)
from surveys.replies import NOT_APPLICABLE

# --- answers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to tick; ``id`` is unique on the page."""

    id: str
    value: str
    label: str
    checked: bool


@dataclass(slots=True)
class Asked:
    """A question as it stands on the page, with what was sent for it."""

    question: Question
    name: str
    offers: list[Offer]
    text: str = ""
    error: str = ""
    new_part: str = ""

    @property
    def id(self) -> str:
        return f"id_{self.name}"

    @property
    def target(self) -> str:
        """What a link in the summary of errors leads to."""
        return self.offers[0].id if self.offers else self.id

    @property
    def is_text(self) -> bool:
        return self.question.type == QuestionType.TEXT

    @property
    def is_multiple(self) -> bool:
        return self.question.type == QuestionType.MULTIPLE

    @property
    def described_by(self) -> str:
        parts = []
        if self.question.help or self.question.at_most:
            parts.append(f"{self.id}_help")
        if self.error:
            parts.append(f"{self.id}_error")
        return " ".join(parts)


@dataclass(slots=True)
class AnswerSheet:
    """The questions of a survey with what was sent; nothing typed is ever lost.

    ``nonce`` makes the form count once, ``edition`` says which questions were on the screen.
    """

    survey: Survey
    sent: Mapping[str, Sequence[str]] = field(default_factory=dict)
    nonce: str = ""
    edition: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list, init=False)

    @classmethod
    def blank(cls, survey: Survey) -> AnswerSheet:
        return cls(survey, {}, secrets.token_urlsafe(16), survey.edition)

    @classmethod
    def of(cls, survey: Survey, post: QueryDict) -> AnswerSheet:
        """What was sent. The edition is that of the form; a number only."""
        edition = post.get("edition", "")
        number = int(edition) if edition.isascii() and edition.isdecimal() else 0
        sent = {name: [str(one) for one in post.getlist(name)] for name in post}
        return cls(survey, sent, post.get("nonce", ""), number)

    def refuse(self, problems: dict[str, str]) -> None:
        """Show these sentences beside their questions."""
        self.errors = problems
        for row in self.asked:
            row.error = problems.get(row.question.code, "")

    def asks_anew(self) -> None:
        """The questions changed meanwhile: what is on the screen from now on is the present ones."""
        self.edition = self.survey.edition

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Target and sentence, in the order of the page."""
        named = [
            (row.target, f"{place}번. {row.error}")
            for place, row in enumerate(self.asked, start=1)
            if row.error
        ]
        return [("", self.errors[""]), *named] if "" in self.errors else named

    def __post_init__(self) -> None:
        part = ""
        for question in self.survey.questions.all():
            sent = list(self.sent.get(question.code, ()))
            new = question.part if question.part != part else ""
            part = question.part
            row = Asked(question, question.code, list(_offers(question, sent)), new_part=new)
            if row.is_text:
                row.text = "\n".join(sent)
            self.asked.append(row)


def _offers(question: Question, sent: Sequence[str]) -> Iterator[Offer]:
    for place, (value, label) in enumerate(_labels(question)):
        yield Offer(f"id_{question.code}_{place}", value, label, value in sent)


def _labels(question: Question) -> list[tuple[str, str]]:
    match question.type:
        case QuestionType.SCALE:
            words = questionnaires.scale_labels(question.scale or Scale.AGREE)
            found = [(str(n), words[n - 1]) for n in range(LEAST, MOST + 1)]
            if question.allow_na:
                found.append((NOT_APPLICABLE, questionnaires.not_applicable()))
            return found
        case QuestionType.NPS:
            ends = {NPS_LEAST: question.low_label, NPS_MOST: question.high_label}
            return [
                (str(n), f"{n} {ends[n]}" if ends.get(n) else str(n))
                for n in range(NPS_LEAST, NPS_MOST + 1)
            ]
        case QuestionType.YES_NO:
            return [("yes", "예"), ("no", "아니요")]
        case QuestionType.SINGLE | QuestionType.MULTIPLE:
            return [(str(choice.order), choice.text) for choice in question.choices.all()]
        case _:
            return []


class AgainForm(forms.Form):
    """다시 살펴봐 주세요: what is still not right, in the citizen's words; may stay empty."""

    use_required_attribute = False

    text = area(
        _("무엇이 아직 해결되지 않았는지 (적지 않으셔도 됩니다)"),
        rows=5,
        longest=10_000,
        help_text=_(
            "설문에 쓰신 답은 담당자에게 보이지 않습니다. "
            "만족도 조사에서 다시 살펴봐 달라고 하셨다는 것과 여기에 적으신 것만 전해집니다."
        ),
    )

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [("id_text", str(error)) for error in self.errors.get("text", [])]


# --- building -------------------------------------------------------------------------------------


def _moment(label: Any, *, help_text: Any = "") -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": "날짜와 시각을 ‘2026-10-01 09:00’처럼 적어 주십시오."},
    )


class StaffForm(forms.Form):
    """Fields that must be filled although nothing else says so are in ``needed``."""

    use_required_attribute = False
    needed: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Target and sentence; what is about no field has no target."""
        return [
            (self[name].auto_id if name in self.fields else "", str(error))
            for name, errors in self.errors.items()
            for error in errors
        ]

    def only_to_read(self) -> None:
        """Nothing can be typed; nothing is called optional either."""
        self.needed = tuple(self.fields)
        for shown in self.fields.values():
            shown.disabled = True

    def refuse(self, name: str, message: str) -> None:
        self.add_error(name if name in self.fields else None, message)


class SurveyForm(StaffForm):
    title = Words(
        label=_("제목"), longest=120, error_messages={"required": "제목을 적어 주십시오."}
    )
    intro = area(_("안내문"), rows=3)
    thanks = area(_("끝인사"), rows=2)
    opens_at = _moment(_("여는 때"), help_text=_("정해 두면 그때 저절로 열립니다."))
    closes_at = _moment(_("마치는 때"), help_text=_("이때 저절로 마칩니다."))
    renewal = forms.ChoiceField(
        label=_("이어 열기"),
        choices=Renewal.choices,
        required=False,
        help_text=_("마치면 같은 문항으로 다음 기간의 조사가 바로 열립니다."),
    )
    asks_consented = forms.BooleanField(
        label=_("설문 안내에 동의한 분을 모두 초대합니다(연간 조사)"), required=False
    )

    @classmethod
    def initial_of(cls, survey: Survey) -> dict[str, Any]:
        return {name: getattr(survey, name) for name in cls.base_fields}


class QuestionForm(StaffForm):
    code = Words(
        label=_("번호"),
        longest=10,
        help_text=_("이행표준과 해마다의 비교에 쓰입니다(예: V1)."),
        error_messages={"required": "번호를 적어 주십시오(예: V1)."},
    )
    text = Words(label=_("문항"), longest=300, error_messages={"required": "문항을 적어 주십시오."})
    type = forms.ChoiceField(label=_("형식"), choices=QuestionType.choices)
    scale = forms.ChoiceField(
        label=_("척도의 말"), choices=[("", "—"), *Scale.choices], required=False
    )
    dimension = forms.ChoiceField(label=_("차원"), choices=Dimension.choices, required=False)
    part = Words(label=_("묶음"), longest=40, required=False)
    help = Words(label=_("도움말"), longest=300, required=False)
    required = forms.BooleanField(label=_("꼭 답하게 합니다"), required=False)
    allow_na = forms.BooleanField(label=_("‘해당 없음’을 둡니다(5점 척도)"), required=False)
    choices = area(_("보기"), rows=5, help_text=_("고르는 문항이면 한 줄에 하나씩 적어 주십시오."))
    at_most = forms.IntegerField(
        label=_("고를 수 있는 수(여럿 고르기)"),
        required=False,
        min_value=1,
        max_value=40,
        error_messages={"invalid": "숫자만 적어 주십시오."},
    )
    low_label = Words(label=_("0의 말(0~10)"), longest=40, required=False)
    high_label = Words(label=_("10의 말(0~10)"), longest=40, required=False)

    @classmethod
    def initial_of(cls, question: Question) -> dict[str, Any]:
        values = {name: getattr(question, name) for name in cls.base_fields if name != "choices"}
        texts = question.choices.order_by("order", "pk").values_list("text", flat=True)
        return values | {"choices": "\n".join(texts)}

    def as_new(self) -> dict[str, Any]:
        """What a verb takes."""
        data = dict(self.cleaned_data)
        data["choices"] = [line for line in data["choices"].splitlines() if line.strip()]
        return data


#: What a new survey may begin with, in the order of the screen.
KINDS: Final = [(kind.value, kind.label) for kind in Kind]
