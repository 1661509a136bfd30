"""``정보가 달라요``: somebody read something wrong on a public page, and the team puts it right."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from centre import options
from centre.calendar import seoul_day
from centre.errors import Refused
from records.crypto import keyed_hash
from standards.evidence import telling
from standards.evidence.duties import open_duty
from standards.evidence.words import words
from standards.models import Duty, InfoPage, Kind

LONGEST: Final = 1_000
#: From all addresses together, in a day: more is a flood, and the telephone is offered instead.
MOST_A_DAY: Final = 200


class TooManyReports(Refused):
    """One address, or all together, sent more than can be looked at."""


@transaction.atomic
def report_page(*, address: str, what: str, form_token: str, sender: str, now: datetime) -> Duty:
    """Open the task to put a page right, once a form; those in charge are told.

    ``address`` is the path of a public page, ``sender`` the client's network address, of which only
    a hash is kept that another day does not recognise. Refused with the field meant.
    """
    try:
        token = uuid.UUID(form_token).hex
    except ValueError:
        raise Refused("화면을 새로 고친 뒤 다시 보내 주십시오.") from None
    known = Duty.objects.filter(form_token=token).first()
    if known is not None:
        return known
    what = words(what, field="what", longest=LONGEST)
    if not what:
        raise Refused("무엇이 다른지 적어 주십시오.", field="what")
    mark = keyed_hash("page-report", f"{sender}:{seoul_day(now)}")
    _refuse_floods(mark, now=now)
    page = InfoPage.objects.filter(address=address).select_related("team").first()
    duty = open_duty(
        kind=Kind.REPORT,
        key=f"report:{token}",
        title=f"‘정보가 달라요’: {page.title if page else address}",
        about=address,
        page=page,
        team=page.team if page else None,
        detail=what,
        sender=mark,
        form_token=token,
        started_at=now,
        now=now,
    )
    assert duty is not None  # noqa: S101 - the token is new
    telling.tell_new(duty, now=now)
    return duty


def _refuse_floods(mark: str, *, now: datetime) -> None:
    lately = Duty.objects.filter(kind=Kind.REPORT)
    mine = lately.filter(sender=mark, opened_at__gt=now - timedelta(hours=1)).count()
    everybody = lately.exclude(sender="").filter(opened_at__gt=now - timedelta(days=1)).count()
    if mine >= options.number("reports_per_hour") or everybody >= MOST_A_DAY:
        phone = options.text("centre_phone")
        raise TooManyReports(
            "짧은 시간에 여러 번 보내 주셨습니다. 한 시간 뒤에 다시 보내 주십시오. "
            f"급하시면 {phone}에 전화해 주십시오."
        )
