"""What everybody reads: the evaluations that were published, as they were published."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from centre.charts import bars
from complaints.stage_documents import CannotPrint
from dashboards.evaluation import publishing, sheet
from dashboards.evaluation.models import Edition, Remark
from dashboards.evaluation.printing import page_of, pdf_of

_PATIENCE: Final = "public, max-age=3600"


@require_safe
def evaluations(request: HttpRequest) -> HttpResponse:
    """Every year with its latest edition; one query."""
    latest: dict[int, Edition] = {}
    for edition in Edition.objects.select_related("submission"):
        latest.setdefault(edition.year, edition)
    years = [
        (edition, sheet.summary_of(sheet.rows_of(edition.submission.document)))
        for edition in latest.values()
    ]
    return render(request, "dashboards/evaluation/list.html", {"years": years})


def _editions(year: int) -> list[Edition]:
    """The newest first; Http404 where nothing of that year was published."""
    found = list(Edition.objects.filter(year=year).select_related("submission"))
    if not found:
        raise Http404
    return found


def _edition(year: int, number: int | None) -> tuple[Edition, list[Edition]]:
    editions = _editions(year)
    for edition in editions:
        if number is None or edition.number == number:
            return edition, editions
    raise Http404


@require_safe
def evaluation(request: HttpRequest, year: int, number: int | None = None) -> HttpResponse:
    """One edition, with the way to the others; two queries."""
    edition, editions = _edition(year, number)
    document: sheet.Document = edition.submission.document
    rows = sheet.rows_of(document)
    drawn = sheet.bars_of(rows)
    remarks = Remark.objects.filter(
        evaluation=edition.submission.evaluation_id, duty__isnull=False
    ).select_related("duty")
    done = {remark.code: remark.duty for remark in remarks}
    context = {
        "edition": edition,
        "editions": editions,
        "is_latest": edition == editions[0],
        "document": document,
        "rows": rows,
        "told": [(row, done.get(row.code)) for row in rows if row.has_words],
        "summary": sheet.summary_of(rows),
        "chart": bars("rates", f"{year}년 약속마다 지킨 비율", drawn) if drawn else "",
        "pdf": f"{publishing.public_path(year, edition.number)}pdf/",
    }
    return render(request, "dashboards/evaluation/evaluation.html", context)


@require_safe
def pdf(request: HttpRequest, year: int, number: int) -> HttpResponse:
    """The PDF; where none can be made here, the same sheets to be printed from the browser."""
    edition, _editions_of_year = _edition(year, number)
    back = publishing.public_path(year, number)
    try:
        content = pdf_of(edition)
    except CannotPrint:
        why = "이 서버에서는 PDF를 만들 수 없습니다. 이 화면을 인쇄해 주십시오."
        page = page_of(
            edition.submission.document, edition=edition, on_screen=True, back=back, why=why
        )
        return HttpResponse(page)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="evaluation-{year}-{number}.pdf"'
    response["Cache-Control"] = _PATIENCE
    response["X-Content-Type-Options"] = "nosniff"
    return response
