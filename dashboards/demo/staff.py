"""Who does something in the simulated past: whoever is there, as in life."""

from __future__ import annotations

from datetime import datetime

from centre import queries as centre_queries
from centre.models import StaffMember
from dashboards.demo.world import World


def somebody_of(team_code: str, *, world: World, now: datetime) -> StaffMember | None:
    """Any member of a team who is here; any lead who is here where nobody of it is."""
    here = centre_queries.present(at=now).select_related("user", "team").order_by("pk")
    of_team = [person for person in here if person.team.code == team_code]
    leads = [person for person in here if person.position == "lead"]
    people = of_team or leads
    return world.rng.choice(people) if people else None


def lead_of(team_code: str, *, now: datetime) -> StaffMember | None:
    """The lead of a team, or another lead who is here."""
    here = centre_queries.present(at=now).filter(position="lead").select_related("user", "team")
    leads = list(here.order_by("pk"))
    return next((one for one in leads if one.team.code == team_code), leads[0] if leads else None)


def manager(*, now: datetime) -> StaffMember | None:
    """The secretary general, or the director; None while neither is here."""
    here = centre_queries.present(at=now).select_related("user", "team")
    found = {one.position: one for one in here}
    return found.get("secretary_general") or found.get("director")
