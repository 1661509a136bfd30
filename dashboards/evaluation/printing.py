"""The evaluation on A4: for the screen, for the printer, and as PDF with titles and tags.

Made with what the letters are made with (`complaints.stage_documents`); where a machine cannot make
a PDF, the page is printed from the browser instead.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.template.loader import render_to_string

from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.words import korean_day
from complaints import stage_documents
from dashboards.evaluation import sheet
from dashboards.evaluation.models import Edition

STYLE: Final = "documents/evaluation.css"
_KEPT_FOR: Final = 24 * 3600


def page_of(
    document: sheet.Document,
    *,
    edition: Edition | None = None,
    on_screen: bool = False,
    back: str = "",
    why: str = "",
) -> str:
    """The sheets as one HTML page; without ``edition`` it says that it is a draft."""
    rows = sheet.rows_of(document)
    context = {
        "document": document,
        "rows": rows,
        "told": [row for row in rows if row.has_words],
        "summary": sheet.summary_of(rows),
        "edition": edition,
        "published_on": korean_day(seoul_day(edition.published_at)) if edition else "",
        "centre": centre_queries.facts(),
        "on_screen": on_screen,
        "back": back,
        "why": why,
    }
    return render_to_string("dashboards/evaluation/sheets.html", context)


def pdf_of(edition: Edition) -> bytes:
    """The PDF of an edition, which never changes: made once a day at most. CannotPrint."""
    stage_documents.check_printing()
    page = page_of(edition.submission.document, edition=edition)
    digest = hashlib.sha256(page.encode()).hexdigest()
    key = f"evaluation-pdf:{edition.pk}:{digest}"
    found: bytes | None = cache.get(key)
    if found is None:
        found = _pdf(page, name=f"evaluation-{edition.year}-{edition.number}")
        cache.set(key, found, _KEPT_FOR)
    return found


def _pdf(page: str, *, name: str) -> bytes:
    from weasyprint import CSS, HTML  # noqa: PLC0415 - heavy, and not there on every machine

    style = CSS(filename=finders.find(STYLE), url_fetcher=stage_documents.fetch_nothing)
    source = HTML(
        string=stage_documents.words_kept_whole(page), url_fetcher=stage_documents.fetch_nothing
    )
    made: Any = source.write_pdf(
        stylesheets=[style], pdf_identifier=name.encode(), pdf_variant="pdf/ua-1"
    )
    return bytes(made)
