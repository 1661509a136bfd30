"""What shows that a promise was kept where no case does: duties and the evidence for them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from records.fields import EncryptedTextField
from records.models import AppendOnly, AppendOnlyQuerySet

#: Where the files of evidence belong in ``records.models.StoredFile``.
EVIDENCE: Final = "evidence"
#: The subject of the commitments and notices about duties.
DUTY: Final = "duty"


class Kind(models.TextChoices):
    """What is to be done, and what is then shown for it."""

    MEETING_PLAN = "meeting-plan", _("직원회의 연간 계획")
    MEETING = "meeting", _("직원회의")
    TRAINING = "training", _("직원 교육")
    BASIC_TRAINING = "basic-training", _("새 직원 기본교육")
    CALLS = "calls", _("전화 점검")
    PAGE = "page", _("안내 쪽 확인")
    REPORT = "report", _("‘정보가 달라요’ 신고")
    SERVICES = "services", _("인터넷으로 되는 업무")
    GUIDE = "guide", _("직원 안내도 확인")
    GUIDE_CHANGE = "guide-change", _("직원 안내도 고치기")
    CHANNEL = "channel", _("의견 경로 시험")
    RECONCILIATION = "reconciliation", _("접수 대장 맞추어 보기")
    EVALUATION = "evaluation", _("이행실적 평가")
    IMPROVEMENT = "improvement", _("개선 과제")
    LISTINGS = "listings", _("1365 모집 글 확인")
    OUTAGE = "outage", _("1365 접속 장애 안내")


class Charge(models.Model):
    """Which position is in charge of a kind of duty. Without a row: the usual one (``kinds``)."""

    kind = models.CharField(_("일"), max_length=20, choices=Kind.choices, unique=True)
    team = models.ForeignKey("centre.Team", on_delete=models.PROTECT, verbose_name=_("팀"))
    lead = models.BooleanField(
        _("팀장이 맡음"), default=True, help_text=_("끄면 그 팀의 팀원이 맡습니다.")
    )

    class Meta:
        verbose_name = _("이행 기록을 맡은 자리")
        verbose_name_plural = _("이행 기록을 맡은 자리")
        ordering = ["kind"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.team}"


class InfoPage(models.Model):
    """A page that tells people about the centre's services, and has to be right."""

    title = models.CharField(_("안내 쪽"), max_length=80)
    address = models.CharField(
        _("주소"),
        max_length=200,
        unique=True,
        help_text=_("이 누리집의 쪽은 ‘/charter/’처럼, 다른 곳의 쪽은 ‘https://’부터 적습니다."),
    )
    team = models.ForeignKey(
        "centre.Team",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name=_("맡은 팀"),
        help_text=_("비우면 안내 쪽을 맡은 자리가 확인합니다."),
    )
    active = models.BooleanField(_("쓰는 중"), default=True)

    class Meta:
        verbose_name = _("안내 쪽")
        verbose_name_plural = _("안내 쪽")
        ordering = ["address"]

    def __str__(self) -> str:
        return self.title


class OnlineService(models.Model):
    """Something people can get done over the internet, from one day on, until another."""

    name = models.CharField(_("업무"), max_length=80, unique=True)
    address = models.CharField(_("주소"), max_length=200, blank=True)
    started_on = models.DateField(_("시작한 날"))
    ended_on = models.DateField(
        _("없앤 날"), null=True, blank=True, help_text=_("이 날부터 세지 않습니다.")
    )

    class Meta:
        verbose_name = _("인터넷으로 되는 업무")
        verbose_name_plural = _("인터넷으로 되는 업무")
        ordering = ["started_on", "name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_on=None) | models.Q(ended_on__gt=models.F("started_on")),
                name="a_service_ends_after_it_starts",
                violation_error_message=_("없앤 날이 시작한 날보다 뒤여야 합니다."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class DutyQuerySet(models.QuerySet["Duty"]):
    def open(self) -> DutyQuerySet:
        """Neither done nor dropped."""
        return self.filter(done_at=None, dropped_at=None)


class Duty(models.Model):
    """One thing to be done for a promise: a meeting to hold, a page to check, a sign to correct.

    ``key`` is unique (``channel:2026-11:fax``): a duty is opened once. ``done_at`` is when it was
    really done, as the evidence says; it is worked out again whenever that changes. ``needed`` is
    how much the centre asked for when the duty was opened (hours, calls). Those that are measured
    by commitment have one under ``commitment_key``. ``detail`` is what somebody wrote, and may hold
    personal data.
    """

    kind = models.CharField(_("일"), max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=100, unique=True)
    title = models.CharField(_("할 일"), max_length=200)
    period = models.CharField(_("기간"), max_length=10, blank=True)
    about = models.CharField(_("대상"), max_length=200, blank=True)
    needed = models.PositiveSmallIntegerField(_("기준"), default=0)
    team = models.ForeignKey(
        "centre.Team", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("맡은 팀")
    )
    person = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="duties_for_promises",
        verbose_name=_("직원"),
    )
    page = models.ForeignKey(
        InfoPage,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="duties",
        verbose_name=_("안내 쪽"),
    )
    detail = EncryptedTextField(_("적힌 글"), blank=True)
    sender = models.CharField(max_length=64, blank=True)
    form_token = models.CharField(max_length=64, unique=True, null=True, blank=True)
    started_at = models.DateTimeField(_("시작"))
    due_at = models.DateTimeField(_("기한"))
    opened_at = models.DateTimeField(_("연 때"))
    done_at = models.DateTimeField(_("한 때"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("하지 않기로 한 때"), null=True, blank=True)
    dropped_why = models.CharField(_("하지 않기로 한 까닭"), max_length=200, blank=True)

    objects = DutyQuerySet.as_manager()

    class Meta:
        verbose_name = _("헌장 이행 기록")
        verbose_name_plural = _("헌장 이행 기록")
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(done_at=None, dropped_at=None),
                name="duty_open_due",
            ),
            models.Index(fields=["kind", "period"], name="duty_of_period"),
            models.Index(
                fields=["sender", "opened_at"],
                condition=~models.Q(sender=""),
                name="duty_by_sender",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def commitment_key(self) -> str:
        return f"{DUTY}:{self.key}"

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.dropped_at is None


class EvidenceQuerySet(AppendOnlyQuerySet):
    def standing(self) -> EvidenceQuerySet:
        """What counts: rows that no later row corrected, without those that only take back."""
        return self.filter(corrected_by=None, void=False)


class Evidence(AppendOnly):
    """Something that happened, and shows how a promise was kept. A row is never changed.

    ``happened_at`` is when it happened, ``entered_at`` when it was entered; screens show both. A
    mistake is corrected by another row (``corrects``, with ``why``), which takes the place of the
    first, or with ``void`` takes it back. ``numbers`` hold what is counted (``kinds``). A file is a
    ``StoredFile`` of the subject ``evidence``. Whoever answered a monitoring call is not recorded.
    """

    kind = models.CharField(_("일"), max_length=20, choices=Kind.choices)
    duty = models.ForeignKey(
        Duty, null=True, blank=True, on_delete=models.PROTECT, related_name="evidence"
    )
    happened_at = models.DateTimeField(_("한 때"))
    entered_at = models.DateTimeField(_("적은 때"))
    entered_by = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="evidence_entered",
        verbose_name=_("적은 사람"),
    )
    what = models.TextField(_("내용"), blank=True)
    link = models.URLField(_("주소"), max_length=500, blank=True)
    numbers = models.JSONField(_("수"), default=dict, blank=True)
    person = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="evidence_about",
        verbose_name=_("직원"),
    )
    team = models.ForeignKey(
        "centre.Team", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("팀")
    )
    corrects = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by"
    )
    why = models.CharField(_("고친 까닭"), max_length=300, blank=True)
    void = models.BooleanField(_("거둠"), default=False)
    form_token = models.CharField(max_length=64, unique=True, default=uuid.uuid4)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("이행 근거")
        verbose_name_plural = _("이행 근거")
        ordering = ["happened_at", "pk"]
        indexes = [models.Index(fields=["kind", "happened_at"], name="evidence_of_kind")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(happened_at__lte=models.F("entered_at")),
                name="evidence_of_what_happened",
            ),
            models.CheckConstraint(
                condition=models.Q(corrects=None, why="", void=False)
                | (models.Q(corrects__isnull=False) & ~models.Q(why="")),
                name="a_correction_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.happened_at:%Y-%m-%d}"

    @property
    def entered_after(self) -> timedelta:
        """How much later it was entered than it happened."""
        return self.entered_at - self.happened_at
