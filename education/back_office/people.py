"""Participants for staff: one person, the attendance sheet on the screen, on paper and as xlsx."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.errors import Refused
from centre.models import StaffMember, User
from complaints.back_office.views import UNPROCESSABLE, Context, staff_of
from education import certificates, queries, services
from education.back_office.courses import course_or_404
from education.forms import ReasonForm, RevealForm
from education.models import Course, CourseSession, Enrolment
from education.queries import COURSE, ENROLMENT, Attended
from education.views import certificate_response
from education.wording import span, when
from records import services as records
from records.addresses import client_address
from records.cells import safe
from records.masking import mask_email, mask_name, mask_phone

_FOLDER = "admin/education/course"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _visible(request: HttpRequest, pk: int) -> tuple[User, StaffMember, Course]:
    user, person = staff_of(request)
    course = course_or_404(pk)
    if not queries.may_see_participants(user, course):
        raise PermissionDenied
    return user, person, course


def _log(
    request: HttpRequest,
    user: User,
    *,
    what: str,
    subject: tuple[str, int],
    whose: str,
    reason: str = "",
) -> None:
    records.log_access(
        by=centre_queries.actor_of(user),
        address=client_address(request),
        subject_type=subject[0],
        subject_id=subject[1],
        whose=whose,
        what=what,
        now=timezone.now(),
        reason=reason,
    )


# --- one person ---------------------------------------------------------------------------------


def show_person(request: HttpRequest, context: Context, pk: int, enrolment_id: int) -> HttpResponse:
    """Masked; a reason shows the contact, and is logged. Here staff also cancel for a caller."""
    user, person, course = _visible(request, pk)
    found = course.enrolments.filter(pk=enrolment_id).exclude(name="").first()
    if found is None:
        raise Http404
    form = RevealForm(request.POST if request.POST.get("do") == "reveal" else None)
    problem, shown = "", False
    if request.method == "POST":
        do = request.POST.get("do")
        if do == "cancel":
            try:
                services.cancel_enrolment(enrolment_id=found.pk, by=person, now=timezone.now())
            except Refused as error:
                problem = str(error)
            else:
                messages.success(request, _("신청을 취소했습니다. 자리가 나면 다음 분께 알립니다."))
                return redirect("admin:education_course_change", pk)
        elif do == "reveal" and form.is_valid():
            shown = True
            _log(
                request, user, what="교육 신청자 연락처 봄", subject=(ENROLMENT, found.pk),
                whose=mask_name(found.name), reason=form.cleaned_data["reason"],
            )  # fmt: skip
    started = course.has_started(at=timezone.now())
    waits = found.state == "waiting" and not started
    context |= {
        "title": mask_name(found.name),
        "course": course,
        "enrolment": found,
        "form": form,
        "problem": problem,
        "shown": shown,
        "email": found.email if shown else mask_email(found.email),
        "phone": found.phone if shown else mask_phone(found.phone),
        "number": queries.waiting_number(found) if waits else 0,
        "may_cancel": found.is_active and not started,
    }
    status = UNPROCESSABLE if problem or form.errors else 200
    return render(request, f"{_FOLDER}/person.html", context, status=status)


# --- attendance ---------------------------------------------------------------------------------


def show_attendance(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """The sheet to fill in; names are needed here, and that they were seen is logged."""
    user, person, course = _visible(request, pk)
    sessions, rows = queries.attendance(course)
    if request.GET.get("as") == "xlsx" and request.method != "POST":
        return _export(request, user, course, sessions, rows)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.write_attendance(
                course_id=pk,
                marks=_marks(request, sessions, rows),
                by=person,
                now=timezone.now(),
                reason=form.cleaned_data["reason"],
            )
        except Refused as error:
            form.refuse(str(error), field=error.field)
        else:
            messages.success(request, _("출석을 적었습니다."))
            return redirect("admin:education_course_attendance", pk)
    else:
        whose = _("%d명") % len(rows)
        _log(request, user, what="출석부 봄", subject=(COURSE, pk), whose=whose)
    typed = request.POST if request.method == "POST" else None
    context |= {
        "title": _("출석부"),
        "course": course,
        "sessions": [
            (session, span(session), session.starts_at <= timezone.now()) for session in sessions
        ],
        "rows": [_cells(row, sessions, typed) for row in rows],
        "form": form,
        "needed": queries.completion_percent(),
        "has_certificates": any(row.certificate for row in rows),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, f"{_FOLDER}/attendance.html", context, status=status)


def _marks(
    request: HttpRequest, sessions: Sequence[CourseSession], rows: Sequence[Attended]
) -> dict[tuple[int, int], int]:
    """What the sheet says of every session that has begun: there, less what was missed; or away."""
    marks = {}
    now = timezone.now()
    for row in rows:
        for session in sessions:
            if session.starts_at > now:
                continue
            key = f"{row.enrolment.pk}_{session.pk}"
            there = request.POST.get(f"there_{key}") == "yes"
            missed = _minutes(request.POST.get(f"missed_{key}", ""), row, key)
            marks[row.enrolment.pk, session.pk] = session.minutes - missed if there else 0
    return marks


def _minutes(text: str, row: Attended, key: str) -> int:
    text = text.strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) < 5):
        raise Refused(
            _("%s 님의 빠진 시간을 분으로 적어 주십시오. 예: 30") % row.enrolment.name,
            field=f"missed_{key}",
        )
    return int(text)


def _cells(row: Attended, sessions: Sequence[CourseSession], typed: Any) -> dict[str, Any]:
    """A line of the sheet; after a refusal with what was typed."""
    cells = []
    for session, minutes in zip(sessions, row.minutes, strict=True):
        key = f"{row.enrolment.pk}_{session.pk}"
        if typed is not None:
            there, missed = typed.get(f"there_{key}") == "yes", typed.get(f"missed_{key}", "")
        else:
            there = bool(minutes)
            missed = str(session.minutes - minutes) if minutes else ""
            missed = "" if missed == "0" else missed
        cells.append({"key": key, "there": there, "missed": missed, "minutes": minutes})
    return {"row": row, "cells": cells, "name": row.enrolment.name}


def show_sheet(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """The list to sign on paper."""
    user, _person, course = _visible(request, pk)
    sessions, rows = queries.attendance(course)
    _log(request, user, what="출석부 인쇄", subject=(COURSE, pk), whose=_("%d명") % len(rows))
    page = {
        "course": course,
        "when": when(sessions),
        "sessions": [span(session) for session in sessions],
        "rows": [(row.enrolment.name, _last_four(row.enrolment)) for row in rows],
        "centre": centre_queries.facts(),
        "on_screen": True,
        "back": reverse("admin:education_course_attendance", args=[pk]),
    }
    return render(request, "education/documents/sheet.html", page)


def _last_four(enrolment: Enrolment) -> str:
    """Enough to tell two of the same name apart."""
    return enrolment.phone[-4:] if len(enrolment.phone) >= 8 else ""


def _export(
    request: HttpRequest,
    user: User,
    course: Course,
    sessions: Sequence[CourseSession],
    rows: Sequence[Attended],
) -> HttpResponse:
    whose = _("%d명") % len(rows)
    _log(request, user, what="출석부 내려받음", subject=(COURSE, course.pk), whose=whose)
    response = HttpResponse(spreadsheet(course, sessions, rows), content_type=_XLSX)
    name = f"attendance-{course.pk}-{seoul_day(timezone.now()):%Y%m%d}.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def spreadsheet(
    course: Course, sessions: Sequence[CourseSession], rows: Sequence[Attended]
) -> bytes:
    """The sheet as xlsx, contacts masked; whatever looks like a formula is text."""
    from openpyxl import Workbook  # noqa: PLC0415 - only when somebody exports

    book = Workbook(write_only=True)
    sheet = book.create_sheet("출석부")
    sheet.append([safe(course.title)])
    sheet.append([safe(f"{when(sessions)} / {course.place}")])
    headings = ["번호", "이름", "연락처", *(span(one) for one in sessions), "출석률(%)", "수료증"]
    sheet.append([safe(text) for text in headings])
    for number, row in enumerate(rows, start=1):
        person = row.enrolment
        contact = mask_email(person.email) if person.email else mask_phone(person.phone)
        minutes = ["" if one is None else one for one in row.minutes]
        paper = row.certificate.number if row.certificate else ""
        cells = [safe(person.name), safe(contact), *minutes, row.percent, safe(paper)]
        sheet.append([number, *cells])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


# --- certificates -------------------------------------------------------------------------------


def certificate(request: HttpRequest, pk: int, enrolment_id: int) -> HttpResponse:
    """For somebody who wants it on paper."""
    user, _person, course = _visible(request, pk)
    rows = Enrolment.objects.select_related("course")
    found = rows.filter(pk=enrolment_id, course=course).first()
    document = certificates.document_of(found) if found else None
    if found is None or document is None:
        raise Http404
    _log(
        request,
        user,
        what="수료증 출력",
        subject=(ENROLMENT, found.pk),
        whose=mask_name(found.name),
    )
    return certificate_response(document, back=reverse("admin:education_course_change", args=[pk]))
