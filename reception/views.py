"""The pages of the front desk, for staff; and the staff guide, for everybody."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centre import options
from centre import queries as centre_queries
from centre.calendar import SEOUL, CalendarError, seoul_day
from centre.errors import Refused
from centre.models import Absence, StaffMember, User
from centre.rights import may
from complaints import queries as case_queries
from complaints.models import Complaint
from reception import queries, services
from reception.errors import PersonLeft
from reception.forms import DifficultCallForm, LateVisitForm, NoteForm, ProgressForm
from reception.models import WAYS, Attempt, ContactNote, Origin, Purpose, Visit, Way
from reception.services import desk as desk_services
from reception.services.notes import OUTCOMES
from records import services as records
from records.addresses import client_address
from records.masking import mask_name

Page = Callable[..., HttpResponse]
_ASKED = "progress"
_SHOWN_FOR = timedelta(minutes=5)
OPINION_CHANNELS = (
    ("phone", "전화"), ("visit", "방문"), ("fax", "팩스"), ("post", "우편"),
)  # fmt: skip


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


def _show(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    user = request.user
    menu = {
        "is_lead": may(user, "see_difficult_calls"),
        "may_record_difficult": may(user, "record_difficult_call"),
    }
    return render(request, f"reception/{template}.html", menu | context, status=status)


def _token() -> str:
    return uuid.uuid4().hex


# --- the desk -----------------------------------------------------------------------------------


@require_safe
@at_the_desk
def desk(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    """One screen: what can be done, who waits, what is to be answered, who is in."""
    context = _board(now=now)
    context |= {
        "purposes": list(enumerate(Purpose.choices, start=1)),
        "channels": OPINION_CHANNELS,
        "tokens": [_token() for _n in range(3)],
        "may_register": may(request.user, "register_complaint"),
        "me": person,
    }
    return _show(request, "desk", context)


@require_safe
@at_the_desk
def board(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    """The part that refreshes itself."""
    return render(request, "reception/_board.html", _board(now=now))


def _board(*, now: datetime) -> dict[str, Any]:
    standings = queries.staff_today(at=now)
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
            purpose=_one_of(request.POST.get("purpose", ""), Purpose.values),
            sought_id=_number(sought),
            by=person,
            now=now,
        )
    except Refused as error:
        return _refused(request, error)
    visit = found.visit
    if not found.created:
        messages.info(request, _("이미 적었습니다: %s") % visit.label)
    elif visit.sought_away:
        return redirect("reception:visit", pk=visit.pk)
    else:
        said = _("%(label)s 고객을 적었습니다 (%(purpose)s).")
        given = {"label": visit.label, "purpose": visit.get_purpose_display()}
        messages.success(request, said % given)
    return redirect("desk")


def _one_of(value: str, allowed: list[str]) -> str:
    if value not in allowed:
        raise Refused(_("하나를 골라 주십시오."))
    return value


def _refused(request: HttpRequest, error: Refused, address: str = "") -> HttpResponse:
    messages.error(request, str(error))
    return HttpResponseRedirect(address or reverse("desk"))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def late_visit(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    form = LateVisitForm(request.POST or None, now=now, initial={"form_token": _token()})
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
    return _show(request, "late_visit", {"form": form}, status=400 if form.errors else 200)


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
    return _show(request, "visit", context)


def _act_on_visit(
    request: HttpRequest, found: Visit, *, person: StaffMember, now: datetime
) -> HttpResponse:
    do, server = request.POST.get("do", ""), request.POST.get("server", "")
    try:
        if do == "serve":
            services.serve(visit_id=found.pk, server_id=_number(server), by=person, now=now)
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
        return _refused(request, error)
    return redirect("desk")


# --- contact notes ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def new_note(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    """용건 메모. After a refusal everything typed is still there."""
    asked = _number(request.GET.get("visit", ""))
    visit = Visit.objects.select_related("sought").filter(pk=asked).first() if asked else None
    origin = Origin.VISIT if visit else Origin.PHONE
    standings = queries.staff_today(at=now)
    sought = visit.sought.name if visit and visit.sought else request.GET.get("sought", "")
    form = NoteForm(
        request.POST or None,
        origin=origin,
        now=now,
        initial={"form_token": _token(), "sought": sought, "way": Way.PHONE},
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
    return _show(request, "new_note", context, status=400 if form.errors else 200)


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
    return _show(request, "notes", context)


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
    return _show(request, "note", context)


def _act_on_note(
    request: HttpRequest, found: ContactNote, *, person: StaffMember, now: datetime
) -> HttpResponse:
    do, to = request.POST.get("do", ""), request.POST.get("to", "")
    here = reverse("reception:note", args=[found.pk])
    try:
        if do == "log_attempt":
            way = _one_of(request.POST.get("way") or found.way, Way.values)
            outcome = request.POST.get("outcome", "")
            done = services.log_attempt(
                note_id=found.pk, way=way, outcome=outcome, by=person, now=now
            )
            messages.success(request, _attempt_words(done))
        elif do == "give_note":
            services.give_note(note_id=found.pk, to_id=_number(to) or 0, by=person, now=now)
            messages.success(request, _("넘겼습니다. 그 직원에게 알림이 갔습니다."))
            return redirect("reception:notes")
        elif do in _NOTE_VERBS:
            verb, said = _NOTE_VERBS[do]
            verb(note_id=found.pk, by=person, now=now)
            messages.success(request, _(said))
        else:
            messages.error(request, _("모르는 단추입니다."))
    except Refused as error:
        return _refused(request, error, here)
    return HttpResponseRedirect(here)


def _attempt_words(done: ContactNote) -> str:
    if done.is_open:
        return str(_("연락한 것을 적었습니다. 닿을 때까지 메모는 열려 있습니다."))
    return str(_("메모를 마쳤습니다: %s.") % done.get_ending_display())


# --- answered on the spot, progress -------------------------------------------------------------


@require_POST
@at_the_desk
def spot(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    undone = request.POST.get("answer", "")
    try:
        if request.POST.get("do") == "undo_spot_answer":
            services.undo_spot_answer(answer_id=_number(undone) or 0, by=person, now=now)
            messages.success(request, _("되돌렸습니다."))
            return redirect("desk")
        origin = _one_of(request.POST.get("origin", ""), Origin.values)
        _row, created = services.answer_on_the_spot(
            form_token=request.POST.get("form_token", ""), origin=origin, by=person, now=now
        )
    except Refused as error:
        return _refused(request, error)
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
    return _show(request, "progress", context, status=400 if form.errors else 200)


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


# --- absences -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AbsenceDay:
    day: date
    closed: str  # why, or ""
    today: bool


@dataclass(frozen=True, slots=True)
class AbsenceCell:
    words: str
    reason: str


_DAYS = 14


@require_safe
@at_the_desk
def absences(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    """Two weeks of everybody: who is away when. Reasons only for those who enter absences."""
    today = seoul_day(now)
    calendar = centre_queries.calendar()
    days = []
    for offset in range(_DAYS):
        day = today + timedelta(days=offset)
        try:
            closed = calendar.why_closed(day) or ""
        except CalendarError:
            closed = ""
        days.append(AbsenceDay(day, closed, today=not offset))
    start, _end = queries.day_bounds(today)
    found = queries.absences_between(start, start + timedelta(days=_DAYS))
    all_reasons = may(request.user, "edit_absences")
    standings = queries.staff_today(at=now)
    rows = [
        (
            one,
            [
                [
                    AbsenceCell(
                        _span(absence, day.day),
                        absence.get_reason_display()
                        if all_reasons or absence.person_id == person.pk
                        else "",
                    )
                    for absence in found
                    if absence.person_id == one.person.pk and _touches(absence, day.day)
                ]
                for day in days
            ],
        )
        for one in standings
    ]
    context = {
        "days": days,
        "rows": rows,
        "me": person,
        "add_url": reverse("admin:centre_absence_add"),
        "list_url": reverse("admin:centre_absence_changelist"),
    }
    return _show(request, "absences", context)


def _touches(absence: Absence, day: date) -> bool:
    start, end = queries.day_bounds(day)
    return absence.starts_at < end and absence.ends_at > start


def _span(absence: Absence, day: date) -> str:
    """종일, or the hours of that day."""
    start, end = queries.day_bounds(day)
    first = max(absence.starts_at, start).astimezone(SEOUL)
    last = min(absence.ends_at, end).astimezone(SEOUL)
    opens, closes = start + timedelta(hours=9), start + timedelta(hours=18)
    if first <= opens and last >= closes:
        return str(_("종일"))
    ending = "24:00" if last == end else f"{last:%H:%M}"
    return f"{first:%H:%M}–{ending}"


# --- difficult calls ----------------------------------------------------------------------------

SCRIPT = (
    (
        "1차 안내",
        (
            "고객님, 그렇게 말씀하시면 상담을 이어 가기 어렵습니다. 말씀하신 내용을 돕고 싶으니 "
            "차분히 말씀해 주십시오."
        ),
    ),
    (
        "2차 알림",
        (
            "같은 말씀이 계속되면 통화를 마칠 수 있음을 알려 드립니다. "
            "(녹음할 때에만) 통화는 기록되고 있습니다."
        ),
    ),
    (
        "마침",
        "더 상담하기 어려워 통화를 마치겠습니다. 말씀하신 용건은 접수하여 글로 답변드리겠습니다.",
    ),
    (
        "오래 걸릴 때(20분)",
        (
            "통화가 20분을 넘어 다른 고객께서 기다리십니다. 남은 말씀은 글로 남겨 주시면 "
            "답변드리겠습니다."
        ),
    ),
)


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def new_difficult_call(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    people = [one.person for one in queries.staff_today(at=now) if one.person.pk != person.pk]
    form = DifficultCallForm(
        request.POST or None,
        people=people,
        now=now,
        initial={"form_token": _token(), "origin": Origin.PHONE},
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
                request, _("적었습니다. 팀장이 확인합니다. 수고하셨습니다. 잠시 쉬셔도 됩니다.")
            )
            return redirect("desk")
    context = {"form": form, "script": SCRIPT}
    return _show(request, "new_difficult_call", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def difficult_calls(request: HttpRequest, *, person: StaffMember, now: datetime) -> HttpResponse:
    """For leads and managers; older records are hidden."""
    if not may(request.user, "see_difficult_calls"):
        raise PermissionDenied
    if request.method == "POST":
        asked = request.POST.get("call", "")
        try:
            desk_services.confirm_difficult_call(call_id=_number(asked) or 0, by=person, now=now)
        except Refused as error:
            return _refused(request, error, reverse("reception:difficult-calls"))
        return redirect("reception:difficult-calls")
    months = options.number("difficult_call_months")
    calls = list(queries.difficult_calls(now=now, months=months)[:200])
    return _show(request, "difficult_calls", {"calls": calls, "months": months, "me": person})


# --- the staff guide ----------------------------------------------------------------------------


@require_safe
def staff_guide(request: HttpRequest, *, for_print: bool = False) -> HttpResponse:
    """Who does what, where and at which extension; who is in, and who stands in. Nothing private."""
    now = timezone.now()
    context = {
        "teams": queries.teams_with_people(queries.staff_today(at=now)),
        "now": now,
        "is_open": centre_queries.calendar().is_open_at(now),
    }
    name = "staff_guide_print" if for_print else "staff_guide"
    return render(request, f"reception/{name}.html", context)
