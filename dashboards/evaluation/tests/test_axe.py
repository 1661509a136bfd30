"""The pages of the evaluation in a real browser: axe finds nothing and nothing sticks out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page

from centre.models import StaffMember
from dashboards.evaluation import approving, publishing, writing
from dashboards.evaluation.models import Edition, Evaluation
from dashboards.evaluation.tests.conftest import drafted, signed_by_all, submitted
from reception.tests.axe import violations
from surveys.tests import test_axe
from surveys.tests.test_axe import PASSWORD, look_at

pytestmark = test_axe.pytestmark
page = test_axe.page
LIST = "/admin/dashboards/evaluation/"


def sign_in(page: Page, base: str, person: StaffMember) -> None:
    user = person.user
    user.set_password(PASSWORD)
    user.must_change_password = False
    user.save()
    page.goto(f"{base}/accounts/login/?next={LIST}")
    page.fill("[name=login]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#all").wait_for()


@pytest.fixture
def now_published(written: Evaluation, writer: StaffMember, manager: StaffMember) -> Edition:
    """By the real clock, which the pages read."""
    now = timezone.now()
    submitted(written, writer, now=now)
    signed_by_all(written, now=now)
    edition = publishing.publish(evaluation_id=written.pk, by=manager, now=now)
    writing.start(year=2025, by=writer, now=now, why="글을 고침")
    return edition


@pytest.fixture
def written(year: int, writer: StaffMember) -> Evaluation:
    now = timezone.now()
    made = writing.start(year=year, by=writer, now=now)
    draft = drafted(writer)
    reply = draft.said["reply"]
    later = replace(reply, due_on=(now + timedelta(days=60)).date())
    return writing.save(
        evaluation_id=made.pk,
        version=made.version,
        draft=replace(draft, said={"reply": later}),
        by=writer,
        now=now,
    )


def test_for_everybody(page: Page, live_server: Any, now_published: Edition) -> None:
    found = look_at(
        page,
        live_server.url,
        ["/charter/evaluations/", "/charter/evaluations/2025/", "/charter/evaluations/2025/1/"],
    )
    assert found == {}


def test_for_staff(page: Page, live_server: Any, written: Evaluation, writer: StaffMember) -> None:
    sign_in(page, live_server.url, writer)
    address = f"{LIST}{written.pk}/change/"
    assert look_at(page, live_server.url, [LIST, address, f"{LIST}{written.pk}/preview/"]) == {}
    page.goto(f"{live_server.url}{address}")
    page.fill("#id_introduction", "")
    page.locator("button[value=submit]").click()
    page.locator("#error-summary").wait_for()
    assert violations(page) == []
    submitted_now = Evaluation.objects.get(pk=written.pk)
    assert submitted_now.introduction == ""
    connections.close_all()


def test_while_it_is_approved(
    page: Page, live_server: Any, written: Evaluation, writer: StaffMember
) -> None:
    submitted(written, writer, now=timezone.now())
    asked = approving.waiting(written)
    assert asked is not None
    sign_in(page, live_server.url, asked.approver)
    assert look_at(page, live_server.url, [f"{LIST}{written.pk}/change/"]) == {}
