"""Tallies of opinions by day and month, which days have to be counted again, and frozen months.

The tallies are derived: ``dashboards.intake.tallying`` makes them anew from the rows at any time.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint


class CaseChange(models.Model):
    """A Seoul day of receipt that has to be counted again: ``day``, or that of ``complaint``.

    Written by triggers of the database in the transaction that changes an opinion, so that no verb
    can forget it; taken by the next pass. ``what`` changed: came, went, moved, sorted (kind, topic,
    way of receipt, previous), team, handled (state, decision, stage, answer, contact) or hours
    (closures).
    """

    day = models.DateField(null=True)
    complaint = models.ForeignKey(
        Complaint,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    what = models.CharField(max_length=10)


class CaseCount(models.Model):
    """How many opinions that came on a day, or in a month by its first day, have one value.

    ``team``: key of the team that has them now, 0 for none yet, -1 for all of them together.
    ``measure`` and ``value``: see ``dashboards.intake.figures.Measure``.
    """

    class Grain(models.TextChoices):
        DAY = "d", _("하루")
        MONTH = "m", _("달")

    grain = models.CharField(max_length=1, choices=Grain.choices)
    day = models.DateField()
    team = models.BigIntegerField()
    measure = models.CharField(max_length=12)
    value = models.CharField(max_length=24)
    n = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grain", "day", "team", "measure", "value"], name="one_case_count_a_value"
            )
        ]


class CasePass(models.Model):
    """One row (pk 1), held by the pass that counts: two never count at once.

    ``closures``: those with which open time was counted, as pairs of day and kind.
    """

    counted_at = models.DateTimeField(null=True)
    closures = models.JSONField(default=list)


class FrozenCases(models.Model):
    """What was public of a month's opinions when it was frozen; a correction is a further row.

    ``counts``: by measure and value. ``why`` says in Korean what made them change; it is empty of
    the first. Rows are only added, never changed (triggers of the database).
    """

    class Sheet(models.TextChoices):
        INTAKE = "intake", _("받은 의견")
        HANDLING = "handling", _("처리")

    month = models.DateField(_("달"))
    sheet = models.CharField(_("표"), max_length=10, choices=Sheet.choices)
    number = models.PositiveSmallIntegerField(_("번째"))
    counts = models.JSONField(_("수"))
    why = models.TextField(_("바뀐 까닭"), blank=True)
    frozen_at = models.DateTimeField(_("마감한 때"))

    class Meta:
        verbose_name = _("마감한 달의 의견 수")
        verbose_name_plural = _("마감한 달의 의견 수")
        ordering = ["month", "sheet", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["month", "sheet", "number"], name="one_frozen_sheet_a_number"
            ),
            models.CheckConstraint(
                condition=models.Q(number=1) | ~models.Q(why=""), name="frozen_correction_has_a_why"
            ),
        ]
