"""Periods of the dashboard: what is chosen, what it is compared with, and what makes no sense."""

from __future__ import annotations

from datetime import date

import pytest

from dashboards.board.periods import days_in_words, read

TODAY = date(2026, 11, 22)


def days(text: str) -> tuple[date, date]:
    first, last = text.split("~")
    return date.fromisoformat(first), date.fromisoformat(last)


@pytest.mark.parametrize(("kind", "today", "shown", "before", "year_ago"), [
    ("month", "2026-11-22", "2026-11-01~2026-11-22", "2026-10-01~2026-10-22", "2025-11-01~2025-11-22"),
    ("month", "2026-03-31", "2026-03-01~2026-03-31", "2026-02-01~2026-02-28", "2025-03-01~2025-03-31"),
    ("month", "2026-03-30", "2026-03-01~2026-03-30", "2026-02-01~2026-02-28", "2025-03-01~2025-03-30"),
    ("month", "2028-02-29", "2028-02-01~2028-02-29", "2028-01-01~2028-01-31", "2027-02-01~2027-02-28"),
    ("last-month", "2026-01-01", "2025-12-01~2025-12-31", "2025-11-01~2025-11-30", "2024-12-01~2024-12-31"),
    ("last-month", "2025-03-05", "2025-02-01~2025-02-28", "2025-01-01~2025-01-31", "2024-02-01~2024-02-29"),
    ("quarter", "2026-11-22", "2026-10-01~2026-11-22", "2026-07-01~2026-08-22", "2025-10-01~2025-11-22"),
    ("last-quarter", "2026-02-01", "2025-10-01~2025-12-31", "2025-07-01~2025-09-30", "2024-10-01~2024-12-31"),
    ("half", "2026-06-30", "2026-01-01~2026-06-30", "2025-07-01~2025-12-31", "2025-01-01~2025-06-30"),
    ("year", "2026-01-01", "2026-01-01~2026-01-01", "2025-01-01~2025-01-01", "2025-01-01~2025-01-01"),
    ("last-year", "2026-11-22", "2025-01-01~2025-12-31", "2024-01-01~2024-12-31", "2024-01-01~2024-12-31"),
])  # fmt: skip
def test_a_named_period_and_what_it_is_compared_with(kind, today, shown, before, year_ago):
    period, wrong = read({"period": kind}, today=date.fromisoformat(today))
    assert wrong == ""
    assert (period.first, period.last) == days(shown)
    assert period.before == days(before)
    assert period.year_ago == days(year_ago)


@pytest.mark.parametrize(("first", "last", "shown", "before", "year_ago"), [
    ("2026-09-10", "2026-09-19", "2026-09-10~2026-09-19", "2026-08-31~2026-09-09", "2025-09-10~2025-09-19"),
    ("2024-02-29", "2024-02-29", "2024-02-29~2024-02-29", "2024-02-28~2024-02-28", "2023-02-28~2023-02-28"),
    ("2026-11-20", "2026-12-31", "2026-11-20~2026-11-22", "2026-11-17~2026-11-19", "2025-11-20~2025-11-22"),
])  # fmt: skip
def test_free_days(first, last, shown, before, year_ago):
    period, wrong = read({"period": "free", "first": first, "last": last}, today=TODAY)
    assert wrong == ""
    assert (period.first, period.last) == days(shown)
    assert period.before == days(before)
    assert period.year_ago == days(year_ago)
    assert read({"first": first, "last": last}, today=TODAY)[0] == period


@pytest.mark.parametrize(("asked", "said"), [
    ({"period": "free", "first": "2026-11-10", "last": "2026-11-01"}, "끝이 시작보다"),
    ({"period": "free", "first": "2027-01-01", "last": "2027-02-01"}, "아직 오지 않은"),
    ({"period": "free", "first": "1926-01-01", "last": "2026-01-01"}, "2000년부터"),
    ({"period": "free", "first": "2001-01-01", "last": "2026-01-01"}, "10년까지"),
    ({"period": "free", "first": "2026-02-30", "last": "2026-03-01"}, "2026-11-01처럼"),
    ({"period": "free"}, "2026-11-01처럼"),
    ({"last": "2026-11-01"}, "2026-11-01처럼"),
    ({"period": "free", "first": "<script>", "last": "9" * 500}, "2026-11-01처럼"),
    ({"period": "decade"}, "모르는 기간"),
])  # fmt: skip
def test_what_makes_no_sense_is_said_and_this_month_is_shown(asked, said):
    period, wrong = read(asked, today=TODAY)
    assert said in wrong
    assert (period.first, period.last) == (date(2026, 11, 1), TODAY)


def test_nothing_is_compared_with_what_no_calendar_knows():
    period, wrong = read(
        {"period": "free", "first": "2000-01-01", "last": "2000-01-31"}, today=TODAY
    )
    assert (wrong, period.before, period.year_ago) == ("", None, None)


def test_thirteen_months_end_with_that_of_the_last_day():
    period, _wrong = read({"period": "last-month"}, today=date(2026, 1, 15))
    assert len(period.months) == 13
    assert (str(period.months[0]), str(period.months[-1])) == ("2024-12", "2025-12")
    assert period.trend == (date(2024, 12, 1), date(2025, 12, 31))


@pytest.mark.parametrize(("kind", "title"), [
    ("month", "2026년 11월"), ("quarter", "2026년 4분기"), ("half", "2026년 하반기"),
    ("year", "2026년"), ("last-year", "2025년"),
])  # fmt: skip
def test_a_period_says_what_it_is(kind, title):
    assert read({"period": kind}, today=TODAY)[0].title == title


def test_days_in_words():
    assert days_in_words(date(2025, 12, 3), date(2026, 1, 4)) == "2025. 12. 3. ~ 2026. 1. 4."
    assert days_in_words(date(2026, 1, 4), date(2026, 1, 4)) == "2026. 1. 4."
