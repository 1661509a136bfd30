"""``manage.py same_matter``: whether two opinions raise the same matter, to try one's own pairs.

``same_matter -`` reads lines ``TEXT<TAB>TEXT`` from standard input, ``same_matter FILE`` from a
file in UTF-8. For each line it prints ``same`` or ``different``, a tab and the score, as the lines
arrive. An empty line stays empty; a bad one gives ``error: …`` in its place and exit 1 at the end.
No database is needed.
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from complaints.same_matter import THRESHOLD, Text, score


class BadLine(Exception):
    """The line is not two texts; the message says in Korean what is wrong."""


class Command(BaseCommand):
    help = "두 의견이 같은 내용인지 살펴봅니다. 한 줄에 의견 둘을 탭으로 나누어 적습니다."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="FILE | -")

    def handle(self, *, source: str, **_options: Any) -> None:
        if source == "-":
            bad = self._answer_lines(_standard_input())
        else:
            try:
                with Path(source).open("rb") as file:
                    bad = self._answer_lines(file)
            except OSError as error:
                raise CommandError(f"파일을 읽을 수 없습니다: {source}") from error
        if bad:
            raise CommandError(f"살펴보지 못한 줄: {bad}개")

    def _answer_lines(self, lines: Iterable[bytes]) -> int:
        """One line out for each line in; returns how many were bad."""
        bad = 0
        for line in lines:
            try:
                answer = _answer(line)
            except BadLine as error:
                answer, bad = f"error: {error}", bad + 1
            self.stdout.write(answer)
            self.stdout.flush()
        return bad


def _standard_input() -> Iterable[bytes]:
    buffer: Iterable[bytes] | None = getattr(sys.stdin, "buffer", None)
    return buffer if buffer is not None else io.BytesIO(sys.stdin.read().encode())


def _answer(line: bytes) -> str:
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise BadLine("UTF-8로 적힌 글이 아닙니다") from error
    if not text.strip():
        return ""
    texts = [part.strip() for part in text.split("\t")]
    if len(texts) != 2 or not all(texts):
        raise BadLine("TEXT<TAB>TEXT가 아닙니다: 의견 둘을 탭 하나로 나누어 적습니다")
    found = score(Text(body=texts[0]), Text(body=texts[1]))
    # Cut, not rounded: what is shown as 0.50 is proposed.
    shown = math.floor(found * 100 + 1e-9) / 100
    return f"{'same' if found >= THRESHOLD else 'different'}\t{shown:.2f}"
