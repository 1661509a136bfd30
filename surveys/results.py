"""What a survey found, as it may be published: counted by the database, six queries in all.

Answers are never loaded, only counted. What comes out is plain data: it is shown to staff before
publication, frozen in `Publication.results`, and read by the pages from there. Results are made
only of surveys that ended, when no more answers come: whoever watched figures grow could tell the
answers of one person apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum

from centre.calendar import seoul_day
from complaints.models import Channel
from surveys import groups, scores
from surveys.models import (
    GRACE,
    MOST,
    Answer,
    AnswerWay,
    Dimension,
    Kind,
    Publication,
    Question,
    QuestionType,
    ResultFinding,
    Status,
    Survey,
)
from surveys.questionnaires import scale_labels
from surveys.scores import SMALLEST, Ruler, Spread

Results = dict[str, Any]
_RULERS: Final = {QuestionType.SCALE: scores.FIVE, QuestionType.NPS: scores.TEN}
#: How points taken together are called.
_TOGETHER: Final = {
    (1, 2): "1·2점",
    (4, 5): "4·5점",
    (1, 2, 3): "1~3점",
    tuple(range(7)): "0~6 (권하지 않음)",
    tuple(range(9)): "0~8",
    (7, 8): "7·8 (보통)",
    (9, 10): "9·10 (권함)",
}
#: The ways in which people are grouped, in the order in which tables may use up what can be told.
_WAYS: Final = (
    ("팀", "response__team__name"),
    ("유형", "response__topic__name"),
    ("접수경로", "response__channel"),
    ("답한 방법", "response__way"),
)
_WORDS: Final = dict(Channel.choices) | dict(AnswerWay.choices)
NO_GROUP: Final = "정해지지 않음"


def is_final(survey: Survey, *, now: datetime) -> bool:
    """Whether no more answers come: it ended, and what was begun in time has arrived."""
    ended = survey.status in {Status.CLOSED, Status.PUBLISHED}
    return ended and survey.closed_at is not None and now > survey.closed_at + GRACE


def results_of(survey: Survey) -> Results:
    """What may be published of a survey that ended; small groups are left out of it already.

    ``survey`` may have its questions and choices prefetched. Six queries.
    """
    questions = list(survey.questions.prefetch_related("choices"))
    people = survey.responses.count()
    told: Results = {
        "people": people if people >= SMALLEST else None,
        "begin": _day(survey.opened_at),
        "end": _day(survey.closed_at),
        "questions": [],
        "dimensions": [],
        "headline": None,
        "tables": [],
    }
    if people < SMALLEST:
        return told
    counted = _counts(questions)
    told |= _asked(survey, people)
    told["questions"] = [
        _question(question, counted[question.pk], people)
        for question in questions
        if question.type != QuestionType.TEXT
    ]
    told["dimensions"] = _dimensions(told["questions"])
    headline = _headline(questions)
    if headline is not None:
        told["headline"] = next(row for row in told["questions"] if row["code"] == headline.code)
        told["tables"] = _tables(headline, told["headline"])
    return told


def _day(instant: datetime | None) -> str | None:
    return seoul_day(instant).isoformat() if instant else None


# --- counting -------------------------------------------------------------------------------------

#: By (value, choice): how many.
Counted = Mapping[tuple[int | None, int | None], int]


def _counts(questions: Sequence[Question]) -> Mapping[int, Counted]:
    """How many gave which answer to each question: one query."""
    ids = [one.pk for one in questions if one.type != QuestionType.TEXT]
    rows = (
        Answer.objects.filter(question__in=ids, not_applicable=False)
        .order_by()
        .values_list("question", "value", "choice")
        .annotate(n=Count("pk"))
    )
    found: defaultdict[int, dict[tuple[int | None, int | None], int]] = defaultdict(dict)
    for question, value, choice, n in rows:
        found[question][value, choice] = n
    return found


def _asked(survey: Survey, people: int) -> Results:
    """How many were asked, and what share of them answered; not where only a few came unasked."""
    invited = survey.invitations.aggregate(
        asked=Count("pk", filter=Q(sent_at__isnull=False) | Q(used=True)),
        used=Count("pk", filter=Q(used=True)),
    )
    asked, used = invited["asked"], invited["used"]
    if scores.small(abs(people - used)) or used > people:
        return {"asked": None, "rate": None, "of_invited": None}
    found = scores.rate(used, asked=asked)
    return {
        "asked": found.asked,
        "rate": found.percent,
        "of_invited": used if used != people and found.percent is not None else None,
    }


# --- questions ------------------------------------------------------------------------------------


def _question(question: Question, counted: Counted, people: int) -> Results:
    told: Results = {
        "code": question.code,
        "text": question.text,
        "type": question.type,
        "dimension": question.dimension,
        "part": question.part,
    }
    if question.type in _RULERS:
        ruler = _RULERS[QuestionType(question.type)]
        return told | _on_a_scale(question, ruler, counted, people)
    if question.type == QuestionType.MULTIPLE:
        return told | _several(question, counted, people)
    return told | _one(question, counted, people)


def _on_a_scale(question: Question, ruler: Ruler, counted: Counted, people: int) -> Results:
    counts = [counted.get((point, None), 0) for point in range(ruler.least, ruler.most + 1)]
    found = scores.spread(counts, missing=people - sum(counts), ruler=ruler)
    return {
        "answered": found.answered,
        "at_least": found.at_least,
        "missing": found.missing,
        "bands": [
            {
                "points": list(band.points),
                "label": _label(question, band.points),
                "count": band.count,
                "percent": band.percent,
            }
            for band in found.bands
        ],
        **_mean(found, on_100=question.type == QuestionType.SCALE),
    }


def _mean(found: Spread, *, on_100: bool) -> Results:
    score = scores.score(found.mean) if on_100 and found.mean is not None else None
    return {"mean": found.mean, "bound": found.bound, "score": score}


def _label(question: Question, points: tuple[int, ...]) -> str:
    if question.type == QuestionType.NPS:
        return _TOGETHER.get(points, "·".join(map(str, points)))
    labels = scale_labels(question.scale or "agree")
    if len(points) == 1:
        return f"{points[0]} {labels[points[0] - 1]}"
    return f"{_TOGETHER[points]} {labels[points[0] - 1]}~{labels[points[-1] - 1]}"


def _one(question: Question, counted: Counted, people: int) -> Results:
    """One choice, or yes and no; no answer is one of the rows."""
    if question.type == QuestionType.YES_NO:
        names, counts = ["예", "아니요"], [counted.get((value, None), 0) for value in (1, 0)]
    else:
        choices = list(question.choices.all())
        names = [choice.text for choice in choices]
        counts = [counted.get((None, choice.pk), 0) for choice in choices]
    found = scores.single(counts, missing=people - sum(counts))
    if found is None:
        return {"choices": None, "together": None}
    names.append("무응답")
    rows = [
        {"text": name, "count": count, "percent": round(count * 100 / people), "bound": ""}
        for name, count in zip(names, found.counts, strict=True)
        if count is not None and (count or name != names[-1])
    ]
    together = {
        "names": [names[place] for place in found.together],
        "count": found.together_count,
        "percent": round(found.together_count * 100 / people),
    }
    return {"choices": rows, "together": together if found.together else None}


def _several(question: Question, counted: Counted, people: int) -> Results:
    choices = list(question.choices.all())
    counts = [counted.get((None, choice.pk), 0) for choice in choices]
    found = scores.multiple(counts, people=people)
    rows = [
        {
            "text": choice.text,
            "count": one.count,
            "percent": None if one.count is None else round(one.count * 100 / people),
            "bound": one.bound,
        }
        for choice, one in zip(choices, found or [], strict=found is not None)
    ]
    return {"choices": rows or None, "together": None}


# --- dimensions, groups ---------------------------------------------------------------------------


def _dimensions(questions: Iterable[Results]) -> list[Results]:
    """The mean of the published means of each dimension's questions on a 5-point scale."""
    found: dict[str, list[Results]] = {name: [] for name in Dimension.values if name}
    for row in questions:
        if row["dimension"] and row["type"] == QuestionType.SCALE:
            found[row["dimension"]].append(row)
    told = []
    for name, rows in found.items():
        means = [row["mean"] for row in rows if row["mean"] is not None and not row["bound"]]
        mean = round(sum(means) / len(means), 2) if means else None
        if rows:
            told.append(
                {
                    "name": name,
                    "mean": mean,
                    "score": None if mean is None else scores.score(mean),
                    "counted": len(means),
                    "questions": len(rows),
                }
            )
    return told


def _headline(questions: Iterable[Question]) -> Question | None:
    """The question on overall satisfaction: the first that has to be answered, else the first."""
    rows = [one for one in questions if one.type == QuestionType.SCALE]
    overall = [one for one in rows if one.dimension == Dimension.OVERALL] or rows
    return next((one for one in overall if one.required), next(iter(overall), None))


def _tables(headline: Question, told: Results) -> list[Results]:
    """Overall satisfaction by team, topic and way: one query, one table a way."""
    if told["answered"] is None:
        return []  # tables would tell how many answered
    rows = (
        Answer.objects.filter(question=headline, value__isnull=False)
        .order_by()
        .values_list(*(path for _name, path in _WAYS))
        .annotate(n=Count("pk"), total=Sum("value"))
    )
    people: dict[tuple[Any, ...], tuple[int, int]] = {
        tuple(keys): (n, total) for *keys, n, total in rows
    }
    used = [place for place in range(len(_WAYS)) if len({keys[place] for keys in people}) > 1]
    kept: defaultdict[tuple[Any, ...], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for keys, (n, total) in people.items():
        short = tuple(keys[place] for place in used)
        kept[short] = (kept[short][0] + n, kept[short][1] + total)
    found = groups.tables(kept, ways=len(used), most=MOST)
    names = [_WAYS[place][0] for place in used]
    return [_table(name, table) for name, table in zip(names, found, strict=True)]


def _table(name: str, table: groups.Table | None) -> Results:
    if table is None:
        return {"by": name, "rows": None, "together": None}
    rows = [
        {
            "name": _group(row.key),
            "n": row.n,
            "mean": row.mean,
            "bound": row.bound,
            "score": scores.score(row.mean),
        }
        for row in sorted(table.rows, key=lambda row: (-row.n, str(row.key)))
    ]
    together = {
        "names": sorted(_group(key) for key in table.together),
        "n": table.together_n,
    }
    return {"by": name, "rows": rows, "together": together if table.together else None}


def _group(key: object) -> str:
    return str(_WORDS.get(str(key), key)) if key else NO_GROUP


# --- two publications -----------------------------------------------------------------------------


def published_counts(told: Results) -> dict[str, dict[str, int]]:
    """All counts in published results, by question or table: what two publications differ in."""
    found: dict[str, dict[str, int]] = {"people": {"people": told["people"] or 0}}
    for row in told["questions"]:
        name = str(row["code"])
        if row.get("answered") is not None:
            found[f"{name} answered"] = {"answered": row["answered"], "missing": row["missing"]}
            found[name] = {
                str(band["points"]): band["count"]
                for band in row["bands"]
                if band["count"] is not None
            }
        for choice in row.get("choices") or ():
            if choice["count"] is not None:
                key = f"{name} {choice['text']}" if row["type"] == QuestionType.MULTIPLE else name
                found.setdefault(key, {})[choice["text"]] = choice["count"]
        if row.get("together"):
            found.setdefault(name, {})[str(row["together"]["names"])] = row["together"]["count"]
    for table in told["tables"]:
        shown = {row["name"]: row["n"] for row in table["rows"] or ()}
        if table["together"]:
            shown[str(table["together"]["names"])] = table["together"]["n"]
        found[f"by {table['by']}"] = shown
    return found


def tells_of_few(before: Results, after: Results) -> bool:
    """Whether results held against those published before tell of 1–4 people."""
    if scores.tells_apart(published_counts(before), published_counts(after)):
        return True
    means = {row["code"]: row.get("mean") for row in before["questions"]}
    unchanged = before["people"] == after["people"]
    return unchanged and any(
        row["code"] in means and means[row["code"]] != row.get("mean") for row in after["questions"]
    )


# --- what standards measure -----------------------------------------------------------------------


def answers_between(codes: Mapping[str, str], begin: date, end: date) -> tuple[int, ...]:
    """How often 1 to 5 was answered to these questions, on the days from ``begin`` to ``end``.

    ``codes``: kind of survey → number of its question. One query.
    """
    asked = Q()
    for kind, code in codes.items():
        asked |= Q(question__survey__kind=kind, question__code=code)
    return _points(
        Answer.objects.filter(
            asked, response__answered_on__gte=begin, response__answered_on__lte=end
        )
    )


def answers_to(survey: Survey, code: str) -> tuple[int, ...]:
    """How often 1 to 5 was answered to one question of a survey."""
    return _points(Answer.objects.filter(question__survey=survey, question__code=code))


def _points(answers: Any) -> tuple[int, ...]:
    rows = answers.filter(value__isnull=False).order_by().values_list("value")
    counted = dict(rows.annotate(n=Count("pk")))
    return tuple(counted.get(point, 0) for point in range(1, MOST + 1))


def courses_that_ended(*, since: datetime, now: datetime) -> list[Survey]:
    """The surveys of courses that ended after ``since`` and of which no more answers come."""
    rows = Survey.objects.ended().filter(
        kind=Kind.COURSE, subject_id__isnull=False, closed_at__gt=since, closed_at__lt=now - GRACE
    )
    return list(rows.select_related("team").order_by("closed_at"))


# --- the pages ------------------------------------------------------------------------------------


def find_published(name: str) -> Survey | None:
    """The survey of this slug; of a series the one whose results were published last."""
    found = Survey.objects.filter(slug=name).exclude(status=Status.DRAFT).first()
    if found is not None:
        return found
    rows = Survey.objects.filter(series=name).exclude(status=Status.DRAFT)
    published = rows.filter(status=Status.PUBLISHED).order_by("-version").first()
    return published or rows.order_by("-version").first()


def series_of(survey: Survey) -> list[tuple[Survey, Results]]:
    """This survey and those before it in its series, with what was published last of each.

    At most six, the oldest first; one query.
    """
    rows = (
        Publication.objects.filter(
            survey__series=survey.series, survey__version__lte=survey.version
        )
        .exclude(survey__subject_id__isnull=False)
        .select_related("survey")
        .order_by("-survey__version", "-number")[:12]
    )
    latest: dict[int, tuple[Survey, Results]] = {}
    for row in rows:
        latest.setdefault(row.survey_id, (row.survey, row.results))
    return list(latest.values())[:6][::-1]


def released_texts(survey: Survey) -> list[Answer]:
    """What people wrote and a person let be published; one query, in no order of time."""
    rows = Answer.objects.filter(question__survey=survey, question__type=QuestionType.TEXT)
    return list(rows.exclude(released="").select_related("question").order_by("pk"))


def texts_of(survey: Survey) -> QuerySet[Answer]:
    """What people wrote, in no order of time; for staff, once nobody else answers.

    Of confidential surveys nothing below five answers: it could be told whose it is.
    """
    rows = Answer.objects.filter(question__survey=survey, question__type=QuestionType.TEXT)
    if survey.confidential and survey.responses.count() < SMALLEST:
        return rows.none()
    return rows.exclude(text="").select_related("question", "released_by").order_by("pk")


def findings_of(survey: Survey) -> list[ResultFinding]:
    rows = survey.findings.select_related("question", "owner__team", "found_by", "verified_by")
    return list(rows.order_by("found_at", "pk"))
