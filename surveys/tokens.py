"""The tokens of invitations: made from the centre's key and the invitation's own, never stored.

What cannot be made without the key cannot be found in the database. The same key gives the same
token, so two passes that invite at the same time write the same row and the same mail.
"""

from __future__ import annotations

import logging
import re
import uuid
from typing import Any, Final

from records.crypto import keyed_hash

LENGTH: Final = 32
_PATH: Final = re.compile(r"(/surveys/answer/)[^/\s]+")


def token_of(key: str) -> str:
    """The token of the invitation with this key: 128 bits as 32 hex digits."""
    return keyed_hash("survey-token", key)[:LENGTH]


def number_of(key: str) -> uuid.UUID:
    """The number of the invitation's row: nobody sees from it who was asked before whom."""
    return uuid.UUID(keyed_hash("survey-invitation", key)[:32])


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return keyed_hash("survey-token-hash", token)


def response_number(survey_id: int, nonce: str) -> uuid.UUID:
    """The number of the response sent with the form that carried ``nonce``: a form counts once."""
    return uuid.UUID(keyed_hash("survey-response", f"{survey_id}:{nonce}")[:32])


class HideTokens(logging.Filter):
    """Takes tokens out of what Django writes down about requests that went wrong."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _hidden(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_hidden(part) for part in record.args)
        return True


def _hidden(part: Any) -> Any:
    return _PATH.sub(r"\1…", part) if isinstance(part, str) else part
