"""``manage.py sweep``: one pass, as beat asks for it; with DEMO ``--now`` moves time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from standards.services import sweep


class Command(BaseCommand):
    help = "기한이 된 일을 한 번 훑습니다."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", metavar="INSTANT", help="시연(DEMO)에서만: 이때인 것처럼")

    def handle(self, *, now: str | None, **_options: Any) -> None:
        moved = _moved(now) if now else None
        taken = sweep(now=moved or timezone.now(), heartbeat=moved is None)
        self.stdout.write(str(taken))


def _moved(text: str) -> datetime:
    if not settings.DEMO:
        raise CommandError("--now는 시연(DEMO=1)에서만 쓸 수 있습니다.")
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise CommandError(f"시각은 ISO 8601로 적어야 합니다: {text!r}") from error
    if instant.tzinfo is None:
        raise CommandError(f"시각에 시간대(예: +09:00)가 있어야 합니다: {text!r}")
    return instant
