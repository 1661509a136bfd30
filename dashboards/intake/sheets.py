"""What is frozen together and when, and why frozen figures changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from centre.calendar import FIRST_KNOWN_DAY, Calendar
from dashboards.intake.figures import Counts, Measure
from dashboards.intake.models import FrozenCases
from standards.months import Month

Sheet = FrozenCases.Sheet
#: On this open day of its month a sheet is frozen.
OPEN_DAY: Final = 5
#: How many months later.
MONTHS_LATER: Final = {Sheet.INTAKE: 1, Sheet.HANDLING: 3}
MEASURES: Final[Mapping[Sheet, tuple[Measure, ...]]] = {
    Sheet.INTAKE: (Measure.KIND, Measure.CHANNEL, Measure.TOPIC, Measure.REPEAT),
    Sheet.HANDLING: (
        Measure.STAGE,
        Measure.DECISION,
        Measure.OUTCOME,
        Measure.CONTACT,
        Measure.ANSWER,
    ),
}
#: As it is kept: by measure, then by value.
Stored = dict[str, dict[str, int]]
_WHY: Final[Mapping[Measure, str]] = {
    Measure.KIND: "의견의 구분이 바로잡혔습니다.",
    Measure.CHANNEL: "접수경로가 바로잡혔습니다.",
    Measure.TOPIC: "의견의 유형이 바로잡혔습니다.",
    Measure.REPEAT: "같은 내용을 다시 말씀하신 것인지가 바로잡혔습니다.",
    Measure.STAGE: "조치 단계가 달라졌습니다.",
    Measure.DECISION: "처리결과가 달라졌습니다.",
    Measure.OUTCOME: "처리 상태가 달라졌습니다.",
    Measure.CONTACT: "첫 연락까지 걸린 시간이 달라졌습니다.",
    Measure.ANSWER: "답변이 전해졌거나, 전한 때가 바로잡혔습니다.",
}
_TOTAL: Final = "마감한 뒤에 등록되었거나 받은 날이 바로잡힌 의견이 있습니다."


def frozen_day(month: Month, sheet: Sheet, in_force: Calendar) -> date:
    """The Seoul day on which a sheet of a month is frozen: the fifth open day.

    Of months before the calendar begins: its first known open days.
    """
    later = month.plus(MONTHS_LATER[sheet]).first
    if later <= FIRST_KNOWN_DAY:
        return FIRST_KNOWN_DAY
    return in_force.add_open_days(date.fromordinal(later.toordinal() - 1), OPEN_DAY)


def stored(counts: Counts, sheet: Sheet) -> Stored:
    """The part of a month's counts that a sheet keeps, in a fixed order."""
    found: Stored = {measure.value: {} for measure in MEASURES[sheet]}
    for (measure, value), n in sorted(counts.items()):
        if measure in found and n:
            found[measure][value] = n
    return found


def counts_of(kept: Stored) -> Counts:
    """The counts that a sheet kept."""
    return {(measure, value): n for measure, values in kept.items() for value, n in values.items()}


def why_changed(before: Stored, after: Stored) -> str:
    """What made a frozen sheet change, in Korean; empty where it did not."""
    kinds = Measure.KIND.value
    said = []
    if kinds in before and sum(before[kinds].values()) != sum(after[kinds].values()):
        said.append(_TOTAL)
    else:
        said = [
            words
            for measure, words in _WHY.items()
            if before.get(measure.value) != after.get(measure.value)
        ]
    return " ".join(said)
