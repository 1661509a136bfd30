"""Encryption of personal data at rest, and keyed hashes to find it again.

Source: the safety-measures notice under the Personal Information Protection Act, art. 24(3), 29.
Keys come from `settings.FIELD_KEYS` (Fernet keys, newest first) and `settings.INDEX_KEY`. Nothing
here keeps state between calls apart from a cache by key, so threads cannot disturb one another.
"""

import hashlib
import hmac
from collections.abc import Callable
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from records.personal import normalise_email, normalise_name, normalise_phone

NORMALISERS: dict[str, Callable[[str], str]] = {
    "email": normalise_email,
    "phone": normalise_phone,
    "name": normalise_name,
}


class Unreadable(Exception):
    """A stored value is not ours, is damaged, or its key is gone. Carries neither value nor key."""

    def __init__(self) -> None:
        super().__init__("an encrypted value cannot be read with the keys in FIELD_KEYS")


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str | bytes, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is empty: personal data cannot be kept")
    return MultiFernet([Fernet(key) for key in keys])


def _index_key() -> bytes:
    key: str | bytes = settings.INDEX_KEY
    if not key:
        raise ImproperlyConfigured("INDEX_KEY is empty: personal data cannot be looked up")
    return key.encode() if isinstance(key, str) else key


def encrypt(text: str) -> str:
    """Encrypt with the newest key; the same text gives another token each time."""
    return _cipher(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode("ascii")


def decrypt(token: str) -> str:
    """Read with any key of FIELD_KEYS. Raises `Unreadable`; never returns what it was given."""
    try:
        return _cipher(tuple(settings.FIELD_KEYS)).decrypt(token.encode()).decode()
    except (InvalidToken, UnicodeError):
        raise Unreadable from None


def _hmac(*parts: str) -> str:
    # Each part is preceded by its length: no two lists of parts give the same message.
    message = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (p.encode() for p in parts))
    return hmac.new(_index_key(), message, hashlib.sha256).hexdigest()


def blind_index(kind: str, value: str) -> str:
    """A keyed hash (64 hex digits) for exact look-up of an `email`, a `phone` or a `name`.

    The value is normalised here, so every caller finds what every other one stored. What is empty
    after that ("", a phone without digits) gives "", which must never be looked up. Another kind
    raises KeyError.
    """
    normal = NORMALISERS[kind](value)
    return _hmac("index", kind, normal) if normal else ""


def keyed_hash(purpose: str, value: str) -> str:
    """A keyed hash (64 hex digits) of the value as it is: for access codes and the like."""
    return _hmac("hash", purpose, value)
