"""What the sweep pays for the steps of real cases: event and notices to real people included.

The other benchmark of the sweep uses a subject made for it; this one files opinions through the
services and lets them fall due.
"""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta

from benchmarks.database import scratch_database
from benchmarks.report import Report

CASES = 300
AIM_MS = 2.0


def bench(report: Report) -> None:
    with scratch_database():
        from django.db import connection  # noqa: PLC0415

        _load()
        kind = connection.vendor
        for name, at, aim in (
            ("reminder two days before", "2026-09-14 09:00:00", AIM_MS),
            ("last call", "2026-09-16 09:00:00", AIM_MS),
            ("missed: citizen, handler, lead, manager told", "2026-09-16 18:00:00", None),
            ("daily chase", "2026-09-17 09:00:00", AIM_MS),
        ):
            taken, seconds = _sweep(at)
            report.cost(f"{name}, {kind}", seconds / taken * 1000, "ms a case", aim=aim)


def _load() -> None:
    from centre.calendar import SEOUL  # noqa: PLC0415
    from centre.loading import load_centre_data  # noqa: PLC0415
    from complaints.filing import Filing  # noqa: PLC0415
    from complaints.services import file_complaint  # noqa: PLC0415
    from records.actors import CITIZEN  # noqa: PLC0415
    from standards.services import load_charter  # noqa: PLC0415

    morning = datetime(2026, 9, 9, 10, tzinfo=SEOUL)
    load_centre_data(now=morning - timedelta(days=200), demo=False)
    load_charter(today=date(2026, 1, 5))
    topics = itertools.cycle(["record", "portal", "education", "counsel", "facility", "partner"])
    for n in range(CASES):
        filing = Filing(
            kind="complaint",
            topic_code=next(topics),
            subject="봉사 시간이 올라오지 않습니다",
            body="지난달 활동한 세 시간이 확인서에 나오지 않습니다.",
            name="김하람",
            email=f"bench{n}@example.com",
            consent_version="2026-1",
        )
        file_complaint(filing=filing, by=CITIZEN, now=morning)
    _sweep("2026-09-11 18:00:00")


def _sweep(at: str) -> tuple[int, float]:
    """One pass at ``at`` in Seoul: steps taken and seconds."""
    import time  # noqa: PLC0415

    from centre.calendar import SEOUL  # noqa: PLC0415
    from standards.services import sweep  # noqa: PLC0415

    now = datetime.fromisoformat(at).replace(tzinfo=SEOUL)
    started = time.perf_counter()
    return sweep(now=now), time.perf_counter() - started
