"""What can be chosen on the case page."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.models import Team, Topic
from complaints.choosing import responsible_team
from complaints.queries import loads

if TYPE_CHECKING:
    from complaints.back_office.situation import Situation

Groups = list[tuple[str, list[tuple[int, str]]]]


def teams(*, without: int | None = None) -> list[tuple[int, str]]:
    rows = Team.objects.filter(dissolved_on=None)
    return [(team.pk, team.name) for team in rows if team.pk != without]


def topics(*, keep: int) -> list[tuple[int, str]]:
    """The topics in use, and the one the case has, each with the team whose matter it is."""
    rows = Topic.objects.filter(Q(active=True) | Q(pk=keep)).select_related("team")
    return [(topic.pk, f"{topic.name} · {responsible_team(topic)}") for topic in rows]


def people(situation: Situation) -> Groups:
    """Who may be given the case, by team: who works here and is not kept out of it.

    Says who is away and how many open cases everybody has.
    """
    present = centre_queries.present_people(at=situation.now)
    rows = centre_queries.employed(at=situation.now).select_related("team", "user")
    fit = [p for p in rows if p.pk not in situation.out and p.user.is_active]
    load = loads(fit)
    groups: dict[str, list[tuple[int, str]]] = {}
    for person in fit:
        away = "" if person.pk in present else ", 부재"
        label = f"{person} (맡은 건 {load[person.pk]}{away})"
        groups.setdefault(person.team.name, []).append((person.pk, label))
    return list(groups.items())


def seoul_date(instant: datetime) -> date:
    return seoul_day(instant)
