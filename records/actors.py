"""Who did it, as the log keeps it: a copy that outlives the person's account."""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["citizen", "staff", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """`user_id` is set for staff only; `label` is what a reader of the log sees.

    A citizen's label never holds a name: whose case it is, the subject says.
    """

    kind: ActorKind
    user_id: int | None
    label: str

    @classmethod
    def staff(cls, user_id: int, label: str) -> "Actor":
        return cls("staff", user_id, label)


CITIZEN = Actor("citizen", None, "민원인")
SYSTEM = Actor("system", None, "시스템")
