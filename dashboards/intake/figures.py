"""What is told of the opinions of a period. Pure: made of counts, never of opinions.

Every figure belongs to the day in Seoul on which the opinion came. Both waits leave out opinions
without a name, which nobody can be told about, and those that are still waiting (their number is
``total`` less ``n``, so that it can be said beside the figure).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Final

from django.utils.translation import gettext_lazy as _

#: Waits are counted in steps of this many minutes of opening hours, and of this many hours.
CONTACT_MINUTES: Final = 5
ANSWER_HOURS: Final = 1
HOURS: Final = 24
DAYS: Final = 7
#: What "first contact" means, to be shown beside the figure.
FIRST_CONTACT: Final = _(
    "첫 연락은 담당 팀이 확인하여 담당자와 전화번호를 알려 드린 때, 직원이 직접 연락한 때, 답변을 "
    "전해 드린 때 가운데 가장 이른 때입니다. 자동으로 나가는 접수 알림은 세지 않습니다."
)


class Measure(StrEnum):
    """By what opinions are counted. ``slot`` is weekday x 24 + hour (Monday is 0), in Seoul."""

    KIND = "kind"
    CHANNEL = "channel"
    TOPIC = "topic"
    SLOT = "slot"
    REPEAT = "repeat"
    STAGE = "stage"
    DECISION = "decision"
    OUTCOME = "outcome"
    CONTACT = "contact"
    ANSWER = "answer"


class Outcome(StrEnum):
    """How far a case is, in five classes."""

    OPEN = "open"
    ANSWERED = "answered"
    REFERRED = "referred"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


OUTCOMES: Final = {
    Outcome.OPEN: _("처리 중"),
    Outcome.ANSWERED: _("답변드림"),
    Outcome.REFERRED: _("다른 기관에 보냄"),
    Outcome.WITHDRAWN: _("취하"),
    Outcome.MERGED: _("앞의 건과 합침"),
}

#: By measure and value, how many opinions.
Counts = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Spread:
    """How long it took: buckets by their lower end, each ``width`` wide, in ``unit``.

    ``median`` and ``p90`` are the lower end of the bucket in which the middle opinion, and the one
    nine tenths up, lie (the nearest rank; of an even number the lower of the two in the middle).
    None where there is none. The true value is less than ``width`` above.
    """

    unit: str
    width: int
    n: int = 0
    median: int | None = None
    p90: int | None = None
    buckets: Mapping[int, int] = field(default_factory=dict)

    def within(self, limit: int) -> int:
        """How many took less than ``limit``, which has to be an end of a bucket."""
        if limit % self.width:
            raise ValueError(f"{limit} is no end of a bucket of {self.width}")
        return sum(n for start, n in self.buckets.items() if start < limit)


@dataclass(frozen=True, slots=True)
class Intake:
    """The opinions of a period. Values of ``topics`` are keys of topics.

    ``is_exact``: False where the figures lag behind, because too much changed at once.
    """

    total: int
    kinds: Mapping[str, int]
    channels: Mapping[str, int]
    topics: Mapping[int, int]
    grid: tuple[tuple[int, ...], ...]
    repeats: int
    stages: Mapping[int, int]
    decisions: Mapping[str, int]
    outcomes: Mapping[str, int]
    first_contact: Spread
    answer: Spread
    is_exact: bool = True

    @property
    def hours(self) -> tuple[int, ...]:
        """By hour of receipt in Seoul, 0 to 23."""
        return tuple(sum(row[hour] for row in self.grid) for hour in range(HOURS))

    @property
    def weekdays(self) -> tuple[int, ...]:
        """Monday first."""
        return tuple(sum(row) for row in self.grid)

    @property
    def repeat_rate(self) -> float | None:
        """Between 0 and 1; None where no opinion came."""
        return self.repeats / self.total if self.total else None


def intake_of(counts: Counts, *, is_exact: bool = True) -> Intake:
    """The figures of a period from its counts."""
    by: dict[str, dict[str, int]] = {measure: {} for measure in Measure}
    for (measure, value), n in counts.items():
        if n:
            by[measure][value] = n
    slots = by[Measure.SLOT]
    grid = tuple(
        tuple(slots.get(str(day * HOURS + hour), 0) for hour in range(HOURS)) for day in range(DAYS)
    )
    return Intake(
        total=sum(by[Measure.KIND].values()),
        kinds=by[Measure.KIND],
        channels=by[Measure.CHANNEL],
        topics=_numbered(by[Measure.TOPIC]),
        grid=grid,
        repeats=sum(by[Measure.REPEAT].values()),
        stages=_numbered(by[Measure.STAGE]),
        decisions=by[Measure.DECISION],
        outcomes=by[Measure.OUTCOME],
        first_contact=spread_of(_numbered(by[Measure.CONTACT]), unit="minute"),
        answer=spread_of(_numbered(by[Measure.ANSWER]), unit="hour"),
        is_exact=is_exact,
    )


def spread_of(buckets: Mapping[int, int], *, unit: str) -> Spread:
    """The spread of waits in open minutes (``minute``) or hours that passed (``hour``)."""
    width = {"minute": CONTACT_MINUTES, "hour": ANSWER_HOURS}[unit]
    ordered = dict(sorted((start, n) for start, n in buckets.items() if n))
    n = sum(ordered.values())
    return Spread(
        unit=unit,
        width=width,
        n=n,
        median=_at(ordered, n, Fraction(1, 2)),
        p90=_at(ordered, n, Fraction(9, 10)),
        buckets=ordered,
    )


def _at(ordered: Mapping[int, int], n: int, share: Fraction) -> int | None:
    """The bucket of the nearest rank: the first in which so large a share is reached."""
    rank = ceil(share * n)
    reached = 0
    for start, here in ordered.items():
        reached += here
        if reached >= rank:
            return start
    return None


def _numbered(values: Mapping[str, int]) -> dict[int, int]:
    return dict(sorted((int(value), n) for value, n in values.items()))
