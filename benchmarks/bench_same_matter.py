"""How well a repeated matter is recognised, and what it costs for a citizen with 100 earlier cases.

The pairs were written for this purpose; what each part was used for stands at the top of the file.
Only a centre's own cases will tell. "bare" means without topic and kind, as
`manage.py same_matter` sees a pair.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from benchmarks.report import Report
from complaints import same_matter
from complaints.same_matter import Text, compare, explain, is_same, prepare

PAIRS = Path(same_matter.__file__).parent / "data" / "same_matter_pairs.toml"
AIM_RECALL, AIM_PRECISION, AIM_MS = 0.85, 0.7, 20
EARLIER = 100


def bench(report: Report) -> None:
    pairs = read_pairs()
    for part, name in (("tune", "tuned on"), ("hold", "held out"), ("fresh", "fresh")):
        chosen = [pair for pair in pairs if pair["part"] == part]
        for bare in (False, True):
            told = f"{len(chosen)} pairs {name}{', bare' if bare else ''}"
            precision, recall = figures(chosen, bare=bare)
            report.rate(f"recall, {told}", recall, "", aim=AIM_RECALL)
            report.rate(f"precision, {told}", precision, "", aim=AIM_PRECISION)
    _cost(report, [_text(pair[side]) for pair in pairs for side in "ab"])


def read_pairs() -> list[dict[str, Any]]:
    with PAIRS.open("rb") as file:
        found: list[dict[str, Any]] = tomllib.load(file)["pairs"]
    return found


def figures(pairs: list[dict[str, Any]], *, bare: bool) -> tuple[float, float]:
    """Precision and recall of the proposal."""
    results = [
        (pair["same"], is_same(_text(pair["a"], bare=bare), _text(pair["b"], bare=bare)))
        for pair in pairs
    ]
    hits = results.count((True, True))
    proposed = hits + results.count((False, True))
    return hits / max(proposed, 1), hits / max(sum(same for same, _found in results), 1)


def _text(side: dict[str, str], *, bare: bool = False) -> Text:
    return Text(subject=side["subject"], body=side["body"]) if bare else Text(**side)


def _cost(report: Report, texts: list[Text]) -> None:
    """One new opinion against 100 earlier ones: of a usual length, and of some 500 letters."""
    long = [
        Text(text.subject, " ".join(texts[(at * 7 + n) % len(texts)].body for n in range(12)))
        for at, text in enumerate(texts)
    ]
    for name, given in (("short", texts), ("500 letters each", long)):
        new, earlier = given[0], given[1 : EARLIER + 1]

        def recognise(new: Text = new, earlier: list[Text] = earlier) -> None:
            this = prepare(new)
            for other in map(prepare, earlier):
                if compare(this, other) >= same_matter.THRESHOLD:
                    explain(this, other)

        forgetful = report.time(recognise, prepare=_forget_words)
        report.cost(
            f"{EARLIER} earlier cases, {name}, new words", forgetful * 1000, "ms", aim=AIM_MS
        )
        usual = report.time(recognise)
        report.cost(f"{EARLIER} earlier cases, {name}", usual * 1000, "ms", aim=AIM_MS)


def _forget_words() -> None:
    same_matter.lexicon()
    same_matter.words_of.cache_clear()
    same_matter.stem.cache_clear()
