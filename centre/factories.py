"""Rows for tests: a team, people in it, topics. Nothing here is used by the program.

A factory called like a function makes a row, which type checkers cannot know: hence ``Any``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from factory.declarations import LazyAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory, Password
from factory.helpers import post_generation

from centre.models import Absence, Expert, Position, Role, RoleGrant, StaffMember, Team, Topic, User

PASSWORD = "a password for tests"  # noqa: S105 - of accounts that do not exist


class _Team(DjangoModelFactory):
    class Meta:
        model = Team

    code = Sequence(lambda n: f"team-{n}")
    name = Sequence(lambda n: f"{n}팀")
    extension = Sequence(lambda n: str(1000 + n))
    place = Sequence(lambda n: n)


def _grant(user: User, roles: Iterable[str]) -> None:
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role) for role in roles)


class _User(DjangoModelFactory):
    """``roles=[Role.LEAD]`` grants them; the password is ``PASSWORD``."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = Sequence(lambda n: f"user-{n}")
    is_staff = True
    password = Password(PASSWORD)

    @post_generation
    def roles(self: Any, create: bool, roles: list[str] | None, **_: Any) -> None:  # noqa: FBT001
        if create and roles:
            _grant(self, roles)


class _StaffMember(DjangoModelFactory):
    """``roles=[…]`` are those of the account: a handler's, a lead's for the position of lead."""

    class Meta:
        model = StaffMember
        skip_postgeneration_save = True

    user = SubFactory(_User)
    name = Sequence(lambda n: f"직원{n}")
    title = "주임"
    team = SubFactory(_Team)
    extension = Sequence(lambda n: str(2000 + n))
    email = LazyAttribute(lambda person: f"{person.user.username}@example.org")

    @post_generation
    def roles(self: Any, create: bool, roles: list[str] | None, **_: Any) -> None:  # noqa: FBT001
        if create:
            usual = Role.LEAD if self.position == Position.LEAD else Role.HANDLER
            _grant(self.user, [usual] if roles is None else roles)


class _Lead(_StaffMember):
    title = "팀장"
    position = Position.LEAD


class _Topic(DjangoModelFactory):
    class Meta:
        model = Topic

    code = Sequence(lambda n: f"topic-{n}")
    name = Sequence(lambda n: f"유형 {n}")
    team = SubFactory(_Team)


class _Expert(DjangoModelFactory):
    class Meta:
        model = Expert

    topic = SubFactory(_Topic)
    person = SubFactory(_StaffMember)
    ground = "교육 이수"
    approved_on = date(2025, 1, 2)


class _Absence(DjangoModelFactory):
    class Meta:
        model = Absence

    person = SubFactory(_StaffMember)
    reason = Absence.Reason.LEAVE
    entered_at = datetime(2026, 1, 1, tzinfo=UTC)


TeamFactory: Any = _Team
UserFactory: Any = _User
StaffMemberFactory: Any = _StaffMember
LeadFactory: Any = _Lead
TopicFactory: Any = _Topic
ExpertFactory: Any = _Expert
AbsenceFactory: Any = _Absence
