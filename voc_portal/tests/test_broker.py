import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from voc_portal import broker
from voc_portal.processes import Manager, Program


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    path = tmp_path.joinpath(*["a-long-directory-name"] * 6)
    path.mkdir(parents=True)
    return path


def test_the_socket_is_in_the_data_directory() -> None:
    assert broker.socket_path(Path("/srv/voc")) == Path("/srv/voc/valkey.sock")


def test_a_path_too_long_for_a_socket_gets_a_private_short_one(deep: Path) -> None:
    path, other = broker.socket_path(deep), broker.socket_path(deep / "other")
    try:
        assert len(os.fsencode(path)) <= broker.LONGEST_SOCKET_PATH
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert broker.socket_path(deep) == path != other
    finally:
        path.parent.rmdir()
        other.parent.rmdir()


def test_a_short_directory_open_to_others_is_refused(deep: Path) -> None:
    path = broker.socket_path(deep)
    try:
        path.parent.chmod(0o777)
        with pytest.raises(broker.NoBroker, match="not a private directory"):
            broker.socket_path(deep)
    finally:
        path.parent.rmdir()


def test_without_any_server_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "_from_wheel", lambda: None)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(broker.NoBroker, match="Install one of them, or set REDIS_URL"):
        broker.find_server()


def test_a_server_that_does_not_run_here_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, code in (("wrong-machine", 126), ("redis-server", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(broker, "_from_wheel", lambda: str(tmp_path / "wrong-machine"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr("shutil.which", lambda name: str(tmp_path / "redis-server"))
    assert broker.find_server() == str(tmp_path / "redis-server")


def test_nobody_answers_where_nobody_is(tmp_path: Path) -> None:
    assert not broker.answers(tmp_path / "valkey.sock")


@pytest.fixture
def server(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> Iterator[tuple[Manager, Path]]:
    manager = Manager(env=os.environ, cwd=tmp_path, log_dir=tmp_path, say=lambda line: None)
    at = broker.socket_path(tmp_path)
    command = broker.command(broker.find_server(), socket_at=at, directory=tmp_path)
    manager.start(Program("valkey", command))
    yield manager, at
    manager.stop(grace=5)


def test_the_server_keeps_what_it_was_told_when_it_is_killed(server: tuple[Manager, Path]) -> None:
    manager, at = server
    assert manager.wait(10, until=lambda: broker.answers(at))
    assert stat.S_IMODE(at.stat().st_mode) == 0o700
    assert broker.ask(at, "SET kept 1") == "+OK"
    assert broker.ask(at, f"SET {broker.BEAT_LOCK} somebody") == "+OK"
    broker.forget_beat_lock(at)
    assert broker.ask(at, f"EXISTS {broker.BEAT_LOCK}") == ":0"
    first = manager.pids()["valkey"]
    # The append-only file is written before the answer; what a crash of the machine may lose is
    # the last second.
    os.kill(first, 9)
    assert manager.wait(10, until=lambda: manager.pids().get("valkey", first) != first)
    assert manager.wait(10, until=lambda: broker.answers(at))
    assert broker.ask(at, "EXISTS kept") == ":1"
