"""The access code of a case just registered: shown to whoever registered it, for ten minutes.

Only a hash of the code is kept with the case; here it stands encrypted in the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest

from complaints.filing import Filed
from records.crypto import Unreadable, decrypt, encrypt

SHOWN_FOR = timedelta(minutes=10)
MOST = 5
_KEY = "registered"


@dataclass(frozen=True, slots=True)
class Given:
    """``access_code`` is "" where this form was filed before and the code changed since."""

    access_code: str
    created: bool


def give(request: HttpRequest, filed: Filed, *, now: datetime) -> None:
    kept = _kept(request, now=now)
    kept[str(filed.complaint.pk)] = {
        "code": encrypt(filed.access_code) if filed.access_code else "",
        "created": filed.created,
        "until": (now + SHOWN_FOR).timestamp(),
    }
    request.session[_KEY] = dict(list(kept.items())[-MOST:])


def given(request: HttpRequest, pk: int, *, now: datetime) -> Given | None:
    """What this session registered as case ``pk`` in the last ten minutes."""
    row = _kept(request, now=now).get(str(pk))
    if row is None:
        return None
    try:
        code = decrypt(row["code"]) if row["code"] else ""
    except Unreadable:
        code = ""
    return Given(code, row["created"])


def _kept(request: HttpRequest, *, now: datetime) -> dict[str, dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = request.session.get(_KEY, {})
    return {pk: row for pk, row in kept.items() if row["until"] > now.timestamp()}
