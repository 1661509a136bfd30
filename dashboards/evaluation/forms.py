"""The page on which an evaluation is written: one form, saved complete or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from centre.models import StaffMember
from dashboards.evaluation.models import Evaluation, Remark
from dashboards.evaluation.sheet import Row
from dashboards.evaluation.writing import LONGEST_ACTION, Draft, Said
from standards.models import Duty

_ABOUT: Final = ("cause", "action", "owner", "due_on")


def _area(label: Any, *, rows: int, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=False, help_text=help_text, widget=widget)


def name_of(code: str, about: str) -> str:
    return f"{code}-{about}"


@dataclass(frozen=True, slots=True)
class Part:
    """A standard with its figures and the fields about it; ``duty``: promised already."""

    row: Row
    fields: list[BoundField]
    duty: Duty | None

    @property
    def open(self) -> bool:
        """Unfolded: what has to be written about, or is wrong."""
        return self.row.reached is False or any(field.errors for field in self.fields)

    @property
    def written(self) -> bool:
        return any(field.value() for field in self.fields)


class EvaluationForm(forms.Form):
    """Every field is optional: what is missing is said when it is laid before the approvers."""

    use_required_attribute = False
    version = forms.IntegerField(widget=forms.HiddenInput)
    introduction = _area(
        _("머리말"), rows=6,
        help_text=_("한 해를 어떻게 보았는지, 무엇이 좋아지고 무엇이 모자랐는지 적습니다."),
    )  # fmt: skip
    closing = _area(_("맺음말"), rows=4, help_text=_("다음 해에 무엇을 하겠다는 말로 맺습니다."))

    def __init__(
        self,
        *args: Any,
        evaluation: Evaluation,
        rows: Iterable[Row],
        people: Iterable[StaffMember],
        **kwargs: Any,
    ) -> None:
        self.evaluation, self.rows = evaluation, list(rows)
        self.remarks = {
            row.code: row for row in evaluation.remarks.select_related("owner__team", "duty")
        }
        kwargs.setdefault("label_suffix", "")
        kwargs["initial"] = self._saved()
        super().__init__(*args, **kwargs)
        if evaluation.number > 1:
            self.fields["why"] = _area(
                _("무엇을 왜 바로잡습니까?"), rows=3,
                help_text=_("공개하는 쪽의 맨 위에 그대로 보입니다."),
            )  # fmt: skip
        choices = [("", "고르십시오"), *((one.pk, f"{one.team} {one}") for one in people)]
        for row in self.rows:
            self._add(row.code, choices)

    def _saved(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "version": self.evaluation.version,
            "introduction": self.evaluation.introduction,
            "closing": self.evaluation.closing,
            "why": self.evaluation.why,
        }
        for code, remark in self.remarks.items():
            found |= {
                name_of(code, "cause"): remark.cause,
                name_of(code, "action"): remark.action,
                name_of(code, "owner"): remark.owner_id or "",
                name_of(code, "due_on"): remark.due_on,
            }
        return found

    def _add(self, code: str, choices: list[Any]) -> None:
        self.fields[name_of(code, "cause")] = _area(_("원인"), rows=3)
        if self._duty(code) is not None:
            return
        self.fields[name_of(code, "action")] = forms.CharField(
            label=_("조치"),
            required=False,
            help_text=_("공개하면 개선 과제가 됩니다."),
            max_length=LONGEST_ACTION,
        )
        remark = self.remarks.get(code)
        gone = remark.owner if remark is not None else None
        mine = choices
        if gone is not None and gone.pk not in {key for key, _label in choices}:
            mine = [*choices, (gone.pk, f"{gone}(지금 근무하지 않음)")]
        self.fields[name_of(code, "owner")] = forms.TypedChoiceField(
            label=_("맡을 사람"),
            required=False,
            choices=mine,
            coerce=int,
            empty_value=None,
            error_messages={"invalid_choice": _("목록에 있는 직원을 골라 주십시오.")},
        )
        self.fields[name_of(code, "due_on")] = forms.DateField(
            label=_("마칠 날"),
            required=False,
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={"invalid": _("날짜를 ‘2026-10-12’처럼 적어 주십시오.")},
        )

    def _duty(self, code: str) -> Duty | None:
        remark: Remark | None = self.remarks.get(code)
        return remark.duty if remark is not None else None

    # as it is drawn

    def parts(self) -> Iterator[Part]:
        for row in self.rows:
            names = [name_of(row.code, about) for about in _ABOUT]
            fields = [self[name] for name in names if name in self.fields]
            yield Part(row, fields, self._duty(row.code))

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Every problem with the id of its field."""
        return [
            (f"id_{name}" if name in self.fields else "", f"{self._label(name)}{message}")
            for name, messages in self.errors.items()
            for message in messages
        ]

    def _label(self, name: str) -> str:
        code = name.rpartition("-")[0]
        row = next((row for row in self.rows if row.code == code), None)
        return f"약속 {row.line['number']}: " if row is not None else ""

    def refuse(self, message: str, *, field: str = "") -> None:
        self.add_error(field if field in self.fields else None, message)

    def differing(self) -> list[tuple[str, str]]:
        """What was saved by somebody else and reads otherwise here: label and the saved words."""
        found = []
        for name, field in self.fields.items():
            saved = self._words(name, self.initial.get(name))
            typed = self._words(name, self.cleaned_data.get(name))
            if name != "version" and saved != typed:
                found.append((f"{self._label(name)}{field.label}", saved or "(비어 있음)"))
        return found

    def _words(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if isinstance(field, forms.TypedChoiceField):
            return str(dict(field.choices).get(value or "", "")) if value else ""  # type: ignore[arg-type]
        return "" if value is None else str(value).strip().replace("\r\n", "\n")

    # as it is kept

    def draft(self) -> Draft:
        data: Mapping[str, Any] = self.cleaned_data
        return Draft(
            introduction=data["introduction"],
            closing=data["closing"],
            why=data.get("why", ""),
            said={
                row.code: Said(
                    cause=data.get(name_of(row.code, "cause"), ""),
                    action=data.get(name_of(row.code, "action"), ""),
                    owner_id=data.get(name_of(row.code, "owner")),
                    due_on=data.get(name_of(row.code, "due_on")),
                )
                for row in self.rows
            },
        )
