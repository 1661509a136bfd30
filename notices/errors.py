"""Refusals of the verbs: each a Korean sentence that says what to do."""

from __future__ import annotations


class Refused(Exception):
    """What was asked cannot be done; the message is fit for the screen."""


class NotThere(Refused):
    def __init__(self) -> None:
        super().__init__("이 알림을 찾을 수 없습니다. 목록을 다시 열어 주십시오.")


class NotDelivered(Refused):
    def __init__(self) -> None:
        super().__init__("전해진 메일만 ‘되돌아옴’으로 표시할 수 있습니다.")


class CodeIsGone(Refused):
    def __init__(self) -> None:
        super().__init__(
            "확인번호가 든 메일은 다시 보낼 수 없습니다. 건의 화면에서 확인번호를 새로 발급해 주십시오."
        )


class IncompleteText(ValueError):
    """The caller left out variables that the template always needs: a fault in the program."""
