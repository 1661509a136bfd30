"""Results: the public page, frozen; and the page on which staff prepare, publish and correct them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from centre import queries as centre_queries
from centre.models import StaffMember, User
from centre.rights import may
from centre.words import korean_day
from surveys import results
from surveys.errors import Refused
from surveys.models import Publication, Status, Survey
from surveys.questionnaires import common
from surveys.result_sheet import sheet, years
from surveys.services import findings, measuring, publishing

_TEXTS_A_PAGE: Final = 30


@require_safe
def public(request: HttpRequest, slug: str) -> HttpResponse:
    """What was published, as it was published; below it what is done about it. Seven queries."""
    survey = results.find_published(slug)
    if survey is None or survey.is_model:
        raise Http404
    publications = list(survey.publications.order_by("number"))
    series = results.series_of(survey)
    if not publications:
        others = [one for one, _told in series if one.pk != survey.pk]
        context = {"survey": survey, "others": others[::-1]}
        return render(request, "surveys/no_results.html", context)
    latest = publications[-1]
    context = {
        "survey": survey,
        "latest": latest,
        "first": publications[0],
        "corrections": publications[1:],
        "sheet": sheet(latest.results),
        "years": years(_named(series)),
        "texts": results.released_texts(survey),
        "findings": results.findings_of(survey),
        "formula": common()["formula"],
    }
    return render(request, "surveys/results.html", context)


def _named(series: list[tuple[Survey, results.Results]]) -> list[tuple[str, results.Results]]:
    """Each survey by the year in which it ended, with its version where a year has several."""
    named = [
        (survey.closed_at.astimezone(timezone.get_default_timezone()).year, survey.version, told)
        for survey, told in series
        if survey.closed_at is not None
    ]
    of_year = [year for year, _version, _told in named]
    return [
        (f"{year}년" if of_year.count(year) == 1 else f"{year}년 {version}판", told)
        for year, version, told in named
    ]


# --- for staff ------------------------------------------------------------------------------------


def staff(request: HttpRequest, context: dict[str, Any], pk: int) -> HttpResponse:
    """Results before and after publication, opinions, findings and their actions.

    After a refusal what was typed is still there.
    """
    person = _person(request)
    survey = get_object_or_404(Survey.objects.exclude(status=Status.DRAFT), pk=pk)
    now = timezone.now()
    if request.method == "POST":
        try:
            said = _act(request, survey, by=person, now=now)
        except Refused as error:
            typed = {"typed": request.POST, "refused": error}
            return _staff_page(request, context | typed, survey, person=person, now=now, status=400)
        messages.success(request, said)
        return redirect(request.get_full_path())
    return _staff_page(request, context, survey, person=person, now=now)


def _person(request: HttpRequest) -> StaffMember:
    user = request.user
    person = centre_queries.person_of(user) if isinstance(user, User) else None
    if person is None or not may(user, "see_survey_results"):
        raise PermissionDenied
    return person


def _staff_page(
    request: HttpRequest,
    context: dict[str, Any],
    survey: Survey,
    *,
    person: StaffMember,
    now: datetime,
    status: int = 200,
) -> HttpResponse:
    final = results.is_final(survey, now=now)
    publications = list(survey.publications.select_related("published_by").order_by("number"))
    told = _told(survey, publications, final=final)
    texts = Paginator(results.texts_of(survey), _TEXTS_A_PAGE) if final else None
    context |= {
        "title": f"{survey.title} 결과",
        "survey": survey,
        "me": person,
        "final": final,
        "answered": survey.responses.count(),
        "publications": publications,
        "sheet": sheet(told) if told is not None else None,
        "texts": texts.get_page(request.GET.get("page")) if texts else None,
        "findings": results.findings_of(survey),
        "questions": survey.questions.order_by("order", "pk"),
        "people": centre_queries.employed(at=now).select_related("team").order_by("team__place", "name"),
        "measures": _measures(survey, now),
        "may_lead": may(request.user, "answer_survey_findings"),
        "may_publish": may(request.user, "publish_survey_results"),
        "formula": common()["formula"],
    }  # fmt: skip
    return render(request, "admin/surveys/survey/results.html", context, status=status)


def _told(
    survey: Survey, publications: list[Publication], *, final: bool
) -> results.Results | None:
    """What is published, or what would be; nothing while answers still come."""
    if publications:
        found: results.Results = publications[-1].results
        return found
    return results.results_of(survey) if final else None


def _measures(survey: Survey, now: datetime) -> list[measuring.Measure]:
    """The last two quarters, on the pages of surveys that these measures are read from."""
    if not any(survey.kind in asked for asked, _option in measuring.QUARTERLY.values()):
        return []
    days = measuring.quarters_that_ended(now=now)[:2]
    return [measuring.measure_quarter(code, day) for day in days for code in measuring.QUARTERLY]


# --- what staff do --------------------------------------------------------------------------------


def _act(request: HttpRequest, survey: Survey, *, by: StaffMember, now: datetime) -> str:
    verb = _VERBS.get(request.POST.get("do", ""))
    if verb is None:
        raise Refused(_("모르는 단추입니다. 화면을 새로 고친 뒤 다시 눌러 주십시오."))
    return verb(request, survey, by, now)


def _publish(request: HttpRequest, survey: Survey, by: StaffMember, now: datetime) -> str:
    publishing.publish(survey_id=survey.pk, comment=request.POST.get("comment", ""), by=by, now=now)
    return _("결과를 공개했습니다.")


def _correct(request: HttpRequest, survey: Survey, by: StaffMember, now: datetime) -> str:
    made = publishing.correct(
        survey_id=survey.pk,
        reason=request.POST.get("reason", ""),
        comment=request.POST.get("comment", ""),
        by=by,
        now=now,
    )
    if made.results.get("numbers_kept"):
        return _(
            "설명을 바로잡았습니다. 달라진 응답이 5명 미만이어서, 앞의 결과와 견주면 누구인지 "
            "드러날 수 있으므로 수는 그대로 두었습니다."
        )
    return _("바로잡은 결과를 공개했습니다. 앞의 결과와 까닭은 기록에 남습니다.")


def _release(request: HttpRequest, survey: Survey, by: StaffMember, now: datetime) -> str:
    answer_id = _answer_of(request, survey)
    publishing.release_text(answer_id=answer_id, text=request.POST.get("text", ""), by=by, now=now)
    if survey.status == Status.PUBLISHED:
        return _("의견을 공개했습니다.")
    return _("공개할 의견으로 골랐습니다. 결과를 공개하면 함께 보입니다.")


def _withdraw(request: HttpRequest, survey: Survey, by: StaffMember, now: datetime) -> str:
    publishing.withdraw_text(answer_id=_answer_of(request, survey), by=by, now=now)
    return _("의견을 공개하지 않습니다.")


def _answer_of(request: HttpRequest, survey: Survey) -> str:
    """The opinion meant, if it is one of this survey's that staff may see."""
    sent = request.POST.get("answer", "")
    known = {str(pk) for pk in results.texts_of(survey).values_list("pk", flat=True)}
    if sent not in known:
        raise Refused(_("그 의견을 찾을 수 없습니다. 화면을 새로 고쳐 주십시오."))
    return sent


def _enter(request: HttpRequest, survey: Survey, by: StaffMember, now: datetime) -> str:
    findings.enter_finding(
        survey_id=survey.pk,
        text=request.POST.get("text", ""),
        question_id=_number(request, "question"),
        by=by,
        now=now,
    )
    return _("지적을 적었습니다. 10근무일 안에 조치와 담당을 정해 주십시오.")


def _decide(request: HttpRequest, survey: Survey, by: StaffMember, now: datetime) -> str:
    found = findings.decide_action(
        finding_id=_finding_of(request, survey),
        action=request.POST.get("action", ""),
        owner_id=_number(request, "owner") or 0,
        due_on=_day(request),
        by=by,
        now=now,
    )
    return _("조치를 정했습니다. %(owner)s 님에게 알립니다.") % {"owner": found.owner}


def _move(request: HttpRequest, survey: Survey, by: StaffMember, now: datetime) -> str:
    found = findings.move_action(
        finding_id=_finding_of(request, survey),
        due_on=_day(request),
        reason=request.POST.get("reason", ""),
        by=by,
        now=now,
    )
    assert found.due_on is not None  # noqa: S101 - just set
    return _("기한을 %(day)s(으)로 늦추었습니다.") % {"day": korean_day(found.due_on)}


def _finish(request: HttpRequest, survey: Survey, by: StaffMember, now: datetime) -> str:
    findings.finish_action(
        finding_id=_finding_of(request, survey),
        evidence=request.POST.get("evidence", ""),
        by=by,
        now=now,
    )
    return _("한 일을 적었습니다. 다른 사람이 확인합니다.")


def _verify(request: HttpRequest, survey: Survey, by: StaffMember, now: datetime) -> str:
    carried_out = request.POST.get("do") == "verify"
    findings.verify_action(
        finding_id=_finding_of(request, survey),
        carried_out=carried_out,
        note=request.POST.get("note", ""),
        by=by,
        now=now,
    )
    return _("확인을 적었습니다.") if carried_out else _("아직 이루어지지 않은 것으로 적었습니다.")


_VERBS: Final[dict[str, Callable[[HttpRequest, Survey, StaffMember, datetime], str]]] = {
    "publish": _publish,
    "correct": _correct,
    "release": _release,
    "withdraw": _withdraw,
    "enter": _enter,
    "decide": _decide,
    "move": _move,
    "finish": _finish,
    "verify": _verify,
    "not_done": _verify,
}


def _number(request: HttpRequest, name: str) -> int | None:
    sent = request.POST.get(name, "")
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else None


def _finding_of(request: HttpRequest, survey: Survey) -> int:
    pk = _number(request, "finding")
    if pk is None or not survey.findings.filter(pk=pk).exists():
        raise Refused(_("그 지적을 찾을 수 없습니다. 화면을 새로 고쳐 주십시오."))
    return pk


def _day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.POST.get("due_on", ""))
    except ValueError:
        raise Refused(_("기한을 날짜로 골라 주십시오."), field="due_on") from None
