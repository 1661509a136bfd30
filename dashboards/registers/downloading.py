"""One download: logged before its first byte and after its last, or where it was broken off.

The access log is only added to, so the end is a row of its own. A beginning without an end is a
process that died.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from centre.words import korean_instant
from dashboards.registers.base import Reading, Register, chunks
from dashboards.registers.files import CSV, Rows, csv_of, xlsx_of
from records import services as records
from records.actors import Actor

#: More rows than this are for CSV: a spreadsheet of that size opens for nobody in time. Excel
#: itself ends at 1,048,576 rows.
MOST_IN_XLSX: Final = 100_000
EXCEL_ROWS: Final = 1_048_576
#: From so many rows on a download is long, and only so many of those run in one process at a time:
#: of its four threads two stay free for pages (`voc_portal.gunicorn_conf`).
LONG: Final = 5_000
AT_ONCE: Final = 2
#: Rows a second on two slow cores (`make bench`), to say beforehand how long it takes.
PACE: Final = {"xlsx": 4_000, "csv": 6_000}

_long_ones = threading.BoundedSemaphore(AT_ONCE)


class TooMany(Exception):
    """So many long downloads already run in this process that this one has to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be downloaded, by whom, from where and why (``reason`` where it is plain)."""

    register: Register
    keys: Sequence[int]
    words: list[tuple[str, str]]
    kind: str
    plainly: bool
    reason: str
    by: Actor
    address: str
    now: datetime

    @property
    def is_long(self) -> bool:
        return len(self.keys) > LONG

    def about(self) -> list[tuple[str, str]]:
        """For the second sheet of a workbook, and the log."""
        shown = "가리지 않음" if self.plainly else f"가림. {self.register.masking}"
        said = [
            ("대장", str(self.register.title)),
            ("조건", "\n".join(f"{label}: {value}" for label, value in self.words) or "모두"),
            ("줄 수", f"{len(self.keys):,}"),
            ("내려받은 때", korean_instant(self.now)),
            ("내려받은 사람", self.by.label),
            ("개인정보", shown),
        ]
        return [*said, ("내려받은 까닭", self.reason)] if self.reason else said


def seconds_for(rows: int, kind: str) -> int:
    """About how long the file takes to be made."""
    return max(1, round(rows / PACE[kind]))


@dataclass(slots=True)
class Download:
    """The bytes of the file, once. ``clock`` says when it ended, which nobody knows beforehand.

    Whoever iterates calls `close` at the end, as WSGI servers do, also when the client is gone.
    """

    order: Order
    clock: Callable[[], datetime]
    rows_sent: int = 0
    _ended: bool = False
    _pieces: Iterator[bytes] | None = None
    _holds: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Take a place and log it. `TooMany` where none is free."""
        if self.order.is_long:
            if not _long_ones.acquire(blocking=False):
                raise TooMany
            self._holds = True
        try:
            self._log("내려받기 시작", f"{len(self.order.keys):,}건")
        except BaseException:
            self._let_go()
            raise
        self._pieces = self._made()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._pieces is None:
            raise StopIteration
        try:
            return next(self._pieces)
        except StopIteration:
            self._end("내려받기 마침")
            raise

    def close(self) -> None:
        """The end of the request; broken off where not all was taken."""
        self._end("내려받기 끊김")

    def _made(self) -> Iterator[bytes]:
        order = self.order
        reading = Reading(plainly=order.plainly, now=order.now)
        counted = self._counted(chunks(order.register, order.keys, reading))
        if order.kind == CSV:
            return csv_of(order.register.columns, counted)
        return xlsx_of(
            order.register.columns, counted, title=str(order.register.title), about=order.about()
        )

    def _counted(self, rows: Iterator[Rows]) -> Iterator[Rows]:
        for chunk in rows:
            self.rows_sent += len(chunk)
            yield chunk

    def _end(self, what: str) -> None:
        with self._lock:
            if self._ended:
                return
            self._ended = True
        try:
            asked = len(self.order.keys)
            self._log(what, f"{asked:,}건 가운데 {self.rows_sent:,}건")
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._holds:
            self._holds = False
            _long_ones.release()

    def _log(self, what: str, how_many: str) -> None:
        order = self.order
        shown = "가리지 않음" if order.plainly else "가림"
        said = [*order.about(), ("형식", order.kind)]
        records.log_access(
            by=order.by,
            address=order.address,
            subject_type=order.register.subject,
            subject_id=None,
            whose=f"{how_many} · {shown}",
            what=f"{order.register.title} {what}",
            reason=" / ".join(f"{label}: {value}" for label, value in said).replace("\n", ", "),
            now=self.clock(),
        )
