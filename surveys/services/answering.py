"""Answering: by an invitation, by an open link, or told to staff on the phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from centre import options
from centre.calendar import seoul_day
from centre.models import StaffMember
from complaints import services as complaints
from complaints.filing import Filed
from complaints.models import Complaint
from complaints.models import State as CaseState
from complaints.services import limits
from complaints.services.repeating import may_raise_again
from complaints.services.telling import is_dissatisfaction
from notices import services as notices
from notices.models import Notice
from notices.models import Status as NoticeStatus
from surveys.errors import Ended, NotAllowed, NotNow, Refused, UnknownToken, Used
from surveys.models import GRACE, Answer, AnswerWay, Invitation, Kind, Response, Survey
from surveys.queries import with_questions
from surveys.replies import Reply, replies
from surveys.services._base import require
from surveys.services.inviting import INVITE, REMIND
from surveys.services.running import after_answers
from surveys.tokens import hash_of, response_number

_NONCE = range(16, 65)
#: How long after the answer the same token may still ask to look at the case again.
AGAIN_WITHIN = timedelta(days=14)
#: What stands in the case where nothing was typed: the wish, and nothing of the answers.
ASKED_AGAIN = "만족도 조사에서 다시 살펴봐 달라고 하셨습니다."
#: Where the case came from, to staff.
BY_SURVEY = "만족도 조사에서 다시 살펴봐 달라고 함"


def find_invitation(*, token: str, address: str, now: datetime) -> Invitation:
    """The invitation with this token. Guessing is limited per address: TooMany."""
    if limits.tries("survey-guess", address, now=now) >= options.number("survey_tries_per_address"):
        raise limits.refuse(now=now)
    rows = Invitation.objects.select_related("survey", "worker")
    found = rows.filter(token_hash=hash_of(token)).first() if token.isascii() else None
    if found is None:
        limits.count("survey-guess", address, now=now)
        raise UnknownToken
    return found


def check_open(invitation: Invitation, *, now: datetime, began: bool = False) -> None:
    """Refuses what was answered and what is over; what was begun in time is let through a while."""
    if invitation.used:
        raise Used
    survey, spare = invitation.survey, GRACE if began else timedelta(0)
    taken = survey.accepts(now=now) if began else survey.is_open_at(now)
    if not taken or now > invitation.expires_at + spare:
        raise Ended


def answer(
    *,
    survey_id: int,
    edition: int,
    given: Mapping[str, Sequence[str]],
    nonce: str,
    now: datetime,
    invitation: Invitation | None = None,
    way: str = AnswerWay.WEB,
    by: StaffMember | None = None,
) -> Response:
    """Take one person's answers. All of them or nothing.

    `Unanswerable` where they do not fit; `Used` where the invitation, or the form (``nonce``), was
    answered; `Ended` later than half an hour after the end. ``edition`` is what was on the screen:
    where the questions changed since, `NotNow` says so and the form shows the new ones.
    """
    if len(nonce) not in _NONCE:
        raise Refused("화면을 새로 고친 뒤 다시 보내 주십시오.")
    survey = with_questions(Survey.objects.filter(pk=survey_id)).first()
    if survey is None or not survey.accepts(now=now):
        raise Ended
    if survey.confidential and invitation is None:
        raise NotAllowed("초대받은 분만 답하실 수 있습니다.")
    if invitation is not None and invitation.survey_id != survey.pk:
        raise UnknownToken
    rows = replies(survey.questions.all(), given)
    with transaction.atomic():
        _freeze(survey, edition)
        response = _keep(survey, rows, nonce=nonce, invitation=invitation, way=way, now=now)
        if survey.closed_at is not None:
            after_answers(survey, now=now)
    if by is not None and invitation is not None:
        _rung(invitation, by=by, now=now)
    return response


def _freeze(survey: Survey, edition: int) -> None:
    """From the first answer on nothing changes. Only the first one has to write that."""
    if survey.edition != edition:
        raise NotNow("그 사이에 문항이 바뀌었습니다. 쓰신 내용을 다시 확인하고 보내 주십시오.")
    if survey.frozen:
        return
    same = Survey.objects.filter(pk=survey.pk, edition=edition)
    if not same.update(frozen=True):
        raise NotNow("그 사이에 문항이 바뀌었습니다. 쓰신 내용을 다시 확인하고 보내 주십시오.")


def _keep(
    survey: Survey,
    rows: Sequence[Reply],
    *,
    nonce: str,
    invitation: Invitation | None,
    way: str,
    now: datetime,
) -> Response:
    if invitation is not None:
        mine = Invitation.objects.filter(pk=invitation.pk, used=False)
        if now > invitation.expires_at + GRACE:
            raise Ended
        if not mine.update(used=True):
            raise Used
    response = Response(
        id=response_number(survey.pk, nonce), survey=survey, answered_on=seoul_day(now), way=way
    )
    if invitation is not None and survey.confidential:
        response.invitation = invitation
        response.subject_type = invitation.subject_type
        response.subject_id = invitation.subject_id
        response.team_id, response.topic_id = invitation.team_id, invitation.topic_id
        response.channel = invitation.channel
    try:
        with transaction.atomic():
            response.save(force_insert=True)
    except IntegrityError:
        if not Response.objects.filter(pk=response.pk).exists():
            raise
        raise Used from None
    Answer.objects.bulk_create(
        Answer(
            response=response,
            question=row.question,
            value=row.value,
            choice=row.choice,
            not_applicable=row.not_applicable,
            text=row.text,
        )
        for row in rows
    )
    return response


# --- by phone and from paper ----------------------------------------------------------------------


def enter_answers(
    *,
    survey_id: int,
    edition: int,
    given: Mapping[str, Sequence[str]],
    nonce: str,
    by: StaffMember,
    now: datetime,
    way: str = AnswerWay.PHONE,
    invitation: Invitation | None = None,
) -> Response:
    """What somebody said on the phone, or wrote on paper, entered by staff.

    Nobody enters what is said about his own work.
    """
    require(by, "enter_survey_answers")
    if way not in {AnswerWay.PHONE, AnswerWay.PAPER}:
        raise Refused("전화인지 종이인지 골라 주십시오.", field="way")
    if invitation is not None:
        if invitation.worker_id == by.pk:
            raise NotAllowed("본인이 처리한 일의 만족도는 다른 직원이 여쭙고 적습니다.")
        if invitation.used:
            raise Used
    return answer(
        survey_id=survey_id,
        edition=edition,
        given=given,
        nonce=nonce,
        now=now,
        invitation=invitation,
        way=way,
        by=by,
    )


def _rung(invitation: Invitation, *, by: StaffMember, now: datetime) -> None:
    """The task to ring is done by it."""
    keys = [f"{prefix}{invitation.key}" for prefix in (INVITE, REMIND)]
    tasks = Notice.objects.filter(key__in=keys, status=NoticeStatus.TASK)
    for pk in list(tasks.values_list("pk", flat=True)):
        notices.do_task(notice_id=pk, by=by, now=now, note="만족도를 여쭘")


# --- 다시 살펴봐 주세요 ---------------------------------------------------------------------------


def may_ask_again(invitation: Invitation, *, now: datetime) -> bool:
    """Whether this person answered, not long ago, that the matter was not resolved, and nobody is
    looking at it again yet."""
    if invitation.survey.kind != Kind.CASE or not invitation.used:
        return False
    if now > invitation.expires_at + AGAIN_WITHIN:
        return False
    said = Answer.objects.filter(response__invitation=invitation, choice__asks_again=True)
    if invitation.subject_id is None or not said.exists():
        return False
    case = Complaint.objects.get(pk=invitation.subject_id)
    if is_dissatisfaction(case):
        return may_raise_again(case, now=now)
    return case.state == CaseState.CLOSED


def look_again(*, invitation: Invitation, text: str, address: str, now: datetime) -> Filed | None:
    """다시 살펴봐 주세요: a complaint or suggestion becomes another case that goes on from it (2차);
    what was asked only is opened again itself (None).

    Nothing of the answers goes with it, only what was typed for it.
    """
    if not may_ask_again(invitation, now=now) or invitation.subject_id is None:
        raise NotNow("이미 다시 살펴보고 있거나, 이 화면에서 말씀하실 수 있는 때가 지났습니다.")
    case = Complaint.objects.get(pk=invitation.subject_id)
    said = text.strip() or ASKED_AGAIN
    if not is_dissatisfaction(case):
        complaints.reopen_for_citizen(complaint_id=case.pk, text=said, now=now)
        return None
    return complaints.raise_again(
        complaint_id=case.pk,
        text=said,
        now=now,
        form_token=f"survey-again-{invitation.pk}",
        address=address,
        source=BY_SURVEY,
    )
