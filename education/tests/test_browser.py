"""In a real browser: axe finds nothing, nothing sticks out, and a keyboard is enough."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, sync_playwright

from centre.calendar import SEOUL
from conftest import chromium_path
from education import queries, services
from education.models import Course, Enrolment
from education.services import Times
from education.tests.conftest import a_plan, a_token, come
from reception.tests.axe import sticks_out, violations
from records import crypto

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
WIDTHS = (1280, 390)
PASSWORD = "long enough for a test 2026"


@pytest.fixture
def page(browser_type_launch_args: dict[str, Any]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        launch = browser_type_launch_args | {"executable_path": chromium_path()}
        browser = playwright.chromium.launch(**launch)
        opened = browser.new_page(locale="ko-KR", timezone_id="Asia/Seoul")
        yield opened
        browser.close()
        connections.close_all()


def a_day(days: int, *, now: datetime) -> Times:
    day = (now + timedelta(days=days)).astimezone(SEOUL).replace(minute=0, second=0, microsecond=0)
    return Times(day.replace(hour=10), day.replace(hour=17))


@pytest.fixture
def courses(planner: Any, person: Any) -> dict[str, Course]:
    """One of each kind: draft, open, full, moved late, called off, finished with certificates."""
    from django.utils import timezone  # noqa: PLC0415 - the pages read the real clock

    now = timezone.now()
    lead = person("oh.sr")

    def make(days: int, *, told: datetime | None, reason: str = "", **values: Any) -> Course:
        before = (told or now) - timedelta(hours=1)
        plan = a_plan(planner, sessions=[a_day(days, now=now)], **values)
        course = services.create_course(form_token=a_token(), plan=plan, by=planner, now=before)
        if told:
            services.announce(course_id=course.pk, by=planner, now=told, reason=reason)
        return course

    week, month = now - timedelta(days=7), now - timedelta(days=40)
    found = {
        "draft": make(30, told=None),
        "late": make(10, told=None),
        "open": make(30, told=week),
        "full": make(30, told=week, capacity=1),
        "moved": make(30, told=week),
        "off": make(30, told=week),
        "over": make(-3, told=month),
    }
    for _n in range(2):
        come(found["full"], now=now)
    come(found["open"], now=now, assistance="휠체어 자리")
    services.move(
        course_id=found["moved"].pk, sessions=[a_day(12, now=now)], place="대회의실",
        reason="공사", by=planner, now=now,
    )  # fmt: skip
    services.cancel_course(course_id=found["off"].pk, reason="신청이 적음", by=lead, now=now)
    over = found["over"]
    people = [come(over, now=month + timedelta(hours=n)).enrolment for n in range(2)]
    services.follow(now=now)
    session = over.sessions.get()
    marks = {(people[0].pk, session.pk): 420, (people[1].pk, session.pk): 10}
    services.write_attendance(course_id=over.pk, marks=marks, by=planner, now=now)
    services.issue_certificates(course_id=over.pk, by=planner, now=now)
    return found


def link(enrolment: Enrolment) -> str:
    return f"/courses/enrolment/{queries.link_token(enrolment.nonce)}/"


def wrong_on(page: Page, base: str, addresses: list[str]) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    for address in addresses:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            answer = page.goto(f"{base}{address}", wait_until="load")
            assert answer is not None
            assert answer.status == 200, address
            found = sticks_out(page) + violations(page)
            if found:
                wrong[f"{address} {width}"] = found
    return wrong


def test_citizens_pages(page: Page, live_server: Any, courses: dict[str, Course]) -> None:
    public = [
        f"/courses/{course.pk}/"
        for name, course in courses.items()
        if name not in {"draft", "late"}
    ]
    own = [link(one) for one in Enrolment.objects.order_by("pk")]
    lists = ["/courses/", "/courses/?when=past", "/courses/?when=coming"]
    assert wrong_on(page, live_server.url, [*lists, *public, *own]) == {}
    page.goto(f"{live_server.url}/courses/{courses['open'].pk}/")
    page.get_by_role("button", name="신청하기").click()  # the page with its errors
    assert page.locator("#error-summary").is_visible()
    assert violations(page) == []


def test_pages_for_staff(
    page: Page, live_server: Any, courses: dict[str, Course], person: Any
) -> None:
    user = person("oh.sr").user
    user.set_password(PASSWORD)
    user.must_change_password = False
    user.save()
    page.goto(f"{live_server.url}/accounts/login/?next=/admin/education/course/")
    page.fill("[name=login]", "oh.sr")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="교육", exact=False).first.wait_for()
    base = "/admin/education/course/"
    some, over = courses["open"].pk, courses["over"].pk
    one = Enrolment.objects.filter(course=some).first()
    assert one is not None
    addresses = [base, f"{base}add/?template=1"]
    addresses += [f"{base}{course.pk}/change/" for course in courses.values()]
    addresses += [
        f"{base}{some}/{rest}/" for rest in ("edit", "move", "enrol", "attendance", "sheet")
    ]
    addresses += [
        f"{base}{over}/attendance/",
        f"{base}{over}/sheet/",
        f"{base}{some}/people/{one.pk}/",
    ]
    assert wrong_on(page, live_server.url, addresses) == {}


def test_a_keyboard_is_enough_to_enrol_and_to_cancel(
    page: Page, live_server: Any, courses: dict[str, Course]
) -> None:
    course = courses["open"]
    page.goto(f"{live_server.url}/courses/{course.pk}/")
    page.focus("#id_name")
    page.keyboard.type("이하늬")
    page.keyboard.press("Tab")
    page.keyboard.type("hanui@example.com")
    for _n in range(3):
        page.keyboard.press("Tab")  # phone, assistance, consent
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="신청을 받았습니다").wait_for()
    assert violations(page) == []
    assert not sticks_out(page)
    hers = crypto.blind_index("email", "hanui@example.com")
    one = Enrolment.objects.get(course=course, email_index=hers)
    page.goto(f"{live_server.url}{link(one)}")
    page.get_by_text("신청이 확정되었습니다").wait_for()
    button = page.get_by_role("button", name="신청을 취소합니다")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_text("취소하셨습니다").wait_for()
    enrolment = Enrolment.objects.get(course=course, state="cancelled")
    assert enrolment.name == "이하늬"
