"""Real threads against each other on PostgreSQL: two desks, one visitor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from complaints.tests.test_races import at_once
from notices.models import Notice
from reception import services
from reception.checks import breaches
from reception.errors import Refused
from reception.models import ContactNote, Visit
from reception.tests.conftest import MORNING, a_token
from records.models import Event
from standards.models import Commitment
from standards.services import sweep

pytestmark = [pytest.mark.races, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def outcomes(results: list[Any]) -> tuple[int, int]:
    won = [one for one in results if not isinstance(one, Exception)]
    lost = [one for one in results if isinstance(one, Refused)]
    assert len(won) + len(lost) == len(results), results
    return len(won), len(lost)


@pytest.mark.parametrize("verb", [services.call, services.serve, services.leave_unserved])
def test_two_desks_and_one_visitor(come: Any, desk: Any, person: Any, verb: Any) -> None:
    visit, other = come(), person("noh.jh")
    results = at_once(*[
        lambda who=who: verb(visit_id=visit.pk, by=who, now=MORNING) for who in (desk, other, desk)
    ])  # fmt: skip
    assert outcomes(results) == (1, 2)
    lost = next(str(one) for one in results if isinstance(one, Refused))
    assert visit.label in lost
    assert list(breaches()) == []


def test_served_and_gone_at_once_is_one_of_the_two(come: Any, desk: Any, person: Any) -> None:
    visit = come()
    results = at_once(
        lambda: services.serve(visit_id=visit.pk, by=desk, now=MORNING),
        lambda: services.leave_unserved(visit_id=visit.pk, by=person("noh.jh"), now=MORNING),
    )
    assert outcomes(results) == (1, 1)
    assert list(breaches()) == []


def test_the_same_form_at_once_is_one_visit_and_one_note(come: Any, take: Any) -> None:
    token = a_token()
    at_once(*[lambda: come(form_token=token)] * 4)
    assert Visit.objects.count() == 1
    assert Commitment.objects.filter(subject_type="visit").count() == 1
    taken = at_once(*[lambda: take(form_token=token)] * 4)
    assert sum(one.created for one in taken) == 1, taken
    assert ContactNote.objects.count() == 1
    assert Event.objects.filter(kind="note-taken").count() == 1
    keys = list(Notice.objects.filter(template="note-taken").values_list("key", flat=True))
    assert len(keys) == len(set(keys))


def test_visitors_at_once_get_different_labels(come: Any) -> None:
    visits = at_once(*[come] * 6)
    assert len({visit.label for visit in visits}) == 6


def test_absences_followed_twice_at_once_tell_once(take: Any, away: Any) -> None:
    notes = [take().note for _n in range(4)]
    away("cha.mj", "2026-09-09 10:00", "2026-09-09 12:00")
    moved = at_once(*[lambda: services.follow_absences(now=MORNING + timedelta(minutes=1))] * 3)
    assert sum(moved) == len(notes), moved
    for note in notes:
        assert Event.objects.filter(kind="note-given", subject_id=note.pk).count() == 1


def test_an_attempt_while_the_sweep_misses_it_is_judged_by_the_facts(
    take: Any, person: Any
) -> None:
    note = take().note
    due, handler = MORNING + timedelta(hours=1), person("cha.mj")
    at_once(
        lambda: services.log_attempt(
            note_id=note.pk, way="phone", outcome="busy", by=handler, now=due
        ),
        lambda: sweep(now=due),
    )
    sweep(now=due + timedelta(seconds=15))
    promise = Commitment.objects.get(key=f"callback:{note.pk}:contact")
    assert promise.state == "kept"
    assert list(breaches()) == []


def test_two_sweeps_call_out_a_wait_once(come: Any) -> None:
    come()
    at_once(*[lambda: sweep(now=MORNING + timedelta(minutes=7))] * 3)
    assert Event.objects.filter(kind="wait-seven").count() == 1
    told = list(Notice.objects.filter(template="wait-seven").values_list("staff", flat=True))
    assert len(told) == len(set(told))
