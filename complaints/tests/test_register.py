"""조치 단계 대장: who sees it, what it holds and does not hold, and its spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook

from centre.models import StaffMember
from complaints import services
from complaints.back_office.register import HEADINGS, escaped
from complaints.models import CorrectiveAction
from complaints.tests.conftest import MORNING
from complaints.tests.staff import browser_of, words_of
from complaints.tests.test_repeating import ACCEPTED, FIRST, LATER, answer, letter_told
from records.models import AccessLog

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]
PAGE = "/admin/complaints/complaint/stages/"


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def ladder(file: File) -> str:
    one = file(**FIRST).complaint
    answer(one, ACCEPTED, now=MORNING)
    two = services.raise_again(complaint_id=one.pk, text="또", now=LATER).complaint
    return letter_told(two, now=LATER).number


@pytest.mark.parametrize(
    ("username", "status"),
    [("seo.yh", 200), ("baek.sw", 200), ("nam.gy", 403), ("im.do", 403), ("sys.admin", 403)],
)
def test_rights(file: File, username: str, status: int) -> None:
    ladder(file)
    assert browser_of(username).get(PAGE).status_code == status


def test_each_team_lead_sees_the_own_teams(file: File) -> None:
    number = ladder(file)
    assert number in words_of(browser_of("baek.sw").get(PAGE))
    assert number not in words_of(browser_of("oh.sr").get(PAGE))


def test_filters_and_spreadsheet(file: File, person: Find) -> None:
    number = ladder(file)
    CorrectiveAction.objects.update(what="=HYPERLINK(1)")
    client = browser_of("seo.yh")
    assert client.get(PAGE).context["page"].paginator.count == 2
    assert client.get(PAGE, {"stage": "2"}).context["page"].paginator.count == 1
    assert client.get(PAGE, {"year": "2020"}).context["page"].paginator.count == 0
    assert client.get(PAGE, {"unsettled": "on"}).context["page"].paginator.count == 1
    assert client.get(PAGE, {"year": "x", "stage": "9"}).status_code == 200
    sent = client.get(PAGE, {"as": "xlsx"})
    sheet = load_workbook(io.BytesIO(sent.content)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert list(rows[0]) == HEADINGS
    assert {row[2] for row in rows[1:]} == {"1차", "2차"}
    assert number in {row[14] for row in rows[1:]}
    assert "'=HYPERLINK(1)" in {row[8] for row in rows[1:]}
    assert not [cell for row in rows for cell in row if "주의" in str(cell)]
    assert AccessLog.objects.filter(what="조치 단계 대장 내려받음").count() == 1
    sent = client.get(PAGE, {"as": "csv", "stage": "2"})
    lines = list(csv.reader(io.StringIO(sent.content.decode("utf-8-sig"))))
    assert sent["Content-Disposition"].endswith('.csv"')
    assert lines[0] == HEADINGS
    assert [line[14] for line in lines[1:]] == [number]
    assert AccessLog.objects.filter(what="조치 단계 대장 내려받음").count() == 2
    assert client.get(PAGE, {"as": "exe"}).status_code == 200
    assert "김하람" not in words_of(client.get(PAGE)) + sent.content.decode("utf-8-sig")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1", "\t=1"])
def test_formulas_are_text(text: str) -> None:
    assert escaped(text).startswith("'")


def test_as_many_queries_for_many_as_for_few(
    file: File, django_assert_max_num_queries: Any
) -> None:
    ladder(file)
    client = browser_of("seo.yh")
    client.get(PAGE)
    for n in range(4):
        case = file(email=f"q{n}@example.com", name=f"고객{n}").complaint
        answer(case, ACCEPTED, now=MORNING)
    with django_assert_max_num_queries(28):
        assert client.get(PAGE).context["page"].paginator.count == 6
