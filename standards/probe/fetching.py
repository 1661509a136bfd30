"""One look at a public page, safely: only http and https, only public addresses, bounded.

A target, and whatever it redirects to, is resolved here; every address of the name has to be
public, and the connection goes to the very address that was checked, so that a name cannot be one
thing when it is checked and another when it is opened. Nothing is sent but a plain GET.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from standards.models import Why

TIME_LIMIT: Final = 10.0
MOST_BYTES: Final = 512 * 1024
MOST_REDIRECTS: Final = 5
_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_HEADERS: Final = {
    "User-Agent": "voc-portal availability check",
    "Accept": "text/html",
    "Accept-Encoding": "identity",
    "Connection": "close",
}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a look ended; ``milliseconds`` is how long it took."""

    why: Why
    status: int | None = None
    milliseconds: int = 0

    @property
    def good(self) -> bool:
        return self.why == Why.OK


class _Ended(Exception):
    """The look is over, and why."""

    def __init__(self, why: Why, status: int | None = None) -> None:
        super().__init__(why)
        self.why, self.status = why, status


def look(
    address: str, text: str, *, allow_loopback: bool = False, time_limit: float = TIME_LIMIT
) -> Outcome:
    """Open a page as a visitor would, within ``time_limit`` seconds for all of it."""
    started = time.monotonic()
    try:
        status = _follow(
            address, text, deadline=started + time_limit, allow_loopback=allow_loopback
        )
        ended = _Ended(Why.OK, status)
    except _Ended as found:
        ended = found
    return Outcome(ended.why, ended.status, round((time.monotonic() - started) * 1000))


def _follow(address: str, text: str, *, deadline: float, allow_loopback: bool) -> int:
    for _hop in range(MOST_REDIRECTS + 1):
        status, location, body = _get(address, deadline=deadline, allow_loopback=allow_loopback)
        if status in _REDIRECTS and location:
            address = urljoin(address, location)
            continue
        if not 200 <= status < 300:
            raise _Ended(Why.STATUS, status)
        if text not in body:
            raise _Ended(Why.TEXT, status)
        return status
    raise _Ended(Why.REDIRECTS)


# --- where it may go ------------------------------------------------------------------------------


def _checked(address: str, *, allow_loopback: bool) -> tuple[SplitResult, str, int]:
    """The parts of an address that may be opened, its host and port."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _Ended(Why.UNSAFE) from None
    if parts.scheme not in _PORTS or not host or parts.username is not None:
        raise _Ended(Why.UNSAFE)
    port = port or _PORTS[parts.scheme]
    if port not in _PORTS.values() and not allow_loopback:
        raise _Ended(Why.UNSAFE)
    return parts, host, port


def _addresses(host: str, port: int, *, allow_loopback: bool) -> list[str]:
    """The addresses of a host; one that is not public refuses them all."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise _Ended(Why.NAME) from None
    listed = [str(row[4][0]) for row in found]
    if not all(may_be_opened(one, allow_loopback=allow_loopback) for one in listed):
        raise _Ended(Why.UNSAFE)
    return listed


def may_be_opened(written: str, *, allow_loopback: bool = False) -> bool:
    """Whether an address is a public one; loopback where a test allows it, and nothing else."""
    try:
        address: Address = ipaddress.ip_address(written.partition("%")[0])
    except ValueError:
        return False
    return all(
        (one.is_global and not one.is_multicast and not one.is_reserved)
        or (allow_loopback and one.is_loopback)
        for one in _inside(address)
    )


def _inside(address: Address) -> Iterator[Address]:
    """The address, or the IPv4 addresses that it stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    hidden = [one for one in inner if one is not None]
    yield from hidden or [address]


# --- one request ----------------------------------------------------------------------------------


def _get(address: str, *, deadline: float, allow_loopback: bool) -> tuple[int, str, str]:
    """Status, where it redirects to, and what of the page was read."""
    parts, host, port = _checked(address, allow_loopback=allow_loopback)
    pinned = _addresses(host, port, allow_loopback=allow_loopback)
    try:
        connected = _connect(pinned, host, port, parts.scheme, deadline=deadline)
        with connected, _cut_at(connected, deadline):
            answer = _ask(connected, parts, host, port)
        _left(deadline)  # what was cut off is no page
        return answer  # noqa: TRY300
    except ssl.SSLError:
        raise _Ended(Why.TLS if time.monotonic() < deadline else Why.TIMEOUT) from None
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, TimeoutError) or time.monotonic() >= deadline:
            raise _Ended(Why.TIMEOUT) from None
        broken = isinstance(error, http.client.HTTPException)
        raise _Ended(Why.BROKEN if broken else Why.AWAY) from None


def _connect(
    pinned: list[str], host: str, port: int, scheme: str, *, deadline: float
) -> socket.socket:
    """A connection to one of the addresses that were checked, never to the name again."""
    failed: OSError = ConnectionError()
    for one in pinned:
        try:
            found = socket.create_connection((one, port), timeout=_left(deadline))
        except OSError as error:
            failed = error
            continue
        if scheme == "http":
            return found
        try:
            return ssl.create_default_context().wrap_socket(found, server_hostname=host)
        except BaseException:
            found.close()
            raise
    raise failed


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


@contextmanager
def _cut_at(connected: socket.socket, deadline: float) -> Iterator[None]:
    """Cut the line at the deadline, also under a server that sends a byte now and then."""

    def cut() -> None:
        try:
            socket.socket.shutdown(connected, socket.SHUT_RDWR)  # of the line, under any TLS
        except OSError:
            return  # it was closed first

    timer = threading.Timer(_left(deadline), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _ask(
    connected: socket.socket, parts: SplitResult, host: str, port: int
) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection(host, port)
    connection.sock = connected
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    named = f"[{host}]" if ":" in host else host
    shown = named if port in _PORTS.values() else f"{named}:{port}"
    try:
        connection.request("GET", path, headers={"Host": shown, **_HEADERS})
        answer = connection.getresponse()
        body = answer.read(MOST_BYTES)
        charset = answer.headers.get_content_charset() or "utf-8"
        return answer.status, answer.headers.get("Location") or "", _decoded(body, charset)
    except (ValueError, UnicodeError):
        raise _Ended(Why.BROKEN) from None
    finally:
        connection.close()


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")
