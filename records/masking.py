"""Personal data as lists show it: enough to recognise, too little to know."""

import re
import unicodedata

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


# Addresses and numbers inside a text; a receipt number (2026-000123-K) and a date are none of them.
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_RESIDENT = re.compile(r"(?<!\d)\d{6}[ -]?[1-8]\d{6}(?!\d)")
_PHONE = re.compile(r"(?<!\d)(?:\+82[ .-]?\(?0?\)?|\(?0)\d{1,2}[ .)-]{0,2}\d{3,4}[ .-]?\d{4}(?!\d)")
_ACCOUNT = re.compile(r"(?<![\d-])\d{2,6}(?:-\d{2,6}){2,3}(?![\d-])|(?<!\d)\d{10,}(?!\d)")


def mask_text(text: str, *, names: tuple[str, ...] = ()) -> str:
    """A line of text without what tells of a person: addresses, phone, resident and account
    numbers, and these ``names``. Names that are not given cannot be known and stay.
    """
    for name in names:
        if len(name) > 1:
            text = text.replace(name, mask_name(name))
    if "@" in text:
        text = _EMAIL.sub(lambda found: mask_email(found[0]), text)
    if sum(char.isdecimal() for char in text) < 8:
        return text
    text = _RESIDENT.sub("******-*******", text)
    text = _PHONE.sub(lambda found: mask_phone(found[0]), text)
    return _ACCOUNT.sub(lambda found: _stars(found[0]), text)


def _stars(number: str) -> str:
    if sum(char.isdecimal() for char in number) < 10:
        return number
    return re.sub(r"\d", _STAR, number)
