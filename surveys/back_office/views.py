"""Building and running surveys. ``surveys.admin`` gives these pages their addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from centre.errors import Refused
from centre.models import StaffMember
from centre.rights import may
from complaints.back_office.views import staff_of
from records.masking import mask_name, mask_phone
from surveys import queries, services
from surveys.back_office import qr
from surveys.errors import Unanswerable
from surveys.forms import KINDS, AnswerSheet, QuestionForm, StaffForm, SurveyForm
from surveys.models import AnswerWay, Invitation, Kind, Question, Status, Survey

Context = dict[str, Any]
UNPROCESSABLE = 422
PAGE_SIZE = 50
_FOLDER = "admin/surveys/survey"


def _url(name: str, *args: Any) -> str:
    return reverse(f"admin:surveys_survey_{name}", args=args)


def _person(request: HttpRequest, right: str) -> StaffMember:
    user, person = staff_of(request)
    if not may(user, right):
        raise PermissionDenied
    return person


def _survey(pk: int) -> Survey:
    found = queries.with_questions(queries.for_staff().filter(pk=pk)).first()
    if found is None:
        raise Http404
    return found


# --- the list -------------------------------------------------------------------------------------


def show_list(request: HttpRequest, context: Context) -> HttpResponse:
    """All surveys with how many were asked and answered; and a new one from a questionnaire."""
    person = _person(request, "see_surveys")
    if request.method == "POST":
        return _create(request, person)
    rows = queries.for_staff().order_by("-created_at", "-pk")
    kind = request.GET.get("kind", "")
    if kind in Kind.values:
        rows = rows.filter(kind=kind)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    found = {
        **context,
        "title": "설문",
        "page": page,
        "kinds": KINDS,
        "kind": kind,
        "query": f"kind={kind}" if kind in Kind.values else "",
        "not_running": queries.not_running(now=timezone.now()),
        "may_edit": may(person.user, "edit_surveys"),
    }
    return render(request, f"{_FOLDER}/list.html", found)


def _create(request: HttpRequest, person: StaffMember) -> HttpResponse:
    try:
        survey = services.create_survey(
            kind=request.POST.get("kind", ""), by=person, now=timezone.now()
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(_url("changelist"))
    messages.success(request, "설문을 만들었습니다. 문항을 살펴보고 여는 때를 정해 주십시오.")
    return redirect(_url("change", survey.pk))


# --- one survey -----------------------------------------------------------------------------------


def show(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    person = _person(request, "see_surveys")
    survey = _survey(pk)
    form: StaffForm = SurveyForm(initial=SurveyForm.initial_of(survey))
    status = 200
    if request.method == "POST":
        done = _act(request, survey, person)
        if isinstance(done, HttpResponse):
            return done
        form, status = done, UNPROCESSABLE
    return render(
        request, f"{_FOLDER}/survey.html", context | _page(survey, person, form), status=status
    )


def _page(survey: Survey, person: StaffMember, form: StaffForm) -> Context:
    now = timezone.now()
    form.needed = () if survey.is_model else ("closes_at",)
    return {
        "title": survey.title,
        "survey": survey,
        "form": form,
        "questions": list(survey.questions.all()),
        "may_edit": may(person.user, "edit_surveys"),
        "may_enter": may(person.user, "enter_survey_answers"),
        "editable": survey.editable,
        "open_link": queries.survey_url(survey) if survey.by_open_link else "",
        "to_ring": queries.to_ring(survey, now=now).count(),
        "days": queries.responses_by_day(survey) if survey.anonymous else {},
        "changeable": survey.status in {Status.DRAFT, Status.OPEN},
    }


def _act(request: HttpRequest, survey: Survey, person: StaffMember) -> HttpResponse | StaffForm:
    """What a button says; a refusal is shown and nothing typed is lost."""
    do = request.POST.get("do", "")
    if do == "save":
        return _save(request, survey, person)
    act = _ACTIONS.get(do)
    if act is None:
        raise Http404
    try:
        done, where = act(request, survey, person)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(_url("change", survey.pk))
    messages.success(request, done)
    return redirect(where)


def _save(request: HttpRequest, survey: Survey, person: StaffMember) -> HttpResponse | StaffForm:
    form = SurveyForm(request.POST)
    if form.is_valid():
        try:
            services.change_survey(
                survey_id=survey.pk, by=person, now=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            form.refuse(refused.field, str(refused))
        else:
            messages.success(request, "저장했습니다.")
            return redirect(_url("change", survey.pk))
    return form


def _open(_request: HttpRequest, survey: Survey, person: StaffMember) -> tuple[str, str]:
    services.open_survey(survey_id=survey.pk, by=person, now=timezone.now())
    return "설문을 열었습니다.", _url("change", survey.pk)


def _close(_request: HttpRequest, survey: Survey, person: StaffMember) -> tuple[str, str]:
    services.close_survey(survey_id=survey.pk, by=person, now=timezone.now())
    return "설문을 마쳤습니다. 30일 안에 결과를 공개해 주십시오.", _url("change", survey.pk)


def _copy(_request: HttpRequest, survey: Survey, person: StaffMember) -> tuple[str, str]:
    new = services.copy_version(survey_id=survey.pk, by=person, now=timezone.now())
    return "같은 문항으로 새 판을 만들었습니다.", _url("change", new.pk)


def _delete(_request: HttpRequest, survey: Survey, person: StaffMember) -> tuple[str, str]:
    services.delete_draft(survey_id=survey.pk, by=person, now=timezone.now())
    return "준비 중이던 설문을 지웠습니다.", _url("changelist")


def _move(request: HttpRequest, survey: Survey, person: StaffMember) -> tuple[str, str]:
    services.move_question(
        survey_id=survey.pk,
        question_id=_number(request, "question"),
        up=request.POST.get("do") == "up",
        by=person,
        now=timezone.now(),
    )
    return "순서를 바꾸었습니다.", f"{_url('change', survey.pk)}#questions"


def _remove(request: HttpRequest, survey: Survey, person: StaffMember) -> tuple[str, str]:
    services.remove_question(
        survey_id=survey.pk,
        question_id=_number(request, "question"),
        by=person,
        now=timezone.now(),
    )
    return "문항을 뺐습니다.", f"{_url('change', survey.pk)}#questions"


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


_ACTIONS: dict[str, Callable[[HttpRequest, Survey, StaffMember], tuple[str, str]]] = {
    "open": _open,
    "close": _close,
    "copy": _copy,
    "delete": _delete,
    "up": _move,
    "down": _move,
    "remove": _remove,
}


# --- questions ------------------------------------------------------------------------------------


def question(
    request: HttpRequest, context: Context, pk: int, question_id: int | None = None
) -> HttpResponse:
    """Add a question or change one; only to be read where nothing may be changed any more."""
    person = _person(request, "edit_surveys")
    survey = _survey(pk)
    row = get_object_or_404(Question, pk=question_id, survey=survey) if question_id else None
    initial = QuestionForm.initial_of(row) if row else {}
    form = QuestionForm(request.POST if request.method == "POST" else None, initial=initial)
    if not survey.editable and request.method != "POST":
        if row is None:
            return redirect(f"{_url('change', survey.pk)}#questions")
        form.only_to_read()
    if request.method == "POST" and form.is_valid():
        try:
            services.save_question(
                survey_id=survey.pk,
                question_id=question_id,
                new=services.NewQuestion(**form.as_new()),
                by=person,
                now=timezone.now(),
            )
        except Refused as refused:
            form.refuse(refused.field, str(refused))
        else:
            messages.success(request, "문항을 저장했습니다.")
            return redirect(f"{_url('change', survey.pk)}#questions")
    found = context | {
        "title": _question_title(survey, row),
        "survey": survey,
        "form": form,
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, f"{_FOLDER}/question.html", found, status=status)


def _question_title(survey: Survey, row: Question | None) -> str:
    if row is None:
        return "문항 더하기"
    return "문항 고치기" if survey.editable else "문항 보기"


# --- preview, paper, card -------------------------------------------------------------------------


def preview(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """The page as people see it; nothing can be sent from here."""
    _person(request, "see_surveys")
    survey = _survey(pk)
    found = context | {"survey": survey, "form": AnswerSheet.blank(survey), "title": survey.title}
    return render(request, f"{_FOLDER}/preview.html", found)


def card(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """What stands at the desk: the QR code and the short address; and the questions on paper."""
    _person(request, "see_surveys")
    survey = _survey(pk)
    if not survey.by_open_link:
        raise Http404
    found = context | {
        "survey": survey,
        "short": qr.short_url(survey),
        "form": AnswerSheet.blank(survey),
        "paper": "paper" in request.GET,
    }
    return render(request, f"{_FOLDER}/card.html", found)


def code(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The QR code as a picture: ``svg`` or ``png``."""
    _person(request, "see_surveys")
    survey = _survey(pk)
    if not survey.by_open_link:
        raise Http404
    response = HttpResponse(qr.picture(qr.short_url(survey), kind), content_type=qr.TYPES[kind])
    response["Content-Disposition"] = f'inline; filename="survey-{survey.series}.{kind}"'
    return response


# --- answers told on the phone or written on paper ------------------------------------------------


def enter(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """What somebody said on the phone, entered by another than whose work it is about."""
    person = _person(request, "enter_survey_answers")
    survey = _survey(pk)
    wanted = request.POST.get("invitation", "") or request.GET.get("invitation", "")
    invitation = _invited(survey, wanted)
    sheet = AnswerSheet.blank(survey)
    status = 200
    if request.method == "POST":
        sheet = AnswerSheet.of(survey, request.POST)
        if _entered(request, sheet, invitation, person):
            messages.success(request, "답을 적었습니다.")
            return redirect(_url("enter", survey.pk))
        status = UNPROCESSABLE
    own = invitation is not None and invitation.worker_id == person.pk
    found = context | {
        "title": "답 적기",
        "survey": survey,
        "form": sheet,
        "invitation": invitation,
        "whose": _masked(invitation) if invitation else "",
        "own": own,
        "callers": [] if survey.anonymous else _callers(survey, person),
        "ways": [(AnswerWay.PHONE.value, "전화"), (AnswerWay.PAPER.value, "종이")],
        "way": request.POST.get("way", AnswerWay.PHONE.value),
    }
    return render(request, f"{_FOLDER}/enter.html", found, status=status)


def _entered(
    request: HttpRequest, sheet: AnswerSheet, invitation: Invitation | None, person: StaffMember
) -> bool:
    try:
        services.enter_answers(
            survey_id=sheet.survey.pk,
            edition=sheet.edition,
            given=sheet.sent,
            nonce=sheet.nonce,
            way=request.POST.get("way", ""),
            invitation=invitation,
            by=person,
            now=timezone.now(),
        )
    except Unanswerable as refused:
        sheet.refuse(refused.problems)
    except Refused as refused:
        sheet.refuse({"": str(refused)})
        sheet.asks_anew()
    else:
        return True
    return False


def _invited(survey: Survey, wanted: str) -> Invitation | None:
    if not wanted:
        return None
    try:
        number = UUID(wanted)
    except ValueError:
        raise Http404 from None
    return get_object_or_404(Invitation.objects.select_related("survey"), pk=number, survey=survey)


def _callers(survey: Survey, person: StaffMember) -> list[tuple[Invitation, str]]:
    """Whom this person may ring: nobody whose matter was his own work."""
    rows = queries.to_ring(survey, now=timezone.now()).exclude(worker=person)
    return [(row, _masked(row)) for row in rows[:PAGE_SIZE]]


def _masked(invitation: Invitation) -> str:
    return f"{mask_name(invitation.name)} {mask_phone(invitation.address)}".strip()
