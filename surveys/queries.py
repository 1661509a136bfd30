"""Which surveys there are, who may be asked, and what is owed for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import (
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce
from django.urls import reverse

from centre.calendar import SEOUL, Allowance, Calendar, Rule, Unit, seoul_day
from centre.models import User
from centre.rights import may
from complaints.models import Complaint
from complaints.models import Kind as CaseKind
from complaints.models import State as CaseState
from surveys.models import Choice, Invitation, Kind, Question, Response, Status, Survey

SURVEY, YEAR, COURSE, CASE = "survey", "survey-year", "survey-course", "survey-case"
#: How long a case stays in the look-out for who is to be invited: as long as an invitation lives.
LOOK_BACK: Final = timedelta(days=14)
#: What goes on all year.
_ALWAYS: Final = (Kind.CASE, Kind.COURSE, Kind.VISIT)
ONE_HOUR: Final = Allowance(1, Unit.HOURS)


# --- keys and addresses ---------------------------------------------------------------------------


def published_key(survey: Survey) -> str:
    """The promise to publish (survey-published); publishing fulfils it."""
    return f"survey:{survey.pk}:published"


def annual_key(year: int) -> str:
    return f"year:{year}:annual-survey"


def course_key(course_id: int) -> str:
    return f"course:{course_id}:course-survey"


def survey_url(survey: Survey) -> str:
    """Where everybody may answer: for what goes on, the address that outlives its versions."""
    name = survey.series if survey.kind in {Kind.VISIT, Kind.PHONE} else survey.slug
    return f"{settings.SITE_URL}{reverse('survey', args=[name])}"


def staff_path(survey_id: int, /) -> str:
    return reverse("admin:surveys_survey_change", args=[survey_id])


# --- surveys --------------------------------------------------------------------------------------


def with_questions(surveys: QuerySet[Survey]) -> QuerySet[Survey]:
    """With questions and choices in order: three queries in all."""
    questions = Question.objects.prefetch_related(
        Prefetch("choices", queryset=Choice.objects.order_by("order", "pk"))
    )
    return surveys.prefetch_related(Prefetch("questions", queryset=questions))


def find_survey(name: str) -> Survey | None:
    """The survey of this slug; of a series the open one, else the latest that is no draft."""
    found = with_questions(Survey.objects.filter(slug=name)).first()
    if found is None:
        rows = Survey.objects.filter(series=name).exclude(status=Status.DRAFT)
        chosen = rows.filter(status=Status.OPEN).first() or rows.order_by("-version").first()
        if chosen is not None:
            found = with_questions(Survey.objects.filter(pk=chosen.pk)).first()
    return found if found is not None and found.status != Status.DRAFT else None


def is_prepared(name: str) -> bool:
    """Whether a survey for everybody that is not open yet has this address, as on a printed card."""
    named = Survey.objects.filter(Q(slug=name) | Q(series=name), status=Status.DRAFT)
    return any(row.by_open_link for row in named)


def listed(*, now: datetime) -> list[Survey]:
    """What everybody may answer now."""
    rows = Survey.objects.open().filter(kind__in=[Kind.VISIT, Kind.YEARLY])
    return [row for row in rows.order_by("closes_at", "pk") if row.is_open_at(now)]


def published() -> QuerySet[Survey]:
    """What has results to read, the latest first."""
    return Survey.objects.filter(status=Status.PUBLISHED).order_by("-closed_at", "-pk")


def for_staff() -> QuerySet[Any]:
    """All surveys with how many were invited, reached and answered; one query.

    Each is counted by itself: joined, ten thousand invitations and answers would be multiplied.
    """
    asked = Invitation.objects.filter(survey=OuterRef("pk"))
    return Survey.objects.annotate(
        invited_count=_count(asked),
        sent_count=_count(asked.filter(sent_at__isnull=False)),
        answered_count=_count(Response.objects.filter(survey=OuterRef("pk"))),
    ).select_related("team")


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("survey").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def not_running(*, now: datetime) -> list[str]:
    """Of what should always be asked, the kinds of which no survey is open: nobody is asked."""
    rows = Survey.objects.open().filter(subject_id=None)
    running = {row.kind for row in rows if row.is_open_at(now)}
    return [str(Kind(kind).label) for kind in _ALWAYS if kind not in running]


def unpublished() -> QuerySet[Survey]:
    """What ended with answers and has no published results."""
    answered = Exists(Response.objects.filter(survey=OuterRef("pk")))
    return Survey.objects.filter(answered, status=Status.CLOSED).order_by("closed_at")


def year_of(instant: datetime) -> int:
    return instant.astimezone(SEOUL).year


def yearly_of(year: int) -> QuerySet[Survey]:
    """The yearly surveys of a Seoul year, planned, held or ended."""
    begin = datetime(year, 1, 1, tzinfo=SEOUL)
    end = datetime(year + 1, 1, 1, tzinfo=SEOUL)
    when = Q(opened_at__gte=begin, opened_at__lt=end)
    planned = Q(opened_at=None, opens_at__gte=begin, opens_at__lt=end)
    return Survey.objects.filter(when | planned, kind=Kind.YEARLY)


def first_of_october(year: int) -> date:
    return date(year, 10, 1)


# --- who is to be asked ---------------------------------------------------------------------------


def closed_cases(*, now: datetime, calendar: Calendar) -> list[Complaint]:
    """The cases closed an open hour ago or more whose citizen said yes to be asked.

    No compliments, nobody without a name. Withdrawn, merged and referred cases are not closed.
    """
    rows = Complaint.objects.filter(
        state=CaseState.CLOSED,
        closed_at__gt=now - LOOK_BACK,
        closed_at__lte=now,
        survey_consent=True,
        anonymous=False,
    ).exclude(kind=CaseKind.COMPLIMENT)
    found = rows.select_related("topic", "team", "handler__user").order_by("closed_at", "pk")
    return [
        case
        for case in found
        if case.closed_at and calendar.add(Rule.WORKING_TIME, ONE_HOUR, case.closed_at) <= now
    ]


def closing_key(case: Complaint) -> str:
    """Once a closing: reopened and closed again, a case has another round."""
    return f"complaint:{case.pk}:closed:{case.round}"


def consented(*, now: datetime) -> Iterator[Complaint]:
    """One case of each e-mail address that said yes in the last year, oldest first.

    Read by piece: ten thousand people do not stand in memory at once.
    """
    year = now - timedelta(days=365)
    rows = Complaint.objects.filter(
        survey_consent=True, anonymous=False, received_at__gt=year, received_at__lte=now
    ).exclude(email_index="")
    later = Complaint.objects.filter(
        email_index=OuterRef("email_index"),
        survey_consent=True,
        anonymous=False,
        pk__gt=OuterRef("pk"),
    )
    latest = rows.filter(~Exists(later)).order_by("pk")
    return latest.only("pk", "name", "email", "email_index").iterator(chunk_size=500)


def invitation_of_case(case: Complaint, *, now: datetime) -> Invitation | None:
    """The invitation that the citizen may still answer."""
    rows = Invitation.objects.filter(
        subject_type="complaint", subject_id=case.pk, used=False, expires_at__gt=now
    ).select_related("survey")
    found = rows.order_by("-invited_at").first()
    return found if found is not None and found.survey.is_open_at(now) else None


def to_ring(survey: Survey, *, now: datetime) -> QuerySet[Invitation]:
    """Who is to be asked on the phone and was not reached yet."""
    rows = survey.invitations.filter(used=False, way="phone", expires_at__gt=now)
    return rows.select_related("worker", "team").order_by("invited_at", "pk")


# --- facts and rights -----------------------------------------------------------------------------


def ids_visible_to(user: User) -> Any:
    """The surveys whose notices this account may see."""
    rows = Survey.objects.all() if may(user, "see_surveys") else Survey.objects.none()
    return rows.values("pk")


def reached_least(survey: Survey, *, least: int) -> bool:
    return survey.responses.count() >= least


def responses_by_day(survey: Survey) -> dict[date, int]:
    """How many answered on each day."""
    rows = survey.responses.order_by("answered_on").values("answered_on").annotate(n=Count("pk"))
    return {row["answered_on"]: row["n"] for row in rows}


def days_since_closed(survey: Survey, *, now: datetime) -> int:
    if survey.closed_at is None:
        return 0
    return (seoul_day(now) - seoul_day(survey.closed_at)).days


def unmixed() -> QuerySet[Survey]:
    """Anonymous surveys of which an invitation was used since they were last mixed."""
    rows = Survey.objects.filter(confidential=False)
    used = Count("invitations", filter=Q(invitations__used=True))
    return rows.annotate(used_count=used).filter(used_count__gt=F("mixed"))
