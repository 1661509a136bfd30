"""What must always be true of courses; ``manage.py verify`` prints what is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from education.models import Certificate, Course, CourseState, Enrolment, EnrolmentState
from education.queries import CODE, COURSE, ENROLMENT
from notices.models import Notice
from records.models import Consent, Event
from standards.models import Commitment, State


def breaches() -> Iterator[str]:
    """A line for each breach, naming rows by number: no personal data."""
    yield from _promises()
    yield from _places()
    yield from _told()
    yield from _certificates()
    yield from _disposed()


def _say(rows: QuerySet[Any], what: str) -> Iterator[str]:
    kind = rows.model._meta.model_name
    for pk in rows.order_by("pk").values_list("pk", flat=True)[:100]:
        yield f"{kind} {pk}: {what}"


def _promises() -> Iterator[str]:
    """One promise a course that is counted; none for what was called off but those missed."""
    mine = Commitment.objects.filter(subject_type=COURSE, subject_id=OuterRef("pk"), code=CODE)
    counted = mine.exclude(state=State.EXCLUDED)
    public = Course.objects.filter(state__in=[CourseState.ANNOUNCED, CourseState.FINISHED])
    yield from _say(public.filter(~Exists(counted)), "20일 전 공지 약속이 없습니다")
    cancelled = Course.objects.filter(state=CourseState.CANCELLED)
    yield from _say(
        cancelled.filter(Exists(counted.exclude(state__in=[State.MISSED, State.RUNNING]))),
        "열지 않는 교육의 약속이 아직 세어집니다",
    )
    several = (
        Commitment.objects.filter(subject_type=COURSE, code=CODE)
        .exclude(state=State.EXCLUDED)
        .values("subject_id")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    for pk in several.order_by("subject_id").values_list("subject_id", flat=True)[:100]:
        yield f"course {pk}: 공지 약속이 두 번 세어집니다"
    told = Course.objects.exclude(announced_at=None)
    yield from _say(told.filter(announcements=None), "공지한 증거가 없습니다")
    event = Event.objects.filter(
        subject_type=COURSE, subject_id=OuterRef("pk"), kind="course-announced"
    )
    yield from _say(told.filter(~Exists(event)), "공지 기록이 없습니다")


def _places() -> Iterator[str]:
    full = Course.objects.annotate(
        enrolled=Count("enrolments", filter=Q(enrolments__state=EnrolmentState.ENROLLED)),
        waiting=Count("enrolments", filter=Q(enrolments__state=EnrolmentState.WAITING)),
    )
    yield from _say(full.filter(enrolled__gt=F("capacity")), "정원보다 많이 확정되었습니다")
    yield from _say(
        full.filter(state=CourseState.ANNOUNCED, waiting__gt=0, enrolled__lt=F("capacity")),
        "자리가 있는데 기다리는 사람이 있습니다",
    )
    consent = Consent.objects.filter(subject_type=ENROLMENT, subject_id=OuterRef("pk"), given=True)
    yield from _say(Enrolment.objects.filter(~Exists(consent)), "동의 기록이 없습니다")


def _told() -> Iterator[str]:
    """Who got a place, or joined the waiting list, was told so."""
    key = Concat(
        Value("enrolment:"), Cast(OuterRef("pk"), CharField()), Value(":course-"),
        output_field=CharField(),
    )  # fmt: skip
    told = Notice.objects.filter(
        subject_type=ENROLMENT, subject_id=OuterRef("pk"), key__startswith=key
    )
    given = told.filter(template__in=["course-enrolled", "course-confirmed"])
    enrolled = Enrolment.objects.filter(state=EnrolmentState.ENROLLED)
    yield from _say(enrolled.filter(~Exists(given)), "확정되었다고 알린 적이 없습니다")
    waiting = Enrolment.objects.filter(state=EnrolmentState.WAITING)
    yield from _say(
        waiting.filter(~Exists(told.filter(template="course-waiting"))),
        "기다리신다고 알린 적이 없습니다",
    )


def _certificates() -> Iterator[str]:
    live = Certificate.objects.filter(withdrawn_at=None)
    yield from _say(
        live.exclude(enrolment__state=EnrolmentState.ENROLLED), "참석자가 아닌 사람의 수료증입니다"
    )
    yield from _say(
        live.exclude(enrolment__course__state=CourseState.FINISHED),
        "끝나지 않은 교육의 수료증입니다",
    )


def _disposed() -> Iterator[str]:
    kept = Enrolment.objects.filter(course__disposed_at__isnull=False)
    yield from _say(
        kept.exclude(name="", email="", phone=""), "지운 교육에 신청자 정보가 남아 있습니다"
    )
    event = Event.objects.filter(subject_type=COURSE, subject_id=OuterRef("pk"), kind="disposed")
    gone = Course.objects.exclude(disposed_at=None)
    yield from _say(gone.filter(~Exists(event)), "파기 기록이 없습니다")
