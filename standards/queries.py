"""Reading promises: what is in force, what is due, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch, Q

from centre import steady
from centre.calendar import SEOUL, Calendar, Period, Rule, Span, explain_period, last_day
from centre.queries import calendar
from centre.words import korean_day, korean_instant
from notices.models import Heartbeat
from records.models import Event
from standards import dates
from standards.errors import CannotCompute, UnknownStandard
from standards.models import Clause, Commitment, Redating, Standard, State


def standard_in_force(code: str, *, on: date) -> Standard:
    """The version of a standard on a day in Seoul; UnknownStandard when there is none."""
    rows = (
        Standard.objects.filter(code=code, valid_from__lte=on)
        .filter(Q(valid_until=None) | Q(valid_until__gt=on))
        .order_by("-version")
    )
    found = steady.kept(("standard", code, on), rows.first)
    if found is None:
        raise UnknownStandard(f"{on}에 쓰는 이행표준 가운데 '{code}'이(가) 없습니다.")
    return found


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a standard with who made it and why; both None for one from the data files."""

    standard: Standard
    revision: Event | None


def versions_of(code: str) -> list[Version]:
    """All versions of a standard, the newest first; two queries."""
    rows = list(Standard.objects.filter(code=code).order_by("-version"))
    found = Event.objects.filter(subject_type="standard", subject_id__in=[row.pk for row in rows])
    revisions = {event.subject_id: event for event in found.filter(kind="standard-revised")}
    return [Version(row, revisions.get(row.pk)) for row in rows]


def find(key: str) -> Commitment | None:
    """The promise under this key, if there is one."""
    return Commitment.objects.filter(key=key).first()


def clocks_of(subject_type: str, subject_ids: Collection[int]) -> dict[int, list[Commitment]]:
    """The promises about each of these subjects, by when they are due; two queries."""
    clocks: defaultdict[int, list[Commitment]] = defaultdict(list)
    rows = Commitment.objects.filter(subject_type=subject_type, subject_id__in=subject_ids)
    for row in rows.select_related("standard").order_by("due_at", "pk"):
        clocks[row.subject_id].append(row)
    return dict(clocks)


def pauses_of(commitment: Commitment) -> list[Span]:
    """The pauses that have ended, in order."""
    return [
        (pause.started_at, pause.ended_at)
        for pause in commitment.pauses.all()
        if pause.ended_at is not None
    ]


def extension_limit(commitment: Commitment) -> datetime:
    """The latest date a first extension may give; CannotExtend where nothing can be extended."""
    return dates.extension_limit(commitment, calendar=calendar(), pauses=pauses_of(commitment))


def last_sweep() -> datetime | None:
    """When the last sweep ended; None before the first."""
    return Heartbeat.objects.filter(name="sweep").values_list("at", flat=True).first()


# --- why this date --------------------------------------------------------------------------------


def explain(commitment: Commitment) -> str:
    """Say in Korean, in one or more lines, how the date in force came about.

    First how it was counted, or who set it; then the cap of another body, every move of the date
    with its reason, the date promised first, and since when the clock stands still.
    """
    in_force = calendar()
    moves = list(commitment.redatings.all())
    lines = [_counting(commitment, in_force), *_cap(commitment), *map(_move, moves)]
    if commitment.due_at != commitment.first_due_at:
        first = _until(commitment.rule, commitment.first_due_at)
        lines.append(f"처음 약속한 기한은 {first}였습니다.")
    return "\n".join([*lines, *_standing_still(commitment)])


def _counting(commitment: Commitment, in_force: Calendar) -> str:
    if not commitment.rule:
        return f"건마다 정하는 기한으로, {_until('', commitment.due_at)}까지입니다."
    if commitment.rule == Rule.PERIODIC:
        return _period(commitment)
    try:
        due = dates.counted(commitment, calendar=in_force, pauses=pauses_of(commitment))
    except CannotCompute as error:
        return f"지금 다시 셀 수 없습니다: {error}"
    text = due.explain()
    if dates.is_counted(commitment) and due.instant < commitment.due_at:
        text += (
            "\n그 뒤에 문을 여는 날이 늘었으나, 이미 약속한 기한을 앞당기지 않습니다."
            if commitment.cap_at is None
            else ""
        )
    return text


def _period(commitment: Commitment) -> str:
    standard = commitment.standard
    if standard.due_on:
        return f"해마다 {_until(Rule.PERIODIC, commitment.due_at)}까지 하는 일입니다."
    return explain_period(Period(standard.period), commitment.started_at)


def _until(rule: str, due_at: datetime) -> str:
    """A due instant as people say it: the last day where it is the midnight after that day."""
    local = due_at.astimezone(SEOUL)
    if rule in {Rule.DAYS_BEFORE, Rule.PERIODIC} and not local.hour + local.minute:
        return korean_day(last_day(Rule(rule), due_at))
    return korean_instant(due_at)


def _cap(commitment: Commitment) -> list[str]:
    if commitment.cap_at is None or commitment.due_at < commitment.cap_at:
        return []
    cap = korean_instant(commitment.cap_at)
    return [f"다른 기관이 정한 기한({cap})이 더 이르므로 그 기한을 따릅니다."]


def _move(move: Redating) -> str:
    day = korean_day(move.at.astimezone(SEOUL).date())
    before, after = korean_instant(move.due_before), korean_instant(move.due_after)
    return f"{day}에 기한을 {before}에서 {after}로 옮겼습니다({move.why})."


def _standing_still(commitment: Commitment) -> list[str]:
    if commitment.state != State.PAUSED:
        return []
    since = [pause.started_at for pause in commitment.pauses.all() if pause.ended_at is None]
    return [f"{korean_instant(at)}부터 보완을 기다리느라 시간이 멈춰 있습니다." for at in since]


# --- the charter ----------------------------------------------------------------------------------


def clauses_with_standards(*, on: date) -> list[Clause]:
    """Every clause in order, each with its published standards in force on a day: two queries."""
    in_force = Standard.objects.filter(public=True, valid_from__lte=on).filter(
        Q(valid_until=None) | Q(valid_until__gt=on)
    )
    return list(Clause.objects.prefetch_related(Prefetch("standards", queryset=in_force)))
