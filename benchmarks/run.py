"""`make bench`: runs `bench(report)` of each benchmarks/bench_*.py and prints what they found.

`python -m benchmarks.run NAME …` runs only those whose name holds one of the words. DATABASE_URL
and REDIS_URL are used where given; what cannot run without them says so.
"""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import django

from benchmarks import million
from benchmarks.report import CannotRun, Report


def names(words: Sequence[str]) -> list[str]:
    """The benchmark modules, in order, that `words` ask for."""
    found = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    return [name for name in found if not words or any(word in name for word in words)]


def run(name: str, report: Report) -> None:
    """One benchmark; one that breaks is told and does not stop the others."""
    print(f"\n{name.removeprefix('bench_')}")
    started = time.monotonic()
    try:
        importlib.import_module(f"benchmarks.{name}").bench(report)
    except CannotRun as why:
        report.could_not(name, str(why))
    except Exception:  # noqa: BLE001 - shown in full
        traceback.print_exc(file=sys.stdout)
        report.could_not(name, "it broke, see above")
    print(f"({time.monotonic() - started:.1f} s)")


def main(words: Sequence[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "voc_portal.test_settings"  # a DATA_DIR of its own
    django.setup()
    million.keep_keys()
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {connection.vendor}. "
        "Medians; ratios to the aim, above 1 is better."
    )
    report = Report()
    try:
        for name in names(words):
            run(name, report)
    finally:
        million.drop_all()
        shutil.rmtree(settings.DATA_DIR, ignore_errors=True)
    behind = [figure.name for figure in report.figures if (figure.ratio or 1) < 1]
    print(f"\n{len(report.figures)} figures; behind their aim: {', '.join(behind) or 'none'}.")
    print(f"Not run: {'; '.join(report.not_run) or 'nothing'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
