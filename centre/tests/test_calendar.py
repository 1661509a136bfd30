"""Open days, opening hours, allowances, periods, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from centre.calendar import (
    CHARTER_HOURS,
    FIRST_KNOWN_DAY,
    LAST_KNOWN_DAY,
    SEOUL,
    Allowance,
    Calendar,
    CalendarError,
    Period,
    Rule,
    Unit,
    explain_period,
    is_kept,
    last_day,
    period_end,
    public_holidays,
    seoul_day,
)
from centre.tests import calendar_oracle

CHARTER = Calendar()
MOVING = Calendar(
    version=3,
    closures={date(2026, 11, 23): "센터 이전", date(2026, 11, 28): "토요일 청소"},
    reopened={date(2026, 11, 21): "토요일 봉사의 날", date(2026, 12, 25): "성탄 나눔"},
)


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


# --- open days ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-05-01", "노동절"),  # public from 2026
        ("2025-05-01", None),  # 근로자의 날: banks only
        ("2026-07-17", "제헌절"),  # public again from 2026
        ("2025-07-17", None),
        ("2025-01-27", "임시공휴일"),  # announced on 14 January 2025
        ("2026-06-03", "지방선거일"),
        ("2025-06-03", "대통령 선거일"),
        ("2024-10-01", "국군의 날"),  # temporary, that year only
        ("2025-10-01", None),
        ("2026-09-24", "추석 전날"),
        ("2026-09-25", "추석"),
        ("2026-09-26", "추석 다음날"),  # a Saturday too
        ("2026-09-27", "일요일"),
        ("2026-09-28", None),  # no substitute for a Saturday of Chuseok
        ("2026-02-17", "설날"),
        ("2027-02-09", "대체공휴일(설날)"),
        ("2025-05-05", "부처님오신날·어린이날"),
        ("2025-05-06", "대체공휴일(부처님오신날)·대체공휴일(어린이날)"),
        ("2026-01-01", "신정"),
        ("2026-11-21", "토요일"),
        ("2026-11-22", "일요일"),
        ("2026-11-23", None),
    ],
)
def test_why_closed(day, reason):
    assert CHARTER.why_closed(date.fromisoformat(day)) == reason
    assert CHARTER.is_open_day(date.fromisoformat(day)) is (reason is None)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-11-23", "센터 이전"),
        ("2026-11-28", "토요일"),  # closed by law already; the centre's reason adds nothing
        ("2026-11-21", None),
        ("2026-12-25", None),  # a public holiday re-opened
        ("2026-11-22", "일요일"),
    ],
)
def test_closures_and_reopened_days(day, reason):
    assert MOVING.why_closed(date.fromisoformat(day)) == reason
    assert MOVING.is_open_day(date.fromisoformat(day)) is (reason is None)


def test_closure_without_reason_still_says_something():
    assert Calendar(closures={date(2026, 11, 23): ""}).why_closed(date(2026, 11, 23))


def test_every_day_agrees_with_the_official_calendars():
    day = date(2024, 1, 1)
    while day <= LAST_KNOWN_DAY:
        assert CHARTER.is_open_day(day) is calendar_oracle.is_open_day(day), day
        assert (CHARTER.why_closed(day) is None) is CHARTER.is_open_day(day), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-11-30", 5, "2026-12-07"),  # the month of November is frozen on this day
        ("2026-09-23", 1, "2026-09-28"),
        ("2026-09-25", 1, "2026-09-28"),
        ("2026-09-30", 5, "2026-10-08"),
    ],
)
def test_add_open_days(day, count, expected):
    assert CHARTER.add_open_days(date.fromisoformat(day), count) == date.fromisoformat(expected)


def test_next_open_day_and_days_between():
    assert CHARTER.next_open_day(date(2026, 9, 23)) == date(2026, 9, 23)
    assert CHARTER.next_open_day(date(2026, 9, 24)) == date(2026, 9, 28)
    assert MOVING.next_open_day(date(2026, 11, 22)) == date(2026, 11, 24)
    assert CHARTER.open_days_between(date(2026, 9, 23), date(2026, 9, 28)) == 1
    assert CHARTER.open_days_between(date(2026, 9, 23), date(2026, 9, 29)) == 2
    assert CHARTER.open_days_between(date(2026, 9, 23), date(2026, 9, 23)) == 0


# --- open time ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "following"),
    [
        ("2026-11-20 18:00:00", "2026-11-23 09:00"),  # closing time is closed
        ("2026-11-20 17:59:59.999999", None),
        ("2026-11-20 08:59:59.999999", "2026-11-20 09:00"),
        ("2026-11-20 09:00:00", None),
        ("2026-11-20 12:00:00", "2026-11-20 13:00"),
        ("2026-11-20 13:00:00", None),
        ("2026-11-21 00:30:00", "2026-11-23 09:00"),  # still Friday in UTC
        ("2026-11-23 08:30:00", "2026-11-23 09:00"),  # still Sunday in UTC
        ("2026-09-23 18:00:00", "2026-09-28 09:00"),
    ],
)
def test_is_open_and_next_opening(moment, following):
    instant = seoul(moment)
    assert CHARTER.is_open_at(instant) is (following is None)
    opening = CHARTER.next_open_at(instant)
    assert opening == (seoul(following) if following else instant)
    assert opening.tzinfo is UTC


def test_after_the_last_closing_it_is_closed_but_the_next_opening_is_unknown():
    instant = seoul("2028-12-31 23:00")
    assert not CHARTER.is_open_at(instant)
    with pytest.raises(CalendarError):
        CHARTER.next_open_at(instant)


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        ("2026-11-20 17:30", "2026-11-23 09:30", 3600),
        ("2026-11-20 11:50", "2026-11-20 13:10", 1200),
        ("2026-11-20 00:00", "2026-11-21 00:00", 8 * 3600),
        ("2026-11-21 00:00", "2026-11-22 23:59", 0),
        ("2026-11-20 10:00:00.250000", "2026-11-20 10:00:01", 0.75),
        ("2026-09-23 17:00", "2026-09-28 10:00", 7200),
        ("2028-12-29 17:00", "2028-12-31 23:59", 3600),
    ],
)
def test_working_seconds_between(start, end, seconds):
    assert CHARTER.working_seconds_between(seoul(start), seoul(end)) == seconds


def test_reopened_saturday_has_the_hours_of_a_workday():
    assert MOVING.is_open_at(seoul("2026-11-21 09:00"))
    assert not MOVING.is_open_at(seoul("2026-11-21 12:30"))
    assert MOVING.next_open_at(seoul("2026-11-20 18:00")) == seoul("2026-11-21 09:00")


def test_hours_of_its_own():
    late = (time(13), time(21))
    week = (*CHARTER_HOURS[:2], (), (late,), CHARTER_HOURS[4], ((time(10), time(12)),), ())
    centre = Calendar(hours=week, reopened={date(2026, 11, 22): "행사"})
    assert centre.why_closed(date(2026, 11, 25)) == "센터 휴무일"  # every Wednesday
    assert centre.next_open_at(seoul("2026-11-25 10:00")) == seoul("2026-11-26 13:00")
    assert centre.is_open_at(seoul("2026-11-21 11:00"))
    assert centre.is_open_at(seoul("2026-11-22 09:00"))  # Sunday has no hours: Monday's are used
    civil = centre.add(Rule.CIVIL_DAYS, Allowance.parse("2d"), seoul("2026-11-24 10:00"))
    assert civil == seoul("2026-11-26 21:00")  # the closing time of that weekday


@pytest.mark.parametrize(
    "hours",
    [
        (),
        CHARTER_HOURS[:6],
        ((),) * 7,
        (((time(18), time(9)),), *CHARTER_HOURS[1:]),
        (((time(9), time(9)),), *CHARTER_HOURS[1:]),
        (((time(9), time(13)), (time(12), time(18))), *CHARTER_HOURS[1:]),
        (((time(13), time(18)), (time(9), time(12))), *CHARTER_HOURS[1:]),
    ],
)
def test_hours_that_make_no_sense(hours):
    with pytest.raises(CalendarError):
        Calendar(hours=hours)


def test_a_day_cannot_be_closed_and_reopened():
    with pytest.raises(CalendarError):
        Calendar(closures={date(2026, 11, 23): "휴무"}, reopened={date(2026, 11, 23): "개관"})


def test_a_calendar_does_not_change_under_its_users():
    closures = {date(2026, 11, 23): "센터 이전"}
    centre = Calendar(closures=closures)
    closures.clear()
    assert not centre.is_open_day(date(2026, 11, 23))
    with pytest.raises(TypeError):
        centre.closures[date(2026, 11, 24)] = "x"  # type: ignore[index]
    with pytest.raises(AttributeError):
        centre.version = 2  # type: ignore[misc]


def test_seoul_is_nine_hours_ahead_all_through_the_known_years():
    day = FIRST_KNOWN_DAY
    while day <= LAST_KNOWN_DAY:
        noon = datetime.combine(day, time(12), SEOUL)
        assert noon.utcoffset() == timedelta(hours=9)
        assert seoul_day(noon) == day
        day += timedelta(days=1)


def test_a_seoul_day_is_not_a_utc_day():
    assert seoul_day(datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == date(2026, 11, 23)
    assert seoul_day(datetime(2026, 11, 22, 14, 59, 59, 999_999, tzinfo=UTC)) == date(2026, 11, 22)


# --- allowances -----------------------------------------------------------------------------------


def test_allowances_are_read_and_written():
    assert Allowance.parse("15m") == Allowance(15, Unit.MINUTES)
    assert str(Allowance.parse(" 7d ")) == "7d"
    assert Allowance.parse("8h").korean == "8시간"
    assert Allowance.parse("7d").doubled() == Allowance.parse("14d")


@pytest.mark.parametrize(
    "text",
    [
        "0d",
        "-7d",
        "7",
        "d",
        "",
        "7 d",
        "7D",
        "1.5h",
        "7w",
        "+7d",
        "７d",
        "1h30m",
        "9999999d",
        "7d\n8d",
    ],
)
def test_allowances_that_are_refused(text):
    with pytest.raises(CalendarError, match="처리기간"):
        Allowance.parse(text)


def test_allowance_made_by_hand_is_checked_too():
    with pytest.raises(CalendarError):
        Allowance(0, Unit.DAYS)
    with pytest.raises(CalendarError):
        Allowance(-1, Unit.HOURS)


# --- errors ---------------------------------------------------------------------------------------

NOON = "2026-11-20T12:00+09:00"


@pytest.mark.parametrize(
    ("rule", "allowance"),
    [
        (Rule.WORKING_TIME, "1d"),
        (Rule.ELAPSED, "1d"),
        (Rule.CIVIL_DAYS, "24h"),
        (Rule.PETITION_DAYS, "15m"),
        (Rule.DAYS_BEFORE, "480h"),
        (Rule.PERIODIC, "7d"),
        (Rule.PERIODIC, "1h"),
    ],
)
def test_a_unit_that_does_not_fit_the_rule(rule, allowance):
    start = datetime.fromisoformat(NOON)
    for count in (CHARTER.add, CHARTER.due):
        with pytest.raises(CalendarError):
            count(rule, Allowance.parse(allowance), start)


FITTING = [
    (Rule.WORKING_TIME, "1h"),
    (Rule.ELAPSED, "10m"),
    (Rule.CIVIL_DAYS, "7d"),
    (Rule.PETITION_DAYS, "7d"),
    (Rule.DAYS_BEFORE, "20d"),
]


@pytest.mark.parametrize(("rule", "allowance"), FITTING)
@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 11, 20, 12),  # noqa: DTZ001 - that is the point
        datetime(2019, 12, 31, 23, 59, 59, tzinfo=SEOUL),
        datetime(2029, 1, 1, tzinfo=SEOUL),
        datetime(2028, 12, 31, 15, tzinfo=UTC),  # 2029 in Seoul
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23))),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-23))),
    ],
)
def test_no_offset_or_an_unknown_year(rule, allowance, start):
    for count in (CHARTER.add, CHARTER.due):
        with pytest.raises(CalendarError):
            count(rule, Allowance.parse(allowance), start)


@pytest.mark.parametrize(
    ("rule", "allowance", "start"),
    [
        (Rule.WORKING_TIME, "8h", "2028-12-29 09:00:01"),
        (Rule.WORKING_TIME, "1h", "2028-12-30 09:00"),
        (Rule.WORKING_TIME, "999999h", "2026-11-20 12:00"),
        (Rule.ELAPSED, "1h", "2028-12-31 23:00"),
        (Rule.ELAPSED, "999999h", "2026-11-20 12:00"),
        (Rule.CIVIL_DAYS, "7d", "2028-12-24 00:01"),
        (Rule.CIVIL_DAYS, "999999d", "2026-11-20 12:00"),
        (Rule.PETITION_DAYS, "2d", "2028-12-29 00:00"),
        (Rule.PETITION_DAYS, "999999d", "2026-11-20 12:00"),
        (Rule.DAYS_BEFORE, "1d", "2020-01-01 10:00"),
        (Rule.DAYS_BEFORE, "999999d", "2026-11-20 12:00"),
    ],
)
def test_a_due_instant_in_an_unknown_year(rule, allowance, start):
    for count in (CHARTER.add, CHARTER.due):
        with pytest.raises(CalendarError, match="공휴일을 알 수 없는 해"):
            count(rule, Allowance.parse(allowance), seoul(start))


def test_the_very_last_due_instants_are_known():
    add = CHARTER.add
    closing = seoul("2028-12-29 18:00")  # Friday
    assert add(Rule.WORKING_TIME, Allowance.parse("8h"), seoul("2028-12-29 09:00")) == closing
    assert add(Rule.CIVIL_DAYS, Allowance.parse("7d"), seoul("2028-12-22 10:00")) == closing
    assert add(Rule.PETITION_DAYS, Allowance.parse("1d"), seoul("2028-12-29 23:50")) == closing
    first = seoul("2020-01-01 00:00")
    assert add(Rule.DAYS_BEFORE, Allowance.parse("1d"), seoul("2020-01-02 10:00")) == first


@pytest.mark.parametrize(
    "ask",
    [
        lambda: CHARTER.is_open_day(date(2019, 12, 31)),
        lambda: CHARTER.why_closed(date(2029, 1, 1)),
        lambda: CHARTER.next_open_day(date(2028, 12, 30)),
        lambda: CHARTER.add_open_days(date(2028, 12, 28), 2),
        lambda: CHARTER.add_open_days(date(2026, 11, 20), 0),
        lambda: CHARTER.open_days_between(date(2026, 11, 21), date(2026, 11, 20)),
        lambda: CHARTER.working_seconds_between(seoul("2026-11-21"), seoul("2026-11-20")),
        lambda: CHARTER.working_seconds_between(seoul("2026-11-21"), seoul("2029-01-01")),
        lambda: CHARTER.is_open_at(seoul("2029-01-01")),
        lambda: CHARTER.next_open_at(datetime(2026, 11, 20)),  # noqa: DTZ001
        lambda: period_end(Period.MONTH, datetime(2026, 11, 20)),  # noqa: DTZ001
        lambda: period_end(Period.MONTH, seoul("2029-01-01")),
        lambda: is_kept(Rule.CIVIL_DAYS, datetime(2026, 11, 20), seoul("2026-11-20")),  # noqa: DTZ001
        lambda: seoul_day(datetime(2026, 11, 20)),  # noqa: DTZ001
    ],
)
def test_questions_without_an_answer(ask):
    with pytest.raises(CalendarError):
        ask()


def test_a_package_without_one_of_the_years_is_an_error(monkeypatch):
    public_holidays.cache_clear()
    monkeypatch.setattr("centre.calendar.LAST_KNOWN_DAY", date(2101, 12, 31))
    with pytest.raises(CalendarError, match="공휴일 자료"):
        public_holidays()
    monkeypatch.undo()
    assert public_holidays()[date(2026, 9, 25)] == "추석"


# --- kept or missed, and periods ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "at_the_instant"),
    [
        (Rule.WORKING_TIME, True),
        (Rule.CIVIL_DAYS, True),
        (Rule.PETITION_DAYS, True),
        (Rule.PERIODIC, True),
        (Rule.ELAPSED, False),
        (Rule.DAYS_BEFORE, False),
    ],
)
def test_exactly_on_time(rule, at_the_instant):
    due = seoul("2026-11-20 18:00")
    moment = timedelta(microseconds=1)
    assert is_kept(rule, due - moment, due)
    assert is_kept(rule, due, due.astimezone(UTC)) is at_the_instant
    assert not is_kept(rule, due + moment, due)


@pytest.mark.parametrize(
    ("period", "instant", "end"),
    [
        (Period.MONTH, "2026-11-30 23:59:59", "2026-12-01"),
        (Period.MONTH, "2026-12-01 00:00:00", "2027-01-01"),
        (Period.MONTH, "2028-02-10 12:00:00", "2028-03-01"),
        (Period.MONTH, "2026-12-01 08:00:00", "2027-01-01"),  # still November in UTC
        (Period.QUARTER, "2026-11-22 12:00:00", "2027-01-01"),
        (Period.QUARTER, "2026-01-01 00:00:00", "2026-04-01"),
        (Period.QUARTER, "2026-06-30 23:59:59", "2026-07-01"),
        (Period.HALF_YEAR, "2026-06-30 23:59:59", "2026-07-01"),
        (Period.HALF_YEAR, "2026-07-01 00:00:00", "2027-01-01"),
        (Period.YEAR, "2028-12-31 23:59:59", "2029-01-01"),
    ],
)
def test_period_end(period, instant, end):
    due = period_end(period, seoul(instant))
    assert due == seoul(end)
    assert due.tzinfo is UTC


def test_the_last_day_is_the_one_that_ends_at_the_due_instant():
    assert last_day(Rule.DAYS_BEFORE, seoul("2026-03-01")) == date(2026, 2, 28)
    assert last_day(Rule.PERIODIC, seoul("2027-01-01")) == date(2026, 12, 31)
    assert last_day(Rule.CIVIL_DAYS, seoul("2026-11-20 18:00")) == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("period", "text"),
    [
        (Period.MONTH, "2026년 11월의 마지막 날인 2026년 11월 30일(월)까지"),
        (Period.QUARTER, "2026년 4분기의 마지막 날인 2026년 12월 31일(목)까지"),
        (Period.HALF_YEAR, "2026년 하반기의 마지막 날인 2026년 12월 31일(목)까지"),
        (Period.YEAR, "2026년의 마지막 날인 2026년 12월 31일(목)까지"),
    ],
)
def test_a_period_explains_itself(period, text):
    assert text in explain_period(period, seoul("2026-11-22 10:00"))
