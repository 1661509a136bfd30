"""The pages of courses for staff: who may, what each does, what is logged, what is masked."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from openpyxl import load_workbook

from complaints.tests.conftest import seoul
from complaints.tests.staff import browser_of, page_of, words_of
from education import services
from education.models import Attendance, Certificate, Course, Enrolment
from education.tests.conftest import MORNING, a_token, come, fresh, states
from records.models import AccessLog, Event

LIST = "/admin/education/course/"
END = seoul("2026-10-07 17:00")


@pytest.fixture(autouse=True)
def _at_eleven() -> Any:
    with time_machine.travel(MORNING + timedelta(hours=1), tick=False):
        yield


def page(course: Course, rest: str = "change/") -> str:
    return f"{LIST}{course.pk}/{rest}"


def typed(**values: Any) -> dict[str, Any]:
    return {
        "form_token": a_token(), "title": "마음을 여는 상담과 응대", "text": "연습합니다.",
        "audience": "담당자", "place": "소회의실", "hours": "6", "capacity": "20",
        "day_1": "2026-10-07", "starts_1": "10:00", "ends_1": "17:00",
    } | values  # fmt: skip


@pytest.mark.parametrize(
    ("username", "see", "plan", "people"),
    [
        ("", 302, 302, 302),
        ("sys.admin", 403, 403, 403),
        ("im.do", 200, 403, 403),  # the desk
        ("nam.gy", 200, 200, 403),  # another team's handler
        ("cha.mj", 200, 200, 200),
        ("seo.yh", 200, 200, 200),
    ],
)
def test_who_may(announced: Any, username: str, see: int, plan: int, people: int) -> None:
    course = announced()
    one = come(course).enrolment
    client = browser_of(username)
    for address in (LIST, page(course)):
        assert client.get(address).status_code == see, address
    for address in (f"{LIST}add/", page(course, "edit/"), page(course, "move/")):
        assert client.get(address).status_code == plan, address
    for rest in ("attendance/", "sheet/", "attendance/?as=xlsx", f"people/{one.pk}/"):
        assert client.get(page(course, rest)).status_code == people, rest
    assert client.get(page(course, "enrol/")).status_code == see
    shown = page_of(client.get(page(course))) if see == 200 else ""
    assert ("김*람" in shown) == (people == 200)
    assert "김하람" not in shown
    assert "@example.com" not in shown


@pytest.mark.parametrize("count", [1, 9])
def test_the_list_asks_the_same_few_questions(
    announced: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    for day in range(1, count + 1):
        come(announced(f"2026-11-{day:02d} 10:00-17:00"))
    client = browser_of("cha.mj")
    with django_assert_max_num_queries(14):
        client.get(LIST)


def test_the_list_says_until_when_to_announce(draft: Any, announced: Any) -> None:
    draft("2026-10-07 10:00-17:00")
    draft("2026-09-20 10:00-17:00")
    announced("2026-10-14 10:00-17:00")
    words = words_of(browser_of("cha.mj").get(LIST))
    assert "2026년 9월 16일(수)까지 공지 (7일 남음)" in words
    assert "시작까지 20일이 남지 않음" in words
    assert "공지함 0 / 3 지킴" in words
    assert (
        "초안"
        not in words_of(browser_of("cha.mj").get(f"{LIST}?state=announced")).partition("보기")[2]
    )


# --- planning -----------------------------------------------------------------------------------


def test_each_of_the_six_templates_fills_the_form(demo_centre: None) -> None:
    client = browser_of("cha.mj")
    for number, title in enumerate(
        [
            "신규 자원봉사관리자",
            "1365 실적관리",
            "마음을 여는",
            "재난현장",
            "청소년",
            "처음 만나는",
        ],
        1,
    ):
        shown = page_of(client.get(f"{LIST}add/?template={number}"))
        assert re.search(rf'name="title" value="{title}[^"]*"', shown), number
    assert client.get(f"{LIST}add/?template=99").status_code == 200
    assert client.get(f"{LIST}add/?template=²").status_code == 200


def test_from_draft_to_announced(planner: Any) -> None:
    client = browser_of("cha.mj")
    form = typed(handler=planner.pk)
    response = client.post(f"{LIST}add/", form, follow=True)
    course = Course.objects.get()
    assert "2026년 9월 16일(수)까지 공지하고" in words_of(response)
    client.post(f"{LIST}add/", form)
    assert Course.objects.count() == 1  # a double click
    response = client.post(page(course), {"do": "announce"}, follow=True)
    assert "공지했습니다" in words_of(response)
    assert states(course) == ["kept"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"title": ""}, "과정 이름을 적어"),
        ({"ends_1": "09:00"}, "끝나는 시각은 시작보다"),
        ({"ends_1": ""}, "모두 적어"),
        ({"day_1": "2026-13-40"}, "2026-10-12"),
        ({"day_1": "2026-09-01"}, "지난 날"),
        ({"day_1": "2031-09-01"}, "두 해보다 먼"),
        ({"map_url": "javascript:alert(1)"}, "https://로 시작"),
        ({"hours": "x"}, "숫자"),
        ({"capacity": "-1"}, "0"),
        ({"handler": "999999"}, "담당자를 다시"),
        ({"text": "주민번호 900101-1234567"}, "주민등록번호로 보이는"),
        ({"enrol_closes_on": "2026-10-09"}, "교육 시작보다 늦을 수"),
        ({"day_2": "2026-10-07", "starts_2": "16:00", "ends_2": "18:00"}, "겹치지 않게"),
    ],
)
def test_a_refused_plan_keeps_everything_typed(
    planner: Any, values: dict[str, str], message: str
) -> None:
    form = typed(handler=planner.pk) | values
    response = browser_of("cha.mj").post(f"{LIST}add/", form)
    shown = page_of(response)
    assert response.status_code == 422
    assert message in shown
    assert Course.objects.count() == 0
    for name, value in form.items():
        if name != "handler":
            assert str(value) in shown, name


def test_announcing_late_asks_for_the_reason_in_its_place(draft: Any) -> None:
    course, client = draft("2026-09-20 10:00-17:00"), browser_of("cha.mj")
    response = client.post(page(course), {"do": "announce", "reason": ""})
    assert response.status_code == 422
    assert 'id="id_reason_error"' in page_of(response)
    response = client.post(page(course), {"do": "announce", "reason": "강사 변경"}, follow=True)
    assert "지키지 못한 것으로 셉니다" in words_of(response)
    assert states(course) == ["missed"]


def test_an_incomplete_draft_says_what_is_missing(draft: Any) -> None:
    course = draft(place="", capacity=0)
    shown = browser_of("cha.mj").get(page(course))
    assert "공지하려면 먼저 적어야 합니다: 장소, 정원" in words_of(shown)
    assert 'value="announce"' not in page_of(shown)


def test_moving_tells_how_many_and_changes_nothing_on_get(announced: Any) -> None:
    course, client = announced("2026-10-07 10:00-17:00"), browser_of("cha.mj")
    come(course)
    before = Event.objects.count()
    assert "확정 1명, 대기 0명에게 바로" in words_of(client.get(page(course, "move/")))
    assert Event.objects.count() == before
    form = {"day_1": "2026-10-05", "starts_1": "10:00", "ends_1": "17:00", "place": "대회의실"}
    response = client.post(page(course, "move/"), form)
    assert response.status_code == 422
    assert "사유를 적어" in page_of(response)
    assert "대회의실" in page_of(response)
    client.post(page(course, "move/"), form | {"reason": "공사"})
    assert fresh(course).place == "대회의실"
    assert states(course) == ["excluded", "kept"]


def test_of_an_announced_course_only_what_does_not_need_telling_is_edited(
    announced: Any, planner: Any
) -> None:
    course, client = announced(), browser_of("cha.mj")
    shown = page_of(client.get(page(course, "edit/")))
    assert 'name="enrol_closes_on"' in shown
    assert 'name="enrol_opens_on"' not in shown
    assert 'name="day_1"' not in shown
    form = typed(handler=planner.pk, title="다른 이름", place="다른 곳")
    refused = client.post(page(course, "edit/"), form)
    assert "‘일정 바꾸기’에서" in page_of(refused)
    client.post(page(course, "edit/"), form | {"place": "소회의실"})
    assert (fresh(course).title, fresh(course).starts_at) == ("다른 이름", course.starts_at)
    assert states(course) == ["kept"]


def test_only_a_lead_calls_off(announced: Any) -> None:
    course = announced()
    shown = page_of(browser_of("cha.mj").get(page(course)))
    assert 'value="cancel_course"' not in shown
    lead = browser_of("oh.sr")
    refused = lead.post(page(course), {"do": "cancel_course", "reason": ""})
    assert 'id="id_cancel_reason_error"' in page_of(refused)
    assert 'href="#id_cancel_reason"' in page_of(refused)
    lead.post(page(course), {"do": "cancel_course", "reason": "신청이 적음"})
    assert fresh(course).state == "cancelled"


def test_what_was_held_is_not_called_off(announced: Any) -> None:
    course = announced()
    for at, offered in ((END - timedelta(minutes=1), True), (END, False)):
        with time_machine.travel(at, tick=False):
            response = browser_of("oh.sr").get(page(course))
            assert response.status_code == 200
            assert ('value="cancel_course"' in page_of(response)) is offered


def test_nobody_is_next_once_it_has_begun(announced: Any) -> None:
    course = announced(capacity=1)
    come(course)
    waits = come(course).enrolment
    for at, shown in ((course.starts_at - timedelta(minutes=1), True), (END, False)):
        with time_machine.travel(at, tick=False):
            client = browser_of("cha.mj")
            for rest in ("change/", f"people/{waits.pk}/"):
                response = client.get(page(course, rest))
                assert response.status_code == 200
                assert ("대기 1번" in words_of(response)) is shown, rest


def test_few_enrolments_are_pointed_out(announced: Any) -> None:
    course = announced()
    words = words_of(browser_of("cha.mj").get(page(course)))
    assert "신청이 5명보다 적습니다. 열지 않으려면 2026년 9월 30일(수)까지 알려야 합니다." in words


# --- participants -------------------------------------------------------------------------------


def test_the_desk_writes_down_a_caller(announced: Any) -> None:
    course, client = announced(), browser_of("im.do")
    form = {"name": "남궁민우", "phone": "010-0000-7777", "form_token": a_token()}
    refused = client.post(page(course, "enrol/"), form)
    assert refused.status_code == 422
    assert "남궁민우" in page_of(refused)
    response = client.post(
        page(course, "enrol/"), form | {"consent": "on", "age_confirmed": "on"}, follow=True
    )
    assert "남**우 님의 신청을 확정했습니다" in words_of(response)
    nobody = client.post(
        page(course, "enrol/"),
        {"name": "김하람", "consent": "on", "age_confirmed": "on", "form_token": a_token()},
    )
    assert "이메일이나 전화 가운데 하나" in page_of(nobody)
    assert Enrolment.objects.count() == 1


def test_a_contact_is_shown_for_a_reason_that_is_logged(announced: Any) -> None:
    course = announced()
    one = come(course, "haram@example.com", phone="010-0000-1234").enrolment
    client = browser_of("cha.mj")
    address = page(course, f"people/{one.pk}/")
    shown = page_of(client.get(address))
    assert "ha***@example.com" in shown
    assert "haram@example.com" not in shown
    assert client.post(address, {"do": "reveal", "reason": ""}).status_code == 422
    assert not AccessLog.objects.exists()
    shown = page_of(client.post(address, {"do": "reveal", "reason": "장소를 물으심"}))
    assert "haram@example.com" in shown
    log = AccessLog.objects.get()
    assert (log.whose, log.what, log.reason, log.subject_id) == (
        "김*람",
        "교육 신청자 연락처 봄",
        "장소를 물으심",
        one.pk,
    )
    client.post(address, {"do": "cancel"})
    assert Enrolment.objects.get().state == "cancelled"
    other = announced("2026-10-14 10:00-17:00")
    assert client.get(page(other, f"people/{one.pk}/")).status_code == 404


# --- attendance ---------------------------------------------------------------------------------


def test_the_sheet_is_filled_in_and_logged(announced: Any) -> None:
    course = announced()
    people = [come(course).enrolment for _n in range(2)]
    client = browser_of("cha.mj")
    before = client.get(page(course, "attendance/"))
    assert "시작 전" in words_of(before)
    session = fresh(course).sessions.get()
    keys = [f"{one.pk}_{session.pk}" for one in people]
    client.post(page(course, "attendance/"), {f"there_{keys[0]}": "yes"})
    assert not Attendance.objects.exists()  # nothing has begun
    services.follow(now=END)
    with time_machine.travel(END, tick=False):
        client = browser_of("cha.mj")  # a month later nobody is signed in any more
        client.post(
            page(course, "attendance/"), {f"there_{keys[0]}": "yes", f"missed_{keys[0]}": "84"}
        )
        assert list(Attendance.objects.order_by("enrolment").values_list("minutes", flat=True)) == [
            336,
            0,
        ]
        bad = client.post(
            page(course, "attendance/"), {f"there_{keys[1]}": "yes", f"missed_{keys[1]}": "한 시간"}
        )
        assert bad.status_code == 422
        assert 'value="한 시간"' in page_of(bad)
        assert Attendance.objects.filter(minutes=336).exists()
        words = words_of(client.get(page(course, "attendance/")))
        assert "80% 수료" in words
        response = client.post(page(course), {"do": "issue_certificates"}, follow=True)
        assert "수료증 1건을 발급" in words_of(response)
        certificate = client.get(page(course, f"people/{people[0].pk}/certificate/"))
        assert certificate.status_code == 200
        assert client.get(page(course, f"people/{people[1].pk}/certificate/")).status_code == 404
    assert Certificate.objects.count() == 1
    seen = set(AccessLog.objects.values_list("what", flat=True))
    assert seen == {"출석부 봄", "수료증 출력"}


def test_the_spreadsheet_masks_contacts_and_holds_no_formula(announced: Any) -> None:
    course = announced(title="=1+1", capacity=9)
    come(course, "haram@example.com", name="=HYPERLINK(1)")
    come(course, name="-2+3", phone="010-0000-1234")
    response = browser_of("cha.mj").get(page(course, "attendance/?as=xlsx"))
    assert "attachment" in response["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(response.content)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    values = [str(cell.value) for cell in cells]
    assert "'=HYPERLINK(1)" in values
    assert "'=1+1" in values
    assert "ha***@example.com" in values
    assert "haram@example.com" not in " ".join(values)
    log = AccessLog.objects.get()
    assert (log.what, log.whose) == ("출석부 내려받음", "2명")


def test_the_sheet_to_sign_has_names_and_no_contacts(announced: Any) -> None:
    course = announced()
    come(course, "haram@example.com", phone="010-0000-1234")
    shown = page_of(browser_of("cha.mj").get(page(course, "sheet/")))
    assert "김하람" in shown
    assert "1234" in shown
    assert "haram@" not in shown
    assert "010" not in shown.replace("https://", "")
    assert AccessLog.objects.get().what == "출석부 인쇄"


def test_no_page_needs_what_its_policy_forbids(announced: Any, draft: Any) -> None:
    course, other = announced(), draft()
    one = come(course).enrolment
    client = browser_of("oh.sr")
    rests = ["change/", "edit/", "move/", "enrol/", "attendance/", "sheet/", f"people/{one.pk}/"]
    for address in [LIST, f"{LIST}add/", page(other), *(page(course, rest) for rest in rests)]:
        shown = client.get(address).content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)", shown), address
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", shown), address
        assert "{{" not in shown, address
        ids = re.findall(r'\sid="([^"]+)"', shown)
        assert len(ids) == len(set(ids)), address
        assert shown.count("<h1") == 1, address


@pytest.mark.parametrize("rest", ["change/", "edit/", "move/", "enrol/", "attendance/", "sheet/"])
def test_what_is_not_there_is_not_found(demo_centre: None, rest: str) -> None:
    assert browser_of("seo.yh").get(f"{LIST}999999/{rest}").status_code == 404
