"""Refusals: each says in Korean what to do, and which field is meant."""

from __future__ import annotations

from centre.errors import Refused

__all__ = ["Ended", "NotAllowed", "NotNow", "Refused", "Unanswerable", "UnknownToken", "Used"]


class NotAllowed(Refused):
    """This account may not do this."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "이 일을 할 수 있는 권한이 없습니다.")


class NotNow(Refused):
    """The survey is not in a state in which this can be done."""


class UnknownToken(Refused):
    """No invitation has this token: mistyped, cut off or guessed."""

    def __init__(self) -> None:
        super().__init__(
            "설문 주소가 맞지 않습니다. 메일에 있는 주소를 끝까지 누르셨는지 확인해 주십시오."
        )


class Used(Refused):
    """The invitation was answered, or this browser answered."""

    def __init__(self) -> None:
        super().__init__("이미 답하셨습니다. 말씀해 주셔서 감사합니다.")


class Ended(Refused):
    """The time to answer is over, or has not begun."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message or "응답 기간이 끝났습니다. 하고 싶은 말씀은 고객의 소리에 남겨 주십시오."
        )


class Unanswerable(Refused):
    """What was answered does not fit the questions; ``problems``: sentence by question code."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("답을 다시 확인해 주십시오. 쓰신 내용은 그대로 있습니다.")
        self.problems = problems
