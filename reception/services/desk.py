"""What the desk does besides: answered on the spot, and how far a case is."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from centre.models import StaffMember
from complaints import queries as case_queries
from complaints.models import Complaint
from complaints.numbers import normalise_receipt_number
from reception.errors import NotNow, Refused
from reception.models import UNDO_WITHIN, Origin, SpotAnswer
from reception.services._base import actor, record, require, token
from records import services as records
from records.masking import mask_name
from records.personal import normalise_name, normalise_phone

SPOT = "spot-answer"
#: What is said where number, name and digits do not belong together (§11.3).
NOT_CONFIRMED = "말씀하신 정보로는 확인되지 않습니다. 등록하신 연락처로 다시 안내해 드리겠습니다."


# --- answered on the spot -----------------------------------------------------------------------


@transaction.atomic
def answer_on_the_spot(
    *, form_token: str, origin: str, by: StaffMember, now: datetime
) -> tuple[SpotAnswer, bool]:
    """Counted, once a form; no personal data, no clock."""
    require(by, "use_desk")
    row, created = SpotAnswer.objects.get_or_create(
        form_token=token(form_token), defaults={"origin": Origin(origin), "at": now, "by": by}
    )
    if created:
        record(SPOT, row.pk, "answered-on-the-spot", at=now, by=actor(by), key=f"spot:{row.pk}")
    return row, created


@transaction.atomic
def undo_spot_answer(*, answer_id: int, by: StaffMember, now: datetime) -> None:
    require(by, "use_desk")
    rows = SpotAnswer.objects.filter(pk=answer_id, mistaken=False, at__gte=now - UNDO_WITHIN)
    if not rows.update(mistaken=True):
        raise NotNow("되돌릴 수 있는 시간이 지났거나 이미 되돌렸습니다.")
    record(SPOT, answer_id, "spot-answer-mistaken", at=now, by=actor(by))


# --- how far is my case -------------------------------------------------------------------------


def look_up_case(
    *,
    receipt_number: str,
    name: str,
    last_digits: str,
    address: str,
    by: StaffMember,
    now: datetime,
) -> Complaint:
    """The case of a caller who names number, name and the last four digits of the phone.

    Every question is in the access log. Refused, always with the same words, where it does not
    fit, where no phone is kept, or where the case is about whoever asks.
    """
    require(by, "use_desk")
    number = normalise_receipt_number(receipt_number)
    case = Complaint.objects.filter(receipt_number=number).first() if number else None
    fits = case is not None and _fits(case, name=name, digits=last_digits, by=by)
    records.log_access(
        by=actor(by),
        address=address,
        subject_type=case_queries.SUBJECT,
        subject_id=case.pk if case else None,
        whose=mask_name(name)[:100],
        what="progress-told" if fits else "progress-refused",
        now=now,
    )
    if case is None or not fits:
        raise Refused(NOT_CONFIRMED)
    return case


def _fits(case: Complaint, *, name: str, digits: str, by: StaffMember) -> bool:
    phone = normalise_phone(case.phone)
    same_name = normalise_name(case.name) == normalise_name(name) != ""
    same_phone = len(phone) >= 7 and len(digits) == 4 and phone[-4:] == digits
    hidden = by.pk in case_queries.kept_out(case) or case.about_staff_unclear
    return same_name and same_phone and not hidden
