"""When a promise falls due: open days, opening hours and the six ways of counting time.

Pure Python: no framework, no database, no clock. Every instant that comes in carries an
offset, every instant that goes out is in UTC, and all reasoning is done in Asia/Seoul.

Sources: the opening hours of the service charter (Mon-Fri 09:00-12:00, 13:00-18:00); Civil Act
arts. 157, 159 and 161 (``civil_days``); Civil Petitions Act art. 19(2) (``petition_days``);
public holidays from the package ``holidays``, which knows substitute, temporary and election
days and does not list Sundays.

Seoul has kept UTC+9 without daylight saving since October 1988, and the known years begin long
after, so day arithmetic is done on integer microseconds shifted by nine hours.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import groupby, pairwise
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

import holidays

SEOUL: Final = ZoneInfo("Asia/Seoul")

# 2024-2027 were compared with the official calendars; 2028 follows from the laws in force (lunar
# dates, substitute days, the regular election). Later years are not counted on: move the limit
# when a release of ``holidays`` that covers the next official calendar has been installed.
FIRST_KNOWN_DAY: Final = date(2020, 1, 1)
LAST_KNOWN_DAY: Final = date(2028, 12, 31)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_SEOUL_OFFSET: Final = 9 * 3_600 * _SECOND
_FIRST: Final = FIRST_KNOWN_DAY.toordinal()
_DAYS: Final = LAST_KNOWN_DAY.toordinal() - _FIRST + 1
# Add to an instant (microseconds since 1970 UTC) to get microseconds since the first known day.
_SHIFT: Final = _SEOUL_OFFSET - (_FIRST - date(1970, 1, 1).toordinal()) * _DAY

OpenPeriod = tuple[time, time]
WeekHours = Sequence[Sequence[OpenPeriod]]
Span = tuple[datetime, datetime]

_WORKDAY: Final = ((time(9), time(12)), (time(13), time(18)))
CHARTER_HOURS: Final[WeekHours] = (*(_WORKDAY,) * 5, (), ())


class CalendarError(ValueError):
    """A due instant that cannot be computed; the message is Korean and fit for the screen."""


class Rule(StrEnum):
    """How a standard counts its allowance."""

    WORKING_TIME = "working_time"
    ELAPSED = "elapsed"
    CIVIL_DAYS = "civil_days"
    PETITION_DAYS = "petition_days"
    DAYS_BEFORE = "days_before"
    PERIODIC = "periodic"


class Unit(StrEnum):
    MINUTES = "m"
    HOURS = "h"
    DAYS = "d"


class Period(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


_CLOCK_UNITS: Final = frozenset({Unit.MINUTES, Unit.HOURS})
_DAY_UNITS: Final = frozenset({Unit.DAYS})
UNITS: Final[Mapping[Rule, frozenset[Unit]]] = {
    Rule.WORKING_TIME: _CLOCK_UNITS,
    Rule.ELAPSED: _CLOCK_UNITS,
    Rule.CIVIL_DAYS: _DAY_UNITS,
    Rule.PETITION_DAYS: _DAY_UNITS,
    Rule.DAYS_BEFORE: _DAY_UNITS,
    Rule.PERIODIC: frozenset(),
}
# Where the charter says "before", being done at the due instant is too late.
_STRICTLY_BEFORE: Final = frozenset({Rule.ELAPSED, Rule.DAYS_BEFORE})
# The due instant is the midnight that ends the last day, so that day is the one before it.
_ENDS_AT_MIDNIGHT: Final = frozenset({Rule.DAYS_BEFORE, Rule.PERIODIC})

_UNIT_WORDS: Final = {Unit.MINUTES: "분", Unit.HOURS: "시간", Unit.DAYS: "일"}
_UNIT_SIZES: Final = {Unit.MINUTES: 60 * _SECOND, Unit.HOURS: 3_600 * _SECOND, Unit.DAYS: 1}
_ALLOWANCE: Final = re.compile(r"([0-9]{1,6})([mhd])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How long a promise gives: a positive number of minutes, hours or days.

    A "working day" of ``working_time`` is written as eight hours ("8h").
    """

    value: int
    unit: Unit
    #: Microseconds for minutes and hours, the number of days for days.
    amount: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.value <= 0:
            raise CalendarError(f"처리기간은 1 이상이어야 합니다: {self}")
        object.__setattr__(self, "amount", self.value * _UNIT_SIZES[self.unit])

    @classmethod
    def parse(cls, text: str) -> "Allowance":
        """Read "15m", "1h" or "7d"; anything else, also zero and negative, is a CalendarError."""
        match = _ALLOWANCE.fullmatch(text.strip())
        if match is None:
            raise CalendarError(f"처리기간은 '15m', '1h', '7d'처럼 적어야 합니다: {text!r}")
        return cls(int(match[1]), Unit(match[2]))

    def __str__(self) -> str:
        return f"{self.value}{self.unit}"

    @property
    def korean(self) -> str:
        return f"{self.value}{_UNIT_WORDS[self.unit]}"

    def doubled(self) -> "Allowance":
        return Allowance(self.value * 2, self.unit)


class Why(StrEnum):
    """Why a day was not counted. Holidays and weekends come from law, closures from the centre."""

    HOLIDAY = "holiday"
    WEEKEND = "weekend"
    CLOSURE = "closure"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A date in Seoul that did not count, or on which a period could not end."""

    day: date
    why: Why
    reason: str


@dataclass(frozen=True, slots=True)
class Due:
    """A due instant (UTC) with all that is needed to explain it."""

    instant: datetime
    rule: Rule
    allowance: Allowance
    start: datetime
    #: ``civil_days``: day N by count alone, before it rolls to an open day.
    nominal_day: date | None = None
    skipped: tuple[Skipped, ...] = ()
    #: The pauses that had an effect: merged, not before the start, begun before the due instant.
    pauses: tuple[Span, ...] = ()
    #: ``working_time``: the stretches of open time that were counted, in order.
    counted: tuple[Span, ...] = ()

    @property
    def last_day(self) -> date:
        """The last date in Seoul on which the promise can still be kept."""
        return last_day(self.rule, self.instant)

    def explain(self) -> str:
        """Say in Korean, in one or more lines, how the due instant came about."""
        return "\n".join(_EXPLANATIONS[self.rule](self, _Dates()))


# --- Instants and days --------------------------------------------------------------------------


def _micros(instant: datetime) -> int:
    """Microseconds since 1970 in UTC; CalendarError when the instant has no offset."""
    try:
        since = instant - _EPOCH
    except TypeError as error:
        raise CalendarError(f"시각에 시간대(예: +09:00)가 있어야 합니다: {instant}") from error
    return (since.days * 86_400 + since.seconds) * _SECOND + since.microseconds


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _day_of(micros: int) -> int:
    """Index of the Seoul date from the first known day; CalendarError outside the known years."""
    day = (micros + _SHIFT) // _DAY
    if not 0 <= day < _DAYS:
        raise _unknown_year()
    return day


def _midnight(day: int) -> int:
    """The instant at which a day (by index) begins in Seoul, in microseconds."""
    return day * _DAY - _SHIFT


def _date(day: int) -> date:
    return date.fromordinal(_FIRST + day)


def _index(day: date) -> int:
    index = day.toordinal() - _FIRST
    if not 0 <= index < _DAYS:
        raise _unknown_year()
    return index


def _unknown_year() -> CalendarError:
    return CalendarError(
        f"공휴일을 알 수 없는 해입니다({FIRST_KNOWN_DAY.year}년부터 "
        f"{LAST_KNOWN_DAY.year}년까지만 계산합니다)."
    )


def seoul_day(instant: datetime) -> date:
    """The date in Seoul of an instant; CalendarError without offset or outside the known years."""
    return _date(_day_of(_micros(instant)))


# --- Public holidays ----------------------------------------------------------------------------

_SUBSTITUTE: Final = " 대체 휴일"


def _holiday_name(name: str) -> str:
    """The package's name in the words of the Public Holidays Act ("대체공휴일", "1월 1일")."""
    if name.endswith(_SUBSTITUTE):
        return f"대체공휴일({name.removesuffix(_SUBSTITUTE)})"
    return "신정" if name == "신정연휴" else name


@lru_cache(maxsize=1)
def public_holidays() -> Mapping[date, str]:
    """Names of the public holidays of the known years, by date in Seoul.

    Raises CalendarError when the installed package does not cover one of the years.
    """
    years = range(FIRST_KNOWN_DAY.year, LAST_KNOWN_DAY.year + 1)
    found = holidays.country_holidays("KR", years=years, language="ko")
    names = {
        day: "·".join(_holiday_name(name) for name in found.get_list(day)) for day in sorted(found)
    }
    if {day.year for day in names} != set(years):
        raise CalendarError("설치된 공휴일 자료에 빠진 해가 있습니다.")
    return MappingProxyType(names)


# --- The calendar -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """Open time of all known days, laid out so that every rule is one or two look-ups.

    Instants and lengths in microseconds; a stretch is one unbroken piece of open time.
    """

    opens: list[int]  # beginning of each stretch
    closes: list[int]  # end of each stretch
    totals: list[int]  # open time from the first known day to the end of each stretch
    closings: list[int]  # closing time of each open day
    ranks: list[int]  # for each day, and the day after the last, the number of open days before it


def _checked_hours(hours: WeekHours) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Opening hours as microseconds after midnight; CalendarError when they make no sense."""
    week = tuple(tuple((_of_day(a), _of_day(b)) for a, b in periods) for periods in hours)
    bounds = [[bound for period in periods for bound in period] for periods in week]
    if len(week) != 7 or not any(week) or any(a >= b for day in bounds for a, b in pairwise(day)):
        raise CalendarError("개관 시간은 요일 7개에 대해 앞뒤가 맞고 겹치지 않게 적어야 합니다.")
    return week


def _of_day(moment: time) -> int:
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    return seconds * _SECOND + moment.microsecond


@dataclass(frozen=True, kw_only=True, eq=False)
class Calendar:
    """The days and hours on which one centre is open, and due instants counted on them.

    ``closures`` and ``reopened`` are whole days in Seoul with a reason in Korean; a re-opened day
    is open whatever it would be otherwise, with the hours of its weekday or, where that has none,
    of the first weekday that has. ``hours`` gives the open periods of Monday to Sunday.
    ``version`` grows with every closure, so that a due instant can tell what it was counted on.

    Immutable. Raises CalendarError for hours that make no sense, for a day both closed and
    re-opened, and from every method for an instant without offset or outside the known years.
    """

    version: int = 0
    closures: Mapping[date, str] = field(default_factory=dict)
    reopened: Mapping[date, str] = field(default_factory=dict)
    hours: WeekHours = CHARTER_HOURS

    def __post_init__(self) -> None:
        if both := self.closures.keys() & self.reopened.keys():
            raise CalendarError(f"같은 날을 휴무이면서 개관으로 둘 수 없습니다: {min(both)}")
        _checked_hours(self.hours)
        object.__setattr__(self, "closures", MappingProxyType(dict(self.closures)))
        object.__setattr__(self, "reopened", MappingProxyType(dict(self.reopened)))
        object.__setattr__(self, "hours", tuple(tuple(periods) for periods in self.hours))

    @cached_property
    def _table(self) -> _Table:
        week = _checked_hours(self.hours)
        spare = next(periods for periods in week if periods)
        shut = public_holidays().keys() | self.closures.keys()
        table = _Table([], [], [], [], [])
        for index in range(_DAYS):
            day = _date(index)
            table.ranks.append(len(table.closings))
            periods = week[day.weekday()]
            if day in self.reopened:
                periods = periods or spare
            elif day in shut:
                continue
            _lay_out(table, _midnight(index), periods)
        table.ranks.append(len(table.closings))
        return table

    # Open days.

    def is_open_day(self, day: date) -> bool:
        return self._opens_on(_index(day))

    def _opens_on(self, index: int) -> bool:
        ranks = self._table.ranks
        if index >= _DAYS:
            raise _unknown_year()
        return ranks[index + 1] > ranks[index]

    def why_closed(self, day: date) -> str | None:
        """Why the centre is closed all day, in Korean ("추석", "토요일", ...), or None if open."""
        skipped = self._closed(_index(day))
        return skipped.reason if skipped else None

    def _closed(self, index: int) -> Skipped | None:
        if self._opens_on(index):
            return None
        day = _date(index)
        if name := public_holidays().get(day):
            return Skipped(day, Why.HOLIDAY, name)
        if day.weekday() >= 5:
            return Skipped(day, Why.WEEKEND, "토요일" if day.weekday() == 5 else "일요일")
        return Skipped(day, Why.CLOSURE, self.closures.get(day) or "센터 휴무일")

    def next_open_day(self, day: date) -> date:
        """The day itself when it is open, else the first open day after it."""
        return self._open_day(self._table.ranks[_index(day)])

    def add_open_days(self, day: date, count: int) -> date:
        """The ``count``-th open day (1 or more) after ``day``, which does not count itself."""
        if count < 1:
            raise CalendarError(f"더할 근무일은 1일 이상이어야 합니다: {count}")
        return self._open_day(self._table.ranks[_index(day) + 1] + count - 1)

    def _open_day(self, rank: int) -> date:
        closings = self._table.closings
        if rank >= len(closings):
            raise _unknown_year()
        return _date(_day_of(closings[rank] - 1))

    def open_days_between(self, first: date, end: date) -> int:
        """How many open days there are from ``first`` up to, but not on, ``end``."""
        if end < first:
            raise CalendarError(f"끝나는 날이 시작하는 날보다 앞섭니다: {first}, {end}")
        ranks = self._table.ranks
        return ranks[_index(end)] - ranks[_index(first)]

    # Open time.

    def is_open_at(self, instant: datetime) -> bool:
        """Whether the doors are open: from the opening second up to, but not at, the closing."""
        micros = _micros(instant)
        _day_of(micros)
        following = bisect_right(self._table.closes, micros)
        return following < len(self._table.opens) and self._table.opens[following] <= micros

    def next_open_at(self, instant: datetime) -> datetime:
        """The instant itself (in UTC) when it lies in open time, else the next opening."""
        micros = _micros(instant)
        _day_of(micros)
        following = bisect_right(self._table.closes, micros)
        if following >= len(self._table.opens):
            raise _unknown_year()
        return _instant(max(micros, self._table.opens[following]))

    def working_seconds_between(self, start: datetime, end: datetime) -> float:
        """Seconds of open time from ``start`` to ``end``; CalendarError if the end comes first."""
        first, last = _micros(start), _micros(end)
        _day_of(first), _day_of(last)
        if last < first:
            raise CalendarError(f"끝난 시각이 시작 시각보다 앞섭니다: {start}, {end}")
        return self._open_micros(first, last) / _SECOND

    def _open_micros(self, start: int, end: int) -> int:
        return self._open_until(end) - self._open_until(start)

    def _open_until(self, micros: int) -> int:
        """Open time from the first known day up to an instant."""
        table = self._table
        following = bisect_right(table.closes, micros)
        if following == len(table.closes):
            return table.totals[-1]
        return table.totals[following] - (
            table.closes[following] - max(micros, table.opens[following])
        )

    # Due instants.

    def add(self, rule: Rule, allowance: Allowance, start: datetime) -> datetime:
        """The due instant (UTC) without pauses and without explanation: the fast way.

        Raises CalendarError for an instant without offset, a unit that does not fit the rule,
        ``periodic`` (see ``period_end``), and whenever the start or the due instant lies outside
        the known years.
        """
        micros = _micros(start)
        if allowance.unit not in UNITS[rule]:
            raise _unit_does_not_fit(rule, allowance)
        if not 0 <= micros + _SHIFT < _DAYS * _DAY:
            raise _unknown_year()
        try:
            reached = _REACH[rule](self._table, micros, allowance.amount)
        except IndexError:
            raise _unknown_year() from None
        return _EPOCH + timedelta(microseconds=reached)

    def due(
        self, rule: Rule, allowance: Allowance, start: datetime, *, pauses: Iterable[Span] = ()
    ) -> Due:
        """The due instant with its explanation.

        ``pauses`` are (begin, end) with offsets, in any order, overlapping or not: the times in
        which the centre waited for the citizen (보완). Only a pause begun before the due instant
        then in force has an effect: a promise that has run out does not start again. For day rules
        no date in Seoul touched by a pause counts, nor can the period end on one; an end at 00:00
        does not touch the day it begins. Otherwise the (open) time of the pause is not counted.

        Raises CalendarError as ``add`` does, for a pause that ends before it begins, and for
        pauses with ``days_before``: the day of an event does not wait.
        """
        result = self._due(rule, allowance, start, ())
        pauses = tuple(pauses)
        if pauses and rule == Rule.DAYS_BEFORE:
            raise CalendarError("행사일에서 거꾸로 세는 기한은 멈출 수 없습니다.")
        held: list[tuple[int, int]] = []
        for begun, pause in _merged(pauses, not_before=_micros(start)):
            if begun >= _micros(result.instant):
                break
            held.append(pause)
            result = self._due(rule, allowance, start, held)
        return result

    def extension_limit(
        self, rule: Rule, allowance: Allowance, start: datetime, *, pauses: Iterable[Span] = ()
    ) -> Due:
        """The latest date a first extension may give: the same rule with twice the allowance.

        Raises CalendarError as ``due`` does, and for ``days_before``, which has no extension.
        """
        if rule == Rule.DAYS_BEFORE:
            raise CalendarError("행사일에서 거꾸로 세는 기한은 연장할 수 없습니다.")
        return self.due(rule, allowance.doubled(), start, pauses=pauses)

    def _due(
        self, rule: Rule, allowance: Allowance, start: datetime, held: Sequence[tuple[int, int]]
    ) -> Due:
        instant = self.add(rule, allowance, start)  # checks everything; right when nothing is held
        build = {
            Rule.CIVIL_DAYS: self._civil_due,
            Rule.PETITION_DAYS: self._petition_due,
            Rule.WORKING_TIME: self._working_due,
            Rule.ELAPSED: self._elapsed_due,
        }.get(rule)
        if build is None:
            return Due(instant, rule, allowance, start)
        return build(allowance, start, held)

    def _civil_due(
        self, allowance: Allowance, start: datetime, held: Sequence[tuple[int, int]]
    ) -> Due:
        paused = _paused_days(held)
        day = _first_civil_day(_micros(start))
        skipped = []
        left = allowance.amount
        while day in paused or left > 1:
            if day in paused:
                skipped.append(_waiting(day))
            else:
                left -= 1
            day += 1
        nominal = day
        while day in paused or not self._opens_on(day):
            skipped.append(self._closed(day) or _waiting(day))
            day += 1
        return Due(
            instant=self._closing(day),
            rule=Rule.CIVIL_DAYS,
            allowance=allowance,
            start=start,
            nominal_day=_date(nominal),
            skipped=tuple(skipped),
            pauses=_spans(held),
        )

    def _petition_due(
        self, allowance: Allowance, start: datetime, held: Sequence[tuple[int, int]]
    ) -> Due:
        paused = _paused_days(held)
        day = _day_of(_micros(start))
        skipped = []
        left = allowance.amount
        while True:
            if why := self._closed(day) or (_waiting(day) if day in paused else None):
                skipped.append(why)
            else:
                left -= 1
            if not left:
                break
            day += 1
        return Due(
            instant=self._closing(day),
            rule=Rule.PETITION_DAYS,
            allowance=allowance,
            start=start,
            skipped=tuple(skipped),
            pauses=_spans(held),
        )

    def _closing(self, day: int) -> datetime:
        return _instant(self._table.closings[self._table.ranks[day]])

    def _working_due(
        self, allowance: Allowance, start: datetime, held: Sequence[tuple[int, int]]
    ) -> Due:
        cursor, left = _micros(start), allowance.amount
        counted: list[tuple[int, int]] = []
        for begin, end in held:
            left -= self._open_micros(cursor, begin)
            counted += self._stretches(cursor, begin)
            cursor = end
        try:
            reached = _reach_working(self._table, cursor, left)
        except IndexError:
            raise _unknown_year() from None
        days = range(_day_of(_micros(start)), _day_of(reached) + 1)
        return Due(
            instant=_instant(reached),
            rule=Rule.WORKING_TIME,
            allowance=allowance,
            start=start,
            skipped=tuple(why for day in days if (why := self._closed(day))),
            pauses=_spans(held),
            counted=_spans([*counted, *self._stretches(cursor, reached)]),
        )

    def _stretches(self, start: int, end: int) -> list[tuple[int, int]]:
        """The unbroken pieces of open time between two instants."""
        table = self._table
        pieces = range(bisect_right(table.closes, start), bisect_left(table.opens, end))
        return [(max(start, table.opens[at]), min(end, table.closes[at])) for at in pieces]

    def _elapsed_due(
        self, allowance: Allowance, start: datetime, held: Sequence[tuple[int, int]]
    ) -> Due:
        reached = _micros(start) + allowance.amount + sum(end - begin for begin, end in held)
        _day_of(reached)
        return Due(_instant(reached), Rule.ELAPSED, allowance, start, pauses=_spans(held))


def _lay_out(table: _Table, midnight: int, periods: Iterable[tuple[int, int]]) -> None:
    """Append one day's open periods, if it has any, to the table."""
    total = table.totals[-1] if table.totals else 0
    for begin, end in periods:
        total += end - begin
        table.opens.append(midnight + begin)
        table.closes.append(midnight + end)
        table.totals.append(total)
    if periods:
        table.closings.append(table.closes[-1])


# --- The rules, without pauses: an IndexError means "after the last known day" --------------------


def _reach_working(table: _Table, start: int, amount: int) -> int:
    """Only open time counts; a due instant that falls on a closing time stays there."""
    at = bisect_right(table.closes, start)
    opened = table.opens[at]
    target = table.totals[at] - table.closes[at] + max(opened, start) + amount
    at = bisect_left(table.totals, target)
    return table.closes[at] - table.totals[at] + target


def _reach_elapsed(_table: _Table, start: int, amount: int) -> int:
    _day_of(start + amount)
    return start + amount


def _first_civil_day(start: int) -> int:
    """The day counted as the first: the next one, unless the start is exactly 00:00 (art. 157)."""
    day, after_midnight = divmod(start + _SHIFT, _DAY)
    return day + 1 if after_midnight else day


def _reach_civil(table: _Table, start: int, amount: int) -> int:
    """Civil Act 157, 159, 161: day N, or the next open day after it, at closing time."""
    day, after_midnight = divmod(start + _SHIFT, _DAY)
    last = day + amount if after_midnight else day + amount - 1
    return table.closings[table.ranks[last]]


def _reach_petition(table: _Table, start: int, amount: int) -> int:
    """Civil Petitions Act 19(2): the N-th open day from the date of the start on, at closing."""
    return table.closings[table.ranks[(start + _SHIFT) // _DAY] + amount - 1]


def _reach_days_before(_table: _Table, start: int, amount: int) -> int:
    """00:00 of the day N days before the event, whose day is the date in Seoul of ``start``."""
    due = _midnight((start + _SHIFT) // _DAY - amount)
    _day_of(due)
    return due


_REACH: Final[Mapping[Rule, Callable[[_Table, int, int], int]]] = {
    Rule.WORKING_TIME: _reach_working,
    Rule.ELAPSED: _reach_elapsed,
    Rule.CIVIL_DAYS: _reach_civil,
    Rule.PETITION_DAYS: _reach_petition,
    Rule.DAYS_BEFORE: _reach_days_before,
}


def _unit_does_not_fit(rule: Rule, allowance: Allowance) -> CalendarError:
    if rule == Rule.PERIODIC:
        return CalendarError(
            "주기 약속(periodic)의 기한은 기간의 끝이며 처리기간으로 세지 않습니다."
        )
    units = "일(d)" if Unit.DAYS in UNITS[rule] else "시간(h)이나 분(m)"
    return CalendarError(f"'{rule}'의 처리기간은 {units} 단위여야 합니다: {allowance}")


# --- Pauses -------------------------------------------------------------------------------------


def _merged(pauses: Iterable[Span], *, not_before: int) -> list[tuple[int, tuple[int, int]]]:
    """The pauses in order, cut off before the start, overlapping and touching ones joined.

    Each with the instant at which it really began, which may lie before the start.
    """
    merged: list[tuple[int, tuple[int, int]]] = []
    for begin, end in sorted((_micros(begin), _micros(end)) for begin, end in pauses):
        if end < begin:
            raise CalendarError("보완 대기가 시작하기 전에 끝날 수 없습니다.")
        _day_of(begin), _day_of(end)
        held_from = max(begin, not_before)
        if held_from >= end:
            continue
        if merged and held_from <= merged[-1][1][1]:
            begun, (since, until) = merged[-1]
            merged[-1] = (begun, (since, max(end, until)))
        else:
            merged.append((begin, (held_from, end)))
    return merged


def _paused_days(held: Iterable[tuple[int, int]]) -> frozenset[int]:
    """The dates in Seoul that the pauses touch; an end at 00:00 does not touch the new day."""
    return frozenset(
        day for begin, end in held for day in range(_day_of(begin), _day_of(end - 1) + 1)
    )


def _waiting(day: int) -> Skipped:
    return Skipped(_date(day), Why.PAUSE, "보완을 기다린 날")


def _spans(held: Iterable[tuple[int, int]]) -> tuple[Span, ...]:
    return tuple((_instant(begin), _instant(end)) for begin, end in held)


# --- Kept or missed, and periods ------------------------------------------------------------------


def is_kept(rule: Rule, fulfilled_at: datetime, due_at: datetime) -> bool:
    """Whether what was done at ``fulfilled_at`` kept the promise due at ``due_at``.

    At the due instant itself it is kept, except for ``elapsed`` ("10분 이상 기다리지 않도록") and
    ``days_before``, where it must be before. Raises CalendarError for an instant without offset.
    """
    done, due = _micros(fulfilled_at), _micros(due_at)
    return done < due if rule in _STRICTLY_BEFORE else done <= due


def last_day(rule: Rule, due_at: datetime) -> date:
    """The last date in Seoul on which a promise due at ``due_at`` can be kept.

    For ``days_before`` and ``periodic`` that is the day which ends at the due instant: a course
    announced before 1 March 00:00 is announced "by 28 February", and a yearly survey due on
    1 January 00:00 belongs to the year before.
    """
    due = _micros(due_at)
    if rule in _ENDS_AT_MIDNIGHT:
        due -= 1
    return (_EPOCH + timedelta(microseconds=due)).astimezone(SEOUL).date()


_MONTHS: Final = {Period.MONTH: 1, Period.QUARTER: 3, Period.HALF_YEAR: 6, Period.YEAR: 12}


def period_end(period: Period, instant: datetime) -> datetime:
    """Due instant (UTC) of a ``periodic`` promise: the end of the period that holds ``instant``.

    The end is 24:00 in Seoul of the period's last day, written as the first instant of the next
    period; done at that very instant is still kept (``is_kept``). Raises CalendarError for an
    instant without offset or outside the known years.
    """
    today = seoul_day(instant)
    months = _MONTHS[period]
    following = today.year * 12 + (today.month - 1) // months * months + months
    start_of_next = datetime(following // 12, following % 12 + 1, 1, tzinfo=SEOUL)
    return start_of_next.astimezone(UTC)


def explain_period(period: Period, instant: datetime) -> str:
    """Say in Korean until when a ``periodic`` promise runs; errors as in ``period_end``."""
    end = last_day(Rule.PERIODIC, period_end(period, instant))
    names = {
        Period.MONTH: f"{end.month}월",
        Period.QUARTER: f"{end.month // 3}분기",
        Period.HALF_YEAR: "상반기" if end.month == 6 else "하반기",
    }
    name = f"{end.year}년 {names.get(period, '')}".strip()
    return f"{name}에 한 번 하는 일이므로 {name}의 마지막 날인 {_Dates().day(end)}까지입니다."


# --- Explanations ---------------------------------------------------------------------------------

_WEEKDAYS: Final = "월화수목금토일"
_FEW: Final = 4  # more stretches of counted time than this are not listed one by one


class _Dates:
    """Writes dates as Korean prose does: the year, and in lists the month, only on change."""

    def __init__(self) -> None:
        self._year = 0
        self._month = 0

    def bare(self, day: date, *, brief: bool = False) -> str:
        """Such as "2026년 10월 9일"; "10월 9일" within a year; if brief, "9일" within a month."""
        new_year, new_month = day.year != self._year, (day.year, day.month) != self._now
        self._year, self._month = day.year, day.month
        year = f"{day.year}년 " if new_year else ""
        month = f"{day.month}월 " if new_month or not brief else ""
        return f"{year}{month}{day.day}일"

    @property
    def _now(self) -> tuple[int, int]:
        return self._year, self._month

    def day(self, day: date) -> str:
        return f"{self.bare(day)}({_WEEKDAYS[day.weekday()]})"

    def moment(self, instant: datetime) -> str:
        local = instant.astimezone(SEOUL)
        return f"{self.day(local.date())} {_clock(local)}"

    def span(self, begin: datetime, end: datetime) -> str:
        """Such as "9월 23일(수) 17:50~18:00"; the second date only where it is another day."""
        first, last = begin.astimezone(SEOUL), end.astimezone(SEOUL)
        until = _clock(last) if first.date() == last.date() else self.moment(end)
        return f"{self.moment(begin)}~{until}"

    def run(self, days: Sequence[date], *, brief: bool) -> str:
        """One day, two days ("10·11일") or an unbroken run of days ("5~9일")."""
        first, last = days[0], days[-1]
        text = self.bare(first, brief=brief)
        if first == last:
            return text
        if (first.year, first.month) == (last.year, last.month):
            text = text.removesuffix("일")
        return text + ("·" if len(days) == 2 else "~") + self.bare(last, brief=True)


def _clock(local: datetime) -> str:
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def _length(begin: datetime, end: datetime) -> str:
    """A length of time in Korean, to the second ("1시간 5분")."""
    minutes, seconds = divmod(round((end - begin).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "시간"), (minutes, "분"), (seconds, "초"))
    return " ".join(f"{count}{unit}" for count, unit in parts if count) or "1초 미만"


def _reasons(skipped: Sequence[Skipped], dates: _Dates, *, brief: bool = False) -> str:
    """Such as "9일은 한글날, 10·11일은 토·일요일": neighbours with one reason in one breath."""
    order = range(len(skipped))
    keys = [
        (skip.why, "" if skip.why is Why.WEEKEND else skip.reason, skip.day.toordinal() - at)
        for at, skip in zip(order, skipped, strict=True)
    ]
    texts: list[str] = []
    for _, group in groupby(order, key=keys.__getitem__):
        run = [skipped[at] for at in group]
        reason = run[0].reason if run[0].reason == run[-1].reason else "토·일요일"
        days = dates.run([skip.day for skip in run], brief=brief or bool(texts))
        texts.append(f"{days}은 {reason}")
    return ", ".join(texts)


def _skipped_line(due: Due, dates: _Dates) -> list[str]:
    return [f"세지 않은 날: {_reasons(due.skipped, dates)}."] if due.skipped else []


def _own_choice(due: Due) -> list[str]:
    """The Acts name Saturdays and public holidays only; what the centre adds is said as such."""
    own = any(skip.why is Why.CLOSURE for skip in due.skipped)
    return ["센터 휴무일을 건너뛰는 것은 법이 아니라 센터가 정한 기준입니다."] if own else []


def _explain_civil(due: Due, dates: _Dates) -> list[str]:
    start, nominal = due.start.astimezone(SEOUL), due.nominal_day or due.last_day
    at_midnight = start.time() == time(0)
    since = f"{dates.day(start.date())}{' 0시에 시작되어 그날' if at_midnight else ' 다음 날'}부터"
    waited = [skip for skip in due.skipped if skip.day < nominal]
    rolled = [skip for skip in due.skipped if skip.day >= nominal]
    without = f" 보완을 기다린 날({_runs(waited, dates)})을 빼고" if waited else ""
    text = f"{since}{without} {due.allowance.value}일째인 "
    if rolled:
        text += _reasons(rolled[:1], dates)
        text += f", {_reasons(rolled[1:], dates, brief=True)}" if rolled[1:] else ""
        text += "이므로 그다음 근무일인 "
    law = "「민법」 제157조 단서" if at_midnight else "「민법」 제157조"
    return [
        f"{text}{dates.moment(due.instant)}까지입니다.",
        *_own_choice(due),
        f"근거: {law}, 제159조{', 제161조' if rolled else ''}.",
    ]


def _runs(skipped: Sequence[Skipped], dates: _Dates) -> str:
    """Only the days of ``skipped``, unbroken runs written as one."""
    order = range(len(skipped))
    groups = groupby(order, key=lambda at: skipped[at].day.toordinal() - at)
    runs = [[skipped[at].day for at in group] for _, group in groups]
    return ", ".join(dates.run(days, brief=at > 0) for at, days in enumerate(runs))


def _explain_petition(due: Due, dates: _Dates) -> list[str]:
    count = due.allowance.value
    since = dates.day(due.start.astimezone(SEOUL).date())
    basis = "「민원 처리에 관한 법률」 제19조제2항에 준하여 셉니다."
    if count < 6:
        basis = "5일 이하의 기간을 날로 세는 것은 센터가 정한 기준입니다."
    return [
        (
            f"{since}부터 그날을 포함하여 근무일만 세어 {count}일째인 "
            f"{dates.moment(due.instant)}까지입니다."
        ),
        *_skipped_line(due, dates),
        *_own_choice(due),
        f"근거: {basis}",
    ]


def _explain_working(due: Due, dates: _Dates) -> list[str]:
    lines = [
        (
            f"{dates.moment(due.start)}부터 근무시간만 세어 {due.allowance.korean}이 되는 "
            f"{dates.moment(due.instant)}까지입니다."
        )
    ]
    first = due.counted[0][0]
    if first != due.start:
        because = "" if due.pauses else "근무시간이 아닌 때에 시작되어 "
        lines.append(f"{because}{dates.moment(first)}부터 세기 시작합니다.")
    if 1 < len(due.counted) <= _FEW:
        parts = [f"{dates.span(*piece)}({_length(*piece)})" for piece in due.counted]
        lines.append(f"센 시간: {', '.join(parts)}.")
    return [*lines, *_skipped_line(due, dates), *_pause_line(due, dates)]


def _explain_elapsed(due: Due, dates: _Dates) -> list[str]:
    return [
        (
            f"{dates.moment(due.start)}부터 쉬는 시간 없이 세어 {due.allowance.korean}이 되는 "
            f"{dates.moment(due.instant)} 전까지입니다."
        ),
        *_pause_line(due, dates),
    ]


def _pause_line(due: Due, dates: _Dates) -> list[str]:
    parts = [dates.span(*pause) for pause in due.pauses]
    return [f"보완을 기다려 세지 않은 시간: {', '.join(parts)}."] if parts else []


def _explain_days_before(due: Due, dates: _Dates) -> list[str]:
    event = dates.day(due.start.astimezone(SEOUL).date())
    midnight = dates.day(due.instant.astimezone(SEOUL).date())
    return [
        (
            f"행사일 {event}의 {due.allowance.value}일 전은 {midnight}이므로, 그날 0시가 되기 전, "
            f"곧 {dates.day(due.last_day)}까지입니다."
        )
    ]


_EXPLANATIONS: Final[Mapping[Rule, Callable[[Due, _Dates], list[str]]]] = {
    Rule.WORKING_TIME: _explain_working,
    Rule.ELAPSED: _explain_elapsed,
    Rule.CIVIL_DAYS: _explain_civil,
    Rule.PETITION_DAYS: _explain_petition,
    Rule.DAYS_BEFORE: _explain_days_before,
}
