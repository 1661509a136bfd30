"""The demo centre, as the tests of cases have it, and what a download holds."""

from __future__ import annotations

import csv
import io
from typing import Any

from openpyxl import load_workbook

from complaints.tests.conftest import demo_centre, file, person

__all__ = ["demo_centre", "file", "person"]


def body_of(response: Any) -> bytes:
    sent = b"".join(response.streaming_content)
    response.close()
    return sent


def csv_in(response: Any) -> list[dict[str, str]]:
    text = body_of(response).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def xlsx_in(response: Any) -> list[dict[str, Any]]:
    sheet = load_workbook(io.BytesIO(body_of(response))).worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]
