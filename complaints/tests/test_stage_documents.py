"""Documents of the stages: as PDFs on one page, and printed from the browser where none is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from complaints import services, stage_documents
from complaints.models import ApologyLetter
from complaints.services import apologies
from complaints.stage_documents import CannotPrint
from complaints.tests.conftest import MORNING
from complaints.tests.staff import browser_of, page_of
from complaints.tests.test_repeating import ACCEPTED, FIRST, LATER, answer, letter_told
from notices.models import Notice

File = Callable[..., services.Filed]


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def told(file: File) -> ApologyLetter:
    one = file(**FIRST).complaint
    answer(one, ACCEPTED, now=MORNING)
    two = services.raise_again(complaint_id=one.pk, text="또", now=LATER).complaint
    return letter_told(two, now=LATER)


def test_without_a_korean_font_the_letter_goes_as_text_and_is_printed_from_its_page(
    file: File, monkeypatch: Any
) -> None:
    monkeypatch.setattr(stage_documents, "has_korean_font", lambda: False)
    letter = told(file)
    assert letter.status == "told"
    assert letter.file is None
    notice = Notice.objects.get(template="apology-letter")
    assert "진심으로 사과드립니다" in notice.body
    assert "(PDF)" not in notice.body
    page = page_of(
        browser_of("nam.gy").get(
            f"/admin/complaints/complaint/{letter.complaint_id}/letters/{letter.pk}/"
        )
    )
    assert "fonts-noto-cjk 꾸러미를 설치해" in page
    assert "data-print" in page
    assert "거듭 불편을 드린 데 대한 사과와 조치 결과" in page


def test_where_pango_is_missing_its_package_is_named(monkeypatch: Any) -> None:
    monkeypatch.setattr(stage_documents, "has_korean_font", lambda: True)
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    with pytest.raises(CannotPrint, match=r"libpango-1\.0-0"):
        stage_documents.check_printing()


def test_a_usual_letter_ends_on_its_one_page(file: File) -> None:
    try:
        stage_documents.check_printing()
    except CannotPrint as missing:
        pytest.skip(str(missing))
    letter = told(file)
    document = apologies.document_of(letter, letter.complaint)
    assert len(stage_documents.sheets_of(document).pages) == 1
    assert stage_documents.pdf(document).startswith(b"%PDF-")
    signs = apologies.document_of(letter, letter.complaint).signs
    assert [sign.place for sign in signs] == ["담당자", "팀장", "센터장"]
    assert all(sign.on for sign in signs)


def test_what_was_returned_and_approved_again_is_signed_once(file: File) -> None:
    from complaints import queries  # noqa: PLC0415

    one = file(**FIRST).complaint
    answer(one, ACCEPTED, now=MORNING)
    two = services.raise_again(complaint_id=one.pk, text="또", now=LATER).complaint
    letter = apologies.open_letter(two)
    assert letter is not None
    filled = {name: text if "[" not in text else "고침" for name, text in letter.parts.items()}
    two.refresh_from_db()
    assert two.handler is not None
    services.save_letter(complaint_id=two.pk, variant="A", parts=filled, by=two.handler, now=LATER)
    services.submit_letter(complaint_id=two.pk, by=two.handler, now=LATER)
    first = queries.open_approval(two)
    assert first is not None
    services.approve(approval_id=first.pk, by=first.approver, now=LATER)
    second = queries.open_approval(two)
    assert second is not None
    services.return_document(approval_id=second.pk, comment="다시", by=second.approver, now=LATER)
    done = letter_told(two, now=LATER)
    signs = apologies.document_of(done, two).signs
    assert [sign.place for sign in signs] == ["담당자", "팀장", "센터장"]
