"""The charter, line by line, with how each promise is measured and kept."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from centre.calendar import Rule, seoul_day
from standards import figures, monthly, registry
from standards.figures import Month, Result, Tally
from standards.models import Clause, MonthTally, Standard
from standards.monthly import Corrected
from standards.queries import clauses_with_standards
from standards.terms import terms_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

#: How a limit is counted, for readers.
COUNTED: Final[Mapping[str, _StrPromise]] = {
    Rule.WORKING_TIME: _("업무시간만 셉니다. 업무시간 밖에 시작하면 다음 문 여는 때부터입니다."),
    Rule.ELAPSED: _("쉬는 때를 빼지 않고 흐른 시간을 그대로 셉니다."),
    Rule.CIVIL_DAYS: _("다음 날부터 셉니다. 끝나는 날이 쉬는 날이면 그다음 근무일 18시까지입니다."),
    Rule.PETITION_DAYS: _("받은 날부터 근무일만 셉니다. 마지막 날 18시까지입니다."),
    Rule.DAYS_BEFORE: _("시작하는 날에서 거꾸로 셉니다."),
    Rule.PERIODIC: _("정한 주기가 끝나는 날까지입니다."),
}
#: What a measure says first where two promises share the charter's words: "(접수) …".
_HALF: Final = re.compile(r"\(([가-힣]{1,6})\) ")


@require_safe
def charter(request: HttpRequest) -> HttpResponse:
    """The charter of this year, or of ``?year=``; a year without figures is said and is a 404."""
    now = timezone.now()
    years = known_years(now=now)
    asked = request.GET.get("year", "").strip()
    chosen = next((year for year in years if str(year) == asked), None)
    context = charter_context(now=now, year=chosen or years[0])
    context |= {"years": years, "no_such_year": bool(asked) and chosen is None}
    status = HTTPStatus.NOT_FOUND if context["no_such_year"] else HTTPStatus.OK
    return render(request, "standards/charter.html", context, status=status)


def known_years(*, now: datetime) -> list[int]:
    """The years that can be looked at, this one first; at most as many as one question may span."""
    this = seoul_day(now).year
    first = MonthTally.objects.aggregate(first=Min("month"))["first"]
    earliest = min(this, first.year if first else this)
    return list(range(this, max(earliest, this - figures.MOST_YEARS + 1) - 1, -1))


def charter_context(*, now: datetime, year: int | None = None) -> dict[str, object]:
    """The lines of the charter as a tree, with a year's results (by default this one's).

    The standards are those in force today, or at the end of a year that is over.
    """
    today = seoul_day(now)
    year = year or today.year
    on = min(today, date(year, 12, 31))
    clauses = clauses_with_standards(on=on)
    found = _Year.read(on, now=now)
    sections = _tree(clauses, found)
    parts = [part for section in sections for part in section.parts]
    frozen = [month for month in found.frozen if month.year == year]
    return {
        "year": year,
        "last_year": year - 1,
        "is_over": year < today.year,
        "sections": sections,
        "parts": parts,
        "whole": Overview.of([promise for part in parts for promise in part.all_promises]),
        "behind": figures.behind(),
        "last_frozen": max(frozen, default=None),
    }


@dataclass(frozen=True, slots=True)
class _Year:
    """A year's results and those of the one before, as of a day in Seoul, and month by month."""

    on: date
    is_over: bool
    results: Mapping[str, Result]
    before: Mapping[str, Result]
    by_month: Mapping[str, Mapping[Month, Result]]
    months: Sequence[Month]
    frozen: Mapping[Month, date]
    corrections: Mapping[str, list[Corrected]]
    #: The first month of these two years of which anything was counted.
    began: Month

    @classmethod
    def read(cls, on: date, *, now: datetime) -> _Year:
        """All in one question: two years hold the thirteen months as well."""
        first, last = date(on.year - 1, 1, 1), date(on.year, 12, 31)
        found = figures.by_month(first, last, now=now)
        begin, end = Month.of(first), Month.of(last)
        frozen = monthly.frozen_months(begin, end)
        counted = {month for theirs in found.values() for month in theirs}
        return cls(
            on,
            on.year < seoul_day(now).year,
            _sums(found, on.year),
            _sums(found, on.year - 1),
            found,
            monthly.trend_months(Month.of(on)),
            frozen,
            monthly.corrections(begin, end),
            # The first month with anything is the first that is ever frozen.
            min(counted | set(frozen), default=Month.of(on)),
        )


def _sums(found: Mapping[str, Mapping[Month, Result]], year: int) -> dict[str, Result]:
    return {
        code: sum((results[month] for month in theirs), Result())
        for code, results in found.items()
        if (theirs := [month for month in results if month.year == year])
    }


# --- a promise ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Promise:
    """A standard as the page shows it, under the clause that holds its words.

    ``words`` are the charter's, where one clause holds several promises; ``counted_as`` is the
    rule in force, which for some promises is a choice of the centre. ``before`` is last year's
    result, ``asides`` what is said beside the figure. ``line`` and ``table`` show thirteen months,
    where months may be told of; ``withheld`` where a year is told of only once it is over.
    """

    standard: Standard
    result: Result
    before: Result
    measured: bool
    year: int
    withheld: bool = False
    words: str = ""
    counted_as: _StrPromise | str = ""
    asides: list[str] = field(default_factory=list)
    line: str | None = None
    table: str | None = None
    corrections: list[Corrected] = field(default_factory=list)

    @property
    def html(self) -> SafeString:
        """What the page shows of it."""
        row = self.standard
        facts = (
            *(row.pk, row.number, row.title, row.quote, row.measure, row.limit_text),
            *(row.own_limit, row.percent, self.result, self.before, self.measured, self.words),
            *(str(self.counted_as), tuple(self.asides), self.line, self.table, self.withheld),
            *(tuple(self.corrections), get_language()),
        )
        return _rendered(_Shown(facts, self, self.year))

    @property
    def before_hidden(self) -> bool:
        return self.before.counted.is_few(self.standard.code)

    @property
    def rate(self) -> str:
        """In words; "" where there was no case."""
        return figures.shown(self.result.counted.kept, self.result.counted.n)

    @property
    def reached(self) -> bool:
        rate = self.result.counted.rate
        return rate is not None and rate >= float(self.standard.target)

    @property
    def hidden(self) -> bool:
        return self.withheld or self.result.counted.is_few(self.standard.code)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A promise as a year's page shows it; equal where everything shown is."""

    facts: tuple[Hashable, ...]
    promise: Promise = field(compare=False)
    year: int


# Rendered once for the same facts: thirty-five of them are most of what the page costs.
@lru_cache(maxsize=1024)
def _rendered(shown: _Shown) -> SafeString:
    context = {"promise": shown.promise, "year": shown.year, "last_year": shown.year - 1}
    return render_to_string("standards/_promise.html", context)


@dataclass(slots=True)
class Overview:
    """A part of the charter at a glance; counts that are too few to publish are not in it."""

    promises: int
    measured: int
    tally: Tally
    left_out: int

    @classmethod
    def of(cls, promises: Iterable[Promise]) -> Overview:
        listed = list(promises)
        shown = [promise for promise in listed if promise.measured and not promise.hidden]
        return cls(
            promises=len(listed),
            measured=sum(promise.measured for promise in listed),
            tally=sum((promise.result.counted for promise in shown), Tally()),
            left_out=sum(promise.hidden for promise in listed),
        )


# --- the charter's lines --------------------------------------------------------------------------


@dataclass(slots=True)
class Line:
    """A clause with its promises and what stands below it.

    ``shown_before``: promises of this line that an earlier line has shown already. ``is_path``
    where the line says only where a page stood.
    """

    clause: Clause
    promises: list[Promise] = field(default_factory=list)
    shown_before: list[Standard] = field(default_factory=list)
    below: list[Line] = field(default_factory=list)

    @property
    def is_path(self) -> bool:
        return any(line.clause.text == ">" for line in self.below)

    @property
    def parts(self) -> list[Line]:
        """What the overview lists: the lines right below a title."""
        return [] if self.is_path else self.below

    @property
    def all_promises(self) -> list[Promise]:
        below = [promise for line in self.below for promise in line.all_promises]
        return [*self.promises, *below]

    @property
    def overview(self) -> Overview:
        return Overview.of(self.all_promises)


def _tree(clauses: Iterable[Clause], year: _Year) -> list[Line]:
    roots: list[Line] = []
    open_lines: list[Line] = []
    seen: set[str] = set()
    for clause in clauses:
        line = _line(clause, year, seen=seen)
        seen |= {promise.standard.code for promise in line.promises}
        while open_lines and open_lines[-1].clause.depth >= clause.depth:
            open_lines.pop()
        (open_lines[-1].below if open_lines else roots).append(line)
        open_lines.append(line)
    return roots


def _line(clause: Clause, year: _Year, *, seen: set[str]) -> Line:
    rows = list(clause.standards.all())
    promises = [_promise(row, year) for row in rows if row.code not in seen]
    if len(rows) > 1:
        for promise in promises:
            promise.words = _words_in(clause, promise.standard)
    return Line(clause, promises, [row for row in rows if row.code in seen])


def _words_in(clause: Clause, standard: Standard) -> str:
    """Those of the standard's words that stand in this clause, and which half of them is meant."""
    words = " / ".join(words for words in standard.quote.split("\n") if words in clause.text)
    half = _HALF.match(standard.measure)
    return f"{words} ({half[1]})" if half else words


def _promise(standard: Standard, year: _Year) -> Promise:
    code = standard.code
    promise = Promise(
        standard,
        year.results.get(code, Result()),
        year.before.get(code, Result()),
        measured=code in year.results or code in registry.measured(),
        year=year.on.year,
        withheld=not (year.is_over or monthly.tells_of_months(code)),
        counted_as=COUNTED.get(terms_of(standard).rule, ""),
        asides=registry.asides_of(code, year.on),
        corrections=year.corrections.get(code, []),
    )
    months = year.by_month.get(code, {})
    if monthly.tells_of_months(code):
        promise.line = monthly.line(standard, year.months, months, year.began)
        promise.table = monthly.table(
            year.months,
            months,
            frozen=year.frozen,
            corrected={one.month for one in promise.corrections},
            began=year.began,
        )
    return promise
