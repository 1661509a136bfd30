"""The verbs: what they change, what they refuse, what they record."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from centre import registry, services
from centre.errors import NotAllowed, Refused, StillOpen
from centre.factories import (
    AbsenceFactory,
    ExpertFactory,
    LeadFactory,
    StaffMemberFactory,
    TeamFactory,
    TopicFactory,
    UserFactory,
)
from centre.models import (
    Absence,
    CalendarVersion,
    Closure,
    Role,
    RoleGrant,
    StaffMember,
    Team,
    User,
)
from centre.queries import calendar, employed
from centre.tests.instants import FRIDAY, at
from records.actors import SYSTEM, Actor
from records.models import Event

pytestmark = pytest.mark.django_db

WHO: dict[str, Any] = {"by": Actor.staff(1, "강도현"), "now": FRIDAY}
MONDAY = date(2026, 11, 23)
SATURDAY = date(2026, 11, 21)


def kinds():
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


# --- days ---------------------------------------------------------------------------------------


def test_a_closure_is_in_the_calendar_at_once_with_a_new_version():
    before = calendar()
    services.add_closure(on=MONDAY, reason=" 개관 기념일 ", **WHO)
    after = calendar()
    assert after.version == before.version + 1
    assert after.why_closed(MONDAY) == "개관 기념일"
    assert before.is_open_day(MONDAY)
    event = Event.objects.get()
    assert (event.kind, event.data["date"]) == ("day-closed", "2026-11-23")
    assert event.actor_label == "강도현"


def test_a_day_opened_and_taken_back():
    closure = services.reopen_day(on=SATURDAY, reason="토요 개관", **WHO)
    assert calendar().is_open_day(SATURDAY)
    services.remove_closure(closure_id=closure.pk, **WHO)
    assert not calendar().is_open_day(SATURDAY)
    assert calendar().version == 3
    assert kinds() == ["day-opened", "day-removed"]
    with pytest.raises(Refused, match="이미 지운"):
        services.remove_closure(closure_id=closure.pk, **WHO)


def test_a_past_day_may_be_closed():
    services.add_closure(on=date(2026, 11, 2), reason="정전", **WHO)
    assert not calendar().is_open_day(date(2026, 11, 2))


@pytest.mark.parametrize(
    ("verb", "on", "reason", "says", "field"),
    [
        (services.add_closure, SATURDAY, "휴무", "이미 쉬는 날입니다\\(토요일\\)", "date"),
        (services.add_closure, date(2026, 12, 25), "휴무", "이미 쉬는 날", "date"),
        (services.add_closure, date(2035, 1, 1), "휴무", "공휴일을 알 수 없는 해", "date"),
        (services.add_closure, MONDAY, "  ", "까닭을 적어", "reason"),
        (services.reopen_day, MONDAY, "개관", "이미 문을 여는 날", "date"),
    ],
)
def test_a_day_that_makes_no_sense_is_refused(verb, on, reason, says, field):
    with pytest.raises(Refused, match=says) as refused:
        verb(on=on, reason=reason, **WHO)
    assert refused.value.field == field
    assert calendar().version == 1
    assert not Event.objects.exists()


def test_a_day_is_entered_once():
    services.add_closure(on=MONDAY, reason="휴무", **WHO)
    with pytest.raises(Refused, match="이미 정해 둔 날"):
        services.reopen_day(on=MONDAY, reason="개관", **WHO)


def test_the_calendar_is_one_query_until_it_changes(django_assert_num_queries):
    services.add_closure(on=MONDAY, reason="휴무", **WHO)
    first = calendar()
    with django_assert_num_queries(1):
        assert calendar() is first
    services.reopen_day(on=SATURDAY, reason="개관", **WHO)
    with django_assert_num_queries(2):
        assert calendar() is not first


def test_a_version_that_was_rolled_back_is_never_served_again():
    """Two changes that both make version 2, the first of which came to nothing."""
    row = CalendarVersion.objects.create(pk=1)
    services.add_closure(on=MONDAY, reason="휴무", **WHO)
    assert not calendar().is_open_day(MONDAY)
    Closure.objects.all().delete()  # as a rollback leaves it
    row.save()
    services.add_closure(on=MONDAY + timedelta(days=1), reason="휴무", **WHO)
    assert calendar().version == 2
    assert calendar().is_open_day(MONDAY)


# --- absences -----------------------------------------------------------------------------------


def enter(person, start="2026-11-23 09:00", end="2026-11-23 18:00"):
    return services.enter_absence(
        person_id=person.pk, starts_at=at(start), ends_at=at(end), reason="leave", **WHO
    )


def test_an_absence_is_entered_and_recorded():
    person = StaffMemberFactory()
    absence = enter(person)
    assert (absence.reason, absence.entered_at) == (Absence.Reason.LEAVE, FRIDAY)
    event = Event.objects.get()
    assert (event.subject_type, event.subject_id) == ("centre.staffmember", person.pk)


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("2026-11-23 18:00", "2026-11-23 09:00", "뒤여야"),
        ("2026-11-23 09:00", "2026-11-23 09:00", "뒤여야"),
        ("2026-11-24 17:59", "2026-11-25 09:00", "겹칩니다: 2026년 11월 24일\\(화\\) 9시부터"),
        ("2026-11-23 09:00", "2026-11-24 09:01", "겹칩니다"),
        ("2026-11-24 10:00", "2026-11-24 11:00", "겹칩니다"),
        ("2026-11-01 00:00", "2026-12-01 00:00", "겹칩니다"),
        ("2026-12-01 09:00", "2026-12-02 09:00", "근무하지 않는"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(start, end, says):
    person = StaffMemberFactory(left_on=date(2026, 12, 1))
    enter(person, "2026-11-24 09:00", "2026-11-24 18:00")
    with pytest.raises(Refused, match=says):
        enter(person, start, end)


def test_absences_may_touch_and_a_cancelled_one_is_in_nobodys_way():
    person = StaffMemberFactory()
    first = enter(person)
    enter(person, "2026-11-23 18:00", "2026-11-24 18:00")
    services.cancel_absence(absence_id=first.pk, **WHO)
    enter(person)
    assert kinds()[-2:] == ["absence-cancelled", "absence-entered"]


def test_an_absence_under_way_ends_now():
    absence = enter(StaffMemberFactory(), "2026-11-20 09:00", "2026-11-20 18:00")
    services.cancel_absence(absence_id=absence.pk, **WHO)
    absence.refresh_from_db()
    assert (absence.ends_at, absence.cancelled_at) == (FRIDAY, None)
    with pytest.raises(Refused, match="이미 끝난"):
        services.cancel_absence(absence_id=absence.pk, **WHO)


def test_an_absence_that_begins_this_instant_is_cancelled_and_only_once():
    absence = enter(StaffMemberFactory(), "2026-11-20 10:00", "2026-11-20 18:00")
    services.cancel_absence(absence_id=absence.pk, **WHO)
    with pytest.raises(Refused, match="이미 취소"):
        services.cancel_absence(absence_id=absence.pk, **WHO)


# --- accounts and roles -------------------------------------------------------------------------


def test_a_role_opens_the_back_office_and_the_last_one_closes_it():
    user = UserFactory(is_staff=False)
    assert services.grant_role(user_id=user.pk, role="desk", **WHO)
    assert not services.grant_role(user_id=user.pk, role="desk", **WHO)
    user.refresh_from_db()
    assert user.is_staff
    assert services.revoke_role(user_id=user.pk, role="desk", **WHO)
    assert not services.revoke_role(user_id=user.pk, role="desk", **WHO)
    user = User.objects.get()
    assert not user.is_staff
    assert kinds() == ["role-granted", "role-revoked"]
    with pytest.raises(ValueError, match="pope"):
        services.grant_role(user_id=user.pk, role="pope", **WHO)


def test_the_last_administrator_stays():
    last = UserFactory(roles=[Role.ADMINISTRATOR, Role.DESK])
    UserFactory(roles=[Role.ADMINISTRATOR], is_active=False)
    assert services.is_last_administrator(last.pk)
    with pytest.raises(NotAllowed, match="마지막 시스템 관리자"):
        services.revoke_role(user_id=last.pk, role="administrator", **WHO)
    with pytest.raises(NotAllowed):
        services.set_active(user_id=last.pk, active=False, **WHO)
    services.revoke_role(user_id=last.pk, role="desk", **WHO)
    UserFactory(roles=[Role.ADMINISTRATOR])
    assert services.revoke_role(user_id=last.pk, role="administrator", **WHO)


def test_roles_are_set_together():
    UserFactory(roles=[Role.ADMINISTRATOR])
    user = UserFactory(roles=[Role.DESK, Role.HANDLER])
    services.set_roles(user_id=user.pk, roles=["handler", "lead"], **WHO)
    assert User.objects.get(pk=user.pk).roles == {"handler", "lead"}
    assert kinds() == ["role-granted", "role-revoked"]


def test_a_password_that_was_given_has_to_be_changed_and_a_weak_one_is_refused():
    user = UserFactory()
    services.set_password(user_id=user.pk, password="blue-horse-42-moon", **WHO)
    user.refresh_from_db()
    assert user.check_password("blue-horse-42-moon")
    assert user.must_change_password
    assert "horse" not in str(Event.objects.get().data)
    with pytest.raises(ValidationError):
        services.set_password(user_id=user.pk, password="12345", **WHO)


def test_a_new_account_cannot_sign_in_yet_and_names_are_unique_whatever_the_case():
    user = services.create_account(username="nam.gy", roles=["handler"], **WHO)
    assert not user.has_usable_password()
    assert user.is_staff
    with pytest.raises(Refused, match="이미 쓰고 있는"):
        services.create_account(username="Nam.GY", roles=[], **WHO)


# --- people -------------------------------------------------------------------------------------


@pytest.fixture
def open_cases(monkeypatch):
    """What is open with whom: person key → number."""
    cases: dict[int, int] = {}

    def hand_over(*, from_person, to_person, by, now):
        moved = cases.pop(from_person.pk, 0)
        cases[to_person.pk] = cases.get(to_person.pk, 0) + moved
        return moved

    monkeypatch.setattr(registry, "_duties", {})
    monkeypatch.setattr(registry, "_hand_overs", {})
    registry.register_duties("열린 의견", lambda person: cases.get(person.pk, 0))
    registry.register_duties("기다리는 결재", lambda person: 0)
    registry.register_hand_over("열린 의견", hand_over)
    return cases


def test_a_new_person_comes_with_an_account():
    team = TeamFactory()
    person = services.add_person(
        person=StaffMember(name="남가영", team=team), username="nam.gy", roles=["handler"], **WHO
    )
    assert person.user.roles == {"handler"}
    assert kinds() == ["account-created", "role-granted", "person-added"]


def test_leaving_is_refused_while_anything_is_open(open_cases):
    person = StaffMemberFactory()
    open_cases[person.pk] = 2
    with pytest.raises(StillOpen, match="열린 의견 2건") as refused:
        services.leave(person_id=person.pk, on=FRIDAY.date(), **WHO)
    assert refused.value.open_work == {"열린 의견": 2}
    person.refresh_from_db()
    assert person.left_on is None


def test_leaving_today_ends_everything_today(open_cases):
    person = StaffMemberFactory()
    services.leave(person_id=person.pk, on=FRIDAY.date(), **WHO)
    assert not employed(at=FRIDAY).filter(pk=person.pk).exists()
    assert not User.objects.get(pk=person.user_id).is_active
    with pytest.raises(Refused, match="이미 나간 날"):
        services.leave(person_id=person.pk, on=FRIDAY.date(), **WHO)
    services.take_back_leaving(person_id=person.pk, **WHO)
    assert employed(at=FRIDAY).filter(pk=person.pk).exists()
    assert User.objects.get(pk=person.user_id).is_active
    with pytest.raises(Refused, match="적혀 있지 않은"):
        services.take_back_leaving(person_id=person.pk, **WHO)


def test_leaving_later_keeps_the_account_until_then(open_cases):
    person = StaffMemberFactory()
    services.leave(person_id=person.pk, on=MONDAY, **WHO)
    assert User.objects.get(pk=person.user_id).is_active
    assert employed(at=FRIDAY).filter(pk=person.pk).exists()


def test_the_last_administrator_does_not_leave(open_cases):
    person = StaffMemberFactory(roles=[Role.ADMINISTRATOR])
    for on in (FRIDAY.date(), MONDAY):
        with pytest.raises(NotAllowed):
            services.leave(person_id=person.pk, on=on, **WHO)


def test_nobody_leaves_before_coming(open_cases):
    person = StaffMemberFactory(joined_on=MONDAY)
    with pytest.raises(Refused, match="들어온 날보다"):
        services.leave(person_id=person.pk, on=MONDAY, **WHO)


def test_moving_leaves_nothing_behind(open_cases):
    person, team = StaffMemberFactory(), TeamFactory()
    open_cases[person.pk] = 1
    with pytest.raises(StillOpen):
        services.move_team(person_id=person.pk, team_id=team.pk, **WHO)
    open_cases.clear()
    assert services.move_team(person_id=person.pk, team_id=team.pk, **WHO).team == team
    with pytest.raises(Refused, match="이미 그 팀"):
        services.move_team(person_id=person.pk, team_id=team.pk, **WHO)
    gone = TeamFactory(dissolved_on=date(2026, 1, 1))
    with pytest.raises(Refused, match="없어진 팀"):
        services.move_team(person_id=person.pk, team_id=gone.pk, **WHO)


def test_everything_is_handed_over_once_with_one_event(open_cases):
    giver, taker = StaffMemberFactory.create_batch(2)
    open_cases[giver.pk] = 3
    assert services.hand_over(from_id=giver.pk, to_id=taker.pk, **WHO) == {"열린 의견": 3}
    assert open_cases == {taker.pk: 3}
    event = Event.objects.get()
    assert event.data == {"to": taker.pk, "moved": {"열린 의견": 3}}
    with pytest.raises(Refused, match="넘길 일이 없습니다"):
        services.hand_over(from_id=giver.pk, to_id=taker.pk, **WHO)
    assert Event.objects.count() == 1


def test_work_goes_to_nobody_who_is_not_there(open_cases):
    giver = StaffMemberFactory()
    open_cases[giver.pk] = 1
    left = StaffMemberFactory(left_on=FRIDAY.date())
    off = StaffMemberFactory(user__is_active=False)
    for taker in (left, off):
        with pytest.raises(Refused, match="지금 근무하지 않는"):
            services.hand_over(from_id=giver.pk, to_id=taker.pk, **WHO)
    with pytest.raises(Refused, match="같은 사람"):
        services.hand_over(from_id=giver.pk, to_id=giver.pk, **WHO)
    assert open_cases == {giver.pk: 1}


def test_an_absent_person_may_be_handed_work(open_cases):
    giver, taker = StaffMemberFactory.create_batch(2)
    AbsenceFactory(person=taker, starts_at=FRIDAY, ends_at=FRIDAY + timedelta(days=3))
    open_cases[giver.pk] = 1
    assert services.hand_over(from_id=giver.pk, to_id=taker.pk, **WHO)


# --- deputies and experts -----------------------------------------------------------------------


def test_deputies_are_replaced_in_order():
    person, one, two = StaffMemberFactory.create_batch(3)
    services.set_deputies(person_id=person.pk, deputies=[one.pk, two.pk], **WHO)
    services.set_deputies(person_id=person.pk, deputies=[two.pk, one.pk], **WHO)
    services.set_deputies(person_id=person.pk, deputies=[two.pk, one.pk], **WHO)
    order = person.deputies.order_by("place").values_list("stands_in_id", flat=True)
    assert list(order) == [two.pk, one.pk]
    assert kinds() == ["deputies-set", "deputies-set"]


def test_deputies_that_make_no_sense_are_refused():
    person, one = StaffMemberFactory.create_batch(2)
    left = StaffMemberFactory(left_on=FRIDAY.date())
    for deputies, says in (
        ([person.pk], "자기 자신"),
        ([one.pk, one.pk], "두 번"),
        ([left.pk], "근무하지 않는"),
    ):
        with pytest.raises(Refused, match=says):
            services.set_deputies(person_id=person.pk, deputies=deputies, **WHO)


def test_experts_are_replaced_in_order():
    topic, person = TopicFactory(), StaffMemberFactory()
    ExpertFactory(topic=topic)
    wanted = [services.Expertise(person.pk, "3년", date(2025, 1, 2))]
    services.set_experts(topic_id=topic.pk, experts=wanted, **WHO)
    services.set_experts(topic_id=topic.pk, experts=wanted, **WHO)
    assert [expert.person for expert in topic.experts.all()] == [person]
    assert kinds() == ["experts-set"]
    with pytest.raises(Refused, match="두 번"):
        services.set_experts(topic_id=topic.pk, experts=wanted * 2, **WHO)


# --- teams and other rows -----------------------------------------------------------------------


def test_a_team_is_dissolved_only_when_nothing_hangs_on_it():
    lead = LeadFactory(team__takes_unassigned=True)
    team, topic = lead.team, TopicFactory(team=lead.team)

    def refused(says):
        with pytest.raises(Refused, match=says):
            services.dissolve_team(team_id=team.pk, on=MONDAY, **WHO)

    refused("받는 팀은 없앨 수 없습니다")
    services.make_desk_team(team_id=TeamFactory().pk, **WHO)
    refused("아직 직원이")
    lead.left_on = FRIDAY.date()
    lead.save()
    refused("아직 맡은 유형이")
    topic.active = False
    topic.save()
    assert services.dissolve_team(team_id=team.pk, on=MONDAY, **WHO).dissolved_on == MONDAY
    refused("이미 없어진")


def test_there_is_one_desk_team():
    old, new = TeamFactory(takes_unassigned=True), TeamFactory()
    services.make_desk_team(team_id=new.pk, **WHO)
    assert Team.objects.get(takes_unassigned=True) == new
    with pytest.raises(Refused, match="이미"):
        services.make_desk_team(team_id=new.pk, **WHO)
    Team.objects.filter(pk=old.pk).update(dissolved_on=MONDAY)
    with pytest.raises(Refused, match="없어진"):
        services.make_desk_team(team_id=old.pk, **WHO)


def test_a_row_saved_by_a_form_is_recorded_by_the_names_of_its_fields():
    team = TeamFactory()
    team.name = "새 이름"
    services.save_row(row=team, fields=["name"], **WHO)
    services.save_row(row=team, fields=[], **WHO)
    event = Event.objects.get()
    assert (event.subject_type, event.kind, event.data) == (
        "centre.team",
        "changed",
        {"fields": ["name"]},
    )
    services.delete_row(row=team, **WHO)
    assert kinds() == ["changed", "deleted"]


def test_the_actor_and_the_time_are_the_callers():
    services.add_closure(on=MONDAY, reason="휴무", by=SYSTEM, now=datetime(2026, 1, 1, tzinfo=UTC))
    event = Event.objects.get()
    assert (event.actor_kind, event.at) == ("system", datetime(2026, 1, 1, tzinfo=UTC))


def test_grants_are_gone_with_the_account():
    user = UserFactory(roles=[Role.DESK])
    user.delete()
    assert not RoleGrant.objects.exists()
