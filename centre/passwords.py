"""Passwords of the demo are printed for everyone to see: outside the demo they open nothing."""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as translate

FILE_NAME: Final = "demo-sign-ins.json"


def path_of_the_demo() -> Path:
    """Where the demo keeps its sign-ins, readable by its owner only."""
    return Path(settings.DATA_DIR) / FILE_NAME


def of_the_demo() -> dict[str, str]:
    """The demo's passwords by user name; empty where there never was a demo."""
    path = path_of_the_demo()
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return kept


def has_to_change(password: str) -> bool:
    """Whether a password that was right may not be worked with: one of the demo, elsewhere."""
    if settings.DEMO or settings.DEBUG:
        return False
    return _is_of_the_demo(password)


def _is_of_the_demo(password: str) -> bool:
    typed = password.encode()
    return any(hmac.compare_digest(typed, known.encode()) for known in of_the_demo().values())


class NotOfTheDemo:
    """A password validator: outside the demo nobody chooses one that it printed."""

    def validate(self, password: str, user: Any = None) -> None:
        if has_to_change(password):
            raise ValidationError(
                translate("시연용으로 쓰던 비밀번호입니다. 다른 비밀번호를 정해 주십시오."),
                code="password_of_the_demo",
            )

    def get_help_text(self) -> str:
        return translate("시연용 비밀번호는 쓸 수 없습니다.")
