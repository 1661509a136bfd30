"""What happened to a case, in plain Korean, for staff. Pure but for what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from centre.words import korean_instant
from complaints.models import Channel, Kind
from notices.texts import name_of
from records.models import Event

_TITLES = {
    "complaint-received": "접수",
    "reassigned": "담당 지정",
    "team-confirmed": "팀 확인",
    "reclassified": "구분·유형 바로잡음",
    "team-name-on": "팀 이름으로 답변하기로 함",
    "team-name-off": "담당자 이름으로 답변하기로 함",
    "support-asked": "협조 요청",
    "note-added": "내부 메모",
    "about-staff-settled": "대상 직원 정함",
    "draft-started": "답변 쓰기 시작",
    "response-submitted": "답변 결재 올림",
    "recalled": "결재 거둠",
    "approved": "결재",
    "returned": "고쳐 쓰도록 돌려보냄",
    "told": "결과를 전함",
    "compliment-passed-on": "칭찬을 직원에게 전함",
    "information-requested": "보완 요청",
    "information-received": "보완 도착",
    "message-left": "고객이 말씀을 더 남김",
    "information-cancelled": "보완 요청 거둠",
    "information-lapsed": "보완 기한이 지나 이어서 처리",
    "extension-asked": "기한 연장 결재 올림",
    "extended": "기한 연장",
    "extension-consent-asked": "연장 동의를 고객에게 여쭘",
    "extension-refused": "고객이 연장에 동의하지 않음",
    "referral-asked": "이송 결재 올림",
    "referred": "다른 기관에 보냄",
    "withdrawn": "취하",
    "merged": "앞의 건에 합침",
    "joined": "뒤의 건이 합쳐짐",
    "closed": "마침",
    "reopened": "다시 엶",
    "reminded": "기한 2일 전 알림",
    "last-call": "기한 당일 알림",
    "promise-missed": "약속한 기한을 지키지 못함",
    "promise-missed-again": "다시 약속한 기한도 지키지 못함",
    "new-promise-set": "늦어진 까닭과 새 기한을 정함",
    "manager-called": "관리자가 고객에게 전화",
    "team-silent": "제때 팀 확인이 없어 알림",
    "code-reissued": "확인번호를 다시 보냄",
    "contacted": "고객에게 연락함",
    "contact-tried": "고객에게 연락했으나 닿지 않음",
    "apology-waived": "우선 사과를 하지 않기로 함",
    "finding-accepted": "지적을 받아들임",
    "finding-declined": "지적을 받아들이지 않음",
    "action-entered": "시정조치를 적음",
    "action-moved": "시정조치 기한을 옮김",
    "action-done": "시정조치를 마침",
    "action-verified": "시정조치를 확인함",
    "action-not-carried-out": "시정조치가 되지 않음을 확인함",
    "action-waived": "시정조치를 하지 않기로 함",
    "repeat-proposed": "되풀이로 볼지 물음",
    "repeat-confirmed": "되풀이로 정함",
    "repeat-rejected": "되풀이가 아니라고 정함",
    "repeat-corrected": "되풀이 여부를 고침",
    "repeat-undone": "되풀이로 정한 것을 되돌림",
    "repeat-closed": "되풀이되어 마침",
    "contact-corrected": "연락처를 고침",
    "told-another-way": "다른 방법으로 다시 전하기로 함",
    "citizen-unreached": "여러 번 전화했으나 닿지 않음",
    "notice-delivered": "고객에게 알림이 전해짐",
    "notice-bounced": "알림이 되돌아옴",
    "notice-failed": "알림 전달 실패",
    "notice-sent-again": "알림을 다시 보냄",
    "apology-missed": "먼저 연락하기로 한 때를 지키지 못함",
    "action-missed": "시정조치 기한을 지키지 못함",
    "letter-saved": "사과문을 고쳐 씀",
    "letter-submitted": "사과문 결재 올림",
    "letter-recalled": "사과문 결재 거둠",
    "letter-approved": "사과문 결재 끝남",
    "letter-told": "사과문을 전함",
    "letter-checked": "사과문에서 약속한 조치를 확인하여 알림",
    "letter-check-missed": "사과문에서 약속한 확인이 늦음",
    "stage-two-missed": "결과와 사과문을 제때 전하지 못함",
    "clock-extended": "기한이 늦춰짐",
    "clock-moved": "기한이 옮겨짐",
    "clock-paused": "답변 기한이 멈춤",
    "clock-resumed": "답변 기한이 다시 감",
    "clock-kept": "약속 지킴",
    "clock-missed": "약속을 지키지 못함",
    "clock-unfulfilled": "지킴을 되돌림",
}
#: Said already by another event of the same moment.
_HIDDEN = {"clock-extended", "clock-paused", "clock-resumed"}
_SAID_OF = {("clock-missed", "reply"), ("clock-missed", "stage-1"), ("clock-kept", "every-opinion")}
_DOCUMENTS = {
    "response": "답변",
    "referral": "이송",
    "extension": "기한 연장",
    "apology_letter": "사과문",
}
_WHYS = {
    "bounced": "메일이 되돌아옴",
    "merged": "앞의 건에 합침",
    "reclassified": "구분을 바로잡음",
    "referred": "다른 기관에 보냄",
    "withdrawn": "취하",
    "reopened": "다시 엶",
    "repeat-closed": "되풀이되어 마침",
    "waived": "하지 않기로 함",
    "mistaken": "잘못 적음",
    "undone": "되돌림",
    "left": "담당자가 떠남",
}
_WAYS = {"email": "이메일", "phone": "전화", "post": "우편", "fax": "팩스", "screen": "화면"}


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    who: str
    title: str
    detail: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """What codes and numbers in the log are called."""

    teams: Mapping[str, str]
    people: Mapping[int, str]
    standards: Mapping[str, str]
    topics: Mapping[str, str] = field(default_factory=dict)


def entries(events: list[Event], names: Names) -> list[Entry]:
    """The history, the newest first."""
    return [_entry(event, names) for event in reversed(events) if not _is_said(event)]


def with_first(found: list[Entry], first: Entry | None) -> list[Entry]:
    """The history with who was chosen at filing, right above how it came."""
    return [*found[:-1], first, *found[-1:]] if first else found


def _is_said(event: Event) -> bool:
    return event.kind in _HIDDEN or (event.kind, event.data.get("code")) in _SAID_OF


def _entry(event: Event, names: Names) -> Entry:
    title = _TITLES.get(event.kind, "기록")
    return Entry(event.at, event.actor_label, title, _detail(event, names), event.text)


def _detail(event: Event, names: Names) -> str:
    data: dict[str, Any] = event.data
    if event.kind == "complaint-received":
        return str(dict(Channel.choices).get(data.get("channel", ""), ""))
    if event.kind in {"reassigned", "support-asked"}:
        team = names.teams.get(data.get("team", ""), "")
        handler = names.people.get(data.get("handler") or 0, "")
        return " ".join(filter(None, [team, handler])) or "담당자 없음"
    if event.kind in {"approved", "returned"}:
        acting = " (대결)" if data.get("acting") else ""
        return _DOCUMENTS.get(data.get("document", ""), "") + acting
    if event.kind.startswith("notice-"):
        way = _WAYS.get(data.get("channel", ""), "")
        return " · ".join(filter(None, [name_of(data.get("template", "")), way]))
    if event.kind.startswith("clock-"):
        return _clock(data, names)
    return _reclassified(data, names) if event.kind == "reclassified" else _other(data)


def _reclassified(data: Mapping[str, Any], names: Names) -> str:
    """문의 → 불만 · 유형: 기타 → 봉사실적: what changed alone."""
    kinds = [str(dict(Kind.choices).get(data[name], "")) for name in ("kind_before", "kind")]
    topics = [names.topics.get(data[name], "") for name in ("topic_before", "topic")]
    changed = [f"{old} → {new}" for old, new in (kinds, topics) if old != new]
    return " · ".join(changed)


def _clock(data: Mapping[str, Any], names: Names) -> str:
    promise = names.standards.get(data.get("code", ""), "")
    moved = parse_datetime(str(data.get("due_at", "")))
    until = f"{korean_instant(moved)}까지" if moved else ""
    why = str(data.get("why", ""))
    return " · ".join(filter(None, [promise, until, _WHYS.get(why, why)]))


def _other(data: Mapping[str, Any]) -> str:
    parts = [
        str(data.get("body", "")),
        str(data.get("into", "")),
        str(data.get("number", "")),
        str(data.get("ground", "")),
        f"{data['new_due']}까지" if data.get("new_due") else "",
        "고객과 날짜를 정하지 못해 센터가 정함" if data.get("agreed") is False else "",
        _WAYS.get(data.get("way", ""), ""),
    ]
    return " · ".join(filter(None, parts))
