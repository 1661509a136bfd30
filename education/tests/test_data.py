"""The courses of the demonstration: people exist and dates tell the story that is meant."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def load(path):
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


DATA = load("education/data/courses.toml")
STAFF = {person["username"] for person in load("centre/data/centre.toml")["staff"]}
NOTICE_DAYS = 20


def test_six_courses():
    assert [course["number"] for course in DATA["courses"]] == [1, 2, 3, 4, 5, 6]
    for course in DATA["courses"]:
        assert course["handler"] in STAFF
        assert course["title"]
        assert course["introduction"]
        assert course["enrolled"] <= course["capacity"]
        assert set(course["weekdays"]) <= set(range(1, 8))


def test_one_was_announced_too_late_and_says_why():
    late = [
        course
        for course in DATA["courses"]
        if "announced_day" in course
        and course["start_day"] - course["announced_day"] <= NOTICE_DAYS
    ]
    assert [course["number"] for course in late] == [2]
    assert late[0]["late_reason"]


def test_the_draft_must_be_announced_twenty_full_days_ahead():
    draft = DATA["courses"][5]
    assert draft["start_day"] - draft["announce_by_day"] == NOTICE_DAYS + 1
