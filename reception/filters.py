"""How past records of the desk are chosen: forms sent with GET.

A period that is none is said to be none and finds nothing: rows of another period would be taken
for those that were asked for. Any other choice that is not understood is left.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from centre.models import StaffMember, Team
from reception import past
from reception.models import Ending, VisitState

ANY = ("", _("모두"))
#: Days beyond these are taken for slips: the calendar ends where midnight in Seoul has no date.
_SPAN = _("1900년부터 2999년까지의 날을 골라 주십시오.")
YEARS = (
    MinValueValidator(date(1900, 1, 1), message=_SPAN),
    MaxValueValidator(date(2999, 12, 31), message=_SPAN),
)
#: So much of what stands in the address is said back.
_SAID_BACK = 30
VISIT_STATES = [
    ANY,
    *VisitState.choices,
    (past.HERE_NOW, _("지금 기다리심")),
    (past.HERE_FOR_NOBODY, _("지금 기다리심(찾는 직원 없음)")),
    ("over", _("10분 넘김")),
    ("late", _("뒤늦게 적음")),
]
NOTE_STATES = [
    ANY,
    (past.OPEN, _("열린 메모")),
    (past.CLOSED, _("마친 메모")),
    (past.LATE_NOW, _("연락이 늦은 열린 메모")),
    ("missed", _("약속을 지키지 못함")),
    *Ending.choices,
]
CALL_STATES = [ANY, (past.OPEN, _("확인 전")), (past.CLOSED, _("확인함"))]


class _Day(forms.DateField):
    """A day as ``2026-09-08``; what is none is said back: a field for days would show it empty."""

    def to_python(self, value: Any) -> date | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            raise ValidationError(
                _("%(label)s “%(typed)s”: 날짜를 2026-09-08처럼 적어 주십시오."),
                code="invalid",
                params={"label": self.label, "typed": str(value)[:_SAID_BACK]},
            ) from error


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return _Day(label=label, required=False, widget=widget, validators=YEARS)


class PastFilter(forms.Form):
    """From a day to a day, of a team or a person, in a state; the last week where no day is given."""

    first = _day(_("첫날"))
    last = _day(_("마지막 날"))
    team = forms.ModelChoiceField(
        label=_("팀"), required=False, queryset=Team.objects.none(), empty_label=_("모두")
    )
    person = forms.ModelChoiceField(
        label=_("직원"), required=False, queryset=StaffMember.objects.none(), empty_label=_("모두")
    )
    state = forms.ChoiceField(label=_("상태"), required=False)

    def __init__(self, data: QueryDict, *, states: list[Any], now: datetime) -> None:
        self.week = past.last_week(now=now)
        self.now = now
        shown = data.copy()
        for name, day in zip(("first", "last"), self.week, strict=True):
            if not shown.get(name):
                shown[name] = day.isoformat()
        super().__init__(shown, label_suffix="", auto_id="filter_%s")
        team, person, state = (self.fields[name] for name in ("team", "person", "state"))
        assert isinstance(team, forms.ModelChoiceField)  # noqa: S101
        assert isinstance(person, forms.ModelChoiceField)  # noqa: S101
        assert isinstance(state, forms.ChoiceField)  # noqa: S101
        person.queryset = StaffMember.objects.order_by("team__place", "name", "pk")
        team.queryset = Team.objects.order_by("place", "pk")
        state.choices = states

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = given.get("first"), given.get("last")
        if first and last and first > last:
            self.add_error(
                "last", _("마지막 날이 첫날보다 앞섭니다. 첫날과 마지막 날을 확인해 주십시오.")
            )
        return given

    @property
    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with the period: the field's id and the words; nothing where it is good."""
        return [
            (f"filter_{name}", str(message))
            for name in ("first", "last")
            for message in self.errors.get(name, [])
        ]

    def wanted(self) -> past.Wanted | None:
        """What was asked for; None where the period is none, and ``problems`` say why."""
        if self.problems:
            return None
        given = self.cleaned_data
        return past.Wanted(
            first=given["first"],
            last=given["last"],
            at=self.now,
            team=given.get("team"),
            person=given.get("person"),
            state=given.get("state") or "",
        )
