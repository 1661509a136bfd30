"""A year's evaluation: written, laid before the approvers, published, and never changed after."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import AppendOnly, AppendOnlyQuerySet


class Status(models.TextChoices):
    DRAFT = "draft", _("쓰는 중")
    APPROVING = "approving", _("결재 중")
    APPROVED = "approved", _("결재 마침(공개 전)")
    PUBLISHED = "published", _("공개함")


#: An edition that people still work on; of a year there is at most one.
OPEN = (Status.DRAFT, Status.APPROVING, Status.APPROVED)


class Evaluation(models.Model):
    """One edition of the evaluation of a year, with the words people write into it.

    ``version`` counts what was saved, so that of two who write at the same time the later one is
    warned. ``why`` says what a later edition corrects. The figures are not here: while it is
    written they are counted anew, and what was laid before the approvers stands in `Submission`.
    """

    year = models.PositiveSmallIntegerField(_("해"))
    number = models.PositiveSmallIntegerField(_("판"), default=1)
    status = models.CharField(
        _("상태"), max_length=10, choices=Status.choices, default=Status.DRAFT
    )
    version = models.PositiveIntegerField(default=1)
    introduction = models.TextField(_("머리말"), blank=True)
    closing = models.TextField(_("맺음말"), blank=True)
    why = models.TextField(_("바로잡는 까닭"), blank=True)
    started_at = models.DateTimeField(_("시작한 때"))
    started_by = models.ForeignKey(
        "centre.StaffMember", on_delete=models.PROTECT, related_name="+", verbose_name=_("시작")
    )
    saved_at = models.DateTimeField(_("저장한 때"))
    saved_by = models.ForeignKey(
        "centre.StaffMember", on_delete=models.PROTECT, related_name="+", verbose_name=_("저장")
    )
    returned = models.TextField(_("고쳐 쓸 까닭"), blank=True)

    class Meta:
        verbose_name = _("이행실적 평가")
        verbose_name_plural = _("이행실적 평가")
        ordering = ["-year", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["year", "number"], name="one_evaluation_an_edition"),
            models.UniqueConstraint(
                fields=["year"],
                condition=models.Q(status__in=OPEN),
                name="one_evaluation_written_a_year",
            ),
            models.CheckConstraint(
                condition=models.Q(number=1) | ~models.Q(why=""),
                name="a_later_evaluation_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}년 이행실적 평가 {self.number}판"


class Remark(models.Model):
    """What people say about one standard: why it was so, and what is done about it by whom and when.

    ``duty`` is the improvement that publishing made of the action; from then on the promise is
    there, and the action is no longer changed here.
    """

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="remarks")
    code = models.CharField(max_length=40)
    cause = models.TextField(_("원인"), blank=True)
    action = models.CharField(_("조치"), max_length=200, blank=True)
    owner = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("맡은 사람"),
    )
    due_on = models.DateField(_("마칠 날"), null=True, blank=True)
    duty = models.ForeignKey(
        "standards.Duty", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("표준별 원인과 조치")
        verbose_name_plural = _("표준별 원인과 조치")
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "code"], name="one_remark_a_standard")
        ]

    def __str__(self) -> str:
        return f"{self.evaluation}: {self.code}"


class Submission(AppendOnly):
    """The whole document as it was laid before the approvers: figures and words. Never changed.

    ``document`` is what `sheet.document_of` made: all that page and PDF show, and nothing that may
    not be published.
    """

    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey("centre.StaffMember", on_delete=models.PROTECT, related_name="+")
    document = models.JSONField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "number"], name="one_submission_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.evaluation} ({self.number})"


class Decision(models.TextChoices):
    WAITING = "waiting", _("결재 중")
    APPROVED = "approved", _("결재함")
    RETURNED = "returned", _("돌려보냄")
    DROPPED = "dropped", _("거둠")


class Signature(models.Model):
    """One step of the approval: who was asked, for whom if a deputy acts, and what was decided."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="signatures")
    place = models.PositiveSmallIntegerField(_("순서"))
    approver = models.ForeignKey(
        "centre.StaffMember", on_delete=models.PROTECT, related_name="+", verbose_name=_("결재자")
    )
    acting_for = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("대결"),
    )
    asked_at = models.DateTimeField(_("올린 때"))
    decision = models.CharField(
        _("결정"), max_length=10, choices=Decision.choices, default=Decision.WAITING
    )
    decided_at = models.DateTimeField(_("정한 때"), null=True, blank=True)
    comment = models.TextField(_("의견"), blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission"],
                condition=models.Q(decision=Decision.WAITING),
                name="one_waiting_signature",
            )
        ]

    def __str__(self) -> str:
        return f"{self.submission}: {self.approver}"


class Edition(AppendOnly):
    """What everybody reads: a submission that was approved, published at an instant."""

    year = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="edition")
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        "centre.StaffMember", on_delete=models.PROTECT, related_name="+"
    )
    why = models.TextField(blank=True)
    signed = models.JSONField(default=list)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["year", "number"], name="one_edition_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.year}년 이행실적 평가 {self.number}판"
