"""The public page of results, frozen; and the page of staff, after a refusal as it was typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from centre.models import StaffMember
from standards.models import Commitment
from surveys import services
from surveys.models import Answer, Publication, ResultFinding, Survey
from surveys.queries import published_key
from surveys.services import findings, publishing
from surveys.tests.filling import fill

pytestmark = pytest.mark.django_db
PEOPLE: list[dict[str, Any]] = [{"V1": 5, "V2": 1, "V6": 4}] * 12 + [
    {"V1": 4, "V2": 2, "V6": 3, "V7": "점심에도 <b>전화</b>를 받아 주십시오. 010-1234-5678"}
] * 8


@pytest.fixture
def ended(opened: Callable[..., Survey], manager: StaffMember) -> Survey:
    now = timezone.now()
    survey = opened("visit", now=now - timedelta(days=30), closes_at=now + timedelta(days=9))
    fill(survey, PEOPLE)
    services.close_survey(survey_id=survey.pk, by=manager, now=now - timedelta(days=2))
    survey.refresh_from_db()
    return survey


@pytest.fixture
def published(ended: Survey, manager: StaffMember) -> Survey:
    publishing.publish(survey_id=ended.pk, by=manager, now=timezone.now(), comment="잘 들었습니다.")
    ended.refresh_from_db()
    return ended


@pytest.fixture
def staff(client: Client, person: Callable[[str], StaffMember]) -> Callable[[str], Client]:
    def sign_in(username: str) -> Client:
        client.force_login(person(username).user, backend="centre.auth.RoleBackend")
        return client

    return sign_in


def address(survey: Survey) -> str:
    return reverse("survey-results", args=[survey.slug])


def staff_address(survey: Survey) -> str:
    return reverse("admin:surveys_survey_results", args=[survey.pk])


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


# --- for everybody ------------------------------------------------------------------------------


def test_the_published_page(client: Client, published: Survey) -> None:
    page = text_of(client, address(published))
    assert page.count("<h1") == 1
    for said in ("20명", "잘 들었습니다.", "90.0점", "(평균 − 1) ÷ 4 × 100", "서비스 과정"):
        assert said in page
    assert "점심에도" not in page  # nobody let it out
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert " style=" not in page
    assert "<script>" not in page


def test_every_chart_says_what_it_shows_and_stands_beside_a_table(
    client: Client, published: Survey
) -> None:
    page = text_of(client, address(published))
    charts = re.findall(r"<figure>(.*?)</figure>", page)
    assert len(charts) >= 4
    for chart in charts:
        assert 'role="img"' in chart
        assert re.search(r"<title [^>]+>[^<]+</title><desc [^>]+>[^<]+</desc>", chart)
    assert page.count("<caption") >= len(charts)


def test_what_is_published_stays_when_answers_change(client: Client, published: Survey) -> None:
    before = client.get(address(published)).content
    fill(published, [{"V1": 1, "V6": 1}] * 50)
    assert client.get(address(published)).content == before


def test_before_publication_the_page_says_so(client: Client, ended: Survey) -> None:
    page = text_of(client, address(ended))
    assert "아직 공개한 결과가 없습니다" in page
    assert "90.0점" not in page


@pytest.mark.parametrize("slug", ["nothing-here", "course"])
def test_no_such_results(client: Client, db: None, slug: str) -> None:
    assert client.get(f"/surveys/{slug}/results/").status_code == 404


def test_the_name_of_the_series_leads_to_what_was_published_last(
    client: Client, published: Survey, opened: Callable[..., Survey]
) -> None:
    now = timezone.now()
    opened("visit", now=now, closes_at=now + timedelta(days=9))
    assert "잘 들었습니다." in text_of(client, "/surveys/visit/results/")


def test_a_correction_is_marked_with_its_reason(
    client: Client, published: Survey, manager: StaffMember
) -> None:
    now = timezone.now()
    publishing.correct(survey_id=published.pk, reason="빠진 종이", by=manager, now=now)
    page = text_of(client, address(published))
    assert page.count("빠진 종이") == 2  # at the top and among the records
    assert "바로잡음" in page


def test_an_opinion_that_a_person_let_out(
    client: Client, published: Survey, manager: StaffMember
) -> None:
    answer = Answer.objects.filter(question__code="V7")[0]
    now = timezone.now()
    publishing.release_text(
        answer_id=str(answer.pk), text="점심에도 <b>전화</b>를", by=manager, now=now
    )
    assert "점심에도 &lt;b&gt;전화&lt;/b&gt;를" in text_of(client, address(published))
    publishing.withdraw_text(answer_id=str(answer.pk), by=manager, now=now)
    assert "점심에도" not in text_of(client, address(published))


def test_findings_are_on_the_page_with_team_and_date(
    client: Client, published: Survey, person: Callable[[str], StaffMember]
) -> None:
    now = timezone.now()
    found = findings.enter_finding(
        survey_id=published.pk, text="안내 표시가 작음", by=person("bae.sj"), now=now
    )
    assert "조치를 정하는 중" in text_of(client, address(published))
    ResultFinding.objects.filter(pk=found.pk).update(
        action="크게 바꿈", owner=person("yoo.cr"), decided_at=now,
        first_due_on="2026-12-22", due_on="2026-12-22",
    )  # fmt: skip
    page = text_of(client, address(published))
    for said in ("안내 표시가 작음", "크게 바꿈", "경영기획팀", "2026년 12월 22일(화)"):
        assert said in page
    assert "유채린" not in page  # the team answers for it


def test_queries_do_not_grow(
    client: Client,
    published: Survey,
    manager: StaffMember,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(8):
        client.get(address(published))
    now = timezone.now()
    for n in range(5):
        findings.enter_finding(survey_id=published.pk, text=f"지적 {n}", by=manager, now=now)
        publishing.correct(survey_id=published.pk, reason="또", by=manager, now=now)
    with django_assert_max_num_queries(8):
        client.get(address(published))


# --- for staff ----------------------------------------------------------------------------------


def test_staff_see_what_would_be_published_and_publish_it(
    staff: Callable[[str], Client], ended: Survey
) -> None:
    client = staff("seo.yh")
    page = text_of(client, staff_address(ended))
    assert "공개될 결과" in page
    assert "90.0점" in page
    answer = client.post(staff_address(ended), {"do": "publish", "comment": "들었습니다."})
    assert answer.status_code == 302
    assert Publication.objects.get().comment == "들었습니다."
    assert Commitment.objects.get(key=published_key(ended)).state == "kept"


def test_while_answers_come_no_figures(
    staff: Callable[[str], Client], opened: Callable[..., Survey]
) -> None:
    now = timezone.now()
    survey = opened("visit", now=now - timedelta(days=3), closes_at=now + timedelta(days=9))
    fill(survey, PEOPLE)
    page = text_of(staff("seo.yh"), staff_address(survey))
    assert "응답을 받는 동안에는 결과를 보이지 않습니다" in page
    assert "90.0점" not in page
    assert "점심에도" not in page
    assert "20명" in page


def test_who_may_look_and_who_may_not(
    client: Client, staff: Callable[[str], Client], ended: Survey
) -> None:
    assert client.get(staff_address(ended)).status_code == 302
    assert client.post(staff_address(ended), {"do": "publish"}).status_code == 302
    assert not Publication.objects.exists()
    member = staff("noh.jh")
    page = text_of(member, staff_address(ended))
    assert "결과 공개하기" not in page
    assert member.post(staff_address(ended), {"do": "publish"}).status_code == 400
    assert not Publication.objects.exists()


def test_after_a_refusal_what_was_typed_is_there(
    staff: Callable[[str], Client], published: Survey
) -> None:
    client = staff("bae.sj")
    client.post(staff_address(published), {"do": "enter", "text": "표시가 작음"})
    found = ResultFinding.objects.get()
    sent = {"do": "decide", "finding": found.pk, "action": "크게 바꿈", "owner": "", "due_on": "x"}
    answer = client.post(staff_address(published), sent)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "크게 바꿈" in page
    assert "기한을 날짜로 골라 주십시오" in page
    answer_id = str(Answer.objects.filter(question__code="V7")[0].pk)
    sent = {"do": "release", "answer": answer_id, "text": "전화 010-1234-5678"}
    answer = client.post(staff_address(published), sent)
    assert answer.status_code == 400
    assert "전화 010-1234-5678</textarea>" in answer.content.decode()


def test_nothing_of_another_survey_is_touched_from_here(
    staff: Callable[[str], Client], published: Survey, opened: Callable[..., Survey]
) -> None:
    client = staff("bae.sj")
    now = timezone.now()
    other = opened("case", now=now - timedelta(days=9), closes_at=now + timedelta(days=1))
    fill(other, [{"C10": "비밀 이야기"}] * 6)
    answer_id = str(Answer.objects.get(pk=Answer.objects.filter(question__code="C10")[0].pk).pk)
    sent = {"do": "release", "answer": answer_id, "text": "글"}
    assert client.post(staff_address(published), sent).status_code == 400
    assert not Answer.objects.exclude(released="").exists()


def test_of_four_confidential_answers_staff_read_nothing(
    staff: Callable[[str], Client], opened: Callable[..., Survey], manager: StaffMember
) -> None:
    now = timezone.now()
    survey = opened("case", now=now - timedelta(days=30), closes_at=now + timedelta(days=9))
    fill(survey, [{"C9": 1, "C10": "제가 김하람입니다"}] * 4)
    services.close_survey(survey_id=survey.pk, by=manager, now=now - timedelta(days=1))
    page = text_of(staff("seo.yh"), staff_address(survey))
    assert "김하람" not in page
    assert "5명 미만" in page


def test_the_staff_page_has_a_fixed_number_of_queries(
    staff: Callable[[str], Client],
    published: Survey,
    manager: StaffMember,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = staff("seo.yh")
    now = timezone.now()
    for n in range(6):
        findings.enter_finding(survey_id=published.pk, text=f"지적 {n}", by=manager, now=now)
    with django_assert_max_num_queries(45):
        client.get(staff_address(published))
