"""Figures to take away: as CSV, as JSON, and a page that says what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from centre import options
from centre.queries import facts
from standards import figures, open_data

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

#: What each field is, for readers.
FIELDS: Final[dict[str, _StrPromise]] = {
    "month": _("달(2026-09). 주의처럼 해마다만 알리는 약속은 해(2026)."),
    "code": _("이행표준의 코드. 이름이 바뀌어도 그대로입니다."),
    "name": _("이행표준의 이름. 그달의 마지막 날에 쓰던 이름입니다."),
    "target": _("목표 비율(0~1). 그달의 마지막 날에 쓰던 목표입니다."),
    "n": _("재어야 하는 건. 지킴 + 지키지 못함 + 기한이 지났으나 끝나지 않음."),
    "kept": _("처음 약속한 기한까지 지킨 건."),
    "kept_extended": _("연장·보완·휴무로 늦춘 기한까지 지킨 건. n에 넣지 않습니다."),
    "missed": _("지키지 못한 건."),
    "overdue": _("기한이 지났으나 끝나지 않은 건."),
    "excluded": _("이송·취하·병합 등으로 따로 센 건. n에 넣지 않습니다."),
    "rate": _("지킨 비율(kept ÷ n). 해당하는 건이 없으면 빈칸입니다."),
    "frozen_on": _("그달의 수를 확정한 날. 아직 확정하지 않았으면 빈칸입니다."),
    "corrected": _("확정한 뒤 마지막으로 바로잡은 날. 바로잡지 않았으면 빈칸입니다."),
}


@require_safe
def description(request: HttpRequest) -> HttpResponse:
    context = {
        "fields": FIELDS.items(),
        "licence": _licence(),
        "behind": figures.behind(),
    }
    return render(request, "standards/data.html", context)


@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    text = open_data.as_csv(now=timezone.now())
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="charter.csv"'
    return _open(response)


@require_safe
def as_json(request: HttpRequest) -> HttpResponse:
    """``{"centre", "licence", "made_at", "fields", "rows"}``; a value that is not there is null."""
    now = timezone.now()
    found = {
        "centre": facts()["centre_name"],
        "licence": _licence(),
        "made_at": timezone.localtime(now).isoformat(timespec="seconds"),
        "fields": {name: str(what) for name, what in FIELDS.items()},
        "rows": [line.values() for line in open_data.lines(now=now)],
    }
    return _open(JsonResponse(found, json_dumps_params={"ensure_ascii": False}))


def _licence() -> str:
    key = "open_data_licence"
    return options.shown(options.specs()[key], options.text(key))


def _open(response: HttpResponse) -> HttpResponse:
    """Other sites may read it too: there is nothing in it that is not public."""
    response["Access-Control-Allow-Origin"] = "*"
    return response
