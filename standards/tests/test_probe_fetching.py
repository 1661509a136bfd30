"""A look at a page, against a server that is slow, broken, lying, redirecting and away."""

from __future__ import annotations

import http.server
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from standards.models import Why
from standards.probe.fetching import look, may_be_opened

TEXT = "자원봉사 신청"
PAGE = f"<html><body>{TEXT}</body></html>".encode()


class Portal(http.server.BaseHTTPRequestHandler):
    """A stand-in for the portal: the path says how it behaves."""

    def log_message(self, *_args: Any) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        getattr(self, f"_{self.path.strip('/').partition('/')[0]}")()

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _good(self) -> None:
        self._say(200, PAGE, Content_Type="text/html; charset=utf-8")

    def _euckr(self) -> None:
        self._say(200, TEXT.encode("euc-kr"), Content_Type="text/html; charset=euc-kr")

    def _unheard(self) -> None:
        self._say(200, PAGE, Content_Type="text/html; charset=x-klingon")

    def _lying(self) -> None:
        self._say(200, "시스템 점검 중입니다".encode())

    def _broken(self) -> None:
        self._say(503, PAGE)

    def _missing(self) -> None:
        self._say(404, PAGE)

    def _moved(self) -> None:
        self._say(302, b"", Location="/good")

    def _round(self) -> None:
        self._say(302, b"", Location="/round")

    def _inward(self) -> None:
        self._say(302, b"", Location="http://169.254.169.254/latest/meta-data/")

    def _file(self) -> None:
        self._say(302, b"", Location="file:///etc/passwd")

    def _slow(self) -> None:
        time.sleep(3)
        self._good()

    def _dripping(self) -> None:
        """A byte now and then: no single read is ever late."""
        self.send_response(200)
        self.end_headers()
        try:
            for byte in PAGE * 100:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    def _endless(self) -> None:
        """More than anybody reads, with what is looked for at the very end."""
        self.send_response(200)
        self.end_headers()
        try:
            for _n in range(200):
                self.wfile.write(b"x" * 64 * 1024)
            self.wfile.write(PAGE)
        except OSError:
            return

    def _nonsense(self) -> None:
        self.wfile.write(b"what is this\r\n\r\n")


@pytest.fixture(scope="module")
def portal() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "why", "status"),
    [
        ("/good", Why.OK, 200),
        ("/euckr", Why.OK, 200),
        ("/unheard", Why.OK, 200),
        ("/moved", Why.OK, 200),
        ("/lying", Why.TEXT, 200),  # 200, and an error page
        ("/broken", Why.STATUS, 503),
        ("/missing", Why.STATUS, 404),
        ("/round", Why.REDIRECTS, None),
        ("/inward", Why.UNSAFE, None),
        ("/file", Why.UNSAFE, None),
        ("/slow", Why.TIMEOUT, None),
        ("/dripping", Why.TIMEOUT, None),
        ("/endless", Why.TEXT, 200),
        ("/nonsense", Why.BROKEN, None),
    ],
)
def test_how_it_ends(portal: str, path: str, why: Why, status: int | None) -> None:
    started = time.monotonic()
    found = look(portal + path, TEXT, allow_loopback=True, time_limit=1.0)
    assert (found.why, found.status) == (why, status)
    assert time.monotonic() - started < 2
    assert found.good == (why == Why.OK)


def test_away() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert look(f"http://127.0.0.1:{port}/", TEXT, allow_loopback=True).why == Why.AWAY


def test_no_tls_where_it_is_asked_for(portal: str) -> None:
    found = look(portal.replace("http:", "https:") + "/good", TEXT, allow_loopback=True)
    assert found.why in {Why.TLS, Why.AWAY}


def test_a_server_that_is_silent(portal: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert look(address, TEXT, allow_loopback=True, time_limit=0.5).why == Why.TIMEOUT


# --- where it may not go --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://user:secret@127.0.0.1/",
        "http:///nowhere",
        "http://127.0.0.1:99999/",
        "http://[::1",
        "//127.0.0.1/",
    ],
)
def test_addresses_that_are_not_opened(address: str) -> None:
    assert look(address, TEXT, allow_loopback=True).why == Why.UNSAFE


@pytest.mark.parametrize("path", ["/good", "/moved"])
def test_this_machine_is_not_opened_unless_allowed(portal: str, path: str) -> None:
    assert look(portal + path, TEXT).why == Why.UNSAFE


@pytest.mark.parametrize(
    ("written", "opened"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),  # noqa: S104
        ("10.0.0.1", False),
        ("172.16.3.4", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("192.0.2.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("not an address", False),
    ],
)
def test_only_public_addresses(written: str, opened: bool) -> None:
    assert may_be_opened(written) == opened


def test_loopback_is_the_only_exception() -> None:
    assert may_be_opened("127.0.0.1", allow_loopback=True)
    assert not may_be_opened("169.254.169.254", allow_loopback=True)
    assert not may_be_opened("10.0.0.1", allow_loopback=True)


def test_a_name_with_one_address_inside_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    _names(monkeypatch, "93.184.216.34", "10.0.0.7")
    assert look("http://portal.example/", TEXT).why == Why.UNSAFE


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: Any, **_more: Any) -> Any:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert look("http://portal.example/", TEXT).why == Why.NAME


def test_the_connection_goes_to_the_address_that_was_checked(
    portal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that changes between check and use is not asked again."""
    port = int(portal.rpartition(":")[2])
    opened: list[tuple[str, int]] = []
    connect = socket.create_connection

    def noted(address: tuple[str, int], **more: Any) -> socket.socket:
        opened.append(address)
        return connect(address, **more)

    asked = _names(monkeypatch, "127.0.0.1")
    monkeypatch.setattr(socket, "create_connection", noted)
    found = look(f"http://portal.example:{port}/good", TEXT, allow_loopback=True)
    assert found.why == Why.OK
    assert opened == [("127.0.0.1", port)]
    assert asked == ["portal.example"]


def _names(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name mean these addresses; says which names were asked, addresses left out."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: str, port: int, *args: Any, **more: Any) -> Any:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]
        return real(host, port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked
