"""처리대장 as xlsx of 100,000 rows and as CSV of 1,000,000, through the page, taken piece by piece.

Memory is the most that the process held while the file was made (the kernel's own mark, set back
before), so it counts Python, Django and everything loaded, not only what the download adds.
"""

from __future__ import annotations

import gc
import io
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.million import filled
from benchmarks.report import CannotRun, Report

AIM_SECONDS, AIM_MB, AIM_FIRST = 30.0, 200.0, 5.0
EVERYTHING = "/admin/registers/cases/?state=all"
REASON = "얼마나 걸리는지 재어 보기 위해 내려받음"
#: Where each size of database is told of; the smaller one is made for all that is not scale.
SMALL, LARGE = 100_000, 1_000_000


def bench(report: Report) -> None:
    with filled(SMALL, own_copy=True):
        for personal in ("masked", "plain"):
            _measure(report, "xlsx", SMALL, personal, aim=AIM_SECONDS)
        _measure(report, "csv", SMALL, "masked")
        _with_openpyxl(report)
    with filled(LARGE, own_copy=True):
        _measure(report, "csv", LARGE, "masked")
        _measure(report, "csv", LARGE, "plain")


def _measure(
    report: Report, kind: str, rows: int, personal: str, *, aim: float | None = None
) -> None:
    """One download: to its first byte, to its end, and at most so much memory."""
    from django.test import Client  # noqa: PLC0415

    from centre.models import User  # noqa: PLC0415

    client = Client()
    client.force_login(User.objects.get(username="seo.yh"), backend="centre.auth.RoleBackend")
    name = f"{kind} of {rows:,} rows, {personal}"
    with _peak() as most:
        started = time.perf_counter()
        given = {"kind": kind, "personal": personal, "reason": REASON}
        response = client.post(EVERYTHING, given)
        assert response.streaming, response.status_code
        pieces: Iterator[bytes] = iter(response.streaming_content)  # type: ignore[attr-defined]
        size = len(next(pieces))
        first = time.perf_counter() - started
        last = b""
        for piece in pieces:
            size, last = size + len(piece), piece
        taken = time.perf_counter() - started
        response.close()
    _check_end(kind, last)
    report.cost(f"{name}: to the first byte", first, "s", aim=AIM_FIRST)
    report.cost(name, taken, "s", aim=aim)
    report.rate(f"{name}: pace", rows / taken, "rows/s")
    report.cost(f"{name}: size", size / 1e6, "MB")
    report.cost(f"{name}: memory", most[0], "MB", aim=AIM_MB)


def _check_end(kind: str, last: bytes) -> None:
    """A zip ends with its table of contents, a line with its end."""
    assert last.endswith(b"\r\n") if kind == "csv" else b"PK\x05\x06" in last[-64:]


def _with_openpyxl(report: Report) -> None:
    """The same cells by openpyxl's fast way of writing, without reading them: why it is not used."""
    from openpyxl import Workbook  # noqa: PLC0415

    from dashboards.registers.files import Cell, Column, xlsx_of  # noqa: PLC0415

    row: list[Cell] = ["2026-000123-K", "인터넷", "불만", "봉사 실적이 올라오지 않습니다", 12.5]
    row *= 4
    chunk, times = [row] * 1_000, 10

    def theirs() -> None:
        book = Workbook(write_only=True)
        sheet = book.create_sheet("대장")
        for _ in range(times):
            for cells in chunk:
                sheet.append(cells)
        book.save(io.BytesIO())

    def ours() -> None:
        columns = [Column("칸")] * len(row)
        pieces = xlsx_of(columns, [chunk] * times, title="대장", about=[])
        assert zipfile.is_zipfile(io.BytesIO(b"".join(pieces)))

    a, b = report.time(theirs, rounds=3), report.time(ours, rounds=3)
    report.cost("10,000 rows written by openpyxl", a, "s")
    report.cost("10,000 rows written by ours", b, "s", aim=a)


@contextmanager
def _peak() -> Iterator[list[float]]:
    """The most resident memory of this process within it, in MB, as its one item at the end."""
    mark = Path("/proc/self/clear_refs")
    if not mark.exists():
        raise CannotRun("needs Linux, whose kernel tells the most memory a process held")
    gc.collect()
    mark.write_text("5", encoding="ascii")
    most: list[float] = []
    yield most
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    most.append(int(line.split()[1]) / 1024)
