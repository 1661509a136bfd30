"""Two at once, with real threads on PostgreSQL: one winner, one mail."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from notices import services
from notices.checks import breaches
from notices.models import Attempt, Notice, Status
from notices.tests.making import OPEN, make_person, owe_receipt, reminder
from records.models import Event

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


def at_once(*verbs: Callable[[], Any]) -> list[Any]:
    """What each returned, all begun at the same moment."""
    barrier = threading.Barrier(len(verbs))
    results: list[Any] = [None] * len(verbs)

    def run(place: int, verb: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            results[place] = verb()
        except Exception as error:  # noqa: BLE001 - looked at by the test
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def test_two_deliveries_send_each_mail_once(post, app):
    for number in range(30):
        owe_receipt(number)
    post.seconds = 0.002
    sent = at_once(*[lambda: services.deliver(now=OPEN)] * 4)
    assert sum(sent) == 30
    assert len(post.mails) == len(set(post.ids)) == 30
    assert len(app.told) == 30
    assert Event.objects.count() == 30
    assert set(Notice.objects.values_list("status", "attempts")) == {("delivered", 1)}


def sweep(person, numbers):
    return services.owe_many([reminder(person, number) for number in numbers], now=OPEN)


def test_two_filings_and_two_sweeps_owe_each_thing_once(app):
    results = at_once(*[owe_receipt] * 4)
    assert [type(result) for result in results if result is not None] == [Notice]
    assert Notice.objects.count() == 1
    Notice.objects.all().delete()
    nam = make_person()
    for round_ in range(5):
        numbers = range(round_ * 10, round_ * 10 + 10)
        shares = (numbers, numbers[3:], numbers[:5])
        results = at_once(*[partial(sweep, nam, share) for share in shares])
        assert sum(results) == 10
    told = [
        line
        for body in Notice.objects.sendable(now=OPEN).values_list("body", "title")
        for line in " ".join(body).split()
        if line.startswith("2026-")
    ]
    assert len(told) == len(set(told)) == 50


def test_one_of_two_clicks_does_it(app):
    nam = make_person()
    task = owe_receipt(to=services.Citizen("박순례", "phone", "1"))
    log = {"notice_id": task.pk, "by": nam, "outcome": "busy", "now": OPEN}
    logged = at_once(*[lambda: services.log_attempt(**log)] * 3)
    assert sorted(logged) == [False, False, True]
    assert Attempt.objects.count() == 1
    done = at_once(*[lambda: services.do_task(notice_id=task.pk, by=nam, now=OPEN)] * 4)
    assert sorted(done) == [False, False, False, True]
    assert len(app.told) == Event.objects.count() == 1


def test_follow_ups_left_over_are_told_once(post, app):
    for number in range(5):
        owe_receipt(number)
    app.broken = True
    services.deliver(now=OPEN)
    app.broken, app.told = False, []
    later = OPEN.replace(hour=11)
    at_once(*[lambda: services.deliver(now=later)] * 3)
    assert len(app.told) == 5
    assert not Notice.objects.exclude(follow_up="").exists()


def test_cancelling_and_sending_at_once_leaves_nothing_between(post, app):
    for number in range(10):
        owe_receipt(number)
    cancels = [
        partial(services.cancel, subject_type="case", subject_id=n, templates=None, now=OPEN)
        for n in range(10)
    ]
    at_once(lambda: services.deliver(now=OPEN), *cancels)
    services.deliver(now=OPEN.replace(hour=12))
    states = dict(Notice.objects.values_list("key", "status"))
    assert set(states.values()) <= {Status.DELIVERED, Status.CANCELLED}
    assert len(post.mails) == sum(state == Status.DELIVERED for state in states.values())
    assert not Notice.objects.exclude(secret="").exists()


def hold_for(people, numbers):
    for person in people:
        for number in numbers:
            services.owe_many(
                [reminder(person, number, hours="opening")], now=OPEN.replace(hour=20)
            )


def test_passes_at_one_opening_make_one_mail_a_person(post, app):
    people = [make_person(email=f"p{n}@example.org") for n in range(6)]
    hold_for(people, range(4))
    opening = OPEN.replace(day=7, hour=9)
    sent = at_once(*[lambda: services.deliver(now=opening)] * 4)
    assert sum(sent) == len(post.mails) == 6, sent
    assert len(set(post.ids)) == 6
    assert {mail["To"].addresses[0].addr_spec for mail in post.mails} == {p.email for p in people}
    assert len(app.told) == 24


def test_taken_back_while_the_opening_comes_nothing_is_left_hanging(post, app):
    people = [make_person(email=f"p{n}@example.org") for n in range(3)]
    hold_for(people, range(8))
    opening = OPEN.replace(day=7, hour=9)
    cancels = [
        partial(services.cancel, subject_type="case", subject_id=n, templates=None, now=opening)
        for n in range(8)
    ]
    results = at_once(
        lambda: services.deliver(now=opening), lambda: services.deliver(now=opening), *cancels
    )
    assert all(isinstance(result, int) for result in results), results
    services.deliver(now=opening.replace(hour=11))
    states = set(Notice.objects.values_list("status", flat=True))
    assert states <= {Status.DELIVERED, Status.CANCELLED}
    assert not list(breaches(now=opening))
