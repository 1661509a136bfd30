"""``manage.py deliver``: one delivery pass, what beat calls every two seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from notices import services


class Command(BaseCommand):
    help = "보낼 알림을 한 번 보냅니다. 보낸 수를 적습니다."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--now",
            metavar="INSTANT",
            help="시연에서만: 이 시각인 것처럼 보냅니다(ISO 8601, 시차 포함).",
        )

    def handle(self, *, now: str | None, **_options: Any) -> None:
        if now is None:
            sent = services.deliver(now=timezone.now())
        else:
            sent = services.deliver(now=_moved(now), heartbeat=False)
        self.stdout.write(str(sent))


def _moved(text: str) -> datetime:
    if not settings.DEMO:
        raise CommandError("--now는 시연(DEMO=1)에서만 쓸 수 있습니다.")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"시각을 읽을 수 없습니다: {text!r}") from error
    if instant.tzinfo is None:
        raise CommandError(f"시차가 없습니다. 2026-10-12T18:00+09:00처럼 적으십시오: {text!r}")
    return instant
