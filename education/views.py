"""Citizens' pages: the courses, enrolling, the way back to one's enrolment."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from complaints.stage_documents import CannotPrint, check_printing, pdf
from complaints.texts import refusal
from education import certificates, queries, services, texts
from education.calendars import CONTENT_TYPE
from education.errors import AlreadyEnrolled, Refused, TooMany
from education.forms import EnrolmentForm
from education.models import Course, CourseState, Enrolment, EnrolmentState
from education.wording import when
from records.addresses import client_address
from records.masking import mask_email, mask_name, mask_phone

AWAY = (OperationalError, InterfaceError)
PAGE_SIZE = 20
STANDINGS = {
    "open": "신청 받는 중",
    "coming": "신청 예정",
    "full": "정원 참(대기 신청)",
    "closed": "신청 마감",
    "running": "진행 중",
    "past": "끝남",
    "cancelled": "열지 않음",
}
#: What the list can be narrowed to; the first is everything that is not over.
FILTERS = (
    ("", "다가오는 교육 모두"), ("open", "신청 받는 중"), ("coming", "신청 예정"),
    ("full", "정원 참(대기 신청)"), ("running", "진행 중"), ("past", "지난 교육"),
)  # fmt: skip
read_or_post = require_http_methods(["GET", "HEAD", "POST"])


# --- the list -----------------------------------------------------------------------------------


@require_safe
def course_list(request: HttpRequest) -> HttpResponse:
    """Courses to come, or those that are over; by month."""
    now = timezone.now()
    wanted = request.GET.get("when", "")
    if wanted not in dict(FILTERS):
        wanted = ""
    month = _month(request.GET.get("month", ""))
    page = None
    if wanted == "past":
        page = Paginator(queries.past(now=now, month=month), PAGE_SIZE).get_page(
            request.GET.get("page")
        )
        rows = queries.listed(page.object_list, now=now)
    else:
        rows = queries.upcoming(now=now, month=month)
        rows = [row for row in rows if not wanted or row.standing == wanted]
    context = {
        "rows": [_shown(row) for row in rows],
        "page": page,
        "filters": FILTERS,
        "wanted": wanted,
        "month": month.strftime("%Y-%m") if month else "",
        "months": queries.months(),
    }
    return render(request, "education/list.html", context)


def _month(text: str) -> date | None:
    try:
        year, month = text.split("-")
        return date(int(year), int(month), 1) if len(text) == 7 else None
    except ValueError:
        return None


def _shown(row: queries.Listed) -> dict[str, Any]:
    return {
        "course": row.course,
        "when": when(row.sessions),
        "standing": row.standing,
        "standing_words": _(STANDINGS[row.standing]),
        "free": row.free,
    }


# --- one course ---------------------------------------------------------------------------------


@read_or_post
def course(request: HttpRequest, pk: int) -> HttpResponse:
    """What, when, where, for whom; and the form to enrol, with its one POST."""
    found = _public(pk)
    now = timezone.now()
    if request.method != "POST":
        form = EnrolmentForm() if found.takes_enrolments(at=now) else None
        return _course_page(request, found, form)
    form = EnrolmentForm(request.POST)
    status = 200
    if form.is_valid():
        status = _enrol(request, found, form)
        if not form.errors:
            return redirect("education:received", pk=found.pk)
    return _course_page(request, found, form, status=status)


def _public(pk: int) -> Any:
    found = queries.public_courses().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _enrol(request: HttpRequest, found: Course, form: EnrolmentForm) -> int:
    """The status of the page; the form has errors where it was not accepted.

    Whoever was enrolled before gets the same answer as everybody, and is told by mail: else
    anybody could ask here who comes.
    """
    try:
        services.enrol(
            course_id=found.pk,
            form_token=form.token,
            new=form.new(),
            now=timezone.now(),
            address=client_address(request),
        )
    except AlreadyEnrolled:
        return 200
    except Refused as error:
        form.refuse(str(error), field=error.field)
        return 429 if isinstance(error, TooMany) else 200
    except AWAY:
        form.refuse(_(refusal("not_saved")))
        return 503
    return 200


@never_cache
@require_safe
def received(request: HttpRequest, pk: int) -> HttpResponse:
    """After enrolling, the same for everybody: what became of it stands in the mail."""
    found = _public(pk)
    context = {"course": found, "contact": queries.contact_of(found)}
    return render(request, "education/received.html", context)


def enrolled_without_token(request: HttpRequest, pk: int) -> HttpResponse:
    """The form came without its security token: nothing is done, what was typed comes back."""
    form = EnrolmentForm(request.POST)
    form.is_valid()
    form.refuse(
        _(
            "화면을 연 지 오래되었거나 쿠키가 꺼져 있어 신청하지 못했습니다. 쓰신 내용은 그대로 "
            "있습니다. 쿠키를 허용하고 다시 보내 주십시오."
        )
    )
    return _course_page(request, _public(pk), form, status=403)


def _course_page(
    request: HttpRequest, found: Any, form: EnrolmentForm | None, *, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    standing = queries.standing(found, now=now)
    told = queries.announcements_of(found)
    first, late = told[0], [row for row in told if row.late]
    context = {
        "course": found,
        "when": when(list(found.sessions.all())),
        "standing": standing,
        "standing_words": _(STANDINGS[standing]),
        "free": max(0, found.capacity - found.enrolled),
        "contact": queries.contact_of(found),
        "first": first,
        "moves": [row for row in told if row.is_move],
        "late_words": [_late_words(row.days_before, row.reason) for row in late],
        "cancelling": texts.cancelling(found.starts_at, now=now),
        "form": form,
        "again": status == 503,
    }
    response = render(request, "education/course.html", context, status=status)
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _late_words(days: int, reason: str) -> str:
    return texts.filled(texts.common()["late_notice"], days_before=days, reason=reason)


@require_safe
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    found = _public(pk)
    response = HttpResponse(services.calendar_of(found), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="course-{found.pk}.ics"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


# --- one's own enrolment ------------------------------------------------------------------------


@never_cache
@read_or_post
def enrolment(request: HttpRequest, token: str) -> HttpResponse:
    """Behind the link of the mail. Looking changes nothing; giving the place back is a POST."""
    found = _of(token)
    now = timezone.now()
    problem = ""
    if request.method == "POST":
        if request.POST.get("do") != "cancel":
            problem = _("모르는 단추입니다.")
        else:
            try:
                services.cancel_by_link(link_token=token, now=now)
            except Refused as error:
                problem = str(error)
            else:
                return redirect("education:enrolment", token=token)
    context = _enrolment_context(found, now=now) | {"problem": problem, "token": token}
    course = found.course
    context["may_cancel"] = (
        found.is_active and course.state == CourseState.ANNOUNCED and not course.has_started(at=now)
    )
    response = render(request, "education/enrolment.html", context, status=409 if problem else 200)
    response["X-Robots-Tag"] = "noindex"
    return response


def _of(token: str) -> Enrolment:
    found = queries.enrolment_by_token(token)
    if found is None:
        raise Http404
    return found


def _enrolment_context(found: Enrolment, *, now: datetime) -> dict[str, Any]:
    waits = found.state == EnrolmentState.WAITING and not found.course.has_started(at=now)
    return {
        "enrolment": found,
        "course": found.course,
        "when": when(list(found.course.sessions.all())),
        "who": mask_name(found.name),
        "contact_shown": mask_email(found.email) if found.email else mask_phone(found.phone),
        "number": queries.waiting_number(found) if waits else 0,
        "contact": queries.contact_of(found.course),
        "cancelling": texts.cancelling(found.course.starts_at, now=now),
        "certificate": queries.certificate_of(found),
    }


@never_cache
@require_safe
def certificate(request: HttpRequest, token: str) -> HttpResponse:
    """The certificate as a PDF; where none can be made here, as a page to print."""
    found = _of(token)
    document = certificates.document_of(found)
    if document is None:
        raise Http404
    return certificate_response(document, back=reverse("education:enrolment", args=[token]))


def certificate_response(document: certificates.CertificateDocument, *, back: str) -> HttpResponse:
    try:
        check_printing()
    except CannotPrint as error:
        return HttpResponse(document.html(on_screen=True, back=back, why=str(error)))
    response = HttpResponse(pdf(document), content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="certificate.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
