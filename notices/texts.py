"""What a notice says: the templates rendered, the access code put in or hidden, plain to HTML.

A template (``templates/notices/<key>.txt``, ``<key>.en.txt`` where there is an English one) starts
with its subject line, then an empty line, then the body. ``data/catalogue.toml`` names the
variables of each. What is given to a template is Korean; for an English one it is turned into
English where it is ours (`centre.languages.said`), and stays as written where a person wrote it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from django.template import Context, Template
from django.template.loader import select_template
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from centre.languages import KOREAN, said
from centre.words import english_day, english_instant, korean_day, korean_instant
from notices.errors import IncompleteText

#: Stands where the access code comes while sending. The private-use characters are typed by nobody.
CODE_PLACE = "\ue000code\ue000"
CODE_HIDDEN = "●●●●●●●●●●"
CODE_GONE = "(새 확인번호는 요청하시면 보내 드립니다)"
_CODE_GONE = {"en": "(ask us for a new access code)"}
#: Stands above a text that is not there in the citizen's language.
KOREAN_ONLY = {
    "en": (
        "This message is available in Korean only. If you need help in English, please call "
        "{{ centre_phone }} and give your receipt number."
    )
}

_CATALOGUE = Path(__file__).parent / "data" / "catalogue.toml"
_SUBJECT_LINE = re.compile(r"\A(?:제목|Subject): *")
_ROW = re.compile(r" +(\S.*?) {2,}(\S.*)")
_ITEM = re.compile(r" +(?:\d+\.|-) ")
_ABOUT = 2
_CELLS = re.compile(r"\| (.*) \|")
_URL = re.compile(r"https?://[^\s<>\"'‘’“”]+")
_AFTER_URL = ".,;:!?)]}"


@dataclass(frozen=True, slots=True)
class Text:
    title: str
    body: str


def render(template: str, context: Mapping[str, Any], *, language: str = "ko") -> Text:
    """Render a template. Instants and days are written out as people say them, in Seoul time.

    Raises `IncompleteText` where a variable is not given that the catalogue calls required
    (empty is given), and KeyError for a template that is not in it.
    """
    missing = required(template) - context.keys()
    if missing:
        raise IncompleteText(f"{template} needs {', '.join(sorted(missing))}")
    compiled = _compiled(template, language)
    own = language_of(template, language)
    with translation.override(own):
        spoken = {name: _spoken(value, own) for name, value in context.items()}
        whole = compiled.render(Context(spoken, autoescape=False, use_l10n=False, use_tz=False))
    head, _, body = whole.partition("\n\n")
    title = " ".join(_SUBJECT_LINE.sub("", head).split()).replace(CODE_PLACE, CODE_HIDDEN)
    body = body.strip("\n") + "\n"
    if own != language and language in KOREAN_ONLY:
        phone = str(context.get("centre_phone", ""))
        body = f"{KOREAN_ONLY[language].replace('{{ centre_phone }}', phone)}\n\n{body}"
    return Text(title, body)


def language_of(template: str, language: str) -> str:
    """The language in which a template speaks to somebody who asked for ``language``."""
    name = str(getattr(_compiled(template, language), "name", ""))
    return language if name.endswith(f".{language}.txt") else KOREAN


#: What only a mail says, and what the same notice says on paper.
_OF_A_MAIL = (
    (
        (
            "이 메일은 보내기만 하는 주소에서 나갔습니다. 물으실 것이 있으면 위 전화로 연락하시거나 "
            "처리상황 화면에 남겨 주십시오."
        ),
        "물으실 것이 있으면 위 전화로 연락해 주십시오.",
    ),
    ("이 메일에 싣지 않았습니다", "이 글에 싣지 않았습니다"),
    (
        (
            "This mail was sent from an address that cannot receive mail. If you have questions, "
            "please call the number above or leave a message on the progress page."
        ),
        "If you have questions, please call the number above.",
    ),
    ("this mail does not repeat what you sent us", "this letter does not repeat what you sent us"),
)


def by_way(text: Text, *, before: str, now_by: str) -> Text:
    """A text that was written for one way, as it goes by another one."""
    body = text.body
    for mailed, printed in _OF_A_MAIL:
        if before == "email" != now_by:
            body = body.replace(mailed, printed)
        elif before != "email" == now_by:
            body = body.replace(printed, mailed)
    return Text(text.title, body)


#: The last two paragraphs of what is written to citizens: who wrote, where, and from what address.
_CLOSING = re.compile(r"\n\n(?:[^\n]+\n)?전화 [^\n]+ · 팩스 [^\n]*\n.*\Z", re.DOTALL)
_GREETING = re.compile(r"\A[^\n]*고객님(?:께|, 안녕하십니까\.)[^\n]*\n+")
_ONLY_AN_ADDRESS = re.compile(r" *(?:- )?[^.]{0,30}?(?:: *)?")
_TO_BE_READ = (
    ("아래에서 알려 주시거나 ", ""),
    ("개인정보 보호를 위해 보내 주신 내용은 이 글에 싣지 않았습니다.\n", ""),
    ("아래 ‘다시 말씀하기’를 이용해 주십시오.", "언제든지 다시 말씀해 주십시오."),
    ("‘다시 말씀하기’로 알려 주십시오.", "저희에게 다시 말씀해 주십시오."),
)


def to_be_read(body: str) -> str:
    """A text as it is read aloud: no greeting twice, no web address, no sender's lines below it."""
    body = _GREETING.sub("", _CLOSING.sub("\n", body))
    lines = []
    for line in body.split("\n"):
        without = _URL.sub("", line)
        if without == line or not _ONLY_AN_ADDRESS.fullmatch(without):
            lines.append(without.rstrip())
    body = "\n".join(lines) + "\n"
    for written, spoken in _TO_BE_READ:
        body = body.replace(written, spoken)
    return re.sub(r"\n{3,}", "\n\n", body).strip("\n") + "\n"


def _spoken(value: Any, language: str) -> Any:
    if language == KOREAN:
        if isinstance(value, datetime):
            return korean_instant(value)
        return korean_day(value) if isinstance(value, date) else value
    if isinstance(value, datetime):
        return english_instant(value)
    if isinstance(value, date):
        return english_day(value)
    return said(value) if isinstance(value, str) else value


@cache
def _compiled(template: str, language: str) -> Template:
    names = [f"notices/{template}.{language}.txt", f"notices/{template}.txt"]
    compiled: Template = select_template(names).template
    return compiled


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """The catalogue's rows by template key."""
    return {row["key"]: row for row in _file()["templates"]}


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(_CATALOGUE.read_text(encoding="utf-8"))


@cache
def required(template: str) -> frozenset[str]:
    """The variables that must be given, those of the common closing among them."""
    row = catalogue()[template]
    return frozenset(
        [*row["required"], *(_file()["closing"]["required"] if row["closing"] else ())]
    )


def name_of(template: str) -> str:
    """What staff call this notice; the key itself for one that is no longer in the catalogue."""
    name: str = catalogue().get(template, {}).get("name", template)
    return name


def with_code(body: str, secret: str, *, language: str = KOREAN) -> str:
    """The body as the citizen reads it."""
    return body.replace(CODE_PLACE, secret or _CODE_GONE.get(language, CODE_GONE))


def without_code(body: str) -> str:
    """The body as staff read it: the access code is nobody's but the citizen's."""
    return body.replace(CODE_PLACE, CODE_HIDDEN)


def first_link(body: str) -> str:
    """The first web address in a text, "" where there is none."""
    match = _URL.search(body)
    return match[0].rstrip(_AFTER_URL) if match else ""


# --- the same as HTML ---------------------------------------------------------------------------


_NONE = SafeString("")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a run of rows "label   value", or a table with a ``head`` (`table`)."""

    html: SafeString = _NONE
    rows: tuple[tuple[str, SafeString], ...] = ()
    head: tuple[str, ...] = ()
    body: tuple[tuple[str, ...], ...] = ()


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as plain text, its columns below one another where Hangul is two columns wide.

    `blocks` makes a table of it again. A cell is one line, without the sign between cells.
    """
    cells = [[_cell(text) for text in row] for row in (head, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        f"| {' | '.join(_padded(text, width) for text, width in zip(row, widths, strict=True))} |"
        for row in cells
    )


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def blocks(body: str) -> list[Block]:
    """The paragraphs of a plain text, escaped, with links that can be followed."""
    found: list[Block] = []
    for paragraph in re.split(r"\n{2,}", body.strip("\n")):
        found.extend(_paragraph(paragraph.split("\n")))
    return found


def _paragraph(lines: list[str]) -> list[Block]:
    """One paragraph: what stands before its rows, the rows as one table, what stands after them.

    A line between two rows belongs to the value above it: somebody typed several.
    """
    if grid := _grid(lines):
        return [Block(head=grid[0], body=tuple(grid[1:]))]
    rows = _rows(lines)
    if not rows:
        return [Block(html=_lines(lines))]
    first, last = min(rows), max(rows)
    values: list[tuple[str, list[str]]] = []
    for place in range(first, last + 1):
        if place in rows:
            label, value = rows[place]
            values.append((label, [value]))
        else:
            values[-1][1].append(lines[place])
    table = Block(rows=tuple((label, _lines(value)) for label, value in values))
    before, after = lines[:first], lines[last + 1 :]
    return [
        *([Block(html=_lines(before))] if before else []),
        table,
        *([Block(html=_lines(after))] if after else []),
    ]


def _grid(lines: list[str]) -> list[tuple[str, ...]]:
    """The cells of a paragraph that is a table (`table`), the head first; else nothing."""
    found = [_CELLS.fullmatch(line) for line in lines]
    rows = [tuple(cell.strip() for cell in match[1].split(" | ")) for match in found if match]
    whole = len(rows) == len(lines) > 1 and len({len(row) for row in rows}) == 1
    return rows if whole else []


def _rows(lines: list[str]) -> dict[int, tuple[str, str]]:
    """Label and value of the lines that are rows, by their place.

    Two spaces end a label. A label too long for that has one, about where the others' values begin.
    """
    found: dict[int, tuple[str, str]] = {}
    column = None
    for place, line in enumerate(lines):
        if match := _ROW.fullmatch(line):
            found[place] = (match[1], match[2])
            column = _width(line[: match.start(2)]) if column is None else column
    if column is not None:
        for place, line in enumerate(lines):
            if place not in found and (row := _row_at(line, column)):
                found[place] = row
    return found


def _row_at(line: str, column: int) -> tuple[str, str] | None:
    """The line as a row with a single space near ``column``; None where it is none."""
    if not line.startswith(" ") or _ITEM.match(line):
        return None
    spaces = [m.start() for m in re.finditer(r"(?<=\S) (?=\S)", line)]
    near = min(spaces, key=lambda at: abs(_width(line[: at + 1]) - column), default=None)
    if near is None or abs(_width(line[: near + 1]) - column) > _ABOUT:
        return None
    return line[:near].strip(), line[near + 1 :]


def _width(text: str) -> int:
    """Columns in a mail of fixed pitch: Hangul takes two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _lines(lines: list[str]) -> SafeString:
    return format_html_join(SafeString("<br>\n"), "{}", ((_linked(line),) for line in lines))


def _linked(line: str) -> SafeString:
    """Escaped, leading spaces kept, web addresses as links."""
    indent = len(line) - len(line.lstrip(" "))
    parts = [SafeString("&nbsp;" * indent)]
    place = indent
    for match in _URL.finditer(line):
        url = match[0].rstrip(_AFTER_URL)
        parts.append(format_html("{}", line[place : match.start()]))
        parts.append(format_html('<a href="{}">{}</a>', url, url))
        place = match.start() + len(url)
    parts.append(format_html("{}", line[place:]))
    return SafeString("".join(parts))
