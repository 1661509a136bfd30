"""What somebody files, before it is a case. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from complaints.models import Complaint
    from records.files import CheckedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """An opinion as it arrives. Codes are those of the form; texts are as typed.

    ``received_at`` is the true time of arrival, empty for now. ``told_on_the_spot``: the number
    was given to the person at once (on the phone, at the desk), so that no receipt is owed.
    """

    kind: str
    topic_code: str
    subject: str
    body: str
    channel: str = "web"
    name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    fax: str = ""
    reply_by: str = ""
    about_staff: str = ""
    filed_for: dict[str, Any] = field(default_factory=dict)
    assistance: str = ""
    publish_consent: bool = False
    survey_consent: bool = False
    consent_version: str = ""
    previous_receipt_number: str = ""
    attachments: Sequence[CheckedFile] = ()
    form_token: str = ""
    language: str = "ko"
    anonymous: bool = False
    received_at: datetime | None = None
    external_body: str = ""
    external_number: str = ""
    external_received_at: datetime | None = None
    external_due_at: datetime | None = None
    told_on_the_spot: bool = False


@dataclass(frozen=True, slots=True)
class Filed:
    """The case and its access code; ``created`` is false where this form was filed before."""

    complaint: Complaint
    access_code: str | None
    created: bool
