"""Attachments of cases that were joined to another: who reads and opens them there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from centre.models import StaffMember
from complaints import services
from complaints.filing import Filed
from complaints.models import AboutStaff, Complaint
from complaints.tests.conftest import MORNING
from complaints.tests.staff import QUEUE, browser_of, case_url, page_of, words_of
from records.files import check_upload
from records.models import AccessLog

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]
CONTENT = "세 시간 참여함".encode()


@pytest.fixture
def join(file: File, person: Find) -> Callable[..., tuple[Complaint, Complaint]]:
    """A case, and a later one with a file that is joined to it."""

    def do(**values: Any) -> tuple[Complaint, Complaint]:
        first = file().complaint
        paper = check_upload(name="봉사확인서.txt", data=BytesIO(CONTENT), size=len(CONTENT))
        values = {"attachments": [paper], "now": MORNING + timedelta(minutes=5)} | values
        second = file(**values).complaint
        services.merge(
            complaint_id=second.pk,
            into_number=first.receipt_number,
            by=person("moon.tk"),
            now=MORNING + timedelta(minutes=9),
        )
        return first, Complaint.objects.get(pk=second.pk)

    return do


def file_url(shown_on: Complaint, of: Complaint) -> str:
    from records.queries import files_of  # noqa: PLC0415

    return f"{QUEUE}{shown_on.pk}/files/{files_of('complaint', of.pk).get().pk}/"


def opened(username: str, url: str) -> int:
    """The status of the answer, and that what was sent is the file."""
    response: Any = browser_of(username).get(url)
    if response.status_code == 200:
        assert b"".join(response.streaming_content) == CONTENT  # to its end, which closes it
    return int(response.status_code)


def test_the_handler_of_the_first_case_finds_and_opens_them(join: Any) -> None:
    first, second = join()
    client = browser_of("nam.gy")
    page = client.get(case_url(first))
    assert f"합쳐진 건 {second.receipt_number}의 첨부파일" in words_of(page)
    assert case_url(second) in page_of(page)
    assert file_url(first, second) in page_of(page)
    assert opened("nam.gy", file_url(first, second)) == 200
    assert AccessLog.objects.filter(subject_id=first.pk).exists()


def test_through_two_joinings(join: Any, file: File, person: Find) -> None:
    first, second = join()
    oldest = file(now=MORNING - timedelta(days=1)).complaint
    services.merge(
        complaint_id=first.pk, into_number=oldest.receipt_number, by=person("moon.tk"),
        now=MORNING + timedelta(minutes=10),
    )  # fmt: skip
    assert second.receipt_number in words_of(browser_of("nam.gy").get(case_url(oldest)))
    assert opened("nam.gy", file_url(oldest, second)) == 200


def test_who_may_not_see_the_other_case_gets_its_files_and_no_way_into_it(join: Any) -> None:
    first, second = join(topic_code="education")
    assert second.team != first.team
    nam = browser_of("nam.gy")
    page = nam.get(case_url(first))
    assert nam.get(case_url(second)).status_code == 404
    assert f"합쳐진 건 {second.receipt_number}의 첨부파일" in words_of(page)
    assert case_url(second) not in page_of(page)
    assert opened("nam.gy", file_url(first, second)) == 200
    assert opened("nam.gy", file_url(second, second)) == 404


def test_never_whom_the_other_case_is_about(join: Any, person: Find) -> None:
    """Not even where a mistake was made about the case it was joined to."""
    first, second = join(about_staff="남가영 주임")
    assert browser_of("nam.gy").get(case_url(first)).status_code == 404
    AboutStaff.objects.filter(complaint=first).delete()
    page = browser_of("nam.gy").get(case_url(first))
    assert page.status_code == 200
    assert "첨부파일" not in words_of(page)
    assert opened("nam.gy", file_url(first, second)) == 404
    assert opened("baek.sw", file_url(first, second)) == 200


def test_while_it_is_unclear_whom_the_other_is_about_only_chiefs(join: Any) -> None:
    first, second = join()
    Complaint.objects.filter(pk=second.pk).update(about_staff_unclear=True)
    assert opened("nam.gy", file_url(first, second)) == 404
    assert opened("baek.sw", file_url(first, second)) == 200


def test_a_strangers_file_is_not_opened_through_a_case(join: Any, file: File) -> None:
    first, second = join()
    stranger = file(email="other@example.com", name="이도겸").complaint
    assert opened("seo.yh", file_url(stranger, second)) == 404
    assert opened("", file_url(first, second)) == 302
