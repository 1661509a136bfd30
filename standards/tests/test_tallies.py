"""Tallies: whatever happens in whatever order, the figures are what the rows say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from centre.errors import Refused
from centre.models import Team
from standards import figures, freezing, services, tallied, tallying
from standards.errors import BadPeriod
from standards.figures import Result, Tally
from standards.models import Commitment, DayTally, MonthTally, Observation, Standard, TallyChange
from standards.setting_aside import set_aside
from standards.tests import oracle
from standards.tests.conftest import SUBJECT, Notes, promise
from standards.tests.instants import at

pytestmark = pytest.mark.usefixtures("charter")
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
ODD = (date(2026, 9, 18), date(2026, 11, 3))
NOW = at("2026-10-15 10:00")


def same_as_rows(now: datetime) -> None:
    for period in (YEAR, ODD, (date(2026, 9, 1), date(2026, 9, 30)), (now.date(), now.date())):
        assert figures.between(*period, now=now) == oracle.between(*period, now=now)
        assert figures.by_month(*period, now=now) == oracle.by_month(*period, now=now)
        assert figures.by_team(*period, now=now) == oracle.by_team(*period, now=now)


# --- any order ------------------------------------------------------------------------------------

CODES = ["reply", "stage-1", "annual-survey", "visit-wait"]
KINDS = ["complaint", "enquiry", ""]


def _open(now: datetime, who: int) -> None:
    key = f"{who}:{now.isoformat()}"
    team = [None, *Team.objects.order_by("pk")][who % 3]
    promise(
        key,
        code=CODES[who % 4],
        category=KINDS[who % 3],
        subject_id=who % 5,
        team=team,
        started_at=now,
        now=now,
    )


def _one(who: int) -> Commitment | None:
    rows = Commitment.objects.order_by("pk")
    count = rows.count()
    return rows[who % count] if count else None


def _with(verb: Callable[[Commitment, datetime], object]) -> Callable[[datetime, int], object]:
    def act(now: datetime, who: int) -> object:
        row = _one(who)
        return verb(row, now) if row else None

    return act


def _extend(row: Commitment, now: datetime) -> None:
    later = row.due_at + timedelta(days=7)
    services.extend(key=row.key, new_due_at=later, why="x", now=now, consent=True)


def _observe(now: datetime, who: int) -> None:
    key = f"{who}:{now.isoformat()}"
    services.observe(
        code="phone-answer", key=key, at=now, kept=who % 3, n=3, category=KINDS[who % 3]
    )


def _delete_observation(now: datetime, who: int) -> None:
    first = Observation.objects.order_by("pk").first()
    if first:
        first.delete()


def _another_version(now: datetime, who: int) -> None:
    Standard.objects.filter(code="stage-1", valid_until=None).update(valid_until=date(2026, 9, 20))
    Standard.objects.get_or_create(
        code="stage-1",
        version=2,
        defaults={
            "measure": "x",
            "method": "commitments",
            "rule": "working_time",
            "allowance": "1h",
            "kinds": ["enquiry"],
            "valid_from": date(2026, 9, 20),
        },
    )


VERBS: dict[str, Callable[[datetime, int], object]] = {
    "open": _open,
    "open more": _open,
    "sweep": lambda now, _who: services.sweep(now=now),
    "fulfil": _with(lambda row, now: services.fulfil(key=row.key, at=now, now=now)),
    "fulfilled before": _with(
        lambda row, now: services.fulfil(key=row.key, at=now - timedelta(days=1), now=now)
    ),
    "unfulfil": _with(lambda row, now: services.unfulfil(key=row.key, why="x", now=now)),
    "exclude": lambda now, who: services.exclude(
        subject_type=SUBJECT, subject_id=who % 5, why="merged", now=now
    ),
    "take back in": _with(
        lambda row, now: services.take_back_in(key=row.key, why="merged", now=now)
    ),
    "set aside": _with(lambda row, now: set_aside(key=row.key, why="merged", now=now)),
    "extend": _with(_extend),
    "pause": _with(lambda row, now: services.pause(key=row.key, at=now, now=now)),
    "resume": _with(lambda row, now: services.resume(key=row.key, at=now, now=now)),
    "team": lambda _now, who: services.change_team(
        subject_type=SUBJECT, subject_id=who % 5, team=Team.objects.order_by("pk")[who % 2]
    ),
    "category": lambda _now, who: services.change_category(
        subject_type=SUBJECT, subject_id=who % 5, category=KINDS[who % 2]
    ),
    "delete": _with(lambda row, _now: row.delete()),
    "observe": _observe,
    "observe no more": _delete_observation,
    "another version": _another_version,
    "count": lambda now, _who: tallying.count_changes(now=now),
    "rebuild": lambda now, _who: tallying.rebuild(now=now),
    "freeze": lambda now, _who: freezing.freeze(now=now),
    "wait for a month": lambda _now, _who: None,
}
STORY = st.lists(
    st.tuples(
        st.sampled_from(sorted(VERBS)),
        st.integers(min_value=0, max_value=6 * 24 * 60),
        st.integers(min_value=0, max_value=30),
    ),
    min_size=4,
    max_size=24,
)


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(story=STORY)
def test_any_order(notes: Notes, story: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        for code in ("a", "b"):
            Team.objects.create(code=code, name=code)
        now = at("2026-09-17 10:00")
        for verb, minutes, who in story:
            now += timedelta(minutes=minutes, days=30 if verb == "wait for a month" else 0)
            try:
                with transaction.atomic():
                    VERBS[verb](now, who)
            except Refused:
                pass
            same_as_rows(now)
            assert freezing.breaches() == []
        tallying.count_changes(now=now)
        assert not TallyChange.objects.exists()
        same_as_rows(now)
        assert list(tallying.compare()) == []
        assert freezing.breaches() == []
        transaction.set_rollback(True)


# --- days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "day"),
    [
        ("2026-09-30 23:59", "2026-09-30"),
        ("2026-10-01 00:00", "2026-09-30"),
        ("2026-10-01 00:00:00.000001", "2026-10-01"),
        ("2026-09-30 23:59:59.999999", "2026-09-30"),
        ("2027-01-01 00:00", "2026-12-31"),
        ("2026-10-01 08:59", "2026-10-01"),
    ],
)
@pytest.mark.parametrize("counted", [True, False])
def test_the_day_of_a_due_instant(due: str, day: str, counted: bool) -> None:
    promise()
    Commitment.objects.update(first_due_at=at(due), due_at=at(due), state="missed")
    assert str(TallyChange.objects.latest("pk").day) == day
    if counted:
        tallying.count_changes(now=NOW)
        assert [str(row.day) for row in DayTally.objects.all()] == [day]
        assert [str(row.month) for row in MonthTally.objects.all()] == [day[:8] + "01"]
    on = date.fromisoformat(day)
    found = figures.between(on, on, now=NOW)
    assert found["reply"].counted == Tally(missed=1)
    assert figures.between(on + timedelta(days=1), on + timedelta(days=2), now=NOW) == {}


def test_today_depends_on_the_hour() -> None:
    promise()  # due on 28 September at 18:00
    tallying.count_changes(now=at("2026-09-28 12:00"))
    for now, overdue in (
        ("2026-09-28 17:59", 0),
        ("2026-09-28 18:00", 0),
        ("2026-09-28 18:00:01", 1),
        ("2026-09-29 00:00", 1),
        ("2026-09-29 09:00", 1),
        ("2026-10-29 09:00", 1),
    ):
        found = figures.between(*YEAR, now=at(now)).get("reply", Result())
        assert found.counted.overdue == overdue, now


def test_a_version_in_the_middle_of_a_period_counts_its_own_kinds() -> None:
    promise("a", category="enquiry")
    services.fulfil(key="a", at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))
    old = Standard.objects.get(code="reply")
    Standard.objects.filter(pk=old.pk).update(valid_until=date(2026, 9, 25))
    Standard.objects.create(
        code="reply", version=2, measure="x", method="commitments", rule="civil_days",
        allowance="7d", kinds=["enquiry"], valid_from=date(2026, 9, 25),
    )  # fmt: skip
    promise("b", category="enquiry", start="2026-09-29 10:00")
    services.fulfil(key="b", at=at("2026-09-30 10:00"), now=at("2026-09-30 10:00"))
    for _counted in (False, True):
        found = figures.between(*YEAR, now=NOW)["reply"]
        assert (found.counted.kept, found.others.kept) == (1, 1)
        tallying.count_changes(now=NOW)


def test_teams_also_dissolved_ones_and_none() -> None:
    gone = Team.objects.create(code="gone", name="없어진 팀", dissolved_on=date(2026, 9, 30))
    promise("a", team=gone)
    promise("b")
    for key in "ab":
        services.fulfil(key=key, at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))
    for _counted in (False, True):
        assert set(figures.by_team(*YEAR, now=NOW)["reply"]) == {gone.pk, None}
        assert figures.between(*YEAR, now=NOW, team_ids=[gone.pk])["reply"].counted.kept == 1
        assert figures.between(*YEAR, now=NOW, team_ids=[None])["reply"].counted.kept == 1
        assert figures.between(*YEAR, now=NOW, team_ids=[gone.pk, None])["reply"].counted.kept == 2
        assert figures.between(*YEAR, now=NOW, team_ids=[]) == {}
        assert figures.between(*YEAR, now=NOW, codes=["stage-1"]) == {}
        assert figures.between(*YEAR, now=NOW, codes=["no-such"]) == {}
        tallying.count_changes(now=NOW)


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("2026-02-01", "2026-01-31", "앞섭니다"),
        ("1999-12-31", "2000-01-31", "2000년부터"),
        ("2099-12-31", "2100-01-01", "2000년부터"),
        ("2010-01-01", "2020-01-01", "10년까지"),
        ("2000-01-01", "2099-12-31", "10년까지"),
        ("0001-01-01", "9999-12-31", "2000년부터"),
    ],
)
def test_periods_nobody_can_ask_about(first: str, last: str, says: str) -> None:
    for ask in (figures.between, figures.by_month, figures.by_team):
        with pytest.raises(BadPeriod, match=says):
            ask(date.fromisoformat(first), date.fromisoformat(last), now=NOW)
    assert issubclass(BadPeriod, ValueError)


def test_ten_years_and_the_future_can_be_asked_about() -> None:
    assert figures.between(date(2010, 1, 1), date(2019, 12, 31), now=NOW) == {}
    assert figures.between(date(2016, 2, 29), date(2026, 2, 27), now=NOW) == {}
    assert figures.of_year(2098, now=NOW) == {}
    with pytest.raises(BadPeriod):
        figures.of_year(2126, now=NOW)


# --- notes, and what they cost --------------------------------------------------------------------


def test_a_mere_step_notes_nothing() -> None:
    promise()
    tallying.count_changes(now=NOW)
    Commitment.objects.update(
        next_step_at=F("next_step_at") + timedelta(hours=1), steps_taken=3, troubled_at=NOW
    )
    assert not TallyChange.objects.exists()


def test_what_a_change_was_is_noted() -> None:
    promise()
    services.fulfil(key="a", at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))
    services.unfulfil(key="a", why="x", now=at("2026-09-22 11:00"))
    services.change_team(subject_type=SUBJECT, subject_id=1, team=Team.objects.create(code="a"))
    services.extend(key="a", new_due_at=at("2026-10-02 18:00"), why="x", now=at("2026-09-22 12:00"))
    noted = TallyChange.objects.order_by("pk").values_list("was", "became")
    assert list(noted) == [
        ("", "running"),
        ("running", "kept"),
        ("kept", "running"),
        ("team", "running"),
        ("running", "moved"),
        ("moved", "running"),
    ]


def test_questions_cost_the_same_whatever_happened() -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            figures.by_month(*YEAR, now=NOW)
        return len(found)

    empty = cost()
    for number in range(12):
        promise(str(number), start=f"2026-0{number % 9 + 1}-05 10:00")
    assert cost() == empty == 2
    tallying.count_changes(now=NOW)
    assert cost() == 2


def test_too_many_days_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the tallies stand as they are, and it is said."""
    assert figures.behind() is None
    monkeypatch.setattr(tallied, "MOST_WAITING", 3)
    for number in range(5):
        promise(str(number), start=f"2026-0{number + 1}-05 10:00")
    assert figures.behind() == tallied.Behind(None)
    assert figures.between(*YEAR, now=NOW) == {}
    assert tallying.count_changes(now=NOW) == 5
    assert figures.behind() is None
    assert figures.between(*YEAR, now=NOW)["reply"].counted.overdue == 5
    Commitment.objects.update(state="missed")
    assert figures.behind() == tallied.Behind(NOW)


def test_a_pass_in_many_small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "NOTES", 3)
    monkeypatch.setattr(tallying, "PAIRS", 2)
    for number in range(10):
        promise(str(number), start=f"2026-0{number % 9 + 1}-05 10:00")
    tallying.count_changes(now=NOW)
    assert not TallyChange.objects.exists()
    assert list(tallying.compare()) == []
    same_as_rows(NOW)


def test_a_pass_that_fails_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    promise()

    def fail(*_args: Any, **_more: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(tallying, "_recount", fail)
        with pytest.raises(RuntimeError):
            tallying.count_changes(now=NOW)
    assert TallyChange.objects.count() == 1
    tallying.count_changes(now=NOW)
    same_as_rows(NOW)


# --- the command ----------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("tallies", *arguments, stdout=out)
    return out.getvalue()


def test_broken_tallies_are_found_and_made_anew() -> None:
    promise()
    services.observe(code="phone-answer", key="o", at=at("2026-09-22 10:00"), kept=14, n=15)
    assert run() == "2\n"
    assert run("--compare") == "집계와 건별 기록이 같습니다.\n"
    DayTally.objects.filter(running=1).update(running=2)
    with pytest.raises(CommandError, match="2"):  # the day, and the month that is not its sum
        run("--compare")
    MonthTally.objects.all().delete()
    DayTally.objects.create(standard=Standard.objects.all()[0], day=date(2025, 3, 3), kept=9)
    with pytest.raises(CommandError):
        run("--compare")
    assert run("--rebuild") == "집계 2줄을 다시 셌습니다.\n"
    assert run("--compare") == "집계와 건별 기록이 같습니다.\n"
    same_as_rows(NOW)


def test_nothing_to_rebuild() -> None:
    assert tallying.rebuild(now=NOW) == 0
