"""Citizens' pages: filing, the receipt, and the case behind number and code."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db import InterfaceError, OperationalError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from centre.languages import in_korean, said
from complaints import drafts, queries, services, visits
from complaints.empty_form import empty_form
from complaints.errors import Refused, TooMany
from complaints.forms import (
    CitizenForm,
    MessageForm,
    NewCodeForm,
    OpinionForm,
    SupplementForm,
    TrackForm,
    WithdrawForm,
)
from complaints.models import Complaint
from complaints.texts import refusal, texts
from complaints.topics import offered
from records import services as records
from records.actors import CITIZEN
from records.addresses import client_address
from records.queries import files_of

AWAY = (OperationalError, InterfaceError)
read_or_post = require_http_methods(["GET", "HEAD", "POST"])


# --- filing -------------------------------------------------------------------------------------


@read_or_post
def new(request: HttpRequest) -> HttpResponse:
    """The form, and its one POST: a case and a redirect, or the form again with nothing lost."""
    if request.method != "POST":
        return _form_page(request, drawn=empty_form(request))
    form = OpinionForm(request.POST, request.FILES, topics=offered())
    status = 200
    if form.is_valid():
        status = _file(request, form)
        if not status:
            return redirect("complaints:received")
    form.keep_files()
    return _form_page(request, form, status=status)


def _file(request: HttpRequest, form: OpinionForm) -> int:
    """File what the form holds; 0 when done, else the status of the page that says why not."""
    now = timezone.now()
    filing = form.filing()
    try:
        with in_korean():
            filed = services.file_complaint(
                filing=filing,
                by=CITIZEN,
                now=now,
                address=client_address(request),
                seen=visits.seen(request, now=now),
            )
    except Refused as error:
        form.refuse(str(error), field=error.field)
        return 429 if isinstance(error, TooMany) else 200
    except AWAY:
        form.refuse(_(refusal("not_saved")))
        return 503
    visits.give_receipt(request, filed, now=now)
    drafts.drop(form.kept)
    return 0


def filed_without_token(request: HttpRequest) -> HttpResponse:
    """The form came without its security token: nothing is filed, what was typed comes back."""
    form = OpinionForm(request.POST, topics=offered())
    form.is_valid()
    form.refuse(
        _(
            "화면을 연 지 오래되었거나 쿠키가 꺼져 있어 접수하지 못했습니다. 쓰신 내용은 그대로 있습니다. "
            "쿠키를 허용하고 다시 보내 주십시오. 붙이신 파일은 다시 골라 주십시오."
        )
    )
    return _form_page(request, form, status=403)


def _form_page(
    request: HttpRequest,
    form: OpinionForm | None = None,
    *,
    drawn: SafeString | str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "drawn": drawn,
        "words": texts(),
        "again": status == 503,
    }
    response = render(request, "complaints/new.html", context, status=status)
    # Not no-store: going back to the page must find what was typed.
    patch_cache_control(response, private=True, no_cache=True)
    return response


@never_cache
@require_safe
def received(request: HttpRequest) -> HttpResponse:
    """Number and code, for ten minutes after filing; then how to get them again."""
    now = timezone.now()
    receipt = visits.receipt(request, now=now)
    if receipt is None:
        return render(request, "complaints/received_over.html")
    page = queries.tracking(receipt.complaint, now=now)
    return render(request, "complaints/received.html", {"receipt": receipt, "page": page})


# --- the way back to a case -----------------------------------------------------------------------


@never_cache
@read_or_post
def track(request: HttpRequest) -> HttpResponse:
    """Number and code open a case in this browser for an hour."""
    if request.method != "POST":
        typed = request.GET.get("receipt_number", "")[:40]
        form = TrackForm(initial={"receipt_number": typed} if typed else None)
        return render(request, "complaints/track.html", {"form": form, "came_back": bool(typed)})
    form = TrackForm(request.POST)
    status = 200
    if form.is_valid():
        now = timezone.now()
        try:
            with in_korean():
                complaint = services.open_case(
                    **form.cleaned_data, address=client_address(request), now=now
                )
        except Refused as error:
            status = _refuse(form, error)
        else:
            visits.open_case(request, complaint, now=now)
            return redirect("complaints:case", receipt_number=complaint.receipt_number)
    return render(request, "complaints/track.html", {"form": form}, status=status)


@never_cache
@read_or_post
def new_code(request: HttpRequest) -> HttpResponse:
    """A new access code to the registered contact; the page never says whether there is such a case."""
    if request.method != "POST":
        typed = request.GET.get("receipt_number", "")[:40]
        form = NewCodeForm(initial={"receipt_number": typed} if typed else None)
        return render(request, "complaints/code.html", {"form": form})
    form = NewCodeForm(request.POST)
    status = 200
    if form.is_valid():
        try:
            with in_korean():
                services.reissue_code(
                    **form.cleaned_data, address=client_address(request), now=timezone.now()
                )
        except Refused as error:
            status = _refuse(form, error)
        else:
            return render(request, "complaints/code_sent.html")
    return render(request, "complaints/code.html", {"form": form}, status=status)


def _refuse(form: CitizenForm, error: Refused) -> int:
    form.refuse(str(error), field=error.field)
    return 429 if isinstance(error, TooMany) else 200


def _back_to_track(receipt_number: str) -> HttpResponse:
    query = urlencode({"receipt_number": receipt_number[:40]})
    return redirect(f"{reverse('complaints:track')}?{query}")


# --- the case -------------------------------------------------------------------------------------


@never_cache
@read_or_post
def case(request: HttpRequest, receipt_number: str) -> HttpResponse:
    """The case, for a browser that opened it with its code; all others are asked for number and code."""
    complaint = visits.opened(request, receipt_number, now=timezone.now())
    if complaint is None:
        visits.put_aside(request, receipt_number, request.POST.get("text", ""))
        return _back_to_track(receipt_number)
    if request.method == "POST":
        act = _ACTIONS.get(request.POST.get("do", ""))
        return act(request, complaint) if act else _back_to(complaint)
    return _case_page(request, complaint)


def _case_page(
    request: HttpRequest,
    complaint: Complaint,
    *,
    form: SupplementForm | MessageForm | None = None,
    status: int = 200,
) -> HttpResponse:
    page = queries.tracking(complaint, now=timezone.now())
    if page.can_supplement and isinstance(form, MessageForm):  # asked while it was being typed
        messages.error(request, " ".join(said for _place, said in form.problems))
        form = SupplementForm(initial={"text": form.data.get("text", "")})
    if form is None and (page.can_supplement or page.can_message):
        text = visits.put_aside_text(request, complaint.receipt_number)
        kind = SupplementForm if page.can_supplement else MessageForm
        form = kind(initial={"text": text})
    context = {"page": page, "case": complaint, "form": form}
    return render(request, "complaints/case.html", context, status=status)


def _back_to(complaint: Complaint) -> HttpResponse:
    return redirect("complaints:case", receipt_number=complaint.receipt_number)


def _supplement(request: HttpRequest, complaint: Complaint) -> HttpResponse:
    form = SupplementForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            with in_korean():
                services.supplement(
                    complaint_id=complaint.pk,
                    text=form.cleaned_data["text"],
                    files=form.all_files,
                    by=CITIZEN,
                    now=timezone.now(),
                )
        except Refused as error:
            form.refuse(str(error), field=error.field)
        else:
            drafts.drop(form.kept)
            messages.success(request, _("알려 주신 내용을 잘 받았습니다."))
            return _back_to(complaint)
    form.keep_files()
    return _case_page(request, complaint, form=form)


def _message(request: HttpRequest, complaint: Complaint) -> HttpResponse:
    form = MessageForm(request.POST)
    if form.is_valid():
        try:
            with in_korean():
                services.leave_message(
                    complaint_id=complaint.pk, text=form.cleaned_data["text"], now=timezone.now()
                )
        except Refused as error:
            form.refuse(str(error), field=error.field)
        else:
            messages.success(request, _("남기신 말씀을 담당자에게 전했습니다."))
            return _back_to(complaint)
    return _case_page(request, complaint, form=form)


def _withdraw(request: HttpRequest, complaint: Complaint) -> HttpResponse:
    """Asks first; only the second, confirmed POST withdraws."""
    confirmed = request.POST.get("confirmed") == "yes"
    form = WithdrawForm(request.POST if confirmed else None)
    if confirmed and form.is_valid():
        try:
            with in_korean():
                services.withdraw(
                    complaint_id=complaint.pk,
                    by=CITIZEN,
                    reason=form.cleaned_data["reason"],
                    now=timezone.now(),
                )
        except Refused as error:
            form.refuse(str(error), field=error.field)
        else:
            messages.success(
                request, _("요청하신 대로 취하하였습니다. 그동안 말씀해 주셔서 감사합니다.")
            )
            return _back_to(complaint)
    return render(request, "complaints/withdraw.html", {"case": complaint, "form": form})


def _answer_extension(request: HttpRequest, complaint: Complaint) -> HttpResponse:
    agreed = request.POST["do"] == "agree"
    try:
        with in_korean():
            services.answer_extension(complaint_id=complaint.pk, agreed=agreed, now=timezone.now())
    except Refused as error:
        messages.error(request, said(error))
    else:
        messages.success(request, _("답해 주셔서 감사합니다. 담당자에게 전했습니다."))
    return _back_to(complaint)


_ACTIONS: dict[str, Callable[[HttpRequest, Complaint], HttpResponse]] = {
    "supplement": _supplement,
    "message": _message,
    "withdraw": _withdraw,
    "agree": _answer_extension,
    "disagree": _answer_extension,
}


@never_cache
@require_safe
def file(request: HttpRequest, receipt_number: str, file_id: UUID) -> HttpResponse | FileResponse:
    """An attachment, to be saved, for a browser that opened the case."""
    complaint = visits.opened(request, receipt_number, now=timezone.now())
    if complaint is None:
        return _back_to_track(receipt_number)
    files = files_of(queries.SUBJECT, complaint.pk).filter(visible_to_citizen=True)
    stored = files.filter(pk=file_id).first()
    if stored is None:
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
