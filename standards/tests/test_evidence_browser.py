"""The pages of 헌장 이행 기록 in a real browser: axe finds nothing, nothing sticks out."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright

from centre.factories import PASSWORD, LeadFactory, StaffMemberFactory, TeamFactory, UserFactory
from centre.models import Role, StaffMember
from conftest import chromium_path
from reception.tests.axe import sticks_out, violations
from standards.evidence import entering, opening
from standards.evidence.entering import Entry
from standards.models import Duty, Evidence, Kind, Target
from standards.probe import outages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
WIDTHS = (1280, 390)


@pytest.fixture
def page(browser_type_launch_args: dict[str, Any]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        launch = browser_type_launch_args | {"executable_path": chromium_path()}
        browser = playwright.chromium.launch(**launch)
        opened = browser.new_page(locale="ko-KR", timezone_id="Asia/Seoul")
        yield opened
        browser.close()
        connections.close_all()


@pytest.fixture
def lead(charter: None) -> StaffMember:
    team = TeamFactory(code="support", name="고객지원팀", takes_unassigned=True)
    user = UserFactory(username="bae.sj", roles=[Role.LEAD])
    return LeadFactory(team=team, name="배수정", user=user, roles=[])


@pytest.fixture
def busy(lead: StaffMember) -> dict[str, int]:
    """A board in use: something entered late, something corrected, and the portal away."""
    now = timezone.now()
    for _n in range(5):
        StaffMemberFactory(team=TeamFactory())
    opening.open_periods(now=now)
    fax = Duty.objects.get(kind=Kind.CHANNEL, about="fax")
    token = uuid.uuid4().hex
    entry = Entry(
        kind=Kind.CHANNEL, happened_at=max(fax.started_at, now - timedelta(days=2)),
        duty_id=fax.pk, numbers={"arrived": False, "same": True}, what="종이가 걸림",
    )  # fmt: skip
    [wrong] = entering.enter(entries=[entry], form_token=token, by=lead, now=now)
    entering.correct(
        evidence_id=wrong.pk, entry=entry, why="날짜가 틀림", form_token=uuid.uuid4().hex, by=lead,
        now=now,
    )  # fmt: skip
    Target.objects.create(
        name="포털 첫 화면", address="https://portal.example/a/long/address/of/a/page", text="x",
        last_at=now, last_why="status", last_status=503, last_ms=120, failures=3, next_at=now,
    )  # fmt: skip
    outages.declare(started_at=now - timedelta(minutes=9), by=lead, now=now)
    kinds = (Kind.CALLS, Kind.LISTINGS, Kind.GUIDE, Kind.RECONCILIATION)
    found = {str(duty.kind): duty.pk for duty in Duty.objects.filter(kind__in=kinds)}
    return {**found, "fax": fax.pk, "row": Evidence.objects.latest("pk").pk}


def test_axe_on_every_page(live_server: Any, page: Page, busy: dict[str, int]) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    page.fill("[name=login]", "bae.sj")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    board = "/admin/standards/duty/"
    duties = [pk for name, pk in busy.items() if name not in {"row", Kind.RECONCILIATION}]
    paths = [
        board,
        *(f"{board}{pk}/change/" for pk in duties),
        f"{board}enter/training/",
        f"{board}plan/",
        f"{board}improve/",
        f"{board}evidence/{busy['row']}/correct/",
        f"/admin/complaints/complaint/reconcile/{busy[Kind.RECONCILIATION]}/",
        "/admin/standards/outage/",
        "/charter/different/?page=/charter/",
    ]
    wrong = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for path in paths:
            answer = page.goto(live_server.url + path)
            assert answer is not None
            assert (answer.status, page.url) == (200, live_server.url + path)
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
            found = [*violations(page), *sticks_out(page)]
            wrong += [f"{path} at {width}: {what}" for what in found]
    assert wrong == []
