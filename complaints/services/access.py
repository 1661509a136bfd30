"""The citizen's way back to the case: number and code, and a new code when it is lost."""

from __future__ import annotations

import hmac
from datetime import datetime

from django.db import transaction

from centre import options
from centre.models import StaffMember
from complaints import numbers
from complaints.errors import NotFound, NotNow, Refused
from complaints.models import Complaint
from complaints.queries import SUBJECT, kept_out, lost_notices
from complaints.services import limits
from complaints.services._base import actor, change, lock, lock_for, record, words
from complaints.services.filing import code_hash, contact_fields
from complaints.services.telling import RESULTS, recipient, tell_citizen, tellers, ways_to
from complaints.texts import refusal
from notices import services as notices
from notices.models import Channel as Way
from notices.models import Notice
from records.actors import CITIZEN, Actor
from records.personal import normalise_email, normalise_phone

#: So many new codes an hour are sent to a contact; nobody needs more.
CODES_AN_HOUR = 3


def open_case(*, receipt_number: str, access_code: str, address: str, now: datetime) -> Complaint:
    """The case, if number and code belong together.

    An unknown or mistyped number, a wrong code and somebody else's case give the same NotFound.
    Wrong guesses are limited per address and per number: TooMany.
    """
    number = numbers.normalise_receipt_number(receipt_number)
    who = number or "?" + numbers.normalise_access_code(receipt_number)[:20]
    _refuse_guessing(who, address, now=now)
    complaint = Complaint.objects.filter(receipt_number=number).first() if number else None
    wanted = code_hash(number, numbers.normalise_access_code(access_code))
    kept = complaint.access_code_hash if complaint else "-" * 64
    if complaint is None or not hmac.compare_digest(wanted, kept):
        limits.count("guess-address", address, now=now)
        limits.count("guess-number", who, now=now)
        raise NotFound(refusal("wrong_number", centre_phone=options.value("centre_phone")))
    return complaint


def _refuse_guessing(who: str, address: str, *, now: datetime) -> None:
    for what, subject, option in (
        ("guess-address", address, "code_tries_per_address"),
        ("guess-number", who, "code_tries_per_number"),
    ):
        if limits.tries(what, subject, now=now) >= int(options.value(option)):
            raise limits.refuse(now=now)


def reissue_code(*, receipt_number: str, contact: str, address: str, now: datetime) -> None:
    """Send a new code to the registered contact, if ``contact`` is that e-mail or phone.

    Says nothing about whether it was: the answer is always the same. TooMany after many tries.
    """
    if limits.count("reissue", address, now=now) > int(options.value("code_tries_per_address")):
        raise limits.refuse(now=now)
    number = numbers.normalise_receipt_number(receipt_number)
    if not number or limits.count("reissue-number", number, now=now) > int(
        options.value("code_tries_per_number")
    ):
        return
    found = Complaint.objects.filter(receipt_number=number).first()
    if found is None or not _is_contact(found, contact):
        return
    if limits.count("reissued", number, now=now) > CODES_AN_HOUR:
        return  # whoever asks so often floods somebody's mailbox; the last code goes on being good
    with transaction.atomic():
        _reissue(lock(found.pk), by=CITIZEN, now=now)
    notices.nudge()


def _is_contact(complaint: Complaint, contact: str) -> bool:
    mail, phone = normalise_email(contact), normalise_phone(contact)
    return (bool(complaint.email) and mail == complaint.email) or (
        bool(phone) and phone == complaint.phone
    )


@transaction.atomic
def issue_code(*, complaint_id: int, by: StaffMember, now: datetime) -> Complaint:
    """Staff send a new code to the registered contact; they do not get to read it."""
    complaint = lock_for(complaint_id, by=by, right="issue_access_code")
    if complaint.anonymous:
        raise NotNow("이름 없는 의견에는 확인번호를 보낼 곳이 없습니다.")
    _reissue(complaint, by=actor(by), now=now)
    notices.nudge()
    return complaint


def _reissue(complaint: Complaint, *, by: Actor, now: datetime) -> None:
    code = _new_code(complaint, by=by, now=now)
    tell_citizen(
        complaint,
        "code-reissued",
        key=f"code-reissued:{complaint.version}",
        now=now,
        secret=code,
    )


def _new_code(complaint: Complaint, *, by: Actor, now: datetime) -> str:
    code = numbers.new_access_code()
    change(complaint, access_code_hash=code_hash(complaint.receipt_number, code))
    record(complaint, "code-reissued", at=now, by=by)
    return code


# --- a contact that was wrong ---------------------------------------------------------------------


@transaction.atomic
def correct_contact(
    *,
    complaint_id: int,
    reason: str,
    by: StaffMember,
    now: datetime,
    email: str | None = None,
    phone: str | None = None,
    address: str | None = None,
    fax: str | None = None,
    reply_by: str = "",
) -> Complaint:
    """Put right how the citizen is reached, as he told staff; what is None stays as it is.

    What did not arrive is owed again there, and the code that may have gone to a stranger is
    replaced by a new one.
    """
    complaint = lock_for(complaint_id, by=by, right="register_complaint")
    if complaint.anonymous:
        raise NotNow("이름 없는 의견에는 연락처가 없습니다.")
    why = words(
        reason, field="reason", required="연락처를 어떻게 확인하셨는지 적어 주십시오.", longest=500
    )
    given = {"email": email, "phone": phone, "address": address, "fax": fax}
    before = {name: getattr(complaint, name) for name in given}
    fields = contact_fields(
        name=complaint.name,
        reply_by=reply_by or complaint.reply_by,
        **{name: before[name] if text is None else text for name, text in given.items()},
    )
    changed = [name for name in given if fields[name] != before[name]]
    if not changed and fields["reply_by"] == complaint.reply_by:
        raise Refused("바뀐 연락처가 없습니다.", field="email")
    change(complaint, **fields)
    data = {"fields": changed, "reply_by": fields["reply_by"]}
    record(complaint, "contact-corrected", at=now, by=actor(by), text=why, data=data)
    _owe_there(complaint, by=actor(by), now=now)
    notices.nudge()
    return complaint


def _owe_there(complaint: Complaint, *, by: Actor, now: datetime) -> None:
    lost = Notice.objects.filter(
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        audience="citizen",
        status__in=["failed", "bounced"],
        replaced_by=None,
    ).exclude(template="code-reissued")
    receipts = [notice for notice in lost if notice.template == "receipt"]
    code = _new_code(complaint, by=by, now=now) if receipts else ""
    for notice in lost:
        to = recipient(complaint, chosen_way=notice.template in RESULTS)
        if to is None:
            continue
        notices.owe_again(
            notice_id=notice.pk,
            channel=to.channel,
            address=to.address,
            key=f"{notice.key.partition(':again:')[0]}:again:{to.channel}:{complaint.version}",
            now=now,
            secret=code if notice in receipts else "",
            task_for=tellers(complaint, out=kept_out(complaint)),
        )
    if not receipts:
        _reissue(complaint, by=by, now=now)


@transaction.atomic
def tell_another_way(
    *, complaint_id: int, way: str, by: StaffMember, now: datetime
) -> list[Notice]:
    """Owe what did not arrive by another way that the citizen gave: mostly a task for somebody."""
    complaint = lock_for(complaint_id, by=by, right="do_tasks")
    lost = list(lost_notices().filter(subject_id=complaint.pk).order_by("pk"))
    if not lost:
        raise NotNow("다시 전할 것이 없습니다.")
    address = ways_to(complaint).get(Way(way), "") if way in Way.values else ""
    if not address:
        raise Refused("그 연락처가 없습니다. ‘연락처 고치기’에 먼저 적어 주십시오.", field="way")
    receipts = [notice for notice in lost if notice.template == "receipt"]
    code = _new_code(complaint, by=actor(by), now=now) if receipts else ""
    again = [
        notices.owe_again(
            notice_id=notice.pk,
            channel=way,
            address=address,
            key=f"{notice.key.partition(':again:')[0]}:again:{way}:n{notice.pk}",
            now=now,
            secret=code if notice in receipts else "",
            task_for=tellers(complaint, out=kept_out(complaint)),
        )
        for notice in lost
    ]
    record(complaint, "told-another-way", at=now, by=actor(by), data={"way": way})
    notices.nudge()
    return [notice for notice in again if notice is not None]
