"""Why something about an evaluation was not done, in Korean, with what to do instead."""

from __future__ import annotations

from centre.errors import NotAllowed, Refused

__all__ = ["ChangedMeanwhile", "NotAllowed", "NotNow", "Refused"]


class NotNow(Refused):
    """It cannot be done in the state the evaluation is in."""


class ChangedMeanwhile(Refused):
    """Somebody else saved or decided since the page was opened; what was typed is not lost."""
