"""What must be kept safe: the log of events, the log of access, files, numbers, consents.

Nothing here points at a row of another app: a subject is named by type and number, an actor by a
copy, so that the records outlive what they speak of.
"""

from __future__ import annotations

import uuid
from typing import Any, NoReturn

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.fields import EncryptedTextField


class AppendOnlyError(Exception):
    """The log was to be changed or deleted. The database refuses it too (migration 0002)."""

    def __init__(self) -> None:
        super().__init__("records are only added: what is recorded is not changed or deleted")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """A query set that adds and reads."""

    def update(self, **_kwargs: Any) -> NoReturn:
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        raise AppendOnlyError

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnlyError

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("update_conflicts"):
            raise AppendOnlyError
        return super().bulk_create(objs, *args, **kwargs)


class EventQuerySet(AppendOnlyQuerySet):
    def blank_texts(self) -> int:
        """The one change the database allows (disposal of personal data); says how many."""
        return models.QuerySet.update(self.exclude(text=""), text="")


class AppendOnly(models.Model):
    """A row that is inserted once. `save` of a stored row and `delete` raise `AppendOnlyError`."""

    class Meta:
        abstract = True

    def save(self, *_args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError
        super().save(force_insert=True, using=kwargs.get("using"))

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnlyError


class ActorKinds(models.TextChoices):
    CITIZEN = "citizen", _("민원인")
    STAFF = "staff", _("직원")
    SYSTEM = "system", _("시스템")


class Event(AppendOnly):
    """Something that happened to a subject.

    `at` is when it really happened or was due; `recorded_at` is when it was written down, later
    where something was down. `data` holds no personal data; `text` (a reason, a remark) may, is
    encrypted, and is blanked on disposal. `key` makes an event once: a second one is not recorded.
    """

    subject_type = models.CharField(_("대상 종류"), max_length=40)
    subject_id = models.BigIntegerField(_("대상 번호"))
    kind = models.CharField(_("사건"), max_length=60)
    at = models.DateTimeField(_("일시"))
    recorded_at = models.DateTimeField(_("기록 일시"))
    actor_kind = models.CharField(_("행위자 구분"), max_length=10, choices=ActorKinds)
    actor_id = models.BigIntegerField(_("행위자 번호"), null=True)
    actor_label = models.CharField(_("행위자"), max_length=150)
    data = models.JSONField(_("자료"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    text = EncryptedTextField(_("글"), blank=True, default="")
    key = models.CharField(_("고유 키"), max_length=200, unique=True, null=True)  # noqa: DJ001

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("사건 기록")
        verbose_name_plural = _("사건 기록")
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "at", "id"], name="event_of_subject")
        ]


class AccessLog(AppendOnly):
    """Who looked at whose personal data (safety-measures notice: who, when, from where, whose,
    what was done). `whose` is a masked label; `subject_id` is empty for lists and exports."""

    at = models.DateTimeField(_("일시"))
    actor_kind = models.CharField(_("행위자 구분"), max_length=10, choices=ActorKinds)
    actor_id = models.BigIntegerField(_("행위자 번호"), null=True)
    actor_label = models.CharField(_("행위자"), max_length=150)
    address = models.CharField(_("접속지"), max_length=45, blank=True)
    subject_type = models.CharField(_("대상 종류"), max_length=40)
    subject_id = models.BigIntegerField(_("대상 번호"), null=True)
    whose = models.CharField(_("정보주체"), max_length=100, blank=True)
    what = models.CharField(_("수행 업무"), max_length=60)
    reason = EncryptedTextField(_("사유"), blank=True, default="")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("접속기록")
        verbose_name_plural = _("접속기록")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "at"], name="access_to_subject"),
            models.Index(fields=["at"], name="access_at"),
        ]


class StoredFile(models.Model):
    """A file somebody sent, checked by `files.check_upload`; the bytes lie under DATA_DIR/files.

    `path` is random and says nothing about the file; the name it came with is encrypted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_type = models.CharField(_("대상 종류"), max_length=40)
    subject_id = models.BigIntegerField(_("대상 번호"))
    name = EncryptedTextField(_("파일 이름"), blank=True)
    content_type = models.CharField(_("형식"), max_length=100)
    size = models.PositiveIntegerField(_("크기"))
    sha256 = models.CharField("SHA-256", max_length=64)
    stored_at = models.DateTimeField(_("보관 일시"))
    path = models.CharField(_("보관 위치"), max_length=60, unique=True)
    visible_to_citizen = models.BooleanField(_("민원인에게 보임"), default=True)
    removed_at = models.DateTimeField(_("삭제 일시"), null=True, blank=True)

    class Meta:
        verbose_name = _("첨부파일")
        verbose_name_plural = _("첨부파일")
        ordering = ["stored_at", "id"]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="file_of_subject")]


class Counter(models.Model):
    """The last number given out under a name (`services.next_number`)."""

    name = models.CharField(_("이름"), max_length=60, unique=True)
    value = models.BigIntegerField(_("값"), default=0)

    class Meta:
        verbose_name = _("일련번호")
        verbose_name_plural = _("일련번호")


class Consent(models.Model):
    """One answer to one request for consent, given or refused; the latest one stands (PIPA 15)."""

    subject_type = models.CharField(_("대상 종류"), max_length=40)
    subject_id = models.BigIntegerField(_("대상 번호"))
    purpose = models.CharField(_("목적"), max_length=60)
    version = models.CharField(_("동의문 판"), max_length=40)
    given = models.BooleanField(_("동의함"))
    at = models.DateTimeField(_("일시"))

    class Meta:
        verbose_name = _("동의")
        verbose_name_plural = _("동의")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="consent_of_subject")]
