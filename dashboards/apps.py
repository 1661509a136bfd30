"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardsConfig(AppConfig):
    name = "dashboards"
    verbose_name = _("현황판")

    def ready(self) -> None:
        from dashboards.evaluation import wiring as evaluation

        evaluation.register()
        from dashboards.registers.table import hang_up_buttons

        hang_up_buttons()
