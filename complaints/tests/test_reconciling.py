"""The registers of a month beside what was registered: the missing are missed, and counted once."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client

from centre.errors import Refused
from centre.factories import LeadFactory, TeamFactory
from centre.models import StaffMember
from complaints.models import Channel
from complaints.services import reconciling
from complaints.services.reconciling import CHANNELS, Missing
from standards import checks, services
from standards.evidence import opening
from standards.models import Commitment, Duty, Evidence, Kind, State
from standards.tests.instants import at

NOW = at("2026-11-03 10:00")


@pytest.fixture
def lead(db: None) -> StaffMember:
    services.load_charter(today=date(2026, 1, 1))
    team = TeamFactory(code="support", takes_unassigned=True)
    return LeadFactory(team=team)


@pytest.fixture
def duty(lead: StaffMember) -> Duty:
    opening.open_periods(now=NOW)
    return Duty.objects.get(kind=Kind.RECONCILIATION)


def compare(duty: Duty, by: StaffMember, *missing: Missing, **registers: int) -> Evidence:
    asked = dict.fromkeys(CHANNELS, 0) | registers
    return reconciling.reconcile(
        duty_id=duty.pk, registers=asked, missing=missing, what="", form_token=uuid.uuid4().hex,
        by=by, now=NOW,
    )  # fmt: skip


FAX = Missing(Channel.FAX, date(2026, 10, 12))


def test_nothing_missing(duty: Duty, lead: StaffMember) -> None:
    assert duty.title == "2026년 10월 접수 대장 맞추어 보기"
    compare(duty, lead)
    duty.refresh_from_db()
    assert duty.done_at == NOW
    assert not Commitment.objects.filter(code="every-opinion").exists()


def test_what_is_missing_was_not_kept(duty: Duty, lead: StaffMember) -> None:
    row = compare(duty, lead, FAX, FAX, fax=2)
    assert row.numbers["missing"] == 2
    services.sweep(now=NOW)
    found = Commitment.objects.filter(code="every-opinion")
    assert [one.state for one in found] == [State.MISSED] * 2
    assert list(checks.breaches(now=NOW)) == []


@pytest.mark.parametrize(
    ("missing", "registers", "why"),
    [
        ([], {"fax": 1}, "빠진 1건"),
        ([FAX], {"fax": 0}, "대장보다 많습니다"),
        ([Missing(Channel.FAX, date(2026, 11, 2))], {"fax": 1}, "2026년 10월이 아닙니다"),
    ],
)
def test_what_does_not_come_out_even(
    duty: Duty, lead: StaffMember, missing: list[Missing], registers: dict[str, int], why: str
) -> None:
    with pytest.raises(Refused, match=why):
        compare(duty, lead, *missing, **registers)
    assert not Evidence.objects.exists()


def test_on_its_page(duty: Duty, lead: StaffMember) -> None:
    client = Client()
    client.force_login(lead.user, backend="centre.auth.RoleBackend")
    with time_machine.travel(NOW, tick=False):
        where = reconciling.page_of(duty)
        assert where in client.get("/admin/standards/duty/").content.decode()
        text = client.get(where).content.decode()
        data: dict[str, Any] = dict.fromkeys(CHANNELS, "0")
        data["form_token"] = text.split('name="form_token" value="')[1].split('"')[0]
        for typed, why in (("팩스 12일", "처럼 적어"), ("팩스 2026-10-99", "없는 날짜")):
            answer = client.post(where, data | {"missing": typed})
            assert answer.status_code == 422
            assert why in answer.content.decode()
            assert typed in answer.content.decode()
        answer = client.post(where, data | {"missing": "팩스 2026-10-12", "fax": "1"}, follow=True)
        assert "더한 것 1건" in answer.content.decode()
        assert "맞추어 보았습니다" in client.get(where).content.decode()
