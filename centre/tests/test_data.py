"""The centre's data: every code that is named somewhere exists, and the charter's facts agree."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHARTER = (ROOT / "centre/data/charter.ko.txt").read_text(encoding="utf-8")
DATA = tomllib.loads((ROOT / "centre/data/centre.toml").read_text(encoding="utf-8"))

TEAMS = {team["code"] for team in DATA["teams"]}
STAFF = {person["username"]: person for person in DATA["staff"]}
ROLES = {"handler", "desk", "lead", "manager"}
TOPICS = {topic["code"]: topic for topic in DATA["topics"]}
SIGNATORIES = {signatory["code"] for signatory in DATA["signatories"]}
CITIES = 22


def unique(values):
    values = list(values)
    return len(values) == len(set(values))


@pytest.mark.parametrize("key", ["name", "phone", "fax", "url", "url_place", "address"])
def test_the_contacts_are_the_charters(key):
    assert DATA["centre"]["own"] is False
    assert DATA["centre"][key] in CHARTER


def test_the_hours_are_the_charters():
    assert DATA["centre"]["opening_hours"]["spans"] == [["09:00", "12:00"], ["13:00", "18:00"]]
    days, holidays = DATA["centre"]["hours_text"].split(", ")
    assert days.removeprefix("평일 ") in CHARTER
    assert holidays in CHARTER


def test_six_teams_and_thirteen_people():
    assert len(DATA["teams"]) == len(TEAMS) == 6
    assert len(DATA["staff"]) == len(STAFF) == 13
    assert unique(person["extension"] for person in DATA["staff"])
    assert all(team["duties"] and team["extension"] and team["room"] for team in DATA["teams"])


@pytest.mark.parametrize("person", DATA["staff"], ids=lambda person: person["username"])
def test_a_person_has_a_team_a_role_and_a_deputy(person):
    assert person["team"] in TEAMS
    assert person["email"] == f"{person['username']}@example.org"
    assert set(person["roles"]) <= ROLES
    assert person["roles"]
    assert person["duties"]
    assert person["deputies"]
    assert unique(person["deputies"])
    assert set(person["deputies"]) <= set(STAFF) - {person["username"]}


def test_every_working_team_has_one_lead():
    leads = [person["team"] for person in DATA["staff"] if "lead" in person["roles"]]
    assert sorted(leads) == sorted(TEAMS - {"office"})


def test_the_administrator_is_an_account_apart():
    (account,) = DATA["accounts"]
    assert account["username"] not in STAFF
    assert account["roles"] == ["administrator"]
    assert account["person"] in STAFF
    assert account["team"] in TEAMS


def test_who_left_has_handed_over():
    (person,) = DATA["departed"]
    assert person["username"] not in STAFF
    assert person["handed_over_to"] in STAFF
    assert person["left_months_ago"] > 0


def test_absences_are_of_people_who_are_here():
    for absence in DATA["absences"]:
        assert absence["staff"] in STAFF
        assert absence["first_day"] <= absence["last_day"]
        assert ("starts" in absence) == ("ends" in absence)


def test_approval_lines_name_signatories():
    codes = [line["code"] for line in DATA["approval_lines"]]
    assert codes == [
        "response",
        "response_by_lead",
        "referral",
        "extension",
        "apology_letter",
        "caution",
        "repeat_closure",
        "publication",
    ]
    for line in DATA["approval_lines"]:
        assert line["own"] is True
        assert line["drafters"]
        assert line["approvers"]
        named = {*line["drafters"], *line["approvers"], line["fallback"]} - {""}
        assert named <= SIGNATORIES
        assert line["stand_in"] == line["fallback_text"].endswith(("대결", "대결로 표시"))
    for signatory in DATA["signatories"]:
        assert signatory["staff"] in {"", *STAFF}


def test_a_caution_waits_for_those_who_decide():
    caution = next(line for line in DATA["approval_lines"] if line["code"] == "caution")
    assert caution["fallback"] == ""


def test_twelve_topics():
    assert list(TOPICS) == [
        "counsel",
        "record",
        "portal",
        "site",
        "insurance",
        "education",
        "partner",
        "recognition",
        "event",
        "service",
        "facility",
        "unsure",
    ]


@pytest.mark.parametrize("topic", DATA["topics"], ids=lambda topic: topic["code"])
def test_a_topic_has_a_team_and_people_who_know_it(topic):
    assert topic["team"] in TEAMS
    assert topic["name"]
    assert topic["description"]
    assert topic["experts"]
    assert unique(expert["staff"] for expert in topic["experts"])
    for expert in topic["experts"]:
        assert expert["staff"] in STAFF
        assert date.fromisoformat(expert["approved_on"]).year == 2025
        assert expert["ground"] == expert["ground"].strip()


def test_assignment_names_what_exists():
    assert set(DATA["assignment"]["always"]) <= set(TOPICS)
    assert set(DATA["assignment"]["always"].values()) <= SIGNATORIES
    assert DATA["assignment"]["if_lead_concerned"] in SIGNATORIES


def test_referral_bodies_have_no_invented_contacts():
    names = [body["name"] for body in DATA["referral_bodies"]]
    assert unique(names)
    assert sum(name.startswith("시·군 자원봉사센터(") for name in names) == CITIES
    assert not any(body["contact"] for body in DATA["referral_bodies"])


def test_groups_and_regions_for_statistics():
    assert unique(group["code"] for group in DATA["customer_groups"])
    assert len(DATA["customer_groups"]) == 8
    assert unique(region["code"] for region in DATA["regions"])
    assert len(DATA["regions"]) == CITIES + 1
