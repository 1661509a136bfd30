"""Last year's evaluation: one duty a year, kept by what was published by the end of March."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client

from centre.errors import Refused
from centre.factories import LeadFactory, TeamFactory
from centre.models import StaffMember
from standards import services
from standards.evidence import checks, opening
from standards.models import Commitment, Duty, Evidence, Kind, State
from standards.tests.instants import at, seoul
from standards.tests.test_duties import enter, photo, state

pytestmark = pytest.mark.usefixtures("charter")
LINK = "https://www.example.com/evaluation-2026"


@pytest.fixture
def lead(db: None) -> StaffMember:
    TeamFactory(code="support", name="고객지원팀", takes_unassigned=True)
    return LeadFactory(team=TeamFactory(code="planning", name="기획팀"))


def evaluation(year: int = 2027) -> Duty:
    return Duty.objects.get(kind=Kind.EVALUATION, period=str(year))


def test_it_opens_with_the_year_and_is_due_at_the_end_of_march(lead: StaffMember) -> None:
    opening.open_periods(now=at("2026-12-31 23:59"))  # 2026's day was over: not measured
    assert not Duty.objects.filter(kind=Kind.EVALUATION).exists()
    for _pass in range(2):
        opening.open_periods(now=at("2027-01-01 00:00"))  # still 2026 in UTC
    duty = evaluation()
    assert duty.title == "2026년 이행실적 평가 공개"
    assert (seoul(duty.started_at), seoul(duty.due_at)) == ("2027-01-01 00:00", "2027-04-01 00:00")
    row = Commitment.objects.get(key=duty.commitment_key)
    assert (row.code, row.due_at, row.state) == ("charter-evaluation", duty.due_at, State.RUNNING)


def test_a_pass_that_comes_late_opens_it_still(lead: StaffMember) -> None:
    """The program was in use before the day; that nothing ran for months is no excuse."""
    opening.open_periods(now=at("2026-12-31 23:59"))
    opening.open_periods(now=at("2027-05-01 10:00"))
    services.sweep(now=at("2027-05-01 10:01"))
    assert state(evaluation()) == State.MISSED


@pytest.mark.parametrize(
    ("published", "kept"),
    [
        ("2027-01-01 00:00", State.KEPT),
        ("2027-03-31 23:59", State.KEPT),
        ("2027-04-01 00:01", State.MISSED),
    ],
)
def test_published_by_the_last_of_march(lead: StaffMember, published: str, kept: str) -> None:
    opening.open_periods(now=at("2027-01-01 00:00"))
    duty = evaluation()
    enter(
        lead, "2027-04-02 10:00", published, kind=Kind.EVALUATION, duty_id=duty.pk, link=LINK
    )  # entered later: the day of publishing counts
    assert state(duty) == kept
    assert list(checks.breaches()) == []


def test_it_takes_a_file_or_an_address(lead: StaffMember) -> None:
    opening.open_periods(now=at("2027-01-01 00:00"))
    about: dict[str, Any] = {"kind": Kind.EVALUATION, "duty_id": evaluation().pk}
    with pytest.raises(Refused, match="평가 파일을 붙이거나"):
        enter(lead, "2027-02-01 10:00", what="올렸습니다", **about)
    assert state(evaluation()) == State.RUNNING
    enter(lead, "2027-02-01 10:00", file=photo(), **about)
    assert state(evaluation()) == State.KEPT


def test_it_is_entered_on_its_page(lead: StaffMember) -> None:
    opening.open_periods(now=at("2027-01-01 00:00"))
    duty = evaluation()
    client = Client()
    place = f"/admin/standards/duty/{duty.pk}/change/"
    with time_machine.travel(at("2027-03-02 10:00"), tick=False):
        client.force_login(lead.user, backend="centre.auth.RoleBackend")
        board = client.get("/admin/standards/duty/").content.decode()
        assert "이행실적 평가" in board
        assert place in board
        shown = client.get(place)
        assert "공개한 날" in shown.content.decode()
        sent = {
            "form_token": shown.context["form"]["form_token"].value(),
            "happened_on": "2027-02-26", "happened_time": "",
        }  # fmt: skip
        refused = client.post(place, sent)
        assert refused.status_code == 422
        assert "평가 파일을 붙이거나" in refused.content.decode()
        assert client.post(place, sent | {"link": LINK}).status_code == 302
        assert LINK in client.get(place).content.decode()
    assert seoul(Evidence.objects.get(duty=duty).happened_at) == "2027-02-26 18:00"
    assert state(duty) == State.KEPT
