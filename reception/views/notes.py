"""용건 메모: taken, read, attempted, handed on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.errors import Refused
from centre.models import StaffMember, User
from reception import queries, services
from reception.errors import PersonLeft
from reception.forms import NoteForm
from reception.models import WAYS, Attempt, ContactNote, Origin, Visit, Way
from reception.services.notes import OUTCOMES
from reception.views._base import at_the_desk, new_token, number, one_of, refused, show
from records import services as records
from records.addresses import client_address
from records.masking import mask_name

# --- contact notes ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def new_note(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    """용건 메모. After a refusal everything typed is still there."""
    asked = number(request.GET.get("visit", ""))
    visit = Visit.objects.select_related("sought").filter(pk=asked).first() if asked else None
    origin = Origin.VISIT if visit else Origin.PHONE
    standings = queries.staff_today(at=now)
    sought = visit.sought.name if visit and visit.sought else request.GET.get("sought", "")
    form = NoteForm(
        request.POST or None,
        origin=origin,
        now=now,
        initial={"form_token": new_token(), "sought": sought, "way": Way.PHONE},
    )
    deputy = None
    if request.method == "POST" and form.is_valid():
        try:
            taken = services.take_note(
                form_token=form.cleaned_data["form_token"],
                new=form.note(visit_id=visit.pk if visit else None),
                by=person,
                now=now,
            )
        except PersonLeft as error:
            form.refuse(str(error), field="sought")
            deputy = error.deputy
        except Refused as error:
            field = "wanted_time" if error.field == "wanted_at" else error.field
            form.refuse(str(error), field=field)
        else:
            messages.success(request, _promise_words(taken.note, taken.due_at, now=now))
            return redirect("desk")
    first = "name" if sought and not form.errors else "sought"
    context = {
        "form": form,
        "visit": visit,
        "standings": standings,
        "deputy": deputy,
        "first": "" if form.errors else first,
    }
    return show(request, "new_note", context, status=400 if form.errors else 200)


def _promise_words(note: ContactNote, due_at: datetime, *, now: datetime) -> str:
    """What to say to the citizen."""
    when = queries.clock_words(due_at, now=now)
    way = WAYS[Way(note.way)]
    if note.way == Way.VISIT:
        return (
            f"{note.sought} 님과 {note.keeper} 님에게 전했습니다. {when}에 다시 오시기로 했습니다."
        )
    return f"{note.keeper} 님에게 전했습니다. {when}까지 {way} 연락드린다고 말씀해 주십시오."


@require_safe
@at_the_desk
def notes(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    """Open contacts that this account may read, those that ended lately, and the reached rate."""
    assert isinstance(request.user, User)  # noqa: S101 - at_the_desk
    visible = set(queries.notes_visible_to(request.user).values_list("pk", flat=True)[:5000])
    today = seoul_day(now)
    start, _first_end = queries.day_bounds(today.replace(day=1))
    _today, end = queries.day_bounds(today)
    closed = (
        ContactNote.objects.exclude(closed_at=None)
        .filter(pk__in=queries.notes_visible_to(request.user).values("pk"))
        .select_related("sought", "keeper")
        .order_by("-closed_at")[:20]
    )
    context = {
        "open_notes": [row for row in queries.open_notes(now=now) if row.note.pk in visible],
        "closed": closed,
        "month": today,
        "phone": queries.contacts(since=start, until=end, origin=Origin.PHONE),
        "visits": queries.contacts(since=start, until=end, origin=Origin.VISIT),
    }
    return show(request, "notes", context)


_NOTE_VERBS: dict[str, tuple[Callable[..., ContactNote], str]] = {
    "called_back": (services.called_back, "먼저 연락하신 것으로 적었습니다."),
    "keep_note": (services.keep_note, "계속 맡으시는 것으로 적었습니다."),
    "undo_note": (services.undo_note, "잘못 적은 메모로 지웠습니다."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def note(request: HttpRequest, pk: int, *, person: StaffMember, now: datetime) -> HttpResponse:
    """One contact, with name and number: looking at it is logged."""
    assert isinstance(request.user, User)  # noqa: S101 - at_the_desk
    rows = queries.notes_visible_to(request.user).select_related(
        "sought__team", "keeper__team", "taken_by", "visit", "team"
    )
    found = get_object_or_404(rows, pk=pk)
    if request.method == "POST":
        return _act_on_note(request, found, person=person, now=now)
    records.log_access(
        by=centre_queries.actor_of(request.user),
        address=client_address(request),
        subject_type=queries.CALLBACK,
        subject_id=found.pk,
        whose=mask_name(found.name),
        what="contact-note-read",
        now=now,
    )
    row = next((one for one in queries.open_notes(now=now) if one.note.pk == found.pk), None)
    labels = dict(Attempt.Outcome.choices)
    context = {
        "note": found,
        "row": row,
        "due_at": row.due_at if row else None,
        "way_words": WAYS[Way(found.way)],
        "attempts": found.attempts.select_related("by"),
        "outcomes": [(code, labels[Attempt.Outcome(code)]) for code in OUTCOMES[Way(found.way)]],
        "other_ways": [way for way in Way.choices if way[0] != found.way],
        "people": [one.person for one in queries.staff_today(at=now) if one.here],
        "may_undo": found.may_undo(now=now) and not found.attempts.exists(),
    }
    return show(request, "note", context)


def _act_on_note(
    request: HttpRequest, found: ContactNote, *, person: StaffMember, now: datetime
) -> HttpResponse:
    do, to = request.POST.get("do", ""), request.POST.get("to", "")
    here = reverse("reception:note", args=[found.pk])
    try:
        if do == "log_attempt":
            way = one_of(request.POST.get("way") or found.way, Way.values)
            outcome = request.POST.get("outcome", "")
            done = services.log_attempt(
                note_id=found.pk, way=way, outcome=outcome, by=person, now=now
            )
            messages.success(request, _attempt_words(done))
        elif do == "give_note":
            services.give_note(note_id=found.pk, to_id=number(to) or 0, by=person, now=now)
            messages.success(request, _("넘겼습니다. 그 직원에게 알림이 갔습니다."))
            return redirect("reception:notes")
        elif do in _NOTE_VERBS:
            verb, said = _NOTE_VERBS[do]
            verb(note_id=found.pk, by=person, now=now)
            messages.success(request, _(said))
        else:
            messages.error(request, _("모르는 단추입니다."))
    except Refused as error:
        return refused(request, error, here)
    return HttpResponseRedirect(here)


def _attempt_words(done: ContactNote) -> str:
    if done.is_open:
        return str(_("연락한 것을 적었습니다. 닿을 때까지 메모는 열려 있습니다."))
    return str(_("메모를 마쳤습니다: %s.") % done.get_ending_display())
