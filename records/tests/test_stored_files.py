import io
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from records import services
from records.files import check_upload
from records.models import StoredFile
from records.queries import files_of

NOW = datetime(2026, 3, 2, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path / "files"


def store(content="내용", **changes):
    raw = content.encode()
    checked = check_upload(name="붙임.txt", data=io.BytesIO(raw), size=len(raw))
    given: dict[str, Any] = {
        "checked": checked,
        "subject_type": "complaint",
        "subject_id": 1,
        "now": NOW,
    }
    return services.store_file(**given | changes)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def age(path: Path, **past) -> None:
    moment = (NOW - timedelta(**past)).timestamp()
    os.utime(path, (moment, moment))


def test_a_file_comes_back_as_it_was(folder):
    stored = store()
    assert (stored.name, stored.content_type, stored.size) == ("붙임.txt", "text/plain", 6)
    with services.open_file(StoredFile.objects.get()) as file:
        assert file.read() == "내용".encode()
    (path,) = files(folder)
    assert path == folder / stored.path
    assert "붙임" not in stored.path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM records_storedfile")
        assert cursor.fetchone()[0].startswith("gAAAAA")


def test_the_same_file_twice_is_two():
    assert store().path != store().path
    assert files_of("complaint", 1).count() == 2
    assert not files_of("complaint", 2).exists()
    assert store(visible_to_citizen=False).visible_to_citizen is False


def test_without_a_row_there_is_no_file(folder):
    with pytest.raises(IntegrityError), transaction.atomic():
        store(subject_id=None)
    assert files(folder) == []


def test_when_the_disk_fails_there_is_neither(folder, monkeypatch):
    def fail(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        store()
    assert files(folder) == []
    assert not StoredFile.objects.exists()


def test_orphans_are_swept_after_a_day(folder):
    kept = store()
    age(folder / kept.path, days=400)
    with transaction.atomic():
        orphan = store()
        transaction.set_rollback(True)
    assert (folder / orphan.path).exists()  # nobody knows yet that it is one
    age(folder / orphan.path, hours=23)
    assert services.sweep_orphans(now=NOW) == 0
    age(folder / orphan.path, hours=25)
    assert services.sweep_orphans(now=NOW) == 1
    assert files(folder) == [folder / kept.path]
    assert services.sweep_orphans(now=NOW) == 0


def test_sweeping_an_empty_place():
    assert services.sweep_orphans(now=NOW) == 0


def test_a_removed_file_is_gone_after_commit(folder, django_capture_on_commit_callbacks):
    stored = store()
    with django_capture_on_commit_callbacks() as callbacks:
        services.remove_file(stored=stored, now=NOW)
    assert files(folder) == [folder / stored.path]
    for callback in callbacks:
        callback()
    assert files(folder) == []
    read = StoredFile.objects.get()
    assert (read.name, read.removed_at) == ("", NOW)
    assert not files_of("complaint", 1).exists()
    with pytest.raises(FileNotFoundError):
        services.open_file(read)


def test_what_removal_left_behind_is_swept(folder):
    stored = store()
    services.remove_file(stored=stored, now=NOW)  # the process dies before the commit hook
    age(folder / stored.path, days=2)
    assert services.sweep_orphans(now=NOW) == 1
    assert files(folder) == []
