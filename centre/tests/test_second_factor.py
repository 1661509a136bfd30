"""Second factor: nobody works without one, what may be removed by whom, nothing readable at rest."""

import re
import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from centre import services
from centre.errors import NotAllowed, Refused
from centre.factories import PASSWORD, StaffMemberFactory, UserFactory
from centre.models import Role
from centre.queries import actor_of
from centre.second_factor import end_sessions
from records.models import Event

pytestmark = pytest.mark.django_db

START = "2026-12-01T10:00:00+09:00"
INDEX = "/accounts/2fa/"


@pytest.fixture(autouse=True)
def _required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as moved:
        yield moved


@pytest.fixture
def person(clock):
    return StaffMemberFactory()


def sign_in(client, person):
    return client.post(
        "/accounts/login/", {"login": person.user.username, "password": PASSWORD}, follow=True
    )


def code(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def set_up(client):
    """Registers an app for whoever is signed in; gives its secret."""
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    (secret,) = re.findall(r'class="secret">([A-Z2-7]+)<', page)
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code(secret)})
    assert answer["Location"] == "/accounts/2fa/recovery-codes/", answer.content.decode()
    return secret


def test_nobody_works_without_one(client, person):
    landed = sign_in(client, person)
    assert landed.redirect_chain[-1] == (INDEX, 302)
    assert "먼저 인증 수단을 하나 등록해" in landed.content.decode()
    for page in ("/admin/", "/desk/", "/", "/admin/complaints/complaint/", "/dashboard/"):
        assert client.get(page)["Location"] == INDEX, page
        assert client.post(page)["Location"] == INDEX, page
    assert client.get("/accounts/password/change/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302


def test_after_it_is_set_up_they_do(client, person, django_capture_on_commit_callbacks):
    sign_in(client, person)
    with django_capture_on_commit_callbacks(execute=True):
        set_up(client)
    codes = client.get("/accounts/2fa/recovery-codes/")
    assert codes.status_code == 200
    assert len(re.findall(r"<li>\d{8}</li>", codes.content.decode())) == 10
    download = client.get("/accounts/2fa/recovery-codes/download/")
    assert len(re.findall(r"^\d{8}$", download.content.decode(), re.MULTILINE)) == 10
    assert "no-store" in download["Cache-Control"]
    assert client.get("/admin/").status_code == 200
    added = Event.objects.filter(kind="factor-added", subject_id=person.user.pk)
    assert sorted(event.data["factor"] for event in added) == ["recovery_codes", "totp"]


def test_a_password_alone_is_not_enough_any_more(client, person, clock):
    sign_in(client, person)
    secret = set_up(client)
    client.post("/accounts/logout/")
    clock.shift(60)
    asked = sign_in(client, person)
    assert asked.redirect_chain[-1] == ("/accounts/2fa/authenticate/", 302)
    assert client.get("/admin/").status_code == 302
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "인증번호가 맞지 않습니다" in wrong.content.decode()
    right = client.post("/accounts/2fa/authenticate/", {"code": code(secret)})
    assert right["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_code_is_good_once(client, person, clock):
    sign_in(client, person)
    secret = set_up(client)
    clock.shift(60)
    used = code(secret)
    for expected in (302, 200):
        other = Client()
        sign_in(other, person)
        answer = other.post("/accounts/2fa/authenticate/", {"code": used})
        assert answer.status_code == expected


def test_guessing_codes_ends_after_five(client, person, clock):
    sign_in(client, person)
    secret = set_up(client)
    clock.shift(60)
    other = Client()
    sign_in(other, person)
    for _ in range(5):
        other.post("/accounts/2fa/authenticate/", {"code": "000000"})
    right = other.post("/accounts/2fa/authenticate/", {"code": code(secret)})
    assert "15분 뒤에" in right.content.decode()
    clock.shift(15 * 60 + 1)
    later = other.post("/accounts/2fa/authenticate/", {"code": code(secret)})
    assert later.status_code == 302, "the sign-in itself waited that long"


def test_a_recovery_code_is_good_once_and_recorded(client, person, clock):
    sign_in(client, person)
    set_up(client)
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    for expected in (302, 200):
        other = Client()
        sign_in(other, person)
        answer = other.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert answer.status_code == expected
    assert Event.objects.get(kind="recovery-code-used").subject_id == person.user.pk


def test_new_recovery_codes_end_the_old_ones(
    client, person, clock, django_capture_on_commit_callbacks
):
    sign_in(client, person)
    set_up(client)
    before = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/accounts/2fa/recovery-codes/generate/")
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    after = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    assert not set(before) & set(after)
    assert Event.objects.filter(kind="recovery-codes-made").count() == 1


def test_nothing_readable_is_stored(client, person, clock):
    sign_in(client, person)
    secret = set_up(client)
    codes = Authenticator.objects.get(type="recovery_codes").wrap().generate_codes()
    stored = repr(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not any(one in stored for one in codes)


def test_the_last_factor_stays(client, person, clock, settings):
    sign_in(client, person)
    set_up(client)
    page = client.post("/accounts/2fa/totp/deactivate/")
    assert "마지막 인증 수단은 지울 수 없습니다" in page.content.decode()
    assert Authenticator.objects.filter(type="totp").exists()
    settings.SECOND_FACTOR_REQUIRED = False
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.exists(), "recovery codes alone are no factor"
    assert Event.objects.filter(kind="factor-removed").exists()


def test_later_one_says_again_who_one_is(client, person, clock):
    sign_in(client, person)
    set_up(client)
    clock.shift(6 * 60)
    asked = client.get("/accounts/2fa/recovery-codes/")
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    page = client.get(asked["Location"])
    assert "본인 확인" in page.content.decode()
    back = client.post(asked["Location"], {"password": PASSWORD})
    assert back["Location"] == "/accounts/2fa/recovery-codes/"
    assert client.get("/accounts/2fa/recovery-codes/").status_code == 200


def test_an_administrator_removes_them_when_a_phone_is_lost(client, person, clock):
    sign_in(client, person)
    set_up(client)
    administrator = UserFactory(roles=[Role.ADMINISTRATOR])
    Authenticator.objects.create(user=administrator, type="totp", data={"secret": ""})
    other = Client()
    other.force_login(administrator)
    page = f"/admin/centre/user/{person.user.pk}/remove-factors/"
    assert other.post(page, {"do": "remove_factors", "reason": " "}).status_code == 422
    assert Authenticator.objects.filter(user=person.user).exists()
    answer = other.post(page, {"do": "remove_factors", "reason": "대면으로 확인"})
    assert answer.status_code == 302
    assert not Authenticator.objects.filter(user=person.user).exists()
    assert client.get("/admin/")["Location"].startswith("/admin/login/"), "signed out at once"
    event = Event.objects.get(kind="factors-removed")
    assert (event.subject_id, event.actor_id) == (person.user.pk, administrator.pk)
    assert event.text == "대면으로 확인"
    assert sign_in(Client(), person).redirect_chain[-1] == (INDEX, 302), "set up anew"


def test_not_ones_own_and_not_what_is_not_there(clock):
    administrator = UserFactory(roles=[Role.ADMINISTRATOR])
    by = actor_of(administrator)
    with pytest.raises(NotAllowed, match="다른 시스템 관리자"):
        services.remove_factors(user_id=administrator.pk, reason="x", by=by, now=timezone.now())
    with pytest.raises(Refused, match="등록한 인증 수단이 없습니다"):
        services.remove_factors(user_id=UserFactory().pk, reason="x", by=by, now=timezone.now())


def test_sessions_of_others_go_on(person):
    mine, others = Client(), Client()
    mine.force_login(person.user)
    others.force_login(StaffMemberFactory().user)
    assert end_sessions(person.user.pk) == 1
    assert "_auth_user_id" not in mine.session
    assert "_auth_user_id" in others.session


def test_the_demo_leaves_it_to_each(client, person, settings):
    settings.SECOND_FACTOR_REQUIRED = False
    assert sign_in(client, person).redirect_chain[-1] == ("/admin/", 302)
    assert "등록하지 않으셔도 됩니다" in client.get(INDEX).content.decode()


def test_citizens_pages_ask_nothing(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(6) as seen:
        client.get("/")
    assert not any("mfa_" in query["sql"] for query in seen.captured_queries)


def test_it_costs_a_page_no_query(client, person, clock):
    sign_in(client, person)
    set_up(client)
    with CaptureQueriesContext(connection) as seen:
        client.get("/admin/centre/team/")
    assert sum("mfa_authenticator" in query["sql"] for query in seen.captured_queries) == 1


@pytest.mark.parametrize(
    "name",
    ["mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_list_webauthn"],
)
def test_its_pages_are_korean(client, person, name):
    sign_in(client, person)
    page = client.get(reverse(name)).content.decode()
    assert "<h1>" in page
    assert not re.search(r"(Authenticator App|Security Key|Recovery Codes|placeholder)", page)
    assert "style=" not in page
