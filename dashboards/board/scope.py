"""Whose figures somebody sees: a manager those of any team or of all, a lead those of the own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from centre.models import Role, StaffMember, Team, User
from centre.queries import person_of
from centre.rights import may


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """``team``: only this one; None is the whole centre. ``own``: a lead's, who sees no other.

    ``teams`` are those to choose from, ``wrong`` says what of the address was not understood.
    """

    user: User
    person: StaffMember
    team: Team | None
    own: bool
    teams: list[Team]
    wrong: str = ""

    @property
    def team_ids(self) -> list[int] | None:
        return None if self.team is None else [self.team.pk]

    @property
    def name(self) -> str:
        return "센터 전체" if self.team is None else self.team.name


def scope_of(user: User, code: str, *, today: date) -> Scope | None:
    """What this account sees where a team was asked for by its code; None: nothing. Two queries."""
    person = person_of(user)
    if person is None or not may(user, "see_dashboard"):
        return None
    if not user.has_role(Role.MANAGER):
        wrong = ""
        if code and code != person.team.code:
            wrong = f"맡으신 팀의 현황만 보실 수 있어 {person.team.name}을(를) 보여 드립니다."
        return Scope(user=user, person=person, team=person.team, own=True, teams=[], wrong=wrong)
    teams = list(Team.objects.order_by("place", "code"))
    team = next((one for one in teams if one.code == code), None)
    wrong = ""
    if code and team is None:
        wrong = "그런 팀이 없어 센터 전체를 보여 드립니다."
    elif team is not None and team.dissolved_on is not None and team.dissolved_on <= today:
        gone = team.dissolved_on
        wrong = f"{team.name}은(는) {gone.year}년 {gone.month}월 {gone.day}일에 없어진 팀입니다. 그때까지의 숫자가 남아 있습니다."
    return Scope(user=user, person=person, team=team, own=False, teams=teams, wrong=wrong)
