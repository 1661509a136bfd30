"""The demo centre, and shorthands for surveys, invitations and answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from centre.models import StaffMember
from complaints.models import Complaint, State
from complaints.models import Response as Answered
from complaints.tests.conftest import demo_centre, file, person, seoul
from surveys import services
from surveys.models import Invitation, Kind, Response, Survey
from surveys.queries import with_questions

__all__ = ["demo_centre", "file", "person"]

#: A Wednesday in an ordinary week.
MORNING = seoul("2026-09-09 10:00")
END = seoul("2026-12-20 18:00")
#: The least that each questionnaire asks for.
NEEDED: dict[str, dict[str, list[str]]] = {
    "case": {"C7": ["1"], "C9": ["4"]},
    "course": {"E1": ["4"], "E5": ["5"], "E7": ["4"], "E9": ["4"]},
    "visit": {"V1": ["5"], "V6": ["4"]},
    "phone": {"P7": ["4"]},
    "yearly": {"Y21": ["4"]},
}
_nonces = itertools.count(1)


def a_nonce() -> str:
    return f"nonce-of-a-form-{next(_nonces):06d}"


@pytest.fixture
def manager(person: Callable[[str], StaffMember]) -> StaffMember:
    """Who builds surveys: the secretary general."""
    return StaffMember.objects.select_related("user", "team").get(position="secretary_general")


@pytest.fixture
def draft(manager: StaffMember) -> Callable[..., Survey]:
    """A survey from its questionnaire, with an end, that does not go on by itself."""

    def do(kind: str = "visit", *, now: datetime = MORNING, closes_at: Any = END) -> Survey:
        survey = services.create_survey(kind=kind, by=manager, now=now)
        Survey.objects.filter(pk=survey.pk).update(closes_at=closes_at, renewal="")
        survey.refresh_from_db()
        return survey

    return do


@pytest.fixture
def opened(draft: Callable[..., Survey], manager: StaffMember) -> Callable[..., Survey]:
    """A survey that takes answers."""

    def do(kind: str = "visit", *, now: datetime = MORNING, closes_at: Any = END) -> Survey:
        made = draft(kind, now=now, closes_at=closes_at)
        services.open_survey(survey_id=made.pk, by=manager, now=now)
        return with_questions(Survey.objects.filter(pk=made.pk)).get()

    return do


def answered(
    survey: Survey,
    given: dict[str, list[str]] | None = None,
    *,
    now: datetime = MORNING,
    invitation: Invitation | None = None,
    **more: Any,
) -> Response:
    """One answer, by default with no more than what is needed."""
    return services.answer(
        survey_id=survey.pk,
        edition=more.pop("edition", Survey.objects.get(pk=survey.pk).edition),
        given=given if given is not None else NEEDED[survey.kind],
        nonce=more.pop("nonce", None) or a_nonce(),
        invitation=invitation,
        now=now,
        **more,
    )


@pytest.fixture
def closed_case(file: Callable[..., Any]) -> Callable[..., Complaint]:
    """A case closed at an instant, whose citizen said yes to be asked."""

    def do(at: datetime = MORNING, **values: Any) -> Complaint:
        given: dict[str, Any] = {"survey_consent": True} | values
        filed = file(at - timedelta(days=2), **given).complaint
        rows = Complaint.objects.filter(pk=filed.pk)
        rows.update(state=State.CLOSED, closed_at=at, told_at=at, version=F("version") + 1)
        found = rows.select_related("handler__user", "team", "topic").get()
        assert found.handler is not None
        Answered.objects.create(
            complaint=found, status="told", answer="확인하여 바로잡았습니다.", told_at=at,
            drafted_by=found.handler, drafted_at=at,
        )  # fmt: skip
        return found

    return do


def the_invitation(**where: Any) -> Invitation:
    return Invitation.objects.select_related("survey").get(**where)


KINDS = [kind.value for kind in Kind]
