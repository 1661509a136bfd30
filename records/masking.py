"""Personal data as lists show it: enough to recognise, too little to know."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from records.personal import format_phone

_STAR = "*"


def mask_name(name: str) -> str:
    """홍길동 → 홍*동, 홍길 → 홍*, 남궁민우 → 남**우; other scripts by word: Kim Lan → K** L**."""
    words = unicodedata.normalize("NFC", name).split()
    if all(_is_east_asian(char) for word in words for char in word):
        return _mask_east_asian("".join(words))
    return " ".join(_mask_word(word) for word in words)


def _is_east_asian(char: str) -> bool:
    return unicodedata.name(char, "").startswith(("HANGUL", "CJK"))


def _mask_east_asian(name: str) -> str:
    if len(name) <= 2:
        return _mask_word(name)
    return name[0] + _STAR * (len(name) - 2) + name[-1]


def _mask_word(word: str) -> str:
    """First letter, then a star for each further one; accents written apart count as no letter."""
    letters = sum(1 for char in word if not unicodedata.combining(char))
    if letters <= 1:
        return _STAR * letters
    return word[0] + _STAR * (letters - 1)


def mask_phone(phone: str) -> str:
    """010-****-5678, 054-***-1365, ****-1234; else the last four of eight or more."""
    text = format_phone(phone)
    groups = text.split("-")
    digits = sum(char.isdecimal() for char in text)
    if len(groups) == 3 and digits >= 9 and text.replace("-", "").isdecimal():
        return f"{groups[0]}-{_STAR * len(groups[1])}-{groups[2]}"
    shown = 4 if digits >= 8 else 0
    hidden = len(text) - shown
    return "".join(_STAR if c.isalnum() else c for c in text[:hidden]) + text[hidden:]


def mask_email(email: str) -> str:
    """hana@example.com → ha***@example.com; a short local part shows less."""
    text = email.strip()
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain:
        return _STAR * 3 if text else ""
    return f"{local[: min(2, len(local) - 1)]}***@{domain}"


# --- inside a text --------------------------------------------------------------------------------

# Patterns see the text folded: half-width, every dash as "-", without unseen characters.
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−⁃﹘﹣ー─━\uff70ㅡ"), "-") | {
    ord("∼"): "~",
    ord("〜"): "~",
}
# What people put between groups of digits.
_GAP: Final = r"[ \t]{0,3}[-./,~_·()]{0,2}[ \t]{0,3}"
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9._%+-]{1,64}[ \t]{0,2}(?:@|[(\[]at[)\]]|골뱅이)[ \t]{0,2}"
    r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
)
_AT: Final = ("@", "＠", "﹫", "(at)", "[at]", "골뱅이")
_RESIDENT: Final = re.compile(
    rf"(?<!\d)(?:\d{{6}}(?:{_GAP}|\s{{0,6}}-{{1,2}}\s{{0,6}})[1-8]\d{{6}}"
    rf"|\d(?:[ ]\d){{5}}{_GAP}[1-8](?:[ ]\d){{6}})(?!\d)"
)
# Behind the year of a receipt number (2026-010123-4) no telephone number begins.
_START: Final = r"(?<!\d)(?<!\b20\d\d-)"
_PHONE: Final = re.compile(
    rf"(?:\+82{_GAP}0?{_GAP}[1-9]\d{{0,2}}{_GAP}\d{{3,4}}{_GAP}\d{{4}}"
    rf"|{_START}82{_GAP}0?{_GAP}1[016-9]{_GAP}\d{{3,4}}{_GAP}\d{{4}}"
    rf"|{_START}\(?01[016-9](?:{_GAP}\d){{7,8}}"
    rf"|{_START}\(?0[1-9]\d{{0,2}}{_GAP}\d{{3,4}}{_GAP}\d{{4}}"
    # One digit at a time: a prefix that is dialled, for 0 1 2 3 4 … is only counting.
    r"|(?<!\d)0[ ./,_·-]{1,3}(?:1[ ./,_·-]{1,3}[016-9]|[2-8])(?:[ ./,_·-]{1,3}\d){7,9})(?!\d)"
)
# Without an area code: 855-1365. Years (2025-2026) and amounts (300-1000명) are none.
_LOCAL: Final = re.compile(
    r"(?<![\d.,/~-])(?<!\d -)(?<!\d - )(?!(?:19|20)\d\d)[2-9]\d{2,3}[ ]?-[ ]?\d{4}"
    r"(?![\d/~-]|[.,]\d|[ ]-|[ ]?(?:원|명|건|개|년|점|시간|쪽|번지|호|만|천|회|㎡|km|m\b))"
)
_ACCOUNT: Final = re.compile(
    r"(?<![\d-])(?!20\d\d[ ]?-[ ]?[01]?\d[ ]?-)\d{2,6}(?:[ ]?-[ ]?\d{2,6}){2,3}(?![\d-])"
    r"|(?<!\d)\d{10,}(?!\d)"
)
_LEAST_DIGITS: Final = 7


def mask_text(text: str, *, names: tuple[str, ...] = ()) -> str:
    """A line of text without what tells of a person: addresses, phone, resident and account
    numbers, and these ``names``, also in full-width signs and with gaps. Names that are not given
    cannot be known and stay. A receipt number (2026-000123-K), a date and an amount stay.
    """
    for name in names:
        if len(bare := _bare(name)) > 1:
            stars = mask_name(name)
            text = _masked(text, _name_pattern(bare, name), partial(_instead, stars))
    if any(sign in text for sign in _AT):
        text = _masked(text, _EMAIL, _email)
    if sum(char.isdecimal() for char in text) < _LEAST_DIGITS:
        return text
    text = _masked(text, _RESIDENT, partial(_instead, "******-*******"))
    text = _masked(text, _PHONE, lambda found: mask_phone(re.sub(r"[^\d+]", "", found)))
    text = _masked(text, _LOCAL, lambda found: re.sub(r"\d", _STAR, found.replace(" ", "")))
    return _masked(text, _ACCOUNT, _stars)


def _masked(text: str, pattern: re.Pattern[str], mask: Callable[[str], str]) -> str:
    """The text with what the pattern finds in it, folded, replaced; all else as it was."""
    folded, places = _fold(text)
    pieces, end = [], 0
    for found in pattern.finditer(folded):
        pieces += [text[end : places[found.start()]], mask(found[0])]
        end = places[found.end() - 1] + 1
    return "".join([*pieces, text[end:]])


def _instead(stars: str, _found: str) -> str:
    return stars


def _fold(text: str) -> tuple[str, list[int]]:
    """As the patterns read it, and where each of its characters stands in the text."""
    if text.isascii():
        return text, list(range(len(text)))
    signs, places = [], []
    for place, char in enumerate(text):
        if char.isascii() or "가" <= char <= "힣":
            sign = char
        elif unicodedata.category(char) == "Cf":
            continue
        elif char.isdecimal():
            sign = str(unicodedata.decimal(char))
        else:
            sign = char.translate(_DASHES)
            plain = unicodedata.normalize("NFKC", sign)
            sign = plain if len(plain) == 1 else sign
        signs.append(sign)
        places.append(place)
    return "".join(signs), places


def _bare(name: str) -> str:
    return "".join(unicodedata.normalize("NFC", name).split())


@lru_cache(maxsize=256)
def _name_pattern(bare: str, name: str) -> re.Pattern[str]:
    """홍길동 and 홍 길동; a name of two syllables with a gap only where it stands alone."""
    if not all(_is_east_asian(char) for char in bare):
        words = r"[\s._-]{0,2}".join(map(re.escape, unicodedata.normalize("NFC", name).split()))
        return re.compile(rf"(?<![^\W\d_가-힣]){words}(?![^\W\d_가-힣])", re.IGNORECASE)
    spaced = r"\s{0,2}".join(bare)
    if len(bare) > 2:
        return re.compile(spaced)
    return re.compile(
        rf"{bare}|(?<![가-힣]){bare[0]}\s{{1,2}}{bare[1]}(?=[^가-힣]|$|[님씨군양은는이가을를의께])"
    )


def _email(found: str) -> str:
    local, _at, domain = re.split(r"\s*(@|[(\[]at[)\]]|골뱅이)\s*", found, maxsplit=1)
    return mask_email(f"{local}@{domain}")


def _stars(number: str) -> str:
    if sum(char.isdecimal() for char in number) < 10:
        return number
    return re.sub(r"\d", _STAR, number)
