"""Results are published and frozen; a correction stands beside them; a person lets opinions out."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from centre.models import StaffMember
from standards import services as standards
from surveys.errors import NotNow, Refused
from surveys.models import Answer, Publication, QuestionType, Status, Survey
from surveys.queries import published_key
from surveys.results import Results, is_final, results_of, tells_of_few
from surveys.services._base import lock, record, require, words

LONGEST: Final = 2_000
#: What looks like a way to reach somebody: it does not belong in what is published.
_CONTACT: Final = re.compile(r"[\w.+-]+@[\w-]+\.\w+|(?<!\d)0\d{1,2}[-. )]*\d{3,4}[-. ]*\d{4}(?!\d)")


@transaction.atomic
def publish(*, survey_id: int, by: StaffMember, now: datetime, comment: str = "") -> Publication:
    """Freeze the results and show them to everybody (charter L25); keeps the promise to publish.

    NotNow before the survey ended and what was begun in time has arrived.
    """
    require(by, "publish_survey_results")
    survey = lock(survey_id)
    if survey.status != Status.CLOSED:
        raise NotNow("마치고 아직 공개하지 않은 설문의 결과만 공개할 수 있습니다.")
    if not is_final(survey, now=now):
        raise NotNow(
            "마칠 때 답하고 계시던 분의 응답을 30분 동안 더 받습니다. 그 뒤에 공개해 주십시오."
        )
    said = words(comment, field="comment", longest=LONGEST)
    publication = _freeze(survey, 1, results_of(survey), by=by, now=now, comment=said)
    survey.status = Status.PUBLISHED
    survey.save(update_fields=["status"])
    standards.fulfil(key=published_key(survey), at=now, now=now)
    record(survey, "survey-published", at=now, now=now, by=by)
    return publication


@transaction.atomic
def correct(
    *, survey_id: int, reason: str, by: StaffMember, now: datetime, comment: str = ""
) -> Publication:
    """Publish again, with the reason; what was published before stays as it was.

    The results are counted anew. Where they, held against any earlier publication, would tell of
    a group under five, the numbers stay as they were and only the words are corrected.
    """
    require(by, "publish_survey_results")
    survey = lock(survey_id)
    earlier = list(survey.publications.order_by("number"))
    if not earlier:
        raise NotNow("아직 공개하지 않은 결과입니다. 먼저 공개해 주십시오.")
    why = words(
        reason, field="reason", required="무엇을 왜 바로잡는지 적어 주십시오.", longest=LONGEST
    )
    said = words(comment, field="comment", longest=LONGEST)
    results = results_of(survey)
    if any(tells_of_few(one.results, results) for one in earlier):
        results = {**earlier[-1].results, "numbers_kept": True}
    publication = _freeze(
        survey, len(earlier) + 1, results, by=by, now=now, comment=said, correction_why=why
    )
    record(
        survey,
        "survey-results-corrected",
        at=now,
        now=now,
        by=by,
        data={"number": publication.number, "why": why},
    )
    return publication


def _freeze(
    survey: Survey,
    number: int,
    results: Results,
    *,
    by: StaffMember,
    now: datetime,
    comment: str,
    correction_why: str = "",
) -> Publication:
    try:
        with transaction.atomic():
            return Publication.objects.create(
                survey=survey,
                number=number,
                published_at=now,
                published_by=by,
                results=results,
                comment=comment,
                correction_why=correction_why,
            )
    except IntegrityError:
        raise NotNow(
            "그사이 다른 분이 결과를 공개했습니다. 화면을 새로 고쳐 확인해 주십시오."
        ) from None


# --- opinions in people's own words ---------------------------------------------------------------


@transaction.atomic
def release_text(*, answer_id: str, text: str, by: StaffMember, now: datetime) -> Answer:
    """Let an opinion be published, as edited by a person so that it tells of nobody."""
    require(by, "answer_survey_findings")
    answer = _lock_answer(answer_id)
    if not is_final(answer.question.survey, now=now):
        raise NotNow("설문을 마친 뒤에 공개할 의견을 고를 수 있습니다.")
    said = words(
        text, field="text", required="공개할 글을 적어 주십시오. 이름과 연락처는 지웁니다.",
        longest=LONGEST,
    )  # fmt: skip
    if _CONTACT.search(said):
        raise Refused("전화번호나 이메일 주소를 지우고 다시 눌러 주십시오.", field="text")
    answer.released, answer.released_by, answer.released_at = said, by, now
    _write_answer(answer)
    record(answer.question.survey, "survey-text-released", at=now, now=now, by=by)
    return answer


@transaction.atomic
def withdraw_text(*, answer_id: str, by: StaffMember, now: datetime) -> Answer:
    """Take an opinion back from the page at once."""
    require(by, "answer_survey_findings")
    answer = _lock_answer(answer_id)
    if not answer.released:
        raise NotNow("공개하지 않은 의견입니다.")
    answer.released, answer.released_by, answer.released_at = "", None, None
    _write_answer(answer)
    record(answer.question.survey, "survey-text-withdrawn", at=now, now=now, by=by)
    return answer


def _lock_answer(answer_id: str) -> Answer:
    rows = Answer.objects.select_for_update(of=("self",)).select_related("question__survey")
    found = rows.filter(pk=answer_id, question__type=QuestionType.TEXT).first()
    if found is None:
        raise NotNow("그 의견을 찾을 수 없습니다. 화면을 새로 고쳐 주십시오.")
    return found


def _write_answer(answer: Answer) -> None:
    answer.save(update_fields=["released", "released_by", "released_at"])
