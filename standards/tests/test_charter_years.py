"""The charter page of a year, month by month, with corrections; and its figures as open data."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from centre.services import set_option
from records.actors import SYSTEM
from standards import figures, freezing, open_data, registry, services, tallied, tallying, views
from standards.figures import Month, Result
from standards.models import Commitment, Correction, Standard
from standards.tests import oracle
from standards.tests.conftest import promise
from standards.tests.instants import at
from standards.tests.test_charter import shown

pytestmark = pytest.mark.usefixtures("charter")
NOW = at("2026-11-20 10:00")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def some_history() -> None:
    """Two years of answers, some late; visits; one observation a month; three cautions."""
    for month in range(1, 12):
        for number, hours in enumerate((5, 200, 30)):
            start = at(f"2026-{month:02}-05 10:00")
            for years in (0, 1):
                key = f"{month}:{number}:{years}"
                begun = start.replace(year=start.year - years)
                kind = "enquiry" if number == 2 else "complaint"
                promise(key, started_at=begun, now=begun, category=kind)
                if number != 1 or month % 4:
                    done = begun + timedelta(hours=hours)
                    services.fulfil(key=key, at=done, now=done)
        services.observe(
            code="phone-answer", key=f"o{month}", at=at(f"2026-{month:02}-09 10:00"), kept=4, n=5
        )
    for number in range(3):
        start = at(f"2025-0{number + 3}-05 10:00")
        promise(f"c{number}", code="stage-3", started_at=start, now=start)
        services.fulfil(key=f"c{number}", at=start, now=start)
    tallying.count_changes(now=NOW)


def page(client: Client, query: str = "") -> str:
    return client.get(f"/charter/{query}").content.decode()


# --- figures, the slow way ------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_figure_of_the_page_is_what_the_rows_say(year: int) -> None:
    some_history()
    context: Any = views.charter_context(now=NOW, year=year)
    slow = oracle.between(date(year, 1, 1), date(year, 12, 31), now=NOW)
    slow_before = oracle.between(date(year - 1, 1, 1), date(year - 1, 12, 31), now=NOW)
    promises = [promise for part in context["parts"] for promise in part.all_promises]
    assert len(promises) == 35
    for one in promises:
        code = one.standard.code
        assert one.result == slow.get(code, Result()), code
        assert one.before == slow_before.get(code, Result()), code
    assert sum(one.result.counted.n for one in promises) > 20


def test_each_month_of_the_line_is_what_the_rows_say() -> None:
    some_history()
    found = shown("reply", "2026-11-20 10:00")
    slow = oracle.by_month(date(2025, 11, 1), date(2026, 11, 30), now=NOW)["reply"]
    for month in [Month(2025, 11).plus(number) for number in range(13)]:
        tally = slow.get(month, Result()).counted
        row = f'<th scope="row">{month}</th><td>'
        cells = f"{tally.kept}/{tally.n}" if tally.n else "해당 없음"
        assert f"{row}{cells}</td>" in str(found.table)
    assert str(found.table).count("<tr>") == 13
    assert "2025년 11월" in str(found.line)
    assert "2025년 10월" not in str(found.line)


def monthly_rows(found: Any) -> dict[str, list[str]]:
    """Of the table of a promise: what stands beside each month."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', str(found.table))
    return {month: re.findall(r"<td>(.*?)</td>", cells) for month, cells in rows}


def test_months_before_the_records_are_none_without_a_case() -> None:
    for number, day in enumerate(("2026-07-06", "2026-09-07")):
        start = at(f"{day} 10:00")
        promise(f"k{number}", started_at=start, now=start)
        services.fulfil(key=f"k{number}", at=start, now=start)
    tallying.count_changes(now=NOW)
    found = shown("reply", "2026-11-20 10:00")
    rows = monthly_rows(found)
    assert {month for month, cells in rows.items() if cells[0] == "기록 전"} == {
        "2025-11", "2025-12", *(f"2026-0{month}" for month in range(1, 7)),
    }  # fmt: skip
    assert (rows["2026-07"][0], rows["2026-08"][0]) == ("1/1", "해당 없음")
    assert found.line is None, "two months are no trend"
    start = at("2026-10-06 10:00")
    promise("third", started_at=start, now=start)
    services.fulfil(key="third", at=start, now=start)
    tallying.count_changes(now=NOW)
    line = str(shown("reply", "2026-11-20 10:00").line)
    assert "2026년 6월 기록 전" in line
    assert "2026년 8월 해당 없음" in line


def test_cautions_are_told_of_by_the_year_only(client: Client) -> None:
    some_history()
    found = shown("stage-3", "2026-11-20 10:00")
    assert (found.line, found.table) == (None, None)
    text = page(client, "?year=2025")
    number = found.standard.number
    part = text[text.index(f'id="promise-{number}"') :].partition("</details>")[0]
    assert "pm-line" not in part
    assert "pm-months" not in part
    assert "5건 미만" in part


def test_cautions_of_a_year_that_runs_have_no_number_however_many(client: Client) -> None:
    some_history()
    for number in range(1, 8):
        start = at(f"2026-0{number}-05 10:00")
        promise(f"r{number}", code="stage-3", started_at=start, now=start)
        services.fulfil(key=f"r{number}", at=start, now=start)
    running, later = (shown("stage-3", day) for day in ("2026-11-20 10:00", "2027-01-02 10:00"))
    assert running.withheld
    assert running.hidden
    assert later.before.counted.n == 7
    assert not later.before_hidden
    text = page(client)
    part = text[text.index(f'id="promise-{running.standard.number}"') :].partition("</details>")[0]
    assert "해가 끝나야 수를 알립니다" in part
    assert "끝난 해의 합만, 그것도 5건부터" in part
    assert "7건" not in part


# --- the year -------------------------------------------------------------------------------------


def test_years_can_be_chosen(client: Client) -> None:
    some_history()
    assert views.known_years(now=NOW) == [2026, 2025]
    text = page(client)
    assert '<a href="?year=2026" aria-current="page">2026년</a>' in text
    assert "2025년 결과" in text
    text = page(client, "?year=2025")
    assert '<a href="?year=2025" aria-current="page">2025년</a>' in text
    assert "2025년 한눈에 보기" in text


@pytest.mark.parametrize(
    "year", ["2024", "2027", "1", "0", "-1", "abc", "99999999999", "2026.5", "２０２６"]
)
def test_other_years_are_not_there(client: Client, year: str) -> None:
    some_history()
    answer = client.get("/charter/", {"year": year})
    assert answer.status_code == 404
    assert "그 해의 결과는 없습니다" in answer.content.decode()


def test_a_year_that_is_over_is_shown_by_its_own_standards(client: Client) -> None:
    some_history()
    Standard.objects.filter(code="reply").update(valid_until=date(2026, 3, 1))
    new = Standard.objects.get(code="reply")
    clauses = list(new.clauses.all())
    new.pk, new.version, new.valid_from, new.valid_until = None, 2, date(2026, 3, 1), None
    new.target = 0.5
    new.save()
    new.clauses.set(clauses)
    assert shown("reply", "2026-11-20 10:00").standard.version == 2
    context: Any = views.charter_context(now=NOW, year=2025)
    promises = [promise for part in context["parts"] for promise in part.all_promises]
    assert [p.standard.version for p in promises if p.standard.code == "reply"] == [1]


# --- frozen and corrected -------------------------------------------------------------------------


def test_frozen_months_and_corrections_are_said(client: Client) -> None:
    some_history()
    assert "아직 확정하지 않았습니다" in page(client)
    freezing.freeze(now=NOW)
    services.unfulfil(key="9:0:0", why="bounced", now=NOW)
    tallying.count_changes(now=NOW)
    row = Correction.objects.get()
    freezing.explain(correction=row, text="편지가 되돌아왔습니다.", by=SYSTEM, now=NOW)
    text = page(client)
    marks = {
        month: cells[2] for month, cells in monthly_rows(shown("reply", "2026-11-20 10:00")).items()
    }
    assert (marks["2026-11"], marks["2026-10"], marks["2026-09"]) == ("", "확정", "확정 · 정정")
    assert "2026년 10월까지의 수는 확정했습니다" in text
    assert (
        "2026-09: 지킴 2건 → 1건, 기한이 지났으나 끝나지 않음 0건 → 1건 (2026-11-20 정정)" in text
    )
    assert "마쳐지지 않은 것으로 밝혀졌습니다" in text
    assert "편지가 되돌아왔습니다." in text


def test_it_says_when_figures_are_behind(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallied, "MOST_WAITING", 0)
    promise()
    assert "집계를 다시 세고 있습니다" in page(client)


def test_the_page_costs_the_same_with_years_of_history(client: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            page(client)
        return len(found)

    cost()
    empty = cost()
    some_history()
    freezing.freeze(now=NOW)
    for number in range(4):
        services.unfulfil(key=f"{number + 5}:0:0", why="x", now=NOW)
    tallying.count_changes(now=NOW)
    assert Correction.objects.count() == 4
    assert cost() <= empty + 1  # the notes of corrections, where there are corrections
    assert empty <= 28


# --- open data ------------------------------------------------------------------------------------


def rows(client: Client) -> list[dict[str, str]]:
    answer = client.get("/charter/data.csv")
    text = answer.content.decode("utf-8")
    assert text.startswith("\N{BYTE ORDER MARK}month,code,name,target,n,")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_every_line_is_what_the_rows_say(client: Client) -> None:
    some_history()
    freezing.freeze(now=NOW)
    slow = oracle.by_month(date(2025, 1, 1), date(2026, 11, 30), now=NOW)
    found = rows(client)
    assert len(found) == 23 * 34 + 1
    for row in found:
        if row["code"] == "stage-3":
            continue
        tally = slow.get(row["code"], {}).get(Month.parse(row["month"]), Result()).counted
        assert [int(row[name]) for name in ("n", "kept", "kept_extended", "missed", "overdue")] == [
            tally.n, tally.kept, tally.kept_extended, tally.missed, tally.overdue,
        ]  # fmt: skip
        assert row["rate"] == ("" if tally.rate is None else str(round(tally.rate, 4)))
        assert row["frozen_on"] == ("" if row["month"] == "2026-11" else "2026-11-20")
    assert sum(int(row["n"] or 0) for row in found) > 40


def test_few_cautions_have_no_number(client: Client) -> None:
    some_history()
    [few] = [row for row in rows(client) if row["code"] == "stage-3"]
    assert (few["month"], few["n"], few["kept"], few["rate"]) == ("2025", "", "", "")
    for number in range(5, 8):
        start = at(f"2025-0{number}-05 10:00")
        promise(f"d{number}", code="stage-3", started_at=start, now=start)
        services.fulfil(key=f"d{number}", at=start, now=start)
    [enough] = [row for row in rows(client) if row["code"] == "stage-3"]
    assert (enough["month"], enough["n"], enough["kept"]) == ("2025", "6", "6")


def test_json_says_the_same(client: Client) -> None:
    some_history()
    answer = client.get("/charter/data.json")
    found = json.loads(answer.content)
    assert list(found) == ["centre", "licence", "made_at", "fields", "rows"]
    assert list(found["fields"]) == list(open_data.FIELDS) == list(found["rows"][0])
    assert found["licence"].startswith("공공누리 제1유형")
    assert found["made_at"] == "2026-11-20T10:00:00+09:00"
    assert answer["Access-Control-Allow-Origin"] == "*"
    for one, other in zip(found["rows"], rows(client), strict=True):
        assert {k: "" if v is None else str(v) for k, v in one.items()} == other


def test_a_corrected_month_says_so(client: Client) -> None:
    some_history()
    freezing.freeze(now=NOW)
    Commitment.objects.filter(key="9:0:0").update(state="missed")
    with time_machine.travel(at("2026-12-02 00:30"), tick=False):
        tallying.count_changes(now=at("2026-12-02 00:30"))
        said = [row["corrected"] for row in rows(client) if row["corrected"]]
    assert said == ["2026-12-02"]


def test_a_name_that_is_a_formula_is_text(client: Client) -> None:
    some_history()
    Standard.objects.filter(code="reply").update(name="=cmd()")
    assert {row["name"] for row in rows(client) if row["code"] == "reply"} == {"'=cmd()"}


def test_nothing_yet(client: Client) -> None:
    assert rows(client) == []
    assert json.loads(client.get("/charter/data.json").content)["rows"] == []


def test_the_description_names_every_field_and_the_licence(client: Client) -> None:
    text = client.get("/charter/data/").content.decode()
    assert all(f"<code>{name}</code>" in text for name in open_data.FIELDS)
    assert "공공누리 제1유형" in text
    set_option(key="open_data_licence", value="kogl-4", by=SYSTEM, now=NOW)
    assert "공공누리 제4유형" in client.get("/charter/data/").content.decode()


def test_open_data_costs_the_same_whatever_happened(client: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            list(open_data.lines(now=NOW))
        return len(found)

    promise(start="2025-01-05 10:00")
    tallying.count_changes(now=NOW)
    few = cost()
    some_history()
    assert cost() == few == 6
    assert figures.behind() is None
    assert "reply" in registry.measured()
