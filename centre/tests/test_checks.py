"""What verify says about the centre, and the warning about the holidays."""

from datetime import date

import pytest
import time_machine

from centre import registry
from centre.checks import breaches, holidays_reach_far_enough
from centre.factories import LeadFactory, StaffMemberFactory, TeamFactory, TopicFactory, UserFactory
from centre.models import ApprovalStep, Option, Position, Role
from centre.tests.instants import FRIDAY


@pytest.mark.parametrize(
    ("today", "warned"), [("2027-11-26T12:00:00Z", False), ("2027-11-28T12:00:00Z", True)]
)
def test_holidays_have_to_be_known_for_400_days(today, warned):
    with time_machine.travel(today, tick=False):
        found = holidays_reach_far_enough()
    assert [message.id for message in found] == (["centre.W001"] if warned else [])


@pytest.fixture
def sound(db):
    """A centre that is as it should be."""
    lead = LeadFactory(team__takes_unassigned=True)
    UserFactory(roles=[Role.ADMINISTRATOR])
    TopicFactory(team=lead.team)
    for document in ("response", "response_by_lead", "referral", "extension"):
        ApprovalStep.objects.create(document=document, position=Position.LEAD)
    return lead


def test_nothing_is_wrong(sound):
    assert breaches(now=FRIDAY) == []


def test_an_empty_database_is_no_breach(db):
    assert breaches(now=FRIDAY) == []


def test_a_topic_whose_team_has_nobody(sound):
    TopicFactory(name="빈 유형", team__name="빈 팀")
    TopicFactory(team=TeamFactory(), active=False)
    sound_left = StaffMemberFactory(left_on=FRIDAY.date())
    TopicFactory(name="다 나간 유형", team=sound_left.team)
    found = breaches(now=FRIDAY)
    assert len(found) == 2
    assert any("빈 유형" in line for line in found)
    assert any("다 나간 유형" in line for line in found)


def test_a_dissolved_team_with_people_and_topics(sound):
    sound.team.dissolved_on = date(2026, 1, 1)
    sound.team.save()
    text = "\n".join(breaches(now=FRIDAY))
    assert "없어진 팀입니다" in text
    assert "없어진 팀 ‘" in text
    assert "하나여야 합니다(지금 0개)" in text


def test_lines_that_are_missing_or_lead_to_nobody(sound):
    ApprovalStep.objects.filter(document="extension").delete()
    ApprovalStep.objects.create(document="letter", position=Position.DIRECTOR)
    found = breaches(now=FRIDAY)
    assert any("‘extension’" in line for line in found)
    assert any("‘센터장’ 자리" in line for line in found)


def test_open_work_of_somebody_who_left(sound, monkeypatch):
    gone = StaffMemberFactory(name="정우람", left_on=date(2026, 8, 1))
    monkeypatch.setattr(registry, "_duties", {"열린 의견": lambda person: int(person == gone)})
    assert breaches(now=FRIDAY) == ["나간 직원 ‘정우람 주임’에게 열린 의견 1건이 남아 있습니다."]


def test_accounts_and_options(sound):
    UserFactory(username="nobody", roles=[], is_staff=True)
    Option.objects.create(key="retention_years", value="-1")
    Option.objects.create(key="gone", value="1")
    found = breaches(now=FRIDAY)
    assert len(found) == 3
    sound.user.role_grants.model.objects.filter(role=Role.ADMINISTRATOR).delete()
    assert any("시스템 관리자 계정이 없습니다" in line for line in breaches(now=FRIDAY))
