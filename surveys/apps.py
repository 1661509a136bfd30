"""App configuration: what the rooms below need to know of surveys."""

import logging

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SurveysConfig(AppConfig):
    name = "surveys"
    verbose_name = _("설문")

    def ready(self) -> None:
        from complaints import queries as complaints_queries
        from complaints import registry as complaints_registry
        from complaints.services import telling
        from notices import registry as notices_registry
        from standards import registry as standards_registry
        from surveys import extras, queries, services
        from surveys.services import findings, measuring, promises
        from surveys.tokens import HideTokens

        facts = {
            queries.SURVEY: services.survey_facts,
            queries.YEAR: services.year_facts,
            queries.COURSE: services.course_facts,
        }
        for subject_type, fulfilled_at in facts.items():
            standards_registry.register(
                subject_type, take_steps=services.take_steps, fulfilled_at=fulfilled_at
            )
        standards_registry.register(
            findings.FINDING,
            take_steps=findings.take_finding_steps,
            fulfilled_at=findings.finding_facts,
        )
        standards_registry.measure(promises.ANNUAL, promises.PUBLISHED, promises.COURSE_SURVEY)
        standards_registry.measure(
            findings.CORRECTION, *measuring.QUARTERLY, measuring.COURSE_QUALITY
        )
        notices_registry.register(
            findings.FINDING, visible_to=findings.ids_visible_to, link=findings.finding_path
        )
        notices_registry.register(
            queries.SURVEY,
            delivered=services.delivered,
            visible_to=queries.ids_visible_to,
            link=queries.staff_path,
        )
        notices_registry.register(
            queries.CASE,
            delivered=services.delivered,
            visible_to=complaints_queries.ids_visible_to,
            link=telling.case_path,
            numbers=complaints_queries.numbers_of,
            find=complaints_queries.ids_numbered,
            wishes=complaints_queries.wishes_of,
        )
        complaints_registry.tracking_extras.append(extras.rate_on_the_page)
        for name in ("django.request", "django.security.csrf"):
            logging.getLogger(name).addFilter(HideTokens())
