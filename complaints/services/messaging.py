"""말씀 남기기: what the citizen writes on the case's page, without having been asked."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction

from centre import options
from centre.calendar import SEOUL, seoul_day
from complaints.errors import NotNow, Refused
from complaints.models import AboutStaff, CitizenMessage, Complaint, Kind
from complaints.queries import SUBJECT, kept_out, may_leave_message, open_request
from complaints.services._base import lock, record, words
from complaints.services.assigning import step_aside
from complaints.services.filing import note_people_in
from complaints.services.telling import desk_for, tell_staff
from notices import services as notices
from records.actors import CITIZEN
from records.queries import events_of

LONGEST = 5_000
#: So often a day; who has more to say is better served on the phone.
A_DAY = 10
#: The same words again within this time are a double click, or a page sent once more.
SAME_AGAIN = timedelta(minutes=10)


@transaction.atomic
def leave_message(*, complaint_id: int, text: str, now: datetime) -> Complaint:
    """Keep what the citizen adds to a case that goes on, and tell whoever has it.

    No promise moves: it is no supplement that the centre asked for. NotNow where the case is over
    or waits for a supplement, which has a form of its own; Refused after ten a day.
    """
    complaint = lock(complaint_id)
    if open_request(complaint) is not None:
        raise NotNow("여쭌 것이 있습니다. 그 칸에 적어 주십시오. 함께 살펴보겠습니다.")
    if not may_leave_message(complaint):
        raise NotNow("처리를 마친 건입니다. 새 의견을 내시거나 전화로 말씀해 주십시오.")
    said = words(text, field="text", required="남기실 말씀을 적어 주십시오.", longest=LONGEST)
    last = complaint.messages.filter(kind=CitizenMessage.Kind.ADDED).last()
    if last is not None and last.text == said and now - last.at < SAME_AGAIN:
        return complaint
    number = _number(complaint, now=now)
    CitizenMessage.objects.create(
        complaint=complaint, kind=CitizenMessage.Kind.ADDED, at=now, text=said
    )
    record(
        complaint,
        "message-left",
        at=now,
        by=CITIZEN,
        key=f"complaint:{complaint.pk}:message:{seoul_day(now)}:{number}",
    )
    if complaint.kind == Kind.COMPLAINT and note_people_in(
        complaint, said, origin=AboutStaff.Origin.MARKED, now=now
    ):
        step_aside(complaint, now=now)
    out = kept_out(complaint)
    handler = complaint.handler
    told = [handler] if handler is not None and handler.pk not in out else []
    tell_staff(
        told or desk_for(complaint, out=out),
        "message-arrived",
        complaint=complaint,
        key=f"message:{seoul_day(now)}:{number}",
        now=now,
    )
    notices.nudge()
    return complaint


def _number(complaint: Complaint, *, now: datetime) -> int:
    """Which one of today this is."""
    morning = datetime.combine(seoul_day(now), time(0), tzinfo=SEOUL)
    today = events_of(SUBJECT, complaint.pk).filter(kind="message-left", at__gte=morning).count()
    if today >= A_DAY:
        raise Refused(
            f"하루에 {A_DAY}번까지 남기실 수 있습니다. 내일 다시 남기시거나, 급하시면 "
            f"{options.value('centre_phone')}에 전화해 주십시오.",
            field="text",
        )
    return today + 1
