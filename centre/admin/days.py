"""Days the centre closes or opens, and when people are away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from centre import services
from centre.admin.base import VerbAdmin, VerbPage, by, user_of
from centre.calendar import seoul_day
from centre.forms import AbsenceForm, ClosureForm, NothingAsked
from centre.models import Absence, Closure, User
from centre.queries import employed
from centre.rights import may
from records.actors import Actor


@admin.register(Closure)
class ClosureAdmin(VerbAdmin):
    """Added and deleted, never changed: each does a new version of the calendar."""

    form = ClosureForm
    list_display = ("date", "kind", "reason", "entered_at")
    list_filter = ("kind",)
    date_hierarchy = "date"
    readonly_fields = ("entered_at",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else super().get_readonly_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Closure, form: Any, change: bool) -> None:  # noqa: FBT001
        if change:
            return
        verb = services.add_closure if obj.kind == Closure.Kind.CLOSED else services.reopen_day
        now = timezone.now()
        saved = verb(on=obj.date, reason=obj.reason, by=by(request), now=now)
        obj.pk, obj.entered_at = saved.pk, saved.entered_at
        past = obj.date < seoul_day(now)
        self.message_user(
            request,
            translate("지난 날이라 이미 정해진 기한은 바뀌지 않습니다.")
            if past
            else translate("진행 중인 기한을 다시 셉니다. 기한이 앞당겨지지는 않습니다."),
            messages.WARNING if past else messages.INFO,
        )

    def delete_model(self, request: HttpRequest, obj: Closure) -> None:
        services.remove_closure(closure_id=obj.pk, by=by(request), now=timezone.now())


def _may_cancel(user: User, absence: Absence) -> bool:
    return may(user, "edit_absences") or absence.person.user_id == user.pk


def _still_ahead(absence: Absence) -> bool:
    return absence.cancelled_at is None and absence.ends_at > timezone.now()


def _cancel(absence: Absence, _form: forms.Form, *, by: Actor, now: datetime) -> str:
    services.cancel_absence(absence_id=absence.pk, by=by, now=now)
    return translate("부재를 취소했습니다. 지금부터 자리에 있는 것으로 봅니다.")


@admin.register(Absence)
class AbsenceAdmin(VerbAdmin):
    """Everybody enters the own absences; desk, leads and managers also those of others."""

    form = AbsenceForm
    list_display = ("person", "reason", "starts_at", "ends_at", "detail", "state")
    list_filter = ("reason",)
    list_select_related = ("person__team",)
    search_fields = ("person__name",)
    date_hierarchy = "starts_at"
    fields = ("person", "starts_at", "ends_at", "reason", "detail")
    readonly_fields = ("entered_at", "cancelled_at")
    pages = (
        VerbPage(
            verb="cancel",
            label=_("취소하거나 지금 끝내기"),
            help=_("아직 시작하지 않은 부재는 취소하고, 이미 시작한 부재는 지금 끝냅니다."),
            form=NothingAsked,
            act=_cancel,
            allowed=_may_cancel,
            fits=_still_ahead,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Absence]:
        absences = super().get_queryset(request).select_related("person__team", "person__user")
        if may(user_of(request), "edit_absences"):
            return absences
        return absences.filter(person__user=user_of(request))

    @admin.display(description=_("상태"))
    def state(self, absence: Absence) -> str:
        now = timezone.now()
        if absence.cancelled_at is not None:
            return translate("취소함")
        if absence.ends_at <= now:
            return translate("끝남")
        return translate("부재 중") if absence.starts_at <= now else translate("예정")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj is None else (*self.fields, *self.readonly_fields)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "person":
            people = employed(at=timezone.now()).select_related("team")
            if not may(user_of(request), "edit_absences"):
                people = people.filter(user=user_of(request))
            kwargs["queryset"] = people
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Absence, form: Any, change: bool) -> None:  # noqa: FBT001
        if change:
            return
        saved = services.enter_absence(
            person_id=obj.person_id,
            starts_at=obj.starts_at,
            ends_at=obj.ends_at,
            reason=obj.reason,
            detail=obj.detail,
            by=by(request),
            now=timezone.now(),
        )
        obj.pk, obj.entered_at = saved.pk, saved.entered_at
