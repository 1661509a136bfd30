import re
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from records.personal import (
    clean_text,
    find_resident_number,
    format_phone,
    normalise_email,
    normalise_name,
    normalise_phone,
)

NFD = unicodedata.normalize("NFD", "홍길동")


@pytest.mark.parametrize(
    "text",
    [
        "900101-1234567",
        "9001011234567",
        "900101 1234567",
        "900101 - 1234567",
        "주민번호는900101-2234567입니다",
        "(900101-1234567)",
        "900101-1234567_홍길동.pdf",
        "홍길동_900101-1234567",
        "000229-3123456",  # 2000 was a leap year
        "040229-4123456",
        "881231-5123456",  # a foreigner
        "050505-8123456",
        "900101–1234567",  # en dash
        "900101—1234567",
        "900101−1234567",  # minus sign
        "900101－1234567",  # full-width hyphen
        "900101ー1234567",
        "900101ㅡ1234567",  # the vowel next to the dash on a Korean keyboard
        "900101~1234567",
        "９００１０１－１２３４５６７",
        "٩٠٠١٠١-١٢٣٤٥٦٧",
        "900101\u200b-\u200b1234567",
        "9\u200d00101-1234567",
        "900101\u00a0-\u30001234567",
        "900101\t1234567",
        "900101--1234567",
        "010-1234-5678 900101-1234567",
        "2026-000123-H\n900101-1234567",
        "999999-1234567 900101-1234567",  # the second one
    ],
)
def test_a_resident_number_is_found(text):
    assert find_resident_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "010-1234-5678",
        "01012345678",
        "+82 10-1234-5678",
        "054-274-1365 02-123-4567",
        "2026-000123-H",
        "2026-900101-H",
        "900101",
        "900101-1******",
        "900101-0234567",  # no first digit 0 or 9
        "900101-9234567",
        "901301-1234567",  # no 13th month
        "900001-1234567",
        "900100-1234567",
        "900132-1234567",
        "900431-1234567",
        "010229-1234567",  # 1901 had no 29 February
        "000229-1234567",  # nor 1900
        "010229-3234567",
        "900101-7234567",  # 2090
        "8801043012345",  # the barcode of a noodle soup: born in 2088
        "900101-12345678",  # eight digits after it
        "1900101-1234567",
        "19001011234567",
        "90010112345678901234",
        "20260101900101123456",
        "123456-01-234567",  # bank accounts
        "110-123-456789",
        "301-0123-4567-11",
        "1234567-900101",
        "1767225600000",  # milliseconds since 1970
        "1767225600",
        "900101²-1234567",
        "900101x1234567",
        "900101\n1234567",
        "9001-01-1234567",
        "2026년 1월 1일 1234567원",
        "①②③④⑤⑥-①②③④⑤⑥⑦",
    ],
)
def test_other_digits_are_not_taken_for_one(text):
    assert not find_resident_number(text)


def test_a_long_text_takes_no_time():
    began = time.perf_counter()
    assert not find_resident_number("900101 " * 30_000 + "1" * 200_000 + " -" * 50_000)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("010-1234-5678", "01012345678"),
        ("010.1234.5678", "01012345678"),
        (" 010 1234 5678 ", "01012345678"),
        ("+82 10-1234-5678", "01012345678"),
        ("+82 (0)10 1234 5678", "01012345678"),
        ("+8201012345678", "01012345678"),
        ("＋８２ １０ １２３４ ５６７８", "01012345678"),
        ("0082 10 1234 5678", "01012345678"),
        ("00700-82-10-1234-5678", "01012345678"),
        ("82-10-1234-5678", "01012345678"),  # the plus forgotten
        ("０１０－１２３４－５６７８", "01012345678"),
        ("010\u200b12345678", "01012345678"),
        ("+82-54-274-1365", "0542741365"),
        ("82 2 123 4567", "021234567"),
        ("02)123-4567", "021234567"),
        ("+82-1588-1234", "15881234"),
        ("1588-1234", "15881234"),
        ("054-274-1365 (내선 12)", "0542741365"),
        ("054-274-1365 ext. 12", "0542741365"),
        ("054-274-1365#12", "0542741365"),
        ("010-1234-5678, 010-8765-4321", "01012345678"),
        ("010-1234-5678/054-274-1365", "01012345678"),
        ("내선 12", "12"),
        ("+1 415 555 2671", "14155552671"),  # another country keeps its code
        ("8225", "8225"),
        ("+82", "82"),
        ("112", "112"),
        ("없음", ""),
        ("---", ""),
        ("", ""),
    ],
)
def test_a_phone_is_its_digits(typed, normal):
    assert normalise_phone(typed) == normal


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("01012345678", "010-1234-5678"),
        ("0111234567", "011-123-4567"),
        ("+82 10 1234 5678", "010-1234-5678"),
        ("021234567", "02-123-4567"),
        ("0212345678", "02-1234-5678"),
        ("0542741365", "054-274-1365"),
        ("03112345678", "031-1234-5678"),
        ("07012345678", "070-1234-5678"),
        ("05051234567", "0505-123-4567"),
        ("050212345678", "0502-1234-5678"),
        ("15881234", "1588-1234"),
        ("16001234", "1600-1234"),
        (" +1 415 555 2671 ", "+1 415 555 2671"),
        ("1365", "1365"),
        ("123456789012345", "123456789012345"),
        ("", ""),
    ],
)
def test_a_phone_is_written_as_koreans_do(typed, written):
    assert format_phone(typed) == written


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        (" Hana@Example.COM ", "hana@example.com"),
        ("ha na@example.com", "hana@example.com"),
        ("\u200bhana@example.com\ufeff", "hana@example.com"),
        (f"{NFD}@example.com", "홍길동@example.com"),
        ("hana+voc@example.com", "hana+voc@example.com"),  # nobody's business what it means
        ("", ""),
    ],
)
def test_an_email_is_lower_case(typed, normal):
    assert normalise_email(typed) == normal


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("홍 길동", "홍길동"),
        (f" {NFD}\u3000", "홍길동"),
        ("홍길동\u200b", "홍길동"),
        ("Nguyễn Thị LAN", "nguyễnthịlan"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Lan"), "nguyễnthịlan"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("", ""),
    ],
)
def test_a_name_is_without_spaces_and_case(typed, normal):
    assert normalise_name(typed) == normal


@example("\u0345α")
@example("İ")
@example("+82 0 10")
@example("+8282 10")
@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing(text):
    for normalise in (normalise_email, normalise_name, clean_text):
        assert normalise(normalise(text)) == normalise(text)


@given(st.from_regex(r"\A(\+82 ?\(?0?\)?|0)(10|11|2|54|70)[ -]?[1-9]\d{2,3}-?\d{4}\Z"))
def test_normalising_a_phone_twice_changes_nothing(text):
    once = normalise_phone(text)
    assert re.fullmatch(r"0\d+", once)
    assert normalise_phone(once) == once
    assert normalise_phone(format_phone(once)) == once


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("가\x00나", "가나"),
        ("가\r\n나\r다\x0b라\x0c마\x85바\u2028사\u2029아", "가\n나\n다\n라\n마\n바\n사\n아"),
        ("가\t나\n\n다", "가\t나\n\n다"),
        ("\ufeff가\x1b[31m나\x7f\x9f", "가[31m나"),
        ("가\u202e나\u2066다", "가나다"),
        ("\ud800가", "가"),
        (NFD, "홍길동"),
        ("👩‍👩‍👧 می‌خواهم", "👩‍👩‍👧 می‌خواهم"),  # joiners are part of the word
        ("  앞뒤  ", "  앞뒤  "),
        ("<script>", "<script>"),
        ("", ""),
    ],
)
def test_text_is_cleaned(typed, clean):
    assert clean_text(typed) == clean


@pytest.mark.parametrize(
    "text", ["900101-\n1234567", "900101\n-1234567", "900101 -\r\n 1234567", "900101-\u20281234567"]
)
def test_a_resident_number_split_by_the_end_of_a_line_is_found(text: str) -> None:
    assert find_resident_number(text)


def test_a_day_and_a_number_on_two_lines_are_none() -> None:
    assert not find_resident_number("260909\n1234567")
