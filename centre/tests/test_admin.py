"""The centre in the back-office: who sees what, what each button does, what is refused."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from centre import registry, services
from centre.calendar import SEOUL, seoul_day
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
    ApprovalStep,
    Closure,
    Deputy,
    Expert,
    Option,
    Position,
    ReferralBody,
    Role,
    StaffMember,
    Team,
    Topic,
    User,
)
from centre.queries import calendar, present_people
from records.actors import SYSTEM
from records.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    user = UserFactory(username="sys.admin", roles=[Role.ADMINISTRATOR])
    client.force_login(user)
    return client


def client_of(client, person):
    client.force_login(person.user)
    return client


def text(answer):
    return answer.content.decode()


def formset(name, rows, *, initial=0):
    data = {
        f"{name}-TOTAL_FORMS": len(rows),
        f"{name}-INITIAL_FORMS": initial,
        f"{name}-MIN_NUM_FORMS": 0,
        f"{name}-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(rows):
        data |= {f"{name}-{number}-{field}": value for field, value in row.items()}
    return data


NO_EXPERTISE = formset("expertise", [])
PAGES = {
    "team": "change",
    "staffmember": "change",
    "topic": "change",
    "absence": "change",
    "closure": "change",
    "approvalstep": "change",
    "referralbody": "change",
    "user": "change",
    "option": None,
}


def rows_of_each():
    """A row of every kind, by the name of its pages."""
    person = StaffMemberFactory()
    Deputy.objects.create(person=person, stands_in=StaffMemberFactory())
    now = timezone.now()
    return {
        "team": person.team,
        "staffmember": person,
        "topic": ExpertFactory(person=person).topic,
        "absence": AbsenceFactory(person=person, starts_at=now, ends_at=now + timedelta(days=1)),
        "closure": Closure.objects.create(date=date(2026, 11, 23), reason="휴무", entered_at=now),
        "approvalstep": ApprovalStep.objects.create(document="response", position=Position.LEAD),
        "referralbody": ReferralBody.objects.create(name="활동처"),
        "user": person.user,
    }


# --- every page ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_the_administrator_sees_every_page(administrator, name):
    row = rows_of_each().get(name)
    address = f"/admin/centre/{name}/"
    assert administrator.get(address).status_code == 200
    if row is not None:
        assert administrator.get(f"{address}{row.pk}/change/").status_code == 200


@pytest.mark.parametrize(
    ("role", "page", "status"),
    [
        (Role.HANDLER, "team/", 200),
        (Role.HANDLER, "team/add/", 403),
        (Role.HANDLER, "staffmember/", 200),
        (Role.HANDLER, "staffmember/add/", 403),
        (Role.HANDLER, "user/", 403),
        (Role.HANDLER, "option/", 403),
        (Role.HANDLER, "option/reply_rule/change/", 403),
        (Role.HANDLER, "closure/add/", 403),
        (Role.HANDLER, "absence/add/", 200),
        (Role.MANAGER, "option/", 200),
        (Role.MANAGER, "closure/add/", 200),
        (Role.MANAGER, "user/", 403),
        (Role.ADMINISTRATOR, "user/add/", 200),
        (Role.ADMINISTRATOR, "option/no_such/change/", 404),
    ],
)
def test_who_comes_in_where(client, role, page, status):
    client_of(client, StaffMemberFactory(roles=[role]))
    assert client.get(f"/admin/centre/{page}").status_code == status


def test_without_signing_in_there_is_nothing(client):
    answer = client.get("/admin/centre/team/")
    assert answer.status_code == 302
    assert "login" in answer["Location"]


LISTS = {
    "team": TeamFactory,
    "staffmember": StaffMemberFactory,
    "topic": ExpertFactory,
    "user": UserFactory,
    "absence": lambda: AbsenceFactory(
        starts_at=timezone.now(), ends_at=timezone.now() + timedelta(days=1)
    ),
    "referralbody": lambda: ReferralBody.objects.create(
        name=f"기관 {ReferralBody.objects.count()}"
    ),
    "approvalstep": lambda: ApprovalStep.objects.create(
        document=f"d{ApprovalStep.objects.count()}", position=Position.LEAD, team=TeamFactory()
    ),
    "closure": lambda: Closure.objects.create(
        date=date(2026, 1, 1) + timedelta(days=Closure.objects.count()),
        reason="휴무",
        entered_at=timezone.now(),
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_the_same_number_of_queries_however_long(
    administrator, name, django_assert_max_num_queries
):
    for _ in range(3):
        LISTS[name]()
    # warmed up: what is cached once per process is not counted
    administrator.get(f"/admin/centre/{name}/")
    with django_assert_max_num_queries(30) as few:
        administrator.get(f"/admin/centre/{name}/")
    for _ in range(12):
        LISTS[name]()
    with django_assert_max_num_queries(len(few.captured_queries)):
        administrator.get(f"/admin/centre/{name}/")


# --- people -------------------------------------------------------------------------------------


def person_data(person, **changes):
    fields = ("name", "title", "position", "extension", "room", "email", "duties")
    return {
        **{field: getattr(person, field) for field in fields},
        "joined_on": "",
        **formset("deputies", []),
        **NO_EXPERTISE,
        **changes,
    }


def test_a_new_person_gets_an_account(administrator):
    team = TeamFactory()
    answer = administrator.post(
        "/admin/centre/staffmember/add/",
        {
            "name": "남가영",
            "position": "member",
            "team": team.pk,
            "username": "nam.gy",
            "roles": ["handler"],
        },
    )
    assert answer.status_code == 302, text(answer)
    person = StaffMember.objects.get()
    assert person.user.username == "nam.gy"
    assert person.user.roles == {"handler"}
    event = Event.objects.get(kind="person-added")
    assert event.actor_label == "sys.admin"


def test_a_name_that_is_taken_is_refused_beside_the_field(administrator):
    answer = administrator.post(
        "/admin/centre/staffmember/add/",
        {
            "name": "남가영",
            "position": "member",
            "team": TeamFactory().pk,
            "username": "SYS.admin",
            "roles": ["handler"],
        },
    )
    assert "이미 쓰고 있는 아이디입니다" in text(answer)
    assert 'value="남가영"' in text(answer)
    assert not StaffMember.objects.exists()


def test_a_person_is_changed_and_his_deputies_are_put_in_order(administrator):
    person, one, two = StaffMemberFactory.create_batch(3)
    rows = [{"place": 2, "stands_in": one.pk}, {"place": 1, "stands_in": two.pk}]
    address = f"/admin/centre/staffmember/{person.pk}/change/"
    data = person_data(person, name="새 이름", **formset("deputies", rows))
    answer = administrator.post(address, data)
    assert answer.status_code == 302, text(answer)
    person.refresh_from_db()
    assert person.name == "새 이름"
    order = person.deputies.order_by("place").values_list("stands_in_id", flat=True)
    assert list(order) == [two.pk, one.pk]
    assert {"changed", "deputies-set"} <= set(Event.objects.values_list("kind", flat=True))


def test_a_deputy_is_taken_away(administrator):
    person, one = StaffMemberFactory.create_batch(2)
    deputy = Deputy.objects.create(person=person, stands_in=one)
    row = {"id": deputy.pk, "person": person.pk, "place": 1, "stands_in": one.pk, "DELETE": "on"}
    data = person_data(person, **formset("deputies", [row], initial=1))
    administrator.post(f"/admin/centre/staffmember/{person.pk}/change/", data)
    assert not person.deputies.exists()


@pytest.mark.parametrize("what", ["himself", "left", "twice"])
def test_deputies_that_will_not_do_change_nothing(administrator, what):
    person, one = StaffMemberFactory.create_batch(2)
    left = StaffMemberFactory(left_on=date(2026, 1, 1))
    pk = {"himself": person.pk, "left": left.pk, "twice": one.pk}[what]
    rows = [{"place": 1, "stands_in": pk}] * (2 if what == "twice" else 1)
    data = person_data(person, name="새 이름", **formset("deputies", rows))
    administrator.post(f"/admin/centre/staffmember/{person.pk}/change/", data)
    person.refresh_from_db()
    assert person.name != "새 이름"
    assert not person.deputies.exists()


@pytest.fixture
def open_cases(monkeypatch):
    cases: dict[int, int] = {}

    def hand_over(*, from_person, to_person, by, now):
        cases[to_person.pk] = cases.pop(from_person.pk, 0)
        return cases[to_person.pk]

    monkeypatch.setattr(registry, "_duties", {"열린 의견": lambda p: cases.get(p.pk, 0)})
    monkeypatch.setattr(registry, "_hand_overs", {"열린 의견": hand_over})
    return cases


def verb(client, person, slug, **data):
    return client.post(
        f"/admin/centre/staffmember/{person.pk}/{slug}/", {"do": slug.replace("-", "_"), **data}
    )


def test_leaving_shows_what_is_open_and_is_refused_until_it_is_handed_over(
    administrator, open_cases
):
    person, taker = StaffMemberFactory.create_batch(2)
    open_cases[person.pk] = 2
    today = seoul_day(timezone.now())
    page = text(administrator.get(f"/admin/centre/staffmember/{person.pk}/leave/"))
    assert "열린 의견: 2건" in page
    answer = verb(administrator, person, "leave", on=today)
    assert answer.status_code == 422
    assert "아직 끝나지 않은 일이 있습니다: 열린 의견 2건" in text(answer)
    assert f'value="{today}"' in text(answer)

    answer = verb(administrator, person, "hand-over", to=taker.pk)
    assert answer.status_code == 302
    assert open_cases == {taker.pk: 2}
    assert verb(administrator, person, "leave", on=today).status_code == 302
    person.refresh_from_db()
    assert person.left_on == today
    page = text(administrator.get(f"/admin/centre/staffmember/{person.pk}/change/"))
    assert "나감 취소" in page
    assert verb(administrator, person, "take-back-leaving").status_code == 302
    person.refresh_from_db()
    assert person.left_on is None


def test_nothing_happens_on_a_get_or_another_button(administrator, open_cases):
    person, taker = StaffMemberFactory.create_batch(2)
    open_cases[person.pk] = 1
    address = f"/admin/centre/staffmember/{person.pk}/hand-over/"
    administrator.get(address, {"do": "hand_over", "to": taker.pk})
    administrator.post(address, {"do": "something", "to": taker.pk})
    administrator.post(address, {"do": "hand_over"})
    administrator.post(address, {"do": "hand_over", "to": person.pk})
    assert open_cases == {person.pk: 1}


def test_handing_over_twice_says_so(administrator, open_cases):
    person, taker = StaffMemberFactory.create_batch(2)
    open_cases[person.pk] = 1
    verb(administrator, person, "hand-over", to=taker.pk)
    assert "넘길 일이 없습니다" in text(verb(administrator, person, "hand-over", to=taker.pk))


def test_a_lead_hands_over_in_the_own_team_only(client, open_cases):
    lead = LeadFactory()
    mine, other = StaffMemberFactory(team=lead.team), StaffMemberFactory()
    client_of(client, lead)
    assert client.get(f"/admin/centre/staffmember/{mine.pk}/hand-over/").status_code == 200
    assert client.get(f"/admin/centre/staffmember/{other.pk}/hand-over/").status_code == 403
    assert client.get(f"/admin/centre/staffmember/{mine.pk}/leave/").status_code == 403
    assert "hand-over" in text(client.get(f"/admin/centre/staffmember/{mine.pk}/change/"))
    client_of(client, StaffMemberFactory())
    assert client.get(f"/admin/centre/staffmember/{mine.pk}/hand-over/").status_code == 403


def test_moving_to_another_team(administrator, open_cases):
    person, team = StaffMemberFactory(), TeamFactory()
    assert verb(administrator, person, "move", team=team.pk).status_code == 302
    person.refresh_from_db()
    assert person.team == team


def test_nobody_is_deleted(administrator):
    person = StaffMemberFactory()
    for address in (
        f"staffmember/{person.pk}/delete/",
        f"user/{person.user.pk}/delete/",
        f"team/{person.team.pk}/delete/",
    ):
        assert administrator.post(f"/admin/centre/{address}", {"post": "yes"}).status_code == 403
    assert administrator.post(
        "/admin/centre/staffmember/",
        {"action": "delete_selected", "_selected_action": [person.pk], "post": "yes"},
    ).status_code in {200, 302, 403}
    assert StaffMember.objects.exists()


# --- accounts -----------------------------------------------------------------------------------


def test_roles_are_ticked_and_recorded(administrator):
    user = UserFactory(roles=[Role.HANDLER])
    answer = administrator.post(
        f"/admin/centre/user/{user.pk}/change/",
        {"username": user.username, "roles": ["desk", "lead"], "is_active": "on"},
    )
    assert answer.status_code == 302, text(answer)
    assert User.objects.get(pk=user.pk).roles == {"desk", "lead"}
    assert Event.objects.filter(kind="role-granted").count() == 2
    assert Event.objects.filter(kind="role-revoked").count() == 1


@pytest.mark.parametrize(
    "data", [{"roles": ["desk"], "is_active": "on"}, {"roles": ["administrator"]}]
)
def test_the_last_administrator_does_not_lock_everybody_out(administrator, data):
    me = User.objects.get(username="sys.admin")
    answer = administrator.post(
        f"/admin/centre/user/{me.pk}/change/", {"username": me.username, **data}
    )
    assert "마지막 시스템 관리자입니다" in text(answer)
    assert User.objects.get(pk=me.pk).roles == {"administrator"}


def test_an_account_is_made_switched_off_and_on(administrator):
    administrator.post(
        "/admin/centre/user/add/", {"username": "second", "roles": ["administrator"]}
    )
    user = User.objects.get(username="second")
    assert user.roles == {"administrator"}
    address = f"/admin/centre/user/{user.pk}/change/"
    administrator.post(address, {"username": "second", "roles": ["administrator"]})
    assert not User.objects.get(pk=user.pk).is_active
    administrator.post(
        address, {"username": "second", "roles": ["administrator"], "is_active": "on"}
    )
    assert User.objects.get(pk=user.pk).is_active


def test_a_password_is_given(administrator):
    user = UserFactory()
    address = f"/admin/centre/user/{user.pk}/set-password/"
    weak = administrator.post(address, {"do": "set_password", "password": "1", "again": "1"})
    assert weak.status_code == 422
    apart = {"do": "set_password", "password": "moon-over-water-7", "again": "moon"}
    assert "두 칸이 다릅니다" in text(administrator.post(address, apart))
    right = {**apart, "again": "moon-over-water-7"}
    assert administrator.post(address, right).status_code == 302
    user.refresh_from_db()
    assert user.check_password("moon-over-water-7")
    assert user.must_change_password


# --- days ---------------------------------------------------------------------------------------


def test_a_closure_is_added_and_deleted_with_a_new_version_each(administrator):
    data = {"date": "2026-11-23", "kind": "closed", "reason": "개관 기념일"}
    assert administrator.post("/admin/centre/closure/add/", data).status_code == 302
    closure = Closure.objects.get()
    assert calendar().why_closed(closure.date) == "개관 기념일"
    version = calendar().version
    answer = administrator.post(f"/admin/centre/closure/{closure.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert calendar().version == version + 1
    assert calendar().is_open_day(closure.date)


def test_a_closure_on_a_past_day_says_that_it_changes_nothing(administrator):
    data = {"date": "2024-01-03", "kind": "closed", "reason": "정전"}
    answer = administrator.post("/admin/centre/closure/add/", data, follow=True)
    assert "지난 날이라" in text(answer)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"date": "2026-11-21", "kind": "closed", "reason": "휴무"}, "이미 쉬는 날입니다(토요일)"),
        ({"date": "2026-11-23", "kind": "reopened", "reason": "개관"}, "이미 문을 여는 날"),
        ({"date": "2026-11-23", "kind": "closed", "reason": " "}, "필수"),
        ({"date": "2040-01-02", "kind": "closed", "reason": "휴무"}, "공휴일을 알 수 없는 해"),
        ({"date": "", "kind": "closed", "reason": "휴무"}, "필수"),
    ],
)
def test_a_day_that_makes_no_sense_is_refused_and_nothing_typed_is_lost(administrator, data, says):
    page = text(administrator.post("/admin/centre/closure/add/", data))
    assert says in page
    assert f'value="{data["date"]}"' in page or not data["date"]
    assert not Closure.objects.exists()


def test_a_closure_is_never_changed_in_place(administrator):
    closure = services.add_closure(
        on=date(2026, 11, 23), reason="휴무", by=SYSTEM, now=timezone.now()
    )
    administrator.post(
        f"/admin/centre/closure/{closure.pk}/change/",
        {"date": "2026-11-24", "kind": "closed", "reason": "다른 날"},
    )
    closure.refresh_from_db()
    assert closure.date == date(2026, 11, 23)


def absence_data(person, *, days=1, hours=2):
    start = timezone.now().astimezone(SEOUL).replace(microsecond=0) + timedelta(days=days)
    end = start + timedelta(hours=hours)
    return {
        "person": person.pk,
        "starts_at_0": start.date(),
        "starts_at_1": start.time(),
        "ends_at_0": end.date(),
        "ends_at_1": end.time(),
        "reason": "leave",
    }


def test_everybody_enters_the_own_absence_and_sees_no_others(client):
    me, other = StaffMemberFactory.create_batch(2)
    client_of(client, me)
    answer = client.post("/admin/centre/absence/add/", absence_data(me))
    assert answer.status_code == 302, text(answer)
    client.post("/admin/centre/absence/add/", absence_data(other))
    assert [absence.person for absence in Absence.objects.all()] == [me]
    theirs = AbsenceFactory(
        person=other, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=1)
    )
    assert client.get(f"/admin/centre/absence/{theirs.pk}/change/").status_code == 302
    assert client.get(f"/admin/centre/absence/{theirs.pk}/cancel/").status_code == 404


def test_the_desk_enters_and_cancels_that_of_others(client):
    other = StaffMemberFactory()
    client_of(client, StaffMemberFactory(roles=[Role.DESK]))
    client.post("/admin/centre/absence/add/", absence_data(other))
    absence = Absence.objects.get()
    assert "취소하거나" in text(client.get(f"/admin/centre/absence/{absence.pk}/change/"))
    answer = client.post(f"/admin/centre/absence/{absence.pk}/cancel/", {"do": "cancel"})
    assert answer.status_code == 302
    assert Absence.objects.get().cancelled_at is not None
    again = client.post(f"/admin/centre/absence/{absence.pk}/cancel/", {"do": "cancel"})
    assert "이미 취소한" in text(again)


def test_an_absence_that_overlaps_or_ends_first_is_refused(administrator):
    person = StaffMemberFactory()
    administrator.post("/admin/centre/absence/add/", absence_data(person))
    page = text(administrator.post("/admin/centre/absence/add/", absence_data(person)))
    assert "겹칩니다" in page
    backwards = absence_data(person, days=5, hours=-1)
    page = text(administrator.post("/admin/centre/absence/add/", backwards))
    assert "뒤여야 합니다" in page
    assert Absence.objects.count() == 1


# --- teams, topics, lines, bodies, options ------------------------------------------------------


def test_a_team_is_added_changed_and_recorded_by_field(administrator):
    data = {"code": "new", "name": "새 팀", "place": 7}
    assert administrator.post("/admin/centre/team/add/", data).status_code == 302
    team = Team.objects.get()
    address = f"/admin/centre/team/{team.pk}/change/"
    administrator.post(address, {**data, "code": "other", "name": "더 새 팀"})
    team.refresh_from_db()
    assert (team.code, team.name) == ("new", "더 새 팀")
    event = Event.objects.get(kind="changed")
    assert event.data == {"fields": ["name"]}


def test_the_desk_moves_to_another_team_and_an_empty_team_is_dissolved(administrator):
    old, new = TeamFactory(takes_unassigned=True), TeamFactory()
    address = f"/admin/centre/team/{new.pk}/make-desk-team/"
    assert administrator.post(address, {"do": "make_desk_team"}).status_code == 302
    data = {"do": "dissolve", "on": "2026-11-23"}
    assert administrator.post(f"/admin/centre/team/{new.pk}/dissolve/", data).status_code == 422
    assert administrator.post(f"/admin/centre/team/{old.pk}/dissolve/", data).status_code == 302
    old.refresh_from_db()
    assert old.dissolved_on == date(2026, 11, 23)


def test_experts_of_a_topic_are_put_in_order(administrator):
    topic, first = TopicFactory(), ExpertFactory()
    one, two = StaffMemberFactory.create_batch(2)
    rows = [
        {"place": 2, "person": one.pk, "ground": "3년", "approved_on": "2025-01-02"},
        {"place": 1, "person": two.pk, "ground": "", "approved_on": ""},
    ]
    answer = administrator.post(
        f"/admin/centre/topic/{topic.pk}/change/",
        {
            "name": topic.name,
            "team": topic.team.pk,
            "place": 1,
            "active": "on",
            **formset("experts", rows),
        },
    )
    assert answer.status_code == 302, text(answer)
    found = Expert.objects.filter(topic=topic).order_by("place")
    assert [expert.person for expert in found] == [two, one]
    assert Topic.objects.get(pk=topic.pk).place == 1
    assert Expert.objects.filter(pk=first.pk).exists()


def test_a_step_is_added_and_deleted(administrator):
    data = {
        "document": "letter",
        "place": 1,
        "position": "director",
        "when_absent": "other",
        "other_position": "",
        "shown_as_acting": "on",
    }
    page = text(administrator.post("/admin/centre/approvalstep/add/", data))
    assert "반드시 정해 주십시오" in page
    data["other_position"] = "secretary_general"
    assert administrator.post("/admin/centre/approvalstep/add/", data).status_code == 302
    step = ApprovalStep.objects.get()
    administrator.post(f"/admin/centre/approvalstep/{step.pk}/delete/", {"post": "yes"})
    assert not ApprovalStep.objects.exists()
    assert Event.objects.filter(kind="deleted").exists()


def test_a_body_gets_its_contact(administrator):
    body = ReferralBody.objects.create(name="활동처")
    administrator.post(
        f"/admin/centre/referralbody/{body.pk}/change/",
        {"name": "활동처", "contact": "054-000-0000", "active": "on"},
    )
    body.refresh_from_db()
    assert body.contact == "054-000-0000"


def test_options_say_where_they_come_from(administrator, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        page = text(administrator.get("/admin/centre/option/"))
    assert "헌장" in page
    assert "센터가 정한 값" in page
    assert "4시간" in page
    assert "접수한 다음 날부터 7일째" in page


def test_an_option_is_changed_or_refused(administrator):
    address = "/admin/centre/option/new_promise_days/change/"
    refused = administrator.post(address, {"do": "set_option", "value": "많이"})
    assert refused.status_code == 422
    assert "숫자만 적어 주십시오" in text(refused)
    assert 'value="많이"' in text(refused)
    assert administrator.post(address, {"do": "set_option", "value": "4"}).status_code == 302
    assert Option.objects.get().value == "4"
    assert "<strong>4</strong>" in text(administrator.get("/admin/centre/option/"))
    choice = administrator.get("/admin/centre/option/reply_rule/change/")
    assert "<select" in text(choice)


# --- what the rest of the program sees of it ----------------------------------------------------


def test_a_cancelled_absence_brings_the_person_back(administrator):
    person = StaffMemberFactory()
    now = timezone.now()
    absence = AbsenceFactory(
        person=person, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1)
    )
    assert person.pk not in present_people(at=now)
    administrator.post(f"/admin/centre/absence/{absence.pk}/cancel/", {"do": "cancel"})
    assert person.pk in present_people(at=timezone.now())
