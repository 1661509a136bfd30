"""Refusals: each says in Korean what to do, and which field is meant."""

from __future__ import annotations

from centre.errors import Refused as _Refused


class Refused(_Refused):
    """The verb was not carried out and changed nothing.

    ``str()`` is a sentence for the person in front of the screen. ``field`` names the form field
    it belongs to, empty where the whole action is meant.
    """


class NotAllowed(Refused):
    """This person may not do this to this case."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "이 건에 대해 이 일을 할 수 있는 권한이 없습니다.")


class NotNow(Refused):
    """The case is not in a state in which this can be done."""


class NobodyApproves(NotNow):
    """Everybody who could approve drafted it, or is whom the case is about."""

    def __init__(self) -> None:
        super().__init__(
            "결재할 수 있는 사람이 아무도 없습니다. 모두 이 의견의 대상이거나 기안한 사람입니다. 담당자를 "
            "다른 직원으로 바꾸면 지금 담당자가 결재할 수 있습니다. 그래도 없으면 시스템 관리자에게 결재선을 "
            "고쳐 달라고 해 주십시오. 이 건은 시스템 관리자의 첫 화면에 나타납니다."
        )


class ChangedMeanwhile(Refused):
    """Somebody else wrote in between; nothing was overwritten."""

    def __init__(self) -> None:
        super().__init__(
            "그사이 다른 분이 이 건을 고쳤습니다. 쓰신 내용은 그대로 있습니다. "
            "바뀐 내용을 확인하고 다시 저장해 주십시오."
        )


class NotFound(Refused):
    """Unknown number, wrong code or somebody else's case: always the same answer."""


class TooMany(Refused):
    """Too many tries within the hour; ``minutes`` says how long to wait."""

    def __init__(self, *, minutes: int, phone: str) -> None:
        super().__init__(
            f"짧은 시간에 여러 번 시도하셨습니다. {minutes}분 뒤에 다시 해 주십시오. "
            f"급하시면 {phone}에 전화해 주십시오."
        )
        self.minutes = minutes
