"""The process manager with real, tiny processes."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from voc_portal.processes import Manager, Program, cut_long_log

SLEEPER = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-S",
    "-c",
    (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('up', flush=True); time.sleep(600)"
    ),
]
FAILING = [sys.executable, "-S", "-c", "raise SystemExit(3)"]
# Two generations: the child starts a grandchild, prints its id, and sleeps.
FAMILY = [
    sys.executable,
    "-S",
    "-c",
    (
        "import subprocess, sys, time; "
        "p = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)']); "
        "print(p.pid, flush=True); time.sleep(600)"
    ),
]
# Stands for `make run`: a manager with one child, told on stdout; it ticks until it is killed.
# A background job of a shell starts with SIGINT ignored, and hands that on to what it starts.
MANAGING = """
import os, signal, sys
from pathlib import Path
from voc_portal.processes import Manager, Program
signal.signal(signal.SIGINT, signal.default_int_handler)
manager = Manager(env=os.environ, cwd=Path.cwd(), log_dir=Path(sys.argv[1]))
manager.start(Program("sleeper", [sys.executable, "-S", "-c", "import time; time.sleep(600)"]))
print(manager.pids()["sleeper"], flush=True)
manager.wait(600, until=lambda: False)
"""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def manager(tmp_path: Path, said: list[str]) -> Iterator[Manager]:
    made = Manager(env=os.environ, cwd=Path.cwd(), log_dir=tmp_path, say=said.append)
    yield made
    made.stop(grace=0.1)


def is_alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state not in {"Z", "X"}
    return False


def eventually(true: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_what_dies_is_back_at_once(manager: Manager, said: list[str], how: signal.Signals) -> None:
    manager.start(Program("sleeper", SLEEPER))
    first = manager.pids()["sleeper"]
    os.kill(first, how)
    killed_at = time.monotonic()
    assert manager.wait(5, until=lambda: manager.pids().get("sleeper", first) != first)
    assert time.monotonic() - killed_at < 2
    assert is_alive(manager.pids()["sleeper"])
    assert f"sleeper ended by signal {how.value}; starting it again" in said[0]


def test_one_that_dies_leaves_the_others_alone(manager: Manager) -> None:
    manager.start(Program("one", SLEEPER))
    manager.start(Program("two", SLEEPER))
    before = manager.pids()
    os.kill(before["one"], signal.SIGKILL)
    assert manager.wait(5, until=lambda: manager.pids().get("one", before["one"]) != before["one"])
    assert manager.pids()["two"] == before["two"]


def test_who_dies_again_and_again_waits_longer_and_says_so(
    manager: Manager, said: list[str]
) -> None:
    manager.start(Program("failing", FAILING))
    manager.wait(5, until=lambda: len(said) >= 4)
    assert [line.partition(". Log")[0] for line in said[:4]] == [
        "failing ended with code 3; starting it again",
        "failing ended with code 3; starting it again in 0.5 s (died 2 times in a row)",
        "failing ended with code 3; starting it again in 1 s (died 3 times in a row)",
        "failing ended with code 3; starting it again in 2 s (died 4 times in a row)",
    ]


def test_the_wait_never_exceeds_five_seconds(
    manager: Manager, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("voc_portal.processes.time.monotonic", lambda: now)
    manager.start(Program("failing", FAILING))
    for deaths in range(1, 12):
        assert ticked_until_told(manager, said, deaths)
        now += 5.0  # never more than that until the next start
    assert "in 5 s (died 11 times in a row)" in said[10]


def ticked_until_told(manager: Manager, said: list[str], times: int) -> bool:
    """Tick until `times` deaths were told; the clock of the manager may stand still."""
    for _ in range(2000):
        manager.tick()
        if len(said) >= times:
            return True
        time.sleep(0.005)
    return False


def test_steady_work_forgets_earlier_deaths(
    manager: Manager, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("voc_portal.processes.time.monotonic", lambda: now)
    manager.start(Program("sleeper", SLEEPER))
    for _ in range(4):
        now += 60
        os.kill(manager.pids()["sleeper"], signal.SIGKILL)
        count = len(said)
        assert ticked_until_told(manager, said, count + 1)
        manager.tick()
    assert not any("in a row" in line for line in said)


def test_a_grandchild_does_not_outlive_the_child(manager: Manager) -> None:
    manager.start(Program("family", FAMILY))
    log = manager.log_of("family")
    assert eventually(lambda: log.read_text().endswith("\n"))
    grandchild = int(log.read_text())
    child = manager.pids()["family"]
    os.kill(child, signal.SIGKILL)
    assert manager.wait(5, until=lambda: manager.pids().get("family", child) != child)
    assert eventually(lambda: not is_alive(grandchild))


def test_stop_asks_first_and_then_insists(manager: Manager) -> None:
    manager.start(Program("sleeper", SLEEPER))
    manager.start(Program("stubborn", STUBBORN))
    assert eventually(lambda: manager.log_of("stubborn").read_text() == "up\n")
    pids = manager.pids().values()
    started = time.monotonic()
    manager.stop(grace=0.5)
    assert 0.5 <= time.monotonic() - started < 3
    assert not any(map(is_alive, pids))


def test_stop_is_quick_when_all_obey(manager: Manager) -> None:
    for name in ("one", "two", "three"):
        manager.start(Program(name, SLEEPER))
    started = time.monotonic()
    manager.stop(grace=10)
    assert time.monotonic() - started < 3


def test_what_others_need_ends_last(manager: Manager, tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep(float(sys.argv[2]))\n"
        f"    open({str(order)!r}, 'a').write(sys.argv[1] + ' ')\n"
        "    raise SystemExit\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-S", "-c", code]
    manager.start(Program("broker", [*command, "broker", "0"], ends_last=True))
    manager.start(Program("worker", [*command, "worker", "0.3"]))
    logs = [manager.log_of(name) for name in ("broker", "worker")]
    assert eventually(lambda: all(log.read_text() == "up\n" for log in logs))
    manager.stop(grace=5)
    assert order.read_text() == "worker broker "


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PR_SET_PDEATHSIG is Linux's")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_child_outlives_the_manager(tmp_path: Path, how: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MANAGING, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as managing:
        assert managing.stdout is not None
        try:
            child = int(managing.stdout.readline())
            assert is_alive(child)
            managing.send_signal(how)
            assert eventually(lambda: not is_alive(child), 5)
        finally:
            managing.kill()


def test_what_is_needed_before_a_start_happens_before_each(manager: Manager) -> None:
    calls: list[int] = []
    manager.start(Program("failing", FAILING, before_start=lambda: calls.append(1)))
    assert manager.wait(5, until=lambda: len(calls) == 2)


def test_a_long_log_is_moved_and_written_on(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("a") as writer:
        writer.write("x" * 100 + "\n")
        writer.flush()
        cut_long_log(log, limit=50)
        writer.write("next\n")
    assert log.read_text() == "next\n"
    assert (tmp_path / "web.log.1").read_text() == "x" * 100 + "\n"


def test_a_short_or_missing_log_is_left(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    cut_long_log(log)
    log.write_text("x")
    cut_long_log(log)
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]
