"""After too many wrong passwords an account is locked for a while, for the address they came from.

django-axes counts. What was typed as a user name may be a password typed in the wrong field, so
it is neither stored nor logged: counted by is a keyed hash of it. An account that does not exist is
locked just the same, so nothing can be learnt from a lock.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from typing import Any, Final

from axes.conf import settings as axes
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from records.addresses import client_address
from records.crypto import keyed_hash

#: Those whose address cannot be told (a server behind a socket) count as one.
UNKNOWN: Final = "0.0.0.0"  # noqa: S104 - an address that nobody has, nothing listens on it


def key_of(username: str) -> str:
    """What failures of a user name are counted by; the same in any case and any Unicode form."""
    return keyed_hash("sign-in", unicodedata.normalize("NFKC", username).strip().casefold())


def key_of_request(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """As django-axes asks for it, with the credentials or without."""
    typed = (credentials or {}).get("username")
    return key_of(str(request.POST.get("login", "") if typed is None else typed))


def address_of(request: HttpRequest) -> str:
    return client_address(request) or UNKNOWN


def for_the_log(
    _key: str, address: str, _agent: str, path: str | tuple[str, ...], _request: HttpRequest
) -> str:
    """What django-axes writes to the log of a client: where from and which page, nothing typed."""
    return f"{address} {path[0] if isinstance(path, tuple) else path}"


def locked_until(key: str, address: str, *, now: datetime) -> datetime | None:
    """When a lock ends (UTC), or None where there is none."""
    cool_off: timedelta = get_cool_off()
    attempts = AccessAttempt.objects.filter(
        username=key, ip_address=address, attempt_time__gt=now - cool_off
    ).order_by("-attempt_time")
    return _end(list(attempts.values_list("attempt_time", "failures_since_start")), cool_off)


def _end(failures: list[tuple[datetime, int]], cool_off: timedelta) -> datetime | None:
    """The lock ends when so many of the last failures (newest first) are past that few are left."""
    counted = 0
    for at, count in failures:
        counted += count
        if counted >= axes.AXES_FAILURE_LIMIT:
            return at + cool_off
    return None


def is_locked(username: str, *, now: datetime) -> bool:
    """Whether the account is locked for any address."""
    key = key_of(username)
    since = now - get_cool_off()
    attempts = AccessAttempt.objects.filter(username=key, attempt_time__gt=since)
    return any(
        locked_until(key, address, now=now) is not None
        for address in set(attempts.values_list("ip_address", flat=True))
    )


def unlock(username: str) -> int:
    """Forget the failures of an account, from wherever; says how many addresses that frees."""
    attempts = AccessAttempt.objects.filter(username=key_of(username))
    freed: int = attempts.values("ip_address").distinct().count()
    attempts.delete()
    return freed


def locked_page(
    request: HttpRequest, _response: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """429, and until when."""
    now = timezone.now()
    until = locked_until(key_of_request(request, credentials), address_of(request), now=now)
    left = (until or now) - now
    context = {"until": until, "minutes": max(1, -(-int(left.total_seconds()) // 60))}
    answer = render(
        request, "account/locked.html", context, status=settings.AXES_HTTP_RESPONSE_CODE
    )
    answer["Retry-After"] = str(max(1, int(left.total_seconds())))
    return answer
