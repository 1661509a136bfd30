"""Where the rooms above hang what they own onto the pages of a case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Called with (complaint, now=…); each returns a dict with ``template`` and its context, or None.
tracking_extras: list[Callable[..., dict[str, Any] | None]] = []

# What the stages of correction hang onto the verbs of a case; each is called in their transaction.

#: Called with (complaint, *, now) once a new case is filed, assigned and its receipt owed.
after_filing: list[Callable[..., object]] = []
#: Called with (complaint, response, *, by, now) once the last of the line approved an answer.
after_approval: list[Callable[..., object]] = []
#: Called with (complaint, *, now) once a result was told, and once it turned out that it was not.
after_told: list[Callable[..., object]] = []
after_untold: list[Callable[..., object]] = []
#: By template, called with (complaint, notice, *, now): the notice reached the citizen, or did not.
after_delivery: dict[str, Callable[..., object]] = {}
after_failure: dict[str, Callable[..., object]] = {}
#: Called with (complaint, *, now); each may refuse to let the case be closed.
before_closing: list[Callable[..., object]] = []
#: Called with (complaint, *, why, now) when a case ends other than by an answer.
after_stopping: list[Callable[..., object]] = []


def call(hooks: list[Callable[..., object]], *given: object, **named: object) -> None:
    for hook in hooks:
        hook(*given, **named)
