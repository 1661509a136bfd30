"""Addresses of the evaluation in the admin; every page is one of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from dashboards.evaluation import pages
from dashboards.evaluation.models import Evaluation

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Evaluation]
else:
    Base = admin.ModelAdmin


@admin.register(Evaluation)
class EvaluationAdmin(Base):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # begun from the list

    def has_delete_permission(self, request: HttpRequest, obj: Evaluation | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        preview = path(
            "<int:pk>/preview/",
            self.admin_site.admin_view(pages.preview),
            name="dashboards_evaluation_preview",
        )
        return [preview, *super().get_urls()]

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return pages.show_list(request, self._context(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not (object_id.isascii() and object_id.isdecimal() and len(object_id) < 19):
            raise Http404
        return pages.show(request, self._context(request), int(object_id))

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        raise Http404
