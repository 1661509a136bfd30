"""What must always be true of duties and their evidence; a line for each breach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from records.models import Event
from standards.evidence import judging
from standards.evidence.kinds import KINDS
from standards.models import DUTY, EVIDENCE, Commitment, Duty, Evidence, Kind, Observation, State

_MOST: Final = 100
_WITH_PROMISE: Final = [kind for kind, about in KINDS.items() if about.code]


def breaches() -> Iterator[str]:
    """Lines that name duties by key and evidence by number: no personal data."""
    yield from _promises()
    yield from _done()
    yield from _evidence()
    yield from _observations()
    yield from _weeks()


def _say(rows: QuerySet[Any], name: str, what: str) -> Iterator[str]:
    for found in rows.order_by("pk").values_list(name, flat=True)[:_MOST]:
        yield f"{rows.model._meta.model_name} {found}: {what}"


def _promises() -> Iterator[str]:
    mine = Commitment.objects.filter(subject_type=DUTY, subject_id=OuterRef("pk"))
    with_promise = Duty.objects.filter(kind__in=_WITH_PROMISE)
    yield from _say(with_promise.filter(~Exists(mine)), "key", "이행 약속이 없습니다")
    without = Duty.objects.exclude(kind__in=_WITH_PROMISE)
    yield from _say(without.filter(Exists(mine)), "key", "약속이 아닌 일에 이행 약속이 있습니다")
    running = Exists(mine.filter(state=State.RUNNING))
    yield from _say(
        with_promise.exclude(done_at=None).filter(running), "key", "했는데 판정되지 않았습니다"
    )
    yield from _say(
        with_promise.exclude(dropped_at=None).filter(running),
        "key",
        "하지 않기로 했는데 약속이 아직 가고 있습니다",
    )


def _done() -> Iterator[str]:
    """Done is what the evidence says, and when."""
    decided = Duty.objects.exclude(kind__in=[Kind.SERVICES, Kind.MEETING_PLAN, Kind.OUTAGE])
    for duty in decided.filter(dropped_at=None).exclude(done_at=None).order_by("pk"):
        if duty.done_at != judging.done_at(duty):
            yield f"duty {duty.key}: 근거와 한 때가 맞지 않습니다"


def _evidence() -> Iterator[str]:
    rows = Evidence.objects.all()
    yield from _say(
        rows.filter(happened_at__gt=F("entered_at")), "pk", "한 때가 적은 때보다 뒤입니다"
    )
    recorded = Event.objects.filter(subject_type=EVIDENCE, subject_id=OuterRef("pk"))
    yield from _say(rows.filter(~Exists(recorded)), "pk", "적은 기록이 없습니다")
    other = rows.exclude(corrects=None).exclude(kind=F("corrects__kind"))
    yield from _say(other, "pk", "다른 종류의 기록을 고쳤습니다")
    own = rows.standing().filter(kind=Kind.CALLS, team=F("entered_by__team"))
    yield from _say(own.exclude(_moved_since()), "pk", "자기 팀을 점검한 전화입니다")


def _moved_since() -> Q:
    """Whoever changed teams may since have come to the team that was called."""
    moved = Event.objects.filter(
        subject_type="centre.staffmember", subject_id=OuterRef("entered_by"), kind="person-moved"
    )
    return Q(Exists(moved))


def _observations() -> Iterator[str]:
    """What stands is in the figures once for each promise; what was taken back is not."""
    for kind, codes in (
        (Kind.CALLS, ("phone-answer", "phone-identity")),
        (Kind.LISTINGS, ("portal-information",)),
    ):
        for code in codes:
            key = Concat(
                Value(f"{EVIDENCE}:"), Cast(OuterRef("pk"), CharField()), Value(f":{code}"),
                output_field=CharField(),
            )  # fmt: skip
            there = Exists(Observation.objects.filter(key=key))
            standing = Evidence.objects.standing().filter(kind=kind)
            yield from _say(standing.filter(~there), "pk", f"{code} 수에 들어 있지 않습니다")
            gone = Evidence.objects.filter(kind=kind).exclude(corrected_by=None, void=False)
            yield from _say(gone.filter(there), "pk", f"고친 기록이 {code} 수에 남아 있습니다")


def _weeks() -> Iterator[str]:
    """A week without a check is in the figures as not kept, once the next one has been opened."""
    weeks = Duty.objects.filter(kind=Kind.LISTINGS)
    latest = weeks.order_by("-opened_at").first()
    if latest is None:
        return
    key = Concat(Value(f"{DUTY}:"), OuterRef("key"), Value(":none"), output_field=CharField())
    counted = Exists(Observation.objects.filter(key=key))
    over = weeks.open().filter(due_at__lte=latest.opened_at)
    yield from _say(over.filter(~counted), "key", "확인하지 않은 주가 세어지지 않았습니다")
