"""Verbs that put something on record. Each takes part in the caller's transaction."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from records.actors import Actor
from records.files import CheckedFile
from records.models import AccessLog, Consent, Counter, Event, StoredFile

ORPHAN_AGE = timedelta(days=1)
_BATCH = 500


# --- events -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event not yet recorded; `recorded_at` is `at` unless it was written down later."""

    subject_type: str
    subject_id: int
    kind: str
    at: datetime
    by: Actor
    recorded_at: datetime | None = None
    data: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    key: str | None = None

    def __post_init__(self) -> None:
        # What SQLite's INSERT OR IGNORE would swallow together with the conflict, and what would
        # be guessed: refused here.
        if not (self.subject_type and self.kind) or self.key == "":
            raise ValueError("an event needs a subject type and a kind; no key is None, not ''")
        if any(
            moment is not None and moment.tzinfo is None for moment in (self.at, self.recorded_at)
        ):
            raise ValueError("an instant without offset")

    def as_row(self) -> Event:
        return Event(
            subject_type=self.subject_type,
            subject_id=self.subject_id,
            kind=self.kind,
            at=self.at,
            recorded_at=self.recorded_at or self.at,
            actor_kind=self.by.kind,
            actor_id=self.by.user_id,
            actor_label=self.by.label,
            data=self.data,
            text=self.text,
            key=self.key,
        )


def record(
    *,
    subject_type: str,
    subject_id: int,
    kind: str,
    at: datetime,
    by: Actor,
    recorded_at: datetime | None = None,
    data: dict[str, Any] | None = None,
    text: str = "",
    key: str | None = None,
) -> Event | None:
    """Record one event; None when one with this key is there already.

    The insert stands under a savepoint of its own, so a key that is taken leaves the caller's
    transaction whole on both databases, while any other breach still raises IntegrityError.
    """
    row = NewEvent(
        subject_type=subject_type,
        subject_id=subject_id,
        kind=kind,
        at=at,
        by=by,
        recorded_at=recorded_at,
        data=data or {},
        text=text,
        key=key,
    ).as_row()
    if key is None:
        row.save()
        return row
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        if not Event.objects.filter(key=key).exists():
            raise
        return None
    return row


@transaction.atomic(savepoint=False)
def record_many(events: Sequence[NewEvent]) -> int:
    """Record a batch with one insert; events whose key is taken are left out. Says how many.

    When another transaction takes one of the keys at the same moment, the number may be too high
    by that event; what is stored is right all the same.
    """
    taken = _taken_keys([event.key for event in events if event.key is not None])
    rows = []
    for event in events:
        if event.key is not None:
            if event.key in taken:
                continue
            taken.add(event.key)
        rows.append(event.as_row())
    Event.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _taken_keys(keys: Sequence[str]) -> set[str]:
    taken: set[str] = set()
    for start in range(0, len(keys), _BATCH):
        found = Event.objects.filter(key__in=keys[start : start + _BATCH])
        taken.update(found.values_list("key", flat=True))
    return taken


def blank_texts(*, subject_type: str, subject_id: int) -> int:
    """Disposal: blank the free texts of a subject's events for good. Says how many were blanked."""
    return Event.objects.filter(subject_type=subject_type, subject_id=subject_id).blank_texts()


# --- access -------------------------------------------------------------------------------------


def log_access(
    *,
    by: Actor,
    address: str,
    subject_type: str,
    subject_id: int | None,
    whose: str,
    what: str,
    now: datetime,
    reason: str = "",
) -> AccessLog:
    """Log that personal data was looked at or taken out.

    `whose` is a masked label ("홍*동"), never a name; `subject_id` is None for lists and exports;
    `address` is the client's ("" for a command).
    """
    return AccessLog.objects.create(
        at=now,
        actor_kind=by.kind,
        actor_id=by.user_id,
        actor_label=by.label,
        address=address[:45],
        subject_type=subject_type,
        subject_id=subject_id,
        whose=whose[:100],
        what=what,
        reason=reason,
    )


# --- files --------------------------------------------------------------------------------------


def store_file(
    *,
    checked: CheckedFile,
    subject_type: str,
    subject_id: int,
    now: datetime,
    visible_to_citizen: bool = True,
) -> StoredFile:
    """Keep a checked upload. The bytes are on disk before the row that promises them.

    A file whose transaction is rolled back is left behind; `sweep_orphans` takes it away.
    """
    token = secrets.token_hex(16)
    path = f"{token[:2]}/{token}"
    target = _files_dir() / path
    _write_through(target, checked.bytes)
    try:
        return StoredFile.objects.create(
            subject_type=subject_type,
            subject_id=subject_id,
            name=checked.name,
            content_type=checked.content_type,
            size=len(checked.bytes),
            sha256=checked.sha256,
            stored_at=now,
            path=path,
            visible_to_citizen=visible_to_citizen,
        )
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def open_file(stored: StoredFile) -> BinaryIO:
    """The bytes, for reading. FileNotFoundError when it was removed."""
    if stored.removed_at is not None:
        raise FileNotFoundError(f"stored file {stored.pk} was removed")
    return (_files_dir() / stored.path).open("rb")


def remove_file(*, stored: StoredFile, now: datetime) -> None:
    """Take the bytes and the name away for good, once the transaction is committed.

    Where the deletion itself fails, `sweep_orphans` does it.
    """
    stored.name, stored.removed_at = "", now
    stored.save(update_fields=["name", "removed_at"])
    target = _files_dir() / stored.path
    transaction.on_commit(lambda: target.unlink(missing_ok=True), robust=True)


def sweep_orphans(*, now: datetime) -> int:
    """Delete files older than a day that no row keeps. Says how many."""
    before = (now - ORPHAN_AGE).timestamp()
    orphans = [path for folder in _folders() for path in _orphans_in(folder, before=before)]
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)


def _folders() -> Iterator[Path]:
    return (folder for folder in sorted(_files_dir().iterdir()) if folder.is_dir())


def _orphans_in(folder: Path, *, before: float) -> list[Path]:
    old = [path for path in folder.iterdir() if path.is_file() and path.stat().st_mtime < before]
    if not old:
        return []
    kept = StoredFile.objects.filter(removed_at=None, path__startswith=f"{folder.name}/")
    paths = set(kept.values_list("path", flat=True))
    return [path for path in old if f"{folder.name}/{path.name}" not in paths]


def _files_dir() -> Path:
    folder = Path(settings.DATA_DIR) / "files"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _write_through(target: Path, content: bytes) -> None:
    """Write a new file so that a power cut after the return does not lose it."""
    target.parent.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    for folder in (target.parent, target.parent.parent):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- numbers and consents -----------------------------------------------------------------------


def next_number(*, name: str) -> int:
    """The next number under this name: 1, 2, 3 … without a gap among what is committed.

    Must be called inside `transaction.atomic` (else TransactionManagementError): the row stays
    locked until the caller's transaction ends, and a rollback gives the number back.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("next_number needs a transaction around it")
    mine = Counter.objects.filter(name=name)
    if not mine.update(value=F("value") + 1):
        Counter.objects.bulk_create([Counter(name=name)], ignore_conflicts=True)
        mine.update(value=F("value") + 1)
    return mine.values_list("value", flat=True).get()


def give_consent(
    *, subject_type: str, subject_id: int, purpose: str, version: str, given: bool, now: datetime
) -> Consent:
    """Keep one answer; a withdrawal is a later answer with `given=False`."""
    return Consent.objects.create(
        subject_type=subject_type,
        subject_id=subject_id,
        purpose=purpose,
        version=version,
        given=given,
        at=now,
    )
