"""조치 단계 대장: cases with their findings, actions and letters.

Nothing of reviews or cautions is here: those are seen by whom they concern, and published as
yearly totals only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from centre.models import User
from centre.queries import person_of
from centre.rights import may
from complaints.back_office import register
from complaints.models import Complaint, Kind
from complaints.queries import SUBJECT
from dashboards.registers.base import Reading, Register, Terms, promise_words, words_of
from dashboards.registers.files import Cell, Column, Style
from records.masking import mask_text

COLUMNS: Final = (
    Column("접수번호", width=16),
    Column("접수일시", Style.INSTANT, 16),
    Column("단계", width=7),
    Column("민원구분", width=9),
    Column("유형", width=14),
    Column("주관 부서", width=14),
    Column("담당자", width=14),
    Column("지적 인정", width=12),
    Column("시정조치", Style.LINES, 44, personal=True),
    Column("조치 상태", Style.LINES, 14),
    Column("처음 정한 기한", Style.LINES, 14),
    Column("지금 기한", Style.LINES, 14),
    Column("2차 기한", Style.INSTANT, 16),
    Column("2차 판정", width=12),
    Column("사과문 번호", width=14),
    Column("사과문 전한 때", Style.INSTANT, 16),
    Column("앞의 건", width=16),
)
_KINDS = {value: str(label) for value, label in Kind.choices}


def allowed(user: User) -> bool:
    return person_of(user) is not None and may(user, "see_stages")


def find(request: HttpRequest, user: User, _now: datetime) -> Terms:
    form = register.RegisterFilter(request.GET)
    form.is_valid()
    return Terms(register.found(form, user=user), words_of(form))


def read(keys: Sequence[int], reading: Reading) -> list[list[Cell]]:
    """Six queries."""
    cases = register.with_what_is_shown(Complaint.objects.filter(pk__in=keys))
    found = {row.case.pk: row for row in register.rows_of(cases)}
    return [_row(found[key], reading) for key in keys if key in found]


def _row(row: register.Row, reading: Reading) -> list[Cell]:
    case, letter = row.case, row.letter
    names = () if case.anonymous else (case.name,)
    told = [
        action.what if reading.plainly else mask_text(action.what, names=names)
        for action in row.actions
    ]
    return [
        case.receipt_number,
        case.received_at,
        row.stage,
        _KINDS.get(case.kind, case.kind),
        case.topic.name,
        case.team.name if case.team else "",
        str(case.handler or ""),
        "" if row.finding is None else ("인정" if row.finding.accepted else "인정하지 않음"),
        "\n".join(told),
        "\n".join(str(action.get_status_display()) for action in row.actions),
        "\n".join(action.first_due_on.isoformat() for action in row.actions),
        "\n".join(action.due_on.isoformat() for action in row.actions),
        row.promise.due_at if row.promise else None,
        promise_words(row.promise, now=reading.now),
        letter.number if letter else "",
        letter.told_at if letter else None,
        case.previous.receipt_number if case.previous and case.stage > 1 else "",
    ]


STAGES: Final = Register(
    name="stages",
    title=_("조치 단계 대장"),
    subject=SUBJECT,
    list_page="admin:complaints_complaint_stages",
    columns=COLUMNS,
    allowed=allowed,
    find=find,
    read=read,
    masking=_(
        "시정조치의 글에서 그 고객의 성함과 연락처, 번호를 가립니다. 고객의 성함 칸은 이 대장에 없습니다."
    ),
)
