"""The empty opinion form, drawn once and then handed out.

It is the same for everybody but for two hidden values, and drawing it is most of the cost of its
page. It is drawn anew when a topic, the language or a value of the centre in it changes.
"""

from __future__ import annotations

import secrets
import uuid

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from complaints.forms import OpinionForm
from complaints.texts import texts
from complaints.topics import offered

_MOST = 8
_CSRF, _FORM = secrets.token_hex(16), secrets.token_hex(16)
_drawn: dict[tuple[object, ...], str] = {}


def empty_form(request: HttpRequest) -> SafeString:
    """The form for this visitor, with a token of its own."""
    topics = offered()
    years = OpinionForm.retention_years()
    key = (get_language(), years, *topics)
    if key not in _drawn:
        if len(_drawn) >= _MOST:
            _drawn.clear()
        form = OpinionForm(topics=topics)
        form.token = _FORM
        context = {"form": form, "words": texts(), "csrf_token": _CSRF}
        _drawn[key] = render_to_string("complaints/opinion_form.html", context)
    html = _drawn[key].replace(_CSRF, get_token(request)).replace(_FORM, str(uuid.uuid4()))
    return mark_safe(html)  # noqa: S308 - our own template; both values are letters and digits
