"""``manage.py deadline``: when something falls due, and why.

Three forms::

    deadline CODE INSTANT                                     a standard, with the centre's closures
    deadline --rule civil_days --allowance 7d INSTANT         a rule, with public holidays only
    deadline -                                                lines RULE<TAB>ALLOWANCE<TAB>INSTANT

The last two need no database. Instants are ISO 8601 with an offset; due instants are written with
the offset of Seoul. For ``days_before`` the date in Seoul of the instant is the day of the event.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, TextIO

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as AnyDatabaseError

from centre.calendar import SEOUL, Allowance, Calendar, CalendarError, Due, Rule

CHARTER = Calendar()
CHUNK = 1 << 16
SET_UP_FIRST = (
    "`make run`을 실행하거나, `manage.py migrate`와 `manage.py load_centre`를 차례로 실행한 뒤 "
    "다시 해 주십시오."
)


class Command(BaseCommand):
    help = "처리기한을 계산하고 그 까닭을 설명합니다."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("asked", nargs="+", metavar="CODE INSTANT | INSTANT | -")
        parser.add_argument("--rule", help=", ".join(Rule))
        parser.add_argument("--allowance", help="15m, 1h, 7d")

    def handle(
        self, *, asked: list[str], rule: str | None, allowance: str | None, **_options: Any
    ) -> None:
        try:
            match asked, rule, allowance:
                case ["-"], None, None:
                    self._answer_lines(sys.stdin)
                case [instant], str(), str():
                    self._answer(CHARTER.due(_rule(rule), _allowance(allowance), _instant(instant)))
                case [code, instant], None, None:
                    self._answer(_for_code(code, _instant(instant)))
                case _:
                    raise CommandError(
                        "이렇게 쓰세요: deadline CODE INSTANT, "
                        "deadline --rule RULE --allowance ALLOWANCE INSTANT 또는 deadline -"
                    )
        except CalendarError as error:
            raise CommandError(str(error)) from error

    def _answer(self, due: Due) -> None:
        self.stdout.write(_written(due.instant))
        self.stdout.write(due.explain())

    def _answer_lines(self, source: TextIO) -> None:
        """One line out for each line in, as the lines arrive; an empty line stays empty."""
        bad = 0
        for lines in _batches(source):
            answers = [_answer_line(line) for line in lines]
            bad += sum(answer.startswith("error: ") for answer in answers)
            self.stdout.write("\n".join(answers) + "\n", ending="")
            self.stdout.flush()
        if bad:
            raise CommandError(f"계산하지 못한 줄: {bad}개")


def _batches(source: TextIO) -> Iterator[list[str]]:
    """Complete lines, as many as have arrived, without waiting for the end of the input."""
    raw = getattr(source, "buffer", None) or io.BytesIO(source.read().encode())
    rest = b""
    while chunk := raw.read1(CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield [line.decode(errors="replace") for line in lines]
    if rest:
        yield [rest.decode(errors="replace")]


def _answer_line(line: str) -> str:
    """The due instant of ``RULE<TAB>ALLOWANCE<TAB>INSTANT``, or what is wrong with the line."""
    text = line.removeprefix("\ufeff").strip()
    if not text:
        return ""
    try:
        rule, allowance, instant = _fields(text)
        return _written(CHARTER.add(_rule(rule), _allowance(allowance), _instant(instant)))
    except CalendarError as error:
        return f"error: {error}"


def _fields(text: str) -> list[str]:
    fields = text.split("\t")
    if len(fields) != 3:
        raise CalendarError(f"RULE<TAB>ALLOWANCE<TAB>INSTANT가 아닙니다: {text!r}")
    return fields


def _written(instant: datetime) -> str:
    return instant.astimezone(SEOUL).isoformat()


@lru_cache(maxsize=64)
def _rule(text: str) -> Rule:
    try:
        return Rule(text.strip())
    except ValueError as error:
        raise CalendarError(f"규칙은 {', '.join(Rule)} 가운데 하나입니다: {text!r}") from error


@lru_cache(maxsize=1024)
def _allowance(text: str) -> Allowance:
    return Allowance.parse(text)


def _instant(text: str) -> datetime:
    """An ISO 8601 instant; one without an offset is refused, here or by the calendar."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise CalendarError(f"시각은 ISO 8601로 적어야 합니다: {text!r}") from error
    if instant.tzinfo is None:
        raise CalendarError(f"시각에 시간대(예: +09:00)가 있어야 합니다: {text!r}")
    return instant


def _for_code(code: str, start: datetime) -> Due:
    """The due instant of a standard in force, with the centre's closures."""
    # The other forms need no models.
    from standards.models import Standard  # noqa: PLC0415
    from standards.services import due_for_code  # noqa: PLC0415

    try:
        try:
            return due_for_code(code, start)
        except (ObjectDoesNotExist, LookupError) as error:
            if Standard.objects.exists():
                raise CommandError(f"그런 이행표준이 없습니다: {code!r}") from error
            raise CommandError(f"이행표준을 아직 불러오지 않았습니다. {SET_UP_FIRST}") from error
    except AnyDatabaseError as error:
        what = type(error).__name__
        raise CommandError(
            f"데이터베이스가 없거나 준비되지 않았습니다({what}). {SET_UP_FIRST}"
        ) from error
