"""Personal data as people type it: made comparable, made readable, and kept out where forbidden.

Pure functions; every one is idempotent where that can be said of it.
"""

import calendar
import re
import unicodedata

# Line ends other than "\n" that word processors and other systems put into pasted text.
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Marks that turn the direction of the text after them: on a staff screen they only deceive.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What follows one telephone number: a second one, or an extension.
_AFTER_PHONE = re.compile(r"[,;/#]|내선|교환|\bext|(?<=\d)\s*x", re.IGNORECASE)
_ABROAD = re.compile(r"^(?:\+|00(?:1|2|5|6|8|300|700|727)?)82")
# 15xx, 16xx, 18xx: nation-wide numbers of eight digits, without an area code.
_NATIONWIDE = re.compile(r"1[568]\d{6}")
_SHAPES = (
    (re.compile(r"(02)(\d{3,4})(\d{4})"), "{}-{}-{}"),
    (re.compile(r"(050\d)(\d{3,4})(\d{4})"), "{}-{}-{}"),
    (re.compile(r"(0[1-9]\d)(\d{3,4})(\d{4})"), "{}-{}-{}"),
    (re.compile(r"(1[568]\d{2})(\d{4})"), "{}-{}"),
)


def _plain(text: str) -> str:
    """Without characters that are not seen (zero-width, direction, control)."""
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def _ascii_digits(text: str) -> str:
    """Digits of any script or width as 0–9; everything else (also ² and ①) as it is."""
    return "".join(
        str(unicodedata.decimal(c)) if unicodedata.category(c) == "Nd" else c for c in text
    )


def normalise_email(value: str) -> str:
    """NFC, without spaces and unseen characters, lower-cased."""
    text = "".join(_plain(unicodedata.normalize("NFC", value)).split())
    return unicodedata.normalize("NFC", text.lower())


def normalise_name(value: str) -> str:
    """NFC, case-folded, without spaces and unseen characters: "홍 길동" is "홍길동"."""
    text = "".join(_plain(unicodedata.normalize("NFD", value)).split())
    return unicodedata.normalize("NFC", text.casefold())


def normalise_phone(value: str) -> str:
    """Digits of the first number in the text, as dialled inside Korea (+82 → 0).

    "+82 (0)10 1234 5678" and "０１０－１２３４－５６７８" are both "01012345678". Numbers of other
    countries keep their country code. Without any digit: "".
    """
    text = _ascii_digits(_plain(unicodedata.normalize("NFC", value))).replace("＋", "+")
    first = next((part for part in _AFTER_PHONE.split(text) if re.search(r"\d", part)), "")
    digits = re.sub(r"[^0-9]", "", first)
    dialled = ("+" if "+" in first else "") + digits
    inland = _ABROAD.sub("", dialled)
    if inland == dialled:
        # "82-10-…" with the plus forgotten: no Korean number begins with 82.
        if not re.fullmatch(r"820?(?:10\d{8}|[2-6]\d{7,10})", digits):
            return digits
        inland = digits[2:]
    if _NATIONWIDE.fullmatch(inland):
        return inland
    return "0" + inland.lstrip("0") if inland else digits


def format_phone(value: str) -> str:
    """As Koreans write it: 010-1234-5678, 02-123-4567, 1588-1234. Unknown shapes stay as typed."""
    digits = normalise_phone(value)
    for shape, pattern in _SHAPES:
        if found := shape.fullmatch(digits):
            return pattern.format(*found.groups())
    return value.strip()


def clean_text(text: str) -> str:
    """NFC with "\\n" as the only line end; no control characters but that and tab.

    Nothing visible is changed; joiners inside emoji and Indic or Persian words stay.
    """
    lines = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))
    return "".join(c for c in lines if c in "\n\t" or not _is_refused(c))


def _is_refused(char: str) -> bool:
    return char in _TURNS or char == "\ufeff" or unicodedata.category(char) in ("Cc", "Cs")


# Every dash there is, and what people with a Korean keyboard or a hurry type for one.
_DASH = r"[\-‐‑‒–—―−⁃﹘﹣－ー\uff70ㅡ─━~∼～〜_]"
_SPACE = r"[ \t\u00a0\u2000-\u200a\u202f\u3000]"
_RESIDENT = re.compile(
    rf"(?<!\d)(\d\d)(\d\d)(\d\d)"
    rf"(?:{_SPACE}{{0,3}}{_DASH}{{0,2}}{_SPACE}{{0,3}}|\s{{0,6}}{_DASH}{{1,2}}\s{{0,6}})"
    r"([1-8])\d{6}(?!\d)"
)
# Seventh digit: who is born in which century (1, 2, 5, 6: 1900s; 3, 4, 7, 8: 2000s).
_CENTURY = {"1": 1900, "2": 1900, "5": 1900, "6": 1900}
_LAST_BIRTH_YEAR = 2059


def find_resident_number(text: str) -> bool:
    """Whether the text holds what looks like a resident registration number.

    PIPA art. 24-2 forbids to keep one: six digits that are a date, an optional dash or space (a dash at a line's end too), seven
    digits of which the first is 1–8, no digit directly before or after. The check digit is not
    asked: numbers given since October 2020 have none. Full-width digits, any dash, and zero-width
    characters in between do not hide it.
    """
    plain = _ascii_digits("".join(c for c in text if unicodedata.category(c) != "Cf"))
    return any(_is_birth_date(*found.groups()) for found in _RESIDENT.finditer(plain))


def _is_birth_date(year: str, month: str, day: str, seventh: str) -> bool:
    full_year = _CENTURY.get(seventh, 2000) + int(year)
    if full_year > _LAST_BIRTH_YEAR or not 1 <= int(month) <= 12:
        return False
    return 1 <= int(day) <= calendar.monthrange(full_year, int(month))[1]
