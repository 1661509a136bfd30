"""What the centre set for itself, in what is promised from then on."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centre.models import Option
from centre.services import set_option
from records.actors import SYSTEM
from standards import queries, services
from standards.errors import CannotCompute
from standards.models import Commitment
from standards.terms import terms_of
from standards.tests.conftest import promise, read
from standards.tests.instants import at, seoul

pytestmark = pytest.mark.usefixtures("charter")


def choose(key: str, value: str) -> None:
    set_option(key=key, value=value, by=SYSTEM, now=at("2026-01-02 09:00"))


@pytest.mark.parametrize(
    ("received", "petition", "civil"),
    [
        ("2024-09-27", "2024-10-10", "2024-10-04"),
        ("2025-01-24", "2025-02-07", "2025-01-31"),
        ("2025-10-02", "2025-10-17", "2025-10-10"),
        ("2026-04-28", "2026-05-08", "2026-05-06"),
        ("2026-09-23", "2026-10-06", "2026-09-30"),
        ("2027-02-04", "2027-02-16", "2027-02-11"),
    ],
)
def test_the_reply_by_the_rule_the_centre_chose(received: str, petition: str, civil: str) -> None:
    start = f"{received} 10:00"
    before = promise("a", start=start)
    choose("reply_rule", "petition_days")
    after = promise("b", start=start)
    assert (before.rule, before.allowance, seoul(before.due_at)) == (
        "civil_days",
        "7d",
        f"{civil} 18:00",
    )
    assert (after.rule, after.allowance, seoul(after.due_at)) == (
        "petition_days",
        "7d",
        f"{petition} 18:00",
    )
    assert seoul(services.due_for_code("reply", at(start)).instant) == f"{petition} 18:00"
    choose("reply_rule", "civil_days")
    assert seoul(services.due_for_code("reply", at(start)).instant) == f"{civil} 18:00"


def test_what_runs_keeps_its_terms() -> None:
    promise(start="2026-09-21 10:00")
    choose("reply_rule", "petition_days")
    when = at("2026-09-22 10:00")
    services.pause(key="a", at=when, now=when)
    later = at("2026-09-22 15:00")
    services.resume(key="a", at=later, now=later)  # one day touched
    assert (read().rule, seoul(read().due_at)) == ("civil_days", "2026-09-29 18:00")
    assert "민법" in queries.explain(read())


def test_the_explanation_follows_the_rule_that_was_promised() -> None:
    choose("reply_rule", "petition_days")
    row = promise(start="2026-09-23 10:00")
    assert "7일째인 10월 6일(화)" in queries.explain(row)
    assert "민법" not in queries.explain(row)


@pytest.mark.parametrize(
    ("option", "value", "code", "start", "allowance", "due"),
    [
        ("approval_wait", "2h", "approval", "2026-09-11 14:00", "2h", "2026-09-11 16:00"),
        ("approval_wait", "8h", "approval", "2026-09-11 14:00", "8h", "2026-09-14 14:00"),
        ("supplement_days", "14", "supplement", "2026-09-01 10:00", "14d", "2026-09-15 18:00"),
        ("supplement_days", "3", "supplement", "2026-09-23 10:00", "3d", "2026-09-28 18:00"),
        ("new_promise_days", "5", "reply-renewed", "2026-09-14 10:00", "40h", "2026-09-21 10:00"),
    ],
)
def test_waits_as_long_as_the_centre_says(
    option: str, value: str, code: str, start: str, allowance: str, due: str
) -> None:
    running = promise("a", code=code, start=start)
    choose(option, value)
    row = promise("b", code=code, start=start)
    assert (row.allowance, seoul(row.due_at)) == (allowance, due)
    assert read("a").due_at == running.due_at
    assert seoul(services.due_for_code(code, at(start)).instant) == due


def test_a_date_set_by_hand_asks_for_no_terms() -> None:
    choose("reply_rule", "petition_days")
    row = promise(due_at=at("2026-10-30 18:00"))
    assert (row.rule, row.allowance) == ("", "")


def test_a_value_that_makes_no_sense_is_loud() -> None:
    Option.objects.create(key="reply_rule", value="whenever")
    with pytest.raises(CannotCompute, match="답변 기한을 세는 방법"):
        promise()
    assert not Commitment.objects.exists()


def test_the_defaults_are_those_of_the_data(charter: None) -> None:
    """What the charter's data say and what the centre's values say is the same at first."""
    for code in ("reply", "approval", "supplement", "reply-renewed"):
        standard = queries.standard_in_force(code, on=date(2026, 9, 1))
        terms = terms_of(standard)
        assert (terms.rule, terms.allowance) == (standard.rule, standard.allowance)


@pytest.mark.parametrize(("code", "more"), [("reply", 1), ("approval", 1), ("stage-1", 0)])
def test_at_most_one_query_more(code: str, more: int) -> None:
    promise("first", code="stage-2")  # the calendar is there

    def cost(key: str, code: str) -> int:
        with CaptureQueriesContext(connection) as found:
            promise(key, code=code)
        return len(found)

    assert cost("a", code) == cost("b", "every-opinion") + more
    choose("reply_rule", "petition_days")
    assert cost("c", code) == cost("d", "every-opinion") + more
