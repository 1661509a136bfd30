"""A month's figures are set down on the fifth open day of the next, and stay.

``freeze`` may run as often as it likes: a month is frozen once, and months that went by while
nothing ran are caught up with. What changes later is a correction (``standards.correcting``).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import Max, Min

from centre.calendar import Calendar
from centre.errors import Refused
from centre.queries import calendar as calendar_in_force
from records.actors import Actor
from records.services import record
from standards import correcting, tallying
from standards.correcting import tallied
from standards.figures import Tally
from standards.models import (
    Correction,
    CorrectionNote,
    FrozenMonth,
    MonthFigure,
    MonthTally,
    Standard,
)
from standards.months import Month, due_day, months_between

OPEN_DAYS: Final = 5
LONGEST_NOTE: Final = 300


def freezes_on(month: Month, calendar: Calendar) -> date:
    """The fifth open day after a month; CalendarError where the holidays are not known yet."""
    return calendar.add_open_days(month.last, OPEN_DAYS)


def freeze(*, now: datetime) -> list[Month]:
    """Freeze every month whose day has come, the oldest first; returns which were.

    From the first month of which there is anything. Each month in a transaction of its own.
    """
    tallying.count_changes(now=now)
    return [month for month in _ripe(now=now) if _freeze(month, now=now)]


def _ripe(*, now: datetime) -> list[Month]:
    first = MonthTally.objects.aggregate(first=Min("month"))["first"]
    if first is None:
        return []
    today, calendar = due_day(now), calendar_in_force()
    frozen = set(FrozenMonth.objects.values_list("month", flat=True))
    past = months_between(Month.of(first), Month.of(today).plus(-1))
    return [
        month
        for month in past
        if month.first not in frozen and freezes_on(month, calendar) <= today
    ]


@transaction.atomic
def _freeze(month: Month, *, now: datetime) -> bool:
    """False where somebody else froze it. What changed until now is counted first."""
    tallying.count_alone(now=now)
    row, made = FrozenMonth.objects.get_or_create(month=month.first, defaults={"frozen_at": now})
    if not made:
        return False
    standards = Standard.objects.values_list("pk", flat=True)
    figures = tallied([month.first], list(standards))
    MonthFigure.objects.bulk_create(
        MonthFigure(
            month=row,
            standard_id=standard,
            counted=counted,
            kept=tally.kept,
            kept_extended=tally.kept_extended,
            missed=tally.missed,
            overdue=tally.overdue,
            excluded=tally.excluded,
        )
        for (standard, _month, counted), tally in sorted(figures.items())
        if not tally.is_empty
    )
    return True


def last_frozen() -> date | None:
    """The first day of the last month that was frozen."""
    found: date | None = FrozenMonth.objects.aggregate(last=Max("month"))["last"]
    return found


@transaction.atomic
def explain(*, correction: Correction, text: str, by: Actor, now: datetime) -> CorrectionNote:
    """Add a sentence for readers to a correction; what was said before stays."""
    text = " ".join(text.split())
    if not text:
        raise Refused("덧붙일 말을 적어 주십시오.", field="text")
    if len(text) > LONGEST_NOTE:
        raise Refused(f"덧붙이는 말은 {LONGEST_NOTE}자까지 적으실 수 있습니다.", field="text")
    note = CorrectionNote.objects.create(
        correction=correction, text=text, at=now, by_user_id=by.user_id
    )
    record(
        subject_type="correction",
        subject_id=correction.pk,
        kind="correction-explained",
        at=now,
        by=by,
        data={"note": note.pk},
        key=f"correction-note:{note.pk}",
    )
    return note


# --- what must always be true ---------------------------------------------------------------------


def breaches() -> list[str]:
    """A line for each frozen figure that, put right, is not what the tallies say."""
    frozen = list(FrozenMonth.objects.all())
    standards = list(Standard.objects.values_list("pk", flat=True))
    known = correcting.standing(frozen, standards)
    found = tallied([month.month for month in frozen], standards)
    waiting = tallying.waiting_months()
    lines = []
    for figure in sorted(known.keys() | found.keys()):
        standard, month, _counted = figure
        stands = known[figure].tally if figure in known else Tally()
        if stands != found.get(figure, Tally()) and (standard, month) not in waiting:
            lines.append(f"{month:%Y-%m} 이행표준 {standard}: 확정한 수와 정정이 집계와 다릅니다")
    return lines + _broken_chains()


def _broken_chains() -> list[str]:
    """Corrections that do not begin where the figure before them ended."""
    ends: dict[tuple[int, int, bool], tuple[int, dict[str, int]]] = {}
    for row in MonthFigure.objects.all():
        counts = {name: getattr(row, name) for name in correcting.NAMES}
        ends[row.month_id, row.standard_id, row.counted] = (0, counts)
    lines = []
    for later in Correction.objects.select_related("month").order_by("place"):
        figure = (later.month_id, later.standard_id, later.counted)
        place, counts = ends.get(figure, (0, dict.fromkeys(correcting.NAMES, 0)))
        if (later.place, later.before) != (place + 1, counts):
            where = f"{later.month} 이행표준 {later.standard_id}"
            lines.append(f"{where}: 정정이 앞의 수와 이어지지 않습니다")
        ends[figure] = (later.place, later.after)
    return lines
