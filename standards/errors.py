"""What is refused here, named for the refusal. Every message is Korean and fit for the screen."""

from centre.calendar import CalendarError
from centre.errors import Refused


class CannotCompute(Refused, CalendarError):
    """A due instant that cannot be computed: loud, never a null date."""


class UnknownStandard(CannotCompute, LookupError):
    """No standard of this code is in force on the day."""


class CannotExtend(Refused):
    """Too late, too far, a second time without consent, or nothing that can be extended."""


class CannotRevise(Refused):
    """What is the charter's, what does not fit, or nothing that would change."""


class BadPeriod(Refused, ValueError):
    """A period back to front, too long, or of years nobody can ask about."""


class NoSuchCommitment(Refused):
    """Nothing was promised under this key."""


class ChangedMeanwhile(Refused):
    """Somebody else was first; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("그 사이에 다른 처리가 먼저 끝났습니다. 새로 고친 뒤 다시 해 주십시오.")
