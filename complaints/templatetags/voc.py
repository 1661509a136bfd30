"""Dates as people write them, for templates."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from centre import languages
from centre.words import english_day, english_instant, korean_day, korean_instant
from complaints.texts import decisions

register = template.Library()


@register.filter
def instant(value: datetime | None) -> str:
    """2026년 10월 12일(월) 18시, or Mon 12 October 2026, 18:00; "" for none."""
    say = english_instant if languages.speaks_english() else korean_instant
    return say(value) if value else ""


@register.filter
def day(value: date | datetime | None) -> str:
    """2026년 10월 12일(월), or Mon 12 October 2026, in Seoul; "" for none."""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    say = english_day if languages.speaks_english() else korean_day
    return say(value) if value else ""


@register.filter
def said(text: object) -> str:
    """A Korean text of ours in the language of the page; what the catalogue does not know stays."""
    return languages.said(text)


@register.filter
def with_title(person: object) -> str:
    """ "노지훈 대리"; in English the title behind the name: "노지훈 (Assistant Manager)"."""
    name, gap, title = str(person).rpartition(" ")
    english = languages.said(title)
    return f"{name} ({english})" if gap and english != title else str(person)


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
