"""``manage.py case_tallies``: count the days that changed; all anew, or held against the rows."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dashboards.intake import tallying
from dashboards.intake.checks import wrong_tallies


class Command(BaseCommand):
    help = "의견의 일별·월별 집계를 세거나, 처음부터 다시 세거나, 건별 기록과 견주어 봅니다."

    def add_arguments(self, parser: CommandParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--rebuild", action="store_true", help="처음부터 다시 셉니다.")
        how.add_argument("--compare", action="store_true", help="건별 기록과 견주어 봅니다.")

    def handle(self, *, rebuild: bool, compare: bool, **_options: Any) -> None:
        now = timezone.now()
        if compare:
            found = list(wrong_tallies())
            for line in found:
                self.stdout.write(line)
            if found:
                raise CommandError(f"다른 것 {len(found)}건")
            self.stdout.write("집계와 건별 기록이 같습니다.")
        elif rebuild:
            self.stdout.write(f"{tallying.rebuild(now=now)}일치를 다시 셌습니다.")
        else:
            self.stdout.write(f"{tallying.recount(now=now)}일치를 셌습니다.")
