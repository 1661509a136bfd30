"""Who is here, who stands in, who approves: with the rows that go wrong."""

from datetime import date

import pytest

from centre import queries
from centre.factories import (
    AbsenceFactory,
    LeadFactory,
    StaffMemberFactory,
    TeamFactory,
    UserFactory,
)
from centre.models import ApprovalStep, Deputy, Position
from centre.tests.instants import FRIDAY, at

pytestmark = pytest.mark.django_db


def away(person, start="2026-11-20 00:00", end="2026-11-21 00:00", **more):
    return AbsenceFactory(person=person, starts_at=at(start), ends_at=at(end), **more)


def deputies(person, *others):
    for place, other in enumerate(others, start=1):
        Deputy.objects.create(person=person, stands_in=other, place=place)


# --- present ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "here"),
    [
        ("2026-11-20 09:00", "2026-11-20 10:00", True),  # ends exactly now: back again
        ("2026-11-20 10:00", "2026-11-20 11:00", False),  # begins exactly now
        ("2026-11-20 09:00", "2026-11-20 10:01", False),
        ("2026-11-20 10:01", "2026-11-20 11:00", True),
    ],
)
def test_an_absence_is_from_its_first_to_before_its_last_instant(start, end, here):
    person = StaffMemberFactory()
    away(person, start, end)
    assert queries.is_present(person, at=FRIDAY) is here
    assert (person.pk in queries.present_people(at=FRIDAY)) is here


def test_a_cancelled_absence_keeps_nobody_away():
    person = StaffMemberFactory()
    away(person, cancelled_at=FRIDAY)
    assert queries.is_present(person, at=FRIDAY)
    assert queries.absence_of(person, at=FRIDAY) is None


@pytest.mark.parametrize(
    ("joined_on", "left_on", "moment", "works"),
    [
        (None, date(2026, 11, 20), "2026-11-20 00:00", False),  # left today
        (None, date(2026, 11, 20), "2026-11-19 23:59", True),
        (None, date(2026, 11, 21), "2026-11-20 10:00", True),
        (
            date(2026, 11, 20),
            None,
            "2026-11-20 00:00",
            True,
        ),  # midnight in Seoul, still 19th in UTC
        (date(2026, 11, 20), None, "2026-11-19 23:59", False),
        (date(2026, 11, 23), None, "2026-11-20 10:00", False),
    ],
)
def test_days_of_coming_and_leaving_are_days_in_seoul(joined_on, left_on, moment, works):
    person = StaffMemberFactory(joined_on=joined_on, left_on=left_on)
    assert queries.employed(at=at(moment)).filter(pk=person.pk).exists() is works
    assert queries.is_present(person, at=at(moment)) is works


def test_whose_account_is_switched_off_is_employed_but_not_here():
    person = StaffMemberFactory(user__is_active=False)
    assert person in queries.employed(at=FRIDAY)
    assert not queries.is_present(person, at=FRIDAY)


def test_present_people_is_one_query(django_assert_num_queries):
    StaffMemberFactory.create_batch(5)
    with django_assert_num_queries(1):
        assert len(queries.present_people(at=FRIDAY)) == 5


# --- standing in --------------------------------------------------------------------------------


def test_the_first_deputy_who_is_here_stands_in():
    person, first, second = StaffMemberFactory.create_batch(3)
    deputies(person, first, second)
    assert queries.stand_in(person, at=FRIDAY) == first
    away(first)
    assert queries.stand_in(person, at=FRIDAY) == second
    assert queries.stand_in(person, at=FRIDAY, without={second.pk}) is None


def test_two_who_stand_in_for_each_other_and_are_both_away_come_to_an_end():
    team = TeamFactory()
    one, two = StaffMemberFactory.create_batch(2, team=team)
    deputies(one, two)
    deputies(two, one)
    away(one)
    away(two)
    assert queries.stand_in(one, at=FRIDAY) is None
    lead = LeadFactory(team=team)
    assert queries.stand_in(one, at=FRIDAY) == lead
    assert queries.stand_in(two, at=FRIDAY) == lead


def test_nobody_stands_in_for_himself():
    lead = LeadFactory()
    assert queries.stand_in(lead, at=FRIDAY) is None


def test_who_left_today_stands_in_for_nobody():
    person, gone = StaffMemberFactory(), StaffMemberFactory(left_on=date(2026, 11, 20))
    deputies(person, gone)
    assert queries.stand_in(person, at=FRIDAY) is None


def test_stand_in_asks_three_queries_however_many_deputies(django_assert_num_queries):
    person, *others = StaffMemberFactory.create_batch(6)
    deputies(person, *others)
    with django_assert_num_queries(3):
        queries.stand_in(person, at=FRIDAY)


# --- leads and positions ------------------------------------------------------------------------


def test_of_two_leads_the_one_who_is_here():
    team = TeamFactory()
    first = LeadFactory(team=team, extension="1")
    second = LeadFactory(team=team, extension="2")
    assert queries.team_lead(team, at=FRIDAY) == first
    away(first)
    assert queries.team_lead(team, at=FRIDAY) == second
    assert queries.team_lead(team, at=FRIDAY, without={second.pk}) == first


def test_an_absent_lead_is_still_the_lead_and_an_empty_team_has_none():
    lead = LeadFactory()
    away(lead)
    assert queries.team_lead(lead.team, at=FRIDAY) == lead
    assert queries.team_lead(TeamFactory(), at=FRIDAY) is None


def test_the_desk_team_is_none_once_it_is_dissolved():
    team = TeamFactory(takes_unassigned=True)
    assert queries.desk_team() == team
    team.dissolved_on = date(2026, 1, 1)
    team.save()
    assert queries.desk_team() is None


def test_people_in_a_position():
    director = StaffMemberFactory(position=Position.DIRECTOR)
    StaffMemberFactory(position=Position.DIRECTOR, left_on=date(2026, 11, 1))
    assert list(queries.people_in(Position.DIRECTOR)) == [director]
    assert list(queries.people_in(Position.DIRECTOR, at=FRIDAY)) == [director]
    assert list(queries.people_in(Position.DIRECTOR, team=TeamFactory())) == []


def test_person_and_actor_of_an_account():
    person = StaffMemberFactory(name="남가영", title="주임")
    account = UserFactory(name="강도현")
    assert queries.person_of(person.user) == person
    assert queries.person_of(account) is None
    assert queries.actor_of(person.user).label == "남가영 주임"
    assert queries.actor_of(account).label == "강도현"


# --- approval lines -----------------------------------------------------------------------------


class Line:
    """A team with lead and handler, the people above, one step."""

    def __init__(self, **step):
        self.team = TeamFactory()
        self.lead = LeadFactory(team=self.team)
        self.handler = StaffMemberFactory(team=self.team)
        above = TeamFactory()
        self.general = StaffMemberFactory(team=above, position=Position.SECRETARY_GENERAL)
        self.director = StaffMemberFactory(team=above, position=Position.DIRECTOR)
        step = {"position": Position.LEAD, **step}
        self.step = ApprovalStep.objects.create(document="response", **step)

    def ask(self, **kwargs):
        found = queries.approver(self.step, team=self.team, at=FRIDAY, **kwargs)
        return found and (found.person, found.acting_for)


def test_the_lead_of_the_team_approves():
    line = Line()
    LeadFactory()  # of another team
    assert line.ask() == (line.lead, None)


def test_a_deputy_acts_for_an_absent_lead_but_never_the_drafter():
    line = Line()
    other = StaffMemberFactory()
    deputies(line.lead, line.handler, other)
    away(line.lead)
    assert line.ask(without={line.handler.pk}) == (other, line.lead)


def test_without_a_deputy_the_next_above_who_is_here():
    line = Line()
    away(line.lead)
    assert line.ask() == (line.general, None)
    away(line.general)
    assert line.ask() == (line.director, None)


def test_nobody_approves_his_own_and_no_deputy_of_his_either():
    line = Line()
    deputies(line.lead, line.handler)
    assert line.ask(without={line.lead.pk}) == (line.general, None)


def test_somebody_else_is_named():
    line = Line(
        position=Position.SECRETARY_GENERAL,
        when_absent=ApprovalStep.WhenAbsent.OTHER,
        other_position=Position.DIRECTOR,
        shown_as_acting=False,
    )
    assert line.ask() == (line.general, None)
    away(line.general)
    assert line.ask() == (line.director, None)
    line.step.shown_as_acting = True
    assert line.ask() == (line.director, line.general)


def test_a_step_that_waits_waits_for_whoever_holds_the_place():
    line = Line(position=Position.DIRECTOR, when_absent=ApprovalStep.WhenAbsent.WAIT)
    away(line.director)
    assert line.ask() == (line.director, None)


def test_with_everybody_away_it_waits_for_the_lead():
    line = Line()
    for person in (line.lead, line.general, line.director):
        away(person)
    assert line.ask() == (line.lead, None)


def test_with_nobody_left_there_is_nobody():
    line = Line()
    everybody = {line.lead.pk, line.general.pk, line.director.pk}
    assert line.ask(without=everybody) is None


def test_a_line_is_in_order():
    for place in (2, 1):
        ApprovalStep.objects.create(document="letter", place=place, position=Position.LEAD)
    assert [step.place for step in queries.approval_line("letter")] == [1, 2]


# --- for texts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "of_team", "shown"),
    [
        ("502", "501", "(054)855-1365 (내선 502)"),
        ("", "501", "(054)855-1365 (내선 501)"),
        ("", "", "(054)855-1365"),
    ],
)
def test_a_phone_number_is_the_centres_with_an_extension(own, of_team, shown):
    person = StaffMemberFactory(extension=own, team__extension=of_team)
    assert queries.phone_of(person) == shown


def test_many_phone_numbers_need_no_query(django_assert_num_queries):
    person = StaffMemberFactory(extension="502")
    with django_assert_num_queries(0):
        assert queries.phone_of(person, centre_phone="1") == "1 (내선 502)"
        assert queries.phone_of_team(person.team, centre_phone="1").startswith("1 (내선")


def test_facts_are_the_charters_and_name_the_director(django_assert_num_queries):
    StaffMemberFactory(name="문태경", title="센터장", position=Position.DIRECTOR)
    with django_assert_num_queries(2):
        facts = queries.facts()
    assert facts["centre_fax"] == "(054)855-5189"
    assert (facts["director_name"], facts["director_title"]) == ("문태경", "센터장")
