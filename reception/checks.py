"""What must always be true of visits and contacts; ``manage.py verify`` prints what is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from centre.calendar import seoul_day
from notices.models import Notice
from notices.services.doing import TRIES, TRY_DAYS
from reception.models import (
    Attempt,
    ContactNote,
    DifficultCall,
    Ending,
    Purpose,
    Visit,
    VisitState,
    Way,
)
from reception.queries import CALLBACK, DIFFICULT, VISIT
from records.models import Event
from standards.models import Commitment, State


def breaches() -> Iterator[str]:
    """A line for each breach, naming rows by number: no personal data."""
    yield from _visits()
    yield from _deputies()
    yield from _notes()
    yield from _judged_by_facts()
    yield from _endings()
    yield from _told()
    yield from _difficult_calls()
    yield from _disposed()


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


def _key(prefix: str, suffix: str) -> Concat:
    """The key that belongs to a row of the outer query, such as ``visit:12:wait``."""
    number = Cast(OuterRef("pk"), CharField())
    return Concat(Value(prefix), number, Value(suffix), output_field=CharField())


def _judged_by_facts() -> Iterator[str]:
    """A promise was kept or missed by when it really happened, and by nothing else."""
    counted = Commitment.objects.exclude(state=State.EXCLUDED).exclude(fulfilled_at=None)
    waits = counted.filter(key=_key("visit:", ":wait")).exclude(fulfilled_at=OuterRef("served_at"))
    yield from _say(
        Visit.objects.filter(Exists(waits), state=VisitState.SERVED),
        "대기가 응대를 시작한 때로 판정되지 않았습니다",
    )
    made = counted.filter(key=_key("callback:", ":contact"))
    wrong = made.exclude(fulfilled_at=OuterRef("first_attempt_at"))
    yield from _say(
        ContactNote.objects.filter(Exists(wrong), first_attempt_at__isnull=False),
        "회신이 처음 연락한 때로 판정되지 않았습니다",
    )
    never = ContactNote.objects.filter(Exists(made), first_attempt_at=None)
    yield from _say(never, "연락한 적이 없는데 약속을 지킨 것으로 되어 있습니다")
    early = Attempt.objects.filter(note=OuterRef("pk"), at__lt=OuterRef("taken_at"))
    yield from _say(ContactNote.objects.filter(Exists(early)), "메모보다 앞선 연락이 있습니다")


def _endings() -> Iterator[str]:
    """A note ends as its attempts say: reached, sent, or given up after three on two days."""
    tries = Attempt.objects.filter(note=OuterRef("pk"))
    for ending, outcome in (
        (Ending.REACHED, Attempt.Outcome.REACHED),
        (Ending.SENT, Attempt.Outcome.SENT),
    ):
        done = Exists(tries.filter(outcome=outcome))
        yield from _say(
            ContactNote.objects.filter(~done, ending=ending), "닿았다는데 그 연락이 없습니다"
        )
        yield from _say(
            ContactNote.objects.filter(done, closed_at=None), "닿았는데 메모가 열려 있습니다"
        )
    given_up = ContactNote.objects.filter(ending=Ending.UNREACHED).prefetch_related("attempts")
    for note in given_up.order_by("pk"):
        days = {seoul_day(one.at) for one in note.attempts.all()}
        if len(note.attempts.all()) < TRIES or len(days) < TRY_DAYS:
            yield f"contactnote {note.pk}: 이틀 동안 세 번 연락하지 않고 마쳤습니다"


def _difficult_calls() -> Iterator[str]:
    calls = DifficultCall.objects.all()
    told = Notice.objects.filter(key=_key(f"{DIFFICULT}:", ":told"))
    yield from _say(calls.filter(~_event(DIFFICULT, "difficult-call")), "기록이 없습니다")
    yield from _say(calls.filter(~Exists(told)), "팀장에게 알린 적이 없습니다")
    half = Q(confirmed_at=None, confirmed_by__isnull=False) | Q(
        confirmed_at__isnull=False, confirmed_by=None
    )
    yield from _say(calls.filter(half), "확인한 사람과 때가 맞지 않습니다")


def _disposed() -> Iterator[str]:
    """What was blanked is blank altogether and left its record; nothing open was blanked."""
    notes = ContactNote.objects.filter(name="")
    yield from _say(notes.filter(~_event(CALLBACK, "disposed")), "파기 기록이 없습니다")
    yield from _say(notes.filter(closed_at=None), "열려 있는데 지워졌습니다")
    kept = Q(contact="", matter="", organisation="", good_time="", aid="")
    yield from _say(notes.exclude(kept), "이름을 지웠는데 다른 것이 남아 있습니다")
    again = ContactNote.objects.exclude(name="").filter(_event(CALLBACK, "disposed"))
    yield from _say(again, "파기했다는데 이름이 남아 있습니다")
    visits = Visit.objects.exclude(name="").filter(_event(VISIT, "disposed"))
    yield from _say(visits, "파기했다는데 이름이 남아 있습니다")
