"""보완 and extension: the clock stands still, and once it may be given twice the time."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from centre.calendar import SEOUL, Allowance, Calendar, CalendarError, Rule

CHARTER = Calendar()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def spans(*texts: str) -> list[tuple[datetime, datetime]]:
    return [(at(begin.strip()), at(end.strip())) for begin, end in (t.split("~") for t in texts)]


@pytest.mark.parametrize(
    ("start", "pauses", "due"),
    [
        # Tuesday the 10th at 10:00, seven days: Tuesday the 17th.
        ("2026-11-10 10:00", [], "2026-11-17"),
        ("2026-11-10 10:00", ["2026-11-12 09:00 ~ 2026-11-12 09:01"], "2026-11-18"),
        ("2026-11-10 10:00", ["2026-11-12 23:59 ~ 2026-11-13 00:01"], "2026-11-19"),
        # An end at 00:00 does not touch the day that begins.
        ("2026-11-10 10:00", ["2026-11-12 09:00 ~ 2026-11-13 00:00"], "2026-11-18"),
        # The first day does not count anyway.
        ("2026-11-10 10:00", ["2026-11-10 11:00 ~ 2026-11-10 12:00"], "2026-11-17"),
        # Begins on day 3, ends far beyond the first end.
        ("2026-11-10 10:00", ["2026-11-13 10:00 ~ 2026-11-25 10:00"], "2026-11-30"),
        # On the due day itself, before closing.
        ("2026-11-10 10:00", ["2026-11-17 17:59 ~ 2026-11-17 18:30"], "2026-11-18"),
        # From the due instant on: the clock has run out, nothing starts again.
        ("2026-11-10 10:00", ["2026-11-17 18:00 ~ 2026-11-20 10:00"], "2026-11-17"),
        # Overlapping, unordered and twice the same: counted once.
        (
            "2026-11-10 10:00",
            [
                "2026-11-13 10:00 ~ 2026-11-14 10:00",
                "2026-11-12 10:00 ~ 2026-11-13 12:00",
                "2026-11-12 10:00 ~ 2026-11-13 12:00",
            ],
            "2026-11-20",
        ),
        # The second matters only because the first moved the end.
        (
            "2026-11-10 10:00",
            ["2026-11-16 10:00 ~ 2026-11-16 12:00", "2026-11-18 10:00 ~ 2026-11-18 12:00"],
            "2026-11-19",
        ),
        # Before the start: nothing to pause yet.
        ("2026-11-10 10:00", ["2026-11-02 10:00 ~ 2026-11-10 09:00"], "2026-11-17"),
        ("2026-11-10 00:00", ["2026-11-02 10:00 ~ 2026-11-10 00:00"], "2026-11-16"),
        ("2026-11-10 00:00", ["2026-11-10 00:00 ~ 2026-11-10 00:01"], "2026-11-17"),
        # No length at all.
        ("2026-11-10 10:00", ["2026-11-12 10:00 ~ 2026-11-12 10:00"], "2026-11-17"),
        # The end rolls as usual, and not onto a day on which the clock stands still.
        ("2026-11-09 10:00", ["2026-11-11 10:00 ~ 2026-11-15 10:00"], "2026-11-23"),
        ("2026-11-14 10:00", ["2026-11-23 10:00 ~ 2026-11-24 10:00"], "2026-11-25"),
        # Across Chuseok (24 to 27 September are closed).
        ("2026-09-21 10:00", ["2026-09-23 10:00 ~ 2026-09-28 10:00"], "2026-10-06"),
        # Across Seollal (14 to 18 February).
        ("2026-02-11 10:00", ["2026-02-13 10:00 ~ 2026-02-19 10:00"], "2026-02-25"),
    ],
)
def test_civil_days(start, pauses, due):
    found = CHARTER.due(Rule.CIVIL_DAYS, Allowance.parse("7d"), at(start), pauses=spans(*pauses))
    assert found.instant == at(f"{due} 18:00")


@pytest.mark.parametrize(
    ("start", "pauses", "due"),
    [
        ("2026-11-10 10:00", [], "2026-11-18"),
        ("2026-11-10 10:00", ["2026-11-10 11:00 ~ 2026-11-10 12:00"], "2026-11-19"),
        ("2026-11-10 10:00", ["2026-11-13 17:00 ~ 2026-11-16 09:10"], "2026-11-20"),
        # A weekend does not count twice.
        ("2026-11-10 10:00", ["2026-11-14 10:00 ~ 2026-11-15 10:00"], "2026-11-18"),
        ("2026-09-21 10:00", ["2026-09-23 10:00 ~ 2026-09-28 10:00"], "2026-10-06"),
        ("2026-02-11 10:00", ["2026-02-13 10:00 ~ 2026-02-19 10:00"], "2026-02-26"),
    ],
)
def test_petition_days(start, pauses, due):
    found = CHARTER.due(Rule.PETITION_DAYS, Allowance.parse("7d"), at(start), pauses=spans(*pauses))
    assert found.instant == at(f"{due} 18:00")


def test_a_pause_begun_before_a_start_at_closing_time_counts():
    """Cut off at the start it would begin at the due instant itself, and be ignored."""
    found = CHARTER.due(
        Rule.PETITION_DAYS,
        Allowance.parse("1d"),
        at("2024-01-02 18:00"),
        pauses=spans("2024-01-02 17:59 ~ 2024-01-02 18:01"),
    )
    assert found.instant == at("2024-01-03 18:00")


@pytest.mark.parametrize(
    ("start", "pauses", "due"),
    [
        ("2026-11-20 10:00", ["2026-11-20 10:30 ~ 2026-11-20 11:00"], "2026-11-20 11:30"),
        # Lunch within a pause is not given back.
        ("2026-11-20 11:30", ["2026-11-20 11:40 ~ 2026-11-20 13:10"], "2026-11-20 14:00"),
        # A pause in closed time changes nothing.
        ("2026-11-20 17:30", ["2026-11-20 19:00 ~ 2026-11-22 10:00"], "2026-11-23 09:30"),
        # Due at closing: a pause from that instant on comes too late.
        ("2026-11-20 17:00", ["2026-11-20 18:00 ~ 2026-11-23 12:00"], "2026-11-20 18:00"),
        ("2026-11-20 17:00", ["2026-11-20 17:59:59 ~ 2026-11-23 10:00"], "2026-11-23 10:00:01"),
        # It ends beyond the first due instant, across Chuseok.
        ("2026-09-23 17:30", ["2026-09-23 17:45 ~ 2026-09-28 10:00"], "2026-09-28 10:45"),
        # Already paused at the start; overlapping ones count once.
        (
            "2026-11-20 10:00",
            ["2026-11-20 09:30 ~ 2026-11-20 10:30", "2026-11-20 10:15 ~ 2026-11-20 10:45"],
            "2026-11-20 11:45",
        ),
    ],
)
def test_working_time(start, pauses, due):
    found = CHARTER.due(Rule.WORKING_TIME, Allowance.parse("1h"), at(start), pauses=spans(*pauses))
    assert found.instant == at(due)


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        (["2026-11-20 17:58 ~ 2026-11-20 18:30"], "2026-11-20 18:37"),
        (["2026-11-20 18:05 ~ 2026-11-20 18:30"], "2026-11-20 18:05"),  # run out already
        (["2026-11-20 17:50 ~ 2026-11-20 17:56"], "2026-11-20 18:06"),
        (
            ["2026-11-20 17:56 ~ 2026-11-20 17:58", "2026-11-20 18:06 ~ 2026-11-20 18:08"],
            "2026-11-20 18:09",
        ),
    ],
)
def test_elapsed(pauses, due):
    found = CHARTER.due(
        Rule.ELAPSED, Allowance.parse("10m"), at("2026-11-20 17:55"), pauses=spans(*pauses)
    )
    assert found.instant == at(due)


@pytest.mark.parametrize(
    "pauses",
    [
        spans("2026-11-23 10:00 ~ 2026-11-23 09:00"),
        [(datetime(2026, 11, 23), at("2026-11-24"))],  # noqa: DTZ001 - without offset
        spans("2026-11-23 ~ 2029-01-01"),
        spans("2026-11-23 ~ 2028-12-31"),
    ],
)
def test_pauses_that_cannot_be(pauses):
    with pytest.raises(CalendarError):
        CHARTER.due(Rule.CIVIL_DAYS, Allowance.parse("7d"), at("2026-11-20"), pauses=pauses)


@pytest.mark.parametrize(
    ("rule", "allowance"),
    [(Rule.WORKING_TIME, "1h"), (Rule.ELAPSED, "1h"), (Rule.PETITION_DAYS, "1d")],
)
def test_a_pause_to_the_end_of_the_known_years(rule, allowance):
    with pytest.raises(CalendarError):
        CHARTER.due(
            rule,
            Allowance.parse(allowance),
            at("2026-11-23 10:00"),
            pauses=spans("2026-11-23 10:10 ~ 2028-12-31 23:59"),
        )


def test_the_day_of_an_event_waits_for_nobody():
    start, ahead = at("2027-03-21 10:00"), Allowance.parse("20d")
    with pytest.raises(CalendarError):
        CHARTER.due(Rule.DAYS_BEFORE, ahead, start, pauses=spans("2027-02-10 ~ 2027-02-12"))
    with pytest.raises(CalendarError):
        CHARTER.extension_limit(Rule.DAYS_BEFORE, ahead, start)


@pytest.mark.parametrize(
    ("rule", "allowance", "start", "pauses", "limit"),
    [
        (Rule.CIVIL_DAYS, "7d", "2026-09-23 10:00", [], "2026-10-07 18:00"),
        (Rule.CIVIL_DAYS, "7d", "2026-09-25 10:00", [], "2026-10-12 18:00"),  # ends on 한글날
        (Rule.CIVIL_DAYS, "7d", "2026-02-04 10:00", [], "2026-02-19 18:00"),  # ends on Seollal
        (Rule.PETITION_DAYS, "7d", "2026-09-23 10:00", [], "2026-10-16 18:00"),
        (Rule.WORKING_TIME, "8h", "2026-11-20 10:00", [], "2026-11-24 10:00"),
        (
            Rule.CIVIL_DAYS,
            "7d",
            "2026-09-23 10:00",
            ["2026-09-28 10:00 ~ 2026-09-29 10:00"],
            "2026-10-12 18:00",
        ),
    ],
)
def test_extension_limit(rule, allowance, start, pauses, limit):
    found = CHARTER.extension_limit(
        rule, Allowance.parse(allowance), at(start), pauses=spans(*pauses)
    )
    assert found.instant == at(limit)


def test_a_pause_and_a_closure_of_the_centre():
    moving = Calendar(closures={date(2026, 11, 19): "센터 이전"})
    due = moving.due(
        Rule.CIVIL_DAYS,
        Allowance.parse("7d"),
        at("2026-11-10 10:00"),
        pauses=spans("2026-11-12 10:00 ~ 2026-11-13 10:00"),
    )
    assert due.instant == at("2026-11-20 18:00")
