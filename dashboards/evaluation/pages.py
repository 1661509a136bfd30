"""The evaluation in the back-office: the list, and the page on which it is written and decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.models import StaffMember
from centre.rights import may
from complaints.back_office.views import staff_of
from dashboards import refusing
from dashboards.evaluation import approving, publishing, sheet, writing
from dashboards.evaluation.approving import path_of
from dashboards.evaluation.errors import ChangedMeanwhile, Refused
from dashboards.evaluation.forms import EvaluationForm
from dashboards.evaluation.models import (
    OPEN,
    Edition,
    Evaluation,
    Signature,
    Status,
    Submission,
)
from dashboards.evaluation.printing import page_of

Context = dict[str, Any]
UNPROCESSABLE: Final = 422
_FOLDER: Final = "admin/dashboards/evaluation"
read_or_post = require_http_methods(["GET", "HEAD", "POST"])


def _person(request: HttpRequest) -> StaffMember:
    return staff_of(request)[1]


# --- the list -------------------------------------------------------------------------------------


@read_or_post
def show_list(request: HttpRequest, context: Context) -> HttpResponse:
    """All evaluations, and the years that can be begun."""
    person = _person(request)
    if not may(person.user, "write_evaluation"):
        return refusing.refused(request, _refusal())
    problem, typed = "", {"year": request.POST.get("year", ""), "why": request.POST.get("why", "")}
    if request.method == "POST":
        try:
            made = writing.start(
                year=_year(typed["year"]), why=typed["why"], by=person, now=timezone.now()
            )
            return redirect(path_of(made.pk))
        except Refused as refused:
            problem = str(refused)
    rows = list(Evaluation.objects.select_related("saved_by", "started_by"))
    going = {row.year for row in rows if row.status in OPEN}
    now = timezone.now()
    last = seoul_day(now).year - 1
    context |= {
        "title": "이행실적 평가",
        "rows": rows,
        "years": [year for year in sheet.years_with_figures(last, now=now) if year not in going],
        "published": {row.year for row in rows if row.status == Status.PUBLISHED},
        "problem": problem,
        "typed": typed,
        "duty": publishing.duty_of(last),
    }
    return render(
        request, f"{_FOLDER}/list.html", context, status=UNPROCESSABLE if problem else 200
    )


def _year(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) == len("2026")):
        raise Refused("해를 ‘2026’처럼 네 자리로 골라 주십시오.", field="year")
    return int(text)


# --- one evaluation -------------------------------------------------------------------------------


@read_or_post
def show(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """Write, lay before the line, decide, publish: what the state and the right allow."""
    person = _person(request)
    evaluation = get_object_or_404(
        Evaluation.objects.select_related("saved_by", "started_by"), pk=pk
    )
    if not _may_see(person, evaluation):
        return refusing.refused(request, _refusal())
    if request.method == "POST" and request.POST.get("do") in {"save", "submit"}:
        return _save(request, context, evaluation, person)
    problem = ""
    if request.method == "POST":
        try:
            _ACTS.get(request.POST.get("do", ""), _unknown)(request, evaluation, person)
            return redirect(path_of(evaluation.pk))
        except Refused as refused:
            problem = str(refused)
    return _page(request, context, evaluation, person, problem=problem)


def _may_see(person: StaffMember, evaluation: Evaluation) -> bool:
    """Who writes them, and whoever was asked to sign this one."""
    if may(person.user, "write_evaluation"):
        return True
    asked = Signature.objects.filter(submission__evaluation=evaluation, approver=person)
    return asked.exists()


def _refusal() -> str:
    return _(
        "이행실적 평가는 관리자와 팀장이 쓰고, 결재를 부탁받은 분이 보는 화면입니다. 맡으신 일은 "
        "‘오늘 할 일’에 있고, 공개한 평가는 누구나 보는 ‘서비스헌장’에서 볼 수 있습니다."
    )


def _form(evaluation: Evaluation, *data: Any) -> EvaluationForm:
    now = timezone.now()
    rows = [
        sheet.Row(line, sheet.is_reached(line)) for line in sheet.lines_of(evaluation.year, now=now)
    ]
    people = centre_queries.employed(at=now).select_related("team")
    return EvaluationForm(*data, evaluation=evaluation, rows=rows, people=people)


def _save(
    request: HttpRequest, context: Context, evaluation: Evaluation, person: StaffMember
) -> HttpResponse:
    now = timezone.now()
    form = _form(evaluation, request.POST)
    if not form.is_valid():
        return _page(request, context, evaluation, person, form=form)
    try:
        writing.save(
            evaluation_id=evaluation.pk,
            version=form.cleaned_data["version"],
            draft=form.draft(),
            by=person,
            now=now,
        )
    except ChangedMeanwhile as changed:
        form = _again(request, evaluation)
        form.refuse(str(changed))
        return _page(request, context, evaluation, person, form=form, others=form.differing())
    except Refused as refused:
        form.refuse(str(refused), field=refused.field)
        return _page(request, context, evaluation, person, form=form)
    if request.POST["do"] == "save":
        messages.success(request, "저장했습니다. 언제든지 이어서 쓰실 수 있습니다.")
        return redirect(path_of(evaluation.pk))
    return _submit(request, context, evaluation, person)


def _again(request: HttpRequest, evaluation: Evaluation) -> EvaluationForm:
    """What was typed, on top of what stands now: saving it once more is meant."""
    evaluation.refresh_from_db()
    data = request.POST.copy()
    data["version"] = str(evaluation.version)
    form = _form(evaluation, data)
    form.is_valid()
    return form


def _submit(
    request: HttpRequest, context: Context, evaluation: Evaluation, person: StaffMember
) -> HttpResponse:
    """What was typed is saved already; what is missing is said beside its field."""
    now = timezone.now()
    form = _again(request, evaluation)
    for field, sentence in writing.missing(evaluation, now=now):
        form.refuse(sentence.partition(": ")[2] or sentence, field=field)
    if form.is_valid():
        try:
            approving.submit(evaluation_id=evaluation.pk, by=person, now=now)
        except Refused as refused:
            form.refuse(str(refused), field=refused.field)
        else:
            messages.success(request, "결재를 올렸습니다. 지금의 수와 글이 그대로 굳었습니다.")
            return redirect(path_of(evaluation.pk))
    return _page(request, context, evaluation, person, form=form, saved=True)


def _approve(request: HttpRequest, _evaluation: Evaluation, person: StaffMember) -> None:
    approving.approve(
        signature_id=_signature(request),
        comment=request.POST.get("comment", ""),
        by=person,
        now=timezone.now(),
    )
    messages.success(request, "결재했습니다.")


def _send_back(request: HttpRequest, _evaluation: Evaluation, person: StaffMember) -> None:
    approving.send_back(
        signature_id=_signature(request),
        comment=request.POST.get("comment", ""),
        by=person,
        now=timezone.now(),
    )
    messages.success(request, "까닭과 함께 돌려보냈습니다.")


def _signature(request: HttpRequest) -> int:
    text = request.POST.get("signature", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _take_back(request: HttpRequest, evaluation: Evaluation, person: StaffMember) -> None:
    approving.take_back(
        evaluation_id=evaluation.pk,
        reason=request.POST.get("reason", ""),
        by=person,
        now=timezone.now(),
    )
    messages.success(request, "거두었습니다. 고친 뒤 다시 올려 주십시오.")


def _pass_on(request: HttpRequest, evaluation: Evaluation, person: StaffMember) -> None:
    made = approving.pass_on(evaluation_id=evaluation.pk, by=person, now=timezone.now())
    messages.success(request, f"{made.approver}님께 결재를 올렸습니다.")


def _publish(request: HttpRequest, evaluation: Evaluation, person: StaffMember) -> None:
    publishing.publish(evaluation_id=evaluation.pk, by=person, now=timezone.now())
    messages.success(request, "공개했습니다. 조치는 개선 과제가 되었습니다.")


def _unknown(_request: HttpRequest, _evaluation: Evaluation, _person: StaffMember) -> None:
    raise Refused("어느 단추를 누르셨는지 알 수 없습니다. 화면을 새로 고쳐 다시 눌러 주십시오.")


_ACTS: Final[dict[str, Callable[[HttpRequest, Evaluation, StaffMember], None]]] = {
    "approve": _approve,
    "return": _send_back,
    "take_back": _take_back,
    "pass_on": _pass_on,
    "publish": _publish,
}


def _page(
    request: HttpRequest,
    context: Context,
    evaluation: Evaluation,
    person: StaffMember,
    *,
    form: EvaluationForm | None = None,
    problem: str = "",
    others: list[tuple[str, str]] | None = None,
    saved: bool = False,
) -> HttpResponse:
    writes = may(person.user, "write_evaluation")
    if form is None and evaluation.status == Status.DRAFT and writes:
        form = _form(evaluation)
    submission = approving.last_submission(evaluation)
    asked = approving.waiting(evaluation)
    frozen = submission is not None and evaluation.status != Status.DRAFT
    rows = (
        sheet.rows_of(submission.document) if frozen and submission else (form.rows if form else [])
    )
    wrong = problem or (form is not None and form.errors)
    context |= {
        "title": f"{evaluation.year}년 이행실적 평가",
        "evaluation": evaluation,
        "form": form,
        "parts": list(form.parts()) if form else [],
        "rows": rows,
        "summary": sheet.summary_of(rows),
        "document": submission.document if frozen and submission else None,
        "submission": submission,
        "signatures": _signatures(submission),
        "asked": asked,
        "to_sign": asked is not None and asked.approver_id == person.pk,
        "approver_away": asked is not None
        and not centre_queries.is_present(asked.approver, at=timezone.now()),
        "edition": Edition.objects.filter(submission=submission).first() if submission else None,
        "improvements": _improvements(evaluation),
        "writes": writes,
        "may_take_back": writes and approving.may_take_back(evaluation, person),
        "may_publish": may(person.user, "publish_evaluation"),
        "problem": problem,
        "others": others or [],
        "saved": saved,
        "typed": request.POST if problem else {},
    }
    return render(
        request, f"{_FOLDER}/evaluation.html", context, status=UNPROCESSABLE if wrong else 200
    )


def _signatures(submission: Submission | None) -> list[Signature]:
    if submission is None:
        return []
    rows = Signature.objects.filter(submission__evaluation=submission.evaluation_id)
    return list(rows.select_related("approver", "acting_for").order_by("pk"))


def _improvements(evaluation: Evaluation) -> list[Any]:
    rows = evaluation.remarks.exclude(duty=None).select_related("duty__person")
    return [row.duty for row in rows.order_by("duty__due_at", "pk")]


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheets as they would be printed: as frozen, or as they stand now."""
    person = _person(request)
    evaluation = get_object_or_404(Evaluation, pk=pk)
    if not _may_see(person, evaluation):
        return refusing.refused(request, _refusal())
    submission = approving.last_submission(evaluation)
    if submission is not None and evaluation.status != Status.DRAFT:
        document = submission.document
    else:
        remarks = evaluation.remarks.select_related("owner__team")
        document = sheet.document_of(evaluation, remarks, now=timezone.now())
    return HttpResponse(page_of(document, on_screen=True, back=path_of(pk)))
