"""A survey opens, ends, and goes on in the next one; by beat when its time has come."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import IntegrityError, transaction

from centre.models import StaffMember
from surveys.errors import NotNow, Refused
from surveys.models import Status, Survey
from surveys.queries import year_of
from surveys.services._base import lock, record, require
from surveys.services.building import copy_of, end_of_period
from surveys.services.promises import promise_publication, settle_year

logger = logging.getLogger(__name__)


@transaction.atomic
def open_survey(*, survey_id: int, by: StaffMember | None, now: datetime) -> Survey:
    """Answers are taken from ``now`` on. ``by`` is None where beat does it.

    Needs questions and an end; another open one of the same series has to end first.
    """
    if by is not None:
        require(by)
    survey = lock(survey_id)
    if survey.status != Status.DRAFT:
        raise NotNow("준비 중인 설문만 열 수 있습니다.")
    if not survey.questions.exists():
        raise NotNow("문항이 하나도 없습니다. 문항을 넣은 뒤 열어 주십시오.")
    if survey.closes_at is None and not survey.is_model:
        raise Refused("마치는 때를 정한 뒤 열어 주십시오.", field="closes_at")
    if survey.closes_at is not None and survey.closes_at <= now:
        raise Refused("마치는 때가 이미 지났습니다. 다시 정해 주십시오.", field="closes_at")
    survey.status, survey.opened_at = Status.OPEN, now
    try:
        with transaction.atomic():
            survey.save(update_fields=["status", "opened_at"])
    except IntegrityError:
        raise NotNow("같은 조사의 앞의 판이 열려 있습니다. 먼저 그것을 마쳐 주십시오.") from None
    record(survey, "survey-opened", at=now, now=now, by=by)
    return survey


@transaction.atomic
def close_survey(*, survey_id: int, by: StaffMember | None, now: datetime) -> Survey:
    """No more answers, but for those begun in time; the results are to be published.

    By beat it ended when it was planned to, however late beat comes. What goes on opens anew.
    """
    if by is not None:
        require(by)
    survey = lock(survey_id)
    if survey.status != Status.OPEN:
        raise NotNow("받고 있는 설문만 마칠 수 있습니다.")
    planned = survey.closes_at
    survey.closed_at = planned if by is None and planned is not None and planned < now else now
    survey.status = Status.CLOSED
    survey.save(update_fields=["status", "closed_at"])
    record(survey, "survey-closed", at=survey.closed_at, now=now, by=by)
    after_answers(survey, now=now)
    if survey.renewal:
        _go_on(survey, now=now)
    return survey


def after_answers(survey: Survey, *, now: datetime) -> None:
    """What the answers of an ended survey owe and keep; also for those that came a little later."""
    promise_publication(survey, now=now)
    settle_year(survey, now=now)


def _go_on(survey: Survey, *, now: datetime) -> None:
    """The next one, until the end of its period: see ``end_of_period``."""
    following = copy_of(survey, now=now)
    following.opens_at = survey.closed_at
    following.closes_at = end_of_period(survey.renewal, now=now)
    following.save(update_fields=["opens_at", "closes_at"])
    open_survey(survey_id=following.pk, by=None, now=now)


def follow_times(*, now: datetime) -> int:
    """Opens what was planned to open and ends what was planned to end; says how many.

    Each on its own: one that cannot be opened holds up no other.
    """
    ended = Survey.objects.open().filter(closes_at__lte=now)
    done = sum(_try(close_survey, survey, now=now) for survey in ended)
    planned = Survey.objects.filter(status=Status.DRAFT, opens_at__lte=now, closes_at__gt=now)
    return done + sum(_try(open_survey, survey, now=now) for survey in planned)


def _try(verb: object, survey: Survey, *, now: datetime) -> bool:
    assert callable(verb)  # noqa: S101 - one of the two above
    try:
        verb(survey_id=survey.pk, by=None, now=now)
    except Refused as refused:
        logger.warning("survey %s: %s", survey.pk, refused)
        return False
    return True


def year_begins(survey: Survey) -> int:
    """The Seoul year a survey speaks of."""
    return year_of(survey.opened_at or survey.opens_at or survey.created_at)
