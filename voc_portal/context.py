"""What every page knows as ``portal``: the centre, its hours now, the menu. Read only when asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from centre import languages, options, sessions
from centre import queries as centre
from centre.calendar import Calendar, CalendarError, seoul_day
from centre.languages import said
from centre.words import korean_instant
from complaints.texts import texts
from records.personal import normalise_phone
from standards.evidence.pages import is_public
from standards.probe import outages

DEMO_BANNER = _lazy("시연용 화면입니다. 직원과 고객의 이름, 연락처, 사연은 모두 지어낸 것입니다.")

NOT_YET = "오늘 업무는 {{ hour }}시에 시작합니다. 인터넷 접수는 지금도 됩니다."

#: Name of the address, its label, what its part of the site matches, whether only a wide screen
#: has room for it at the top (the foot of the page has all).
_MENU = (
    ("complaints:new", _lazy("의견 내기"), re.compile(r"/complaints/(new|received)/"), False),
    (
        "complaints:track",
        _lazy("처리상황 보기"),
        re.compile(r"/complaints/(?!new/|received/)"),
        False,
    ),
    ("standards:charter", _lazy("우리의 약속"), re.compile("/charter/"), False),
    ("statistics", _lazy("통계"), re.compile("/statistics/"), True),
    ("staff-guide", _lazy("직원 안내"), re.compile("/staff-guide/"), True),
    ("courses", _lazy("교육"), re.compile("/courses/"), True),
    ("surveys", _lazy("설문"), re.compile("/surveys/"), True),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the menu; ``current`` is "page", "true" (somewhere below it) or ""."""

    label: str
    url: str
    current: str = ""
    wide_only: bool = False


@dataclass(frozen=True, slots=True)
class Today:
    """Whether somebody picks up the phone now, in one sentence."""

    is_open: bool
    sentence: str


def today(calendar: Calendar, *, now: datetime, phone: str) -> Today:
    """The state of the day: open, lunch, not yet open, over, or closed all day and why."""
    is_open, sentence = _today(calendar, now=now, phone=phone)
    return Today(is_open=is_open, sentence=said(sentence))


def _today(calendar: Calendar, *, now: datetime, phone: str) -> tuple[bool, str]:
    if calendar.is_open_at(now):
        return True, _sentence("open", centre_phone=phone)
    opening = calendar.next_open_at(now)
    day = seoul_day(now)
    if why := calendar.why_closed(day):
        words = _sentence("closed", holiday_name=why, next_open_at=korean_instant(opening))
        return False, words
    if seoul_day(opening) != day:
        return False, _sentence("ended", next_open_at=korean_instant(opening))
    hour = opening.astimezone(timezone.get_default_timezone()).hour
    if calendar.next_open_at(_midnight(now)) < now:
        return False, _sentence("lunch").replace("13시", f"{hour}시")
    return False, NOT_YET.replace("{{ hour }}", str(hour))


def _sentence(key: str, **values: str) -> str:
    text = str(texts()["now"][key])
    for name, value in values.items():
        text = text.replace("{{ " + name + " }}", value)
    return text


def _midnight(now: datetime) -> datetime:
    local = now.astimezone(timezone.get_default_timezone())
    return local - timedelta(
        hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )


class Portal:
    """The centre as pages show it. With the database away it falls back to the charter's values."""

    def __init__(self, path: str, *, chosen: str = "", address: str = "/") -> None:
        self.path = path
        self.address = address
        self.chosen = chosen

    @property
    def can_choose_language(self) -> bool:
        return languages.is_for_citizens(self.path)

    @property
    def is_korean_only(self) -> bool:
        """Whether somebody who chose English reads Korean here all the same."""
        return (
            self.chosen == languages.ENGLISH
            and self.can_choose_language
            and not languages.is_in_english(self.path)
        )

    @property
    def demo_banner(self) -> str:
        return str(DEMO_BANNER) if settings.DEMO else ""

    @cached_property
    def values(self) -> Mapping[str, Any]:
        try:
            return options.values()
        except DatabaseError:
            return {key: options.parse(spec, spec.default) for key, spec in options.specs().items()}

    @property
    def centre_name(self) -> str:
        return said(self.values["centre_name"])

    @property
    def centre_phone(self) -> str:
        return str(self.values["centre_phone"])

    @property
    def phone_link(self) -> str:
        return normalise_phone(self.centre_phone)

    @property
    def centre_fax(self) -> str:
        return str(self.values["centre_fax"])

    @property
    def centre_address(self) -> str:
        return said(self.values["centre_address"])

    @property
    def hours_text(self) -> str:
        return said(self.values["centre_hours"])

    @property
    def retention_years(self) -> int:
        return int(self.values["retention_years"])

    @cached_property
    def today(self) -> Today | None:
        try:
            return today(centre.calendar(), now=timezone.now(), phone=self.centre_phone)
        except (DatabaseError, CalendarError):
            return None

    @cached_property
    def menu(self) -> list[Item]:
        items = []
        for name, label, section, wide in _MENU:
            url = reverse(name)
            current = "page" if url == self.path else "true" if section.match(self.path) else ""
            items.append(Item(str(label), url, current, wide))
        return items

    @cached_property
    def outage_notice(self) -> str:
        """What public pages say while the 1365 portal is away, and on the day after."""
        if not is_public(self.path):
            return ""
        try:
            return outages.notice(now=timezone.now())
        except DatabaseError:
            return ""

    @property
    def report_url(self) -> str:
        """Where to say that this page is wrong; "" on pages that are about one person's matter."""
        if not is_public(self.path):
            return ""
        return f"{reverse('standards:report')}?{urlencode({'page': self.path})}"

    @property
    def footer_menu(self) -> list[Item]:
        return [*self.menu, Item(_("직원 로그인"), reverse("account_login"))]


def site(request: HttpRequest) -> dict[str, Any]:
    portal = Portal(
        request.path,
        chosen=request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""),
        address=request.get_full_path() if request.method in {"GET", "HEAD"} else request.path,
    )
    return {
        "portal": portal,
        "site": portal,  # the pages of allauth put their own under "site"
        "second_factor_required": settings.SECOND_FACTOR_REQUIRED,
        "session_left": lambda: sessions.left(request.session, now=timezone.now()),
    }
