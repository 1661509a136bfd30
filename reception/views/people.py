"""Who is away when, for staff; and the staff guide, for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from centre import queries as centre_queries
from centre.calendar import SEOUL, CalendarError, seoul_day
from centre.models import Absence, StaffMember
from centre.rights import may
from reception import queries
from reception.views._base import at_the_desk, show

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
    return show(request, "absences", context)


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
