"""Receipt numbers and access codes. Pure.

A receipt number is ``YYYY-NNNNNN-C``: year in Seoul, sequence, and a check character by
ISO 7064 MOD 37,36 over the ten digits, so that a number misheard on the phone hits no other case.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata

_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 10
_SEPARATORS = re.compile(r"[\s\-‐-―−_./]+")


def check_character(digits: str) -> str:
    """The ISO 7064 MOD 37,36 check character of ``digits``."""
    rest = 36
    for character in digits:
        total = (rest + _CHARACTERS.index(character)) % 36 or 36
        rest = total * 2 % 37
    return _CHARACTERS[(37 - rest) % 36]


def receipt_number(*, year: int, sequence: int) -> str:
    """The receipt number; ValueError beyond 999,999 cases a year."""
    if not 0 < sequence <= 999_999:
        raise ValueError("a year has at most 999,999 receipt numbers")
    digits = f"{year:04d}{sequence:06d}"
    return f"{digits[:4]}-{digits[4:]}-{check_character(digits)}"


def normalise_receipt_number(text: str) -> str:
    """What was meant by what was typed, or "" where it cannot be a receipt number.

    Case, spaces, hyphens and full-width letters are forgiven; the check character is not.
    """
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()
    digits, check = plain[:10], plain[10:]
    if not re.fullmatch(r"[0-9]{10}", digits) or check != check_character(digits):
        return ""
    return f"{digits[:4]}-{digits[4:]}-{check}"


def new_access_code() -> str:
    """A fresh access code: 50 random bits."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def access_code_of(token: str, *, key: str) -> str:
    """The access code that belongs to a form token (a random secret of the citizen's browser).

    The second of two identical requests can so show the same code, although only hashes of code
    and token are kept.
    """
    digest = hmac.new(key.encode(), b"access-code\x00" + token.encode(), hashlib.sha256).digest()
    number = int.from_bytes(digest[:8], "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, index = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[index])
    return "".join(letters)


def normalise_access_code(text: str) -> str:
    """Upper case without spaces and hyphens."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()
