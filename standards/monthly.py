"""A promise month by month for readers: a small line, the same numbers as a table, corrections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from centre.calendar import seoul_day
from centre.charts import Point, sparkline
from standards.correcting import NAMES, standing
from standards.figures import HIDDEN_WHERE_FEW, Result, Tally, by_month, shown
from standards.models import Correction, FrozenMonth, Standard
from standards.months import Month, months_between

MONTHS: Final = 13
#: So many months with cases make a line: two points are a stroke, not a trend.
TREND_FROM: Final = 3
_SHOWN: Final = {
    "kept": _("지킴"),
    "kept_extended": _("연장 후 지킴"),
    "missed": _("지키지 못함"),
    "overdue": _("기한이 지났으나 끝나지 않음"),
    "excluded": _("따로 셈"),
}


def trend_months(last: Month) -> list[Month]:
    """The thirteen months that end with this one: the same month last year is the first."""
    return list(months_between(last.plus(1 - MONTHS), last))


def tells_of_months(code: str) -> bool:
    """Cautions are told of by the year only: a month would tell of a person."""
    return code not in HIDDEN_WHERE_FEW


def line(
    standard: Standard, months: Collection[Month], results: Mapping[Month, Result], began: Month
) -> SafeString | None:
    """The rate month by month, with the target as a thin line; None where too few months have
    cases to be a trend. ``began``: the first month of which there are records."""
    tallies = tuple((month, results.get(month, Result()).counted) for month in months)
    if sum(tally.n > 0 for _month, tally in tallies) < TREND_FROM:
        return None
    return _line(standard.code, standard.number, standard.percent, tallies, began, get_language())


# Drawn once for the same numbers: a page has thirty-five of them and is asked for often.
@lru_cache(maxsize=1024)
def _line(
    code: str,
    number: int,
    percent: float,
    tallies: tuple[tuple[Month, Tally], ...],
    began: Month,
    _language: str | None,
) -> SafeString:
    points = [
        Point(
            translate("%(year)d년 %(month)d월") % {"year": month.year, "month": month.month},
            None if tally.rate is None else tally.rate * 100,
            _share(tally) or _nothing(month, began),
        )
        for month, tally in tallies
    ]
    title = translate("약속 %(number)d, 달마다 지킨 비율") % {"number": number}
    return sparkline(f"line-of-{code}", title, points, target=percent)


def table(
    months: Collection[Month],
    results: Mapping[Month, Result],
    *,
    frozen: Collection[Month],
    corrected: Collection[Month],
    began: Month,
) -> SafeString | None:
    """Rows of a table: month, kept of how many, rate, and whether the month is frozen and was put
    right since; None where there was no case."""
    rows = [
        (month, results.get(month, Result()).counted, month in frozen, month in corrected)
        for month in reversed(list(months))
    ]
    if not any(tally.n for _month, tally, *_marks in rows):
        return None
    return _table(tuple(rows), began, get_language())


@lru_cache(maxsize=1024)
def _table(
    rows: tuple[tuple[Month, Tally, bool, bool], ...], began: Month, _language: str | None
) -> SafeString:
    marks = {
        (True, False): translate("확정"),
        (True, True): translate("확정 · 정정"),
    }
    return format_html_join(
        "",
        '<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>',
        (
            (month, *_cells(month, tally, began), marks.get((done, put_right), ""))
            for month, tally, done, put_right in rows
        ),
    )


def _cells(month: Month, tally: Tally, began: Month) -> tuple[str, str]:
    if tally.rate is None:
        return _nothing(month, began), ""
    return f"{tally.kept}/{tally.n}", shown(tally.kept, tally.n)


def _nothing(month: Month, began: Month) -> str:
    """Of a month without a case: there was none, or nobody counted yet."""
    return translate("기록 전") if month < began else translate("해당 없음")


def _share(tally: Tally) -> str:
    if tally.rate is None:
        return ""
    found = {"rate": shown(tally.kept, tally.n).removesuffix("%"), "n": tally.n, "kept": tally.kept}
    return translate("%(rate)s%%(%(n)d건 중 %(kept)d건)") % found


# --- published figures ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Published:
    """The figures of a month that count, by code. ``frozen_on`` is None while they still change."""

    tallies: Mapping[str, Tally]
    frozen_on: date | None = None


def published(
    first: Month, last: Month, *, now: datetime, codes: Collection[str]
) -> dict[Month, Published]:
    """Frozen months as they were frozen and since put right, the others as they are counted now.

    What changes a frozen month shows from the pass on that sets down its correction: no figure of
    it is told without its reason. Six queries at most.
    """
    versions = dict(Standard.objects.filter(code__in=codes).values_list("pk", "code"))
    frozen = {
        Month.of(row.month): row
        for row in FrozenMonth.objects.filter(month__range=(first.first, last.first))
    }
    tallies: defaultdict[Month, dict[str, Tally]] = defaultdict(dict)
    for (key, day, counted), stands in standing(frozen.values(), versions).items():
        if counted:
            of_month, code = tallies[Month.of(day)], versions[key]
            of_month[code] = of_month.get(code, Tally()) + stands.tally
    months = list(months_between(first, last))
    changing = [month for month in months if month not in frozen]
    if changing:
        live = by_month(changing[0].first, changing[-1].last, now=now, codes=codes)
        for month in changing:
            tallies[month] = {code: by[month].counted for code, by in live.items() if month in by}
    return {
        month: Published(
            tallies.get(month, {}),
            seoul_day(frozen[month].frozen_at) if month in frozen else None,
        )
        for month in months
    }


# --- corrections ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction as readers see it: month, what it changed, why, and what people added."""

    month: Month
    noticed_at: datetime
    changed: str
    why: str
    notes: tuple[str, ...]


def frozen_months(first: Month, last: Month) -> dict[Month, date]:
    """When each of these months was frozen, for those that were; one query."""
    rows = FrozenMonth.objects.filter(month__range=(first.first, last.first))
    return {Month.of(row.month): seoul_day(row.frozen_at) for row in rows}


def corrections(first: Month, last: Month) -> dict[str, list[Corrected]]:
    """Of the figures that count, by code, the newest first; what is told of by the year is not
    told of here either. Two queries."""
    rows = (
        Correction.objects.filter(counted=True, month__month__range=(first.first, last.first))
        .exclude(standard__code__in=HIDDEN_WHERE_FEW)
        .select_related("month", "standard")
        .prefetch_related("notes")
    )
    found: defaultdict[str, list[Corrected]] = defaultdict(list)
    for row in rows:
        found[row.standard.code].append(_corrected(row))
    return dict(found)


def noticed(since: datetime, until: datetime) -> list[tuple[Standard, Corrected]]:
    """What was put right after ``since`` until ``until``, the oldest first; as ``corrections``
    tells it. Two queries."""
    rows = (
        Correction.objects.filter(counted=True, noticed_at__gt=since, noticed_at__lte=until)
        .exclude(standard__code__in=HIDDEN_WHERE_FEW)
        .select_related("month", "standard")
        .prefetch_related("notes")
        .order_by("noticed_at", "pk")
    )
    return [(row.standard, _corrected(row)) for row in rows]


def _corrected(row: Correction) -> Corrected:
    notes = tuple(note.text for note in row.notes.all())
    return Corrected(Month.of(row.month.month), row.noticed_at, _changed(row), row.why, notes)


def _changed(row: Correction) -> str:
    """``지킴 12건 → 11건, 지키지 못함 0건 → 1건``."""
    return ", ".join(
        translate("%(what)s %(before)d건 → %(after)d건")
        % {"what": _SHOWN[name], "before": row.before[name], "after": row.after[name]}
        for name in NAMES
        if row.before[name] != row.after[name]
    )
