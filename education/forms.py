"""What is typed about courses, checked before any verb is called."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from centre import options
from centre.calendar import SEOUL
from centre.models import StaffMember
from complaints.forms import CitizenForm, Email, Phone, Words
from education import texts
from education.models import Course, CourseSession
from education.services import NewEnrolment, Plan, Times

SESSION_ROWS = 6
_CHECK = {"class": "form-check-input"}


def fresh_token() -> str:
    return uuid.uuid4().hex


def _under_14() -> str:
    phone = options.text("centre_phone")
    return texts.filled(translate(texts.consent()["under_14"]), centre_phone=phone)


def _day(label: Any, **kwargs: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("날짜를 ‘2026-10-12’처럼 적어 주십시오.")},
        **kwargs,
    )


def _time(label: Any, **kwargs: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("시각을 ‘10:00’처럼 적어 주십시오.")},
        **kwargs,
    )


def at(day: date | None, moment: time | None) -> datetime | None:
    """An instant in Seoul; None where the day is not given."""
    return None if day is None else datetime.combine(day, moment or time(0), SEOUL)


# --- enrolling ----------------------------------------------------------------------------------


class EnrolmentForm(CitizenForm):
    """Name, one contact, what is needed to take part; consent and age."""

    form_token = forms.CharField(widget=forms.HiddenInput, max_length=64)
    name = Words(
        label=_("이름"),
        longest=60,
        help_text=_("수료증에 이 이름을 적습니다."),
        error_messages={"required": _("이름을 적어 주십시오.")},
    )
    email = Email(
        label=_("이메일"),
        longest=254,
        help_text=_("신청 확인과 일정 파일, 취소하는 방법을 보내 드립니다."),
        error_messages={"required": _("이메일을 적어 주십시오. 없으시면 전화로 신청해 주십시오.")},
    )
    phone = Phone(label=_("전화"), longest=60, required=False)
    assistance = Words(label=_("필요하신 편의"), longest=300, required=False)
    consent = forms.BooleanField(
        widget=forms.CheckboxInput(_CHECK),
        error_messages={
            "required": _(
                "개인정보 수집·이용에 동의하셔야 인터넷으로 신청할 수 있습니다. "
                "동의하지 않으시면 전화나 방문으로 물어 주십시오."
            )
        },
    )
    age_confirmed = forms.BooleanField(
        widget=forms.CheckboxInput(_CHECK), error_messages={"required": lazy(_under_14, str)()}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"form_token": fresh_token()})
        super().__init__(*args, **kwargs)
        for name, hint in (("name", "name"), ("email", "email"), ("phone", "tel")):
            if name in self.fields:
                self.fields[name].widget.attrs["autocomplete"] = hint
        self.fields["email"].widget.attrs["inputmode"] = "email"
        self.fields["phone"].widget.attrs["inputmode"] = "tel"

    @property
    def token(self) -> str:
        """The form's own; a missing or strange one is taken as a fresh one."""
        typed = str(self.data.get("form_token", "")) if self.is_bound else ""
        return typed if 8 <= len(typed) <= 64 and typed.isascii() else self._fresh

    @property
    def _fresh(self) -> str:
        return str(self.initial["form_token"])

    @property
    def words(self) -> dict[str, Any]:
        return texts.consent()

    @property
    def consent_rows(self) -> list[tuple[str, list[str]]]:
        """What is agreed to: purpose, items, period, right to refuse and what that costs."""
        years = options.number("course_retention_years")
        return [
            (row["term"], [texts.filled(line, retention_years=years) for line in row["lines"]])
            for row in texts.consent()["rows"]
        ]

    def new(self) -> NewEnrolment:
        data = self.cleaned_data
        return NewEnrolment(
            name=data["name"],
            email=data["email"],
            phone=data["phone"],
            assistance=data["assistance"],
            consent_version=texts.consent()["version"] if data["consent"] else "",
            age_confirmed=data["age_confirmed"],
        )


class StaffEnrolmentForm(EnrolmentForm):
    """The same, written down for somebody who rings or stands at the desk."""

    needed: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = False
        self.fields["email"].help_text = ""
        self.fields["name"].help_text = ""
        self.fields["consent"].label = _("개인정보 수집·이용을 말로 안내하고 동의를 받았습니다.")
        self.fields["age_confirmed"].label = _("만 14세 이상임을 확인했습니다.")
        for name in ("name", "email", "phone"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if not self.errors and not data.get("email") and not data.get("phone"):
            self.add_error("phone", translate("이메일이나 전화 가운데 하나를 적어 주십시오."))
        return data


# --- planning -----------------------------------------------------------------------------------


class SessionsForm(CitizenForm):
    """Rows of date, begin and end; empty rows do not count."""

    needed: tuple[str, ...] = ()  # as forms of the back-office have it
    #: Names of the fields of one row.
    row_fields = ("day", "starts", "ends")

    def __init__(
        self, *args: Any, sessions: list[CourseSession] | None = None, **kwargs: Any
    ) -> None:
        initial = kwargs.pop("initial", None) or {}
        for number, session in enumerate(sessions or [], start=1):
            start, end = (one.astimezone(SEOUL) for one in (session.starts_at, session.ends_at))
            initial |= {
                f"day_{number}": start.date(),
                f"starts_{number}": start.time(),
                f"ends_{number}": end.time(),
            }
        super().__init__(*args, initial=initial, **kwargs)
        for number in range(1, SESSION_ROWS + 1):
            self.fields[f"day_{number}"] = _day(translate("%d번째 날") % number)
            self.fields[f"starts_{number}"] = _time(translate("%d번째 날 시작") % number)
            self.fields[f"ends_{number}"] = _time(translate("%d번째 날 끝") % number)
        self.sessions: list[Times] = []

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        return [
            [self[f"{name}_{number}"] for name in self.row_fields]
            for number in range(1, SESSION_ROWS + 1)
        ]

    def clean(self) -> dict[str, Any]:
        super().clean()
        for number in range(1, SESSION_ROWS + 1):
            self._clean_row(number)
        self.sessions.sort(key=lambda one: one.starts_at)
        return self.cleaned_data

    def _clean_row(self, number: int) -> None:
        names = [f"{name}_{number}" for name in self.row_fields]
        if any(name in self.errors for name in names):
            return
        day, starts, ends = (self.cleaned_data.get(name) for name in names)
        if not (day or starts or ends):
            return
        for name, value in zip(names, (day, starts, ends), strict=True):
            if value is None:
                self.add_error(name, translate("날짜와 시작, 끝을 모두 적어 주십시오."))
                return
        start, end = at(day, starts), at(day, ends)
        if start is None or end is None or start >= end:
            self.add_error(names[2], translate("끝나는 시각은 시작보다 늦어야 합니다."))
            return
        self.sessions.append(Times(start, end))

    def refuse(self, message: str, *, field: str = "") -> None:
        super().refuse(message, field="day_1" if field == "sessions" else field)


class CourseForm(SessionsForm):
    """A course as it is planned. A draft may be incomplete; announcing says what is missing."""

    form_token = forms.CharField(widget=forms.HiddenInput, max_length=64)
    title = Words(
        label=_("과정 이름"),
        longest=120,
        error_messages={"required": _("과정 이름을 적어 주십시오.")},
    )
    text = Words(
        label=_("소개"),
        longest=5_000,
        lines=True,
        required=False,
        help_text=_("공개 화면에 보입니다."),
    )
    audience = Words(label=_("대상"), longest=120, required=False)
    place = Words(label=_("장소"), longest=120, required=False)
    online = forms.BooleanField(label=_("온라인 교육"), required=False)
    map_url = Words(
        label=_("오시는 길 주소(온라인은 접속 주소)"),
        longest=300,
        required=False,
        help_text=_("온라인 교육의 접속 주소는 공개하지 않고 전날 알림에만 적습니다."),
    )
    bring = Words(label=_("준비물"), longest=200, required=False)
    hours = forms.DecimalField(
        label=_("교육 시간(시간)"),
        required=False,
        min_value=Decimal(0),
        max_digits=4,
        decimal_places=1,
        help_text=_("쉬는 시간을 뺀 시간입니다. 수료증에 적습니다."),
    )
    capacity = forms.IntegerField(label=_("정원"), required=False, min_value=0, max_value=2_000)
    handler = forms.ModelChoiceField(
        label=_("담당자"),
        queryset=StaffMember.objects.none(),
        help_text=_("담당자의 팀이 이 교육을 맡습니다."),
        error_messages={
            "required": _("담당자를 골라 주십시오."),
            "invalid_choice": _("담당자를 다시 골라 주십시오."),
        },
    )
    assistance = Words(label=_("편의 안내"), longest=1_000, lines=True, required=False)
    enrol_opens_on = _day(_("신청 시작하는 날"), help_text=_("비우면 공지하는 때부터 받습니다."))
    enrol_opens_time = _time(_("신청 시작하는 시각"))
    enrol_closes_on = _day(
        _("신청 마감하는 날"), help_text=_("비우면 시작 전날 18시까지 받습니다.")
    )
    enrol_closes_time = _time(_("신청 마감하는 시각"))

    def __init__(self, *args: Any, planners: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["handler"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared so above
        field.queryset = planners

    @property
    def opening(self) -> list[forms.BoundField]:
        return [
            self[f"enrol_{name}"] for name in ("opens_on", "opens_time", "closes_on", "closes_time")
        ]

    @property
    def details(self) -> list[forms.BoundField]:
        names = (
            "title", "text", "audience", "place", "online", "map_url", "bring", "hours", "capacity",
            "handler", "assistance",
        )  # fmt: skip
        return [self[name] for name in names]

    def clean_map_url(self) -> str:
        address = str(self.cleaned_data["map_url"])
        if address and not address.startswith(("https://", "http://")):
            raise ValidationError(translate("주소는 https://로 시작해야 합니다."))
        return address

    def plan(self) -> Plan:
        data = self.cleaned_data
        closing = data["enrol_closes_time"] or time(18)
        return Plan(
            title=data["title"],
            handler_id=data["handler"].pk,
            text=data["text"],
            audience=data["audience"],
            place=data["place"],
            online=data["online"],
            map_url=data["map_url"],
            bring=data["bring"],
            assistance=data["assistance"],
            hours=data["hours"] or Decimal(0),
            capacity=data["capacity"] or 0,
            sessions=self.sessions,
            enrol_opens_at=at(data["enrol_opens_on"], data["enrol_opens_time"] or time(9)),
            enrol_closes_at=at(data["enrol_closes_on"], closing),
        )


def initial_of(course: Course) -> dict[str, Any]:
    """A course as its form shows it, without its sessions."""
    names = (
        "title", "text", "audience", "place", "online", "map_url", "bring", "hours", "capacity",
        "handler", "assistance",
    )  # fmt: skip
    values: dict[str, Any] = {name: getattr(course, name) for name in names}
    for name in ("opens", "closes"):
        instant = getattr(course, f"enrol_{name}_at")
        if instant is not None:
            local = instant.astimezone(SEOUL)
            values |= {f"enrol_{name}_on": local.date(), f"enrol_{name}_time": local.time()}
    return values


class MoveForm(SessionsForm):
    place = Words(
        label=_("장소"), longest=120, error_messages={"required": _("장소를 적어 주십시오.")}
    )
    reason = Words(
        label=_("바뀐 사유"),
        longest=300,
        help_text=_("신청하신 분께 보내고 공개 화면에 보입니다."),
        error_messages={"required": _("바뀐 사유를 적어 주십시오.")},
    )


class ReasonForm(CitizenForm):
    """A reason that a verb may ask for; ``target`` is the field's id where several stand on a page."""

    needed: tuple[str, ...] = ()
    target = "id_reason"

    def _target(self, name: str) -> str:
        return self.target if name == "reason" else ""

    reason = Words(label=_("사유"), longest=200, required=False)


class RevealForm(CitizenForm):
    needed: tuple[str, ...] = ()
    reason = Words(
        label=_("연락처를 보는 까닭"),
        longest=200,
        error_messages={"required": _("연락처를 보는 까닭을 적어 주십시오. 접속기록에 남습니다.")},
    )
