"""Courses in the admin: addresses of the pages in `education.back_office`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from education.back_office import courses, people
from education.models import Course

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Course]
else:
    Base = admin.ModelAdmin

_read_or_post = require_http_methods(["GET", "HEAD", "POST"])
Page = Callable[..., HttpResponse]


@admin.register(Course)
class CourseAdmin(Base):
    """Every page is one of our own; nothing of a course is edited as a row."""

    def has_delete_permission(self, request: HttpRequest, obj: Course | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own: list[tuple[str, str, Page]] = [
            ("<int:pk>/edit/", "edit", _read_or_post(courses.edit)),
            ("<int:pk>/move/", "move", _read_or_post(courses.move)),
            ("<int:pk>/enrol/", "enrol", _read_or_post(courses.enrol)),
            ("<int:pk>/attendance/", "attendance", _read_or_post(people.show_attendance)),
            ("<int:pk>/sheet/", "sheet", require_safe(people.show_sheet)),
            ("<int:pk>/people/<int:enrolment_id>/", "person", _read_or_post(people.show_person)),
        ]
        wrap = self.admin_site.admin_view
        pages = [
            path(route, wrap(self._page(view)), name=f"education_course_{name}")
            for route, name, view in own
        ]
        certificate = path(
            "<int:pk>/people/<int:enrolment_id>/certificate/",
            wrap(require_safe(people.certificate)),
            name="education_course_certificate",
        )
        return [*pages, certificate, *super().get_urls()]

    def _page(self, view: Page) -> Page:
        def page(request: HttpRequest, **places: int) -> HttpResponse:
            return view(request, self._context(request), **places)

        return page

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return require_safe(courses.show_list)(request, self._context(request))

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return _read_or_post(courses.add)(request, self._context(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        pk = _number(object_id)
        return _read_or_post(courses.show)(request, self._context(request), pk)

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The history stands on the page itself."""
        page = reverse("admin:education_course_change", args=[_number(object_id)])
        return HttpResponseRedirect(f"{page}#history")


def _number(object_id: str) -> int:
    if not (object_id.isascii() and object_id.isdecimal() and len(object_id) < 19):
        raise Http404
    return int(object_id)
