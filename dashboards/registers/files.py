"""Rows as an xlsx or a CSV file, made piece by piece. Pure but for zlib.

Both are generators of bytes: what is in memory is one chunk of rows, whatever the size of the file,
and nothing is written to disk, so that nothing is left behind where a download is broken off.
An xlsx is a zip of a few XML files; it is written here by hand since openpyxl takes several times as
long for the same cells and gives its bytes only at the end.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Final
from xml.sax.saxutils import escape

from centre.calendar import SEOUL
from records import cells

Cell = str | int | float | datetime | date | None
Rows = Sequence[Sequence[Cell]]

XLSX: Final = "xlsx"
CSV: Final = "csv"
CONTENT_TYPES: Final = {
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    CSV: "text/csv; charset=utf-8",
}
#: By this mark Excel knows UTF-8.
BOM: Final = b"\xef\xbb\xbf"
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no time zones
_DAY_SECONDS = 86_400


class Style(Enum):
    """How a cell looks; the value is its place among the formats of the file."""

    TEXT = 0
    HEAD = 1
    INSTANT = 2
    DAY = 3
    NUMBER = 4
    LINES = 5


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, what stands below it and how wide it is in characters."""

    heading: str
    style: Style = Style.TEXT
    width: int = 14
    #: Holds what tells of a person: masked unless somebody may have it plainly and says why.
    personal: bool = False


# --- CSV ----------------------------------------------------------------------------------------


def csv_of(columns: Sequence[Column], chunks: Iterable[Rows]) -> Iterator[bytes]:
    """UTF-8 with a mark, a line for the headings, then a piece for each chunk."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow([column.heading for column in columns])
    yield BOM + _taken(lines)
    for rows in chunks:
        writer.writerows([_plain(cell) for cell in row] for row in rows)
        if piece := _taken(lines):
            yield piece


def _taken(lines: io.StringIO) -> bytes:
    piece = lines.getvalue().encode()
    lines.seek(0)
    lines.truncate()
    return piece


def _plain(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return cells.safe_in_csv(cell)
    if isinstance(cell, datetime):
        return cell.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M")
    return cell.isoformat() if isinstance(cell, date) else cell


# --- xlsx ---------------------------------------------------------------------------------------

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_TYPES = (
    f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/>'
    "</Types>"
)
_ROOT = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>"
)
_LINKS = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    "</Relationships>"
)
# One format for each `Style`, in its order, then one for each of `_QUOTED`. 49 is "@": text, also
# when somebody types into it.
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="10"/><name val="맑은 고딕"/></font>'
    '<font><b/><sz val="10"/><name val="맑은 고딕"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE7EEF7"/></patternFill></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="9">'
    '<xf numFmtId="49" fontId="0" fillId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" applyFont="1" applyFill="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" applyNumberFormat="1" applyAlignment="1">'
    '<alignment vertical="top" wrapText="1"/></xf>'
    '<xf numFmtId="49" fontId="0" fillId="0" applyNumberFormat="1" quotePrefix="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" applyFont="1" applyFill="1" quotePrefix="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" applyNumberFormat="1" applyAlignment="1" '
    'quotePrefix="1"><alignment vertical="top" wrapText="1"/></xf>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
#: The format of a text that would be computed where somebody typed it: its quote is a mark of the
#: cell, as after typing an apostrophe first, and no letter of the text.
_QUOTED: Final = {Style.HEAD: 7, Style.LINES: 8}
_QUOTED_TEXT: Final = 6
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
#: Excel reads _x0041_ in a text as the character of that number.
_CODED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class _Pieces(io.RawIOBase):
    """What was written since it was last asked; a zip can be written to it but not gone back in."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._kept.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        piece = b"".join(self._kept)
        self._kept.clear()
        return piece


def xlsx_of(
    columns: Sequence[Column],
    chunks: Iterable[Rows],
    *,
    title: str,
    about: Sequence[tuple[str, str]],
) -> Iterator[bytes]:
    """A workbook: the rows, and a second sheet that says what they are (``about``)."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as book:
        for name, content in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _ROOT),
            ("xl/workbook.xml", _workbook(title)),
            ("xl/_rels/workbook.xml.rels", _LINKS),
            ("xl/styles.xml", _STYLES),
            ("xl/worksheets/sheet2.xml", _about_sheet(about)),
        ):
            book.writestr(name, content)
        yield pieces.taken()
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(_sheet_begins(columns).encode())
            last = 1
            for rows in chunks:
                sheet.write(_rows(rows, columns, first=last + 1).encode())
                last += len(rows)
                if piece := pieces.taken():
                    yield piece
            sheet.write(_sheet_ends(len(columns), last).encode())
    yield pieces.taken()


def _workbook(title: str) -> str:
    name = escape(_FORBIDDEN_IN_NAMES.sub(" ", title)[:31])
    return (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{name}" sheetId="1" r:id="rId1"/>'
        '<sheet name="내려받은 조건" sheetId="2" r:id="rId2"/></sheets>'
        '<definedNames><definedName name="_xlnm.Print_Titles" localSheetId="0">'
        f"'{name}'!$1:$1</definedName></definedNames></workbook>"
    )


def _sheet_begins(columns: Sequence[Column]) -> str:
    """The headings stay in sight, and stand on each printed page; all columns fit its width."""
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{column.width}" customWidth="1"/>'
        for n, column in enumerate(columns, start=1)
    )
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><cols>{widths}</cols><sheetData>{_headings(columns)}"
    )


def _headings(columns: Sequence[Column]) -> str:
    head = "".join(
        _text(f"{_letters(n)}1", column.heading, Style.HEAD) for n, column in enumerate(columns)
    )
    return f'<row r="1">{head}</row>'


def _sheet_ends(width: int, last: int) -> str:
    return (
        f'</sheetData><autoFilter ref="A1:{_letters(width - 1)}{last}"/>'
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    )


def _rows(rows: Rows, columns: Sequence[Column], *, first: int) -> str:
    shape = [(_letters(n), column.style) for n, column in enumerate(columns)]
    return "".join(
        f'<row r="{number}">'
        + "".join(
            _cell(f"{letters}{number}", cell, style)
            for (letters, style), cell in zip(shape, row, strict=True)
        )
        + "</row>"
        for number, row in enumerate(rows, start=first)
    )


def _cell(place: str, cell: Cell, style: Style) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        return _text(place, cell, style)
    if isinstance(cell, datetime):
        local = cell.astimezone(SEOUL).replace(tzinfo=None, microsecond=0)
        cell = (local - _EPOCH).total_seconds() / _DAY_SECONDS
    elif isinstance(cell, date):
        cell = (datetime(cell.year, cell.month, cell.day) - _EPOCH).days  # noqa: DTZ001
    return f'<c r="{place}" s="{style.value}"><v>{cell}</v></c>'


def _text(place: str, text: str, style: Style) -> str:
    kept = cells.clean(text)
    look = _QUOTED.get(style, _QUOTED_TEXT) if cells.computes(kept) else style.value
    shown = escape(cells.cut(kept))
    if "_x" in shown:
        shown = _CODED.sub("_x005F_", shown)
    return (
        f'<c r="{place}" s="{look}" t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'
    )


def _letters(n: int) -> str:
    """A, B … Z, AA: the name of a column, counted from 0."""
    name = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        name = chr(65 + rest) + name
    return name


def _about_sheet(about: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f'<row r="{n}">{_text(f"A{n}", label, Style.HEAD)}{_text(f"B{n}", words, Style.LINES)}</row>'
        for n, (label, words) in enumerate(about, start=1)
    )
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}">'
        '<cols><col min="1" max="1" width="18" customWidth="1"/>'
        '<col min="2" max="2" width="80" customWidth="1"/></cols>'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )
