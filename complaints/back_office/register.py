"""조치 단계 대장: cases with their findings, actions and letters, as a list and as a spreadsheet.

Nothing of reviews or cautions is here: those are seen by whom they concern, and published as
yearly totals only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centre.calendar import SEOUL, seoul_day
from centre.models import Team, User
from centre.queries import actor_of
from centre.rights import may
from centre.words import korean_day
from complaints import queries
from complaints.back_office.stages import STAGES
from complaints.back_office.views import Context, staff_of
from complaints.models import ApologyLetter, Complaint, CorrectiveAction, Finding
from records import services as records
from records.addresses import client_address
from standards.models import Commitment

PAGE_SIZE = 50
MOST = 20_000
HEADINGS = [
    "접수번호", "접수일", "단계", "구분", "유형", "주관 팀", "담당자", "지적 인정",
    "시정조치", "조치 상태", "처음 정한 기한", "지금 기한", "2차 기한", "2차 판정",
    "사과문 번호", "사과문 전한 날", "앞의 건",
]  # fmt: skip
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RegisterFilter(forms.Form):
    stage = forms.ChoiceField(
        label=_("단계"),
        required=False,
        choices=[("", _("모두")), ("1", _("1차(지적 인정)")), ("2", _("2차")), ("3", _("3차"))],
    )
    team = forms.ModelChoiceField(
        label=_("주관 팀"), required=False, queryset=Team.objects.all(), empty_label=_("모두")
    )
    year = forms.IntegerField(label=_("접수한 해"), required=False, min_value=2000, max_value=2100)
    unsettled = forms.BooleanField(label=_("조치가 남은 것만"), required=False)


@dataclass(frozen=True, slots=True)
class Row:
    case: Complaint
    finding: Finding | None
    actions: list[CorrectiveAction]
    letter: ApologyLetter | None
    promise: Commitment | None

    @property
    def stage(self) -> str:
        return STAGES[self.case.stage]

    def cells(self) -> list[str]:
        """What stands in the spreadsheet, in the order of the headings."""
        case, letter, promise = self.case, self.letter, self.promise
        return [
            case.receipt_number,
            _day(case.received_at),
            self.stage,
            str(case.get_kind_display()),
            case.topic.name,
            case.team.name if case.team else "",
            str(case.handler or ""),
            "" if self.finding is None else ("인정" if self.finding.accepted else "인정하지 않음"),
            "\n".join(action.what for action in self.actions),
            "\n".join(str(action.get_status_display()) for action in self.actions),
            "\n".join(korean_day(action.first_due_on) for action in self.actions),
            "\n".join(korean_day(action.due_on) for action in self.actions),
            _day(promise.due_at if promise else None),
            str(promise.get_state_display()) if promise else "",
            letter.number if letter else "",
            _day(letter.told_at if letter else None),
            case.previous.receipt_number if case.previous and case.stage > 1 else "",
        ]


def _day(instant: datetime | None) -> str:
    return korean_day(seoul_day(instant)) if instant else ""


def found(form: RegisterFilter, *, user: User) -> QuerySet[Complaint]:
    """The cases of the register that this account may read, the newest first."""
    cases: QuerySet[Complaint] = queries.visible_to(user)
    cases = cases.filter(Q(stage__gt=1) | Q(findings__accepted=True)).distinct()
    wanted = form.cleaned_data if form.is_valid() else {}
    if wanted.get("stage"):
        cases = cases.filter(stage=int(wanted["stage"]))
    if wanted.get("team"):
        cases = cases.filter(team=wanted["team"])
    if wanted.get("year"):
        start = datetime(wanted["year"], 1, 1, tzinfo=SEOUL)
        end = datetime(wanted["year"] + 1, 1, 1, tzinfo=SEOUL)
        cases = cases.filter(received_at__gte=start, received_at__lt=end)
    if wanted.get("unsettled"):
        left = CorrectiveAction.objects.filter(status__in=["open", "done", "failed"])
        cases = cases.filter(findings__actions__in=left)
    return _with_what_is_shown(cases).order_by("-received_at", "-pk")


def _with_what_is_shown(cases: QuerySet[Complaint]) -> QuerySet[Complaint]:
    findings = Finding.objects.prefetch_related("actions").order_by("pk")
    letters = ApologyLetter.objects.exclude(status="dropped").defer("parts").order_by("pk")
    return (
        cases.select_related("topic", "team", "handler", "previous")
        .defer("body", "previous__body")
        .prefetch_related(Prefetch("findings", findings), Prefetch("letters", letters))
    )


def rows_of(cases: Iterable[Complaint]) -> list[Row]:
    cases = list(cases)
    clocks = Commitment.objects.filter(
        subject_type=queries.SUBJECT, subject_id__in=[case.pk for case in cases], code="stage-2"
    )
    by_case = {clock.subject_id: clock for clock in clocks.order_by("pk")}
    return [_row(case, by_case.get(case.pk)) for case in cases]


def _row(case: Complaint, promise: Commitment | None) -> Row:
    findings, letters = list(case.findings.all()), list(case.letters.all())
    actions = [action for finding in findings for action in finding.actions.all()]
    return Row(
        case, findings[-1] if findings else None, actions, letters[-1] if letters else None, promise
    )


def show(request: HttpRequest, context: Context) -> HttpResponse:
    """The list; with ``?as=xlsx`` or ``?as=csv`` the same as a file, which is logged."""
    user, _person = staff_of(request)
    if not may(user, "see_stages"):
        raise PermissionDenied
    form = RegisterFilter(request.GET)
    cases = found(form, user=user)
    if request.GET.get("as") in FILES:
        return _export(request, user, cases, request.GET["as"])
    paginator = Paginator(cases, PAGE_SIZE)
    page = paginator.get_page(request.GET.get("page"))
    rest = request.GET.copy()
    for name in ("page", "as"):
        rest.pop(name, None)
    context |= {
        "form": form,
        "rows": rows_of(page.object_list),
        "page": page,
        "query": rest.urlencode(),
    }
    return render(request, "admin/complaints/complaint/stages.html", context)


def _export(
    request: HttpRequest, user: User, cases: QuerySet[Complaint], kind: str
) -> HttpResponse:
    now = timezone.now()
    rows = rows_of(cases[:MOST])
    records.log_access(
        by=actor_of(user),
        address=client_address(request),
        subject_type=queries.SUBJECT,
        subject_id=None,
        whose=f"{len(rows)}건",
        what="조치 단계 대장 내려받음",
        now=now,
    )
    content_type, made = FILES[kind]
    response = HttpResponse(made(rows), content_type=content_type)
    name = f"stages-{seoul_day(now):%Y%m%d}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def spreadsheet(rows: Iterable[Row]) -> bytes:
    """An xlsx of the rows; whatever looks like a formula is text."""
    from openpyxl import Workbook  # noqa: PLC0415 - only when somebody exports

    book = Workbook(write_only=True)
    sheet = book.create_sheet("조치 단계 대장")
    sheet.append(HEADINGS)
    for row in rows:
        sheet.append([escaped(cell) for cell in row.cells()])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def comma_separated(rows: Iterable[Row]) -> bytes:
    """The same as CSV, with the mark by which Excel knows UTF-8."""
    target = io.StringIO()
    lines = csv.writer(target)
    lines.writerow(HEADINGS)
    lines.writerows([escaped(cell) for cell in row.cells()] for row in rows)
    return target.getvalue().encode("utf-8-sig")


#: What the register can be downloaded as: content type, and what makes it.
FILES: dict[str, tuple[str, Callable[[Iterable[Row]], bytes]]] = {
    "xlsx": (_XLSX, spreadsheet),
    "csv": ("text/csv; charset=utf-8", comma_separated),
}


def escaped(text: str) -> Any:
    """A cell that no program takes for a formula, without characters that xlsx forbids."""
    clean = "".join(c for c in text if c in "\n\t" or c.isprintable())
    return f"'{clean}" if clean.lstrip().startswith(("=", "+", "-", "@", "\t")) else clean
