"""알림 대장: what went out to citizens and staff, how and when. Never what it said.

The list on the screen is Django's; its own filters and search are asked, so both find the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from centre.models import User
from centre.rights import may
from dashboards.registers.base import NotUnderstood, Reading, Register, Terms
from dashboards.registers.files import Cell, Column, Style
from notices import registry, texts
from notices.admin import masked_recipient
from notices.models import Audience, Channel, Notice
from records.masking import mask_text
from records.personal import format_phone

COLUMNS: Final = (
    Column("접수번호", width=16),
    Column("종류", width=24),
    Column("상태", width=12),
    Column("받는 쪽", width=8),
    Column("받는 사람", width=30, personal=True),
    Column("방법", width=9),
    Column("생긴 때", Style.INSTANT, 16),
    Column("할 때", Style.INSTANT, 16),
    Column("전해진 때", Style.INSTANT, 16),
    Column("시도", Style.NUMBER, 7),
    Column("한 사람", width=14),
    Column("마지막 오류", width=40, personal=True),
)


def allowed(user: User) -> bool:
    return may(user, "see_notices")


def find(request: HttpRequest, _user: User, _now: datetime) -> Terms:
    """`NotUnderstood` where the list would answer that it does not know such a filter."""
    page = admin.site.get_model_admin(Notice)
    try:
        listing = page.get_changelist_instance(request)
        rows = listing.get_queryset(request)
    except IncorrectLookupParameters as error:
        raise NotUnderstood from error
    return Terms(rows, _words(listing, request))


def _words(listing: Any, request: HttpRequest) -> list[tuple[str, str]]:
    words = [(str(_("찾기")), listing.query)] if request.GET.get(SEARCH_VAR) else []
    for spec in listing.filter_specs:
        chosen = [str(one["display"]) for one in spec.choices(listing) if one["selected"]]
        if any(name in listing.params for name in spec.expected_parameters()):
            words.append((str(spec.title), ", ".join(chosen)))
    return words


def read(keys: Sequence[int], reading: Reading) -> list[list[Cell]]:
    """One query, and one for the numbers of each kind of subject."""
    rows = Notice.objects.filter(pk__in=keys).defer("title", "body", "secret", "done_note")
    found = {notice.pk: notice for notice in rows}
    ids: dict[str, set[int]] = {}
    for notice in found.values():
        ids.setdefault(notice.subject_type, set()).add(notice.subject_id)
    numbers = {kind: registry.numbers_of(kind, some) for kind, some in ids.items()}
    return [
        _row(found[key], numbers[found[key].subject_type], reading) for key in keys if key in found
    ]


def _row(notice: Notice, numbers: Mapping[int, str], reading: Reading) -> list[Cell]:
    trouble = notice.last_error
    return [
        numbers.get(notice.subject_id, ""),
        str(texts.name_of(notice.template)),
        str(notice.get_status_display()),
        str(notice.get_audience_display()),
        _recipient(notice) if reading.plainly else masked_recipient(notice),
        str(notice.get_channel_display()),
        notice.owed_at,
        notice.do_by,
        notice.delivered_at,
        notice.attempts,
        reading.names.people.get(notice.done_by_id),
        trouble if reading.plainly else mask_text(trouble, names=(notice.recipient_name,)),
    ]


def _recipient(notice: Notice) -> str:
    if notice.audience == Audience.STAFF:
        return str(notice.recipient_name)
    by_number = notice.channel in {Channel.PHONE, Channel.FAX}
    where = format_phone(notice.recipient) if by_number else notice.recipient
    return f"{notice.recipient_name} {where}".strip()


NOTICES: Final = Register(
    name="notices",
    title=_("알림 대장"),
    subject="notice",
    list_page="admin:notices_notice_changelist",
    columns=COLUMNS,
    allowed=allowed,
    find=find,
    read=read,
    masking=_("받는 사람의 이름과 연락처를 가립니다. 보낸 글은 어느 쪽에도 싣지 않습니다."),
)
