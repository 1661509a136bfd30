"""The citizens' pages: what they show, what each button does, what is lost (nothing)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from complaints.tests.conftest import seoul
from complaints.tests.staff import page_of, words_of
from education import queries, services
from education.models import Course, Enrolment
from education.tests.conftest import MORNING, a_plan, a_token, come, fresh, times
from notices.models import Notice
from records.models import Event

GOOD = {"name": "김하람", "email": "haram@example.com", "consent": "on", "age_confirmed": "on"}


@pytest.fixture(autouse=True)
def _at_eleven() -> Any:
    with time_machine.travel(MORNING + timedelta(hours=1), tick=False):
        yield


def url(course: Course) -> str:
    return f"/courses/{course.pk}/"


def post(client: Client, course: Course, **values: str) -> Any:
    return client.post(url(course), GOOD | {"form_token": a_token()} | values)


def link(enrolment: Enrolment) -> str:
    return f"/courses/enrolment/{queries.link_token(enrolment.nonce)}/"


def test_the_list_without_courses_says_so(client: Client, demo_centre: None) -> None:
    assert "지금 공지한 교육이 없습니다" in words_of(client.get("/courses/"))
    said = words_of(client.get("/courses/?when=open&month=2026-10"))
    assert "고르신 조건에 맞는 교육이 없습니다" in said


def test_the_list_shows_where_each_course_stands(
    client: Client, announced: Any, draft: Any
) -> None:
    announced("2026-10-07 10:00-17:00", title="열린 교육")
    announced("2026-10-14 10:00-17:00", title="올 교육", enrol_opens_at=seoul("2026-09-20 09:00"))
    come(announced("2026-11-04 10:00-17:00", title="찬 교육", capacity=1))
    announced(
        "2026-10-21 10:00-17:00", title="마감한 교육", enrol_closes_at=seoul("2026-09-09 11:00")
    )
    draft("2026-10-28 10:00-17:00", title="초안인 교육")
    old = announced("2026-09-12 10:00-17:00", title="지난 교육", reason="늦음")
    Course.objects.filter(pk=old.pk).update(
        starts_at=seoul("2026-09-02 10:00"), ends_at=seoul("2026-09-02 12:00")
    )
    page = words_of(client.get("/courses/"))
    for words in (
        "신청 받는 중 열린 교육",
        "신청 예정 올 교육",
        "정원 참(대기 신청) 찬 교육",
        "신청 마감 마감한 교육",
    ):
        assert words in page
    assert "초안인" not in page
    assert "지난 교육 언제" not in page
    for when, title in (
        ("open", "열린"), ("coming", "올"), ("full", "찬"), ("past", "지난"),
    ):  # fmt: skip
        page = words_of(client.get(f"/courses/?when={when}"))
        assert f"{title} 교육 언제" in page
        assert page.count("교육 언제") == 1, when
    page = words_of(client.get("/courses/?month=2026-11"))
    assert "찬 교육 언제" in page
    assert page.count("교육 언제") == 1


@pytest.mark.parametrize(
    ("at", "standing", "listed"),
    [
        ("2026-10-07 09:59", "신청 마감", ""),
        ("2026-10-07 10:00", "진행 중", "running"),
        ("2026-10-07 20:00", "진행 중", "running"),  # the evening between its two days
        ("2026-10-08 16:59", "진행 중", "running"),
        ("2026-10-08 17:00", "끝남", "past"),
    ],
)
def test_a_course_of_two_days_is_over_with_its_last_session(
    client: Client, announced: Any, at: str, standing: str, listed: str
) -> None:
    course = announced("2026-10-07 10:00-17:00", "2026-10-08 10:00-17:00")
    with time_machine.travel(seoul(at), tick=False):
        for path in (url(course), f"/courses/?when={listed}"):
            page = words_of(client.get(path))
            assert f"{standing} {course.title}" in page or f"{course.title} {standing}" in page
        shown = course.title in words_of(client.get("/courses/"))
        assert shown is (listed != "past")
        assert (course.title in words_of(client.get("/courses/?when=past"))) is not shown


def test_what_was_called_off_leaves_the_list_on_its_day(
    client: Client, announced: Any, person: Any
) -> None:
    course = announced("2026-10-07 10:00-17:00", "2026-10-08 10:00-17:00")
    lead = person("cha.mj").team.members.get(position="lead")
    services.cancel_course(course_id=course.pk, reason="강사 사정", by=lead, now=MORNING)
    for at, shown in (("2026-10-07 09:59", True), ("2026-10-07 10:00", False)):
        with time_machine.travel(seoul(at), tick=False):
            assert (course.title in words_of(client.get("/courses/"))) is shown
            assert (course.title in words_of(client.get("/courses/?when=past"))) is not shown


@pytest.mark.parametrize(
    "month", ["x", "2026-13", "9999-99", "2026-1", "-", "0000-00", "2026-10-01"]
)
def test_a_strange_month_is_no_month(client: Client, announced: Any, month: str) -> None:
    announced()
    response = client.get("/courses/", {"month": month, "when": "nonsense", "page": "x"})
    assert response.status_code == 200
    assert "마음을 여는 상담과 응대" in words_of(response)


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_asks_the_same_few_questions(
    client: Client, announced: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    for day in range(1, count + 1):
        come(announced(f"2026-11-{day:02d} 10:00-17:00"))
    with django_assert_max_num_queries(9):
        client.get("/courses/")
    with django_assert_max_num_queries(10):
        client.get("/courses/?when=past")


def test_the_page_tells_what_an_announcement_must(client: Client, announced: Any) -> None:
    page = words_of(
        client.get(url(announced(map_url="https://map.example.org/x", bring="필기도구")))
    )
    for words in (
        "2026년 10월 7일(수) 10시~17시", "소회의실", "센터·활동처 담당자", "정원 3명, 남은 자리 3명",
        "차민재", "필기도구", "2026년 9월 9일(수) 10시 (시작 28일 전)", "시작 전날 18시까지 취소",
        "목적 교육 신청 접수와 안내", "교육이 끝난 날부터 3년", "동의하지 않으실 수 있습니다",
    ):  # fmt: skip
        assert words in page, words


def test_the_address_of_an_online_course_is_not_public(client: Client, announced: Any) -> None:
    course = announced(online=True, map_url="https://meet.example.org/secret")
    assert "meet.example.org" not in page_of(client.get(url(course)))
    assert b"meet.example.org" not in client.get(f"{url(course)}course.ics").content


def test_late_moved_and_called_off_are_told(
    client: Client, announced: Any, planner: Any, person: Any
) -> None:
    course = announced("2026-09-27 10:00-17:00", reason="강사 일정 변경")
    page = words_of(client.get(url(course)))
    assert (
        "시작 18일 전에 공지되어 ‘20일 전 공지’ 약속을 지키지 못했습니다. 사유: 강사 일정 변경"
        in page
    )
    services.move(
        course_id=course.pk, sessions=times("2026-10-21 10:00-17:00"), place="대회의실",
        reason="공사", by=planner, now=MORNING + timedelta(minutes=30),
    )  # fmt: skip
    page = words_of(client.get(url(course)))
    assert "일정이 바뀌었습니다" in page
    assert "시작 18일 전에 공지되어" in page  # it stays said
    lead = person("cha.mj").team.members.get(position="lead")
    services.cancel_course(course_id=course.pk, reason="신청이 적음", by=lead, now=MORNING)
    response = client.get(url(course))
    assert "열지 않게 되었습니다. 사유: 신청이 적음" in words_of(response)
    assert 'name="email"' not in page_of(response)


def test_drafts_are_nobodys_business(client: Client, draft: Any, person: Any) -> None:
    course = draft()
    for path in ("", "course.ics"):
        assert client.get(url(course) + path).status_code == 404
    assert post(client, course).status_code == 404
    lead = person("cha.mj").team.members.get(position="lead")
    services.cancel_course(course_id=course.pk, reason="그만둠", by=lead, now=MORNING)
    assert client.get(url(course)).status_code == 404
    assert client.get("/courses/999999/").status_code == 404


# --- enrolling ----------------------------------------------------------------------------------


def test_enrolling_is_received_and_ones_own_page_says_what_became_of_it(
    client: Client, announced: Any
) -> None:
    course = announced(capacity=1)
    response = client.post(url(course), GOOD | {"form_token": "t" * 32}, follow=True)
    assert response.redirect_chain == [(f"{url(course)}received/", 302)]
    assert "신청을 받았습니다" in words_of(response)
    first = Enrolment.objects.get()
    page = words_of(client.get(link(first)))
    assert "신청이 확정되었습니다" in page
    assert "김*람 · ha***@example.com" in page
    again = client.post(url(course), GOOD | {"form_token": "t" * 32}, follow=True)
    assert again.redirect_chain == response.redirect_chain
    post(client, course, email="b@example.com")
    second = Enrolment.objects.exclude(pk=first.pk).get()
    assert "대기 1번" in words_of(client.get(link(second)))


def test_who_waited_in_vain_has_no_number_any_more(client: Client, announced: Any) -> None:
    course = announced(capacity=1)
    come(course)
    waits = come(course).enrolment
    with time_machine.travel(course.starts_at, tick=False):
        page = words_of(client.get(link(waits)))
    assert "자리가 나지 않아 확정해 드리지 못했습니다" in page
    assert "대기 1번" not in page


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-10-06 17:59", "시작 전날 18시까지 취소"),
        ("2026-10-06 18:00", "시작하기 전에 취소"),
        ("2026-10-07 09:59", "시작하기 전에 취소"),
    ],
)
def test_nobody_is_told_to_cancel_by_a_time_that_has_passed(
    client: Client, announced: Any, at: str, until: str
) -> None:
    course = announced(enrol_closes_at=seoul("2026-10-07 10:00"))
    one = come(course).enrolment
    with time_machine.travel(seoul(at), tick=False):
        for path in (url(course), link(one)):
            page = words_of(client.get(path))
            assert until in page
            assert page.count("취소해 주십시오") == 1


@pytest.mark.parametrize(
    "values",
    [
        {"name": "이하늬"},
        {"email": " HARAM@example.com "},
        {"email": "other@example.com", "phone": "01000001234"},
    ],
)
def test_nobody_learns_on_the_page_who_is_enrolled(
    client: Client, announced: Any, values: dict[str, str]
) -> None:
    """The answer is the same, word for word; who enrolled before is told by mail, once a day."""
    course = announced()
    fresh_one = post(client, course, phone="010-0000-1234")
    enrolment = Enrolment.objects.get()
    pages = [_without_changing(client.get(fresh_one["Location"]))]
    for _n in range(3):
        again = post(client, course, **values)
        assert (again.status_code, again["Location"]) == (302, fresh_one["Location"])
        pages.append(_without_changing(client.get(again["Location"])))
    assert len(set(pages)) == 1
    assert "haram" not in pages[0]
    assert Enrolment.objects.count() == 1
    [mail] = Notice.objects.filter(template="course-enrolled-already")
    assert (mail.subject_id, mail.recipient) == (enrolment.pk, "haram@example.com")
    assert "앞서 하신 신청은 그대로입니다" in mail.body
    assert queries.link_token(enrolment.nonce) in mail.body


def _without_changing(response: Any) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", page_of(response))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"email": ""}, "이메일을 적어 주십시오"),
        ({"email": "하람"}, "이메일 주소를 다시"),
        ({"name": "김하람 900101-1234567"}, "주민등록번호로 보이는"),
        ({"phone": "1"}, "번호를 다시"),
        ({"consent": ""}, "동의하셔야"),
        ({"age_confirmed": ""}, "만 14세가 되지 않았다면"),
    ],
)
def test_whatever_is_wrong_everything_typed_is_still_there(
    client: Client, announced: Any, values: dict[str, str], message: str
) -> None:
    typed = {"assistance": "휠체어 <자리>", "phone": "010-0000-1234"} | values
    if "consent" in values or "age_confirmed" in values:
        typed = {key: value for key, value in typed.items() if value}
        form = {
            k: v for k, v in (GOOD | typed | {"form_token": "t" * 32}).items() if k not in values
        }
    else:
        form = GOOD | typed | {"form_token": "t" * 32}
    response = client.post(url(announced()), form)
    page = page_of(response)
    assert message in page
    assert Enrolment.objects.count() == 0
    for value in form.values():
        assert value in page, value
    assert 'role="alert"' in page
    assert ("consent" in values) == ('id="id_consent" checked' not in page)
    assert 'name="form_token" value="' + "t" * 32 in page


def test_too_late_keeps_what_was_typed(client: Client, announced: Any) -> None:
    course = announced()
    come(course, "haram@example.com")
    with time_machine.travel(seoul("2026-10-07 10:00"), tick=False):
        response = post(client, course, email="late@example.com")
        assert "이미 시작한 교육" in page_of(response)
        assert "late@example.com" in page_of(response)
        assert "신청하기" not in words_of(client.get(url(course)))
    assert Enrolment.objects.count() == 1


def test_without_the_security_token_nothing_is_lost(announced: Any) -> None:
    course = announced()
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(url(course), GOOD | {"form_token": a_token()})
    assert response.status_code == 403
    assert "haram@example.com" in page_of(response)
    assert Enrolment.objects.count() == 0


def test_many_from_one_address_are_asked_to_wait(client: Client, announced: Any) -> None:
    course = announced(capacity=100)
    for number in range(30):
        assert post(client, course, email=f"a{number}@example.com").status_code == 302
    response = post(client, course, email="one-more@example.com")
    assert response.status_code == 429
    assert "one-more@example.com" in page_of(response)


# --- one's own page -----------------------------------------------------------------------------


def test_looking_changes_nothing_and_posting_gives_the_place_back(
    client: Client, announced: Any
) -> None:
    enrolment = come(announced()).enrolment
    before = Event.objects.count()
    for _n in range(3):
        assert client.get(link(enrolment)).status_code == 200
        assert client.head(link(enrolment)).status_code == 200
    assert client.post(link(enrolment), {"do": "nonsense"}).status_code == 409
    assert Enrolment.objects.get().state == "enrolled"
    assert Event.objects.count() == before
    response = client.post(link(enrolment), {"do": "cancel"}, follow=True)
    assert "취소하셨습니다" in words_of(response)
    assert Enrolment.objects.get().state == "cancelled"
    again = client.post(link(enrolment), {"do": "cancel"}, follow=True)
    assert again.status_code == 200


def test_it_says_when_it_is_too_late_to_cancel(client: Client, announced: Any) -> None:
    enrolment = come(announced()).enrolment
    with time_machine.travel(seoul("2026-10-07 10:00"), tick=False):
        assert "신청을 취소합니다" not in words_of(client.get(link(enrolment)))
        response = client.post(link(enrolment), {"do": "cancel"})
    assert response.status_code == 409
    assert "이미 시작한 교육은 취소할 수 없습니다" in words_of(response)


@pytest.mark.parametrize("token", ["x", "0" * 40, "..."])
def test_a_guessed_link_is_not_found(client: Client, announced: Any, token: str) -> None:
    come(announced())
    for path in ("", "certificate/"):
        assert client.get(f"/courses/enrolment/{token}/{path}").status_code == 404


def test_the_link_is_kept_from_search_engines_and_other_sites(
    client: Client, announced: Any
) -> None:
    response = client.get(link(come(announced()).enrolment))
    assert response["Referrer-Policy"] == "same-origin"  # "no-referrer" would forbid its own form
    assert response["X-Robots-Tag"] == "noindex"
    assert "no-store" in response["Cache-Control"]


def test_the_certificate_is_a_pdf_with_the_name(
    client: Client, announced: Any, planner: Any
) -> None:
    course = announced()
    enrolment = come(course).enrolment
    assert client.get(f"{link(enrolment)}certificate/").status_code == 404
    end = seoul("2026-10-07 17:00")
    services.follow(now=end)
    session = fresh(course).sessions.get()
    services.write_attendance(
        course_id=course.pk, marks={(enrolment.pk, session.pk): 420}, by=planner, now=end
    )
    services.issue_certificates(course_id=course.pk, by=planner, now=end)
    assert "제2026-교육-0001호" in words_of(client.get(link(enrolment)))
    response = client.get(f"{link(enrolment)}certificate/")
    assert response["Content-Type"] in {"application/pdf", "text/html; charset=utf-8"}
    if response["Content-Type"] == "application/pdf":
        assert response.content.startswith(b"%PDF-")
    else:
        assert "김하람" in page_of(response)


def test_no_page_needs_what_its_policy_forbids(
    client: Client, announced: Any, planner: Any
) -> None:
    course = announced()
    enrolment = come(course).enrolment
    services.edit_course(
        course_id=course.pk,
        plan=a_plan(planner, text="<script>x</script>"),
        by=planner,
        now=MORNING,
    )
    for address in ("/courses/", "/courses/?when=past", url(course), link(enrolment)):
        page = client.get(address).content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)", page), address
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page), address
        assert "{{" not in page
        assert "{%" not in page
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), address
        assert page.count("<h1") == 1, address
