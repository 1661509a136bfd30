"""What participants are told, and the calendar file that goes with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from centre.calendar import SEOUL, seoul_day
from education import queries
from education.calendars import CONTENT_TYPE, FILE_NAME, CalendarCourse, calendar_file
from education.models import ACTIVE, Announcement, Certificate, Course, Enrolment
from education.queries import COURSE, ENROLMENT
from education.wording import when
from notices import services as notices
from notices.models import Channel
from records.files import CheckedFile
from records.models import StoredFile
from records.services import store_file

# --- the calendar file --------------------------------------------------------------------------


def calendar_of(course: Course) -> bytes:
    """The course as it stands now."""
    told = queries.announcements_of(course)
    stamp = told[-1].at if told else course.created_at
    shown = CalendarCourse(
        course_id=course.pk,
        title=course.title,
        text=course.text,
        place=course.place,
        url=queries.course_url(course.pk),
        contact=queries.contact_of(course),
        host=urlsplit(settings.SITE_URL).hostname or "localhost",
        stamp=course.cancelled_at or stamp,
        sequence=len(told) + (course.cancelled_at is not None),
        cancelled=course.cancelled_at is not None,
    )
    return calendar_file(shown, list(course.sessions.all()))


def keep_calendar(course: Course, *, now: datetime) -> StoredFile:
    """The file as it is sent along with the mails of one announcement."""
    content = calendar_of(course)
    checked = CheckedFile(
        FILE_NAME, CONTENT_TYPE.partition(";")[0], content, hashlib.sha256(content).hexdigest()
    )
    return store_file(checked=checked, subject_type=COURSE, subject_id=course.pk, now=now)


def _calendar_kept(course: Course) -> StoredFile | None:
    latest = course.announcements.select_related("calendar_file").order_by("-at", "-pk").first()
    return latest.calendar_file if latest else None


# --- the mails ----------------------------------------------------------------------------------


def citizen_of(enrolment: Enrolment) -> notices.Citizen:
    """By e-mail; where there is none somebody rings."""
    if enrolment.email:
        return notices.Citizen(enrolment.name, Channel.EMAIL, enrolment.email)
    return notices.Citizen(enrolment.name, Channel.PHONE, enrolment.phone)


def _owed(
    course: Course,
    enrolment: Enrolment,
    template: str,
    *,
    once: str = "",
    attachment: StoredFile | None = None,
    **context: Any,
) -> notices.Owed:
    by_mail = bool(enrolment.email)
    return notices.Owed(
        key=f"enrolment:{enrolment.pk}:{template}" + (f":{once}" if once else ""),
        template=template,
        subject_type=ENROLMENT,
        subject_id=enrolment.pk,
        to=citizen_of(enrolment),
        context={"course_title": course.title, **context},
        task_for=course.handler,
        attachment=attachment if by_mail else None,
    )


def _about(course: Course) -> dict[str, Any]:
    return {"course_date": when(list(course.sessions.all())), "course_place": course.place}


def tell_enrolled(course: Course, enrolment: Enrolment, *, now: datetime) -> None:
    """The place is taken, with the calendar file and the way to give the place back."""
    owed = _owed(
        course,
        enrolment,
        "course-enrolled",
        attachment=_calendar_kept(course),
        cancel_url=queries.enrolment_url(enrolment),
        course_contact=queries.contact_of(course),
        calendar_url=f"{settings.SITE_URL}{reverse('education:calendar', args=[course.pk])}",
        **_about(course),
    )
    notices.owe_many([owed], now=now)


def tell_already(course: Course, enrolment: Enrolment, *, now: datetime) -> None:
    """Somebody enrolled this contact again; once a day, however often that is tried."""
    owed = _owed(
        course,
        enrolment,
        "course-enrolled-already",
        once=seoul_day(now).isoformat(),
        cancel_url=queries.enrolment_url(enrolment),
        course_contact=queries.contact_of(course),
    )
    notices.owe_many([owed], now=now)


def tell_waiting(course: Course, enrolment: Enrolment, *, number: int, now: datetime) -> None:
    owed = _owed(
        course,
        enrolment,
        "course-waiting",
        waiting_no=number,
        cancel_url=queries.enrolment_url(enrolment),
    )
    notices.owe_many([owed], now=now)


def tell_confirmed(
    course: Course, enrolments: Iterable[Enrolment], *, until: datetime, now: datetime
) -> None:
    """A place became free for them."""
    kept, about = _calendar_kept(course), _about(course)
    owed = [
        _owed(
            course,
            enrolment,
            "course-confirmed",
            attachment=kept,
            cancel_url=queries.enrolment_url(enrolment),
            confirm_until=until,
            **about,
        )
        for enrolment in enrolments
    ]
    notices.owe_many(owed, now=now)


def tell_moved(
    course: Course, announcement: Announcement, *, old_words: str, now: datetime
) -> None:
    """Everybody who is enrolled or waits hears of the new date, with the new calendar file."""
    about = _about(course)
    owed = [
        _owed(
            course,
            enrolment,
            "course-rescheduled",
            once=str(announcement.pk),
            attachment=announcement.calendar_file,
            old_date=old_words,
            reason=announcement.reason,
            cancel_url=queries.enrolment_url(enrolment),
            **about,
        )
        for enrolment in _active(course)
    ]
    notices.owe_many(owed, now=now)


def tell_cancelled(course: Course, *, now: datetime) -> None:
    owed = [
        _owed(course, enrolment, "course-cancelled", reason=course.cancel_reason)
        for enrolment in _active(course)
    ]
    notices.owe_many(owed, now=now)


def tell_tomorrow(course: Course, enrolments: Iterable[Enrolment], *, now: datetime) -> int:
    """The day before, once a date."""
    about = _about(course)
    about |= {"bring": course.bring, "map_url": course.map_url}
    once = f"{course.starts_at.astimezone(SEOUL):%Y%m%dT%H%M}" if course.starts_at else ""
    owed = [_owed(course, one, "course-tomorrow", once=once, **about) for one in enrolments]
    return notices.owe_many(owed, now=now)


def tell_completed(
    course: Course, certificates: Mapping[int, Certificate], *, now: datetime
) -> None:
    """Those who completed the course get the link to their certificate; ``certificates`` by enrolment."""
    owed = [
        _owed(
            course,
            certificate.enrolment,
            "course-completed",
            once=str(certificate.pk),
            certificate_url=f"{queries.enrolment_url(certificate.enrolment)}certificate/",
        )
        for certificate in certificates.values()
    ]
    notices.owe_many(owed, now=now)


def tell_withdrawn(course: Course, certificate: Certificate, *, now: datetime) -> None:
    owed = _owed(
        course,
        certificate.enrolment,
        "course-certificate-withdrawn",
        once=str(certificate.pk),
        certificate_number=certificate.number,
        reason=certificate.withdrawn_why,
        course_contact=queries.contact_of(course),
    )
    notices.owe_many([owed], now=now)


def _active(course: Course) -> list[Enrolment]:
    return list(course.enrolments.filter(state__in=ACTIVE).exclude(name="").order_by("pk"))
