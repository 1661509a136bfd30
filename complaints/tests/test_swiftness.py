"""How soon complaints are answered, by quarter: dated rows, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from centre.services import set_option
from complaints import tasks
from complaints.services import swiftness
from complaints.tests.conftest import seoul
from records.actors import SYSTEM
from standards import registry, services
from standards.evidence.periods import Every, span
from standards.models import Commitment, Observation

pytestmark = pytest.mark.usefixtures("charter")
#: Two days after the third quarter, when mails that come back have come.
AFTER = seoul("2026-10-03 00:00")
THIRD = span(Every.QUARTER, date(2026, 8, 1))


@pytest.fixture
def charter(db: None) -> None:
    services.load_charter(today=date(2026, 1, 1))


def answered(came: str, told: str = "", *, kind: str = "complaint") -> Commitment:
    """A case of its own with its promise to answer, and the answer where there is one."""
    number = Commitment.objects.count() + 1
    row = services.open_commitment(
        code="reply", key=f"complaint:{number}:reply", subject_type="complaint", subject_id=number,
        category=kind, started_at=seoul(came), now=seoul(came),
    )  # fmt: skip
    if told:
        services.fulfil(key=row.key, at=seoul(told), now=seoul(told))
    return row


def observed() -> list[tuple[str, int, int]]:
    rows = Observation.objects.filter(standard__code="swift-handling").order_by("at")
    return [(row.key, row.kept, row.n) for row in rows]


@pytest.mark.parametrize(
    ("came", "told", "days"),
    [
        ("2026-09-07 09:00", "2026-09-07 17:00", 0),  # Monday, the same day
        ("2026-09-07 23:59", "2026-09-08 09:00", 1),
        ("2026-09-04 17:00", "2026-09-07 09:00", 1),  # Friday to Monday
        ("2026-09-05 10:00", "2026-09-07 09:00", 1),  # Saturday to Monday
        ("2026-09-07 10:00", "2026-09-12 10:00", 4),  # told on a Saturday
        # Chuseok: Thursday 24 and Friday 25 September are holidays
        ("2026-09-22 10:00", "2026-09-29 10:00", 3),
        ("2026-09-09 00:30", "2026-09-10 08:30", 1),  # 8 and 9 September in UTC
    ],
)
def test_open_days_until_the_answer(came: str, told: str, days: int) -> None:
    answered(came, told)
    found = swiftness.measure_quarter(THIRD)
    assert found is not None
    assert found.of_complaints == found.of_all == days


@pytest.mark.parametrize(
    ("complaints", "others", "medians", "kept"),
    [
        ([2], [], (2, 2), True),  # as long as all is not longer
        ([2, 4, 9], [], (4, 4), True),
        ([1, 4], [4, 4], (2.5, 4), True),  # even: between the two in the middle
        ([3, 4], [3], (3.5, 3), False),  # longer than all
        ([3, 4], [], (3.5, 3.5), True),
        ([5], [5, 6], (5, 5), True),  # five days are within five
        ([5, 6], [7, 7], (5.5, 6.5), False),  # sooner than all, but not within five
    ],
)
def test_medians(
    complaints: list[int], others: list[int], medians: tuple[float, float], kept: bool
) -> None:
    """All came on Monday 6 July 2026; the list says on which day so many open days had passed."""
    monday = "2026-07-06 10:00"
    told = ["06", "07", "08", "09", "10", "13", "14", "15", "16", "20"]  # 17: off
    for days in complaints:
        answered(monday, f"2026-07-{told[days]} 12:00")
    for number, days in enumerate(others):
        kind = ("suggestion", "enquiry", "compliment")[number % 3]
        answered(monday, f"2026-07-{told[days]} 12:00", kind=kind)
    found = swiftness.measure_quarter(THIRD)
    assert found is not None
    assert (found.of_complaints, found.of_all) == medians
    assert (found.complaints, found.opinions) == (len(complaints), len(complaints) + len(others))
    assert found.kept is kept


def test_the_days_are_the_centres() -> None:
    answered("2026-07-06 10:00", "2026-07-10 10:00")  # 4
    set_option(key="swift_days", value="3", by=SYSTEM, now=seoul("2026-07-01 09:00"))
    found = swiftness.measure_quarter(THIRD)
    assert found is not None
    assert (found.limit, found.kept) == (3, False)


def test_a_quarter_is_observed_once_after_its_end() -> None:
    answered("2026-09-28 10:00", "2026-09-30 17:00")  # 2
    assert swiftness.observe_quarters(now=AFTER - timedelta(seconds=1)) == 0
    assert swiftness.observe_quarters(now=AFTER) == 1
    answered("2026-07-06 10:00", "2026-07-16 10:00")  # too late to change it
    for _pass in range(2):
        assert swiftness.observe_quarters(now=AFTER + timedelta(hours=1)) == 0
    assert observed() == [("swift-handling:2026-Q3", 1, 1)]
    assert Observation.objects.get().at == seoul("2026-09-30 23:59:59")


def test_what_was_answered_belongs_to_the_quarter_of_the_answer() -> None:
    """New Year in Seoul divides them; 25 December and 1 January are holidays."""
    answered("2026-12-30 10:00", "2026-12-31 23:59")  # 1
    answered("2026-12-16 10:00", "2027-01-01 00:00")  # 10, still 2026 in UTC
    swiftness.observe_quarters(now=seoul("2027-01-03 00:00"))
    assert observed() == [("swift-handling:2026-Q4", 1, 1)]
    swiftness.observe_quarters(now=seoul("2027-04-03 00:00"))
    assert observed()[1:] == [("swift-handling:2027-Q1", 0, 1)]
    first = swiftness.measure_quarter(span(Every.QUARTER, date(2027, 1, 1)))
    assert first is not None
    assert first.of_complaints == 10


def test_a_quarter_without_an_answered_complaint_is_not_observed() -> None:
    answered("2026-07-06 10:00", "2026-07-07 10:00", kind="suggestion")
    answered("2026-07-06 10:00")  # not answered
    row = answered("2026-07-06 10:00")
    withdrawn, told = seoul("2026-07-06 12:00"), seoul("2026-07-07 10:00")
    services.exclude(
        subject_type="complaint", subject_id=row.subject_id, why="withdrawn", now=withdrawn
    )
    services.fulfil(key=row.key, at=told, now=told)
    assert swiftness.observe_quarters(now=AFTER) == 0
    assert observed() == []


def test_a_late_answer_counts() -> None:
    row = answered("2026-07-06 10:00")
    services.sweep(now=seoul("2026-07-20 10:00"))
    services.fulfil(key=row.key, at=seoul("2026-07-20 11:00"), now=seoul("2026-07-20 11:00"))
    swiftness.observe_quarters(now=AFTER)
    assert observed() == [("swift-handling:2026-Q3", 0, 1)]


def test_many_answers_cost_one_query() -> None:
    for _number in range(30):
        answered("2026-07-06 10:00", "2026-07-08 10:00")
    with CaptureQueriesContext(connection) as queries:
        swiftness._answered(THIRD)
    assert len(queries) == 1
    assert [row[3] for row in swiftness._answered(THIRD)] == [30]


def test_a_case_through_the_services_is_read(file: Callable[..., Any]) -> None:
    """The promise that filing opens is the one that is measured here."""
    case = file(seoul("2026-09-09 10:00")).complaint
    told = seoul("2026-09-11 10:00")
    services.fulfil(key=f"complaint:{case.pk}:reply", at=told, now=told)
    found = swiftness.measure_quarter(THIRD)
    assert found is not None
    assert (found.complaints, found.of_complaints) == (1, 2)


def test_the_charter_says_the_median(client: Client) -> None:
    assert "swift-handling" in registry.measured()
    assert registry.asides_of("swift-handling", date(2026, 5, 1)) == []
    answered("2026-07-06 10:00", "2026-07-07 10:00")  # 1
    answered("2026-07-06 10:00", "2026-07-08 10:00")  # 2
    answered("2026-07-06 10:00", "2026-07-10 10:00", kind="suggestion")  # 4
    swiftness.observe_quarters(now=AFTER)
    with time_machine.travel(seoul("2026-11-01 10:00"), tick=False):
        text = client.get("/charter/").content.decode()
    text = text[text.index('id="promise-30"') : text.index('id="promise-31"')]
    assert (
        "2026년 3분기에 답변한 불만 2건의 중앙값은 업무일 1.5일, "
        "모든 의견 3건의 중앙값은 2일입니다(기준 5일)."
    ) in text
    assert "1건 가운데 1건 지킴" in text


def test_what_is_said_is_kept_until_beat_looks_again() -> None:
    """A quarter of a large centre is not read for each look at the page."""
    day, looked = date(2026, 11, 1), seoul("2026-11-01 10:00")
    assert swiftness.said(day) == []  # that there is nothing to say is kept as well
    answered("2026-07-06 10:00", "2026-07-07 10:00")
    assert swiftness.said(day) == []
    swiftness.look_again(now=looked)
    with CaptureQueriesContext(connection) as queries:
        words = swiftness.said(day)
    assert "불만 1건의 중앙값은 업무일 1일" in words[0]
    assert not any("standards_commitment" in query["sql"] for query in queries)
    set_option(key="swift_days", value="3", by=SYSTEM, now=looked)
    assert "(기준 3일)" in swiftness.said(day)[0]


def test_beat_measures() -> None:
    assert tasks.measure() == 0
