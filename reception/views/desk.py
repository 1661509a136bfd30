"""The one screen, visitors, answers on the spot, and how far a case is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centre import queries as centre_queries
from centre.errors import Refused
from centre.models import StaffMember
from centre.rights import may
from complaints import queries as case_queries
from complaints.models import Complaint
from reception import queries, services
from reception.forms import LateVisitForm, ProgressForm
from reception.models import Origin, Purpose, Visit
from reception.views._base import at_the_desk, new_token, number, one_of, refused, show
from records.addresses import client_address

_ASKED = "progress"
_SHOWN_FOR = timedelta(minutes=5)
OPINION_CHANNELS = (
    ("phone", "전화"), ("visit", "방문"), ("fax", "팩스"), ("post", "우편"),
)  # fmt: skip


# --- the desk -----------------------------------------------------------------------------------


@require_safe
@at_the_desk
def desk(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    """One screen: what can be done, who waits, what is to be answered, who is in."""
    context = _board(now=now)
    context |= {
        "purposes": list(enumerate(Purpose.choices, start=1)),
        "channels": OPINION_CHANNELS,
        "tokens": [new_token() for _n in range(3)],
        "may_register": may(request.user, "register_complaint"),
        "me": person,
    }
    return show(request, "desk", context)


@require_safe
@at_the_desk
def board(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    """The part that refreshes itself."""
    return render(request, "reception/_board.html", _board(now=now))


def _board(*, now: datetime) -> dict[str, Any]:
    standings = queries.staff_today(at=now, hours=centre_queries.calendar())
    return {
        "now": now,
        "waiting": queries.here_now(now=now),
        "recent": queries.recent(now=now),
        "open_notes": queries.open_notes(now=now),
        "away": [one for one in standings if not one.here],
        "teams": queries.teams_with_people([one for one in standings if one.here]),
        "standings": standings,
        "day": queries.day_figures(now=now),
    }


@require_POST
@at_the_desk
def arrive(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    sought = request.POST.get("sought", "")
    try:
        found = services.arrive(
            form_token=request.POST.get("form_token", ""),
            purpose=one_of(request.POST.get("purpose", ""), Purpose.values),
            sought_id=number(sought),
            by=person,
            now=now,
        )
    except Refused as error:
        return refused(request, error)
    visit = found.visit
    if not found.created:
        messages.info(request, _("이미 적었습니다: %s") % visit.label)
    elif visit.sought_away:
        return redirect("reception:visit", pk=visit.pk)
    else:
        said = _("%(label)s 고객을 적었습니다 (%(purpose)s).")
        given = {"label": visit.label, "purpose": visit.get_purpose_display()}
        messages.success(request, said % given)
        if visit.is_wait and (ahead := queries.ahead_of(visit)):
            messages.info(
                request,
                _("“앞에 %d분이 계십니다. 앉아서 기다려 주십시오.”라고 말씀해 주십시오.") % ahead,
            )
    return redirect("desk")


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def late_visit(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    form = LateVisitForm(request.POST or None, now=now, initial={"form_token": new_token()})
    if request.method == "POST" and form.is_valid():
        try:
            found = services.arrive(
                form_token=form.cleaned_data["form_token"],
                purpose=form.cleaned_data["purpose"],
                arrived_at=form.arrived_at,
                served_at=form.served_at,
                by=person,
                now=now,
            )
        except Refused as error:
            fields = {"arrived_at": "came_time", "served_at": "served_time"}
            form.refuse(str(error), field=fields.get(error.field, error.field))
        else:
            messages.success(request, _("%s(으)로 적었습니다.") % found.visit.label)
            return redirect("desk")
    return show(request, "late_visit", {"form": form}, status=400 if form.errors else 200)


_VISIT_VERBS: dict[str, tuple[Callable[..., Visit], str]] = {
    "call": (services.call, "%s 고객을 부르셨습니다."),
    "leave_unserved": (services.leave_unserved, "%s 고객이 가신 것으로 적었습니다."),
    "undo_visit": (services.undo_visit, "%s 방문을 잘못 적은 것으로 지웠습니다."),
    "put_back": (services.put_back, "%s 고객이 다시 기다리시는 것으로 돌렸습니다."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def visit(request: HttpRequest, pk: int, *, person: StaffMember, now: datetime) -> HttpResponse:
    """One visitor: who is sought, who stands in, what can be done."""
    rows = Visit.objects.select_related("sought__team", "sought__user", "team", "served_by")
    found = get_object_or_404(rows, pk=pk)
    if request.method == "POST":
        return _act_on_visit(request, found, person=person, now=now)
    standings = queries.staff_today(at=now)
    mine = next((one for one in standings if one.person.pk == found.sought_id), None)
    offered = mine.stand_in if mine and not mine.here else None
    if offered is None and found.sought is not None and found.sought_away:
        offered = centre_queries.stand_in(found.sought, at=now)
    context = {
        "visit": found,
        "deputy": offered,
        "here": [one.person for one in standings if one.here and one.person.pk != found.sought_id],
        "minutes": int(max(now - found.arrived_at, timedelta(0)).total_seconds() // 60),
        "may_undo": found.may_undo(now=now),
    }
    return show(request, "visit", context)


def _act_on_visit(
    request: HttpRequest, found: Visit, *, person: StaffMember, now: datetime
) -> HttpResponse:
    do, server = request.POST.get("do", ""), request.POST.get("server", "")
    try:
        if do == "serve":
            services.serve(visit_id=found.pk, server_id=number(server), by=person, now=now)
            messages.success(request, _("%s 고객 응대를 시작했습니다.") % found.label)
        elif do == "sought_is_away":
            services.sought_is_away(visit_id=found.pk, by=person, now=now)
            return redirect("reception:visit", pk=found.pk)
        elif do in _VISIT_VERBS:
            verb, said = _VISIT_VERBS[do]
            verb(visit_id=found.pk, by=person, now=now)
            messages.success(request, _(said) % found.label)
        else:
            messages.error(request, _("모르는 단추입니다."))
    except Refused as error:
        return refused(request, error)
    return redirect("desk")


# --- answered on the spot, progress -------------------------------------------------------------


@require_POST
@at_the_desk
def spot(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    undone = request.POST.get("answer", "")
    try:
        if request.POST.get("do") == "undo_spot_answer":
            services.undo_spot_answer(answer_id=number(undone) or 0, by=person, now=now)
            messages.success(request, _("되돌렸습니다."))
            return redirect("desk")
        origin = one_of(request.POST.get("origin", ""), Origin.values)
        _row, created = services.answer_on_the_spot(
            form_token=request.POST.get("form_token", ""), origin=origin, by=person, now=now
        )
    except Refused as error:
        return refused(request, error)
    if created:
        messages.success(request, _("바로 답한 것으로 세었습니다."))
    return redirect("desk")


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def progress(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    """How far is my case: state, due date and handler, after number, name and four digits."""
    form = ProgressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            case = services.look_up_case(
                **form.cleaned_data, address=client_address(request), by=person, now=now
            )
        except Refused as error:
            form.refuse(str(error))
        else:
            request.session[_ASKED] = [case.pk, (now + _SHOWN_FOR).timestamp()]
            return redirect("reception:progress")
    context: dict[str, Any] = {"form": form, "first": not form.errors}
    if request.method != "POST":
        context |= _asked_case(request, now=now)
    return show(request, "progress", context, status=400 if form.errors else 200)


def _asked_case(request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    """What was just asked for, once."""
    pk, until = request.session.pop(_ASKED, (None, 0))
    if pk is None or until < now.timestamp():
        return {}
    case = Complaint.objects.select_related("team", "handler__team", "topic").get(pk=pk)
    page = case_queries.tracking(case, now=now)
    current = next((step.label for step in page.steps if step.current), "")
    return {
        "case": case,
        "stage": current,
        "due_at": page.new_promise.due_at if page.new_promise else page.due_at,
        "overdue": page.overdue,
        "page": page,
    }
