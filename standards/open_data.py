"""The monthly tallies as open data: one line a promise and month, what may not be told left out.

Cautions are told of by the year, of years that are over, and not below five: whoever fetched the
lines every day could otherwise tell one from the difference.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Max, Min

from centre.calendar import seoul_day
from records.cells import safe_in_csv
from standards import figures, monthly
from standards.figures import Result, Tally
from standards.models import Correction, MonthTally, Standard
from standards.months import Month, months_between

FIELDS: Final = (
    "month", "code", "name", "target", "n", "kept", "kept_extended", "missed", "overdue",
    "excluded", "rate", "frozen_on", "corrected",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """What one promise came to in a month, or in a year; ``tally`` is None where it is too few."""

    period: str
    standard: Standard
    tally: Tally | None
    frozen_on: date | None = None
    corrected_on: date | None = None

    def values(self) -> dict[str, Any]:
        """By the names of ``FIELDS``; None where there is nothing to say."""
        tally = self.tally
        counts = {name: getattr(tally, name, None) for name in FIELDS[4:10]}
        rate = None if tally is None or tally.rate is None else round(tally.rate, 4)
        return {
            "month": self.period,
            "code": self.standard.code,
            "name": self.standard.title,
            "target": float(self.standard.target),
            **counts,
            "rate": rate,
            "frozen_on": self.frozen_on and self.frozen_on.isoformat(),
            "corrected": self.corrected_on and self.corrected_on.isoformat(),
        }


def lines(*, now: datetime) -> Iterator[Line]:
    """Every month from the first with figures to this one, of the last ten years; six queries."""
    span = _span(now=now)
    if span is None:
        return
    first, last = span
    versions = _versions()
    found = figures.by_month(first.first, last.last, now=now)
    frozen = monthly.frozen_months(first, last)
    corrected = _corrected()
    for month in months_between(first, last):
        for code in versions:
            standard = _in_force(versions[code], month.last)
            if standard is None or not monthly.tells_of_months(code):
                continue
            tally = found.get(code, {}).get(month, Result()).counted
            later = corrected.get((code, month))
            yield Line(str(month), standard, tally, frozen.get(month), later)
        if month.month == 12 and month < last:
            yield from _yearly(month.year, versions, found, frozen.get(month))


def _span(*, now: datetime) -> tuple[Month, Month] | None:
    earliest = MonthTally.objects.aggregate(first=Min("month"))["first"]
    this = Month.of(seoul_day(now))
    if earliest is None or Month.of(earliest) > this:
        return None
    return max(Month.of(earliest), this.plus(1 - 12 * figures.MOST_YEARS)), this


def _versions() -> dict[str, list[Standard]]:
    """The versions of every published standard, in the order of the charter."""
    found: defaultdict[str, list[Standard]] = defaultdict(list)
    for row in Standard.objects.filter(public=True).order_by("number", "code", "version"):
        found[row.code].append(row)
    return dict(found)


def _in_force(versions: list[Standard], day: date) -> Standard | None:
    for row in reversed(versions):
        if row.valid_from <= day and (row.valid_until is None or row.valid_until > day):
            return row
    return None


def _corrected() -> dict[tuple[str, Month], date]:
    rows = (
        Correction.objects.filter(counted=True)
        .values_list("standard__code", "month__month")
        .annotate(last=Max("noticed_at"))
        .order_by()
    )
    return {(code, Month.of(month)): seoul_day(last) for code, month, last in rows}


def _yearly(
    year: int,
    versions: Mapping[str, list[Standard]],
    found: Mapping[str, Mapping[Month, Result]],
    frozen_on: date | None,
) -> Iterator[Line]:
    for code, rows in versions.items():
        standard = _in_force(rows, date(year, 12, 31))
        if standard is None or monthly.tells_of_months(code):
            continue
        months = found.get(code, {})
        counts = (months[month].counted for month in months if month.year == year)
        tally = sum(counts, Tally())
        yield Line(str(year), standard, None if tally.is_few(code) else tally, frozen_on)


def as_csv(*, now: datetime) -> str:
    """With the mark by which spreadsheet programs know UTF-8."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS)
    writer.writeheader()
    for line in lines(now=now):
        values = line.values()
        values["name"] = safe_in_csv(values["name"])
        writer.writerow(values)
    return "\N{BYTE ORDER MARK}" + out.getvalue()
