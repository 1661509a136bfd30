"""접수 대장 맞추어 보기: the month's registers beside what was registered."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centre.errors import Refused
from centre.rights import may
from complaints.back_office.views import UNPROCESSABLE, Context, staff_of
from complaints.services import reconciling
from complaints.services.reconciling import CHANNELS, MOST, Missing
from standards.evidence.forms import StaffForm, area
from standards.models import Duty, Kind

_LINE: Final = re.compile(r"(\S+)\s+(\d{4}-\d{1,2}-\d{1,2})")


class ReconcileForm(StaffForm):
    """A number for each register, and a line for each opinion that can no longer be registered."""

    missing = area(
        gettext_lazy("등록할 수 없는 의견"),
        help_text=gettext_lazy(
            "한 줄에 하나씩 ‘팩스 2026-10-12’처럼 적습니다. 의견이 남아 있으면 여기에 적지 말고 "
            "‘의견 등록’에서 실제로 도착한 때로 등록해 주십시오."
        ),
    )
    what = area(gettext_lazy("왜 빠졌고 어떻게 고칩니까?"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for channel in CHANNELS:
            self.fields[channel] = forms.IntegerField(
                label=_("%s 대장의 건수") % channel.label,
                min_value=0,
                max_value=100_000,
                widget=forms.NumberInput(attrs={"min": "0", "inputmode": "numeric"}),
                error_messages={"required": _("수를 적어 주십시오. 없으면 0")},
            )
        self.order_fields([*CHANNELS, "missing", "what"])

    def clean_missing(self) -> list[Missing]:
        names = {str(channel.label): channel for channel in CHANNELS}
        found = []
        for line in self.cleaned_data["missing"].splitlines():
            if not line.strip():
                continue
            match = _LINE.fullmatch(line.strip())
            if match is None or match[1] not in names:
                listed = ", ".join(names)
                raise forms.ValidationError(
                    _("‘%(line)s’: ‘팩스 2026-10-12’처럼 적어 주십시오(%(names)s).")
                    % {"line": line.strip()[:40], "names": listed}
                )
            try:
                year, month, day = map(int, match[2].split("-"))
                found.append(Missing(names[match[1]], date(year, month, day)))
            except ValueError as error:
                raise forms.ValidationError(_("없는 날짜입니다: %s") % match[2]) from error
        if len(found) > MOST:
            raise forms.ValidationError(_("한 번에 %d건까지 적을 수 있습니다.") % MOST)
        return found


def reconcile(request: HttpRequest, context: Context, duty_id: int) -> HttpResponse:
    user, person = staff_of(request)
    if not may(user, "record_evidence") or not may(user, "register_complaint"):
        raise PermissionDenied
    duty = get_object_or_404(Duty, pk=duty_id, kind=Kind.RECONCILIATION)
    now = timezone.now()
    form = ReconcileForm(request.POST or None, by=person, now=now)
    if duty.done_at is None and request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = reconciling.reconcile(
                duty_id=duty.pk,
                registers={channel: data[channel] for channel in CHANNELS},
                missing=data["missing"],
                what=data["what"],
                form_token=data["form_token"],
                by=person,
                now=now,
            )
        except Refused as refused:
            form.refuse(str(refused), field=refused.field)
        else:
            lost = row.numbers["missing"]
            messages.success(request, _("맞추어 보았습니다. 지키지 못함으로 더한 것 %d건") % lost)
            return redirect("admin:standards_duty_changelist")
    counted = reconciling.registered(reconciling.month_of(duty))
    context |= {
        "title": duty.title,
        "duty": duty,
        "form": form,
        "counted": [(channel.label, counted[channel]) for channel in CHANNELS],
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "admin/complaints/complaint/reconcile.html", context, status=status)
