"""Breaches of what is kept are found."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from records.actors import SYSTEM
from records.checks import breaches
from records.files import CheckedFile
from records.services import record, store_file

NOW = datetime(2026, 9, 9, 1, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_other_keys_than_those_of_the_database_are_noticed(settings: Any) -> None:
    record(subject_type="x", subject_id=1, kind="noted", at=NOW, by=SYSTEM, text="비밀")
    assert list(breaches()) == []
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    assert any("암호화된 내용을 읽을 수 없습니다" in line for line in breaches())


@pytest.mark.django_db
def test_a_file_that_is_gone_is_noticed(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    content = b"hello"
    checked = CheckedFile(
        name="a.txt",
        content_type="text/plain",
        bytes=content,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    stored = store_file(checked=checked, subject_type="x", subject_id=1, now=NOW)
    assert list(breaches()) == []
    (tmp_path / "files" / stored.path).unlink()
    assert list(breaches()) == [f"파일 {stored.pk}: 저장된 내용이 없습니다."]
