"""The page from which a register is downloaded: how much, as what, and why plainly."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from centre.calendar import seoul_day
from centre.models import User
from centre.queries import actor_of
from centre.rights import may
from dashboards.registers.base import NotUnderstood, Register, Terms, keys_of
from dashboards.registers.downloading import EXCEL_ROWS, MOST_IN_XLSX, Download, Order, TooMany
from dashboards.registers.files import CONTENT_TYPES
from dashboards.registers.forms import DownloadForm
from dashboards.registers.table import REGISTERS
from records.addresses import client_address

#: What is sent stands still so long before the download counts as broken off: a download that
#: somebody paused would keep its thread.
STALL_SECONDS: Final = 60
_UNPROCESSABLE: Final = 422
_BUSY: Final = 503


@require_http_methods(["GET", "HEAD", "POST"])
def download(request: HttpRequest, name: str) -> HttpResponseBase:
    """GET: what would be downloaded. POST: the file. The address carries the list's filters."""
    register, user = REGISTERS.get(name), request.user
    if register is None:
        raise Http404
    if not isinstance(user, User) or not register.allowed(user):
        raise PermissionDenied
    now = timezone.now()
    try:
        terms = register.find(request, user, now)
    except NotUnderstood:
        return _page(request, register, None, None, status=400)
    form = DownloadForm(
        request.POST if request.method == "POST" else None,
        count=(count := terms.rows.count()),
        may_plain=may(user, "download_personal_data"),
    )
    if request.method != "POST" or not count:
        return _page(request, register, terms, form, count=count)
    if not form.is_valid():
        return _page(request, register, terms, form, count=count, status=_UNPROCESSABLE)
    return _send(request, register, terms, form, now=now)


def _send(
    request: HttpRequest, register: Register, terms: Terms, form: DownloadForm, *, now: datetime
) -> HttpResponseBase:
    user = request.user
    assert isinstance(user, User)  # noqa: S101
    order = Order(
        register=register,
        keys=keys_of(terms.rows),
        words=terms.words,
        kind=form.cleaned_data["kind"],
        plainly=form.plainly,
        reason=form.cleaned_data.get("reason", ""),
        by=actor_of(user),
        address=client_address(request),
        now=now,
    )
    made = Download(order, clock=timezone.now)
    try:
        made.begin()
    except TooMany:
        return _page(request, register, terms, form, count=len(order.keys), status=_BUSY, busy=True)
    _give_up_when_stalled(request)
    response = StreamingHttpResponse(made, content_type=CONTENT_TYPES[order.kind])
    response["Content-Disposition"] = attachment(register, order)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def attachment(register: Register, order: Order) -> str:
    """With the Korean name for whoever knows RFC 5987, and a plain one for whoever does not."""
    day = f"{seoul_day(order.now):%Y%m%d}"
    plain = f"{register.name}-{day}.{order.kind}"
    korean = quote(f"{register.title}-{day}.{order.kind}".replace(" ", "_"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{korean}"


def _give_up_when_stalled(request: HttpRequest) -> None:
    """The server's socket, where it is one: no piece may take longer than this to be sent."""
    socket = request.META.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(STALL_SECONDS)


def _page(
    request: HttpRequest,
    register: Register,
    terms: Terms | None,
    form: DownloadForm | None,
    *,
    count: int = 0,
    status: int = 200,
    busy: bool = False,
) -> HttpResponse:
    query = request.GET.urlencode()
    listing = reverse(register.list_page)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"{register.title} 내려받기",
        "register": register,
        "form": form,
        "words": terms.words if terms else [],
        "understood": terms is not None,
        "count": count,
        "busy": busy,
        "only_csv": count > MOST_IN_XLSX,
        "past_excel": count >= EXCEL_ROWS,
        "shown": f"{count:,}",
        "most_in_xlsx": f"{MOST_IN_XLSX:,}",
        "excel_rows": f"{EXCEL_ROWS:,}",
        "back": f"{listing}?{query}" if query and terms else listing,
        "query": query,
    }
    return render(request, "admin/registers/download.html", context, status=status)
