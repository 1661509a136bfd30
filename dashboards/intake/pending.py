"""Which days changed since they were counted, and why."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from django.db.models import DateField, QuerySet
from django.db.models.functions import Cast, Coalesce

from dashboards.intake.counting import day_of_receipt
from dashboards.intake.models import CaseChange


def changes_by_day() -> dict[date, list[int]]:
    """The keys of the changes that wait, by day. One query."""
    found: defaultdict[date, list[int]] = defaultdict(list)
    for day, key in _dated().values_list("on_day", "pk"):
        found[day].append(key)
    return dict(found)


def pending_days(*, most: int) -> set[date] | None:
    """The days that wait to be counted; None where they are more than ``most``. One query."""
    days = set(_dated().order_by().values_list("on_day", flat=True).distinct()[: most + 1])
    return None if len(days) > most else days


def _dated() -> QuerySet[Any, Any]:
    return CaseChange.objects.annotate(
        on_day=Coalesce("day", Cast(day_of_receipt("complaint__received_at"), DateField()))
    ).exclude(on_day=None)
