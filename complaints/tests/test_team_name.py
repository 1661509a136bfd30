"""Answered in the team's name: nobody of the staff is named to the citizen, and no clock changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from centre.models import StaffMember, Team
from complaints import queries, services
from complaints.errors import NotAllowed
from complaints.models import Complaint
from complaints.services import Draft
from complaints.tests.conftest import MORNING
from complaints.tests.staff import act, browser_of, case_url, page_of, verbs_on
from notices import registry
from notices.models import Notice
from notices.services import deliver
from records.models import Event
from standards.services import sweep

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
NAMES = ("남가영", "백승우", "권혁주", "송하늘")  # handler, lead, and who may stand in or follow
TEAM_PHONE, OWN_PHONE = "내선 501", "내선 502"
ANSWER = Draft(decision="informed", answer="확인하여 바로잡았습니다.", action_done="실적을 올림")


@pytest.fixture
def case(file: Any, person: Find) -> Complaint:
    found: Complaint = file(kind="enquiry").complaint
    return services.answer_in_team_name(complaint_id=found.pk, by=person("baek.sw"), now=MORNING)


def to_citizen(case: Complaint) -> list[Notice]:
    rows = Notice.objects.filter(subject_type="complaint", subject_id=case.pk, audience="citizen")
    return list(rows.exclude(template="receipt").order_by("pk"))


def nobody_named(case: Complaint) -> set[str]:
    """What went to the citizen after the receipt, by template; none of it names a person."""
    rows = to_citizen(case)
    for row in rows:
        for name in (*NAMES, OWN_PHONE):
            assert name not in row.title + row.body, (row.template, name)
        assert "정보관리팀" in row.body, row.template
        assert TEAM_PHONE in row.body, row.template
    return {row.template for row in rows}


def test_all_that_the_citizen_reads_names_the_team(case: Complaint, person: Find) -> None:
    now = MORNING + timedelta(hours=1)
    services.confirm_team(complaint_id=case.pk, by=person("nam.gy"), now=now)
    services.request_information(
        complaint_id=case.pk, items="활동한 날", by=person("nam.gy"), now=now
    )
    services.end_request(complaint_id=case.pk, by=person("nam.gy"), now=now)
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=now)
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=approval.approver, now=now)
    told = nobody_named(case)
    assert {"handler-assigned", "supplement-request", "result"} <= told
    deliver(now=now)
    page = queries.tracking(Complaint.objects.get(pk=case.pk), now=now)
    assert (page.handler, page.handler_phone) == ("", "")
    assert (page.team, TEAM_PHONE in page.team_phone) == ("정보관리팀", True)


def test_a_missed_promise_is_admitted_in_the_teams_name(case: Complaint) -> None:
    sweep(now=MORNING + timedelta(days=8))
    missed = Notice.objects.get(subject_id=case.pk, template="missed-promise")
    assert "책임지고 챙길 사람    정보관리팀, " in missed.body
    assert not any(name in missed.body for name in NAMES)


def test_clocks_and_hands_stay_as_they_are(file: Any, person: Find) -> None:
    found = file().complaint
    before = queries.reply_commitment(found)
    services.answer_in_team_name(complaint_id=found.pk, by=person("baek.sw"), now=MORNING)
    after = queries.reply_commitment(found)
    assert before is not None
    assert after is not None
    assert (after.due_at, after.state) == (before.due_at, before.state)
    assert Complaint.objects.get(pk=found.pk).handler == person("nam.gy")
    assert Event.objects.filter(subject_id=found.pk, kind="team-name-on").count() == 1


def test_a_new_person_of_the_same_team_is_no_news(case: Complaint, person: Find) -> None:
    services.confirm_team(complaint_id=case.pk, by=person("nam.gy"), now=MORNING)
    services.assign(
        complaint_id=case.pk, handler_id=person("baek.sw").pk, by=person("bae.sj"), now=MORNING
    )
    assert "handler-changed" not in nobody_named(case)
    services.reassign(
        complaint_id=case.pk,
        team_id=Team.objects.get(name="활동지원팀").pk,
        reason="소관",
        by=person("baek.sw"),
        now=MORNING,
    )
    changed = Notice.objects.get(subject_id=case.pk, template="handler-changed")
    assert "새 담당 팀: 활동지원팀, (054)855-1365 (내선 401)" in changed.body
    assert not any(name in changed.body for name in NAMES)


def test_it_can_be_ended(case: Complaint, person: Find) -> None:
    for _twice in range(2):
        services.answer_in_team_name(
            complaint_id=case.pk, on=False, by=person("baek.sw"), now=MORNING
        )
    services.confirm_team(complaint_id=case.pk, by=person("nam.gy"), now=MORNING)
    assert "남가영" in to_citizen(case)[-1].body
    assert Event.objects.filter(subject_id=case.pk, kind="team-name-off").count() == 1


def test_a_call_is_spoken_in_the_teams_name(file: Any, person: Find) -> None:
    found = file(email="", phone="010-0000-1234", reply_by="phone").complaint
    services.answer_in_team_name(complaint_id=found.pk, by=person("baek.sw"), now=MORNING)
    services.confirm_team(complaint_id=found.pk, by=person("nam.gy"), now=MORNING)
    task = Notice.objects.get(subject_id=found.pk, template="handler-assigned")
    said = registry.say(task, by=person("nam.gy"))
    assert "정보관리팀입니다" in said
    assert "남가영" not in said + task.body


@pytest.mark.parametrize("username", ["nam.gy", "im.do"])
def test_leads_and_managers_decide_it(file: Any, person: Find, username: str) -> None:
    found = file().complaint
    with pytest.raises(NotAllowed):
        services.answer_in_team_name(complaint_id=found.pk, by=person(username), now=MORNING)


def test_the_case_page_offers_it_both_ways(file: Any, settings: Any) -> None:
    found = file().complaint
    with time_machine.travel(MORNING, tick=False):
        lead, handler = browser_of("baek.sw"), browser_of("nam.gy")
        assert "answer_in_team_name" not in verbs_on(handler.get(case_url(found)))
        assert "answer_in_team_name" in verbs_on(lead.get(case_url(found)))
        act(lead, found, "answer_in_team_name")
        page = lead.get(case_url(found))
    assert Complaint.objects.get(pk=found.pk).in_team_name
    assert "answer_in_own_name" in verbs_on(page)
    assert "팀 이름으로 답변하기로 함" in page_of(page)
