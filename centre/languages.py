"""The language of a page or a letter: Korean is what is written and kept, English what is shown.

Verbs run in Korean whoever asks (`in_korean`), so that what is stored and what staff read is
Korean. `said` turns such a Korean text into the active language where people read it: whole texts
by the catalogue, texts with values in them by the catalogue's patterns (``{{ name }}``), dates by
rule. What the catalogue does not know - what somebody typed, a name - stays as it is.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from django.utils import translation
from django.utils.translation import trans_real

from centre.words import said_in_english

KOREAN = "ko"
ENGLISH = "en"
#: What only the staff sees, always in Korean.
_STAFF = re.compile(r"/(admin|desk|dashboard|accounts|dev|healthz|static)(/|$)")
#: What citizens see and has no English words yet: these pages say so.
_KOREAN_ONLY = re.compile(
    r"/(charter|statistics|staff-guide|courses|surveys|s)(/|$)|/[^?]+\.(csv|json|pdf)$"
)

_PLACE = re.compile(r"\{\{ (\w+) \}\}")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


def in_korean() -> AbstractContextManager[None]:
    """Where verbs run: nothing that is stored depends on the language of a page."""
    made: AbstractContextManager[None] = translation.override(KOREAN)
    return made


def is_for_citizens(path: str) -> bool:
    return _STAFF.match(path) is None


def is_in_english(path: str) -> bool:
    """Whether the page at ``path`` can be shown in English."""
    return is_for_citizens(path) and _KOREAN_ONLY.match(path) is None


def speaks_english() -> bool:
    return (translation.get_language() or KOREAN)[:2] == ENGLISH


def has_hangul(text: str) -> bool:
    return _HANGUL.search(text) is not None


def said(text: object) -> str:
    """A Korean text in the active language; unchanged where that is Korean or it is not known."""
    korean = str(text)
    if not speaks_english() or not has_hangul(korean):
        return korean
    lines = korean.split("\n")
    if len(lines) > 1:
        whole = translation.gettext(korean)
        return whole if whole != korean else "\n".join(said(line) for line in lines)
    return _known(korean.strip()) or korean


def _known(korean: str) -> str:
    """The English of one line, "" for one that is not in the catalogue."""
    english = translation.gettext(korean)
    if english != korean:
        return english
    if english := said_in_english(korean):
        return english
    for pattern, template in _patterns():
        if match := pattern.fullmatch(korean):
            values = match.groupdict()
            filled = translation.gettext(template)
            for name, value in values.items():
                filled = filled.replace("{{ " + name + " }}", said(value))
            return filled
    return ""


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The catalogue's texts with values in them, first those with the most words of their own."""
    catalogue: Any = trans_real.translation(ENGLISH)._catalog  # type: ignore[attr-defined] # noqa: SLF001 - has no other door
    known = [key for key in catalogue.keys() if isinstance(key, str) and _PLACE.search(key)]  # noqa: SIM118
    return [(_pattern(key), key) for key in sorted(known, key=_own_words, reverse=True)]


def _own_words(template: str) -> int:
    return len(_PLACE.sub("", template))


def _pattern(template: str) -> re.Pattern[str]:
    parts = _PLACE.split(template)
    made, seen = [], set()
    for place, part in enumerate(parts):
        if place % 2 == 0:
            made.append(re.escape(part))
        elif part in seen:
            made.append(f"(?P={part})")
        else:
            seen.add(part)
            made.append(f"(?P<{part}>.*?)")
    return re.compile("".join(made))
