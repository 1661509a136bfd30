"""Inviting: once a closing, once a course and person, once a yearly survey and address.

Batches of their own transactions, so that ten thousand people cost neither memory nor one long
lock. Row, token and notice follow from the invitation's key: two passes at once write the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from centre import options
from centre import queries as centre_queries
from centre.models import StaffMember, Team, Topic
from complaints.models import Complaint
from complaints.queries import kept_out
from complaints.services.telling import desk_for, desk_people
from notices import services as notices
from notices.models import Channel as Way
from notices.models import Notice
from notices.texts import CODE_PLACE
from standards import occasions
from standards.occasions import Occasion, Participant
from surveys.models import Invitation, Kind, Status, Survey
from surveys.queries import (
    CASE,
    LOOK_BACK,
    SURVEY,
    closed_cases,
    closing_key,
    consented,
    published,
    year_of,
)
from surveys.services._base import record
from surveys.services.building import copy_of
from surveys.services.promises import promise_course, settle_course
from surveys.services.running import open_survey
from surveys.tokens import hash_of, number_of, token_of

Row = TypeVar("Row")
BATCH: Final = 500
INVITE, REMIND = "survey-invite:", "survey-remind:"
TEMPLATES: Final = {
    Kind.CASE: "survey-case",
    Kind.COURSE: "survey-course",
    Kind.YEARLY: "survey-yearly",
}
#: Attendance is often entered some days after a course.
COURSE_LOOK_BACK: Final = timedelta(days=28)
#: The token comes into it while sending, like an access code, and is blanked afterwards.
_ADDRESS: Final = "/surveys/answer/token/"
_SCRIPT: Final = (
    "전화로 여쭙는 만족도 조사입니다. 본인의 일을 본인이 여쭙지 않습니다. "
    "답은 아래 화면에 그대로 적어 주십시오. 원하지 않으시면 ‘원하지 않으심’이라고 적고 마칩니다.\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Whom to ask. ``key`` is unique for ever; ``context`` fills the invitation's words."""

    key: str
    name: str
    way: str
    address: str
    subject: tuple[str, int | None] = ("", None)
    team: Team | None = None
    topic: Topic | None = None
    channel: str = ""
    worker: StaffMember | None = None
    context: dict[str, Any] = field(default_factory=dict)
    callers: Sequence[StaffMember] = ()


def invite(*, survey: Survey, guests: Iterable[Guest], now: datetime) -> int:
    """Ask them, who were not asked before; says how many. Nobody is asked without an address."""
    facts = centre_queries.facts()
    expires_at = now + timedelta(days=options.number("survey_days"))
    known = _last_results() if survey.kind == Kind.YEARLY else ""
    invited = 0
    for batch in _batches(_askable(survey, guests)):
        with transaction.atomic():
            invited += _invite(
                survey, batch, facts={**facts, "last_results_url": known}, until=expires_at, now=now
            )
    if invited:
        notices.nudge()
    return invited


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """So many at a time, and never all of them."""
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch


def _askable(survey: Survey, guests: Iterable[Guest]) -> Iterator[Guest]:
    """Nobody is asked to rate his own work: not at the address at which he works either."""
    for guest in guests:
        own = guest.worker is not None and guest.address.lower() == guest.worker.email.lower()
        if guest.address and not own:
            yield guest


def _invite(
    survey: Survey,
    guests: Sequence[Guest],
    *,
    facts: dict[str, str],
    until: datetime,
    now: datetime,
) -> int:
    keys = [guest.key for guest in guests]
    asked = set(Invitation.objects.filter(key__in=keys).values_list("key", flat=True))
    fresh = list({guest.key: guest for guest in guests if guest.key not in asked}.values())
    if survey.closes_at is not None:
        until = min(until, survey.closes_at)
    rows = [_row(survey, guest, until=until, now=now) for guest in fresh]
    Invitation.objects.bulk_create(rows, ignore_conflicts=True)
    items = [
        owed_for(row, INVITE, survey=survey, facts=facts, callers=guest.callers)
        for row, guest in zip(rows, fresh, strict=True)
    ]
    return notices.owe_many(items, now=now)


def _row(survey: Survey, guest: Guest, *, until: datetime, now: datetime) -> Invitation:
    joined = survey.confidential
    return Invitation(
        id=number_of(guest.key),
        survey=survey,
        key=guest.key,
        token_hash=hash_of(token_of(guest.key)),
        subject_type=guest.subject[0] if joined else "",
        subject_id=guest.subject[1] if joined else None,
        team=guest.team if joined else None,
        topic=guest.topic if joined else None,
        channel=guest.channel if joined else "",
        worker=guest.worker,
        name=guest.name,
        way=guest.way,
        address=guest.address,
        context=guest.context,
        invited_at=now,
        expires_at=until,
    )


def owed_for(
    row: Invitation,
    prefix: str,
    *,
    survey: Survey,
    facts: dict[str, str],
    callers: Sequence[StaffMember] = (),
) -> notices.Owed:
    """The notice to whoever is asked; the token is blanked once it is delivered."""
    context: dict[str, Any] = {
        **facts,
        "citizen_name": row.name,
        "survey_url": f"{settings.SITE_URL}{_ADDRESS.replace('token', CODE_PLACE)}",
        "survey_until": row.expires_at,
        **row.context,
    }
    if row.way == Way.PHONE:
        page = reverse("admin:surveys_survey_enter", args=[survey.pk])
        context["phone_script"] = f"{_SCRIPT}{settings.SITE_URL}{page}?invitation={row.pk}"
    about = (CASE, row.subject_id) if survey.kind == Kind.CASE else (SURVEY, survey.pk)
    return notices.Owed(
        key=f"{prefix}{row.key}",
        template="survey-reminder" if prefix == REMIND else TEMPLATES[Kind(survey.kind)],
        subject_type=about[0],
        subject_id=about[1] or survey.pk,
        to=notices.Citizen(name=row.name, channel=row.way, address=row.address),
        context=context,
        secret=token_of(row.key),
        task_for=list(callers)[:1],
    )


# --- cases ----------------------------------------------------------------------------------------


def invite_cases(*, now: datetime) -> int:
    """Asks about the cases closed an open hour ago, while a survey of cases is open."""
    survey = _open(Kind.CASE, now=now)
    if survey is None:
        return 0
    cases = closed_cases(now=now, calendar=centre_queries.calendar())
    keys = {closing_key(case): case for case in cases}
    asked = Invitation.objects.filter(key__in=keys).values_list("key", flat=True)
    for key in list(asked):
        del keys[key]
    guests = (_guest_of_case(case, key) for key, case in keys.items())
    return invite(survey=survey, guests=guests, now=now)


def _guest_of_case(case: Complaint, key: str) -> Guest:
    """By e-mail, else by phone; somebody else than who handled the case rings."""
    by_mail = bool(case.email)
    out = kept_out(case) | ({case.handler_id} if case.handler_id else set())
    return Guest(
        key=key,
        name=case.name,
        way=Way.EMAIL if by_mail else Way.PHONE,
        address=case.email or case.phone,
        subject=("complaint", case.pk),
        team=case.team,
        topic=case.topic,
        channel=case.channel,
        worker=case.handler,
        context={"receipt_number": case.receipt_number},
        callers=() if by_mail else desk_for(case, out=frozenset(out)),
    )


# --- courses --------------------------------------------------------------------------------------


def invite_courses(*, now: datetime) -> int:
    """Asks those who attended the courses that ended, each course by a survey of its own."""
    ended = occasions.ended_since("course", now - COURSE_LOOK_BACK, until=now)
    return sum(invite_attended(course=course, now=now) for course in ended)


def invite_attended(*, course: Occasion, now: datetime) -> int:
    """The survey of one course: made from the open questionnaire of courses, opened, sent.

    Whoever is entered as present later is asked later. Without an open questionnaire nothing is
    sent, the promise runs, and the manager is warned.
    """
    promise_course(course, now=now)
    if not course.people:
        return 0
    survey = _survey_of(course, now=now)
    if survey is None or not survey.is_open_at(now):
        return 0
    if len(course.people) > survey.invitations.count():
        _give_time(survey, now=now)
    guests = (_guest_of_course(course, person) for person in course.people)
    invited = invite(survey=survey, guests=guests, now=now)
    if invited or survey.invited_at is None:
        survey.invited_at = now
        survey.save(update_fields=["invited_at"])
    return invited


def _give_time(survey: Survey, *, now: datetime) -> None:
    """Whoever is asked later has as many days as the first."""
    until = now + timedelta(days=options.number("survey_days"))
    if survey.closes_at is not None and survey.closes_at < until:
        survey.closes_at = until
        survey.save(update_fields=["closes_at"])


def _survey_of(course: Occasion, *, now: datetime) -> Survey | None:
    found = Survey.objects.filter(
        subject_type=course.subject_type, subject_id=course.subject_id
    ).first()
    if found is not None:
        return found
    model = _open(Kind.COURSE, now=now)
    return None if model is None else _make_for(course, model, now=now)


@transaction.atomic
def _make_for(course: Occasion, model: Survey, *, now: datetime) -> Survey:
    survey = copy_of(
        model,
        now=now,
        series=f"course-{course.subject_id}",
        title=f"교육 만족도: {course.title}"[:120],
        subject=(course.subject_type, course.subject_id),
        team=course.team,
    )
    survey.opens_at, survey.renewal = now, ""
    survey.closes_at = now + timedelta(days=options.number("survey_days"))
    survey.save(update_fields=["opens_at", "closes_at", "renewal"])
    record(survey, "survey-created", at=now, now=now, data={"from": model.slug})
    return open_survey(survey_id=survey.pk, by=None, now=now)


def _guest_of_course(course: Occasion, person: Participant) -> Guest:
    by_mail = person.way == Way.EMAIL
    return Guest(
        key=f"{course.subject_type}:{course.subject_id}:{person.key}",
        name=person.name,
        way=person.way,
        address=person.address,
        subject=(course.subject_type, course.subject_id),
        team=course.team,
        worker=course.worker,
        context={"course_title": course.title},
        callers=() if by_mail else _callers(course.worker),
    )


def _callers(worker: StaffMember | None) -> list[StaffMember]:
    return desk_people(without=[worker.pk] if worker is not None else [])


# --- the yearly survey ----------------------------------------------------------------------------


def invite_consented(*, now: datetime) -> int:
    """Asks all who said yes, for the open yearly surveys that are to; goes on where it stopped."""
    rows = Survey.objects.open().filter(kind=Kind.YEARLY, asks_consented=True, invited_at=None)
    invited = 0
    for survey in rows:
        if survey.is_open_at(now):
            guests = (_guest_of_year(survey, case) for case in consented(now=now))
            invited += invite(survey=survey, guests=guests, now=now)
            Survey.objects.filter(pk=survey.pk, invited_at=None).update(invited_at=now)
            record(
                survey,
                "survey-invited",
                at=now,
                now=now,
                data={"invited": invited},
                key=f"survey:{survey.pk}:invited",
            )
    return invited


def _guest_of_year(survey: Survey, case: Complaint) -> Guest:
    return Guest(
        key=f"survey:{survey.pk}:{case.email_index}",
        name=case.name,
        way=Way.EMAIL,
        address=case.email,
        context={"year": year_of(survey.opened_at or survey.created_at)},
    )


def _last_results() -> str:
    last = published().filter(kind=Kind.YEARLY).first()
    return f"{settings.SITE_URL}{reverse('survey-results', args=[last.slug])}" if last else ""


def _open(kind: Kind, *, now: datetime) -> Survey | None:
    rows = Survey.objects.open().filter(kind=kind, subject_id=None)
    return next((row for row in rows.order_by("-opened_at") if row.is_open_at(now)), None)


# --- afterwards -----------------------------------------------------------------------------------


def remind(*, now: datetime) -> int:
    """One reminder by mail to whoever has not answered; none to those who are rung."""
    after = timedelta(days=options.number("survey_reminder_days"))
    rows = Invitation.objects.filter(
        used=False,
        reminded_at=None,
        way=Way.EMAIL,
        expires_at__gt=now,
        sent_at__lte=now - after,
        survey__status=Status.OPEN,
    ).select_related("survey")
    pks = list(rows.order_by("expires_at").values_list("pk", flat=True))
    facts = centre_queries.facts() if pks else {}
    return sum(_remind(batch, facts=facts, now=now) for batch in _batches(pks))


@transaction.atomic
def _remind(pks: Sequence[Any], *, facts: dict[str, str], now: datetime) -> int:
    """Those of a batch that are still unanswered; marked first, so that two passes remind once."""
    rows = Invitation.objects.select_related("survey").select_for_update(of=("self",))
    due = list(rows.filter(pk__in=pks, used=False, reminded_at=None).order_by("pk"))
    Invitation.objects.filter(pk__in=[row.pk for row in due]).update(reminded_at=now)
    items = [owed_for(row, REMIND, survey=row.survey, facts=facts) for row in due]
    return notices.owe_many(items, now=now)


def delivered(notice: Notice, *, now: datetime) -> None:
    """An invitation reached whoever was asked: a course's promise may be kept by it."""
    if not notice.key.startswith(INVITE):
        return
    key = notice.key.removeprefix(INVITE).partition(":again:")[0]
    at = notice.delivered_at or now
    Invitation.objects.filter(key=key, sent_at=None).update(sent_at=at)
    survey = Survey.objects.filter(invitations__key=key).first()
    if survey is not None and survey.subject_id is not None:
        settle_course(survey, now=now)


def end_tasks(*, now: datetime) -> int:
    """Nobody is rung any more who answered, or whose time to answer is over; says how many."""
    tasks = Notice.objects.open_tasks().filter(key__startswith=INVITE)
    keys = {
        row.key.removeprefix(INVITE).partition(":again:")[0]: row for row in tasks.without_texts()
    }
    asked = Invitation.objects.filter(key__in=keys)
    over = asked.filter(Q(used=True) | Q(expires_at__lt=now) | ~Q(survey__status=Status.OPEN))
    ended = [keys[key] for key in over.values_list("key", flat=True)]
    return sum(
        notices.cancel(
            subject_type=row.subject_type,
            subject_id=row.subject_id,
            templates=[row.template],
            keys_with=row.key,
            now=now,
        )
        for row in ended
    )


def forget_addresses(*, now: datetime) -> int:
    """Names and addresses are blanked when the time to answer is over for good."""
    over = Invitation.objects.filter(expires_at__lt=now - LOOK_BACK).exclude(name="", address="")
    return over.update(name="", address="")
