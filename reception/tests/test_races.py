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
from reception.services import NewDifficultCall
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


# --- difficult calls, promises in writing, disposal ---------------------------------------------


def test_a_difficult_call_sent_twice_at_once_tells_the_lead_once(desk: Any) -> None:
    token = a_token()
    new = NewDifficultCall(origin="phone", kind="abuse", ended="taken", after="rest", at=MORNING)
    rows = at_once(*[
        lambda: services.record_difficult_call(form_token=token, new=new, by=desk, now=MORNING)
    ] * 4)  # fmt: skip
    assert len({row.pk for row in rows}) == 1, rows
    assert Event.objects.filter(kind="difficult-call").count() == 1
    assert Notice.objects.filter(template="difficult-call").count() == 1
    leads = at_once(*[lambda: services.call_lead(form_token=token, by=desk, now=MORNING)] * 4)
    assert len({lead.pk for lead in leads}) == 1, leads
    assert Notice.objects.filter(template="lead-called").count() == 1
    assert list(breaches()) == []


def test_a_note_by_mail_sent_twice_at_once_promises_once(take: Any) -> None:
    token = a_token()
    at_once(*[lambda: take(form_token=token, way="email", contact="haram@example.com")] * 4)
    assert ContactNote.objects.count() == 1
    assert Notice.objects.filter(template="callback-promised").count() == 1
    assert list(breaches()) == []


def test_a_visitor_entered_by_two_desks_and_taken_back_by_both(come: Any, desk: Any) -> None:
    first, twin = at_once(come, come)
    results = at_once(*[
        lambda pk=pk: services.undo_visit(visit_id=pk, by=desk, now=MORNING)
        for pk in (twin.pk, twin.pk)
    ])  # fmt: skip
    assert outcomes(results) == (1, 1)
    assert set(Visit.objects.values_list("pk", "state")) == {
        (first.pk, "waiting"),
        (twin.pk, "mistaken"),
    }
    assert Event.objects.filter(kind="visit-mistaken").count() == 1
    assert list(breaches()) == []


def test_taken_back_while_it_is_called_is_one_of_the_two(come: Any, desk: Any) -> None:
    visit = come()
    results = at_once(
        lambda: services.undo_visit(visit_id=visit.pk, by=desk, now=MORNING),
        lambda: services.serve(visit_id=visit.pk, by=desk, now=MORNING),
    )
    won, _lost = outcomes(results)
    visit.refresh_from_db()
    assert won >= 1
    assert visit.state in {"served", "mistaken"}
    assert list(breaches()) == []


def test_given_by_hand_while_an_absence_moves_it_has_one_keeper(
    take: Any, away: Any, desk: Any, person: Any
) -> None:
    note = take().note
    away("cha.mj", "2026-09-09 10:00", "2026-09-09 12:00")
    to = person("noh.jh")
    at_once(
        lambda: services.give_note(note_id=note.pk, to_id=to.pk, by=desk, now=MORNING),
        lambda: services.follow_absences(now=MORNING),
    )
    note.refresh_from_db()
    given = Event.objects.filter(kind="note-given", subject_id=note.pk).order_by("pk")
    assert given.count() == note.hands - 1
    assert list(given)[-1].data["to"] == note.keeper_id
    assert list(breaches()) == []


def test_two_attempts_at_once_close_it_once(take: Any, person: Any, desk: Any) -> None:
    note = take().note
    results = at_once(*[
        lambda who=who: services.log_attempt(
            note_id=note.pk, way="phone", outcome="reached", by=who, now=MORNING
        )
        for who in (person("cha.mj"), desk)
    ])  # fmt: skip
    assert outcomes(results) == (1, 1)
    assert Event.objects.filter(kind="note-closed", subject_id=note.pk).count() == 1
    assert list(breaches()) == []


def test_two_passes_of_disposal_leave_one_record(take: Any, come: Any, person: Any) -> None:
    visit = come(name="김하람")
    services.serve(visit_id=visit.pk, by=person("im.do"), now=MORNING)
    for _n in range(4):
        services.called_back(note_id=take().note.pk, by=person("cha.mj"), now=MORNING)
    later = MORNING + timedelta(days=400)
    done = at_once(*[lambda: services.dispose_due(now=later)] * 3)
    assert sum(done) == 5, done
    assert Event.objects.filter(kind="disposed").count() == 5
    assert list(breaches()) == []
