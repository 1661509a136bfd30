"""Addresses of the reviews and of the register of stages in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_safe

from centre.models import User
from complaints.back_office import review_views
from complaints.models import Review
from complaints.services import review_papers

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Review]
else:
    Base = admin.ModelAdmin


@admin.register(Review)
class ReviewAdmin(Base):
    """Every page is one of our own, and shows only what concerns whoever looks."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        user = request.user
        return review_papers.visible_to(user) if isinstance(user, User) else Review.objects.none()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Review | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path(
                "<int:pk>/documents/<str:name>/",
                wrap(require_safe(review_views.document)),
                name="complaints_review_document",
            ),
            path(
                "<int:pk>/files/<uuid:file_id>/",
                wrap(require_safe(review_views.file)),
                name="complaints_review_file",
            ),
        ]
        return [*own, *super().get_urls()]

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return require_safe(review_views.show_list)(request, self._context(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not (object_id.isascii() and object_id.isdecimal() and len(object_id) < 19):
            raise Http404
        view = require_http_methods(["GET", "HEAD", "POST"])(review_views.show)
        return view(request, self._context(request), int(object_id))

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The history stands on the page itself."""
        raise Http404
