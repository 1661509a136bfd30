"""The back-office site: Django's admin, titled, and open to whoever has a role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from centre.models import User
from centre.queries import person_of
from centre.rights import may, may_any


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu; ``current`` is "page" where one is, else ""."""

    label: Any
    url: str
    current: str = ""


class BackOffice(AdminSite):
    site_title = _("고객의 소리 업무")
    site_header = _("고객의 소리 업무")
    index_title = _("오늘 할 일")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "places": self._places(request)}

    def _places(self, request: HttpRequest) -> list[Place]:
        """The menu: what this account works with every day."""
        user = request.user
        if not isinstance(user, User):
            return []
        works = person_of(user) is not None
        offered = [
            (_("오늘 할 일"), "admin:index", True),
            (
                _("고객의 소리"),
                "admin:complaints_complaint_changelist",
                works and may_any(user, ("see_team_cases", "see_all_cases")),
            ),
            (
                _("의견 등록"),
                "admin:complaints_complaint_add",
                works and may(user, "register_complaint"),
            ),
            (
                _("결재할 것"),
                "admin:complaints_complaint_approvals",
                works and may(user, "write_answer"),
            ),
            (_("알릴 일"), "admin:notices_notice_tasks", works and may(user, "do_tasks")),
            (
                _("조치 단계"),
                "admin:complaints_complaint_stages",
                works and may(user, "see_stages"),
            ),
            (_("3차 심의"), "admin:complaints_review_changelist", works and may(user, "review")),
            (_("설문"), "admin:surveys_survey_changelist", works and may(user, "see_surveys")),
            (
                _("창구 기록"),
                "admin:reception_visit_changelist",
                works and may(user, "see_desk_records"),
            ),
            (
                _("헌장 이행 기록"),
                "admin:standards_duty_changelist",
                works and may(user, "record_evidence"),
            ),
            (
                _("교육"),
                "admin:education_course_changelist",
                works and may(user, "see_courses"),
            ),
            (_("업무 현황"), "dashboard", works and may(user, "see_dashboard")),
            (_("창구"), "desk", works and may(user, "use_desk")),
        ]
        urls = [(label, reverse(name)) for label, name, shown in offered if shown]
        return [Place(label, url, "page" if url == request.path else "") for label, url in urls]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        from complaints.back_office.today import today  # noqa: PLC0415 - models are loaded by now

        extra = {"today": None} | (extra_context or {})
        if isinstance(request.user, User):
            extra["today"] = today(request.user, now=timezone.now())
        return super().index(request, extra)

    # One way to sign in and to change one's password, for all of the portal.

    def login(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
        safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
        after = wanted if safe else reverse("admin:index")
        if self.has_permission(request):
            return HttpResponseRedirect(after)
        return redirect_to_login(after, settings.LOGIN_URL)

    def password_change(  # type: ignore[override] # leads to the one page there is
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return redirect("account_change_password")
