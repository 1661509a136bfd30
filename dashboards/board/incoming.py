"""What came in during a period, as charts and tables: made of counts, never of opinions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.safestring import SafeString

from centre import charts
from centre.charts import Bar
from centre.models import Topic
from complaints.models import Channel, Kind
from dashboards import intake
from dashboards.board.periods import Days, Period
from dashboards.intake import Intake
from dashboards.intake.figures import OUTCOMES, Outcome, Spread
from standards.figures import shown
from surveys import queries as surveys

WEEKDAYS: Final = ("월", "화", "수", "목", "금", "토", "일")
NONE: Final = "-"
#: So many published surveys are shown.
MOST_SURVEYS: Final = 4


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure with those of the two other periods, in words."""

    label: str
    now: str
    before: str
    year_ago: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A chart with its table: a row is a label, how many, and how many in the period before."""

    code: str
    title: str
    chart: SafeString
    rows: list[tuple[str, int, str, str]]


@dataclass(frozen=True, slots=True)
class Score:
    """What was published of a survey, as it was published."""

    title: str
    score: str
    people: str


@dataclass(frozen=True, slots=True)
class Incoming:
    found: Intake
    compared: list[Compared]
    sheets: list[Sheet]
    hours: Sheet
    weekdays: Sheet
    heat: SafeString
    grid: list[tuple[str, tuple[int, ...]]]
    scores: list[Score]

    @property
    def total(self) -> Compared:
        return self.compared[0]


def incoming_of(period: Period, *, team_ids: list[int] | None, now: datetime) -> Incoming:
    """A fixed number of queries."""

    def between(days: Days | None) -> Intake | None:
        return None if days is None else intake.between(*days, now=now, team_ids=team_ids)

    found = intake.between(period.first, period.last, now=now, team_ids=team_ids)
    before, year_ago = between(period.before), between(period.year_ago)
    topics = dict(Topic.objects.values_list("pk", "name"))
    return Incoming(
        found=found,
        compared=_compared(found, before, year_ago),
        sheets=[
            _bars("channels", "접수경로", _labels(Channel), found, before),
            _bars("kinds", "민원구분", _labels(Kind), found, before),
            _bars("topics", "유형", topics, found, before),
            _bars("outcomes", "처리 결과", _labels(Outcome), found, before),
        ],
        hours=_columns(
            "hours",
            "들어온 시각",
            [f"{hour}시" for hour in range(24)],
            found.hours,
            before,
            every=3,
        ),
        weekdays=_columns("weekdays", "들어온 요일", WEEKDAYS, found.weekdays, before),
        heat=charts.heat(
            "heat",
            "요일과 시각",
            rows=WEEKDAYS,
            columns=[str(hour) for hour in range(24)],
            counts=found.grid,
        ),
        grid=list(zip(WEEKDAYS, found.grid, strict=True)),
        scores=_scores(),
    )


# --- figures beside one another -------------------------------------------------------------------


def _compared(found: Intake, before: Intake | None, year_ago: Intake | None) -> list[Compared]:
    """The figures of which there is one for a period."""

    def line(label: str, words: Callable[[Intake], str], note: str = "") -> Compared:
        first, second = (NONE if one is None else words(one) for one in (before, year_ago))
        return Compared(label, words(found), first, second, note)

    waiting = found.total - found.answer.n
    return [
        line("들어온 의견", lambda one: f"{one.total:,}건"),
        line(
            "같은 고객이 다시 말씀하신 비율",
            _repeat_words,
            "다시 말씀하신 것으로 확인한 의견 ÷ 들어온 의견",
        ),
        line("2차·3차 조치로 간 의견", _stage_words),
        line(
            "첫 연락까지 가운데값",
            lambda one: wait_words(one.first_contact, 50),
            "문 연 시간으로 셉니다.",
        ),
        line("첫 연락까지 열에 아홉", lambda one: wait_words(one.first_contact, 90)),
        line(
            "답변까지 가운데값",
            lambda one: wait_words(one.answer, 50),
            f"아직 답변드리지 않았거나 이름 없이 온 {waiting:,}건은 뺐습니다." if waiting else "",
        ),
        line("답변까지 열에 아홉", lambda one: wait_words(one.answer, 90)),
    ]


def _repeat_words(found: Intake) -> str:
    if found.repeat_rate is None:
        return "해당 없음"
    return f"{shown(found.repeats, found.total)} ({found.repeats:,}/{found.total:,})"


def _stage_words(found: Intake) -> str:
    """The third stage is told for years only, so it is taken together with the second."""
    return f"{sum(n for stage, n in found.stages.items() if stage > 1):,}건"


def wait_words(spread: Spread, percent: int) -> str:
    """``35~40분``, ``2일 3시간``: the bucket in which it lies."""
    at = spread.median if percent == 50 else spread.p90
    if at is None:
        return "해당 없음"
    if spread.unit == "minute":
        return _minutes(at, spread.width)
    days, hours = divmod(at, 24)
    return f"{days}일 {hours}시간" if days else f"{hours}시간"


def _minutes(at: int, width: int) -> str:
    if at < 60:
        return f"{at}~{at + width}분"
    hours, minutes = divmod(at, 60)
    return f"{hours:,}시간 {minutes}분" if minutes else f"{hours:,}시간"


# --- charts ---------------------------------------------------------------------------------------


def _labels(choices: Any) -> dict[Any, str]:
    if choices is Outcome:
        return {key: str(label) for key, label in OUTCOMES.items()}
    return {key: str(label) for key, label in choices.choices}


def _bars(
    name: str, title: str, labels: Mapping[Any, str], found: Intake, before: Intake | None
) -> Sheet:
    """Those there were, the most first; of the others there is nothing to draw."""
    counts: Mapping[Any, int] = getattr(found, name)
    earlier: Mapping[Any, int] = getattr(before, name) if before is not None else {}
    keys = [key for key in labels if counts.get(key) or earlier.get(key)]
    keys.sort(key=lambda key: -counts.get(key, 0))
    total = sum(counts.values())
    rows = [
        (
            labels[key],
            counts.get(key, 0),
            _share(counts.get(key, 0), total),
            NONE if before is None else f"{earlier.get(key, 0):,}",
        )
        for key in keys
    ]
    most = max((n for _label, n, *_rest in rows), default=0) or 1
    chart = charts.bars(
        name, title, [Bar(label, n, f"{n:,}건") for label, n, *_rest in rows], most=most
    )
    return Sheet(name, title, chart, rows)


def _share(n: int, total: int) -> str:
    return f"{n / total * 100:.0f}%" if total else "해당 없음"


def _columns(
    name: str,
    title: str,
    labels: tuple[str, ...] | list[str],
    counts: tuple[int, ...],
    before: Intake | None,
    *,
    every: int = 1,
) -> Sheet:
    earlier: tuple[int, ...] = getattr(before, name) if before is not None else ()
    total = sum(counts)
    chart = charts.columns(
        name,
        title,
        [Bar(label, n, f"{n:,}") for label, n in zip(labels, counts, strict=True)],
        before=earlier if sum(earlier) else (),
        label_every=every,
    )
    rows = [
        (label, n, _share(n, total), f"{earlier[at]:,}" if earlier else NONE)
        for at, (label, n) in enumerate(zip(labels, counts, strict=True))
    ]
    return Sheet(name, title, chart, rows)


def _scores() -> list[Score]:
    """Overall satisfaction as published. A figure of any period would tell of few people."""
    found = []
    for survey in surveys.published().prefetch_related("publications")[:MOST_SURVEYS]:
        published = [one.results for one in survey.publications.all()]
        headline = published[-1].get("headline") if published else None
        if headline and headline.get("score") is not None:
            people = published[-1].get("people")
            found.append(
                Score(survey.title, f"{headline['score']:.1f}점", f"{people:,}명" if people else "")
            )
    return found
