"""Teams, topics, approval lines, bodies, and the values the centre sets for itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.forms import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from centre import options, services
from centre.admin.base import TabularInline, VerbAdmin, VerbPage, by, user_of
from centre.admin.people import in_order
from centre.forms import DayForm, NothingAsked, OptionForm
from centre.models import ApprovalStep, Expert, Option, ReferralBody, StaffMember, Team, Topic, User
from centre.queries import employed
from centre.rights import may
from records.actors import Actor


def _edit_centre(user: User, _row: Any) -> bool:
    return may(user, "edit_centre")


# --- teams --------------------------------------------------------------------------------------


def _dissolve(team: Team, form: forms.Form, *, by: Actor, now: datetime) -> str:
    services.dissolve_team(team_id=team.pk, on=form.cleaned_data["on"], by=by, now=now)
    return translate("없어진 팀으로 적었습니다.")


def _make_desk(team: Team, _form: forms.Form, *, by: Actor, now: datetime) -> str:
    services.make_desk_team(team_id=team.pk, by=by, now=now)
    return translate("이제 이 팀이 맡을 사람이 없는 의견을 받습니다.")


@admin.register(Team)
class TeamAdmin(VerbAdmin):
    list_display = ("name", "extension", "room", "people", "takes_unassigned", "dissolved_on")
    search_fields = ("name", "duties")
    fields = (
        "code",
        "name",
        "duties",
        "extension",
        "room",
        "place",
        "takes_unassigned",
        "dissolved_on",
    )
    readonly_fields = ("takes_unassigned", "dissolved_on")
    pages = (
        VerbPage(
            verb="make_desk_team",
            label=_("맡을 사람이 없는 의견을 받는 팀으로 정하기"),
            help=_("지금까지 받던 팀을 대신합니다. 이 팀의 창구와 팀장은 모든 팀의 의견을 봅니다."),
            form=NothingAsked,
            act=_make_desk,
            allowed=_edit_centre,
            fits=lambda team: not team.takes_unassigned and team.dissolved_on is None,
        ),
        VerbPage(
            verb="dissolve",
            label=_("팀 없애기"),
            help=_("직원과 맡은 유형을 먼저 다른 팀으로 옮겨 주십시오."),
            form=DayForm,
            act=_dissolve,
            allowed=_edit_centre,
            fits=lambda team: team.dissolved_on is None,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        here = Q(members__in=employed(at=timezone.now()))
        teams: QuerySet[Team] = super().get_queryset(request)
        return teams.annotate(people_here=Count("members", filter=here))

    @admin.display(description=_("직원 수"))
    def people(self, team: Team) -> int:
        return int(getattr(team, "people_here", 0))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The code is what the data file recognises a team by."""
        return self.readonly_fields if obj is None else ("code", *self.readonly_fields)


# --- topics -------------------------------------------------------------------------------------


class ExpertInline(TabularInline):
    """Saved together, as one ordered list, by ``services.set_experts``."""

    model = Expert
    fields = ("place", "person", "ground", "approved_on")
    extra = 1
    verbose_name_plural = _("전문가(근거와 승인일이 모두 있어야 전문가로 셉니다)")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Expert]:
        return super().get_queryset(request).select_related("person", "topic")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "person":
            kwargs["queryset"] = StaffMember.objects.filter(left_on=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Topic)
class TopicAdmin(VerbAdmin):
    list_display = ("name", "team", "taken_by_lead", "experts_named", "active")
    list_filter = ("active", "team")
    list_select_related = ("team",)
    search_fields = ("name", "description")
    inlines = (ExpertInline,)
    fields = (
        "code",
        "name",
        "description",
        "team",
        "taken_by_lead",
        "other_bodies",
        "place",
        "active",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        return super().get_queryset(request).prefetch_related("experts__person")

    @admin.display(description=_("전문가"))
    def experts_named(self, topic: Topic) -> str:
        return ", ".join(
            expert.person.name
            for expert in topic.experts.all()
            if expert.ground and expert.approved_on
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("code",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "team":
            kwargs["queryset"] = Team.objects.filter(dissolved_on=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_formset(
        self,
        request: HttpRequest,
        form: Any,
        formset: BaseInlineFormSet[Any, Any, Any],
        change: bool,  # noqa: FBT001
    ) -> None:
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        services.set_experts(
            topic_id=form.instance.pk,
            experts=[
                services.Expertise(row["person"].pk, row["ground"], row["approved_on"])
                for row in in_order(formset)
            ],
            by=by(request),
            now=timezone.now(),
        )


# --- approval lines, bodies ---------------------------------------------------------------------


@admin.register(ApprovalStep)
class ApprovalStepAdmin(VerbAdmin):
    list_display = ("name", "place", "position", "team", "when_absent", "other_position")
    list_display_links = ("name", "place")
    list_filter = ("document",)
    list_select_related = ("team", "other_team")
    fields = (
        "document",
        "name",
        "place",
        "position",
        "team",
        "when_absent",
        "other_position",
        "other_team",
        "shown_as_acting",
    )


@admin.register(ReferralBody)
class ReferralBodyAdmin(VerbAdmin):
    list_display = ("name", "contact", "active")
    list_filter = ("active",)
    search_fields = ("name", "contact")
    fields = ("name", "contact", "active")


# --- the centre's own values --------------------------------------------------------------------


@admin.register(Option)
class OptionAdmin(VerbAdmin):
    """One list of all values, whether changed or not; each is changed on a page of its own."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        stored = dict(Option.objects.values_list("key", "value"))
        rows = [(spec, stored.get(spec.key, spec.default)) for spec in options.specs().values()]
        return self._page(
            request,
            "admin/centre/options.html",
            title=self.opts.verbose_name_plural,
            rows=[
                {
                    "spec": spec,
                    "value": options.shown(spec, written),
                    "own": written != spec.default,
                    "default": options.shown(spec, spec.default),
                    "url": self._url("change", spec.key),
                }
                for spec, written in rows
            ],
            **(extra_context or {}),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        spec = options.specs().get(object_id)
        if spec is None:
            raise Http404
        if not may(user_of(request), "edit_centre"):
            raise PermissionDenied
        row = Option.objects.filter(key=spec.key).first()
        written = row.value if row else spec.default
        form = OptionForm(request.POST or None, spec=spec, initial={"value": written})
        if request.method == "POST" and form.is_valid():
            services.set_option(
                key=spec.key,
                value=form.cleaned_data["value"],
                by=by(request),
                now=timezone.now(),
            )
            self.message_user(request, translate("바꾸었습니다: %s") % spec.label, messages.SUCCESS)
            return redirect(self._url("changelist"))
        return self._page(
            request,
            "admin/centre/option.html",
            status=422 if form.errors else 200,
            title=spec.label,
            form=form,
            spec=spec,
            default=options.shown(spec, spec.default),
            back=self._url("changelist"),
            **(extra_context or {}),
        )

    def _page(
        self, request: HttpRequest, template: str, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        everywhere = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, {**everywhere, **context}, status=status)
