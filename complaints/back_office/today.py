"""오늘 할 일: what waits for the person who signed in, each list a link to exactly those cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from centre.models import Role, StaffMember, User
from centre.queries import person_of
from centre.rights import may, may_any
from complaints.back_office import queue
from complaints.back_office.queue import Row, Stage, Wanted, Who, Within
from complaints.models import Complaint
from complaints.queries import kept_out
from complaints.services.approving import nobody_approves
from notices import queries as notices_queries
from notices.models import Notice

SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One list: ``count`` of all, the link to all, and the first ``rows`` not listed above."""

    code: str
    title: str
    none: str
    count: int
    rows: list[Row]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    person: StaffMember | None
    sections: list[Section]
    tasks: int
    tasks_url: str
    next_task: Notice | None
    may_register: bool
    nobody_approves: list[str]

    @property
    def is_empty(self) -> bool:
        return not self.tasks and not any(section.count for section in self.sections)


_SECTIONS: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "returned",
        "고쳐 쓸 답변(돌려받음)",
        "돌려받은 답변이 없습니다.",
        {"state": Stage.RETURNED},
    ),
    ("lost", "고객에게 다시 전할 건", "모두 전해졌습니다.", {"state": Stage.LOST}),
    ("overdue", "기한이 지난 건", "지난 건이 없습니다.", {"due": Within.OVERDUE}),
    ("today", "오늘까지 답할 건", "오늘까지인 건이 없습니다.", {"due": Within.TODAY}),
    ("approval", "내 결재를 기다리는 건", "결재할 것이 없습니다.", {"approval": True}),
    ("unassigned", "담당자가 없는 건", "담당자가 없는 건이 없습니다.", {"state": Stage.UNASSIGNED}),
    ("unconfirmed", "팀 확인을 기다리는 건", "모두 확인했습니다.", {"state": Stage.UNCONFIRMED}),
    (
        "supplemented",
        "보완이 도착한 건",
        "새로 도착한 보완이 없습니다.",
        {"state": Stage.SUPPLEMENTED},
    ),
    ("writing", "답변 쓰는 중", "쓰다 둔 답변이 없습니다.", {"state": Stage.WRITING}),
    ("answered", "답변드리고 마치지 않은 건", "마칠 건이 없습니다.", {"state": Stage.ANSWERED}),
]


def today(user: User, *, now: datetime) -> Today:
    """What waits for this account; no cases for one that may see none."""
    person = person_of(user)
    sees = person is not None and may_any(user, ("see_team_cases", "see_all_cases"))
    lists = _lists(user, now=now) if sees else []
    tasks = notices_queries.tasks_for(person) if person and may(user, "do_tasks") else None
    return Today(
        person=person,
        sections=_sections(lists, person, now=now),
        tasks=tasks.count() if tasks is not None else 0,
        tasks_url=reverse("admin:notices_notice_tasks") if tasks is not None else "",
        next_task=tasks.without_texts().first() if tasks is not None else None,
        may_register=person is not None and may(user, "register_complaint"),
        nobody_approves=_nobody_approves(user, person, now=now),
    )


def _nobody_approves(user: User, person: StaffMember | None, *, now: datetime) -> list[str]:
    """Numbers of cases that nobody could approve, for who may set that right; never one's own."""
    if not may(user, "edit_centre"):
        return []
    cases = nobody_approves(now=now)
    return [c.receipt_number for c in cases if person is None or person.pk not in kept_out(c)]


def scope(user: User) -> str:
    """Whose cases are today's work: one's own, the team's for a lead, all for desk and manager."""
    if user.has_role(Role.MANAGER) or (user.has_role(Role.DESK) and may(user, "see_all_cases")):
        return Who.ALL
    return Who.TEAM if user.has_role(Role.LEAD) else Who.MINE


_Found = tuple[str, str, str, Wanted, int, list[Complaint]]


def _lists(user: User, *, now: datetime) -> list[_Found]:
    whose = scope(user)
    found: list[_Found] = []
    above: set[int] = set()
    for code, title, none, asked in _SECTIONS:
        if code == "unassigned" and not may(user, "assign"):
            continue
        wanted = Wanted(who=Who.ALL if code == "approval" else whose, **asked)
        cases = queue.found(wanted, user=user, now=now)
        most = SHOWN + len(above)
        first = list(queue.listed(cases)[:most])
        count = len(first) if len(first) < most else cases.count()
        shown = [case for case in first if case.pk not in above][:SHOWN]
        above |= {case.pk for case in shown}
        found.append((code, title, none, wanted, count, shown))
    return found


def _sections(lists: list[_Found], person: StaffMember | None, *, now: datetime) -> list[Section]:
    """The lists with their rows, which are read for all lists together."""
    unique = {case.pk: case for *_rest, cases in lists for case in cases}
    rows = queue.rows_of(unique.values(), person=person, now=now)
    row_of = {row.case.pk: row for row in rows}
    return [
        Section(
            code=code,
            title=title,
            none=none,
            count=count,
            rows=[row_of[case.pk] for case in cases],
            url=queue_url(wanted),
        )
        for code, title, none, wanted, count, cases in lists
    ]


def queue_url(wanted: Wanted) -> str:
    """The queue with exactly these cases."""
    plain = Wanted()
    asked = {
        name: "1" if value is True else str(value)
        for name in Wanted.__dataclass_fields__
        if (value := getattr(wanted, name)) != getattr(plain, name)
    }
    page = reverse("admin:complaints_complaint_changelist")
    return f"{page}?{urlencode(asked)}" if asked else page
