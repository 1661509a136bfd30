"""What happened to a case, as the citizen reads it (§12). Pure: events in, entries out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from centre.words import korean_instant

if TYPE_CHECKING:
    from records.models import Event

_TIMELINE = {
    "complaint-received": "접수되었습니다",
    "reclassified": "구분이나 유형을 바로잡았습니다",
    "team-confirmed": "담당 팀이 확인하였습니다",
    "reassigned": "담당이 바뀌었습니다",
    "information-requested": "더 알려 달라고 여쭈었습니다",
    "information-received": "알려 주신 내용을 받았습니다",
    "message-left": "말씀을 더 남기셨습니다",
    "information-lapsed": "보완 없이 살펴보기를 이어 갑니다",
    "extended": "답변 기한을 늦추었습니다",
    "clock-moved": "쉬는 날이 새로 정해져 답변 기한이 바뀌었습니다",
    "response-submitted": "답변을 써서 결재를 올렸습니다",
    "told": "결과를 알려 드렸습니다",
    "referred": "소관 기관에 보내 드렸습니다",
    "promise-missed": "약속드린 기한을 지키지 못했습니다",
    "promise-missed-again": "다시 약속드린 기한도 지키지 못했습니다",
    "manager-called": "관리자가 직접 연락드렸습니다",
    "withdrawn": "취하하셨습니다",
    "merged": "먼저 접수된 건과 합쳤습니다",
    "closed": "처리를 마쳤습니다",
    "reopened": "다시 살펴보고 있습니다",
    "contacted": "직접 연락드렸습니다",
    "repeat-confirmed": "앞의 건과 이어서 다시 살펴봅니다",
    "letter-told": "사과문을 보내 드렸습니다",
    "letter-checked": "사과문에서 약속드린 조치를 확인하였습니다",
    "repeat-closed": "앞의 답변과 달라질 것이 없어 처리를 마쳤습니다",
}


#: After these a submitted draft is written again.
_TAKEN_BACK = ("returned", "recalled")


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    title: str
    text: str = ""


#: The kinds of events to be given to `entries`.
ASKED = (*_TIMELINE, *_TAKEN_BACK)


def entries(events: Iterable[Event]) -> list[Entry]:
    """What happened, in plain words, in the order given.

    A draft that came back to be rewritten is the centre's own affair: only what stands is told.
    Of the promises only the one to answer speaks to the citizen.
    """
    shown: list[Event] = []
    for event in events:
        if event.kind not in _TAKEN_BACK:
            if event.kind != "clock-moved" or event.data.get("code") == "reply":
                shown.append(event)
        elif event.data.get("document", "response") == "response":
            _leave_out_last(shown, "response-submitted")
    return [Entry(at=e.at, title=_TIMELINE[e.kind], text=_entry_text(e)) for e in shown]


def _leave_out_last(events: list[Event], kind: str) -> None:
    place = next((i for i in reversed(range(len(events))) if events[i].kind == kind), None)
    if place is not None:
        del events[place]


def _entry_text(event: Event) -> str:
    say = _TEXTS.get(event.kind)
    return say(event.data) if say is not None else ""


def _moved(data: dict[str, Any]) -> str:
    until = korean_instant(datetime.fromisoformat(data["due_at"]))
    return f"바뀐 기한: {until}까지. 까닭: {data.get('why', '')}"


def _missed_again(data: dict[str, Any]) -> str:
    if not data.get("contact_due"):
        return ""
    return (
        f"{data['missed_due']}까지 답변드리기로 다시 약속드렸으나 지키지 못했습니다. "
        f"거듭 사과드립니다. 이때부터 {data['manager']}의 책임으로 처리하며, "
        f"{data['contact_due']}까지 직접 연락드려 답변 날짜를 정하기로 했습니다."
    )


def _called(data: dict[str, Any]) -> str:
    if not data.get("new_due"):
        return ""
    how = "함께 정한 답변 기한" if data.get("agreed") else "저희가 다시 정한 답변 기한"
    return f"{how}: {data['new_due']}까지"


_TEXTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "clock-moved": _moved,
    "extended": lambda data: f"바뀐 기한: {data.get('new_due', '')}까지",
    "manager-called": _called,
    "promise-missed": lambda data: f"새로 약속드리는 기한: {data.get('new_due', '')}까지",
    "promise-missed-again": _missed_again,
    "referred": lambda data: str(data.get("body", "")),
}
