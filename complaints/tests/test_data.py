"""Texts, reply templates, demonstration cases and the receipt slip fit the rest of the data."""

import re
import tomllib
from pathlib import Path

import pytest
from django.template import Context, Engine

ROOT = Path(__file__).resolve().parents[2]


def load(path):
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


CENTRE = load("centre/data/centre.toml")
STANDARDS = {row["code"] for row in load("standards/data/standards.toml")["standards"]}
TEXTS = load("complaints/data/texts.toml")
TEMPLATES = load("complaints/data/reply_templates.toml")["templates"]
DEMO = load("complaints/data/demo_cases.toml")

KINDS = {kind["code"] for kind in TEXTS["kinds"]}
TOPICS = {topic["code"] for topic in CENTRE["topics"]}
STAFF = {person["username"] for person in CENTRE["staff"]}


def strings(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def test_four_kinds_of_feedback():
    assert sorted(KINDS) == ["complaint", "compliment", "enquiry", "suggestion"]


@pytest.mark.parametrize(
    "name",
    ["kinds", "assistance", "stages", "public_states", "decisions", "extension_reasons"],
)
def test_codes_are_unique(name):
    codes = [row["code"] for row in TEXTS[name]]
    assert codes
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/data/*.toml")), ids=lambda path: path.name)
def test_no_mark_of_another_format_is_left(path):
    for text in strings(load(path.relative_to(ROOT))):
        assert "**" not in text
        assert "\\*" not in text
        assert "`" not in text
        assert text.count("{{") == len(re.findall(r"\{\{ [a-z_]+ \}\}", text))


def test_under_review_is_no_result():
    labels = {decision["label"] for decision in TEXTS["decisions"]}
    assert not labels & set(TEXTS["no_results"]["labels"])
    assert all(decision["shown"] for decision in TEXTS["decisions"])
    assert {kind for decision in TEXTS["decisions"] for kind in decision["kinds"]} == KINDS


def test_a_refusal_needs_a_reason_and_a_referral_a_body():
    needs = {row["code"]: row for row in TEXTS["decisions"]}
    assert {code for code, row in needs.items() if row["reason_required"]} == {
        "declined",
        "considered_later",
        "not_adopted",
    }
    assert {code for code, row in needs.items() if row["body_required"]} == {"referred"}


def test_absence_and_overload_are_no_grounds_for_an_extension():
    labels = " ".join(reason["label"] for reason in TEXTS["extension_reasons"])
    assert not re.search("부재|휴가|바쁨|바빠", labels)


def test_the_consent_names_what_the_law_asks_for():
    consent = TEXTS["consent"]
    assert consent["version"] == "2026-1"
    for word in ("목적", "항목", "(필수)", "(선택)", "기간", "거부"):
        assert word in consent["text"]


def test_plain_words_replace_a_word_by_another():
    pairs = TEXTS["plain_words"]["pairs"]
    words = [word for word, _ in pairs]
    assert len(words) == len(set(words))
    assert all(word and better and word != better for word, better in pairs)


def test_items_of_a_monitoring_call_make_a_hundred():
    items = TEXTS["monitoring_call_items"]
    assert sum(item["points"] for item in items) == 100
    assert {item["standard"] for item in items if "standard" in item} <= STANDARDS


def test_seventeen_reply_templates():
    assert [row["code"] for row in TEMPLATES] == [f"T{number}" for number in range(1, 18)]
    for row in TEMPLATES:
        assert set(row["topics"]) <= TOPICS
        assert set(row["kinds"]) <= KINDS
        assert "[" in row["text"]
        assert row["text"].count("[") == row["text"].count("]")


def test_demonstration_cases_are_made_up_and_fit():
    citizens = {row["code"]: row for row in DEMO["citizens"]}
    assert len(citizens) == 12
    assert [case["number"] for case in DEMO["cases"]] == list(range(1, 17))
    for citizen in citizens.values():
        assert citizen["email"] == "" or citizen["email"].endswith("@example.com")
        assert citizen["phone"] == "" or citizen["phone"].startswith("010-0000-")
    for case in DEMO["cases"]:
        assert case["citizen"] in citizens
        assert case["kind"] in KINDS
        assert case["topic"] in TOPICS
        assert {case.get("about_staff"), case.get("praised_staff")} - {None} <= STAFF
        assert case["subject"]
        assert case["body"]


def test_the_receipt_slip_leaves_out_what_is_not_known():
    engine = Engine(dirs=[str(ROOT / "complaints/templates")], string_if_invalid="⟦%s⟧")
    template = engine.get_template("complaints/documents/receipt_slip.txt")
    needed = "receipt_number received_at channel kind due_at team team_phone centre_url centre_name"
    context = {name: f"‹{name}›" for name in needed.split(" ")}
    text = template.render(Context(context))
    assert "⟦" not in text
    assert "\n\n\n" not in text
    assert "확인번호 " not in text
    for name in ("access_code", "citizen_name", "filed_by_name", "topic", "contact_way"):
        context[name] = f"‹{name}›"
    text = template.render(Context(context))
    assert " 성    명   ‹citizen_name›       대신 접수하신 분  ‹filed_by_name›\n" in text
    assert " 받으실 방법 ‹contact_way› 알려 드립니다\n" in text
