"""What hardly ever changes, read once, by a process that alone writes (the simulated past of a demo).

Everywhere else each question is asked of the database, so that what another process changed counts
at once. Inside ``alone`` an answer is kept until a verb of this process changes something about the
centre or its standards (``forget``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Answer = TypeVar("Answer")
_kept: dict[object, Any] | None = None


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else writes meanwhile: the caller answers for that."""
    global _kept  # noqa: PLW0603 - one of its kind in a process, on purpose
    _kept = {}
    try:
        yield
    finally:
        _kept = None


def is_alone() -> bool:
    return _kept is not None


def kept(question: object, ask: Callable[[], Answer]) -> Answer:
    """The answer to a question, asked anew each time except inside ``alone``."""
    if _kept is None:
        return ask()
    if question not in _kept:
        _kept[question] = ask()
    answer: Answer = _kept[question]
    return answer


def forget() -> None:
    """Something about the centre changed: everything is asked anew."""
    if _kept is not None:
        _kept.clear()
