"""What a new commitment is counted by: its standard, and what the centre set for itself instead.

The commitment keeps a copy, so changing a value of the centre touches nothing that is running.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from centre import options
from centre.errors import BadOption
from standards.errors import CannotCompute
from standards.models import Standard

#: Standards whose rule, or whose allowance, is a value of the centre (``centre.options``).
_RULES: Final[Mapping[str, str]] = {"reply": "reply_rule"}
_ALLOWANCES: Final[Mapping[str, tuple[str, Callable[[Any], str]]]] = {
    "approval": ("approval_wait", str),
    "supplement": ("supplement_days", "{}d".format),
    "reply-renewed": ("new_promise_days", lambda days: f"{days * 8}h"),
}
#: Their allowance is changed there, not by a new version.
SET_BY_THE_CENTRE: Final = frozenset(_ALLOWANCES)


@dataclass(frozen=True, slots=True)
class Terms:
    rule: str
    allowance: str


def terms_of(standard: Standard, variant: str = "") -> Terms:
    """The rule and the allowance, that of a variant where one is named.

    At most one query, for the few codes above. CannotCompute for an unknown variant, or where
    the value of the centre makes no sense.
    """
    try:
        return Terms(_rule(standard), _allowance(standard, variant))
    except BadOption as error:
        raise CannotCompute(str(error)) from error


def _rule(standard: Standard) -> str:
    option = _RULES.get(standard.code)
    return options.text(option) if option else standard.rule


def _allowance(standard: Standard, variant: str) -> str:
    if variant:
        try:
            return str(standard.allowances[variant])
        except KeyError:
            raise CannotCompute(f"'{standard.code}'에 '{variant}' 기간이 없습니다.") from None
    if standard.code in _ALLOWANCES:
        option, written = _ALLOWANCES[standard.code]
        return written(options.value(option))
    return standard.allowance
