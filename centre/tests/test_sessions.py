"""The end of a session: idle, in all, prolonged; and nothing that was written is lost."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from centre import options, sessions
from centre.factories import PASSWORD, StaffMemberFactory, UserFactory
from centre.models import KeptForm, Option, Role, Team

pytestmark = pytest.mark.django_db

START = "2026-12-01T10:00:00+09:00"
TEAMS = "/admin/centre/team/"
LONG = "답변을 오래 썼습니다.\n" * 50


@pytest.fixture(autouse=True)
def clock(settings):
    settings.SESSIONS_END = True
    with time_machine.travel(START, tick=False) as moved:
        yield moved


@pytest.fixture
def staff(client):
    client.force_login(UserFactory(roles=[Role.ADMINISTRATOR]))
    return client


def minutes(number):
    return timedelta(minutes=number)


def test_half_an_hour_without_an_act_ends_it(staff, clock):
    for _ in range(4):
        clock.shift(minutes(29))
        assert staff.get(TEAMS).status_code == 200
    clock.shift(minutes(30))
    assert staff.get(TEAMS)["Location"] == f"/admin/login/?next={TEAMS}"
    page = staff.get(f"/accounts/login/?next={TEAMS}").content.decode()
    assert "오래 쓰지 않아 로그아웃되었습니다" in page


def test_ten_hours_end_it_however_busy(staff, clock):
    for _ in range(23):
        clock.shift(minutes(25))
        assert staff.get(TEAMS).status_code == 200
    clock.shift(minutes(25))
    assert staff.get(TEAMS).status_code == 302
    assert timezone.now().isoformat() == "2026-12-01T11:00:00+00:00"


def test_the_limits_are_the_centres_own(staff, clock):
    assert {"session_idle_minutes", "session_hours"} <= options.specs().keys()
    Option.objects.create(key="session_idle_minutes", value="5")
    clock.shift(minutes(6))
    assert staff.get(TEAMS).status_code == 200, "the old limit until the next act"
    clock.shift(minutes(6))
    assert staff.get(TEAMS).status_code == 302


def test_the_script_asks_without_prolonging_and_prolongs_when_told(staff, clock):
    clock.shift(minutes(28))
    assert staff.get("/accounts/session/").json() == {"left": 120, "more": True}
    clock.shift(minutes(1))
    assert staff.get("/accounts/session/").json() == {"left": 60, "more": True}
    assert staff.post("/accounts/session/").json() == {"left": 1800, "more": True}
    clock.shift(minutes(30))
    assert staff.get("/accounts/session/").json() == {"left": 0, "more": False}
    assert staff.post("/accounts/session/").json() == {"left": 0, "more": False}


def test_near_the_end_of_the_day_nothing_prolongs(staff, clock):
    for _ in range(24):
        clock.shift(minutes(24.5))
        staff.get(TEAMS)
    assert staff.post("/accounts/session/").json() == {"left": 720, "more": False}


def test_the_board_that_refreshes_itself_is_no_act(client, clock):
    client.force_login(StaffMemberFactory(roles=[Role.DESK]).user)
    for _ in range(3):
        clock.shift(minutes(9))
        assert client.get("/desk/board/").status_code == 200
    clock.shift(minutes(9))
    assert client.get("/desk/board/").status_code == 302


def test_a_page_says_how_long_it_lasts_and_writes_once_a_minute(staff, clock):
    page = staff.get(TEAMS).content.decode()
    assert 'data-left="1800"' in page
    before = staff.session["sign_in"]["seen"]
    clock.shift(59)
    staff.get(TEAMS)
    assert staff.session["sign_in"]["seen"] == before
    clock.shift(1)
    staff.get(TEAMS)
    assert staff.session["sign_in"]["seen"] == before + 60


def test_citizens_have_no_end(client, clock):
    client.get("/complaints/new/")
    clock.shift(minutes(600))
    assert client.get("/complaints/new/").status_code == 200
    assert "session-end" not in client.get("/").content.decode()


# --- nothing lost -------------------------------------------------------------------------------


def send_late(client, clock, path=f"{TEAMS}add/", **more):
    clock.shift(minutes(45))
    data = {
        "code": "new",
        "name": "새 팀",
        "duties": LONG,
        "place": "3",
        "csrfmiddlewaretoken": "x",
    }
    return client.post(path, data, **more)


def sign_in_again(client, user):
    return client.post(
        "/accounts/login/",
        {"login": user.username, "password": PASSWORD, "next": "/accounts/kept/"},
    )


def test_what_was_sent_too_late_is_there_after_signing_in(client, clock):
    person = StaffMemberFactory(roles=[Role.ADMINISTRATOR])
    client.force_login(person.user)
    late = send_late(client, clock)
    assert late["Location"] == "/accounts/login/?next=/accounts/kept/"
    assert "_auth_user_id" not in client.session
    assert "그대로 있습니다" in client.get(late["Location"]).content.decode()
    assert sign_in_again(client, person.user)["Location"] == "/accounts/kept/"
    page = client.get("/accounts/kept/").content.decode()
    assert LONG in page
    assert f'action="{TEAMS}add/"' in page
    assert 'name="place" value="3"' in page
    assert 'name="code" value="new"' in page
    sent = client.post(
        f"{TEAMS}add/", {"code": "new", "name": "새 팀", "duties": LONG, "place": "3"}
    )
    assert sent.status_code == 302
    assert not KeptForm.objects.exists()
    assert client.get("/accounts/kept/")["Location"] == "/admin/"


def test_it_is_not_readable_at_rest_and_not_for_others(client, clock):
    person, other = StaffMemberFactory.create_batch(2, roles=[Role.ADMINISTRATOR])
    client.force_login(person.user)
    send_late(client, clock)
    with connection.cursor() as cursor:
        cursor.execute("SELECT token, content FROM centre_keptform")
        stored = repr(cursor.fetchall())
    assert "답변을" not in stored
    assert client.session["kept_form"] not in stored
    sign_in_again(client, other.user)
    assert client.get("/accounts/kept/")["Location"] == "/admin/"


def test_it_is_kept_for_half_an_hour(client, clock):
    person = StaffMemberFactory(roles=[Role.ADMINISTRATOR])
    client.force_login(person.user)
    send_late(client, clock)
    sign_in_again(client, person.user)
    clock.shift(minutes(29))
    assert client.get("/accounts/kept/").status_code == 200
    clock.shift(minutes(1))
    assert client.get("/accounts/kept/").status_code == 302
    assert sessions.clear(now=timezone.now()) == 1


def test_it_can_be_thrown_away(client, clock):
    person = StaffMemberFactory(roles=[Role.ADMINISTRATOR])
    client.force_login(person.user)
    send_late(client, clock, headers={"referer": f"http://testserver{TEAMS}add/?_popup=1"})
    sign_in_again(client, person.user)
    assert client.post("/accounts/kept/")["Location"] == f"{TEAMS}add/?_popup=1"
    assert not KeptForm.objects.exists()


def test_an_address_elsewhere_is_never_gone_back_to(client, clock):
    person = StaffMemberFactory(roles=[Role.ADMINISTRATOR])
    client.force_login(person.user)
    send_late(client, clock, headers={"referer": "https://example.org/trap"})
    sign_in_again(client, person.user)
    assert client.post("/accounts/kept/")["Location"] == f"{TEAMS}add/"


def test_another_site_can_have_nothing_kept(clock):
    person = StaffMemberFactory(roles=[Role.ADMINISTRATOR])
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person.user)
    assert send_late(strict, clock).status_code == 403
    assert not KeptForm.objects.exists()


def test_passwords_and_codes_are_not_kept(staff, clock):
    user = UserFactory()
    clock.shift(minutes(45))
    secret = {"password": "moon-over-water-7", "again": "moon-over-water-7", "do": "set_password"}
    staff.post(f"/admin/centre/user/{user.pk}/set-password/", secret)
    assert dict(KeptForm.objects.get().content["fields"]) == {"do": ["set_password"]}
    KeptForm.objects.all().delete()
    staff.force_login(user)
    clock.shift(minutes(45))
    answer = staff.post("/accounts/password/change/", {"oldpassword": PASSWORD})
    assert answer["Location"] == "/accounts/login/"
    assert not KeptForm.objects.exists()


def test_what_a_script_sends_too_late_is_refused_and_not_kept(staff, clock):
    answer = send_late(staff, clock, headers={"sec-fetch-dest": "empty"})
    assert answer.status_code == 401
    assert not KeptForm.objects.exists()
    assert staff.get(TEAMS).status_code == 302


def test_nothing_is_done_by_what_was_sent_too_late(staff, clock):
    send_late(staff, clock)
    assert not Team.objects.filter(code="new").exists()


def test_long_fields_are_shown_with_their_lines(client, clock):
    person = StaffMemberFactory(roles=[Role.ADMINISTRATOR])
    client.force_login(person.user)
    clock.shift(minutes(45))
    nasty = '\n\n첫 줄이 비었음 <script>alert(1)</script> & "따옴표"'
    client.post(f"{TEAMS}add/", {"code": "", "duties": nasty})
    sign_in_again(client, person.user)
    page = client.get("/accounts/kept/").content.decode()
    assert "<script>alert" not in page
    (shown,) = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert shown.startswith("\n\n첫 줄이")
