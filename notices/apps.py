"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "notices"
    verbose_name = _("알림")

    def ready(self) -> None:
        """Nobody leaves with tasks open: they are counted, and handed over."""
        from centre.registry import register_duties, register_hand_over
        from notices.services import count_tasks, hand_over_tasks

        register_duties("전화·우편·팩스로 알릴 일", count_tasks)
        register_hand_over("전화·우편·팩스로 알릴 일", hand_over_tasks)
