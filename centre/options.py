"""The values a centre sets for itself, and the facts about it that the charter names.

Each has a kind, a default and words for the screen. A row in the table exists only where people
chose something other than the default. There is no cache: every question is one query, and right.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from centre import steady
from centre.calendar import Allowance, CalendarError, Rule, Unit
from centre.errors import BadOption
from centre.models import Option

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

DATA: Final = Path(__file__).parent / "data" / "centre.toml"
TEXT, NUMBER, DURATION, CHOICE, FLAG = "text", "number", "duration", "choice", "flag"
OWN: Final = _("센터가 정한 값")
CHARTER: Final = _("헌장")

_PHONE: Final = re.compile(r"[0-9()+\- ]{7,30}", re.ASCII)
_FLAGS: Final = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What one option is: ``default`` as it would be stored."""

    key: str
    kind: str
    default: str
    label: _StrPromise
    help: _StrPromise | str = ""
    source: _StrPromise = OWN
    least: int = 1
    most: int = 1_000
    unit: Unit | None = None
    choices: Mapping[str, _StrPromise] = field(default_factory=dict)
    pattern: re.Pattern[str] | None = None


@lru_cache(maxsize=1)
def _charter_facts() -> dict[str, str]:
    """The centre as the charter names it, from the data file."""
    with DATA.open("rb") as file:
        centre: dict[str, str] = tomllib.load(file)["centre"]
    return centre


def _fact(key: str, name: str, label: _StrPromise, pattern: re.Pattern[str] | None = None) -> Spec:
    return Spec(
        key=key,
        kind=TEXT,
        default=_charter_facts()[name],
        label=label,
        source=CHARTER,
        most=200,
        pattern=pattern,
    )


@lru_cache(maxsize=1)
def specs() -> dict[str, Spec]:
    """All options by key, in the order of the screen."""
    listed = [
        _fact("centre_name", "name", _("센터 이름")),
        _fact("centre_phone", "phone", _("대표전화"), _PHONE),
        _fact("centre_fax", "fax", _("팩스"), _PHONE),
        _fact("centre_url", "url", _("누리집 주소"), re.compile(r"https?://\S+")),
        _fact("centre_address", "address", _("주소")),
        _fact("centre_hours", "hours_text", _("업무시간(안내 문구)")),
        Spec(
            key="reply_rule",
            kind=CHOICE,
            default=Rule.CIVIL_DAYS,
            label=_("답변 기한을 세는 방법"),
            help=_("바꾼 뒤에 접수한 의견부터 씁니다. 이미 약속한 기한은 바뀌지 않습니다."),
            choices={
                Rule.CIVIL_DAYS: _("접수한 다음 날부터 7일째(쉬는 날이면 그다음 근무일)"),
                Rule.PETITION_DAYS: _("접수한 날부터 근무일로 7일째"),
            },
        ),
        Spec(
            key="new_promise_days",
            kind=NUMBER,
            default="3",
            most=30,
            label=_("기한을 어긴 뒤 새로 약속하는 기간(근무일)"),
            help=_("팀장이 따로 정하지 않으면 이 기간을 약속합니다."),
        ),
        Spec(
            key="new_promise_longest_days",
            kind=NUMBER,
            default="10",
            most=30,
            label=_("새로 약속하는 기간의 끝(근무일)"),
            help=_("팀장이 새 기한을 정할 때 오늘부터 이 기간까지만 정할 수 있습니다."),
        ),
        Spec(
            key="approval_wait",
            kind=DURATION,
            default="4h",
            unit=Unit.HOURS,
            most=80,
            label=_("결재를 기다리는 시간(업무시간)"),
            help=_("이만큼 지나면 결재자에게 다시 알립니다. ‘4h’처럼 시간으로 적습니다."),
        ),
        Spec(
            key="swift_days",
            kind=NUMBER,
            default="5",
            most=30,
            label=_("불만에 답변하는 기간의 중앙값(근무일)"),
            help=_("분기마다 답변한 불만의 중앙값이 이보다 길면 지키지 못한 것입니다."),
        ),
        Spec(
            key="supplement_days",
            kind=NUMBER,
            default="7",
            most=60,
            label=_("보완을 기다리는 기간(일)"),
        ),
        Spec(
            key="action_days",
            kind=NUMBER,
            default="10",
            most=60,
            label=_("시정조치의 기한(근무일)"),
            help=_("답변에 마칠 날을 적지 않으면 이 기간으로 정합니다."),
        ),
        Spec(
            key="statement_days",
            kind=NUMBER,
            default="5",
            most=30,
            label=_("소명을 기다리는 기간(근무일)"),
        ),
        Spec(
            key="document_prefix",
            kind=TEXT,
            default="경북자봉-고객",
            most=30,
            label=_("문서번호 앞부분"),
            help=_("사과문과 주의 통지서의 번호는 ‘앞부분-연도-순번’입니다."),
        ),
        Spec(
            key="session_idle_minutes",
            kind=NUMBER,
            default="30",
            least=5,
            most=240,
            label=_("아무것도 하지 않으면 로그아웃되는 시간(분)"),
            help=_("끝나기 2분 전에 화면에 알리고, 거기서 늘릴 수 있습니다."),
        ),
        Spec(
            key="session_hours",
            kind=NUMBER,
            default="10",
            most=24,
            label=_("로그인한 뒤 다시 로그인해야 하는 시간(시간)"),
        ),
        Spec(
            key="open_data_licence",
            kind=CHOICE,
            default="kogl-1",
            label=_("약속을 지킨 결과 자료의 이용 조건"),
            help=_("서비스헌장 쪽에서 누구나 받는 자료에 적습니다."),
            choices={
                "kogl-1": _("공공누리 제1유형: 출처를 밝히면 누구나 자유롭게 이용할 수 있습니다."),
                "kogl-2": _(
                    "공공누리 제2유형: 출처를 밝히고 영리 목적이 아니면 이용할 수 있습니다."
                ),
                "kogl-3": _("공공누리 제3유형: 출처를 밝히고 바꾸지 않으면 이용할 수 있습니다."),
                "kogl-4": _(
                    "공공누리 제4유형: 출처를 밝히고, 영리 목적이 아니며, 바꾸지 않으면 이용할 수 있습니다."
                ),
            },
        ),
        Spec(
            key="filings_per_hour",
            kind=NUMBER,
            default="30",
            label=_("한 주소에서 한 시간에 받는 의견 수"),
        ),
        Spec(
            key="code_tries_per_address",
            kind=NUMBER,
            default="20",
            label=_("한 주소에서 한 시간에 확인번호를 틀려도 되는 횟수"),
        ),
        Spec(
            key="code_tries_per_number",
            kind=NUMBER,
            default="10",
            label=_("접수번호 하나에 한 시간에 확인번호를 틀려도 되는 횟수"),
        ),
        Spec(
            key="repeat_window_days",
            kind=NUMBER,
            default="365",
            most=1_095,
            label=_("같은 의견이 다시 왔는지 살펴보는 기간(일)"),
            help=_(
                "같은 고객이 이 안에 낸 의견 가운데 내용이 비슷한 것을 찾아 담당자에게 보입니다."
            ),
        ),
        Spec(
            key="retention_years",
            kind=NUMBER,
            default="3",
            most=10,
            label=_("개인정보 보유기간(년, 처리를 마친 날부터)"),
        ),
        Spec(
            key="difficult_call_months",
            kind=NUMBER,
            default="12",
            most=36,
            label=_("특이민원 기록을 볼 수 있는 기간(달)"),
            help=_("지나면 기록이 가려지고, 적어 둔 내용은 지워집니다."),
        ),
        Spec(
            key="desk_retention_months",
            kind=NUMBER,
            default="12",
            most=36,
            label=_("용건 메모와 방문에 적은 개인정보의 보유기간(달, 마친 날부터)"),
            help=_(
                "지나면 이름, 연락처, 용건을 지우고 파기 기록을 남깁니다. 건수와 시간은 남습니다."
            ),
        ),
        Spec(
            key="calls_recorded",
            kind=FLAG,
            default="no",
            label=_("통화를 녹음하는 센터"),
            help=_("켜면 창구의 안내말에 녹음 안내가 나옵니다. ‘yes’ 또는 ‘no’로 적습니다."),
        ),
        Spec(
            key="long_call_minutes",
            kind=NUMBER,
            default="20",
            least=5,
            most=120,
            label=_("긴 통화를 글로 돌릴 수 있는 시간(분)"),
        ),
        Spec(
            key="course_completion_percent",
            kind=NUMBER,
            default="80",
            most=100,
            label=_("교육 수료 기준(전체 시간 가운데 출석한 %)"),
        ),
        Spec(
            key="course_too_few",
            kind=NUMBER,
            default="5",
            most=100,
            label=_("교육을 열지 않을 수 있는 신청자 수(이보다 적을 때)"),
        ),
        Spec(
            key="course_too_few_days",
            kind=NUMBER,
            default="7",
            most=30,
            label=_("신청자가 적어 교육을 열지 않을 때 알리는 날(시작 며칠 전까지)"),
        ),
        Spec(
            key="course_reminder_hour",
            kind=NUMBER,
            default="10",
            least=7,
            most=20,
            label=_("교육 전날 알림을 보내는 시각(시)"),
        ),
        Spec(
            key="course_retention_years",
            kind=NUMBER,
            default="3",
            most=10,
            label=_("교육 신청자의 개인정보 보유기간(년, 교육이 끝난 날부터)"),
        ),
        Spec(
            key="enrolments_per_hour",
            kind=NUMBER,
            default="30",
            label=_("한 주소에서 한 시간에 받는 교육 신청 수"),
        ),
        Spec(
            key="meetings_a_year",
            kind=NUMBER,
            default="4",
            most=52,
            label=_("한 해에 여는 직원회의(번)"),
        ),
        Spec(
            key="training_hours",
            kind=NUMBER,
            default="8",
            most=200,
            label=_("직원 한 사람이 한 해에 듣는 교육(시간)"),
            help=_("바꾼 뒤에 여는 해부터 씁니다."),
        ),
        Spec(
            key="calls_a_quarter",
            kind=NUMBER,
            default="15",
            label=_("분기마다 거는 점검 전화(통)"),
            help=_("바꾼 뒤에 여는 분기부터 씁니다."),
        ),
        Spec(
            key="calls_a_team",
            kind=NUMBER,
            default="3",
            most=100,
            label=_("분기마다 한 팀에 거는 점검 전화(통)"),
        ),
        Spec(
            key="phone_rings",
            kind=NUMBER,
            default="3",
            most=20,
            label=_("전화를 받을 때까지의 벨(번)"),
        ),
        Spec(
            key="listings_checked",
            kind=NUMBER,
            default="10",
            most=200,
            label=_("주마다 확인하는 1365 모집 글(개)"),
        ),
        Spec(
            key="listings_right",
            kind=NUMBER,
            default="9",
            most=200,
            label=_("확인한 모집 글 가운데 맞아야 하는 수(개)"),
        ),
        Spec(
            key="probe_failures",
            kind=NUMBER,
            default="2",
            most=20,
            label=_("1365 접속 장애로 보는 횟수(잇달아 열리지 않은 번)"),
        ),
        Spec(
            key="reports_per_hour",
            kind=NUMBER,
            default="5",
            label=_("한 주소에서 한 시간에 받는 ‘정보가 달라요’ 신고 수"),
        ),
        Spec(
            key="survey_days",
            kind=NUMBER,
            default="14",
            most=60,
            label=_("설문 초대에 답하실 수 있는 기간(일)"),
        ),
        Spec(
            key="survey_reminder_days",
            kind=NUMBER,
            default="7",
            most=60,
            label=_("설문을 한 번 더 여쭙기까지(일)"),
            help=_("초대가 전해지고 이만큼 지나도 답이 없으면 한 번만 다시 여쭙니다."),
        ),
        Spec(
            key="yearly_least_answers",
            kind=NUMBER,
            default="100",
            most=100_000,
            label=_("연간 조사를 한 것으로 보는 응답 수"),
        ),
        Spec(
            key="survey_visit_score",
            kind=NUMBER,
            default="85",
            most=100,
            label=_("방문 응대(V1)의 기준 점수"),
        ),
        Spec(
            key="survey_plain_score",
            kind=NUMBER,
            default="80",
            most=100,
            label=_("쉬운 설명(C5·V4·P4)의 기준 점수"),
        ),
        Spec(
            key="survey_course_score",
            kind=NUMBER,
            default="75",
            most=100,
            label=_("교육 환경과 내용(E1·E6)의 기준 점수"),
        ),
        Spec(
            key="survey_least_answers",
            kind=NUMBER,
            default="10",
            least=5,
            label=_("분기 점수를 판단하는 데 필요한 응답 수"),
            help=_("이보다 적으면 ‘판단하기 어려움’이며 이행률에 넣지 않습니다."),
        ),
        Spec(
            key="digest_daily",
            kind=FLAG,
            default="yes",
            label=_("팀장과 관리자에게 아침 알림 보내기"),
            help=_("근무일마다 오늘 할 일을 메일로 보냅니다. 알릴 것이 없으면 보내지 않습니다."),
        ),
        Spec(
            key="digest_weekly",
            kind=FLAG,
            default="yes",
            label=_("팀장과 관리자에게 지난주 실적 보내기"),
            help=_("한 주의 첫 근무일에 지난주와 그 전주의 수를 메일로 보냅니다."),
        ),
        Spec(
            key="digest_at",
            kind=TEXT,
            default="09:10",
            most=5,
            label=_("아침 알림을 보내는 때"),
            help=_("09:00부터 17:59까지 ‘09:10’처럼 적습니다. 점심시간이면 13시에 보냅니다."),
            pattern=re.compile(r"(09|1[0-7]):[0-5][0-9]", re.ASCII),
        ),
        Spec(
            key="survey_tries_per_address",
            kind=NUMBER,
            default="20",
            label=_("한 주소에서 한 시간에 설문 주소를 틀려도 되는 횟수"),
        ),
        Spec(
            key="survey_answers_per_address",
            kind=NUMBER,
            default="600",
            most=100_000,
            label=_("한 주소에서 한 시간에 받는 설문 응답 수"),
            help=_(
                "누구나 답하는 설문에만 씁니다. 창구의 태블릿과 교육장의 와이파이는 주소가 하나입니다."
            ),
        ),
        Spec(
            key="official_masthead",
            kind=FLAG,
            default="no",
            label=_("공식 누리집 표시"),
            help=_("정부 누리집만 쓸 수 있는 표시입니다. ‘yes’ 또는 ‘no’로 적습니다."),
        ),
    ]
    return {spec.key: spec for spec in listed}


# --- reading ------------------------------------------------------------------------------------


def value(key: str) -> Any:
    """The value in force: ``str``, ``int``, ``bool`` or ``Allowance`` by the kind of the option.

    KeyError for an unknown key; BadOption when what is stored makes no sense.
    """
    spec = specs()[key]
    rows = Option.objects.filter(key=key).values_list("value", flat=True)
    stored = steady.kept(("option", key), rows.first)
    return parse(spec, spec.default if stored is None else stored)


def values() -> dict[str, Any]:
    """All values in force, in one query."""
    stored = dict(Option.objects.values_list("key", "value"))
    return {key: parse(spec, stored.get(key, spec.default)) for key, spec in specs().items()}


def number(key: str) -> int:
    return int(value(key))


def text(key: str) -> str:
    return str(value(key))


def allowance(key: str) -> Allowance:
    found = value(key)
    assert isinstance(found, Allowance)  # noqa: S101 - a wrong key is the programmer's
    return found


def shown(spec: Spec, written: str) -> str:
    """A stored value as people read it."""
    if spec.kind == CHOICE:
        return str(spec.choices.get(written, written))
    if spec.kind == FLAG:
        return translate("예") if written == "yes" else translate("아니요")
    if spec.kind == DURATION:
        return Allowance.parse(written).korean
    return written


# --- checking -----------------------------------------------------------------------------------


def parse(spec: Spec, written: str) -> Any:
    """What was written, as a value of the option's kind; BadOption says in Korean what is wrong."""
    written = written.strip()
    return _PARSERS[spec.kind](spec, written)


def _text(spec: Spec, written: str) -> str:
    if not written:
        raise _bad(spec, translate("빈칸으로 둘 수 없습니다."))
    if len(written) > spec.most:
        raise _bad(spec, translate("%(most)d자까지 적을 수 있습니다.") % {"most": spec.most})
    if "\n" in written or "\r" in written:
        raise _bad(spec, translate("한 줄로 적어 주십시오."))
    if spec.pattern is not None and not spec.pattern.fullmatch(written):
        raise _bad(spec, translate("형식을 확인해 주십시오. 예: %s") % spec.default)
    return written


def _number(spec: Spec, written: str) -> int:
    if not (written.isascii() and written.isdecimal() and len(written) < 10):
        raise _bad(spec, translate("숫자만 적어 주십시오."))
    return _within(spec, int(written))


def _duration(spec: Spec, written: str) -> Allowance:
    try:
        found = Allowance.parse(written)
    except CalendarError as error:
        raise _bad(spec, f"{error}.") from error
    if spec.unit is not None and found.unit != spec.unit:
        raise _bad(spec, translate("‘%s’처럼 적어 주십시오.") % spec.default)
    _within(spec, found.value)
    return found


def _choice(spec: Spec, written: str) -> str:
    if written not in spec.choices:
        raise _bad(spec, translate("다음 가운데 하나를 골라 주십시오: ") + ", ".join(spec.choices))
    return written


def _flag(spec: Spec, written: str) -> bool:
    if written not in _FLAGS:
        raise _bad(spec, translate("‘yes’ 또는 ‘no’로 적어 주십시오."))
    return _FLAGS[written]


def _within(spec: Spec, found: int) -> int:
    if not spec.least <= found <= spec.most:
        limits = {"least": spec.least, "most": spec.most}
        raise _bad(spec, translate("%(least)d부터 %(most)d까지 정할 수 있습니다.") % limits)
    return found


def _bad(spec: Spec, why: str) -> BadOption:
    return BadOption(f"{spec.label}: {why}", field="value")


_PARSERS: Final = {
    TEXT: _text,
    NUMBER: _number,
    DURATION: _duration,
    CHOICE: _choice,
    FLAG: _flag,
}
