"""The second factor of a sign-in: an app, a security key, or a recovery code (django-allauth).

Outside the demo nobody on the staff works without one (``settings.SECOND_FACTOR_REQUIRED``,
``centre.middleware.SecondFactorFirst``). Secrets are encrypted at rest like personal data.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

import segno
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from centre import options
from centre.models import User
from centre.queries import actor_of
from records import crypto
from records.services import record

#: Recovery codes alone are no factor: they are for the day the others are not at hand.
FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_factor() -> Exists:
    """To annotate accounts with: whether one can sign in with a second factor."""
    return Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS))


def count(user_id: int) -> int:
    return int(Authenticator.objects.filter(user_id=user_id, type__in=FACTORS).count())


def forget(user_id: int) -> list[str]:
    """Remove all factors of an account and end its sessions; says what kinds there were.

    Called within the transaction of whoever records it.
    """
    mine = Authenticator.objects.select_for_update().filter(user_id=user_id)
    kinds = sorted(factor.type for factor in mine)
    mine.delete()
    end_sessions(user_id)
    return kinds


def end_sessions(user_id: int) -> int:
    """Sign an account out everywhere; says how many sessions that ended."""
    ended = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if session.get_decoded().get("_auth_user_id") == str(user_id)
    ]
    Session.objects.filter(pk__in=ended).delete()
    return len(ended)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """What allauth asks the house: our words, our QR code, our encryption."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _(
            "마지막 인증 수단은 지울 수 없습니다. 다른 것을 먼저 등록해 주십시오."
        ),
        "cannot_generate_recovery_codes": _("인증 앱이나 보안키를 먼저 등록해 주십시오."),
        "incorrect_code": _("인증번호가 맞지 않습니다. 지금 보이는 번호를 다시 적어 주십시오."),
    }

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        return f"{options.value('centre_name')} {translate('고객의 소리')}"

    def _get_user_identifier(self, user: User) -> str:
        return user.username

    def build_totp_svg(self, url: str) -> str:
        out = BytesIO()
        segno.make(url, error="m", micro=False).save(out, kind="svg", scale=5, border=4)
        return out.getvalue().decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not settings.SECOND_FACTOR_REQUIRED or count(authenticator.user_id) > 1

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002 - allauth's name
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return str(translate("보안키 %(number)s") % {"number": number})


def _record(kind: str, user: User, authenticator: Authenticator) -> None:
    record(
        subject_type="centre.user",
        subject_id=user.pk,
        kind=kind,
        at=timezone.now(),
        by=actor_of(user),
        data={"factor": authenticator.type},
    )


def _added(user: User, authenticator: Authenticator, **_sent: Any) -> None:
    _record("factor-added", user, authenticator)


def _removed(user: User, authenticator: Authenticator, **_sent: Any) -> None:
    _record("factor-removed", user, authenticator)


def _codes_made_anew(user: User, authenticator: Authenticator, **_sent: Any) -> None:
    _record("recovery-codes-made", user, authenticator)


def _used(user: User, authenticator: Authenticator, **_sent: Any) -> None:
    """A recovery code is rarely used by anybody but its owner, and so worth a line."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _record("recovery-code-used", user, authenticator)


def watch() -> None:
    """Have what people do to their factors recorded."""
    signals.authenticator_added.connect(_added, dispatch_uid="second-factor")
    signals.authenticator_removed.connect(_removed, dispatch_uid="second-factor")
    signals.authenticator_reset.connect(_codes_made_anew, dispatch_uid="second-factor")
    signals.authenticator_used.connect(_used, dispatch_uid="second-factor")


def is_missing(request: HttpRequest) -> bool:
    """Whether whoever asks would have to have a second factor and has none."""
    user = request.user
    if not (settings.SECOND_FACTOR_REQUIRED and isinstance(user, User) and user.is_staff):
        return False
    return not getattr(user, "has_second_factor", False)
