"""What people typed, as every room takes it: clean, not too long, and without forbidden numbers."""

from __future__ import annotations

from typing import Protocol

from complaints.texts import refusal
from records.personal import clean_text, find_resident_number

SHORTEST_TOKEN, LONGEST_TOKEN = 8, 64


class Refusal(Protocol):
    """A room's own refusal, with the field it stands beside."""

    def __call__(self, message: str, /, *, field: str = "") -> Exception: ...


def words(
    text: str, *, field: str, refused: Refusal, longest: int, required: str = "", rest: str = ""
) -> str:
    """The text made clean; ``refused`` where it is missing, too long or forbidden.

    ``required`` says what is missing; ``rest`` what to do with what is too long. Resident
    registration numbers are refused everywhere (Personal Information Protection Act 24-2).
    """
    cleaned = clean_text(text).strip()
    if required and not cleaned:
        raise refused(required, field=field)
    if len(cleaned) > longest:
        said = f"{longest:,}자까지 쓸 수 있습니다. 지금은 {len(cleaned):,}자입니다."
        raise refused(f"{said} {rest}".strip(), field=field)
    if find_resident_number(cleaned):
        raise refused(refusal("resident_number"), field=field)
    return cleaned


def token(form_token: str, *, refused: Refusal) -> str:
    """What makes a form count once."""
    if not SHORTEST_TOKEN <= len(form_token) <= LONGEST_TOKEN:
        raise refused("화면을 새로 고친 뒤 다시 눌러 주십시오.")
    return form_token
