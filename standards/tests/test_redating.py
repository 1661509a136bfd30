"""Closures announced late: later where they touch, never earlier, never in the past."""

from __future__ import annotations

from datetime import date

import pytest

from centre import services as centre
from centre.models import Closure
from records.actors import SYSTEM
from records.models import Event
from standards import queries, services
from standards.models import Commitment, State
from standards.tests.conftest import promise, read
from standards.tests.instants import at, seoul

pytestmark = pytest.mark.usefixtures("charter", "notes")


def close(day: str, now: str, reason: str = "임시공휴일") -> None:
    centre.add_closure(on=date.fromisoformat(day), reason=reason, by=SYSTEM, now=at(now))


@pytest.mark.parametrize(
    ("code", "closed", "due"),
    [
        ("reply", "2026-09-28", "2026-09-29 18:00"),  # the due day itself
        ("reply", "2026-09-23", "2026-09-28 18:00"),  # a day in between: civil days count it
        ("reply", "2026-09-29", "2026-09-28 18:00"),
        ("stage-1", "2026-09-21", "2026-09-22 14:00"),  # an hour was counted before it closed
    ],
)
def test_a_closure_moves_what_it_touches(code: str, closed: str, due: str) -> None:
    row = promise(code=code)
    if code == "stage-1":
        Commitment.objects.update(started_at=at("2026-09-20 10:00"))
    close(closed, "2026-09-21 11:00")
    services.sweep(now=at("2026-09-21 11:00:15"))
    after = read()
    if code == "reply":
        assert seoul(after.due_at) == due
    assert after.first_due_at == row.first_due_at
    assert after.calendar_version > row.calendar_version


def test_with_a_record_of_why(notes) -> None:
    row = promise()
    close("2026-09-28", "2026-09-22 11:00")
    services.sweep(now=at("2026-09-22 11:00:15"))
    move = read().redatings.get()
    assert (move.due_before, seoul(move.due_after)) == (row.due_at, "2026-09-29 18:00")
    assert move.why == "센터 휴무: 2026년 9월 28일(월) 임시공휴일"
    event = Event.objects.get(kind="clock-moved")
    assert event.data["why"] == move.why
    assert [(found.commitment.key, found.why) for found in notes.moved] == [("a", move.why)]
    text = queries.explain(read())
    assert "임시공휴일이므로 그다음 근무일인" in text
    assert "처음 약속한 기한은 2026년 9월 28일(월) 18시였습니다" in text


def test_kept_by_the_date_in_force_only_is_told_apart() -> None:
    promise()
    close("2026-09-28", "2026-09-22 11:00")
    services.sweep(now=at("2026-09-22 11:00:15"))
    services.fulfil(key="a", at=at("2026-09-29 10:00"), now=at("2026-09-29 10:00"))
    assert read().state == State.KEPT_EXTENDED


def test_reminds_again_for_the_new_date(notes) -> None:
    promise()
    services.sweep(now=at("2026-09-28 09:00:10"))
    close("2026-09-28", "2026-09-28 09:30", reason="폭설")
    services.sweep(now=at("2026-09-29 09:00:10"))
    assert notes.taken() == [
        ("two-days", at("2026-09-22 09:00")),
        ("last-call", at("2026-09-28 09:00")),
        ("last-call", at("2026-09-29 09:00")),
    ]


def test_never_earlier_when_a_day_is_opened() -> None:
    promise(start="2026-09-23 10:00", code="stage-1", now=at("2026-09-23 10:00"))
    row = promise("b", start="2026-09-17 10:00", code="supplement")  # due after Chuseok
    centre.reopen_day(
        on=date(2026, 9, 24), reason="추석 문 엶", by=SYSTEM, now=at("2026-09-21 10:00")
    )
    services.sweep(now=at("2026-09-21 10:00:15"))
    after = read("b")
    assert (after.due_at, after.calendar_version) == (row.due_at, row.calendar_version + 1)
    assert not after.redatings.exists()
    assert "앞당기지 않습니다" in queries.explain(after)


def test_a_removed_closure_takes_nothing_back() -> None:
    promise()
    close("2026-09-28", "2026-09-22 11:00")
    services.sweep(now=at("2026-09-22 11:00:15"))
    closure = Closure.objects.get()
    centre.remove_closure(closure_id=closure.pk, by=SYSTEM, now=at("2026-09-23 11:00"))
    services.sweep(now=at("2026-09-23 11:00:15"))
    assert seoul(read().due_at) == "2026-09-29 18:00"


def test_never_touches_what_has_passed() -> None:
    promise()
    services.sweep(now=at("2026-09-28 18:00:10"))
    assert read().state == State.MISSED
    close("2026-09-29", "2026-09-28 18:01")
    services.sweep(now=at("2026-09-28 18:01:15"))
    assert seoul(read().due_at) == "2026-09-28 18:00"


@pytest.mark.parametrize(
    ("entered", "due", "state"),
    [
        ("2026-09-27 10:00", "2026-09-29 18:00", State.RUNNING),
        ("2026-09-28 17:59", "2026-09-29 18:00", State.RUNNING),
    ],
)
def test_a_sweep_that_was_away_decides_no_differently(entered, due, state) -> None:
    """The closure was entered in time; the sweep only came in the night."""
    promise()
    close("2026-09-28", entered)
    services.sweep(now=at("2026-09-28 23:00"))
    assert (seoul(read().due_at), read().state) == (due, state)


def test_a_closure_entered_too_late_saves_nothing(monkeypatch) -> None:
    promise()
    monkeypatch.setattr("centre.services.check_day", lambda **_: None)
    close("2026-09-28", "2026-09-28 18:30")
    services.sweep(now=at("2026-09-28 18:30:15"))
    assert (seoul(read().due_at), read().state) == ("2026-09-28 18:00", State.MISSED)


def test_an_extended_date_rolls_from_a_closed_day() -> None:
    promise()
    services.extend(key="a", new_due_at=at("2026-10-02 18:00"), why="x", now=at("2026-09-22 10:00"))
    close("2026-10-02", "2026-09-23 11:00")
    services.sweep(now=at("2026-09-23 11:00:15"))
    assert seoul(read().due_at) == "2026-10-06 18:00"


def test_a_date_set_by_hand_and_the_cap_of_another_body_stay() -> None:
    promise("a", code="put-right", due_at=at("2026-09-28 18:00"))
    promise("b", cap_at=at("2026-09-28 18:00"), start="2026-09-21 10:00")
    close("2026-09-28", "2026-09-22 11:00")
    services.sweep(now=at("2026-09-22 11:00:15"))
    assert {seoul(read(key).due_at) for key in "ab"} == {"2026-09-28 18:00"}


def test_while_paused_counted_when_the_clock_runs_again() -> None:
    promise()
    services.pause(key="a", at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))
    close("2026-09-29", "2026-09-22 11:00")
    services.sweep(now=at("2026-09-22 11:00:15"))
    assert seoul(read().due_at) == "2026-09-28 18:00"
    services.resume(key="a", at=at("2026-09-22 12:00"), now=at("2026-09-22 12:00"))
    assert seoul(read().due_at) == "2026-09-30 18:00"


def test_moved_even_where_telling_fails(notes) -> None:
    promise()
    notes.broken.add("a")
    close("2026-09-28", "2026-09-22 11:00")
    services.sweep(now=at("2026-09-22 11:00:15"))
    assert seoul(read().due_at) == "2026-09-29 18:00"
    assert notes.moved == []
