"""Published results as a page shows them: numbers in words, charts drawn. Pure: reads plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.utils.safestring import SafeString

from centre import charts
from centre.charts import Bar, Part
from centre.words import korean_day
from surveys.models import QuestionType

Results = Mapping[str, Any]
#: The tone of points taken together, from bad (1) to good (5).
_TONES: Final = {
    "scale5": {(1, 2): 1, (1, 2, 3): 2, (4, 5): 5} | {(point,): point for point in range(1, 6)},
    "nps": {tuple(range(7)): 1, tuple(range(9)): 2, (7, 8): 3, (9,): 4, (10,): 5, (9, 10): 5}
    | {(point,): 1 + point * 4 // 10 for point in range(9)},
}
HIDDEN: Final = "보이지 않음"
TOO_FEW: Final = "응답이 5명보다 적거나, 적은 수가 드러날 수 있어 보이지 않습니다."


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: what, how many, what share."""

    label: str
    count: str
    percent: str
    swatch: SafeString = SafeString("")  # noqa: RUF009 - it cannot be changed


@dataclass(frozen=True, slots=True)
class QuestionSheet:
    code: str
    text: str
    kind: str
    mean: str
    score: str
    answered: str
    lines: list[Line] = field(default_factory=list)
    chart: SafeString = SafeString("")  # noqa: RUF009
    note: str = ""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    label: str
    n: str
    mean: str
    score: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ScoreTable:
    title: str
    chart: SafeString
    rows: list[ScoreRow]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    questions: list[QuestionSheet]


@dataclass(frozen=True, slots=True)
class Sheet:
    people: str
    period: str
    rate: str
    headline: str
    headline_text: str
    dimensions: ScoreTable | None
    parts: list[Chapter]
    tables: list[ScoreTable]
    enough: bool
    numbers_kept: bool


def sheet(told: Results) -> Sheet:
    """All that a page shows of results, published or to be."""
    people, headline = told["people"], told["headline"]
    return Sheet(
        people=f"{people:,}명" if people else "5명 미만",
        period=_period(told),
        rate=_rate(told),
        headline=_score(headline) if headline else HIDDEN,
        headline_text=headline["text"] if headline else "",
        dimensions=_dimensions(told["dimensions"]),
        parts=_parts(told["questions"]),
        tables=[_table(at, row) for at, row in enumerate(told["tables"])],
        enough=people is not None,
        numbers_kept=bool(told.get("numbers_kept")),
    )


def _period(told: Results) -> str:
    days = [korean_day(date.fromisoformat(told[key])) for key in ("begin", "end") if told[key]]
    return " ~ ".join(days)


def _rate(told: Results) -> str:
    rate = told.get("rate")
    if rate is None:
        return ""
    if told["asked"] is None:
        return f"{rate:.0f}% 이상"
    if told["of_invited"] is not None:
        return f"{rate:.1f}% (초대한 {told['asked']:,}명 가운데 {told['of_invited']:,}명)"
    return f"{rate:.1f}% (초대한 {told['asked']:,}명 가운데)"


_BOUNDS: Final = {"": "", "least": " 이상", "most": " 이하"}


def _mean(row: Results) -> str:
    mean = row.get("mean")
    if mean is None:
        return HIDDEN
    return f"{mean:.{1 if round(mean, 1) == mean else 2}f}{_BOUNDS[row['bound']]}"


def _score(row: Results) -> str:
    score = row.get("score")
    return HIDDEN if score is None else f"{score:.1f}점{_BOUNDS[row.get('bound', '')]}"


def _short(row: Results) -> str:
    """A score where there is little room."""
    return "–" if row.get("score") is None else f"{row['score']:.1f}"


# --- dimensions and groups ------------------------------------------------------------------------


def _dimensions(rows: Sequence[Results]) -> ScoreTable | None:
    if not rows:
        return None
    title = "차원별 점수(100점 만점)"
    chart = charts.bars(
        "dimensions", title, [Bar(row["name"], row["score"], _short(row)) for row in rows]
    )
    lines = [
        ScoreRow(
            label=row["name"],
            n=f"{row['questions']}문항",
            mean=HIDDEN if row["mean"] is None else f"{row['mean']:.2f}",
            score=_score(row),
            note=""
            if row["counted"] == row["questions"]
            else f"문항 {row['questions']}개 가운데 {row['counted']}개로 계산",
        )
        for row in rows
    ]
    return ScoreTable(title, chart, lines)


def _table(at: int, row: Results) -> ScoreTable:
    title = f"{row['by']}별 전반적 만족"
    if row["rows"] is None:
        note = "보일 수 있는 묶음이 없어 싣지 않습니다. 다른 표와 견주면 5명 미만이 드러날 수 있습니다."
        return ScoreTable(title, SafeString(""), [], note)
    chart = charts.bars(
        f"group-{at}", title, [Bar(one["name"], one["score"], _short(one)) for one in row["rows"]]
    )
    rows = [
        ScoreRow(one["name"], f"{one['n']:,}명", _mean(one), _score(one)) for one in row["rows"]
    ]
    if row["together"]:
        names = ", ".join(row["together"]["names"])
        label = f"함께 묶음: {names}"
        rows.append(ScoreRow(label, f"{row['together']['n']:,}명", HIDDEN, HIDDEN))
    return ScoreTable(title, chart, rows)


# --- years ----------------------------------------------------------------------------------------


def years(published: Iterable[tuple[str, Results]]) -> ScoreTable | None:
    """Overall satisfaction of a series of surveys, from what was published of each."""
    rows = [(label, told["headline"], told) for label, told in published if told.get("headline")]
    if len(rows) < 2:
        return None
    title = "조사마다 전반적 만족"
    chart = charts.bars(
        "years", title, [Bar(label, row["score"], _short(row)) for label, row, _told in rows]
    )
    lines = [
        ScoreRow(label, f"{told['people']:,}명", _mean(row), _score(row))
        for label, row, told in rows
    ]
    return ScoreTable(title, chart, lines)


# --- questions ------------------------------------------------------------------------------------


def _parts(rows: Iterable[Results]) -> list[Chapter]:
    """The questions under their parts, or under their dimensions where there are no parts."""
    found: list[Chapter] = []
    for row in rows:
        title = row["part"] or row["dimension"] or "그 밖의 문항"
        if not found or found[-1].title != title:
            found.append(Chapter(title, []))
        found[-1].questions.append(_question(row))
    return found


def _question(row: Results) -> QuestionSheet:
    if row["type"] in {QuestionType.SCALE, QuestionType.NPS}:
        return _scale(row)
    lines, chart, note = _choices(row)
    return QuestionSheet(
        row["code"], row["text"], row["type"], "", "", "", lines=lines, chart=chart, note=note
    )


def _scale(row: Results) -> QuestionSheet:
    nothing = row["answered"] is None and not row["at_least"]
    bands = row["bands"]
    tones = [_TONES[row["type"]][tuple(band["points"])] for band in bands]
    lines = [
        Line(
            band["label"],
            "–" if band["count"] is None else f"{band['count']:,}명",
            f"{'약 ' if band['count'] is None else ''}{band['percent']}%",
            charts.swatch(tone),
        )
        for band, tone in zip(bands, tones, strict=True)
    ]
    if row["missing"]:
        lines.append(Line("해당 없음·무응답", f"{row['missing']:,}명", ""))
    parts = [
        (
            band["label"],
            Part(
                band["percent"] if band["count"] is None else band["count"],
                f"{band['percent']}%",
                tone,
            ),
        )
        for band, tone in zip(bands, tones, strict=True)
    ]
    chart = charts.spread(f"q-{row['code']}", f"{row['code']} 응답 분포", parts) if bands else ""
    return QuestionSheet(
        code=row["code"],
        text=row["text"],
        kind=row["type"],
        mean="" if nothing else _mean(row),
        score=_score(row) if row["type"] == QuestionType.SCALE and not nothing else "",
        answered=_answered(row),
        lines=lines,
        chart=SafeString(chart),
        note=TOO_FEW
        if nothing
        else ""
        if bands
        else "적은 수가 드러날 수 있어 분포는 보이지 않습니다.",
    )


def _answered(row: Results) -> str:
    if row["answered"] is not None:
        return f"{row['answered']:,}명"
    return f"{row['at_least']:,}명 이상" if row["at_least"] else "5명 안팎이거나 적음"


def _choices(row: Results) -> tuple[list[Line], SafeString, str]:
    if row["choices"] is None:
        return [], SafeString(""), TOO_FEW
    lines = [Line(one["text"], _count(one), _percent(one)) for one in row["choices"]]
    drawn = [
        Bar(one["text"], one["percent"], _percent(one) or _count(one)) for one in row["choices"]
    ]
    if row["together"]:
        one = row["together"]
        label = "함께 묶음: " + ", ".join(one["names"])
        lines.append(Line(label, f"{one['count']:,}명", f"{one['percent']}%"))
        drawn.append(Bar("함께 묶음(표에 적음)", one["percent"], f"{one['percent']}%"))
    chart = charts.bars(f"q-{row['code']}", f"{row['code']} 고른 보기", drawn)
    note = "여럿을 고를 수 있어 더하면 100%가 넘습니다." if row["type"] == "multiple" else ""
    return lines, chart, note


def _count(one: Results) -> str:
    if one["count"] is not None:
        return f"{one['count']:,}명"
    return "5명 미만" if one["bound"] == "most" else "거의 모두"


def _percent(one: Results) -> str:
    return "" if one["percent"] is None else f"{one['percent']}%"
