"""Accounts, their roles and passwords."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from centre import lockout, second_factor, services
from centre.admin.base import VerbAdmin, VerbPage, by
from centre.forms import AccountForm, NewPasswordForm, NothingAsked, ReasonForm
from centre.models import User
from centre.rights import may
from records.actors import Actor


def _set_password(user: User, form: forms.Form, *, by: Actor, now: datetime) -> str:
    password = form.cleaned_data["password"]
    services.set_password(user_id=user.pk, password=password, by=by, now=now)
    return translate("비밀번호를 정했습니다. 처음 로그인할 때 스스로 바꾸게 됩니다.")


def _unlock(user: User, _form: forms.Form, *, by: Actor, now: datetime) -> str:
    services.unlock(user_id=user.pk, by=by, now=now)
    return translate("잠긴 것을 풀었습니다. 이제 로그인할 수 있습니다.")


def _remove_factors(user: User, form: forms.Form, *, by: Actor, now: datetime) -> str:
    services.remove_factors(user_id=user.pk, reason=form.cleaned_data["reason"], by=by, now=now)
    return translate(
        "인증 수단을 모두 지우고 로그아웃시켰습니다. 다음에 로그인할 때 새로 등록합니다."
    )


def _has_factors(user: User) -> bool:
    return second_factor.count(user.pk) > 0


def _is_locked(user: User) -> bool:
    return lockout.is_locked(user.username, now=timezone.now())


@admin.register(User)
class UserAdmin(VerbAdmin):
    form = AccountForm
    list_display = ("username", "person", "roles", "is_active", "last_login")
    list_filter = ("is_active", "role_grants__role")
    search_fields = ("username", "name", "staff_member__name")
    fields = ("username", "name", "email", "roles", "is_active", "last_login")
    readonly_fields = ("last_login",)
    pages = (
        VerbPage(
            verb="set_password",
            label=_("비밀번호 정하기"),
            help=_("그 사람에게 직접 알려 주십시오. 처음 로그인할 때 스스로 바꾸게 됩니다."),
            form=NewPasswordForm,
            act=_set_password,
            allowed=lambda user, _row: may(user, "edit_people"),
        ),
        VerbPage(
            verb="unlock",
            label=_("잠긴 것 풀기"),
            help=_(
                "비밀번호를 여러 번 틀려 잠긴 계정을 바로 다시 쓰게 합니다. 본인인지 먼저 확인해 주십시오."
            ),
            form=NothingAsked,
            act=_unlock,
            allowed=lambda user, _row: may(user, "edit_people"),
            fits=_is_locked,
        ),
        VerbPage(
            verb="remove_factors",
            label=_("2단계 인증 지우기"),
            help=_(
                "휴대전화나 보안키를 잃어버린 직원의 인증 수단과 복구 코드를 모두 지우고 바로 로그아웃시킵니다. 누가 언제 왜 지웠는지 권한 기록에 남습니다."
            ),
            form=ReasonForm,
            act=_remove_factors,
            allowed=lambda user, row: may(user, "edit_people") and user.pk != row.pk,
            fits=_has_factors,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users = super().get_queryset(request).select_related("staff_member")
        return users.prefetch_related("role_grants")

    @admin.display(description=_("직원"))
    def person(self, user: User) -> str:
        try:
            return str(user.staff_member)
        except ObjectDoesNotExist:
            return user.name

    @admin.display(description=_("역할"))
    def roles(self, user: User) -> str:
        return ", ".join(str(grant.get_role_display()) for grant in user.role_grants.all())

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001
        who, now, roles = by(request), timezone.now(), form.cleaned_data["roles"]
        if not change:
            made = services.create_account(
                username=obj.username,
                name=obj.name,
                email=obj.email,
                roles=roles,
                by=who,
                now=now,
            )
            obj.pk = made.pk
            return
        fields = [name for name in form.changed_data if name in {"username", "name", "email"}]
        services.save_row(row=obj, fields=fields, by=who, now=now)
        services.set_roles(user_id=obj.pk, roles=roles, by=who, now=now)
        services.set_active(user_id=obj.pk, active=obj.is_active, by=who, now=now)
