"""특이민원: the script, calling a lead, the record, and what leads read."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from centre import options
from centre.errors import Refused
from centre.models import StaffMember
from centre.rights import may
from reception import past, queries, scripts, services
from reception.forms import DifficultCallForm
from reception.models import Origin
from reception.views._base import at_the_desk, new_token, number, refused, show


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def new_difficult_call(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    """What to say, a lead at the press of a button, and the record. Nothing typed is lost."""
    if request.method == "POST" and request.POST.get("do") == "call_lead":
        return _call_lead(request, person=person, now=now)
    people = [one.person for one in queries.staff_today(at=now) if one.person.pk != person.pk]
    form = DifficultCallForm(
        request.POST or None,
        people=people,
        now=now,
        initial={"form_token": new_token(), "origin": Origin.PHONE},
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.record_difficult_call(
                form_token=form.cleaned_data["form_token"], new=form.call(), by=person, now=now
            )
        except Refused as error:
            form.refuse(str(error), field="moment" if error.field == "at" else error.field)
        else:
            messages.success(
                request,
                _("적었습니다. 팀장에게 알렸습니다. 수고하셨습니다. 잠시 쉬셔도 됩니다."),
            )
            return redirect("desk")
    context = {
        "form": form,
        "script": scripts.difficult_call(),
        "lead": next(iter(queries.who_steps_in(person, at=now)), None),
        "call_token": new_token(),
    }
    return show(request, "new_difficult_call", context, status=400 if form.errors else 200)


def _call_lead(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    here = reverse("reception:new-difficult-call")
    token = request.POST.get("call_token", "")
    try:
        lead = services.call_lead(form_token=token, by=person, now=now)
    except Refused as error:
        return refused(request, error, here)
    said = _("%(lead)s 님에게 메일로 알렸습니다. 급하면 내선 %(extension)s로도 불러 주십시오.")
    messages.success(request, said % {"lead": lead, "extension": lead.extension})
    return redirect(here)


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def difficult_calls(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    """For leads and managers; older records are hidden."""
    if not may(request.user, "see_difficult_calls"):
        raise PermissionDenied
    if request.method == "POST":
        asked = request.POST.get("call", "")
        try:
            services.confirm_difficult_call(call_id=number(asked) or 0, by=person, now=now)
        except Refused as error:
            return refused(request, error, reverse("reception:difficult-calls"))
        return redirect("reception:difficult-calls")
    months = options.number("difficult_call_months")
    calls = list(past.difficult_calls(now=now, months=months)[:200])
    return show(request, "difficult_calls", {"calls": calls, "months": months, "me": person})
