"""What there is to do for the promises that no case measures: one table.

``code`` is the standard that a duty of this kind keeps by a commitment; "" where it is measured by
observations, or only serves others. ``team`` and ``position`` say who is in charge where the centre
has not said otherwise (``Charge``); a team that does not exist means the desk team.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from centre.models import Position
from standards.evidence.periods import Every
from standards.models import Kind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


LEAD: Final = Position.LEAD
MEMBER: Final = Position.MEMBER


@dataclass(frozen=True, slots=True)
class About:
    code: str
    every: Every | None
    team: str
    position: str
    action: _StrPromise
    help: _StrPromise


KINDS: Final[Mapping[Kind, About]] = {
    Kind.MEETING_PLAN: About(
        "", Every.YEAR, "support", LEAD, _("날짜 정하기"),
        _("1월 안에 한 해의 회의 날짜를 정합니다. 정하지 않으면 분기마다 마지막 달에 열어야 합니다."),
    ),
    Kind.MEETING: About(
        "staff-meeting", Every.MONTH, "support", LEAD, _("회의록 올리기"),
        _("그달 안에 열고, 고객의 소리 안건이 든 회의록이 있어야 지킨 것입니다."),
    ),
    Kind.TRAINING: About(
        "staff-training", Every.YEAR, "planning", LEAD, _("교육 시간 적기"),
        _("들은 교육을 모두 적습니다. 한 번에 여러 사람을 적을 수 있습니다."),
    ),
    Kind.BASIC_TRAINING: About(
        "staff-training", None, "planning", LEAD, _("기본교육 적기"),
        _("새 직원은 들어온 날부터 석 달 안에 기본교육을 듣습니다. 그해의 연간 시간은 따로 재지 않습니다."),
    ),
    Kind.CALLS: About(
        "", Every.QUARTER, "support", LEAD, _("점검 전화 적기"),
        _("미리 알린 기간 안에 불시로 겁니다. 자기 팀에는 걸지 않으며, 누가 받았는지는 적지 않습니다."),
    ),
    Kind.PAGE: About(
        "web-information", Every.HALF_YEAR, "planning", MEMBER, _("확인하기"),
        _("쪽을 열어 보고 맞는지 확인하거나 고칩니다."),
    ),
    Kind.REPORT: About(
        "web-information", None, "planning", MEMBER, _("고치고 닫기"),
        _("누리집을 보신 분이 알려 주신 것입니다. 사흘(근무일) 안에 고칩니다."),
    ),
    Kind.SERVICES: About(
        "online-services", Every.YEAR, "planning", LEAD, _("이용 건수 적기"),
        _("해의 마지막 날에 지난해 말보다 하나 이상 늘어 있으면 지킨 것입니다."),
    ),
    Kind.GUIDE: About(
        "staff-guide", Every.HALF_YEAR, "support", MEMBER, _("확인하고 사진 남기기"),
        _("바뀐 일이 없어도 안내도가 맞는지 확인하고 사진을 남깁니다."),
    ),
    Kind.GUIDE_CHANGE: About(
        "staff-guide", None, "support", MEMBER, _("고치고 사진 남기기"),
        _("인사이동이나 자리 변경 뒤에 안내도를 고쳐 붙이고 사진을 남깁니다."),
    ),
    Kind.CHANNEL: About(
        "opinion-channels", Every.MONTH, "support", MEMBER, _("시험하고 적기"),
        _("시험 의견을 보내 실제로 들어오는지 보고, 안내된 연락처를 헌장과 맞추어 봅니다."),
    ),
    Kind.RECONCILIATION: About(
        "", Every.MONTH, "support", LEAD, _("맞추어 보기"),
        _("지난달 팩스·우편·의견함·문서 대장과 접수한 의견을 맞추어 봅니다."),
    ),
    Kind.EVALUATION: About(
        "charter-evaluation", Every.YEAR, "planning", LEAD, _("공개한 평가 올리기"),
        _("지난해 이행실적 평가를 3월 말까지 공개하면 지킨 것입니다. 공개한 날과 파일이나 주소를 적습니다."),
    ),
    Kind.IMPROVEMENT: About(
        "charter-improvement", None, "support", LEAD, _("마쳤다고 적기"),
        _("처음 정한 기한 안에 마치면 지킨 것입니다."),
    ),
    Kind.LISTINGS: About(
        "", Every.WEEK, "information", MEMBER, _("확인한 결과 적기"),
        _("경북 모집 글을 뽑아 모집 상태·날짜·연락처가 맞는지 봅니다. 확인하지 않은 주는 지키지 못한 것입니다."),
    ),
    Kind.OUTAGE: About(
        "portal-availability", None, "information", MEMBER, _("안내문 올리기"),
        _("1365 접속 장애가 확인되면 업무시간 1시간 안에 안내문과 다른 방법을 올립니다."),
    ),
}  # fmt: skip

#: The ways by which opinions come in, each tried once a month.
CHANNELS: Final[Mapping[str, _StrPromise]] = {
    "web": _("인터넷"),
    "phone": _("전화"),
    "fax": _("팩스"),
    "post": _("우편"),
}

#: 전화 점검표: name of the number, question, points. The first three decide the promises.
SHEET: Final[tuple[tuple[str, _StrPromise, int], ...]] = (
    ("greeting", _("인사말을 했습니까?"), 5),
    ("unit", _("소속을 밝혔습니까?"), 0),
    ("name", _("이름을 밝혔습니까?"), 0),
    ("listening", _("말을 끊지 않고 용건을 되짚어 확인했습니까?"), 10),
    ("plain", _("어려운 말 없이 설명했습니까?"), 10),
    ("right", _("안내가 맞았습니까?"), 15),
    ("active", _("모르는 것을 알아봐 주거나 담당자를 알려 주었습니까?"), 10),
    ("handing", _("연결을 알리고 용건을 전하거나, 부재 시 메모했습니까?"), 10),
    ("farewell", _("더 물을 것이 없는지 묻고 인사했습니까?"), 5),
    ("feeling", _("다시 전화하고 싶은 응대였습니까?"), 5),
)
PROMPT_POINTS: Final = 15
IDENTITY_POINTS: Final = 15


def score(numbers: Mapping[str, object], *, rings: int) -> int:
    """The points of a monitoring call, of 100 (§11.6): prompt 15, unit and name together 15."""
    points = sum(points for name, _question, points in SHEET if numbers.get(name))
    prompt = PROMPT_POINTS if answered_promptly(numbers, rings=rings) else 0
    identity = IDENTITY_POINTS if numbers.get("unit") and numbers.get("name") else 0
    return points + prompt + identity


def answered_promptly(numbers: Mapping[str, object], *, rings: int) -> bool:
    """Whether somebody answered within ``rings`` rings; 0 rings: nobody did."""
    heard = numbers.get("rings")
    return isinstance(heard, int) and 0 < heard <= rings


def said_who(numbers: Mapping[str, object]) -> bool:
    """Greeting, unit and name, all three."""
    return all(numbers.get(name) for name in ("greeting", "unit", "name"))
