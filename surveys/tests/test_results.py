"""Results counted from answers: worked out by hand, in a fixed number of queries."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from centre.models import StaffMember, Team, Topic
from complaints.tests.conftest import seoul
from surveys import results, services
from surveys.models import Invitation, Response, Survey
from surveys.tests.conftest import MORNING
from surveys.tests.filling import fill, spread

pytestmark = pytest.mark.django_db
ENDED = MORNING + timedelta(days=20)


@pytest.fixture
def ended(opened: Callable[..., Survey], manager: StaffMember) -> Callable[..., Survey]:
    """Closes a survey that was filled."""

    def do(survey: Survey, *, at: Any = ENDED) -> Survey:
        services.close_survey(survey_id=survey.pk, by=manager, now=at)
        survey.refresh_from_db()
        return survey

    return do


def row(told: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in told["questions"] if one["code"] == code)
    return found


def test_a_visit_survey_by_hand(
    opened: Callable[..., Survey], ended: Callable[..., Survey]
) -> None:
    survey = opened("visit")
    fill(survey, [{"V1": 5, "V2": 1, "V6": 4}] * 12)
    fill(survey, [{"V1": 4, "V2": 2, "V6": 3}] * 8)
    fill(survey, [{"V1": 3, "V2": 3, "V6": 5, "V7": "비밀"}] * 5)
    told = results.results_of(ended(survey))
    assert told["people"] == 25
    # (12·5 + 8·4 + 5·3) ÷ 25 = 107 ÷ 25 = 4.28 → (4.28 − 1) ÷ 4 × 100 = 82.0
    v1 = row(told, "V1")
    assert (v1["answered"], v1["missing"], v1["mean"], v1["score"]) == (25, 0, 4.28, 82.0)
    assert [(band["label"], band["count"], band["percent"]) for band in v1["bands"]][2:] == [
        ("3 보통이다", 5, 20), ("4 그렇다", 8, 32), ("5 매우 그렇다", 12, 48),
    ]  # fmt: skip
    assert [(one["text"], one["count"]) for one in row(told, "V2")["choices"]] == [
        ("기다리지 않았다", 12), ("10분 미만", 8), ("10분 이상", 5), ("기억나지 않는다", 0),
    ]  # fmt: skip
    # (12·4 + 8·3 + 5·5) ÷ 25 = 97 ÷ 25 = 3.88 → 72.0
    assert (told["headline"]["code"], told["headline"]["score"]) == ("V6", 72.0)
    # V1 alone is published of the process: V4 was answered by nobody
    process = next(one for one in told["dimensions"] if one["name"] == "서비스 과정")
    assert (process["score"], process["counted"], process["questions"]) == (82.0, 1, 2)
    assert "비밀" not in json.dumps(told, ensure_ascii=False)


def test_not_applicable_counts_in_no_mean(
    opened: Callable[..., Survey], ended: Callable[..., Survey]
) -> None:
    survey = opened("visit")
    fill(survey, [{"V4": 5}] * 10 + [{"V4": 1}] * 10 + [{"V4": None}] * 6)
    v4 = row(results.results_of(ended(survey)), "V4")
    assert (v4["answered"], v4["missing"], v4["mean"], v4["score"]) == (20, 6, 3.0, 50.0)


def test_under_five_people_nothing_is_in_the_results(
    opened: Callable[..., Survey], ended: Callable[..., Survey]
) -> None:
    survey = opened("visit")
    fill(survey, [{"V1": 5, "V6": 1}] * 4)
    told = results.results_of(ended(survey))
    assert told["people"] is None
    assert (told["questions"], told["dimensions"], told["tables"]) == ([], [], [])


def test_by_team_and_topic_of_cases(
    opened: Callable[..., Survey], ended: Callable[..., Survey]
) -> None:
    """Team activity has four answers: taken together with the next larger, information."""
    survey = opened("case")
    support, information, activity = (
        Team.objects.get(code=code) for code in ("support", "information", "activity")
    )
    record = Topic.objects.get(code="record")
    fill(survey, spread("C9", (0, 0, 0, 10, 10)), team=support, topic=record, channel="web")
    fill(survey, spread("C9", (0, 0, 5, 3, 0)), team=information, topic=record, channel="web")
    fill(survey, spread("C9", (4, 0, 0, 0, 0)), team=activity, topic=record, channel="phone")
    told = results.results_of(ended(survey))
    tables = {one["by"]: one for one in told["tables"]}
    assert set(tables) == {"팀", "접수경로"}  # everybody had the same topic, on the web
    teams = tables["팀"]
    assert [(one["name"], one["n"], one["mean"], one["score"]) for one in teams["rows"]] == [
        ("고객지원팀", 20, 4.5, 87.5)
    ]
    assert teams["together"] == {"names": ["정보관리팀", "활동지원팀"], "n": 12}
    assert tables["접수경로"]["rows"] is None  # 28 by the web would tell of the four by phone


def test_the_response_rate_is_of_those_who_were_asked(
    opened: Callable[..., Survey], ended: Callable[..., Survey]
) -> None:
    survey = opened("case")
    fill(survey, spread("C9", (0, 0, 0, 0, 22)))
    for n in range(27):
        Invitation.objects.create(
            survey=survey, key=f"k{n}", token_hash=f"{n:064d}", way="email", used=n < 22,
            invited_at=MORNING, sent_at=MORNING, expires_at=ENDED,
        )  # fmt: skip
    told = results.results_of(ended(survey))
    assert (told["asked"], told["rate"]) == (27, 81.5)


@pytest.mark.parametrize("kind", ["case", "yearly"])
def test_a_fixed_number_of_queries(
    kind: str,
    opened: Callable[..., Survey],
    ended: Callable[..., Survey],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    survey = opened(kind)
    code = {"case": "C9", "yearly": "Y21"}[kind]
    fill(survey, spread(code, (5, 6, 7, 8, 9)))
    survey = Survey.objects.get(pk=ended(survey).pk)
    with django_assert_num_queries(6):
        results.results_of(survey)
    fill(survey, spread(code, (50, 60, 70, 80, 90)))
    survey = Survey.objects.get(pk=survey.pk)
    with django_assert_num_queries(6):
        results.results_of(survey)


def test_what_is_final(opened: Callable[..., Survey], ended: Callable[..., Survey]) -> None:
    survey = opened("visit")
    assert not results.is_final(survey, now=ENDED)
    ended(survey)
    assert not results.is_final(survey, now=ENDED + timedelta(minutes=30))
    assert results.is_final(survey, now=ENDED + timedelta(minutes=31))


def test_results_can_be_frozen_as_plain_data(
    opened: Callable[..., Survey], ended: Callable[..., Survey]
) -> None:
    survey = opened("yearly")
    fill(survey, [{"Y1": [1, 2], "Y5": 4, "Y21": 4, "Y23": 9, "Y24": 1, "Y27": [1]}] * 30)
    told = results.results_of(ended(survey))
    assert json.loads(json.dumps(told)) == told
    assert row(told, "Y1")["choices"][0]["bound"] == "least"  # all thirty
    assert (row(told, "Y23")["mean"], row(told, "Y23")["score"]) == (9.0, None)


def test_two_publications_are_held_against_each_other(
    opened: Callable[..., Survey], ended: Callable[..., Survey]
) -> None:
    survey = opened("visit")
    fill(survey, [{"V1": 5, "V6": 4}] * 12 + [{"V1": 4, "V6": 3}] * 8)
    ended(survey)
    before = results.results_of(survey)
    assert not results.tells_of_few(before, results.results_of(survey))
    fill(survey, [{"V1": 5, "V6": 4}] * 2)
    assert results.tells_of_few(before, results.results_of(survey))
    fill(survey, [{"V1": 5, "V6": 4}] * 3)
    assert not results.tells_of_few(before, results.results_of(survey))


def test_answers_of_a_quarter_are_those_of_its_days(opened: Callable[..., Survey]) -> None:
    visit, case = opened("visit"), opened("case")
    fill(visit, spread("V1", (0, 0, 0, 1, 2)), on=date(2026, 9, 30))
    fill(visit, spread("V1", (7, 0, 0, 0, 0)), on=date(2026, 10, 1))
    fill(visit, spread("V4", (0, 0, 3, 0, 0)), on=date(2026, 7, 1))
    fill(case, spread("C5", (0, 0, 0, 0, 4)), on=date(2026, 8, 1))
    begin, end = date(2026, 7, 1), date(2026, 9, 30)
    assert results.answers_between({"visit": "V1"}, begin, end) == (0, 0, 0, 1, 2)
    both = {"visit": "V4", "case": "C5"}
    assert results.answers_between(both, begin, end) == (0, 0, 3, 0, 4)


def test_nothing_links_an_anonymous_result_to_a_person(opened: Callable[..., Survey]) -> None:
    """Tables of yearly surveys know nothing but how people answered."""
    survey = opened("yearly", closes_at=seoul("2026-11-30 18:00"))
    fill(survey, spread("Y21", (5, 5, 5, 5, 5)), way="paper")
    assert not Response.objects.exclude(invitation=None, team=None, topic=None).exists()


# --- whatever people answer ---------------------------------------------------------------------


def _all_counts(told: Any) -> list[int]:
    """Every number of people that stands anywhere in published results."""
    names = {"people", "answered", "missing", "count", "n", "asked", "of_invited", "at_least"}
    if isinstance(told, dict):
        here = [value for key, value in told.items() if key in names and value is not None]
        return here + [n for value in told.values() for n in _all_counts(value)]
    return [n for one in told for n in _all_counts(one)] if isinstance(told, list) else []


def _totals(told: dict[str, Any]) -> Any:
    """Sums that hold among published numbers: what is left over is a group of people, too."""
    people = told["people"]
    for one in told["questions"]:
        counts = [band["count"] for band in one.get("bands", ())]
        if one.get("answered") is not None:
            yield people - one["answered"]
            if counts:
                yield one["answered"] - sum(counts)
        for choice in one.get("choices") or ():
            if choice["count"] is not None:
                yield people - choice["count"]
    for table in told["tables"]:
        rows = [row["n"] for row in table["rows"] or ()]
        if rows:
            yield told["headline"]["answered"] - sum(rows)


@pytest.mark.parametrize("seed", range(12))
def test_no_number_and_no_difference_is_a_group_under_five(
    seed: int, opened: Callable[..., Survey], ended: Callable[..., Survey]
) -> None:
    """A random survey of cases of few people, teams, topics and channels."""
    chance = random.Random(seed)
    survey = opened("case")
    topics = list(Topic.objects.select_related("team"))[: chance.randint(2, 6)]
    scale = [code for code in ("C1", "C2", "C3", "C4", "C5", "C6", "C8") if chance.random() < 0.8]
    for _one in range(chance.choice((5, 9, 14, 25, 60, 120))):
        given: dict[str, Any] = {"C9": chance.choices(range(1, 6), (1, 1, 3, 6, 9))[0]}
        for code in scale:
            if chance.random() < 0.9:
                given[code] = chance.choices((1, 2, 3, 4, 5, None), (1, 2, 4, 8, 8, 1))[0]
        given["C7"] = chance.choices((1, 2, 3, 4), (9, 4, 2, 1))[0]
        topic = chance.choice(topics)
        team = topic.team if chance.random() < 0.9 else topics[0].team
        channel = chance.choices(("web", "phone", "fax"), (9, 4, 1))[0]
        fill(survey, [given], team=team, topic=topic, channel=channel)
    told = results.results_of(ended(survey))
    small = [n for n in [*_all_counts(told), *_totals(told)] if 0 < n < 5]
    assert small == []
