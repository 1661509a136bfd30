"""Taking in what people say: by the web, and by staff for every other channel."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from centre import options
from centre import queries as centre_queries
from centre.calendar import SEOUL
from centre.models import StaffMember, Topic
from centre.rights import may
from centre.words import korean_instant
from complaints import numbers, registry
from complaints.choosing import Choice, choose
from complaints.errors import NotAllowed, Refused
from complaints.filing import Filed, Filing
from complaints.models import AboutStaff, Channel, Complaint, Decision, Kind, ReplyBy, State
from complaints.naming import people_meant, people_named
from complaints.queries import (
    SUBJECT,
    kept_out,
    plain_explanation,
    reply_commitment,
    reply_key,
)
from complaints.services import limits
from complaints.services._base import actor, is_chief, record, words
from complaints.services.telling import (
    desk_for,
    due_in,
    has_reply_clock,
    is_dissatisfaction,
    tell_citizen,
    tell_staff,
)
from complaints.texts import refusal
from notices import services as notices
from records import queries as records_queries
from records import services as records
from records.actors import CITIZEN, Actor
from records.crypto import blind_index, keyed_hash
from records.personal import clean_text, normalise_email, normalise_phone
from standards import services as standards
from standards.models import Commitment

LONGEST_SUBJECT = 200
LONGEST_BODY = 20_000
LONGEST_LINE = 200
MOST_FILES = 5

#: What people write into the field of the person meant when there is none.
_NOBODY = re.compile(
    r"(해당\s*)?없(음|습니다|어요|다)?[\s.]*|무|none|n/?a|no|x|[\s.·~_/-]+", re.IGNORECASE
)

_CONTACT_FIELD = {
    ReplyBy.EMAIL: ("email", "이메일"),
    ReplyBy.PHONE: ("phone", "전화"),
    ReplyBy.POST: ("address", "우편 주소"),
    ReplyBy.FAX: ("fax", "팩스"),
}


def file_complaint(
    *,
    filing: Filing,
    by: Actor,
    now: datetime,
    registered_by: StaffMember | None = None,
    address: str = "",
    seen: Collection[int] = (),
) -> Filed:
    """Take in an opinion: case, event, commitments and owed notices in one transaction.

    A form filed twice (same ``form_token``, same words) is one case, and the second answer shows
    the same number and code. Changed and sent again it is another case: nothing typed is lost, and
    a stranger's token opens nothing. ``address`` is the client's, for the limit of filings an hour.
    ``seen`` are cases that this browser may see: one of them sent again, from a page fetched anew
    after going back, is that case.

    Raises Refused (with the field meant), TooMany.
    """
    filing = _with_own_token(filing)
    if filing.form_token:
        before = _filed_before(filing)
        if before is not None:
            return before
    once_more = _sent_once_more(filing, seen, now=now) if seen else None
    if once_more is not None:
        return once_more
    if registered_by is not None and not may(registered_by.user, "register_complaint"):
        raise NotAllowed
    if address and limits.count("file", address, now=now) > int(options.value("filings_per_hour")):
        raise limits.refuse(now=now)
    checked = _checked(filing, now=now)
    try:
        with transaction.atomic():
            filed = _file(filing, checked, by=by, now=now, registered_by=registered_by)
    except IntegrityError:
        before = _filed_before(filing) if filing.form_token else None
        if before is None:
            raise
        return before
    notices.nudge()
    return filed


def _with_own_token(filing: Filing) -> Filing:
    """The filing under a token that belongs to the form and to what it says."""
    if not filing.form_token:
        return filing
    said = [
        filing.kind, filing.topic_code, *_essence(filing.subject, filing.body), filing.channel,
        filing.name,
        filing.email, filing.phone, filing.address, filing.fax, filing.reply_by,
        filing.about_staff, filing.filed_for, filing.previous_receipt_number,
        [file.sha256 for file in filing.attachments],
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    return replace(filing, form_token=f"{filing.form_token}:{digest}")


def _essence(*said: str) -> tuple[str, ...]:
    """What was said, however it is spaced."""
    return tuple("".join(clean_text(text).split()) for text in said)


def _is_the_same(complaint: Complaint, filing: Filing) -> bool:
    """Whether somebody who may see this case sends it once more."""
    kept = records_queries.files_of(SUBJECT, complaint.pk)
    return (
        (complaint.kind, complaint.topic.code) == (filing.kind, filing.topic_code)
        and _essence(complaint.subject, complaint.body, complaint.name, complaint.about_staff_text)
        == _essence(filing.subject, filing.body, filing.name, filing.about_staff)
        and complaint.email == normalise_email(filing.email)
        and complaint.phone == normalise_phone(filing.phone)
        and {file.sha256 for file in kept} == {file.sha256 for file in filing.attachments}
    )


def _sent_once_more(filing: Filing, seen: Collection[int], *, now: datetime) -> Filed | None:
    """One of the cases ``seen``, of the last day, if this is the same once more."""
    rows = Complaint.objects.select_related("topic", "team")
    for complaint in rows.filter(pk__in=seen, registered_at__gt=now - timedelta(days=1)):
        if complaint.is_open and _is_the_same(complaint, filing):
            return Filed(complaint=complaint, access_code=None, created=False)
    return None


def _filed_before(filing: Filing) -> Filed | None:
    complaint = Complaint.objects.filter(form_token_hash=_token_hash(filing.form_token)).first()
    if complaint is None:
        return None
    code = numbers.access_code_of(filing.form_token, key=settings.INDEX_KEY)
    same = complaint.access_code_hash == code_hash(complaint.receipt_number, code)
    return Filed(complaint=complaint, access_code=code if same else None, created=False)


def _token_hash(token: str) -> str:
    return keyed_hash("form-token", token)


def code_hash(receipt_number: str, access_code: str) -> str:
    """What is kept of an access code."""
    return keyed_hash("access-code", f"{receipt_number}:{access_code}")


# --- checks -------------------------------------------------------------------------------------


def _checked(filing: Filing, *, now: datetime) -> dict[str, object]:
    """The fields of the case, cleaned; Refused where something is wrong."""
    if filing.kind not in Kind.values:
        raise Refused("구분을 골라 주십시오.", field="kind")
    if filing.channel not in Channel.values:
        raise Refused("접수경로를 골라 주십시오.", field="channel")
    topic = Topic.objects.filter(code=filing.topic_code, active=True).first()
    if topic is None:
        raise Refused(
            "유형을 골라 주십시오. 모르시면 ‘잘 모르겠습니다’를 고르십시오.", field="topic"
        )
    if len(filing.attachments) > MOST_FILES:
        raise Refused(f"파일은 {MOST_FILES}개까지 붙일 수 있습니다.", field="attachments")
    received_at = filing.received_at or now
    _check_times(filing, received_at, now=now)
    if filing.previous_receipt_number.strip() and not numbers.normalise_receipt_number(
        filing.previous_receipt_number
    ):
        raise Refused(
            "접수번호가 맞지 않습니다. 접수 알림에 적힌 번호를 다시 확인하시거나 비워 두십시오. "
            "예: 2026-000123-H",
            field="previous_receipt_number",
        )
    fields: dict[str, object] = {
        "kind": filing.kind,
        "channel": filing.channel,
        "topic": topic,
        "received_at": received_at,
        "subject": words(
            " ".join(filing.subject.split()),
            field="subject",
            required="제목을 적어 주십시오.",
            longest=LONGEST_SUBJECT,
        ),
        "body": words(
            filing.body, field="body", required="내용을 적어 주십시오.", longest=LONGEST_BODY
        ),
    }
    return fields | _contact(filing)


def _check_times(filing: Filing, received_at: datetime, *, now: datetime) -> None:
    for field, instant in (
        ("received_at", received_at),
        ("external_received_at", filing.external_received_at),
        ("external_due_at", filing.external_due_at),
    ):
        if instant is not None and instant.tzinfo is None:
            raise Refused("시각에 시간대가 없습니다.", field=field)
    if received_at > now + timedelta(minutes=1):
        raise Refused(
            "도착한 때가 지금보다 뒤입니다. 실제로 도착한 때를 적어 주십시오.", field="received_at"
        )
    if received_at < now - timedelta(days=365):
        raise Refused("도착한 때가 1년보다 앞입니다. 날짜를 확인해 주십시오.", field="received_at")
    if filing.channel == Channel.TRANSFER and not (
        filing.external_body.strip() and filing.external_number.strip()
    ):
        raise Refused("넘긴 기관과 그 기관의 접수번호를 적어 주십시오.", field="external_number")
    if filing.external_received_at and filing.external_received_at > received_at:
        raise Refused(
            "그 기관의 접수 일시가 우리에게 도착한 때보다 뒤입니다.", field="external_received_at"
        )
    if filing.external_due_at and filing.external_due_at <= received_at:
        raise Refused(refusal("external_due_passed"), field="external_due_at")


def _contact(filing: Filing) -> dict[str, object]:
    """Name and ways to answer; one contact is enough, and anonymous cases have none."""
    if filing.anonymous:
        if filing.channel == Channel.WEB:
            raise Refused("인터넷으로는 이름 없이 접수할 수 없습니다.", field="name")
        return {"anonymous": True}
    return contact_fields(
        name=filing.name,
        email=filing.email,
        phone=filing.phone,
        address=filing.address,
        fax=filing.fax,
        reply_by=filing.reply_by,
    )


def contact_fields(
    *, name: str, email: str, phone: str, address: str, fax: str, reply_by: str
) -> dict[str, object]:
    """Name and contact as they are kept; Refused where the chosen way to answer has no address."""
    line = partial(words, longest=LONGEST_LINE)
    name = line(name, field="name", required="이름을 적어 주십시오.")
    values = {
        "email": normalise_email(line(email, field="email")),
        "phone": _phone(line(phone, field="phone")),
        "address": line(address, field="address"),
        "fax": _phone(line(fax, field="fax"), field="fax"),
    }
    reply_by = reply_by or next(
        (way for way, (field, _label) in _CONTACT_FIELD.items() if values[field]), ReplyBy.EMAIL
    )
    if reply_by not in ReplyBy.values:
        raise Refused("받으실 방법을 골라 주십시오.", field="reply_by")
    field, label = _CONTACT_FIELD[ReplyBy(reply_by)]
    if not values[field]:
        way = ReplyBy(reply_by).label
        raise Refused(refusal("no_contact", contact_way=way, field_label=label), field=field)
    return {
        "name": name,
        **values,
        "reply_by": reply_by,
        "name_index": blind_index("name", name),
        "email_index": blind_index("email", values["email"]),
        "phone_index": blind_index("phone", values["phone"]),
    }


def _phone(text: str, *, field: str = "phone") -> str:
    digits = normalise_phone(text)
    if text and not 7 <= len(digits) <= 15:
        raise Refused("번호를 다시 확인해 주십시오. 예: 010-0000-0000", field=field)
    return digits


# --- writing ------------------------------------------------------------------------------------


def _file(
    filing: Filing,
    checked: dict[str, object],
    *,
    by: Actor,
    now: datetime,
    registered_by: StaffMember | None,
) -> Filed:
    complaint, code = _create(filing, checked, now=now, registered_by=registered_by)
    _keep_what_came_along(complaint, filing, now=now)
    record(
        complaint,
        "complaint-received",
        at=complaint.received_at,
        by=by,
        data={"channel": complaint.channel, "kind": complaint.kind},
        key=f"complaint:{complaint.pk}:received",
    )
    without = kept_out(complaint) | _who_declined(complaint)
    choice = choose(topic=complaint.topic, without=without, now=now)
    _give_to(complaint, choice)
    _open_commitments(complaint, filing, now=now)
    _tell_of_receipt(complaint, filing, code, now=now)
    tell_of_assignment(complaint, choice, now=now)
    registry.call(registry.after_filing, complaint, now=now)
    return Filed(complaint=complaint, access_code=code, created=True)


def _create(
    filing: Filing, checked: dict[str, object], *, now: datetime, registered_by: StaffMember | None
) -> tuple[Complaint, str]:
    year = now.astimezone(SEOUL).year
    sequence = records.next_number(name=f"receipt:{year}")
    number = numbers.receipt_number(year=year, sequence=sequence)
    token = filing.form_token
    code = (
        numbers.access_code_of(token, key=settings.INDEX_KEY)
        if token
        else numbers.new_access_code()
    )
    filed_for: Any = {
        name: words(str(text), field="filed_for", longest=LONGEST_LINE)
        for name, text in filing.filed_for.items()
        if str(text).strip()
    }
    complaint = Complaint.objects.create(
        receipt_number=number,
        access_code_hash=code_hash(number, code),
        form_token_hash=_token_hash(token) if token else None,
        registered_at=now,
        registered_by=registered_by,
        about_staff_text=words(filing.about_staff, field="about_staff", longest=LONGEST_LINE),
        filed_for=filed_for,
        assistance=words(filing.assistance, field="assistance", longest=LONGEST_LINE),
        language=filing.language,
        publish_consent=filing.publish_consent,
        survey_consent=filing.survey_consent,
        previous=_previous(filing),
        external_body=words(filing.external_body, field="external_body", longest=120),
        external_number=words(filing.external_number, field="external_number", longest=60),
        external_received_at=filing.external_received_at,
        external_due_at=filing.external_due_at,
        **checked,
    )
    return complaint, code


def _previous(filing: Filing) -> Complaint | None:
    """The earlier case that was named; an unknown number is kept in the log only as absent."""
    number = numbers.normalise_receipt_number(filing.previous_receipt_number)
    return Complaint.objects.filter(receipt_number=number).first() if number else None


def _who_declined(complaint: Complaint) -> frozenset[int]:
    """Whoever wrote the refusal that this case goes on from: "다른 사람이 처음부터 다시 검토합니다" (§7.7)."""
    if complaint.previous is None:
        return frozenset()
    told = complaint.previous.responses.filter(told_at__isnull=False)
    last = told.filter(decision__in=[Decision.DECLINED, Decision.NOT_ADOPTED]).last()
    return frozenset({last.drafted_by_id}) if last is not None else frozenset()


def _keep_what_came_along(complaint: Complaint, filing: Filing, *, now: datetime) -> None:
    find_staff_concerned(complaint, now=now)
    for checked_file in filing.attachments:
        records.store_file(
            checked=checked_file, subject_type=SUBJECT, subject_id=complaint.pk, now=now
        )
    for purpose, given in (
        ("handling", bool(filing.consent_version)),
        ("publication", filing.publish_consent),
        ("survey", filing.survey_consent),
    ):
        if filing.consent_version:
            records.give_consent(
                subject_type=SUBJECT,
                subject_id=complaint.pk,
                purpose=purpose,
                version=filing.consent_version,
                given=given,
                now=now,
            )


def find_staff_concerned(complaint: Complaint, *, now: datetime) -> None:
    """Whom the case is about: named in the field, or, in a complaint, found in the text.

    What cannot be matched to one person is marked as unclear: only leads and managers see the
    case until it is settled, and of them nobody whom the words could fit ("팀장님").
    """
    named = clean_text(complaint.about_staff_text).strip()
    meant = people_meant(named, _employed(now=now))
    _keep_out(complaint, meant.named | meant.fitting, origin=AboutStaff.Origin.NAMED)
    if complaint.kind == Kind.COMPLAINT:
        text = f"{complaint.subject}\n{complaint.body}"
        note_people_in(complaint, text, origin=AboutStaff.Origin.FOUND, now=now)
    nobody = not named or _NOBODY.fullmatch(named) is not None
    unclear = bool(meant.fitting) or not (nobody or meant.named)
    if unclear and complaint.kind != Kind.COMPLIMENT:
        Complaint.objects.filter(pk=complaint.pk).update(about_staff_unclear=True)
        complaint.about_staff_unclear = True


def note_people_in(
    complaint: Complaint, text: str, *, origin: AboutStaff.Origin, now: datetime
) -> bool:
    """Keep out of the case whom ``text`` names beyond doubt; whether there was anybody."""
    found = people_named(text, _employed(now=now))
    _keep_out(complaint, found, origin=origin)
    return bool(found)


def _employed(*, now: datetime) -> list[StaffMember]:
    return list(centre_queries.employed(at=now).select_related("team"))


def _keep_out(complaint: Complaint, people: set[int], *, origin: AboutStaff.Origin) -> None:
    AboutStaff.objects.bulk_create(
        [AboutStaff(complaint=complaint, person_id=pk, origin=origin) for pk in sorted(people)],
        ignore_conflicts=True,
    )


def _give_to(complaint: Complaint, choice: Choice) -> None:
    """Set team and handler of a case just filed; while it is unclear whom it is about, a lead's."""
    handler = choice.handler
    if handler is not None and not may_have(complaint, handler):
        handler = None
    complaint.team, complaint.handler = choice.team, handler
    complaint.state = State.ASSIGNED
    complaint.assigned_at = complaint.registered_at
    complaint.save(update_fields=["team", "handler", "state", "assigned_at"])


def may_have(complaint: Complaint, person: StaffMember) -> bool:
    """Whether the case may be given to this person: while it is unclear whom it is about, a lead."""
    return not complaint.about_staff_unclear or is_chief(person)


def _open_commitments(complaint: Complaint, filing: Filing, *, now: datetime) -> None:
    """The promises that apply: registered in time, answered in time, the team named in time."""
    open_commitment = partial(
        standards.open_commitment,
        subject_type=SUBJECT,
        subject_id=complaint.pk,
        team=complaint.team,
        now=now,
    )
    prefix = f"complaint:{complaint.pk}"
    open_commitment(
        code="every-opinion",
        key=f"{prefix}:every-opinion",
        started_at=complaint.received_at,
    )
    standards.fulfil(key=f"{prefix}:every-opinion", at=complaint.registered_at, now=now)
    if not has_reply_clock(complaint):
        return
    arrived = min(filter(None, [complaint.received_at, complaint.external_received_at]))
    open_commitment(
        code="reply",
        key=reply_key(complaint),
        started_at=arrived,
        cap_at=complaint.external_due_at,
        category=complaint.kind,
    )
    if is_dissatisfaction(complaint):
        open_commitment(
            code="stage-1",
            key=f"{prefix}:stage-1",
            started_at=complaint.received_at,
            category=complaint.kind,
        )


def _tell_of_receipt(complaint: Complaint, filing: Filing, code: str, *, now: datetime) -> None:
    if complaint.anonymous:
        return
    if filing.told_on_the_spot:
        standards.observe(
            code="receipt-mail",
            key=f"complaint:{complaint.pk}:receipt:on-the-spot",
            at=now,
            kept=1,
            team=complaint.team,
            category="other",
        )
        return
    opens = centre_queries.calendar().next_open_at(now)
    tell_citizen(
        complaint,
        "receipt",
        key="receipt",
        now=now,
        secret=code,
        context={
            "due_explanation": plain_explanation(reply_commitment(complaint)),
            "next_open_at": korean_instant(opens) if opens > now else "",
            "filed_by_name": complaint.name if complaint.filed_for.get("name") else "",
        },
    )


def tell_of_assignment(complaint: Complaint, choice: Choice, *, now: datetime) -> None:
    """Tell the team and the handler; nobody found is told loudly to the desk and its lead."""
    prefix = f"assigned:{complaint.version}"
    if complaint.handler is None:
        tell_staff(
            desk_for(complaint, out=kept_out(complaint)),
            "voc-unassigned",
            complaint=complaint,
            key=f"unassigned:{complaint.version}",
            now=now,
            hours="any",
        )
        return
    if choice.handler is not None:
        standards.observe(
            code="expert-assigned",
            key=f"complaint:{complaint.pk}:expert",  # who had it first (promise 1), counted once
            at=now,
            kept=int(choice.expert),
            team=complaint.team,
        )
    at_once = partial(tell_staff, complaint=complaint, now=now, hours="any")  # only reminders wait
    at_once([complaint.handler], "assigned", key=prefix)
    if complaint.about_staff_unclear:
        return
    mates = StaffMember.objects.filter(team=complaint.team, left_on=None)
    stage = Commitment.objects.filter(key=f"complaint:{complaint.pk}:stage-1").first()
    runs = stage is not None and stage.fulfilled_at is None and stage.due_at > now
    ack_due = stage.due_at if stage is not None and runs else due_in("4h", now=now)
    at_once(
        list(mates.exclude(pk=complaint.handler.pk).select_related("user", "team")),
        "team-referred",
        key=f"team:{complaint.version}",
        context={"ack_due_at": korean_instant(ack_due)},
    )


def registered_actor(person: StaffMember | None) -> Actor:
    return actor(person) if person is not None else CITIZEN
