"""The pages of a review: heard, decided and read only by those concerned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from centre.models import Role, RoleGrant, StaffMember, User
from complaints import services
from complaints.models import CorrectiveAction, Review
from complaints.tests.conftest import MORNING
from complaints.tests.staff import QUEUE, browser_of, done, page_of, verbs_on, words_of
from complaints.tests.test_repeating import ACCEPTED, FIRST, LATER, answer
from records.models import AccessLog

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]
LIST = "/admin/complaints/review/"


@pytest.fixture(autouse=True)
def _later(settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def review(file: File, person: Find) -> Review:
    answer(file(**FIRST).complaint, ACCEPTED, now=MORNING)
    action = CorrectiveAction.objects.get()
    services.verify_action(
        action_id=action.pk, carried_out=False, note="그대로", by=person("baek.sw"), now=LATER
    )
    return Review.objects.get()


def url(review: Review, rest: str = "change/") -> str:
    return f"{LIST}{review.pk}/{rest}"


def press(username: str, review: Review, do: str, **typed: str) -> Any:
    return browser_of(username).post(url(review), {"do": do, **typed})


def test_the_whole_way_by_its_pages(review: Review) -> None:
    manager, own, lead = browser_of("seo.yh"), browser_of("nam.gy"), browser_of("baek.sw")
    assert verbs_on(manager.get(url(review))) == {"ask_statement", "drop_review"}
    assert own.get(url(review)).status_code == 404, "nothing was asked yet"
    assert press("seo.yh", review, "ask_statement", facts=" ").status_code == 422
    assert done(press("seo.yh", review, "ask_statement", facts="절차서가 그대로임"))
    assert verbs_on(own.get(url(review))) == {"give_statement"}
    assert verbs_on(lead.get(url(review))) == set()
    request = own.get(url(review, "documents/request/"))
    assert "주의 조치는 아직 정해지지 않았습니다" in page_of(request)
    assert done(press("nam.gy", review, "give_statement", text="행사가 겹쳤습니다."))

    typed = {"issue": "yes", "to_person": "on", "judgement": "알리지 않음"}
    refused = press("seo.yh", review, "decide", **typed)
    assert "바라는 개선을 적어" in words_of(refused)
    typed |= {"improvement": "고칠 것", "improvement_due_on": "2026-12-31"}
    assert done(press("seo.yh", review, "decide", **typed))
    assert verbs_on(manager.get(url(review))) == set()
    assert press("seo.yh", review, "approve_caution", comment="").status_code == 422
    assert "알리지 않음" not in words_of(own.get(url(review))), "not before it is approved"
    assert done(press("moon.tk", review, "approve_caution", comment=""))
    notice = own.get(url(review, "documents/person/"))
    assert "고객서비스 시정조치 미이행에 따른 주의" in page_of(notice)
    assert lead.get(url(review, "documents/person/")).status_code == 404
    assert done(press("moon.tk", review, "withdraw_caution", reason="사실이 달랐음"))
    assert "사실이 달랐음" in words_of(own.get(url(review)))
    assert AccessLog.objects.filter(subject_type="review").exists()


def test_whoever_approves_reads_all_of_it_and_the_lead_no_statement(review: Review) -> None:
    press("seo.yh", review, "ask_statement", facts="절차서가 그대로임")
    press("nam.gy", review, "give_statement", text="행사가 겹쳤습니다.")
    assert "행사가 겹쳤습니다." in words_of(browser_of("nam.gy").get(url(review)))
    assert "행사가 겹쳤습니다." not in words_of(browser_of("baek.sw").get(url(review)))
    typed = {
        "issue": "yes",
        "to_team": "on",
        "judgement": "알리지 않음",
        "improvement": "고칠 것",
        "improvement_due_on": "2026-12-31",
        "support": "교육을 함께 함",
    }
    assert done(press("seo.yh", review, "decide", **typed))
    director = browser_of("moon.tk")
    page = words_of(director.get(url(review)))
    for said in ("행사가 겹쳤습니다.", "담당 팀", "고칠 것", "2026년 12월 31일(목)까지", "교육을"):
        assert said in page
    draft = page_of(director.get(url(review, "documents/team/")))
    assert "(결재 뒤 정해짐)" in draft
    assert browser_of("baek.sw").get(url(review, "documents/team/")).status_code == 404
    assert done(press("moon.tk", review, "return_caution", comment="기한을 다시"))
    again = browser_of("seo.yh").get(url(review)).context["form"]
    assert again.initial["improvement"] == "고칠 것"
    assert again.initial["issue"] == "yes"


def test_others_see_neither_page_nor_list_nor_notice(review: Review) -> None:
    press("seo.yh", review, "ask_statement", facts="절차서가 그대로임")
    for who in ("noh.jh", "im.do", "kang.dh", "song.hn", "sys.admin"):
        client = browser_of(who)
        assert client.get(url(review)).status_code in {403, 404}, who
        assert client.get(url(review, "documents/request/")).status_code in {403, 404}
        listed = client.get(LIST)
        assert listed.status_code == 403 or not listed.context["rows"]
        assert "소명 요청" not in words_of(client.get("/admin/notices/notice/"))
    assert len(browser_of("nam.gy").get(LIST).context["rows"]) == 1
    case_page = words_of(browser_of("noh.jh").get(f"{QUEUE}{review.complaint_id}/change/"))
    assert "심의" not in case_page
    assert "소명" not in case_page


def test_the_person_concerned_reads_it_whatever_role_they_have_by_then(review: Review) -> None:
    press("seo.yh", review, "ask_statement", facts="절차서가 그대로임")
    for user in User.objects.filter(username__in=["nam.gy", "song.hn"]):
        user.role_grants.all().delete()
        RoleGrant.objects.create(user=user, role=Role.ADMINISTRATOR)
    own = browser_of("nam.gy")
    assert len(own.get(LIST).context["rows"]) == 1
    assert verbs_on(own.get(url(review))) == {"give_statement"}
    assert own.get(url(review, "documents/request/")).status_code == 200
    assert browser_of("song.hn").get(LIST).status_code == 403
