"""The portal away: seen by looks or by staff, told about within the hour, and back again."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, connections
from django.test import Client

from centre.errors import Refused
from centre.factories import LeadFactory, StaffMemberFactory, TeamFactory
from centre.models import StaffMember
from notices.models import Notice
from standards import checks, services
from standards.models import (
    Commitment,
    Duty,
    Kind,
    Maintenance,
    Outage,
    ProbeDay,
    State,
    Target,
    Why,
)
from standards.probe import availability, outages, watching
from standards.probe.fetching import Outcome
from standards.tests.instants import at, seoul

pytestmark = pytest.mark.usefixtures("charter")
MORNING = "2026-03-03 10:00"
GOOD, BAD = Outcome(Why.OK, 200, 120), Outcome(Why.STATUS, 503, 80)
PAGE = "/admin/standards/outage/"


@pytest.fixture
def team(db: None) -> Any:
    return TeamFactory(code="information", name="정보관리팀", extension="501")


@pytest.fixture
def member(team: Any) -> StaffMember:
    return StaffMemberFactory(team=team, name="남가영")


@pytest.fixture
def target(db: None) -> Target:
    return Target.objects.create(
        name="첫 화면", address="https://portal.example/", text="자원봉사", active=True
    )


def see(outcome: Outcome) -> Callable[[str, str], Outcome]:
    return lambda _address, _text: outcome


def probe(outcome: Outcome, now: str) -> int:
    return watching.probe(now=at(now), look=see(outcome))


def put_up(by: StaffMember, now: str, other_way: str = "전화로 말씀해 주십시오.") -> Outage:
    return outages.put_up(
        outage_id=Outage.objects.get(is_open=True).pk,
        other_way=other_way,
        form_token=uuid.uuid4().hex,
        by=by,
        now=at(now),
    )


def promise() -> str:
    return Commitment.objects.get(code="portal-availability").state


# --- whose turn it is -----------------------------------------------------------------------------


def test_nothing_is_looked_at_unless_it_is_switched_on(target: Target) -> None:
    Target.objects.update(active=False)
    assert probe(BAD, MORNING) == 0
    assert not ProbeDay.objects.exists()
    assert "살피고 있지 않습니다" in availability.said(date(2026, 3, 3))[0]


def test_every_five_minutes(target: Target) -> None:
    times = ["10:00", "10:01", "10:04", "10:05", "10:09", "10:10"]
    assert [probe(GOOD, f"2026-03-03 {time}") for time in times] == [1, 0, 0, 1, 0, 1]
    day = ProbeDay.objects.get()
    assert (day.day, day.tries, day.good) == (date(2026, 3, 3), 3, 3)


def test_ever_less_often_while_it_is_away(target: Target, member: StaffMember) -> None:
    now, pauses = at(MORNING), []
    for _n in range(8):
        watching.probe(now=now, look=see(BAD))
        target.refresh_from_db()
        assert target.next_at is not None
        pauses.append(int((target.next_at - now).total_seconds() // 60))
        now = target.next_at
    assert pauses == [2, 5, 5, 10, 15, 30, 30, 30]
    watching.probe(now=now, look=see(GOOD))
    target.refresh_from_db()
    assert target.next_at == now + timedelta(minutes=5)


def test_a_day_is_one_in_seoul(target: Target) -> None:
    probe(GOOD, "2026-03-03 23:58")
    probe(GOOD, "2026-03-04 00:03")
    assert list(ProbeDay.objects.values_list("day", "tries").order_by("day")) == [
        (date(2026, 3, 3), 1),
        (date(2026, 3, 4), 1),
    ]


def test_two_never_look_at_once(target: Target) -> None:
    """While one looks another finds nothing; after a crash its lease runs out."""
    inner: list[int] = []

    def slow(_address: str, _text: str) -> Outcome:
        inner.append(probe(GOOD, MORNING))
        inner.append(probe(GOOD, "2026-03-03 10:01"))
        return GOOD

    assert watching.probe(now=at(MORNING), look=slow) == 1
    assert inner == [0, 0]

    def crashing(_address: str, _text: str) -> Outcome:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        watching.probe(now=at("2026-03-03 10:05"), look=crashing)
    assert probe(GOOD, "2026-03-03 10:06") == 0
    assert probe(GOOD, "2026-03-03 10:07") == 1


@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_looks(charter: None) -> None:
    Target.objects.create(name="첫 화면", address="https://portal.example/", text="x", active=True)
    together, looks = threading.Barrier(2), []

    def work() -> None:
        try:
            together.wait()
            looks.append(watching.probe(now=at(MORNING), look=see(GOOD)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(looks) == [0, 1]
    assert ProbeDay.objects.get().tries == 1


# --- an outage ------------------------------------------------------------------------------------


def test_one_failure_is_no_outage(target: Target, member: StaffMember) -> None:
    probe(BAD, "2026-03-03 10:00")
    probe(GOOD, "2026-03-03 10:02")
    assert not Outage.objects.exists()


def test_an_outage_with_its_notice_and_its_end(target: Target, member: StaffMember) -> None:
    probe(BAD, "2026-03-03 10:00")
    probe(BAD, "2026-03-03 10:02")
    outage = Outage.objects.get()
    assert (seoul(outage.started_at), seoul(outage.confirmed_at), outage.why) == (
        "2026-03-03 10:00",
        "2026-03-03 10:02",
        Why.STATUS,
    )
    row = Commitment.objects.get(code="portal-availability")
    assert seoul(row.due_at) == "2026-03-03 11:02"
    told = Notice.objects.get(template="probe-down")
    assert told.staff == member
    assert "11시 2분까지" in told.body
    assert outages.written(now=at("2026-03-03 10:03")) == ""
    put_up(member, "2026-03-03 10:30")
    assert promise() == State.KEPT
    words = outages.written(now=at("2026-03-03 10:31"))
    assert "2026년 3월 3일(화) 10시부터 원활하지 않습니다" in words
    assert "전화로 말씀해 주십시오." in words
    probe(BAD, "2026-03-03 10:40")  # still away: no second outage
    probe(GOOD, "2026-03-03 11:00")
    outage = Outage.objects.get()
    assert seoul(outage.ended_at) == "2026-03-03 11:00"
    words = outages.written(now=at("2026-03-03 11:01"))
    assert "11시부터 다시 이용됩니다. 접속이 어려웠던 시간: 60분." in words
    assert outages.written(now=at("2026-03-04 11:00")) == ""
    assert list(checks.breaches(now=at("2026-03-03 11:01"))) == []


def test_an_hour_of_work_counts_at_night(target: Target, member: StaffMember) -> None:
    probe(BAD, "2026-03-03 23:00")
    probe(BAD, "2026-03-03 23:02")
    row = Commitment.objects.get(code="portal-availability")
    assert seoul(row.due_at) == "2026-03-04 10:00"


def test_without_a_notice_it_is_missed(target: Target, member: StaffMember) -> None:
    probe(BAD, "2026-03-03 10:00")
    probe(BAD, "2026-03-03 10:02")
    services.sweep(now=at("2026-03-03 11:02"))
    assert promise() == State.MISSED
    put_up(member, "2026-03-03 11:30")
    assert promise() == State.MISSED  # late, and up all the same
    assert outages.written(now=at("2026-03-03 11:31"))


@pytest.mark.parametrize(
    ("back", "state"), [("2026-03-03 10:20", State.EXCLUDED), ("2026-03-03 11:20", State.MISSED)]
)
def test_back_without_a_notice(target: Target, member: StaffMember, back: str, state: str) -> None:
    probe(BAD, "2026-03-03 10:00")
    probe(BAD, "2026-03-03 10:02")
    probe(GOOD, back)
    assert promise() == state
    assert not Duty.objects.open().filter(kind=Kind.OUTAGE).exists()


def test_it_is_back_when_every_page_is(target: Target, member: StaffMember) -> None:
    other = Target.objects.create(
        name="확인서", address="https://portal.example/c", text="x", active=True
    )
    for now in ("10:00", "10:02"):
        probe(BAD, f"2026-03-03 {now}")
    assert Outage.objects.count() == 1
    Target.objects.filter(pk=other.pk).update(next_at=at("2026-03-03 12:00"))
    probe(GOOD, "2026-03-03 10:10")
    assert Outage.objects.filter(is_open=True).exists()
    probe(GOOD, "2026-03-03 12:00")
    assert not Outage.objects.filter(is_open=True).exists()


def test_announced_work_is_no_outage(target: Target, member: StaffMember) -> None:
    Maintenance.objects.create(
        starts_at=at("2026-03-03 10:00"), ends_at=at("2026-03-03 12:00"), why="정기 점검"
    )
    for now in ("10:00", "10:02", "10:07"):
        probe(BAD, f"2026-03-03 {now}")
    assert not Outage.objects.exists()
    day = ProbeDay.objects.get()
    assert (day.tries, day.planned) == (0, 3)
    probe(BAD, "2026-03-03 12:00")  # the work was to be over
    assert Outage.objects.exists()


def test_staff_see_it_first(member: StaffMember) -> None:
    outages.declare(started_at=at("2026-03-03 09:50"), by=member, now=at(MORNING))
    with pytest.raises(Refused, match="이미 열려"):
        outages.declare(started_at=at("2026-03-03 09:50"), by=member, now=at(MORNING))
    with pytest.raises(Refused, match="대신 쓸 수 있는"):
        put_up(member, "2026-03-03 10:05", other_way=" ")
    put_up(member, "2026-03-03 10:05")
    outages.end_declared(by=member, now=at("2026-03-03 11:00"))
    outages.take_down(outage_id=Outage.objects.get().pk, by=member, now=at("2026-03-03 11:10"))
    assert outages.written(now=at("2026-03-03 11:11")) == ""
    assert promise() == State.KEPT


@pytest.mark.parametrize("started", ["2026-03-03 10:01", "2026-03-01 10:00"])
def test_an_outage_that_cannot_have_begun_then(member: StaffMember, started: str) -> None:
    with pytest.raises(Refused):
        outages.declare(started_at=at(started), by=member, now=at(MORNING))


def test_an_address_that_may_not_be_opened_says_nothing_about_the_portal(
    target: Target, member: StaffMember
) -> None:
    unsafe = Outcome(Why.UNSAFE)
    for now in ("10:00", "10:30", "11:00"):
        assert probe(unsafe, f"2026-03-03 {now}") == 1
    target.refresh_from_db()
    assert (target.last_why, target.failures) == (Why.UNSAFE, 0)
    assert not Outage.objects.exists()
    assert not ProbeDay.objects.exists()


def test_away_again_is_not_called_back(target: Target, member: StaffMember) -> None:
    probe(BAD, "2026-03-03 10:00")
    probe(BAD, "2026-03-03 10:02")
    put_up(member, "2026-03-03 10:10")
    probe(GOOD, "2026-03-03 10:20")
    assert "다시 이용됩니다" in outages.written(now=at("2026-03-03 10:21"))
    probe(BAD, "2026-03-03 10:25")
    probe(BAD, "2026-03-03 10:27")
    assert outages.written(now=at("2026-03-03 10:28")) == ""
    put_up(member, "2026-03-03 10:30")
    assert "10시 25분부터 원활하지" in outages.written(now=at("2026-03-03 10:31"))


# --- what is said about it ------------------------------------------------------------------------


def test_an_observation_outside_the_rates(target: Target, member: StaffMember) -> None:
    for now in ("10:00", "10:05"):
        probe(GOOD, f"2026-03-03 {now}")
    for now in ("10:10", "10:12"):
        probe(BAD, f"2026-03-03 {now}")
    probe(GOOD, "2026-03-03 10:40")
    words = availability.said(date(2026, 3, 3))
    assert words == [
        "외부 시스템 관측값(이행률에 넣지 않음): 올해 공개 화면을 5번 살펴 3번 열림(60.0%).",
        "접속 장애 1번, 모두 30분.",
    ]
    assert availability.seen(date(2025, 1, 1), date(2025, 12, 31)).rate is None


# --- pages ----------------------------------------------------------------------------------------


def client_of(person: StaffMember) -> Client:
    client = Client()
    client.force_login(person.user, backend="centre.auth.RoleBackend")
    return client


def press(client: Client, do: str, **data: str) -> str:
    text = client.get(PAGE).content.decode()
    token = text.split('name="form_token" value="')
    sent = {"do": do, "form_token": token[1].split('"')[0] if len(token) > 1 else "", **data}
    return client.post(PAGE, sent, follow=True).content.decode()


def test_the_notice_goes_up_on_public_pages_and_down_again(
    target: Target, member: StaffMember, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    staff = client_of(member)
    with time_machine.travel(at(MORNING), tick=False) as clock:
        assert "지금은 접속 장애가 없습니다" in staff.get(PAGE).content.decode()
        probe(BAD, "2026-03-03 09:55")
        probe(BAD, "2026-03-03 09:57")
        text = staff.get(PAGE).content.decode()
        assert "2026년 3월 3일(화) 10시 57분까지 올려야 합니다" in text
        assert "(내선 501)에 말씀하시면 도와드립니다." in text  # offered, and can be changed
        assert PAGE in staff.get("/admin/standards/duty/").content.decode()
        assert "원활하지" not in client.get("/").content.decode()
        assert "쓸 수 있는" in press(staff, "put-up", other_way="")
        with django_capture_on_commit_callbacks(execute=True):
            done = press(staff, "put-up", other_way="급한 일은 501번으로 전화해 주십시오.")
            assert "안내문을 올렸습니다" in done
        for path in ("/", "/charter/", "/courses/"):
            text = client.get(path).content.decode()
            assert "1365자원봉사포털 접속이" in text, path
            assert "급한 일은 501번으로" in text
        assert "1365자원봉사포털 접속이" not in client.get("/accounts/login/").content.decode()
        probe(GOOD, "2026-03-03 10:20")
        clock.move_to(at("2026-03-03 10:21"))
        from django.core.cache import cache  # noqa: PLC0415

        cache.clear()  # a page may be some seconds behind
        assert "다시 이용됩니다" in client.get("/").content.decode()
        with django_capture_on_commit_callbacks(execute=True):
            assert "안내문을 내렸습니다" in press(staff, "take-down")
        assert "다시 이용됩니다" not in client.get("/").content.decode()


def test_staff_declare_and_end_it_on_the_page(member: StaffMember) -> None:
    staff = client_of(member)
    with time_machine.travel(at(MORNING), tick=False):
        late = press(staff, "declare", started_on="2026-03-03", started_time="11:00")
        assert "아직 오지 않은 때" in late
        assert 'value="11:00"' in late
        press(staff, "declare", started_on="2026-03-03", started_time="09:40")
        assert Outage.objects.filter(declared=True).exists()
        assert "복구된 것으로" in press(staff, "end")
        assert "그사이 바뀌었습니다" in press(staff, "put-up", other_way="x")


def test_only_who_sets_up_says_what_is_looked_at(target: Target, member: StaffMember) -> None:
    where = f"/admin/standards/target/{target.pk}/change/"
    assert client_of(member).post(where, {"active": ""}).status_code == 403
    lead = LeadFactory()
    assert client_of(lead).get("/admin/standards/target/add/").status_code == 403


def test_the_words_cost_a_page_at_most_one_query(client: Client) -> None:
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client.get("/")
    with CaptureQueriesContext(connection) as found:
        client.get("/")
    assert not [query for query in found if "standards_outage" in query["sql"]]
