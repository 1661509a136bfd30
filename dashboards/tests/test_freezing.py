"""Months of opinions are frozen on their day; what changes later is a correction with a reason."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from centre.calendar import SEOUL, Calendar
from complaints.factories import ComplaintFactory
from complaints.models import Complaint
from dashboards.intake.checks import wrong_frozen
from dashboards.intake.freezing import freeze
from dashboards.intake.models import FrozenCases
from dashboards.intake.sheets import Sheet, frozen_day
from dashboards.intake.tallying import rebuild, recount
from standards.months import Month

pytestmark = pytest.mark.django_db


def seoul(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SEOUL)  # type: ignore[arg-type,misc]


def case(received: datetime, **more: Any) -> Complaint:
    given: dict[str, Any] = {"handler": None, "team_confirmed_at": None, "due_at": False} | more
    return ComplaintFactory.create(received_at=received, **given)


@pytest.mark.parametrize(
    ("month", "sheet", "day"),
    [
        (Month(2026, 9), Sheet.INTAKE, date(2026, 10, 8)),  # 3, 5 October and a Sunday in between
        (Month(2026, 1), Sheet.INTAKE, date(2026, 2, 6)),
        (Month(2025, 12), Sheet.INTAKE, date(2026, 1, 8)),
        (Month(2026, 9), Sheet.HANDLING, date(2026, 12, 7)),
        (Month(2019, 11), Sheet.INTAKE, date(2020, 1, 1)),
    ],
)
def test_the_day_of_freezing_is_the_fifth_open_day(month: Month, sheet: Any, day: date) -> None:
    assert frozen_day(month, sheet, Calendar()) == day
    if day.year > 2020:
        first = month.plus(1 if sheet == Sheet.INTAKE else 3).first
        assert Calendar().open_days_between(first, day) == 4
        assert Calendar().is_open_day(day)


def test_a_month_is_frozen_once_on_its_day_and_not_before() -> None:
    case(seoul(2026, 9, 30, 23, 59, 59))
    case(seoul(2026, 10, 1, 0, 0, 0))
    assert freeze(now=seoul(2026, 10, 7, 23, 59)) == 0
    assert freeze(now=seoul(2026, 10, 8, 0, 0)) == 1
    assert freeze(now=seoul(2026, 10, 8, 0, 1)) == 0
    row = FrozenCases.objects.get()
    assert (row.month, row.sheet, row.counts["kind"]) == (
        date(2026, 9, 1), "intake", {"complaint": 1},
    )  # fmt: skip
    assert freeze(now=seoul(2027, 2, 20, 9)) == 7  # beat was away: everything that was due
    assert not list(wrong_frozen())


def test_a_month_without_an_opinion_is_frozen_empty() -> None:
    case(seoul(2026, 7, 1, 10))
    freeze(now=seoul(2026, 9, 20, 9))
    row = FrozenCases.objects.get(month=date(2026, 8, 1), sheet="intake")
    assert row.counts == {"kind": {}, "channel": {}, "topic": {}, "repeat": {}}


def test_what_changes_later_is_a_correction_with_its_reason() -> None:
    first = case(seoul(2026, 9, 10, 10))
    freeze(now=seoul(2026, 10, 20, 9))
    case(seoul(2026, 9, 11, 10))
    recount(now=seoul(2026, 10, 21, 9))
    Complaint.objects.filter(pk=first.pk).update(kind="enquiry")
    recount(now=seoul(2026, 10, 22, 9))
    Complaint.objects.filter(pk=first.pk).update(subject="")
    recount(now=seoul(2026, 10, 23, 9))
    rows = FrozenCases.objects.filter(month=date(2026, 9, 1), sheet="intake")
    assert [(row.number, row.why, row.counts["kind"]) for row in rows] == [
        (1, "", {"complaint": 1}),
        (2, "마감한 뒤에 등록되었거나 받은 날이 바로잡힌 의견이 있습니다.", {"complaint": 2}),
        (3, "의견의 구분이 바로잡혔습니다.", {"complaint": 1, "enquiry": 1}),
    ]
    assert not list(wrong_frozen())


def test_what_was_frozen_is_never_rewritten() -> None:
    case(seoul(2026, 9, 10, 10))
    freeze(now=seoul(2026, 10, 20, 9))
    for change in (
        lambda: FrozenCases.objects.update(counts={}),
        lambda: FrozenCases.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_verify_finds_a_frozen_month_that_is_not_what_the_rows_say() -> None:
    case(seoul(2026, 9, 10, 10))
    FrozenCases.objects.create(
        month=date(2026, 9, 1), sheet="intake", number=2, frozen_at=seoul(2026, 10, 9, 9), why="x",
        counts={"kind": {"complaint": 7}, "channel": {}, "topic": {}, "repeat": {}},
    )  # fmt: skip
    assert [line[:14] for line in wrong_frozen()] == ["2026-09 받은 의견:"]  # waits to be counted
    recount(now=seoul(2026, 9, 11, 9))
    FrozenCases.objects.create(
        month=date(2026, 9, 1), sheet="handling", number=1, frozen_at=seoul(2026, 12, 9, 9),
        counts={},
    )  # fmt: skip
    found = list(wrong_frozen())
    assert any("처리: 마감한 수와 기록이 다른데" in line for line in found)


def test_counting_everything_anew_corrects_nothing() -> None:
    for month in range(1, 10):
        for day in (1, 9, 17, 25):
            for hour in range(3):
                case(seoul(2026, month, day + hour, 10))
    freeze(now=seoul(2026, 11, 20, 9))
    frozen = FrozenCases.objects.count()
    rebuild(now=seoul(2026, 11, 20, 10))
    assert FrozenCases.objects.count() == frozen
    assert not list(wrong_frozen())
