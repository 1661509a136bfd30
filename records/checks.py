"""What must always be true of what is kept; ``manage.py verify`` prints a line for each breach."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import models

from records.crypto import Unreadable
from records.fields import EncryptedJSONField, EncryptedTextField
from records.models import StoredFile
from records.services import open_file


def breaches() -> Iterator[str]:
    """A sentence for each breach of what holds for records."""
    yield from _unreadable()
    yield from _lost_files()


def _unreadable() -> Iterator[str]:
    """The keys in use open what was written first and last: other keys would open nothing."""
    for model in apps.get_models():
        fields = [f.name for f in model._meta.concrete_fields if _is_encrypted(f)]
        rows = model._default_manager.order_by("pk").values_list(*fields) if fields else None
        if rows is None:
            continue
        try:
            rows.first(), rows.last()
        except Unreadable:
            yield (
                f"{model._meta.label}: 암호화된 내용을 읽을 수 없습니다. FIELD_KEYS 또는 "
                "DATA_DIR/keys.json이 이 데이터베이스의 것인지 확인해 주십시오."
            )


def _is_encrypted(field: models.Field[object, object]) -> bool:
    return isinstance(field, EncryptedTextField | EncryptedJSONField)


def _lost_files() -> Iterator[str]:
    """Each file that is still kept lies where its row says."""
    for stored in StoredFile.objects.filter(removed_at=None).iterator():
        try:
            open_file(stored).close()
        except OSError:
            yield f"파일 {stored.pk}: 저장된 내용이 없습니다."
