"""What people answered, held against the questions. Pure: no database, no clock.

A form sends each answer under the code of its question: 1–5 or ``na`` on a scale, 0–10, ``yes`` or
``no``, the places (from 1) of what was chosen, or text. Nothing typed is lost: what does not fit is
said by question, and the form shows all that was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from complaints.texts import refusal
from records.personal import clean_text, find_resident_number
from surveys.errors import Unanswerable
from surveys.models import LEAST, MOST, NPS_LEAST, NPS_MOST, Choice, Question, QuestionType

NOT_APPLICABLE: Final = "na"
LONGEST: Final = 2_000
_YES_NO: Final = {"yes": 1, "no": 0}
_MISSING: Final = "답을 골라 주십시오."
_NOT_OFFERED: Final = "보기 가운데에서 다시 골라 주십시오."


@dataclass(frozen=True, slots=True)
class Reply:
    """One row to be: of several choices one each."""

    question: Question
    value: int | None = None
    choice: Choice | None = None
    not_applicable: bool = False
    text: str = ""


class _DoesNotFit(ValueError):
    """A sentence for the person who answers."""


def replies(questions: Iterable[Question], given: Mapping[str, Sequence[str]]) -> list[Reply]:
    """The rows for what was answered; `Unanswerable` with a sentence for each that does not fit.

    ``questions`` have their choices prefetched. What was sent for no question is left out.
    """
    found: list[Reply] = []
    problems: dict[str, str] = {}
    for question in questions:
        sent = [one for one in given.get(question.code, ()) if one.strip()]
        try:
            found += _READERS[question.type](question, sent) if sent else _nothing(question)
        except _DoesNotFit as error:
            problems[question.code] = str(error)
    if problems:
        raise Unanswerable(problems)
    if not found:
        raise Unanswerable({"": "한 문항 이상 답해 주십시오."})
    return found


def _nothing(question: Question) -> list[Reply]:
    if question.required:
        raise _DoesNotFit(_MISSING if question.type != QuestionType.TEXT else "적어 주십시오.")
    return []


def _scale(question: Question, sent: list[str]) -> list[Reply]:
    if sent[0] == NOT_APPLICABLE and question.allow_na:
        return [Reply(question, not_applicable=True)]
    return [Reply(question, value=_number(sent, LEAST, MOST))]


def _nps(question: Question, sent: list[str]) -> list[Reply]:
    return [Reply(question, value=_number(sent, NPS_LEAST, NPS_MOST))]


def _yes_no(question: Question, sent: list[str]) -> list[Reply]:
    if len(sent) != 1 or sent[0] not in _YES_NO:
        raise _DoesNotFit(_NOT_OFFERED)
    return [Reply(question, value=_YES_NO[sent[0]])]


def _number(sent: list[str], least: int, most: int) -> int:
    text = sent[0]
    if len(sent) != 1 or not (text.isascii() and text.isdecimal() and len(text) < 3):
        raise _DoesNotFit(_NOT_OFFERED)
    if not least <= int(text) <= most:
        raise _DoesNotFit(f"{least}부터 {most}까지 고를 수 있습니다.")
    return int(text)


def _single(question: Question, sent: list[str]) -> list[Reply]:
    if len(sent) != 1:
        raise _DoesNotFit("하나만 골라 주십시오.")
    return _chosen(question, sent)


def _multiple(question: Question, sent: list[str]) -> list[Reply]:
    rows = _chosen(question, list(dict.fromkeys(sent)))
    if question.at_most is not None and len(rows) > question.at_most:
        raise _DoesNotFit(f"{question.at_most}개까지 골라 주십시오.")
    return rows


def _chosen(question: Question, sent: list[str]) -> list[Reply]:
    offered = {str(choice.order): choice for choice in question.choices.all()}
    if not set(sent) <= offered.keys():
        raise _DoesNotFit(_NOT_OFFERED)
    return [Reply(question, choice=offered[one]) for one in sent]


def _text(question: Question, sent: list[str]) -> list[Reply]:
    text = clean_text("\n".join(sent)).strip()
    if len(text) > LONGEST:
        raise _DoesNotFit(f"{LONGEST:,}자까지 쓸 수 있습니다. 지금은 {len(text):,}자입니다.")
    if find_resident_number(text):
        raise _DoesNotFit(refusal("resident_number"))
    return [Reply(question, text=text)] if text else _nothing(question)


_READERS: Final[dict[str, Callable[[Question, list[str]], list[Reply]]]] = {
    QuestionType.SCALE: _scale,
    QuestionType.NPS: _nps,
    QuestionType.YES_NO: _yes_no,
    QuestionType.SINGLE: _single,
    QuestionType.MULTIPLE: _multiple,
    QuestionType.TEXT: _text,
}
