"""What is due is opened once, done by evidence, missed without it, and corrected by another row."""

from __future__ import annotations

import io
import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from django.db import Error, connection, transaction
from PIL import Image

from centre import services as centre_services
from centre.errors import NotAllowed, Refused
from centre.factories import LeadFactory, StaffMemberFactory, TeamFactory
from centre.models import Position, Role, StaffMember
from centre.services import set_option
from notices.models import Notice
from records.actors import SYSTEM
from records.files import check_upload
from standards import checks, services
from standards.evidence import asides, duties, entering, judging, opening, reports
from standards.evidence import checks as evidence_checks
from standards.evidence.entering import Entry
from standards.models import (
    Commitment,
    Duty,
    Evidence,
    InfoPage,
    Kind,
    Observation,
    OnlineService,
    State,
)
from standards.tests.instants import at, seoul

pytestmark = pytest.mark.usefixtures("charter")
MONDAY = "2026-03-02 10:00"  # the third is the first open day: 1 and 2 March are holidays


@pytest.fixture
def support(db: None) -> Any:
    return TeamFactory(code="support", name="고객지원팀", takes_unassigned=True)


@pytest.fixture
def lead(support: Any) -> StaffMember:
    return LeadFactory(team=support, name="배수정")


@pytest.fixture
def other(db: None) -> StaffMember:
    return StaffMemberFactory(team=TeamFactory(code="activity", name="활동지원팀"))


def token() -> str:
    return uuid.uuid4().hex


def photo() -> Any:
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, "PNG")
    size = content.tell()
    content.seek(0)
    return check_upload(name="안내도.png", data=content, size=size)


def enter(by: StaffMember, now: str, happened: str = "", **values: Any) -> list[Evidence]:
    entry = Entry(happened_at=at(happened or now), **values)
    return entering.enter(entries=[entry], form_token=token(), by=by, now=at(now))


def duty(kind: Kind, **values: Any) -> Duty:
    return Duty.objects.get(kind=kind, **values)


def state(row: Duty) -> str:
    return Commitment.objects.get(key=row.commitment_key).state


# --- opening --------------------------------------------------------------------------------------


def test_a_period_is_opened_once(lead: StaffMember, other: StaffMember) -> None:
    opened = opening.open_periods(now=at("2026-03-03 10:00"))
    assert opened == Duty.objects.count() > 0
    assert opening.open_periods(now=at("2026-03-03 11:00")) == 0
    kinds = dict.fromkeys(Duty.objects.values_list("kind", flat=True), 0)
    for kind in Duty.objects.values_list("kind", flat=True):
        kinds[kind] += 1
    assert kinds == {
        Kind.MEETING_PLAN: 1,
        Kind.MEETING: 4,  # January passed without a plan: each quarter
        Kind.TRAINING: 2,
        Kind.CALLS: 1,
        Kind.PAGE: InfoPage.objects.count(),
        Kind.SERVICES: 1,
        Kind.EVALUATION: 1,
        Kind.GUIDE: 1,
        Kind.CHANNEL: 4,
        Kind.RECONCILIATION: 1,
        Kind.LISTINGS: 1,
    }
    assert (
        opening.open_periods(now=at("2026-04-01 00:00")) == 4 + 3
    )  # channels; quarter, register, week


def test_without_a_charter_nothing_is_promised(db: None) -> None:
    from standards.models import Standard  # noqa: PLC0415

    Standard.clauses.through.objects.all().delete()
    Standard.objects.all().delete()
    assert opening.open_periods(now=at(MONDAY)) == 0


def test_periods_end_at_midnight_in_seoul(lead: StaffMember) -> None:
    opening.open_periods(now=at("2026-03-31 23:59"))
    assert {seoul(row.due_at) for row in Duty.objects.filter(kind=Kind.CHANNEL)} == {
        "2026-04-01 00:00"
    }
    opening.open_periods(now=at("2026-04-01 00:00"))  # still 31 March in UTC
    assert Duty.objects.filter(kind=Kind.CHANNEL, period="2026-04").count() == 4


def test_one_kind_that_fails_does_not_hold_up_the_others(
    lead: StaffMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_now: object) -> int:
        raise RuntimeError("out of order")

    monkeypatch.setattr(opening, "_STEPS", (broken, *opening._STEPS))
    with pytest.raises(ExceptionGroup) as raised:
        opening.open_periods(now=at(MONDAY))
    assert [str(error) for error in raised.value.exceptions] == ["out of order"]
    assert Duty.objects.filter(kind=Kind.CHANNEL).count() == 4


# --- meetings -------------------------------------------------------------------------------------


def days(*texts: str) -> Sequence[date]:
    return [date.fromisoformat(text) for text in texts]


def test_a_plan_in_january_and_a_meeting_with_minutes(lead: StaffMember) -> None:
    opening.open_periods(now=at("2026-01-05 10:00"))
    plan = days("2026-02-02", "2026-05-04", "2026-08-03", "2026-11-02")
    duties.plan_meetings(days=plan, by=lead, now=at("2026-01-05 10:00"))
    assert duty(Kind.MEETING_PLAN).done_at is not None
    opening.open_periods(now=at("2026-02-01 10:00"))
    assert Duty.objects.filter(kind=Kind.MEETING).count() == 4
    february = duty(Kind.MEETING, period="2026-02")
    with pytest.raises(Refused, match="회의록"):
        enter(lead, "2026-02-02 12:00", kind=Kind.MEETING, duty_id=february.pk)
    held: dict[str, Any] = {
        "kind": Kind.MEETING,
        "duty_id": february.pk,
        "link": "https://example.org/m",
    }
    enter(lead, "2026-02-02 12:00", numbers={"opinions_item": False}, **held)
    assert state(february) == State.RUNNING  # no item on opinions
    enter(lead, "2026-03-03 12:00", "2026-02-27 11:00", numbers={"opinions_item": True}, **held)
    assert state(february) == State.KEPT  # entered later; what counts is when it was held
    row = Evidence.objects.latest("pk")
    assert (seoul(row.happened_at), seoul(row.entered_at)) == (
        "2026-02-27 11:00",
        "2026-03-03 12:00",
    )


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (["2026-02-02"], "4번 이상"),
        (["2026-02-02", "2026-02-09", "2026-05-04", "2026-08-03"], "한 달에 하나"),
        (["2026-01-02", "2026-05-04", "2026-08-03", "2026-11-02"], "지났습니다"),
        (["2026-02-01", "2026-05-04", "2026-08-03", "2026-11-02"], "쉬는 날"),
        (["2026-02-02", "2026-05-04", "2026-08-03", "2027-02-01"], "한 해의"),
        ([], "적어"),
    ],
)
def test_a_plan_that_is_none(lead: StaffMember, plan: list[str], why: str) -> None:
    with pytest.raises(Refused, match=why):
        duties.plan_meetings(days=days(*plan), by=lead, now=at("2026-01-05 10:00"))
    assert not Duty.objects.filter(kind=Kind.MEETING).exists()


def test_a_meeting_not_held_is_missed_and_told(lead: StaffMember) -> None:
    opening.open_periods(now=at("2026-02-02 10:00"))
    march = duty(Kind.MEETING, period="2026-03")
    services.sweep(now=at("2026-04-01 00:00"))
    assert state(march) == State.MISSED
    assert Notice.objects.filter(template="duty-missed", subject_id=march.pk).count() == 1


# --- training -------------------------------------------------------------------------------------


def hear(by: StaffMember, person: StaffMember, day: str, hours: float, **more: Any) -> Evidence:
    numbers = {"hours": hours, **more}
    entry: dict[str, Any] = {"kind": Kind.TRAINING, "person_id": person.pk, "what": "상담 교육"}
    return enter(by, "2026-12-01 10:00", day, numbers=numbers, **entry)[0]


def test_hours_of_a_year_and_their_correction(lead: StaffMember, other: StaffMember) -> None:
    opening.open_periods(now=at("2026-01-05 10:00"))
    theirs = duty(Kind.TRAINING, person=other)
    hear(lead, other, "2025-12-31 15:00", 8)  # of another year
    hear(lead, other, "2026-05-06 15:00", 5)
    assert state(theirs) == State.RUNNING
    wrong = hear(lead, other, "2026-06-10 15:00", 3)
    assert state(theirs) == State.KEPT
    theirs.refresh_from_db()
    assert seoul(theirs.done_at) == "2026-06-10 15:00"
    right = Entry(
        kind=Kind.TRAINING,
        person_id=other.pk,
        what="상담 교육",
        numbers={"hours": 2},
        happened_at=wrong.happened_at,
    )
    correct: dict[str, Any] = {"evidence_id": wrong.pk, "by": lead, "now": at("2026-12-02 10:00")}
    with pytest.raises(Refused, match="틀렸는지"):
        entering.correct(entry=right, why=" ", form_token=token(), **correct)
    entering.correct(entry=right, why="두 시간이었음", form_token=token(), **correct)
    assert state(theirs) == State.RUNNING
    with pytest.raises(Refused, match="이미 고친"):
        entering.correct(entry=None, why="또", form_token=token(), **correct)
    assert Evidence.objects.count() == 4  # nothing was overwritten
    hear(lead, other, "2026-11-10 15:00", 1)
    assert state(theirs) == State.KEPT


def test_what_counts_is_asked_when_the_year_opens(lead: StaffMember) -> None:
    opening.open_periods(now=at("2026-01-05 10:00"))
    set_option(key="training_hours", value="20", by=SYSTEM, now=at("2026-02-02 10:00"))
    hear(lead, lead, "2026-05-06 15:00", 8)
    assert state(duty(Kind.TRAINING, person=lead)) == State.KEPT


def test_a_new_person_has_three_months(lead: StaffMember) -> None:
    new = StaffMemberFactory(team=lead.team, joined_on=date(2026, 11, 30))
    opening.open_periods(now=at("2026-12-01 10:00"))
    basic = duty(Kind.BASIC_TRAINING, person=new)
    assert seoul(basic.due_at) == "2027-03-01 00:00"  # by the last of February
    assert not Duty.objects.filter(kind=Kind.TRAINING, person=new).exists()
    enter(
        lead, "2026-12-02 10:00", kind=Kind.TRAINING, person_id=new.pk, what="기본",
        numbers={"hours": 6, "basic": True},
    )  # fmt: skip
    assert state(basic) == State.KEPT


def test_who_left_is_left_out(lead: StaffMember, other: StaffMember) -> None:
    opening.open_periods(now=at("2026-01-05 10:00"))
    StaffMember.objects.filter(pk=other.pk).update(left_on=date(2026, 6, 1))
    opening.open_periods(now=at("2026-06-01 10:00"))
    assert state(duty(Kind.TRAINING, person=other)) == State.EXCLUDED


# --- calls ----------------------------------------------------------------------------------------


def call(by: StaffMember, team: Any, rings: int = 2, **said: bool) -> Evidence:
    from standards.evidence.kinds import SHEET  # noqa: PLC0415

    numbers: dict[str, Any] = {name: said.get(name, True) for name, _question, _points in SHEET}
    quarter = duty(Kind.CALLS)
    return enter(
        by, "2026-03-03 11:00", kind=Kind.CALLS, duty_id=quarter.pk, team_id=team.pk,
        numbers={**numbers, "rings": rings},
    )[0]  # fmt: skip


def kept(code: str) -> list[int]:
    rows = Observation.objects.filter(standard__code=code).order_by("pk")
    return list(rows.values_list("kept", flat=True))


def test_monitoring_calls(lead: StaffMember, other: StaffMember) -> None:
    opening.open_periods(now=at("2026-03-03 10:00"))
    for rings in (0, 3, 4):
        call(lead, other.team, rings)
    call(lead, other.team, name=False)
    assert kept("phone-answer") == [0, 1, 0, 1]
    assert kept("phone-identity") == [1, 1, 1, 0]
    with pytest.raises(Refused, match="자기 팀"):
        call(lead, lead.team)


def test_a_quarter_of_calls_has_some_to_each_team(lead: StaffMember, other: StaffMember) -> None:
    third = StaffMemberFactory(team=TeamFactory())
    opening.open_periods(now=at("2026-03-03 10:00"))
    quarter = duty(Kind.CALLS)
    assert quarter.needed == 15
    for _n in range(12):
        call(lead, other.team)
    for _n in range(3):
        call(other, lead.team)
    assert judging.done_at(quarter) is None  # nobody has called the third team
    for _n in range(3):
        call(lead, third.team)
    quarter.refresh_from_db()
    assert quarter.done_at is not None


def test_a_call_entered_wrongly_is_taken_out_of_the_figures(
    lead: StaffMember, other: StaffMember
) -> None:
    opening.open_periods(now=at("2026-03-03 10:00"))
    wrong = call(lead, other.team, 9)
    entering.correct(
        evidence_id=wrong.pk, entry=None, why="잘못 걸음", form_token=token(), by=lead,
        now=at("2026-03-03 12:00"),
    )  # fmt: skip
    assert kept("phone-answer") == []
    assert list(Evidence.objects.standing()) == []


def test_the_sheet_has_a_hundred_points() -> None:
    from standards.evidence.kinds import SHEET, score  # noqa: PLC0415

    every: dict[str, object] = {name: True for name, _question, _points in SHEET}
    assert score({**every, "rings": 3}, rings=3) == 100
    assert score({**every, "rings": 4}, rings=3) == 85
    assert score({**every, "rings": 3, "name": False}, rings=3) == 85


# --- listings, channels, services -----------------------------------------------------------------


def test_a_week_without_a_check_was_not_kept(lead: StaffMember) -> None:
    opening.open_periods(now=at("2026-03-03 10:00"))
    opening.open_periods(now=at("2026-03-09 10:00"))
    assert kept("portal-information") == [0]
    week = duty(Kind.LISTINGS, period="2026-W10")
    enter(
        lead, "2026-03-09 11:00", "2026-03-05 11:00", kind=Kind.LISTINGS, duty_id=week.pk,
        numbers={"checked": 10, "right": 9},
    )  # fmt: skip
    opening.open_periods(now=at("2026-03-09 12:00"))
    assert kept("portal-information") == [1]  # it had been done, and was entered later
    week = duty(Kind.LISTINGS, period="2026-W11")
    numbers = {"checked": 10, "right": 8}
    enter(lead, "2026-03-09 13:00", kind=Kind.LISTINGS, duty_id=week.pk, numbers=numbers)
    assert kept("portal-information") == [1, 0]
    with pytest.raises(Refused, match="이미 적혀"):
        enter(lead, "2026-03-09 14:00", kind=Kind.LISTINGS, duty_id=week.pk, numbers=numbers)


def test_a_week_of_holidays_asks_for_nothing(lead: StaffMember) -> None:
    for day in range(9, 14):
        centre_services.add_closure(
            on=date(2026, 3, day), reason="이전", by=SYSTEM, now=at("2026-03-03 10:00")
        )
    opening.open_periods(now=at("2026-03-09 10:00"))
    assert not Duty.objects.filter(kind=Kind.LISTINGS, period="2026-W11").exists()


def test_a_channel_is_tried_until_it_works(lead: StaffMember) -> None:
    opening.open_periods(now=at("2026-03-03 10:00"))
    fax = duty(Kind.CHANNEL, about="fax")
    tried: dict[str, Any] = {"kind": Kind.CHANNEL, "duty_id": fax.pk}
    enter(lead, "2026-03-03 11:00", numbers={"arrived": False, "same": True}, **tried)
    assert state(fax) == State.RUNNING
    enter(lead, "2026-03-04 11:00", numbers={"arrived": True, "same": True}, **tried)
    assert state(fax) == State.KEPT
    services.sweep(now=at("2026-04-01 00:00"))
    assert state(duty(Kind.CHANNEL, about="phone")) == State.MISSED


@pytest.mark.parametrize(
    ("added", "ended", "expected"),
    [
        ("2026-06-01", None, State.KEPT),
        (None, None, State.MISSED),
        ("2026-06-01", "2026-12-31", State.MISSED),  # taken away again on the last day
        ("2026-12-31", None, State.KEPT),
    ],
)
def test_more_can_be_done_online_at_the_end_of_the_year(
    lead: StaffMember, added: str | None, ended: str | None, expected: str
) -> None:
    opening.open_periods(now=at("2026-01-05 10:00"))
    if added:
        OnlineService.objects.create(
            name="교육 신청",
            started_on=date.fromisoformat(added),
            ended_on=date.fromisoformat(ended) if ended else None,
        )
    services.sweep(now=at("2027-01-01 00:00"))
    year = duty(Kind.SERVICES, period="2026")
    assert state(year) == expected
    opening.open_periods(now=at("2027-01-01 00:00"))
    year.refresh_from_db()
    assert (year.done_at is not None) == (expected == State.KEPT)


# --- the staff guide ------------------------------------------------------------------------------


def test_a_change_of_people_is_pulled_from_the_record(
    lead: StaffMember, other: StaffMember
) -> None:
    opening.open_periods(now=at("2026-03-03 09:00"))
    third = TeamFactory()
    moved = at("2026-03-03 10:00")
    centre_services.move_team(person_id=other.pk, team_id=third.pk, by=SYSTEM, now=moved)
    lead.room = "나 구역"
    centre_services.save_row(row=lead, fields=["room"], by=SYSTEM, now=moved)
    centre_services.save_row(row=lead, fields=["email"], by=SYSTEM, now=moved)
    opening.open_periods(now=at("2026-03-03 11:00"))
    opening.open_periods(now=at("2026-03-03 12:00"))
    changes = list(Duty.objects.filter(kind=Kind.GUIDE_CHANGE))
    assert [seoul(change.due_at) for change in changes] == ["2026-03-06 10:00"] * 2
    with pytest.raises(Refused, match="사진"):
        enter(lead, "2026-03-04 10:00", kind=Kind.GUIDE)
    enter(lead, "2026-03-04 10:00", kind=Kind.GUIDE, file=photo())
    assert {state(change) for change in changes} == {State.KEPT}
    assert state(duty(Kind.GUIDE)) == State.KEPT


def test_somebody_who_leaves_later_is_on_the_guide_until_then(
    lead: StaffMember, other: StaffMember
) -> None:
    opening.open_periods(now=at("2026-03-03 09:00"))
    now = at("2026-03-03 10:00")
    centre_services.leave(person_id=other.pk, on=date(2026, 3, 16), by=SYSTEM, now=now)
    opening.open_periods(now=at("2026-03-03 11:00"))
    assert not Duty.objects.filter(kind=Kind.GUIDE_CHANGE).exists()
    opening.open_periods(now=at("2026-03-16 01:00"))
    assert seoul(duty(Kind.GUIDE_CHANGE).started_at) == "2026-03-16 00:00"


# --- improvements ---------------------------------------------------------------------------------


def improve(by: StaffMember, owner: StaffMember, due: str, now: str = "2026-03-03 10:00") -> Duty:
    return duties.plan_improvement(
        title="북부권 교육을 한 번 더 엶", source="suggestion", owner_id=owner.pk,
        due_on=date.fromisoformat(due), form_token=token(), by=by, now=at(now),
    )  # fmt: skip


def test_an_improvement_by_the_day_first_set(lead: StaffMember, other: StaffMember) -> None:
    one, two = improve(lead, other, "2026-05-29"), improve(lead, other, "2026-05-29")
    enter(other, "2026-05-29 23:00", kind=Kind.IMPROVEMENT, duty_id=one.pk, what="열었음")
    assert state(one) == State.KEPT
    services.sweep(now=at("2026-05-30 00:00"))
    assert state(two) == State.MISSED
    assert Notice.objects.filter(subject_id=two.pk, staff=other).exists()
    with pytest.raises(NotAllowed):
        improve(other, other, "2026-05-29")


def test_a_year_without_any_is_missed(lead: StaffMember) -> None:
    opening.open_periods(now=at("2026-12-01 10:00"))
    opening.open_periods(now=at("2027-01-01 01:00"))
    services.sweep(now=at("2027-01-01 01:00"))
    none = duty(Kind.IMPROVEMENT, period="2026")
    assert state(none) == State.MISSED
    assert not Duty.objects.filter(kind=Kind.IMPROVEMENT, period="2025").exists()  # not measured


def test_an_improvement_is_handed_over(lead: StaffMember, other: StaffMember) -> None:
    one = improve(lead, other, "2026-05-29")
    assert duties.open_improvements(other) == 1
    moved = duties.hand_over(
        from_person=other, to_person=lead, by=SYSTEM, now=at("2026-03-04 10:00")
    )
    one.refresh_from_db()
    assert (moved, one.person, one.team) == (1, lead, lead.team)


# --- reports --------------------------------------------------------------------------------------


def report(what: str = "번호가 다릅니다", now: str = "2026-03-03 10:00", **values: Any) -> Duty:
    asked = {"address": "/charter/", "form_token": token(), "sender": "192.0.2.1", **values}
    return reports.report_page(what=what, now=at(now), **asked)


def test_a_report_is_a_task_of_three_working_days(lead: StaffMember) -> None:
    one = report()
    assert seoul(one.due_at) == "2026-03-06 10:00"
    assert Notice.objects.filter(subject_id=one.pk, staff=lead).count() == 1
    again = str(one.form_token)
    assert report(form_token=again).pk == one.pk
    with pytest.raises(Refused, match="고쳤는지"):
        enter(lead, "2026-03-04 10:00", kind=Kind.REPORT, duty_id=one.pk)
    enter(lead, "2026-03-04 10:00", kind=Kind.REPORT, duty_id=one.pk, what="번호를 고침")
    assert state(one) == State.KEPT


def test_a_closure_moves_the_duty_with_its_promise(lead: StaffMember) -> None:
    one = report()
    closed = at("2026-03-03 12:00")
    centre_services.add_closure(on=date(2026, 3, 5), reason="이전", by=SYSTEM, now=closed)
    services.sweep(now=closed)
    one.refresh_from_db()
    assert seoul(one.due_at) == "2026-03-09 10:00"


def test_a_flood_of_reports_is_refused(lead: StaffMember) -> None:
    for _n in range(5):
        report()
    with pytest.raises(reports.TooManyReports):
        report()
    report(sender="192.0.2.2")
    report(now="2026-03-03 11:01")
    assert Duty.objects.exclude(sender="").filter(sender__contains="192.0.2").count() == 0


@pytest.mark.parametrize("what", ["", " \u200b ", "850101-1234567", "가" * 1001])
def test_a_report_that_cannot_be(lead: StaffMember, what: str) -> None:
    with pytest.raises(Refused) as refused:
        report(what)
    assert refused.value.field == "what"


# --- entering -------------------------------------------------------------------------------------


def test_a_form_sent_twice_is_entered_once(lead: StaffMember, other: StaffMember) -> None:
    once = token()
    entries = [
        Entry(
            kind=Kind.TRAINING, happened_at=at("2026-03-03 10:00"), person_id=person.pk,
            what="교육", numbers={"hours": 2},
        )
        for person in (lead, other)
    ]  # fmt: skip
    first = entering.enter(entries=entries, form_token=once, by=lead, now=at("2026-03-03 12:00"))
    second = entering.enter(entries=entries, form_token=once, by=lead, now=at("2026-03-03 12:01"))
    assert first == second
    assert Evidence.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"happened": "2026-03-03 13:00"}, "happened_on"),  # in the future
        ({"happened": "2024-03-03 13:00"}, "happened_on"),
        ({"what": ""}, "what"),
        ({"numbers": {"hours": 0}}, "hours"),
        ({"numbers": {"hours": "8"}}, "hours"),
        ({"numbers": {"hours": True}}, "hours"),
        ({"person_id": None}, "people"),
        ({"what": "850101-1234567"}, "what"),
    ],
)
def test_what_cannot_have_been(lead: StaffMember, values: dict[str, Any], field: str) -> None:
    usual: dict[str, Any] = {
        "kind": Kind.TRAINING, "person_id": lead.pk, "what": "교육", "numbers": {"hours": 2},
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        enter(lead, "2026-03-03 12:00", **(usual | values))
    assert refused.value.field == field


def test_only_who_works_here_enters(lead: StaffMember, other: StaffMember) -> None:
    nobody = StaffMemberFactory(roles=[Role.ADMINISTRATOR])
    with pytest.raises(NotAllowed):
        hear(nobody, nobody, "2026-03-03 10:00", 2)
    mine = hear(lead, lead, "2026-03-03 10:00", 2)
    with pytest.raises(NotAllowed):  # neither who entered it nor who leads
        entering.correct(
            evidence_id=mine.pk, entry=None, why="x", form_token=token(), by=other,
            now=at("2026-12-01 11:00"),
        )  # fmt: skip


def test_the_database_keeps_evidence_as_it_is(lead: StaffMember) -> None:
    row = hear(lead, lead, "2026-03-03 10:00", 2)
    for sql in ("UPDATE standards_evidence SET what = 'x'", "DELETE FROM standards_evidence"):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert Evidence.objects.get(pk=row.pk).what == "상담 교육"


def test_those_in_charge_are_reminded_once(lead: StaffMember, other: StaffMember) -> None:
    opening.open_periods(now=at("2026-03-03 10:00"))
    told = Notice.objects.filter(template="duty-due", staff=lead)
    fax = duty(Kind.CHANNEL, about="fax")
    assert not told.filter(subject_id=fax.pk).exists()
    opening.open_periods(now=at("2026-03-23 10:00"))
    opening.open_periods(now=at("2026-03-23 11:00"))
    assert told.filter(subject_id=fax.pk).count() == 1


def test_what_was_missed_is_told_above(lead: StaffMember) -> None:
    above = StaffMemberFactory(position=Position.SECRETARY_GENERAL, roles=[Role.MANAGER])
    opening.open_periods(now=at("2026-03-03 10:00"))
    services.sweep(now=at("2026-04-01 00:00"))
    fax = duty(Kind.CHANNEL, about="fax")
    assert Notice.objects.filter(template="duty-missed", subject_id=fax.pk, staff=above).exists()


def test_nothing_is_amiss_afterwards(lead: StaffMember, other: StaffMember) -> None:
    opening.open_periods(now=at("2026-03-03 10:00"))
    call(lead, other.team)
    hear(lead, other, "2026-05-06 15:00", 9)
    services.sweep(now=at("2026-04-01 00:00"))
    assert list(checks.breaches(now=at("2026-04-01 00:00"))) == []


# --- beside the figures ---------------------------------------------------------------------------


def test_average_hours_beside_last_years(lead: StaffMember) -> None:
    people = [StaffMemberFactory(team=lead.team) for _n in range(4)]
    opening.open_periods(now=at("2025-01-06 10:00"))
    opening.open_periods(now=at("2026-01-05 10:00"))
    assert asides.training(date(2026, 12, 1)) == [
        "올해 지금까지 한 사람 평균 0.0시간, 지난해 0.0시간."
    ]
    hear(lead, people[0], "2025-11-03 15:00", 5)
    hear(lead, people[1], "2026-05-06 15:00", 10)
    assert asides.training(date(2026, 12, 1)) == [
        "올해 지금까지 한 사람 평균 2.0시간, 지난해 1.0시간."
    ]
    Duty.objects.filter(person=people[0], period="2026").update(dropped_at=at("2026-11-01 10:00"))
    assert asides.training(date(2026, 12, 1)) == []  # of four one could be recognised


def test_calls_made_of_those_to_be_made(lead: StaffMember, other: StaffMember) -> None:
    assert asides.calls(date(2026, 3, 3)) == []
    opening.open_periods(now=at("2026-03-03 10:00"))
    call(lead, other.team)
    assert "15통 이상을 걸기로 하고 1통을" in asides.calls(date(2026, 3, 3))[0]


def test_services_and_the_use_of_the_new_ones(lead: StaffMember) -> None:
    opening.open_periods(now=at("2026-03-03 10:00"))
    assert asides.services(date(2026, 3, 3)) == ["지금 3개, 지난해 말 3개."]
    new = OnlineService.objects.create(name="교육 신청", started_on=date(2026, 2, 2))
    year = duty(Kind.SERVICES)
    numbers = {"service": new.pk, "uses": 1200}
    enter(lead, "2026-03-03 11:00", kind=Kind.SERVICES, duty_id=year.pk, numbers=numbers)
    assert asides.services(date(2026, 3, 3)) == [
        "지금 4개, 지난해 말 3개.",
        "올해 늘어난 업무의 이용 1,200건.",
    ]


# --- verify ---------------------------------------------------------------------------------------


def test_verify_sees_what_is_amiss(lead: StaffMember, other: StaffMember) -> None:
    opening.open_periods(now=at("2026-03-03 10:00"))
    call(lead, other.team)
    opening.open_periods(now=at("2026-03-09 00:00"))

    def amiss() -> set[str]:
        return {line.partition(": ")[2] for line in evidence_checks.breaches()}

    assert amiss() == set()
    Observation.objects.filter(standard__code="phone-answer").delete()
    Observation.objects.filter(key__endswith=":none").delete()
    fax = duty(Kind.CHANNEL, about="fax")
    Duty.objects.filter(pk=fax.pk).update(done_at=at("2026-03-04 10:00"))
    StaffMember.objects.filter(pk=lead.pk).update(team=other.team)
    assert amiss() == {
        "phone-answer 수에 들어 있지 않습니다",
        "확인하지 않은 주가 세어지지 않았습니다",
        "했는데 판정되지 않았습니다",
        "근거와 한 때가 맞지 않습니다",
        "자기 팀을 점검한 전화입니다",
    }
    Commitment.objects.filter(key=fax.commitment_key).delete()
    assert "이행 약속이 없습니다" in amiss()
