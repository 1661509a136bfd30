"""What waits for one who leads: each section with its count, its first rows and its link.

Nothing of a citizen stands in it: receipt numbers, topics, dates and links, which lead to pages
that ask who looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from centre import options
from centre.calendar import SEOUL, seoul_day
from centre.models import Role, StaffMember
from centre.words import korean_day, korean_instant
from complaints import queries
from complaints.back_office import queue
from complaints.back_office.due import Due
from complaints.back_office.queue import Wanted, Who, Within
from complaints.back_office.today import queue_url, scope
from complaints.models import Complaint
from dashboards.digest import times
from dashboards.digest.models import Round
from dashboards.evaluation.approving import path_of as evaluation_path
from dashboards.evaluation.models import Decision, Signature
from dashboards.intake.models import FrozenCases
from notices.texts import table
from reception.queries import OpenNote, open_notes
from standards import monthly
from standards.evidence import board
from standards.evidence.charges import Charges
from standards.evidence.telling import until
from standards.models import Commitment, Duty
from standards.months import Month
from surveys.models import ResultFinding
from surveys.services.findings import results_path

SHOWN: Final = 10
DUTIES_AHEAD: Final = timedelta(days=14)
_FIRST: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """``count`` of all; ``head`` and ``rows`` of the first of them."""

    code: str
    title: str
    count: int
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    url: str

    def item(self) -> dict[str, str]:
        """As the text of the mail takes it."""
        more = f"이 가운데 먼저 볼 {len(self.rows)}건입니다." if self.count > len(self.rows) else ""
        return {
            "title": f"■ {self.title} {self.count}건",
            "line": more,
            "table": table(self.head, self.rows),
            "link": f"{settings.SITE_URL}{self.url}",
        }


@dataclass(slots=True)
class Shared:
    """What is the same for everybody who is told this morning, read once."""

    now: datetime
    notes: list[OpenNote]
    charges: Charges
    findings: list[ResultFinding]
    corrections: list[tuple[str, ...]]

    @classmethod
    def read(cls, *, now: datetime) -> Shared:
        findings = ResultFinding.objects.filter(decided_at=None).select_related("survey")
        return cls(
            now=now,
            notes=open_notes(now=now),
            charges=Charges(at=now),
            findings=list(findings.order_by("found_at", "pk")),
            corrections=corrections(now=now),
        )


def sections(person: StaffMember, shared: Shared) -> list[Section]:
    """What waits for this person; sections with nothing in them are left out."""
    found = [
        *_cases(person, now=shared.now),
        _evaluations(person),
        _callbacks(person, shared),
        _duties(person, shared),
        _findings(person, shared),
        _corrections(person, shared),
    ]
    return [section for section in found if section.count]


def _manages(person: StaffMember) -> bool:
    return person.user.has_role(Role.MANAGER)


# --- cases ----------------------------------------------------------------------------------------


def _cases(person: StaffMember, *, now: datetime) -> list[Section]:
    whose = scope(person.user)
    lists: list[tuple[str, str, dict[str, Any]]] = [
        ("today", "오늘까지 답할 건", {"who": whose, "due": Within.TODAY}),
        ("overdue", "기한이 지났거나 처음 약속을 넘긴 건", {"who": whose, "due": Within.OVERDUE}),
        ("approvals", "내 결재를 기다리는 건", {"who": Who.ALL, "approval": True}),
    ]
    return [
        _case_section(code, title, Wanted(**asked), person, now=now) for code, title, asked in lists
    ]


def _case_section(
    code: str, title: str, wanted: Wanted, person: StaffMember, *, now: datetime
) -> Section:
    cases = queue.found(wanted, user=person.user, now=now)
    first = list(queue.listed(cases)[:SHOWN])
    rows = queue.rows_of(first, person=person, now=now)
    promised = _first_promises(first)
    return Section(
        code=code,
        title=title,
        count=len(first) if len(first) < SHOWN else cases.count(),
        head=("접수번호", "유형", "담당", "기한"),
        rows=[
            (
                row.case.receipt_number,
                row.case.topic.name,
                str(row.case.handler or row.case.team or "정하지 않음"),
                _due_words(row.due, promised.get(queries.reply_key(row.case))),
            )
            for row in rows
        ],
        url=queue_url(wanted),
    )


def _first_promises(cases: Sequence[Complaint]) -> dict[str, datetime]:
    """When each of these was to be answered first, by the key of that promise. One query."""
    keys = [queries.reply_key(case) for case in cases]
    return dict(Commitment.objects.filter(key__in=keys).values_list("key", "due_at"))


def _due_words(due: Due, first: datetime | None) -> str:
    """The date; beside a second promise the first, which was missed."""
    shown = due.short_date or due.words
    if not due.renewed or first is None:
        return shown
    day = seoul_day(first)
    return f"처음 약속 {day.month}월 {day.day}일을 넘김, 새 기한 {shown}"


def _evaluations(person: StaffMember) -> Section:
    waiting = Signature.objects.filter(approver=person, decision=Decision.WAITING)
    rows = list(waiting.select_related("submission__evaluation", "submission__by").order_by("pk"))
    return Section(
        code="evaluations",
        title="내 결재를 기다리는 이행실적 평가",
        count=len(rows),
        head=("문서", "올린 사람", "올린 때"),
        rows=[
            (
                f"{row.submission.evaluation.year}년 이행실적 평가",
                str(row.submission.by),
                korean_instant(row.asked_at),
            )
            for row in rows
        ],
        url=evaluation_path(rows[0].submission.evaluation_id) if rows else "",
    )


# --- the rest -------------------------------------------------------------------------------------


def _callbacks(person: StaffMember, shared: Shared) -> Section:
    """Notes that nobody has acted upon yet: of the team, for a manager all."""
    running = [
        one
        for one in shared.notes
        if one.note.first_attempt_at is None
        and (_manages(person) or one.note.team_id == person.team_id)
    ]
    return Section(
        code="callbacks",
        title="연락을 기다리는 용건(회신)",
        count=len(running),
        head=("팀", "연락할 사람", "기한", "상태"),
        rows=[
            (
                str(one.note.team),
                str(one.note.keeper),
                korean_instant(one.due_at),
                "기한 지남" if one.state == "late" else "진행 중",
            )
            for one in running[:SHOWN]
        ],
        url=reverse("desk"),
    )


def _duties(person: StaffMember, shared: Shared) -> Section:
    """Promises that no case measures, due within two weeks: those in one's charge or of the team."""
    soon = Q(due_at__lte=shared.now + DUTIES_AHEAD)
    open_now = board.to_do(person.user, person, now=shared.now).filter(soon)
    mine = [duty for duty in open_now if _manages(person) or _concerns(duty, person, shared)]
    return Section(
        code="duties",
        title="헌장 이행 기록(2주 안)",
        count=len(mine),
        head=("할 일", "맡은 사람", "기한"),
        rows=[
            (
                duty.title,
                ", ".join(str(one) for one in shared.charges.of_duty(duty)[:2]) or "정하지 않음",
                f"{until(duty.due_at)}{' 지남' if duty.due_at <= shared.now else ''}",
            )
            for duty in mine[:SHOWN]
        ],
        url=reverse("admin:standards_duty_changelist"),
    )


def _concerns(duty: Duty, person: StaffMember, shared: Shared) -> bool:
    people = shared.charges.of_duty(duty)
    return any(one.pk == person.pk or one.team_id == person.team_id for one in people)


def _findings(person: StaffMember, shared: Shared) -> Section:
    """What a survey found wrong and nobody has set a date for: of a manager all, else one's own."""
    mine = [one for one in shared.findings if _manages(person) or one.found_by_id == person.pk]
    return Section(
        code="findings",
        title="조치와 기한을 정하지 않은 설문 지적",
        count=len(mine),
        head=("설문", "적은 날"),
        rows=[(one.survey.title, korean_day(seoul_day(one.found_at))) for one in mine[:SHOWN]],
        url=results_path(mine[0].survey_id) if mine else "",
    )


def _corrections(person: StaffMember, shared: Shared) -> Section:
    """For managers: figures of frozen months that were put right since the last morning."""
    rows = shared.corrections if _manages(person) else []
    return Section(
        code="corrections",
        title="마감한 달의 수를 바로잡은 것",
        count=len(rows),
        head=("달", "무엇", "바뀐 수", "까닭"),
        rows=rows[:SHOWN],
        url=reverse("admin:standards_correction_changelist"),
    )


def corrections(*, now: datetime) -> list[tuple[str, ...]]:
    """Rows of that table: promises, then opinions. Of the first morning: a week.

    From one morning's hour to the next, whenever the mails are made, so that each is told once.
    """
    at = times.clock(options.values()["digest_at"])
    last = Round.objects.filter(kind="daily", day__lt=seoul_day(now)).order_by("-day").first()
    day = last.day if last else seoul_day(now) - _FIRST
    since, until = (datetime.combine(one, at, tzinfo=SEOUL) for one in (day, seoul_day(now)))
    promised: list[tuple[str, ...]] = [
        (str(one.month), standard.title, one.changed, one.why)
        for standard, one in monthly.noticed(since, until)
    ]
    cases = FrozenCases.objects.filter(number__gt=1, frozen_at__gt=since, frozen_at__lte=until)
    return promised + [
        (str(Month.of(row.month)), f"통계: {row.get_sheet_display()}", "", row.why)
        for row in cases.order_by("frozen_at", "pk")
    ]


def context_of(found: Sequence[Section]) -> dict[str, Any]:
    """What the template of the mail is given."""
    counts = {section.code: section.count for section in found}
    return {
        "today": str(counts.get("today", 0)),
        "overdue": str(counts.get("overdue", 0)),
        "approvals": str(counts.get("approvals", 0) + counts.get("evaluations", 0)),
        "callbacks": str(counts.get("callbacks", 0)),
        "items": [section.item() for section in found],
        "link": f"{settings.SITE_URL}{reverse('dashboard')}",
    }
