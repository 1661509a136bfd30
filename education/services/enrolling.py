"""Somebody enrols, waits, gives the place back. Places are counted under the lock of the course."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from centre import options
from centre.models import StaffMember
from centre.words import korean_instant
from complaints.services import limits
from education import queries
from education.errors import AlreadyEnrolled, NotFound, NotNow, Refused, TooMany
from education.models import ACTIVE, Course, CourseState, Enrolment, EnrolmentState
from education.queries import ENROLMENT
from education.services import telling
from education.services._base import (
    actor_or_citizen,
    lock,
    record,
    require,
    token,
    words,
)
from education.wording import day_before_at_six
from notices import services as notices
from records import crypto
from records.actors import SYSTEM
from records.personal import normalise_email, normalise_phone
from records.services import give_consent

CONSENT = "course"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEnrolment:
    """What the form asks for. ``consent_version`` names the text that was agreed to; empty is no
    consent, and refused. ``age_confirmed``: 14 or older."""

    name: str
    email: str = ""
    phone: str = ""
    assistance: str = ""
    consent_version: str = ""
    age_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Enrolled:
    """``number`` is the place on the waiting list, 0 for who has a place."""

    enrolment: Enrolment
    number: int
    created: bool


def enrol(
    *,
    course_id: int,
    form_token: str,
    new: NewEnrolment,
    now: datetime,
    by: StaffMember | None = None,
    address: str = "",
) -> Enrolled:
    """Take a place, or one on the waiting list, once a form.

    ``by`` is who writes it down for a caller: then a phone number is enough, and the end of
    enrolment is not asked, but the start is. ``address`` is the citizen's, for the limit.
    AlreadyEnrolled: without ``by`` whoever enrolled before has been told so, once a day.
    """
    if by is None:
        _refuse_floods(address, now=now)
    try:
        with transaction.atomic():
            done = _enrol(
                course_id=course_id, form_token=token(form_token), new=new, now=now, by=by
            )
    except AlreadyEnrolled as error:
        if by is None:
            _tell_already(error.enrolment_id, now=now)
        raise
    if done.created:
        notices.nudge()
    return done


@transaction.atomic
def _tell_already(enrolment_id: int, *, now: datetime) -> None:
    enrolment = Enrolment.objects.select_related("course__handler").get(pk=enrolment_id)
    telling.tell_already(enrolment.course, enrolment, now=now)


def _refuse_floods(address: str, *, now: datetime) -> None:
    if limits.count("enrol", address, now=now) > options.number("enrolments_per_hour"):
        raise TooMany(
            "짧은 시간에 여러 번 신청하셨습니다. 잠시 뒤에 다시 해 주십시오. 급하시면 "
            f"{options.text('centre_phone')}에 전화해 주십시오."
        )


def _enrol(
    *,
    course_id: int,
    form_token: str,
    new: NewEnrolment,
    now: datetime,
    by: StaffMember | None,
) -> Enrolled:
    if by is not None:
        require(by, "enrol_participant")
    course = lock(course_id)
    known = Enrolment.objects.filter(form_token=form_token, course=course).first()
    if known is not None:
        return Enrolled(known, _number(known), created=False)
    _require_open(course, now=now, by_staff=by is not None)
    enrolment = _checked(new, course=course, by_staff=by is not None)
    enrolled, _waiting = queries.seats(course)
    enrolment.form_token, enrolment.taken_by = form_token, by
    enrolment.created_at = enrolment.queued_at = now
    if enrolled < course.capacity:
        enrolment.state, enrolment.confirmed_at = EnrolmentState.ENROLLED, now
    else:
        enrolment.state = EnrolmentState.WAITING
    enrolment.save()
    give_consent(
        subject_type=ENROLMENT,
        subject_id=enrolment.pk,
        purpose=CONSENT,
        version=new.consent_version,
        given=True,
        now=now,
    )
    number = _number(enrolment)
    data: dict[str, Any] = {"enrolment": enrolment.pk, "state": str(enrolment.state)}
    key = f"enrolled:{enrolment.pk}"
    record(course, "course-enrolled", at=now, by=actor_or_citizen(by), key=key, **data)
    if number:
        telling.tell_waiting(course, enrolment, number=number, now=now)
    else:
        telling.tell_enrolled(course, enrolment, now=now)
    return Enrolled(enrolment, number, created=True)


def _number(enrolment: Enrolment) -> int:
    return queries.waiting_number(enrolment) if enrolment.state == EnrolmentState.WAITING else 0


def _require_open(course: Course, *, now: datetime, by_staff: bool) -> None:
    if course.state == CourseState.CANCELLED:
        raise NotNow("이 교육은 열지 않게 되었습니다. 다른 교육을 골라 주십시오.")
    if course.has_started(at=now) or course.state == CourseState.FINISHED:
        raise NotNow("이미 시작한 교육이라 신청을 받을 수 없습니다. 다음 교육을 기다려 주십시오.")
    if course.state != CourseState.ANNOUNCED or course.enrol_opens_at is None:
        raise NotFound
    if now < course.enrol_opens_at:
        opens = korean_instant(course.enrol_opens_at)
        raise NotNow(f"아직 신청을 받지 않습니다. {opens}부터 신청하실 수 있습니다.")
    if not by_staff and not course.takes_enrolments(at=now):
        raise NotNow(
            "신청 기간이 끝났습니다. 자리가 있는지 담당자에게 전화로 물어 주십시오: "
            f"{queries.contact_of(course)}"
        )


def _checked(new: NewEnrolment, *, course: Course, by_staff: bool) -> Enrolment:
    name = words(new.name, field="name", required="이름을 적어 주십시오.", longest=60)
    email = _email(new.email, required=not by_staff)
    phone = _phone(new.phone)
    if not email and not phone:
        raise Refused("이메일이나 전화 가운데 하나를 적어 주십시오.", field="phone")
    assistance = words(new.assistance, field="assistance", longest=300)
    if not new.consent_version:
        raise Refused("개인정보 수집·이용에 동의하셔야 신청할 수 있습니다.", field="consent")
    if not new.age_confirmed:
        raise Refused("만 14세 이상인지 확인해 주십시오.", field="age_confirmed")
    nonce = secrets.token_hex(16)
    enrolment = Enrolment(
        course=course,
        name=name,
        email=email,
        phone=phone,
        email_index=crypto.blind_index("email", email),
        phone_index=crypto.blind_index("phone", phone),
        assistance=assistance,
        nonce=nonce,
        token_hash=queries.token_hash(queries.link_token(nonce)),
    )
    _refuse_second(enrolment)
    return enrolment


def _email(text: str, *, required: bool) -> str:
    email = normalise_email(words(text, field="email", longest=254))
    if not email:
        if required:
            raise Refused("이메일을 적어 주십시오. 없으시면 전화로 신청해 주십시오.", field="email")
        return ""
    try:
        validate_email(email)
    except ValidationError:
        raise Refused(
            "이메일 주소를 다시 확인해 주십시오. 예: name@example.com", field="email"
        ) from None
    return email


def _phone(text: str) -> str:
    digits = normalise_phone(words(text, field="phone", longest=60))
    if text.strip() and not 7 <= len(digits) <= 15:
        raise Refused("번호를 다시 확인해 주십시오. 예: 010-0000-0000", field="phone")
    return digits


def _refuse_second(enrolment: Enrolment) -> None:
    """The same contact once a course; the unique constraints say so too."""
    active = Enrolment.objects.filter(course=enrolment.course, state__in=ACTIVE)
    for field in ("email", "phone"):
        index = getattr(enrolment, f"{field}_index")
        known = active.filter(**{f"{field}_index": index}).first() if index else None
        if known is not None:
            raise AlreadyEnrolled(field=field, enrolment_id=known.pk)


# --- giving a place back ------------------------------------------------------------------------


def cancel_by_link(*, link_token: str, now: datetime) -> Enrolment:
    """The citizen gives the place back. NotFound for a link that leads nowhere."""
    found = queries.enrolment_by_token(link_token)
    if found is None:
        raise NotFound
    return _cancel(found.pk, found.course_id, by=None, now=now)


def cancel_enrolment(*, enrolment_id: int, by: StaffMember, now: datetime) -> Enrolment:
    """Staff write down that somebody does not come after all."""
    require(by, "enrol_participant")
    course_id = (
        Enrolment.objects.filter(pk=enrolment_id).values_list("course_id", flat=True).first()
    )
    if course_id is None:
        raise NotFound
    return _cancel(enrolment_id, course_id, by=by, now=now)


@transaction.atomic
def _cancel(
    enrolment_id: int, course_id: int, *, by: StaffMember | None, now: datetime
) -> Enrolment:
    course = lock(course_id)
    enrolment = Enrolment.objects.get(pk=enrolment_id)
    if enrolment.state == EnrolmentState.CANCELLED:
        return enrolment
    if course.state != CourseState.ANNOUNCED:
        raise NotNow("이미 끝났거나 열지 않기로 한 교육입니다. 취소하지 않으셔도 됩니다.")
    if course.has_started(at=now):
        raise NotNow("이미 시작한 교육은 취소할 수 없습니다. 담당자에게 전화해 주십시오.")
    enrolment.state, enrolment.cancelled_at = EnrolmentState.CANCELLED, now
    enrolment.save(update_fields=["state", "cancelled_at"])
    notices.cancel(subject_type=ENROLMENT, subject_id=enrolment.pk, templates=None, now=now)
    key = f"enrolment-cancelled:{enrolment.pk}"
    record(
        course,
        "enrolment-cancelled",
        at=now,
        by=actor_or_citizen(by),
        key=key,
        enrolment=enrolment.pk,
    )
    move_up(course, now=now)
    return enrolment


def move_up(course: Course, *, now: datetime) -> int:
    """Who waits longest gets what is free, up to the start. The course is locked by the caller."""
    if course.state != CourseState.ANNOUNCED or course.starts_at is None:
        return 0
    enrolled, waiting = queries.seats(course)
    free = min(course.capacity - enrolled, waiting)
    if free <= 0 or course.has_started(at=now):
        return 0
    lucky = list(
        course.enrolments.filter(state=EnrolmentState.WAITING).order_by("queued_at", "pk")[:free]
    )
    Enrolment.objects.filter(pk__in=[one.pk for one in lucky]).update(
        state=EnrolmentState.ENROLLED, confirmed_at=now
    )
    for one in lucky:
        one.state, one.confirmed_at = EnrolmentState.ENROLLED, now
        record(
            course,
            "enrolment-confirmed",
            at=now,
            by=SYSTEM,
            key=f"confirmed:{one.pk}",
            enrolment=one.pk,
        )
    telling.tell_confirmed(course, lucky, until=give_back_by(course.starts_at, now=now), now=now)
    notices.nudge()
    return len(lucky)


def give_back_by(starts_at: datetime, *, now: datetime) -> datetime:
    """18:00 of the day before; where that is over, the start."""
    until = day_before_at_six(starts_at)
    return until if now < until else starts_at
