"""The verbs of a promise, over holidays, pauses and extensions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from records.models import Event
from standards import queries, services
from standards.errors import (
    CannotCompute,
    CannotExtend,
    NoSuchCommitment,
    UnknownStandard,
)
from standards.models import Commitment, Observation, Pause, Standard, State
from standards.tests.conftest import SUBJECT, promise, read
from standards.tests.instants import at, seoul

pytestmark = pytest.mark.usefixtures("charter")


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


# --- opening --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "start", "due"),
    [
        ("reply", "2026-09-23 10:00", "2026-09-30 18:00"),
        ("reply", "2027-02-04 10:00", "2027-02-11 18:00"),
        ("reply", "2026-04-28 23:59", "2026-05-06 18:00"),
        ("stage-1", "2026-09-23 17:00", "2026-09-28 12:00"),
        ("approval", "2026-09-11 14:00", "2026-09-11 18:00"),
        ("supplement", "2026-09-17 10:00", "2026-09-28 18:00"),
        ("reply-renewed", "2026-09-22 18:00", "2026-09-29 18:00"),
        ("course-notice", "2028-03-21 10:00", "2028-03-01 00:00"),
        ("visit-wait", "2026-09-24 10:00", "2026-09-24 10:10"),
        ("staff-meeting", "2026-02-10 10:00", "2026-03-01 00:00"),
        ("annual-survey", "2026-02-10 10:00", "2027-01-01 00:00"),
        ("charter-evaluation", "2026-02-10 10:00", "2026-04-01 00:00"),
        ("charter-evaluation", "2026-04-01 00:00", "2027-04-01 00:00"),
    ],
)
def test_due_by_the_standard(code: str, start: str, due: str) -> None:
    row = promise(code=code, start=start)
    assert seoul(row.due_at) == due
    assert row.first_due_at == row.due_at
    assert row.state == State.RUNNING


def test_opened_once_a_key() -> None:
    first = promise(team=None)
    again = promise(start="2026-09-22 10:00")
    assert again.pk == first.pk
    assert again.due_at == first.due_at
    assert Commitment.objects.count() == 1


def test_a_variant_has_its_own_allowance() -> None:
    row = promise(code="immediate-apology", variant="visit_phone", start="2026-09-21 10:00")
    assert (row.allowance, seoul(row.due_at)) == ("1h", "2026-09-21 11:00")
    with pytest.raises(CannotCompute, match="fax"):
        promise("b", code="immediate-apology", variant="fax")


def test_the_earlier_date_of_another_body_wins() -> None:
    assert seoul(promise("a", cap_at=at("2026-09-23 18:00")).due_at) == "2026-09-23 18:00"
    assert seoul(promise("b", cap_at=at("2026-10-23 18:00")).due_at) == "2026-09-28 18:00"
    assert seoul(promise("c", cap_at=at("2026-09-20 18:00")).due_at) == "2026-09-20 18:00"


def test_a_date_set_by_hand() -> None:
    row = promise(code="put-right", due_at=at("2026-10-30 18:00"))
    assert (seoul(row.due_at), row.rule, row.allowance) == ("2026-10-30 18:00", "", "")


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"code": "no-such-standard"}, UnknownStandard),
        ({"code": "put-right"}, CannotCompute),  # each case sets its own date
        ({"started_at": datetime(2026, 9, 21, 10)}, CannotCompute),  # noqa: DTZ001
        ({"started_at": datetime(2031, 9, 21, 10, tzinfo=UTC)}, CannotCompute),
        ({"started_at": datetime(2028, 12, 30, 10, tzinfo=UTC)}, CannotCompute),  # ends in 2029
        ({"due_at": datetime(2026, 9, 21, 9, tzinfo=UTC) - timedelta(days=1)}, CannotCompute),
        ({"due_at": datetime(2026, 9, 29, 9)}, CannotCompute),  # noqa: DTZ001
        ({"cap_at": datetime(2026, 9, 29, 9)}, CannotCompute),  # noqa: DTZ001
        ({"due_at": datetime(2040, 9, 29, 9, tzinfo=UTC)}, CannotCompute),
    ],
)
def test_never_without_a_date(more: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        promise(**more)
    assert not Commitment.objects.exists()


def test_the_version_in_force_when_it_started() -> None:
    old = Standard.objects.get(code="reply")
    Standard.objects.filter(pk=old.pk).update(valid_until=date(2026, 9, 22))
    new = Standard.objects.get(pk=old.pk)
    new.pk, new.version, new.allowance = None, 2, "5d"
    new.valid_from, new.valid_until = date(2026, 9, 22), None
    new.save()
    assert promise("a", start="2026-09-21 23:59").allowance == "7d"
    assert promise("b", start="2026-09-22 10:00").allowance == "5d"


def test_due_for_code() -> None:
    due = services.due_for_code("reply", at("2026-09-23 10:00"))
    assert seoul(due.instant) == "2026-09-30 18:00"
    assert "민법" in due.explain()
    with pytest.raises(CannotCompute):
        services.due_for_code("annual-survey", at("2026-09-23 10:00"))


# --- kept or missed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "done", "state"),
    [
        ("reply", "2026-09-28 18:00:00", State.KEPT),  # exactly on time
        ("reply", "2026-09-28 18:00:01", State.MISSED),
        ("visit-wait", "2026-09-21 10:09:59", State.KEPT),
        ("visit-wait", "2026-09-21 10:10:00", State.MISSED),  # "before"
        ("course-notice", "2026-08-31 23:59:59", State.KEPT),
        ("course-notice", "2026-09-01 00:00:00", State.MISSED),
        ("stage-1", "2026-09-21 15:00:00", State.KEPT),
        ("stage-1", "2026-09-21 15:00:01", State.MISSED),
        ("reply", "2026-09-20 10:00:00", State.KEPT),  # before it was written down
    ],
)
def test_the_facts_decide(code: str, done: str, state: State) -> None:
    row = promise(code=code, start="2026-09-21 10:00")
    done_at = at(done)
    found = services.fulfil(key=row.key, at=done_at, now=max(done_at, row.started_at))
    assert found is not None
    assert (found.state, found.fulfilled_at) == (state, done_at)
    assert read().next_step_at is None
    assert kinds() == ["clock-missed" if state == State.MISSED else "clock-kept"]


def test_an_earlier_fulfilment_is_never_rewritten() -> None:
    promise()
    services.fulfil(key="a", at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))
    services.fulfil(key="a", at=at("2026-10-22 10:00"), now=at("2026-10-22 10:00"))
    assert (read().state, seoul(read().fulfilled_at)) == (State.KEPT, "2026-09-22 10:00")
    assert kinds() == ["clock-kept"]


def test_nothing_promised_nothing_fulfilled() -> None:
    assert services.fulfil(key="b", at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00")) is None


def test_kept_although_the_sweep_was_first(notes) -> None:
    """The mail was accepted at 17:59:59; that came to be known after the sweep."""
    promise()
    services.sweep(now=at("2026-09-28 18:00:05"))
    assert read().state == State.MISSED
    services.fulfil(key="a", at=at("2026-09-28 17:59:59"), now=at("2026-09-28 18:00:06"))
    assert (read().state, read().next_step) == (State.KEPT, "")


def test_done_late_stops_the_chase_and_stays_missed(notes) -> None:
    promise()
    services.sweep(now=at("2026-09-28 18:00:05"))
    assert read().next_step == "chase"
    services.fulfil(key="a", at=at("2026-09-29 11:00"), now=at("2026-09-29 11:00"))
    row = read()
    assert (row.state, seoul(row.fulfilled_at), row.next_step_at) == (
        State.MISSED,
        "2026-09-29 11:00",
        None,
    )
    assert kinds().count("clock-missed") == 1


def test_internal_clocks_leave_no_events() -> None:
    promise(code="approval")
    services.fulfil(key="a", at=at("2026-09-21 11:00"), now=at("2026-09-21 11:00"))
    assert kinds() == []


def test_a_result_that_came_back_is_owed_again(notes) -> None:
    promise()
    services.fulfil(key="a", at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))
    services.unfulfil(key="a", why="bounced", now=at("2026-09-23 10:00"))
    row = read()
    assert (row.state, row.fulfilled_at, row.settled_at) == (State.RUNNING, None, None)
    assert (row.next_step, seoul(row.next_step_at)) == ("last-call", "2026-09-28 09:00")
    services.fulfil(key="a", at=at("2026-09-28 10:00"), now=at("2026-09-28 10:00"))
    assert read().state == State.KEPT
    assert kinds() == ["clock-kept", "clock-unfulfilled", "clock-kept"]


def test_a_result_that_came_back_after_the_date(notes) -> None:
    promise()
    services.fulfil(key="a", at=at("2026-09-28 17:00"), now=at("2026-09-28 17:00"))
    services.unfulfil(key="a", why="bounced", now=at("2026-09-29 10:00"))
    services.sweep(now=at("2026-09-29 10:00"))
    assert read().state == State.MISSED
    assert notes.taken() == [("missed", at("2026-09-28 18:00"))]


def test_a_late_result_that_came_back_is_chased_again(notes) -> None:
    promise()
    services.fulfil(key="a", at=at("2026-09-29 11:00"), now=at("2026-09-29 11:00"))
    services.unfulfil(key="a", why="bounced", now=at("2026-09-29 12:00"))
    row = read()
    assert (row.state, row.next_step, seoul(row.next_step_at)) == (
        State.MISSED,
        "chase",
        "2026-09-30 09:00",
    )
    assert services.unfulfil(key="a", why="bounced", now=at("2026-09-29 12:00")) is None


# --- left out -------------------------------------------------------------------------------------


def test_withdrawn_in_time_is_left_out() -> None:
    promise("a")
    promise("b", code="stage-1")
    promise("c", code="approval")
    count = services.exclude(
        subject_type=SUBJECT,
        subject_id=1,
        why="withdrawn",
        now=at("2026-09-21 11:00"),
        codes=["reply", "stage-1"],
    )
    assert count == 2
    assert (read("a").state, read("a").excluded_why) == (State.EXCLUDED, "withdrawn")
    assert read("a").next_step_at is None
    assert read("c").state == State.RUNNING


def test_what_was_missed_by_then_stays_missed(notes) -> None:
    """Whether or not the sweep had said so."""
    promise("a")
    promise("b")
    services.sweep(now=at("2026-09-22 09:00"))
    Commitment.objects.filter(key="b").update(subject_id=2)
    services.sweep(now=at("2026-09-28 18:00"))
    promise("c", code="stage-1", subject_id=2, now=at("2026-09-28 18:00"))
    services.exclude(
        subject_type=SUBJECT, subject_id=2, why="withdrawn", now=at("2026-09-28 18:00:01")
    )
    assert [read("b").state, read("c").state] == [State.MISSED, State.MISSED]
    assert read("b").next_step_at is None
    assert read("a").next_step == "chase"


def test_left_out_stays_out() -> None:
    promise()
    services.exclude(subject_type=SUBJECT, subject_id=1, why="merged", now=at("2026-09-22 10:00"))
    services.fulfil(key="a", at=at("2026-09-22 11:00"), now=at("2026-09-22 11:00"))
    assert (read().state, read().fulfilled_at) == (State.EXCLUDED, None)


# --- pauses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "start", "paused", "resumed", "due"),
    [
        # Chuseok 2026: 24-26 September; 5 October stands in for Saturday the 3rd.
        ("reply", "2026-09-21 10:00", "2026-09-22 14:00", "2026-09-29 10:00", "2026-10-06 18:00"),
        ("reply", "2026-09-21 10:00", "2026-09-22 14:00", "2026-09-22 14:01", "2026-09-29 18:00"),
        ("reply", "2026-09-21 10:00", "2026-09-21 14:00", "2026-09-21 15:00", "2026-09-28 18:00"),
        ("reply", "2026-09-23 10:00", "2026-09-24 00:00", "2026-09-27 00:00", "2026-10-06 18:00"),
        # Seollal 2027: 6-8 February, and the 9th in place of Sunday.
        ("reply", "2027-02-04 10:00", "2027-02-05 09:00", "2027-02-10 09:00", "2027-02-17 18:00"),
        ("reply", "2027-02-04 10:00", "2027-02-11 17:59", "2027-02-11 18:30", "2027-02-12 18:00"),
        ("stage-1", "2026-09-23 16:00", "2026-09-23 17:00", "2026-09-28 10:00", "2026-09-28 14:00"),
        ("stage-1", "2026-09-23 16:00", "2026-09-23 17:00", "2026-09-23 23:00", "2026-09-28 12:00"),
        ("stage-1", "2026-09-21 10:00", "2026-09-21 12:10", "2026-09-21 12:50", "2026-09-21 15:00"),
    ],
)
def test_the_clock_stands_still(code, start, paused, resumed, due) -> None:
    row = promise(code=code, start=start)
    assert services.pause(key="a", at=at(paused), now=at(paused))
    assert (read().state, read().next_step_at) == (State.PAUSED, None)
    assert services.resume(key="a", at=at(resumed), now=at(resumed))
    after = read()
    assert (after.state, seoul(after.due_at)) == (State.RUNNING, due)
    assert after.first_due_at == row.first_due_at
    moves = list(after.redatings.values_list("due_before", "due_after"))
    assert moves == ([(row.due_at, after.due_at)] if after.due_at != row.due_at else [])
    assert kinds() == ["clock-paused", "clock-resumed"]


def test_two_pauses() -> None:
    promise()
    for begin, end in [
        ("2026-09-22 10:00", "2026-09-22 11:00"),
        ("2026-09-22 15:00", "2026-09-23 10:00"),
    ]:
        services.pause(key="a", at=at(begin), now=at(begin))
        services.resume(key="a", at=at(end), now=at(end))
    assert seoul(read().due_at) == "2026-09-30 18:00"  # the 22nd counts once


def test_a_clock_that_does_not_run_is_not_stopped() -> None:
    promise()
    when = at("2026-09-22 10:00")
    assert not services.pause(key="b", at=when, now=when)
    assert not services.resume(key="a", at=when, now=when)
    assert services.pause(key="a", at=when, now=when)
    assert not services.pause(key="a", at=when, now=when)
    services.resume(key="a", at=when, now=when)
    late = at("2026-09-28 18:00")
    assert not services.pause(key="a", at=late, now=late)  # it has run out
    assert Pause.objects.count() == 1


def test_the_day_of_an_event_does_not_wait() -> None:
    row = promise(code="course-notice", start="2026-11-21 10:00")
    with pytest.raises(CannotCompute):
        services.pause(key="a", at=row.due_at - timedelta(days=3), now=row.due_at)


def test_answered_while_waiting() -> None:
    """Paused from 22 September on; on 2 October the clock still stood still."""
    promise()
    services.pause(key="a", at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))
    services.fulfil(key="a", at=at("2026-10-02 10:00"), now=at("2026-10-02 10:00"))
    row = read()
    assert row.state == State.KEPT_EXTENDED
    assert seoul(row.first_due_at) == "2026-09-28 18:00"
    assert row.due_at > at("2026-10-02 10:00")
    assert not Pause.objects.filter(ended_at=None).exists()


def test_resumed_late_the_reminders_are_still_taken(notes) -> None:
    """The request lapsed on Friday night; the sweep came on Tuesday."""
    promise()
    services.pause(key="a", at=at("2026-09-21 14:00"), now=at("2026-09-21 14:00"))
    services.resume(key="a", at=at("2026-09-21 18:00"), now=at("2026-09-28 10:00"))
    services.sweep(now=at("2026-09-28 10:00"))
    assert notes.taken() == [
        ("two-days", at("2026-09-22 09:00")),
        ("last-call", at("2026-09-28 09:00")),
    ]


# --- extension ------------------------------------------------------------------------------------


def extend(to: str, now: str = "2026-09-22 10:00", **more) -> Commitment:
    return services.extend(key="a", new_due_at=at(to), why="관계 기관 확인", now=at(now), **more)


@pytest.mark.parametrize(
    ("code", "start", "limit"),
    [
        ("reply", "2026-09-21 10:00", "2026-10-06 18:00"),  # day 14 is 5 October, a holiday
        ("reply", "2027-02-04 10:00", "2027-02-18 18:00"),
        ("stage-1", "2026-09-23 16:00", "2026-09-28 16:00"),
        ("put-right", "2026-09-21 10:00", "2026-10-19 10:00"),
    ],
)
def test_how_far(code: str, start: str, limit: str) -> None:
    more: dict[str, Any] = {"due_at": at("2026-10-05 10:00")} if code == "put-right" else {}
    row = promise(code=code, start=start, **more)
    assert seoul(queries.extension_limit(row)) == limit


def test_extended_once_with_reason() -> None:
    row = promise()
    found = extend("2026-10-06 18:00")
    assert (seoul(found.due_at), found.extensions) == ("2026-10-06 18:00", 1)
    assert found.first_due_at == row.first_due_at
    assert (read().next_step, seoul(read().next_step_at)) == ("two-days", "2026-10-01 09:00")
    assert Event.objects.get().text == "관계 기관 확인"
    services.fulfil(key="a", at=at("2026-10-06 18:00"), now=at("2026-10-06 18:00"))
    assert read().state == State.KEPT_EXTENDED


def test_extended_but_kept_by_the_first_date() -> None:
    promise()
    extend("2026-10-06 18:00")
    services.fulfil(key="a", at=at("2026-09-28 18:00"), now=at("2026-09-28 18:00"))
    assert read().state == State.KEPT


@pytest.mark.parametrize(
    ("to", "now", "why"),
    [
        ("2026-10-07 18:00", "2026-09-22 10:00", "늦습니다"),  # too far
        ("2026-09-28 18:00", "2026-09-22 10:00", "늦어야"),  # not later
        ("2026-10-05 18:00", "2026-09-22 10:00", "쉬는 날"),
        ("2026-10-06 18:00", "2026-09-28 18:00", "이미 지나"),
    ],
)
def test_refused_extensions(to: str, now: str, why: str) -> None:
    promise()
    with pytest.raises(CannotExtend, match=why):
        extend(to, now)
    assert read().extensions == 0


def test_a_second_time_only_with_consent() -> None:
    promise()
    extend("2026-10-06 18:00")
    with pytest.raises(CannotExtend, match="동의"):
        extend("2026-10-08 18:00")
    extend("2026-10-08 18:00", consent=True)
    assert (seoul(read().due_at), read().extensions) == ("2026-10-08 18:00", 2)


def test_not_beyond_the_date_of_another_body() -> None:
    promise(cap_at=at("2026-09-30 18:00"))
    with pytest.raises(CannotExtend):
        extend("2026-10-01 18:00")
    extend("2026-09-30 18:00")


def test_paused_or_unknown_cannot_be_extended() -> None:
    with pytest.raises(NoSuchCommitment):
        extend("2026-10-06 18:00")
    promise()
    with pytest.raises(CannotExtend, match="까닭"):
        services.extend(
            key="a", new_due_at=at("2026-10-06 18:00"), why=" ", now=at("2026-09-22 10:00")
        )
    services.pause(key="a", at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))
    with pytest.raises(CannotExtend, match="진행 중"):
        extend("2026-10-06 18:00")


def test_a_year_cannot_be_extended() -> None:
    promise(code="annual-survey")
    with pytest.raises(CannotExtend):
        extend("2027-01-04 18:00")


@pytest.mark.parametrize(
    ("paused", "resumed", "due"),
    [
        ("2026-09-29 10:00", "2026-09-30 10:00", "2026-10-08 18:00"),  # two days touched
        ("2026-10-01 10:00", "2026-10-03 00:00", "2026-10-08 18:00"),
        ("2026-10-02 10:00", "2026-10-05 10:00", "2026-10-12 18:00"),  # to Saturday, and on
    ],
)
def test_an_extended_date_waits_too(paused: str, resumed: str, due: str) -> None:
    promise()
    extend("2026-10-06 18:00")
    services.pause(key="a", at=at(paused), now=at(paused))
    services.resume(key="a", at=at(resumed), now=at(resumed))
    assert seoul(read().due_at) == due


def test_a_date_set_by_hand_is_moved_by_hand() -> None:
    promise(code="reply-renewed", due_at=at("2026-09-28 18:00"))
    services.move_due(
        key="a", new_due_at=at("2026-09-30 18:00"), why="팀장", now=at("2026-09-22 10:00")
    )
    assert (seoul(read().due_at), seoul(read().next_step_at)) == (
        "2026-09-30 18:00",
        "2026-09-30 09:00",
    )
    with pytest.raises(CannotExtend, match="이르게"):
        services.move_due(
            key="a", new_due_at=at("2026-09-29 18:00"), why="팀장", now=at("2026-09-22 10:00")
        )
    promise("b")
    with pytest.raises(CannotExtend, match="규칙"):
        services.move_due(
            key="b", new_due_at=at("2026-09-30 18:00"), why="팀장", now=at("2026-09-22 10:00")
        )


# --- observations, teams --------------------------------------------------------------------------


def test_observed_once_a_key() -> None:
    when = at("2026-09-22 10:00")
    services.observe(code="phone-answer", key="o", at=when, kept=14, n=15)
    services.observe(code="phone-answer", key="o", at=when, kept=1, n=1)
    row = Observation.objects.get()
    assert (row.n, row.kept) == (15, 14)


@pytest.mark.parametrize(("kept", "n"), [(2, 1), (-1, 1), (0, 0)])
def test_impossible_observations(kept: int, n: int) -> None:
    with pytest.raises(CannotCompute):
        services.observe(code="phone-answer", key="o", at=at("2026-09-22 10:00"), kept=kept, n=n)


def test_only_what_is_undecided_changes_team() -> None:
    from centre.factories import TeamFactory  # noqa: PLC0415

    old, new = TeamFactory.create(), TeamFactory.create()
    promise("a", team=old)
    promise("b", team=old)
    services.fulfil(key="b", at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))
    assert services.change_team(subject_type=SUBJECT, subject_id=1, team=new) == 1
    assert (read("a").team, read("b").team) == (new, old)


# --- explanations ---------------------------------------------------------------------------------


def test_explained_with_everything_that_moved_it() -> None:
    promise(start="2026-09-23 10:00")
    services.pause(key="a", at=at("2026-09-28 10:00"), now=at("2026-09-28 10:00"))
    assert "2026년 9월 28일(월) 10시부터 보완을 기다리느라" in queries.explain(read())
    services.resume(key="a", at=at("2026-09-29 09:00"), now=at("2026-09-29 09:00"))
    extend("2026-10-08 18:00", now="2026-09-30 10:00")
    text = queries.explain(read())
    assert "보완을 기다린 날(9월 28·29일)을 빼고 7일째인" in text
    assert "2026년 9월 29일(화)에 기한을 2026년 9월 30일(수) 18시에서" in text
    assert "2026년 10월 8일(목) 18시로 옮겼습니다(기한 연장)" in text
    assert "처음 약속한 기한은 2026년 9월 30일(수) 18시였습니다" in text


@pytest.mark.parametrize(
    ("code", "more", "words"),
    [
        ("put-right", {"due_at": at("2026-10-30 18:00")}, "2026년 10월 30일(금) 18시까지"),
        ("annual-survey", {}, "2026년의 마지막 날인 2026년 12월 31일(목)까지"),
        ("charter-evaluation", {}, "해마다 2027년 3월 31일(수)까지"),
        ("reply", {"cap_at": at("2026-09-25 18:00")}, "다른 기관이 정한 기한"),
    ],
)
def test_explained(code: str, more: dict[str, Any], words: str) -> None:
    assert words in queries.explain(promise(code=code, **more))


# --- counted in another line, or counted again ----------------------------------------------------


def test_what_is_decided_stays_in_its_line() -> None:
    promise("kept", category="complaint")
    services.fulfil(key="kept", at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))
    promise("running", category="complaint")
    promise("paused", category="complaint")
    services.pause(key="paused", at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))
    promise("without", code="every-opinion")
    before = read("running").due_at
    changed = services.change_category(subject_type=SUBJECT, subject_id=1, category="enquiry")
    assert changed == 2
    lines = dict(Commitment.objects.values_list("key", "category"))
    assert lines == {"kept": "complaint", "running": "enquiry", "paused": "enquiry", "without": ""}
    assert read("running").due_at == before


@pytest.mark.parametrize(
    ("back", "then"), [("2026-09-22 11:00", "running"), ("2026-10-12 10:00", "missed")]
)
def test_left_out_and_counted_again_gains_no_time(notes: Any, back: str, then: str) -> None:
    due = promise().due_at
    out: dict[str, Any] = {"subject_type": SUBJECT, "subject_id": 1, "why": "reclassified"}
    services.exclude(**out, now=at("2026-09-22 10:00"))
    assert services.take_back_in(key="a", why="withdrawn", now=at(back)) is None
    row = services.take_back_in(key="a", why="reclassified", now=at(back))
    assert row is not None
    assert (row.state, row.excluded_why, row.due_at) == (State.RUNNING, "", due)
    assert services.take_back_in(key="a", why="reclassified", now=at(back)) is None
    services.sweep(now=at(back))
    assert read().state == then
