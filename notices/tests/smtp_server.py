"""A real SMTP server on loopback that can be as bad as those out there."""

import asyncio
import email
import logging
import socket
from email.policy import default as policy
from typing import Any

from aiosmtpd.controller import Controller

logging.getLogger("mail.log").setLevel(logging.CRITICAL)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Post:
    """Keeps what it accepted. What it answers is set by attributes, by address where that is said.

    ``lost``: mails taken in whole, of which the sender was never told.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[Any] = []
        self.lost: list[Any] = []
        self.connections = 0
        self.recipients: dict[str, str] = {}  # address → answer to RCPT
        self.sender = self.data = ""  # answers to MAIL and DATA; "" is 250
        self.closes_after_data = False
        self.closes_after_mails = 0
        self.seconds = 0.0
        self.on_mail: Any = lambda: None
        self._controller: Any = None

    def start(self) -> "Post":
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        return self

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def subjects(self):
        return [mail["Subject"] for mail in self.mails]

    @property
    def ids(self):
        return [mail["Message-ID"] for mail in self.mails]

    # aiosmtpd calls these

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.sender:
            return self.sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = self.recipients.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        mail: Any = email.message_from_bytes(envelope.content, policy=policy)
        mail.raw = envelope.content
        mail.envelope = list(envelope.rcpt_tos)
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if self.data:
            return self.data
        if self.closes_after_data:
            self.lost.append(mail)
            server.transport.abort()
            return "250 OK"
        self.mails.append(mail)
        self.on_mail()
        if self.closes_after_mails and len(self.mails) % self.closes_after_mails == 0:
            asyncio.get_running_loop().call_later(0.02, server.transport.close)
        return "250 OK"
