"""1365 살펴보기: how the portal does, its outages, and the notice to put up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from centre.calendar import SEOUL, seoul_day
from centre.errors import Refused
from centre.models import StaffMember
from centre.rights import may
from standards.evidence import duties
from standards.evidence.forms import StaffForm, area, day
from standards.evidence.pages import UNPROCESSABLE, Context, staff_of
from standards.models import Maintenance, Outage, Target
from standards.probe import availability, outages

_SHOWN_DAYS: Final = 30
_OUTAGES: Final = 20


class NoticeForm(StaffForm):
    other_way = area(
        gettext_lazy("고객이 대신 쓸 수 있는 방법"),
        required=True,
        help_text=gettext_lazy("누리집의 모든 공개 쪽 위에, 장애가 시작된 때와 함께 보입니다."),
    )


class DeclareForm(StaffForm):
    started_on = day(gettext_lazy("장애를 본 날"))
    started_time = forms.TimeField(
        label=gettext_lazy("본 때"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={
            "required": gettext_lazy("몇 시인지 적어 주십시오."),
            "invalid": gettext_lazy("때를 ‘14:30’처럼 적어 주십시오."),
        },
    )

    @property
    def started_at(self) -> datetime:
        on: date = self.cleaned_data["started_on"]
        at: time = self.cleaned_data["started_time"]
        return datetime.combine(on, at, SEOUL)


@require_http_methods(["GET", "HEAD", "POST"])
def portal(request: HttpRequest, context: Context) -> HttpResponse:
    user, person = staff_of(request)
    now = timezone.now()
    latest = Outage.objects.select_related("duty").first()
    shown = latest if latest is not None and _concerns(latest, now=now) else None
    notice, declare = _forms(request, person=person, now=now)
    if request.method == "POST":
        answer = _done(request, shown, notice, declare, by=person, now=now)
        if answer is not None:
            return answer
    today = seoul_day(now)
    first = today - timedelta(days=_SHOWN_DAYS - 1)
    listed = list(Outage.objects.select_related("duty")[:_OUTAGES])
    context |= {
        "title": _("1365 살펴보기"),
        "outage": shown,
        "due_at": duties.due_of(shown.duty) if shown else None,
        "notice": notice,
        "declare": declare,
        "said": outages.written(now=now),
        "targets": Target.objects.all(),
        "watching": Target.objects.filter(active=True).exists(),
        "seen": availability.seen(first, today),
        "listed": [(one, availability.minutes([one], until=now)) for one in listed],
        "planned": Maintenance.objects.filter(ends_at__gt=now - timedelta(days=_SHOWN_DAYS))[:20],
        "may_set_up": may(user, "edit_centre"),
    }
    status = UNPROCESSABLE if notice.errors or declare.errors else 200
    return render(request, "admin/standards/outage/portal.html", context, status=status)


def _concerns(outage: Outage, *, now: datetime) -> bool:
    """Whether there is still something to do about it."""
    if outage.ended_at is None:
        return True
    told = outage.notice_at is not None and outage.down_at is None
    return told and outage.ended_at + outages.AFTERWARDS > now


def _forms(
    request: HttpRequest, *, person: StaffMember, now: datetime
) -> tuple[NoticeForm, DeclareForm]:
    """The two forms; what was sent goes into the one it came from."""
    sent = request.POST.get("do", "") if request.method == "POST" else ""
    common: dict[str, Any] = {"by": person, "now": now}
    notice = NoticeForm(
        request.POST if sent == "put-up" else None,
        initial={"other_way": outages.usual_way(now=now)},
        **common,
    )
    local = now.astimezone(SEOUL)
    declare = DeclareForm(
        request.POST if sent == "declare" else None,
        initial={"started_on": local.date(), "started_time": local.time()},
        **common,
    )
    return notice, declare


def _done(
    request: HttpRequest,
    outage: Outage | None,
    notice: NoticeForm,
    declare: DeclareForm,
    *,
    by: StaffMember,
    now: datetime,
) -> HttpResponse | None:
    """Carry out what was pressed; None where the page has to say what is wrong."""
    verbs: dict[str, tuple[StaffForm | None, Callable[[], object], str]] = {
        "declare": (
            declare,
            lambda: outages.declare(started_at=declare.started_at, by=by, now=now),
            _("접속 장애를 적었습니다. 이제 안내문을 올려 주십시오."),
        ),
        "end": (
            None,
            lambda: outages.end_declared(by=by, now=now),
            _("복구된 것으로 적었습니다."),
        ),
    }
    if outage is not None:
        pk = outage.pk
        verbs["put-up"] = (
            notice,
            lambda: outages.put_up(
                outage_id=pk,
                other_way=notice.cleaned_data["other_way"],
                form_token=notice.cleaned_data["form_token"],
                by=by,
                now=now,
            ),
            _("안내문을 올렸습니다. 공개 쪽마다 위에 보입니다."),
        )
        verbs["take-down"] = (
            None,
            lambda: outages.take_down(outage_id=pk, by=by, now=now),
            _("안내문을 내렸습니다."),
        )
    asked = verbs.get(request.POST.get("do", ""))
    if asked is None:
        messages.error(request, _("그사이 바뀌었습니다. 화면을 확인해 주십시오."))
        return redirect(outages.page())
    form, act, words = asked
    if form is not None and not form.is_valid():
        return None
    try:
        act()
    except Refused as refused:
        if form is not None:
            form.refuse(str(refused), field=refused.field)
            return None
        messages.error(request, str(refused))
    else:
        messages.success(request, words)
    return redirect(outages.page())
