"""How each promise was kept in a period, beside its target, the periods before and 13 months."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from django.db.models import Q
from django.utils.safestring import SafeString

from centre import charts
from centre.charts import Point
from dashboards.board.periods import Days, Period
from standards import figures
from standards.figures import HIDDEN_WHERE_FEW, Result, Tally
from standards.models import Clause, Standard
from standards.months import Month

NO_CASE: Final = "해당 없음"
#: Always drawn large: what the charter says about opinions.
FIRST: Final = "reply"
#: No more than so many large charts, that the page stays one that is looked at.
MOST_CHARTS: Final = 6
#: So many rows stand on a printed sheet at full size.
SHEET_ROWS: Final = 24
_INSIDE: Final = "센터 안에서 지키는 기한"


class Standing(StrEnum):
    """Against the target; ``yearly`` is told only for a whole year, elsewhere."""

    MET = "met"
    SHORT = "short"
    NONE = "none"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True)
class MonthCell:
    label: str
    kept: int
    n: int
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One promise. Rates are words such as ``98.2%``; ``kept`` of ``n`` are the case numbers."""

    standard: Standard
    tally: Tally
    others: Tally
    before: str
    year_ago: str
    change: str
    standing: Standing
    months: list[MonthCell]
    spark: SafeString
    changed: bool

    @property
    def rate(self) -> str:
        return rate_words(self.tally)

    @property
    def target(self) -> str:
        return percent_words(self.standard.target)

    @property
    def short(self) -> bool:
        return self.standing == Standing.SHORT

    @property
    def words(self) -> str:
        """What the colour says, in words."""
        return {
            Standing.MET: "목표 이룸",
            Standing.SHORT: "목표에 못 미침",
            Standing.NONE: NO_CASE,
            Standing.YEARLY: "한 해 합계만 공개",
        }[self.standing]


@dataclass(frozen=True, slots=True)
class Part:
    """Promises of one part of the charter."""

    title: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Promises:
    parts: list[Part]
    charts: list[tuple[Row, SafeString]]

    @property
    def is_long(self) -> bool:
        """Whether a printed sheet has to set them closer to stay one page."""
        return sum(row.standing != Standing.NONE for row in self.rows) > SHEET_ROWS

    @property
    def rows(self) -> list[Row]:
        return [row for part in self.parts for row in part.rows]

    def _with(self, standing: Standing) -> list[Row]:
        return [row for row in self.rows if row.standing == standing and row.standard.public]

    @property
    def short(self) -> list[Row]:
        """The furthest from its target first: promises, not persons."""
        return sorted(self._with(Standing.SHORT), key=_shortfall, reverse=True)

    @property
    def met(self) -> list[Row]:
        return self._with(Standing.MET)

    @property
    def none(self) -> list[Row]:
        return self._with(Standing.NONE)

    @property
    def overdue(self) -> int:
        """Running past due, of all promises of the charter."""
        return sum(row.tally.overdue for row in self.rows if row.standard.public)


def promises_of(period: Period, *, team_ids: list[int] | None, now: datetime) -> Promises:
    """Every standard in force at the end of the period. A fixed number of queries."""
    standards = _in_force(period.last)
    changed = _superseded(period, set(standards))

    def between(days: Days | None) -> Mapping[str, Result]:
        if days is None:
            return {}
        return figures.between(*days, now=now, team_ids=team_ids)

    counted = between((period.first, period.last))
    before, year_ago = between(period.before), between(period.year_ago)
    monthly = figures.by_month(*period.trend, now=now, team_ids=team_ids)
    rows = {
        code: _row(
            standard,
            [found.get(code, Result()) for found in (counted, before, year_ago)],
            {month: result.counted for month, result in monthly.get(code, {}).items()},
            period.months,
            changed=code in changed,
        )
        for code, standard in standards.items()
    }
    return Promises(_parts(rows), _charts(rows))


def _in_force(on: date) -> dict[str, Standard]:
    rows = Standard.objects.filter(valid_from__lte=on).filter(
        Q(valid_until=None) | Q(valid_until__gt=on)
    )
    return {row.code: row for row in rows.order_by("number", "code", "version")}


def _superseded(period: Period, codes: set[str]) -> set[str]:
    """Codes of which a version ended within the period."""
    rows = Standard.objects.filter(
        code__in=codes, valid_until__gt=period.first, valid_until__lte=period.last
    )
    return set(rows.values_list("code", flat=True))


def _row(
    standard: Standard,
    results: list[Result],
    monthly: Mapping[Month, Tally],
    months: list[Month],
    *,
    changed: bool,
) -> Row:
    hidden = standard.code in HIDDEN_WHERE_FEW
    now, before, year_ago = (Result() if hidden else result for result in results)
    found = {} if hidden else monthly
    cells = [_cell(month, found.get(month, Tally())) for month in months]
    points = [
        Point(cell.label, cell.kept / cell.n * 100 if cell.n else None, cell.shown)
        for cell in cells
    ]
    target = float(standard.percent)
    return Row(
        standard=standard,
        tally=now.counted,
        others=now.others,
        before=rate_words(before.counted),
        year_ago=rate_words(year_ago.counted),
        change=_change(now.counted, before.counted),
        standing=Standing.YEARLY if hidden else _standing(now.counted, standard.target),
        months=cells,
        spark=charts.sparkline(
            f"spark-{standard.code}", f"{standard.title} 13달", points, target=target
        ),
        changed=changed,
    )


def _cell(month: Month, tally: Tally) -> MonthCell:
    return MonthCell(month_words(month), tally.kept, tally.n, rate_words(tally))


def month_words(month: Month) -> str:
    """``11월``; January bears its year: ``26.1월``."""
    return f"{month.year % 100:02}.1월" if month.month == 1 else f"{month.month}월"


def _standing(tally: Tally, target: Decimal) -> Standing:
    """Compared as whole numbers, so that 98.0 % reaches a target of 98 %."""
    if not tally.n:
        return Standing.NONE
    return Standing.MET if tally.kept >= target * tally.n else Standing.SHORT


def _shortfall(row: Row) -> Decimal:
    return row.standard.target - Decimal(row.tally.kept) / row.tally.n


def rate_words(tally: Tally) -> str:
    """``98.2%``, cut and not rounded: what is not reached is not written as reached."""
    if not tally.n:
        return NO_CASE
    return figures.shown(tally.kept, tally.n)


def percent_words(share: Decimal) -> str:
    """A target, without a decimal that says nothing: ``98%``."""
    tenths = int(share * 1000)
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}%"


def _change(now: Tally, before: Tally) -> str:
    """``▲ 1.2%p`` against the period before; "" where there is nothing to compare."""
    if not (now.n and before.n):
        return ""
    tenths = int(Decimal(now.kept) / now.n * 1000) - int(Decimal(before.kept) / before.n * 1000)
    if not tenths:
        return "＝ 같음"
    return f"{'▲' if tenths > 0 else '▼'} {abs(tenths) / 10:.1f}%p"


# --- parts and charts -----------------------------------------------------------------------------


def _parts(rows: Mapping[str, Row]) -> list[Part]:
    """The rows under the headings of the charter, in its order; the inner clocks last."""
    found: dict[str, list[Row]] = {}
    under = dict(_headings())
    for code, row in rows.items():
        if row.standard.public:
            found.setdefault(under.get(code, "그 밖의 약속"), []).append(row)
    inside = [row for row in rows.values() if not row.standard.public]
    order = list(dict.fromkeys(under.values()))
    parts = [Part(title, found[title]) for title in sorted(found, key=lambda t: _place(order, t))]
    return [*parts, Part(_INSIDE, inside)] if inside else parts


def _place(order: list[str], title: str) -> int:
    return order.index(title) if title in order else len(order)


def _headings() -> Iterator[tuple[str, str]]:
    """Each code with the heading of the clause it is cited by first. Two queries."""
    heading = ""
    clauses: Any = Clause.objects.order_by("line").prefetch_related("standards")
    seen = set()
    for clause in clauses:
        if clause.kind == Clause.Kind.HEADING and clause.depth <= 1:
            heading = clause.text.removeprefix("경상북도종합자원봉사센터 ")
        for standard in clause.standards.all():
            if standard.code not in seen:
                seen.add(standard.code)
                yield standard.code, heading


def _charts(rows: Mapping[str, Row]) -> list[tuple[Row, SafeString]]:
    """The trend of what did not reach its target, and always of the answer to opinions."""
    short = [row for code, row in rows.items() if row.short and code != FIRST]
    short.sort(key=_shortfall, reverse=True)
    shown = [row for row in short if row.standard.public]
    if FIRST in rows:
        shown.insert(0, rows[FIRST])
    return [(row, trend_of(row)) for row in shown[:MOST_CHARTS]]


def trend_of(row: Row) -> SafeString:
    points = [
        Point(cell.label, cell.kept / cell.n * 100 if cell.n else None, cell.shown)
        for cell in row.months
    ]
    return charts.trend(
        f"trend-{row.standard.code}",
        f"{row.standard.title}: 13달 이행률",
        points,
        target=row.standard.percent,
        target_shown=f"목표 {row.target}(점선)",
    )
