"""What citizens type, checked before any verb is called. Every refusal says what to do."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import DatabaseError
from django.utils.datastructures import MultiValueDict
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from centre import options
from centre.languages import said
from complaints import drafts
from complaints.filing import Filing
from complaints.models import Kind, ReplyBy
from complaints.texts import refusal, texts
from records.files import CheckedFile, FileRefused, check_upload, clean_name
from records.personal import clean_text, find_resident_number, normalise_email, normalise_phone

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    Upload = UploadedFile[Any]

LONGEST_SUBJECT = 200
LONGEST_BODY = 20_000
LONGEST_LINE = 200
MOST_FILES = 5
ACCEPTED = ".pdf,.jpg,.jpeg,.png,.hwp,.hwpx,.docx,.xlsx,.txt"
#: Which field a way of answering needs.
CONTACT_FIELD = {
    ReplyBy.EMAIL: "email",
    ReplyBy.PHONE: "phone",
    ReplyBy.POST: "address",
    ReplyBy.FAX: "fax",
}


@dataclass(frozen=True, slots=True)
class TopicChoice:
    code: str
    name: str
    description: str


class Words(forms.CharField):
    """Text as people type it: NFC, no control characters, no resident registration number.

    Length is counted in characters after that, and never cut: who wrote too much is told how much.
    """

    def __init__(self, *, longest: int, lines: bool = False, **kwargs: Any) -> None:
        self.longest, self.lines = longest, lines
        kwargs.setdefault("widget", forms.Textarea if lines else forms.TextInput)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = clean_text(str(value or ""))
        if not any(c.isprintable() and not c.isspace() for c in text):
            return ""  # spaces and unseen characters say nothing
        return text.strip() if self.lines else " ".join(text.split())

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > self.longest:
            message = _(
                "{longest}자까지 쓰실 수 있습니다. 지금 {length}자이니 {over}자를 줄여 주십시오."
            )
            if self.lines:
                message += " " + _("긴 자료는 파일로 붙이셔도 됩니다.")
            over = f"{len(value) - self.longest:,}"
            raise ValidationError(
                message.format(longest=f"{self.longest:,}", length=f"{len(value):,}", over=over)
            )
        if find_resident_number(value):
            raise ValidationError(_(refusal("resident_number")))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = {**super().widget_attrs(widget), "class": "form-control"}
        if self.lines:
            attrs |= {"rows": 8 if self.longest > 5_000 else 4, "data-longest": self.longest}
        return attrs


class Email(Words):
    """An e-mail address, in the one spelling that is compared and written to."""

    def to_python(self, value: Any) -> str:
        return normalise_email(super().to_python(value))

    def validate(self, value: str) -> None:
        super().validate(value)
        if value:
            EmailValidator(_("이메일 주소를 다시 확인해 주십시오. 예: name@example.com"))(value)


class Phone(Words):
    """A telephone or fax number, kept as typed; seven to fifteen digits."""

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not 7 <= len(normalise_phone(value)) <= 15:
            raise ValidationError(_("번호를 다시 확인해 주십시오. 예: 010-0000-0000"))


class CitizenForm(forms.Form):
    """A form whose fields come back with everything typed, errors tied to them."""

    use_required_attribute = False  # the server answers in Korean, and loses nothing

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """For the summary on top: the id to jump to ("" for the form as a whole) and what is wrong."""
        places = {name: place for place, name in enumerate(self.fields)}
        return [
            (self._target(name), str(message))
            for name, messages in sorted(self.errors.items(), key=lambda e: places.get(e[0], -1))
            for message in messages
        ]

    def _target(self, name: str) -> str:
        if name not in self.fields:
            return ""
        suffix = "_0" if isinstance(self.fields[name], forms.ChoiceField) else ""
        return f"id_{name}{suffix}"

    def refuse(self, message: str, *, field: str = "") -> None:
        """A refusal of the verb, beside its field where this form has it."""
        self.add_error(field if field in self.fields else None, said(message))


class SeveralFiles(forms.FileInput):
    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__({"multiple": True, "accept": ACCEPTED, "class": "form-control"})


class FilesField(forms.FileField):
    """Up to five files, each checked by its content; the cleaned value is what is to be kept.

    What passed is in ``accepted`` even when another one was refused.
    """

    widget = SeveralFiles

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[CheckedFile]:
        return []  # the form checks them, together with those kept from an earlier try


def _check(uploads: Iterable[Upload], *, room: int) -> tuple[list[CheckedFile], list[str]]:
    """The files that can be kept, and a sentence for each that cannot."""
    accepted: list[CheckedFile] = []
    refused: list[str] = []
    for upload in uploads:
        if len(accepted) == room:
            refused.append(_refused(upload, _("파일이 너무 많습니다.")))
            continue
        try:
            accepted.append(_checked(upload))
        except FileRefused as error:
            refused.append(_refused(upload, error.why))
    return accepted, refused


def _checked(upload: Upload) -> CheckedFile:
    # What Django calls IO[Any] is a file of bytes.
    data = cast("BinaryIO", upload.file)
    return check_upload(name=upload.name or "", data=data, size=upload.size or 0)


def _refused(upload: Upload, why: str) -> str:
    """What to tell about a file; a resident number in its name is not shown again."""
    name = upload.name or ""
    shown = _("(이름 가림)") if find_resident_number(name) else clean_name(name)[-80:]
    message = said(refusal("file", file_name=shown, why=why))
    # Where the reason names the formats, they are not named twice.
    return message.partition(" (PDF")[0] if "PDF" in why else message


class WithFiles(CitizenForm):
    """A form with attachments that survive an error elsewhere (`complaints.drafts`)."""

    attachments = FilesField(
        label=_lazy("파일 붙이기"),
        help_text=_lazy(
            "PDF, JPG, PNG, HWP, HWPX, DOCX, XLSX, TXT 파일을 5개까지, 하나에 10MB까지 붙이실 수 있습니다. "
            "사진에 든 위치 정보는 지우고 보관합니다."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.token = _token(self.data.get("form_token")) if self.is_bound else _token(None)
        self.kept: list[drafts.Kept] = []
        self.new_files: list[CheckedFile] = []

    def check_files(self) -> None:
        """Take up what was kept from an earlier try and check what came now."""
        references = _values(self.data, "kept")[: 2 * MOST_FILES]
        self.kept, complete = drafts.take(references, form_token=self.token)
        if not complete:
            self.add_error(
                "attachments", _("앞서 붙이신 파일을 찾지 못했습니다. 다시 붙여 주십시오.")
            )
        uploads = self.files.getlist("attachments") if self.files else []
        room = max(0, MOST_FILES - len(self.kept))
        self.new_files, refused = _check(uploads, room=room)
        for message in refused:
            self.add_error("attachments", message)

    def keep_files(self) -> None:
        """The form goes back to the citizen: put the good files aside for the next try."""
        if self.new_files:
            self.kept += drafts.keep(self.new_files, form_token=self.token)
            self.new_files = []

    @property
    def all_files(self) -> list[CheckedFile]:
        return [*(one.file for one in self.kept), *self.new_files]


def _token(typed: Any) -> str:
    """The form's own token; a missing or strange one is taken as a fresh one."""
    text = str(typed or "")
    return (
        text
        if 16 <= len(text) <= 64 and text.isascii() and text.isprintable()
        else str(uuid.uuid4())
    )


def _values(data: Any, name: str) -> list[str]:
    if isinstance(data, MultiValueDict):
        return [str(value) for value in data.getlist(name)]
    return [str(data[name])] if name in data else []


def _option(key: str) -> str:
    """A value of the centre; the charter's own while the database is away."""
    try:
        return str(options.value(key))
    except DatabaseError:
        return options.specs()[key].default


def _under_14() -> str:
    text = _(texts()["help"]["under_14"])
    return text.replace("{{ centre_phone }}", _option("centre_phone"))


class OpinionForm(WithFiles):
    """의견 내기: one form, one POST."""

    kind = forms.ChoiceField(
        label=_lazy("어떤 말씀입니까?"),
        choices=Kind.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _lazy("불만, 건의, 칭찬, 문의 가운데 하나를 골라 주십시오."),
            "invalid_choice": _lazy("불만, 건의, 칭찬, 문의 가운데 하나를 골라 주십시오."),
        },
    )
    subject = Words(
        label=_lazy("제목"),
        longest=LONGEST_SUBJECT,
        error_messages={"required": _lazy("제목을 적어 주십시오. 한 줄이면 됩니다.")},
    )
    body = Words(
        label=_lazy("내용"),
        longest=LONGEST_BODY,
        lines=True,
        error_messages={"required": _lazy("내용을 적어 주십시오.")},
    )
    topic = forms.ChoiceField(
        label=_lazy("무엇에 관한 것입니까?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _lazy(
                "유형을 골라 주십시오. 모르시면 ‘잘 모르겠습니다’를 고르셔도 됩니다."
            ),
            "invalid_choice": _lazy(
                "유형을 다시 골라 주십시오. 모르시면 ‘잘 모르겠습니다’를 고르셔도 됩니다."
            ),
        },
    )
    about_staff = Words(label=_lazy("관련된 직원"), longest=LONGEST_LINE, required=False)
    previous_receipt_number = Words(
        label=_lazy("앞서 내신 의견의 접수번호"),
        longest=40,
        required=False,
        help_text=_lazy("전에 내신 의견과 이어지는 일이면 적어 주십시오. 예: 2026-000123-H"),
    )
    name = Words(
        label=_lazy("이름"),
        longest=60,
        error_messages={
            "required": _lazy(
                "이름을 적어 주십시오. 이름 없이 의견만 남기시려면 전화나 방문, 의견함을 이용해 주십시오."
            )
        },
    )
    reply_by = forms.ChoiceField(
        label=_lazy("결과를 어떻게 알려 드릴까요?"),
        choices=ReplyBy.choices,
        widget=forms.RadioSelect,
        initial=ReplyBy.EMAIL,
        help_text=_lazy("고르신 방법의 연락처 한 가지만 적으시면 됩니다."),
        error_messages={
            "required": _lazy("결과를 받으실 방법을 골라 주십시오."),
            "invalid_choice": _lazy("결과를 받으실 방법을 다시 골라 주십시오."),
        },
    )
    email = Email(label=_lazy("이메일"), longest=254, required=False)
    phone = Phone(label=_lazy("전화"), longest=60, required=False)
    address = Words(label=_lazy("우편 주소"), longest=LONGEST_LINE, required=False)
    fax = Phone(label=_lazy("팩스"), longest=60, required=False)
    filed_for = Words(label=_lazy("그분의 이름"), longest=60, required=False)
    filed_for_relation = Words(
        label=_lazy("그분과의 관계"),
        longest=60,
        required=False,
        help_text=_lazy("예: 자녀, 부모, 이웃, 단체 회원"),
    )
    filed_for_result_to = Words(
        label=_lazy("결과를 받을 사람"),
        longest=60,
        required=False,
        help_text=_lazy("비워 두시면 쓰시는 분께 알려 드립니다."),
    )
    publish_consent = forms.BooleanField(required=False)
    survey_consent = forms.BooleanField(required=False)
    consent = forms.BooleanField(
        error_messages={
            "required": _lazy(
                "개인정보 수집·이용에 동의하셔야 인터넷으로 접수할 수 있습니다. "
                "동의하지 않으시면 전화나 방문, 의견함을 이용해 주십시오."
            )
        }
    )
    age_confirmed = forms.BooleanField(error_messages={"required": lazy(_under_14, str)()})

    #: The order in which problems are told: that of the page.
    field_order = [
        "kind", "topic", "subject", "body", "attachments", "about_staff",
        "previous_receipt_number", "name", "reply_by", "email", "phone", "address", "fax",
        "filed_for", "filed_for_relation", "filed_for_result_to", "publish_consent",
        "survey_consent", "consent", "age_confirmed",
    ]  # fmt: skip

    def __init__(self, *args: Any, topics: Sequence[TopicChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topics = topics
        self._choice("topic").choices = [(topic.code, topic.name) for topic in topics]
        for name in ("body", "about_staff"):
            self.fields[name].help_text = _(texts()["help"][name])
        for name, hint in _AUTOCOMPLETE.items():
            self.fields[name].widget.attrs.update(hint)

    def _choice(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        return field

    # What the template lays out itself.

    @property
    def kinds(self) -> list[dict[str, str]]:
        return [
            {"code": row["code"], "name": _(row["name"]), "hint": _(row["hint"])}
            for row in texts()["kinds"]
        ]

    @property
    def aids(self) -> list[dict[str, Any]]:
        chosen = self.assistance_typed
        return [
            {"label": _(row["label"]), "chosen": row["code"] in chosen, "code": row["code"]}
            for row in texts()["assistance"]
        ]

    @staticmethod
    def retention_years() -> str:
        return _option("retention_years")

    @property
    def consent_rows(self) -> list[tuple[str, list[str]]]:
        """What is agreed to, as the law asks for it: purpose, items, period, right to refuse."""
        rows: list[tuple[str, list[str]]] = []
        for line in texts()["consent"]["text"].strip("\n").splitlines():
            words = line.strip()
            if not line.startswith("  "):  # a new term; what is indented further goes on with it
                term, _gap, words = words.partition(" ")
                rows.append((_(term), []))
            rows[-1][1].append(_(words.strip()))
        years = self.retention_years()
        for _term, lines in rows:
            lines[:] = [line.replace("{{ retention_years }}", years) for line in lines]
        return rows

    @property
    def other_aid(self) -> str:
        known = {row["code"] for row in texts()["assistance"]}
        return " ".join(text for text in self.assistance_typed if text not in known)

    @property
    def assistance_typed(self) -> list[str]:
        return [text for text in _values(self.data, "assistance") if text.strip()]

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.check_files()
        self._clean_assistance()
        self._clean_contact()
        if self.cleaned_data.get("filed_for_relation") and not self.cleaned_data.get("filed_for"):
            self.add_error("filed_for", _("대신하여 쓰시는 분의 이름을 적어 주십시오."))
        return self.cleaned_data

    def _clean_contact(self) -> None:
        """The way chosen needs its field; a field that is wrong itself has its own message."""
        way = self.cleaned_data.get("reply_by")
        if not way:
            return
        name = CONTACT_FIELD[ReplyBy(way)]
        if name in self.cleaned_data and not self.cleaned_data[name]:
            label = str(self.fields[name].label)
            way_words = str(ReplyBy(way).label)
            text = refusal("no_contact", contact_way=way_words, field_label=label)
            self.add_error(name, said(text))

    def _clean_assistance(self) -> None:
        labels = {row["code"]: row["label"] for row in texts()["assistance"]}
        text = ", ".join(labels.get(one, clean_text(one).strip()) for one in self.assistance_typed)
        try:
            Words(longest=2 * LONGEST_LINE, required=False).validate(text)
        except ValidationError as error:
            self.add_error(None, error)
        self.assistance = text

    def filing(self) -> Filing:
        """What was typed, for `services.file_complaint`."""
        data = self.cleaned_data
        filed_for = {
            "name": data["filed_for"],
            "relation": data["filed_for_relation"],
            "result_to": data["filed_for_result_to"],
        }
        return Filing(
            kind=data["kind"],
            topic_code=data["topic"],
            subject=data["subject"],
            body=data["body"],
            name=data["name"],
            email=data["email"],
            phone=data["phone"],
            address=data["address"],
            fax=data["fax"],
            reply_by=data["reply_by"],
            about_staff=data["about_staff"],
            filed_for=filed_for if data["filed_for"] else {},
            assistance=self.assistance,
            publish_consent=data["publish_consent"],
            survey_consent=data["survey_consent"],
            consent_version=texts()["consent"]["version"],
            previous_receipt_number=data["previous_receipt_number"],
            attachments=self.all_files,
            form_token=self.token,
            language=(get_language() or "ko")[:2],
        )


_AUTOCOMPLETE: dict[str, dict[str, str]] = {
    "name": {"autocomplete": "name"},
    "email": {"autocomplete": "email", "inputmode": "email", "spellcheck": "false"},
    "phone": {"autocomplete": "tel", "inputmode": "tel"},
    "address": {"autocomplete": "street-address"},
    "fax": {"inputmode": "tel"},
    "previous_receipt_number": {"autocomplete": "off", "spellcheck": "false"},
}


class TrackForm(CitizenForm):
    """처리상황 보기. Whatever does not open a case gets one and the same answer."""

    receipt_number = forms.CharField(
        label=_lazy("접수번호"),
        help_text=_lazy("예: 2026-000123-H"),
        error_messages={"required": _lazy("접수번호를 적어 주십시오.")},
        widget=forms.TextInput(
            attrs={
                "class": "form-control",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )
    access_code = forms.CharField(
        label=_lazy("확인번호"),
        help_text=_lazy(
            "접수할 때 받으신 글자와 숫자 10자입니다. 소문자나 빈칸이 섞여도 괜찮습니다."
        ),
        error_messages={"required": _lazy("확인번호를 적어 주십시오.")},
        widget=forms.TextInput(
            attrs={
                "class": "form-control",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )


class NewCodeForm(CitizenForm):
    """확인번호 다시 받기."""

    receipt_number = forms.CharField(
        label=_lazy("접수번호"),
        help_text=_lazy("예: 2026-000123-H"),
        error_messages={"required": _lazy("접수번호를 적어 주십시오.")},
        widget=forms.TextInput(
            attrs={"class": "form-control", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    contact = forms.CharField(
        label=_lazy("접수할 때 적으신 이메일이나 전화번호"),
        error_messages={"required": _lazy("접수할 때 적으신 이메일이나 전화번호를 적어 주십시오.")},
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "email"}),
    )


class SupplementForm(WithFiles):
    """보완: what the centre asked for."""

    text = Words(
        label=_lazy("알려 주실 내용"),
        longest=LONGEST_BODY,
        lines=True,
        error_messages={"required": _lazy("알려 주실 내용을 적어 주십시오.")},
    )

    field_order = ["text", "attachments"]

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.check_files()
        return self.cleaned_data


class MessageForm(CitizenForm):
    """말씀 남기기: what nobody asked for, said while the case goes on."""

    text = Words(
        label=_lazy("남기실 말씀"),
        longest=5_000,
        lines=True,
        help_text=_lazy("담당자가 읽습니다. 답변 기한은 그대로입니다."),
        error_messages={"required": _lazy("남기실 말씀을 적어 주십시오.")},
    )


class WithdrawForm(CitizenForm):
    """취하: a reason is welcome, never demanded."""

    reason = Words(
        label=_lazy("취하하시는 까닭"),
        longest=1_000,
        lines=True,
        required=False,
        help_text=_lazy("적지 않으셔도 됩니다."),
    )
