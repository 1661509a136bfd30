"""조치 단계 대장: cases with their findings, actions and letters.

Nothing of reviews or cautions is here: those are seen by whom they concern, and published as
yearly totals only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from centre.calendar import SEOUL
from centre.models import Team, User
from centre.rights import may
from complaints import queries
from complaints.back_office.stages import STAGES
from complaints.back_office.views import Context, staff_of
from complaints.models import ApologyLetter, Complaint, CorrectiveAction, Finding
from standards.models import Commitment

PAGE_SIZE = 50


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
    return with_what_is_shown(cases).order_by("-received_at", "-pk")


def with_what_is_shown(cases: QuerySet[Complaint]) -> QuerySet[Complaint]:
    """With all that a `Row` reads, and without what it does not; three queries more."""
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
    """The list. The room above offers it as a file."""
    user, _person = staff_of(request)
    if not may(user, "see_stages"):
        raise PermissionDenied
    form = RegisterFilter(request.GET)
    cases = found(form, user=user)
    paginator = Paginator(cases, PAGE_SIZE)
    page = paginator.get_page(request.GET.get("page"))
    rest = request.GET.copy()
    rest.pop("page", None)
    context |= {
        "form": form,
        "rows": rows_of(page.object_list),
        "page": page,
        "query": rest.urlencode(),
    }
    return render(request, "admin/complaints/complaint/stages.html", context)
