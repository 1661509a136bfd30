"""All registers by name, and the buttons by which the lists of the rooms below lead to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.urls import reverse

from centre import registry
from centre.models import User
from dashboards.registers.base import Register
from dashboards.registers.cases import CASES
from dashboards.registers.desk import NOTES, VISITS
from dashboards.registers.notices import NOTICES
from dashboards.registers.stages import STAGES

REGISTERS: Final[dict[str, Register]] = {
    register.name: register for register in (CASES, STAGES, NOTES, VISITS, NOTICES)
}


def address_of(register: Register) -> str:
    return reverse("registers:download", args=[register.name])


def hang_up_buttons() -> None:
    """Called once all apps are ready."""
    for register in REGISTERS.values():
        registry.register_download(register.name, _button(register))


def _button(register: Register) -> Callable[[User], str]:
    return lambda user: address_of(register) if register.allowed(user) else ""
