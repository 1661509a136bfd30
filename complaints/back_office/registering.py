"""의견 등록: what came by phone, fax, post, visit, e-mail, letter, box or from another body."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from centre import queries as centre_queries
from centre.calendar import SEOUL
from complaints.filing import Filing
from complaints.forms import CONTACT_FIELD, Email, Phone, TopicChoice, WithFiles, Words
from complaints.models import Channel, Kind, ReplyBy
from complaints.texts import refusal, texts

LINE = 200
CLOSING_TIME = time(18)
OPENING_TIME = time(9)


def _day(label: Any, **kwargs: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": f"{label}을 적어 주십시오.",
            "invalid": f"{label}을 ‘2026-10-12’처럼 적어 주십시오.",
        },
        **kwargs,
    )


def _choice(label: Any, said: str, choices: Any = (), **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=[("", "고르십시오"), *choices],
        error_messages={"required": said, "invalid_choice": said},
        **kwargs,
    )


class RegistrationForm(WithFiles):
    """The form of the web and what only staff know: the way it came, when, and from whom."""

    channel = _choice(
        _("접수경로"),
        "접수경로를 골라 주십시오.",
        [row for row in Channel.choices if row[0] != Channel.WEB],
    )
    received_on = _day(_("도착한 날"))
    received_time = forms.TimeField(
        label=_("도착한 시각"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        help_text=_("적은 때가 아니라 실제로 도착한 때입니다. 답변 기한을 이때부터 셉니다."),
        error_messages={
            "required": "도착한 시각을 적어 주십시오.",
            "invalid": "도착한 시각을 ‘14:20’처럼 적어 주십시오.",
        },
    )
    external_body = Words(label=_("넘긴 기관"), longest=120, required=False)
    external_number = Words(label=_("그 기관의 접수번호"), longest=60, required=False)
    external_received_on = _day(
        _("그 기관에 접수된 날"),
        required=False,
        help_text=_("우리에게 온 날보다 이르면 그날부터 셉니다."),
    )
    external_due_on = _day(
        _("그 기관이 정한 기한"), required=False, help_text=_("더 이르면 그날이 기한입니다.")
    )

    kind = _choice(_("구분"), "구분을 골라 주십시오.", Kind.choices)
    topic = _choice(_("유형"), "유형을 골라 주십시오. 모르시면 ‘잘 모르겠습니다’를 고르십시오.")
    subject = Words(
        label=_("제목"), longest=LINE, error_messages={"required": "제목을 적어 주십시오."}
    )
    body = Words(
        label=_("내용"),
        longest=20_000,
        lines=True,
        error_messages={"required": "내용을 적어 주십시오."},
        help_text=_("들은 말씀을 되도록 그대로 적습니다. 주민등록번호는 적을 수 없습니다."),
    )
    about_staff = Words(
        label=_("관련된 직원"),
        longest=LINE,
        required=False,
        help_text=_(
            "직원 이름을 고르거나, 고객이 말한 대로 적습니다. 그 직원은 이 건을 볼 수도, 맡을 수도, 결재할 수도 없습니다."
        ),
        widget=forms.TextInput(attrs={"list": "staff-names", "autocomplete": "off"}),
    )
    previous_receipt_number = Words(
        label=_("앞의 접수번호"),
        longest=40,
        required=False,
        help_text=_("전에 낸 의견과 이어지면 적습니다. 예: 2026-000123-H"),
    )

    anonymous = forms.BooleanField(
        label=_("이름 없음"),
        required=False,
        help_text=_("이름과 연락처를 적지 않습니다. 답할 곳이 없으므로 답변 기한이 없습니다."),
    )
    name = Words(label=_("이름"), longest=60, required=False)
    phone = Phone(label=_("전화"), longest=60, required=False)
    email = Email(label=_("이메일"), longest=254, required=False)
    address = Words(label=_("우편 주소"), longest=LINE, required=False)
    fax = Phone(label=_("팩스"), longest=60, required=False)
    reply_by = forms.ChoiceField(
        label=_("결과를 받으실 방법"),
        choices=[("", "적은 연락처로"), *ReplyBy.choices],
        required=False,
        error_messages={"invalid_choice": "결과를 받으실 방법을 다시 골라 주십시오."},
    )
    filed_for = Words(
        label=_("누구를 대신하는지(이름)"),
        longest=60,
        required=False,
        help_text=_("다른 분을 대신하여 말씀하신 때에만 적습니다."),
    )
    filed_for_relation = Words(label=_("그분과의 관계"), longest=60, required=False)
    filed_for_result_to = Words(label=_("결과를 받을 사람"), longest=60, required=False)
    assistance = Words(
        label=_("필요한 도움"),
        longest=LINE,
        required=False,
        help_text=_("큰 글씨 우편, 문자로만 연락, 수어통역, 다른 언어, 천천히 크게"),
    )

    told_on_the_spot = forms.BooleanField(
        label=_("접수번호를 그 자리에서 알려 드림"),
        required=False,
        help_text=_(
            "번호를 불러 드리거나 접수증을 드릴 때 표시합니다. 등록하면 다음 화면에 번호가 나오고, 거기에서 표시하셔도 됩니다. 접수 알림을 따로 보내지 않습니다."
        ),
    )
    consent = forms.BooleanField(
        label=_("개인정보 수집·이용을 안내하고 동의를 받음"), required=False
    )
    publish_consent = forms.BooleanField(label=_("공개해도 좋다고 하심"), required=False)
    survey_consent = forms.BooleanField(label=_("만족도 조사 안내를 받겠다고 하심"), required=False)

    field_order = [
        "form_token", "channel", "received_on", "received_time", "external_body",
        "external_number", "external_received_on", "external_due_on", "kind", "topic", "subject",
        "body", "attachments", "about_staff", "previous_receipt_number", "anonymous", "name",
        "phone", "email", "address", "fax", "reply_by", "filed_for", "filed_for_relation",
        "filed_for_result_to", "assistance", "told_on_the_spot", "consent", "publish_consent",
        "survey_consent",
    ]  # fmt: skip

    def __init__(
        self, *args: Any, topics: Sequence[TopicChoice], now: datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        local = now.astimezone(SEOUL)
        self.fields["received_on"].initial = local.date()
        self.fields["received_time"].initial = local.time().replace(second=0, microsecond=0)
        field = self.fields["topic"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [("", "고르십시오"), *((topic.code, topic.name) for topic in topics)]

    @property
    def handed_over(self) -> bool:
        """Whether the fields of a matter from another body are needed, filled or wrong."""
        names = ("external_body", "external_number", "external_received_on", "external_due_on")
        typed = any(self[name].value() or self[name].errors for name in names)
        return typed or self["channel"].value() == Channel.TRANSFER

    @property
    def for_another(self) -> bool:
        names = ("filed_for", "filed_for_relation", "filed_for_result_to")
        return any(self[name].value() or self[name].errors for name in names)

    @property
    def staff_names(self) -> list[tuple[str, str]]:
        """Who may be named, with the team, for the list beside the field."""
        people = centre_queries.employed(at=self.now).select_related("team")
        return [(str(person), person.team.name) for person in people]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Each names its field, where the sentence alone does not."""
        fields = {f"id_{name}": str(field.label) for name, field in self.fields.items()}
        found = []
        for target, message in super().problems:
            label = fields.get(target, "")
            said = f"{label}: {message}" if label and label not in message else message
            found.append((target, said))
        return found

    def _target(self, name: str) -> str:
        return f"id_{name}" if name in self.fields else ""  # lists to choose from, no buttons

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = dict(super().clean() or self.cleaned_data)
        self.check_files()
        self._check_whose()
        self._check_other_body()
        return cleaned

    def _check_whose(self) -> None:
        """A name and one contact, or neither of them for a case without a name."""
        data = self.cleaned_data
        typed = [name for name in ("name", *CONTACT_FIELD.values()) if data.get(name)]
        if data.get("anonymous"):
            if typed:
                self.add_error(
                    "anonymous",
                    "‘이름 없음’을 고르셨으면 이름과 연락처를 비워 주십시오. 답을 받으실 분이면 ‘이름 없음’을 풀어 주십시오.",
                )
            return
        if "name" in data and not data["name"]:
            self.add_error(
                "name", "이름을 적어 주십시오. 밝히지 않으셨으면 ‘이름 없음’을 고르십시오."
            )
        self._check_contact()

    def _check_contact(self) -> None:
        data = self.cleaned_data
        contacts = [name for name in CONTACT_FIELD.values() if name not in data or data[name]]
        way = data.get("reply_by")
        if way:
            name = CONTACT_FIELD[ReplyBy(way)]
            if name in data and not data[name]:
                label = str(self.fields[name].label)
                way_words = str(ReplyBy(way).label)
                text = refusal("no_contact", contact_way=way_words, field_label=label)
                self.add_error(name, text)
        elif not contacts:
            self.add_error("phone", "결과를 알려 드릴 연락처를 하나 적어 주십시오.")

    def _check_other_body(self) -> None:
        data = self.cleaned_data
        if data.get("channel") == Channel.TRANSFER:
            asked = {"external_body": "넘긴 기관을", "external_number": "그 기관의 접수번호를"}
            for name, what in asked.items():
                if name in data and not data[name]:
                    self.add_error(name, f"다른 기관에서 넘어온 건이면 {what} 적어 주십시오.")
        arrived, first = data.get("received_on"), data.get("external_received_on")
        if arrived and first and first > arrived:
            self.add_error(
                "external_received_on",
                "우리에게 도착한 날보다 뒤일 수 없습니다. 날짜를 확인해 주십시오.",
            )
        due, at = _closing(data.get("external_due_on")), data.get("received_time")
        if due and arrived and at and due <= datetime.combine(arrived, at, tzinfo=SEOUL):
            self.add_error("external_due_on", refusal("external_due_passed"))

    def filing(self) -> Filing:
        """What was typed, for `services.file_complaint`."""
        data = self.cleaned_data
        arrived = datetime.combine(data["received_on"], data["received_time"], tzinfo=SEOUL)
        filed_for = {
            "name": data["filed_for"],
            "relation": data["filed_for_relation"],
            "result_to": data["filed_for_result_to"],
        }
        anonymous = data["anonymous"]
        return Filing(
            kind=data["kind"],
            topic_code=data["topic"],
            channel=data["channel"],
            subject=data["subject"],
            body=data["body"],
            anonymous=anonymous,
            name=data["name"],
            email=data["email"],
            phone=data["phone"],
            address=data["address"],
            fax=data["fax"],
            reply_by=data["reply_by"],
            about_staff=data["about_staff"],
            filed_for={} if anonymous or not data["filed_for"] else filed_for,
            assistance=data["assistance"],
            publish_consent=data["publish_consent"],
            survey_consent=data["survey_consent"] and not anonymous,
            consent_version=texts()["consent"]["version"] if data["consent"] else "",
            previous_receipt_number=data["previous_receipt_number"],
            attachments=self.all_files,
            form_token=self.token,
            received_at=arrived,
            external_body=data["external_body"],
            external_number=data["external_number"],
            external_received_at=_on(data["external_received_on"], arrived=arrived),
            external_due_at=_closing(data["external_due_on"]),
            told_on_the_spot=data["told_on_the_spot"],
        )


def _on(day: date | None, *, arrived: datetime) -> datetime | None:
    """An instant on that day, never after it came to us; the hour does not matter for the date."""
    if day is None:
        return None
    return min(datetime.combine(day, OPENING_TIME, tzinfo=SEOUL), arrived)


def _closing(day: date | None) -> datetime | None:
    return datetime.combine(day, CLOSING_TIME, tzinfo=SEOUL) if day else None
