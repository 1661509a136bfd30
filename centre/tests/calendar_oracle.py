"""A second, slow way to count time, to hold `centre.calendar` against.

It shares nothing with it: holidays are a hand-kept list taken from the official calendars, time is
walked minute by minute or day by day in zone-aware local time, nothing is precomputed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Seoul")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)

# Public holidays that fall on Monday to Friday.
HOLIDAYS_BY_YEAR = {
    2024: "1-1 2-9 2-12 3-1 4-10 5-6 5-15 6-6 8-15 9-16 9-17 9-18 10-1 10-3 10-9 12-25",
    2025: "1-1 1-27 1-28 1-29 1-30 3-3 5-5 5-6 6-3 6-6 8-15 10-3 10-6 10-7 10-8 10-9 12-25",
    2026: "1-1 2-16 2-17 2-18 3-2 5-1 5-5 5-25 6-3 7-17 8-17 9-24 9-25 10-5 10-9 12-25",
    2027: "1-1 2-8 2-9 3-1 5-3 5-5 5-13 7-19 8-16 9-14 9-15 9-16 10-4 10-11 12-27",
    2028: "1-26 1-27 1-28 3-1 4-12 5-1 5-2 5-5 6-6 7-17 8-15 10-2 10-3 10-4 10-5 10-9 12-25",
}
HOLIDAYS = frozenset(
    date(year, *map(int, day.split("-")))
    for year, days in HOLIDAYS_BY_YEAR.items()
    for day in days.split()
)

Pauses = Collection[tuple[datetime, datetime]]


def is_open_day(day: date) -> bool:
    return day.isoweekday() < 6 and day not in HOLIDAYS


def windows(day: date) -> Iterator[tuple[datetime, datetime]]:
    """The open periods of a day, in UTC (two aware datetimes of one zone compare as local)."""
    if is_open_day(day):
        for opening, closing in ((9, 12), (13, 18)):
            yield (
                datetime.combine(day, time(opening), ZONE).astimezone(UTC),
                datetime.combine(day, time(closing), ZONE).astimezone(UTC),
            )


def closing(day: date) -> datetime:
    return datetime.combine(day, time(18), ZONE).astimezone(UTC)


def working_time(start: datetime, allowance: timedelta) -> datetime:
    """Eat the allowance window by window."""
    day, left = start.astimezone(ZONE).date(), allowance
    while True:
        for opens, closes in windows(day):
            begin = max(opens, start)
            if begin < closes and left <= closes - begin:
                return (begin + left).astimezone(UTC)
            left -= max(closes - begin, timedelta())
        day += DAY


def is_running(moment: datetime, pauses: Pauses) -> bool:
    return not any(begin <= moment < end for begin, end in pauses)


def is_open_at(moment: datetime) -> bool:
    local = moment.astimezone(ZONE)
    return is_open_day(local.date()) and local.hour in {9, 10, 11, 13, 14, 15, 16, 17}


def by_the_minute(start: datetime, minutes: int, pauses: Pauses, *, office_hours: bool) -> datetime:
    """Walk whole minutes; start and pauses must lie on whole minutes."""
    moment = start.astimezone(UTC)
    while minutes:
        if is_running(moment, pauses) and (not office_hours or is_open_at(moment)):
            minutes -= 1
        moment += MINUTE
    return moment


def touched(pauses: Pauses) -> set[date]:
    """Dates that share at least one minute with a pause."""
    days = set()
    for begin, end in pauses:
        moment = begin
        while moment < end:
            days.add(moment.astimezone(ZONE).date())
            moment += MINUTE
    return days


def civil_days(start: datetime, number: int, skipped: Collection[date] = ()) -> datetime:
    local = start.astimezone(ZONE)
    day = local.date() if local.time() == time(0) else local.date() + DAY
    counted = 0 if day in skipped else 1
    while counted < number:
        day += DAY
        counted += day not in skipped
    while not is_open_day(day) or day in skipped:
        day += DAY
    return closing(day)


def petition_days(start: datetime, number: int, skipped: Collection[date] = ()) -> datetime:
    day, counted = start.astimezone(ZONE).date() - DAY, 0
    while counted < number:
        day += DAY
        counted += is_open_day(day) and day not in skipped
    return closing(day)


def days_before(event: datetime, number: int) -> datetime:
    day = event.astimezone(ZONE).date()
    for _ in range(number):
        day -= DAY
    return datetime.combine(day, time(0), ZONE).astimezone(UTC)
