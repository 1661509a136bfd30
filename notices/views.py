"""The demo's mails, read from their files. With a mail server, or without DEMO, there are none."""

from __future__ import annotations

import email
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default as policy
from functools import wraps
from pathlib import Path
from typing import Any

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notices import texts
from notices.backends import mail_folder

SHOWN = 200
View = Callable[..., HttpResponseBase]


def demo_only(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.DEMO or settings.MAIL_IS_REAL:
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(require_safe(guarded))


@dataclass(frozen=True, slots=True)
class Mail:
    name: str
    at: datetime | None
    to: str
    subject: str
    message: EmailMessage

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        return part.get_content() if part is not None else ""

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        return part.get_content() if part is not None else ""


def _read(path: Path) -> Mail:
    message = email.message_from_bytes(path.read_bytes(), policy=policy)
    date = message["Date"]
    return Mail(
        name=path.stem,
        at=date.datetime if date is not None else None,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        message=message,
    )


def _named(name: str) -> Path:
    path = mail_folder() / f"{name}.eml"
    if not path.is_file():
        raise Http404
    return path


@demo_only
def mails(request: HttpRequest) -> HttpResponse:
    """The newest mails first."""
    folder = mail_folder()
    paths = sorted(folder.glob("*.eml"), reverse=True) if folder.is_dir() else []
    shown = [_read(path) for path in paths[:SHOWN]]
    context = {"mails": shown, "more": max(0, len(paths) - SHOWN)}
    return render(request, "dev_mail/list.html", context)


@demo_only
def mail(request: HttpRequest, name: str) -> HttpResponse:
    found = _read(_named(name))
    context = {"mail": found, "blocks": texts.blocks(found.text)}
    return render(request, "dev_mail/mail.html", context)


@demo_only
@csp({"default-src": [NONE], "style-src": [UNSAFE_INLINE], "sandbox": True})  # type: ignore[arg-type]
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part as a mail program shows it: no script, nothing loaded, of no origin."""
    return HttpResponse(_read(_named(name)).html)


@demo_only
def mail_raw(request: HttpRequest, name: str) -> HttpResponse:
    path = _named(name)
    response = HttpResponse(path.read_bytes(), content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return response
