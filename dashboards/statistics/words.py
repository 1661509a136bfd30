"""How figures are said on the public page. Pure."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _

from dashboards.intake.figures import Spread
from standards.figures import Tally, shown

NONE: Final = "–"
_HOUR: Final = 60
_DAY: Final = 24


def count(n: int | None) -> str:
    """``1,234건``; of what may not be told that it is fewer than five."""
    return _("5건 미만") if n is None else _("%(n)s건") % {"n": f"{n:,}"}


def minutes(value: int | None) -> str:
    """Open time: ``1시간 20분``."""
    return _two_parts(value, _HOUR, _("%(n)s시간"), _("%(n)s분"))


def hours(value: int | None) -> str:
    """Time that passed: ``4일 3시간``."""
    return _two_parts(value, _DAY, _("%(n)s일"), _("%(n)s시간"))


def _two_parts(value: int | None, size: int, large: str, little: str) -> str:
    if value is None:
        return _("해당 없음")
    whole, rest = divmod(value, size)
    parts = [large % {"n": f"{whole:,}"}] if whole else []
    parts += [little % {"n": rest}] if rest or not whole else []
    return " ".join(parts)


def wait(value: int | None, spread: Spread) -> str:
    return minutes(value) if spread.unit == "minute" else hours(value)


def percent(part: int, whole: int) -> str:
    """``93.4%``; zero of zero is no case."""
    return shown(part, whole) or _("해당 없음")


def rate(tally: Tally) -> str:
    return percent(tally.kept, tally.n)


def change(now: int, before: int) -> str:
    """``+13건``, beside the number of another period."""
    if now == before:
        return _("같음")
    return _("%(n)s건") % {"n": f"{now - before:+,}"}
