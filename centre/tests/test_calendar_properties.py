"""The calendar against the slow oracle, 2024 to 2027, and what must hold whatever the numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from centre.calendar import SEOUL, Allowance, Calendar, Rule, Unit, is_kept
from centre.tests import calendar_oracle as oracle

CHARTER = Calendar()
FIRST = datetime(2024, 1, 1, tzinfo=SEOUL)
SECONDS = int((datetime(2028, 1, 1, tzinfo=SEOUL) - FIRST).total_seconds())
MINUTES = SECONDS // 60
MINUTE = timedelta(minutes=1)

seconds = st.integers(0, SECONDS - 1).map(lambda n: (FIRST + timedelta(seconds=n)).astimezone(UTC))
# Half of the starts lie within an hour of midnight, opening, lunch and closing.
edges = st.builds(
    lambda day, hour, second: (FIRST + timedelta(days=day, hours=hour, seconds=second)).astimezone(
        UTC
    ),
    st.integers(1, SECONDS // 86_400 - 2),
    st.sampled_from([0, 9, 12, 13, 18]),
    st.integers(-3, 3),
)
starts = seconds | edges
days = st.integers(1, 40)
whole_minutes = st.integers(0, MINUTES - 1).map(lambda n: (FIRST + n * MINUTE).astimezone(UTC))


@st.composite
def starts_with_pauses(draw):
    """A start on a whole minute and up to three pauses that begin within ten days of it."""
    start = draw(whole_minutes)
    pauses = []
    for _ in range(draw(st.integers(1, 3))):
        begin = start + draw(st.integers(-600, 10 * 1440)) * MINUTE
        length = draw(st.integers(0, 600) | st.integers(0, 4 * 1440))
        pauses.append((begin, begin + length * MINUTE))
    return start, pauses


def effective(start, pauses, count):
    """The pauses that begin before the due instant the earlier ones leave; `count` gives it."""
    held: list[tuple[datetime, datetime]] = []
    for begin, end in sorted(pauses):
        if begin >= count(held):
            break
        if end > start:
            held.append((max(begin, start), end))
    return held


@settings(max_examples=400)
@given(start=starts, minutes=st.integers(1, 480) | st.integers(1, 4800))
@example(start=datetime(2026, 11, 20, 8, tzinfo=UTC), minutes=60)
@example(start=datetime(2027, 12, 31, 14, 59, 59, tzinfo=UTC), minutes=4800)
def test_working_time(start, minutes):
    allowance = Allowance(minutes, Unit.MINUTES)
    expected = oracle.working_time(start, timedelta(minutes=minutes))
    assert CHARTER.add(Rule.WORKING_TIME, allowance, start) == expected
    due = CHARTER.due(Rule.WORKING_TIME, allowance, start)
    assert due.instant == expected
    assert sum((b - a for a, b in due.counted), timedelta()) == timedelta(minutes=minutes)


@settings(max_examples=400)
@given(start=starts, number=days)
def test_civil_days(start, number):
    expected = oracle.civil_days(start, number)
    assert CHARTER.add(Rule.CIVIL_DAYS, Allowance(number, Unit.DAYS), start) == expected
    assert CHARTER.due(Rule.CIVIL_DAYS, Allowance(number, Unit.DAYS), start).instant == expected


@settings(max_examples=400)
@given(start=starts, number=days)
def test_petition_days(start, number):
    expected = oracle.petition_days(start, number)
    assert CHARTER.add(Rule.PETITION_DAYS, Allowance(number, Unit.DAYS), start) == expected
    assert CHARTER.due(Rule.PETITION_DAYS, Allowance(number, Unit.DAYS), start).instant == expected


@given(event=starts, number=st.integers(1, 400))
def test_days_before(event, number):
    expected = oracle.days_before(event, number)
    due = CHARTER.due(Rule.DAYS_BEFORE, Allowance(number, Unit.DAYS), event)
    assert due.instant == CHARTER.add(Rule.DAYS_BEFORE, due.allowance, event) == expected
    assert is_kept(Rule.DAYS_BEFORE, expected - timedelta(seconds=1), due.instant)
    assert not is_kept(Rule.DAYS_BEFORE, expected, due.instant)


@given(start=starts, minutes=st.integers(1, 3000))
def test_elapsed(start, minutes):
    due = CHARTER.add(Rule.ELAPSED, Allowance(minutes, Unit.MINUTES), start)
    assert due - start == timedelta(minutes=minutes)


@settings(max_examples=60)
@given(case=starts_with_pauses(), minutes=st.integers(1, 600))
def test_working_time_with_pauses(case, minutes):
    start, pauses = case
    due = CHARTER.due(Rule.WORKING_TIME, Allowance(minutes, Unit.MINUTES), start, pauses=pauses)
    assert due.instant == oracle.by_the_minute(start, minutes, pauses, office_hours=True)


@settings(max_examples=60)
@given(case=starts_with_pauses(), minutes=st.integers(1, 3000))
def test_elapsed_with_pauses(case, minutes):
    start, pauses = case
    due = CHARTER.due(Rule.ELAPSED, Allowance(minutes, Unit.MINUTES), start, pauses=pauses)
    assert due.instant == oracle.by_the_minute(start, minutes, pauses, office_hours=False)


@settings(max_examples=100)
@given(case=starts_with_pauses(), number=st.integers(1, 14))
@pytest.mark.parametrize(
    ("rule", "count"),
    [(Rule.CIVIL_DAYS, oracle.civil_days), (Rule.PETITION_DAYS, oracle.petition_days)],
)
def test_day_rules_with_pauses(rule, count, case, number):
    start, pauses = case
    held = effective(start, pauses, lambda held: count(start, number, oracle.touched(held)))
    due = CHARTER.due(rule, Allowance(number, Unit.DAYS), start, pauses=pauses)
    assert due.instant == count(start, number, oracle.touched(held))
    assert due.explain()


def test_every_day_of_four_years_at_the_hours_that_hurt():
    hours = (time(0), time(8, 59, 59), time(12, 30), time(18), time(23, 59, 59))
    hour, week = Allowance.parse("1h"), Allowance.parse("7d")
    day = date(2024, 1, 1)
    while day.year < 2028:
        for moment in hours:
            start = datetime.combine(day, moment, SEOUL)
            assert CHARTER.add(Rule.WORKING_TIME, hour, start) == oracle.working_time(
                start, timedelta(hours=1)
            )
            assert CHARTER.add(Rule.CIVIL_DAYS, week, start) == oracle.civil_days(start, 7)
            assert CHARTER.add(Rule.PETITION_DAYS, week, start) == oracle.petition_days(start, 7)
        day += timedelta(days=1)


@given(start=starts)
def test_seven_civil_days_are_never_later_than_seven_petition_days(start):
    week = Allowance.parse("7d")
    civil = CHARTER.add(Rule.CIVIL_DAYS, week, start)
    assert civil <= CHARTER.add(Rule.PETITION_DAYS, week, start)


@given(start=starts, minutes=st.integers(1, 4800))
def test_working_time_and_working_seconds_agree(start, minutes):
    due = CHARTER.add(Rule.WORKING_TIME, Allowance(minutes, Unit.MINUTES), start)
    assert CHARTER.working_seconds_between(start, due) == minutes * 60


@given(start=starts, later=st.integers(0, 100_000), closed=st.sets(st.integers(0, 30)))
@pytest.mark.parametrize(
    ("rule", "allowance"),
    [(Rule.WORKING_TIME, "8h"), (Rule.CIVIL_DAYS, "7d"), (Rule.PETITION_DAYS, "7d")],
)
def test_later_starts_and_closures_never_make_a_date_earlier(rule, allowance, start, later, closed):
    given_time = Allowance.parse(allowance)
    due = CHARTER.add(rule, given_time, start)
    assert due <= CHARTER.add(rule, given_time, start + timedelta(seconds=later))
    first = start.astimezone(SEOUL).date()
    closing = Calendar(closures={first + timedelta(days=n): "휴무" for n in closed})
    assert due <= closing.add(rule, given_time, start)
    assert closing.due(rule, given_time, start).instant == closing.add(rule, given_time, start)
