"""Real threads against each other on PostgreSQL: the last place, a place given back, one form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from complaints.tests.conftest import seoul
from complaints.tests.test_races import at_once
from education import queries, services
from education.checks import breaches
from education.errors import AlreadyEnrolled, NotNow, Refused
from education.models import Certificate, Enrolment
from education.tests.conftest import MORNING, a_plan, a_token, come, fresh, states, times
from notices.models import Notice
from records.models import Event
from standards.services import sweep

pytestmark = [pytest.mark.races, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

LATER = MORNING + timedelta(hours=2)


def counts(course: Any) -> tuple[int, int]:
    return queries.seats(course)


def test_many_at_once_never_overbook(announced: Any) -> None:
    course = announced(capacity=3)
    done = at_once(*[lambda: come(course)] * 8)
    assert all(isinstance(one, services.Enrolled) for one in done), done
    assert counts(course) == (3, 5)
    assert sorted(one.number for one in done) == [0, 0, 0, 1, 2, 3, 4, 5]
    assert list(breaches()) == []


def test_the_same_contact_at_once_is_one(announced: Any) -> None:
    course = announced()
    done = at_once(*[lambda: come(course, "haram@example.com")] * 5)
    assert sum(isinstance(one, services.Enrolled) for one in done) == 1
    assert sum(isinstance(one, AlreadyEnrolled) for one in done) == 4, done
    assert Notice.objects.filter(template="course-enrolled").count() == 1


def test_the_same_form_at_once_is_one(announced: Any) -> None:
    course, token = announced(), a_token()
    done = at_once(*[lambda: come(course, "haram@example.com", form_token=token)] * 5)
    assert [isinstance(one, services.Enrolled) for one in done] == [True] * 5, done
    assert sum(one.created for one in done) == 1
    assert Enrolment.objects.count() == 1


def test_a_place_given_back_while_others_come_goes_to_who_waited_longest(announced: Any) -> None:
    course = announced(capacity=1)
    first, waiting = come(course).enrolment, come(course).enrolment
    token = queries.link_token(first.nonce)
    done = at_once(
        lambda: services.cancel_by_link(link_token=token, now=LATER),
        lambda: services.cancel_by_link(link_token=token, now=LATER),
        *[lambda: come(course, now=LATER)] * 3,
    )
    assert not [one for one in done if isinstance(one, Exception)], done
    assert counts(course) == (1, 3)
    waiting.refresh_from_db()
    assert waiting.state == "enrolled"
    assert Event.objects.filter(kind="enrolment-cancelled").count() == 1
    assert Notice.objects.filter(template="course-confirmed").count() == 1
    assert list(breaches()) == []


def test_more_places_and_a_cancellation_at_once(announced: Any, planner: Any) -> None:
    course = announced(capacity=1)
    people = [come(course).enrolment for _n in range(5)]
    token = queries.link_token(people[0].nonce)
    plan = a_plan(planner, capacity=2)
    done = at_once(
        lambda: services.cancel_by_link(link_token=token, now=LATER),
        lambda: services.edit_course(course_id=course.pk, plan=plan, by=planner, now=LATER),
    )
    assert not [one for one in done if isinstance(one, Exception)], done
    assert counts(course) == (2, 2)
    states_now = [Enrolment.objects.get(pk=one.pk).state for one in people]
    assert states_now == ["cancelled", "enrolled", "enrolled", "waiting", "waiting"]
    assert list(breaches()) == []


def test_announced_twice_at_once_while_the_sweep_misses_it(draft: Any, planner: Any) -> None:
    course = draft("2026-10-07 10:00-17:00")
    due = seoul("2026-09-17 00:00")
    done = at_once(
        *[
            lambda: services.announce(
                course_id=course.pk, by=planner, now=due - timedelta(seconds=1)
            )
        ]
        * 3,
        lambda: sweep(now=due),
    )
    assert sum(isinstance(one, NotNow) for one in done) == 2, done
    sweep(now=due + timedelta(seconds=15))
    assert states(course) == ["kept"]
    assert list(breaches()) == []


def test_moved_and_called_off_and_enrolled_at_once(
    announced: Any, planner: Any, person: Any
) -> None:
    course = announced()
    come(course)
    lead = person("cha.mj").team.members.get(position="lead")
    at_once(
        lambda: services.move(
            course_id=course.pk,
            sessions=times("2026-10-05 10:00-17:00"),
            place="대회의실",
            reason="공사",
            by=planner,
            now=LATER,
        ),
        lambda: services.cancel_course(course_id=course.pk, reason="강사 사정", by=lead, now=LATER),
        lambda: come(course, now=LATER),
    )
    course = fresh(course)
    assert course.state == "cancelled"
    assert set(states(course)) == {"excluded"}
    told = Notice.objects.filter(template="course-cancelled").count()
    assert told == sum(counts(course))
    assert list(breaches()) == []


def test_two_passes_at_once_do_everything_once(announced: Any) -> None:
    course = announced("2026-10-07 10:00-17:00")
    come(course)
    at_once(*[lambda: services.follow(now=seoul("2026-10-06 10:00"))] * 3)
    assert Notice.objects.filter(template="course-tomorrow").count() == 1
    at_once(*[lambda: services.follow(now=seoul("2026-10-07 17:00"))] * 3)
    assert Event.objects.filter(kind="course-finished").count() == 1
    at_once(*[lambda: services.dispose_due(now=seoul("2030-01-01 10:00"))] * 3)
    assert Event.objects.filter(kind="disposed").count() == 1


def test_certificates_at_once_have_one_number_each(announced: Any, planner: Any) -> None:
    course = announced("2026-10-07 10:00-17:00")
    people = [come(course).enrolment for _n in range(3)]
    end = seoul("2026-10-07 17:00")
    services.follow(now=end)
    session = course.sessions.get()
    marks = {(one.pk, session.pk): 420 for one in people}
    services.write_attendance(course_id=course.pk, marks=marks, by=planner, now=end)
    done = at_once(
        *[lambda: services.issue_certificates(course_id=course.pk, by=planner, now=end)] * 4
    )
    assert not [one for one in done if isinstance(one, Refused)], done
    numbers = list(Certificate.objects.values_list("number", flat=True))
    assert sorted(numbers) == [f"제2026-교육-000{n}호" for n in (1, 2, 3)]
    assert Notice.objects.filter(template="course-completed").count() == 3
