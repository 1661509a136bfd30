"""Whether complaints are answered first and soon (charter lines 53 and 54), once a quarter.

A quarter is one observation: kept where the median of the open days (업무일) that complaints waited
for their answer is not longer than that of all opinions, and within the centre's days. The day on
which an opinion came does not count, that on which it was answered does. All opinions are
complaints, suggestions, enquiries and compliments; withdrawn, merged and referred ones are left
out, and a case that was reopened counts again from then on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Final

from django.core.cache import cache
from django.db.models import Count
from django.db.models.functions import TruncDate

from centre import options
from centre.calendar import SEOUL, seoul_day
from centre.queries import calendar
from complaints.models import Kind
from complaints.queries import SUBJECT
from standards import services as standards
from standards.evidence.periods import Every, Span, span
from standards.models import Commitment, Observation, State

CODE: Final = "swift-handling"
_REPLY: Final = "reply"
#: A mail that comes back takes the answer back with it; most do so within a day.
_SETTLES_AFTER: Final = timedelta(days=2)
#: How far back a pass looks, so that one that did not run for a while loses nothing.
_QUARTERS: Final = 4
#: Seconds. Longer than from one look of beat to the next.
_KEPT_FOR: Final = 2 * 3600
_DAY: Final = timedelta(days=1)
_MOMENT: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Measure:
    """What one quarter says: medians in open days; ``limit`` is the centre's."""

    quarter: Span
    complaints: int
    opinions: int
    of_complaints: float
    of_all: float
    limit: int

    @property
    def kept(self) -> bool:
        return self.of_complaints <= min(self.of_all, self.limit)


def measure_quarter(quarter: Span) -> Measure | None:
    """The medians of what was answered in a quarter; None where no complaint was. One query."""
    waited: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
    open_days = calendar().open_days_between
    for category, came, answered, cases in _answered(quarter):
        waited[category == Kind.COMPLAINT][open_days(came + _DAY, answered + _DAY)] += cases
    complaints, everything = waited[True], waited[True] + waited[False]
    if not complaints:
        return None
    return Measure(
        quarter=quarter,
        complaints=complaints.total(),
        opinions=everything.total(),
        of_complaints=median(complaints.elements()),
        of_all=median(everything.elements()),
        limit=options.number("swift_days"),
    )


def _answered(quarter: Span) -> list[tuple[str, date, date, int]]:
    """Kind, day of receipt and day of the answer in Seoul, and how many of them there are."""
    return list(
        Commitment.objects.filter(
            code=_REPLY,
            subject_type=SUBJECT,
            fulfilled_at__gte=quarter.starts_at,
            fulfilled_at__lt=quarter.ends_at,
        )
        .exclude(state=State.EXCLUDED)
        .values_list(
            "category",
            TruncDate("started_at", tzinfo=SEOUL),
            TruncDate("fulfilled_at", tzinfo=SEOUL),
        )
        .annotate(cases=Count("pk"))
        .order_by()
    )


def quarters_that_ended(*, on: date) -> list[Span]:
    """The last quarters that were over before a day in Seoul, the newest first."""
    found = []
    quarter = span(Every.QUARTER, on)
    for _number in range(_QUARTERS):
        quarter = span(Every.QUARTER, quarter.first_day - _DAY)
        found.append(quarter)
    return found


def observe_quarters(*, now: datetime) -> int:
    """Observe the quarters that ended and were not yet; says how many.

    Idempotent: a quarter is observed once. One without an answered complaint is not.
    """
    ended = {_key(quarter): quarter for quarter in quarters_that_ended(on=_settled_day(now))}
    known = Observation.objects.filter(key__in=ended).values_list("key", flat=True)
    observed = 0
    for key in ended.keys() - set(known):
        found = measure_quarter(ended[key])
        if found is None:
            continue
        at = found.quarter.ends_at - _MOMENT
        standards.observe(code=CODE, key=key, at=at, kept=int(found.kept))
        observed += 1
    return observed


def _key(quarter: Span) -> str:
    return f"{CODE}:{quarter.key}"


def _settled_day(now: datetime) -> date:
    return seoul_day(now - _SETTLES_AFTER)


def said(today: date) -> list[str]:
    """The medians of the newest quarter that is over, for the charter page.

    As they were when beat last looked, at most an hour ago: with a million cases the rows of a
    quarter take longer to read than the page may.
    """
    newest = quarters_that_ended(on=today - _SETTLES_AFTER)[0]
    kept = cache.get(_cached(newest))
    return kept if isinstance(kept, list) else _say(newest)


def look_again(*, now: datetime) -> None:
    """Say anew what `said` keeps."""
    _say(quarters_that_ended(on=_settled_day(now))[0])


def _say(quarter: Span) -> list[str]:
    found = measure_quarter(quarter)
    words = [_words(quarter, found)] if found else []
    cache.set(_cached(quarter), words, _KEPT_FOR)
    return words


def _cached(quarter: Span) -> str:
    return f"{_key(quarter)}:{options.number('swift_days')}"


def _words(quarter: Span, found: Measure) -> str:
    return (
        f"{quarter.label}에 답변한 불만 {found.complaints:,}건의 중앙값은 "
        f"업무일 {found.of_complaints:g}일, 모든 의견 {found.opinions:,}건의 중앙값은 "
        f"{found.of_all:g}일입니다(기준 {found.limit}일)."
    )
