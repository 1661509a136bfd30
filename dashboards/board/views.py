"""The pages of the dashboard: the sheet itself, what refreshes it, and the wall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Protocol

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from centre.calendar import seoul_day
from centre.models import User
from dashboards import intake
from dashboards.board import incoming, now, periods, promises
from dashboards.board.periods import Period
from dashboards.board.scope import Scope, scope_of
from dashboards.refusing import refused
from standards import figures as tallies

#: Asked again after so many seconds; the script reads it from the page.
REFRESH_SECONDS = 30
#: So long the drawn figures of a period are kept.
KEPT_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asked for. ``wrong``: sentences on what of it was not understood."""

    scope: Scope
    period: Period
    at: datetime
    wrong: list[str]
    typed: dict[str, str]

    @property
    def form(self) -> dict[str, str]:
        """What stands in the fields of the period: where it was refused, as it was typed."""
        shown = self._query(period=self.period.kind)
        return shown | {name: self.typed[name] for name in shown if name in self.typed}

    @property
    def address(self) -> str:
        """The same, to be sent to somebody: with days in place of ``this month``."""
        return urlencode(self._query(period=periods.FREE))

    @property
    def query(self) -> str:
        """The same, as it was asked: this month stays this month."""
        if self.period.kind == periods.FREE:
            return self.address
        asked = self._query(period=self.period.kind)
        return urlencode({key: text for key, text in asked.items() if key in {"period", "team"}})

    def _query(self, *, period: str) -> dict[str, str]:
        asked = {
            "period": period,
            "first": self.period.first.isoformat(),
            "last": self.period.last.isoformat(),
        }
        team = self.scope.team
        return asked if team is None or self.scope.own else asked | {"team": team.code}


class Page(Protocol):
    def __call__(self, request: HttpRequest, asked: Asked) -> HttpResponse: ...


def for_leaders(page: Page) -> Any:
    """Signed in and leading; the page gets what was asked for. Others are told where to look."""

    @never_cache
    @require_safe
    @wraps(page)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path())
        at = timezone.now()
        today = seoul_day(at)
        scope = scope_of(request.user, request.GET.get("team", ""), today=today)
        if scope is None:
            return _refused(request)
        period, wrong = periods.read(request.GET.dict(), today=today)
        return page(request, _asked(request, scope, period, at, wrong))

    return guarded


def _asked(request: HttpRequest, scope: Scope, period: Period, at: datetime, wrong: str) -> Asked:
    typed = request.GET.dict() if wrong else {}
    if wrong and "period" not in typed:
        typed["period"] = periods.FREE
    return Asked(scope, period, at, [one for one in (wrong, scope.wrong) if one], typed)


def _refused(request: HttpRequest) -> HttpResponse:
    message = _(
        "업무 현황은 관리자와 팀장이 보는 화면입니다. 맡으신 일은 업무 화면의 ‘오늘 할 일’에 있고, "
        "약속을 지킨 결과는 누구나 보는 ‘서비스헌장’에 있습니다. 이 화면이 필요하시면 시스템 관리자에게 "
        "역할을 말씀해 주십시오."
    )
    return refused(request, message)


@for_leaders
def dashboard(request: HttpRequest, asked: Asked) -> HttpResponse:
    """The whole sheet."""
    if request.GET.get("view") == "wall":
        return redirect(f"{reverse('dashboard-wall')}?{asked.query}")
    context = admin.site.each_context(request) | _figures(asked)
    choices = [(code, words) for code, (words, *_rest) in periods.CHOICES.items()]
    context |= {
        "title": _("업무 현황"),
        "choices": choices,
        "refresh": REFRESH_SECONDS,
    }
    return render(request, "dashboards/board.html", context)


@for_leaders
def figures(request: HttpRequest, asked: Asked) -> HttpResponse:
    """The parts of the sheet that change, for the script that refreshes it."""
    return render(request, "dashboards/_figures.html", _figures(asked))


@for_leaders
def wall(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Large figures without anybody's name, for a screen on the wall."""
    context = _wall(asked) | {"refresh": REFRESH_SECONDS}
    name = "_wall" if request.GET.get("part") else "wall"
    return render(request, f"dashboards/{name}.html", context)


def _figures(asked: Asked) -> dict[str, Any]:
    """What waits now is read at each look; the figures of the period at most every 15 seconds."""
    scope, period = asked.scope, asked.period
    return {
        "asked": asked,
        "scope": scope,
        "period": period,
        "now": now.now_of(scope, now=asked.at),
        "promises_part": _kept(asked, "_promises", _promises),
        "incoming_part": _kept(asked, "_incoming", _incoming),
    }


def _wall(asked: Asked) -> dict[str, Any]:
    return {
        "asked": asked,
        "scope": asked.scope,
        "period": asked.period,
        "now": now.now_of(asked.scope, now=asked.at),
        "figures_part": _kept(asked, "_wall_figures", _wall_figures),
    }


def _kept(asked: Asked, name: str, context: Callable[[Asked], dict[str, Any]]) -> SafeString:
    """A drawn part: the same for everybody who asks for this period and team.

    Kept for less than the time between two refreshes, so that no page shows it twice.
    """
    period, team = asked.period, asked.scope.team
    days = f"{period.first}:{period.last}:{period.kind}"
    key = f"board:{name}:{team.pk if team else 0}:{days}:{get_language()}"
    drawn = cache.get(key)
    if drawn is None:
        drawn = render_to_string(f"dashboards/{name}.html", context(asked) | {"period": period})
        cache.set(key, str(drawn), KEPT_SECONDS)
    return SafeString(drawn)


def _promises(asked: Asked) -> dict[str, Any]:
    team_ids = asked.scope.team_ids
    found = promises.promises_of(asked.period, team_ids=team_ids, now=asked.at)
    return {"promises": found, "behind": tallies.behind()}


def _incoming(asked: Asked) -> dict[str, Any]:
    found = incoming.incoming_of(asked.period, team_ids=asked.scope.team_ids, now=asked.at)
    behind = None if found.found.is_exact else intake.behind()
    return {"incoming": found, "first_contact": intake.FIRST_CONTACT, "behind": behind}


def _wall_figures(asked: Asked) -> dict[str, Any]:
    period, team_ids = asked.period, asked.scope.team_ids
    kept = promises.promises_of(period, team_ids=team_ids, now=asked.at)
    came = intake.between(period.first, period.last, now=asked.at, team_ids=team_ids)
    return {
        "promises": kept,
        "trend": kept.charts[0] if kept.charts else None,
        "came": came,
        "behind": intake.behind() or tallies.behind(),
        "contact": incoming.wait_words(came.first_contact, 50),
        "answer": incoming.wait_words(came.answer, 50),
    }
