"""Each open morning whoever leads is told what waits; on the first of the week also how last week was.

Beat asks every few minutes; whoever was told is not told again (the key of the mail), and when all
were looked at the day is done (`Round`). A worker that was away tells as soon as it is back, while
the centre is open. Who is absent gets none: what still waits stands in the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction

from centre import options
from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.models import Role, StaffMember
from dashboards.digest import morning, times, week
from dashboards.digest.models import Round
from notices import services as notices
from notices.models import Notice

SUBJECT: Final = "staff"
DAILY, WEEKLY = "daily", "weekly"
#: The template and what it says, or None where there is nothing to say.
_Said = tuple[str, dict[str, Any]] | None


def send(*, now: datetime) -> int:
    """Owe the mails that are due now, each once; says how many there were.

    One person whose mail fails does not hold up the others; what failed is raised at the end and
    tried again by the next pass.
    """
    values, hours = options.values(), centre_queries.calendar()
    if not times.is_time(now, hours, at=times.clock(values["digest_at"])):
        return 0
    day = seoul_day(now)
    owed, failed = 0, list[Exception]()
    if values["digest_daily"]:
        owed += _round(DAILY, day, now=now, failed=failed)
    if values["digest_weekly"] and times.is_first_open_day(day, hours):
        owed += _round(WEEKLY, day, now=now, failed=failed)
    if failed:
        raise ExceptionGroup("mails for leaders that could not be made", failed)
    return owed


def recipients(*, now: datetime) -> list[StaffMember]:
    """Who leads and is here: leads and managers with an account in use, not absent."""
    here = centre_queries.present(at=now)
    leading = here.filter(user__role_grants__role__in=[Role.LEAD, Role.MANAGER])
    return list(leading.select_related("team", "user").distinct().order_by("pk"))


def _round(kind: str, day: date, *, now: datetime, failed: list[Exception]) -> int:
    if Round.objects.filter(kind=kind, day=day).exists():
        return 0
    told = set(
        Notice.objects.filter(key__startswith=f"digest:{kind}:{day}:").values_list(
            "staff", flat=True
        )
    )
    say = _SAY[kind](day, now)
    owed, whole = 0, True
    for person in recipients(now=now):
        if person.pk in told:
            continue
        try:
            with transaction.atomic():
                owed += _tell(person, kind, day, say(person), now=now)
        except Exception as error:  # noqa: BLE001 - raised by `send`
            failed.append(error)
            whole = False
    if whole:
        Round.objects.get_or_create(kind=kind, day=day, defaults={"at": now})
    return owed


def _tell(person: StaffMember, kind: str, day: date, said: _Said, *, now: datetime) -> int:
    if said is None:
        return 0
    template, context = said
    notice = notices.owe(
        key=f"digest:{kind}:{day}:{person.pk}",
        template=template,
        subject_type=SUBJECT,
        subject_id=person.pk,
        to=notices.Person(person),
        context=context,
        now=now,
    )
    return int(notice is not None)


def _mornings(_day: date, now: datetime) -> Callable[[StaffMember], _Said]:
    shared = morning.Shared.read(now=now)

    def say(person: StaffMember) -> _Said:
        found = morning.sections(person, shared)
        return ("digest", morning.context_of(found)) if found else None

    return say


def _weeks(day: date, now: datetime) -> Callable[[StaffMember], _Said]:
    def say(person: StaffMember) -> _Said:
        found = week.week_of(person, day=day, now=now)
        return None if found.is_empty else ("digest-weekly", week.context_of(found))

    return say


_SAY: Final[dict[str, Callable[[date, datetime], Callable[[StaffMember], _Said]]]] = {
    DAILY: _mornings,
    WEEKLY: _weeks,
}
