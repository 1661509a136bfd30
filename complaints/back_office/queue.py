"""The queue: the cases a person may see, ordered by what is due, in a fixed number of queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.utils.translation import gettext_lazy as _

from centre.calendar import SEOUL, seoul_day
from centre.models import StaffMember, User
from centre.queries import person_of
from complaints import queries, words
from complaints.back_office.due import SOON_DAYS, Due, due_of
from complaints.models import (
    OPEN_STATES,
    Approval,
    Channel,
    Complaint,
    ComplaintQuerySet,
    InformationRequest,
    Kind,
    Response,
    State,
)
from complaints.numbers import normalise_receipt_number
from records.crypto import blind_index
from records.masking import mask_name
from records.personal import normalise_email, normalise_phone
from standards.models import Commitment

ENDED_STATES = [State.CLOSED, State.REFERRED, State.WITHDRAWN, State.MERGED]
#: The promises to answer; the one opened last is in force.
REPLY_CODES = ("reply", "reply-renewed")
MOST_WORDS = 5
#: A thousand years: no date of a promise is that far away.
MARK = timedelta(days=365_250)
#: Of `Wanted.team`: cases that no team has yet. No code of a team can be this.
NO_TEAM = "~"


class Who(TextChoices):
    ALL = "all", _("볼 수 있는 모두")
    TEAM = "team", _("우리 팀")
    MINE = "mine", _("내가 맡은 것")


class Stage(TextChoices):
    OPEN = "open", _("처리 중")
    LOST = "lost", _("고객에게 전해지지 않음")
    RETURNED = "returned", _("고쳐 쓸 답변(돌려받음)")
    WRITING = "writing", _("답변 쓰는 중")
    UNASSIGNED = "unassigned", _("담당자 없음")
    UNCONFIRMED = "unconfirmed", _("팀 확인 전")
    SUPPLEMENTED = "supplemented", _("보완 도착")
    WAITING = "waiting", _("보완 대기")
    APPROVING = "approving", _("결재 중")
    TELLING = "telling", _("답변 전하는 중")
    ANSWERED = "answered", _("답변드림(마치기 전)")
    ENDED = "ended", _("끝난 것")
    ALL = "all", _("모두")


class Within(TextChoices):
    OVERDUE = "overdue", _("기한이나 처음 약속을 넘김")
    TODAY = "today", _("오늘까지")
    SOON = "soon", _("3일 안")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the person asked to see. An empty field asks nothing."""

    who: str = Who.ALL
    state: str = ""
    due: str = ""
    kind: str = ""
    topic: str = ""
    team: str = ""
    handler: str = ""
    channel: str = ""
    approval: bool = False
    q: str = ""

    @property
    def stage(self) -> str:
        """Open cases, unless something else is asked; a search looks through all."""
        return self.state or (Stage.ALL if self.q else Stage.OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``kind``, ``channel`` and ``state`` are words."""

    case: Complaint
    kind: str
    channel: str
    state: str
    due: Due
    name: str
    next_step: str
    mine: bool


def found(wanted: Wanted, *, user: User, now: datetime) -> ComplaintQuerySet:
    """The cases asked for, of those this account may see, in the order of the queue."""
    cases = queries.visible_to(user)
    person = person_of(user)
    cases = _for_whom(cases, wanted, person)
    cases = _in_stage(cases, wanted.stage)
    for name in ("kind", "channel", "topic", "team", "handler"):
        if value := getattr(wanted, name):
            field = {"topic": "topic__code", "team": "team__code"}.get(name, name)
            none = value == NO_TEAM and name == "team"
            cases = cases.filter(team=None) if none else cases.filter(**{field: value})
    if wanted.due:
        cases = due_within(with_clock(cases), wanted.due, now=now)
    if wanted.q:
        cases = cases.filter(sought(wanted.q).either)
    return in_order(cases, wanted.stage)


def _for_whom(
    cases: ComplaintQuerySet, wanted: Wanted, person: StaffMember | None
) -> ComplaintQuerySet:
    if person is None:
        return cases.none()
    if wanted.who == Who.MINE:
        cases = cases.filter(handler=person)
    elif wanted.who == Who.TEAM:
        cases = cases.filter(team=person.team_id)
    return cases.filter(asked_of(person)) if wanted.approval else cases


def asked_of(person: StaffMember) -> Q:
    """Cases in which something waits for this person's approval."""
    waiting = Approval.objects.filter(
        complaint=OuterRef("pk"), approver=person, decision=Approval.Decision.WAITING
    )
    return Q(Exists(waiting))


def supplemented() -> Q:
    """A supplement arrived and nobody has written since."""
    written = Response.objects.filter(
        complaint=OuterRef("complaint"), drafted_at__gte=OuterRef("answered_at")
    )
    arrived = InformationRequest.objects.filter(
        ~Exists(written), complaint=OuterRef("pk"), answered_at__isnull=False
    )
    return Q(Exists(arrived), state=State.REVIEWING)


def lost() -> Q:
    """Something did not reach the citizen, and nobody has told it another way since."""
    return Q(Exists(queries.lost_notices().filter(subject_id=OuterRef("pk"))))


def _drafting(status: str) -> Q:
    """An answer of this status is to be written on."""
    drafts = Response.objects.filter(complaint=OuterRef("pk"), status=status)
    return Q(Exists(drafts), state__in=[State.ASSIGNED, State.REVIEWING, State.WAITING])


def _in_stage(cases: ComplaintQuerySet, stage: str) -> ComplaintQuerySet:
    if stage == Stage.ALL:
        return cases
    return cases.filter(
        {
            Stage.LOST: Q(lost(), state__in=OPEN_STATES),
            Stage.RETURNED: _drafting(Response.Status.RETURNED),
            Stage.WRITING: _drafting(Response.Status.DRAFT),
            Stage.UNASSIGNED: Q(state__in=OPEN_STATES, handler=None),
            Stage.UNCONFIRMED: Q(state__in=[State.RECEIVED, State.ASSIGNED]),
            Stage.SUPPLEMENTED: supplemented(),
            Stage.WAITING: Q(state=State.WAITING),
            Stage.APPROVING: Q(state=State.APPROVING),
            Stage.TELLING: Q(state=State.TELLING),
            Stage.ANSWERED: Q(state=State.ANSWERED),
            Stage.ENDED: Q(state__in=ENDED_STATES),
        }.get(Stage(stage), Q(state__in=OPEN_STATES))
    )


# --- what is due --------------------------------------------------------------------------------


def _clocks() -> QuerySet[Commitment]:
    """The promises to answer of one case, the one in force first."""
    return Commitment.objects.filter(
        subject_type=queries.SUBJECT, subject_id=OuterRef("pk"), code__in=REPLY_CODES
    ).order_by("-pk")


def with_clock(cases: ComplaintQuerySet) -> ComplaintQuerySet:
    """With ``due_at`` and ``clock_code`` of the promise in force; null without a promise."""
    return cases.annotate(
        due_at=Subquery(_clocks().values("due_at")[:1]),
        clock_code=Subquery(_clocks().values("code")[:1], output_field=CharField()),
    )


def with_marked_clock(cases: ComplaintQuerySet) -> ComplaintQuerySet:
    """`with_clock` in one value, for counting many cases: each subquery is paid for by each case.

    ``marked_due`` is the date in force, later by ``MARK`` where it is a second promise.
    """
    mark = Case(
        When(code="reply-renewed", then=F("due_at") + MARK),
        default=F("due_at"),
        output_field=DateTimeField(),
    )
    return cases.annotate(marked_due=Subquery(_clocks().annotate(mark=mark).values("mark")[:1]))


def due_within(cases: ComplaintQuerySet, due: str, *, now: datetime) -> Any:
    """Open cases by their date (`with_clock`); one with a second promise stays overdue, and only that."""
    return cases.filter(is_due(due, now=now))


def is_due(due: str, *, now: datetime) -> Q:
    """The condition of `due_within`, for counting several in one query (`with_clock`)."""
    counted = Q(state__in=[state for state in OPEN_STATES if state != State.WAITING])
    if due == Within.OVERDUE:
        return counted & (Q(due_at__lt=now) | Q(clock_code="reply-renewed"))
    days = SOON_DAYS if due == Within.SOON else 0
    until = datetime.combine(seoul_day(now) + timedelta(days=days + 1), time(), tzinfo=SEOUL)
    first = ~Q(clock_code="reply-renewed")
    return counted & first & Q(due_at__gte=now, due_at__lt=until)


#: What not every case has; without it a case stands last.
_MAY_LACK = frozenset({"due_at", "told_at"})
_WAITS = Case(
    When(state=State.WAITING, then=Value(1)), default=Value(0), output_field=IntegerField()
)


def _order(stage: str) -> list[tuple[str, bool]]:
    """By what the cases of a stage stand in order; True: the greater first."""
    if stage in {Stage.ENDED, Stage.ALL}:
        return [("received_at", True), ("pk", True)]
    if stage == Stage.ANSWERED:
        return [("told_at", False), ("pk", False)]
    return [("waits", False), ("due_at", False), ("received_at", False), ("pk", False)]


def in_order(cases: ComplaintQuerySet, stage: str) -> ComplaintQuerySet:
    """What is due first comes first, what waits for the citizen last; what has ended, newest first."""
    order = _order(stage)
    if ("waits", False) in order:
        cases = with_clock(cases).annotate(waits=_WAITS)
    return cases.order_by(
        *(
            F(name).desc()
            if falling
            else F(name).asc(nulls_last=True if name in _MAY_LACK else None)
            for name, falling in order
        )
    )


def following(cases: ComplaintQuerySet, stage: str, after: int) -> ComplaintQuerySet | None:
    """Those of ``cases`` (`in_order`) that come after this one; None where it is gone."""
    order = _order(stage)
    names = [name for name, _falling in order]
    at = in_order(Complaint.objects.filter(pk=after), stage).values(*names).first()
    if at is None:
        return None
    later, level = Q(pk__in=[]), Q()
    for name, falling in order:
        value = at[name]
        if value is not None:
            beyond = Q(**{f"{name}__{'lt' if falling else 'gt'}": value})
            later |= level & (
                beyond | Q(**{f"{name}__isnull": True}) if name in _MAY_LACK else beyond
            )
        level &= Q(**{name: value}) if value is not None else Q(**{f"{name}__isnull": True})
    if order[0] == ("received_at", True):  # so that the index is entered at the right place
        cases = cases.filter(received_at__lte=at["received_at"])
    return cases.filter(later)


# --- search -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sought:
    """What was typed may mean: cases ``exactly`` so numbered or named, or cases with all ``words``."""

    exactly: Q
    words: list[str]

    @property
    def either(self) -> Q:
        return self.exactly | words.said(self.words) if self.words else self.exactly


def sought(typed: str) -> Sought:
    """A receipt number, an e-mail, a phone number or a name, each exactly; else words."""
    text = " ".join(typed.split())
    if number := normalise_receipt_number(text):
        return Sought(Q(receipt_number=number), [])
    if "@" in text:
        return Sought(Q(email_index=blind_index("email", normalise_email(text))), [])
    elsewhere = Q(external_number=text) & ~Q(external_number="")  # as the index has it
    if re.fullmatch(r"\d{4,6}|20\d\d[- ]?\d{6}-?", text):
        return Sought(queries.numbered(text) | elsewhere, text.split(" "))
    phone = normalise_phone(text)
    if len(phone) >= 7 and len(phone) * 2 > len(text):
        return Sought(Q(phone_index=blind_index("phone", phone)) | elsewhere, [])
    named = Q(name_index=blind_index("name", text)) if text else Q(pk__in=[])
    return Sought(named | elsewhere, text.split(" ")[:MOST_WORDS])


# --- rows ---------------------------------------------------------------------------------------


def rows_of(cases: Iterable[Complaint], *, person: StaffMember | None, now: datetime) -> list[Row]:
    """One page of the queue; three queries, however many cases. `listed` brings what is shown."""
    page = list(cases)
    clocks = clocks_of(page)
    steps = next_steps(page)
    # Looked up here: Django's get_…_display makes a table of all words for each that it looks up.
    kinds, channels, states = (_words(of) for of in (Kind, Channel, State))
    return [
        Row(
            case=case,
            kind=kinds[case.kind],
            channel=channels[case.channel],
            state=states[case.state],
            due=due_of(case, clocks.get(case.pk), now=now),
            name="이름 없음" if case.anonymous else mask_name(case.name),
            next_step=steps[case.pk],
            mine=person is not None and case.handler_id == person.pk,
        )
        for case in page
    ]


def _words(of: type[TextChoices]) -> dict[str, str]:
    return {value: str(label) for value, label in of.choices}


#: What a row does not show; all but the body would be decrypted, case by case.
_NOT_SHOWN = (
    "body", "email", "phone", "address", "fax", "filed_for", "assistance", "about_staff_text",
)  # fmt: skip


def listed(cases: ComplaintQuerySet) -> ComplaintQuerySet:
    """With what a row shows, and without what it does not: contents stay in the table."""
    return cases.select_related("topic", "team", "handler").defer(*_NOT_SHOWN)


def clocks_of(cases: Sequence[Complaint]) -> dict[int, Commitment]:
    """The promise in force of each case that has one; one query."""
    rows = Commitment.objects.filter(
        subject_type=queries.SUBJECT,
        subject_id__in=[case.pk for case in cases],
        code__in=REPLY_CODES,
    )
    shown = rows.only("subject_id", "code", "due_at").order_by("pk")
    return {row.subject_id: row for row in shown}


def next_steps(cases: Sequence[Complaint]) -> dict[int, str]:
    """What is left to do for each case, in a few words; three queries."""
    working = [case.pk for case in cases if case.is_open]
    ended = [Response.Status.TOLD, Response.Status.DROPPED]
    drafts = Response.objects.filter(complaint__in=working).exclude(status__in=ended)
    draft_of = dict(drafts.order_by("number").values_list("complaint_id", "status"))
    waiting = Approval.objects.filter(
        complaint__in=working, decision=Approval.Decision.WAITING
    ).select_related("approver")
    asked = {row.complaint_id: row for row in waiting.order_by("-asked_at")}
    gone = queries.lost_notices().filter(subject_id__in=working)
    lost_of = set(gone.values_list("subject_id", flat=True))
    return {
        case.pk: "고객에게 다시 전하기"
        if case.pk in lost_of
        else _next_step(case, draft_of.get(case.pk, ""), asked.get(case.pk))
        for case in cases
    }


_AFTER: dict[str, str] = {
    State.ANSWERED: "마치기",
    State.TELLING: "고객에게 전하기",
    State.WAITING: "고객의 보완을 기다림",
}


def _next_step(case: Complaint, draft: str, approval: Approval | None) -> str:
    if not case.is_open or case.state in _AFTER:
        return _AFTER.get(case.state, "")
    if case.about_staff_unclear:
        return "대상 직원 확인"
    if case.handler_id is None:
        return "담당자 지정"
    if approval is not None:
        return f"결재({approval.approver})"
    if case.team_confirmed_at is None:
        return "팀 확인"
    return "답변 마무리와 결재 올리기" if draft else "답변 쓰기"
