"""``/statistics/``: every figure against the rows, small groups hidden, open data the same."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import combinations
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from centre.calendar import SEOUL
from centre.factories import TeamFactory, TopicFactory
from complaints.factories import ComplaintFactory
from complaints.models import Complaint, Kind, State
from dashboards.intake.figures import Measure
from dashboards.intake.freezing import freeze
from dashboards.intake.tallying import recount
from dashboards.statistics import months as public
from dashboards.statistics import pages, views
from dashboards.statistics.publishing import (
    Table,
    repeats_shown,
    shown_after_corrections,
    table_of,
    year_table,
)
from standards.months import Month

NOW = datetime(2026, 11, 20, 12, tzinfo=SEOUL)


def seoul(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SEOUL)  # type: ignore[arg-type,misc]


def case(received: datetime, **more: Any) -> Complaint:
    given: dict[str, Any] = {"handler": None, "team_confirmed_at": None, "due_at": False} | more
    return ComplaintFactory.create(received_at=received, **given)


def shown(client: Client, query: str = "", *, now: datetime = NOW, status: int = 200) -> str:
    with time_machine.travel(now.astimezone(UTC), tick=False):
        answer = client.get(f"/statistics/{query}")
    assert answer.status_code == status
    return unescape(answer.content.decode())


@pytest.fixture
def autumn(db: None) -> list[Complaint]:
    """September to November 2026, with last September, answered within some days."""
    rng = Random(7)
    team = TeamFactory.create()
    topics = [TopicFactory.create(team=team, name=name) for name in ("시설", "교육", "가=나")]
    cases = []
    for month, year, n in [(9, 2025, 12), (9, 2026, 40), (10, 2026, 31), (11, 2026, 9)]:
        for _ in range(n):
            received = seoul(year, month, rng.randrange(1, 19), rng.randrange(24), 30)
            told = received + timedelta(hours=rng.randrange(1, 400))
            done = told < NOW
            cases.append(
                case(
                    received, team=team, topic=rng.choice(topics), kind=rng.choice(Kind.values),
                    channel=rng.choice(["web", "web", "web", "phone", "fax"]),
                    told_at=told if done else None, decision="accepted" if done else "",
                    state=State.ANSWERED if done else State.REVIEWING,
                    team_confirmed_at=received + timedelta(hours=rng.randrange(0, 60)),
                )
            )  # fmt: skip
    freeze(now=NOW)
    return cases


def of_month(cases: list[Complaint], year: int, month: int) -> list[Complaint]:
    local = [(row, row.received_at.astimezone(SEOUL)) for row in cases]
    return [row for row, at in local if (at.year, at.month) == (year, month)]


# --- the page -------------------------------------------------------------------------------------


def test_without_an_opinion_every_part_says_so(db: None, client: Client) -> None:
    text = shown(client)
    assert "2026년 11월 고객의 소리" in text
    assert "해당 없음" in text
    assert "아직 답변드린 의견이 없습니다." in text
    assert "결과를 공개한 설문이 없습니다." in text


def test_the_month_that_was_frozen_last_stands_first(
    client: Client, autumn: list[Complaint]
) -> None:
    text = shown(client)
    rows = of_month(autumn, 2026, 10)
    assert "2026년 10월 고객의 소리" in text
    assert "받은 의견의 수는 2026년 11월 20일" in text
    assert f"<dd>{len(rows)}건" in text
    september = len(of_month(autumn, 2026, 9))
    assert f"전달 {september}건 ({len(rows) - september:+}건)" in text


def test_each_figure_of_a_month_is_what_the_rows_say(autumn: list[Complaint]) -> None:
    called = public.names()
    found = public.public_months(Month(2025, 9), Month(2026, 11), now=NOW, called=called)
    for month, one in found.items():
        rows = of_month(autumn, month.year, month.month)
        assert one.intake.total == len(rows)
        hours = sorted(
            int((row.told_at - row.received_at).total_seconds() // 3600)
            for row in rows
            if row.told_at
        )
        assert one.intake.answer.n == len(hours)
        if hours:
            assert one.intake.answer.median == hours[(len(hours) + 1) // 2 - 1]
            assert one.intake.answer.p90 == hours[-(-len(hours) * 9 // 10) - 1]
        assert one.intake.answer.within(168) == sum(wait < 168 for wait in hours)
        assert one.intake.decisions == ({"accepted": len(hours)} if hours else {})
        for measure, table in one.tables.items():
            key = {"topic": "topic_id"}.get(measure, str(measure))
            true = Counter(str(getattr(row, key)) for row in rows if getattr(row, key))
            if table is not None:
                assert all(true[value] == n for value, n in table.shown.items())
                assert sum(table.shown.values()) + table.together_n == true.total()
                assert table.together_n == sum(true[value] for value in table.together)
        assert bool(one.tables) == (month < Month(2026, 11))


def test_the_month_that_goes_on_shows_no_groups_of_people(
    client: Client, autumn: list[Complaint]
) -> None:
    text = shown(client, "?month=2026-11")
    assert "아직 바뀌는 수입니다. 받은 의견의 수는 2026년 12월 7일" in text
    assert "구분·접수경로·유형별 수는 그 달을 마감한 뒤에" in text
    assert "kind-chart" not in text
    assert "다시 말씀하신 의견:" not in text


@pytest.mark.parametrize(
    "query",
    [
        "?month=2026-13", "?month=2026-12", "?month=2025-08", "?month=0000-01", "?month=x",
        "?year=2126", "?year=2024", "?year=1", "?year=%00", "?month=9999999999-01",
    ],
)  # fmt: skip
def test_a_period_that_is_none_is_said_to_be_none(
    client: Client, autumn: list[Complaint], query: str
) -> None:
    text = shown(client, query, status=404)
    assert "아래에서 골라 주십시오." in text
    assert '<option value="2026-10"' in text


def test_a_year_has_its_months_and_the_total_of_cautions(
    client: Client, autumn: list[Complaint]
) -> None:
    text = shown(client, "?year=2026")
    total = len(autumn) - len(of_month(autumn, 2025, 9))
    assert f"<dd>{total}건" in text
    assert "3차 주의 조치(끝난 해의 합만, 5건부터 싣습니다):" in text
    assert "해가 끝난 뒤에 싣습니다" in text
    assert "한 해가 모두 마감된 뒤에" in text
    assert "kind-chart" not in text


@pytest.mark.parametrize("name", ["data.csv", "data.json"])
def test_other_sites_may_read_the_data(client: Client, autumn: list[Complaint], name: str) -> None:
    answer = client.get(f"/statistics/{name}")
    assert answer["Access-Control-Allow-Origin"] == "*"
    told = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "다시 말씀" in told
    assert '"5건 미만"' not in told


@pytest.mark.parametrize(
    ("year", "given", "said"),
    [
        (2026, 40, "해가 끝난 뒤에 싣습니다"),
        (2025, 0, "5건 미만"),
        (2025, 4, "5건 미만"),
        (2025, 5, "5건"),
    ],
)
def test_cautions_are_told_of_years_that_are_over_from_five_up(
    monkeypatch: pytest.MonkeyPatch, year: int, given: int, said: str
) -> None:
    monkeypatch.setattr(public, "cautions", lambda _year: given)
    assert views._cautions(year, Month(2026, 11)) == said


@pytest.mark.parametrize(
    ("first", "last", "over"), [(9, 12, True), (1, 12, True), (12, 12, True), (1, 11, False)]
)
def test_a_year_that_began_late_is_whole_once_it_is_over(first: int, last: int, over: bool) -> None:
    months = [SimpleNamespace(month=Month(2025, month)) for month in range(first, last + 1)]
    assert pages.is_over(months) is over  # type: ignore[arg-type]


def test_what_was_corrected_is_told_with_its_reason(
    client: Client, autumn: list[Complaint]
) -> None:
    case(seoul(2026, 9, 30, 23, 59, 59))
    recount(now=NOW)
    text = shown(client, "?month=2026-09")
    assert "마감한 뒤에 등록되었거나 받은 날이 바로잡힌 의견이 있습니다." in text
    assert "(40건 → 41건)" in text


def test_queries_are_as_many_whatever_there_is(client: Client, autumn: list[Complaint]) -> None:
    for address in ("/statistics/", "/statistics/?year=2026", "/statistics/data.csv"):
        asked = []
        for _ in range(2):
            with (
                time_machine.travel(NOW.astimezone(UTC), tick=False),
                CaptureQueriesContext(connection) as captured,
            ):
                answer = client.get(address)
                assert answer.status_code == 200
                if answer.streaming:
                    b"".join(answer.streaming_content)  # type: ignore[attr-defined]
            asked.append(len(captured))
            for hour in (9, 10, 11, 14, 15):
                case(seoul(2026, 11, 19, hour))
            freeze(now=NOW)
        # One more may come from what has appeared meanwhile; five from one a case.
        assert asked[1] <= asked[0] + 1 <= 21, asked


# --- open data ------------------------------------------------------------------------------------


def test_the_files_hold_the_same_figures(client: Client, autumn: list[Complaint]) -> None:
    with time_machine.travel(NOW.astimezone(UTC), tick=False):
        got = b"".join(client.get("/statistics/data.csv").streaming_content)  # type: ignore[attr-defined]
        told = b"".join(client.get("/statistics/data.json").streaming_content)  # type: ignore[attr-defined]
    assert got.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(got.decode("utf-8-sig"))))
    found = json.loads(told)["figures"]
    assert len(rows) == len(found) > 100
    for row, one in zip(rows, found, strict=True):
        assert (row["달"], row["무엇"]) == (one["month"], one["about"])
        assert row["값"] == ("" if one["value"] is None else str(one["value"]))
    totals = {one["month"]: one["value"] for one in found if one["item"] == "모두"}
    assert totals["2026-09"] == 40
    assert totals["2026-11"] == 9
    assert not [one for one in found if one["month"] == "2026-11" and one["about"] == "구분"]


def test_the_page_about_the_data_names_every_column(client: Client, db: None) -> None:
    answer = client.get("/statistics/data/")
    text = answer.content.decode()
    for name in ("frozen_on", "about", "item", "value", "unit", "note"):
        assert f"<td>{name}</td>" in text or name in text


# --- nobody is told apart -------------------------------------------------------------------------

VALUES = ["a", "b", "c", "d"]
counts = st.fixed_dictionaries({value: st.integers(0, 12) for value in VALUES})


@given(counts)
def test_a_table_tells_no_small_group(true: dict[str, int]) -> None:
    table = table_of(true, VALUES)
    if table is None:
        return
    assert all(n == 0 or n >= 5 for n in table.shown.values())
    if table.together:
        assert table.together_n >= 5
        assert len(table.together) >= 2
    assert sum(table.shown.values()) + table.together_n == sum(true.values())


@given(st.lists(counts, min_size=2, max_size=3))
def test_a_year_tells_no_small_group_of_a_month(months: list[dict[str, int]]) -> None:
    """No sum or difference of what is told of months and year is a group of one to four."""
    published = [(true, table_of(true, VALUES)) for true in months]
    year = year_table(published)
    if year is None:
        return
    told: list[frozenset[tuple[int, str]]] = []
    for at, (_true, table) in enumerate(published):
        told.append(frozenset((at, value) for value in VALUES))
        if table is not None:
            told += [frozenset((at, value) for value in block) for block in table.blocks()]
    told += [
        frozenset((at, value) for at in range(len(months)) for value in block)
        for block in year.blocks()
    ]
    for one, other in combinations(told, 2):
        if one < other:
            left = other - one
            n = sum(months[at].get(value, 0) for at, value in left)
            assert not 0 < n < 5


def test_a_correction_that_would_tell_of_one_person_is_not_shown() -> None:
    first = Table({"a": 20, "b": 10})
    assert shown_after_corrections([first, Table({"a": 19, "b": 11})]) is first
    much = Table({"a": 30, "b": 10})
    assert shown_after_corrections([first, Table({"a": 21, "b": 10}), much]) is much
    assert shown_after_corrections([None, first]) is None


def test_few_who_spoke_again_are_not_told() -> None:
    assert [repeats_shown(n, 10) for n in (0, 1, 4, 5, 6, 9, 10)] == [
        0,
        None,
        None,
        5,
        None,
        None,
        10,
    ]


def test_a_year_of_frozen_months_has_its_tables(db: None) -> None:
    for month in range(1, 13):
        for at in range(14):
            case(seoul(2025, month, 1 + at, 10), kind="complaint" if at % 2 else "enquiry")
    freeze(now=NOW)
    called = public.names()
    found = list(
        public.public_months(Month(2025, 1), Month(2025, 12), now=NOW, called=called).values()
    )
    told = {one.key: one for one in pages.year_breakdowns(found, called)}
    assert [line.cells[0] for line in told[Measure.KIND].lines if line.cells[0] != "0건"] == [
        "84건", "84건",
    ]  # fmt: skip
