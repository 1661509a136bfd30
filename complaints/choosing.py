"""Who takes a case: topic → team → an expert who is present and least loaded.

Absent → deputy → lead → the team that takes what nobody can take. Whoever the case is about is
never chosen; if that is the lead, the next above takes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from centre import queries as centre_queries
from centre.models import Expert, Position, StaffMember, Team, Topic
from complaints.queries import loads


@dataclass(frozen=True, slots=True)
class Choice:
    """A team and a person, if there is one; ``expert``: approved for the topic, with ground."""

    team: Team
    handler: StaffMember | None
    expert: bool


def choose(*, topic: Topic, without: frozenset[int], now: datetime) -> Choice:
    """Who takes a case of ``topic`` now, leaving out the people in ``without``.

    Whoever is chosen is held: he cannot leave before the caller's transaction ends. One who left
    at this very moment is not chosen.
    """
    team = responsible_team(topic)
    about_a_lead = any(lead.pk in without for lead in _leads(team))
    if topic.taken_by_lead or about_a_lead:
        person = _lead_or_above(team, without=without, now=now)
    else:
        person = _specialist(specialists(topic), without=without, now=now) or _lead_or_above(
            team, without=without, now=now
        )
    if person is None:
        return Choice(team=centre_queries.desk_team() or team, handler=None, expert=False)
    if not centre_queries.hold(person.pk, at=now):
        return choose(topic=topic, without=without, now=now)
    return Choice(team=team, handler=person, expert=is_expert(person, topic))


def responsible_team(topic: Topic) -> Team:
    """The team whose matter the topic is; the desk's where that team is no more."""
    if topic.team.dissolved_on is None:
        return topic.team
    return centre_queries.desk_team() or topic.team


def choose_in_team(*, team: Team, topic: Topic, without: frozenset[int], now: datetime) -> Choice:
    """Who takes a case that moved to ``team``: its experts for the topic, else anyone present.

    Held like everybody who is chosen (`choose`).
    """
    if any(lead.pk in without for lead in _leads(team)):
        person = _lead_or_above(team, without=without, now=now)
    else:
        person = _of_the_team(team, topic, without=without, now=now)
    if person is not None and not centre_queries.hold(person.pk, at=now):
        return choose_in_team(team=team, topic=topic, without=without, now=now)
    expert = person is not None and is_expert(person, topic)
    return Choice(team=team, handler=person, expert=expert)


def _of_the_team(
    team: Team, topic: Topic, *, without: frozenset[int], now: datetime
) -> StaffMember | None:
    known = [row for row in specialists(topic) if row.person.team_id == team.pk]
    present = centre_queries.takers(at=now)
    members = [
        m
        for m in StaffMember.objects.filter(team=team, position=Position.MEMBER)
        if m.pk in present and m.pk not in without
    ]
    return (
        _specialist(known, without=without, now=now)
        or _least_loaded(members)
        or _lead_or_above(team, without=without, now=now)
    )


def specialists(topic: Topic) -> list[Expert]:
    """The people named for a topic, in order. Not all of them count as experts."""
    rows = Expert.objects.filter(topic=topic).select_related("person__team", "person__user")
    return list(rows.order_by("place"))


def is_expert(person: StaffMember, topic: Topic) -> bool:
    """Whether the person counts as an expert: with a ground and a date of approval."""
    rows = Expert.objects.filter(topic=topic, person=person, approved_on__isnull=False)
    return rows.exclude(ground="").exists()


def _leads(team: Team) -> list[StaffMember]:
    return list(centre_queries.people_in(Position.LEAD, team=team).select_related("user", "team"))


def _specialist(
    rows: list[Expert], *, without: frozenset[int], now: datetime
) -> StaffMember | None:
    """The least loaded of those present, approved experts first; else the first one's deputy."""
    present = centre_queries.takers(at=now)
    free = [row for row in rows if row.person_id in present and row.person_id not in without]
    approved = [row for row in free if row.ground and row.approved_on]
    if free:
        return _least_loaded([row.person for row in approved or free])
    for row in rows:
        deputy = centre_queries.stand_in(row.person, at=now, without=without)
        if deputy is not None:
            return deputy
    return None


def _least_loaded(people: list[StaffMember]) -> StaffMember | None:
    load = loads(people)
    return min(people, key=lambda person: load[person.pk], default=None)


def _lead_or_above(team: Team, *, without: frozenset[int], now: datetime) -> StaffMember | None:
    """The lead, the lead's deputy, then the secretary general and the director."""
    present = centre_queries.takers(at=now)
    leads = _leads(team)
    for lead in leads:
        if lead.pk in without:
            break
        if lead.pk in present:
            return lead
        deputy = centre_queries.stand_in(lead, at=now, without=without)
        if deputy is not None:
            return deputy
    return person_above(without=without, now=now)


def person_above(*, without: frozenset[int], now: datetime) -> StaffMember | None:
    """The secretary general, else the director, whoever is present and not left out."""
    present = centre_queries.takers(at=now)
    for position in (Position.SECRETARY_GENERAL, Position.DIRECTOR):
        for person in centre_queries.people_in(position).select_related("team", "user"):
            if person.pk in present and person.pk not in without:
                return person
    return None


def lead_elsewhere(*, without: frozenset[int], now: datetime) -> StaffMember | None:
    """A lead who has no part in the matter, the desk's first; of them one who is here."""
    here = centre_queries.present_people(at=now)
    leads = centre_queries.people_in(Position.LEAD, at=now).select_related("team", "user")
    fit = [lead for lead in leads.order_by("pk") if lead.pk not in without]
    fit.sort(key=lambda lead: (lead.pk not in here, not lead.team.takes_unassigned))
    return fit[0] if fit else None
