"""The pages of the desk: who may, what they show, what each button does, how many queries."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from complaints.tests.conftest import file, seoul
from complaints.tests.staff import browser_of, page_of, words_of
from reception import services
from reception.models import ContactNote, SpotAnswer, Visit
from reception.tests.conftest import MORNING, a_token
from records.models import AccessLog

__all__ = ["file"]

PAGES = [
    "/desk/", "/desk/board/", "/desk/visits/late/", "/desk/notes/", "/desk/notes/new/",
    "/desk/progress/", "/desk/absences/", "/desk/difficult/new/",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _at_ten() -> Any:
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("username", "status"),
    [("im.do", 200), ("cha.mj", 200), ("bae.sj", 200), ("moon.tk", 200), ("sys.admin", 403)],
)
def test_whoever_works_here_may_sit_at_the_desk(
    demo_centre: None, page: str, username: str, status: int
) -> None:
    assert browser_of(username).get(page).status_code == status


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_asked_to_sign_in(demo_centre: None, page: str) -> None:
    response = Client().get(page)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=/desk/")


@pytest.mark.parametrize(
    ("username", "status"), [("im.do", 403), ("cha.mj", 403), ("bae.sj", 200), ("seo.yh", 200)]
)
def test_difficult_calls_are_for_leads_and_managers(
    demo_centre: None, username: str, status: int
) -> None:
    assert browser_of(username).get("/desk/difficult/").status_code == status


def test_no_page_needs_what_its_policy_forbids(demo_centre: None, come: Any, take: Any) -> None:
    visit, note = come(sought="cha.mj"), take().note
    client = browser_of("bae.sj")
    more = [f"/desk/visits/{visit.pk}/", f"/desk/notes/{note.pk}/", "/desk/difficult/"]
    for address in [*PAGES, *more, "/staff-guide/", "/staff-guide/print/"]:
        page = client.get(address).content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)", page), address
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page), address
        assert "{{" not in page, address
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), address
        if address != "/desk/board/":
            assert page.count("<h1") == 1, address


# --- arriving, serving --------------------------------------------------------------------------


def test_one_tap_is_a_visitor_and_a_second_one_changes_nothing(demo_centre: None) -> None:
    client = browser_of("im.do")
    form = {"form_token": a_token(), "purpose": "papers"}
    for said in ("빨강 1 고객을 적었습니다 (서류).", "이미 적었습니다: 빨강 1"):
        response = client.post("/desk/visits/", form, follow=True)
        assert response.redirect_chain == [("/desk/", 302)]
        assert said in words_of(response)
    assert Visit.objects.count() == 1


def test_who_waits_is_told_how_many_came_before(demo_centre: None, come: Any, desk: Any) -> None:
    come(now=MORNING - timedelta(minutes=4))
    come(now=MORNING - timedelta(minutes=3), purpose="other")
    called = come(now=MORNING - timedelta(minutes=2))
    services.call(visit_id=called.pk, by=desk, now=MORNING)
    client = browser_of("im.do")
    form = {"form_token": a_token(), "purpose": "papers"}
    assert "“앞에 1분이 계십니다." in words_of(client.post("/desk/visits/", form, follow=True))
    meeting = {"form_token": a_token(), "purpose": "other"}
    assert "앞에" not in words_of(client.post("/desk/visits/", meeting, follow=True))


def test_the_board_shows_minutes_in_words_and_colour(demo_centre: None, come: Any) -> None:
    come(now=MORNING - timedelta(minutes=4))
    come(now=MORNING - timedelta(minutes=8))
    come(now=MORNING - timedelta(minutes=12))
    come(now=MORNING - timedelta(minutes=30), purpose="other")
    words = words_of(browser_of("im.do").get("/desk/board/"))
    assert "12 분째 10분 넘김" in words
    assert "8 분째 곧 10분" in words
    assert "4 분째 상담·문의" in words
    assert "30 분째" not in words
    assert "오늘 방문 4 · 10분 넘김 1" in words


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ("2026-09-09 15:00", "15:00부터 있음"),
        ("2026-09-10 00:00", "9월 10일 09:00부터 있음"),
        ("2026-09-09 12:00", "13:00부터 있음"),
        ("2026-09-11 18:00", "9월 14일 09:00부터 있음"),
    ],
)
def test_who_is_away_is_back_when_the_doors_are_open(
    demo_centre: None, away: Any, ends: str, said: str
) -> None:
    away("oh.sr", "2026-09-09 09:00", ends)
    assert said in words_of(browser_of("im.do").get("/desk/"))


def test_buttons_of_a_visitor(demo_centre: None, come: Any) -> None:
    client = browser_of("im.do")
    visit = come()
    address = f"/desk/visits/{visit.pk}/"
    for do, state in (("call", "called"), ("serve", "served"), ("put_back", "waiting"),
                      ("undo_visit", "mistaken")):  # fmt: skip
        assert client.post(address, {"do": do}).status_code == 302
        assert Visit.objects.get(pk=visit.pk).state == state
    said = words_of(client.post(address, {"do": "call"}, follow=True))
    assert "잘못 적은 것으로 지운 방문입니다" in said
    assert client.get("/desk/visits/999/").status_code == 404


def test_the_deputy_is_offered_first(demo_centre: None, away: Any, person: Any) -> None:
    away("oh.sr", "2026-09-09 09:00", "2026-09-09 18:00")
    client = browser_of("im.do")
    form = {"form_token": a_token(), "purpose": "consult", "sought": person("oh.sr").pk}
    response = client.post("/desk/visits/", form, follow=True)
    words = words_of(response)
    assert "먼저 차민재 주임 (교육연수팀, 내선 302) 님께 부탁해 주십시오." in words
    assert words.index("대신 응대") < words.index("용건 메모 남기기")


def test_a_visit_entered_afterwards(demo_centre: None) -> None:
    client = browser_of("im.do")
    form = {
        "form_token": a_token(),
        "purpose": "consult",
        "came_time": "09:10",
        "served_time": "09:15",
    }
    assert client.post("/desk/visits/late/", form).status_code == 302
    assert Visit.objects.get().entered_late
    wrong = client.post(
        "/desk/visits/late/", form | {"form_token": a_token(), "came_time": "11:00"}
    )
    assert wrong.status_code == 400
    assert "오신 때는 지난 7일 안으로" in words_of(wrong)


# --- contact notes ------------------------------------------------------------------------------

CALLER = {
    "sought": "차민재", "name": "김하람", "contact": "010-0000-1234", "matter": "수료증", "way": "phone",
}  # fmt: skip


@pytest.mark.parametrize("sought", ["차민재", "302", "차민재 주임"])
def test_a_caller_is_entered_and_the_words_to_say_come_back(demo_centre: None, sought: str) -> None:
    client = browser_of("im.do")
    form = CALLER | {"form_token": a_token(), "sought": sought}
    response = client.post("/desk/notes/new/", form, follow=True)
    assert (
        "차민재 주임 님에게 전했습니다. 11:00까지 전화로 연락드린다고 말씀해 주십시오."
        in words_of(response)
    )
    board = words_of(client.get("/desk/board/"))
    assert "김*람 님 11:00 까지" in board
    assert "010-0000-1234" not in board


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"sought": "홍길동"}, "그런 직원이 없습니다"),
        ({"sought": "정우람"}, "지금 근무하지 않습니다"),
        ({"contact": "12"}, "번호를 적어 주십시오"),
        ({"way": "email"}, "이메일 주소를 적어 주십시오"),
        (
            {"wanted_time": "12:30"},
            "업무시간이 아닙니다. 그다음 여는 때는 2026년 9월 9일(수) 13시입니다.",
        ),
        ({"wanted_on": "2026-09-10"}, "몇 시까지인지도 적어 주십시오"),
        ({"matter": "900101-1234567"}, "주민등록번호로 보이는"),
    ],
)
def test_nothing_typed_is_lost(demo_centre: None, values: dict[str, str], said: str) -> None:
    response = browser_of("im.do").post(
        "/desk/notes/new/", CALLER | {"form_token": a_token()} | values
    )
    assert response.status_code == 400
    assert said in words_of(response)
    assert 'value="김하람"' in page_of(response)
    assert ContactNote.objects.count() == 0


def test_a_note_is_read_by_those_concerned_and_logged(
    demo_centre: None, take: Any, person: Any
) -> None:
    note = take().note
    address = f"/desk/notes/{note.pk}/"
    assert browser_of("song.hn").get(address).status_code == 404
    assert browser_of("song.hn").post(address, {"do": "called_back"}).status_code == 404
    page = words_of(browser_of("cha.mj").get(address))
    assert "010-0000-1234" in page
    assert AccessLog.objects.filter(subject_type="callback", what="contact-note-read").count() == 1
    client = browser_of("cha.mj")
    said = client.post(address, {"do": "log_attempt", "outcome": "busy"}, follow=True)
    assert "닿을 때까지 메모는 열려 있습니다" in words_of(said)
    client.post(address, {"do": "give_note", "to": person("oh.sr").pk})
    assert ContactNote.objects.get().keeper == person("oh.sr")
    client.post(address, {"do": "log_attempt", "outcome": "reached"})
    assert "마친 메모입니다: 연락 닿음" in words_of(client.get(address))
    assert "100%" in words_of(client.get("/desk/notes/"))


# --- the rest -----------------------------------------------------------------------------------


def test_how_far_is_shown_once_and_only_that(demo_centre: None, file: Any) -> None:
    case = file(phone="010-0000-1234").complaint
    client = browser_of("im.do")
    form = {"receipt_number": case.receipt_number, "name": "김하람", "last_digits": "1234"}
    words = words_of(client.post("/desk/progress/", form, follow=True))
    assert "2026년 9월 16일(수) 18시" in words
    assert case.subject not in words
    assert case.receipt_number not in words_of(client.get("/desk/progress/"))
    wrong = client.post("/desk/progress/", form | {"last_digits": "9999"})
    assert wrong.status_code == 400
    assert "말씀하신 정보로는 확인되지 않습니다" in words_of(wrong)


def test_answered_on_the_spot_takes_one_tap(demo_centre: None) -> None:
    client = browser_of("im.do")
    form = {"form_token": a_token(), "origin": "phone"}
    for _n in range(2):
        assert client.post("/desk/spot/", form).status_code == 302
    assert SpotAnswer.objects.count() == 1
    assert "바로 답함 전화 1, 방문 0" in words_of(client.get("/desk/"))


def test_opinions_go_to_the_page_of_registration(demo_centre: None) -> None:
    page = page_of(browser_of("im.do").get("/desk/"))
    for channel in ("phone", "fax", "post", "visit"):
        assert f'href="/admin/complaints/complaint/add/?channel={channel}"' in page


def test_reasons_of_absence_are_for_those_who_enter_them(demo_centre: None, away: Any) -> None:
    away("oh.sr", "2026-09-09 13:00", "2026-09-09 15:00")
    assert "출장" in words_of(browser_of("im.do").get("/desk/absences/"))
    seen = words_of(browser_of("song.hn").get("/desk/absences/"))
    assert "13:00–15:00" in seen
    assert "출장" not in seen
    assert "출장" not in words_of(browser_of("song.hn").get("/desk/"))


# --- the staff guide ----------------------------------------------------------------------------


def test_the_guide_says_who_is_in_and_nothing_private(demo_centre: None, away: Any) -> None:
    away("oh.sr", "2026-09-09 09:00", "2026-09-09 18:00")
    response = Client().get("/staff-guide/")
    words, page = words_of(response), page_of(response)
    assert (
        "오세린 팀장 교육 계획, 강사, 시·군 관리자 교육 내선 301 자리 비움 대신 차민재 주임 내선 302"
        in words
    )
    assert "407호 나 구역" in words
    for private in ("출장", "@example.org", "부터 있음", "정우람", "oh.sr"):
        assert private not in page
    printed = words_of(Client().get("/staff-guide/print/"))
    assert "오세린 팀장" in printed
    assert "자리 비움" not in printed


# --- how many queries ---------------------------------------------------------------------------


def test_the_desk_costs_the_same_however_many_there_are(
    demo_centre: None, come: Any, take: Any, away: Any, django_assert_max_num_queries: Any
) -> None:
    away("oh.sr", "2026-09-09 09:00", "2026-09-09 18:00")
    client = browser_of("im.do")
    for n in range(12):
        come(now=MORNING - timedelta(minutes=n))
        take(now=MORNING - timedelta(minutes=n))
    client.get("/desk/")
    with django_assert_max_num_queries(18):
        client.get("/desk/")
    with django_assert_max_num_queries(13):
        client.get("/desk/board/")
    with django_assert_max_num_queries(6):
        Client().get("/staff-guide/")
    services.follow_absences(now=seoul("2026-09-09 10:00"))
