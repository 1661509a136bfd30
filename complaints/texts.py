"""The words of the screens and the results of a case, from ``data/texts.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "data" / "texts.toml"


@cache
def texts() -> dict[str, Any]:
    """The whole file, read once."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def decisions() -> dict[str, dict[str, Any]]:
    """처리결과 by code: label, what the citizen reads, for which kinds, whether a reason is due."""
    return {row["code"]: row for row in texts()["decisions"]}


def decisions_for(kind: str) -> list[tuple[str, str]]:
    """The results a handler can choose for a case of ``kind``; a referral has its own way."""
    return [
        (code, row["label"])
        for code, row in decisions().items()
        if kind in row["kinds"] and code != "referred"
    ]


@cache
def extension_grounds() -> dict[str, str]:
    """사유 of an extension by code. Absence or overload of staff is none."""
    return {row["code"]: row["label"] for row in texts()["extension_reasons"]}


def refusal(key: str, **values: object) -> str:
    """One of the refusals of the screens, with its values filled in."""
    text: str = texts()["refusals"][key]
    for name, value in values.items():
        text = text.replace("{{ " + name + " }}", str(value))
    return text
