"""What is typed at the front desk, checked before any verb is called."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from centre.calendar import SEOUL
from centre.models import StaffMember
from complaints.forms import CitizenForm, Words
from reception import queries
from reception.models import DifficultCall, Origin, Purpose, Way
from reception.services import NewDifficultCall, NewNote
from records.personal import normalise_phone

AIDS = [("", "없음")] + [
    (aid, aid) for aid in ("천천히", "큰 소리로", "수어 통역", "다른 언어 통역", "문자로만")
]


class Token(forms.CharField):
    widget = forms.HiddenInput


def _date(label: Any, **kwargs: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **kwargs)


def _time(label: Any, **kwargs: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time", "class": "form-control"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget, **kwargs)


def _radio(label: Any, choices: Any, **kwargs: Any) -> forms.ChoiceField:
    messages = {
        "required": _("하나를 골라 주십시오."),
        "invalid_choice": _("하나를 골라 주십시오."),
    }
    return forms.ChoiceField(
        label=label, choices=choices, widget=forms.RadioSelect, error_messages=messages, **kwargs
    )


def _select(label: Any, choices: Any, **kwargs: Any) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select"})
    messages = {
        "required": _("하나를 골라 주십시오."),
        "invalid_choice": _("하나를 골라 주십시오."),
    }
    return forms.ChoiceField(
        label=label, choices=choices, widget=widget, error_messages=messages, **kwargs
    )


def at(day: date | None, moment: time | None, *, now: datetime) -> datetime | None:
    """An instant in Seoul; a time without a day is today's."""
    if moment is None:
        return None
    return datetime.combine(day or now.astimezone(SEOUL).date(), moment, tzinfo=SEOUL)


class NoteForm(CitizenForm):
    """용건 메모 (§11.2): what is asked first comes first, one line each, so that Enter sends it."""

    form_token = Token()
    sought = Words(
        label=_("찾는 직원"),
        longest=60,
        help_text=_("이름이나 내선 번호"),
        error_messages={"required": _("찾는 직원의 이름이나 내선 번호를 적어 주십시오.")},
    )
    name = Words(
        label=_("성함"), longest=60, error_messages={"required": _("성함을 적어 주십시오.")}
    )
    contact = Words(label=_("번호(연락받을 곳)"), longest=200, required=False)
    matter = Words(
        label=_("용건"), longest=1_000, error_messages={"required": _("용건을 적어 주십시오.")}
    )
    way = _radio(_("원하시는 방법"), Way.choices, initial=Way.PHONE)
    wanted_on = _date(_("원하시는 날"), required=False, help_text=_("비우면 오늘"))
    wanted_time = _time(_("이때까지"), required=False, help_text=_("비우면 약속한 시간 안에"))
    good_time = Words(label=_("통화하기 좋은 때"), longest=100, required=False)
    organisation = Words(label=_("소속"), longest=100, required=False)
    aid = _select(_("편의"), AIDS, required=False)
    confirm = forms.BooleanField(
        label=_("연락드릴 약속을 문자로도 받고 싶어 하십니다"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, origin: str, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.origin, self.now = origin, now
        self.fields["sought"].widget.attrs |= {"list": "people", "autocomplete": "off"}
        for name in ("name", "contact", "matter", "organisation"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        self.fields["contact"].widget.attrs["inputmode"] = "text"

    def clean_sought(self) -> StaffMember:
        text = self.cleaned_data["sought"]
        found = queries.find_person(text, at=self.now)
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(
                translate("그런 직원이 없습니다. 이름이나 내선을 확인해 주십시오.")
            )
        listed = ", ".join(f"{person}({person.team})" for person in found[:5])
        raise ValidationError(translate("여러 명입니다: %s. 내선으로 적어 주십시오.") % listed)

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        way, contact = data.get("way"), data.get("contact", "")
        if way in {Way.PHONE, Way.TEXT} and not 7 <= len(normalise_phone(contact)) <= 15:
            self.add_error("contact", translate("번호를 적어 주십시오. 예: 010-0000-0000"))
        if way == Way.EMAIL:
            try:
                EmailValidator(translate("이메일 주소를 적어 주십시오."))(contact)
            except ValidationError as error:
                self.add_error("contact", error)
        if data.get("wanted_on") and not data.get("wanted_time"):
            self.add_error("wanted_time", translate("몇 시까지인지도 적어 주십시오."))
        return data

    def note(self, *, visit_id: int | None) -> NewNote:
        data = self.cleaned_data
        return NewNote(
            origin=self.origin,
            visit_id=visit_id,
            sought_id=data["sought"].pk,
            name=data["name"],
            contact=data["contact"],
            matter=data["matter"],
            way=data["way"],
            organisation=data["organisation"],
            good_time=data["good_time"],
            wanted_at=at(data["wanted_on"], data["wanted_time"], now=self.now),
            aid=data["aid"],
            confirm=data["confirm"],
        )


class LateVisitForm(CitizenForm):
    """A visit written down afterwards; it is shown apart."""

    form_token = Token()
    purpose = _radio(_("용무"), Purpose.choices)
    came_on = _date(_("오신 날"), required=False, help_text=_("비우면 오늘"))
    came_time = _time(
        _("오신 때"), error_messages={"required": _("몇 시에 오셨는지 적어 주십시오.")}
    )
    served_time = _time(_("응대를 시작한 때"), required=False, help_text=_("아직 기다리시면 비움"))

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    @property
    def arrived_at(self) -> datetime | None:
        return at(self.cleaned_data["came_on"], self.cleaned_data["came_time"], now=self.now)

    @property
    def served_at(self) -> datetime | None:
        return at(self.cleaned_data["came_on"], self.cleaned_data["served_time"], now=self.now)


class ProgressForm(CitizenForm):
    """진행상황을 묻는 전화 (§11.3)."""

    receipt_number = Words(
        label=_("접수번호"),
        longest=40,
        help_text=_("예: 2026-000123-H"),
        error_messages={"required": _("접수번호를 적어 주십시오.")},
    )
    name = Words(
        label=_("성함"), longest=60, error_messages={"required": _("성함을 적어 주십시오.")}
    )
    last_digits = forms.RegexField(
        r"^\d{4}$",
        label=_("등록하신 전화번호 뒤 네 자리"),
        widget=forms.TextInput(
            attrs={"class": "form-control", "inputmode": "numeric", "maxlength": "4"}
        ),
        error_messages={
            "required": _("뒤 네 자리를 적어 주십시오."),
            "invalid": _("숫자 네 자리를 적어 주십시오."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields:
            self.fields[name].widget.attrs["autocomplete"] = "off"


class DifficultCallForm(CitizenForm):
    """특이민원 기록 칸 (§11.5). Nobody's name is asked."""

    form_token = Token()
    origin = _radio(_("방법"), Origin.choices, initial=Origin.PHONE)
    kind = _radio(_("유형"), DifficultCall.Kind.choices)
    on = _date(_("날"), required=False, help_text=_("비우면 오늘"))
    moment = _time(_("때"), error_messages={"required": _("몇 시였는지 적어 주십시오.")})
    minutes = forms.IntegerField(
        label=_("걸린 시간(분)"),
        required=False,
        min_value=1,
        max_value=600,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )
    notices_given = _radio(
        _("안내한 횟수"), [("0", _("안내 못함")), ("1", _("1차 안내")), ("2", _("2차 알림까지"))]
    )
    recording_told = forms.BooleanField(label=_("녹음 안내함"), required=False)
    ended = _radio(_("마친 이유"), DifficultCall.Ended.choices)
    with_whom = _select(_("함께한 사람"), [], required=False)
    after = _radio(_("직원 상태"), DifficultCall.After.choices)
    remark = Words(
        label=_("있었던 일"),
        longest=2_000,
        lines=True,
        required=False,
        help_text=_("고객의 이름이나 번호는 적지 마십시오."),
    )

    def __init__(self, *args: Any, people: list[StaffMember], now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        field = self.fields["with_whom"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [("", "혼자"), *((str(person.pk), str(person)) for person in people)]

    def call(self) -> NewDifficultCall:
        data = self.cleaned_data
        happened = at(data["on"], data["moment"], now=self.now)
        return NewDifficultCall(
            origin=data["origin"],
            kind=data["kind"],
            ended=data["ended"],
            after=data["after"],
            at=happened or self.now,
            minutes=data["minutes"],
            notices_given=int(data["notices_given"]),
            recording_told=data["recording_told"],
            with_whom_id=int(data["with_whom"]) if data["with_whom"] else None,
            remark=data["remark"],
        )
