"""Staff: who they are, who stands in for them, how they move on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from centre import registry, services
from centre.admin.base import TabularInline, VerbAdmin, VerbPage, by
from centre.forms import DayForm, HandOverForm, MoveForm, NewPersonForm, NothingAsked
from centre.models import Deputy, Expert, Role, StaffMember, User
from centre.queries import person_of, present
from centre.rights import may
from records.actors import Actor


def _works_here(person: StaffMember) -> bool:
    return person.left_on is None


def _may_hand_over(user: User, person: StaffMember) -> bool:
    """A lead hands over the work of the own team only."""
    if not may(user, "hand_over"):
        return False
    if user.has_role(Role.MANAGER, Role.ADMINISTRATOR):
        return True
    lead = person_of(user)
    return lead is not None and lead.team_id == person.team_id


def _edit_people(user: User, _person: StaffMember) -> bool:
    return may(user, "edit_people")


def _hand_over(person: StaffMember, form: forms.Form, *, by: Actor, now: datetime) -> str:
    taker = form.cleaned_data["to"]
    moved = services.hand_over(from_id=person.pk, to_id=taker.pk, by=by, now=now)
    listed = ", ".join(f"{name} {count}건" for name, count in moved.items())
    return translate("%(to)s에게 넘겼습니다: %(what)s.") % {"to": taker, "what": listed}


def _leave(person: StaffMember, form: forms.Form, *, by: Actor, now: datetime) -> str:
    services.leave(person_id=person.pk, on=form.cleaned_data["on"], by=by, now=now)
    return translate("나간 날을 적었습니다. 그날부터 로그인할 수 없고 배정되지 않습니다.")


def _take_back(person: StaffMember, _form: forms.Form, *, by: Actor, now: datetime) -> str:
    services.take_back_leaving(person_id=person.pk, by=by, now=now)
    return translate("나간 날을 지웠습니다.")


def _move(person: StaffMember, form: forms.Form, *, by: Actor, now: datetime) -> str:
    team = form.cleaned_data["team"]
    services.move_team(person_id=person.pk, team_id=team.pk, by=by, now=now)
    return str(translate("옮겼습니다: %s.") % team)


class DeputyInline(TabularInline):
    """Saved together, as one ordered list, by ``services.set_deputies``."""

    model = Deputy
    fk_name = "person"
    fields = ("place", "stands_in")
    extra = 1
    verbose_name_plural = _("대직자(순서대로 묻습니다)")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Deputy]:
        return super().get_queryset(request).select_related("stands_in")


class ExpertiseInline(TabularInline):
    """To read: it is changed on the page of the topic."""

    model = Expert
    fk_name = "person"
    fields = readonly_fields = ("topic", "ground", "approved_on")
    extra = max_num = 0
    can_delete = False
    verbose_name_plural = _("전문 유형(유형 화면에서 고칩니다)")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Expert]:
        return super().get_queryset(request).select_related("topic")


class WorksHere(admin.SimpleListFilter):
    title = _("근무")
    parameter_name = "works"

    def lookups(self, _request: HttpRequest, _admin: Any) -> Sequence[tuple[str, Any]]:
        return [("left", _("나간 직원")), ("all", _("모두"))]

    def choices(self, changelist: Any) -> Any:
        entries = list(super().choices(changelist))
        entries[0]["display"] = _("근무하는 직원")
        return entries

    def queryset(
        self, _request: HttpRequest, queryset: QuerySet[StaffMember]
    ) -> QuerySet[StaffMember]:
        if self.value() == "all":
            return queryset
        return queryset.filter(left_on__isnull=self.value() != "left")


@admin.register(StaffMember)
class StaffMemberAdmin(VerbAdmin):
    list_display = ("name", "title", "team", "position", "extension", "here", "roles", "left_on")
    list_filter = (WorksHere, "team", "position")
    list_select_related = ("team", "user")
    search_fields = ("name", "extension", "duties", "user__username")
    inlines = (DeputyInline, ExpertiseInline)
    readonly_fields = ("account", "team", "left_on")
    fields = (
        "name",
        "title",
        "position",
        "team",
        "extension",
        "room",
        "email",
        "duties",
        "joined_on",
        "left_on",
        "account",
    )
    pages = (
        VerbPage(
            verb="hand_over",
            label=_("일 넘기기"),
            help=_("열린 일을 모두 다른 직원에게 넘깁니다. 이어받는 직원에게 메일로 알립니다."),
            form=HandOverForm,
            act=_hand_over,
            allowed=_may_hand_over,
            work=registry.open_work,
        ),
        VerbPage(
            verb="move",
            label=_("팀 옮기기"),
            help=_("열린 일이 남아 있으면 옮길 수 없습니다. 먼저 ‘일 넘기기’를 해 주십시오."),
            form=MoveForm,
            act=_move,
            allowed=_edit_people,
            fits=_works_here,
            work=registry.open_work,
        ),
        VerbPage(
            verb="leave",
            label=_("나감"),
            help=_(
                "적은 날부터 근무하지 않습니다. 열린 일이 남아 있으면 먼저 ‘일 넘기기’를 해 주십시오."
            ),
            form=DayForm,
            act=_leave,
            allowed=_edit_people,
            fits=_works_here,
            work=registry.open_work,
        ),
        VerbPage(
            verb="take_back_leaving",
            label=_("나감 취소"),
            help=_("나간 날을 잘못 적었을 때 지웁니다. 계정을 다시 쓸 수 있습니다."),
            form=NothingAsked,
            act=_take_back,
            allowed=_edit_people,
            fits=lambda person: not _works_here(person),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffMember]:
        here = present(at=timezone.now()).filter(pk=OuterRef("pk"))
        people: QuerySet[StaffMember] = super().get_queryset(request)
        people = people.select_related("team", "user")
        return people.annotate(is_here=Exists(here)).prefetch_related("user__role_grants")

    @admin.display(description=_("지금"))
    def here(self, person: StaffMember) -> str:
        if person.left_on is not None and not getattr(person, "is_here", False):
            return translate("나감")
        return translate("자리에 있음") if getattr(person, "is_here", False) else translate("부재")

    @admin.display(description=_("역할"))
    def roles(self, person: StaffMember) -> str:
        return ", ".join(str(grant.get_role_display()) for grant in person.user.role_grants.all())

    @admin.display(description=_("계정"))
    def account(self, person: StaffMember) -> str:
        return person.user.username

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002 - as Django calls it
        **kwargs: Any,
    ) -> Any:
        if obj is None:
            kwargs["form"] = NewPersonForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return (*NewPersonForm.Meta.fields, "username", "roles")
        return super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else super().get_readonly_fields(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return () if obj is None else super().get_inlines(request, obj)

    def save_model(self, request: HttpRequest, obj: StaffMember, form: Any, change: bool) -> None:  # noqa: FBT001
        if change:
            super().save_model(request, obj, form, change)
            return
        services.add_person(
            person=obj,
            username=form.cleaned_data["username"],
            roles=form.cleaned_data["roles"],
            by=by(request),
            now=timezone.now(),
        )

    def save_formset(
        self,
        request: HttpRequest,
        form: Any,
        formset: BaseInlineFormSet[Any, Any, Any],
        change: bool,  # noqa: FBT001
    ) -> None:
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        if formset.model is Deputy:
            services.set_deputies(
                person_id=form.instance.pk,
                deputies=[row["stands_in"].pk for row in in_order(formset)],
                by=by(request),
                now=timezone.now(),
            )


def in_order(formset: BaseInlineFormSet[Any, Any, Any]) -> list[dict[str, Any]]:
    """The rows of a formset that stay, by ``place``."""
    kept = [
        form.cleaned_data
        for form in formset.forms
        if form.cleaned_data and not form.cleaned_data.get("DELETE")
    ]
    return sorted(kept, key=lambda row: row.get("place") or 0)
