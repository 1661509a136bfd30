"""Wrong passwords: the lock by account and address, its end, its page, and what is not written."""

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from centre import lockout, services
from centre.errors import Refused
from centre.factories import PASSWORD, StaffMemberFactory, UserFactory
from centre.models import Role
from records.actors import SYSTEM
from records.models import Event

pytestmark = pytest.mark.django_db

ADDRESS = "/accounts/login/"


def sign_in(client, username, password=PASSWORD, **more):
    return client.post(ADDRESS, {"login": username, "password": password}, **more)


def lock(client, username, **more):
    return [sign_in(client, username, "wrong", **more) for _ in range(5)][-1]


def test_the_page_says_until_when_and_keeps_to_it(client):
    person = StaffMemberFactory()
    with time_machine.travel("2026-12-01T10:00:00+09:00", tick=False) as clock:
        locked = lock(client, person.user.username)
        assert locked.status_code == 429
        assert "15분쯤 뒤, 10:15부터" in locked.content.decode()
        assert locked["Retry-After"] == "900"
        clock.shift(timedelta(minutes=10))
        again = sign_in(client, person.user.username)  # right, but too early: changes nothing
        assert again.status_code == 429
        assert "5분쯤 뒤, 10:15부터" in again.content.decode()
        clock.shift(timedelta(minutes=5, seconds=1))
        assert sign_in(client, person.user.username).status_code == 302


def test_an_account_that_does_not_exist_is_locked_just_the_same(client):
    there, nobody = StaffMemberFactory().user.username, "nobody-at-all"
    with time_machine.travel("2026-12-01T10:00:00+09:00", tick=False):
        pages = [lock(Client(), name) for name in (there, nobody)]
    one, other = (page.content.decode() for page in pages)
    assert one == other
    assert [page.status_code for page in pages] == [429, 429]


def test_another_spelling_or_browser_is_no_way_around(client):
    name = StaffMemberFactory(user__username="kim").user.username
    for typed, agent in [("kim", "a"), ("KIM", "b"), (" kim ", "c"), ("ｋｉｍ", "d")]:
        sign_in(client, typed, "wrong", headers={"user-agent": agent})
    assert sign_in(client, "kim", "wrong", headers={"user-agent": "e"}).status_code == 429
    assert sign_in(client, name, headers={"user-agent": "f"}).status_code == 429


def test_behind_a_proxy_each_client_is_an_address_of_its_own(client, settings):
    settings.TRUSTED_PROXIES = 1
    name = StaffMemberFactory().user.username
    assert (
        lock(client, name, headers={"x-forwarded-for": "9.9.9.9, 203.0.113.5"}).status_code == 429
    )
    forged = sign_in(client, name, headers={"x-forwarded-for": "1.1.1.1, 203.0.113.5"})
    assert forged.status_code == 429, "what stands before the proxy's word is not believed"
    assert sign_in(client, name, headers={"x-forwarded-for": "203.0.113.6"}).status_code == 302


def test_without_a_proxy_the_header_is_not_believed(client):
    name = StaffMemberFactory().user.username
    for number in range(5):
        answer = sign_in(client, name, "wrong", headers={"x-forwarded-for": f"203.0.113.{number}"})
    assert answer.status_code == 429


def test_clients_without_an_address_are_counted_too():
    name = StaffMemberFactory().user.username
    assert lock(Client(REMOTE_ADDR=""), name).status_code == 429


def test_nothing_that_was_typed_is_stored_or_logged(client, caplog):
    secret = "my-password-in-the-wrong-field"
    StaffMemberFactory(user__username="kim-known")
    with caplog.at_level("DEBUG"):
        lock(client, secret, QUERY_STRING="next=/admin/?q=hong@example.invalid")
        sign_in(client, "kim-known")
    assert secret not in caplog.text
    assert "kim-known" not in caplog.text
    assert "hong@" not in caplog.text
    stored = repr(list(AccessAttempt.objects.values()))
    assert stored != "[]"
    assert secret not in stored
    assert "hong@" not in stored
    assert PASSWORD not in stored
    assert not AccessLog.objects.exists()


def test_a_sign_in_forgets_what_went_before(client):
    name = StaffMemberFactory().user.username
    for _ in range(4):
        sign_in(client, name, "wrong")
    assert sign_in(client, name).status_code == 302
    client.logout()
    assert sign_in(client, name, "wrong").status_code == 200
    assert AccessAttempt.objects.get().failures_since_start == 1


def test_an_administrator_unlocks(client, admin_of_accounts):
    person = StaffMemberFactory()
    page = f"/admin/centre/user/{person.user.pk}/"
    assert "잠긴 것 풀기" not in admin_of_accounts.get(f"{page}change/").content.decode()
    lock(client, person.user.username)
    assert "잠긴 것 풀기" in admin_of_accounts.get(f"{page}change/").content.decode()
    assert admin_of_accounts.post(f"{page}unlock/", {"do": "unlock"}).status_code == 302
    assert sign_in(client, person.user.username).status_code == 302
    event = Event.objects.get(kind="account-unlocked")
    assert (event.subject_type, event.subject_id) == ("centre.user", person.user.pk)


def test_who_is_no_administrator_does_not(client):
    person = StaffMemberFactory()
    lock(client, person.user.username)
    manager = Client()
    manager.force_login(UserFactory(roles=[Role.MANAGER]))
    answer = manager.post(f"/admin/centre/user/{person.user.pk}/unlock/", {"do": "unlock"})
    assert answer.status_code == 403
    assert sign_in(client, person.user.username).status_code == 429


def test_what_is_not_locked_is_not_unlocked():
    with pytest.raises(Refused, match="잠겨 있지 않은"):
        services.unlock(user_id=UserFactory().pk, by=SYSTEM, now=timezone.now())


def test_many_accounts_from_one_address_are_slowed_down(client):
    allowed = int(django_settings.ACCOUNT_RATE_LIMITS["login"].partition("/")[0])
    answers = [sign_in(client, f"name-{number}", "x").status_code for number in range(allowed + 1)]
    assert answers == [200] * allowed + [429]


@pytest.fixture
def admin_of_accounts():
    client = Client()
    client.force_login(UserFactory(roles=[Role.ADMINISTRATOR]))
    return client


def test_the_lock_of_an_account_is_told_by_its_failures():
    now = timezone.now()
    assert not lockout.is_locked("kim", now=now)
    key = lockout.key_of("kim")
    rows = [("10.0.0.1", 3, "a"), ("10.0.0.2", 4, "b"), ("10.0.0.1", 2, "c")]
    for minutes, (address, failures, agent) in enumerate(rows):
        AccessAttempt.objects.create(
            username=key,
            ip_address=address,
            user_agent=agent,
            failures_since_start=failures,
        )
        AccessAttempt.objects.filter(user_agent=agent).update(
            attempt_time=now - timedelta(minutes=10 - minutes)
        )
    assert lockout.locked_until(key, "10.0.0.2", now=now) is None
    assert lockout.locked_until(key, "10.0.0.1", now=now) == now + timedelta(minutes=5)
    assert lockout.is_locked("KIM", now=now)
    assert not lockout.is_locked("kim", now=now + timedelta(minutes=6))
