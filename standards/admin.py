"""Promises in the back-office: to read. A standard changes by a new version, never in place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from centre.admin.base import VerbAdmin, VerbPage
from centre.models import User
from centre.rights import may
from records.actors import Actor
from standards import freezing, services
from standards.evidence.admin import DutyAdmin
from standards.forms import ExplainForm, ReviseForm
from standards.models import (
    Charge,
    Clause,
    Commitment,
    Correction,
    InfoPage,
    Maintenance,
    OnlineService,
    Standard,
    Target,
)
from standards.probe.admin import OutageAdmin
from standards.queries import explain, versions_of

__all__ = ["DutyAdmin", "OutageAdmin"]


class _ToRead(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who may see stands in ``centre.rights``; nobody may change anything here."""

    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self,
        request: HttpRequest,
        obj: models.Model | None = None,
    ) -> bool:
        return False

    def has_delete_permission(
        self,
        request: HttpRequest,
        obj: models.Model | None = None,
    ) -> bool:
        return False


@admin.register(Clause)
class ClauseAdmin(_ToRead):
    list_display = ["line", "kind", "text"]
    list_filter = ["kind"]
    list_per_page = 100


def _edit_standards(user: User, _row: Any) -> bool:
    return may(user, "edit_standards")


def _revise(standard: Standard, form: forms.Form, *, by: Actor, now: datetime) -> str:
    assert isinstance(form, ReviseForm)  # noqa: S101 - the page below names it
    new = services.revise_standard(
        code=standard.code, version=standard.version, by=by, now=now, **form.asked()
    )
    return translate("%d판을 만들었습니다. 오늘 시작하는 일부터 씁니다.") % new.version


@admin.register(Standard)
class StandardAdmin(_ToRead, VerbAdmin):
    list_display = [
        "number", "code", "version", "measure", "limit_text", "target", "valid_from", "valid_until",
    ]  # fmt: skip
    list_filter = ["public", "method", "own_limit", "revised"]
    search_fields = ["code", "quote", "name", "measure"]
    fields = [
        "number", "code", "version", "valid_from", "valid_until", "revised", "name", "quote", "cited",
        "measure", "limit_text", "own_limit", "target_percent", "method", "rule", "allowance",
        "by_variant", "period", "due_on", "kinds", "public",
    ]  # fmt: skip
    readonly_fields = ["cited", "target_percent", "by_variant"]
    change_form_template = "admin/standards/standard_form.html"
    pages = (
        VerbPage(
            verb="revise_standard",
            label=_("새 판 만들기"),
            help=_(
                "센터가 스스로 정한 것만 바꿀 수 있습니다. 헌장의 글과 헌장이 정한 기준은 그대로입니다. "
                "새 판은 오늘 시작하는 일부터 쓰며, 이미 약속한 일은 그때의 판을 따릅니다."
            ),
            form=ReviseForm,
            act=_revise,
            allowed=_edit_standards,
            fits=lambda standard: standard.valid_until is None,
        ),
    )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id) if object_id else None
        extra = {"versions": versions_of(row.code) if row else [], **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, extra)

    @admin.display(description=_("헌장의 줄"))
    def cited(self, standard: Standard) -> str:
        return ", ".join(str(clause.line) for clause in standard.clauses.all())

    @admin.display(description=_("목표"))
    def target_percent(self, standard: Standard) -> str:
        return f"{standard.percent:g}%"

    @admin.display(description=_("갈래마다 다른 기간"))
    def by_variant(self, standard: Standard) -> str:
        return ", ".join(f"{name} {text}" for name, text in standard.variants)


@admin.register(Commitment)
class CommitmentAdmin(_ToRead):
    list_display = ["mark", "promise", "team", "state", "started_at", "first_due_at", "due_at"]
    list_filter = ["state", "standard", "team"]
    list_select_related = ["team"]
    ordering = ["-due_at", "-pk"]
    search_fields = ["key"]
    fields = [
        "mark", "standard", "team", "category", "state", "explanation", "started_at",
        "first_due_at", "due_at", "cap_at", "extended_at", "fulfilled_at", "settled_at",
        "excluded_why", "next_step", "next_step_at", "troubled_at",
    ]  # fmt: skip

    readonly_fields = ["mark", "explanation"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Commitment]:
        return super().get_queryset(request).select_related("standard")

    @admin.display(description=_("표지"), ordering="key")
    def mark(self, commitment: Commitment) -> str:
        return commitment.key

    @admin.display(description=_("약속"), ordering="code")
    def promise(self, commitment: Commitment) -> str:
        return commitment.standard.title

    @admin.display(description=_("기한을 셈한 까닭"))
    def explanation(self, commitment: Commitment) -> str:
        return explain(commitment)


@admin.register(Charge)
class ChargeAdmin(VerbAdmin):
    list_display = ["kind", "team", "lead"]
    fields = ["kind", "team", "lead"]


@admin.register(InfoPage)
class InfoPageAdmin(VerbAdmin):
    list_display = ["title", "address", "team", "active"]
    fields = ["title", "address", "team", "active"]


@admin.register(OnlineService)
class OnlineServiceAdmin(VerbAdmin):
    """The register: its number at the end of a year, beside that of the year before, is counted."""

    list_display = ["name", "address", "started_on", "ended_on"]
    fields = ["name", "address", "started_on", "ended_on"]


@admin.register(Target)
class TargetAdmin(VerbAdmin):
    """The pages that are looked at; how it went is written by the looks alone."""

    list_display = ["name", "address", "active", "last_at", "last_why"]
    fields = ["name", "address", "text", "active"]


@admin.register(Maintenance)
class MaintenanceAdmin(VerbAdmin):
    list_display = ["why", "starts_at", "ends_at"]
    fields = ["why", "starts_at", "ends_at"]


def _explain(correction: Correction, form: forms.Form, *, by: Actor, now: datetime) -> str:
    text = form.cleaned_data["text"]
    freezing.explain(correction=correction, text=text, by=by, now=now)
    return translate("덧붙였습니다. 우리의 약속 쪽에 보입니다.")


@admin.register(Correction)
class CorrectionAdmin(_ToRead, VerbAdmin):
    """Figures that were put right after their month was frozen; people add a sentence, no more."""

    list_display = ["month", "standard", "counted", "place", "why", "noticed_at"]
    list_select_related = ["month", "standard"]
    fields = [
        "month",
        "standard",
        "counted",
        "place",
        "before",
        "after",
        "why",
        "noted",
        "noticed_at",
    ]
    readonly_fields = ["noted"]
    pages = (
        VerbPage(
            verb="explain_correction",
            label=_("말 덧붙이기"),
            help=_(
                "까닭은 저절로 적혀 있습니다. 읽는 사람이 더 알아야 할 것이 있으면 한 문장을 덧붙입니다."
            ),
            form=ExplainForm,
            act=_explain,
            allowed=_edit_standards,
        ),
    )

    @admin.display(description=_("덧붙인 말"))
    def noted(self, correction: Correction) -> str:
        return " ".join(note.text for note in correction.notes.all()) or "-"
