"""The pages: who sees what, nothing typed is lost, as many queries with many figures as with few."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from typing import Any

import pytest
import time_machine
from django.test import Client

from centre.models import Position, StaffMember
from complaints import stage_documents
from complaints.stage_documents import CannotPrint
from complaints.tests.conftest import seoul
from complaints.tests.staff import browser_of, page_of, words_of
from dashboards.evaluation import approving, publishing, writing
from dashboards.evaluation.models import Edition, Evaluation, Status
from dashboards.evaluation.tests.conftest import (
    NOW,
    drafted,
    promised,
    signed_by_all,
    submitted,
)
from standards.evidence import elsewhere

LIST = "/admin/dashboards/evaluation/"
PUBLIC = "/charter/evaluations/"


@pytest.fixture(autouse=True)
def _on_that_tuesday() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def url(evaluation: Evaluation) -> str:
    return f"{LIST}{evaluation.pk}/change/"


def signed_in(person: StaffMember) -> Client:
    return browser_of(person.user.username)


def typed(client: Client, evaluation: Evaluation, **values: Any) -> dict[str, Any]:
    """What the form would send as it is."""
    form = client.get(url(evaluation)).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    return sent | values


def test_begun_from_the_list_written_and_laid_before_the_line(
    year: int, writer: StaffMember, director: StaffMember, manager: StaffMember
) -> None:
    client = signed_in(writer)
    assert "2025년 이행실적 평가 공개" in page_of(client.get(LIST))
    begun = client.post(LIST, {"do": "start", "year": "2025"})
    made = Evaluation.objects.get()
    assert begun["Location"] == url(made)
    sent = typed(client, made, introduction="머리말", do="submit")
    refused = client.post(url(made), sent)
    assert refused.status_code == 422
    assert "원인을 적어 주십시오" in page_of(refused)
    made.refresh_from_db()
    assert (made.introduction, made.status) == ("머리말", Status.DRAFT)  # saved all the same
    sent |= {
        "version": made.version, "reply-cause": "까닭", "reply-action": "고침",
        "reply-owner": str(writer.pk), "reply-due_on": "2026-06-30",
    }  # fmt: skip
    assert client.post(url(made), sent).status_code == 302
    made.refresh_from_db()
    assert made.status == Status.APPROVING
    asked = approving.waiting(made)
    assert asked is not None
    assert 'value="approve"' not in page_of(client.get(url(made)))
    boss = signed_in(asked.approver)
    page = page_of(boss.get(url(made)))
    assert 'value="approve"' in page
    answer = boss.post(url(made), {"do": "approve", "signature": str(asked.pk)})
    assert answer.status_code == 302
    twice = boss.post(url(made), {"do": "approve", "signature": str(asked.pk)})
    assert twice.status_code == 422
    assert "이미 정해진 결재입니다" in page_of(twice)
    signed_by_all(made)
    assert 'value="publish"' not in page_of(client.get(url(made)))
    head = signed_in(manager)
    assert 'value="publish"' in page_of(head.get(url(made)))
    for _click in range(2):
        assert head.post(url(made), {"do": "publish"}).status_code == 302
    assert Edition.objects.count() == 1


@pytest.mark.parametrize("asked", ["", "2026", "abcd", "99999", "２０２５"])
def test_a_year_that_cannot_be_begun(year: int, writer: StaffMember, asked: str) -> None:
    answer = signed_in(writer).post(LIST, {"do": "start", "year": asked})
    assert answer.status_code == 422
    assert not Evaluation.objects.exists()


def test_of_two_writers_the_later_sees_both_and_loses_nothing(
    written: Evaluation, writer: StaffMember, manager: StaffMember
) -> None:
    first, second = signed_in(writer), signed_in(manager)
    early = typed(first, written, introduction="먼저 쓴 글", do="save")
    late = typed(second, written, introduction="나중에 쓴 글", closing="내 맺음말", do="save")
    assert first.post(url(written), early).status_code == 302
    refused = second.post(url(written), late)
    assert refused.status_code == 422
    page = page_of(refused)
    assert "먼저 저장했습니다" in page
    assert "먼저 쓴 글" in page
    assert "나중에 쓴 글" in page
    again = late | {"version": re.findall(r'name="version" value="(\d+)"', page)[0]}
    assert second.post(url(written), again).status_code == 302
    written.refresh_from_db()
    assert written.introduction == "나중에 쓴 글"


def test_what_was_typed_comes_back(written: Evaluation, writer: StaffMember) -> None:
    client = signed_in(writer)
    sent = typed(client, written, introduction="새 머리말", do="save", **{"reply-due_on": "언젠가"})
    refused = client.post(url(written), sent)
    assert refused.status_code == 422
    page = page_of(refused)
    assert "새 머리말" in page
    assert "언젠가" in page
    assert "‘2026-10-12’처럼" in page


def test_who_may_look(written: Evaluation, writer: StaffMember) -> None:
    member = StaffMember.objects.filter(position=Position.MEMBER).select_related("user").first()
    assert member is not None
    for address in (LIST, url(written), f"{LIST}{written.pk}/preview/"):
        refused = signed_in(member).get(address)
        assert refused.status_code == 403
        words = refused.content.decode()
        assert "오늘 할 일" in words
        assert "서비스헌장" in words
        assert "뒤로 가서" not in words
        assert Client().get(address).status_code == 302
    assert signed_in(writer).get(f"{LIST}999999/change/").status_code == 404


def test_nothing_is_public_before_it_is_published(approved: Evaluation, client: Client) -> None:
    assert "아직 공개한 평가가 없습니다" in page_of(client.get(PUBLIC))
    for address in ("2025/", "2025/1/", "2025/1/pdf/", "2025/99999999999999999999/"):
        assert client.get(f"{PUBLIC}{address}").status_code == 404


def test_everybody_reads_what_was_frozen(published: Edition, client: Client) -> None:
    promised("reply", seoul("2025-10-01 10:00"), kept=True, category="complaint")
    page = client.get(f"{PUBLIC}2025/")
    text = words_of(page)
    assert page.context["summary"].n == 20
    assert "90.0%" in text
    assert "목표에 미치지 못함" in text
    assert "1월에 두 분이 함께 자리를 비웠습니다." in text
    assert "대직자를 두 사람으로 늘립니다." in text
    assert "해당 없음" in text
    assert "2025년" in words_of(client.get(PUBLIC))
    assert PUBLIC in page_of(client.get("/charter/"))


def test_few_are_nowhere_on_the_page(published: Edition, client: Client) -> None:
    rows = {row.code: row for row in client.get(f"{PUBLIC}2025/").context["rows"]}
    assert rows["stage-3"].hidden
    assert rows["stage-3"].kept == ""
    frozen = {one["code"]: one for one in published.submission.document["lines"]}
    assert frozen["stage-3"]["counts"] is None


def test_the_old_edition_stays_and_points_to_the_new_one(
    published: Edition, writer: StaffMember, manager: StaffMember, client: Client
) -> None:
    made = writing.start(year=2025, by=writer, now=NOW, why="글을 고침")
    made = writing.save(
        evaluation_id=made.pk, version=made.version, draft=drafted(writer, why="글을 고침"),
        by=writer, now=NOW,
    )  # fmt: skip
    submitted(made, writer)
    signed_by_all(made)
    publishing.publish(evaluation_id=made.pk, by=manager, now=NOW)
    assert "글을 고침" in page_of(client.get(f"{PUBLIC}2025/"))
    old = page_of(client.get(f"{PUBLIC}2025/1/"))
    assert "바로잡은 판이 나왔습니다" in old


def test_queries(
    published: Edition, client: Client, django_assert_max_num_queries: Any, writer: StaffMember
) -> None:
    staff = signed_in(writer)
    address = url(published.submission.evaluation)
    for one, most in ((PUBLIC, 8), (f"{PUBLIC}2025/", 9)):
        client.get(one)
        with django_assert_max_num_queries(most):
            client.get(one)
    staff.get(address)
    with django_assert_max_num_queries(22):
        staff.get(address)
    with django_assert_max_num_queries(14):
        staff.get(LIST)


def _unpacked(content: bytes) -> bytes:
    """The objects of a PDF, those in compressed streams too."""
    found = [content]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        with suppress(zlib.error):
            found.append(zlib.decompressobj().decompress(stream))
    return b"".join(found)


def test_the_pdf(published: Edition, client: Client) -> None:
    try:
        stage_documents.check_printing()
    except CannotPrint as missing:
        pytest.skip(str(missing))
    answer = client.get(f"{PUBLIC}2025/1/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    inside = _unpacked(answer.content)
    assert b"/StructTreeRoot" in inside  # tagged
    assert b"/MarkInfo" in inside
    assert client.get(f"{PUBLIC}2025/1/pdf/").content == answer.content


def test_where_no_pdf_can_be_made_the_page_is_printed(
    published: Edition, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage_documents, "has_korean_font", lambda: False)
    page = page_of(client.get(f"{PUBLIC}2025/1/pdf/"))
    assert "PDF를 만들 수 없습니다" in page
    assert "data-print" in page
    assert "대직자를 두 사람으로 늘립니다." in page


def test_the_duty_leads_here_where_there_is_something_to_evaluate(year: int) -> None:
    duty = publishing.duty_of(2025)
    assert duty is not None
    assert elsewhere.page_of(duty) == LIST
    duty.period = "2020"  # 2019 was counted nowhere: evaluated elsewhere, entered by hand
    assert elsewhere.page_of(duty) == ""
