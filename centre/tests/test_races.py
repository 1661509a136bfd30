"""Two people at the same moment: on a database with row locks."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from centre import services
from centre.errors import NotAllowed, Refused
from centre.factories import StaffMemberFactory, UserFactory
from centre.models import Absence, Closure, Role, RoleGrant
from centre.queries import calendar
from centre.tests.instants import FRIDAY
from records.actors import SYSTEM
from records.models import Event

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]

WHO: dict[str, Any] = {"by": SYSTEM, "now": FRIDAY}


def at_once(*verbs):
    """Run each in a thread of its own, all starting together; the refusals they met."""
    start, refused = threading.Barrier(len(verbs)), []

    def run(verb):
        try:
            start.wait(timeout=10)
            verb()
        except Refused as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()
    return refused


def test_every_closure_counts_one_version():
    """Also the first ones, when there is no row for the version yet."""
    mondays = [date(2026, 11, 23) + timedelta(weeks=week) for week in range(4)]
    refused = at_once(
        *[lambda on=on: services.add_closure(on=on, reason="휴무", **WHO) for on in mondays]
    )
    assert refused == []
    assert calendar().version == 5
    assert not any(calendar().is_open_day(on) for on in mondays)


def test_a_day_is_closed_by_one_of_two():
    on = date(2026, 11, 23)
    refused = at_once(
        *[lambda: services.add_closure(on=on, reason="휴무", **WHO) for _ in range(2)]
    )
    assert len(refused) == 1
    assert Closure.objects.count() == 1
    assert Event.objects.count() == 1
    assert calendar().version == 2


def test_two_administrators_do_not_remove_each_other():
    users = [UserFactory(roles=[Role.ADMINISTRATOR]) for _ in range(2)]
    refused = at_once(
        *[
            lambda user=user: services.revoke_role(user_id=user.pk, role="administrator", **WHO)
            for user in users
        ]
    )
    assert [type(error) for error in refused] == [NotAllowed]
    assert RoleGrant.objects.count() == 1


def test_two_administrators_do_not_switch_each_other_off():
    users = [UserFactory(roles=[Role.ADMINISTRATOR]) for _ in range(2)]
    refused = at_once(
        *[
            lambda user=user: services.set_active(user_id=user.pk, active=False, **WHO)
            for user in users
        ]
    )
    assert [type(error) for error in refused] == [NotAllowed]


def test_an_absence_is_entered_by_one_of_two():
    person = StaffMemberFactory()
    until = FRIDAY + timedelta(hours=2)
    refused = at_once(
        *[
            lambda: services.enter_absence(
                person_id=person.pk, starts_at=FRIDAY, ends_at=until, reason="out", **WHO
            )
            for _ in range(2)
        ]
    )
    assert len(refused) == 1
    assert Absence.objects.count() == 1


def test_a_person_leaves_once():
    person = StaffMemberFactory()
    refused = at_once(
        *[lambda: services.leave(person_id=person.pk, on=FRIDAY.date(), **WHO) for _ in range(2)]
    )
    assert len(refused) == 1
    assert Event.objects.filter(kind="person-left").count() == 1


def test_an_absence_is_cancelled_once():
    absence = Absence.objects.create(
        person=StaffMemberFactory(),
        starts_at=FRIDAY + timedelta(days=1),
        ends_at=FRIDAY + timedelta(days=2),
        reason="leave",
        entered_at=FRIDAY,
    )
    refused = at_once(
        *[lambda: services.cancel_absence(absence_id=absence.pk, **WHO) for _ in range(2)]
    )
    assert len(refused) == 1
    assert Event.objects.count() == 1
