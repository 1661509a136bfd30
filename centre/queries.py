"""Who is here, who stands in for whom, when we are open."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from centre import options, steady
from centre.calendar import Calendar, seoul_day
from centre.models import (
    Absence,
    ApprovalStep,
    CalendarVersion,
    Closure,
    Deputy,
    Position,
    StaffMember,
    Team,
    User,
)
from records.actors import Actor

# --- the calendar -------------------------------------------------------------------------------

_KEPT: Final = 4
_WITHOUT_CLOSURES: Final = Calendar(version=1)
_calendars: OrderedDict[tuple[int, UUID], Calendar] = OrderedDict()


def calendar() -> Calendar:
    """The calendar in force: one small query, and a second one after a change of closures.

    Closures count from the moment a verb of ``services`` enters them.
    """
    return steady.kept("calendar", _calendar)


def _calendar() -> Calendar:
    key = CalendarVersion.objects.filter(pk=1).values_list("version", "stamp").first()
    if key is None:
        return _WITHOUT_CLOSURES
    found = _calendars.get(key)
    if found is None:
        found = _calendars[key] = _read_calendar(version=key[0])
        while len(_calendars) > _KEPT:
            _calendars.popitem(last=False)
    return found


def _read_calendar(*, version: int) -> Calendar:
    """Closures are read after the version: they may be newer than it, never older."""
    rows = list(Closure.objects.values_list("kind", "date", "reason"))
    return Calendar(
        version=version,
        closures={day: why for kind, day, why in rows if kind == Closure.Kind.CLOSED},
        reopened={day: why for kind, day, why in rows if kind == Closure.Kind.REOPENED},
    )


# --- who works here and who is here -------------------------------------------------------------


def employed(*, at: datetime) -> QuerySet[StaffMember]:
    """Who works here at an instant; on the day somebody leaves he no longer does."""
    day = seoul_day(at)
    return StaffMember.objects.filter(
        Q(joined_on=None) | Q(joined_on__lte=day), Q(left_on=None) | Q(left_on__gt=day)
    )


def hold(person_id: int, *, at: datetime) -> bool:
    """Whether the person is employed, and stays so until the caller's transaction ends.

    ``services.leave`` waits for it, and then finds the work that was given. Two who give work to
    the same person do not wait for each other, nor for a hand-over.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM centre_staffmember WHERE id = %s FOR KEY SHARE", [person_id]
            )
    return employed(at=at).filter(pk=person_id).exists()


def present(*, at: datetime) -> QuerySet[StaffMember]:
    """Employed, with an account in use, and not absent; an absence ends at its last instant."""
    away = Absence.objects.filter(
        person=OuterRef("pk"), starts_at__lte=at, ends_at__gt=at, cancelled_at=None
    )
    return employed(at=at).filter(~Exists(away), user__is_active=True)


def present_people(*, at: datetime) -> set[int]:
    """The keys of all who are here: one query."""
    return set(present(at=at).values_list("pk", flat=True))


def takers(*, at: datetime) -> set[int]:
    """Who may be given work that lasts: those who are here and for whom no last day is entered."""
    return set(present(at=at).filter(left_on=None).values_list("pk", flat=True))


def is_present(person: StaffMember, *, at: datetime) -> bool:
    return present(at=at).filter(pk=person.pk).exists()


def absence_of(person: StaffMember, *, at: datetime) -> Absence | None:
    """The absence a person is in, the one that lasts longest."""
    return (
        person.absences.filter(starts_at__lte=at, ends_at__gt=at, cancelled_at=None)
        .order_by("-ends_at")
        .first()
    )


def stand_in(
    person: StaffMember, *, at: datetime, without: Collection[int] = ()
) -> StaffMember | None:
    """Who stands in: the deputies in their order, then the lead of the team, whoever is here.

    Never the person himself, nor anybody in ``without`` (keys). Deputies of deputies are not
    asked: they know nothing of this person's work. Three queries.
    """
    return _stand_in(person, at=at, here=present_people(at=at) - set(without))


def _stand_in(person: StaffMember, *, at: datetime, here: set[int]) -> StaffMember | None:
    rows = Deputy.objects.filter(person=person).select_related("stands_in__team", "stands_in__user")
    deputies = [row.stands_in for row in rows.order_by("place", "pk")]
    leads = _in_position(Position.LEAD, team=person.team, at=at)
    allowed = here - {person.pk}
    return next((other for other in [*deputies, *leads] if other.pk in allowed), None)


def team_lead(team: Team, *, at: datetime, without: Collection[int] = ()) -> StaffMember | None:
    """The lead of a team, who may be absent; of two leads one who is here comes first."""
    return _first(_in_position(Position.LEAD, team=team, at=at), at=at, without=without)


def people_in(
    position: str, *, at: datetime | None = None, team: Team | None = None
) -> QuerySet[StaffMember]:
    """Everybody in a position; without ``at`` those for whom no last day has been entered."""
    staff = StaffMember.objects.filter(left_on=None) if at is None else employed(at=at)
    found = staff.filter(position=position)
    return found if team is None else found.filter(team=team)


def _in_position(position: str, *, team: Team | None, at: datetime) -> list[StaffMember]:
    people = people_in(position, at=at, team=team).select_related("team", "user")
    question = ("in position", position, team and team.pk, seoul_day(at))
    return list(steady.kept(question, lambda: list(people.order_by("extension", "pk"))))


def _first(
    people: list[StaffMember], *, at: datetime, without: Collection[int]
) -> StaffMember | None:
    """The first of them who is here, else the first of them."""
    allowed = [person for person in people if person.pk not in without]
    if len(allowed) > 1:
        here = present_people(at=at)
        allowed.sort(key=lambda person: person.pk not in here)
    return allowed[0] if allowed else None


def desk_team() -> Team | None:
    """The team that takes what nobody else takes."""
    rows = Team.objects.filter(takes_unassigned=True, dissolved_on=None)
    return steady.kept("desk team", rows.first)


def person_of(user: User | AnonymousUser) -> StaffMember | None:
    """The person an account belongs to; the system administrator's belongs to none."""
    if not isinstance(user, User):
        return None
    try:
        return user.staff_member
    except ObjectDoesNotExist:
        return None


def actor_of(user: User) -> Actor:
    """How the account appears in the log of events."""
    person = person_of(user)
    return Actor.staff(user.pk, str(person) if person else user.get_full_name())


# --- approval lines -----------------------------------------------------------------------------

_ABOVE: Final = (Position.LEAD, Position.SECRETARY_GENERAL, Position.DIRECTOR)
_IN_A_TEAM: Final = frozenset({Position.LEAD, Position.MEMBER})


@dataclass(frozen=True, slots=True)
class Approver:
    """Who is asked; ``acting_for`` is set when it is shown as 대결."""

    person: StaffMember
    acting_for: StaffMember | None = None


def approval_line(document: str) -> list[ApprovalStep]:
    """The steps of a document, in order; one query."""
    steps = ApprovalStep.objects.filter(document=document).select_related("team", "other_team")
    return list(steps.order_by("place"))


def approver(
    step: ApprovalStep, *, team: Team, at: datetime, without: Collection[int] = ()
) -> Approver | None:
    """Who approves this step for a case of ``team``; ``without`` holds keys: the drafter, and
    whomever the case is about.

    Whoever holds the place and is here; else as ``when_absent`` says; else the next above who is
    here; else it waits for whoever holds the place, or is next above. None only if nobody is left.
    """
    here_now = present_people(at=at) - set(without)
    holders = _holders(step.position, step.team or team, at=at, without=without)
    here = next((person for person in holders if person.pk in here_now), None)
    if here is not None:
        return Approver(here)
    if holders:
        if step.when_absent == ApprovalStep.WhenAbsent.WAIT:
            return Approver(holders[0])
        if acting := _acting(step, holders[0], team=team, at=at, here=here_now):
            return acting
    above = _above(step.position, at=at, without=without)
    here = next((person for person in above if person.pk in here_now), None)
    waiting = [here] if here else [*holders, *above]
    return Approver(waiting[0]) if waiting else None


def _holders(
    position: str, team: Team, *, at: datetime, without: Collection[int]
) -> list[StaffMember]:
    people = _in_position(position, team=team if position in _IN_A_TEAM else None, at=at)
    return [person for person in people if person.pk not in without]


def _acting(
    step: ApprovalStep, holder: StaffMember, *, team: Team, at: datetime, here: set[int]
) -> Approver | None:
    if step.when_absent == ApprovalStep.WhenAbsent.DEPUTY:
        person = _stand_in(holder, at=at, here=here)
    else:
        others = _holders(step.other_position, step.other_team or team, at=at, without=())
        person = next((other for other in others if other.pk in here), None)
    if person is None:
        return None
    return Approver(person, acting_for=holder if step.shown_as_acting else None)


def _above(position: str, *, at: datetime, without: Collection[int]) -> list[StaffMember]:
    place = _ABOVE.index(Position(position)) if position in _ABOVE else -1
    found = [
        person
        for higher in _ABOVE[place + 1 :]
        if higher != Position.LEAD
        for person in _in_position(higher, team=None, at=at)
    ]
    return [person for person in found if person.pk not in without]


# --- for texts ----------------------------------------------------------------------------------


def phone_of(person: StaffMember, *, centre_phone: str | None = None) -> str:
    """``(054)855-1365 (내선 502)``; ``centre_phone``, where many are written, saves a query each."""
    return _with_extension(person.extension or person.team.extension, centre_phone)


def phone_of_team(team: Team, *, centre_phone: str | None = None) -> str:
    return _with_extension(team.extension, centre_phone)


def _with_extension(extension: str, centre_phone: str | None) -> str:
    if centre_phone is None:
        centre_phone = steady.kept("phone", lambda: options.text("centre_phone"))
    phone = centre_phone
    return f"{phone} (내선 {extension})" if extension else phone


def facts() -> dict[str, str]:
    """What texts say about the centre; two queries."""
    return dict(steady.kept("facts", _facts))


def _facts() -> dict[str, str]:
    found = {key: value for key, value in options.values().items() if key.startswith("centre_")}
    director = people_in(Position.DIRECTOR).order_by("pk").first()
    return {
        **found,
        "director_name": director.name if director else "",
        "director_title": (director.title if director else "") or str(Position.DIRECTOR.label),
    }
