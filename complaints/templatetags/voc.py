"""Dates as people write them, for templates."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from centre.words import korean_day, korean_instant
from complaints.texts import decisions

register = template.Library()


@register.filter
def instant(value: datetime | None) -> str:
    """2026년 10월 12일(월) 18시; "" for none."""
    return korean_instant(value) if value else ""


@register.filter
def day(value: date | datetime | None) -> str:
    """2026년 10월 12일(월), in Seoul; "" for none."""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return korean_day(value) if value else ""


@register.filter
def groups_of_five(code: str) -> list[str]:
    """An access code in groups for the eye; the page puts no space between them."""
    return [code[start : start + 5] for start in range(0, len(code), 5)]


@register.filter
def decision_shown(code: str) -> str:
    """What the citizen reads for a result: "말씀하신 대로 조치하였습니다"."""
    return _(decisions()[code]["shown"]) if code in decisions() else ""


@register.filter
def size(value: int) -> str:
    return str(filesizeformat(value)).replace("\xa0", " ")
