"""The public figures as open data: one row a figure, the same numbers as on the pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils.translation import gettext as _

from centre.calendar import seoul_day
from dashboards.intake.figures import Intake, Measure
from dashboards.registers.files import Column, Style, csv_of
from dashboards.statistics.months import (
    PROMISES,
    TABLES,
    Names,
    PublicMonth,
    promise_names,
    public_months,
)
from dashboards.statistics.pages import WEEK_HOURS, titles
from dashboards.statistics.publishing import repeats_shown
from standards.figures import Tally
from standards.months import Month

#: What is withheld has no number and says why here.
TOGETHER: Final = "5건 미만이 있어 합침"
WITHHELD: Final = "수가 적어 싣지 않음"
#: Stands behind the day of the last correction.
CORRECTED: Final = "바로잡음"


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` is None where it is withheld (``note`` says so) or where there was no case."""

    month: Month
    frozen_on: date | None
    about: str
    item: str
    value: float | None
    unit: str
    note: str = ""


def figures(first: Month, last: Month, *, now: datetime, called: Names) -> Iterator[Figure]:
    """Every public figure of these months, the oldest first. All queries are made at once."""
    months = public_months(first, last, now=now, called=called)
    return (figure for one in months.values() for figure in _of_month(one, called))


def _of_month(one: PublicMonth, called: Names) -> Iterator[Figure]:
    intake_on = seoul_day(one.frozen_at) if one.frozen_at else None
    handled_on = seoul_day(one.handling_frozen_at) if one.handling_frozen_at else None
    yield Figure(one.month, intake_on, "받은 의견", "모두", one.intake.total, "건")
    yield from _tables(one, called, TABLES, intake_on)
    if one.frozen_at:
        repeats = repeats_shown(one.intake.repeats, one.intake.total)
        note = WITHHELD if repeats is None else ""
        yield Figure(one.month, intake_on, "받은 의견", "다시 말씀", repeats, "건", note)
    yield from _handled(one.month, one.intake, handled_on)
    yield from _tables(one, called, (Measure.DECISION,), handled_on)
    yield from _promises(one)


def _promises(one: PublicMonth) -> Iterator[Figure]:
    """As frozen and since put right; the note says when that was."""
    for code in PROMISES:
        tally, name = one.promises.get(code, Tally()), promise_names()[code]
        corrected = next((row.at for row in one.corrections if row.code == code), None)
        note = f"{seoul_day(corrected)} {CORRECTED}" if corrected else ""
        for about, n in (("약속: 모두", tally.n), ("약속: 지킴", tally.kept)):
            yield Figure(one.month, one.promises_frozen_on, about, name, n, "건", note)


def _tables(
    one: PublicMonth, called: Names, measures: Iterable[Measure], frozen_on: date | None
) -> Iterator[Figure]:
    for measure in measures:
        if measure not in one.tables:
            continue
        table, about = one.tables[measure], titles()[measure]
        if table is None:
            yield Figure(one.month, frozen_on, about, "", None, "건", WITHHELD)
            continue
        for value, n in table.shown.items():
            yield Figure(one.month, frozen_on, about, called.name(measure, value), n, "건")
        if table.together:
            names = " + ".join(called.name(measure, value) for value in table.together)
            yield Figure(one.month, frozen_on, about, names, table.together_n, "건", TOGETHER)


def _handled(month: Month, intake: Intake, frozen_on: date | None) -> Iterator[Figure]:
    answer, contact = intake.answer, intake.first_contact
    for about, item, value, unit in (
        ("처리", "답변", answer.n, "건"),
        ("처리", "7일(168시간) 안 답변", answer.within(WEEK_HOURS), "건"),
        ("답변까지", "중앙값", answer.median, "시간"),
        ("답변까지", "90%", answer.p90, "시간"),
        ("처리", "첫 연락", contact.n, "건"),
        ("첫 연락까지", "중앙값", contact.median, "업무시간 분"),
        ("첫 연락까지", "90%", contact.p90, "업무시간 분"),
    ):
        yield Figure(month, frozen_on, about, item, value, unit)


# --- files ----------------------------------------------------------------------------------------


def columns() -> list[Column]:
    return [
        Column(_("달")),
        Column(_("마감한 날")),
        Column(_("무엇")),
        Column(_("항목")),
        Column(_("값"), Style.NUMBER),
        Column(_("단위")),
        Column(_("적음")),
    ]


def as_csv(told: Iterable[Figure]) -> Iterator[bytes]:
    """UTF-8 with a mark; a cell that a spreadsheet would take for a formula is made text."""
    return csv_of(columns(), ([_cells(one)] for one in told))


def _cells(one: Figure) -> list[str | int | None]:
    value = None if one.value is None else int(one.value)
    frozen_on = one.frozen_on.isoformat() if one.frozen_on else ""
    return [str(one.month), frozen_on, one.about, one.item, value, one.unit, one.note]


def as_json(told: Iterable[Figure], *, centre: str, now: datetime) -> Iterator[str]:
    """One object: what it is, then all figures in ``figures``, a piece each."""
    about = {"title": "고객의 소리 통계", "publisher": centre, "made_at": now.isoformat()}
    yield json.dumps(about, ensure_ascii=False)[:-1] + ', "figures": ['
    between = "\n"
    for one in told:
        row = {
            "month": str(one.month),
            "frozen_on": one.frozen_on.isoformat() if one.frozen_on else None,
            "about": one.about,
            "item": one.item,
            "value": one.value,
            "unit": one.unit,
            "note": one.note,
        }
        yield between + json.dumps(row, ensure_ascii=False)
        between = ",\n"
    yield "\n]}\n"
