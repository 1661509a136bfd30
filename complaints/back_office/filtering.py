"""The filters of the queue, as a form that is sent with GET."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from centre.models import StaffMember, Team, Topic, User
from centre.rights import may
from complaints.back_office.queue import NO_TEAM, Stage, Wanted, Who, Within
from complaints.models import Channel, Kind

ANY = _("모두")


class PlainSelect(forms.Select):
    """A select without groups, written at once.

    A template for each option, as Django has it, costs as much as all rows of the page.
    """

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,
    ) -> SafeString:
        chosen = set(self.format_value(value))
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (given, mark_safe(" selected") if str(given) in chosen else "", label)
                for given, label in self.choices
            ),
        )
        own = flatatt({**self.build_attrs(self.attrs, attrs), "name": name})
        return format_html("<select{}>{}</select>", own, options)


def _choice(label: Any, choices: Any = ()) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=[("", ANY), *choices], required=False, widget=PlainSelect
    )


class QueueFilter(forms.Form):
    """What is not understood is left out: a filter is never an error."""

    q = forms.CharField(
        label=_("찾기"),
        required=False,
        max_length=100,
        help_text=_(
            "이름, 전화, 이메일은 전체를 정확히, 접수번호는 전체나 가운데 여섯 자리 가운데 네 자리 이상, 제목과 내용은 낱말로 찾습니다."
        ),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    who = forms.ChoiceField(
        label=_("누구의 건"), choices=Who.choices, required=False, widget=PlainSelect
    )
    state = _choice(_("진행"))
    due = _choice(_("기한"), Within.choices)
    kind = _choice(_("구분"), Kind.choices)
    topic = _choice(_("유형"))
    team = _choice(_("팀"))
    handler = _choice(_("담당자"))
    channel = _choice(_("접수경로"), Channel.choices)
    approval = forms.BooleanField(label=_("내 결재를 기다리는 것만"), required=False)

    def __init__(self, data: QueryDict, *, user: User) -> None:
        super().__init__(data, label_suffix="", auto_id="filter_%s")
        chosen = [(s.value, s.label) for s in Stage if s != Stage.OPEN]
        self._set("state", [("", Stage.OPEN.label), *chosen])
        self._set("topic", [("", ANY), *Topic.objects.values_list("code", "name")])
        people = Q(left_on=None)
        if may(user, "see_all_cases"):
            teams = Team.objects.values_list("code", "name")
            self._set("team", [("", ANY), *teams, (NO_TEAM, _("팀 없음"))])
        else:
            del self.fields["team"]
            people &= Q(team__in=StaffMember.objects.filter(user=user).values("team"))
        offered = StaffMember.objects.filter(people | self._asked_for(data))
        found = [(str(p.pk), str(p)) for p in offered.order_by("team__place", "extension", "pk")]
        self._set("handler", [("", ANY), *found])

    @staticmethod
    def _asked_for(data: QueryDict) -> Q:
        """Whoever an address names, though gone or of another team: the cases stay found."""
        pk = data.get("handler", "")
        return Q(pk=int(pk) if pk.isascii() and pk.isdecimal() and len(pk) < 10 else None)

    def _set(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = choices

    def wanted(self) -> Wanted:
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return Wanted(**given)

    @property
    def more(self) -> list[forms.BoundField]:
        """The selects, in the order of the page."""
        return [self[name] for name in self.fields if name not in {"q", "approval"}]

    @property
    def in_use(self) -> bool:
        return any(value for name, value in self.cleaned_data.items() if name != "q")
