"""Before anything else, whoever was given a password chooses his own."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


class ChangePasswordFirst:
    """Sends an account with ``must_change_password`` to that page, whatever it asks for.

    Pages of people without a session are not touched: for them nothing is looked up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and self._has_to(request):
            return redirect("account_change_password")
        return self.get_response(request)

    def _has_to(self, request: HttpRequest) -> bool:
        if request.path in {reverse("account_change_password"), reverse("account_logout")}:
            return False
        return bool(getattr(request.user, "must_change_password", False))
