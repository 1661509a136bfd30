"""Where a duty is done on a page of a room above: its address, registered in ``apps.ready``."""

from __future__ import annotations

from collections.abc import Callable

from standards.models import Duty

_pages: dict[str, Callable[[Duty], str]] = {}


def register(kind: str, page: Callable[[Duty], str]) -> None:
    """``page(duty)`` gives the address of the page on which duties of this kind are done."""
    _pages[kind] = page


def page_of(duty: Duty) -> str:
    """That address; "" where the duty is done on its own page."""
    page = _pages.get(duty.kind)
    return page(duty) if page else ""
