"""Whether two opinions of one citizen raise the same matter, and what is alike in them.

A rule of thumb for a proposal that a person confirms: words are reduced to stems, words of this
field that mean the same are put together (``data/same_matter_words.toml``), and what is shared is
weighed against what is not. Pure: no database, no model to load. What counts as the same is
written at the top of ``data/same_matter_pairs.toml``.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

WORDS: Final = Path(__file__).parent / "data" / "same_matter_words.toml"

#: From this score on two opinions are proposed as the same matter.
THRESHOLD: Final = 0.5

#: Only so many characters of a long text are compared.
LONGEST: Final = 1_500

#: How much a word says about the matter: of a group in the word list, or standing for itself.
WEIGHTS: Final = {"things": 1.0, "faults": 0.6, "common": 0.25}
OPEN_WEIGHT: Final = 0.8
SHORT_WEIGHT: Final = 0.35
NUMBER_WEIGHT: Final = 0.2

#: A listed word of one syllable is looked for in words up to this length.
_WHOLE_WITH_ENDING: Final = 4

#: Between the words of a phrase: a particle, a space, or nothing.
_APART: Final = r"\w{0,2}\s?"

#: What the keys of listed words begin with, so that no word of a text is taken for one.
_LISTED: Final = "="


@dataclass(frozen=True, slots=True)
class Text:
    """One opinion. ``topic`` and ``kind`` are codes; empty where they are not known."""

    subject: str = ""
    body: str = ""
    topic: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is compared of a text: its words by key, and what they weigh together."""

    topic: str
    words: Mapping[str, Word]
    total: float
    things: frozenset[str]
    faults: frozenset[str]
    own: frozenset[str]
    tokens: frozenset[str]
    again: bool
    another: bool
    praise: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text. ``part``: where it is listed, else ``own`` or ``numbers``."""

    key: str
    shown: str
    weight: float
    part: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    inside: Mapping[str, Word]
    at_start: re.Pattern[str]
    anywhere: re.Pattern[str]
    whole: Mapping[str, Word]
    latin: Mapping[str, Word]
    phrases: Sequence[tuple[str, re.Pattern[str], Word]]
    #: Endings and particles by their last letter, the longest first.
    ends: Mapping[str, Sequence[str]]
    endings: frozenset[str]
    particles: frozenset[str]
    empty: frozenset[str]
    empty_start: re.Pattern[str]
    again: re.Pattern[str]
    another: re.Pattern[str]
    praise: re.Pattern[str]


# --- the word list ------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The listed words, read once."""
    with WORDS.open("rb") as file:
        data: dict[str, Any] = tomllib.load(file)
    inside: dict[str, Word] = {}
    only_first: set[str] = set()
    whole, latin = {}, {}
    phrases: dict[tuple[str, Word], list[str]] = {}
    for part, weight in WEIGHTS.items():
        for name, entries in data[part].items():
            word = Word(_LISTED + name, name, weight, part)
            for entry in entries:
                if " " in entry:
                    first, *rest = entry.split()
                    phrases.setdefault((first, word), []).append(_APART.join(rest))
                elif entry.isascii():
                    latin[entry] = word
                elif len(entry) == 1:
                    whole[entry] = word
                else:
                    letters = _listed(entry)
                    inside[letters] = word
                    only_first |= {letters} if entry.endswith("~") else set()
    empty = data["empty"]["words"]
    endings = frozenset(map(_letters, data["grammar"]["endings"]))
    particles = frozenset(map(_letters, data["grammar"]["particles"]))
    return Lexicon(
        inside=inside,
        at_start=_longest_of(inside),
        anywhere=_longest_of(inside.keys() - only_first),
        whole=whole,
        latin=latin,
        phrases=[
            (first, re.compile(f"{first}{_APART}(?:{'|'.join(rests)})"), word)
            for (first, word), rests in phrases.items()
        ],
        ends=_by_last_letter(endings | particles),
        endings=endings,
        particles=particles,
        empty=frozenset(map(_letters, empty)),
        empty_start=_longest_of(_letters(word) for word in empty if len(word) > 1),
        again=_any_of(data["again"]["words"]),
        another=_any_of(data["another"]["words"]),
        praise=_any_of(data["praise"]["words"]),
    )


def _by_last_letter(ends: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for end in sorted(ends, key=len, reverse=True):
        found.setdefault(end[-1], []).append(end)
    return found


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in words))


def _listed(entry: str) -> str:
    """A listed word in letters; after ``~`` its last vowel is open."""
    return _letters(entry[:-1])[:-1] if entry.endswith("~") else _letters(entry)


def _longest_of(words: Iterable[str]) -> re.Pattern[str]:
    """The longest of these words at a place, as one pattern that reads each letter once."""
    tree: dict[str, Any] = {}
    for word in words:
        node = tree
        for letter in word:
            node = node.setdefault(letter, {})
        node[""] = {}
    return re.compile(_branches(tree))


def _branches(node: dict[str, Any]) -> str:
    ways = [re.escape(letter) + _branches(after) for letter, after in node.items() if letter]
    if not ways:
        return ""
    return f"(?:{'|'.join(ways)})" + ("?" if "" in node else "")


def _letters(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _is_initial(letter: str) -> bool:
    """Whether a word of the list may begin here: the first letter of a syllable, or no Hangul."""
    return not "\u1161" <= letter <= "\u11ff"


# --- words to stems -----------------------------------------------------------------------------

_PAST: Final = ("\u1161\u11bb", "\u1165\u11bb", "\u1167\u11bb", "\u116a\u11bb", "\u1162\u11bb")
#: Final consonants that a verb takes on with its ending: ㅂ(니다), ㄴ, ㄹ, ㅁ, ㅆ.
_TAKEN_ON: Final = "\u11b8\u11ab\u11af\u11b7\u11bb"
_SILENT: Final = "\u110b"
_JAMO_ONLY: Final = re.compile("[\u3131-\u318e]+")  # ㅠㅠ
_ENGLISH_ENDING: Final = re.compile(r"(?<=[a-z]{3})(?:ing|ed|es|s)$")
_VOWELS: Final = frozenset(map(chr, range(0x1161, 0x1176)))


@lru_cache(maxsize=16_384)
def stem(letters: str) -> str:
    """A word (decomposed letters) without particle or ending. Rough, but the same each time."""
    lex = lexicon()
    for end in lex.ends.get(letters[-1:], ()):
        if not letters.endswith(end):
            continue
        rest = letters[: -len(end)]
        if end in lex.endings and _syllables(rest) >= 2:
            return _bare(rest, end)
        if end in lex.particles and len(rest) > 1:
            return rest
    return letters


def _bare(letters: str, ending: str) -> str:
    """A verb without tense, and without the vowel that changes with the ending."""
    if letters.endswith(_PAST):
        letters = letters[:-3] if letters[-3] == _SILENT else letters[:-1]
    elif letters[-1] in _TAKEN_ON and ending[0] != _SILENT and letters[-2] != "\u1161":
        letters = letters[:-1]
    return letters[:-1] if letters[-1] in _VOWELS and _syllables(letters) > 2 else letters


def _syllables(letters: str) -> int:
    return len(unicodedata.normalize("NFC", letters))


@lru_cache(maxsize=16_384)
def words_of(token: str) -> tuple[Word, ...]:
    """The words of one token (lower case, composed): listed ones in it, else its stem."""
    lex = lexicon()
    if token.isascii():
        return _latin(token, lex)
    if _JAMO_ONLY.fullmatch(token):
        return ()
    letters = _letters(token)
    whole = lex.whole.get(token[0])
    if whole is not None and len(token) <= _WHOLE_WITH_ENDING and _is_stem(token[0], letters):
        return (whole,)
    found = tuple(_listed_in(letters, lex))
    if found:
        return found
    root = stem(letters)
    if root in lex.empty or lex.empty_start.match(letters):
        return ()
    weight = OPEN_WEIGHT if _syllables(root) > 1 else SHORT_WEIGHT
    return (Word(root, unicodedata.normalize("NFC", root), weight, "own"),)


def _is_stem(syllable: str, letters: str) -> bool:
    """Whether the word is this syllable, alone or with a particle."""
    alone = _letters(syllable)
    return letters == alone or stem(letters) == alone


def _latin(token: str, lex: Lexicon) -> tuple[Word, ...]:
    """The word of a token in English, or a number."""
    bare = _ENGLISH_ENDING.sub("", token)
    listed = lex.latin.get(token) or lex.latin.get(bare)
    if listed is not None:
        return (listed,)
    if token.isdigit():
        return (Word(token, token, NUMBER_WEIGHT, "numbers"),)
    if len(bare) < 3 or token in lex.empty or bare in lex.empty:
        return ()
    return (Word(bare, bare, OPEN_WEIGHT, "own"),)


def _listed_in(letters: str, lex: Lexicon) -> Iterator[Word]:
    """The listed words in a token, the longest first at each place; what is left of it before.

    Words begin with the first letter of a syllable, which no other letter of a syllable is.
    """
    at = 0
    found = lex.at_start.match(letters) or lex.anywhere.search(letters)
    while found is not None:
        rest = letters[at : found.start()]
        if len(rest) > 3 and _syllables(rest) >= 2:
            yield Word(rest, unicodedata.normalize("NFC", rest), OPEN_WEIGHT, "own")
        yield lex.inside[found[0]]
        at = found.end()
        while at < len(letters) and not _is_initial(letters[at]):
            at += 1
        found = lex.anywhere.search(letters, at)


# --- texts --------------------------------------------------------------------------------------

_TOKEN: Final = re.compile(r"[가-힣]+|[0-9]+|[^\W\d_가-힣]+")
# Both begin with what is rare, so that most of a text is passed over quickly.
_DENIED: Final = re.compile(r"[지질][는도를가]?\s?(?:않|못(?=[하했한합해]))[가-힣]*")
_UNKIND: Final = re.compile("[불안못]친절")
_NOT: Final = re.compile(r"([안못않])(?<![가-힣].)\s+(?=[가-힣])")


def _denied_first(written: str) -> str:
    """ "나오지 않아요" as "안나오", and "안 나와요" as "안나와요"."""
    parts, at = [], 0
    for found in _DENIED.finditer(written):
        start = found.start()
        while start > at and "가" <= written[start - 1] <= "힣":
            start -= 1
        if start < found.start():
            parts += [written[at:start], " 안", written[start : found.start()]]
            at = found.end()
    return _NOT.sub(r"\1", "".join([*parts, written[at:]]))


def prepare(text: Text) -> Prepared:
    """What is compared of a text. Make it once where a text is compared with many."""
    lex = lexicon()
    written = unicodedata.normalize("NFC", f"{text.subject}\n{text.body}"[:LONGEST]).lower()
    written = _denied_first(written)
    tokens = _TOKEN.findall(written)
    different = frozenset(tokens)
    found = [word for token in different for word in words_of(token)]
    found += [w for first, rest, w in lex.phrases if first in written and rest.search(written)]
    words = {word.key: word for word in found}
    joined = "".join(tokens)
    parts: dict[str, list[str]] = {part: [] for part in (*WEIGHTS, "own", "numbers")}
    for key, word in words.items():
        parts[word.part].append(key)
    faults = frozenset(parts["faults"])
    kindly = lex.praise.search(_UNKIND.sub("", joined))
    praise = not text.kind and not faults and kindly is not None
    return Prepared(
        topic=text.topic,
        words=words,
        total=math.fsum(word.weight for word in words.values()),
        things=frozenset(parts["things"]),
        faults=faults,
        own=frozenset(parts["own"]),
        tokens=different,
        again=lex.again.search(joined) is not None,
        another=lex.another.search(joined) is not None,
        praise=praise or text.kind == "compliment",
    )


# --- comparing ----------------------------------------------------------------------------------

# The evidence for and against, in log-odds; fitted to the pairs marked "tune" and rounded, the
# last three set by hand. The start is low: most opinions of one citizen are about other things.
_START: Final = -2.2
_SHARE: Final = 1.2  # what is shared, as a part of both
_SHARED: Final = 0.58  # what is shared, by weight …
_SHARED_AT_MOST: Final = 4.0
_EACH_THING: Final = 0.55  # … and again for each thing and each word of its own, up to three
_EACH_OPEN: Final = 0.45
_SAME_FAULT, _OTHER_FAULT = 1.0, -0.75
_OTHER_THING: Final = -0.75
_AGAIN: Final = 1.6  # "또", "여전히": counts only as far as something is shared
_ANOTHER: Final = -0.65  # "이번에는", "그건 됐는데"
_SAME_TOPIC, _OTHER_TOPIC = 0.05, -0.5
_PRAISE_AND_BLAME: Final = -4.0
_COPY, _COPY_SCORE = 0.85, 0.95  # so many of all words shared: sent again as it was


def compare(a: Prepared, b: Prepared) -> float:
    """How likely two prepared texts raise the same matter, from 0 to 1; symmetrical."""
    if not a.tokens or not b.tokens:
        return 0.0
    odds = _START + _shared_words(a, b) + _fault_and_thing(a, b) + _said(a, b)
    likely = 1 / (1 + math.exp(-odds))
    sent_again = a.praise == b.praise and _copied(a.tokens, b.tokens)
    return max(likely, _COPY_SCORE) if sent_again else likely


def _copied(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether one text is the other, but for a few words."""
    both = len(a) + len(b)
    return 2 * min(len(a), len(b)) >= _COPY * both and 2 * len(a & b) >= _COPY * both


def _shared_words(a: Prepared, b: Prepared) -> float:
    shared = a.words.keys() & b.words.keys()
    weight = math.fsum(a.words[key].weight for key in shared)
    things = len(a.things & b.things)
    own = len(a.own & b.own)
    return (
        _SHARE * 2 * weight / max(a.total + b.total, 3.0)
        + _SHARED * min(weight, _SHARED_AT_MOST)
        + _EACH_THING * min(things, 3)
        + _EACH_OPEN * min(own, 3)
        + _AGAIN * min(weight / 0.6, 1.0) * (a.again or b.again)
    )


def _fault_and_thing(a: Prepared, b: Prepared) -> float:
    odds = 0.0
    if a.faults and b.faults:
        odds += _OTHER_FAULT if a.faults.isdisjoint(b.faults) else _SAME_FAULT
    if a.things and b.things and a.things.isdisjoint(b.things):
        odds += _OTHER_THING
    return odds


def _said(a: Prepared, b: Prepared) -> float:
    odds = _ANOTHER * (a.another or b.another) + _PRAISE_AND_BLAME * (a.praise != b.praise)
    if a.topic and b.topic:
        odds += _SAME_TOPIC if a.topic == b.topic else _OTHER_TOPIC
    return odds


def score(a: Text, b: Text) -> float:
    """How likely two opinions of one citizen raise the same matter: 0 to 1, symmetrical."""
    return compare(prepare(a), prepare(b))


def is_same(a: Text, b: Text, *, threshold: float = THRESHOLD) -> bool:
    """Whether the two are to be proposed as the same matter."""
    return score(a, b) >= threshold


def reasons(a: Text, b: Text) -> list[str]:
    """In Korean, what is alike, for whoever decides; empty where nothing is."""
    return explain(prepare(a), prepare(b))


def explain(a: Prepared, b: Prepared, *, at_most: int = 6) -> list[str]:
    """``reasons`` of prepared texts. The words that say most come first."""
    told = []
    if a.topic and a.topic == b.topic:
        told.append("같은 유형")
    shared = sorted(
        (a.words[key] for key in a.words.keys() & b.words.keys()),
        key=lambda word: (-word.weight, word.shown),
    )
    words = [word.shown for word in shared if word.weight > NUMBER_WEIGHT]
    if words:
        told.append(f"같은 낱말: {', '.join(words[:at_most])}")
    if words and (a.again or b.again):
        told.append("다시 말씀하신다는 표현이 있음")
    return told
