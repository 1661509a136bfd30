"""What every test lives under: nothing outside this machine, and no part left out unseen.

Markers say what a test needs; where that is missing the test is skipped with the reason. With
REQUIRE_ALL=1 (continuous integration) a skipped test is a failed one.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs an event loop

NEEDS = ("postgres", "races", "redis", "browser", "system")  # explained in pytest.ini
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"

hypothesis_settings.register_profile("voc", deadline=None)  # machines differ; `make bench` measures
hypothesis_settings.load_profile("voc")


class OutsideNetwork(AssertionError):
    """A test reached for something that is not on this machine."""


# --- what is needed and what is there -----------------------------------------------------------


def chromium_path() -> str | None:
    """Where Chromium is; TEST_CHROMIUM names another one."""
    named = os.environ.get("TEST_CHROMIUM")
    return named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def on_postgresql() -> bool:
    from django.db import connection  # noqa: PLC0415 - settings are not there at import

    return connection.vendor == "postgresql"


def _missing(marker: str, *, chosen: bool) -> str | None:
    """Why tests with `marker` cannot run here, or None; `chosen` by name on the command line."""
    if marker in {"postgres", "races", "browser"} and not on_postgresql():
        return "no PostgreSQL: DATABASE_URL is not set to one"
    if marker == "redis" and not os.environ.get("REDIS_URL"):
        return "no Redis: REDIS_URL is not set"
    if marker == "browser" and chromium_path() is None:
        return "no Chromium on the PATH"
    if marker == "system" and not (REQUIRE_ALL or chosen):
        return "starts the whole system: ask for it with -m system"
    return None


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a background job of a shell
        signal.signal(signal.SIGINT, signal.default_int_handler)  # tests send it to what they start
    _close_the_network(config)


def pytest_unconfigure() -> None:
    from django.conf import settings  # noqa: PLC0415

    made = Path(settings.DATA_DIR)
    if made.parent == Path(tempfile.gettempdir()).resolve() and made.name.startswith("voc-tests-"):
        shutil.rmtree(made, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    expression = config.getoption("markexpr", default="")
    for marker in NEEDS:
        why = _missing(marker, chosen=marker in expression and f"not {marker}" not in expression)
        if why is not None:
            for item in items:
                if item.get_closest_marker(marker) is not None:
                    item.add_marker(pytest.mark.skip(reason=why))


# --- nothing skipped when everything is required ------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    return _refuse_skip((yield), item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    return _refuse_skip((yield), collector.nodeid)


def _refuse_skip(report: Any, name: str) -> Any:
    if REQUIRE_ALL and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{name} was skipped, and REQUIRE_ALL=1 forbids it: {report.longrepr}"
    return report


# --- no network ---------------------------------------------------------------------------------


def is_on_this_machine(address: Any) -> bool:
    """Whether a socket address is a unix socket or on loopback."""
    if not isinstance(address, tuple):
        return True  # a unix socket, netlink
    host = str(address[0]).partition("%")[0]
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _guarded(original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any) -> Any:
        if not is_on_this_machine(address):
            raise OutsideNetwork(f"a test wanted to connect to {address!r}")
        return original(self, address)

    return connect


def _close_the_network(config: pytest.Config) -> None:
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    config.add_cleanup(patch.undo)


# --- the browser --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The machine's own Chromium, which looks up no name and asks nothing of the network."""
    return {
        "executable_path": chromium_path(),
        "args": [
            "--no-sandbox",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "ko-KR", "timezone_id": "Asia/Seoul"}


# --- each test starts clean ---------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Counters of one test (rate limits) do not reach the next."""
    yield
    from django.core.cache import cache  # noqa: PLC0415

    connection: Any = getattr(cache, "_cache", None)
    if hasattr(connection, "get_client"):
        client = connection.get_client()
        keys = list(client.scan_iter(f"{cache.key_prefix}:*", count=1000))
        if keys:
            client.delete(*keys)
    else:
        cache.clear()
