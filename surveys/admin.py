"""Addresses of the surveys in the admin; every page is one of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_safe

from surveys import result_views
from surveys.back_office import views
from surveys.models import Survey

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Survey]
else:
    Base = admin.ModelAdmin

_read_or_post = require_http_methods(["GET", "HEAD", "POST"])


@admin.register(Survey)
class SurveyAdmin(Base):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # made from the list

    def has_delete_permission(self, request: HttpRequest, obj: Survey | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Any, name: str) -> URLPattern:
            def shown(request: HttpRequest, **values: Any) -> HttpResponse:
                answer: HttpResponse = view(request, self._context(request), **values)
                return answer

            wrapped = self.admin_site.admin_view(shown)
            return path(address, wrapped, name=f"surveys_survey_{name}")

        wrap = self.admin_site.admin_view
        own = [
            page("<int:pk>/questions/new/", _read_or_post(views.question), "question_add"),
            page(
                "<int:pk>/questions/<int:question_id>/", _read_or_post(views.question), "question"
            ),
            page("<int:pk>/results/", _read_or_post(result_views.staff), "results"),
            page("<int:pk>/preview/", require_safe(views.preview), "preview"),
            page("<int:pk>/card/", require_safe(views.card), "card"),
            page("<int:pk>/enter/", _read_or_post(views.enter), "enter"),
            *(
                path(
                    f"<int:pk>/code.{kind}",
                    wrap(require_safe(views.code)),
                    {"kind": kind},
                    name=f"surveys_survey_{kind}",
                )
                for kind in ("svg", "png")
            ),
        ]
        return [*own, *super().get_urls()]

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return _read_or_post(views.show_list)(request, self._context(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not (object_id.isascii() and object_id.isdecimal() and len(object_id) < 19):
            raise Http404
        return _read_or_post(views.show)(request, self._context(request), int(object_id))

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        raise Http404
