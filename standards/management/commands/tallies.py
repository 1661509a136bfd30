"""``manage.py tallies``: count what changed; ``--rebuild`` all anew; ``--compare`` with the rows."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from standards import tallying


class Command(BaseCommand):
    help = "일별·월별 집계를 세거나, 처음부터 다시 세거나, 건별 기록과 견주어 봅니다."

    def add_arguments(self, parser: CommandParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--rebuild", action="store_true", help="처음부터 다시 셉니다.")
        how.add_argument("--compare", action="store_true", help="건별 기록과 견주어 봅니다.")

    def handle(self, *, rebuild: bool, compare: bool, **_options: Any) -> None:
        if compare:
            self._compare()
        elif rebuild:
            self.stdout.write(f"집계 {tallying.rebuild(now=timezone.now())}줄을 다시 셌습니다.")
        else:
            self.stdout.write(str(tallying.count_changes(now=timezone.now())))

    def _compare(self) -> None:
        found = list(tallying.compare())
        for line in found:
            self.stdout.write(line)
        if found:
            raise CommandError(f"다른 것 {len(found)}건")
        self.stdout.write("집계와 건별 기록이 같습니다.")
