"""A text as it may stand in a cell of a spreadsheet or of a CSV file. Pure.

A spreadsheet program runs what begins like a formula, also from a CSV file, and makes numbers and
dates of what looks like them (OWASP: CSV injection). What people typed stays text.
"""

from __future__ import annotations

import re
from typing import Final

#: The most that a cell of Excel holds, in UTF-16 code units.
LONGEST: Final = 32_767
_CUT: Final = "… (잘림)"
# What XML 1.0 forbids, halves of characters, and marks that turn the direction of what follows.
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u202a-\u202e\u2066-\u2069\ufeff]"
)
#: With their full-width forms, which Korean and Japanese programs take for the same.
_BEGINS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "−")
_NUMBER = re.compile(r"\d[\d,]*(\.\d+)?([eE][+-]?\d+)?")
_DIGITS_KEPT: Final = 11


def clean(text: str) -> str:
    """Without what a spreadsheet refuses. Joiners inside emoji and right-to-left letters stay."""
    return _REFUSED.sub("", text.replace("\r\n", "\n"))


def computes(text: str) -> bool:
    """Whether a spreadsheet would compute it where it is typed or read from a CSV file."""
    first = text.lstrip()[:1]
    return (first in _BEGINS and first != "") or text[:1] in {"\t", "\r"}


def safe(text: str) -> str:
    """Without what a spreadsheet refuses, and with an apostrophe before what it would compute.

    Idempotent.
    """
    cleaned = clean(text)
    return f"'{cleaned}" if computes(cleaned) else cleaned


def safe_in_csv(text: str) -> str:
    """As `safe`; digits that a program would shorten (0101…, 1234567890123, 1E9) keep their form."""
    kept = safe(text)
    return f"'{kept}" if _NUMBER.fullmatch(kept) and _loses(kept) else kept


def _loses(number: str) -> bool:
    digits = sum(char.isdigit() for char in number)
    return (
        (number[0] == "0" and len(number) > 1 and number[1] not in ".,")
        or digits > _DIGITS_KEPT
        or "e" in number.lower()
    )


def cut(text: str) -> str:
    """What fits into one cell of Excel; where something is cut off, it says so at the end."""
    if len(text) * 2 <= LONGEST or _units(text) <= LONGEST:
        return text
    room = LONGEST - len(_CUT)
    kept = text.encode("utf-16-le", "surrogatepass")[: room * 2]
    return kept.decode("utf-16-le", "ignore") + _CUT


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
