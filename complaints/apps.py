"""App configuration: what the rooms below need to know of a case."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ComplaintsConfig(AppConfig):
    name = "complaints"
    verbose_name = _("고객의 소리")

    def ready(self) -> None:
        from centre import registry as centre_registry
        from complaints import again, queries, registry, services
        from complaints.services import (
            _base,
            apologising,
            handing,
            putting_right,
            reconciling,
            repeating,
            review_papers,
            reviewing,
            saying,
            swiftness,
            telling,
        )
        from notices import registry as notices_registry
        from standards import registry as standards_registry
        from standards.evidence import elsewhere

        standards_registry.register(
            "complaint",
            take_steps=services.take_steps,
            fulfilled_at=services.fulfilled_at,
            redated=services.redated,
        )
        standards_registry.measure(
            "reply",
            "stage-1",
            "every-opinion",
            "receipt-mail",
            "result-mail",
            "expert-assigned",
            apologising.CODE,
            putting_right.CODE,
            repeating.CODE,
            reviewing.CODE,
            swiftness.CODE,
        )
        standards_registry.aside(swiftness.CODE, swiftness.said)
        standards_registry.register(
            review_papers.SUBJECT,
            take_steps=reviewing.take_steps,
            fulfilled_at=reviewing.fulfilled_at,
        )
        standards_registry.register(
            reconciling.SUBJECT,
            take_steps=reconciling.take_steps,
            fulfilled_at=reconciling.fulfilled_at,
        )
        elsewhere.register("reconciliation", reconciling.page_of)
        notices_registry.register(
            review_papers.SUBJECT,
            visible_to=review_papers.ids_visible_to,
            link=review_papers.path,
        )
        notices_registry.register(
            "complaint",
            delivered=services.delivered,
            failed=services.failed,
            unreached=services.unreached,
            visible_to=queries.ids_visible_to,
            link=telling.case_path,
            numbers=queries.numbers_of,
            find=queries.ids_numbered,
            wishes=queries.wishes_of,
            text_only=queries.text_only_among,
            say=saying.say,
            hold=_base.hold,
            citizens_only=frozenset({"delivered"}),
        )
        registry.tracking_extras.append(again.on_the_page)
        centre_registry.register_duties("열린 고객의 소리", handing.open_duties)
        centre_registry.register_duties("결재 대기", handing.waiting_approvals)
        centre_registry.register_hand_over("고객의 소리", services.hand_over)
        centre_registry.register_hand_over("결재", services.hand_over_approvals)
