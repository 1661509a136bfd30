"""A month's public figures are frozen; what changes later is a correction with its reason.

What came in is frozen on the fifth open day of the next month. How it was handled takes longer to
be known (seven days, an extension, a supplement): that is frozen two months after.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Min

from centre.calendar import seoul_day
from centre.queries import calendar
from complaints.models import Complaint
from dashboards.intake.models import FrozenCases
from dashboards.intake.sheets import Sheet, frozen_day, stored
from dashboards.intake.tallying import hold, recount, totals_of_months
from standards.months import Month, months_between


def freeze(*, now: datetime) -> int:
    """Count what changed, then freeze the months whose day has come; says how many sheets.

    Idempotent. Corrections are written where the days are counted again (``tallying``).
    """
    recount(now=now)
    return _freeze(now=now)


@transaction.atomic
def _freeze(*, now: datetime) -> int:
    hold()
    due = _due(on=seoul_day(now))
    totals = totals_of_months({month for month, _sheet in due})
    rows = [
        FrozenCases(
            month=month.first,
            sheet=sheet,
            number=1,
            counts=stored(totals.get(month, {}), sheet),
            frozen_at=now,
        )
        for month, sheet in due
    ]
    FrozenCases.objects.bulk_create(rows)
    return len(rows)


def _due(*, on: date) -> list[tuple[Month, Sheet]]:
    """The sheets to be frozen by a day, which are not yet; from the month of the first opinion."""
    first = Complaint.objects.aggregate(Min("received_at"))["received_at__min"]
    if first is None:
        return []
    frozen = set(FrozenCases.objects.filter(number=1).values_list("month", "sheet"))
    in_force = calendar()
    return [
        (month, sheet)
        for month in months_between(Month.of(seoul_day(first)), Month.of(on).plus(-1))
        for sheet in Sheet
        if (month.first, sheet.value) not in frozen and frozen_day(month, sheet, in_force) <= on
    ]
