"""Texts in cells: nothing computes, nothing breaks a file, and what can stay as it is does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.cells import LONGEST, cut, safe, safe_in_csv


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+82 10 1234 5678", "-문의", "@SUM(1)", " =1", "\t=1", "\tx", "\rx", "\n=1",
        "＝1", "＋1", "－1", "＠x", "−1", "\ufeff=1", "\u202e=1", "\x00=1", "\u3000=1",
    ],
)  # fmt: skip
def test_what_begins_like_a_formula_is_text(text: str) -> None:
    assert safe(text).startswith("'")
    assert safe(safe(text)) == safe(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "홍길동",
        "2026-000123-K",
        "010-1234-5678",
        "👨‍👩‍👧 가족",
        "שלום",
        "مرحبا",
        "a=1",
        "'=1",
        "줄\n둘",
    ],
)
def test_what_is_harmless_stays(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x07", "ab"),
        ("a\ud800b", "ab"),
        ("a\ufffeb", "ab"),
        ("가\u202e나", "가나"),
        ("a\r\nb", "a\nb"),
    ],
)
def test_what_no_file_may_hold_is_left_out(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("01012345678", True), ("1234567890123", True), ("1E9", True), ("12e5", True),
        ("00", True), ("0", False), ("0.5", False), ("1588", False), ("2,500", False),
        ("12345678901", False), ("010-1234-5678", False), ("1E9명", False),
    ],
)  # fmt: skip
def test_numbers_in_csv_that_a_program_would_change(text: str, kept: bool) -> None:
    assert safe_in_csv(text) == (f"'{text}" if kept else text)


@pytest.mark.parametrize("letter", ["가", "a", "😀"])
def test_a_cell_holds_what_excel_holds(letter: str) -> None:
    short, long = letter * 100, letter * (LONGEST + 5)
    assert cut(short) == short
    assert len(cut(long).encode("utf-16-le")) // 2 <= LONGEST
    assert cut(long).endswith("(잘림)")
    assert cut("a" * LONGEST) == "a" * LONGEST


@given(st.text())
def test_any_text_is_safe_once_and_for_all(text: str) -> None:
    shown = safe(text)
    shown.encode()
    assert not shown.lstrip().startswith(("=", "+", "-", "@"))
    assert safe(shown) == shown
