"""What must always be true of promises; ``manage.py verify`` prints what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef, Q

from centre.calendar import seoul_day
from centre.queries import calendar
from records.models import Event
from standards import dates, freezing, registry, tallying
from standards.errors import CannotCompute
from standards.evidence import checks as evidence
from standards.models import Clause, Commitment, CommitmentQuerySet, Pause, Redating, State
from standards.queries import clauses_with_standards, last_sweep
from standards.redating import with_pauses
from standards.steps import Step

#: The sweep runs if its last pass is not older than this; then nothing is due for so long.
ALIVE: Final = timedelta(seconds=60)
LATE: Final = timedelta(minutes=5)
_BATCH: Final = 500
_STRICT: Final = ["elapsed", "days_before"]


def breaches(*, now: datetime) -> Iterator[str]:
    """A line for each breach, naming commitments by key: no personal data."""
    for find in _FINDERS:
        yield from find(now)
    yield from evidence.breaches()
    yield from tallying.compare()
    yield from freezing.breaches()


def _lines(rows: CommitmentQuerySet, what: str) -> Iterator[str]:
    for key in rows.order_by("pk").values_list("key", flat=True).iterator(chunk_size=_BATCH):
        yield f"{key}: {what}"


def _dates(_now: datetime) -> Iterator[str]:
    rows = Commitment.objects.all()
    yield from _lines(rows.filter(due_at__isnull=True), "기한이 없습니다")
    yield from _lines(rows.exclude(code=F("standard__code")), "이행표준과 코드가 다릅니다")
    yield from _lines(rows.filter(due_at__lt=F("first_due_at")), "기한이 처음 약속보다 이릅니다")
    moved = Redating.objects.filter(commitment=OuterRef("pk"))
    yield from _lines(
        rows.exclude(due_at=F("first_due_at")).filter(~Exists(moved)),
        "기한이 옮겨졌는데 까닭이 남아 있지 않습니다",
    )


def _facts(_now: datetime) -> Iterator[str]:
    rows = Commitment.objects.all()
    for state, bound in ((State.KEPT, "first_due_at"), (State.KEPT_EXTENDED, "due_at")):
        kept = rows.filter(state=state)
        late = Q(fulfilled_at=None) | Q(fulfilled_at__gt=F(bound))
        late |= Q(fulfilled_at=F(bound), rule__in=_STRICT)
        yield from _lines(kept.filter(late), f"‘{state.label}’인데 그 기한까지 마치지 않았습니다")
    missed = rows.filter(state=State.MISSED).exclude(rule__in=_STRICT)
    yield from _lines(
        missed.filter(fulfilled_at__lte=F("due_at")), "기한까지 마쳤는데 ‘지키지 못함’입니다"
    )
    undecided = rows.running().exclude(fulfilled_at=None)
    yield from _lines(undecided, "마쳤는데 아직 판정되지 않았습니다")


def _steps(now: datetime) -> Iterator[str]:
    rows = Commitment.objects.all()
    yield from _lines(
        rows.filter(state=State.RUNNING, next_step_at=None), "진행 중인데 다음에 할 일이 없습니다"
    )
    stopped = [State.PAUSED, State.KEPT, State.KEPT_EXTENDED, State.EXCLUDED]
    yield from _lines(
        rows.filter(state__in=stopped).exclude(next_step_at=None),
        "멈췄거나 끝났는데 할 일이 있습니다",
    )
    yield from _lines(
        rows.exclude(next_step_at=None).exclude(next_step__in=list(Step)), "모르는 단계입니다"
    )
    yield from _lines(rows.exclude(troubled_at=None), "점검하다 오류가 나서 미루어져 있습니다")
    swept = last_sweep()
    if swept is not None and now - swept <= ALIVE:
        late = rows.filter(next_step_at__lt=now - LATE, troubled_at=None)
        yield from _lines(late, "기한이 된 일을 5분 넘게 하지 않았습니다")


def _pauses(_now: datetime) -> Iterator[str]:
    open_pause = Exists(Pause.objects.filter(commitment=OuterRef("pk"), ended_at=None))
    rows = Commitment.objects.all()
    yield from _lines(
        rows.filter(~open_pause, state=State.PAUSED), "멈춰 있는데 멈춘 때가 없습니다"
    )
    yield from _lines(
        rows.filter(open_pause).exclude(state=State.PAUSED),
        "멈춰 있지 않은데 멈춘 채 남아 있습니다",
    )


def _counted_again(now: datetime) -> Iterator[str]:
    """A date in force is never earlier than what the rule says today, unless closures say so."""
    in_force = calendar()
    rows = Commitment.objects.filter(state=State.RUNNING, extensions=0, due_at__gt=now)
    rows = rows.filter(rule__in=list(dates.COUNTED), calendar_version=in_force.version)
    exact = not in_force.reopened
    for row in with_pauses(rows.order_by("pk")).iterator(chunk_size=_BATCH):
        pauses = [
            (pause.started_at, pause.ended_at) for pause in row.pauses.all() if pause.ended_at
        ]
        try:
            due = dates.counted(row, calendar=in_force, pauses=pauses).instant
        except CannotCompute as error:
            yield f"{row.key}: 기한을 다시 셀 수 없습니다({error})"
            continue
        if row.cap_at is not None:
            due = min(due, row.cap_at)
        if row.due_at < due or (exact and row.due_at == row.first_due_at != due):
            yield f"{row.key}: 다시 세면 기한이 {due.isoformat()}입니다"


def _without_event(_now: datetime) -> Iterator[str]:
    """What was missed and is published has its event."""
    missed = Commitment.objects.filter(state=State.MISSED, standard__public=True).order_by("pk")
    batch: dict[str, str] = {}
    for pk, key in missed.values_list("pk", "key").iterator(chunk_size=_BATCH):
        batch[f"commitment:{pk}:missed"] = key
        if len(batch) == _BATCH:
            yield from _unrecorded(batch)
            batch = {}
    yield from _unrecorded(batch)


def _unrecorded(batch: dict[str, str]) -> Iterator[str]:
    recorded = set(Event.objects.filter(key__in=batch).values_list("key", flat=True))
    for event, key in batch.items():
        if event not in recorded:
            yield f"{key}: 지키지 못한 일이 기록에 없습니다"


def _unmeasured(now: datetime) -> Iterator[str]:
    """Each clause that promises something has a standard, and each subject somebody who acts."""
    for clause in clauses_with_standards(on=seoul_day(now)):
        if clause.kind == Clause.Kind.PROMISE and not clause.standards.all():
            yield f"헌장 {clause.line}번째 줄: 재는 이행표준이 없습니다"
    watched = Commitment.objects.exclude(next_step_at=None).order_by().distinct()
    for subject_type in watched.values_list("subject_type", flat=True):
        try:
            registry.subject(subject_type)
        except registry.NotRegistered:
            yield f"‘{subject_type}’의 기한을 맡은 기능이 없습니다"


_FINDERS: Final[tuple[Callable[[datetime], Iterable[str]], ...]] = (
    _dates,
    _facts,
    _steps,
    _pauses,
    _counted_again,
    _without_event,
    _unmeasured,
)
