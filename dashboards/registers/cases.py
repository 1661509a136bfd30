"""처리대장: the cases with the fields that Korean public bodies keep (domain: register fields)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from centre.models import User
from centre.queries import person_of
from centre.rights import may_any
from complaints.back_office import queue
from complaints.back_office.filtering import QueueFilter
from complaints.back_office.stages import STAGES
from complaints.models import Channel, Complaint, Decision, Kind, Response, State
from complaints.queries import SUBJECT
from dashboards.registers.base import HIDDEN, Reading, Register, Terms, promise_words, words_of
from dashboards.registers.files import Cell, Column, Style
from records.masking import mask_email, mask_name, mask_phone, mask_text
from records.personal import format_phone
from standards.models import Commitment

COLUMNS: Final = (
    Column("접수번호", width=16),
    Column("접수경로", width=10),
    Column("민원구분", width=9),
    Column("유형", width=14),
    Column("제목", width=40, personal=True),
    Column("내용", width=50, personal=True),
    Column("공개여부", width=9),
    Column("요청일시", Style.INSTANT, 16),
    Column("민원인", width=10, personal=True),
    Column("이메일", width=22, personal=True),
    Column("전화", width=15, personal=True),
    Column("주관 부서", width=14),
    Column("협조 부서", width=14),
    Column("담당자", width=14),
    Column("진행상태", width=14),
    Column("조치 단계", width=9),
    Column("처리내용", width=50, personal=True),
    Column("처리결과", width=12),
    Column("처리일시", Style.INSTANT, 16),
    Column("마친 일시", Style.INSTANT, 16),
    Column("경과시간(시간)", Style.NUMBER, 13),
    Column("처음 약속한 기한", Style.INSTANT, 16),
    Column("처리기한", Style.INSTANT, 16),
    Column("기한 이행", width=14),
)

_KINDS, _CHANNELS, _STATES, _DECISIONS = (
    {value: str(label) for value, label in choices.choices}
    for choices in (Kind, Channel, State, Decision)
)
_PUBLIC = {True: "공개 동의", False: "비공개"}
_PARTS: Final = (("", "answer"), ("까닭", "reason"), ("조치한 것", "action_done"),
                 ("앞으로 할 것", "action_planned"))  # fmt: skip


def allowed(user: User) -> bool:
    return person_of(user) is not None and may_any(user, ("see_team_cases", "see_all_cases"))


def find(request: HttpRequest, user: User, now: datetime) -> Terms:
    form = QueueFilter(request.GET, user=user)
    wanted = form.wanted()
    words = words_of(form)
    if not wanted.state:
        words.insert(0, (str(_("진행")), str(queue.Stage(wanted.stage).label)))
    return Terms(queue.found(wanted, user=user, now=now), words)


class _Case(NamedTuple):
    """The columns of a case that are read. Rows of a model would take twice as long to be made."""

    pk: int
    receipt_number: str
    channel: str
    kind: str
    topic_id: int
    subject: str
    publish_consent: bool
    received_at: datetime
    anonymous: bool
    name: str
    email: str
    phone: str
    team_id: int | None
    handler_id: int | None
    state: str
    stage: int
    decision: str
    told_at: datetime | None
    closed_at: datetime | None
    body: str = ""


class _Clock(NamedTuple):
    """The columns of a promise that are read."""

    subject_id: int
    code: str
    state: str
    due_at: datetime
    first_due_at: datetime


class _Told(NamedTuple):
    """Of one chunk, by case: promises in force and first made, answers, supporting teams."""

    in_force: dict[int, _Clock]
    first: dict[int, _Clock]
    answers: dict[int, str]
    supporting: dict[int, list[str]]


def read(keys: Sequence[int], reading: Reading) -> list[list[Cell]]:
    """Four queries."""
    fields = _Case._fields if reading.plainly else _Case._fields[:-1]
    rows = Complaint.objects.filter(pk__in=keys).values_list(*fields)
    cases = {case.pk: case for case in (_Case(*row) for row in rows)}
    told = _told(keys, reading)
    return [_row(cases[key], told, reading) for key in keys if key in cases]


def _told(keys: Sequence[int], reading: Reading) -> _Told:
    in_force: dict[int, _Clock] = {}
    first: dict[int, _Clock] = {}
    clocks = Commitment.objects.filter(
        subject_type=SUBJECT, subject_id__in=keys, code__in=queue.REPLY_CODES
    ).order_by("pk")
    for clock in map(_Clock._make, clocks.values_list(*_Clock._fields)):
        in_force[clock.subject_id] = clock
        if clock.code == "reply":
            first[clock.subject_id] = clock
    through = Complaint.supporting_teams.through.objects.filter(complaint_id__in=keys)
    supporting: dict[int, list[str]] = {}
    for key, team in through.order_by("pk").values_list("complaint_id", "team_id"):
        supporting.setdefault(key, []).append(reading.names.teams.get(team, ""))
    return _Told(in_force, first, _answers(keys, reading), supporting)


def _answers(keys: Sequence[int], reading: Reading) -> dict[int, str]:
    """The answer told last to each case, in its parts; masked, only that there is one."""
    rows = Response.objects.filter(complaint__in=keys, status=Response.Status.TOLD)
    rows = rows.order_by("number")
    if not reading.plainly:
        return dict.fromkeys(rows.values_list("complaint_id", flat=True), HIDDEN)
    names = [name for _label, name in _PARTS]
    return {
        key: "\n".join(
            f"{label}: {text}" if label else text
            for (label, _name), text in zip(_PARTS, texts, strict=True)
            if text
        )
        for key, *texts in rows.values_list("complaint_id", *names)
    }


def _row(case: _Case, told: _Told, reading: Reading) -> list[Cell]:
    names, clock = reading.names, told.in_force.get(case.pk)
    first = told.first.get(case.pk)
    subject, body, name, email, phone = _of_the_citizen(case, reading)
    return [
        case.receipt_number,
        _CHANNELS.get(case.channel, case.channel),
        _KINDS.get(case.kind, case.kind),
        names.topics.get(case.topic_id),
        subject,
        body,
        _PUBLIC[case.publish_consent],
        case.received_at,
        name,
        email,
        phone,
        names.teams.get(case.team_id),
        ", ".join(told.supporting.get(case.pk, ())),
        names.people.get(case.handler_id),
        _STATES.get(case.state, case.state),
        STAGES.get(case.stage),
        told.answers.get(case.pk),
        _DECISIONS.get(case.decision),
        case.told_at,
        case.closed_at,
        _hours((case.told_at or case.closed_at or reading.now) - case.received_at),
        first.first_due_at if first else None,
        clock.due_at if clock else None,
        promise_words(first, now=reading.now),
    ]


def _of_the_citizen(case: _Case, reading: Reading) -> tuple[str, str, str, str, str]:
    """Subject, body, name, e-mail and phone."""
    if reading.plainly:
        name = "이름 없음" if case.anonymous else case.name
        return case.subject, case.body, name, case.email, format_phone(case.phone)
    name = "이름 없음" if case.anonymous else mask_name(case.name)
    email = mask_email(case.email) if case.email else ""
    phone = mask_phone(case.phone) if case.phone else ""
    return mask_text(case.subject, names=(case.name,)), HIDDEN, name, email, phone


def _hours(elapsed: timedelta) -> float:
    """Hours by the wall clock, to a tenth; never below zero."""
    return round(max(elapsed, timedelta(0)).total_seconds() / 3600, 1)


CASES: Final = Register(
    name="cases",
    title=_("처리대장"),
    subject=SUBJECT,
    list_page="admin:complaints_complaint_changelist",
    columns=COLUMNS,
    allowed=allowed,
    find=find,
    read=read,
    masking=_(
        "이름과 연락처는 가리고, 제목에서는 연락처와 번호, 그 고객의 이름을 가립니다. 내용과 처리내용은 싣지 않습니다."
    ),
)
