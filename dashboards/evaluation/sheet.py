"""The document: what a year's figures say of each standard, beside people's own words.

``document_of`` makes plain data (JSON) of which page and PDF are drawn, and which is frozen when it
is laid before the approvers. What may not be published is not in it: counts about few people are
left out here, not by the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, TypedDict

from django.db.models import F, Q

from centre.calendar import seoul_day
from centre.charts import Bar
from centre.words import korean_day
from dashboards.evaluation.errors import Refused
from dashboards.evaluation.models import Evaluation, Remark
from standards import figures
from standards.figures import FEW, Result, Tally
from standards.models import Standard

FEW_WORDS: Final = f"{FEW}건 미만이어서 보이지 않음"
NO_CASE: Final = "해당 없음"
#: What a measure says first where two promises share the charter's words: "(접수) …".
_HALF: Final = re.compile(r"\(([가-힣]{1,6})\) ")


class Counts(TypedDict):
    """A tally as it is published."""

    n: int
    kept: int
    kept_extended: int
    overdue: int
    excluded: int


class VersionLine(TypedDict):
    """A version that was in force in the year, from its first to its last day in it."""

    first: str
    last: str
    target: float
    limit: str


class Line(TypedDict):
    """A standard. ``counts`` and ``before`` are None where they may not be published."""

    code: str
    number: int
    title: str
    limit: str
    own_limit: bool
    target: float
    versions: list[VersionLine]
    counts: Counts | None
    before: Counts | None
    others: Counts | None
    cause: str
    action: str
    owner: str
    due_on: str


class Document(TypedDict):
    """All that is shown. Days are ISO dates in Seoul."""

    year: int
    number: int
    why: str
    introduction: str
    closing: str
    counted_on: str
    lines: list[Line]


# --- from the figures ------------------------------------------------------------------------------


def check_year(year: int, *, now: datetime) -> None:
    """Refused for a year that has not ended in Seoul, or that nobody can have counted."""
    today = seoul_day(now)
    if year >= today.year:
        raise Refused(
            f"{year}년은 아직 끝나지 않았습니다. {year + 1}년 1월부터 평가할 수 있습니다.",
            field="year",
        )
    if year < figures.EARLIEST.year:
        raise Refused(f"{figures.EARLIEST.year}년부터의 해를 골라 주십시오.", field="year")


#: So many years back can be begun from the list.
YEARS_BACK: Final = 3


def years_with_figures(last: int, *, now: datetime) -> list[int]:
    """The last years in which any promise has a case, the newest first: others are refused."""
    years = range(last, max(last - YEARS_BACK, figures.EARLIEST.year - 1), -1)
    return [year for year in years if _has_figures(year, now=now)]


def _has_figures(year: int, *, now: datetime) -> bool:
    codes = {row.code: row for row in _versions(year)}
    return bool(figures.of_year(year, now=now, standards=codes))


def lines_of(year: int, *, now: datetime) -> list[Line]:
    """Every public standard that was in force in the year, with its figures.

    Refused where the year holds no case at all: there is nothing to evaluate.
    """
    check_year(year, now=now)
    versions = _versions(year)
    codes = {row.code: row for row in versions}
    results = figures.of_year(year, now=now, standards=codes)
    if not results:
        raise Refused(
            f"{year}년에 센 이행 약속이 없습니다. 다른 곳에 공개한 평가는 헌장 이행 기록에 적어 주십시오.",
            field="year",
        )
    before = (
        figures.of_year(year - 1, now=now, standards=codes) if year > figures.EARLIEST.year else {}
    )
    by_code: dict[str, list[Standard]] = {}
    for row in versions:
        by_code.setdefault(row.code, []).append(row)
    return [
        _line(rows, year, results.get(code, Result()), before.get(code, Result()))
        for code, rows in by_code.items()
    ]


def _versions(year: int) -> list[Standard]:
    """The versions in force on some day of the year, by number and then in order."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows = Standard.objects.filter(public=True, valid_from__lte=last).filter(
        Q(valid_until=None) | (Q(valid_until__gt=first) & Q(valid_until__gt=F("valid_from")))
    )
    return list(rows.order_by("number", "code", "version"))


def _line(rows: Sequence[Standard], year: int, result: Result, before: Result) -> Line:
    last = rows[-1]
    return Line(
        code=last.code,
        number=last.number,
        title=_title(last),
        limit=last.limit_text,
        own_limit=last.own_limit,
        target=last.percent,
        versions=[_version(row, year) for row in rows],
        counts=counts_of(result.counted, last.code),
        before=counts_of(before.counted, last.code),
        others=counts_of(result.others, last.code) if not result.others.is_empty else None,
        cause="",
        action="",
        owner="",
        due_on="",
    )


def _title(row: Standard) -> str:
    """The charter's words; where two standards share them, which half of them is meant."""
    half = _HALF.match(row.measure)
    return f"{row.title} ({half[1]})" if half and not row.name else row.title


def _version(row: Standard, year: int) -> VersionLine:
    until = row.valid_until - timedelta(days=1) if row.valid_until else date(year, 12, 31)
    return VersionLine(
        first=max(row.valid_from, date(year, 1, 1)).isoformat(),
        last=min(until, date(year, 12, 31)).isoformat(),
        target=row.percent,
        limit=row.limit_text,
    )


def counts_of(tally: Tally, code: str) -> Counts | None:
    if tally.is_few(code):
        return None
    return Counts(
        n=tally.n,
        kept=tally.kept,
        kept_extended=tally.kept_extended,
        overdue=tally.overdue,
        excluded=tally.excluded,
    )


# --- with people's words ---------------------------------------------------------------------------


def document_of(evaluation: Evaluation, remarks: Iterable[Remark], *, now: datetime) -> Document:
    """The whole document as it stands now."""
    lines = lines_of(evaluation.year, now=now)
    said = {remark.code: remark for remark in remarks}
    for line in lines:
        remark = said.get(line["code"])
        if remark is not None:
            line["cause"], line["action"] = remark.cause, remark.action
            if remark.action and remark.owner is not None:
                line["owner"] = f"{remark.owner.team} {remark.owner}"
            if remark.action and remark.due_on is not None:
                line["due_on"] = remark.due_on.isoformat()
    return Document(
        year=evaluation.year,
        number=evaluation.number,
        why=evaluation.why,
        introduction=evaluation.introduction,
        closing=evaluation.closing,
        counted_on=seoul_day(now).isoformat(),
        lines=lines,
    )


# --- as it is read ---------------------------------------------------------------------------------


def rate_of(counts: Mapping[str, Any] | None) -> float | None:
    """Per cent; None where there is no case or it is not published."""
    if not counts or not counts["n"]:
        return None
    return 100.0 * int(counts["kept"]) / int(counts["n"])


def is_reached(line: Line) -> bool | None:
    """Whether the target was reached; None where there is no figure to compare.

    Asked of the counts, so that no rounding decides.
    """
    counts = line["counts"]
    if counts is None or not counts["n"]:
        return None
    return counts["kept"] * 1000 >= round(line["target"] * 10) * counts["n"]


def shown(counts: Mapping[str, Any] | None) -> str:
    """``98.3%``; "" where there is none."""
    return figures.shown(int(counts["kept"]), int(counts["n"])) if counts else ""


@dataclass(frozen=True, slots=True)
class Row:
    """A standard as a row of the table."""

    line: Line
    reached: bool | None

    @property
    def code(self) -> str:
        return self.line["code"]

    @property
    def target(self) -> str:
        return f"{self.line['target']:g}%"

    @property
    def hidden(self) -> bool:
        return self.line["counts"] is None

    @property
    def n(self) -> str:
        counts = self.line["counts"]
        return FEW_WORDS if counts is None else f"{counts['n']:,}"

    @property
    def kept(self) -> str:
        counts = self.line["counts"]
        return "" if counts is None else f"{counts['kept']:,}"

    @property
    def rate(self) -> str:
        if self.hidden:
            return ""
        return shown(self.line["counts"]) or NO_CASE

    @property
    def before(self) -> str:
        counts = self.line["before"]
        if counts is None:
            return FEW_WORDS
        rate = shown(counts)
        return f"{rate} ({counts['kept']:,}/{counts['n']:,})" if rate else NO_CASE

    @property
    def state(self) -> str:
        if self.hidden:
            return "공개하지 않음"
        return {True: "목표 이룸", False: "목표에 미치지 못함", None: NO_CASE}[self.reached]

    @property
    def notes(self) -> list[str]:
        """What belongs beside the figures."""
        counts, said = self.line["counts"], []
        if counts is not None and counts["overdue"]:
            said.append(f"기한이 지났으나 끝나지 않은 {counts['overdue']:,}건을 포함합니다.")
        if counts is not None and counts["kept_extended"]:
            said.append(
                f"연장 뒤 지킨 {counts['kept_extended']:,}건은 지킨 것에도 측정 건수에도 넣지 않았습니다."
            )
        if counts is not None and counts["excluded"]:
            said.append(f"이송·취하·병합 {counts['excluded']:,}건은 따로 셌습니다.")
        others = self.line["others"]
        if others is not None and others["n"]:
            said.append(
                f"이 약속이 말하지 않는 종류는 {others['n']:,}건 가운데 {others['kept']:,}건을 "
                "같은 기한 안에 마쳤습니다."
            )
        if len(self.line["versions"]) > 1:
            said.append(f"해 가운데 기준이 바뀌었습니다: {self.versions}.")
        return said

    @property
    def versions(self) -> str:
        return ", ".join(
            f"{_short(row['first'])}~{_short(row['last'])} {row['limit']} 목표 {row['target']:g}%"
            for row in self.line["versions"]
        )

    @property
    def due(self) -> str:
        return korean_day(date.fromisoformat(self.line["due_on"])) if self.line["due_on"] else ""

    @property
    def has_words(self) -> bool:
        return bool(self.line["cause"] or self.line["action"])

    @property
    def label(self) -> str:
        return f"{self.line['number']}. {self.line['title']}"


def _short(day: str) -> str:
    found = date.fromisoformat(day)
    return f"{found.month}월 {found.day}일"


@dataclass(frozen=True, slots=True)
class Summary:
    """The year at a glance; what is hidden is in none of the counts."""

    standards: int
    reached: int
    below: int
    no_case: int
    hidden: int
    n: int
    kept: int

    @property
    def rate(self) -> str:
        return figures.shown(self.kept, self.n) or NO_CASE


def rows_of(document: Document) -> list[Row]:
    return [Row(line, is_reached(line)) for line in document["lines"]]


def summary_of(rows: Sequence[Row]) -> Summary:
    counted = [row.line["counts"] for row in rows if row.line["counts"] is not None]
    return Summary(
        standards=len(rows),
        reached=sum(row.reached is True for row in rows),
        below=sum(row.reached is False for row in rows),
        no_case=sum(row.reached is None and not row.hidden for row in rows),
        hidden=sum(row.hidden for row in rows),
        n=sum(one["n"] for one in counted),
        kept=sum(one["kept"] for one in counted),
    )


_LONGEST_LABEL: Final = 26


def bars_of(rows: Sequence[Row]) -> list[Bar]:
    """The rates as bars: first those below their target, with that in words."""
    shown = [row for row in rows if rate_of(row.line["counts"]) is not None]
    shown.sort(key=lambda row: (row.reached is True, row.line["number"]))
    return [Bar(_bar_label(row), rate_of(row.line["counts"]), row.rate) for row in shown]


def _bar_label(row: Row) -> str:
    label = row.label
    if len(label) > _LONGEST_LABEL:
        label = f"{label[: _LONGEST_LABEL - 1].rstrip()}…"
    return label if row.reached else f"▼ {label} (목표 {row.target})"
