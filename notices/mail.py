"""A notice as an e-mail, the way to the mail server, and what a failure there means."""

from __future__ import annotations

import hashlib
import logging
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.template.loader import get_template

from notices import texts
from notices.models import Notice
from records.services import open_file

logger = logging.getLogger(__name__)

#: Waits after the first failures of one mail, then the last one again and again.
BACK_OFF = tuple(timedelta(seconds=wait) for wait in (5, 15, 60, 300, 900, 3600))
#: With these waits the last try is made about 48 hours after the first.
MOST_ATTEMPTS = len(BACK_OFF) + 48


class ServerAway(Exception):
    """The mail server does not let us in at all: no mail's own fault, so none is charged for it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one mail was not accepted; ``error`` holds no personal data."""

    error: str
    permanent: bool
    connection_is_good: bool = False


class BadAddress(ValueError):
    """The recipient's address is none; trying again cannot help."""


# --- the message --------------------------------------------------------------------------------


def message_id(notice: Notice) -> str:
    """The same for each try of a notice; says nothing about it. ``owed_at`` is in it so that
    another installation's complaint number 1 does not get the same."""
    made_from = f"{notice.key}\n{notice.owed_at.isoformat()}"
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(made_from.encode()).hexdigest()[:40]}@{host}>"


class Mail(EmailMultiAlternatives):
    """Its subject is folded by the rules: Django leaves the first line of a long Korean one empty,
    and readers then see a space in front."""

    def message(self, **options: Any) -> Any:
        made = super().message(**options)
        subject = str(self.subject)
        if not subject.isascii():
            words = Header(subject, charset="utf-8", header_name="Subject")
            del made["Subject"]
            made["Subject"] = words.encode(linesep="")
        return made


def compose(notice: Notice, *, at: datetime) -> Mail:
    """The mail, with its access code. Raises BadAddress."""
    language = notice.language
    body = texts.with_code(notice.body, notice.secret, language=language)
    mail = Mail(
        subject=_one_line(notice.title),
        body=body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[_mailbox(notice.recipient_name, notice.recipient)],
        headers={
            "Message-ID": message_id(notice),
            "Date": format_datetime(at),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Content-Language": language,
        },
    )
    page = get_template("notices/_mail.html").render(
        {"title": _one_line(notice.title), "blocks": texts.blocks(body), "language": language}
    )
    mail.attach_alternative(page, "text/html")
    if notice.attachment is not None:
        with open_file(notice.attachment) as content:
            mail.attach(notice.attachment.name, content.read(), notice.attachment.content_type)
    return mail


def _one_line(text: str) -> str:
    """What may stand in a header: line ends and control characters are spaces there."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _mailbox(name: str, address: str) -> str:
    try:
        validate_email(address)
    except ValidationError:
        raise BadAddress from None
    return formataddr((_one_line(name), address))


# --- the way to the server ----------------------------------------------------------------------


class Mailer:
    """One connection for a whole pass, opened when needed and again when it broke."""

    def __init__(self) -> None:
        self._connection = get_connection()
        self._open = False

    def open(self) -> bool:
        """Open if need be; True when a new connection was made. Raises ServerAway."""
        if self._open:
            return False
        try:
            self._connection.open()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise ServerAway(type(error).__name__) from error
        self._open = True
        return True

    def close(self) -> None:
        """Close whatever there is; a connection that is gone already is no matter."""
        self._open = False
        with suppress(OSError, smtplib.SMTPException):
            self._connection.close()

    def _drop(self) -> None:
        """Leave a connection that broke without a word: the word would wait for an answer."""
        for name in ("connection", "_partial_connection"):
            broken = getattr(self._connection, name, None)
            if broken is not None:
                broken.close()
        self._connection = get_connection()
        self._open = False

    def send(self, mail: Mail) -> Failure | None:
        """Hand over one mail; None when the server took it."""
        try:
            self._connection.send_messages([mail])
        except (smtplib.SMTPException, OSError, ValueError) as error:
            failure = understand(error)
            if not failure.connection_is_good:
                self._drop()
            return failure
        return None


@contextmanager
def mailer() -> Iterator[Mailer]:
    found = Mailer()
    try:
        yield found
    finally:
        found.close()


def understand(error: Exception) -> Failure:
    """What an error while sending one mail means. 5xx is for good, all else may pass."""
    name = type(error).__name__
    if isinstance(error, ValueError):  # an address, a header or a character that cannot be
        return Failure(name, permanent=True, connection_is_good=True)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next((code for code, _ in error.recipients.values()), 0)
        return _by_code(name, code)
    if isinstance(error, smtplib.SMTPSenderRefused):
        # Our own address is refused: a matter of settings, except where this mail is too big.
        return Failure(f"{name} {error.smtp_code}", permanent=error.smtp_code == 552)
    if isinstance(error, smtplib.SMTPResponseException):
        return _by_code(name, error.smtp_code)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Failure(name, permanent=True)
    return Failure(name, permanent=False)


def _by_code(name: str, code: int) -> Failure:
    permanent = 500 <= code <= 599
    return Failure(f"{name} {code}", permanent=permanent, connection_is_good=permanent)


def wait_after(attempts: int) -> timedelta | None:
    """How long to wait after that many failed tries; None when it was the last."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return BACK_OFF[min(attempts, len(BACK_OFF)) - 1]
