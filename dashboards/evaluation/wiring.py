"""What the rooms below are told of the evaluation, once at the start."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse

from centre.models import User
from centre.rights import may
from dashboards.evaluation._base import SUBJECT
from dashboards.evaluation.approving import path_of
from dashboards.evaluation.models import Evaluation
from notices import registry as notices_registry
from standards.evidence import elsewhere
from standards.evidence.periods import midnight
from standards.models import Commitment, Duty, Kind


def register() -> None:
    """Called from ``apps.ready``."""
    elsewhere.register(Kind.EVALUATION, page_of_duty)
    notices_registry.register(SUBJECT, visible_to=ids_visible_to, link=path_of)


def page_of_duty(duty: Duty) -> str:
    """Where a year's evaluation is written; "" for a year of which nothing was counted here.

    Such a year was evaluated elsewhere, which is entered on the page of the duty.
    """
    year = int(duty.period) - 1
    due = Commitment.objects.filter(
        due_at__gt=midnight(date(year, 1, 1)), due_at__lte=midnight(date(year + 1, 1, 1))
    )
    if not Evaluation.objects.filter(year=year).exists() and not due.exists():
        return ""
    return reverse("admin:dashboards_evaluation_changelist")


def ids_visible_to(user: User) -> Any:
    """The evaluations whose notices this account may see."""
    rows = Evaluation.objects.all()
    return (rows if may(user, "write_evaluation") else rows.none()).values("pk")
