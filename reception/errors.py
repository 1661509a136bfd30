"""Refusals: each says in Korean what to do, and which field is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from centre.errors import Refused

if TYPE_CHECKING:
    from centre.models import StaffMember


__all__ = ["NotAllowed", "NotFound", "NotNow", "PersonLeft", "Refused"]


class NotAllowed(Refused):
    """This account may not do this."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "이 일을 할 수 있는 권한이 없습니다.")


class NotFound(Refused):
    """No such visit or note, or one that this account may not see."""

    def __init__(self) -> None:
        super().__init__("찾을 수 없습니다. 창구 화면을 새로 고쳐 주십시오.")


class NotNow(Refused):
    """Not in a state in which this can be done; most often somebody else was first."""


class PersonLeft(Refused):
    """The person asked for does not work here any more; ``deputy`` is offered instead."""

    def __init__(self, person: StaffMember, deputy: StaffMember | None) -> None:
        offer = (
            f" 대신 {deputy} 님에게 남겨 주십시오." if deputy else " 그 팀의 팀장을 골라 주십시오."
        )
        super().__init__(f"{person} 님은 지금 근무하지 않습니다.{offer}", field="sought")
        self.deputy = deputy
