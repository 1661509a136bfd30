"""What must always be true of visits and contacts; ``manage.py verify`` prints what is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from notices.models import Notice
from reception.models import Attempt, ContactNote, Ending, Purpose, Visit, VisitState, Way
from reception.queries import CALLBACK, VISIT
from records.models import Event
from standards.models import Commitment, State


def breaches() -> Iterator[str]:
    """A line for each breach, naming rows by number: no personal data."""
    yield from _visits()
    yield from _deputies()
    yield from _notes()
    yield from _told()


def _say(rows: QuerySet[Any], what: str) -> Iterator[str]:
    kind = rows.model._meta.model_name
    for pk in rows.order_by("pk").values_list("pk", flat=True)[:100]:
        yield f"{kind} {pk}: {what}"


def _promise(subject_type: str, **more: object) -> Exists:
    rows = Commitment.objects.filter(subject_type=subject_type, subject_id=OuterRef("pk"))
    return Exists(rows.filter(**more))


def _event(subject_type: str, kind: str) -> Exists:
    rows = Event.objects.filter(subject_type=subject_type, subject_id=OuterRef("pk"), kind=kind)
    return Exists(rows)


def _visits() -> Iterator[str]:
    waits = Visit.objects.exclude(purpose=Purpose.OTHER)
    wait = {"code": "visit-wait"}
    yield from _say(waits.filter(~_promise(VISIT, **wait)), "대기 약속이 없습니다")
    yield from _say(
        Visit.objects.filter(_promise(VISIT, **wait), purpose=Purpose.OTHER),
        "대기를 재지 않는 방문인데 대기 약속이 있습니다",
    )
    served = waits.filter(state=VisitState.SERVED)
    yield from _say(
        served.filter(_promise(VISIT, fulfilled_at=None, **wait)).exclude(
            _promise(VISIT, state=State.EXCLUDED, **wait)
        ),
        "응대했는데 대기 약속이 끝나지 않았습니다",
    )
    gone = waits.filter(state__in=[VisitState.LEFT, VisitState.MISTAKEN])
    yield from _say(
        gone.filter(_promise(VISIT, state=State.RUNNING, **wait)),
        "끝난 방문의 대기가 아직 가고 있습니다",
    )
    yield from _say(Visit.objects.filter(~_event(VISIT, "visit-arrived")), "방문 기록이 없습니다")


def _deputies() -> Iterator[str]:
    """Whoever came for somebody who was away was taken over, or was lost: one of the two."""
    away = Visit.objects.filter(
        sought_away=True, state__in=[VisitState.SERVED, VisitState.LEFT]
    ).exclude(served_by=F("sought"))
    yield from _say(
        away.filter(~_promise(VISIT, code="visit-deputy")), "대신 응대했는지 판정이 없습니다"
    )


def _notes() -> Iterator[str]:
    notes = ContactNote.objects.all()
    yield from _say(notes.filter(~_promise(CALLBACK)), "회신 약속이 없습니다")
    running = {"state": State.RUNNING}
    yield from _say(
        notes.filter(_promise(CALLBACK, **running)).exclude(closed_at=None),
        "마친 메모의 약속이 아직 가고 있습니다",
    )
    yield from _say(
        notes.filter(_promise(CALLBACK, fulfilled_at=None)).exclude(first_attempt_at=None),
        "연락했는데 약속이 판정되지 않았습니다",
    )
    tried = Attempt.objects.filter(note=OuterRef("pk"), way=OuterRef("way"))
    yield from _say(
        notes.filter(Exists(tried), first_attempt_at=None), "연락한 때가 남아 있지 않습니다"
    )
    yield from _say(notes.filter(~_event(CALLBACK, "note-taken")), "메모 기록이 없습니다")
    ended = _event(CALLBACK, "note-closed")
    yield from _say(notes.filter(~ended).exclude(closed_at=None), "마친 기록이 없습니다")


def _told() -> Iterator[str]:
    """The person sought was told of each note; who could not be reached gets a word."""
    key = Concat(
        Value("callback:"),
        Cast(OuterRef("pk"), CharField()),
        Value(":taken:"),
        Cast(OuterRef("sought_id"), CharField()),
        output_field=CharField(),
    )
    told = Notice.objects.filter(subject_type=CALLBACK, subject_id=OuterRef("pk"), key=key)
    yield from _say(ContactNote.objects.filter(~Exists(told)), "찾는 직원에게 알린 적이 없습니다")
    promised = Notice.objects.filter(
        subject_type=CALLBACK, subject_id=OuterRef("pk"), template="callback-promised"
    )
    yield from _say(
        ContactNote.objects.filter(~Exists(promised), way=Way.EMAIL),
        "이메일을 남긴 고객에게 약속을 알린 적이 없습니다",
    )
    word = Notice.objects.filter(
        subject_type=CALLBACK, subject_id=OuterRef("pk"), template="callback-unreached"
    )
    unreached = ContactNote.objects.filter(~Exists(word), ending=Ending.UNREACHED)
    lost = [pk for pk, contact in unreached.values_list("pk", "contact") if contact]
    yield from _say(
        ContactNote.objects.filter(pk__in=lost), "닿지 않은 고객에게 남길 말이 없습니다"
    )
