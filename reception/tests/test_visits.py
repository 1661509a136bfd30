"""Visits: the clock of ten minutes, the call at seven, deputies, mistakes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from complaints.tests.conftest import seoul
from notices.models import Notice
from reception import services
from reception.checks import breaches
from reception.errors import NotNow, PersonLeft, Refused
from reception.models import ContactNote, Visit
from reception.services import NewNote
from reception.tests.conftest import MORNING, a_token
from records.models import Event
from standards.models import Commitment
from standards.services import sweep


def wait_of(visit: Visit) -> Commitment:
    return Commitment.objects.get(key=f"visit:{visit.pk}:wait")


def deputy_of(visit: Visit) -> Commitment:
    return Commitment.objects.get(key=f"visit:{visit.pk}:deputy")


def minutes(count: float) -> Any:
    return MORNING + timedelta(minutes=count)


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (timedelta(0), "kept"),
        (timedelta(minutes=9, seconds=59), "kept"),
        (timedelta(minutes=10), "missed"),  # "10분 이상 기다리지 않도록": ten is too long
        (timedelta(minutes=25), "missed"),
        (timedelta(minutes=-3), "kept"),  # the server's clock was set back
    ],
)
def test_a_wait_is_kept_below_ten_minutes(
    come: Any, desk: Any, after: timedelta, state: str
) -> None:
    visit = come()
    services.serve(visit_id=visit.pk, by=desk, now=MORNING + after)
    assert wait_of(visit).state == state
    sweep(now=minutes(60))
    assert wait_of(visit).state == state
    assert list(breaches()) == []


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-09-09 11:55", "2026-09-09 12:05"),  # a visitor waits over lunch all the same
        ("2026-09-09 17:55", "2026-09-09 18:05"),
    ],
)
def test_a_wait_is_measured_by_the_clock_on_the_wall(come: Any, start: str, due: str) -> None:
    assert wait_of(come(now=seoul(start))).due_at == seoul(due)


def test_at_seven_minutes_desk_and_team_are_called_once(come: Any, person: Any) -> None:
    visit = come(sought="cha.mj")
    sweep(now=minutes(6.9))
    assert not Notice.objects.filter(template="wait-seven").exists()
    sweep(now=minutes(7))
    sweep(now=minutes(7.5))
    told = Notice.objects.filter(template="wait-seven")
    assert {notice.staff.user.username for notice in told if notice.staff} == {
        "bae.sj", "noh.jh", "im.do", "cha.mj",
    }  # fmt: skip
    assert told.count() == 4
    assert all(visit.label in notice.title for notice in told)
    assert Event.objects.filter(kind="wait-seven").count() == 1
    sweep(now=minutes(10))
    assert wait_of(visit).state == "missed"


def test_who_is_served_in_time_is_not_called_out(come: Any, desk: Any) -> None:
    visit = come()
    services.serve(visit_id=visit.pk, by=desk, now=minutes(6))
    sweep(now=minutes(12))
    assert not Notice.objects.filter(template="wait-seven").exists()


def test_meetings_and_deliveries_are_no_waits(come: Any, desk: Any) -> None:
    visit = come(purpose="other")
    assert not Commitment.objects.filter(subject_type="visit").exists()
    services.serve(visit_id=visit.pk, by=desk, now=minutes(50))
    assert list(breaches()) == []


def test_what_is_entered_afterwards_is_told_apart(come: Any, desk: Any) -> None:
    visit = come(arrived_at=minutes(-30), served_at=minutes(-25))
    assert visit.entered_late
    commitment = wait_of(visit)
    assert (commitment.category, commitment.state) == ("late", "kept")
    assert wait_of(come(arrived_at=minutes(-2))).category == "consult"
    with pytest.raises(Refused):
        come(arrived_at=minutes(1))
    with pytest.raises(Refused):
        come(arrived_at=minutes(-5), served_at=minutes(-6))


@pytest.mark.parametrize(("after", "state"), [(5, "excluded"), (15, "missed")])
def test_one_who_leaves_unserved_is_recorded_as_such(
    come: Any, desk: Any, after: int, state: str
) -> None:
    visit = come()
    services.leave_unserved(visit_id=visit.pk, by=desk, now=minutes(after))
    sweep(now=minutes(30))
    assert wait_of(visit).state == state
    assert Visit.objects.get().state == "left"
    assert Event.objects.filter(kind="visit-left").count() == 1
    assert list(breaches()) == []


def test_the_second_desk_is_told_who_called(come: Any, desk: Any, person: Any) -> None:
    visit = come()
    services.call(visit_id=visit.pk, by=desk, now=minutes(1))
    with pytest.raises(NotNow, match="이미 임다온 주임 님이"):
        services.call(visit_id=visit.pk, by=person("noh.jh"), now=minutes(1))
    services.serve(visit_id=visit.pk, by=desk, now=minutes(2))
    with pytest.raises(NotNow):
        services.serve(visit_id=visit.pk, by=person("noh.jh"), now=minutes(2))
    assert Event.objects.filter(kind="visit-called").count() == 1


def test_a_form_sent_twice_is_one_visit(come: Any, desk: Any) -> None:
    token = a_token()
    assert come(form_token=token).pk == come(form_token=token).pk
    assert Visit.objects.count() == 1


def test_labels_say_nothing_about_anybody_and_begin_anew_each_day(come: Any) -> None:
    assert [come().label for _n in range(3)] == ["빨강 1", "주황 2", "노랑 3"]
    assert come(now=seoul("2026-09-10 09:00")).label == "빨강 1"


@pytest.mark.parametrize("served", [False, True])
def test_entered_twice_is_taken_back_within_minutes(come: Any, desk: Any, served: bool) -> None:
    visit = come()
    if served:
        services.serve(visit_id=visit.pk, by=desk, now=minutes(1))
    services.undo_visit(visit_id=visit.pk, by=desk, now=minutes(4))
    assert wait_of(visit).state == "excluded"
    assert Visit.objects.get().state == "mistaken"
    assert Event.objects.filter(kind="visit-mistaken").count() == 1
    assert list(breaches()) == []
    late = come()
    with pytest.raises(NotNow, match="5분"):
        services.undo_visit(visit_id=late.pk, by=desk, now=minutes(6))


def test_the_wrong_button_is_put_back(come: Any, desk: Any) -> None:
    visit = come()
    services.serve(visit_id=visit.pk, by=desk, now=minutes(1))
    services.put_back(visit_id=visit.pk, by=desk, now=minutes(2))
    assert wait_of(visit).state == "running"
    services.serve(visit_id=visit.pk, by=desk, now=minutes(11))
    assert wait_of(visit).state == "missed"
    assert list(breaches()) == []


# --- the person sought is away ------------------------------------------------------------------


def test_a_colleague_takes_over(come: Any, desk: Any, person: Any, away: Any) -> None:
    away("oh.sr", "2026-09-09 09:00", "2026-09-09 18:00")
    visit = come(sought="oh.sr")
    assert visit.sought_away
    services.serve(visit_id=visit.pk, by=desk, server_id=person("cha.mj").pk, now=minutes(3))
    assert (wait_of(visit).state, deputy_of(visit).state) == ("kept", "kept")
    sweep(now=seoul("2026-09-10 09:00"))
    assert deputy_of(visit).state == "kept"
    assert list(breaches()) == []


def test_a_note_left_keeps_it_and_promises_fifteen_minutes(
    come: Any, desk: Any, person: Any, away: Any
) -> None:
    away("oh.sr", "2026-09-09 09:00", "2026-09-09 18:00")
    visit = come(sought="oh.sr")
    new = NewNote(
        origin="visit",
        visit_id=visit.pk,
        sought_id=person("oh.sr").pk,
        name="이수민",
        matter="강사 위촉",
        way="email",
        contact="sumin@example.com",
    )
    taken = services.take_note(form_token=a_token(), new=new, by=desk, now=minutes(4))
    assert taken.due_at == minutes(19)
    assert Commitment.objects.get(subject_type="callback").code == "visitor-contact"
    assert (wait_of(visit).state, deputy_of(visit).state) == ("kept", "kept")
    with pytest.raises(NotNow):
        services.undo_visit(visit_id=visit.pk, by=desk, now=minutes(5))
    assert list(breaches()) == []


def test_one_who_goes_away_for_want_of_a_deputy_is_missed(come: Any, desk: Any, away: Any) -> None:
    away("oh.sr", "2026-09-09 09:00", "2026-09-09 18:00")
    visit = come(sought="oh.sr")
    services.leave_unserved(visit_id=visit.pk, by=desk, now=minutes(3))
    sweep(now=minutes(3))
    assert deputy_of(visit).state == "missed"
    assert wait_of(visit).state == "excluded"
    assert list(breaches()) == []


def test_not_at_the_place_whatever_the_calendar_says(come: Any, desk: Any, person: Any) -> None:
    visit = come(sought="oh.sr")
    assert not visit.sought_away
    services.sought_is_away(visit_id=visit.pk, by=desk, now=minutes(1))
    services.serve(visit_id=visit.pk, by=desk, server_id=person("cha.mj").pk, now=minutes(2))
    assert deputy_of(visit).state == "kept"


def test_back_in_time_the_person_sought_needs_no_deputy(
    come: Any, desk: Any, person: Any, away: Any
) -> None:
    away("oh.sr", "2026-09-09 09:00", "2026-09-09 10:05")
    visit = come(sought="oh.sr")
    services.serve(visit_id=visit.pk, by=desk, server_id=person("oh.sr").pk, now=minutes(6))
    assert not Commitment.objects.filter(code="visit-deputy").exists()
    assert list(breaches()) == []


def test_asked_for_somebody_who_left(come: Any, person: Any) -> None:
    with pytest.raises(PersonLeft) as refused:
        come(sought="jung.wr")
    assert "지금 근무하지 않습니다" in str(refused.value)
    assert Visit.objects.count() == 0
    assert ContactNote.objects.count() == 0
