"""Answers held against questions: what is out of range is said, and what fits is kept."""

from __future__ import annotations

from typing import Any

import pytest

from surveys import questionnaires
from surveys.errors import Unanswerable
from surveys.models import Choice, Question, Survey
from surveys.replies import LONGEST, replies
from surveys.services.building import add_items
from surveys.tests.conftest import MORNING

pytestmark = pytest.mark.django_db


@pytest.fixture
def questions() -> list[Question]:
    """One of each type: scale, yes/no, one, several (two at most), 0–10, free text."""
    survey = Survey.objects.create(
        kind="visit", series="visit", slug="visit-2026", title="시험", confidential=False,
        created_at=MORNING,
    )  # fmt: skip
    option = questionnaires.Option
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("S", "scale5", {"scale": "agree", "required": True, "allow_na": True}),
        ("T", "scale5", {"scale": "satisfy"}),
        ("Y", "yes_no", {}),
        ("O", "single", {"options": (option(text="가"), option(text="나"))}),
        ("M", "multiple", {"at_most": 2, "options": tuple(option(text=t) for t in "가나다")}),
        ("N", "nps", {}),
        ("F", "text", {}),
    ]
    add_items(
        survey,
        [questionnaires.Item(code=code, type=kind, text=code, **more) for code, kind, more in rows],
    )
    return list(survey.questions.prefetch_related("choices"))


@pytest.mark.parametrize(
    ("code", "sent", "row"),
    [
        ("S", ["1"], {"value": 1}),
        ("S", ["5"], {"value": 5}),
        ("S", ["na"], {"not_applicable": True, "value": None}),
        ("Y", ["yes"], {"value": 1}),
        ("Y", ["no"], {"value": 0}),
        ("N", ["0"], {"value": 0}),
        ("N", ["10"], {"value": 10}),
        ("F", ["  고맙습니다\r\n"], {"text": "고맙습니다"}),
        ("F", ["<script>alert(1)</script>"], {"text": "<script>alert(1)</script>"}),
    ],
)
def test_what_fits_is_kept(
    questions: list[Question], code: str, sent: list[str], row: dict[str, Any]
) -> None:
    found = replies(questions, {"S": ["3"], code: sent})
    mine = next(one for one in found if one.question.code == code)
    assert {name: getattr(mine, name) for name in row} == row


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        ("S", ["0"]),
        ("S", ["6"]),
        ("S", ["-1"]),
        ("S", ["3.5"]),
        ("S", ["٣"]),  # a digit elsewhere, not one of ours
        ("S", ["3", "4"]),
        ("S", ["99999999999999999999"]),
        ("S", ["x"]),
        ("T", ["na"]),  # no "not applicable" there
        ("Y", ["1"]),
        ("Y", ["yes", "no"]),
        ("O", ["3"]),
        ("O", ["1", "2"]),
        ("O", ["0"]),
        ("M", ["1", "2", "3"]),  # two at most
        ("M", ["1", "4"]),
        ("N", ["11"]),
        ("N", ["-0"]),
        ("F", ["가" * (LONGEST + 1)]),
        ("F", ["제 번호는 900101-1234567 입니다"]),
    ],
)
def test_what_does_not_fit_is_said(questions: list[Question], code: str, sent: list[str]) -> None:
    with pytest.raises(Unanswerable) as refused:
        replies(questions, {"S": ["3"], code: sent})
    assert list(refused.value.problems) == [code]
    assert refused.value.problems[code].endswith((".", "십시오."))


def test_several_choices_are_a_row_each_and_none_twice(questions: list[Question]) -> None:
    found = replies(questions, {"S": ["3"], "M": ["3", "1", "3"]})
    chosen = [one.choice.text for one in found if one.question.code == "M" and one.choice]
    assert chosen == ["다", "가"]
    assert Choice.objects.filter(question__code="M").count() == 3


def test_what_is_required_is_asked_for_and_the_rest_may_stay_empty(
    questions: list[Question],
) -> None:
    with pytest.raises(Unanswerable) as refused:
        replies(questions, {"S": ["", " "], "F": ["글"]})
    assert list(refused.value.problems) == ["S"]
    assert len(replies(questions, {"S": ["3"], "F": ["  "], "unknown": ["1"]})) == 1


def test_an_empty_sheet_is_no_answer(questions: list[Question]) -> None:
    optional = [row for row in questions if not row.required]
    with pytest.raises(Unanswerable) as refused:
        replies(optional, {})
    assert "" in refused.value.problems
