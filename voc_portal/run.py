"""`make run`: sets up and starts the whole portal, and keeps it running until it is stopped.

Broker, web server, two workers and beat run as children of this process. What dies is back within
five seconds. Ctrl-C, SIGTERM and even SIGKILL of this process leave no process behind.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from voc_portal import broker
from voc_portal.keys import make_private_directory
from voc_portal.processes import Manager, Program, cut_long_log, die_with_parent

CHECKOUT = Path(__file__).resolve().parent.parent
BROKER_START_SECONDS = 15
READY_SECONDS = 90
STOP_SECONDS = 10.0
ABANDONED_STOP_SECONDS = 1.5  # twice at most: the broker ends last
TOGETHER_SECONDS = 1.0


class CannotStart(Exception):
    """The reason, for the person at the terminal."""


class Stop(BaseException):
    """A signal asked for the end."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m voc_portal.run", description=__doc__)
    parser.add_argument(
        "--with-parent", action="store_true", help="end when the process that started this ends"
    )
    options = parser.parse_args(arguments)
    _handle_signals()
    try:
        if options.with_parent:
            die_with_parent(os.getppid(), signal.SIGTERM)
        return Portal(os.environ.copy()).run()
    except (CannotStart, broker.NoBroker) as refusal:
        say(f"\n{refusal}")
        return 1
    except Stop:
        return 0


def say(line: str) -> None:
    """Print at once; a terminal that is gone is no reason to stop."""
    with contextlib.suppress(OSError):
        print(line, flush=True)


class Portal:
    """One run: the environment of the children, and the steps of a start in order."""

    def __init__(self, env: dict[str, str]) -> None:
        self.started_at = time.monotonic()
        self.parent = os.getppid()
        self.port = _port(env.get("PORT") or "8000")
        self.data_dir = Path(env.get("DATA_DIR") or CHECKOUT / "var").resolve()
        self.log_dir = self.data_dir / "logs"
        self.env = {
            **env,
            "DEMO": env.get("DEMO", "1"),
            "DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
            "TMPDIR": str(self.data_dir / "tmp"),
            "DJANGO_SETTINGS_MODULE": env.get("DJANGO_SETTINGS_MODULE") or "voc_portal.settings",
            "PYTHONUNBUFFERED": "1",
        }
        self.manager = Manager(env=self.env, cwd=CHECKOUT, log_dir=self.log_dir, say=say)

    def run(self) -> int:
        """Start everything, then keep it running until a signal asks for the end."""
        with self._lock_data_dir():
            check_port(self.port)
            try:
                self._start()
                while True:
                    self.manager.wait(3600, until=lambda: False)
            finally:
                self._stop()

    # --- the steps of a start -------------------------------------------------------------------

    def _lock_data_dir(self) -> IO[str]:
        """Hold DATA_DIR for this process; the kernel lets go of it however the process ends."""
        for directory in (self.data_dir, self.log_dir, self.data_dir / "tmp"):
            make_private_directory(directory)
        lock = (self.data_dir / "run.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise CannotStart(
                f"{self.data_dir} is in use: the portal already runs there "
                f"(process {lock.read().strip()}). / 이 데이터 폴더로 이미 실행 중입니다."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock

    def _start(self) -> None:
        say(f"Data and keys: {self.data_dir}\nLogs: {self.log_dir}/*.log")
        before_beat = self._start_broker()
        sign_ins = self._prepare()
        for program in programs(before_beat=before_beat):
            cut_long_log(self.manager.log_of(program.name))
            self.manager.start(program)
        say("Web server, workers and beat: started; waiting until all of them answer …")
        self._wait_until_ready()
        self._welcome(sign_ins)

    def _start_broker(self) -> Any:
        """The embedded broker, unless REDIS_URL names one; returns what beat's start needs."""
        if self.env.get("REDIS_URL"):
            say("Broker: the one at REDIS_URL")
            return None
        server = broker.find_server()
        at = broker.socket_path(self.data_dir)
        make_private_directory(self.data_dir / "valkey")
        command = broker.command(server, socket_at=at, directory=self.data_dir / "valkey")
        started = time.monotonic()
        self.manager.start(Program("valkey", command, ends_last=True))
        if not self.manager.wait(BROKER_START_SECONDS, until=lambda: broker.answers(at)):
            raise CannotStart(
                f"The broker did not start; see {self.manager.log_of('valkey')}. If its data are "
                f"damaged, remove {self.data_dir / 'valkey'}: what is owed is in the database, "
                "and nothing is lost. / 작업 큐 서버가 시작되지 않았습니다."
            )
        self.env["REDIS_URL"] = f"unix://{at}"
        say(f"Broker: {server} ({time.monotonic() - started:.1f} s)")
        return lambda: broker.forget_beat_lock(at)

    def _prepare(self) -> list[str]:
        """Migrate, collect, load; prints the steps and returns the sign-ins."""
        log = self.manager.log_of("prepare")
        parent = os.getpid()
        sign_ins = []
        with (
            log.open("w") as errors,
            subprocess.Popen(
                [sys.executable, "-m", "voc_portal.prepare"],
                env=self.env,
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                text=True,
                preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509 - one thread
            ) as process,
        ):
            assert process.stdout is not None  # noqa: S101 - for the type checker
            for line in map(str.rstrip, process.stdout):
                if line.count("\t") == 2:
                    sign_ins.append(line)
                elif line:
                    say(line)
        if process.returncode:
            tail = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise CannotStart(
                f"The set-up failed: {' '.join(tail)}\nAll of it is in {log}. / "
                "준비 단계에서 실패했습니다. 위 기록을 확인해 주십시오."
            )
        return sign_ins

    def _wait_until_ready(self) -> None:
        if self.manager.wait(
            READY_SECONDS,
            until=lambda: health(self.port).get("status") == "ok",
            ask_every=0.5,
        ):
            return
        ill = [name for name, state in health(self.port).items() if state == "down"] or ["web"]
        say(
            f"Not well after {READY_SECONDS} s: {', '.join(ill)}. Logs: {self.log_dir}. "
            "I keep trying. / 일부 구성요소가 아직 응답하지 않습니다."
        )

    def _welcome(self, sign_ins: Sequence[str]) -> None:
        site = f"http://127.0.0.1:{self.port}"
        seconds = time.monotonic() - self.started_at
        say(
            f"\n고객의 소리 · VOC portal is running (started in {seconds:.1f} s)\n"
            f"  citizens  {site}/\n"
            f"  staff     {site}/accounts/login/\n"
            f"  charter   {site}/charter/\n"
            f"  health    {site}/healthz"
        )
        if self.env["DEMO"].lower() in {"1", "true", "yes", "on"} and not self.env.get("EMAIL_URL"):
            say(f"  mails     {site}/dev/mail/")
        if sign_ins:
            say("\nSign-ins: role, user, password")
            for line in sign_ins:
                say(line)
        say("\nCtrl-C ends everything. / 끝내려면 Ctrl-C를 누르십시오.")

    def _stop(self) -> None:
        if not self.manager.pids():
            return
        grace = STOP_SECONDS if os.getppid() == self.parent else ABANDONED_STOP_SECONDS
        say("\nStopping …")
        self.manager.stop(grace=grace)
        say("Stopped. / 종료했습니다.")


def programs(*, before_beat: Any) -> list[Program]:
    """What runs beside the broker.

    Delivery has a worker of its own, so that a slow mail server never holds up the sweep. The solo
    pool runs tasks in the worker's own process: nothing is left behind when that is killed.
    """
    celery = [sys.executable, "-m", "celery", "--app", "voc_portal"]
    worker = [*celery, "worker", "--pool", "solo", "--concurrency", "1", "--loglevel", "WARNING"]
    worker += ["--without-gossip", "--without-mingle"]
    beat = [*celery, "beat", "--scheduler", "redbeat.RedBeatScheduler", "--loglevel", "WARNING"]
    return [
        Program("web", [sys.executable, "-m", "gunicorn", "-c", "python:voc_portal.gunicorn_conf"]),
        Program("delivery", [*worker, "--queues", "delivery", "--hostname", "delivery@%h"]),
        Program("worker", [*worker, "--queues", "default", "--hostname", "default@%h"]),
        Program("beat", beat, before_start=before_beat),
    ]


def check_port(port: int) -> None:
    """Raise CannotStart unless this process could listen on 127.0.0.1:`port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError as error:
            why = "is taken by another program" if error.errno == errno.EADDRINUSE else str(error)
            raise CannotStart(
                f"Port {port} {why}. Choose another: PORT={port + 1 if port < 65535 else 8000} "
                f"make run / {port}번 포트를 쓸 수 없습니다. 다른 포트로 실행해 주십시오."
            ) from error


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT is {text!r}, and a port is a number from 1 to 65535.")
    return int(text)


def health(port: int) -> dict[str, Any]:
    """What /healthz says, or nothing when the web server does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        answer = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else {}


def _handle_signals() -> None:
    """The first signal asks for an orderly end; a later one ends now, and the children with it.

    Signals that come together are one request: make passes on what the terminal sends to all.
    """
    asked_at: float | None = None

    def stop(number: int, _frame: object) -> None:
        nonlocal asked_at
        if asked_at is None:
            asked_at = time.monotonic()
            raise Stop
        if number != signal.SIGHUP and time.monotonic() - asked_at > TOGETHER_SECONDS:
            os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main())
