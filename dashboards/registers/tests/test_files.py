"""The files themselves: read back by another program they hold what was put in, and nothing runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from dashboards.registers.files import BOM, Cell, Column, Style, csv_of, xlsx_of
from records import cells

COLUMNS = [
    Column("글"), Column("때", Style.INSTANT), Column("날", Style.DAY),
    Column("수", Style.NUMBER), Column("줄", Style.LINES),
]  # fmt: skip
# 15:30 in UTC is past midnight in Seoul.
AT = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
ROWS: list[list[Cell]] = [
    ["=HYPERLINK(1)", AT, date(2024, 2, 29), 7, "하나\n둘"],
    ["01012345678", None, None, 0, ""],
    ["<b>&\"' 👨‍👩‍👧 שלום \x00\x0b", AT, None, 1.5, " 앞뒤 "],
    ["_x0041_", None, None, None, None],
]


def book_of(rows: list[list[Cell]], *, size: int = 2, title: str = "처리대장") -> Any:
    chunks: Iterator[list[list[Cell]]] = (
        rows[start : start + size] for start in range(0, len(rows), size)
    )
    pieces = list(xlsx_of(COLUMNS, chunks, title=title, about=[("조건", "모두"), ("수", "=2")]))
    return load_workbook(io.BytesIO(b"".join(pieces)))


def test_a_workbook_is_read_back() -> None:
    book = book_of(ROWS)
    sheet = book["처리대장"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == [column.heading for column in COLUMNS]
    assert rows[1] == [
        "=HYPERLINK(1)",
        datetime.fromisoformat("2026-11-22 00:30"),
        datetime.fromisoformat("2024-02-29"),
        7,
        "하나\n둘",
    ]
    assert rows[2] == ["01012345678", None, None, 0, None]
    assert rows[3] == [
        "<b>&\"' 👨‍👩‍👧 שלום ",
        datetime.fromisoformat("2026-11-22 00:30"),
        None,
        1.5,
        " 앞뒤 ",
    ]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    assert sheet["A3"].number_format == "@"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E5"
    assert sheet.print_title_rows == "$1:$1"
    told = book["내려받은 조건"]["B2"]
    assert (told.value, told.data_type, told.quotePrefix) == ("=2", "s", True)
    assert told.alignment.wrap_text


FORMULAS = ["=1+1", "+82", "-1", "@SUM(A1)", "＝1", "−1", " =1", "\t=1", "\n=1", "=" + "9" * 40_000]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("place", range(len(COLUMNS)))
def test_what_looks_like_a_formula_is_text_marked_as_such(text: str, place: int) -> None:
    """As after typing an apostrophe before it: it is no letter of the text, and nothing runs."""
    row: list[Cell] = [None] * len(COLUMNS)
    row[place] = text
    cell = book_of([row])["처리대장"].cell(2, place + 1)
    assert cell.value == (text if len(text) < 100 else cells.cut(text))
    assert (cell.data_type, cell.quotePrefix, cell.number_format) == ("s", True, "@")
    assert bool(cell.alignment.wrap_text) == (COLUMNS[place].style is Style.LINES)


@pytest.mark.parametrize("text", ["가=1", "010-1234-5678", "'=1", "1+1", "…", "'"])
def test_other_texts_carry_no_mark(text: str) -> None:
    cell = book_of([[text, None, None, None, None]])["처리대장"]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", False)


def test_headings_that_look_like_formulas_look_like_headings() -> None:
    pieces = xlsx_of([Column("=머리"), Column("머리")], [], title="t", about=[])
    marked, plain = load_workbook(io.BytesIO(b"".join(pieces))).worksheets[0][1]
    assert (marked.value, marked.data_type, marked.quotePrefix) == ("=머리", "s", True)
    assert (marked.font.b, marked.fill.fgColor.rgb) == (plain.font.b, plain.fill.fgColor.rgb)
    assert plain.font.b


def test_no_rows_are_headings_only() -> None:
    assert book_of([])["처리대장"].max_row == 1
    assert b"".join(csv_of(COLUMNS, [])).decode("utf-8-sig") == "글,때,날,수,줄\r\n"


def test_a_long_text_is_cut_and_a_sheet_name_is_allowed() -> None:
    book = book_of([["가" * 40_000, None, None, None, None]], title="가/나:다" * 9)
    sheet = book.worksheets[0]
    assert len(sheet.title) == 31
    assert len(sheet["A2"].value) <= 32_767
    assert sheet["A2"].value.endswith("(잘림)")


def test_csv_is_read_back() -> None:
    pieces = list(csv_of(COLUMNS, iter([ROWS[:2], [], ROWS[2:]])))
    assert len(pieces) == 3
    assert pieces[0].startswith(BOM)
    rows = list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline="")))
    assert rows[1] == ["'=HYPERLINK(1)", "2026-11-22 00:30", "2024-02-29", "7", "하나\n둘"]
    assert rows[2] == ["'01012345678", "", "", "0", ""]
    assert rows[3][0] == "<b>&\"' 👨‍👩‍👧 שלום "


def test_columns_go_on_after_z() -> None:
    columns = [Column(str(n)) for n in range(30)]
    pieces = xlsx_of(columns, [[["x"] * 30]], title="t", about=[])
    sheet = load_workbook(io.BytesIO(b"".join(pieces))).worksheets[0]
    assert sheet["AD2"].value == "x"
