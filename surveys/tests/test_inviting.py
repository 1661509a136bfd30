"""Who is asked, when, how often, and by which way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from centre.calendar import SEOUL
from centre.models import StaffMember
from complaints.models import Complaint
from complaints.services import reopen_case
from complaints.tests.conftest import seoul
from notices.models import Notice
from notices.services import deliver
from standards import occasions
from standards.models import Commitment
from standards.occasions import Occasion, Participant
from surveys import services
from surveys.models import Invitation, Response, Survey
from surveys.queries import course_key
from surveys.services.inviting import INVITE
from surveys.tests.conftest import MORNING, NEEDED, answered, the_invitation

pytestmark = pytest.mark.usefixtures("demo_centre")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


# --- cases ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closed", "invited"),
    [
        ("2026-09-09 10:00", "2026-09-09 11:00"),
        ("2026-09-09 11:30", "2026-09-09 13:30"),  # lunch is no open hour
        ("2026-09-11 17:30", "2026-09-14 09:30"),  # over the weekend
        ("2026-09-11 20:00", "2026-09-14 10:00"),  # closed in the evening
        ("2026-09-23 17:30", "2026-09-28 09:30"),  # 추석 24, 25 and the weekend
    ],
)
def test_a_case_is_asked_about_one_open_hour_after_its_closing(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint], closed: str, invited: str
) -> None:
    opened("case", now=seoul("2026-09-01 09:00"))
    closed_case(seoul(closed))
    assert services.invite_cases(now=seoul(invited) - timedelta(seconds=1)) == 0
    assert services.invite_cases(now=seoul(invited)) == 1
    assert services.invite_cases(now=seoul(invited) + HOUR) == 0
    assert Notice.objects.filter(template="survey-case").count() == 1


@pytest.mark.parametrize(
    "values",
    [
        {"survey_consent": False},
        {"kind": "compliment"},
    ],
)
def test_who_is_not_asked(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint], values: dict[str, Any]
) -> None:
    opened("case")
    closed_case(**values)
    assert services.invite_cases(now=MORNING + 5 * HOUR) == 0


@pytest.mark.parametrize("state", ["withdrawn", "merged", "referred", "answered"])
def test_only_what_was_closed_is_asked_about(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint], state: str
) -> None:
    opened("case")
    case = closed_case()
    Complaint.objects.filter(pk=case.pk).update(state=state)
    assert services.invite_cases(now=MORNING + 5 * HOUR) == 0


def test_nobody_is_asked_without_an_open_survey(
    draft: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    draft("case")
    closed_case()
    assert services.invite_cases(now=MORNING + 5 * HOUR) == 0


def test_once_a_closing_and_again_after_the_next_one(
    opened: Callable[..., Survey],
    closed_case: Callable[..., Complaint],
    manager: StaffMember,
) -> None:
    opened("case")
    case = closed_case()
    assert services.invite_cases(now=MORNING + 2 * HOUR) == 1
    reopen_case(complaint_id=case.pk, reason="다시 살펴봄", by=manager, now=MORNING + DAY)
    assert services.invite_cases(now=MORNING + DAY + 5 * HOUR) == 0  # it is being handled
    Complaint.objects.filter(pk=case.pk).update(state="closed", closed_at=MORNING + 2 * DAY)
    assert services.invite_cases(now=MORNING + 2 * DAY + 2 * HOUR) == 1
    assert Invitation.objects.count() == 2


def test_a_handler_who_is_the_citizen_is_not_asked_about_his_own_work(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    opened("case")
    case = closed_case()
    assert case.handler is not None
    Complaint.objects.filter(pk=case.pk).update(email=case.handler.email.upper())
    assert services.invite_cases(now=MORNING + 2 * HOUR) == 0


def test_the_invitation_leads_to_the_survey(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint], mailoutbox: list[Any]
) -> None:
    opened("case")
    closed_case()
    now = MORNING + 2 * HOUR
    services.invite_cases(now=now)
    assert the_invitation().sent_at is None
    deliver(now=now)
    mail = next(mail for mail in mailoutbox if "어떠셨는지" in mail.subject)
    from surveys.tokens import token_of  # noqa: PLC0415

    assert f"/surveys/answer/{token_of(the_invitation().key)}/" in mail.body
    sent_at = the_invitation().sent_at
    assert sent_at is not None
    assert now <= sent_at < now + timedelta(minutes=1)
    notice = Notice.objects.get(template="survey-case")
    assert notice.secret == ""
    assert token_of(the_invitation().key) not in notice.body


# --- once more ------------------------------------------------------------------------------------


def _delivered(at: datetime) -> None:
    Invitation.objects.update(sent_at=at)


def test_one_reminder_to_who_has_not_answered(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    survey = opened("case")
    closed_case()
    closed_case(email="na@example.com", name="나도연")
    services.invite_cases(now=MORNING + 2 * HOUR)
    _delivered(MORNING + 2 * HOUR)
    first = Invitation.objects.order_by("key")[0]
    answered(survey, invitation=first, now=MORNING + 3 * HOUR)
    week = MORNING + 2 * HOUR + 7 * DAY
    assert services.remind(now=week - timedelta(seconds=1)) == 0
    assert services.remind(now=week) == 1
    assert services.remind(now=week + DAY) == 0
    assert Notice.objects.filter(template="survey-reminder").count() == 1


def test_no_reminder_after_the_end_or_before_it_arrived(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint], manager: StaffMember
) -> None:
    survey = opened("case")
    closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    assert services.remind(now=MORNING + 8 * DAY) == 0  # it never arrived
    _delivered(MORNING + 2 * HOUR)
    assert services.remind(now=MORNING + 15 * DAY) == 0  # over
    services.close_survey(survey_id=survey.pk, by=manager, now=MORNING + 8 * DAY)
    assert services.remind(now=MORNING + 8 * DAY) == 0


@pytest.mark.parametrize("how", ["answered", "over", "closed"])
def test_nobody_is_rung_any_more(
    opened: Callable[..., Survey],
    closed_case: Callable[..., Complaint],
    manager: StaffMember,
    how: str,
) -> None:
    survey = opened("case")
    closed_case(email="", phone="010-0000-1234", reply_by="phone")
    services.invite_cases(now=MORNING + 2 * HOUR)
    later = MORNING + 5 * HOUR
    assert services.end_tasks(now=later) == 0
    if how == "answered":
        answered(survey, invitation=the_invitation(), now=later)
    elif how == "closed":
        services.close_survey(survey_id=survey.pk, by=manager, now=later)
    else:
        later = the_invitation().expires_at + HOUR
    assert services.end_tasks(now=later) == 1
    assert services.end_tasks(now=later) == 0
    assert Notice.objects.get(template="survey-case").status == "cancelled"
    assert Notice.objects.filter(template="task-tell", status="cancelled").count() == 1


def test_addresses_are_forgotten(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    opened("case")
    closed_case()
    services.invite_cases(now=MORNING + 2 * HOUR)
    assert services.forget_addresses(now=MORNING + 20 * DAY) == 0
    assert services.forget_addresses(now=MORNING + 29 * DAY) == 1
    assert services.forget_addresses(now=MORNING + 30 * DAY) == 0
    invitation = the_invitation()
    assert (invitation.name, invitation.address) == ("", "")


# --- courses --------------------------------------------------------------------------------------


@pytest.fixture
def course() -> Iterator[Callable[..., Occasion]]:
    """A course that another room tells of."""
    told: list[Occasion] = []
    before = dict(occasions._ended)
    occasions.register_occasions(
        "course",
        ended_since=lambda since, *, until: [c for c in told if since < c.ended_at <= until],
    )

    def do(ended_at: datetime = MORNING, people: int = 2, **values: Any) -> Occasion:
        row = Occasion(
            kind="course", subject_type="course", subject_id=values.pop("pk", 7),
            title="자원봉사 기본교육", ended_at=ended_at,
            people=[
                Participant(key=str(n), name=f"수강{n}", way="email", address=f"e{n}@example.com")
                for n in range(people)
            ],
            **values,
        )  # fmt: skip
        told[:] = [one for one in told if one.subject_id != row.subject_id] + [row]
        return row

    yield do
    occasions._ended.clear()
    occasions._ended.update(before)


def test_a_course_gets_a_survey_of_its_own_and_keeps_its_promise(
    opened: Callable[..., Survey], course: Callable[..., Occasion]
) -> None:
    model = opened("course", closes_at=None)
    course()
    assert services.invite_courses(now=MORNING + HOUR) == 2
    assert services.invite_courses(now=MORNING + 2 * HOUR) == 0
    survey = Survey.objects.get(subject_id=7)
    assert (survey.status, survey.previous_id, survey.title) == (
        "open", model.pk, "교육 만족도: 자원봉사 기본교육",
    )  # fmt: skip
    promise = Commitment.objects.get(key=course_key(7))
    assert (promise.code, promise.started_at, promise.state) == (
        "course-survey",
        MORNING,
        "running",
    )
    deliver(now=MORNING + 3 * HOUR)
    promise.refresh_from_db()
    assert promise.state == "kept"
    assert promise.fulfilled_at == Invitation.objects.latest("sent_at").sent_at
    answered(survey, NEEDED["course"], invitation=Invitation.objects.all()[0], now=MORNING + DAY)
    assert Response.objects.get().subject_id == 7


def test_who_is_entered_later_is_asked_later(
    opened: Callable[..., Survey], course: Callable[..., Occasion]
) -> None:
    opened("course", closes_at=None)
    course(people=0)
    assert services.invite_courses(now=MORNING + HOUR) == 0
    course(people=1)
    assert services.invite_courses(now=MORNING + DAY) == 1
    course(people=3)
    assert services.invite_courses(now=MORNING + 2 * DAY) == 2
    survey = Survey.objects.get(subject_id=7)
    last = Invitation.objects.latest("invited_at")
    assert survey.closes_at == last.expires_at == MORNING + 16 * DAY  # as many days as the first


def test_a_course_without_its_survey_is_said_once(
    course: Callable[..., Occasion], manager: StaffMember, opened: Callable[..., Survey]
) -> None:
    course()
    services.invite_courses(now=MORNING + HOUR)
    assert Commitment.objects.filter(key=course_key(7), state="running").exists()
    services.warn(now=MORNING + 2 * DAY)
    assert not Notice.objects.filter(template="course-no-survey").exists()
    services.warn(now=MORNING + 4 * DAY)
    services.warn(now=MORNING + 5 * DAY)
    notice = Notice.objects.get(template="course-no-survey")
    assert notice.staff_id == manager.pk
    assert "자원봉사 기본교육" in notice.title
    opened("course", closes_at=None, now=MORNING + 5 * DAY)
    assert services.invite_courses(now=MORNING + 5 * DAY) == 2  # late, and in time all the same


# --- the yearly survey ----------------------------------------------------------------------------


def test_all_who_said_yes_are_asked_once_by_the_yearly_survey(
    opened: Callable[..., Survey], file: Callable[..., Any]
) -> None:
    for n in range(3):
        file(MORNING - 10 * DAY, survey_consent=True, email=f"a{n}@example.com")
    file(MORNING - 5 * DAY, survey_consent=True, email="A0@example.com")  # the same person
    file(MORNING - 5 * DAY, survey_consent=False, email="no@example.com")
    file(MORNING - 400 * DAY, survey_consent=True, email="old@example.com")
    survey = opened("yearly")
    assert services.invite_consented(now=MORNING) == 0  # not asked for
    Survey.objects.filter(pk=survey.pk).update(asks_consented=True)
    assert services.invite_consented(now=MORNING) == 3
    assert services.invite_consented(now=MORNING + HOUR) == 0
    rows = Invitation.objects.filter(survey=survey)
    assert {row.address for row in rows} == {f"a{n}@example.com" for n in range(3)}
    assert not rows.exclude(subject_type="", subject_id=None, team=None).exists()
    assert "2026년" in Notice.objects.filter(key__startswith=INVITE)[0].title


def test_the_promise_of_the_year(
    opened: Callable[..., Survey], manager: StaffMember, settings: Any
) -> None:
    from centre.models import Option  # noqa: PLC0415

    Option.objects.create(key="yearly_least_answers", value="2")
    services.warn(now=MORNING)
    promise = Commitment.objects.get(key="year:2026:annual-survey")
    assert promise.due_at == datetime(2027, 1, 1, tzinfo=SEOUL)
    survey = opened("yearly")
    answered(survey)
    services.close_survey(survey_id=survey.pk, by=manager, now=MORNING + DAY)
    promise.refresh_from_db()
    assert promise.state == "running"  # one answer is not enough
    answered(survey, now=MORNING + DAY + timedelta(minutes=5))  # begun in time: the second
    promise.refresh_from_db()
    assert (promise.state, promise.fulfilled_at) == ("kept", MORNING + DAY)
    assert services.year_facts([promise.key]) == {promise.key: MORNING + DAY}


@pytest.mark.parametrize(
    ("now", "planned", "warned"),
    [
        ("2026-09-30 23:59", False, False),
        ("2026-10-01 00:00", False, True),  # still September in UTC
        ("2026-10-01 00:00", True, False),
        ("2026-12-31 23:59", False, True),
    ],
)
def test_no_yearly_survey_by_the_first_of_october(
    draft: Callable[..., Survey], now: str, planned: bool, warned: bool
) -> None:
    if planned:
        survey = draft("yearly")
        Survey.objects.filter(pk=survey.pk).update(opens_at=seoul("2026-10-15 09:00"))
    services.warn(now=seoul(now))
    assert Notice.objects.filter(template="yearly-not-planned").exists() == warned


def test_unpublished_results_are_said_after_twenty_days(
    opened: Callable[..., Survey], manager: StaffMember
) -> None:
    survey = opened()
    answered(survey)
    empty = opened("yearly")
    for one in (survey, empty):
        services.close_survey(survey_id=one.pk, by=manager, now=MORNING)
    promises = Commitment.objects.filter(code="survey-published")
    assert [row.subject_id for row in promises] == [survey.pk]  # nothing to publish, no promise
    services.warn(now=MORNING + 19 * DAY)
    assert not Notice.objects.filter(template="survey-unpublished").exists()
    services.warn(now=MORNING + 20 * DAY)
    services.warn(now=MORNING + 25 * DAY)
    assert Notice.objects.get(template="survey-unpublished").staff_id == manager.pk


def test_the_missed_promise_reaches_the_manager(
    opened: Callable[..., Survey], manager: StaffMember
) -> None:
    from standards.services import sweep  # noqa: PLC0415

    survey = opened()
    answered(survey)
    services.close_survey(survey_id=survey.pk, by=manager, now=MORNING)
    promise = Commitment.objects.get(code="survey-published")
    sweep(now=promise.due_at + HOUR)
    promise.refresh_from_db()
    assert promise.state == "missed"
    notice = Notice.objects.get(template="survey-promise-missed")
    assert notice.staff_id == manager.pk
    assert "방문 만족도" in notice.title


@pytest.mark.parametrize(
    ("closes", "renewal", "until"),
    [
        ("2026-09-30 18:00", "year", "2027-01-01 00:00"),
        ("2026-12-31 18:00", "year", "2028-01-01 00:00"),  # not for six hours
        ("2027-01-01 00:00", "year", "2028-01-01 00:00"),
        ("2026-12-31 18:00", "quarter", "2027-04-01 00:00"),
        ("2026-10-05 18:00", "quarter", "2027-01-01 00:00"),
        ("2026-10-05 18:00", "half", "2027-01-01 00:00"),
    ],
)
def test_what_goes_on_opens_anew_at_its_end(
    opened: Callable[..., Survey], closes: str, renewal: str, until: str
) -> None:
    end = seoul(closes)
    survey = opened("visit", closes_at=end)
    Survey.objects.filter(pk=survey.pk).update(renewal=renewal)
    services.follow_times(now=end + timedelta(minutes=1))
    following = Survey.objects.get(previous=survey)
    assert (following.status, following.version) == ("open", 2)
    assert following.closes_at == seoul(until)
    assert following.questions.count() == 7
    assert services.follow_times(now=end + 2 * HOUR) == 0


def test_planned_times_are_followed_and_one_that_cannot_open_holds_up_no_other(
    draft: Callable[..., Survey],
) -> None:
    empty, good = draft("visit"), draft("yearly")
    empty.questions.all().delete()
    Survey.objects.update(opens_at=MORNING + HOUR)
    assert services.follow_times(now=MORNING) == 0
    assert services.follow_times(now=MORNING + HOUR) == 1
    good.refresh_from_db()
    empty.refresh_from_db()
    assert (good.status, empty.status) == ("open", "draft")
