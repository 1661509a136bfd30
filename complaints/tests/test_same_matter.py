"""Whether two opinions raise the same matter: the rules, and the pairs written to try them."""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.bench_same_matter import AIM_PRECISION, AIM_RECALL, figures, read_pairs
from centre.options import DATA
from complaints.models import Kind
from complaints.same_matter import (
    WEIGHTS,
    WORDS,
    Text,
    is_same,
    lexicon,
    prepare,
    reasons,
    score,
    stem,
)

PAIRS = read_pairs()
PARTS = ("tune", "hold", "fresh")


def test_the_pairs_are_many_and_of_both_sorts() -> None:
    counts = Counter((pair["part"], pair["same"]) for pair in PAIRS)
    assert sum(counts.values()) >= 90
    assert set(counts) == {(part, same) for part in PARTS for same in (True, False)}
    assert min(counts.values()) >= 20


def test_every_pair_is_well_formed_and_there_once() -> None:
    topics = {topic["code"] for topic in tomllib.loads(DATA.read_text())["topics"]}
    for pair in PAIRS:
        assert pair.keys() == {"part", "same", "a", "b"}
        for side in (pair["a"], pair["b"]):
            assert side["topic"] in topics
            assert side["kind"] in Kind.values
            assert (side["subject"] + side["body"]).strip()
    assert len({(str(pair["a"]), str(pair["b"])) for pair in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("bare", [False, True])
def test_enough_is_found_and_most_of_it_rightly(part: str, bare: bool) -> None:
    precision, recall = figures([pair for pair in PAIRS if pair["part"] == part], bare=bare)
    assert recall >= AIM_RECALL
    assert precision >= AIM_PRECISION


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("전화를 준다고 하고 사흘째 소식이 없음", "또 회신이 없습니다", True),
        ("봉사시간이 안 올라와요", "봉사 시간이 올라오지 않습니다. 아직도요", True),
        ("엘리베이터 고장", "승강기가 멈췄습니다", True),
        ("봉사시간이 안 올라와요", "아직도 시간이 등록되지 않았습니다", True),
        ("직원이 전화를 불친절하게 받았습니다", "전화 응대가 불친절합니다. 그대로네요", True),
        ("직원이 반말을 했습니다. 감사합니다.", "또 반말을 들었습니다", True),
        ("I lost my certificate", "확인서를 잃어버렸습니다", True),
        ("화장실에 휴지가 없습니다", "교육 일정을 알려 주세요", False),
        ("직원이 불친절합니다", "직원이 친절해서 고맙습니다", False),
        ("안녕하세요. 부탁드립니다.", "안녕하세요. 부탁드립니다. 감사합니다.", False),
        ("사다리가 낡았어요", "다리가 아파요", False),
        ("ㅠㅠ", "ㅠㅠ 너무해요", False),
    ],
)
def test_pairs_by_hand(one: str, other: str, same: bool) -> None:
    assert is_same(Text(body=one), Text(body=other)) is same


def test_what_is_sent_again_as_it_was_is_the_same() -> None:
    text = "옆집 개가 짖어서 상담실이 시끄럽다고 적었습니다"
    assert score(Text(body=text), Text(body=text)) >= 0.95
    assert score(Text(subject=text), Text(body=f"{text}!!")) >= 0.95


def test_nothing_written_is_like_nothing() -> None:
    assert score(Text(), Text()) == 0
    assert score(Text(body="?!"), Text(body="?!")) == 0
    assert score(Text(body="회신이 없습니다"), Text(body=" \n")) == 0


def test_the_form_of_the_letters_does_not_matter() -> None:
    one, other = Text(body="회신이 없습니다 CALLBACK"), Text(body="또 연락이 안 와요 callback")
    decomposed = Text(body=unicodedata.normalize("NFD", one.body).lower())
    assert score(one, other) == score(decomposed, other)


def test_the_same_topic_raises_the_score_and_another_one_lowers_it() -> None:
    def scored(topic: str, other: str) -> float:
        return score(
            Text(body="회신이 없습니다", topic=topic), Text(body="전화를 못 받았어요", topic=other)
        )

    assert scored("service", "service") > scored("service", "") > scored("service", "record")
    assert scored("", "") == scored("service", "")


def test_praise_is_never_a_complaint_raised_again() -> None:
    words = "직원분이 서류를 찾아 주고 회신도 주셨습니다"
    praise = Text(body=words, kind="compliment")
    assert not is_same(praise, Text(body=words, kind="complaint"))
    assert is_same(praise, praise)


@pytest.mark.parametrize(
    ("forms", "shared"),
    [
        (("공원에서", "공원을", "공원까지", "공원"), "공원"),
        (("기다렸습니다", "기다려요"), None),
        (("거들었습니다", "거들었는데", "거들어요"), "거들"),
    ],
)
def test_forms_of_a_word_have_one_stem(forms: tuple[str, ...], shared: str | None) -> None:
    roots = {unicodedata.normalize("NFC", stem(unicodedata.normalize("NFD", f))) for f in forms}
    if shared is not None:
        assert roots == {shared}
    else:
        words = [set(prepare(Text(body=form)).words) for form in forms]
        assert words[0] == words[1]


def test_reasons_say_what_is_alike() -> None:
    one = Text("전화를 준다고 함", "메모 남긴다더니 연락이 없다", topic="service")
    other = Text("또 회신이 없습니다", "메모를 남겼는데 전화가 안 와요", topic="service")
    found = reasons(one, other)
    assert found[0] == "같은 유형"
    assert found[1].startswith("같은 낱말: 메모, 회신")
    assert found[2] == "다시 말씀하신다는 표현이 있음"
    assert reasons(Text(body="주차"), Text(body="승강기")) == []


def test_a_word_is_listed_under_one_thing_only() -> None:
    listed = lexicon()
    assert not listed.whole.keys() & listed.empty
    assert not listed.latin.keys() & listed.empty
    data = tomllib.loads(WORDS.read_text())
    entries = [
        entry for part in WEIGHTS for group in data[part].values() for entry in dict.fromkeys(group)
    ]
    assert [entry for entry, times in Counter(entries).items() if times > 1] == []


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_is_written_gets_a_score(one: str, other: str) -> None:
    a, b = Text(body=one), Text(subject=other)
    found = score(a, b)
    assert 0 <= found <= 1
    assert found == score(b, a)
    assert isinstance(reasons(a, b), list)


@given(st.text(alphabet="가각간다닥습니다었았지않못안 전화회신또ㅠa1", max_size=60))
def test_whatever_is_stemmed_leaves_something(text: str) -> None:
    for token in text.split():
        assert stem(unicodedata.normalize("NFD", token))
    prepare(Text(body=text))
