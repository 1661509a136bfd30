"""Documents of the stages on the screen, to be read and printed."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from complaints.back_office.views import visible_case
from complaints.services import apologies
from complaints.stage_documents import CannotPrint, Document, check_printing


def letter(request: HttpRequest, pk: int, letter_id: int) -> HttpResponse:
    """A letter of apology as it is printed, for staff who may read the case."""
    case = visible_case(request, pk)
    found = case.letters.select_related("earlier", "drafted_by").filter(pk=letter_id).first()
    if found is None:
        raise Http404
    back = reverse("admin:complaints_complaint_change", args=[case.pk])
    return page_of(apologies.document_of(found, case), back=back)


def page_of(document: Document, *, back: str) -> HttpResponse:
    """The print page; where no PDF can be made, it says which package is missing."""
    why = ""
    try:
        check_printing()
    except CannotPrint as error:
        why = str(error)
    return HttpResponse(document.html(on_screen=True, back=back, why=why))
