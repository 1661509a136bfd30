"""Answers in bulk, for results: as the database holds them, without going through a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from surveys.models import Answer, AnswerWay, Question, QuestionType, Response, Survey

DAY = date(2026, 9, 10)


def fill(
    survey: Survey,
    people: Iterable[Mapping[str, Any]],
    *,
    on: date = DAY,
    way: str = AnswerWay.WEB,
    **groups: Any,
) -> list[Response]:
    """One response each; a value is 1–5, a text, the place of a choice, or a list of places."""
    questions = {one.code: one for one in survey.questions.prefetch_related("choices")}
    responses, answers = [], []
    for given in people:
        response = Response(survey=survey, answered_on=on, way=way, **groups)
        responses.append(response)
        for code, value in given.items():
            answers += _answers(response, questions[code], value)
    Response.objects.bulk_create(responses, batch_size=2_000)
    Answer.objects.bulk_create(answers, batch_size=2_000)
    return responses


def _answers(response: Response, question: Question, value: Any) -> list[Answer]:
    if value is None:
        return [Answer(response=response, question=question, not_applicable=True)]
    if question.type == QuestionType.TEXT:
        return [Answer(response=response, question=question, text=value)]
    if question.type in {QuestionType.SINGLE, QuestionType.MULTIPLE}:
        choices = list(question.choices.all())
        places = value if isinstance(value, list) else [value]
        return [
            Answer(response=response, question=question, choice=choices[place - 1])
            for place in places
        ]
    return [Answer(response=response, question=question, value=value)]


def spread(code: str, counts: Iterable[int]) -> list[dict[str, Any]]:
    """So many people who answered 1, 2, … to one question and nothing else."""
    return [{code: point} for point, n in enumerate(counts, start=1) for _one in range(n)]
