"""``manage.py verify``: what must always be true of the whole database.

Every app may have a module ``checks`` with ``breaches()``, which takes ``now`` if it wants to and
gives a line for each breach, without personal data. Exit code 1 when there is one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.module_loading import module_has_submodule


class Command(BaseCommand):
    help = "자료 전체가 어긋난 데 없이 맞는지 살핍니다."

    def handle(self, **_options: Any) -> None:
        found = 0
        for line in _breaches(now=timezone.now()):
            self.stdout.write(line)
            found += 1
        if found:
            raise CommandError(f"어긋난 것 {found}건")
        self.stdout.write("이상 없음")


def _breaches(*, now: datetime) -> Iterator[str]:
    for config in apps.get_app_configs():
        if config.module is None or not module_has_submodule(config.module, "checks"):
            continue
        find = getattr(import_module(f"{config.name}.checks"), "breaches", None)
        if find is not None:
            yield from (f"{config.label}: {line}" for line in _asked(find, now=now))


def _asked(find: Callable[..., Iterable[str]], *, now: datetime) -> Iterable[str]:
    return find(now=now) if "now" in inspect.signature(find).parameters else find()
