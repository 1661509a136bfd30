"""Addresses of 헌장 이행 기록 in the back-office; every page is one of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from standards.evidence import pages
from standards.models import Duty

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Duty]
else:
    Base = admin.ModelAdmin


@admin.register(Duty)
class DutyAdmin(Base):
    """Who may stands in ``centre.rights``: ``record_evidence``."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Duty | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            ("plan/", "plan", pages.plan),
            ("improve/", "improve", pages.improve),
            ("enter/<slug:kind>/", "enter", pages.enter),
            ("evidence/<int:pk>/correct/", "correct", pages.correct),
        ]
        wrap = self.admin_site.admin_view
        found = [
            path(route, wrap(self._with_context(view)), name=f"standards_duty_{name}")
            for route, name, view in own
        ]
        files = path("files/<uuid:pk>/", wrap(pages.file), name="standards_duty_file")
        return [*found, files, *super().get_urls()]

    def _with_context(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def page(request: HttpRequest, **asked: Any) -> HttpResponse:
            return view(request, self._context(request), **asked)

        return page

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return pages.show_board(request, self._context(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not (object_id.isascii() and object_id.isdecimal() and len(object_id) < 19):
            raise Http404
        return pages.show_duty(request, self._context(request), int(object_id))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What happened stands on the page itself."""
        raise PermissionDenied
