"""Due instants, as dated tables. Times are in Seoul unless an offset is written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from centre.calendar import SEOUL, Allowance, Calendar, Rule

CHARTER = Calendar()
MOVING = Calendar(
    closures={date(2026, 11, 24): "센터 이전", date(2026, 11, 25): "센터 이전"},
    reopened={date(2026, 11, 21): "토요일 봉사의 날"},
)


def at(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=SEOUL)


def check(rule: Rule, allowance: str, start: str, due: str, *, centre: Calendar = CHARTER) -> None:
    """The fast way and the explained way give the same instant, in UTC."""
    fast = centre.add(rule, Allowance.parse(allowance), at(start))
    explained = centre.due(rule, Allowance.parse(allowance), at(start))
    assert fast == at(due)
    assert explained.instant == fast
    assert fast.tzinfo is UTC
    assert explained.instant.tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "allowance", "due"),
    [
        ("2026-11-20 17:30", "1h", "2026-11-23 09:30"),  # Friday to Monday
        ("2026-11-21 00:30", "1h", "2026-11-23 10:00"),  # Saturday; still Friday in UTC
        ("2026-11-23 08:30", "1h", "2026-11-23 10:00"),  # Monday; still Sunday in UTC
        ("2026-11-22T23:30Z", "1h", "2026-11-23 10:00"),  # the same instant, written in UTC
        ("2026-11-22T15:30-08:00", "1h", "2026-11-23 10:00"),  # and in Los Angeles
        ("2026-11-20 17:50", "15m", "2026-11-23 09:05"),
        ("2026-11-20 11:50", "1h", "2026-11-20 13:50"),
        ("2026-11-20 17:00", "1h", "2026-11-20 18:00"),  # stays at closing time
        ("2026-11-20 11:00", "1h", "2026-11-20 12:00"),
        ("2026-11-20 17:00:00.000001", "1h", "2026-11-23 09:00:00.000001"),
        ("2026-11-20 17:00:01", "1h", "2026-11-23 09:00:01"),
        ("2026-11-20 00:00:00", "1h", "2026-11-20 10:00"),
        ("2026-11-20 08:59:59", "1h", "2026-11-20 10:00"),
        ("2026-11-20 08:59:59.999999", "1h", "2026-11-20 10:00"),
        ("2026-11-20 09:00:00", "1h", "2026-11-20 10:00"),
        ("2026-11-20 11:59:59", "1h", "2026-11-20 13:59:59"),
        ("2026-11-20 12:00:00", "1h", "2026-11-20 14:00"),
        ("2026-11-20 12:30:00", "1h", "2026-11-20 14:00"),
        ("2026-11-20 12:59:59", "1h", "2026-11-20 14:00"),
        ("2026-11-20 17:59:59", "1h", "2026-11-23 09:59:59"),
        ("2026-11-20 18:00:00", "1h", "2026-11-23 10:00"),
        ("2026-11-20 23:59:59", "1h", "2026-11-23 10:00"),
        ("2026-11-20 09:00", "8h", "2026-11-20 18:00"),  # one working day
        ("2026-11-20 10:00", "8h", "2026-11-23 10:00"),
        ("2026-11-20 10:00", "24h", "2026-11-25 10:00"),  # three working days
        ("2026-11-20 18:00", "8h", "2026-11-23 18:00"),
        ("2026-09-23 17:50", "15m", "2026-09-28 09:05"),  # eve of Chuseok
        ("2025-10-02 17:30", "1h", "2025-10-10 09:30"),  # a week of Chuseok
        ("2026-02-13 17:30", "1h", "2026-02-19 09:30"),  # Seollal
        ("2025-01-24 17:30", "1h", "2025-01-31 09:30"),  # with the temporary holiday
        ("2026-04-30 17:30", "1h", "2026-05-04 09:30"),  # 노동절, public from 2026
        ("2025-04-30 17:30", "1h", "2025-05-01 09:30"),  # not before
        ("2026-07-16 17:30", "1h", "2026-07-20 09:30"),  # 제헌절
        ("2027-12-31 17:30", "1h", "2028-01-03 09:30"),
    ],
)
def test_working_time(start, allowance, due):
    check(Rule.WORKING_TIME, allowance, start, due)


@pytest.mark.parametrize(
    ("start", "allowance", "due"),
    [
        ("2026-11-20 17:55", "10m", "2026-11-20 18:05"),
        ("2026-11-20 11:55:30.5", "10m", "2026-11-20 12:05:30.5"),
        ("2026-11-20 23:55", "10m", "2026-11-21 00:05"),
        ("2026-12-31 23:55", "10m", "2027-01-01 00:05"),
        ("2026-09-24 10:00", "48h", "2026-09-26 10:00"),
    ],
)
def test_elapsed(start, allowance, due):
    check(Rule.ELAPSED, allowance, start, due)


# The table of the project's facts: received at 10:00, each due at 18:00.
REPLIES = [
    ("2024-09-27", "2024-10-10", "2024-10-04"),
    ("2025-01-24", "2025-02-07", "2025-01-31"),
    ("2025-10-02", "2025-10-17", "2025-10-10"),
    ("2026-04-28", "2026-05-08", "2026-05-06"),
    ("2026-09-23", "2026-10-06", "2026-09-30"),
    ("2027-02-04", "2027-02-16", "2027-02-11"),
]


@pytest.mark.parametrize(("received", "petition", "civil"), REPLIES)
def test_reply_within_seven_days(received, petition, civil):
    check(Rule.PETITION_DAYS, "7d", f"{received} 10:00", f"{petition} 18:00")
    check(Rule.CIVIL_DAYS, "7d", f"{received} 10:00", f"{civil} 18:00")


@pytest.mark.parametrize(
    ("start", "allowance", "due"),
    [
        ("2026-11-16 00:00:00", "7d", "2026-11-23"),  # Monday 00:00: ends on Sunday the 22nd
        ("2026-11-16 00:00:00.000001", "7d", "2026-11-23"),
        ("2026-11-17 00:00:00", "7d", "2026-11-23"),  # Tuesday 00:00: counts itself
        ("2026-11-17 00:00:01", "7d", "2026-11-24"),
        ("2026-11-16T15:00Z", "7d", "2026-11-23"),  # the 17th, 00:00 in Seoul
        ("2026-11-16T00:00Z", "7d", "2026-11-23"),  # 09:00 in Seoul: no midnight
        ("2026-11-17T00:00Z", "7d", "2026-11-24"),
        ("2026-11-17 08:59:59", "7d", "2026-11-24"),
        ("2026-11-17 12:30:00", "7d", "2026-11-24"),
        ("2026-11-17 18:00:00", "7d", "2026-11-24"),
        ("2026-11-17 23:59:59", "7d", "2026-11-24"),
        ("2026-11-21 10:00", "7d", "2026-11-30"),  # from a Saturday, not moved: ends on Saturday
        ("2026-11-22 10:00", "1d", "2026-11-23"),
        ("2026-11-20 10:00", "1d", "2026-11-23"),
        ("2026-10-02 10:00", "7d", "2026-10-12"),  # 한글날, then a weekend
        ("2026-09-17 10:00", "7d", "2026-09-28"),  # ends on the eve of Chuseok
        ("2026-09-18 10:00", "7d", "2026-09-28"),  # ends on Chuseok
        ("2026-02-09 10:00", "7d", "2026-02-19"),  # ends on the eve of Seollal
        ("2025-01-20 10:00", "7d", "2025-01-31"),  # ends on the temporary holiday
        ("2026-04-24 10:00", "7d", "2026-05-04"),  # ends on 노동절
        ("2025-04-24 10:00", "7d", "2025-05-01"),  # no holiday that year
        ("2026-07-10 10:00", "7d", "2026-07-20"),  # ends on 제헌절
        ("2026-12-25 10:00", "7d", "2027-01-04"),  # ends on New Year's Day, a Friday
        ("2026-11-20 10:00", "14d", "2026-12-04"),
    ],
)
def test_civil_days(start, allowance, due):
    check(Rule.CIVIL_DAYS, allowance, start, f"{due} 18:00")


@pytest.mark.parametrize(
    ("start", "allowance", "due"),
    [
        ("2026-11-20 23:50", "7d", "2026-11-30"),  # the hour does not matter
        ("2026-11-20 00:00", "7d", "2026-11-30"),
        ("2026-11-19T15:00Z", "7d", "2026-11-30"),  # the 20th in Seoul
        ("2026-11-19T14:59:59Z", "7d", "2026-11-27"),  # the 19th
        ("2026-11-21 10:00", "7d", "2026-12-01"),  # a Saturday does not count
        ("2026-11-22 23:59:59", "7d", "2026-12-01"),
        ("2026-11-20 23:50", "1d", "2026-11-20"),  # overdue when it is filed, by the letter
        ("2026-09-24 10:00", "1d", "2026-09-28"),
        ("2026-02-13 10:00", "7d", "2026-02-26"),
    ],
)
def test_petition_days(start, allowance, due):
    check(Rule.PETITION_DAYS, allowance, start, f"{due} 18:00")


@pytest.mark.parametrize(
    ("event", "allowance", "due"),
    [
        ("2026-03-21 10:00", "20d", "2026-03-01"),  # announced by the end of 28 February
        ("2028-03-21 10:00", "20d", "2028-03-01"),  # leap year: by the end of 29 February
        ("2028-03-20 10:00", "20d", "2028-02-29"),
        ("2026-03-21 00:00", "20d", "2026-03-01"),
        ("2026-03-21 23:59:59", "20d", "2026-03-01"),
        ("2026-03-20T20:00Z", "20d", "2026-03-01"),  # 21 March, 05:00 in Seoul
        ("2027-01-10 10:00", "20d", "2026-12-21"),
        ("2026-10-05 10:00", "10d", "2026-09-25"),  # never moved, not from Chuseok either
    ],
)
def test_days_before(event, allowance, due):
    check(Rule.DAYS_BEFORE, allowance, event, f"{due} 00:00")


@pytest.mark.parametrize(
    ("rule", "allowance", "start", "due"),
    [
        (Rule.WORKING_TIME, "1h", "2026-11-23 17:30", "2026-11-26 09:30"),  # over two closed days
        (Rule.WORKING_TIME, "1h", "2026-11-20 17:30", "2026-11-21 09:30"),  # into the open Saturday
        (Rule.WORKING_TIME, "16h", "2026-11-20 10:00", "2026-11-23 10:00"),
        (
            Rule.CIVIL_DAYS,
            "7d",
            "2026-11-17 10:00",
            "2026-11-26 18:00",
        ),  # the closure moves the end
        (Rule.CIVIL_DAYS, "7d", "2026-11-20 10:00", "2026-11-27 18:00"),  # but not from within
        (
            Rule.CIVIL_DAYS,
            "7d",
            "2026-11-14 10:00",
            "2026-11-21 18:00",
        ),  # ends on the open Saturday
        (Rule.PETITION_DAYS, "7d", "2026-11-17 10:00", "2026-11-26 18:00"),
        (Rule.ELAPSED, "10m", "2026-11-24 10:00", "2026-11-24 10:10"),
        (Rule.DAYS_BEFORE, "20d", "2026-12-14 10:00", "2026-11-24 00:00"),
    ],
)
def test_closures_and_reopened_days(rule, allowance, start, due):
    check(rule, allowance, start, due, centre=MOVING)


def test_a_temporary_holiday_announced_in_the_middle_moves_the_end():
    received = at("2026-11-17 10:00")
    before = CHARTER.add(Rule.CIVIL_DAYS, Allowance.parse("7d"), received)
    announced = Calendar(version=1, closures={date(2026, 11, 24): "임시공휴일"})
    after = announced.due(Rule.CIVIL_DAYS, Allowance.parse("7d"), received)
    assert before == at("2026-11-24 18:00")
    assert after.instant == at("2026-11-25 18:00")


def test_rules_and_units_may_come_as_plain_text_from_the_database():
    plain: Rule = "civil_days"  # type: ignore[assignment]
    due = CHARTER.due(plain, Allowance(7, "d"), at("2026-10-02 10:00"))  # type: ignore[arg-type]
    assert due.instant == at("2026-10-12 18:00")
    assert "한글날" in due.explain()
