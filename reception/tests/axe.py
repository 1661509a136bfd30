"""axe-core in a real browser: the automated part of accessibility (KWCAG 2.2)."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OLDEST = (4, 10)


@lru_cache(maxsize=1)
def _source() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands: rule, place and what to do, a line for each."""
    page.evaluate(_source())
    version = tuple(int(part) for part in page.evaluate("axe.version").split(".")[:2])
    assert version >= OLDEST, version
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS
    )
    assert found["passes"], "axe looked at nothing"
    return [
        f"{rule['id']} {node['target']}: {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def sticks_out(page: Page) -> list[str]:
    """What is wider than the window, outside regions that scroll by themselves."""
    found: list[str] = page.evaluate(
        """() => {
          const wide = document.documentElement.clientWidth + 1;
          const own = ".table-scroll, .table-wrap, .results, .visually-hidden, .skip-link";
          return [...document.querySelectorAll("body *")]
            .filter((e) => !e.closest(own) && e.getClientRects().length)
            .filter((e) => e.getBoundingClientRect().right > wide)
            .map((e) => `${e.tagName}.${e.className} ${e.getBoundingClientRect().right}`);
        }"""
    )
    return found
