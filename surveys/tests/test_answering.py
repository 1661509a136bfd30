"""Answering: once a person, in time or half an hour later, joined to nobody or to the subject."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import models

from centre.models import StaffMember
from complaints.models import Complaint
from complaints.tests.conftest import seoul
from notices.models import Notice, Status
from records.models import Event
from surveys import services
from surveys.errors import Ended, NotAllowed, NotNow, Refused, Unanswerable, UnknownToken, Used
from surveys.models import Answer, Invitation, Response, Survey
from surveys.services.inviting import Guest, invite
from surveys.tests.conftest import END, MORNING, NEEDED, a_nonce, answered, the_invitation
from surveys.tokens import token_of

pytestmark = pytest.mark.usefixtures("demo_centre")
HOUR = timedelta(hours=1)


def guest(survey: Survey, number: int = 1) -> Guest:
    return Guest(
        key=f"survey:{survey.pk}:{number}",
        name="김하람",
        way="email",
        address=f"haram{number}@example.com",
        context={"year": 2026},
    )


# --- once -----------------------------------------------------------------------------------------


def test_an_invitation_is_answered_once(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    survey = opened("case")
    closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    invitation = the_invitation()
    answered(survey, invitation=invitation, now=MORNING + 3 * HOUR)
    with pytest.raises(Used):
        answered(survey, invitation=invitation, now=MORNING + 4 * HOUR)
    assert Response.objects.count() == 1


def test_a_form_counts_once_however_often_it_is_sent(opened: Callable[..., Survey]) -> None:
    survey = opened()
    answered(survey, nonce="the-same-form-twice")
    with pytest.raises(Used):
        answered(survey, nonce="the-same-form-twice")
    answered(survey)
    assert Response.objects.count() == 2
    assert Answer.objects.count() == 4


@pytest.mark.parametrize("nonce", ["", "short", "x" * 65])
def test_a_form_without_its_number_is_refused(opened: Callable[..., Survey], nonce: str) -> None:
    survey = opened()
    with pytest.raises(Refused):
        services.answer(
            survey_id=survey.pk, edition=survey.edition, given=NEEDED["visit"], nonce=nonce,
            now=MORNING,
        )  # fmt: skip


def test_what_does_not_fit_uses_no_invitation(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    survey = opened("case")
    closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    invitation = the_invitation()
    with pytest.raises(Unanswerable):
        answered(survey, {"C9": ["6"]}, invitation=invitation, now=MORNING + 3 * HOUR)
    assert not the_invitation().used
    assert not Survey.objects.get(pk=survey.pk).frozen


def test_a_guessed_token_is_limited(demo_centre: None) -> None:
    from complaints.errors import TooMany  # noqa: PLC0415

    for _ in range(20):
        with pytest.raises(UnknownToken):
            services.find_invitation(token="0" * 32, address="192.0.2.7", now=MORNING)
    with pytest.raises(TooMany):
        services.find_invitation(token="0" * 32, address="192.0.2.7", now=MORNING)
    with pytest.raises(UnknownToken):  # somebody else is not kept out by it
        services.find_invitation(token="가" * 32, address="192.0.2.8", now=MORNING)


def test_a_confidential_survey_needs_an_invitation(opened: Callable[..., Survey]) -> None:
    with pytest.raises(NotAllowed):
        answered(opened("case"))


def test_an_invitation_opens_no_other_survey(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    opened("case")
    closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    with pytest.raises(UnknownToken):
        answered(opened("visit"), invitation=the_invitation(), now=MORNING + 3 * HOUR)


# --- in time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "taken"),
    [
        (timedelta(seconds=-1), True),
        (timedelta(0), True),
        (timedelta(minutes=30), True),
        (timedelta(minutes=30, microseconds=1), False),
        (timedelta(days=1), False),
    ],
)
def test_what_was_begun_in_time_is_taken_for_half_an_hour(
    opened: Callable[..., Survey], after: timedelta, taken: bool
) -> None:
    survey = opened()
    if taken:
        answered(survey, now=END + after)
        assert Response.objects.count() == 1
    else:
        with pytest.raises(Ended):
            answered(survey, now=END + after)


def test_closed_by_hand_while_somebody_answers(
    opened: Callable[..., Survey], manager: StaffMember
) -> None:
    survey = opened()
    answered(survey)
    services.close_survey(survey_id=survey.pk, by=manager, now=MORNING + HOUR)
    answered(survey, now=MORNING + HOUR + timedelta(minutes=29))
    with pytest.raises(Ended):
        answered(survey, now=MORNING + HOUR + timedelta(minutes=31))


def test_beat_was_away_when_it_ended(opened: Callable[..., Survey]) -> None:
    """Nobody closed it yet; the end that people were told holds all the same."""
    survey = opened()
    with pytest.raises(Ended):
        answered(survey, now=END + HOUR)
    services.follow_times(now=END + 5 * HOUR)
    survey.refresh_from_db()
    assert (survey.status, survey.closed_at) == ("closed", END)


def test_an_invitation_expires_after_a_fortnight(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    survey = opened("case")
    closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    invitation = the_invitation()
    assert invitation.expires_at == MORNING + 2 * HOUR + timedelta(days=14)
    services.check_open(invitation, now=invitation.expires_at)
    late = invitation.expires_at + timedelta(minutes=1)
    with pytest.raises(Ended):
        services.check_open(invitation, now=late)
    services.check_open(invitation, now=late, began=True)
    with pytest.raises(Ended):
        answered(survey, invitation=invitation, now=late + HOUR)


def test_questions_that_changed_meanwhile_are_shown_first(
    opened: Callable[..., Survey], manager: StaffMember
) -> None:
    survey = opened()
    services.move_question(
        survey_id=survey.pk, question_id=survey.questions.all()[0].pk, up=False, by=manager,
        now=MORNING,
    )  # fmt: skip
    with pytest.raises(NotNow):
        answered(survey, edition=survey.edition)
    answered(survey)
    assert Response.objects.count() == 1


# --- joined to whom -------------------------------------------------------------------------------


def test_confidential_answers_carry_their_groups(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    survey = opened("case")
    case = closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    response = answered(survey, invitation=the_invitation(), now=seoul("2026-09-10 00:10"))
    assert (response.subject_type, response.subject_id) == ("complaint", case.pk)
    assert (response.team_id, response.topic_id) == (case.team_id, case.topic_id)
    assert response.channel == "web"
    assert response.answered_on == date(2026, 9, 10)  # still the ninth in UTC


def test_nothing_joins_an_anonymous_answer_to_anybody(opened: Callable[..., Survey]) -> None:
    """Looks at every column there is: no link, no instant, no order, no trace of the token."""
    survey = opened("yearly")
    invite(survey=survey, guests=[guest(survey, n) for n in range(3)], now=MORNING)
    for invitation in Invitation.objects.order_by("key"):
        answered(survey, invitation=invitation, now=MORNING + HOUR)
    _no_instant_and_no_order(Response)
    _no_instant_and_no_order(Answer, but={"released_at"})
    for response in Response.objects.all():
        joined = ("invitation_id", "subject_id", "team_id", "topic_id")
        assert [getattr(response, name) for name in joined] == [None] * 4
        assert response.subject_type == response.channel == ""
    known = {str(value) for row in Invitation.objects.values() for value in row.values() if value}
    known |= {token_of(row.key) for row in Invitation.objects.all()}
    kept = {str(value) for row in Response.objects.values() for value in row.values() if value}
    kept |= {str(value) for row in Answer.objects.values() for value in row.values() if value}
    shared = {one for one in known & kept if len(one) > 6}  # not survey numbers and flags
    assert not shared
    assert not Event.objects.filter(at=MORNING + HOUR).exists()
    assert Invitation.objects.filter(used=True).count() == 3


def _no_instant_and_no_order(
    model: type[models.Model], but: frozenset[str] | set[str] = frozenset()
) -> None:
    for row in model._meta.concrete_fields:
        assert not isinstance(row, models.DateTimeField) or row.name in but, row.name
        assert not isinstance(row, models.AutoField), row.name
    numbers = [row.pk for row in model._default_manager.all()]
    assert all(isinstance(number, uuid.UUID) for number in numbers)


def test_mixing_leaves_no_order_and_no_reminder(opened: Callable[..., Survey]) -> None:
    survey = opened("yearly")
    invite(survey=survey, guests=[guest(survey, n) for n in range(6)], now=MORNING)
    Invitation.objects.update(reminded_at=MORNING)
    for invitation in list(Invitation.objects.order_by("key"))[:4]:
        answered(survey, invitation=invitation, now=MORNING + HOUR)
    assert services.mix(now=MORNING + HOUR) == 0  # four would be among themselves
    answered(survey, invitation=the_invitation(key=f"survey:{survey.pk}:4"), now=MORNING + HOUR)
    before = {row.key: row.token_hash for row in Invitation.objects.all()}
    assert services.mix(now=MORNING + HOUR) == 1
    assert {row.key: row.token_hash for row in Invitation.objects.all()} == before
    assert set(Invitation.objects.filter(used=True).values_list("reminded_at", flat=True)) == {None}
    assert Invitation.objects.filter(used=False).get().reminded_at == MORNING
    assert services.mix(now=MORNING + HOUR) == 0  # nothing new


@pytest.mark.postgres
def test_what_the_database_keeps_of_a_row_tells_nothing(opened: Callable[..., Survey]) -> None:
    """xmin says in which transaction a row was written: before mixing it joins, afterwards not."""
    from django.db import connection  # noqa: PLC0415

    def written(table: str) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT DISTINCT xmin::text FROM {table} WHERE survey_id = %s",  # noqa: S608
                [survey.pk],
            )
            return {row[0] for row in cursor.fetchall()}

    survey = opened("yearly")
    invite(survey=survey, guests=[guest(survey, n) for n in range(5)], now=MORNING)
    for invitation in Invitation.objects.order_by("key"):
        answered(survey, invitation=invitation, now=MORNING + HOUR)
    services.mix(now=MORNING + HOUR)
    assert len(written("surveys_invitation")) == 1
    assert not written("surveys_invitation") & written("surveys_response")


# --- told on the phone ----------------------------------------------------------------------------


def test_nobody_enters_what_is_said_about_his_own_work(
    opened: Callable[..., Survey],
    closed_case: Callable[..., Complaint],
    person: Callable[[str], StaffMember],
) -> None:
    survey = opened("case")
    case = closed_case(email="", phone="010-0000-1234", reply_by="phone")
    services.invite_cases(now=MORNING + 2 * HOUR)
    invitation = the_invitation()
    assert invitation.way == "phone"
    task = Notice.objects.get(key=f"survey-invite:{invitation.key}")
    assert task.status == Status.TASK
    assert task.staff_id not in {None, case.handler_id}
    values: dict[str, Any] = {
        "survey_id": survey.pk, "edition": survey.edition, "given": NEEDED["case"],
        "invitation": invitation, "now": MORNING + 3 * HOUR,
    }  # fmt: skip
    assert case.handler is not None
    with pytest.raises(NotAllowed):
        services.enter_answers(by=case.handler, nonce=a_nonce(), **values)
    caller = person("im.do")
    response = services.enter_answers(by=caller, nonce=a_nonce(), **values)
    assert response.way == "phone"
    task.refresh_from_db()
    assert task.status == Status.DELIVERED  # ringing was the task
    with pytest.raises(Used):
        services.enter_answers(by=caller, nonce=a_nonce(), **values)


def test_paper_is_entered_without_anybody_s_name(
    opened: Callable[..., Survey], person: Callable[[str], StaffMember]
) -> None:
    survey = opened("visit")
    events = Event.objects.count()
    response = services.enter_answers(
        survey_id=survey.pk, edition=survey.edition, given=NEEDED["visit"], nonce=a_nonce(),
        way="paper", by=person("im.do"), now=MORNING,
    )  # fmt: skip
    assert (response.way, response.invitation_id) == ("paper", None)
    assert Event.objects.count() == events  # who entered it and when would say whose it is


# --- 다시 살펴봐 주세요 ---------------------------------------------------------------------------


def test_who_was_not_helped_may_ask_again_once(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    survey = opened("case")
    case = closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    invitation = the_invitation()
    answered(
        survey,
        {"C7": ["3"], "C9": ["1"], "C10": ["비밀"]},
        invitation=invitation,
        now=MORNING + 3 * HOUR,
    )
    invitation = the_invitation()
    values: dict[str, Any] = {"invitation": invitation, "address": "192.0.2.7"}
    filed = services.look_again(text="", now=MORNING + 4 * HOUR, **values)
    assert filed is not None
    assert filed.created
    assert Complaint.objects.get(pk=filed.complaint.pk).stage == 2
    assert filed.complaint.body == "만족도 조사에서 다시 살펴봐 달라고 하셨습니다."
    source = filed.complaint.repeats.get(status="confirmed").reasons
    assert source == "만족도 조사에서 다시 살펴봐 달라고 함"
    with pytest.raises(NotNow):  # it is being looked at
        services.look_again(text="또", now=MORNING + 5 * HOUR, **values)
    assert Complaint.objects.filter(name_index=case.name_index).count() == 2


def test_a_question_that_was_not_answered_is_opened_again(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    survey = opened("case")
    case = closed_case(kind="enquiry")
    services.invite_cases(now=MORNING + 2 * HOUR)
    answered(
        survey, {"C7": ["3"], "C9": ["2"]}, invitation=the_invitation(), now=MORNING + 3 * HOUR
    )
    values: dict[str, Any] = {"invitation": the_invitation(), "address": "192.0.2.7"}
    assert services.look_again(text="아직 모르겠습니다", now=MORNING + 4 * HOUR, **values) is None
    case.refresh_from_db()
    assert (case.state, case.round) == ("reviewing", 2)
    with pytest.raises(NotNow):
        services.look_again(text="또", now=MORNING + 5 * HOUR, **values)


def test_who_was_helped_is_not_offered_it(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    survey = opened("case")
    closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    assert not services.may_ask_again(the_invitation(), now=MORNING + 3 * HOUR)
    answered(survey, invitation=the_invitation(), now=MORNING + 3 * HOUR)
    invitation = the_invitation()
    assert not services.may_ask_again(invitation, now=MORNING + 3 * HOUR)
    with pytest.raises(NotNow):
        services.look_again(invitation=invitation, text="", address="", now=MORNING + 3 * HOUR)


def test_tokens_stand_nowhere_in_the_database(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    opened("case")
    closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    token = token_of(the_invitation().key)
    assert re.fullmatch(r"[0-9a-f]{32}", token)
    for row in Invitation.objects.values():
        assert token not in map(str, row.values())
    notice = Notice.objects.get(template="survey-case")
    assert token not in notice.body
    assert notice.secret == token  # encrypted, and blanked once it is delivered
