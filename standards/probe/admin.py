"""The page of the 1365 portal in the back-office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse

from standards.models import Outage
from standards.probe import pages

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Outage]
else:
    Base = admin.ModelAdmin


@admin.register(Outage)
class OutageAdmin(Base):
    """One page of our own; nothing is edited as a row."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Outage | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return pages.portal(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        raise Http404

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        raise Http404
