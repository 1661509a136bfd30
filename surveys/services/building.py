"""Building a survey: from a questionnaire, question by question, in versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Max

from centre.calendar import SEOUL, Period, period_end
from centre.models import StaffMember, Team
from surveys.errors import NotNow, Refused
from surveys.models import (
    CONFIDENTIAL_KINDS,
    Choice,
    Dimension,
    Kind,
    Question,
    QuestionType,
    Renewal,
    Scale,
    Status,
    Survey,
)
from surveys.questionnaires import Item, Option, common, questionnaire
from surveys.services._base import lock, lock_to_change, record, require, words

_MOST_QUESTIONS = 60
_MOST_CHOICES = 40
_NEARLY_OVER = timedelta(days=31)
_PERIODS = {
    Renewal.QUARTER: Period.QUARTER,
    Renewal.HALF: Period.HALF_YEAR,
    Renewal.YEAR: Period.YEAR,
}
#: What goes on by itself, and how often it ends and begins anew; staff may change it.
_STANDING = {
    Kind.CASE: Renewal.YEAR,
    Kind.VISIT: Renewal.YEAR,
    Kind.PHONE: Renewal.QUARTER,
}
_NEEDS_CHOICES = frozenset({QuestionType.SINGLE, QuestionType.MULTIPLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQuestion:
    """A question as staff typed it; ``choices`` for those to choose from, in order."""

    code: str
    type: str
    text: str
    scale: str = ""
    dimension: str = ""
    part: str = ""
    help: str = ""
    required: bool = False
    allow_na: bool = False
    at_most: int | None = None
    low_label: str = ""
    high_label: str = ""
    choices: Sequence[str] = ()


# --- surveys --------------------------------------------------------------------------------------


@transaction.atomic
def create_survey(
    *, kind: str, by: StaffMember, now: datetime, title: str = "", empty: bool = False
) -> Survey:
    """A draft from the questionnaire of its kind, or without questions where ``empty``.

    The series is that of its kind, so that one at a time of each is open. It has an end that can be
    changed: of its period for what goes on, of the year for what is asked once.
    """
    require(by)
    if kind not in Kind.values:
        raise Refused("종류를 골라 주십시오.", field="kind")
    named = words(title, field="title", longest=120) or questionnaire(kind).title
    survey = new_survey(series=kind, kind=kind, title=named, by=by, now=now)
    survey.renewal = _STANDING.get(Kind(kind), Renewal.NONE)
    _plan_end(survey, now=now)
    if not empty:
        add_items(survey, questionnaire(kind).items)
    record(survey, "survey-created", at=now, now=now, by=by)
    return survey


def _plan_end(survey: Survey, *, now: datetime) -> None:
    """An end to begin with, so that it can be opened as made; a course's model has none."""
    if not survey.is_model:
        survey.closes_at = end_of_period(survey.renewal or Renewal.YEAR, now=now)
    survey.save(update_fields=["closes_at", "renewal"])


def end_of_period(renewal: str, *, now: datetime) -> datetime:
    """The end of the period that holds ``now``, or of the one after where that is nearly over: what
    ends on 31 December at 18:00 is followed by that of the new year.
    """
    period = _PERIODS[Renewal(renewal)]
    end = period_end(period, now)
    return period_end(period, end) if end - now < _NEARLY_OVER else end


def new_survey(
    *,
    series: str,
    kind: str,
    title: str,
    now: datetime,
    by: StaffMember | None = None,
    previous: Survey | None = None,
    subject: tuple[str, int] = ("", 0),
    team: Team | None = None,
) -> Survey:
    """The row, with the next version of its series and an address of its own."""
    last = Survey.objects.filter(series=series).aggregate(last=Max("version"))["last"] or 0
    values = {
        "kind": kind,
        "series": series,
        "version": last + 1,
        "slug": _free_slug(series, now=now, whole=bool(subject[1])),
        "previous": previous,
        "title": title,
        "intro": previous.intro if previous else str(common()["intro"]),
        "thanks": previous.thanks if previous else str(common()["thanks"]),
        "confidential": kind in CONFIDENTIAL_KINDS,
        "subject_type": subject[0],
        "subject_id": subject[1] or None,
        "team": team,
        "created_at": now,
        "created_by": by,
    }
    try:
        with transaction.atomic():
            return Survey.objects.create(**values)
    except IntegrityError:
        raise NotNow("그 사이에 다른 판이 만들어졌습니다. 목록을 새로 고쳐 주십시오.") from None


def _free_slug(series: str, *, now: datetime, whole: bool) -> str:
    """``visit-2026``, ``visit-2026-2``…; a course's is its series and a number."""
    base = f"{series}-survey" if whole else f"{series}-{now.astimezone(SEOUL).year}"
    taken = set(Survey.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(
        slug
        for number in range(1, len(taken) + 2)
        if (slug := base if number == 1 else f"{base}-{number}") not in taken
    )


def add_items(survey: Survey, items: Iterable[Item]) -> None:
    """The questions of a questionnaire, with their choices: two inserts."""
    listed = list(items)
    questions = Question.objects.bulk_create(
        Question(
            survey=survey,
            order=place,
            code=item.code,
            type=item.type,
            scale=item.scale,
            dimension=item.dimension,
            part=item.part,
            text=item.text,
            help=item.help,
            required=item.required,
            allow_na=item.allow_na,
            at_most=item.at_most,
            low_label=item.low_label,
            high_label=item.high_label,
            standards=list(item.standards),
        )
        for place, item in enumerate(listed, start=1)
    )
    Choice.objects.bulk_create(
        Choice(question=question, order=place, text=option.text, asks_again=option.asks_again)
        for question, item in zip(questions, listed, strict=True)
        for place, option in enumerate(item.options, start=1)
    )


@transaction.atomic
def change_survey(
    *,
    survey_id: int,
    title: str,
    intro: str,
    thanks: str,
    opens_at: datetime | None,
    closes_at: datetime | None,
    renewal: str,
    asks_consented: bool,
    by: StaffMember,
    now: datetime,
) -> Survey:
    """Title, texts and times. Once somebody answered, only the end may move, and only ahead."""
    require(by)
    survey = lock(survey_id)
    if survey.status not in {Status.DRAFT, Status.OPEN}:
        raise NotNow("이미 마친 설문은 바꿀 수 없습니다. ‘새 판 만들기’를 눌러 주십시오.")
    texts = {
        "title": words(title, field="title", required="제목을 적어 주십시오.", longest=120),
        "intro": words(intro, field="intro", longest=2_000),
        "thanks": words(thanks, field="thanks", longest=2_000),
    }
    if survey.frozen and any(getattr(survey, name) != text for name, text in texts.items()):
        raise Refused(
            "이미 답하신 분이 있어 글을 바꿀 수 없습니다. ‘새 판 만들기’를 눌러 주십시오.",
            field="title",
        )
    _check_times(survey, opens_at=opens_at, closes_at=closes_at, now=now)
    if renewal not in Renewal.values:
        raise Refused("이어 열기를 다시 골라 주십시오.", field="renewal")
    if asks_consented and survey.kind != Kind.YEARLY:
        raise Refused("연간 조사만 한꺼번에 초대할 수 있습니다.", field="asks_consented")
    times = {"opens_at": opens_at, "closes_at": closes_at}
    if survey.status == Status.OPEN:
        times["opens_at"] = survey.opens_at
    Survey.objects.filter(pk=survey.pk).update(
        **texts,
        **times,
        renewal=renewal,
        asks_consented=asks_consented,
        edition=F("edition") + (0 if survey.frozen else 1),
    )
    record(survey, "survey-changed", at=now, now=now, by=by)
    survey.refresh_from_db()
    return survey


def _check_times(
    survey: Survey, *, opens_at: datetime | None, closes_at: datetime | None, now: datetime
) -> None:
    if closes_at is not None and closes_at <= now:
        raise Refused("마치는 때는 지금보다 뒤여야 합니다.", field="closes_at")
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        raise Refused("마치는 때는 여는 때보다 뒤여야 합니다.", field="closes_at")
    if survey.status == Status.OPEN and closes_at is None and not survey.is_model:
        raise Refused("열린 설문에는 마치는 때가 있어야 합니다.", field="closes_at")


@transaction.atomic
def copy_version(*, survey_id: int, by: StaffMember, now: datetime) -> Survey:
    """A draft of the next version, with all questions; what people answered stays as it is."""
    require(by)
    earlier = lock(survey_id)
    if earlier.subject_id is not None:
        raise NotNow("교육마다의 설문은 ‘교육 만족도’ 본보기를 바꾸면 다음 교육부터 달라집니다.")
    survey = copy_of(earlier, now=now, by=by)
    _plan_end(survey, now=now)
    record(survey, "survey-created", at=now, now=now, by=by, data={"from": earlier.slug})
    return survey


def copy_of(
    earlier: Survey,
    *,
    now: datetime,
    by: StaffMember | None = None,
    series: str = "",
    title: str = "",
    subject: tuple[str, int] = ("", 0),
    team: Team | None = None,
) -> Survey:
    """The same questions in another survey; of the same series unless one is named."""
    survey = new_survey(
        series=series or earlier.series,
        kind=earlier.kind,
        title=title or earlier.title,
        now=now,
        by=by,
        previous=earlier,
        subject=subject,
        team=team or earlier.team,
    )
    add_items(survey, _items_of(earlier))
    survey.renewal = earlier.renewal
    survey.save(update_fields=["renewal"])
    return survey


def _items_of(survey: Survey) -> list[Item]:
    return [
        Item(
            code=row.code,
            type=row.type,
            scale=row.scale,
            text=row.text,
            dimension=row.dimension,
            part=row.part,
            help=row.help,
            required=row.required,
            allow_na=row.allow_na,
            at_most=row.at_most,
            low_label=row.low_label,
            high_label=row.high_label,
            standards=tuple(row.standards),
            options=tuple(Option(text=c.text, asks_again=c.asks_again) for c in row.choices.all()),
        )
        for row in survey.questions.prefetch_related("choices").order_by("order", "pk")
    ]


@transaction.atomic
def delete_draft(*, survey_id: int, by: StaffMember, now: datetime) -> None:
    """A draft that was never open is taken away; nothing else ever is."""
    require(by)
    survey = lock(survey_id)
    if survey.status != Status.DRAFT or survey.opened_at is not None:
        raise NotNow("연 적이 있는 설문은 지울 수 없습니다.")
    record(survey, "survey-deleted", at=now, now=now, by=by, data={"slug": survey.slug})
    survey.questions.all().delete()
    survey.delete()


# --- questions ------------------------------------------------------------------------------------


@transaction.atomic
def save_question(
    *,
    survey_id: int,
    new: NewQuestion,
    by: StaffMember,
    now: datetime,
    question_id: int | None = None,
) -> Question:
    """Add a question at the end, or put another in the place of one."""
    require(by)
    survey = lock_to_change(survey_id)
    values = _checked(new)
    rows = survey.questions.all()
    if question_id is not None:
        rows = rows.exclude(pk=question_id)
    if rows.filter(code=values["code"]).exists():
        raise Refused("같은 번호의 문항이 이미 있습니다.", field="code")
    if question_id is None:
        if rows.count() >= _MOST_QUESTIONS:
            raise NotNow(f"문항은 {_MOST_QUESTIONS}개까지 둘 수 있습니다.")
        last = rows.aggregate(last=Max("order"))["last"] or 0
        question = Question.objects.create(survey=survey, order=last + 1, **values)
    else:
        question = _question(survey, question_id)
        for name, value in values.items():
            setattr(question, name, value)
        question.save(update_fields=list(values))
    _set_choices(question, new)
    _changed(survey, now=now, by=by, what="saved", code=question.code)
    return question


def _checked(new: NewQuestion) -> dict[str, object]:
    if new.type not in QuestionType.values:
        raise Refused("형식을 골라 주십시오.", field="type")
    code = words(new.code, field="code", required="번호를 적어 주십시오(예: V1).", longest=10)
    if not (code.isascii() and code.isalnum()):
        raise Refused("번호는 영문자와 숫자로 적어 주십시오(예: V1).", field="code")
    scale = new.scale if new.type == QuestionType.SCALE else ""
    if new.type == QuestionType.SCALE and scale not in Scale.values:
        raise Refused("척도의 말을 골라 주십시오.", field="scale")
    if new.dimension not in Dimension.values:
        raise Refused("차원을 다시 골라 주십시오.", field="dimension")
    return {
        "code": code.upper(),
        "type": new.type,
        "scale": scale,
        "dimension": new.dimension,
        "part": words(new.part, field="part", longest=40),
        "text": words(new.text, field="text", required="문항을 적어 주십시오."),
        "help": words(new.help, field="help"),
        "required": new.required,
        "allow_na": new.allow_na and new.type == QuestionType.SCALE,
        "at_most": new.at_most if new.type == QuestionType.MULTIPLE else None,
        "low_label": words(new.low_label, field="low_label", longest=40),
        "high_label": words(new.high_label, field="high_label", longest=40),
    }


def _set_choices(question: Question, new: NewQuestion) -> None:
    again = set(question.choices.filter(asks_again=True).values_list("text", flat=True))
    question.choices.all().delete()
    if question.type not in _NEEDS_CHOICES:
        return
    texts = [words(text, field="choices", longest=120) for text in new.choices]
    texts = [text for text in texts if text]
    if not 2 <= len(texts) <= _MOST_CHOICES:
        raise Refused(
            f"보기를 두 개부터 {_MOST_CHOICES}개까지, 한 줄에 하나씩 적어 주십시오.",
            field="choices",
        )
    if len(set(texts)) < len(texts):
        raise Refused("같은 보기가 두 번 있습니다.", field="choices")
    if question.at_most is not None and not 1 <= question.at_most <= len(texts):
        raise Refused("고를 수 있는 수는 1부터 보기의 수까지입니다.", field="at_most")
    Choice.objects.bulk_create(
        Choice(question=question, order=place, text=text, asks_again=text in again)
        for place, text in enumerate(texts, start=1)
    )


@transaction.atomic
def remove_question(*, survey_id: int, question_id: int, by: StaffMember, now: datetime) -> None:
    """Take a question out; the places after it close up by themselves."""
    require(by)
    survey = lock_to_change(survey_id)
    question = _question(survey, question_id)
    question.delete()
    _changed(survey, now=now, by=by, what="removed", code=question.code)


@transaction.atomic
def move_question(
    *, survey_id: int, question_id: int, up: bool, by: StaffMember, now: datetime
) -> None:
    """One place up or down; at the end nothing happens."""
    require(by)
    survey = lock_to_change(survey_id)
    rows = list(survey.questions.order_by("order", "pk"))
    place = next((n for n, row in enumerate(rows) if row.pk == question_id), None)
    if place is None:
        raise NotNow("그 문항을 찾을 수 없습니다. 화면을 새로 고쳐 주십시오.")
    other = place - 1 if up else place + 1
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
    for number, row in enumerate(rows, start=1):
        row.order = number
    Question.objects.bulk_update(rows, ["order"])
    _changed(survey, now=now, by=by, what="moved", code=rows[place].code)


def _question(survey: Survey, question_id: int) -> Question:
    found = survey.questions.filter(pk=question_id).first()
    if found is None:
        raise NotNow("그 문항을 찾을 수 없습니다. 화면을 새로 고쳐 주십시오.")
    return found


def _changed(survey: Survey, *, now: datetime, by: StaffMember, what: str, code: str) -> None:
    """Another edition: whoever has the old one on the screen is shown the new one first."""
    Survey.objects.filter(pk=survey.pk).update(edition=F("edition") + 1)
    record(survey, f"question-{what}", at=now, now=now, by=by, data={"code": code})
