"""Files that came with a form which was not accepted: kept for a day, so nobody attaches them twice.

The browser cannot send a file again by itself, so what passed the checks is put under
``DATA_DIR/drafts`` and the page gets a signed reference, bound to the token of its form. Nothing is
ever served from there; a reference only lets the same form hand the file in. Pure but for the disk.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core import signing

from records.files import CheckedFile

KEPT_FOR = timedelta(hours=24)
MOST_BYTES = 1024 * 1024 * 1024
_SALT = "complaints.drafts"
_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A checked file and the reference under which this form can hand it in."""

    file: CheckedFile
    key: str
    reference: str

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def size(self) -> int:
        return len(self.file.bytes)


def keep(files: Iterable[CheckedFile], *, form_token: str) -> list[Kept]:
    """Put files aside for the next try; fewer than were given when the disk's share is full."""
    purge()
    folder = _folder()
    room = MOST_BYTES - sum(path.stat().st_size for path in _drafts())
    kept = []
    for file in files:
        if len(file.bytes) > room:
            break
        room -= len(file.bytes)
        key = secrets.token_hex(16)
        handle = os.open(folder / key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as target:
            target.write(file.bytes)
        kept.append(Kept(file, key, _reference(key, file, form_token)))
    return kept


def take(references: Sequence[str], *, form_token: str) -> tuple[list[Kept], bool]:
    """The files behind the references, and whether all of them were still there."""
    found = [_load(reference, form_token) for reference in references]
    return [kept for kept in found if kept], None not in found


def drop(kept: Iterable[Kept]) -> None:
    """The form went through: its drafts are not needed any more."""
    for one in kept:
        (_folder() / one.key).unlink(missing_ok=True)


def purge() -> int:
    """Delete drafts older than a day. Says how many."""
    before = time.time() - KEPT_FOR.total_seconds()
    old = [path for path in _drafts() if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _reference(key: str, file: CheckedFile, form_token: str) -> str:
    value = [key, file.name, file.content_type, file.sha256]
    return signing.dumps(value, salt=f"{_SALT}.{form_token}", compress=True)


def _load(reference: str, form_token: str) -> Kept | None:
    try:
        value = signing.loads(reference, salt=f"{_SALT}.{form_token}", max_age=KEPT_FOR)
        key, name, content_type, sha256 = map(str, value)
        content = (_folder() / key).read_bytes()
    except (signing.BadSignature, ValueError, OSError):
        return None
    if hashlib.sha256(content).hexdigest() != sha256:
        return None
    return Kept(CheckedFile(name, content_type, content, sha256), key, reference)


def _drafts() -> list[Path]:
    return [path for path in _folder().iterdir() if _NAME.fullmatch(path.name)]


def _folder() -> Path:
    folder = Path(settings.DATA_DIR) / "drafts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
