"""Which mornings are done."""

from __future__ import annotations

from django.db import models


class Round(models.Model):
    """All who are to be told of a day were looked at; nobody is looked at again that day."""

    kind = models.CharField(max_length=10)
    day = models.DateField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "day"], name="one_round_a_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"
