"""Citizens' pages: what is asked, the answers, and the way back to a case. A look changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from centre import options
from complaints import visits
from complaints.errors import TooMany
from complaints.services import limits
from records.addresses import client_address
from surveys import queries, questionnaires, services
from surveys.errors import Ended, NotNow, Refused, Unanswerable, UnknownToken, Used
from surveys.forms import AgainForm, AnswerSheet
from surveys.models import Invitation, Kind, Status, Survey

AWAY = (OperationalError, InterfaceError)
NOT_FITTING, GONE, MANY, DOWN = 422, 410, 429, 503
#: How long a browser that answered is not asked again: those who come often may say so each time.
_REMEMBERED: Final = {
    Kind.VISIT: timedelta(hours=12),
    Kind.PHONE: timedelta(hours=12),
    Kind.YEARLY: timedelta(days=365),
}
read_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What can be answered now and what was published."""
    now = timezone.now()
    context = {"open": queries.listed(now=now), "published": list(queries.published()[:50])}
    return render(request, "surveys/home.html", context)


@require_safe
def short(request: HttpRequest, slug: str) -> HttpResponse:
    """The short address on cards and papers."""
    return redirect("survey", slug=slug)


# --- by open link ---------------------------------------------------------------------------------


@never_cache
@read_or_post
def by_link(request: HttpRequest, slug: str) -> HttpResponse:
    """A survey that everybody may answer, once a browser."""
    now = timezone.now()
    survey = queries.find_survey(slug)
    if survey is None and queries.is_prepared(slug):
        return _unlogged(render(request, "surveys/early.html"))
    if survey is None or survey.is_model:
        raise Http404
    if not survey.by_open_link:
        return _over(request, survey, "invited", status=200)
    if _cookie(survey) in request.COOKIES:
        return _over(request, survey, "used", status=200)
    if request.method != "POST":
        if not survey.is_open_at(now):
            return _over(request, survey, _why_over(survey), status=200)
        return _page(request, survey, AnswerSheet.blank(survey))
    sheet = AnswerSheet.of(survey, request.POST)
    refused = _too_many(request, sheet, now=now) or _take(request, sheet, None, now=now)
    return refused or _remember(_over(request, survey, "thanks", status=200), survey)


def _why_over(survey: Survey) -> str:
    return "published" if survey.status == Status.PUBLISHED else "ended"


def _cookie(survey: Survey) -> str:
    return f"answered-{survey.pk}"


def _remember(response: HttpResponse, survey: Survey) -> HttpResponse:
    """The browser remembers, and nobody else: no session, no address, no answer in it."""
    response.set_cookie(
        _cookie(survey),
        "1",
        max_age=_REMEMBERED[Kind(survey.kind)],
        path="/surveys/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _too_many(request: HttpRequest, sheet: AnswerSheet, *, now: datetime) -> HttpResponse | None:
    count = limits.count("survey-answers", client_address(request), now=now)
    if count <= options.number("survey_answers_per_address"):
        return None
    sheet.refuse({"": str(limits.refuse(now=now))})
    return _page(request, sheet.survey, sheet, status=MANY)


# --- by invitation --------------------------------------------------------------------------------


@never_cache
@read_or_post
def by_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The survey of one invitation. Mail scanners that follow the link leave no trace."""
    now = timezone.now()
    found = _invitation(request, token, now=now)
    if isinstance(found, HttpResponse):
        return found
    survey = _with_questions(found)
    posted = request.method == "POST"
    try:
        services.check_open(found, now=now, began=posted)
    except Used:
        return _thanks(request, found, token, "used", now=now)
    except Ended:
        return _over(request, survey, "ended", status=GONE)
    if not posted:
        return _page(request, survey, AnswerSheet.blank(survey), invitation=found)
    refused = _take(request, AnswerSheet.of(survey, request.POST), found, now=now)
    if refused is not None:
        return refused
    response = redirect("survey-thanks", token=token)
    return _remember(response, survey) if survey.by_open_link else response


@never_cache
@require_safe
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    found = _invitation(request, token, now=now)
    if isinstance(found, HttpResponse):
        return found
    if not found.used:
        return redirect("survey-answer", token=token)
    return _thanks(request, found, token, "thanks", now=now)


@never_cache
@read_or_post
def again(request: HttpRequest, token: str) -> HttpResponse:
    """다시 살펴봐 주세요: what it means, and only its POST does it."""
    now = timezone.now()
    found = _invitation(request, token, now=now)
    if isinstance(found, HttpResponse):
        return found
    if not services.may_ask_again(found, now=now):
        return redirect("survey-answer", token=token)
    form = AgainForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            filed = services.look_again(
                invitation=found,
                text=form.cleaned_data["text"],
                address=client_address(request),
                now=now,
            )
        except TooMany as many:
            form.add_error(None, str(many))
            status = MANY
        except Refused as refused:
            form.add_error(None, str(refused))
            status = NOT_FITTING
        else:
            if filed is None:
                return _over(request, found.survey, "reopened", status=200)
            visits.give_receipt(request, filed, now=now)
            return redirect("complaints:received")
    elif form.errors:
        status = NOT_FITTING
    context = {"form": form, "token": token, "words": questionnaires.unresolved()}
    return _unlogged(render(request, "surveys/again.html", context, status=status))


def _invitation(request: HttpRequest, token: str, *, now: datetime) -> Invitation | HttpResponse:
    """The invitation, or the page that says that there is none."""
    try:
        return services.find_invitation(token=token, address=client_address(request), now=now)
    except UnknownToken as refused:
        context, status = {"message": str(refused)}, 404
    except TooMany as many:
        context, status = {"message": str(many)}, MANY
    return _unlogged(render(request, "surveys/unknown.html", context, status=status))


def _with_questions(invitation: Invitation) -> Survey:
    found = queries.with_questions(Survey.objects.filter(pk=invitation.survey_id)).get()
    invitation.survey = found
    return found


def _thanks(
    request: HttpRequest, invitation: Invitation, token: str, what: str, *, now: datetime
) -> HttpResponse:
    offer = services.may_ask_again(invitation, now=now)
    extra = {"again": reverse("survey-again", args=[token]) if offer else ""}
    return _over(request, invitation.survey, what, status=200, **extra)


# --- both -----------------------------------------------------------------------------------------


def _take(
    request: HttpRequest, sheet: AnswerSheet, invitation: Invitation | None, *, now: datetime
) -> HttpResponse | None:
    """None when the answers were taken; else the page that says why not, with all that was typed."""
    try:
        services.answer(
            survey_id=sheet.survey.pk,
            edition=sheet.edition,
            given=sheet.sent,
            nonce=sheet.nonce,
            invitation=invitation,
            now=now,
        )
    except Unanswerable as refused:
        sheet.refuse(refused.problems)
    except Used:
        return None if invitation is None else _over(request, sheet.survey, "used", status=200)
    except Ended:
        return _over(request, sheet.survey, "ended", status=GONE)
    except NotNow as refused:
        sheet.refuse({"": str(refused)})
        sheet.asks_anew()
    except Refused as refused:
        sheet.refuse({"": str(refused)})
    except AWAY:
        sheet.refuse(
            {"": "지금 저장하지 못했습니다. 쓰신 답은 그대로 있으니 잠시 뒤 다시 보내 주십시오."}
        )
        return _page(request, sheet.survey, sheet, status=DOWN, invitation=invitation)
    else:
        return None
    return _page(request, sheet.survey, sheet, status=NOT_FITTING, invitation=invitation)


def _page(
    request: HttpRequest,
    survey: Survey,
    sheet: AnswerSheet,
    *,
    status: int = 200,
    invitation: Invitation | None = None,
) -> HttpResponse:
    """What is asked, and until when: an invitation may end before its survey does."""
    ends = [survey.closes_at, invitation.expires_at if invitation else None]
    answer_by = min((end for end in ends if end is not None), default=None)
    context = {"survey": survey, "form": sheet, "answer_by": answer_by}
    return _unlogged(render(request, "surveys/survey.html", context, status=status))


def _over(
    request: HttpRequest, survey: Survey, what: str, *, status: int, **extra: Any
) -> HttpResponse:
    """The page at the end: thanks, answered before, over, or for those who were invited."""
    context = {
        "survey": survey,
        "what": what,
        "words": questionnaires.unresolved(),
        "shown_thanks": survey.thanks.replace("{{ centre_name }}", options.text("centre_name")),
        **extra,
    }
    return _unlogged(render(request, "surveys/over.html", context, status=status))


def _unlogged(response: HttpResponse) -> HttpResponse:
    """Refusals here are answers like others; and the address may hold a token."""
    response._has_been_logged = True  # type: ignore[attr-defined] # noqa: SLF001 - Django's own
    return response
