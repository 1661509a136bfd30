"""Entering what happened, and correcting it: each one row that stays."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction

from centre import options
from centre.calendar import seoul_day
from centre.errors import NotAllowed, Refused
from centre.models import StaffMember, Team
from centre.rights import may
from centre.words import korean_day, korean_instant
from records.actors import Actor
from records.files import CheckedFile
from records.services import record, store_file
from standards.evidence import judging, observing
from standards.evidence.kinds import CHANNELS, SHEET
from standards.evidence.words import words
from standards.models import EVIDENCE, Duty, Evidence, Kind, OnlineService

LONGEST: Final = 2_000
LONGEST_AGO: Final = timedelta(days=400)
#: Kinds of which several rows belong to one duty, also after it is done.
_REPEATED: Final = frozenset({Kind.CALLS, Kind.CHANNEL, Kind.SERVICES, Kind.TRAINING})
_MOST_HOURS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened, as it was typed. ``numbers`` by kind: see ``_CHECKS``."""

    kind: str
    happened_at: datetime
    duty_id: int | None = None
    person_id: int | None = None
    team_id: int | None = None
    what: str = ""
    link: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)
    file: CheckedFile | None = None


def actor(person: StaffMember) -> Actor:
    return Actor.staff(person.user_id, str(person))


def require(by: StaffMember, right: str) -> None:
    """NotAllowed unless the account has the right."""
    if not may(by.user, right):
        raise NotAllowed("이 일을 할 수 있는 권한이 없습니다.")


# --- verbs ----------------------------------------------------------------------------------------


def enter(
    *, entries: Sequence[Entry], form_token: str, by: StaffMember, now: datetime
) -> list[Evidence]:
    """Keep what happened, each entry as one row, once a form; the promises follow.

    Refused (with the field meant) where something is missing or cannot be.
    """
    require(by, "record_evidence")
    token = _token(form_token)
    if not entries:
        raise Refused("한 사람 이상 골라 주십시오.", field="people")
    known = _entered_before(token)
    if known:
        return known
    try:
        with transaction.atomic():
            return [
                _keep(entry, token=f"{token}:{place}", by=by, now=now)
                for place, entry in enumerate(entries)
            ]
    except IntegrityError:
        known = _entered_before(token)
        if not known:
            raise
        return known


def _entered_before(token: str) -> list[Evidence]:
    """What the same form kept before."""
    return list(Evidence.objects.filter(form_token__startswith=token).order_by("pk"))


@transaction.atomic
def correct(
    *,
    evidence_id: int,
    entry: Entry | None,
    why: str,
    form_token: str,
    by: StaffMember,
    now: datetime,
) -> Evidence:
    """Put another row in the place of a wrong one; without ``entry`` it is only taken back.

    Who entered it may correct it, and whoever leads. The wrong row stays, and shows so.
    """
    token = f"{_token(form_token)}:0"
    known: Evidence | None = Evidence.objects.filter(form_token=token).first()
    if known is not None:
        return known
    rows = Evidence.objects.select_for_update(of=("self",)).select_related("duty")
    wrong = rows.filter(pk=evidence_id).first()
    if wrong is None or wrong.void or Evidence.objects.filter(corrects=evidence_id).exists():
        raise Refused("이미 고친 기록입니다. 새로 고친 뒤 다시 보아 주십시오.")
    if wrong.entered_by_id != by.pk:
        require(by, "lead_evidence")
    why = words(why, field="why", longest=300)
    if not why:
        raise Refused("무엇이 틀렸는지 적어 주십시오.", field="why")
    observing.take_back(wrong, by=actor(by), now=now)
    asked = entry or _as_it_was(wrong)
    asked = replace(asked, kind=wrong.kind, duty_id=wrong.duty_id)
    new = _keep(asked, token=token, by=by, now=now, corrects=wrong, why=why, void=entry is None)
    judging.settle(judging.touched_by(wrong), now=now)
    return new


def _as_it_was(row: Evidence) -> Entry:
    return Entry(
        kind=row.kind,
        happened_at=row.happened_at,
        person_id=row.person_id,
        team_id=row.team_id,
        what=row.what,
        link=row.link,
        numbers=row.numbers,
    )


def _keep(
    entry: Entry,
    *,
    token: str,
    by: StaffMember,
    now: datetime,
    corrects: Evidence | None = None,
    why: str = "",
    void: bool = False,
) -> Evidence:
    duty = _duty(entry, now=now, correcting=corrects is not None)
    entry = replace(entry, what=words(entry.what, field="what", longest=LONGEST))
    if not void:
        _check(entry, duty, by=by, has_file=_has_file(entry, corrects))
    row = Evidence.objects.create(
        kind=entry.kind,
        duty=duty,
        happened_at=entry.happened_at,
        entered_at=now,
        entered_by=by,
        what=entry.what,
        link=entry.link,
        numbers=dict(entry.numbers),
        person_id=entry.person_id,
        team_id=entry.team_id,
        corrects=corrects,
        why=why,
        void=void,
        form_token=token,
    )
    if entry.file is not None:
        store_file(
            checked=entry.file,
            subject_type=EVIDENCE,
            subject_id=row.pk,
            now=now,
            visible_to_citizen=False,
        )
    record(
        subject_type=EVIDENCE,
        subject_id=row.pk,
        kind="evidence-corrected" if corrects else "evidence-entered",
        at=entry.happened_at,
        recorded_at=now,
        by=actor(by),
        data={"kind": entry.kind, "corrects": corrects.pk if corrects else None, "void": void},
        key=f"evidence:{row.pk}:entered",
    )
    if not void:
        if duty is not None and duty.kind == Kind.LISTINGS:
            observing.done_after_all(duty, by=actor(by), now=now)
        observing.observe(row)
    judging.settle(judging.touched_by(row), now=now)
    return row


# --- checks ---------------------------------------------------------------------------------------


def _token(form_token: str) -> str:
    try:
        return uuid.UUID(form_token).hex
    except ValueError:
        raise Refused("화면을 새로 고친 뒤 다시 적어 주십시오.") from None


def _duty(entry: Entry, *, now: datetime, correcting: bool) -> Duty | None:
    """The duty it is for, held; Refused where this cannot be evidence for it."""
    if entry.happened_at > now:
        raise Refused("아직 오지 않은 때입니다. 한 뒤에 적어 주십시오.", field="happened_on")
    if entry.happened_at < now - LONGEST_AGO:
        raise Refused("너무 오래된 일입니다. 날짜를 확인해 주십시오.", field="happened_on")
    if entry.duty_id is None:
        return None
    duty = Duty.objects.select_for_update(of=("self",)).filter(pk=entry.duty_id).first()
    if duty is None or duty.dropped_at is not None:
        raise Refused("이제 하지 않는 일입니다. 목록을 새로 고쳐 주십시오.")
    if not correcting and duty.done_at is not None and entry.kind not in _REPEATED:
        raise Refused(
            f"{korean_instant(duty.done_at)}에 한 것으로 이미 적혀 있습니다. "
            "틀렸으면 그 기록을 고쳐 주십시오."
        )
    if entry.happened_at < duty.started_at:
        day = korean_day(seoul_day(duty.started_at))
        raise Refused(
            f"이 일은 {day}부터 셉니다. 그 뒤의 날짜를 적어 주십시오.", field="happened_on"
        )
    return duty


def _has_file(entry: Entry, corrects: Evidence | None) -> bool:
    return entry.file is not None or (
        corrects is not None and corrects.pk in judging.with_files([corrects])
    )


def _check(entry: Entry, duty: Duty | None, *, by: StaffMember, has_file: bool) -> None:
    kind = Kind(entry.kind)
    if kind not in _WITHOUT_DUTY and duty is None:
        raise Refused("어느 일에 관한 것인지 목록에서 골라 주십시오.")
    if kind in _SHOWN and not (has_file or entry.link):
        raise Refused(_SHOWN[kind], field="file")
    if kind in _SAID and not entry.what:
        raise Refused(_SAID[kind], field="what")
    if kind in _CHECKS:
        _CHECKS[kind](entry, by)


_WITHOUT_DUTY: Final = frozenset({Kind.TRAINING, Kind.GUIDE})
_SHOWN: Final = {
    Kind.MEETING: "회의록 파일을 붙이거나 회의록이 있는 주소를 적어 주십시오.",
    Kind.GUIDE: "고쳐 붙인 안내도의 사진을 붙여 주십시오.",
    Kind.EVALUATION: "공개한 평가 파일을 붙이거나 평가가 있는 주소를 적어 주십시오.",
}
_SAID: Final = {
    Kind.REPORT: "무엇을 어떻게 고쳤는지 적어 주십시오.",
    Kind.IMPROVEMENT: "무엇이 어떻게 나아졌는지 적어 주십시오.",
}


def _number(entry: Entry, name: str, *, least: float, most: float, label: str) -> float:
    found = entry.numbers.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found <= most:
        raise Refused(f"{label}: {least:g}부터 {most:g}까지 적어 주십시오.", field=name)
    return found


def _training(entry: Entry, _by: StaffMember) -> None:
    if entry.person_id is None or not StaffMember.objects.filter(pk=entry.person_id).exists():
        raise Refused("교육을 들은 직원을 골라 주십시오.", field="people")
    _number(entry, "hours", least=0.5, most=_MOST_HOURS, label="시간")
    if not entry.what:
        raise Refused("어떤 교육인지 적어 주십시오.", field="what")


def _call(entry: Entry, by: StaffMember) -> None:
    if entry.team_id is None or not Team.objects.filter(pk=entry.team_id).exists():
        raise Refused("어느 팀에 거셨는지 골라 주십시오.", field="team")
    if entry.team_id == by.team_id:
        raise Refused(
            "자기 팀은 점검할 수 없습니다. 다른 팀 직원이 걸고 적어야 합니다.", field="team"
        )
    _number(entry, "rings", least=0, most=50, label="벨이 울린 수(받지 않았으면 0)")
    if any(not isinstance(entry.numbers.get(name), bool) for name, _question, _points in SHEET):
        raise Refused("점검표의 물음마다 예·아니요를 골라 주십시오.")


def _channel(entry: Entry, _by: StaffMember) -> None:
    if any(not isinstance(entry.numbers.get(name), bool) for name in ("arrived", "same")):
        raise Refused(f"{', '.join(map(str, CHANNELS.values()))}마다 결과를 골라 주십시오.")


def _listings(entry: Entry, _by: StaffMember) -> None:
    checked = options.number("listings_checked")
    found = _number(entry, "checked", least=checked, most=1_000, label="확인한 글 수")
    _number(entry, "right", least=0, most=found, label="맞은 글 수")


def _uses(entry: Entry, _by: StaffMember) -> None:
    if not OnlineService.objects.filter(pk=entry.numbers.get("service") or 0).exists():
        raise Refused("어느 업무인지 골라 주십시오.", field="service")
    _number(entry, "uses", least=0, most=10_000_000, label="이용 건수")


_CHECKS: Final[Mapping[Kind, Callable[[Entry, StaffMember], None]]] = {
    Kind.TRAINING: _training,
    Kind.CALLS: _call,
    Kind.CHANNEL: _channel,
    Kind.LISTINGS: _listings,
    Kind.SERVICES: _uses,
}
