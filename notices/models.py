"""What we tell people: the outbox."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from records.fields import EncryptedTextField


class Channel(models.TextChoices):
    EMAIL = "email", _("이메일")
    PHONE = "phone", _("전화")
    POST = "post", _("우편")
    FAX = "fax", _("팩스")
    SCREEN = "screen", _("업무 화면")


class Audience(models.TextChoices):
    CITIZEN = "citizen", _("고객")
    STAFF = "staff", _("직원")


class Status(models.TextChoices):
    OWED = "owed", _("보낼 것")
    TASK = "task", _("직원이 할 일")
    DELIVERED = "delivered", _("전해짐")
    FAILED = "failed", _("전달 실패")
    BOUNCED = "bounced", _("되돌아옴")
    CANCELLED = "cancelled", _("보내지 않음")


class NoticeQuerySet(models.QuerySet["Notice"]):
    def sendable(self, *, now: datetime) -> NoticeQuerySet:
        """Mails whose time has come and that nobody holds under a lease at ``now``."""
        return self.filter(status=Status.OWED, next_attempt_at__lte=now, carried_by=None)

    def open_tasks(self) -> NoticeQuerySet:
        return self.filter(status=Status.TASK)

    def unfollowed(self, *, now: datetime) -> NoticeQuerySet:
        """Outcomes that the subject's own app has yet to be told."""
        return self.exclude(follow_up="").filter(next_attempt_at__lte=now)

    def without_texts(self) -> NoticeQuerySet:
        """Rows whose encrypted columns are read only when asked for."""
        return self.defer("recipient", "recipient_name", "title", "body", "secret", "done_note")


class Notice(models.Model):
    """One thing owed to one recipient, once: ``key`` is unique.

    The text is rendered when it is owed and kept encrypted. An access code stands in ``secret``
    and is put in its place only while sending; it is blanked after delivery. A notice that rides
    in another's mail (several reminders for one person) points to it with ``carried_by`` and
    shares its fate. Claiming a row moves ``next_attempt_at`` forward, and ``lease`` says who did.
    ``follow_up`` names the outcome that the subject's own app has yet to be told; blank: none.
    A task belongs to ``staff`` and is to be done by ``do_by``.
    """

    key = models.CharField(max_length=200, unique=True)
    template = models.CharField(_("종류"), max_length=40)
    audience = models.CharField(_("받는 쪽"), max_length=10, choices=Audience.choices)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    staff = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="notices",
        verbose_name=_("직원"),
    )
    channel = models.CharField(_("방법"), max_length=10, choices=Channel.choices)
    recipient = EncryptedTextField(_("받는 곳"), blank=True)
    recipient_name = EncryptedTextField(_("받는 사람"), blank=True)
    title = EncryptedTextField(_("제목"))
    body = EncryptedTextField(_("내용"))
    secret = EncryptedTextField(blank=True)
    language = models.CharField(_("언어"), max_length=5, default="ko")
    status = models.CharField(_("상태"), max_length=10, choices=Status.choices, default=Status.OWED)
    carried_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="carries"
    )
    attachment = models.ForeignKey(
        "records.StoredFile",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("붙인 파일"),
    )
    replaces = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaced_by"
    )
    owed_at = models.DateTimeField(_("생긴 때"))
    next_attempt_at = models.DateTimeField(_("다음에 보낼 때"))
    lease = models.CharField(max_length=32, blank=True, editable=False)
    follow_up = models.CharField(max_length=10, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("시도"), default=0)
    last_error = models.CharField(_("마지막 오류"), max_length=200, blank=True)
    delivered_at = models.DateTimeField(_("전해진 때"), null=True, blank=True)
    do_by = models.DateTimeField(_("할 때"), null=True, blank=True)
    unreached_at = models.DateTimeField(_("닿지 않는다고 본 때"), null=True, blank=True)
    done_by = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="tasks_done",
        verbose_name=_("한 사람"),
    )
    done_note = EncryptedTextField(_("메모"), blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("알림")
        verbose_name_plural = _("알림")
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(status="owed", carried_by=None),
                name="notice_sendable",
            ),
            models.Index(
                fields=["owed_at"], condition=models.Q(status="task"), name="notice_tasks"
            ),
            models.Index(fields=["subject_type", "subject_id"], name="notice_subject"),
            models.Index(
                fields=["next_attempt_at"],
                condition=~models.Q(follow_up=""),
                name="notice_follow_up",
            ),
            models.Index(
                fields=["status", "owed_at"],
                condition=models.Q(status__in=["failed", "bounced"]),
                name="notice_trouble",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Attempt(models.Model):
    """One try at telling somebody by phone (§7.8: three tries on two days before a letter)."""

    class Outcome(models.TextChoices):
        REACHED = "reached", _("통화함")
        NO_ANSWER = "no_answer", _("받지 않음")
        BUSY = "busy", _("통화 중")
        MESSAGE = "message", _("말을 남김")

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="attempts_made")
    at = models.DateTimeField(_("때"))
    by = models.ForeignKey("centre.StaffMember", on_delete=models.PROTECT, verbose_name=_("직원"))
    outcome = models.CharField(_("결과"), max_length=10, choices=Outcome.choices)

    class Meta:
        verbose_name = _("연락 시도")
        verbose_name_plural = _("연락 시도")
        ordering = ["at"]


class Heartbeat(models.Model):
    """When something that must run all the time last finished a pass."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()
