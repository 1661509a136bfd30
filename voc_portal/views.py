"""Pages that belong to no room: the first page, and what is said when it goes wrong."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from complaints.views import filed_without_token
from education.views import enrolled_without_token


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: most often cookies are off, or the page is from another day.

    What was typed into the opinion form, or to enrol in a course, comes back for another try.
    """
    if request.path == reverse("complaints:new"):
        return filed_without_token(request)
    match = request.resolver_match
    if match is not None and match.view_name == "education:course":
        return enrolled_without_token(request, **match.kwargs)
    message = _("화면을 연 지 오래되었거나 쿠키가 꺼져 있어 보내신 것을 확인하지 못했습니다.")
    return render(request, "403.html", {"message": message}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 while the database is away, on a page that needs neither of them."""
    away = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    if away:
        return render(request, "503.html", status=503)
    return HttpResponse(loader.get_template("500.html").render(), status=500)
