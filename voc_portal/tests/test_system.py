"""The whole system as `make run` starts it: what dies is back, and nothing is left behind."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.system

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
RECOVER_SECONDS = 45  # two sweeps and a slow machine
SWEEP, DELIVERY = "sweep", "delivery"
# What must have passed again after something was killed.
PASSES = {
    "web": (),
    "a worker of the web server": (),
    "delivery": (DELIVERY,),
    "worker": (SWEEP,),
    "beat": (SWEEP, DELIVERY),
    "valkey": (SWEEP, DELIVERY),
}
# What a process of each program has in its command line.
PROGRAMS = {
    "web": "gunicorn",
    "delivery": "--queues delivery",
    "worker": "--queues default",
    "beat": "RedBeatScheduler",
    "valkey": "valkey-server",
}


class System:
    """A running portal with a data directory and a port of its own; ``env`` adds variables."""

    def __init__(self, data_dir: Path, command: list[str], **env: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.output = data_dir.parent / f"{data_dir.name}.txt"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": os.environ.get("HOME", "/"),
                    "LANG": "C.UTF-8",
                    "DATA_DIR": str(data_dir),
                    "PORT": str(self.port),
                    "DEMO_PAST": "no",  # these tests fill an empty database themselves
                }
                | env,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def says(self) -> str:
        return self.output.read_text()

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body; 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def health(self) -> dict[str, Any]:
        status, body = self.get("/healthz")
        return json.loads(body) if status in {200, 503} else {}

    def is_well_since(self, instant: float, *names: str) -> bool:
        """Whether all is well, and each of `names` has finished a pass after `instant`."""
        report = self.health()
        passed = time.monotonic() - instant
        return report.get("status") == "ok" and all(
            report[f"{name}_age_seconds"] + 0.1 < passed for name in names
        )

    def processes(self) -> dict[int, str]:
        """The command line of each process that works in this data directory, the parent's too."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                environ = (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            ours = f"DATA_DIR={self.data_dir}".encode() in environ.split(b"\0")
            if command and (ours or f"{self.data_dir}/" in command):
                found[int(entry.name)] = command
        return found

    def main_pid(self, program: str) -> int | None:
        """The process of `program` that the manager started: the one whose parent it is."""
        for pid, command in self.processes().items():
            if PROGRAMS[program] in command and parent_of(pid) == self.process.pid:
                return pid
        return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def eventually(true: Callable[[], bool], seconds: float) -> float | None:
    """The seconds until `true()`, or None when it never was."""
    started = time.monotonic()
    while not true():
        if time.monotonic() - started > seconds:
            return None
        time.sleep(0.1)
    return time.monotonic() - started


def end(system: System) -> None:
    for pid in system.processes():
        os.kill(pid, signal.SIGKILL)
    system.process.wait(10)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("system") / "data"


def started(data_dir: Path, command: list[str], **env: str) -> System:
    system = System(data_dir, command, **env)
    took = eventually(lambda: "Ctrl-C ends everything" in system.says(), START_SECONDS)
    print(f"started in {took} s")
    if took is None or system.health().get("status") != "ok":
        end(system)
        pytest.fail(f"did not start; it said:\n{system.says()}")
    return system


@pytest.fixture(scope="module")
def system(data_dir: Path) -> Iterator[System]:
    running = started(data_dir, [sys.executable, "-m", "voc_portal.run"])
    yield running
    end(running)


def test_it_says_where_it_is_and_who_may_come_in(system: System) -> None:
    said = system.says()
    assert f"http://127.0.0.1:{system.port}/" in said
    sign_ins = [line.split("\t") for line in said.splitlines() if "\t" in line]
    assert all(len(parts) == 3 and all(parts) for parts in sign_ins)
    assert len(sign_ins) >= 5
    assert system.get("/")[0] == 200
    assert set(PROGRAMS) == {name for name in PROGRAMS if system.main_pid(name)}


def test_nothing_in_the_data_directory_is_open_to_others(system: System) -> None:
    assert system.data_dir.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("program", PASSES)
def test_what_is_killed_is_back(system: System, program: str) -> None:
    if program in PROGRAMS:
        victim = system.main_pid(program)
    else:
        victim = next(pid for pid in system.processes() if parent_of(pid) == system.main_pid("web"))
    assert victim is not None
    killed_at = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    if program in PROGRAMS:
        back = eventually(lambda: system.main_pid(program) not in {None, victim}, 5)
        assert back is not None, system.says()
        print(f"{program}: new process after {back:.1f} s")
    if program in {"web", "a worker of the web server"}:
        answered = eventually(lambda: system.get("/healthz")[0] == 200, 5)
        assert answered is not None, system.says()
        print(f"{program}: answers after {answered:.1f} s")
    well = eventually(lambda: system.is_well_since(killed_at, *PASSES[program]), RECOVER_SECONDS)
    assert well is not None, (system.health(), system.says())
    print(f"{program}: all is well after {well:.1f} s")


def test_it_says_what_died(system: System) -> None:
    assert "beat ended by signal 9; starting it again" in system.says()


def test_a_second_start_is_refused_and_harms_nothing(system: System) -> None:
    second = System(system.data_dir, [sys.executable, "-m", "voc_portal.run"])
    assert second.process.wait(30) == 1
    assert "already runs there" in second.says()
    assert system.health()["status"] == "ok"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_an_orderly_end_leaves_nothing(data_dir: Path, how: signal.Signals) -> None:
    system = started(data_dir.parent / "another", [sys.executable, "-m", "voc_portal.run"])
    try:
        system.process.send_signal(how)
        assert system.process.wait(15) == 0
        assert system.processes() == {}
        assert "Stopped." in system.says()
    finally:
        end(system)


def test_killing_the_parent_leaves_nothing(data_dir: Path) -> None:
    leave_nothing_when_killed(
        started(data_dir.parent / "another", [sys.executable, "-m", "voc_portal.run"])
    )


def leave_nothing_when_killed(system: System) -> None:
    try:
        system.process.kill()
        system.process.wait()
        took = eventually(lambda: not system.processes(), 5)
        assert took is not None, system.processes()
        print(f"all gone after {took:.1f} s")
    finally:
        end(system)


def test_killing_make_leaves_nothing_and_the_next_start_works(data_dir: Path) -> None:
    for _ in range(2):
        leave_nothing_when_killed(started(data_dir.parent / "another", ["make", "run"]))
