"""Model fields whose values are encrypted in the database and plain in Python.

Blank stays blank in the database ('' is nobody's data, and lets disposal and look-ups of "nothing
kept" work). A value that cannot be read raises `crypto.Unreadable`; it is never shown as it is.
To look one up, keep a blind index (`crypto.blind_index`) beside it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.lookups import Exact, IsNull

from records import crypto

if TYPE_CHECKING:
    _Text = models.TextField[str, str]
    _Anything = models.TextField[Any, Any]
    _Exact = Exact[Any]
else:
    _Text = _Anything = models.TextField
    _Exact = Exact


def _refusal(field: object, asked: str) -> FieldError:
    return FieldError(
        f"{field} is encrypted: only isnull and exact '' can be asked of it, not {asked}; "
        "look up a blind index instead"
    )


class _BlankExact(_Exact):
    """`field=''` only: a ciphertext differs each time, so no other comparison can be true."""

    def get_prep_lookup(self) -> Any:
        if self.rhs is not None and not (isinstance(self.rhs, str) and self.rhs == ""):
            raise _refusal(self.lhs.output_field, "exact with a value")
        return self.rhs


_LOOKUPS: dict[str, Any] = {"exact": _BlankExact, "isnull": IsNull}


if TYPE_CHECKING:
    _Base = models.Field[Any, Any]
else:
    _Base = object


class _Encrypted(_Base):
    """What both fields share: the refused options, look-ups and expressions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if any(kwargs.get(option) for option in ("unique", "db_index", "primary_key")):
            raise ValueError("an encrypted field cannot be unique or indexed")
        super().__init__(*args, **kwargs)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in _LOOKUPS:
            raise _refusal(self, lookup_name)
        return _LOOKUPS[lookup_name]

    def get_transform(self, lookup_name: str) -> Any:
        raise _refusal(self, lookup_name)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        _refuse_plain_expression(self, value)
        return super().get_db_prep_save(value, connection)

    def get_placeholder(self, value: Any, _compiler: object, _connection: object) -> str:
        """Where `update()` shows the value it is about to write."""
        _refuse_plain_expression(self, value)
        return "%s"


def _refuse_plain_expression(field: object, value: Any) -> None:
    """What the database computes (`Value`, `Concat`) would go in unencrypted; a token may pass."""
    if hasattr(value, "as_sql") and not isinstance(value.output_field, _Encrypted):
        raise FieldError(f"{field} is encrypted: the database cannot compute its value")


class EncryptedTextField(_Encrypted, _Text):
    """Text, encrypted at rest."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return crypto.encrypt(text) if text else text

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return crypto.decrypt(value) if value else value


class EncryptedJSONField(_Encrypted, _Anything):
    """A JSON value, encrypted at rest. `{}` and "" are stored as '', and '' reads as `{}`."""

    def get_prep_value(self, value: Any) -> Any:
        if value is None:
            return None
        if value in ("", {}):
            return ""
        return crypto.encrypt(_as_json(value))

    def from_db_value(self, value: str | None, *_: object) -> Any:
        if value is None:
            return None
        return json.loads(crypto.decrypt(value)) if value else {}

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return _as_json(self.value_from_object(obj))


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
