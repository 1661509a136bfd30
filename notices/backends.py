"""Where mails go while no mail server is named: files that only this account can read."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage


class FileBackend(BaseEmailBackend):
    """One ``.eml`` a mail in EMAIL_FILE_PATH: when, and which Message-ID (hashed), as its name."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = mail_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for mail in email_messages:
            if not mail.recipients():
                raise ValueError("a mail without a recipient")
            _write(folder, mail.message())
        return len(email_messages)


def mail_folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)


def _write(folder: Path, message: Any) -> None:
    """Appears under its name only when it is whole."""
    identity = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:16]
    target = folder / f"{time.time_ns():020d}-{identity}.eml"
    part = folder / f".{secrets.token_hex(8)}.part"
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(message.as_bytes(linesep="\r\n"))
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
