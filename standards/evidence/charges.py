"""Who is in charge of what: a position, never one person, so that nobody's leaving loses it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from centre.models import Position, StaffMember, Team
from centre.queries import desk_team, people_in, present_people, stand_in
from standards.evidence.kinds import KINDS
from standards.models import Charge, Duty, Kind


class Charges:
    """The positions in charge and the people in them at an instant; each asked once."""

    def __init__(self, *, at: datetime) -> None:
        self.at = at
        self._set = {row.kind: row for row in Charge.objects.select_related("team")}
        self._teams = {team.code: team for team in Team.objects.filter(dissolved_on=None)}
        self._desk = desk_team()
        self._people: dict[tuple[int, bool], list[StaffMember]] = {}

    def team_of(self, kind: str) -> Team | None:
        if kind in self._set:
            return self._set[kind].team
        return self._teams.get(KINDS[Kind(kind)].team) or self._desk

    def of_duty(self, duty: Duty) -> list[StaffMember]:
        """Those to tell and to ask; the owner of an improvement is asked himself.

        A page may be its own team's; otherwise the kind decides, whoever it is about.
        """
        if duty.kind == Kind.IMPROVEMENT and duty.person is not None:
            return [duty.person]
        team = duty.page.team if duty.page is not None else None
        team = team or self.team_of(duty.kind)
        return self._in(team, lead=self._is_lead(duty.kind)) if team else []

    def _is_lead(self, kind: str) -> bool:
        return (
            self._set[kind].lead
            if kind in self._set
            else KINDS[Kind(kind)].position == Position.LEAD
        )

    def _in(self, team: Team, *, lead: bool) -> list[StaffMember]:
        """Who holds the position, else whoever leads the team, else its members."""
        place = (team.pk, lead)
        if place not in self._people:
            wanted = Position.LEAD if lead else Position.MEMBER
            other = Position.MEMBER if lead else Position.LEAD
            found = self._holders(wanted, team) or self._holders(other, team)
            self._people[place] = found
        return self._people[place]

    def _holders(self, position: str, team: Team) -> list[StaffMember]:
        rows = people_in(position, at=self.at, team=team).select_related("team", "user")
        return list(rows.order_by("extension", "pk"))

    def with_stand_ins(self, people: Iterable[StaffMember]) -> list[StaffMember]:
        """These people; for those who are away, whoever stands in as well."""
        listed = list(people)
        here = present_people(at=self.at)
        away = [person for person in listed if person.pk not in here]
        others = [stand_in(person, at=self.at) for person in away]
        return list({person.pk: person for person in [*listed, *others] if person}.values())
