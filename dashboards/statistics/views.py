"""``/statistics/``: the opinions of a month or a year, for everybody; and the same as open data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from centre.calendar import seoul_day
from centre.queries import calendar, facts
from dashboards import intake
from dashboards.intake.figures import CONTACT_MINUTES, FIRST_CONTACT
from dashboards.intake.satisfaction import satisfaction
from dashboards.intake.sheets import Sheet, frozen_day
from dashboards.statistics import months as public
from dashboards.statistics import open_data, pages
from dashboards.statistics.months import Names, PublicMonth
from standards import figures
from standards.figures import FEW
from standards.months import Month

_YEAR: Final = re.compile(r"\d{4}")
_MONTHS_SHOWN: Final = 13
_YEARS_KEPT: Final = 9


class NoSuchPeriod(ValueError):
    """What was asked for is no month or year with figures; the message is for the page."""


@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    """``?month=2026-09`` or ``?year=2026``; without either the last month that was frozen."""
    now = timezone.now()
    first, last = _reach(now)
    try:
        year, month = _asked(request, first, last)
    except NoSuchPeriod as error:
        context = {"error": str(error), **_choices(first, last)}
        return render(request, "dashboards/statistics/none.html", context, status=404)
    if year is not None:
        return render(request, "dashboards/statistics/year.html", _year(year, first, last, now=now))
    return render(
        request, "dashboards/statistics/month.html", _month_page(month, first, last, now=now)
    )


def _reach(now: datetime) -> tuple[Month, Month]:
    """The first and the last month with figures: nine years back at most. One query."""
    last = Month.of(seoul_day(now))
    return max(public.first_month(now=now), last.plus(-12 * _YEARS_KEPT)), last


def _asked(request: HttpRequest, first: Month, last: Month) -> tuple[int | None, Month | None]:
    """The year or the month that was asked for; both None: whichever is best."""
    written, named = request.GET.get("month", ""), request.GET.get("year", "")
    if named:
        if not _YEAR.fullmatch(named) or not first.year <= int(named) <= last.year:
            raise NoSuchPeriod(_("그런 해의 통계는 없습니다. 아래에서 골라 주십시오."))
        return int(named), None
    if not written:
        return None, None
    try:
        month = Month.parse(written)
    except ValueError as error:
        raise NoSuchPeriod(_("달은 2026-09처럼 적어 주십시오. 아래에서 골라 주십시오.")) from error
    if not first <= month <= last:
        raise NoSuchPeriod(_("그런 달의 통계는 없습니다. 아래에서 골라 주십시오."))
    return None, month


def _choices(first: Month, last: Month) -> dict[str, Any]:
    count = (last.year - first.year) * 12 + last.month - first.month
    return {
        "months": [last.plus(-back) for back in range(count + 1)],
        "years": list(range(last.year, first.year - 1, -1)),
    }


def _common(first: Month, last: Month) -> dict[str, Any]:
    return {
        **_choices(first, last),
        "behind": intake.behind() or figures.behind(),
        "first_contact": FIRST_CONTACT,
        "contact_minutes": CONTACT_MINUTES,
    }


# --- a month --------------------------------------------------------------------------------------


def _month_page(asked: Month | None, first: Month, last: Month, *, now: datetime) -> dict[str, Any]:
    called = public.names()
    in_force = calendar()
    month = asked or max(first, _last_frozen(last, seoul_day(now), in_force))
    found = public.public_months(month.plus(1 - _MONTHS_SHOWN), month, now=now, called=called)
    shown = found[month]
    before, year_ago = found[month.plus(-1)], found[month.plus(-12)]
    trend = [one for one in found.values() if one.month >= first]
    others = [(_("전달"), before), (_("작년 같은 달"), year_ago)]
    others = [(name, one) for name, one in others if one.month >= first]
    return {
        **_common(first, last),
        "month": month,
        "title": pages.month_label(month),
        "shown": shown,
        "freezes_on": frozen_day(month, Sheet.INTAKE, in_force),
        "handling_freezes_on": frozen_day(month, Sheet.HANDLING, in_force),
        "facts": pages.facts(shown.intake, [(name, one.intake) for name, one in others]),
        "chart": pages.months_chart(trend),
        "lines": pages.month_lines(trend),
        **_told(pages.breakdowns(shown, called)),
        "others": [name for name, _one in others],
        "promises": pages.promise_lines(shown.promises, [one.promises for _name, one in others]),
        **_handled([shown], called),
        "corrections": shown.corrections,
        "satisfaction": satisfaction(month.first, month.last),
    }


def _last_frozen(last: Month, today: date, in_force: Any) -> Month:
    before = last.plus(-1)
    return before if frozen_day(before, Sheet.INTAKE, in_force) <= today else last.plus(-2)


def _told(found: list[pages.Breakdown]) -> dict[str, Any]:
    nothing = bool(found) and not any(one.lines for one in found)
    return {"breakdowns": found, "nothing_told": nothing}


def _handled(months: list[PublicMonth], called: Names) -> dict[str, Any]:
    came = months[0].intake if len(months) == 1 else pages.summed(months)
    return {
        "intake": came,
        "waits": pages.waits(came),
        "answer_chart": pages.answer_chart(came.answer),
        "answer_lines": pages.answer_lines(came.answer),
        "results": pages.results(months, called),
        "repeats": pages.repeat_words(months),
    }


# --- a year ---------------------------------------------------------------------------------------


def _year(year: int, first: Month, last: Month, *, now: datetime) -> dict[str, Any]:
    called = public.names()
    begin, end = Month(year - 1, 1), min(Month(year, 12), last)
    found = public.public_months(begin, end, now=now, called=called)
    months = [one for month, one in found.items() if month.year == year and month >= first]
    same = {one.month.month for one in months}
    before = [
        one
        for month, one in found.items()
        if month.year == year - 1 and month >= first and month.month in same
    ]
    others = [(_("작년 같은 기간"), pages.summed(before))] if before else []
    return {
        **_common(first, last),
        "year": year,
        "title": _("%(year)s년") % {"year": year},
        "is_whole": pages.is_over(months) and all(one.frozen_at for one in months),
        "facts": pages.facts(pages.summed(months), others),
        "chart": pages.months_chart(months),
        "lines": pages.month_lines(months),
        **_told(pages.year_breakdowns(months, called)),
        "others": [name for name, _one in others],
        "promises": pages.promise_lines(
            pages.summed_promises(months), [pages.summed_promises(before)] if before else []
        ),
        **_handled(months, called),
        "cautions": _cautions(year, last),
        "corrections": [one for month in months for one in month.corrections],
        "satisfaction": satisfaction(date(year, 1, 1), date(year, 12, 31)),
    }


def _cautions(year: int, last: Month) -> str:
    """Of a year that is over, and from five up: a total that grows would tell of one person."""
    if year >= last.year:
        return _("해가 끝난 뒤에 싣습니다")
    given = public.cautions(year)
    return _("5건 미만") if given < FEW else _("%(n)s건") % {"n": given}


# --- open data ------------------------------------------------------------------------------------


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """What the files hold, column by column."""
    return render(request, "dashboards/statistics/data.html", {"first_contact": FIRST_CONTACT})


@require_safe
def data_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All months as CSV."""
    pieces = open_data.as_csv(_figures(timezone.now()))
    return _file(pieces, "text/csv; charset=utf-8", "voc-statistics.csv")


@require_safe
def data_json(request: HttpRequest) -> StreamingHttpResponse:
    """All months as JSON."""
    now = timezone.now()
    pieces = open_data.as_json(_figures(now), centre=str(facts()["centre_name"]), now=now)
    return _file(pieces, "application/json", "voc-statistics.json")


def _figures(now: datetime) -> Iterator[open_data.Figure]:
    first, last = _reach(now)
    return open_data.figures(first, last, now=now, called=public.names())


def _file(pieces: Iterable[bytes | str], kind: str, name: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(pieces, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    # Other sites may read it too: there is nothing in it that is not public.
    answer["Access-Control-Allow-Origin"] = "*"
    return answer
