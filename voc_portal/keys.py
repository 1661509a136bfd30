"""The secrets of an installation that was given none: made once, then kept in DATA_DIR/keys.json.

Losing these keys loses every encrypted field, so a file that cannot be read is an error that stops
the start. It is never replaced by new keys.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

FILE_NAME = "keys.json"
INDEX_KEY_BYTES = 32
SECRET_KEY_CHARACTERS = 50


class DamagedKeys(RuntimeError):
    """DATA_DIR/keys.json exists but does not hold usable keys."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} is damaged ({why}). Restore it from a backup: encrypted data cannot be read "
            "without the keys it held, and no new ones are made in its place. / "
            f"키 파일 {path}이(가) 손상되었습니다. 백업에서 복구해 주십시오."
        )


@dataclass(frozen=True)
class Keys:
    """The three secrets of an installation.

    `field_keys` are Fernet keys, the newest first (it encrypts; all of them decrypt).
    `index_key` is 32 random bytes in URL-safe base64, for keyed hashes.
    """

    secret_key: str
    field_keys: list[str]
    index_key: str

    def __repr__(self) -> str:
        return "Keys(…)"  # keeps secrets out of logs and error pages


def load_or_make_keys(data_dir: Path) -> Keys:
    """The keys kept in `data_dir`; made on the first call, whichever process comes first.

    Raises DamagedKeys when the file is there but unusable, OSError when it cannot be read or made.
    """
    path = Path(data_dir) / FILE_NAME
    if not path.exists():
        make_private_directory(path.parent)
        _publish(path, _new_keys())
    return _read(path)


def make_private_directory(path: Path) -> None:
    """Make `path` with mode 0700, or close one of our own that stands open to others.

    A directory that belongs to somebody else or is shared on purpose (sticky) stays as it is.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.stat()
    ours = found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX
    if ours and stat.S_IMODE(found.st_mode) & 0o077:
        path.chmod(0o700)


def _new_keys() -> Keys:
    return Keys(
        secret_key=base64.urlsafe_b64encode(os.urandom(48)).decode(),
        field_keys=[Fernet.generate_key().decode()],
        index_key=base64.urlsafe_b64encode(os.urandom(INDEX_KEY_BYTES)).decode(),
    )


def _publish(path: Path, keys: Keys) -> None:
    """Put `keys` at `path` whole or not at all; when another process was first, its keys stay."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(keys), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> Keys:
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DamagedKeys(path, "not JSON") from error
    return _checked(path, kept)


def _checked(path: Path, kept: Any) -> Keys:
    if not isinstance(kept, dict):
        raise DamagedKeys(path, "not an object")
    secret_key, field_keys, index_key = (
        kept.get(name) for name in ("secret_key", "field_keys", "index_key")
    )
    if not isinstance(secret_key, str) or len(secret_key) < SECRET_KEY_CHARACTERS:
        raise DamagedKeys(path, "secret_key")
    if not isinstance(field_keys, list) or not field_keys or not all(map(_is_key, field_keys)):
        raise DamagedKeys(path, "field_keys")
    if not isinstance(index_key, str) or not _is_key(index_key):
        raise DamagedKeys(path, "index_key")
    return Keys(secret_key=secret_key, field_keys=field_keys, index_key=index_key)


def _is_key(text: object) -> bool:
    """Whether `text` is 32 bytes in URL-safe base64, which is also the form of a Fernet key."""
    if not isinstance(text, str):
        return False
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == INDEX_KEY_BYTES
    except (binascii.Error, ValueError):
        return False
