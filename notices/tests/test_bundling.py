"""What is held for one person until an opening is one mail then, with what is still owed in it."""

from datetime import timedelta

import pytest

from notices import services
from notices.checks import breaches
from notices.models import Notice, Status
from notices.services import delivering
from notices.tests.making import EVENING, make_person, owe_staff, reminder

pytestmark = pytest.mark.django_db

MORNING_AFTER = EVENING + timedelta(hours=13)
SECOND = timedelta(seconds=1)


@pytest.fixture
def held(nam):
    """Five verbs and sweeps of one evening each owed something to the same person."""
    for number in (1, 2):
        owe_staff(nam, number, hours="opening", now=EVENING + number * SECOND)
    services.owe_many([reminder(nam, n, hours="opening") for n in (3, 4, 5)], now=EVENING)
    return nam


def opening(**more):
    return services.deliver(now=MORNING_AFTER, **more)


def told(post):
    (mail,) = post.mails
    return mail.get_body(("plain",)).get_content()


def cancel(*numbers):
    for number in numbers:
        services.cancel(subject_type="case", subject_id=number, templates=None, now=EVENING)


def test_what_an_evening_left_for_one_person_is_one_mail(post, app, held):
    assert opening() == 1
    assert post.subjects == ["[알림] 확인하실 일 5건"]
    body = told(post)
    for number in range(1, 6):
        assert f"2026-{number:06}-H" in body
        assert f"https://voc.example.org/admin/{number}/" in body
    assert set(Notice.objects.values_list("status", flat=True)) == {Status.DELIVERED}
    assert len(app.told) == 5
    assert opening() == 0
    assert list(breaches(now=MORNING_AFTER)) == []


def test_everybody_has_a_mail_of_his_own_and_one_thing_alone_is_told_as_it_is(post, held):
    other = make_person(email="other@example.org")
    owe_staff(other, 6, hours="opening", now=EVENING)
    assert opening() == 2
    assert sorted(post.subjects) == ["[기한 2일 전] 2026-000006-H", "[알림] 확인하실 일 5건"]


def test_what_was_taken_back_meanwhile_is_not_in_it(post, held):
    cancel(2)
    services.keep_from(subject_type="case", subject_id=3, people=[held.pk])
    opening()
    assert post.subjects == ["[알림] 확인하실 일 3건"]
    assert "000002" not in told(post)
    assert "000003" not in told(post)


def test_when_all_but_one_are_taken_back_that_one_is_told_as_it_is(post, held):
    cancel(1, 2, 3, 4)
    opening()
    assert post.subjects == ["[기한 2일 전] 2026-000005-H"]
    assert not Notice.objects.filter(template="staff-digest").exists()


def test_what_is_told_at_once_does_not_wait_for_the_others(post, held):
    owe_staff(held, 9, template="overdue", hours="any", now=EVENING, team="기획팀", due_at="어제",
              late_by="", handler_name="", new_due_at="", passed_again=False)  # fmt: skip
    assert services.deliver(now=EVENING + SECOND) == 1
    assert "2026-000009-H" in post.subjects[0]


def test_held_until_another_opening_it_is_another_mail(post, held):
    owe_staff(held, 6, hours="opening", now=MORNING_AFTER + timedelta(hours=10))
    opening()
    assert services.deliver(now=MORNING_AFTER + timedelta(days=1)) == 1
    assert post.subjects == ["[알림] 확인하실 일 5건", "[기한 2일 전] 2026-000006-H"]


# --- a server that is away, a pass that dies ----------------------------------------------------


def test_a_bundle_that_waits_for_the_server_loses_what_is_taken_back(post, held):
    post.stop()
    assert opening() == 0
    carrier = Notice.objects.get(template="staff-digest")
    assert (carrier.status, carrier.attempts) == (Status.OWED, 0)
    cancel(1, 5)
    post.start()
    assert services.deliver(now=MORNING_AFTER + timedelta(minutes=1)) == 1
    assert post.subjects == ["[알림] 확인하실 일 3건"]
    assert "000001" not in told(post)
    assert list(breaches(now=MORNING_AFTER)) == []


def test_nothing_left_in_a_waiting_bundle_is_no_mail(post, held):
    post.stop()
    opening()
    cancel(1, 2, 3, 4, 5)
    post.start()
    assert services.deliver(now=MORNING_AFTER + timedelta(minutes=1)) == 0
    assert set(Notice.objects.values_list("status", flat=True)) == {Status.CANCELLED}


def test_a_pass_that_dies_while_sending_sends_the_same_mail_again(post, held, monkeypatch):
    def die(self, notice):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(delivering._Pass, "_accepted", die)
        with pytest.raises(SystemExit):
            opening()
    assert services.deliver(now=MORNING_AFTER + SECOND) == 0  # the lease still runs
    assert services.deliver(now=MORNING_AFTER + timedelta(minutes=2)) == 1
    assert len(post.ids) == 2
    assert len(set(post.ids)) == 1


def test_a_mail_the_server_has_seen_alone_is_not_bundled_later(post, nam):
    post.recipients["nam@example.org"] = "450 4.2.1 mailbox busy"
    owe_staff(nam, 1, hours="opening", now=EVENING)
    opening()
    post.recipients.clear()
    later = MORNING_AFTER + timedelta(seconds=30)
    Notice.objects.update(next_attempt_at=later)
    owe_staff(nam, 2, now=later)
    assert services.deliver(now=later) == 2
    assert not Notice.objects.filter(template="staff-digest").exists()


def test_a_mail_that_cannot_be_read_stops_nobody_elses(post, held):
    other = make_person(email="other@example.org")
    owe_staff(other, 7, hours="opening", now=EVENING)
    Notice.objects.filter(subject_id=2, staff=held).update(last_error="")
    _spoil(Notice.objects.get(subject_id=2).pk)
    opening()
    assert "[기한 2일 전] 2026-000007-H" in post.subjects
    assert len(post.mails) == 5
    assert Notice.objects.without_texts().get(subject_id=2).status == Status.FAILED


def _spoil(pk):
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("update notices_notice set body = 'nonsense' where id = %s", [pk])
