import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError
from django.http import JsonResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from notices.models import Heartbeat
from voc_portal import health

SECRET = "password-of-the-database"


def seen(seconds_ago: float) -> Callable[[], datetime]:
    return lambda: timezone.now() - timedelta(seconds=seconds_ago)


def raising() -> datetime:
    raise DatabaseError(SECRET)


def hanging() -> datetime:
    time.sleep(5)
    return timezone.now()


@pytest.fixture(autouse=True)
def all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "last_sweep", seen(3))
    monkeypatch.setattr(health, "last_delivery", seen(1))
    monkeypatch.setattr(health, "ping_broker", lambda: True)


def ask(method: str = "GET") -> JsonResponse:
    return health.healthz(RequestFactory().generic(method, "/healthz"))


def test_all_alive() -> None:
    response = ask()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert json.loads(response.content) == {
        "status": "ok",
        "web": "ok",
        "database": "ok",
        "broker": "ok",
        "sweep": "ok",
        "delivery": "ok",
        "sweep_age_seconds": pytest.approx(3, abs=1),
        "delivery_age_seconds": pytest.approx(1, abs=1),
    }


@pytest.mark.parametrize(
    ("name", "value", "down"),
    [
        ("last_sweep", seen(59), set()),
        ("last_sweep", seen(62), {"sweep"}),
        ("last_sweep", lambda: None, {"sweep"}),
        ("last_delivery", seen(62), {"delivery"}),
        ("last_delivery", lambda: None, {"delivery"}),
        ("last_sweep", raising, {"database", "sweep", "delivery"}),
        ("ping_broker", lambda: False, {"broker"}),
        ("ping_broker", raising, {"broker"}),
    ],
)
def test_which_one_is_down(
    monkeypatch: pytest.MonkeyPatch, name: str, value: Callable[[], object], down: set[str]
) -> None:
    monkeypatch.setattr(health, name, value)
    response = ask()
    report = json.loads(response.content)
    assert {part for part, state in report.items() if state == "down"} - {"status"} == down
    assert response.status_code == (503 if down else 200)
    assert report["status"] == ("down" if down else "ok")
    assert SECRET not in response.content.decode()
    assert response["Cache-Control"] == "no-store"


def test_two_that_hang_take_two_seconds_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.3)
    monkeypatch.setattr(health, "last_delivery", hanging)
    monkeypatch.setattr(health, "ping_broker", hanging)
    started = time.monotonic()
    report = json.loads(ask().content)
    assert time.monotonic() - started < 1
    assert (report["database"], report["broker"]) == ("down", "down")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_to_be_read(method: str) -> None:
    assert ask(method).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_the_page_reads_what_sweep_and_delivery_left(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(health, "ping_broker", lambda: True)
    before = client.get("/healthz")
    assert before.status_code == 503
    assert before.json()["sweep"] == before.json()["delivery"] == "down"
    now = timezone.now()
    Heartbeat.objects.bulk_create([Heartbeat(name=name, at=now) for name in ("sweep", "deliver")])
    after = client.get("/healthz")
    assert after.status_code == 200
    assert after["Cache-Control"] == "no-store"
    assert not after.cookies


class TestBroker:
    @pytest.fixture(autouse=True)
    def the_real_ping(self, monkeypatch: pytest.MonkeyPatch, all_is_well: None) -> None:
        monkeypatch.undo()

    @pytest.fixture
    def silent(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
        """Something that takes connections and never answers."""
        path = tmp_path_factory.mktemp("s") / "s"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen()
            yield path

    def test_nothing_there(self, settings: Settings, tmp_path: Path) -> None:
        settings.REDIS_URL = f"unix://{tmp_path}/nobody"
        assert not health.Bounded("broker", health.ping_broker).result()

    def test_none_set(self, settings: Settings) -> None:
        settings.REDIS_URL = ""
        assert not health.ping_broker()

    def test_one_that_never_answers(
        self, settings: Settings, silent: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "CHECK_SECONDS", 0.2)
        settings.REDIS_URL = f"unix://{silent}"
        started = time.monotonic()
        assert not health.Bounded("broker", health.ping_broker).result()
        assert time.monotonic() - started < 2

    def test_one_that_answers(self, settings: Settings, silent: Path) -> None:
        silent.unlink()
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(silent))
            listening.listen()
            threading.Thread(target=answer_pong, args=[listening], daemon=True).start()
            settings.REDIS_URL = f"unix://{silent}?protocol=2"
            assert health.Bounded("broker", health.ping_broker).result()


def answer_pong(listening: socket.socket) -> None:
    """The least of a Redis: +OK to all that a client says first, +PONG to PING."""
    connection, _ = listening.accept()
    with connection:
        while asked := connection.recv(4096):
            for command in asked.split(b"*")[1:]:
                connection.sendall(b"+PONG\r\n" if b"PING" in command else b"+OK\r\n")
