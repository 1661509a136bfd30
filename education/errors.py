"""Refusals: each says in Korean what to do, and which field is meant."""

from __future__ import annotations

from centre.errors import Refused

__all__ = ["AlreadyEnrolled", "NotAllowed", "NotFound", "NotNow", "Refused", "TooMany"]


class NotAllowed(Refused):
    """This account may not do this."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "이 일을 할 수 있는 권한이 없습니다.")


class NotFound(Refused):
    """No such course or enrolment, or one that this account may not see."""

    def __init__(self) -> None:
        super().__init__("찾을 수 없습니다. 목록에서 다시 골라 주십시오.")


class NotNow(Refused):
    """Not in a state in which this can be done; most often somebody else was first."""


class AlreadyEnrolled(Refused):
    """The same contact holds a place, or waits for one, in this course.

    Only staff are told so at once; on the public page it would tell strangers who comes.
    """

    def __init__(self, *, field: str, enrolment_id: int) -> None:
        self.enrolment_id = enrolment_id
        super().__init__(
            "이 연락처로는 이미 신청하셨습니다. 신청 확인 메일을 보시거나 전화로 물어 주십시오. "
            "함께 오실 분은 그분의 연락처로 신청해 주십시오.",
            field=field,
        )


class TooMany(Refused):
    """Too many enrolments from one address within the hour."""
