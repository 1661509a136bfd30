"""``manage.py demo``: a simulated past of the centre, through the real services, time moved along."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from centre import queries as centre_queries
from centre import steady
from centre.models import StaffMember
from complaints.models import Complaint
from dashboards.demo.year import OPINIONS, Lived, Past, last_open_moment

DAYS, SMALL_DAYS = 365, 24
SMALL_SHARE = 0.3
#: A line of progress so often, where the terminal is none (seconds).
EVERY = 10.0
#: So much is made and dropped again that looking for circles each 700 objects costs a tenth.
CIRCLES_AFTER = 10_000


class Command(BaseCommand):
    help = "시연용 한 해를 실제 업무 흐름으로 만들어 넣습니다(DEMO=1, 의견이 아직 없을 때만)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--seed", type=int, default=1365, help="같은 수는 같은 한 해를 만듭니다."
        )
        parser.add_argument("--days", type=int, default=DAYS, help="며칠 동안의 일인지")
        parser.add_argument(
            "--opinions", type=int, default=OPINIONS, help="한 해에 몇 건쯤의 의견인지"
        )
        parser.add_argument("--brief", action="store_true", help="무엇을 했는지 낱낱이 적지 않음")
        parser.add_argument(
            "--small", action="store_true", help=f"첫 화면을 채울 만큼만({SMALL_DAYS}일)"
        )

    def handle(
        self, *, seed: int, days: int, opinions: int, small: bool, brief: bool, **_options: Any
    ) -> None:
        if not settings.DEMO:
            raise CommandError("demo는 시연(DEMO=1)에서만 쓸 수 있습니다.")
        if Complaint.objects.exists():
            raise CommandError("이미 의견이 있습니다. 빈 시연 자료에서만 만들 수 있습니다.")
        if not StaffMember.objects.exists():
            raise CommandError("센터가 없습니다. load_centre --demo를 먼저 실행하십시오.")
        if not 1 <= days <= 3 * DAYS:
            raise CommandError(f"--days는 1부터 {3 * DAYS}까지입니다.")
        if not 1 <= opinions <= 4 * OPINIONS:
            raise CommandError(f"--opinions는 1부터 {4 * OPINIONS}까지입니다.")
        began, cpu = time.monotonic(), time.process_time()
        now = timezone.now()
        end = last_open_moment(now, calendar=centre_queries.calendar())
        past = Past(
            seed=seed,
            start=end - timedelta(days=SMALL_DAYS if small else days),
            end=end,
            share=SMALL_SHARE if small else opinions / OPINIONS,
            goes_on=end == now,
            progress=self._progress,
        )
        self._told_at = began
        self._began = began
        with steady.alone(), _few_collections(), _only_errors():
            try:
                lived = past.live()
            except KeyboardInterrupt as stop:
                raise CommandError(
                    "\n멈추었습니다. 자료가 중간까지만 들어 있습니다. 다시 만들려면 데이터 폴더"
                    f"({settings.DATA_DIR})를 비우거나 빈 데이터베이스에서 시작하십시오."
                ) from stop
        took, computed = time.monotonic() - began, time.process_time() - cpu
        self.stdout.write(
            f"의견 {lived.opinions}건, 알림까지 모두 마침 ({took:.0f}초, 계산 {computed:.0f}초)"
        )
        if not brief:
            self._tell(lived)
        if lived.owed:
            raise CommandError(f"끝났는데 보내지 않은 알림이 {lived.owed}건 있습니다.")

    def _progress(self, share: float) -> None:
        """How far, and how long it will still take at this pace."""
        now = time.monotonic()
        if share <= 0 or now - self._told_at < EVERY:
            return
        self._told_at = now
        left = (now - self._began) * (1 - share) / share
        self.stdout.write(f"{share:4.0%} · 약 {left:.0f}초 남음")
        self.stdout.flush()

    def _tell(self, lived: Lived) -> None:
        for what, times in sorted(lived.done.items()):
            self.stdout.write(f"  {what}\t{times}")
        for why, times in lived.refused.most_common(20):
            self.stdout.write(f"  (거절됨 {times}) {why}")


@contextmanager
def _few_collections() -> Iterator[None]:
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(CIRCLES_AFTER, 10, 10)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _only_errors() -> Iterator[None]:
    """Mails that are meant to fail are told by the figures, not by a line of the log each."""
    loggers = [logging.getLogger(name) for name in ("notices", "surveys", "complaints")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
