"""What the made-up citizens say: varied texts, the same for the same seed. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from notices.services.delivering import REFUSED

FOLDER: Final = Path(__file__).resolve().parent.parent / "data"
DATA, TEXTS = FOLDER / "demo_opinions.toml", FOLDER / "demo_texts.toml"
#: How many of the opinions are one of the texts that have an answer of their own.
OF_ITS_OWN: Final = 0.25
#: How many of a hundred opinions come by each channel.
CHANNELS: Final = {
    "web": 58, "phone": 20, "visit": 8, "email": 5, "fax": 3, "post": 3, "box": 2, "letter": 1,
}  # fmt: skip
#: One address of so many cannot be reached.
MISTYPED, FIRST_MISTYPED = 60, 8


@dataclass(frozen=True, slots=True)
class Citizen:
    """``number`` makes address and phone; neither exists anywhere (.invalid, 010-0000)."""

    name: str
    number: int

    @property
    def email(self) -> str:
        """Of one in some dozens the address was typed wrongly: the mail server refuses it."""
        return f"citizen{self.number}@{REFUSED if self.mistyped else 'demo.invalid'}"

    @property
    def mistyped(self) -> bool:
        return self.number % MISTYPED == FIRST_MISTYPED

    @property
    def phone(self) -> str:
        return f"010-0000-{self.number % 10_000:04d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """One opinion with what the handler will find of it."""

    kind: str
    topic: str
    channel: str
    subject: str
    body: str
    answer: str
    declined: str
    planned: str


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text("utf-8"))


@cache
def _texts() -> dict[str, list[dict[str, str]]]:
    """The texts with an answer of their own, by topic."""
    found: dict[str, list[dict[str, str]]] = {}
    for text in tomllib.loads(TEXTS.read_text("utf-8"))["texts"]:
        found.setdefault(text["topic"], []).append(text)
    return found


def citizen(rng: Random, number: int) -> Citizen:
    data = _data()
    return Citizen(rng.choice(data["surnames"]) + rng.choice(data["given"]), number)


def matter(rng: Random) -> str:
    """A short matter of a caller or visitor."""
    topic = rng.choice(_data()["topics"])
    return _filled(rng.choice(topic["opinions"])[1], _words(rng, month=rng.randint(1, 12)))


def praise(rng: Random, *, month: int) -> Opinion:
    """An opinion that is a compliment."""
    while (found := opinion(rng, month=month)).kind != "compliment":
        pass
    return found


def opinion(rng: Random, *, month: int) -> Opinion:
    """``month`` is that of the day in Seoul: people speak of the one before."""
    topics = _data()["topics"]
    topic = rng.choices(topics, weights=[t["weight"] for t in topics])[0]
    words = _words(rng, month=(month - 2) % 12 + 1)
    channel = rng.choices(list(CHANNELS), weights=list(CHANNELS.values()))[0]
    own = _texts().get(topic["code"], [])
    if own and rng.random() < OF_ITS_OWN:
        return _of_its_own(rng.choice(own), topic, channel=channel, words=words)
    kind, subject, body = rng.choice(topic["opinions"])
    opening, closing = rng.choice(_data()["openings"]), rng.choice(_data()["closings"])
    return Opinion(
        kind=kind,
        topic=topic["code"],
        channel=channel,
        subject=_filled(subject, words),
        body=opening + _filled(body, words) + closing,
        answer=_filled(topic["answer"], words),
        declined=_filled(topic["declined"], words),
        planned=_filled(topic["planned"], words),
    )


def _of_its_own(
    text: dict[str, str], topic: dict[str, Any], *, channel: str, words: dict[str, str]
) -> Opinion:
    return Opinion(
        kind=text["kind"],
        topic=topic["code"],
        channel=text["channel"] or channel,
        subject=_filled(text["subject"], words),
        body=_filled(text["body"], words),
        answer=_filled(text.get("answer", topic["answer"]), words),
        declined=_filled(topic["declined"], words),
        planned=_filled(topic["planned"], words),
    )


def _words(rng: Random, *, month: int) -> dict[str, str]:
    data = _data()
    return {
        "place": rng.choice(data["places"]),
        "event": rng.choice(data["events"]),
        "item": rng.choice(data["items"]),
        "hours": str(rng.randint(2, 8)),
        "count": str(rng.randint(3, 60)),
        "month": str(month),
    }


def _filled(text: str, words: dict[str, str]) -> str:
    return text.format(**words)
