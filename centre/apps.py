"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CentreConfig(AppConfig):
    name = "centre"
    verbose_name = _("센터")

    def ready(self) -> None:
        from centre import (
            checks,  # noqa: F401 - registers the check of the holidays
            second_factor,
        )

        second_factor.watch()
        user_logged_in.connect(_begin_session, dispatch_uid="session-limits")


def _begin_session(request: HttpRequest, **_sent: Any) -> None:
    from centre import sessions

    sessions.begin(request.session, now=timezone.now())
