"""What people type: signing in, and the forms of the back-office about the centre."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.contrib.auth import password_validation
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centre import options, services
from centre.errors import BadOption, Refused
from centre.models import Absence, Closure, Role, StaffMember, Team, User
from centre.queries import employed, present_people

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    ClosureModelForm = forms.ModelForm[Closure]
    AbsenceModelForm = forms.ModelForm[Absence]
    PersonModelForm = forms.ModelForm[StaffMember]
    UserModelForm = forms.ModelForm[User]
else:
    ClosureModelForm = AbsenceModelForm = PersonModelForm = UserModelForm = forms.ModelForm


# --- signing in ---------------------------------------------------------------------------------


def _dress(form: forms.Form) -> None:
    """Bootstrap's class; no placeholders: a label stays when one types."""
    for field in form.fields.values():
        field.widget.attrs["class"] = "form-control"
        field.widget.attrs.pop("placeholder", None)


class SignInForm(LoginForm):
    """Fields ``login`` and ``password``; a wrong one and an account not in use say the same."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label, password.label, password.help_text = _("아이디"), _("비밀번호"), ""
        login.error_messages["required"] = _("아이디를 적어 주십시오.")
        password.error_messages["required"] = _("비밀번호를 적어 주십시오.")
        _dress(self)


class ChangePasswordForm(AllauthChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("지금 비밀번호")
        self.fields["password1"].label = _("새 비밀번호")
        self.fields["password1"].help_text = " ".join(
            password_validation.password_validators_help_texts()
        )
        self.fields["password2"].label = _("새 비밀번호 다시")
        for field in self.fields.values():
            field.error_messages["required"] = _("이 칸을 적어 주십시오.")
        _dress(self)


class ReauthenticationForm(ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("비밀번호")
        _dress(self)


def _code(form: forms.Form, label: _StrPromise, help_text: _StrPromise) -> None:
    field = form.fields["code"]
    field.label, field.help_text = label, help_text
    field.error_messages["required"] = _("인증번호를 적어 주십시오.")
    _dress(form)
    field.widget.attrs |= {"autocomplete": "one-time-code", "spellcheck": "false"}


class CodeForm(AuthenticateForm):
    """A code of the app or one of the recovery codes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(
            self,
            _("인증번호"),
            _("인증 앱에 지금 보이는 여섯 자리 번호를 적어 주십시오. 복구 코드도 여기에 적습니다."),
        )


class CodeAgainForm(ReauthenticateCodeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self, _("인증번호"), _("인증 앱에 지금 보이는 여섯 자리 번호나 복구 코드"))


class ActivateAppForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self, _("인증 앱에 보이는 번호"), _("여섯 자리 숫자입니다. 30초마다 바뀝니다."))
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class AddKeyForm(AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("보안키 이름")
        self.fields["name"].help_text = _("여러 개일 때 알아볼 수 있게 적어 주십시오.")
        _dress(self)


class RenameKeyForm(EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("보안키 이름")
        _dress(self)


# --- verbs of the back-office -------------------------------------------------------------------


class NothingAsked(forms.Form):
    """For a verb that only needs a yes."""

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        self.row = row
        super().__init__(*args, **kwargs)


class ReasonForm(NothingAsked):
    reason = forms.CharField(
        label=_("까닭과 본인을 확인한 방법"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DayForm(NothingAsked):
    on = forms.DateField(label=_("날짜"), widget=AdminDateWidget)


class _PeopleField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Says of each whether he is here now: what is given to who is away goes on to a deputy."""

    here: frozenset[int] = frozenset()

    def label_from_instance(self, person: Any) -> str:
        name = f"{person} · {person.team.name}"
        return name if person.pk in self.here else f"{name} ({_('지금 부재')})"


class HandOverForm(NothingAsked):
    """Whom the open work goes to: people who work here now and stay."""

    to = _PeopleField(
        StaffMember.objects.none(), label=_("이어받을 직원"), empty_label=_("고르십시오")
    )

    def __init__(self, *args: Any, row: StaffMember, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        now = timezone.now()
        staff = employed(at=now).filter(user__is_active=True, left_on=None).exclude(pk=row.pk)
        self.fields["to"].queryset = staff.select_related("team")  # type: ignore[attr-defined]
        self.fields["to"].here = frozenset(present_people(at=now))  # type: ignore[attr-defined]


class MoveForm(NothingAsked):
    team = forms.ModelChoiceField(Team.objects.none(), label=_("옮겨 갈 팀"))

    def __init__(self, *args: Any, row: StaffMember, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        teams = Team.objects.filter(dissolved_on=None).exclude(pk=row.team_id)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]


class NewPasswordForm(NothingAsked):
    """Given by an administrator; the person changes it after signing in."""

    password = forms.CharField(
        label=_("새 비밀번호"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("새 비밀번호 다시"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        password_validation.validate_password(password, self.row)
        return password

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "password" in data and data["password"] != data.get("again"):
            self.add_error("again", _("두 칸이 다릅니다. 똑같이 다시 적어 주십시오."))
        return data


class OptionForm(forms.Form):
    """One of the centre's own values, checked as its kind demands."""

    value = forms.CharField(required=False, strip=True)

    def __init__(self, *args: Any, spec: options.Spec, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spec = spec
        if spec.kind == options.CHOICE:
            self.fields["value"] = forms.ChoiceField(choices=list(spec.choices.items()))
        elif spec.kind == options.FLAG:
            self.fields["value"] = forms.ChoiceField(
                choices=[("yes", _("예")), ("no", _("아니요"))]
            )
        self.fields["value"].label = spec.label
        self.fields["value"].help_text = str(spec.help)

    def clean_value(self) -> str:
        value = str(self.cleaned_data["value"])
        try:
            options.parse(self.spec, value)
        except BadOption as error:
            raise ValidationError(str(error)) from error
        return value


# --- rows of the back-office --------------------------------------------------------------------


def _add(form: forms.BaseForm, refused: Refused) -> None:
    form.add_error(refused.field if refused.field in form.fields else None, str(refused))


class ClosureForm(ClosureModelForm):
    class Meta:
        model = Closure
        fields = ("date", "kind", "reason")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if {"date", "kind", "reason"} <= data.keys():
            try:
                services.check_day(kind=data["kind"], on=data["date"], reason=data["reason"])
            except Refused as refused:
                _add(self, refused)
        return data


class AbsenceForm(AbsenceModelForm):
    class Meta:
        model = Absence
        fields = ("person", "starts_at", "ends_at", "reason", "detail")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if {"person", "starts_at", "ends_at"} <= data.keys():
            try:
                services.check_absence(
                    person=data["person"], starts_at=data["starts_at"], ends_at=data["ends_at"]
                )
            except Refused as refused:
                _add(self, refused)
        return data


def _free_username(username: str) -> str:
    if User.objects.filter(username__iexact=username).exists():
        raise ValidationError(_("이미 쓰고 있는 아이디입니다. 다른 아이디를 적어 주십시오."))
    return username


def _roles_field() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("역할"),
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("역할이 하나도 없는 계정은 로그인할 수 없습니다."),
    )


class NewPersonForm(PersonModelForm):
    """A person and the account that goes with him."""

    username = forms.CharField(
        label=_("아이디"), max_length=60, validators=[UnicodeUsernameValidator()]
    )
    roles = _roles_field()

    class Meta:
        model = StaffMember
        fields = (
            "name",
            "title",
            "position",
            "team",
            "extension",
            "room",
            "email",
            "duties",
            "joined_on",
        )

    def clean_username(self) -> str:
        return _free_username(str(self.cleaned_data["username"]))


class AccountForm(UserModelForm):
    """An account and its roles; one that belongs to nobody on the staff is made here."""

    roles = _roles_field()

    class Meta:
        model = User
        fields = ("username", "name", "email", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["roles"].initial = sorted(
                self.instance.role_grants.values_list("role", flat=True)
            )

    def clean_username(self) -> str:
        username = str(self.cleaned_data["username"])
        return username if username == self.instance.username else _free_username(username)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        keeps = Role.ADMINISTRATOR in data.get("roles", ()) and data.get("is_active", True)
        if self.instance.pk and not keeps and services.is_last_administrator(self.instance.pk):
            raise ValidationError(services.LAST_ADMINISTRATOR)
        return data
