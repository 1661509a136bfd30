"""What is typed about a duty: one short form a kind. Every refusal says what to do."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, BinaryIO, Final, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from centre.calendar import SEOUL, seoul_day
from centre.models import StaffMember, Team
from centre.queries import employed
from records.files import CheckedFile, FileRefused, check_upload
from standards.evidence.duties import SOURCES
from standards.evidence.entering import Entry
from standards.evidence.kinds import SHEET
from standards.models import Duty, Evidence, Kind, OnlineService

ACCEPTED: Final = ".pdf,.jpg,.jpeg,.png,.hwp,.hwpx,.docx,.xlsx,.txt"
_CLOSING: Final = time(18)
_YES_NO: Final = [("yes", _("예")), ("no", _("아니요"))]


def line(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    messages = {"required": _("이 칸을 적어 주십시오.")}
    return forms.CharField(
        label=label, required=required, help_text=help_text, max_length=200, error_messages=messages
    )


def area(label: Any, *, required: bool = False, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("이 칸을 적어 주십시오.")},
    )


def day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("날짜를 적어 주십시오."),
            "invalid": _("날짜를 ‘2026-10-12’처럼 적어 주십시오."),
        },
    )


def number(label: Any, *, help_text: Any = "", step: str = "1") -> forms.FloatField:
    return forms.FloatField(
        label=label,
        help_text=help_text,
        widget=forms.NumberInput(attrs={"min": "0", "step": step, "inputmode": "decimal"}),
        error_messages={"required": _("수를 적어 주십시오."), "invalid": _("수로 적어 주십시오.")},
    )


def pick(label: Any, *, help_text: Any = "", radio: bool = False) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        help_text=help_text,
        widget=forms.RadioSelect if radio else forms.Select,
        error_messages={
            "required": _("하나를 골라 주십시오."),
            "invalid_choice": _("하나를 골라 주십시오."),
        },
    )


def yes_no(label: Any) -> forms.ChoiceField:
    field = pick(label, radio=True)
    field.choices = _YES_NO
    return field


def attachment(label: Any, *, help_text: Any = "") -> forms.FileField:
    widget = forms.FileInput(attrs={"accept": ACCEPTED})
    return forms.FileField(label=label, required=False, help_text=help_text, widget=widget)


def link(label: Any) -> forms.URLField:
    return forms.URLField(
        label=label,
        required=False,
        assume_scheme="https",
        max_length=500,
        error_messages={"invalid": _("‘https://’부터 적어 주십시오.")},
    )


class StaffForm(forms.Form):
    """Errors tied to fields; what was typed comes back."""

    use_required_attribute = False
    form_token = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, by: StaffMember, now: datetime, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        kwargs["initial"] = {"form_token": uuid.uuid4().hex, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.by, self.now = by, now

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [
            (self._target(name), str(message))
            for name, messages in self.errors.items()
            for message in messages
        ]

    def _target(self, name: str) -> str:
        if name not in self.fields:
            return ""
        radio = isinstance(
            self.fields[name].widget, forms.RadioSelect | forms.CheckboxSelectMultiple
        )
        return f"id_{name}_0" if radio else f"id_{name}"

    def refuse(self, message: str, *, field: str = "") -> None:
        self.add_error(field if field in self.fields else None, message)

    def options(self, name: str, found: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - a wrong name is the programmer's
        field.choices = found


class EntryForm(StaffForm):
    """When it happened, and what; ``entries`` is what the verb takes."""

    kind: Kind
    happened_on = day(_("한 날"))
    happened_time = forms.TimeField(
        label=_("한 때"),
        required=False,
        help_text=_("비우면 오늘은 지금, 지난 날은 18시로 적습니다."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("때를 ‘14:30’처럼 적어 주십시오.")},
    )

    def __init__(self, *args: Any, duty: Duty | None, **kwargs: Any) -> None:
        now = kwargs["now"]
        kwargs["initial"] = {"happened_on": seoul_day(now), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.duty = duty
        self.prepare()

    def prepare(self) -> None:
        """Fill in what can be chosen."""

    def clean_file(self) -> CheckedFile | None:
        sent = self.cleaned_data.get("file")
        if not sent:
            return None
        try:
            return check_upload(name=sent.name, data=cast(BinaryIO, sent.file), size=sent.size)
        except FileRefused as refused:
            raise ValidationError(refused.why) from refused

    @property
    def happened_at(self) -> datetime:
        on: date = self.cleaned_data["happened_on"]
        at: time | None = self.cleaned_data["happened_time"]
        if at is None:
            if on == seoul_day(self.now):
                return self.now
            at = _CLOSING
        return datetime.combine(on, at, SEOUL)

    def entries(self) -> list[Entry]:
        data = self.cleaned_data
        return [
            Entry(
                kind=self.kind,
                happened_at=self.happened_at,
                duty_id=self.duty.pk if self.duty else None,
                what=data.get("what", ""),
                link=data.get("link", ""),
                file=data.get("file"),
                numbers=self.numbers(),
                **self.whom(),
            )
        ]

    def numbers(self) -> dict[str, Any]:
        return {}

    def whom(self) -> dict[str, Any]:
        return {}

    def yes(self, *names: str) -> dict[str, bool]:
        return {name: self.cleaned_data[name] == "yes" for name in names}

    @classmethod
    def initial_of(cls, row: Evidence) -> dict[str, Any]:
        """What stands in a row, as this form shows it."""
        local = row.happened_at.astimezone(SEOUL)
        shown = {
            name: ("yes" if value else "no") if isinstance(value, bool) else value
            for name, value in row.numbers.items()
        }
        return {
            "happened_on": local.date(),
            "happened_time": local.time().replace(second=0, microsecond=0),
            "what": row.what,
            "link": row.link,
            "team": row.team_id,
            "people": [row.person_id],
            **shown,
        }


class MeetingForm(EntryForm):
    kind = Kind.MEETING
    opinions_item = yes_no(_("고객의 소리를 안건으로 다루었습니까?"))
    file = attachment(_("회의록"))
    link = link(_("회의록이 있는 주소"))
    what = area(_("덧붙일 말"))
    field_order = ["happened_on", "happened_time", "opinions_item"]

    def numbers(self) -> dict[str, Any]:
        return self.yes("opinions_item")


class TrainingForm(EntryForm):
    kind = Kind.TRAINING
    people = forms.MultipleChoiceField(
        label=_("들은 직원"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("한 사람 이상 골라 주십시오.")},
    )
    what = line(_("교육 이름"))
    hours = number(_("시간"), step="0.5", help_text=_("한 사람이 들은 시간입니다."))
    basic = yes_no(_("새 직원 기본교육입니까?"))
    file = attachment(_("이수증이나 명단"))
    field_order = ["what", "happened_on", "happened_time", "hours", "people", "basic"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"basic": "no", **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        people = employed(at=self.now).select_related("team")
        field = self.fields["people"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101
        field.choices = [(str(one.pk), f"{one} ({one.team})") for one in people]

    def numbers(self) -> dict[str, Any]:
        return {"hours": self.cleaned_data["hours"], **self.yes("basic")}

    def entries(self) -> list[Entry]:
        [one] = super().entries()
        return [
            Entry(
                kind=one.kind,
                happened_at=one.happened_at,
                person_id=int(pk),
                what=one.what,
                numbers=one.numbers,
                file=one.file,
            )
            for pk in self.cleaned_data["people"]
        ]


class CallForm(EntryForm):
    kind = Kind.CALLS
    team = pick(_("건 팀"), help_text=_("자기 팀에는 걸지 않습니다."))
    rings = number(_("벨이 울린 수"), help_text=_("받지 않았으면 0"))
    what = area(_("덧붙일 말"), help_text=_("받은 사람의 이름은 적지 마십시오."))
    field_order = ["team", "happened_on", "happened_time", "rings", *(row[0] for row in SHEET)]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, question, _points in SHEET:
            self.fields[name] = yes_no(question)
        self.order_fields(self.field_order)

    def prepare(self) -> None:
        busy = employed(at=self.now).values("team")
        teams = Team.objects.filter(dissolved_on=None, pk__in=busy).exclude(pk=self.by.team_id)
        self.options("team", [("", "팀"), *((team.pk, str(team)) for team in teams)])

    def numbers(self) -> dict[str, Any]:
        said = self.yes(*(name for name, _question, _points in SHEET))
        return {"rings": int(self.cleaned_data["rings"]), **said}

    def whom(self) -> dict[str, Any]:
        return {"team_id": int(self.cleaned_data["team"])}


class PageForm(EntryForm):
    kind = Kind.PAGE
    result = pick(_("결과"), radio=True)
    what = area(_("고친 것"), help_text=_("고쳤으면 무엇을 어떻게 고쳤는지 적습니다."))
    field_order = ["result", "happened_on", "happened_time", "what"]

    def prepare(self) -> None:
        self.options("result", [("right", _("맞습니다")), ("changed", _("고쳤습니다"))])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("result") == "changed" and not data.get("what"):
            self.add_error("what", _("무엇을 어떻게 고쳤는지 적어 주십시오."))
        return data

    def numbers(self) -> dict[str, Any]:
        return {"result": self.cleaned_data["result"]}


class ReportForm(EntryForm):
    kind = Kind.REPORT
    what = area(
        _("어떻게 고쳤습니까?"), required=True, help_text=_("맞는 내용이었으면 그렇게 적습니다.")
    )
    field_order = ["what"]


class GuideForm(EntryForm):
    kind = Kind.GUIDE
    file = attachment(_("붙인 안내도의 사진"))
    what = area(_("고친 것"))
    field_order = ["file"]


class ChannelForm(EntryForm):
    kind = Kind.CHANNEL
    arrived = yes_no(_("시험 의견이 실제로 들어왔습니까?"))
    same = yes_no(_("누리집과 인쇄물의 연락처가 헌장과 같습니까?"))
    what = area(_("다르거나 들어오지 않았으면 무엇이 그렇습니까?"))
    field_order = ["arrived", "same"]

    def numbers(self) -> dict[str, Any]:
        return self.yes("arrived", "same")


class ImprovementForm(EntryForm):
    kind = Kind.IMPROVEMENT
    what = area(_("무엇이 어떻게 나아졌습니까?"), required=True)
    link = link(_("볼 수 있는 주소"))
    file = attachment(_("보여 주는 자료"))
    field_order = ["what"]


class EvaluationForm(EntryForm):
    kind = Kind.EVALUATION
    link = link(_("평가를 볼 수 있는 주소"))
    file = attachment(_("공개한 평가"))
    what = area(_("덧붙일 말"))
    field_order = ["happened_on", "happened_time", "link", "file"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["happened_on"].label = _("공개한 날")
        self.fields["happened_time"].label = _("공개한 때")


class ListingsForm(EntryForm):
    kind = Kind.LISTINGS
    checked = number(_("확인한 글 수"))
    right = number(_("모집 상태·날짜·연락처가 모두 맞은 글 수"))
    what = area(_("틀린 글과 알린 곳"))
    field_order = ["checked", "right"]

    def numbers(self) -> dict[str, Any]:
        return {name: int(self.cleaned_data[name]) for name in ("checked", "right")}


class UsesForm(EntryForm):
    kind = Kind.SERVICES
    service = pick(_("업무"))
    uses = number(_("이용 건수"))
    what = line(_("어느 기간의 수입니까?"), help_text=_("예: 2026년 10월"))
    field_order = ["service", "uses", "what"]

    def prepare(self) -> None:
        rows = OnlineService.objects.filter(ended_on=None)
        self.options("service", [("", "업무"), *((row.pk, row.name) for row in rows)])

    def numbers(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"service": int(data["service"]), "uses": int(data["uses"])}


FORMS: Final[Mapping[str, type[EntryForm]]] = {
    Kind.MEETING: MeetingForm,
    Kind.TRAINING: TrainingForm,
    Kind.BASIC_TRAINING: TrainingForm,
    Kind.CALLS: CallForm,
    Kind.PAGE: PageForm,
    Kind.REPORT: ReportForm,
    Kind.GUIDE: GuideForm,
    Kind.GUIDE_CHANGE: GuideForm,
    Kind.CHANNEL: ChannelForm,
    Kind.EVALUATION: EvaluationForm,
    Kind.IMPROVEMENT: ImprovementForm,
    Kind.LISTINGS: ListingsForm,
    Kind.SERVICES: UsesForm,
}


# --- planning -------------------------------------------------------------------------------------


class PlanForm(StaffForm):
    """The meetings of a year, a day a month at most."""

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year = year
        for month in range(1, 13):
            self.fields[f"month_{month}"] = day(_("%d월") % month, required=False)

    @property
    def days(self) -> list[date]:
        found = (self.cleaned_data[f"month_{month}"] for month in range(1, 13))
        return [one for one in found if one is not None]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for month in range(1, 13):
            on = data.get(f"month_{month}")
            if on is not None and (on.year, on.month) != (self.year, month):
                self.add_error(
                    f"month_{month}", _("%d년 %d월의 날짜를 적어 주십시오.") % (self.year, month)
                )
        return data


class ImproveForm(StaffForm):
    """A new improvement, with the day that counts."""

    title = line(_("무엇을 어떻게 고칩니까?"))
    source = pick(_("어디에서 나왔습니까?"), radio=True)
    owner = pick(_("맡을 사람"))
    due_on = day(_("마칠 날"), help_text=_("처음 정한 이 날이 약속입니다."))
    field_order = ["title", "source", "owner", "due_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options("source", list(SOURCES.items()))
        people = employed(at=self.now).select_related("team")
        self.options("owner", [("", "직원"), *((one.pk, f"{one} ({one.team})") for one in people)])


class WhyForm(forms.Form):
    """Beside a correction."""

    why = area(_("무엇이 틀렸습니까?"), required=True)


class PageReportForm(forms.Form):
    """``정보가 달라요``: one question."""

    use_required_attribute = False
    form_token = forms.CharField(widget=forms.HiddenInput, required=False)
    what = forms.CharField(
        label=_("무엇이 다릅니까?"),
        help_text=_(
            "어느 부분이 어떻게 다른지 적어 주십시오. 이름이나 연락처는 적지 않으셔도 됩니다."
        ),
        widget=forms.Textarea(attrs={"rows": 5, "class": "form-control", "data-longest": 1_000}),
        error_messages={"required": _("무엇이 다른지 적어 주십시오.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        kwargs["initial"] = {"form_token": uuid.uuid4().hex}
        super().__init__(*args, **kwargs)

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [
            (f"id_{name}" if name in self.fields else "", str(message))
            for name, messages in self.errors.items()
            for message in messages
        ]
