"""Signing in and what an account may do: no sign-up, no superusers, one table of rights."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.app_settings import REAUTHENTICATION_TIMEOUT
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centre import passwords, rights
from centre.calendar import seoul_day
from centre.lockout import address_of
from centre.models import User
from centre.second_factor import has_factor

#: What the page that follows shows anyway.
_SILENT: Final = ("account/messages/logged_", "mfa/messages/")


class RoleBackend(ModelBackend):
    """User name and password; permissions by role, the same for every row.

    Whoever is switched off, has no role, or no longer works here does not sign in, and an open
    session ends with the next request.
    """

    def user_can_authenticate(self, user: Any) -> bool:
        return isinstance(user, User) and user.is_active and user.is_staff and not _has_left(user)

    def get_user(self, user_id: int) -> User | None:
        """The account of a session, its person and whether it has a second factor, in one query."""
        users = User.objects.select_related("staff_member__team")
        user = users.annotate(has_second_factor=has_factor()).filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def has_perm(
        self,
        user_obj: AbstractBaseUser | AnonymousUser,
        perm: str,
        obj: Model | None = None,
    ) -> bool:
        return _yes_or_never(isinstance(user_obj, User) and rights.may_admin(user_obj, perm))

    def has_module_perms(self, user_obj: AbstractBaseUser | AnonymousUser, app_label: str) -> bool:
        return _yes_or_never(
            isinstance(user_obj, User) and rights.may_admin_app(user_obj, app_label)
        )

    def get_all_permissions(self, *_args: Any, **_kwargs: Any) -> set[str]:
        return set()

    get_user_permissions = get_group_permissions = get_all_permissions


def _yes_or_never(answer: bool) -> bool:  # noqa: FBT001
    """Forbids instead of saying no, so that no other backend is asked."""
    if not answer:
        raise PermissionDenied
    return True


def _has_left(user: User) -> bool:
    try:
        left_on = user.staff_member.left_on
    except ObjectDoesNotExist:
        return False
    return left_on is not None and left_on <= seoul_day(timezone.now())


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Sign-in for accounts that an administrator made; nobody signs up."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _(
            "아이디 또는 비밀번호가 맞지 않거나 쓸 수 없는 계정입니다. 다시 확인해 주십시오."
        ),
        "enter_current_password": _("지금 쓰는 비밀번호가 맞지 않습니다. 다시 적어 주십시오."),
        "too_many_login_attempts": _(
            "인증번호를 여러 번 잘못 적으셨습니다. 15분 뒤에 다시 해 주십시오."
        ),
        "rate_limited": _("짧은 시간에 여러 번 시도하셨습니다. 15분 뒤에 다시 해 주십시오."),
        "incorrect_password": _("비밀번호가 맞지 않습니다. 다시 적어 주십시오."),
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: django-axes counts wrong passwords (``centre.lockout``)."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Outside the demo its passwords let one in as far as choosing another one."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and passwords.has_to_change(str(credentials.get("password", ""))):
            user.must_change_password = True
            user.save(update_fields=["must_change_password"])
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **_more: Any) -> bool:
        """Whoever signed in within the last five minutes has just said who he is."""
        records = get_authentication_records(context.request, context.request.user)
        latest = max((float(entry["at"]) for entry in records), default=0.0)
        return bool(timezone.now().timestamp() - latest > REAUTHENTICATION_TIMEOUT)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return str(self.get_login_redirect_url(request))

    def set_password(self, user: User, password: str) -> None:
        """A password somebody chose for himself ends the duty to change the one that was given."""
        user.set_password(password)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Says nothing of what the page that follows shows: signing in and out, factors."""
        if not (message_template or "").startswith(_SILENT):
            super().add_message(request, level, message_template, *args, **kwargs)
