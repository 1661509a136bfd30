"""Citizens' pages: a look changes nothing, an error loses nothing, a token is told to nobody."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import serializers
from django.test import Client
from django.urls import reverse

from centre.models import Option
from centre.words import korean_instant
from complaints.models import Complaint, RateCount
from surveys import services
from surveys.models import Answer, Choice, Invitation, Question, Response, Survey
from surveys.tests.conftest import answered, the_invitation
from surveys.tokens import token_of

pytestmark = pytest.mark.usefixtures("demo_centre")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def now() -> Any:
    from django.utils import timezone  # noqa: PLC0415

    return timezone.now()


@pytest.fixture
def visit(opened: Callable[..., Survey], now: Any) -> Survey:
    return opened("visit", now=now - DAY, closes_at=now + DAY)


@pytest.fixture
def token(opened: Callable[..., Survey], closed_case: Callable[..., Complaint], now: Any) -> str:
    """Of the invitation about a case that was closed five days ago."""
    opened("case", now=now - 6 * DAY, closes_at=now + 30 * DAY)
    closed_case(now - 5 * DAY)
    assert services.invite_cases(now=now - HOUR) == 1
    return token_of(the_invitation().key)


def page_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def hidden(response: Any) -> dict[str, str]:
    """The form's own fields."""
    found = re.findall(r'name="(nonce|edition)" value="([^"]*)"', response.content.decode())
    return dict(found)


def everything() -> str:
    """All that surveys hold, to see that nothing changed."""
    models = (Survey, Question, Choice, Invitation, Response, Answer, RateCount)
    return "".join(
        serializers.serialize("json", model._default_manager.order_by("pk")) for model in models
    )


def test_a_visitor_answers_once_a_browser(client: Client, visit: Survey) -> None:
    first = client.get("/surveys/visit/")
    assert "이름 없는 설문입니다" in page_of(first)
    sent = client.post(
        "/surveys/visit/", hidden(first) | {"V1": "5", "V6": "4", "V7": "고맙습니다"}
    )
    assert "답해 주셔서 감사합니다" in page_of(sent)
    assert "{{" not in page_of(sent)
    assert Response.objects.get().invitation is None
    assert "이미 답하셨습니다" in page_of(client.get("/surveys/visit/"))
    client.post("/surveys/visit/", hidden(first) | {"V1": "1", "V6": "1"})
    assert Response.objects.count() == 1
    assert Client().get("/surveys/visit/").status_code == 200
    assert "sessionid" not in client.cookies


def test_a_look_changes_nothing(client: Client, visit: Survey, token: str) -> None:
    before = everything()
    for address in (
        "/surveys/",
        "/surveys/visit/",
        f"/surveys/{visit.slug}/",
        f"/surveys/answer/{token}/",
        f"/surveys/answer/{token}/thanks/",
        f"/surveys/answer/{token}/again/",
    ):
        for method in (client.get, client.head):
            assert method(address).status_code in {200, 302}
    assert everything() == before
    assert client.put(f"/surveys/answer/{token}/").status_code == 405


def test_an_invitation_from_mail_to_another_case(
    client: Client, token: str, django_capture_on_commit_callbacks: Any
) -> None:
    address = f"/surveys/answer/{token}/"
    first = client.get(address)
    assert "비밀이 지켜지는 설문입니다" in page_of(first)
    sent = client.post(address, hidden(first) | {"C7": "3", "C9": "1"}, follow=True)
    assert sent.redirect_chain == [(f"{address}thanks/", 302)]
    assert "다시 살펴봐 주세요" in page_of(sent)
    assert "이미 답하셨습니다" in page_of(client.get(address))
    asked = client.get(f"{address}again/")
    assert Complaint.objects.count() == 1  # scanned, not pressed
    assert "다시 살펴봐 주세요" in page_of(asked)
    done = client.post(f"{address}again/", {"text": "아직 그대로입니다."}, follow=True)
    assert "접수" in page_of(done)
    again = Complaint.objects.latest("pk")
    assert (again.stage, again.body) == (2, "아직 그대로입니다.")
    assert "다시 살펴봐 주세요" not in page_of(client.get(f"{address}thanks/"))


def test_nothing_typed_is_lost(client: Client, visit: Survey) -> None:
    first = client.get("/surveys/visit/")
    typed = {"V1": "9", "V3": "2", "V5": "1", "V7": "주민번호 900101-1234567 <b>"}
    sent = client.post("/surveys/visit/", hidden(first) | typed)
    page = page_of(sent)
    assert sent.status_code == 422
    assert "3곳을 확인해 주십시오" in page  # V1 out of range, V6 missing, V7 forbidden
    assert re.search(r'name="V3" value="2" checked', page)
    assert re.search(r'name="V5" value="1" checked', page)
    assert "주민번호 900101-1234567 &lt;b&gt;" in sent.content.decode()
    assert hidden(sent) == hidden(first)
    for target in re.findall(r'href="#(id_[^"]+)"', page):
        assert f'id="{target}"' in page
    assert not Response.objects.exists()


def test_what_cannot_be_saved_is_not_lost(
    client: Client, visit: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError  # noqa: PLC0415

    first = client.get("/surveys/visit/")

    def away(**_: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(services, "answer", away)
    sent = client.post("/surveys/visit/", hidden(first) | {"V1": "5", "V7": "오래 쓴 글"})
    assert sent.status_code == 503
    assert "오래 쓴 글" in page_of(sent)


def test_closed_while_it_was_filled_in(client: Client, visit: Survey, now: Any) -> None:
    first = client.get("/surveys/visit/")
    Survey.objects.filter(pk=visit.pk).update(
        status="closed", closed_at=now - timedelta(minutes=20)
    )
    assert "응답 기간이 끝났습니다" in page_of(client.get("/surveys/visit/"))
    sent = client.post("/surveys/visit/", hidden(first) | {"V1": "5", "V6": "5"})
    assert "감사합니다" in page_of(sent)
    Survey.objects.filter(pk=visit.pk).update(closed_at=now - timedelta(minutes=31))
    late = Client().post("/surveys/visit/", hidden(first) | {"V1": "5", "V6": "5"})
    assert late.status_code == 410


def test_the_questions_changed_meanwhile(client: Client, visit: Survey, manager: Any) -> None:
    first = client.get("/surveys/visit/")
    services.remove_question(
        survey_id=visit.pk,
        question_id=visit.questions.all()[1].pk,
        by=manager,
        now=visit.created_at,
    )
    filled = {"V1": "5", "V6": "5", "V7": "그대로"}
    sent = client.post("/surveys/visit/", hidden(first) | filled)
    assert sent.status_code == 422
    assert "그 사이에 문항이 바뀌었습니다" in page_of(sent)
    assert "그대로" in page_of(sent)
    assert "감사합니다" in page_of(client.post("/surveys/visit/", hidden(sent) | filled))


def test_an_invitation_says_its_own_end(client: Client, token: str) -> None:
    invitation = the_invitation()
    assert invitation.survey.closes_at is not None
    assert invitation.expires_at < invitation.survey.closes_at
    address = f"/surveys/answer/{token}/"
    first = client.get(address)
    for page in (page_of(first), page_of(client.post(address, hidden(first) | {"C9": "9"}))):
        assert f"{korean_instant(invitation.expires_at)}까지 답을 받습니다" in page
        assert korean_instant(invitation.survey.closes_at) not in page
    Survey.objects.update(closes_at=invitation.expires_at - HOUR)
    sooner = korean_instant(invitation.expires_at - HOUR)
    assert f"{sooner}까지 답을 받습니다" in page_of(client.get(address))


def test_an_invitation_that_is_over(client: Client, token: str, now: Any) -> None:
    Invitation.objects.update(expires_at=now - HOUR)
    gone = client.get(f"/surveys/answer/{token}/")
    assert gone.status_code == 410
    assert "응답 기간이 끝났습니다" in page_of(gone)
    assert client.post(f"/surveys/answer/{token}/", {"C7": "1"}).status_code == 410


def test_guesses_are_limited_and_no_token_is_written_down(
    client: Client, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "f" * 32
    with caplog.at_level(logging.DEBUG):
        for _ in range(20):
            assert client.get(f"/surveys/answer/{wrong}/").status_code == 404
        assert client.get(f"/surveys/answer/{wrong}/").status_code == 429
        strict = Client(enforce_csrf_checks=True, REMOTE_ADDR="192.0.2.9")
        assert strict.post(f"/surveys/answer/{token}/", {"C7": "1"}).status_code == 403
        assert strict.put(f"/surveys/answer/{token}/").status_code in {403, 405}
    assert wrong not in caplog.text
    assert token not in caplog.text
    elsewhere = Client(REMOTE_ADDR="192.0.2.10")
    assert elsewhere.get(f"/surveys/answer/{token}/").status_code == 200


def test_too_many_answers_from_one_address(visit: Survey) -> None:
    Option.objects.create(key="survey_answers_per_address", value="2")
    for expected in (200, 200, 429):
        client = Client()
        first = client.get("/surveys/visit/")
        sent = client.post("/surveys/visit/", hidden(first) | {"V1": "5", "V6": "5", "V7": "글"})
        assert sent.status_code == expected
    assert "글" in page_of(sent)


@pytest.mark.parametrize("kind", ["case", "course"])
def test_confidential_surveys_are_for_who_was_invited(
    client: Client, opened: Callable[..., Survey], kind: str, now: Any
) -> None:
    survey = opened(kind, now=now - DAY, closes_at=now + DAY)
    answer = client.post(f"/surveys/{survey.slug}/", {"C7": "1", "C9": "5"})
    assert answer.status_code == (200 if kind == "case" else 404)
    assert not Response.objects.exists()


def test_a_printed_card_says_that_its_survey_is_not_open_yet(
    client: Client, draft: Callable[..., Survey]
) -> None:
    survey = draft("visit")
    Survey.objects.filter(pk=survey.pk).update(title="아직 비밀인 제목")
    for address in ("/s/visit/", "/surveys/visit/", f"/surveys/{survey.slug}/"):
        found = client.get(address, follow=True)
        assert found.status_code == 200
        assert "아직 열리지 않았습니다" in page_of(found)
        assert "아직 비밀인 제목" not in page_of(found)
    client.post("/surveys/visit/", {"V1": "5", "V6": "4"})
    assert not Response.objects.exists()


def test_drafts_for_the_invited_and_unknown_names_are_not_found(
    client: Client, draft: Callable[..., Survey]
) -> None:
    yearly = draft("yearly")
    assert client.get(f"/surveys/{yearly.slug}/results/").status_code == 404
    survey = draft("case")
    for name in (survey.slug, survey.series, "nothing"):
        assert client.get(f"/surveys/{name}/").status_code == 404
        assert client.get(f"/surveys/{name}/results/").status_code == 404


def test_the_list_says_what_is_there(
    client: Client, visit: Survey, token: str, django_assert_max_num_queries: Any
) -> None:
    client.get("/surveys/")
    with django_assert_max_num_queries(3):
        page = page_of(client.get("/surveys/"))
    assert visit.title in page
    assert "고객의 소리 처리 만족도" not in page
    Survey.objects.all().update(status="draft")
    empty = page_of(client.get("/surveys/"))
    assert "지금 열려 있는 설문이 없습니다" in empty
    assert "아직 공개한 결과가 없습니다" in empty


def test_the_short_address(client: Client, visit: Survey) -> None:
    assert client.get("/s/visit/")["Location"] == "/surveys/visit/"


@pytest.mark.parametrize("kind", ["visit", "yearly", "phone"])
def test_pages_keep_to_the_policy_and_to_unique_ids(
    client: Client, opened: Callable[..., Survey], kind: str, now: Any
) -> None:
    survey = opened(kind, now=now - DAY, closes_at=now + DAY)
    page = page_of(client.get(f"/surveys/{survey.slug}/"))
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert page.count("<h1") == 1
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)
    for label in re.findall(r'<label[^>]*\sfor="([^"]+)"', page):
        assert label in ids
    assert page.count("<fieldset") == page.count("<legend")


def test_the_questions_of_a_survey_cost_four_queries(
    client: Client, visit: Survey, django_assert_max_num_queries: Any
) -> None:
    client.get("/surveys/visit/")
    with django_assert_max_num_queries(7):
        client.get("/surveys/visit/")


def test_the_case_offers_to_rate_it(token: str, now: Any) -> None:
    from surveys.extras import rate_on_the_page  # noqa: PLC0415

    case = Complaint.objects.get()
    extra = rate_on_the_page(case, now=now)
    assert extra is not None
    assert extra["token"] == token
    invitation = the_invitation()
    answered(invitation.survey, invitation=invitation, now=now)
    assert rate_on_the_page(case, now=now) is None
    assert reverse("survey-answer", args=[token]) == f"/surveys/answer/{token}/"
