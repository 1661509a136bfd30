"""App configuration: duties are a subject of this room's own."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StandardsConfig(AppConfig):
    name = "standards"
    verbose_name = _("이행표준")

    def ready(self) -> None:
        from centre import registry as centre_registry
        from notices import registry as notices_registry
        from standards import registry
        from standards.evidence import asides, duties, elsewhere, judging, telling
        from standards.models import DUTY, Kind
        from standards.probe import availability, outages

        registry.register(
            DUTY,
            take_steps=telling.take_steps,
            fulfilled_at=judging.fulfilled_at,
            redated=judging.redated,
        )
        registry.measure(
            "staff-meeting",
            "staff-training",
            "portal-information",
            "charter-evaluation",
            "charter-improvement",
            "staff-guide",
            "phone-answer",
            "phone-identity",
            "web-information",
            "online-services",
            "opinion-channels",
            "portal-availability",
        )
        elsewhere.register(Kind.OUTAGE, outages.page)
        registry.aside("portal-availability", availability.said)
        for code, say in asides.ASIDES.items():
            registry.aside(code, say)
        notices_registry.register(DUTY, link=telling.link_to)
        centre_registry.register_duties("개선 과제", duties.open_improvements)
        centre_registry.register_hand_over("개선 과제", duties.hand_over)
