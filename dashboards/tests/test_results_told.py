"""What is told of results of cases (처리결과): nothing from which a small kind could be found."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import product
from typing import Any

import pytest
import time_machine
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from centre.calendar import SEOUL
from complaints.factories import ComplaintFactory
from complaints.models import Decision, Kind, State
from complaints.texts import decisions_for
from dashboards.intake.figures import Measure
from dashboards.intake.freezing import freeze
from dashboards.intake.tallying import recount
from dashboards.statistics import months as public
from dashboards.statistics import pages
from dashboards.statistics.decisions import (
    Kinds,
    Step,
    decision_table,
    shown_beside,
    tells_of_nobody,
)
from dashboards.statistics.publishing import Table, table_of
from standards.months import Month

NOW = datetime(2026, 11, 20, 12, tzinfo=SEOUL)
EARLIER = datetime(2026, 7, 8, 12, tzinfo=SEOUL)
A, B = frozenset("a"), frozenset("b")
#: Of a world of two kinds: one result of each alone, one of both.
WHOSE = {"x": A, "y": B, "z": A | B}


def kinds_of(counts: Mapping[str, int]) -> Kinds:
    return Kinds.of(table_of(counts, list(counts)), counts, sum(counts.values()))


# --- the rule, against every way in which the numbers could have come about ------------------------


def worlds(kinds: Kinds, table: Table) -> Iterator[dict[str, int]]:
    """Every group in every world in which just this would have been told."""
    total = sum(kinds.blocks.values())
    told = {frozenset({value}): n for value, n in table.shown.items()}
    told |= {frozenset(table.together): table.together_n} if table.together else {}
    for a in range(total + 1):
        size = {"a": a, "b": total - a}
        if any(sum(size[kind] for kind in block) != n for block, n in kinds.blocks.items()):
            continue
        for x, y in product(range(a + 1), range(size["b"] + 1)):
            for z_a, z_b in product(range(a - x + 1), range(size["b"] - y + 1)):
                n = {"x": x, "y": y, "z": z_a + z_b}
                if all(sum(n[value] for value in block) == held for block, held in told.items()):
                    yield size | n | {"no a": a - x - z_a, "no b": size["b"] - y - z_b}


few = st.integers(0, 7)


@settings(max_examples=150, deadline=None)
@given(st.tuples(few, few, few, few, few, few))
def test_no_group_is_known_to_be_small(true: tuple[int, ...]) -> None:
    x, z_a, no_a, y, z_b, no_b = true
    kinds = kinds_of({"a": x + z_a + no_a, "b": y + z_b + no_b})
    counts = {"x": x, "y": y, "z": z_a + z_b}
    table = decision_table(counts, list(counts), kinds=kinds, whose=WHOSE)
    if table is None:
        return
    could_be: dict[str, set[int]] = {}
    for world in worlds(kinds, table):
        for group, n in world.items():
            could_be.setdefault(group, set()).add(n)
    assert could_be
    for group, sizes in could_be.items():
        assert not sizes <= {1, 2, 3, 4}, (group, sizes, table)


@pytest.mark.parametrize(
    ("kinds", "counts", "told"),
    [
        # Passed on 28 of 30: two compliments without a result could be found by subtraction.
        ({"a": 30, "b": 40}, {"x": 28, "y": 20, "z": 0}, False),
        # Or they may have the result that both kinds can have.
        ({"a": 30, "b": 40}, {"x": 28, "y": 20, "z": 15}, True),
        ({"a": 30, "b": 40}, {"x": 25, "y": 20, "z": 0}, True),
        # All of one kind have their result: nobody is left over.
        ({"a": 30, "b": 40}, {"x": 30, "y": 20, "z": 0}, True),
        # More results than cases that could have them: both cannot be true.
        ({"a": 10, "b": 40}, {"x": 12, "y": 20, "z": 0}, False),
    ],
)
def test_a_result_of_one_kind_is_held_against_the_number_of_that_kind(
    kinds: dict[str, int], counts: dict[str, int], told: bool
) -> None:
    plain = table_of(counts, list(counts))
    assert plain is not None
    found = tells_of_nobody(plain, kinds=kinds_of(kinds), counts=counts, whose=WHOSE)
    assert found is told


def test_every_result_belongs_to_the_kinds_that_can_have_it() -> None:
    whose = public.whose()
    assert set(whose) == set(Decision.values)
    for kind in Kind.values:
        assert {code for code, _name in decisions_for(kind)} <= {
            code for code, kinds in whose.items() if kind in kinds
        }
    assert whose[Decision.REFERRED] == frozenset(Kind.values)


# --- as time goes on --------------------------------------------------------------------------------


def test_a_correction_is_shown_only_where_both_tables_still_tell_of_nobody() -> None:
    day = timedelta(days=1)
    first = Step(NOW, kinds=Table({"a": 30, "b": 40}), total=70)
    handled = Step(NOW + day, results={"x": 20, "y": 20, "z": 15})
    a_few = Step(NOW + 2 * day, results={"x": 22, "y": 20, "z": 15})
    more = Step(NOW + 3 * day, results={"x": 25, "y": 20, "z": 15})
    fewer = Step(NOW + 4 * day, kinds=Table({"a": 24, "b": 40}), total=64)
    told: dict[str, Any] = {"values": ["x", "y", "z"], "whose": WHOSE}
    assert shown_beside([first], **told) == (first.kinds, None)
    assert shown_beside([handled, first], **told)[1] == Table({"x": 20, "y": 20, "z": 15})
    assert shown_beside([first, handled, a_few], **told)[1] == Table({"x": 20, "y": 20, "z": 15})
    assert shown_beside([first, handled, a_few, more], **told)[1] == Table(
        {"x": 25, "y": 20, "z": 15}
    )
    # 24 of a kind that had 25 of its results: it stays as it was.
    assert shown_beside([first, handled, more, fewer], **told)[0] == first.kinds


# --- pages and files ------------------------------------------------------------------------------


def case(day: int, kind: str, decision: str, **more: Any) -> None:
    received = datetime(2026, 5, day, 10, tzinfo=SEOUL)
    ComplaintFactory.create(
        received_at=received, kind=kind, handler=None, team_confirmed_at=None, due_at=False,
        decision=decision, state=State.ANSWERED, told_at=received + timedelta(hours=30), **more,
    )  # fmt: skip


@pytest.fixture
def may(db: None) -> None:
    """Three compliments, which all were passed on; enough of everything else."""
    for at in range(20):
        case(1 + at, "complaint", "accepted" if at % 2 else "declined")
        case(1 + at, "suggestion", "adopted" if at % 2 else "not_adopted")
    for at in range(3):
        case(1 + at, "compliment", "passed_on")


def shown(client: Client, address: str, now: datetime) -> str:
    with time_machine.travel(now.astimezone(UTC), tick=False):
        answer = client.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    assert answer.status_code == 200
    return unescape(body.decode("utf-8-sig"))


def test_results_wait_until_how_the_month_was_handled_is_frozen(client: Client, may: None) -> None:
    freeze(now=EARLIER)
    text = shown(client, "/statistics/?month=2026-05", EARLIER)
    assert "처리결과별 수는 처리한 수를 마감한 뒤에 싣습니다." in text
    assert "처리결과별 의견" not in text
    rows = list(csv.DictReader(io.StringIO(shown(client, "/statistics/data.csv", EARLIER))))
    assert [row for row in rows if row["무엇"] == "구분"]
    assert not [row for row in rows if row["무엇"] == "처리결과"]


def test_compliments_that_are_hidden_are_not_told_by_their_result(
    client: Client, may: None
) -> None:
    freeze(now=NOW)
    called = public.names()
    months = public.public_months(Month(2026, 5), Month(2026, 5), now=NOW, called=called)
    one = months[Month(2026, 5)]
    kinds, told = one.tables[Measure.KIND], one.tables[Measure.DECISION]
    assert kinds is not None
    assert told is not None
    assert "compliment" in kinds.together
    assert "passed_on" in told.together
    assert all(n == 0 or n >= 5 for n in told.shown.values())
    assert sum(told.shown.values()) + told.together_n == 43
    assert "처리결과별 의견" in shown(client, "/statistics/?month=2026-05", NOW)
    rows = list(csv.DictReader(io.StringIO(shown(client, "/statistics/data.csv", NOW))))
    results = {row["항목"]: row for row in rows if row["무엇"] == "처리결과"}
    assert "칭찬 전달" not in results
    assert [row["값"] for item, row in results.items() if "칭찬 전달" in item] == [
        str(told.together_n)
    ]
    assert {row["마감한 날"] for row in results.values()} == {"2026-11-20"}


def test_one_result_changed_after_freezing_is_not_told(client: Client, may: None) -> None:
    freeze(now=NOW)
    before = shown(client, "/statistics/?month=2026-05", NOW)
    case(20, "complaint", "accepted")
    recount(now=NOW)
    after = shown(client, "/statistics/?month=2026-05", NOW)
    assert "마감한 뒤에 등록되었거나" in after
    for text in (before, after):
        part = text[text.index("처리결과별 의견") : text.index("promises-heading")]
        assert "10건" in part
        assert "11건" not in part


def test_a_year_has_its_results_when_every_month_is_frozen(client: Client, db: None) -> None:
    for month in range(1, 13):
        for at in range(12):
            received = datetime(2025, month, 1 + at, 10, tzinfo=SEOUL)
            ComplaintFactory.create(
                received_at=received, kind="complaint", handler=None, team_confirmed_at=None,
                due_at=False, decision="accepted" if at % 2 else "declined", state=State.ANSWERED,
                told_at=received + timedelta(hours=30),
            )  # fmt: skip
    freeze(now=datetime(2026, 2, 20, 12, tzinfo=SEOUL))
    early = shown(client, "/statistics/?year=2025", datetime(2026, 2, 20, 12, tzinfo=SEOUL))
    assert "처리결과별 수는 한 해의 처리한 수가 모두 마감된 뒤에 싣습니다." in early
    freeze(now=NOW)
    called = public.names()
    found = public.public_months(Month(2025, 1), Month(2025, 12), now=NOW, called=called)
    told = pages.results(list(found.values()), called)
    assert told is not None
    assert [line.cells[0] for line in told.lines if line.cells[0] != "0건"] == ["72건", "72건"]
    assert "72건" in shown(client, "/statistics/?year=2025", NOW)
