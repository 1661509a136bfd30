"""App configuration: what the rooms below need to know of visits and contacts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReceptionConfig(AppConfig):
    name = "reception"
    verbose_name = _("창구")

    def ready(self) -> None:
        from centre import registry as centre_registry
        from notices import registry as notices_registry
        from reception import past, queries, services
        from standards import occasions
        from standards import registry as standards_registry

        standards_registry.register(
            queries.VISIT, take_steps=services.take_visit_steps, fulfilled_at=services.visit_facts
        )
        standards_registry.register(
            queries.CALLBACK,
            take_steps=services.take_contact_steps,
            fulfilled_at=services.contact_facts,
        )
        standards_registry.measure(
            "visit-wait", "visit-deputy", "visitor-contact", "phone-callback"
        )
        notices_registry.register(
            queries.CALLBACK,
            visible_to=queries.note_ids_visible_to,
            link=queries.note_path,
            wishes=queries.wishes_of,
        )
        notices_registry.register(
            queries.DIFFICULT, visible_to=past.difficult_ids_visible_to, link=past.difficult_path
        )
        notices_registry.register(queries.LEAD_CALL, visible_to=past.called_for_ids_visible_to)
        centre_registry.register_duties("회신 약속", queries.open_duties)
        centre_registry.register_hand_over("회신 약속", services.hand_over)
        occasions.register_occasions(queries.VISIT, ended_since=queries.visits_ended_since)
