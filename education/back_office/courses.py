"""Courses for staff: the list, planning, announcing, moving, calling off, enrolling by phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from centre import options
from centre.calendar import CalendarError, seoul_day
from centre.errors import Refused
from centre.models import User
from centre.rights import may
from centre.words import korean_day
from complaints.back_office.views import UNPROCESSABLE, Context, staff_of
from education import queries, services, texts
from education.forms import (
    CourseForm,
    MoveForm,
    ReasonForm,
    StaffEnrolmentForm,
    fresh_token,
    initial_of,
)
from education.models import Course, CourseState
from education.wording import when
from records.masking import mask_name
from records.queries import events_of
from standards.models import Commitment, State

PAGE_SIZE = 50
_FOLDER = "admin/education/course"
_EVENTS = {
    "course-planned": "초안을 만듦",
    "course-edited": "고침",
    "course-announced": "공지함",
    "course-moved": "일정을 바꿈",
    "course-handed-over": "담당자가 바뀜",
    "course-cancelled": "열지 않기로 함",
    "course-finished": "교육이 끝남",
    "course-enrolled": "신청을 받음",
    "enrolment-cancelled": "신청을 취소함",
    "enrolment-confirmed": "대기에서 확정함",
    "course-reminded": "전날 알림을 보냄",
    "reminder-left-out": "전날이 지나 알림을 보내지 않음",
    "attendance-written": "출석을 적음",
    "certificates-issued": "수료증을 발급함",
    "certificate-withdrawn": "수료증을 거둠",
    "course-announce-soon": "공지 기한을 미리 알림",
    "course-announce-missed": "공지 기한이 지남을 알림",
    "disposed": "신청자 정보를 지움",
    "clock-kept": "20일 전 공지를 지킴",
    "clock-missed": "20일 전 공지를 지키지 못함",
    "clock-set-aside": "공지 약속을 따로 셈",
}


# --- the list -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    course: Any
    when: str
    notice: str
    late: bool


def show_list(request: HttpRequest, context: Context) -> HttpResponse:
    user, _person = staff_of(request)
    now = timezone.now()
    state = request.GET.get("state", "")
    state = state if state in CourseState.values else ""
    courses = queries.staff_list(state=state).prefetch_related("sessions")
    page = Paginator(courses, PAGE_SIZE).get_page(request.GET.get("page"))
    promises = queries.promises(page.object_list)
    context |= {
        "title": _("교육"),
        "rows": [_row(course, promises.get(course.pk), now=now) for course in page.object_list],
        "page": page,
        "states": CourseState.choices,
        "state": state,
        "query": f"state={state}" if state else "",
        "may_plan": may(user, "plan_course"),
    }
    return render(request, f"{_FOLDER}/list.html", context)


def _row(course: Any, promise: Commitment | None, *, now: datetime) -> Row:
    sessions = list(course.sessions.all())
    words, late = notice_words(course, promise, now=now)
    return Row(course, when(sessions), words, late)


def notice_words(course: Course, promise: Commitment | None, *, now: datetime) -> tuple[str, bool]:
    """Until when the 20 days hold, or how that ended; and whether it is late."""
    if course.starts_at is None:
        return _("날짜를 정하면 공지 기한이 정해집니다"), False
    if promise is None or promise.state == State.EXCLUDED:
        if course.state == CourseState.CANCELLED:
            return _("열지 않음(따로 셈)"), False
        return _("시작까지 20일이 남지 않음: 공지하려면 사유가 필요합니다"), True
    if promise.state == State.RUNNING:
        last = seoul_day(promise.due_at - timedelta(microseconds=1))
        left = (last - seoul_day(now)).days
        if left < 0:
            return _("공지 기한이 지남"), True
        return _("%(day)s까지 공지 (%(left)d일 남음)") % {
            "day": korean_day(last),
            "left": left,
        }, False
    return str(promise.get_state_display()), promise.state == State.MISSED


# --- planning -----------------------------------------------------------------------------------


def add(request: HttpRequest, context: Context) -> HttpResponse:
    """A new draft, empty or from one of the six templates."""
    _user, person = _allowed(request, "plan_course")
    now = timezone.now()
    form = CourseForm(
        request.POST or None,
        planners=queries.planners(at=now),
        initial=_starting_from(request.GET.get("template", ""))
        | {"form_token": fresh_token(), "handler": person},
    )
    if request.method == "POST" and form.is_valid():
        try:
            course = services.create_course(
                form_token=form.cleaned_data["form_token"], plan=form.plan(), by=person, now=now
            )
        except (Refused, CalendarError) as error:
            form.refuse(str(error), field=getattr(error, "field", ""))
        else:
            messages.success(request, _("초안을 만들었습니다. 공지해야 신청을 받습니다."))
            return redirect("admin:education_course_change", course.pk)
    context |= {"title": _("교육 만들기"), "form": form, "templates": texts.templates()}
    return _form_page(request, "edit", context, form)


def _starting_from(number: str) -> dict[str, Any]:
    """What a course of the centre's own six begins with; nothing for any other number."""
    common: dict[str, Any] = {"assistance": texts.common()["assistance"]}
    row = texts.templates().get(int(number)) if number.isascii() and number.isdecimal() else None
    if row is None:
        return common
    return common | {
        "title": row["title"],
        "text": row["introduction"],
        "audience": row["audience"],
        "place": row["place"],
        "online": row["online"],
        "hours": row["hours"],
        "capacity": row["capacity"],
        **{
            f"{name}_{number}": row[key]
            for number in range(1, len(row["weekdays"]) + 1)
            for name, key in (("starts", "starts"), ("ends", "ends"))
        },
    }


def edit(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    _user, person = _allowed(request, "plan_course")
    course, now = course_or_404(pk), timezone.now()
    form = CourseForm(
        request.POST or None,
        planners=queries.planners(at=now),
        sessions=list(course.sessions.all()),
        initial=initial_of(course) | {"form_token": course.form_token},
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_course(course_id=pk, plan=form.plan(), by=person, now=now)
        except (Refused, CalendarError) as error:
            form.refuse(str(error), field=getattr(error, "field", ""))
        else:
            messages.success(request, _("고쳤습니다."))
            return redirect("admin:education_course_change", pk)
    context |= {
        "title": _("교육 고치기"),
        "course": course,
        "form": form,
        "announced": course.state != CourseState.DRAFT,
    }
    return _form_page(request, "edit", context, form)


def move(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """Another date or place for an announced course."""
    _user, person = _allowed(request, "plan_course")
    course, now = course_or_404(pk), timezone.now()
    form = MoveForm(
        request.POST or None,
        sessions=list(course.sessions.all()),
        initial={"place": course.place},
    )
    if request.method == "POST" and form.is_valid():
        try:
            told = services.move(
                course_id=pk,
                sessions=form.sessions,
                place=form.cleaned_data["place"],
                reason=form.cleaned_data["reason"],
                by=person,
                now=now,
            )
        except (Refused, CalendarError) as error:
            form.refuse(str(error), field=getattr(error, "field", ""))
        else:
            said = _("일정을 바꾸고 신청하신 분들께 알렸습니다.")
            if told.late:
                said += " " + _("앞당겨 20일이 남지 않아 공지 약속은 지키지 못한 것으로 셉니다.")
            messages.success(request, said)
            return redirect("admin:education_course_change", pk)
    enrolled, waiting = queries.seats(course)
    context |= {
        "title": _("일정 바꾸기"),
        "course": course,
        "form": form,
        "enrolled": enrolled,
        "waiting": waiting,
    }
    return _form_page(request, "move", context, form)


# --- one course ---------------------------------------------------------------------------------


def course_or_404(pk: int) -> Course:
    rows = Course.objects.select_related("team", "handler__team", "created_by")
    course = rows.filter(pk=pk).first()
    if course is None:
        raise Http404
    return course


def show(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """The course with everything that can be done about it."""
    user, person = staff_of(request)
    course, now = course_or_404(pk), timezone.now()
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.POST.get("do") == "cancel_course":
        form.target = "id_cancel_reason"
    if request.method == "POST" and form.is_valid():
        try:
            said = _act(request.POST.get("do", ""), course, form, person, now)
        except (Refused, CalendarError) as error:
            form.refuse(str(error), field=getattr(error, "field", ""))
        else:
            messages.success(request, said)
            return redirect("admin:education_course_change", pk)
    context |= _course_context(course, user, now=now) | {
        "title": course.title,
        "form": form,
        "do": request.POST.get("do", ""),
    }
    return _form_page(request, "course", context, form)


def _act(do: str, course: Course, form: ReasonForm, person: Any, now: datetime) -> str:
    reason = form.cleaned_data["reason"]
    if do == "announce":
        told = services.announce(course_id=course.pk, by=person, now=now, reason=reason)
        if told.late:
            return _("공지했습니다. 시작까지 20일이 남지 않아 약속은 지키지 못한 것으로 셉니다.")
        return _("공지했습니다. 이제 누구나 볼 수 있습니다.")
    if do == "cancel_course":
        services.cancel_course(course_id=course.pk, reason=reason, by=person, now=now)
        return _("열지 않기로 하고 신청하신 분들께 알렸습니다.")
    if do == "issue_certificates":
        issued = services.issue_certificates(course_id=course.pk, by=person, now=now)
        return _("수료증 %d건을 발급하고 알렸습니다.") % len(issued)
    raise Refused(_("모르는 단추입니다."))


def _course_context(course: Course, user: User, *, now: datetime) -> dict[str, Any]:
    enrolled, waiting = queries.seats(course)
    promise = queries.promises([course]).get(course.pk)
    notice, late = notice_words(course, promise, now=now)
    is_draft, is_announced = (
        course.state == CourseState.DRAFT,
        course.state == CourseState.ANNOUNCED,
    )
    started = course.has_started(at=now)
    sees = queries.may_see_participants(user, course)
    too_few = options.number("course_too_few")
    return {
        "course": course,
        "when": when(list(course.sessions.all())),
        "notice": notice,
        "notice_late": late,
        "announce_by": queries.announce_by(course.starts_at) if course.starts_at else None,
        "needs_reason": is_draft and promise is None,
        "missing": services.missing_of(course) if is_draft else [],
        "told": queries.announcements_of(course),
        "enrolled": enrolled,
        "waiting": waiting,
        "contact": queries.contact_of(course),
        "history": [
            (event, _(_EVENTS.get(event.kind, event.kind)))
            for event in events_of(queries.COURSE, course.pk).order_by("-at", "-id")[:30]
        ],
        "may_edit": may(user, "plan_course") and (is_draft or is_announced),
        "may_announce": is_draft and may(user, "announce_course"),
        "may_move": is_announced and not started and may(user, "plan_course"),
        "may_cancel": (
            (is_draft or is_announced)
            and not course.has_ended(at=now)
            and may(user, "cancel_course")
        ),
        "may_enrol": is_announced and not started and may(user, "enrol_participant"),
        "may_issue": course.state == CourseState.FINISHED and sees,
        "sees_people": sees,
        "people": _people(course, now=now) if sees and course.disposed_at is None else [],
        "few": _few_words(course, enrolled, now=now, too_few=too_few) if is_announced else "",
    }


def _few_words(course: Course, enrolled: int, *, now: datetime, too_few: int) -> str:
    """폐강 기준*: whether so few come that the course may be called off, and until when."""
    if course.starts_at is None or enrolled >= too_few or course.has_started(at=now):
        return ""
    last = seoul_day(course.starts_at) - timedelta(days=options.number("course_too_few_days"))
    if seoul_day(now) > last:
        return _("신청이 %d명보다 적습니다. 열지 않음을 알리는 날이 지났습니다.") % too_few
    return _("신청이 %(few)d명보다 적습니다. 열지 않으려면 %(day)s까지 알려야 합니다.") % {
        "few": too_few,
        "day": korean_day(last),
    }


def _people(course: Course, *, now: datetime) -> list[dict[str, Any]]:
    """Everybody who enrolled, masked, those who hold a place first; nobody is next after the start."""
    started = course.has_started(at=now)
    order = {"enrolled": 0, "waiting": 1, "cancelled": 2}
    rows = sorted(
        course.enrolments.all(), key=lambda row: (order[row.state], row.queued_at, row.pk)
    )
    waiting = 0
    found = []
    for row in rows:
        waiting += row.state == "waiting"
        found.append({
            "row": row,
            "name": mask_name(row.name),
            "way": _("이메일") if row.email else _("전화"),
            "number": waiting if row.state == "waiting" and not started else 0,
        })  # fmt: skip
    return found


def enrol(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """Somebody rings: the same form, written down by staff."""
    _user, person = _allowed(request, "enrol_participant")
    course = course_or_404(pk)
    form = StaffEnrolmentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            done = services.enrol(
                course_id=pk, form_token=form.token, new=form.new(), now=timezone.now(), by=person
            )
        except Refused as error:
            form.refuse(str(error), field=error.field)
        else:
            name = mask_name(done.enrolment.name)
            said = _("%s 님의 신청을 확정했습니다.") % name
            if done.number:
                said = _("%(name)s 님을 대기 %(number)d번으로 적었습니다.") % {
                    "name": name,
                    "number": done.number,
                }
            messages.success(request, said)
            return redirect("admin:education_course_change", pk)
    enrolled, waiting = queries.seats(course)
    context |= {
        "title": _("전화 신청 적기"),
        "course": course,
        "form": form,
        "enrolled": enrolled,
        "waiting": waiting,
    }
    return _form_page(request, "enrol", context, form)


# --- shared -------------------------------------------------------------------------------------


def _allowed(request: HttpRequest, right: str) -> tuple[User, Any]:
    user, person = staff_of(request)
    if not may(user, right):
        raise PermissionDenied
    return user, person


def _form_page(request: HttpRequest, page: str, context: Context, form: Any) -> HttpResponse:
    status = UNPROCESSABLE if form.errors else 200
    return render(request, f"{_FOLDER}/{page}.html", context, status=status)
