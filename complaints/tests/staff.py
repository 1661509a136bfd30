"""What the tests of the back-office share: somebody signed in, and reading a page."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client

from centre.models import User
from complaints.models import Complaint

QUEUE = "/admin/complaints/complaint/"
ADD = f"{QUEUE}add/"
MANY = f"{QUEUE}answer-many/"
APPROVALS = f"{QUEUE}approvals/"


def browser_of(username: str) -> Client:
    """A browser in which this person of the demo centre is signed in; "" is a stranger's."""
    client = Client()
    if username:
        user = User.objects.get(username=username)
        client.force_login(user, backend="centre.auth.RoleBackend")
    return client


def page_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def words_of(response: Any) -> str:
    """The page as it is read: no tags, and one space between words."""
    text = re.sub(
        r"<(script|style|template)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL
    )
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def case_url(complaint: Complaint) -> str:
    return f"{QUEUE}{complaint.pk}/change/"


def act(client: Client, complaint: Complaint, do: str, **typed: Any) -> Any:
    """Press a button of the case page; the answer to the POST."""
    return client.post(case_url(complaint), {"do": do, **typed})


def done(response: Any) -> bool:
    """Whether a POST was carried out: it redirects."""
    return bool(response.status_code == 302)


def verbs_on(response: Any) -> set[str]:
    """The verbs a page offers."""
    return set(re.findall(r'name="do" value="([a-z_]+)"', page_of(response)))


def rows_on(response: Any) -> list[str]:
    """The receipt numbers of the queue, in order."""
    return [row.case.receipt_number for row in response.context["rows"]]
