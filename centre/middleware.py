"""Before anything else: the language of the page, a session that is not over, a password of one's
own, a second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from centre import languages, second_factor, sessions
from centre.models import User


class LanguageOfThePage:
    """Korean, or English where somebody chose it and the page is one for citizens.

    What a browser says of itself decides nothing: many who read Korean have one that says English.
    Pages of the staff are Korean whatever was chosen elsewhere.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        english = chosen == languages.ENGLISH and languages.is_in_english(request.path)
        language = languages.ENGLISH if english else languages.KOREAN
        with translation.override(language):
            response = self.get_response(request)
        if languages.is_for_citizens(request.path):
            patch_vary_headers(response, ["Cookie"])
            response.setdefault("Content-Language", language)
        return response


class SessionLimits:
    """Ends a session after its idle time or its whole time (``centre.sessions``).

    A page asked for after the end is asked for by nobody. A form sent after the end is not carried
    out but kept, so stands behind the check of the form's own token: what another site made a
    browser send is not kept. What a script asks for by itself (``settings.SESSION_PASSIVE``) does
    not count as work.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and sessions.is_over(
            request.session, now=timezone.now()
        ):
            if request.method == "POST" and isinstance(request.user, User):
                request.over_for = request.user  # type: ignore[attr-defined]
                request.user = AnonymousUser()
            else:
                _end(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        user = getattr(request, "over_for", None)
        if user is not None:
            return self._sent_too_late(request, user)
        match = request.resolver_match
        name = match.view_name if match is not None else ""
        if (
            settings.SESSION_COOKIE_NAME in request.COOKIES
            and name not in settings.SESSION_PASSIVE
            and sessions.left(request.session, now=timezone.now()) is not None
        ):
            sessions.touch(request.session, now=timezone.now())
            if request.method == "POST":
                sessions.drop_when_sent(request, now=timezone.now())
        return None

    def _sent_too_late(self, request: HttpRequest, user: User) -> HttpResponse:
        if request.headers.get("sec-fetch-dest", "document") != "document":
            _end(request)
            return HttpResponse(status=401)
        about_the_account = request.path.startswith("/accounts/")
        token = "" if about_the_account else sessions.keep(request, user=user, now=timezone.now())
        _end(request)
        if not token:
            return redirect("account_login")
        sessions.remember(request.session, token)
        return redirect_to_login(reverse("kept-form"), settings.LOGIN_URL)


def _end(request: HttpRequest) -> None:
    logout(request)
    request.session[sessions.ENDED] = True


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
