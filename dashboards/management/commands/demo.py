"""``manage.py demo``: a simulated past of the centre, through the real services, time moved along."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from centre import queries as centre_queries
from centre.models import StaffMember
from complaints.models import Complaint
from dashboards.demo.year import Lived, Past, last_open_moment

DAYS, SMALL_DAYS = 365, 45
SMALL_SHARE = 0.12


class Command(BaseCommand):
    help = "시연용 한 해를 실제 업무 흐름으로 만들어 넣습니다(DEMO=1, 의견이 아직 없을 때만)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--seed", type=int, default=1365, help="같은 수는 같은 한 해를 만듭니다."
        )
        parser.add_argument("--days", type=int, default=DAYS, help="며칠 동안의 일인지")
        parser.add_argument("--small", action="store_true", help="첫 화면을 채울 만큼만(45일)")

    def handle(self, *, seed: int, days: int, small: bool, **_options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("demo는 시연(DEMO=1)에서만 쓸 수 있습니다.")
        if Complaint.objects.exists():
            raise CommandError("이미 의견이 있습니다. 빈 시연 자료에서만 만들 수 있습니다.")
        if not StaffMember.objects.exists():
            raise CommandError("센터가 없습니다. load_centre --demo를 먼저 실행하십시오.")
        if not 1 <= days <= 3 * DAYS:
            raise CommandError(f"--days는 1부터 {3 * DAYS}까지입니다.")
        began = time.monotonic()
        end = last_open_moment(timezone.now(), calendar=centre_queries.calendar())
        start = end - timedelta(days=SMALL_DAYS if small else days)
        share = SMALL_SHARE if small else 1.0
        lived = Past(seed=seed, start=start, end=end, share=share).live()
        self._tell(lived, seconds=time.monotonic() - began)
        if lived.owed:
            raise CommandError(f"끝났는데 보내지 않은 알림이 {lived.owed}건 있습니다.")

    def _tell(self, lived: Lived, *, seconds: float) -> None:
        self.stdout.write(f"의견 {lived.opinions}건, 알림까지 모두 마침 ({seconds:.0f}초)")
        for what, times in sorted(lived.done.items()):
            self.stdout.write(f"  {what}\t{times}")
        for why, times in lived.refused.most_common(20):
            self.stdout.write(f"  (거절됨 {times}) {why}")
