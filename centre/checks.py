"""What can be wrong with the centre's data, and whether the known holidays reach far enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's name
from django.utils import timezone

from centre import options, registry
from centre.calendar import LAST_KNOWN_DAY, seoul_day
from centre.errors import BadOption
from centre.models import (
    ApprovalStep,
    Option,
    Position,
    Role,
    RoleGrant,
    StaffMember,
    Team,
    Topic,
    User,
)
from centre.queries import employed, people_in

HORIZON_DAYS: Final = 400
#: The documents without whose approval line a case cannot be finished.
NEEDED_LINES: Final = ("response", "response_by_lead", "referral", "extension")


@register(Tags.compatibility, deploy=True)
def holidays_reach_far_enough(**_: Any) -> list[CheckMessage]:
    """A promise made today must find the holidays of the days it runs over."""
    left = (LAST_KNOWN_DAY - seoul_day(timezone.now())).days
    if left >= HORIZON_DAYS:
        return []
    return [
        Warning(
            f"Public holidays are known for {left} more days only (until {LAST_KNOWN_DAY}).",
            hint="Install a newer release of the package 'holidays', compare it with the official "
            "calendar and move LAST_KNOWN_DAY in centre/calendar.py.",
            id="centre.W001",
        )
    ]


def breaches(*, now: datetime) -> list[str]:
    """A line in Korean for each thing that would leave a case with nobody; for ``verify``."""
    return [line for find in _FINDERS for line in find(now)]


def _no_desk(_now: datetime) -> Iterator[str]:
    desks = Team.objects.filter(takes_unassigned=True, dissolved_on=None).count()
    if Team.objects.exists() and desks != 1:
        yield f"맡을 사람이 없는 의견을 받는 팀이 하나여야 합니다(지금 {desks}개)."


def _topics_without_people(now: datetime) -> Iterator[str]:
    manned = set(employed(at=now).filter(user__is_active=True).values_list("team_id", flat=True))
    for topic in Topic.objects.filter(active=True).select_related("team"):
        if topic.team.dissolved_on is not None:
            yield f"유형 ‘{topic}’의 주관 팀 ‘{topic.team}’은 없어진 팀입니다."
        elif topic.team_id not in manned:
            yield f"유형 ‘{topic}’의 주관 팀 ‘{topic.team}’에 근무하는 직원이 없습니다."


def _people_in_dissolved_teams(now: datetime) -> Iterator[str]:
    for person in employed(at=now).exclude(team__dissolved_on=None).select_related("team"):
        yield f"직원 ‘{person}’이 없어진 팀 ‘{person.team}’에 있습니다."


def _lines_missing(_now: datetime) -> Iterator[str]:
    if not Topic.objects.exists():
        return
    known = set(ApprovalStep.objects.values_list("document", flat=True))
    yield from (f"결재선 ‘{name}’이 없습니다." for name in NEEDED_LINES if name not in known)


def _lines_without_people(now: datetime) -> Iterator[str]:
    steps = ApprovalStep.objects.filter(
        position__in=[Position.DIRECTOR, Position.SECRETARY_GENERAL]
    )
    for position in sorted(set(steps.values_list("position", flat=True))):
        if not people_in(position, at=now).exists():
            label = Position(position).label
            yield f"결재선에 있는 ‘{label}’ 자리에 근무하는 직원이 없습니다."


def _work_of_people_who_left(now: datetime) -> Iterator[str]:
    for person in StaffMember.objects.filter(left_on__lte=seoul_day(now)):
        for name, count in registry.open_work(person).items():
            yield f"나간 직원 ‘{person}’에게 {name} {count}건이 남아 있습니다."


def _accounts(_now: datetime) -> Iterator[str]:
    grants = RoleGrant.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True)
    if User.objects.exists() and not grants.exists():
        yield "쓸 수 있는 시스템 관리자 계정이 없습니다."
    for user in User.objects.filter(is_staff=True, role_grants=None):
        yield f"계정 ‘{user}’에 역할이 없는데 업무 화면에 들어갈 수 있게 되어 있습니다."


def _bad_options(_now: datetime) -> Iterator[str]:
    specs = options.specs()
    for row in Option.objects.all():
        if row.key not in specs:
            yield f"센터가 정한 값 ‘{row.key}’은 없는 항목입니다."
            continue
        try:
            options.parse(specs[row.key], row.value)
        except BadOption as error:
            yield str(error)


_FINDERS: Final[tuple[Callable[[datetime], Iterable[str]], ...]] = (
    _no_desk,
    _topics_without_people,
    _people_in_dissolved_teams,
    _lines_missing,
    _lines_without_people,
    _work_of_people_who_left,
    _accounts,
    _bad_options,
)
