"""Months that are closed: their figures as they stood, and what was put right later. Append-only."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from standards.models.promises import Standard


class FrozenMonth(models.Model):
    """A month whose figures were set down; ``month`` is its first day."""

    month = models.DateField(_("달"), unique=True)
    frozen_at = models.DateTimeField(_("확정한 때"))

    class Meta:
        verbose_name = _("확정한 달")
        verbose_name_plural = _("확정한 달")
        ordering = ["-month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class MonthFigure(models.Model):
    """What one version of a standard came to in a frozen month.

    ``counted`` are the cases of which the promise speaks, the others have a line of their own. A
    standard without a row had no case.
    """

    month = models.ForeignKey(FrozenMonth, on_delete=models.PROTECT, related_name="figures")
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="+")
    counted = models.BooleanField()
    kept = models.PositiveIntegerField()
    kept_extended = models.PositiveIntegerField()
    missed = models.PositiveIntegerField()
    overdue = models.PositiveIntegerField()
    excluded = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "standard", "counted"], name="frozen_once_a_month"
            )
        ]


class Correction(models.Model):
    """A frozen figure that came out otherwise later, and why.

    ``before`` and ``after`` hold the five counts by name; ``place`` numbers the corrections of one
    figure from 1 on. The figure frozen, put right by its last correction, is what the rows say.
    """

    month = models.ForeignKey(
        FrozenMonth, on_delete=models.PROTECT, related_name="corrections", verbose_name=_("달")
    )
    standard = models.ForeignKey(
        Standard, on_delete=models.PROTECT, related_name="+", verbose_name=_("이행표준")
    )
    counted = models.BooleanField(_("약속이 말하는 건"))
    place = models.PositiveIntegerField(_("몇 번째"))
    before = models.JSONField(_("고치기 전"))
    after = models.JSONField(_("고친 뒤"))
    noticed_at = models.DateTimeField(_("바로잡은 때"))
    why = models.TextField(_("까닭"))

    class Meta:
        verbose_name = _("확정한 수의 정정")
        verbose_name_plural = _("확정한 수의 정정")
        ordering = ["-noticed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["month", "standard", "counted", "place"], name="corrected_in_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.standard.code} {self.place}"


class CorrectionNote(models.Model):
    """A manager's own sentence on a correction, for readers of the charter page."""

    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=300)
    at = models.DateTimeField()
    by_user_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["at", "pk"]
