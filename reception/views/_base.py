"""What every page of the desk needs: who it is, what time it is, and how it answers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from centre import queries as centre_queries
from centre.errors import Refused
from centre.models import User
from centre.rights import may

Page = Callable[..., HttpResponse]


def at_the_desk(page: Page) -> Page:
    """Signed in, working here, and with the right; the page gets who it is and what time it is."""

    @never_cache
    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path())
        person = centre_queries.person_of(request.user)
        if person is None or not may(request.user, "use_desk"):
            raise PermissionDenied
        return page(request, *args, person=person, now=timezone.now(), **kwargs)

    return guarded


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    user = request.user
    menu = {
        "is_lead": may(user, "see_difficult_calls"),
        "may_record_difficult": may(user, "record_difficult_call"),
    }
    return render(request, f"reception/{template}.html", menu | context, status=status)


def new_token() -> str:
    return uuid.uuid4().hex


def one_of(value: str, allowed: list[str]) -> str:
    if value not in allowed:
        raise Refused(_("하나를 골라 주십시오."))
    return value


def refused(request: HttpRequest, error: Refused, address: str = "") -> HttpResponse:
    messages.error(request, str(error))
    return HttpResponseRedirect(address or reverse("desk"))


def number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
