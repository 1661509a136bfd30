"""The charter as data: nothing of it is lost, changed or left without a measure."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHARTER = (ROOT / "centre/data/charter.ko.txt").read_text(encoding="utf-8").split("\n")
DATA = tomllib.loads((ROOT / "standards/data/standards.toml").read_text(encoding="utf-8"))
CLAUSES = DATA["clauses"]
STANDARDS = DATA["standards"]
BY_LINE = {clause["line"]: clause for clause in CLAUSES}

CODES = [
    "expert-assigned",
    "staff-meeting",
    "staff-training",
    "course-quality",
    "course-notice",
    "course-survey",
    "portal-availability",
    "portal-information",
    "charter-evaluation",
    "charter-improvement",
    "annual-survey",
    "survey-published",
    "survey-correction",
    "every-opinion",
    "visit-welcome",
    "visit-wait",
    "staff-guide",
    "visit-deputy",
    "visitor-contact",
    "phone-answer",
    "phone-identity",
    "plain-answer",
    "phone-callback",
    "web-information",
    "online-services",
    "opinion-channels",
    "reply",
    "immediate-apology",
    "put-right",
    "swift-handling",
    "receipt-mail",
    "result-mail",
    "stage-1",
    "stage-2",
    "stage-3",
]

UNITS = {
    "working_time": "hm",
    "elapsed": "hm",
    "civil_days": "d",
    "petition_days": "d",
    "days_before": "d",
}

CLOCKS = {
    "reply": ("civil_days", "7d"),
    "course-notice": ("days_before", "20d"),
    "visit-wait": ("elapsed", "10m"),
    "visitor-contact": ("working_time", "15m"),
    "phone-callback": ("working_time", "1h"),
    "immediate-apology": ("working_time", "4h"),
    "stage-1": ("working_time", "4h"),
    "every-opinion": ("working_time", "8h"),
    "stage-2": ("working_time", "24h"),
    "stage-3": ("working_time", "24h"),
    "portal-availability": ("working_time", "1h"),
    "staff-guide": ("working_time", "24h"),
    "put-right": ("", ""),
}

standard = pytest.mark.parametrize("row", STANDARDS, ids=lambda row: row["code"])


def quotes(row):
    """Every piece of the charter that belongs to a standard, as (line, words)."""
    yield from zip(row["lines"], row["quotes"], strict=True)
    for also in row.get("also", []):
        yield also["line"], also["quote"]


def test_every_line_of_the_charter_is_a_clause_in_order():
    written = [number for number, line in enumerate(CHARTER, 1) if line.strip()]
    assert [clause["line"] for clause in CLAUSES] == written


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: f"L{clause['line']}")
def test_a_clause_gives_its_line_back_letter_for_letter(clause):
    assert clause["before"] + clause["text"] == CHARTER[clause["line"] - 1]
    assert clause["text"] == clause["text"].strip()
    assert clause["text"][0] not in "•-∙"
    assert clause["kind"] in {"heading", "fact", "promise", "bundle"}


def test_there_are_the_35_standards_in_order():
    assert [row["code"] for row in STANDARDS] == CODES
    assert [row["number"] for row in STANDARDS] == list(range(1, 36))


@standard
def test_a_standard_quotes_the_charter_exactly(row):
    for line, words in quotes(row):
        assert words
        assert words in CHARTER[line - 1]


def test_every_promise_has_a_standard_and_nothing_else_has():
    promised = {clause["line"] for clause in CLAUSES if clause["kind"] == "promise"}
    assert {line for row in STANDARDS for line in row["lines"]} == promised


def test_the_pieces_of_a_sentence_do_not_overlap():
    for line in {line for row in STANDARDS for line in row["lines"]}:
        pieces = {words for row in STANDARDS for where, words in quotes(row) if where == line}
        spans = sorted((CHARTER[line - 1].index(words), len(words)) for words in pieces)
        assert all(start + length <= after for (start, length), (after, _) in pairwise(spans))


def test_a_bundle_is_shown_through_the_promises_below_it():
    bundles = {
        clause["line"]: clause["bundles"] for clause in CLAUSES if clause["kind"] == "bundle"
    }
    assert bundles == {13: CODES[0:3], 20: CODES[6:8], 23: CODES[8:14], 61: CODES[32:35]}


def test_facts_are_the_contacts_and_the_hours():
    facts = [clause["line"] for clause in CLAUSES if clause["kind"] == "fact"]
    assert facts == [46, 47, 48, 49, 57, 58]


@standard
def test_a_standard_says_how_it_is_measured(row):
    assert row["measure"]
    assert row["limit"]
    assert "\\" not in row["measure"] + row["limit"]
    assert "**" not in row["measure"] + row["limit"]
    assert row["own_limit"] == ("*" in row["limit"])
    assert row["own_target"] is True
    assert 0 < row["target"] <= 1
    assert row["method"] in {"commitments", "observations"}
    assert (ROOT / row["app"] / "__init__.py").exists()
    assert row["subject"]


@standard
def test_a_clock_is_one_the_calendar_knows(row):
    if row["rule"] in UNITS:
        for key in ("allowance", "allowance_visit_phone", "allowance_without_email"):
            if key in row:
                assert re.fullmatch(rf"[1-9]\d*[{UNITS[row['rule']]}]", row[key])
    else:
        assert row["rule"] in {"", "periodic"}
        assert row["allowance"] == ""
    assert row["period"] in {"", "month", "quarter", "half_year", "year"}
    if row["rule"] == "periodic":
        assert row["period"]


@pytest.mark.parametrize("code", CLOCKS)
def test_the_clocks_of_the_charter(code):
    row = STANDARDS[CODES.index(code)]
    assert (row["rule"], row["allowance"]) == CLOCKS[code]


def test_an_apology_is_quicker_for_those_who_stand_before_us():
    row = STANDARDS[CODES.index("immediate-apology")]
    assert row["allowance_visit_phone"] == "1h"


def test_the_limits_of_the_charter_are_not_called_our_own():
    charters = {row["code"] for row in STANDARDS if not row["own_limit"]}
    assert {"reply", "course-notice", "visit-wait", "visitor-contact", "phone-callback"} <= charters
