"""Cases and reply templates in the admin: addresses of the pages in `complaints.back_office`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from centre.models import User
from complaints import queries
from complaints.back_office import reconciling, register, stage_views, views
from complaints.models import Complaint, Kind, ReplyTemplate
from complaints.stage_admin import ReviewAdmin

if TYPE_CHECKING:
    CaseAdmin = admin.ModelAdmin[Complaint]
    TemplateAdmin = admin.ModelAdmin[ReplyTemplate]
    TemplateForm = forms.ModelForm[ReplyTemplate]
else:
    CaseAdmin = TemplateAdmin = admin.ModelAdmin
    TemplateForm = forms.ModelForm

__all__ = ["ComplaintAdmin", "ReplyTemplateAdmin", "ReviewAdmin"]

_read_or_post = require_http_methods(["GET", "HEAD", "POST"])


@admin.register(Complaint)
class ComplaintAdmin(CaseAdmin):
    """Every page is one of our own; nothing of a case is edited as a row."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Complaint]:
        user = request.user
        return queries.visible_to(user) if isinstance(user, User) else Complaint.objects.none()

    def has_delete_permission(self, request: HttpRequest, obj: Complaint | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own: list[tuple[str, str, Callable[..., Any]]] = [
            ("answer-many/", "answer_many", self.answer_many_view),
            ("approvals/", "approvals", self.approvals_view),
            ("stages/", "stages", self.stages_view),
            ("reconcile/<int:duty_id>/", "reconcile", self.reconcile_view),
            ("<int:pk>/registered/", "registered", self.registered_view),
            ("<int:pk>/slip/", "slip", self.slip_view),
            ("<int:pk>/letters/<int:letter_id>/", "letter", self.letter_view),
            ("<int:pk>/files/<uuid:file_id>/", "file", self.file_view),
        ]
        wrap = self.admin_site.admin_view
        pages = [
            path(route, wrap(view), name=f"complaints_complaint_{name}")
            for route, name, view in own
        ]
        return [*pages, *super().get_urls()]

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def _allow(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    # --- Django's addresses -----------------------------------------------------------------

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        self._allow(request)
        return views.show_queue(request, self._context(request) | {"title": _("고객의 소리")})

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return views.register(request, self._context(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        self._allow(request)
        return views.case(request, self._context(request), _number(object_id))

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The history stands on the case page."""
        self._allow(request)
        pk = views.visible_case(request, _number(object_id)).pk
        page = reverse("admin:complaints_complaint_change", args=[pk])
        return HttpResponseRedirect(f"{page}#history")

    # --- ours -------------------------------------------------------------------------------

    def answer_many_view(self, request: HttpRequest) -> HttpResponse:
        self._allow(request)
        return _read_or_post(views.answer_many)(request, self._context(request))

    def approvals_view(self, request: HttpRequest) -> HttpResponse:
        self._allow(request)
        return _read_or_post(views.approvals)(request, self._context(request))

    def registered_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return _read_or_post(views.registered)(request, self._context(request), pk)

    def slip_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return require_safe(views.slip)(request, self._context(request), pk)

    def stages_view(self, request: HttpRequest) -> HttpResponse:
        self._allow(request)
        context = self._context(request) | {"title": _("조치 단계 대장")}
        return require_safe(register.show)(request, context)

    def reconcile_view(self, request: HttpRequest, duty_id: int) -> HttpResponse:
        return _read_or_post(reconciling.reconcile)(request, self._context(request), duty_id)

    def letter_view(self, request: HttpRequest, pk: int, letter_id: int) -> HttpResponse:
        self._allow(request)
        return require_safe(stage_views.letter)(request, pk, letter_id)

    def file_view(self, request: HttpRequest, pk: int, file_id: Any) -> FileResponse | HttpResponse:
        self._allow(request)
        return require_safe(views.file)(request, pk, file_id)


def _number(object_id: str) -> int:
    if not (object_id.isascii() and object_id.isdecimal() and len(object_id) < 19):
        raise Http404
    return int(object_id)


class ReplyTemplateForm(TemplateForm):
    kinds = forms.MultipleChoiceField(
        label=_("구분"),
        choices=Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("비워 두면 모든 구분에 씁니다."),
    )

    class Meta:
        model = ReplyTemplate
        fields = ("code", "title", "text", "topics", "kinds", "active")
        widgets = {
            "text": forms.Textarea(attrs={"rows": 10, "cols": 80}),
            "topics": forms.CheckboxSelectMultiple,
        }
        help_texts = {
            "text": _(
                "담당자가 채울 곳은 대괄호 [ ]로 둡니다. 남아 있으면 결재에 올릴 수 없습니다."
            ),
            "topics": _("비워 두면 모든 유형에 씁니다."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["kinds"] = [kind for kind in self.instance.kinds.split(",") if kind]

    def clean_kinds(self) -> str:
        return ",".join(self.cleaned_data["kinds"])


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(TemplateAdmin):
    form = ReplyTemplateForm
    list_display = ("code", "title", "for_topics", "for_kinds", "active")
    list_filter = ("active", "topics")
    search_fields = ("code", "title", "text")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReplyTemplate]:
        return super().get_queryset(request).prefetch_related("topics")

    @admin.display(description=_("유형"))
    def for_topics(self, template: ReplyTemplate) -> str:
        return ", ".join(topic.name for topic in template.topics.all()) or str(_("모든 유형"))

    @admin.display(description=_("구분"))
    def for_kinds(self, template: ReplyTemplate) -> str:
        labels = dict(Kind.choices)
        chosen = [str(labels[kind]) for kind in template.kinds.split(",") if kind in labels]
        return ", ".join(chosen) or str(_("모든 구분"))
