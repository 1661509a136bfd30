"""Why something was not done, in Korean, with what to do instead."""

from __future__ import annotations


class Refused(Exception):
    """A verb of this app was not carried out; nothing was changed.

    ``str()`` is a sentence for the screen; ``field`` names the form field it is about, if any.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotAllowed(Refused):
    """The account lacks the right, or nobody may do this."""


class StillOpen(Refused):
    """A person still has open work; ``open_work`` says what and how much."""

    def __init__(self, message: str, *, open_work: dict[str, int]) -> None:
        super().__init__(message)
        self.open_work = open_work


class BadOption(Refused):
    """A value of the centre's own that does not fit its kind or limits."""
