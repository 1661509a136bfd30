"""The demo centre, as the tests of cases have it, and what a download holds."""

from __future__ import annotations

import csv
import io
from typing import Any
from unittest import mock

from django.db.backends.base.base import BaseDatabaseWrapper
from openpyxl import load_workbook

from complaints.tests.conftest import demo_centre, file, person

__all__ = ["demo_centre", "file", "person"]


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def close(response: Any) -> None:
    """What a server does when the client is gone; the test keeps its connection."""
    with mock.patch.object(BaseDatabaseWrapper, "close_if_unusable_or_obsolete"):
        response.close()


def csv_in(response: Any) -> list[dict[str, str]]:
    text = body_of(response).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def xlsx_in(response: Any) -> list[dict[str, Any]]:
    sheet = load_workbook(io.BytesIO(body_of(response))).worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]
