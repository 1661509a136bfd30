"""What changes a month after it was frozen is set down as a correction, with its reason.

Called by whoever counts days again, in the same transaction: what was frozen, put right by the last
correction, is at any moment what the tallies say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Sum

from standards.figures import Tally
from standards.models import (
    Correction,
    FrozenMonth,
    MonthFigure,
    MonthTally,
    Standard,
    State,
    TallyChange,
)

#: A figure: standard's number, first day of the month, and whether the promise speaks of it.
Figure = tuple[int, date, bool]

NAMES: Final = ("kept", "kept_extended", "missed", "overdue", "excluded")
_MOVED: Final = "휴무·보완·연장으로 기한이 다른 날로 옮겨졌습니다."
_BECAME: Final[Mapping[str, str]] = {
    "moved": _MOVED,
    State.EXCLUDED: "이송·취하·병합 등으로 따로 세게 되었습니다.",
    "": "잘못 적은 것으로 밝혀져 뺐습니다.",
    "observed": "그달의 점검 결과가 나중에 적혔거나 바로잡혔습니다.",
    State.PAUSED: "보완을 기다리느라 기한이 멈추었습니다.",
}
_WAS: Final[Mapping[str, str]] = {
    "": "그달에 있었던 일이 나중에 적혔습니다.",
    "moved": _MOVED,
    "category": "의견의 구분이 바로잡혔습니다.",
    State.EXCLUDED: "따로 세었던 일을 다시 넣었습니다.",
    State.KEPT: "마쳤다고 적은 일이 실제로는 마쳐지지 않은 것으로 밝혀졌습니다.",
    State.KEPT_EXTENDED: "마쳤다고 적은 일이 실제로는 마쳐지지 않은 것으로 밝혀졌습니다.",
    State.MISSED: "제때 마쳤다는 근거가 나중에 확인되었습니다.",
}
_RUNNING: Final[Mapping[str, str]] = {
    State.MISSED: "기한이 지난 일을 지키지 못한 것으로 판정했습니다.",
    State.KEPT: "제때 마쳤다는 사실이 나중에 적혔습니다.",
    State.KEPT_EXTENDED: "제때 마쳤다는 사실이 나중에 적혔습니다.",
}
#: Where the notes do not say more: tallies were made anew.
COUNTED_AGAIN: Final = "건별 기록에서 다시 세어 바로잡았습니다."


def reason(was: str, became: str) -> str:
    """Why a count changed, from what a row was and became; empty where no count changes by it."""
    if was == "team" or (was == became != "observed"):
        return ""
    if was == "category":
        return _WAS[was]
    if became in _BECAME:
        return _BECAME[became]
    if was in {State.RUNNING, State.PAUSED}:
        return _RUNNING.get(became, "")
    return _WAS.get(was, "")


@dataclass(frozen=True, slots=True)
class _Known:
    """What stands: frozen, or put right by the ``place``-th correction."""

    tally: Tally
    place: int


def correct(changes: Iterable[TallyChange], *, now: datetime) -> int:
    """Set down what these changes make of frozen months; returns how many figures."""
    reasons: defaultdict[tuple[int, date], set[str]] = defaultdict(set)
    for change in changes:
        reasons[change.standard_id, change.day.replace(day=1)].add(
            reason(change.was, change.became)
        )
    months = {month for _standard, month in reasons}
    frozen = list(FrozenMonth.objects.filter(month__in=months))
    standards = {standard for standard, _month in reasons}
    return _correct(frozen, standards, reasons, now=now) if frozen else 0


def correct_all(*, now: datetime) -> int:
    """Hold every frozen figure against the tallies, after these were made anew."""
    frozen = list(FrozenMonth.objects.all())
    standards = set(Standard.objects.values_list("pk", flat=True))
    return _correct(frozen, standards, {}, now=now)


def _correct(
    frozen: Collection[FrozenMonth],
    standards: Collection[int],
    reasons: Mapping[tuple[int, date], set[str]],
    *,
    now: datetime,
) -> int:
    known = standing(frozen, standards)
    found = tallied([month.month for month in frozen], standards)
    rows = {month.month: month for month in frozen}
    made = []
    for figure in sorted(known.keys() | found.keys()):
        standard, month, counted = figure
        before = known.get(figure, _Known(Tally(), 0))
        after = found.get(figure, Tally())
        if before.tally == after:
            continue
        said = sorted(reasons.get((standard, month), set()) - {""})
        made.append(
            Correction(
                month=rows[month],
                standard_id=standard,
                counted=counted,
                place=before.place + 1,
                before=asdict(before.tally),
                after=asdict(after),
                noticed_at=now,
                why=" ".join(said) or COUNTED_AGAIN,
            )
        )
    Correction.objects.bulk_create(made)
    return len(made)


def standing(frozen: Collection[FrozenMonth], standards: Collection[int]) -> dict[Figure, _Known]:
    """The figures of frozen months as last put right; two queries."""
    found: dict[Figure, _Known] = {}
    figures = MonthFigure.objects.filter(month__in=frozen, standard__in=standards)
    for row in figures.select_related("month"):
        tally = Tally(row.kept, row.kept_extended, row.missed, row.overdue, row.excluded)
        found[row.standard_id, row.month.month, row.counted] = _Known(tally, 0)
    corrections = Correction.objects.filter(month__in=frozen, standard__in=standards)
    for later in corrections.select_related("month").order_by("place"):
        tally = Tally(**later.after)
        found[later.standard_id, later.month.month, later.counted] = _Known(tally, later.place)
    return found


def tallied(months: Collection[date], standards: Collection[int]) -> dict[Figure, Tally]:
    """The same figures as the monthly tallies say them, of months that are over; two queries."""
    kinds = dict(Standard.objects.filter(pk__in=standards).values_list("pk", "kinds"))
    rows = (
        MonthTally.objects.filter(month__in=months, standard__in=standards)
        .values_list("standard_id", "month", "category")
        .annotate(
            *(Sum(name) for name in ("kept", "kept_extended", "missed", "running", "excluded"))
        )
        .order_by()
    )
    found: defaultdict[Figure, Tally] = defaultdict(Tally)
    for standard, month, category, *counts in rows:
        speaks_of = not kinds[standard] or not category or category in kinds[standard]
        found[standard, month, speaks_of] += Tally(*counts)
    return dict(found)
