"""Tallies of opinions: noted by the database, counted by the pass, exact for who reads them."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, datetime, timedelta
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from centre.calendar import SEOUL
from centre.factories import StaffMemberFactory, TeamFactory, TopicFactory
from centre.models import CalendarVersion, Closure
from complaints.factories import ComplaintFactory, ResponseFactory
from complaints.models import Channel, Complaint, Contact, Decision, Kind, Response, State
from dashboards import intake
from dashboards.intake import reading
from dashboards.intake.checks import wrong_tallies
from dashboards.intake.counting import count
from dashboards.intake.figures import intake_of
from dashboards.intake.models import CaseChange, CaseCount
from dashboards.intake.pending import pending_days
from dashboards.intake.tallying import differences, rebuild, recount
from standards.months import Month

NOW = datetime(2026, 11, 20, 12, tzinfo=SEOUL)
pytestmark = pytest.mark.django_db


def seoul(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SEOUL)  # type: ignore[arg-type,misc]


def case(received: datetime, **more: Any) -> Complaint:
    given: dict[str, Any] = {"handler": None, "team_confirmed_at": None, "due_at": False} | more
    return ComplaintFactory.create(received_at=received, **given)


def told_slowly(
    first: date, last: date, *, team_ids: list[int | None] | None = None
) -> intake.Intake:
    """The oracle: the rows of the period, counted in Python where that is simple."""
    counts: Counter[tuple[str, str]] = Counter()
    for (day, team, measure, value), n in count([(first, last)]).items():
        assert first <= day <= last
        if team_ids is None or (team or None) in team_ids:
            counts[measure, value] += n
    found = intake_of(counts)
    rows = [
        row
        for row in Complaint.objects.all()
        if first <= row.received_at.astimezone(SEOUL).date() <= last
        and (team_ids is None or row.team_id in team_ids)
    ]
    assert found.total == len(rows)
    assert dict(found.kinds) == Counter(row.kind for row in rows)
    assert dict(found.topics) == Counter(row.topic_id for row in rows)
    assert found.repeats == sum(row.previous_id is not None or row.stage > 1 for row in rows)
    local = [row.received_at.astimezone(SEOUL) for row in rows]
    assert list(found.hours) == [sum(at.hour == hour for at in local) for hour in range(24)]
    assert list(found.weekdays) == [sum(at.weekday() == day for at in local) for day in range(7)]
    waits = Counter[int]()
    for row in rows:
        firsts = [one.told_at for one in row.responses.all() if one.told_at]
        told = min(firsts) if firsts else row.told_at
        if told is not None and not row.anonymous:
            waits[max(0, int((told - row.received_at).total_seconds() // 3600))] += 1
    assert dict(found.answer.buckets) == waits
    return found


# --- exact at any moment --------------------------------------------------------------------------


def changed_somehow(rng: Random, cases: list[Complaint], teams: list[Any]) -> None:
    """One change of the kind the verbs make, or a new opinion."""
    row = rng.choice(cases) if cases else None
    what = rng.randrange(9) if row else 0
    if row is None or what <= 2:
        received = seoul(2026, 8, 28) + timedelta(seconds=rng.randrange(70 * 86_400))
        cases.append(
            case(
                received, kind=rng.choice(Kind.values), channel=rng.choice(Channel.values),
                team=rng.choice([None, *teams]), topic=TOPICS[rng.randrange(2)],
                anonymous=rng.random() < 0.2,
            )
        )  # fmt: skip
        return
    rows = Complaint.objects.filter(pk=row.pk)
    at = row.received_at + timedelta(minutes=rng.randrange(40_000))
    if what == 3:
        rows.update(team=rng.choice(teams), stage=rng.choice([1, 2, 3]))
    elif what == 4:
        rows.update(received_at=row.received_at + timedelta(hours=rng.choice([-30, 5, 800])))
    elif what == 5:
        rows.update(told_at=at, state=State.ANSWERED, decision=rng.choice(Decision.values))
        ResponseFactory(
            complaint=row, number=row.responses.count() + 1, told_at=at, drafted_by=WHO[0]
        )
    elif what == 6:
        rows.update(told_at=None, state=State.REVIEWING, decision="")
        if rng.random() < 0.5:
            Response.objects.filter(complaint=row).update(told_at=None)
    elif what == 7:
        Contact.objects.create(complaint=row, way="phone", reached=rng.random() < 0.7, at=at)
    else:
        rows.update(kind=rng.choice(Kind.values), previous=rng.choice([None, cases[0]]))
    row.refresh_from_db()


TOPICS: list[Any] = []
WHO: list[Any] = []


@pytest.mark.parametrize("seed", range(4))
def test_what_is_read_is_always_what_the_rows_say(seed: int) -> None:
    rng = Random(seed)
    cases: list[Complaint] = []
    teams = [TeamFactory.create() for _ in range(2)]
    TOPICS[:] = [TopicFactory.create(team=teams[0]) for _ in range(2)]
    WHO[:] = [StaffMemberFactory.create()]
    periods = [
        (date(2026, 9, 1), date(2026, 9, 30)),
        (date(2026, 8, 30), date(2026, 10, 2)),
        (date(2026, 7, 1), date(2027, 1, 31)),
    ]
    for step in range(60):
        changed_somehow(rng, cases, teams)
        if step % 7 == 0:
            recount(now=NOW)
            assert pending_days(most=5) == set()
            assert not list(differences())
        if step % 6 == 0:
            first, last = rng.choice(periods)
            ids = rng.choice([None, [teams[0].pk], [None, teams[1].pk], []])
            found = intake.between(first, last, now=NOW, team_ids=ids)
            assert found.is_exact
            assert found == told_slowly(first, last, team_ids=ids)
    months = intake.by_month(date(2026, 8, 15), date(2026, 11, 1), now=NOW)
    assert [str(month) for month, _ in months] == ["2026-08", "2026-09", "2026-10", "2026-11"]
    for month, found in months:
        assert found == told_slowly(month.first, month.last)


def test_a_mere_step_of_a_case_changes_no_day() -> None:
    row = case(seoul(2026, 9, 1, 10))
    recount(now=NOW)
    Complaint.objects.filter(pk=row.pk).update(version=5, subject="", body="", name="", email="")
    Contact.objects.create(complaint=row, way="phone", reached=False, at=NOW)
    ResponseFactory(complaint=row, drafted_by=StaffMemberFactory.create())
    assert not CaseChange.objects.exists()


def test_what_disposal_takes_leaves_the_counts() -> None:
    row = case(seoul(2026, 9, 1, 10), told_at=seoul(2026, 9, 3, 10))
    recount(now=NOW)
    before = intake.between(date(2026, 9, 1), date(2026, 9, 1), now=NOW)
    Complaint.objects.filter(pk=row.pk).update(
        name="", email="", phone="", name_index="", email_index="", subject="", body=""
    )
    recount(now=NOW)
    assert intake.between(date(2026, 9, 1), date(2026, 9, 1), now=NOW) == before
    assert before.answer.median == 48


def test_a_deleted_opinion_is_counted_no_more_and_leaves_nothing_waiting() -> None:
    row = case(seoul(2026, 9, 1, 10))
    Contact.objects.create(complaint=row, way="visit", reached=True, at=seoul(2026, 9, 1, 11))
    recount(now=NOW)
    row.delete()
    assert intake.between(date(2026, 9, 1), date(2026, 9, 1), now=NOW).total == 0
    recount(now=NOW)
    assert not CaseCount.objects.exists()
    assert not CaseChange.objects.exists()


def test_too_many_days_at_once_are_told_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_PENDING", 1)
    for day in (1, 2, 3):
        case(seoul(2026, 9, day, 10))
    found = intake.between(date(2026, 9, 1), date(2026, 9, 30), now=NOW)
    assert (found.is_exact, found.total) == (False, 0)
    recount(now=NOW)
    found = intake.between(date(2026, 9, 1), date(2026, 9, 30), now=NOW)
    assert (found.is_exact, found.total) == (True, 3)


def test_a_closure_of_a_day_that_is_past_counts_open_time_anew() -> None:
    case(seoul(2026, 9, 1, 17), team_confirmed_at=seoul(2026, 9, 3, 10))
    recount(now=NOW)
    first, last = date(2026, 9, 1), date(2026, 9, 30)
    assert intake.between(first, last, now=NOW).first_contact.median == 60 + 480 + 60
    Closure.objects.create(date=date(2026, 9, 2), reason="정전", entered_at=NOW)
    CalendarVersion.objects.update_or_create(pk=1, defaults={"version": 99})
    recount(now=NOW)
    assert intake.between(first, last, now=NOW).first_contact.median == 60 + 60
    Closure.objects.create(date=date(2026, 12, 2), reason="이사", entered_at=NOW)
    recount(now=NOW)
    assert not list(differences())


def test_made_anew_they_are_the_same_and_a_wrong_one_is_found() -> None:
    for day in range(1, 29):
        case(seoul(2026, 2, day, day % 24))
    recount(now=NOW)
    before = set(CaseCount.objects.values_list("grain", "day", "team", "measure", "value", "n"))
    assert rebuild(now=NOW) == 28
    after = set(CaseCount.objects.values_list("grain", "day", "team", "measure", "value", "n"))
    assert before == after
    assert not list(differences())
    CaseCount.objects.filter(grain="m", measure="kind", team=-1).update(n=27)
    CaseCount.objects.filter(grain="d", day=date(2026, 2, 3), measure="slot").delete()
    found = list(differences())
    assert ("m", date(2026, 2, 1), -1, "kind", "complaint", 27, 28) in found
    assert {row[0] for row in found} == {"d", "m"}


@pytest.mark.parametrize("cases", [3, 40])
def test_queries_are_as_many_whatever_there_is(cases: int) -> None:
    for at in range(cases):
        case(seoul(2026, 9, 1) + timedelta(hours=9 * at))
    recount(now=NOW)
    case(seoul(2026, 9, 2, 9))
    for ask in (intake.between, intake.by_month):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            ask(date(2025, 9, 1), date(2026, 9, 30), now=NOW)
        assert len(asked) <= 5, [row["sql"] for row in asked]


def test_every_trigger_is_there() -> None:
    """A migration that alters one of these tables on SQLite has to make its triggers again."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger")
        names = {name for (name,) in cursor.fetchall()}
    made = {
        "case_came", "case_went", "case_changed", "contact_came", "contact_changed",
        "response_came", "response_changed", "response_went", "frozencases_keep",
    }  # fmt: skip
    assert {f"dashboards_{name}" for name in made} <= names


# --- two at once ----------------------------------------------------------------------------------


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_not_yet_committed_is_counted_by_the_next_pass() -> None:
    row = case(seoul(2026, 9, 1, 10))
    recount(now=NOW)
    changed, passed = threading.Event(), threading.Event()

    def change() -> None:
        try:
            with transaction.atomic():
                Complaint.objects.filter(pk=row.pk).update(kind="enquiry")
                changed.set()
                passed.wait(10)
        finally:
            connection.close()

    worker = threading.Thread(target=change)
    worker.start()
    assert changed.wait(10)
    Complaint.objects.filter(pk=case(seoul(2026, 9, 1, 11)).pk).update(stage=2)
    recount(now=NOW)
    passed.set()
    worker.join()
    assert pending_days(most=5) == {date(2026, 9, 1)}
    day = date(2026, 9, 1)
    assert dict(intake.between(day, day, now=NOW).kinds) == {"complaint": 1, "enquiry": 1}
    recount(now=NOW)
    assert not list(differences())


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_passes_at_once_count_once() -> None:
    for day in range(1, 20):
        case(seoul(2026, 9, day, 10))
    failed: list[BaseException] = []

    def run() -> None:
        try:
            recount(now=NOW)
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=run) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failed
    assert not list(differences())
    assert intake.between(date(2026, 9, 1), date(2026, 9, 30), now=NOW).total == 19
    assert Month(2026, 9).first in CaseCount.objects.values_list("day", flat=True)


# --- the command and verify -----------------------------------------------------------------------


def test_the_command_counts_compares_and_makes_anew() -> None:
    case(seoul(2026, 9, 1, 10))
    said = StringIO()
    call_command("case_tallies", stdout=said)
    call_command("case_tallies", "--compare", stdout=said)
    assert said.getvalue() == "1일치를 셌습니다.\n집계와 건별 기록이 같습니다.\n"
    CaseCount.objects.filter(grain="d", measure="kind", team=-1).update(n=5)
    with pytest.raises(CommandError, match="다른 것 1건"):
        call_command("case_tallies", "--compare", stdout=said)
    assert list(wrong_tallies()) == [
        "의견 집계 2026-09-01 팀 -1 kind=complaint: 집계는 5건, 기록은 1건입니다"
    ]
    call_command("case_tallies", "--rebuild", stdout=said)
    assert not list(wrong_tallies())
