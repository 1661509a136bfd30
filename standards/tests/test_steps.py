"""When each step is due, as a dated table."""

from __future__ import annotations

import pytest

from centre.calendar import Calendar
from standards import steps
from standards.steps import Step
from standards.tests.instants import at, seoul

CALENDAR = Calendar()


@pytest.mark.parametrize(
    ("due", "two_days", "last_call"),
    [
        ("2026-09-11 18:00", "2026-09-09 09:00", "2026-09-11 09:00"),
        ("2026-09-14 18:00", "2026-09-10 09:00", "2026-09-14 09:00"),  # over a weekend
        ("2026-09-28 18:00", "2026-09-22 09:00", "2026-09-28 09:00"),  # over Chuseok
        ("2027-02-11 18:00", "2027-02-05 09:00", "2027-02-11 09:00"),  # over Seollal
        ("2026-09-12 09:30", "2026-09-10 09:00", None),  # due on a Saturday
        ("2026-09-11 09:00", "2026-09-09 09:00", None),  # due as the doors open
        ("2026-09-12 00:00", "2026-09-09 09:00", "2026-09-11 09:00"),  # the midnight after Friday
    ],
)
def test_reminders(due: str, two_days: str, last_call: str | None) -> None:
    found = steps.step_at(Step.TWO_DAYS, due_at=at(due), calendar=CALENDAR)
    assert found is not None
    assert seoul(found) == two_days
    found = steps.step_at(Step.LAST_CALL, due_at=at(due), calendar=CALENDAR)
    assert (found and seoul(found)) == last_call


@pytest.mark.parametrize(
    ("code", "start", "now", "first", "when"),
    [
        ("reply", "2026-09-21 10:00", "2026-09-21 10:00", "two-days", "2026-09-22 09:00"),
        ("reply", "2026-09-22 09:00", "2026-09-22 09:00", "last-call", "2026-09-28 09:00"),
        ("reply", "2026-09-21 10:00", "2026-09-23 10:00", "last-call", "2026-09-28 09:00"),
        ("reply", "2026-09-21 10:00", "2026-09-28 09:00", "last-call", "2026-09-28 09:00"),
        ("reply", "2026-09-21 10:00", "2026-09-28 12:00", "missed", "2026-09-28 18:00"),
        ("reply", "2026-09-21 10:00", "2026-10-01 12:00", "missed", "2026-09-28 18:00"),
        ("stage-1", "2026-09-21 10:00", "2026-09-21 10:00", "missed", "2026-09-28 18:00"),
        ("no-such-plan", "2026-09-21 10:00", "2026-09-21 10:00", "missed", "2026-09-28 18:00"),
    ],
)
def test_what_is_already_past_at_the_start_is_left_out(
    code: str, start: str, now: str, first: str, when: str
) -> None:
    found = steps.first_step(
        steps.plan_of(code),
        started_at=at(start),
        due_at=at("2026-09-28 18:00"),
        now=at(now),
        calendar=CALENDAR,
    )
    assert (found.name, seoul(found.at)) == (first, when)


@pytest.mark.parametrize(
    ("taken", "now", "following", "when"),
    [
        (Step.TWO_DAYS, "2026-09-22 09:00", "last-call", "2026-09-28 09:00"),
        (Step.TWO_DAYS, "2026-10-01 09:00", "last-call", "2026-09-28 09:00"),  # late: not left out
        (Step.LAST_CALL, "2026-09-28 09:00", "missed", "2026-09-28 18:00"),
        (Step.MISSED, "2026-09-28 18:00", "chase", "2026-09-29 09:00"),
        (Step.MISSED, "2026-10-01 08:59", "chase", "2026-10-01 09:00"),
        (Step.CHASE, "2026-10-02 09:00", "chase", "2026-10-06 09:00"),  # Saturday to Monday closed
        (Step.CHASE, "2026-10-04 11:00", "chase", "2026-10-06 09:00"),
    ],
)
def test_what_follows(taken: Step, now: str, following: str, when: str) -> None:
    found = steps.next_step(
        steps.PLANS["reply"],
        taken=taken,
        due_at=at("2026-09-28 18:00"),
        now=at(now),
        calendar=CALENDAR,
    )
    assert found is not None
    assert (found.name, seoul(found.at)) == (following, when)


def test_nothing_follows_a_miss_that_is_not_chased() -> None:
    found = steps.next_step(
        steps.DEFAULT,
        taken=Step.MISSED,
        due_at=at("2026-09-28 18:00"),
        now=at("2026-09-28 18:00"),
        calendar=CALENDAR,
    )
    assert found is None


def test_every_plan_has_its_miss_once() -> None:
    assert all(plan.count(Step.MISSED) == 1 for plan in steps.PLANS.values())


@pytest.mark.parametrize(
    ("start", "due", "soon"),
    [
        ("2026-09-09 10:00", "2026-09-09 11:00", "2026-09-09 10:40"),  # one hour
        ("2026-09-09 10:00", "2026-09-09 10:15", "2026-09-09 10:10"),  # a quarter of an hour
        ("2026-09-09 11:50", "2026-09-09 13:50", "2026-09-09 13:30"),  # over lunch
        ("2026-09-11 17:50", "2026-09-14 09:05", "2026-09-11 18:00"),  # over a weekend
        ("2026-09-09 10:00", "2026-09-10 15:00", "2026-09-10 14:40"),  # a wish of the caller
        ("2026-09-09 10:00", "2026-09-09 10:02", None),  # too short to remind of
    ],
)
def test_soon_is_at_two_thirds_and_at_most_20_minutes_before(
    start: str, due: str, soon: str | None
) -> None:
    found = steps.step_at(Step.SOON, started_at=at(start), due_at=at(due), calendar=CALENDAR)
    assert (found and seoul(found)) == soon


def test_a_wait_is_called_out_at_seven_of_ten_minutes() -> None:
    found = steps.first_step(
        steps.plan_of("visit-wait"),
        started_at=at("2026-09-09 10:00"),
        due_at=at("2026-09-09 10:10"),
        now=at("2026-09-09 10:00"),
        calendar=CALENDAR,
    )
    assert (found.name, seoul(found.at)) == ("wait-seven", "2026-09-09 10:07")


def test_steps_counted_from_the_start_follow_each_other() -> None:
    found = steps.next_step(
        steps.plan_of("visit-wait"),
        taken=Step.WAIT_SEVEN,
        started_at=at("2026-09-09 10:00"),
        due_at=at("2026-09-09 10:10"),
        now=at("2026-09-09 10:07"),
        calendar=CALENDAR,
    )
    assert found is not None
    assert (found.name, seoul(found.at)) == ("missed", "2026-09-09 10:10")


@pytest.mark.parametrize(
    ("course", "due", "now", "first", "when"),
    [
        (
            "2028-03-21 10:00",
            "2028-03-01 00:00",
            "2028-02-01 10:00",
            "three-days",
            "2028-02-25 09:00",
        ),
        (
            "2026-03-21 10:00",
            "2026-03-01 00:00",
            "2026-02-25 09:00",
            "three-days",
            "2026-02-25 09:00",
        ),
        (
            "2026-03-24 10:00",
            "2026-03-04 00:00",
            "2026-02-01 10:00",
            "three-days",
            "2026-02-27 09:00",
        ),
        ("2026-03-21 10:00", "2026-03-01 00:00", "2026-02-25 09:01", "missed", "2026-03-01 00:00"),
        ("2026-03-21 10:00", "2026-03-01 00:00", "2026-03-05 10:00", "missed", "2026-03-01 00:00"),
    ],
)
def test_what_is_counted_back_from_an_event_is_reminded_of_three_days_ahead(
    course: str, due: str, now: str, first: str, when: str
) -> None:
    found = steps.first_step(
        steps.plan_of("course-notice"),
        started_at=at(course),
        due_at=at(due),
        now=at(now),
        calendar=CALENDAR,
    )
    assert (found.name, seoul(found.at)) == (first, when)
