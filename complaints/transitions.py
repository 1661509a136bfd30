"""What may follow what. Rules are a table, not ifs."""

from __future__ import annotations

from complaints.errors import NotNow
from complaints.models import State

_WORKING = {State.ASSIGNED, State.REVIEWING, State.WAITING, State.APPROVING}

NEXT: dict[str, set[State]] = {
    State.RECEIVED: {State.ASSIGNED, State.WITHDRAWN, State.MERGED},
    State.ASSIGNED: {
        State.ASSIGNED,
        State.REVIEWING,
        State.WAITING,
        State.APPROVING,
        State.TELLING,
        State.REFERRED,
        State.WITHDRAWN,
        State.MERGED,
    },
    State.REVIEWING: {
        State.ASSIGNED,
        State.REVIEWING,
        State.WAITING,
        State.APPROVING,
        State.TELLING,
        State.REFERRED,
        State.WITHDRAWN,
        State.MERGED,
    },
    State.WAITING: {
        State.ASSIGNED,
        State.REVIEWING,
        State.APPROVING,
        State.REFERRED,
        State.WITHDRAWN,
        State.MERGED,
    },
    State.APPROVING: {
        State.ASSIGNED,
        State.REVIEWING,
        State.TELLING,
        State.REFERRED,
        State.WITHDRAWN,
        State.MERGED,
    },
    State.TELLING: {State.ANSWERED, State.WITHDRAWN},
    State.ANSWERED: {State.CLOSED, State.REVIEWING},
    State.CLOSED: {State.REVIEWING},
    State.REFERRED: {State.REVIEWING, State.CLOSED},
    State.WITHDRAWN: {State.REVIEWING},
    State.MERGED: set(),
}

_WORDS = {
    State.ASSIGNED: "배정할",
    State.REVIEWING: "다시 살펴볼",
    State.WAITING: "보완을 요청할",
    State.APPROVING: "결재를 올릴",
    State.TELLING: "답변을 보낼",
    State.ANSWERED: "답변을 마칠",
    State.CLOSED: "마칠",
    State.REFERRED: "이송할",
    State.WITHDRAWN: "취하할",
    State.MERGED: "합칠",
}


def check(current: str, wanted: State) -> None:
    """NotNow with a Korean sentence where ``wanted`` may not follow ``current``."""
    if wanted not in NEXT[current]:
        raise NotNow(f"‘{State(current).label}’ 상태에서는 {_WORDS[wanted]} 수 없습니다.")


def may(current: str, wanted: State) -> bool:
    return wanted in NEXT[current]
