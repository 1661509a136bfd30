"""What we teach: courses, who comes, who was there."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from records.fields import EncryptedTextField


class CourseState(models.TextChoices):
    DRAFT = "draft", _("초안")
    ANNOUNCED = "announced", _("공지함")
    CANCELLED = "cancelled", _("열지 않음")
    FINISHED = "finished", _("끝남")


#: What the public may see.
PUBLIC: Final = (CourseState.ANNOUNCED, CourseState.CANCELLED, CourseState.FINISHED)


class Course(models.Model):
    """A course. ``starts_at`` and ``ends_at`` are those of its first and last session.

    ``round`` counts the dates that were promised anew: each has its own commitment
    (`queries.notice_key`). ``attendance_at``: everybody's attendance is written down. ``hours`` is what is taught, as it stands on the certificate.
    ``reminded_for`` is the start of which participants were reminded. ``disposed_at``: the
    participants' personal data is gone.
    """

    form_token = models.CharField(max_length=64, unique=True)
    title = models.CharField(_("과정 이름"), max_length=120)
    text = models.TextField(_("소개"), blank=True)
    audience = models.CharField(_("대상"), max_length=120, blank=True)
    place = models.CharField(_("장소"), max_length=120, blank=True)
    online = models.BooleanField(_("온라인"), default=False)
    map_url = models.URLField(_("오시는 길·접속 주소"), max_length=300, blank=True)
    bring = models.CharField(_("준비물"), max_length=200, blank=True)
    assistance = models.TextField(_("편의 안내"), blank=True)
    hours = models.DecimalField(_("교육 시간"), max_digits=4, decimal_places=1, default=0)
    capacity = models.PositiveSmallIntegerField(_("정원"), default=0)
    handler = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="courses",
        verbose_name=_("담당자"),
    )
    team = models.ForeignKey("centre.Team", on_delete=models.PROTECT, verbose_name=_("팀"))
    state = models.CharField(
        _("상태"), max_length=10, choices=CourseState.choices, default=CourseState.DRAFT
    )
    starts_at = models.DateTimeField(_("시작"), null=True, blank=True)
    ends_at = models.DateTimeField(_("끝"), null=True, blank=True)
    enrol_opens_at = models.DateTimeField(_("신청 시작"), null=True, blank=True)
    enrol_closes_at = models.DateTimeField(_("신청 마감"), null=True, blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    announced_at = models.DateTimeField(_("공지한 때"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("열지 않기로 한 때"), null=True, blank=True)
    cancel_reason = models.CharField(_("열지 않는 까닭"), max_length=200, blank=True)
    finished_at = models.DateTimeField(_("마친 때"), null=True, blank=True)
    attendance_at = models.DateTimeField(_("출석을 다 적은 때"), null=True, blank=True)
    reminded_for = models.DateTimeField(null=True, blank=True)
    disposed_at = models.DateTimeField(_("신청자 정보를 지운 때"), null=True, blank=True)
    created_at = models.DateTimeField(_("만든 때"))
    created_by = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("만든 사람"),
    )

    class Meta:
        verbose_name = _("교육과정")
        verbose_name_plural = _("교육과정")
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["state", "starts_at"], name="course_state_start"),
            models.Index(fields=["finished_at"], name="course_finished"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(starts_at=None, ends_at=None)
                | models.Q(starts_at__lt=models.F("ends_at")),
                name="a_course_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft", announced_at=None)
                | models.Q(state="cancelled")
                | models.Q(
                    announced_at__isnull=False,
                    starts_at__isnull=False,
                    enrol_opens_at__isnull=False,
                    enrol_closes_at__isnull=False,
                    capacity__gt=0,
                ),
                name="an_announced_course_is_complete",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="cancelled") | models.Q(cancelled_at__isnull=False),
                name="a_cancelled_course_says_when",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="finished") | models.Q(finished_at__isnull=False),
                name="a_finished_course_says_when",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_public(self) -> bool:
        """What was never announced is nobody's business, also when it was called off."""
        return self.announced_at is not None

    def takes_enrolments(self, *, at: datetime) -> bool:
        """Whether one can enrol, or join the waiting list, at this instant."""
        return (
            self.state == CourseState.ANNOUNCED
            and self.starts_at is not None
            and self.enrol_opens_at is not None
            and self.enrol_closes_at is not None
            and self.enrol_opens_at <= at < min(self.enrol_closes_at, self.starts_at)
        )

    def has_started(self, *, at: datetime) -> bool:
        return self.starts_at is not None and self.starts_at <= at

    def has_ended(self, *, at: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= at


class CourseSession(models.Model):
    """One sitting of a course."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="sessions")
    starts_at = models.DateTimeField(_("시작"))
    ends_at = models.DateTimeField(_("끝"))

    class Meta:
        verbose_name = _("교육 차시")
        verbose_name_plural = _("교육 차시")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(starts_at__lt=models.F("ends_at")),
                name="a_session_ends_after_its_start",
            ),
            models.UniqueConstraint(
                fields=["course", "starts_at"], name="one_session_at_a_time_of_a_course"
            ),
        ]

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


class Announcement(models.Model):
    """What the public was told of a course, and when: the evidence for the 20 days.

    The first one, and one for each date that was told afterwards (``before_starts_at``, moved).
    ``round`` is the promise it belongs to; ``counts_at`` is when all was there: told, and enrolment
    open; ``counted`` once that has come. ``days_before`` are the days of the calendar from then to the
    start. ``late`` ones say why.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="announcements")
    round = models.PositiveSmallIntegerField()
    at = models.DateTimeField(_("공지한 때"))
    counts_at = models.DateTimeField(_("공지로 세는 때"))
    by = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("공지한 사람"),
    )
    starts_at = models.DateTimeField(_("시작"))
    before_starts_at = models.DateTimeField(_("바뀌기 전 시작"), null=True, blank=True)
    place = models.CharField(_("장소"), max_length=120)
    how_to_apply = models.CharField(_("신청 방법"), max_length=300)
    enrol_opens_at = models.DateTimeField(_("신청 시작"))
    enrol_closes_at = models.DateTimeField(_("신청 마감"))
    days_before = models.SmallIntegerField(_("시작 며칠 전"))
    late = models.BooleanField(_("약속보다 늦음"), default=False)
    counted = models.BooleanField(default=False)
    calendar_file = models.ForeignKey(
        "records.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(_("까닭"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("교육 공지")
        verbose_name_plural = _("교육 공지")
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["course", "round"], name="announcement_round"),
            models.Index(
                fields=["counts_at"],
                condition=models.Q(counted=False),
                name="announcement_to_be_counted",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(late=False) | ~models.Q(reason=""),
                name="late_only_with_a_reason",
            )
        ]

    @property
    def is_move(self) -> bool:
        return self.before_starts_at is not None


class EnrolmentState(models.TextChoices):
    ENROLLED = "enrolled", _("확정")
    WAITING = "waiting", _("대기")
    CANCELLED = "cancelled", _("취소")


ACTIVE: Final = (EnrolmentState.ENROLLED, EnrolmentState.WAITING)


class Enrolment(models.Model):
    """Somebody who comes, waits, or cancelled. Name and contacts are encrypted, and blanked in time.

    ``queued_at`` orders the waiting list. ``nonce`` makes the link of the enrolment together with
    the key of the installation (`services.links`); only the keyed hash of the link is looked up.
    """

    form_token = models.CharField(max_length=64, unique=True)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="enrolments")
    state = models.CharField(_("상태"), max_length=10, choices=EnrolmentState.choices)
    name = EncryptedTextField(_("이름"), blank=True)
    email = EncryptedTextField(_("이메일"), blank=True)
    phone = EncryptedTextField(_("전화"), blank=True)
    email_index = models.CharField(max_length=64, blank=True)
    phone_index = models.CharField(max_length=64, blank=True)
    assistance = EncryptedTextField(_("편의 요청"), blank=True)
    nonce = models.CharField(max_length=64)
    token_hash = models.CharField(max_length=64, unique=True)
    taken_by = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("받아 적은 사람"),
    )
    created_at = models.DateTimeField(_("신청한 때"))
    queued_at = models.DateTimeField(_("줄을 선 때"))
    confirmed_at = models.DateTimeField(_("확정된 때"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("취소한 때"), null=True, blank=True)

    class Meta:
        verbose_name = _("교육 신청")
        verbose_name_plural = _("교육 신청")
        ordering = ["queued_at", "pk"]
        indexes = [
            models.Index(fields=["course", "state", "queued_at"], name="enrolment_queue"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "email_index"],
                condition=models.Q(state__in=["enrolled", "waiting"]) & ~models.Q(email_index=""),
                name="one_enrolment_a_mail_address",
            ),
            models.UniqueConstraint(
                fields=["course", "phone_index"],
                condition=models.Q(state__in=["enrolled", "waiting"]) & ~models.Q(phone_index=""),
                name="one_enrolment_a_phone",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="enrolled") | models.Q(confirmed_at__isnull=False),
                name="an_enrolled_place_was_given",
            ),
            models.CheckConstraint(
                condition=models.Q(state="cancelled", cancelled_at__isnull=False)
                | (~models.Q(state="cancelled") & models.Q(cancelled_at=None)),
                name="a_cancelled_enrolment_says_when",
            ),
        ]

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


class Attendance(models.Model):
    """How long somebody was at a session; 0 minutes: away."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="attendances")
    session = models.ForeignKey(CourseSession, on_delete=models.PROTECT, related_name="attendances")
    minutes = models.PositiveSmallIntegerField(_("출석한 시간(분)"))
    at = models.DateTimeField(_("적은 때"))
    by = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("적은 사람"),
    )

    class Meta:
        verbose_name = _("출석")
        verbose_name_plural = _("출석")
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "session"], name="one_attendance_a_session"
            )
        ]


class Certificate(models.Model):
    """수료증. A number is never used again; one that was wrong is withdrawn, not deleted."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="certificates")
    number = models.CharField(_("수료증 번호"), max_length=40, unique=True)
    percent = models.PositiveSmallIntegerField(_("출석률(%)"))
    issued_at = models.DateTimeField(_("발급한 때"))
    issued_by = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("발급한 사람"),
    )
    withdrawn_at = models.DateTimeField(_("거둔 때"), null=True, blank=True)
    withdrawn_why = models.CharField(_("거둔 까닭"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("수료증")
        verbose_name_plural = _("수료증")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"],
                condition=models.Q(withdrawn_at=None),
                name="one_certificate_in_force",
            )
        ]

    def __str__(self) -> str:
        return self.number
