"""Signing in: only active staff, the same words for every failure, a lock after five."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from centre import services
from centre.auth import RoleBackend
from centre.calendar import seoul_day
from centre.factories import PASSWORD, StaffMemberFactory, UserFactory
from centre.models import Role, User
from records.actors import SYSTEM

pytestmark = pytest.mark.django_db

SAME_WORDS = "아이디 또는 비밀번호가 맞지 않거나 쓸 수 없는 계정입니다"


def sign_in(client, username, password=PASSWORD, **more):
    return client.post("/accounts/login/", {"login": username, "password": password}, **more)


def today():
    return seoul_day(timezone.now())


def test_the_page_is_korean_and_offers_no_sign_up(client):
    page = client.get("/accounts/login/").content.decode()
    assert '<label class="form-label" for="id_login">아이디</label>' in page
    assert 'name="password"' in page
    assert "placeholder" not in page
    assert "signup" not in page
    assert client.get("/accounts/signup/").status_code == 404


def test_whoever_signs_in_comes_to_the_back_office(client):
    person = StaffMemberFactory()
    answer = sign_in(client, person.user.username)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert client.session["_auth_user_id"] == str(person.user.pk)


def test_and_to_where_he_wanted_to_go_but_not_to_another_site(client):
    person = StaffMemberFactory()
    answer = client.post(
        "/accounts/login/",
        {"login": person.user.username, "password": PASSWORD, "next": "/admin/centre/team/"},
    )
    assert answer["Location"] == "/admin/centre/team/"
    client.logout()
    answer = client.post(
        "/accounts/login/",
        {"login": person.user.username, "password": PASSWORD, "next": "https://example.org/"},
    )
    assert answer["Location"] == "/admin/"


def make(kind):
    match kind:
        case "inactive":
            return UserFactory(roles=[Role.DESK], is_active=False)
        case "without a role":
            return UserFactory(is_staff=False)
        case "left today":
            return StaffMemberFactory(left_on=today()).user
        case "without a password":
            return User.objects.create_user("new", is_staff=True)
        case _:
            return User(username="nobody")


@pytest.mark.parametrize(
    "kind", ["inactive", "without a role", "left today", "without a password", "unknown"]
)
def test_every_failure_says_the_same(client, kind):
    user = make(kind)
    answer = sign_in(client, user.username)
    assert answer.status_code == 200
    assert SAME_WORDS in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_says_it_too_and_keeps_the_name(client):
    person = StaffMemberFactory()
    page = sign_in(client, person.user.username, "wrong").content.decode()
    assert SAME_WORDS in page
    assert f'value="{person.user.username}"' in page
    assert 'role="alert"' in page


def test_an_empty_field_is_named(client):
    page = sign_in(client, "", "").content.decode()
    assert "아이디를 적어 주십시오." in page
    assert "비밀번호를 적어 주십시오." in page
    assert 'aria-describedby="id_login_error"' in page


def test_a_lock_after_five_failures_also_for_the_right_password(client):
    person, other = StaffMemberFactory.create_batch(2)
    answers = [sign_in(client, person.user.username, "wrong") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    locked = sign_in(client, person.user.username)
    assert locked.status_code == 429
    assert "잠시 로그인할 수 없습니다" in locked.content.decode()
    assert sign_in(client, other.user.username).status_code == 302
    assert sign_in(Client(REMOTE_ADDR="10.0.0.9"), person.user.username).status_code == 302


def test_a_session_ends_when_the_account_does(client):
    person = StaffMemberFactory()
    client.force_login(person.user)
    assert client.get("/admin/").status_code == 200
    person.left_on = today()
    person.save()
    assert client.get("/admin/").status_code == 302
    person.left_on = today() + timedelta(days=1)
    person.save()
    client.force_login(person.user)
    User.objects.update(is_active=False)
    assert client.get("/admin/").status_code == 302


def test_signing_out_takes_a_post(client):
    client.force_login(StaffMemberFactory().user)
    assert client.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert "_auth_user_id" not in client.session


# --- a password of one's own --------------------------------------------------------------------


def test_a_given_password_is_changed_first(client):
    person = StaffMemberFactory(user__must_change_password=True)
    client.force_login(person.user)
    for address in ("/admin/", "/desk/", "/"):
        assert client.get(address)["Location"] == "/accounts/password/change/"
    page = client.get("/accounts/password/change/")
    assert "한 번만 쓸 수 있습니다" in page.content.decode()
    answer = client.post(
        "/accounts/password/change/",
        {
            "oldpassword": PASSWORD,
            "password1": "moon-over-water-7",
            "password2": "moon-over-water-7",
        },
    )
    assert answer["Location"] == "/admin/"
    person.user.refresh_from_db()
    assert not person.user.must_change_password
    assert person.user.check_password("moon-over-water-7")
    assert client.get("/admin/").status_code == 200


def test_somebody_who_has_to_change_it_can_still_sign_out(client):
    client.force_login(StaffMemberFactory(user__must_change_password=True).user)
    assert client.post("/accounts/logout/").status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "again", "says"),
    [
        ("wrong", "moon-over-water-7", "moon-over-water-7", "지금 쓰는 비밀번호가 맞지 않습니다"),
        (PASSWORD, "short", "short", "비밀번호"),
        (PASSWORD, "moon-over-water-7", "moon-over-water-8", "비밀번호"),
        (PASSWORD, "", "", "이 칸을 적어 주십시오."),
    ],
)
def test_a_password_that_will_not_do(client, old, new, again, says):
    person = StaffMemberFactory()
    client.force_login(person.user)
    answer = client.post(
        "/accounts/password/change/", {"oldpassword": old, "password1": new, "password2": again}
    )
    assert answer.status_code == 200
    assert says in answer.content.decode()
    person.user.refresh_from_db()
    assert person.user.check_password(PASSWORD)


def test_citizens_pages_look_nothing_up_for_it(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(4) as seen:
        client.get("/accounts/login/")
    assert not any("centre_user" in query["sql"] for query in seen.captured_queries)


def test_a_session_is_two_queries_with_its_person(rf, django_assert_num_queries):
    person = StaffMemberFactory()
    client = Client()
    client.force_login(person.user)
    with django_assert_num_queries(1):
        user = RoleBackend().get_user(person.user.pk)
        assert user is not None
        assert user.staff_member.team == person.team


def test_django_itself_refuses_them_too(rf):
    user = make("left today")
    assert authenticate(rf.post("/"), username=user.username, password=PASSWORD) is None


# --- passwords of the demo ----------------------------------------------------------------------


@pytest.fixture
def of_the_demo(settings, tmp_path):
    """A person whose password is the one the demo printed."""
    settings.DATA_DIR = tmp_path
    person = StaffMemberFactory()
    (tmp_path / "demo-sign-ins.json").write_text(json.dumps({person.user.username: PASSWORD}))
    return person


def test_outside_the_demo_its_password_is_changed_first(client, of_the_demo):
    assert sign_in(client, of_the_demo.user.username).status_code == 302
    assert client.get("/admin/")["Location"] == "/accounts/password/change/"
    page = "/accounts/password/change/"
    again = {"oldpassword": PASSWORD, "password1": PASSWORD, "password2": PASSWORD}
    assert "시연용으로 쓰던 비밀번호" in client.post(page, again).content.decode()
    assert client.get("/admin/")["Location"] == page
    new = {
        "oldpassword": PASSWORD,
        "password1": "moon-over-water-7",
        "password2": "moon-over-water-7",
    }
    assert client.post(page, new).status_code == 302
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("switch", ["DEMO", "DEBUG"])
def test_in_the_demo_it_is_good(client, of_the_demo, settings, switch):
    setattr(settings, switch, True)
    assert sign_in(client, of_the_demo.user.username).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_a_password_of_ones_own_is_good_although_there_was_a_demo(client, of_the_demo):
    of_the_demo.user.set_password("moon-over-water-7")
    of_the_demo.user.save()
    sign_in(client, of_the_demo.user.username, "moon-over-water-7")
    assert client.get("/admin/").status_code == 200


def test_nobody_is_given_one_of_the_demo_either(client, of_the_demo):
    other = UserFactory(roles=[Role.DESK])
    with pytest.raises(ValidationError, match="시연용"):
        services.set_password(user_id=other.pk, password=PASSWORD, by=SYSTEM, now=timezone.now())
