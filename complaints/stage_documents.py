"""Letters and notices of the stages as documents: HTML for the screen, PDF on A4 for sending.

`weasyprint` needs the library pango and a Korean font, which a machine may not have. It is loaded
only when a PDF is made; where it cannot be, CannotPrint names what to install, and the page is
printed from the browser instead. Nothing is ever fetched from the network.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from records.files import CheckedFile

STYLE = "documents/document.css"
LONGEST_WORD = 24
_FOLDER = "complaints/documents"
_FONTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
_KOREAN = ("NotoSansCJK*", "NotoSerifCJK*", "NotoSansKR*", "Nanum*", "Pretendard*", "UnBatang*")
_TEXT = re.compile(r">[^<]+<")
_WORD = re.compile(r"(?<=[\s>])([^\s<>]*[가-힣][^\s<>]*)(?=[\s<])")
logger = logging.getLogger(__name__)
logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it reports each page and each fallback


class CannotPrint(Exception):
    """No PDF can be made here; ``str()`` says in Korean which package is missing."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A box of the approval row: the place, who signed, when; ``acting``: 대결."""

    place: str
    name: str
    on: str = ""
    acting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What one document says; ``template`` is its own page below the common letterhead."""

    template: str
    title: str
    to: str
    number: str
    issued_on: str
    centre: Mapping[str, str]
    signs: Sequence[Sign] = ()
    confidential: bool = False
    body: Mapping[str, Any]

    def html(self, *, on_screen: bool = False, back: str = "", why: str = "") -> str:
        """``back`` and ``why`` stand above the sheet on the screen only."""
        around = {"on_screen": on_screen, "back": back, "why": why}
        context = {"doc": self, "centre": self.centre, **around, **self.body}
        return render_to_string(f"{_FOLDER}/{self.template}.html", context)

    def text(self) -> str:
        """The same for a mail, without letterhead and approval row."""
        context = {"doc": self, "centre": self.centre, **self.body}
        lines = render_to_string(f"{_FOLDER}/{self.template}.txt", context).splitlines()
        return "\n".join(line.rstrip() for line in lines).strip()


def check_printing() -> None:
    """CannotPrint where this machine lacks what PDFs need."""
    if not has_korean_font():
        raise CannotPrint(
            "한글 글꼴이 없어 PDF를 만들 수 없습니다. 데비안에서는 fonts-noto-cjk 꾸러미를 설치해 "
            "주십시오. 그때까지는 이 화면을 인쇄해 주십시오."
        )
    try:
        import weasyprint  # noqa: F401, PLC0415 - heavy, and not there on every machine
    except (ImportError, OSError) as error:
        logger.warning("no PDF: %s", type(error).__name__)
        raise CannotPrint(
            "PDF를 만드는 데 필요한 pango가 없습니다. 데비안에서는 libpango-1.0-0과 "
            "libpangoft2-1.0-0 꾸러미를 설치해 주십시오. 그때까지는 이 화면을 인쇄해 주십시오."
        ) from error


def pdf(document: Document) -> bytes:
    """The document as a PDF with its fonts in it. CannotPrint where the machine lacks something."""
    made: bytes = sheets_of(document).write_pdf(pdf_identifier=document.number.encode())
    return made


def sheets_of(document: Document) -> Any:
    """The pages: a little over is drawn together, so that no end stands alone. CannotPrint."""
    check_printing()
    from weasyprint import CSS, HTML  # noqa: PLC0415

    style = CSS(filename=finders.find(STYLE), url_fetcher=fetch_nothing)
    page = words_kept_whole(document.html())

    def rendered(text: str) -> Any:
        return HTML(string=text, url_fetcher=fetch_nothing).render(stylesheets=[style])

    sheets = rendered(page)
    if len(sheets.pages) == 1:
        return sheets
    closer = rendered(page.replace("<body>", '<body class="tight">', 1))
    return closer if len(closer.pages) < len(sheets.pages) else sheets


def words_kept_whole(page: str) -> str:
    """Korean is broken between words here, as browsers do with `word-break: keep-all`."""
    head, body, rest = page.partition("<body>")
    spans = _TEXT.sub(lambda text: _WORD.sub(_kept_whole, text[0]), rest)
    return head + body + spans


def _kept_whole(word: re.Match[str]) -> str:
    return f'<span class="w">{word[1]}</span>' if len(word[1]) <= LONGEST_WORD else word[1]


def fetch_nothing(url: str, *_given: object, **_named: object) -> Mapping[str, Any]:
    """What fetches for documents: refuses everything."""
    raise ValueError(f"documents fetch nothing: {url[:40]}")


def as_file(document: Document, *, name: str) -> CheckedFile:
    """The PDF to be stored and sent. CannotPrint."""
    content = pdf(document)
    digest = hashlib.sha256(content).hexdigest()
    return CheckedFile(name, "application/pdf", content, digest)


@cache
def has_korean_font() -> bool:
    """Whether fontconfig knows a font for Korean; where it cannot be asked, whether one lies there."""
    ask = shutil.which("fc-list")
    if ask is not None:
        done = subprocess.run(  # noqa: S603 - a fixed question
            [ask, ":lang=ko", "family"], capture_output=True, check=False, timeout=20
        )
        return bool(done.stdout.strip())
    folders = [folder for folder in _FONTS if folder.is_dir()]
    return any(next(f.rglob(name), None) for f in folders for name in _KOREAN)
