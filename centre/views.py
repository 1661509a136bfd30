"""Pages about one's own session: how long it lasts, and what was sent after it had ended."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from centre import sessions

#: What is longer than this, or has lines, is shown to be read and changed; the rest goes along.
LONG = 40


@never_cache
@require_http_methods(["GET", "POST"])
def session(request: HttpRequest) -> HttpResponse:
    """GET tells how long the session still lasts, POST prolongs it. For the script of the warning.

    Without a script the button leads back to the page it stood on.
    """
    now = timezone.now()
    if request.method == "POST" and request.user.is_authenticated:
        sessions.touch(request.session, now=now)
    remaining = sessions.left(request.session, now=now) if request.user.is_authenticated else None
    return JsonResponse(
        {
            "left": remaining.seconds if remaining else 0,
            "more": remaining.by_idling if remaining else False,
        }
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def kept_form(request: HttpRequest) -> HttpResponse:
    """What was sent after the session had ended, to be sent again or thrown away (POST)."""
    kept = sessions.kept_for(request, now=timezone.now())
    if kept is None:
        return redirect("admin:index")
    if request.method == "POST":
        sessions.drop(request)
        return HttpResponseRedirect(kept["back"])
    return render(request, "account/kept.html", {"kept": kept, "fields": _fields(kept)})


def _fields(kept: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "value": value, "is_long": len(value) > LONG or "\n" in value}
        for name, values in kept["fields"]
        for value in values
    ]
