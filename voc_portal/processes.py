"""A small process manager: what dies is started again, and nothing outlives its parent.

Nothing here knows of Django. On Linux the kernel kills each child when this process ends, however
it ends (PR_SET_PDEATHSIG); elsewhere only an orderly end is covered.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
STEADY_SECONDS = 10.0  # who lived this long has not "died at once"
BACK_OFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0, 5.0)
POLL_SECONDS = 0.1
LOG_LIMIT_BYTES = 20 * 1024 * 1024
LOG_CHECK_SECONDS = 60.0

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


def die_with_parent(parent: int, how: int = signal.SIGKILL) -> None:
    """Have the kernel send this process `how` when `parent`, its parent, ends.

    Ends this process when `parent` is gone already.
    """
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(how), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), how)


def popen(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, output: int
) -> subprocess.Popen[str]:
    """Start `command` in a session of its own, tied to the life of this process.

    Ctrl-C at the terminal therefore reaches this process only. `output` takes stdout and stderr.
    """
    parent = os.getpid()
    return subprocess.Popen(  # noqa: S603 - our own programs
        list(command),
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
        # Safe here: this process has one thread, and the function only makes two system calls.
        preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509
    )


@dataclass(frozen=True)
class Program:
    """Something to be kept running. `ends_last`: others need it until they have ended."""

    name: str
    command: Sequence[str]
    ends_last: bool = False
    before_start: Callable[[], None] | None = None


@dataclass
class _Running:
    """A program and its present process, or the time at which it is to be started again."""

    program: Program
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    quick_deaths: int = 0


@dataclass
class Manager:
    """Keeps programs running. Single-threaded: call `tick` often, and `stop` at the end."""

    env: Mapping[str, str]
    cwd: Path
    log_dir: Path
    say: Callable[[str], None] = print
    _running: dict[str, _Running] = field(default_factory=dict)
    _logs_checked_at: float = 0.0

    def log_of(self, name: str) -> Path:
        """The file that takes what `name` prints."""
        return self.log_dir / f"{name}.log"

    def pids(self) -> dict[str, int]:
        """The process of each program that is running now."""
        return {
            name: running.process.pid
            for name, running in self._running.items()
            if running.process is not None
        }

    def start(self, program: Program) -> None:
        """Start `program` now and keep it running from now on."""
        self._running[program.name] = _Running(program)
        self._start(self._running[program.name])

    def tick(self) -> None:
        """Notice who died, and start again whose time has come."""
        now = time.monotonic()
        for running in self._running.values():
            if running.process is not None and _has_ended(running.process):
                self._bury(running, now)
            if running.process is None and now >= running.start_again_at:
                self._start(running)
        if now - self._logs_checked_at > LOG_CHECK_SECONDS:
            self._logs_checked_at = now
            self._cut_long_logs()

    def wait(
        self, seconds: float, *, until: Callable[[], bool], ask_every: float = POLL_SECONDS
    ) -> bool:
        """Tick until `until()` or for `seconds`; returns whether `until()` came true."""
        end = ask_at = time.monotonic()
        end += seconds
        while (now := time.monotonic()) < end:
            if now >= ask_at:
                if until():
                    return True
                ask_at = time.monotonic() + ask_every
            self.tick()
            time.sleep(POLL_SECONDS)
        return until()

    def stop(self, *, grace: float) -> None:
        """SIGTERM, up to `grace` seconds, then SIGKILL; first all, then those that end last."""
        for ends_last in (False, True):
            going = [
                running.process
                for running in self._running.values()
                if running.program.ends_last is ends_last and running.process is not None
            ]
            _end(going, grace=grace)
        self._running.clear()

    def _start(self, running: _Running) -> None:
        program = running.program
        if program.before_start is not None:
            program.before_start()
        with self.log_of(program.name).open("ab") as log:
            running.process = popen(
                program.command, env=self.env, cwd=self.cwd, output=log.fileno()
            )
        running.started_at = time.monotonic()

    def _bury(self, running: _Running, now: float) -> None:
        """Reap a dead process with whatever it left in its session, and set its return."""
        process = running.process
        assert process is not None  # noqa: S101 - for the type checker
        _kill_group(process)
        code = process.wait()
        running.process = None
        quick = now - running.started_at < STEADY_SECONDS
        running.quick_deaths = running.quick_deaths + 1 if quick else 0
        wait = BACK_OFF_SECONDS[min(max(running.quick_deaths - 1, 0), len(BACK_OFF_SECONDS) - 1)]
        running.start_again_at = now + wait
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        again = f" in {wait:g} s" if wait else ""
        often = f" (died {running.quick_deaths} times in a row)" if running.quick_deaths > 1 else ""
        name = running.program.name
        self.say(f"{name} ended {how}; starting it again{again}{often}. Log: {self.log_of(name)}")

    def _cut_long_logs(self) -> None:
        for name in self._running:
            cut_long_log(self.log_of(name))


def cut_long_log(path: Path, limit: int = LOG_LIMIT_BYTES) -> None:
    """Move a log longer than `limit` bytes to `<name>.1`; writers in append mode go on writing."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > limit:
            shutil.copyfile(path, path.with_name(f"{path.name}.1"))
            os.truncate(path, 0)


def _has_ended(process: subprocess.Popen[str]) -> bool:
    """Whether the process is dead; it stays a zombie, so that its group's id stays taken."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return process.poll() is not None
    try:
        found = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return found is not None


def _kill_group(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _end(going: Sequence[subprocess.Popen[str]], *, grace: float) -> None:
    for process in going:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
    end = time.monotonic() + grace
    while time.monotonic() < end and not all(map(_has_ended, going)):
        time.sleep(0.05)
    for process in going:
        _kill_group(process)
        process.wait()
