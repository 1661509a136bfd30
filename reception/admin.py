"""창구 기록 in the back-office: what leads and managers look up. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from centre import options
from centre.models import User
from centre.queries import person_of
from centre.rights import may
from reception import past
from reception.filters import CALL_STATES, NOTE_STATES, VISIT_STATES, PastFilter
from reception.models import ContactNote, DifficultCall, Visit

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin

PAGE_SIZE = 50
Find = Callable[[past.Wanted, User, datetime], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One list of the records: who may see it, how rows are found and shown."""

    right: str
    states: list[Any]
    find: Find
    rows: Callable[[Any], Any]
    template: str
    caption: Any
    #: Its name among the downloads; "" where it is not downloaded.
    download: str = ""


#: In the order of the tabs.
LISTINGS: dict[type[Model], Listing] = {
    Visit: Listing(
        right="see_desk_records",
        states=VISIT_STATES,
        find=lambda wanted, _user, now: past.visits(wanted, now=now),
        rows=past.visit_rows,
        template="admin/reception/_visits.html",
        caption=_("방문"),
        download="visits",
    ),
    ContactNote: Listing(
        right="see_desk_records",
        states=NOTE_STATES,
        find=lambda wanted, user, _now: past.notes(wanted, user=user),
        rows=past.note_rows,
        template="admin/reception/_notes.html",
        caption=_("용건 메모와 연락"),
        download="callbacks",
    ),
    DifficultCall: Listing(
        right="see_difficult_calls",
        states=CALL_STATES,
        find=lambda wanted, _user, now: past.calls(
            wanted, now=now, months=options.number("difficult_call_months")
        ),
        rows=list,
        template="admin/reception/_calls.html",
        caption=_("특이민원"),
    ),
}


def show(request: HttpRequest, model: type[Model], context: dict[str, Any]) -> HttpResponse:
    """One list with its filter; only for people of the centre who have the right."""
    listing, user, now = LISTINGS[model], request.user, timezone.now()
    if not isinstance(user, User) or person_of(user) is None or not may(user, listing.right):
        raise PermissionDenied
    form = PastFilter(request.GET, states=listing.states, now=now)
    wanted = form.wanted()
    found = model._default_manager.none() if wanted is None else listing.find(wanted, user, now)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rest = request.GET.copy()
    rest.pop("page", None)
    tabs = [
        (one.caption, f"admin:reception_{kind._meta.model_name}_changelist", kind is model)
        for kind, one in LISTINGS.items()
        if may(user, one.right)
    ]
    context |= {
        "title": _("창구 기록"),
        "form": form,
        "page": page,
        "rows": listing.rows(page.object_list),
        "query": rest.urlencode(),
        "listing": listing,
        "understood": wanted is not None,
        "tabs": tabs,
        "months": options.number("difficult_call_months"),
    }
    return render(request, "admin/reception/records.html", context)


class ReadOnly(Base):
    """A list of our own; a row leads to its page at the desk, where a look is logged."""

    page = ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return require_safe(show)(request, self.model, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not (self.page and object_id.isascii() and object_id.isdecimal()):
            raise Http404
        return redirect(self.page, pk=int(object_id))

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        raise Http404


@admin.register(Visit)
class VisitAdmin(ReadOnly):
    page = "reception:visit"


@admin.register(ContactNote)
class ContactNoteAdmin(ReadOnly):
    page = "reception:note"


@admin.register(DifficultCall)
class DifficultCallAdmin(ReadOnly):
    pass
