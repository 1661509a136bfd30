"""Text as people type it, cleaned; what cannot be kept is refused and nothing typed is lost."""

from __future__ import annotations

from centre.errors import Refused
from records.personal import clean_text, find_resident_number


def words(text: str, *, field: str, longest: int) -> str:
    """NFC, without control characters; "" where nothing can be seen. Refused names ``field``."""
    text = clean_text(text).strip()
    if not any(char.isprintable() and not char.isspace() for char in text):
        return ""
    if len(text) > longest:
        raise Refused(f"{longest:,}자까지 적을 수 있습니다.", field=field)
    if find_resident_number(text):
        raise Refused(
            "주민등록번호로 보이는 숫자가 있습니다. 안전을 위해 받을 수 없으니 지워 주십시오. "
            "쓰신 내용은 그대로 있습니다.",
            field=field,
        )
    return text
