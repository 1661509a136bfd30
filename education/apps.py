"""App configuration: what the rooms below need to know of courses and enrolments."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EducationConfig(AppConfig):
    name = "education"
    verbose_name = _("교육")

    def ready(self) -> None:
        from centre import registry as centre_registry
        from education import queries, services
        from notices import registry as notices_registry
        from standards import occasions
        from standards import registry as standards_registry

        standards_registry.register(
            queries.COURSE, take_steps=services.take_steps, fulfilled_at=services.notice_facts
        )
        standards_registry.measure(queries.CODE)
        notices_registry.register(
            queries.COURSE, visible_to=queries.course_ids_visible_to, link=queries.staff_path
        )
        notices_registry.register(
            queries.ENROLMENT,
            visible_to=queries.enrolment_ids_visible_to,
            link=queries.enrolment_path,
        )
        centre_registry.register_duties("교육", queries.open_duties)
        centre_registry.register_hand_over("교육", services.hand_over)
        occasions.register_occasions("course", ended_since=queries.courses_ended_since)
