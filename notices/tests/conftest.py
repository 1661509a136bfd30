"""A mail server, somebody to tell, and an app that follows up."""

import logging
from typing import Any

import pytest

from notices import registry
from notices.tests.making import make_person
from notices.tests.smtp_server import Post


@pytest.fixture
def post(settings):
    """A running SMTP server, and mails that go there."""
    server = Post().start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = 2
    yield server
    server.stop()


@pytest.fixture
def nam(db):
    return make_person(name="남가영", email="nam@example.org")


class App:
    """An app above: keeps what it was told, and may be broken."""

    def __init__(self):
        self.told: list[Any] = []
        self.broken = False

    def hears(self, outcome):
        def follow_up(notice, *, now):
            self.told.append((outcome, notice.key, now))
            if self.broken:
                raise RuntimeError("the app above is broken")

        return follow_up

    @property
    def outcomes(self):
        return [(outcome, key) for outcome, key, _ in self.told]


@pytest.fixture
def app(monkeypatch):
    monkeypatch.setattr(registry, "_handlers", {})
    above = App()
    registry.register(
        "case",
        delivered=above.hears("delivered"),
        failed=above.hears("failed"),
        unreached=above.hears("unreached"),
    )
    logging.getLogger("notices").setLevel(logging.CRITICAL)
    yield above
    logging.getLogger("notices").setLevel(logging.NOTSET)
