"""How past records of the desk are chosen: forms sent with GET. What is not understood is left."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from centre.models import StaffMember, Team
from reception import past
from reception.models import Ending, VisitState

ANY = ("", _("모두"))
#: Days beyond these are taken for slips: the calendar ends where midnight in Seoul has no date.
YEARS = (MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31)))
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


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, validators=YEARS)


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

    def wanted(self) -> past.Wanted:
        """What was asked for; days the wrong way round are turned."""
        self.is_valid()
        given = self.cleaned_data
        first, last = given.get("first") or self.week[0], given.get("last") or self.week[1]
        return past.Wanted(
            first=min(first, last),
            last=max(first, last),
            at=self.now,
            team=given.get("team"),
            person=given.get("person"),
            state=given.get("state") or "",
        )
