"""The five questionnaires of the data file: what a new survey begins with. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

_FILE: Final = Path(__file__).parent / "data" / "questionnaires.toml"
_CENTRE: Final = Path(__file__).parents[1] / "centre" / "data" / "centre.toml"
#: Type in the data file → type and scale of a question.
_TYPES: Final = {
    "agree": ("scale5", "agree"),
    "satisfy": ("scale5", "satisfy"),
    "one": ("single", ""),
    "many": ("multiple", ""),
    "zero_to_ten": ("nps", ""),
    "free": ("text", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    text: str
    asks_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question as the questionnaire words it."""

    code: str
    type: str
    text: str
    scale: str = ""
    dimension: str = ""
    part: str = ""
    help: str = ""
    required: bool = False
    allow_na: bool = False
    at_most: int | None = None
    low_label: str = ""
    high_label: str = ""
    standards: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    kind: str
    title: str
    when: str
    items: tuple[Item, ...]


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def _lists() -> dict[str, Any]:
    return tomllib.loads(_CENTRE.read_text(encoding="utf-8"))


def scale_labels(scale: str) -> list[str]:
    """The words of a 5-point scale, from 1 to 5."""
    return list(_data()["scales"][scale])


def common() -> dict[str, Any]:
    """Introduction, thanks, formula and the size of the smallest group shown."""
    found: dict[str, Any] = _data()["common"]
    return found


def not_applicable() -> str:
    return str(_data()["scales"]["agree_not_applicable"])


def unresolved() -> dict[str, str]:
    """What is said and offered to whoever writes that the matter was not resolved."""
    found: dict[str, str] = next(
        row["unresolved"] for row in _data()["questionnaires"] if row["slug"] == "case"
    )
    return found


@cache
def questionnaire(kind: str) -> Questionnaire:
    """The questionnaire of a kind; KeyError for a kind without one."""
    rows = {row["slug"]: row for row in _data()["questionnaires"]}
    row = rows[kind]
    again = row.get("unresolved", {})
    return Questionnaire(
        kind=kind,
        title=row["name"],
        when=row["when"],
        items=tuple(_item(question, again) for question in row["questions"]),
    )


def _item(row: dict[str, Any], again: dict[str, str]) -> Item:
    kind, scale = _TYPES[row["type"]]
    low, high = row.get("ends", ("", ""))
    wanted = again.get("answer") if again.get("question") == row["code"] else None
    texts = [*_listed(row), *row.get("options", [])]
    return Item(
        code=row["code"],
        type=kind,
        scale=scale,
        text=row["text"],
        dimension=row["dimension"],
        part=row.get("part", ""),
        required=row["required"],
        allow_na=scale == "agree",
        at_most=row.get("at_most"),
        low_label=low,
        high_label=high,
        standards=tuple(row.get("standards", ())),
        options=tuple(Option(text=text, asks_again=text == wanted) for text in texts),
    )


def _listed(row: dict[str, Any]) -> list[str]:
    """Options that are a list of the centre's: regions, groups of customers."""
    found = _lists().get(row.get("options_from", ""), [])
    return [one if isinstance(one, str) else one["name"] for one in found]
