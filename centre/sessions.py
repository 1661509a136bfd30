"""How long a sign-in lasts: so long after the last act, and so long in all. Times are UTC.

The limits are the centre's own (``session_idle_minutes``, ``session_hours``). They stand in the
session from the sign-in on and are read again at most once a minute, so a page costs no query more.
What is sent after the end is kept, encrypted, for half an hour: after signing in again the same
person sends it from where he was (``keep``, ``kept_for``).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from centre import options
from centre.models import KeptForm, User
from records.crypto import keyed_hash

TOUCH_EVERY: Final = timedelta(minutes=1)
KEPT_FOR: Final = timedelta(minutes=30)
_STATE: Final = "sign_in"
_TOKEN: Final = "kept_form"  # noqa: S105 - where the token stands
ENDED: Final = "sign_in_ended"
#: Never kept: the token of the form and passwords (pages about the account keep nothing at all).
_NOT_KEPT: Final = frozenset({"csrfmiddlewaretoken", "password", "again"})


@dataclass(frozen=True, slots=True)
class Left:
    """Time left until a session ends; ``by_idling`` where going on working would prolong it."""

    seconds: int
    by_idling: bool


def begin(session: SessionBase, *, now: datetime) -> None:
    """Start the clock at a sign-in."""
    session[_STATE] = {"began": now.timestamp(), **_now_and_limits(now)}
    session.pop(ENDED, None)


def touch(session: SessionBase, *, now: datetime) -> None:
    """Something was done: the idle time starts anew. Written at most once a minute."""
    state = session.get(_STATE)
    if state is None:
        begin(session, now=now)
    elif now.timestamp() - state["seen"] >= TOUCH_EVERY.total_seconds():
        session[_STATE] = {**state, **_now_and_limits(now)}


def _now_and_limits(now: datetime) -> dict[str, float]:
    values = options.values()
    return {
        "seen": now.timestamp(),
        "idle": float(values["session_idle_minutes"]) * 60,
        "whole": float(values["session_hours"]) * 3600,
    }


def left(session: SessionBase, *, now: datetime) -> Left | None:
    """None for a session without a sign-in. Zero or less: it is over."""
    state = session.get(_STATE)
    if state is None or not settings.SESSIONS_END:
        return None
    idle, whole = state["seen"] + state["idle"], state["began"] + state["whole"]
    return Left(seconds=int(min(idle, whole) - now.timestamp()), by_idling=idle < whole)


def is_over(session: SessionBase, *, now: datetime) -> bool:
    remaining = left(session, now=now)
    return remaining is not None and remaining.seconds <= 0


def keep(request: HttpRequest, *, user: User, now: datetime) -> str:
    """Keep what was sent after the end; gives the token under which its sender finds it."""
    token = secrets.token_urlsafe(24)
    fields = [[name, values] for name, values in request.POST.lists() if name not in _NOT_KEPT]
    KeptForm.objects.create(
        token=_hashed(token),
        user=user,
        content={  # type: ignore[misc] # the plugin takes it for plain text
            "path": request.get_full_path(),
            "back": _page_of(request),
            "fields": fields,
            "files": sum(len(files) for _name, files in request.FILES.lists()),
        },
        kept_until=now + KEPT_FOR,
    )
    return token


def _page_of(request: HttpRequest) -> str:
    """The page the form stood on, where the browser says so and it is one of ours."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.get_host():
        return request.get_full_path()
    return came_from._replace(scheme="", netloc="", fragment="").geturl()


def remember(session: SessionBase, token: str) -> None:
    session[_TOKEN] = token


def kept_for(request: HttpRequest, *, now: datetime) -> dict[str, Any] | None:
    """What this person sent after the end of the last session, if it is still kept."""
    row = _row(request, now=now)
    return None if row is None else row.content


def drop(request: HttpRequest) -> None:
    """It was sent again, or is not wanted."""
    if token := request.session.pop(_TOKEN, None):
        KeptForm.objects.filter(token=_hashed(token)).delete()


def drop_when_sent(request: HttpRequest, *, now: datetime) -> None:
    """A form sent to where the kept one was meant to go is that one, sent again."""
    if _TOKEN in request.session:
        row = _row(request, now=now)
        if row is None or row.content["path"] == request.get_full_path():
            drop(request)


def _row(request: HttpRequest, *, now: datetime) -> KeptForm | None:
    token = request.session.get(_TOKEN)
    if not token or not isinstance(request.user, User):
        return None
    rows = KeptForm.objects.filter(user=request.user, kept_until__gt=now)
    return rows.filter(token=_hashed(token)).first()


def clear(*, now: datetime) -> int:
    """Delete what nobody came back for; says how many."""
    return KeptForm.objects.filter(kept_until__lte=now).delete()[0]


def _hashed(token: str) -> str:
    return keyed_hash("kept-form", token)
