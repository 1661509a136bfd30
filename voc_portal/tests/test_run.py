"""What `make run` refuses, and how."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from voc_portal import run


def started(**env: str) -> subprocess.CompletedProcess[str]:
    """`python -m voc_portal.run` in a clean environment, which is expected to refuse."""
    return subprocess.run(
        [sys.executable, "-m", "voc_portal.run"],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_taken_port_is_said_in_two_languages(tmp_path: Path, taken_port: int) -> None:
    done = started(PORT=str(taken_port), DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert f"Port {taken_port} is taken by another program" in done.stdout
    assert f"{taken_port}번 포트를 쓸 수 없습니다" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("port", ["0", "65536", "80 80", "http", "-1", "８０００"])
def test_what_is_no_port_is_refused(tmp_path: Path, port: str) -> None:
    done = started(PORT=port, DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "a port is a number from 1 to 65535" in done.stdout
    assert done.stderr == ""


def test_two_cannot_share_a_data_directory(tmp_path: Path) -> None:
    portal = run.Portal({"DATA_DIR": str(tmp_path)})
    with portal._lock_data_dir():
        done = started(PORT="1", DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert f"the portal already runs there (process {os.getpid()})" in done.stdout


def test_the_lock_goes_with_its_holder(tmp_path: Path) -> None:
    portal = run.Portal({"DATA_DIR": str(tmp_path)})
    portal._lock_data_dir().close()
    portal._lock_data_dir().close()


def test_children_get_the_demo_unless_it_is_set(tmp_path: Path) -> None:
    here = {"DATA_DIR": str(tmp_path)}
    assert run.Portal(here).env["DEMO"] == "1"
    assert run.Portal({**here, "DEMO": "0"}).env["DEMO"] == "0"
    assert run.Portal(here).env["PORT"] == "8000"


def test_delivery_and_the_rest_have_a_worker_each() -> None:
    commands = {
        program.name: " ".join(program.command) for program in run.programs(before_beat=None)
    }
    assert set(commands) == {"web", "delivery", "worker", "beat"}
    assert "--queues delivery" in commands["delivery"]
    assert "--queues default" in commands["worker"]
    assert not any("-B" in command.split() for command in commands.values())


def test_health_of_nobody_is_empty() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert run.health(free.getsockname()[1]) == {}
