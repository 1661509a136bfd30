"""The questionnaires: questions are of known types and feed standards that exist."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(path):
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


DATA = load("surveys/data/questionnaires.toml")
CENTRE = load("centre/data/centre.toml")
STANDARDS = {row["code"] for row in load("standards/data/standards.toml")["standards"]}
COUNTS = {"case": 10, "course": 12, "visit": 7, "phone": 8, "yearly": 28}
DIMENSIONS = {"", "서비스 환경", "서비스 과정", "서비스 결과", "사회적 만족", "전반적 만족"}
TYPES = {"agree", "satisfy", "one", "many", "zero_to_ten", "free"}


def test_five_questionnaires():
    assert {row["slug"]: len(row["questions"]) for row in DATA["questionnaires"]} == COUNTS
    assert len(DATA["scales"]["agree"]) == len(DATA["scales"]["satisfy"]) == 5


@pytest.mark.parametrize("row", DATA["questionnaires"], ids=lambda row: row["slug"])
def test_questions(row):
    letter = {"case": "C", "course": "E", "visit": "V", "phone": "P", "yearly": "Y"}[row["slug"]]
    codes = [question["code"] for question in row["questions"]]
    assert codes == [f"{letter}{number}" for number in range(1, len(codes) + 1)]
    for question in row["questions"]:
        assert question["text"]
        assert question["type"] in TYPES
        assert question["dimension"] in DIMENSIONS
        assert set(question.get("standards", [])) <= STANDARDS
        if question["type"] in {"one", "many"}:
            assert len(question.get("options", [])) > 1 or "options_from" in question
        assert question.get("options_from", "regions") in CENTRE


def test_the_question_that_may_raise_a_case_again():
    case = DATA["questionnaires"][0]
    asked = next(q for q in case["questions"] if q["code"] == case["unresolved"]["question"])
    assert case["unresolved"]["answer"] in asked["options"]
