"""One table decides; nothing that is not in it is allowed."""

import pytest
from django.contrib.auth.models import AnonymousUser

from centre.factories import StaffMemberFactory, TeamFactory, UserFactory
from centre.models import Role, User
from centre.rights import ADMIN_RIGHTS, RIGHTS, SENTENCES, may

pytestmark = pytest.mark.django_db


def with_role(role, **team):
    return StaffMemberFactory(roles=[role], team=TeamFactory(**team)).user


def test_every_right_has_a_sentence_and_every_page_names_rights_there_are():
    assert RIGHTS.keys() == SENTENCES.keys()
    named = {
        right
        for actions in ADMIN_RIGHTS.values()
        for rights in actions.values()
        for right in rights
    }
    assert named <= RIGHTS.keys()


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        ("register_complaint", {"desk", "handler", "lead", "manager"}),
        ("see_team_cases", {"handler", "lead"}),
        ("see_all_cases", {"manager"}),  # of the desk team: see below
        ("assign", {"desk", "lead", "manager"}),
        ("write_answer", {"handler", "lead", "manager"}),
        ("approve", {"lead", "manager"}),
        ("hand_over", {"lead", "manager", "administrator"}),
        ("edit_people", {"administrator"}),
        ("edit_calendar", {"manager", "administrator"}),
        ("edit_reply_templates", {"lead", "manager"}),
    ],
)
def test_who_may(right, roles):
    assert {role.value for role in Role if may(with_role(role), right)} == roles


@pytest.mark.parametrize(
    ("role", "at_the_desk", "elsewhere"),
    [
        (Role.DESK, True, False),
        (Role.LEAD, True, False),
        (Role.HANDLER, False, False),
        (Role.MANAGER, True, True),
        (Role.ADMINISTRATOR, False, False),
    ],
)
def test_who_sees_all_cases(role, at_the_desk, elsewhere):
    assert may(with_role(role, takes_unassigned=True), "see_all_cases") is at_the_desk
    assert may(with_role(role), "see_all_cases") is elsewhere


def test_nobody_without_an_active_account_and_no_unknown_right():
    user = with_role(Role.MANAGER)
    user.is_active = False
    assert not may(user, "approve")
    assert not may(AnonymousUser(), "see_back_office")
    with pytest.raises(KeyError):
        may(with_role(Role.MANAGER), "fly")


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        (Role.ADMINISTRATOR, "centre.change_user", True),
        (Role.MANAGER, "centre.change_user", False),
        (Role.MANAGER, "centre.change_team", True),
        (Role.HANDLER, "centre.view_team", True),
        (Role.HANDLER, "centre.change_team", False),
        (Role.HANDLER, "complaints.view_complaint", True),
        (Role.ADMINISTRATOR, "complaints.view_complaint", False),
        (Role.ADMINISTRATOR, "centre.delete_staffmember", False),
        (Role.ADMINISTRATOR, "records.delete_event", False),
        (Role.ADMINISTRATOR, "auth.change_group", False),
        (Role.ADMINISTRATOR, "nonsense", False),
    ],
)
def test_what_django_asks(role, permission, allowed):
    user = with_role(role)
    assert user.has_perm(permission) is allowed
    assert user.has_perms([permission]) is allowed
    assert user.has_perm(permission, user) is allowed


def test_apps_in_the_menu():
    administrator = with_role(Role.ADMINISTRATOR)
    assert administrator.has_module_perms("centre")
    assert not administrator.has_module_perms("complaints")
    assert not UserFactory().has_module_perms("centre")


def test_there_are_no_superusers(django_assert_num_queries):
    made = User.objects.create_superuser("root", "a password for tests")
    assert made.roles == {"administrator"}
    assert made.is_staff
    assert not made.has_perm("complaints.view_complaint")
    with django_assert_num_queries(0):
        made.has_perm("centre.change_user")
