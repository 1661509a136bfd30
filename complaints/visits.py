"""What a citizen's browser may see, kept in its session: the receipt just given, cases opened.

Access codes are kept only as hashes, so the one to be shown on the receipt page stands encrypted in
the session, for ten minutes. A case once opened with its code stays open for an hour after the last
look at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest

from complaints.filing import Filed
from complaints.models import Complaint
from records.crypto import Unreadable, decrypt, encrypt

SHOWN_FOR = timedelta(minutes=10)
OPEN_FOR = timedelta(hours=1)
MOST_CASES = 5
_RECEIPT, _CASES, _UNSENT = "receipt", "cases", "unsent"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the receipt page shows; ``access_code`` is "" where it was shown elsewhere."""

    complaint: Complaint
    access_code: str
    created: bool


def give_receipt(request: HttpRequest, filed: Filed, *, now: datetime) -> None:
    """Let this browser see number and code for ten minutes, and the case for an hour."""
    before: dict[str, Any] = request.session.get(_RECEIPT) or {}
    code = encrypt(filed.access_code) if filed.access_code else ""
    if not code and before.get("id") == filed.complaint.pk:
        code = before["code"]
    request.session[_RECEIPT] = {
        "id": filed.complaint.pk,
        "code": code,
        "created": filed.created,
        "until": (now + SHOWN_FOR).timestamp(),
    }
    open_case(request, filed.complaint, now=now)


def receipt(request: HttpRequest, *, now: datetime) -> Receipt | None:
    """The receipt to show; when its time is over it is forgotten."""
    kept: dict[str, Any] | None = request.session.get(_RECEIPT)
    if not kept:
        return None
    if now.timestamp() > kept["until"]:
        del request.session[_RECEIPT]
        return None
    complaint = Complaint.objects.select_related("topic", "team").filter(pk=kept["id"]).first()
    if complaint is None:
        return None
    try:
        code = decrypt(kept["code"]) if kept["code"] else ""
    except Unreadable:
        code = ""
    return Receipt(complaint, code, kept["created"])


def open_case(request: HttpRequest, complaint: Complaint, *, now: datetime) -> None:
    """Let this browser see the case; the oldest of more than five is forgotten."""
    request.session.cycle_key()
    cases = _open_cases(request, now=now)
    cases.pop(complaint.receipt_number, None)
    cases[complaint.receipt_number] = [complaint.pk, (now + OPEN_FOR).timestamp()]
    request.session[_CASES] = dict(list(cases.items())[-MOST_CASES:])
    if SESSION_KEY not in request.session:  # a member of staff stays signed in
        request.session.set_expiry(int(OPEN_FOR.total_seconds()))


def opened(request: HttpRequest, receipt_number: str, *, now: datetime) -> Complaint | None:
    """The case, if this browser may see it; the hour starts anew."""
    cases = _open_cases(request, now=now)
    entry = cases.get(receipt_number)
    if entry is None:
        return None
    entry[1] = (now + OPEN_FOR).timestamp()
    request.session[_CASES] = cases
    case = Complaint.objects.select_related("topic", "team", "handler")
    return case.filter(pk=entry[0], receipt_number=receipt_number).first()


def _open_cases(request: HttpRequest, *, now: datetime) -> dict[str, list[Any]]:
    cases: dict[str, list[Any]] = request.session.get(_CASES, {})
    return {number: list(e) for number, e in cases.items() if e[1] > now.timestamp()}


def seen(request: HttpRequest, *, now: datetime) -> list[int]:
    """The cases that this browser may see."""
    return [entry[0] for entry in _open_cases(request, now=now).values()]


def put_aside(request: HttpRequest, receipt_number: str, text: str) -> None:
    """Keep what was typed while the hour ran out, until the case is opened again."""
    if text:
        request.session[_UNSENT] = {"number": receipt_number[:20], "text": encrypt(text[:20_000])}


def put_aside_text(request: HttpRequest, receipt_number: str) -> str:
    """What was put aside for this case, once."""
    kept = request.session.get(_UNSENT)
    if not kept or kept["number"] != receipt_number:
        return ""
    del request.session[_UNSENT]
    try:
        return decrypt(kept["text"])
    except Unreadable:
        return ""
