"""What is asked before a register is downloaded: as what, and whether and why plainly."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from complaints.forms import Words
from dashboards.registers.downloading import MOST_IN_XLSX, seconds_for
from dashboards.registers.files import CSV, XLSX

MASKED: Final = "masked"
PLAIN: Final = "plain"
SHORTEST: Final = 10
LONGEST: Final = 500


class DownloadForm(forms.Form):
    """``count`` rows; ``may_plain``: this account may have personal data with a stated reason."""

    use_required_attribute = False
    kind = forms.ChoiceField(
        label=_("파일"),
        widget=forms.RadioSelect,
        error_messages={"required": _("어떤 파일로 내려받을지 골라 주십시오.")},
    )
    personal = forms.ChoiceField(
        label=_("개인정보"),
        choices=[
            (MASKED, _("가리고 내려받기")),
            (PLAIN, _("가리지 않고 내려받기")),
        ],
        widget=forms.RadioSelect,
    )
    reason = Words(
        label=_("가리지 않는 까닭"),
        longest=LONGEST,
        lines=True,
        required=False,
        help_text=_(
            "가리지 않을 때만 열 글자 이상 적습니다. 누가, 언제, 왜 받았는지 접속기록에 남습니다."
        ),
    )

    def __init__(self, data: Any = None, *, count: int, may_plain: bool) -> None:
        initial = {"kind": XLSX if count <= MOST_IN_XLSX else CSV, "personal": MASKED}
        super().__init__(data, initial=initial, label_suffix="", auto_id="id_%s")
        self.needed = ("reason",)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101
        kind.choices = [
            (value, f"{label}{took(seconds_for(count, value))}")
            for value, label in ((XLSX, "엑셀(xlsx)"), (CSV, "CSV"))
            if value == CSV or count <= MOST_IN_XLSX
        ]
        if not may_plain:
            del self.fields["personal"], self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        reason = given.get("reason", "")
        if given.get("personal") == PLAIN and "reason" not in self.errors:
            if len("".join(reason.split())) < SHORTEST:
                raise ValidationError(
                    {"reason": _("가리지 않는 까닭을 열 글자 이상 적어 주십시오.")}
                )
        elif given.get("personal") != PLAIN:
            given["reason"] = ""
        return given

    @property
    def plainly(self) -> bool:
        return bool(self.cleaned_data.get("personal") == PLAIN)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """For the summary on top: the id to jump to and what is wrong."""
        return [
            (f"id_{name}" + ("" if name == "reason" else "_0"), str(message))
            for name, messages in self.errors.items()
            for message in messages
        ]


def took(seconds: int) -> str:
    """About how long it takes, after a name: " · 약 20초", " · 약 3분"; "" where nobody waits."""
    if seconds < 5:
        return ""
    if seconds < 90:
        return f" · 약 {-(-seconds // 5) * 5}초"
    return f" · 약 {-(-seconds // 60)}분"
