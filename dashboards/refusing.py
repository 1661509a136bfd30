"""The page of whoever may not look here: why, and where to look instead."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _


def refused(request: HttpRequest, message: str) -> HttpResponse:
    """403 with this sentence and the ways to one's own work and to the charter."""
    ways = [
        (reverse("admin:index"), _("오늘 할 일")),
        (reverse("standards:charter"), _("서비스헌장")),
    ]
    return render(request, "403.html", {"message": message, "ways": ways}, status=403)
