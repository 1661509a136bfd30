"""The texts of all notices: they render whole, and nothing dangles when something is not known."""

import re
import tomllib
from pathlib import Path

import pytest
from django.template import Context, Engine

from notices import texts

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notices/templates/notices"
CATALOGUE = tomllib.loads((ROOT / "notices/data/catalogue.toml").read_text(encoding="utf-8"))
CLOSING = CATALOGUE["closing"]
ROWS = {row["key"]: row for row in CATALOGUE["templates"]}
MISSING = "⟦%s⟧"
ENGINE = Engine(dirs=[str(FOLDER.parent)], string_if_invalid=MISSING)

# A particle after a variable fits only some values. These two always hold a fitting one.
#: What staff type in several lines, into a row.
_TYPED = {"reason", "progress", "action_planned", "action_done", "why"}
FITTING = {("missed-promise-again", "manager_title"), ("suggestion-adopted", "team")}

each = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


def example(name):
    if name == "items":
        return [
            {"title": "첫째 일", "line": "남은 일 <둘>", "link": "https://voc.example.org/1"},
            {"title": "둘째 일", "line": "", "link": ""},
        ]
    if name in {"agreed", "by_letter", "lead_too", "not_called", "reply_requested"}:
        return True
    if name.endswith("_url") or name == "link":
        return f"https://voc.example.org/{name}?a=1&b=2"
    return "2026-000123-H" if name == "receipt_number" else f"‹{name}›"


def optional(row):
    closing = CLOSING["optional"] if row["closing"] else []
    return [*row["optional"], *(name for name in closing if name not in row["required"])]


def full(row):
    names = row["required"] + optional(row) + (CLOSING["required"] if row["closing"] else [])
    return {name: example(name) for name in names}


def render(row, context):
    template = ENGINE.get_template(f"notices/{row['key']}.txt")
    return template.render(Context(context, use_l10n=False))


def without(row, dropped):
    """The context without those names; a person's title goes with the name."""
    gone = {
        other
        for name in dropped
        for other in (name, name.replace("_name", "_title"), name.replace("_title", "_name"))
        if other in optional(row)
    }
    return {name: value for name, value in full(row).items() if name not in gone}


def contexts(row):
    yield full(row)
    yield without(row, optional(row))
    for name in optional(row):
        yield without(row, [name])


def used(text):
    names: set[str] = set()
    for shown, asked, looped in re.findall(
        r"\{\{ (\S+) \}\}|\{% (?:el)?if (.+?) %\}|\{% for \w+ in (\w+) %\}", text
    ):
        words = re.findall(r"[a-z_.]+", shown or asked or looped)
        names.update(word for word in words if word not in {"or", "and", "not"})
    return {name for name in names if "." not in name}


def source(key):
    return (FOLDER / f"{key}.txt").read_text(encoding="utf-8")


def test_every_template_is_in_the_catalogue_and_the_other_way_round():
    assert len(ROWS) == len(CATALOGUE["templates"])
    names = {path.stem.removesuffix(".en") for path in FOLDER.iterdir() if path.stem[0] != "_"}
    assert names == set(ROWS)


@each
def test_the_catalogue_names_exactly_the_variables_used(row):
    names = used(source(row["key"]))
    own = set(row["required"]) | set(row["optional"])
    assert not set(row["required"]) & set(row["optional"])
    assert names == own
    assert set(row.get("flags", [])) <= own
    assert row["closing"] == ('{% include "notices/_closing.txt" %}' in source(row["key"]))


def test_the_closing_names_exactly_its_variables():
    assert used(source("_closing")) == set(CLOSING["required"]) | set(CLOSING["optional"])


@each
def test_it_is_described(row):
    assert row["name"]
    assert row["audience"] in {"citizen", "staff"}
    assert row["medium"] in {"email", "text"}
    assert row["closing"] == (row["audience"] == "citizen" and row["medium"] == "email")


@each
def test_the_subject_is_one_line_and_then_the_body(row):
    for context in contexts(row):
        subject, blank, *body = render(row, context).split("\n")
        assert subject.startswith("제목: ")
        assert len(subject) > len("제목: ")
        assert blank == ""
        assert body[0].strip()


@each
def test_a_case_of_a_citizen_is_known_by_the_end_of_the_subject(row):
    subject = render(row, full(row)).split("\n")[0]
    numbered = subject.startswith("제목: [고객의 소리]") and subject.endswith(
        " (접수번호 2026-000123-H)"
    )
    assert numbered == row["ends_with_receipt_number"]
    if row["audience"] == "citizen" and row["medium"] == "email" and not numbered:
        assert row["key"].startswith(("survey-", "course-"))


@each
def test_whatever_is_not_known_leaves_nothing_behind(row):
    for context in contexts(row):
        text = render(row, context)
        assert "⟦" not in text
        assert "\n\n\n" not in text
        for line in text.rstrip("\n").split("\n"):
            assert line == line.rstrip()
            assert not line.endswith((":", "·", "/", "→", "—", ","))
            assert not re.search(r"\(\)|‘’|: /|: :|· ·", line)


@each
def test_empty_is_the_same_as_absent(row):
    absent = without(row, optional(row))
    assert render(row, absent | dict.fromkeys(optional(row), "")) == render(row, absent)


def labels(key):
    """What stands before a value on a line of its own, set apart by a space at its head."""
    lines = re.sub(r"\{%.*?%\}", "", source(key)).split("\n")
    return {m[1] for line in lines if (m := re.match(r" (\S[^{]*?) +\{\{", line))}


@each
def test_every_row_of_the_plain_text_is_in_one_table_of_the_mail(row):
    for context in contexts(row):
        several = {n: f"{v}\n둘째 줄" if n in _TYPED else v for n, v in context.items()}
        for paragraph in re.split(r"\n{2,}", render(row, several).partition("\n\n")[2]):
            tables = [block for block in texts.blocks(paragraph) if block.rows]
            shown = [label for table in tables for label, _value in table.rows]
            lines = paragraph.split("\n")
            written = [n for line in lines for n in labels(row["key"]) if line.startswith(f" {n} ")]
            assert shown == written
            assert len(tables) == bool(written)


@each
def test_nothing_is_escaped(row):
    marked = {
        name: "<b>&'\"" if isinstance(value, str) else value for name, value in full(row).items()
    }
    text = render(row, marked)
    assert not re.search(r"&(?:amp|lt|gt|quot|#)", text)
    assert "<b>&'\"" in text or not any(isinstance(v, str) for v in full(row).values())


@each
def test_no_particle_stands_after_a_variable(row):
    pattern = r"\{\{ (\w+) \}\}(?:은|는|이|가|을|를|로|으로|와|과)(?!\w*입니다)"
    found = {(row["key"], name) for name in re.findall(pattern, source(row["key"]))}
    assert found <= FITTING


def test_the_closing_rings_whoever_is_known():
    context = {name: example(name) for name in CLOSING["required"]}
    template = ENGINE.get_template("notices/_closing.txt")
    known = [
        ({}, "전화 ‹centre_phone› · 팩스 ‹centre_fax›"),
        ({"team": "팀", "team_phone": "501"}, "팀\n전화 501 · 팩스"),
        (
            {"team": "팀", "handler_name": "이름", "handler_phone": "502"},
            "팀 이름\n전화 502 · 팩스",
        ),
    ]
    for more, begins in known:
        assert template.render(Context(context | more)).startswith(begins)


def test_receipt_says_what_holds_out_of_hours_and_for_others():
    row = ROWS["receipt"]
    plain = render(row, without(row, optional(row)))
    assert "제목: [고객의 소리] 접수되었습니다 (접수번호 2026-000123-H)\n\n고객님, 안녕" in plain
    assert "업무시간이 아닙니다" not in plain
    assert "대신 접수해" not in plain
    whole = render(row, full(row))
    assert "지금은 업무시간이 아닙니다. 담당자는 ‹next_open_at›부터 확인합니다.\n" in whole
    assert "‹filed_by_name› 님께서 대신 접수해 주셨습니다.\n" in whole


def test_an_apology_by_letter_promises_a_letter():
    row = ROWS["immediate-apology"]
    spoken = render(row, without(row, ["by_letter"]))
    written = render(row, full(row))
    assert "‹lead_name› ‹lead_title› 또는 담당자가 ‹contact_way› 직접 연락드려" in spoken
    assert "저희가 먼저 글을 보내 드리겠습니다." in written
    assert "직접 연락드려" not in written


def test_a_missed_promise_without_a_reason_says_that_it_is_looked_into():
    row = ROWS["missed-promise"]
    text = render(row, without(row, ["reason"]))
    assert "늦어진 까닭           담당 팀에서 확인하고 있습니다." in text


def test_a_result_offers_to_raise_it_again_only_where_that_exists():
    row = ROWS["result"]
    enquiry = render(row, without(row, ["reopen_url"]))
    assert "다시 말씀하기" not in enquiry
    assert "더 궁금하신 점은 ‹handler_phone›에 말씀해 주십시오." in enquiry
    declined = render(row, full(row))
    assert "말씀하신 대로 해 드리지 못하는 까닭은 다음과 같습니다.\n‹reason›\n" in declined
    assert declined.index("‹answer›") < declined.index("‹reason›")
    assert "해 드리지 못하는 까닭" not in render(row, without(row, ["reason"]))


def test_a_digest_lists_every_item():
    text = render(ROWS["staff-digest"], full(ROWS["staff-digest"]))
    assert "1. 첫째 일\n   남은 일 <둘>\n   https://voc.example.org/1\n\n2. 둘째 일\n" in text


def test_opinions_are_quoted_only_where_they_are_answered():
    """Someone may have mistyped the address: contents go out with the result and questions only."""
    private = {"subject", "answer", "request_items", "body"}
    shown = {
        row["key"]
        for row in ROWS.values()
        if row["audience"] == "citizen" and private & {*row["required"], *row["optional"]}
    }
    assert shown == {"result", "supplement-request"}


def test_short_texts_hold_no_access_code():
    for row in ROWS.values():
        if row["medium"] == "text":
            assert "access_code" not in row["required"] + row["optional"]


# --- in English ---------------------------------------------------------------------------------

ENGLISH = [row for key, row in ROWS.items() if (FOLDER / f"{key}.en.txt").exists()]


@pytest.mark.parametrize("row", ENGLISH, ids=[row["key"] for row in ENGLISH])
def test_an_english_text_knows_the_same_and_says_it_in_english(row):
    template = ENGINE.get_template(f"notices/{row['key']}.en.txt")
    source = (FOLDER / f"{row['key']}.en.txt").read_text(encoding="utf-8")
    assert row["audience"] == "citizen"
    assert used(source) <= set(full(row))
    for context in contexts(row):
        text = template.render(Context(context, use_l10n=False))
        assert not re.search("[ㄱ-ㆎ가-힣⟦]", text)
        assert text.startswith("Subject: [")
        assert ", ." not in text
        assert "()" not in text
        head, _, body = text.partition("\n\n")
        assert body.strip()
        if row["ends_with_receipt_number"] and "receipt_number" in context:
            assert head.endswith("(receipt number 2026-000123-H)")


def test_a_text_without_english_says_so_above_the_korean():
    row = ROWS["suggestion-later"]
    text = texts.render(
        "suggestion-later", full(row) | {"centre_phone": "(054)855-1365"}, language="en"
    )
    korean = texts.render("suggestion-later", full(row) | {"centre_phone": "(054)855-1365"})
    assert text.title == korean.title
    first, rest = text.body.split("\n\n", 1)
    assert first.startswith("This message is available in Korean only.")
    assert "(054)855-1365" in first
    assert rest == korean.body
