"""What the stages add to the citizen's page: saying it again, and the letter of apology."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from centre.languages import in_korean
from complaints import drafts, services, visits
from complaints.errors import Refused, TooMany
from complaints.forms import SupplementForm
from complaints.models import Complaint
from complaints.services import apologies, repeating
from records import services as records
from records.addresses import client_address


class AgainForm(SupplementForm):
    """다시 말씀하기: what happened since, in the citizen's words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        text = self.fields["text"]
        text.label = _lazy("다시 말씀하실 내용")
        text.help_text = _lazy(
            "답변을 받으신 뒤 무엇이 달라지지 않았는지, 어떻게 되기를 바라는지 적어 주십시오."
        )
        text.error_messages["required"] = _lazy("다시 말씀하실 내용을 적어 주십시오.")


def on_the_page(complaint: Complaint, *, now: datetime) -> dict[str, Any] | None:
    """For the case's page: the letters that were sent, and whether it can be said again."""
    found = {
        "template": "complaints/_again.html",
        "case": complaint,
        "stage": complaint.stage,
        "previous": repeating.confirmed(complaint),
        "letters": [
            (letter, apologies.document_of(letter, complaint).text())
            for letter in apologies.told_letters(complaint)
        ],
        "may_raise": repeating.may_raise_again(complaint, now=now),
    }
    shown = found["letters"] or found["may_raise"] or complaint.stage > 1
    return found if shown else None


def _opened(request: HttpRequest, receipt_number: str) -> Complaint | HttpResponse:
    """The case, or the page that asks for number and code."""
    complaint = visits.opened(request, receipt_number, now=timezone.now())
    if complaint is not None:
        return complaint
    visits.put_aside(request, receipt_number, request.POST.get("text", ""))
    query = urlencode({"receipt_number": receipt_number[:40]})
    return redirect(f"{reverse('complaints:track')}?{query}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def raise_again(request: HttpRequest, receipt_number: str) -> HttpResponse:
    """A look at the page does nothing; only its POST files another case."""
    complaint = _opened(request, receipt_number)
    if isinstance(complaint, HttpResponse):
        return complaint
    now = timezone.now()
    form = AgainForm(request.POST, request.FILES) if request.method == "POST" else None
    status = 200
    if form is not None:
        if form.is_valid():
            status = _file(request, complaint, form, now=now)
            if not status:
                return redirect("complaints:received")
        form.keep_files()
    elif not repeating.may_raise_again(complaint, now=now):
        return redirect("complaints:case", receipt_number=complaint.receipt_number)
    if form is None:
        text = visits.put_aside_text(request, complaint.receipt_number)
        form = AgainForm(initial={"text": text})
    context = {"case": complaint, "form": form}
    return render(request, "complaints/again.html", context, status=status)


def _file(request: HttpRequest, complaint: Complaint, form: AgainForm, *, now: datetime) -> int:
    """0 when filed, else the status of the page that says why not."""
    try:
        with in_korean():
            filed = services.raise_again(
                complaint_id=complaint.pk,
                text=form.cleaned_data["text"],
                files=form.all_files,
                form_token=form.token,
                address=client_address(request),
                now=now,
            )
    except Refused as error:
        form.refuse(str(error), field=error.field)
        return 429 if isinstance(error, TooMany) else 200
    visits.give_receipt(request, filed, now=now)
    drafts.drop(form.kept)
    return 0


@never_cache
@require_safe
def letter(
    request: HttpRequest, receipt_number: str, letter_id: int
) -> HttpResponse | FileResponse:
    """The letter of apology as a PDF, or as a page to print where there is none."""
    complaint = _opened(request, receipt_number)
    if isinstance(complaint, HttpResponse):
        return complaint
    found = next((one for one in apologies.told_letters(complaint) if one.pk == letter_id), None)
    if found is None:
        raise Http404
    if found.file is None:
        back = reverse("complaints:case", args=[complaint.receipt_number])
        return HttpResponse(apologies.document_of(found, complaint).html(on_screen=True, back=back))
    try:
        content = records.open_file(found.file)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        content,
        as_attachment=True,
        filename=found.file.name,
        content_type=found.file.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
