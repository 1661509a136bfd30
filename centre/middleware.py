"""Before anything else: a password of one's own, then a second factor."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from centre import second_factor


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


class SecondFactorFirst:
    """Sends staff without a second factor to where it is set up, at once and whatever they ask for.

    Only where ``settings.SECOND_FACTOR_REQUIRED``; the account comes from the session, so that a
    page costs no query more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            settings.SESSION_COOKIE_NAME in request.COOKIES
            and not self._is_on_the_way(request.path)
            and second_factor.is_missing(request)
        ):
            return redirect("mfa_index")
        return self.get_response(request)

    def _is_on_the_way(self, path: str) -> bool:
        names = ("account_change_password", "account_logout", "account_reauthenticate")
        return path.startswith(reverse("mfa_index")) or path in {reverse(name) for name in names}
