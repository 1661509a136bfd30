"""What surveys add to the pages of other rooms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from complaints.models import Complaint
from surveys.queries import invitation_of_case
from surveys.tokens import token_of


def rate_on_the_page(complaint: Complaint, *, now: datetime) -> dict[str, Any] | None:
    """For the citizen's page of a case: the way to its survey, while one waits to be answered."""
    invitation = invitation_of_case(complaint, now=now)
    if invitation is None:
        return None
    return {
        "template": "surveys/_rate.html",
        "token": token_of(invitation.key),
        "until": invitation.expires_at,
    }
