"""Daily and monthly tallies of what happened to promises, and which days have to be counted again.

All of it is derived: ``standards.tallying`` makes it anew from the rows at any time. The triggers of
migration ``0008`` write a ``TallyChange`` in the transaction that changes a commitment or an
observation, so that no verb can forget it.
"""

from __future__ import annotations

from django.db import models

from standards.models.promises import Standard


class TallyChange(models.Model):
    """A day of a standard that has to be counted again, and what happened to make it so.

    ``was`` and ``became`` are states; also ``""`` (not there), ``moved`` (to or from another day),
    ``category``, ``team``, ``observed``. Written by the database, taken by the next pass.
    """

    standard = models.ForeignKey(
        Standard, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    day = models.DateField()
    was = models.CharField(max_length=14, blank=True)
    became = models.CharField(max_length=14, blank=True)


class _Tally(models.Model):
    """Counts of one version of a standard, one team (none: of no team) and one category."""

    standard = models.ForeignKey(
        Standard, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    team = models.ForeignKey(
        "centre.Team",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    category = models.CharField(max_length=20, blank=True)
    kept = models.IntegerField(default=0)
    kept_extended = models.IntegerField(default=0)
    missed = models.IntegerField(default=0)
    running = models.IntegerField(default=0)
    excluded = models.IntegerField(default=0)

    class Meta:
        abstract = True


class DayTally(_Tally):
    """What falls due on a Seoul day (a midnight belongs to the day that ends there)."""

    day = models.DateField()

    class Meta:
        indexes = [
            models.Index(fields=["standard", "day"], name="daytally_standard_day"),
            models.Index(fields=["day"], name="daytally_day"),
        ]


class MonthTally(_Tally):
    """The sum of a month's daily tallies; ``month`` is its first day."""

    month = models.DateField()

    class Meta:
        indexes = [
            models.Index(fields=["standard", "month"], name="monthtally_standard_month"),
            models.Index(fields=["month"], name="monthtally_month"),
        ]
