"""``manage.py load_centre``: teams, people, topics, charter, reply templates; as often as you like."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from centre.calendar import seoul_day
from centre.errors import Refused
from centre.loading import load_centre_data
from complaints.services.loading import load_reply_templates
from standards.services import load_charter


class Command(BaseCommand):
    help = "Loads the centre and its charter. What people changed afterwards is left alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="with sign-ins that are printed (needs DEMO=1)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        demo = bool(options["demo"])
        if demo and not settings.DEMO:
            raise CommandError("--demo needs DEMO=1: it makes sign-ins whose passwords are printed")
        now = timezone.now()
        try:
            sign_ins = load_centre_data(now=now, demo=demo)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        load_charter(today=seoul_day(now))
        load_reply_templates()
        for sign_in in sign_ins:
            self.stdout.write(f"{sign_in.role}\t{sign_in.user}\t{sign_in.password}")
