"""창구 기록: leads and managers look back, masked and read only; others do not."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from complaints.tests.conftest import seoul
from complaints.tests.staff import browser_of, page_of, words_of
from reception import services
from reception.services import NewDifficultCall
from reception.tests.conftest import MORNING, a_token
from standards.services import sweep

VISITS = "/admin/reception/visit/"
NOTES = "/admin/reception/contactnote/"
CALLS = "/admin/reception/difficultcall/"
WEEK_AGO = MORNING - timedelta(days=7)


@pytest.fixture(autouse=True)
def _at_noon() -> Any:
    with time_machine.travel(MORNING + timedelta(hours=2), tick=False):
        yield


def call(by: Any, at: Any = MORNING) -> None:
    new = NewDifficultCall(origin="phone", kind="abuse", ended="taken", after="rest", at=at)
    services.record_difficult_call(form_token=a_token(), new=new, by=by, now=at)


# --- who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [VISITS, NOTES, CALLS])
@pytest.mark.parametrize(
    ("username", "status"),
    [("bae.sj", 200), ("baek.sw", 200), ("seo.yh", 200), ("im.do", 403), ("nam.gy", 403),
     ("sys.admin", 403)],
)  # fmt: skip
def test_leads_and_managers(demo_centre: None, username: str, status: int, address: str) -> None:
    assert browser_of(username).get(address).status_code == status


@pytest.mark.parametrize("address", [VISITS, NOTES, CALLS])
def test_a_stranger_signs_in_first(demo_centre: None, address: str) -> None:
    assert "/login/?next=" in Client().get(address)["Location"]


@pytest.mark.parametrize(("username", "there"), [("bae.sj", True), ("im.do", False)])
def test_the_menu_names_it(demo_centre: None, username: str, there: bool) -> None:
    assert ("창구 기록" in words_of(browser_of(username).get("/admin/"))) == there


@pytest.mark.parametrize("address", [VISITS, NOTES, CALLS])
def test_nothing_is_changed_here(demo_centre: None, come: Any, take: Any, address: str) -> None:
    lead = browser_of("bae.sj")
    assert lead.post(address, {"action": "delete_selected"}).status_code == 405
    assert lead.get(f"{address}add/").status_code == 403
    for what in ("delete", "history"):
        assert lead.get(f"{address}1/{what}/").status_code in {403, 404}


def test_a_lead_sees_the_notes_of_the_team_and_a_manager_all(demo_centre: None, take: Any) -> None:
    take(name="김하람")  # for 교육연수팀
    take(sought="nam.gy", name="박다온", contact="010-0000-5678")  # for 정보관리팀
    seen = {}
    for username in ("oh.sr", "baek.sw", "seo.yh", "bae.sj"):
        words = words_of(browser_of(username).get(NOTES))
        seen[username] = [name for name in ("김*람", "박*온") if name in words]
    assert seen == {
        "oh.sr": ["김*람"],
        "baek.sw": ["박*온"],
        "seo.yh": ["김*람", "박*온"],
        "bae.sj": ["김*람", "박*온"],
    }


# --- what ---------------------------------------------------------------------------------------


def test_personal_data_is_masked_and_the_matter_is_not_shown(
    demo_centre: None, come: Any, take: Any
) -> None:
    come(name="남궁민우")
    note = take(organisation="안동물길봉사단").note
    manager = browser_of("seo.yh")
    pages = page_of(manager.get(NOTES)) + page_of(manager.get(VISITS))
    for hidden in ("김하람", "010-0000-1234", "수료증", "물길봉사단", "남궁민우"):
        assert hidden not in pages, hidden
    assert "김*람" in pages
    assert "남**우" in pages
    assert f"/desk/notes/{note.pk}/" in pages, "to read on, where the look is logged"
    there = manager.get(f"{NOTES}{note.pk}/change/")
    assert there["Location"] == f"/desk/notes/{note.pk}/"


def test_promise_attempts_and_ending_stand_in_the_list(take: Any, person: Any) -> None:
    note = take().note
    handler = person("cha.mj")
    for minutes, outcome in ((70, "busy"), (80, "reached")):
        now = MORNING + timedelta(minutes=minutes)
        sweep(now=now)
        services.log_attempt(note_id=note.pk, way="phone", outcome=outcome, by=handler, now=now)
    words = words_of(browser_of("seo.yh").get(NOTES))
    assert "2026년 9월 9일(수) 11시까지 지키지 못함" in words
    assert "11시 10분 전화 · 통화 중 차민재 주임" in words
    assert "11시 20분 전화 · 통화함(만남) 차민재 주임" in words
    assert "연락 닿음" in words


def test_waits_are_shown_in_minutes_and_late_entries_apart(come: Any, desk: Any) -> None:
    slow, late = come(), come(now=MORNING + timedelta(hours=1), arrived_at=MORNING)
    services.serve(visit_id=slow.pk, by=desk, now=MORNING + timedelta(minutes=12))
    words = words_of(browser_of("seo.yh").get(VISITS))
    assert "12분 10분 넘김" in words
    assert "뒤늦게 적음" in words
    only = words_of(browser_of("seo.yh").get(VISITS, {"state": "late"}))
    assert late.label in only
    assert slow.label not in only


# --- filters ------------------------------------------------------------------------------------


def test_the_last_week_unless_days_are_chosen(come: Any) -> None:
    old, new = come(now=WEEK_AGO), come()
    manager = browser_of("seo.yh")
    words = words_of(manager.get(VISITS))
    assert new.label in words
    assert "1건" in words
    found = words_of(manager.get(VISITS, {"first": "2026-09-02", "last": "2026-09-02"}))
    assert old.arrived_at.astimezone().date().isoformat() == "2026-09-02"
    assert "1건" in found
    assert "2026년 9월 2일(수)" in found


@pytest.mark.parametrize(
    ("first", "last", "field", "said"),
    [
        ("2026-09-09", "2026-09-02", "last", "마지막 날이 첫날보다 앞섭니다."),
        ("abc", "", "first", "첫날 “abc”: 날짜를 2026-09-08처럼 적어 주십시오."),
        ("2026-09-31", "2026-10-01", "first", "첫날 “2026-09-31”: 날짜를"),
        ("2026-09-02", " ", "last", "마지막 날 “ ”: 날짜를"),
        ("0001-01-01", "2026-09-09", "first", "1900년부터 2999년까지의 날을 골라 주십시오."),
        ("2026-09-02", "9999-12-31", "last", "1900년부터 2999년까지의 날을 골라 주십시오."),
        ("2026-09-10", "", "last", "마지막 날이 첫날보다 앞섭니다."),  # the last day is today
    ],
)
@pytest.mark.parametrize("address", [VISITS, NOTES, CALLS])
def test_a_period_that_is_none_is_said_and_finds_nothing(
    come: Any, address: str, first: str, last: str, field: str, said: str
) -> None:
    visit = come()
    call(by=visit.recorded_by)
    response = browser_of("bae.sj").get(address, {"first": first, "last": last})
    words, page = words_of(response), page_of(response)
    assert said in re.sub(r"\s+", " ", words)
    assert f'href="#filter_{field}"' in page
    assert response.context["page"].paginator.count == 0
    assert "기간을 알아볼 수 없어 아무것도 찾지 않았습니다." in words
    assert "내려받기" not in words, "no file of a period that nobody asked for"
    assert f'value="{first}"' in page, "what was typed stays"
    if last:
        assert f'value="{last}"' in page


def test_what_is_typed_as_a_day_is_said_back_as_text(come: Any) -> None:
    typed = "<script>" + "9" * 400
    page = browser_of("seo.yh").get(VISITS, {"first": typed}).content.decode()
    assert "<script>9" not in page
    assert f"“&lt;script&gt;{'9' * 22}”" in page, "cut short"


@pytest.mark.parametrize(
    ("arrived", "listed"),
    [
        ("2026-09-07 23:59", False),
        ("2026-09-08 00:00", True),  # still Monday in UTC
        ("2026-09-08 23:59", True),
        ("2026-09-09 00:00", False),
    ],
)
def test_a_day_is_a_day_in_seoul(come: Any, arrived: str, listed: bool) -> None:
    come(now=seoul(arrived))
    day = {"first": "2026-09-08", "last": "2026-09-08"}
    assert ("1건" in words_of(browser_of("seo.yh").get(VISITS, day))) == listed


@pytest.mark.parametrize(
    ("state", "count"),
    [("open", 1), ("closed", 1), ("missed", 1), ("reached", 1), ("mistaken", 0), ("nonsense", 2)],
)
def test_notes_by_state(take: Any, person: Any, state: str, count: int) -> None:
    take()
    note = take().note
    sweep(now=MORNING + timedelta(minutes=61))
    services.log_attempt(
        note_id=note.pk,
        way="phone",
        outcome="reached",
        by=person("cha.mj"),
        now=MORNING + timedelta(minutes=59),
    )
    words = words_of(browser_of("seo.yh").get(NOTES, {"state": state}))
    assert f"{count}건" in words


def test_by_team(come: Any, take: Any, person: Any, desk: Any) -> None:
    come(sought="cha.mj")
    come()
    take()
    take(sought="nam.gy")
    call(person("cha.mj"))
    call(desk)
    team = person("cha.mj").team_id
    for page in (VISITS, NOTES, CALLS):
        assert "2건" in words_of(browser_of("seo.yh").get(page)), page
        assert "1건" in words_of(browser_of("seo.yh").get(page, {"team": team})), page


def test_difficult_calls_are_hidden_after_a_year_here_too(desk: Any) -> None:
    call(desk)
    chosen = {"first": "2026-09-01", "last": "2026-09-30"}
    manager = browser_of("seo.yh")
    assert "폭언" in words_of(manager.get(CALLS, chosen))
    with time_machine.travel(seoul("2027-09-10 10:00"), tick=False):
        assert "폭언" not in words_of(browser_of("seo.yh").get(CALLS, chosen))


@pytest.mark.parametrize("nonsense", [{"first": "어제"}, {"team": "x"}, {"page": "-3"}])
def test_what_is_not_understood_is_left(come: Any, nonsense: dict[str, str]) -> None:
    come()
    for page in (VISITS, NOTES, CALLS):
        assert browser_of("seo.yh").get(page, nonsense).status_code == 200


def test_the_lists_cost_the_same_however_long(
    come: Any, take: Any, person: Any, django_assert_max_num_queries: Any
) -> None:
    manager = browser_of("seo.yh")
    for n in range(12):
        come(now=MORNING + timedelta(minutes=n), sought="cha.mj")
        note = take(now=MORNING + timedelta(minutes=n)).note
        services.log_attempt(
            note_id=note.pk, way="phone", outcome="busy", by=person("cha.mj"), now=MORNING
        )
        call(person("cha.mj"), at=MORNING)
    for page in (VISITS, NOTES, CALLS):
        manager.get(page)
        with django_assert_max_num_queries(12):
            manager.get(page)
