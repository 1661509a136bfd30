"""App configuration."""

from django.apps import AppConfig
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
