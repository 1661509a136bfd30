"""The board: what is to be done now, as cards of one kind each, the nearest date first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Q
from django.urls import reverse

from centre.calendar import seoul_day
from centre.models import StaffMember, User
from centre.rights import may
from standards.evidence import elsewhere, judging
from standards.evidence.charges import Charges
from standards.evidence.kinds import KINDS
from standards.evidence.periods import Every, span
from standards.evidence.telling import link_to, until
from standards.models import Duty, DutyQuerySet, Evidence, EvidenceQuerySet, Kind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

#: What can still be done when its date has passed; of the others only that it was missed stays.
_STAYS: Final = frozenset(
    {Kind.REPORT, Kind.GUIDE_CHANGE, Kind.IMPROVEMENT, Kind.BASIC_TRAINING, Kind.RECONCILIATION,
     Kind.EVALUATION, Kind.OUTAGE}
)  # fmt: skip
_PEOPLE: Final = frozenset({Kind.TRAINING, Kind.BASIC_TRAINING})
#: Kinds that are entered on a page of their own, not on that of one duty.
WITHOUT_DUTY: Final = {
    Kind.TRAINING: "training", Kind.BASIC_TRAINING: "training", Kind.GUIDE: "guide",
    Kind.GUIDE_CHANGE: "guide",
}  # fmt: skip
_LATELY: Final = timedelta(days=90)
SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Row:
    duty: Duty
    url: str
    until: str
    late: bool
    progress: str = ""


@dataclass(slots=True)
class Card:
    """Everything to do of one kind; ``url`` is where the button leads."""

    kind: Kind
    title: _StrPromise | str
    help: _StrPromise
    action: _StrPromise
    url: str = ""
    mine: bool = False
    in_charge: str = ""
    rows: list[Row] = field(default_factory=list)

    @property
    def first(self) -> Row:
        return self.rows[0]

    @property
    def late(self) -> bool:
        return self.first.late


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    title: str
    cards: list[Card]


def sections(*, user: User, person: StaffMember, now: datetime) -> list[Section]:
    """The cards by when they are due: past, this month, this quarter, later this year."""
    month, quarter = (span(every, seoul_day(now)).ends_at for every in (Every.MONTH, Every.QUARTER))
    found: dict[str, list[Card]] = {"late": [], "month": [], "quarter": [], "year": []}
    for card in _cards(to_do(user, person, now=now), person, now=now):
        due = card.first.duty.due_at
        place = (
            "late" if card.late else "month" if due <= month
            else "quarter" if due <= quarter else "year"
        )  # fmt: skip
        found[place].append(card)
    names = {
        "late": "기한이 지남", "month": "이달까지", "quarter": "이번 분기까지",
        "year": "그 뒤(반기·해)까지",
    }  # fmt: skip
    return [Section(code, names[code], cards) for code, cards in found.items() if cards]


def to_do(user: User, person: StaffMember, *, now: datetime) -> DutyQuerySet:
    """What is open and can still be done, of what this account may see, by when it is due."""
    started = Duty.objects.open().filter(started_at__lte=now)
    still = Q(due_at__gt=now) | Q(kind__in=_STAYS)
    rows = seen_by(started.filter(still), user, person)
    return rows.select_related("team", "person__team", "page__team").order_by("due_at", "pk")


def seen_by(rows: DutyQuerySet, user: User, person: StaffMember) -> DutyQuerySet:
    """Whose training is whose business: one's own, and that of those who lead."""
    if may(user, "lead_evidence"):
        return rows
    return rows.exclude(Q(kind__in=_PEOPLE) & ~Q(person=person))


def evidence_seen_by(rows: EvidenceQuerySet, user: User, person: StaffMember) -> EvidenceQuerySet:
    if may(user, "lead_evidence"):
        return rows
    return rows.exclude(Q(kind=Kind.TRAINING) & ~Q(person=person) & ~Q(entered_by=person))


def _cards(duties: Iterable[Duty], person: StaffMember, *, now: datetime) -> list[Card]:
    charges = Charges(at=now)
    listed = list(duties)
    progress = _progress(listed)
    cards: dict[Kind, Card] = {}
    for duty in listed:
        kind = Kind(duty.kind)
        about = KINDS[kind]
        people = charges.of_duty(duty)
        card = cards.setdefault(kind, Card(kind, kind.label, about.help, about.action))
        card.url = card.url or url_of(duty)
        card.in_charge = card.in_charge or ", ".join(str(one) for one in people[:3])
        card.mine = card.mine or any(one.pk == person.pk for one in people)
        row = Row(
            duty,
            link_to(duty.pk),
            until(duty.due_at),
            duty.due_at <= now,
            progress.get(duty.pk, ""),
        )
        card.rows.append(row)
    return sorted(cards.values(), key=lambda card: (not card.mine, card.first.duty.due_at))


def url_of(duty: Duty) -> str:
    """Where this duty is done."""
    if duty.kind == Kind.MEETING_PLAN:
        return reverse("admin:standards_duty_plan")
    if duty.kind in WITHOUT_DUTY:
        return reverse("admin:standards_duty_enter", args=[WITHOUT_DUTY[Kind(duty.kind)]])
    return elsewhere.page_of(duty) or link_to(duty.pk)


# --- how far it is --------------------------------------------------------------------------------


def _progress(duties: list[Duty]) -> dict[int, str]:
    """How much of what was asked is there, in words, for kinds that are done bit by bit."""
    by_kind: defaultdict[str, list[Duty]] = defaultdict(list)
    for duty in duties:
        by_kind[duty.kind].append(duty)
    words = {duty.pk: _services(duty) for duty in by_kind[Kind.SERVICES]}
    words |= {duty.pk: _calls(duty) for duty in by_kind[Kind.CALLS]}
    return words | _hours(by_kind[Kind.TRAINING])


def _hours(duties: list[Duty]) -> dict[int, str]:
    if not duties:
        return {}
    first, last = min(d.started_at for d in duties), max(d.due_at for d in duties)
    rows = Evidence.objects.standing().filter(kind=Kind.TRAINING, person__isnull=False)
    heard: defaultdict[int | None, Decimal] = defaultdict(Decimal)
    for row in rows.filter(happened_at__gte=first, happened_at__lt=last):
        heard[row.person_id] += Decimal(str(row.numbers.get("hours", 0)))
    return {duty.pk: f"{heard[duty.person_id]:g} / {duty.needed}시간" for duty in duties}


def _calls(duty: Duty) -> str:
    rows = judging.rows_of(duty).order_by().values("team__name").annotate(n=Count("pk"))
    made = {row["team__name"]: row["n"] for row in rows}
    each = ", ".join(f"{team} {n}" for team, n in sorted(made.items()))
    return f"{sum(made.values())} / {duty.needed}통" + (f" ({each})" if each else "")


def _services(duty: Duty) -> str:
    last = seoul_day(duty.started_at) - timedelta(days=1)
    now_on = seoul_day(duty.due_at - timedelta(seconds=1))
    return f"지난해 말 {judging.services_on(last)}개, 올해 말 기준 {judging.services_on(now_on)}개"


# --- what is over ---------------------------------------------------------------------------------


def missed_lately(user: User, person: StaffMember, *, now: datetime) -> DutyQuerySet:
    """What passed undone, and can only be entered if it was done in its time."""
    rows = Duty.objects.open().filter(due_at__lte=now, due_at__gt=now - _LATELY)
    rows = seen_by(rows.exclude(kind__in=_STAYS), user, person)
    return rows.select_related("person").order_by("-due_at", "pk")


def entered_lately(user: User, person: StaffMember) -> EvidenceQuerySet:
    """The newest rows, wrong ones with what took their place."""
    rows = evidence_seen_by(Evidence.objects.all(), user, person)
    return rows.select_related(
        "duty", "entered_by", "person", "team", "corrected_by", "corrects"
    ).order_by("-pk")


def lag(row: Evidence) -> str:
    """How much later it was entered than it happened, in words; "" within the hour."""
    after = row.entered_after
    if after < timedelta(hours=1):
        return ""
    if after < timedelta(days=1):
        return f"{after.seconds // 3600}시간 뒤에 적음"
    return f"{after.days}일 뒤에 적음"
