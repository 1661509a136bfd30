"""The pages of the back-office: tasks, what went out, and the buttons."""

import pytest
from django.urls import reverse

from centre.factories import UserFactory
from centre.models import Role
from notices import registry, services
from notices.models import Attempt, Notice, Status
from notices.tests.making import CODE, OPEN, make_person, owe_receipt, owe_staff
from records.models import AccessLog

pytestmark = pytest.mark.django_db
LIST = "/admin/notices/notice/"
TASKS = "/admin/notices/notice/tasks/"
PARK = services.Citizen("박순례", "phone", "010-0000-1002")


def page_of(notice):
    return reverse("admin:notices_notice_change", args=[notice.pk])


@pytest.fixture
def desk():
    return make_person(name="임다온", roles=[Role.DESK])


@pytest.fixture
def signed_in(client, desk):
    client.force_login(desk.user, backend="centre.auth.RoleBackend")
    return client


def content(response):
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_masked_names_and_no_code(signed_in, post):
    owe_receipt(1)
    owe_receipt(2, to=PARK)
    page = content(signed_in.get(LIST))
    assert "김*람 ha***@example.com" in page
    assert "박*례 010-****-1002" in page
    for hidden in ("김하람", "haram@", "0000-1002", CODE):
        assert hidden not in page


@pytest.mark.parametrize("number", [1, 40])
def test_queries_of_the_list(signed_in, nam, number, django_assert_max_num_queries):
    for n in range(number):
        owe_receipt(n)
        owe_staff(nam, n)
    with django_assert_max_num_queries(9):
        signed_in.get(LIST)


@pytest.mark.parametrize("number", [1, 40])
def test_queries_of_the_tasks(signed_in, desk, number, django_assert_max_num_queries):
    for n in range(number):
        task = owe_receipt(n, to=PARK, task_for=desk)
        services.log_attempt(notice_id=task.pk, by=desk, outcome="busy", now=OPEN)
    with django_assert_max_num_queries(8):
        signed_in.get(TASKS)


@pytest.mark.parametrize(("asked", "found"), [("7", 1), ("8", 0), ("박순례", 0), ("9" * 30, 0)])
def test_search_by_number(signed_in, asked, found):
    owe_receipt(7, to=PARK)
    assert content(signed_in.get(LIST, {"q": asked})).count("박*례") == found


def test_tasks_are_listed_with_the_most_urgent_first(signed_in, desk):
    later = owe_receipt(1, to=PARK, task_for=desk, now=OPEN.replace(year=2027, day=5))
    soon = owe_receipt(2, to=services.Citizen("최은별", "post", "안동시 1"), task_for=desk)
    page = content(signed_in.get(TASKS))
    assert page.index(page_of(soon)) < page.index(page_of(later))
    assert "박*례" in page
    assert "최*별" in page
    assert "010-0000" not in page
    assert "안동시" not in page
    assert AccessLog.objects.count() == 0


def test_an_opened_task_shows_all_that_is_needed_and_is_logged(signed_in, desk):
    task = owe_receipt(to=PARK, task_for=desk)
    page = content(signed_in.get(page_of(task)))
    for shown in ("박순례", "010-0000-1002", CODE, "2026-000123-H", 'value="reached"'):
        assert shown in page
    log = AccessLog.objects.get()
    assert (log.actor_label, log.whose, log.subject_id) == ("임다온 주임", "박*례", 1)


def test_a_settled_notice_shows_no_contact_and_no_code(signed_in, post):
    notice = owe_receipt()
    before = content(signed_in.get(page_of(notice)))
    services.deliver(now=OPEN)
    after = content(signed_in.get(page_of(notice)))
    for page in (before, after):
        assert CODE not in page
        assert "haram@" not in page
        assert "●●●●●●●●●●" in page
    assert 'value="bounced"' in after
    assert not AccessLog.objects.exists()


@pytest.mark.parametrize("outcome", ["reached", "no_answer", "busy", "message"])
def test_calls_are_logged_with_one_press(signed_in, desk, outcome):
    task = owe_receipt(to=PARK, task_for=desk)
    response = signed_in.post(page_of(task), {"do": outcome})
    assert response.status_code == 302
    assert response["Location"] == TASKS
    assert Attempt.objects.get().outcome == outcome
    task.refresh_from_db()
    assert (task.status == Status.DELIVERED) == (outcome == "reached")


def test_a_letter_is_done_with_a_note_and_once(signed_in, desk):
    task = owe_receipt(to=services.Citizen("박순례", "post", "안동시 1"), task_for=desk)
    signed_in.post(page_of(task), {"do": "done", "note": " 등기\r\n12345 "})
    again = signed_in.post(page_of(task), {"do": "done", "note": "또"}, follow=True)
    assert "이미 처리되어 있어" in content(again)
    task.refresh_from_db()
    assert (task.status, task.done_note, task.done_by) == (Status.DELIVERED, "등기\n12345", desk)


@pytest.mark.parametrize(
    ("note", "said"), [("900101-1234567", "주민등록번호"), ("가" * 501, "500자까지")]
)
def test_a_note_that_is_refused_is_not_lost(signed_in, desk, note, said):
    task = owe_receipt(to=services.Citizen("박순례", "post", "안동시 1"), task_for=desk)
    page = content(signed_in.post(page_of(task), {"do": "done", "note": note}))
    assert said in page
    assert note in page
    task.refresh_from_db()
    assert task.status == Status.TASK


def test_bounced_and_sent_again(signed_in, post, nam):
    owe_staff(nam)
    services.deliver(now=OPEN)
    notice = Notice.objects.get()
    assert "되돌아온 메일로 표시" in content(
        signed_in.post(page_of(notice), {"do": "bounced"}, follow=True)
    )
    assert "곧 다시 보냅니다" in content(
        signed_in.post(page_of(notice), {"do": "again"}, follow=True)
    )
    notice.refresh_from_db()
    assert notice.status == Status.OWED
    refused = signed_in.post(page_of(notice), {"do": "bounced"}, follow=True)
    assert "전해진 메일만" in content(refused)


def test_a_page_for_somebody_without_mail_is_his_alone(client, desk):
    person = make_person(email="", roles=[Role.HANDLER])
    owe_staff(person)
    notice = Notice.objects.get()
    client.force_login(desk.user, backend="centre.auth.RoleBackend")
    assert page_of(notice) not in content(client.get(TASKS))
    client.force_login(person.user, backend="centre.auth.RoleBackend")
    assert page_of(notice) in content(client.get(TASKS))
    assert 'value="read"' in content(client.get(page_of(notice)))
    client.post(page_of(notice), {"do": "read"})
    notice.refresh_from_db()
    assert notice.status == Status.DELIVERED


def test_what_is_about_a_person_is_hidden_from_him(signed_in, desk, app):
    registry.register("case", visible_to=lambda user: {2} if user == desk.user else {1, 2})
    hidden = owe_receipt(1, to=PARK, task_for=desk)
    shown = owe_receipt(2, to=PARK, task_for=desk)
    for address in (LIST, TASKS):
        page = content(signed_in.get(address))
        assert page_of(shown) in page
        assert page_of(hidden) not in page
    assert signed_in.get(page_of(hidden)).status_code == 404
    assert signed_in.post(page_of(hidden), {"do": "reached"}).status_code == 404
    hidden.refresh_from_db()
    assert hidden.status == Status.TASK


def test_who_may_not_sees_nothing(client):
    task = owe_receipt(to=PARK)
    administrator = UserFactory(roles=[Role.ADMINISTRATOR])
    client.force_login(administrator, backend="centre.auth.RoleBackend")
    for address in (LIST, TASKS, page_of(task)):
        assert client.get(address).status_code == 403
    assert client.post(page_of(task), {"do": "reached"}).status_code == 403
    client.logout()
    for address in (LIST, TASKS, page_of(task)):
        assert client.get(address).status_code == 302


@pytest.mark.parametrize("do", ["", "delete", "bounce"])
def test_a_verb_that_is_none_is_refused(signed_in, do):
    assert signed_in.post(page_of(owe_receipt(to=PARK)), {"do": do}).status_code == 403


def test_nothing_is_added_changed_or_deleted(signed_in, desk):
    task = owe_receipt(to=PARK, task_for=desk)
    assert signed_in.get(f"{LIST}add/").status_code == 403
    assert signed_in.post(f"{LIST}{task.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Notice.objects.filter(pk=task.pk).exists()


def test_a_link_to_the_case(signed_in, app, desk):
    registry.register("case", link=lambda number: f"/admin/cases/{number}/")
    task = owe_receipt(5, to=PARK, task_for=desk)
    assert 'href="/admin/cases/5/"' in content(signed_in.get(page_of(task)))
