"""The pages of 헌장 이행 기록 in the back-office, and the public one of ``정보가 달라요``."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from centre import options
from centre.calendar import seoul_day
from centre.errors import Refused
from centre.models import StaffMember, User
from centre.queries import person_of
from centre.rights import may
from records import services as records
from records.addresses import client_address
from records.models import StoredFile
from standards.evidence import board, duties, entering, judging, reports
from standards.evidence.forms import (
    FORMS,
    EntryForm,
    ImproveForm,
    PageReportForm,
    PlanForm,
    StaffForm,
    WhyForm,
)
from standards.evidence.kinds import CHANNELS, KINDS, score
from standards.evidence.telling import until
from standards.models import EVIDENCE, Commitment, Duty, Evidence, Kind, OnlineService
from standards.queries import explain

Context = dict[str, Any]
UNPROCESSABLE: Final = 422
_FOLDER: Final = "admin/standards/duty"
#: Public pages about nobody in particular; on these the link stands.
_PUBLIC: Final = re.compile(
    r"/(|charter/|statistics/|staff-guide/|courses/([^/]+/)?|surveys/|complaints/(new|track)/)"
)
read_or_post = require_http_methods(["GET", "HEAD", "POST"])


def staff_of(request: HttpRequest) -> tuple[User, StaffMember]:
    """Who looks; PermissionDenied for an account that is no person's, or without the right."""
    user = request.user
    person = person_of(user)
    if not isinstance(user, User) or person is None or not may(user, "record_evidence"):
        raise PermissionDenied
    return user, person


# --- the board ------------------------------------------------------------------------------------


@require_safe
def show_board(request: HttpRequest, context: Context) -> HttpResponse:
    user, person = staff_of(request)
    now = timezone.now()
    lately = list(board.entered_lately(user, person)[: board.SHOWN])
    context |= {
        "title": _("헌장 이행 기록"),
        "sections": board.sections(user=user, person=person, now=now),
        "missed": list(board.missed_lately(user, person, now=now)[:50]),
        "entered": [(row, board.lag(row), facts_of(row)) for row in lately],
        "leads": may(user, "lead_evidence"),
        "may_set_up": may(user, "edit_centre"),
        "year": seoul_day(now).year,
    }
    return render(request, f"{_FOLDER}/board.html", context)


# --- a duty ---------------------------------------------------------------------------------------


@read_or_post
def show_duty(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """What is asked, what was entered, and the form."""
    user, person = staff_of(request)
    seen = board.seen_by(Duty.objects.all(), user, person)
    duty = get_object_or_404(seen.select_related("person", "page", "team"), pk=pk)
    now = timezone.now()
    kind = Kind(duty.kind)
    elsewhere = board.url_of(duty)
    here = elsewhere == request.path and kind in FORMS and duty.dropped_at is None
    form = None
    if here and (duty.done_at is None or kind in {Kind.CALLS, Kind.CHANNEL, Kind.SERVICES}):
        form, answer = _entered(request, FORMS[kind], duty=duty, by=person, now=now)
        if answer is not None:
            return answer
    rows = (
        judging.rows_of(duty) if kind in board.WITHOUT_DUTY else Evidence.objects.filter(duty=duty)
    )
    rows = board.evidence_seen_by(rows, user, person)
    rows = rows.select_related("entered_by", "person", "team", "corrected_by", "corrects")
    listed = list(rows.order_by("happened_at", "pk"))
    commitment = (
        Commitment.objects.filter(key=duty.commitment_key).select_related("standard").first()
    )
    context |= {
        "title": duty.title,
        "duty": duty,
        "about": KINDS[kind],
        "until": until(commitment.due_at if commitment else duty.due_at),
        "commitment": commitment,
        "explanation": explain(commitment) if commitment else "",
        "rows": [(row, board.lag(row), facts_of(row), files_of(row)) for row in listed],
        "form": form,
        "elsewhere": "" if here else elsewhere,
        "contacts": _contacts() if kind == Kind.CHANNEL else [],
        "leads": may(user, "lead_evidence"),
        "person": person,
    }
    status = UNPROCESSABLE if form is not None and form.errors else 200
    return render(request, f"{_FOLDER}/duty.html", context, status=status)


def _contacts() -> list[tuple[str, str, str]]:
    """What is published beside what the charter says: name, now, in the charter."""
    found = options.values()
    return [
        (str(spec.label), str(found[key]), spec.default)
        for key, spec in options.specs().items()
        if key in {"centre_phone", "centre_fax", "centre_url", "centre_address"}
    ]


def _entered(
    request: HttpRequest,
    form_class: type[EntryForm],
    *,
    duty: Duty | None,
    by: StaffMember,
    now: datetime,
) -> tuple[EntryForm, HttpResponse | None]:
    """The form, and where to go when it was entered."""
    if request.method != "POST":
        return form_class(duty=duty, by=by, now=now), None
    form = form_class(request.POST, request.FILES, duty=duty, by=by, now=now)
    if form.is_valid():
        try:
            rows = entering.enter(
                entries=form.entries(), form_token=form.cleaned_data["form_token"], by=by, now=now
            )
        except Refused as refused:
            form.refuse(str(refused), field=refused.field)
        else:
            messages.success(request, _("%d건을 적었습니다.") % len(rows))
            return form, redirect("admin:standards_duty_changelist")
    return form, None


@read_or_post
def enter(request: HttpRequest, context: Context, kind: str) -> HttpResponse:
    """What is entered without first choosing a duty: training, the guide."""
    _user, person = staff_of(request)
    if kind not in board.WITHOUT_DUTY.values():
        raise Http404
    now = timezone.now()
    form, answer = _entered(request, FORMS[kind], duty=None, by=person, now=now)
    if answer is not None:
        return answer
    about = KINDS[Kind(kind)]
    context |= {"title": about.action, "help": about.help, "form": form, "do": "enter"}
    return _form_page(request, context, form)


@read_or_post
def correct(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """Put another row in the place of a wrong one, or take it back."""
    user, person = staff_of(request)
    rows = board.evidence_seen_by(Evidence.objects.standing(), user, person)
    row = get_object_or_404(rows.select_related("duty"), pk=pk)
    if row.entered_by_id != person.pk and not may(user, "lead_evidence"):
        raise PermissionDenied
    if row.kind not in FORMS:
        raise Http404  # it was entered, and is corrected, on a page of its own
    form_class, now = FORMS[row.kind], timezone.now()
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = form_class(*data, duty=row.duty, by=person, now=now, initial=form_class.initial_of(row))
    why = WhyForm(request.POST if data else None, label_suffix="")
    if data and _corrected(request, form, why, row=row, by=person, now=now):
        messages.success(request, _("고친 기록을 새로 적었습니다. 앞의 기록도 남아 있습니다."))
        return redirect("admin:standards_duty_changelist")
    context |= {
        "title": _("기록 고치기"),
        "help": _("앞의 기록은 지워지지 않고 ‘고쳐짐’으로 남습니다."),
        "form": form,
        "why": why,
        "do": "correct",
    }
    return _form_page(request, context, form)


def _corrected(
    request: HttpRequest,
    form: EntryForm,
    why: WhyForm,
    *,
    row: Evidence,
    by: StaffMember,
    now: datetime,
) -> bool:
    takes_back = request.POST.get("do") == "take-back"
    if not why.is_valid() or not (takes_back or form.is_valid()):
        return False
    try:
        entering.correct(
            evidence_id=row.pk,
            entry=None if takes_back else form.entries()[0],
            why=why.cleaned_data["why"],
            form_token=request.POST.get("form_token", ""),
            by=by,
            now=now,
        )
    except Refused as refused:
        form.is_valid()
        form.refuse(str(refused), field=refused.field)
        return False
    return True


def _form_page(request: HttpRequest, context: Context, form: StaffForm) -> HttpResponse:
    why = context.get("why")
    status = UNPROCESSABLE if form.errors or (why and why.errors) else 200
    return render(request, f"{_FOLDER}/form.html", context, status=status)


# --- planning -------------------------------------------------------------------------------------


@read_or_post
def plan(request: HttpRequest, context: Context) -> HttpResponse:
    """The meetings of this year, or in its last months of the next."""
    _user, person = _lead(request)
    now = timezone.now()
    today = seoul_day(now)
    offered = [today.year, today.year + 1] if today.month >= 11 else [today.year]
    asked = request.GET.get("year", "")
    year = int(asked) if asked in map(str, offered) else today.year
    form = PlanForm(request.POST or None, by=person, now=now, year=year)
    if request.method == "POST" and form.is_valid():
        try:
            found = duties.plan_meetings(days=form.days, by=person, now=now)
        except Refused as refused:
            form.refuse(str(refused), field=refused.field)
        else:
            messages.success(request, _("회의 날짜 %d개를 정했습니다.") % len(found))
            return redirect("admin:standards_duty_changelist")
    planned = Duty.objects.filter(kind=Kind.MEETING, period__startswith=f"{year}-", dropped_at=None)
    context |= {
        "title": _("%d년 직원회의 날짜") % year,
        "help": _("한 해에 %d번 이상 정합니다. 정한 달 안에 열면 지킨 것입니다.")
        % options.number("meetings_a_year"),
        "form": form,
        "do": "plan",
        "columns": True,
        "years": [one for one in offered if one != year],
        "listed": [str(duty) for duty in planned],
    }
    return _form_page(request, context, form)


@read_or_post
def improve(request: HttpRequest, context: Context) -> HttpResponse:
    """A new improvement."""
    _user, person = _lead(request)
    now = timezone.now()
    form = ImproveForm(request.POST or None, by=person, now=now)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            duty = duties.plan_improvement(
                title=data["title"],
                source=data["source"],
                owner_id=int(data["owner"]),
                due_on=data["due_on"],
                form_token=data["form_token"],
                by=person,
                now=now,
            )
        except Refused as refused:
            form.refuse(str(refused), field=refused.field)
        else:
            messages.success(request, _("개선 과제를 정했습니다: %s") % duty)
            return redirect("admin:standards_duty_changelist")
    context |= {
        "title": _("개선 과제 정하기"),
        "help": _(
            "이행실적 평가와 채택한 제안에서 나온 일을 적습니다. 처음 정한 기한이 약속입니다."
        ),
        "form": form,
        "do": "improve",
    }
    return _form_page(request, context, form)


def _lead(request: HttpRequest) -> tuple[User, StaffMember]:
    user, person = staff_of(request)
    if not may(user, "lead_evidence"):
        raise PermissionDenied
    return user, person


# --- rows and files -------------------------------------------------------------------------------


def facts_of(row: Evidence) -> str:
    """What the numbers of a row say, in words."""
    numbers = row.numbers
    match row.kind:
        case Kind.TRAINING:
            words = [str(row.person or ""), f"{numbers.get('hours', 0):g}시간"]
            words += ["기본교육"] if numbers.get("basic") else []
        case Kind.CALLS:
            points = score(numbers, rings=options.number("phone_rings"))
            words = [str(row.team or ""), f"벨 {numbers.get('rings')}번", f"{points}점"]
        case Kind.LISTINGS:
            words = [f"{numbers.get('checked')}개 중 {numbers.get('right')}개 맞음"]
        case Kind.CHANNEL:
            channel = CHANNELS.get(row.duty.about if row.duty else "", "")
            arrived = "들어옴" if numbers.get("arrived") else "들어오지 않음"
            same = "연락처 같음" if numbers.get("same") else "연락처 다름"
            words = [str(channel), arrived, same]
        case Kind.MEETING:
            words = ["고객의 소리 안건 " + ("있음" if numbers.get("opinions_item") else "없음")]
        case Kind.RECONCILIATION:
            words = [f"빠진 것 {numbers.get('missing', 0)}건"]
        case Kind.PAGE:
            words = ["고침" if numbers.get("result") == "changed" else "맞음"]
        case Kind.SERVICES:
            service = OnlineService.objects.filter(pk=numbers.get("service") or 0).first()
            words = [str(service or ""), f"{numbers.get('uses', 0):,}건"]
        case _:
            words = []
    return ", ".join(word for word in words if word)


def files_of(row: Evidence) -> list[StoredFile]:
    chain = judging.chain_of(row)
    return list(
        StoredFile.objects.filter(subject_type=EVIDENCE, subject_id__in=chain, removed_at=None)
    )


@require_safe
def file(request: HttpRequest, pk: UUID) -> FileResponse:
    """A file of evidence, to those who may see the row."""
    user, person = staff_of(request)
    stored = get_object_or_404(StoredFile, pk=pk, subject_type=EVIDENCE, removed_at=None)
    rows = board.evidence_seen_by(Evidence.objects.all(), user, person)
    if not rows.filter(pk=stored.subject_id).exists():
        raise Http404
    try:
        content = records.open_file(stored)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        content, as_attachment=True, filename=stored.name, content_type=stored.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


# --- the public page ------------------------------------------------------------------------------


def is_public(path: str) -> bool:
    """Whether a path is a public page about nobody in particular, so that it may be named."""
    if not _PUBLIC.fullmatch(path):
        return False
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


@never_cache
@read_or_post
def report_page(request: HttpRequest) -> HttpResponse:
    """``정보가 달라요``: from the foot of a public page; GET changes nothing."""
    address = str((request.POST if request.method == "POST" else request.GET).get("page", "/"))
    if not is_public(address):
        address = "/"
    form = PageReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            duty = reports.report_page(
                address=address,
                what=form.cleaned_data["what"],
                form_token=form.cleaned_data["form_token"],
                sender=client_address(request),
                now=timezone.now(),
            )
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            done = urlencode({"sent": duty.key, "page": address})
            return redirect(f"{reverse('standards:report')}?{done}")
    sent = Duty.objects.filter(kind=Kind.REPORT, key=request.GET.get("sent", "")).first()
    if sent is not None:
        context = {"until": until(sent.due_at), "address": address}
        return render(request, "standards/reported.html", context)
    status = UNPROCESSABLE if form.errors else 200
    return render(
        request, "standards/report.html", {"form": form, "address": address}, status=status
    )
