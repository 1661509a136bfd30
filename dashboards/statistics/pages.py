"""What the pages of a month and of a year show, made of public figures. Draws; asks nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from centre import charts
from centre.charts import Bar
from complaints.models import Kind
from dashboards.intake.figures import Intake, Measure, Spread, spread_of
from dashboards.statistics import words
from dashboards.statistics.decisions import Kinds, tells_of_nobody
from dashboards.statistics.months import (
    PROMISES,
    TABLES,
    Names,
    PublicMonth,
    promise_names,
    whose,
)
from dashboards.statistics.publishing import Table, repeats_shown, year_table
from standards.figures import Tally
from standards.months import Month

WEEK_HOURS = 7 * 24
_LONG = 15
_LEAST_MONTHS = 3
_DAY_HOURS = 24
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str
    subs: tuple[str, ...] = ()
    main: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: its heading and its cells."""

    head: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A one-way table with its chart; without lines nothing may be told."""

    key: str
    title: str
    chart: SafeString | str
    lines: tuple[Line, ...]
    together: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    title: str
    n: int
    cells: tuple[str, ...]


def month_label(month: Month) -> str:
    return _("%(year)s년 %(month)s월") % {"year": month.year, "month": month.month}


def titles() -> Mapping[Measure, str]:
    return {
        Measure.KIND: _("구분"),
        Measure.CHANNEL: _("접수경로"),
        Measure.TOPIC: _("유형"),
        Measure.DECISION: _("처리결과"),
    }


# --- facts at the top -----------------------------------------------------------------------------


def facts(now: Intake, others: Sequence[tuple[str, Intake]]) -> list[Fact]:
    """The four numbers that say most, each beside those of the periods compared with."""
    compared = tuple(
        f"{name} {words.count(other.total)} ({words.change(now.total, other.total)})"
        for name, other in others
    )
    return [
        Fact(_("받은 의견"), words.count(now.total), compared, main=True),
        Fact(
            _("답변드린 의견"),
            words.count(now.answer.n),
            (_("그 기간에 받은 의견 가운데"),),
        ),
        Fact(
            _("7일(168시간) 안에 답변"),
            words.percent(now.answer.within(WEEK_HOURS), now.answer.n),
            tuple(
                f"{name} {words.percent(other.answer.within(WEEK_HOURS), other.answer.n)}"
                for name, other in others
            ),
        ),
        Fact(
            _("첫 연락까지(중앙값)"),
            words.minutes(now.first_contact.median),
            tuple(f"{name} {words.minutes(other.first_contact.median)}" for name, other in others),
        ),
    ]


# --- month by month -------------------------------------------------------------------------------


def months_chart(months: Sequence[PublicMonth]) -> SafeString | str:
    """Nothing for fewer than three months: the table says it."""
    if len(months) < _LEAST_MONTHS:
        return ""
    rows = [
        Bar(_short(one.month, months), one.intake.total, f"{one.intake.total:,}") for one in months
    ]
    return charts.columns("months-chart", _("달마다 받은 의견"), rows)


def _short(month: Month, months: Sequence[PublicMonth]) -> str:
    if month.month == 1 or month == months[0].month:
        return f"{month.year % 100:02}.{month.month}"
    return str(month.month)


def month_lines(months: Iterable[PublicMonth]) -> list[tuple[Month, Line]]:
    """A line a month, the newest first."""
    return [
        (
            one.month,
            Line(
                month_label(one.month),
                (
                    words.count(one.intake.total),
                    words.count(one.intake.answer.n),
                    words.percent(one.intake.answer.within(WEEK_HOURS), one.intake.answer.n),
                    words.minutes(one.intake.first_contact.median),
                    words.hours(one.intake.answer.median),
                    _("마감함") if one.frozen_at else _("아직 바뀜"),
                ),
            ),
        )
        for one in reversed(list(months))
    ]


# --- one-way tables -------------------------------------------------------------------------------


def breakdowns(month: PublicMonth, called: Names) -> list[Breakdown]:
    return [
        _breakdown(measure, month.tables[measure], called, key=measure.value)
        for measure in TABLES
        if measure in month.tables
    ]


def is_over(months: Sequence[PublicMonth]) -> bool:
    """Whether these months of a year, from its first with figures on, reach to its end."""
    return bool(months) and months[-1].month.month == _MONTHS


def year_breakdowns(months: Sequence[PublicMonth], called: Names) -> list[Breakdown]:
    """Of a year that is over, from its first month with figures on.

    Nothing before its last month is frozen, or a month could be subtracted.
    """
    if not is_over(months) or any(not one.tables for one in months):
        return []
    return [
        _breakdown(measure, _of_year(measure, months), called, key=measure.value)
        for measure in TABLES
    ]


def _of_year(measure: Measure, months: Sequence[PublicMonth]) -> Table | None:
    return year_table([(one.true[measure], one.tables[measure]) for one in months])


def results(months: Sequence[PublicMonth], called: Names) -> Breakdown | None:
    """처리결과 of a month or a year; None before how every month was handled is frozen.

    Of a year nothing where its sums, beside those of kinds, would tell of a few.
    """
    if not months or any(Measure.DECISION not in one.tables for one in months):
        return None
    table = months[0].tables[Measure.DECISION]
    if len(months) > 1:
        table = _results_of_year(months) if is_over(months) else None
    return _breakdown(Measure.DECISION, table, called, key=Measure.DECISION.value)


def _results_of_year(months: Sequence[PublicMonth]) -> Table | None:
    table = _of_year(Measure.DECISION, months)
    counts: Counter[str] = Counter()
    for one in months:
        counts.update(one.true[Measure.DECISION])
    if table is None:
        return None
    of = whose()
    told = _of_year(Measure.KIND, months)
    kinds = Kinds.of(told, Kind.values, sum(one.intake.total for one in months))
    return table if tells_of_nobody(table, kinds=kinds, counts=counts, whose=of) else None


def _breakdown(measure: Measure, table: Table | None, called: Names, *, key: str) -> Breakdown:
    title = titles()[measure]
    if table is None:
        return Breakdown(key, title, "", ())
    shown = [(called.name(measure, value), n) for value, n in table.shown.items()]
    together = ", ".join(called.name(measure, value) for value in table.together)
    rows = sorted(shown, key=lambda row: -row[1]) if measure == Measure.TOPIC else shown
    if table.together:
        rows.append((_("그 밖(합쳐서)"), table.together_n))
    whole = sum(n for _name, n in rows)
    bars = [Bar(name, n, words.count(n)) for name, n in rows]
    return Breakdown(
        key=key,
        title=title,
        chart=charts.bars(f"{key}-chart", title, bars, most=max([1, *(n for _name, n in rows)])),
        lines=tuple(Line(name, (words.count(n), words.percent(n, whole))) for name, n in rows),
        together=together,
    )


# --- how it was handled ---------------------------------------------------------------------------


def waits(intake: Intake) -> list[Wait]:
    rows = [
        (_("첫 연락까지(업무시간)"), intake.first_contact),
        (_("답변까지(흐른 시간)"), intake.answer),
    ]
    return [
        Wait(
            title,
            spread.n,
            (
                words.count(spread.n),
                words.wait(spread.median, spread),
                words.wait(spread.p90, spread),
            ),
        )
        for title, spread in rows
    ]


def answer_chart(spread: Spread) -> SafeString | str:
    """Answers by the days they took; the last column is everything longer."""
    if not spread.n:
        return ""
    days: Counter[int] = Counter()
    for start, n in spread.buckets.items():
        days[min(_LONG, start // _DAY_HOURS)] += n
    rows = [
        Bar(
            f"{day}" if day < _LONG else f"{_LONG}+",
            days[day],
            f"{days[day]:,}" if days[day] else "0",
        )
        for day in range(_LONG + 1)
    ]
    return charts.columns("answer-chart", _("답변까지 걸린 날(만 하루씩)"), rows)


def answer_lines(spread: Spread) -> list[Line]:
    """The same numbers as the chart."""
    days: Counter[int] = Counter()
    for start, n in spread.buckets.items():
        days[min(_LONG, start // _DAY_HOURS)] += n
    named = {0: _("하루가 되기 전"), _LONG: _("15일 또는 그 뒤")}
    return [
        Line(
            named.get(day, _("%(n)s일 뒤") % {"n": day}),
            (words.count(days[day]), words.percent(days[day], spread.n)),
        )
        for day in range(_LONG + 1)
        if days[day]
    ]


def repeat_words(months: Sequence[PublicMonth]) -> str:
    """How many spoke again; of a year nothing where one month could be found by subtraction."""
    shown = [repeats_shown(one.intake.repeats, one.intake.total) for one in months]
    if len(months) == 1:
        n = shown[0]
        if n is None:  # they or the others: which of the two is not told
            return _("5건 미만이 있어 싣지 않습니다")
        return f"{words.count(n)} ({words.percent(n, months[0].intake.total)})"
    if any(n is None for n in shown):
        return _("달마다 5건이 되지 않는 수가 있어 한 해의 합을 싣지 않습니다.")
    n = sum(one.intake.repeats for one in months)
    return f"{words.count(n)} ({words.percent(n, sum(one.intake.total for one in months))})"


def promise_lines(now: Mapping[str, Tally], others: Sequence[Mapping[str, Tally]]) -> list[Line]:
    return [
        Line(
            promise_names()[code],
            (
                words.count(now.get(code, Tally()).n),
                words.count(now.get(code, Tally()).kept),
                words.rate(now.get(code, Tally())),
                *(words.rate(other.get(code, Tally())) for other in others),
            ),
        )
        for code in PROMISES
    ]


def summed_promises(months: Iterable[PublicMonth]) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for one in months:
        for code, tally in one.promises.items():
            found[code] = found.get(code, Tally()) + tally
    return found


def summed(months: Sequence[PublicMonth]) -> Intake:
    """Several months as one, from their counts."""
    kinds: Counter[str] = Counter()
    decisions: Counter[str] = Counter()
    answers: Counter[int] = Counter()
    contacts: Counter[int] = Counter()
    for one in months:
        kinds.update(one.intake.kinds)
        decisions.update(one.intake.decisions)
        answers.update(one.intake.answer.buckets)
        contacts.update(one.intake.first_contact.buckets)
    return Intake(
        total=sum(one.intake.total for one in months),
        kinds=kinds,
        channels={},
        topics={},
        grid=(),
        repeats=sum(one.intake.repeats for one in months),
        stages={},
        decisions=decisions,
        outcomes={},
        first_contact=spread_of(contacts, unit="minute"),
        answer=spread_of(answers, unit="hour"),
    )
