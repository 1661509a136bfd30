"""What a manager types when a promise changes: only what is the centre's own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.utils.translation import gettext_lazy as _

from centre.calendar import UNITS, Rule, Unit
from standards.models import VARIANTS, Correction, Standard
from standards.services import revisable

_DAYS_HELP: Final = _("날수로 적습니다. 예: 7d")
_TIME_HELP: Final = _("시간(h)이나 분(m)으로 적습니다. 1근무일은 8h입니다. 예: 4h")
_HUNDRED: Final = Decimal(100)


class ReviseForm(forms.Form):
    """The version in force, with a field for each thing that may change."""

    measure = forms.CharField(
        label=_("이렇게 잽니다"),
        max_length=2_000,
        widget=AdminTextareaWidget(attrs={"rows": 5}),
        help_text=_("공개하는 글입니다. 센터가 스스로 정한 수에는 *를 붙입니다."),
    )
    limit_text = forms.CharField(
        label=_("기준"),
        max_length=80,
        widget=AdminTextInputWidget,
        help_text=_("공개하는 글입니다. 센터가 스스로 정한 수에는 *를 붙입니다."),
    )
    allowance = forms.CharField(label=_("기간"), max_length=12, widget=AdminTextInputWidget)
    target = forms.DecimalField(
        label=_("목표(%)"), min_value=0, max_value=100, max_digits=4, decimal_places=1
    )
    why = forms.CharField(
        label=_("바꾸는 까닭"),
        max_length=500,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("기록에 남고, 지난 판과 함께 보입니다."),
    )

    def __init__(self, data: Any = None, *, row: Standard) -> None:
        self.own = revisable(row)
        super().__init__(data, initial=_initial(row))
        self.variants = sorted(row.allowances) if "allowances" in self.own else []
        for name in ("limit_text", "allowance"):
            if name not in self.own:
                del self.fields[name]
        for variant in self.variants:
            label = _("기간: %s") % VARIANTS.get(variant, variant)
            self.fields[f"allowance_{variant}"] = forms.CharField(
                label=label, max_length=12, widget=AdminTextInputWidget
            )
        if "allowance" in self.own:
            days = Unit.DAYS in UNITS[Rule(row.rule)]
            for name in self.fields:
                if name.startswith("allowance"):
                    self.fields[name].help_text = _DAYS_HELP if days else _TIME_HELP
        variants = [f"allowance_{variant}" for variant in self.variants]
        self.order_fields(["measure", "limit_text", "allowance", *variants, "target", "why"])

    def asked(self) -> dict[str, Any]:
        """What the verb takes."""
        data = self.cleaned_data
        asked: dict[str, Any] = {
            name: data[name]
            for name in ("measure", "limit_text", "allowance", "why")
            if name in self.fields
        }
        asked["target"] = data["target"] / _HUNDRED
        if self.variants:
            asked["allowances"] = {name: data[f"allowance_{name}"] for name in self.variants}
        return asked


def _initial(row: Standard) -> dict[str, Any]:
    percent = row.target * _HUNDRED
    return {
        "measure": row.measure,
        "limit_text": row.limit_text,
        "allowance": row.allowance,
        "target": f"{percent.normalize():f}",
        **{f"allowance_{variant}": text for variant, text in row.allowances.items()},
    }


class ExplainForm(forms.Form):
    """A sentence for readers of the charter page on a figure that was put right."""

    text = forms.CharField(
        label=_("덧붙일 말"),
        max_length=300,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text=_(
            "누구나 보는 쪽에 올립니다. 사람의 이름이나 연락처를 적지 마십시오. 고칠 수 없습니다."
        ),
    )

    def __init__(self, data: Any = None, *, row: Correction) -> None:
        super().__init__(data)
        self.row = row
