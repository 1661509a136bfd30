"""Admin pages whose changes are verbs: what a verb refuses is shown, what it did is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from centre import services
from centre.errors import Refused
from centre.models import User
from centre.queries import actor_of
from records.actors import Actor

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin, TabularInline = admin.ModelAdmin, admin.TabularInline


def user_of(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def by(request: HttpRequest) -> Actor:
    return actor_of(user_of(request))


def _always(_row: Any) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class VerbPage:
    """A page of its own for one verb on one row: what is asked (``form``), then a button.

    The button is ``name="do"`` with ``verb`` as its value; the address is the verb with hyphens.
    ``act(row, form, by, now)`` carries it out and returns what to say. ``allowed(user, row)``
    decides who sees it, ``fits(row)`` when it makes sense, ``work(row)`` names the open work to show.
    """

    verb: str
    label: _StrPromise
    help: _StrPromise
    form: Callable[..., forms.Form]
    act: Callable[..., str]
    allowed: Callable[[User, Any], bool]
    fits: Callable[[Any], bool] = _always
    work: Callable[[Any], dict[str, int]] | None = None

    @property
    def slug(self) -> str:
        return self.verb.replace("_", "-")


class VerbAdmin(ModelAdmin):
    """Saves and deletes through services; ``pages`` adds a page for each further verb."""

    actions = None
    list_per_page = 50
    change_form_template = "admin/centre/change_form.html"
    pages: tuple[VerbPage, ...] = ()

    # What a verb refuses.

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        extra = {"verb_links": self._links(request, object_id), **(extra_context or {})}
        try:
            return super().changeform_view(request, object_id, form_url, extra)
        except Refused as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return redirect(request.get_full_path())

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refused as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return redirect(self._url("changelist"))

    # Rows without a verb of their own.

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        names = {field.name for field in obj._meta.concrete_fields}
        services.save_row(
            row=obj,
            fields=[name for name in form.changed_data if name in names],
            by=by(request),
            now=timezone.now(),
        )

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        services.delete_row(row=obj, by=by(request), now=timezone.now())

    # Pages of verbs.

    def get_urls(self) -> list[Any]:
        return [
            path(
                f"<int:object_id>/{page.slug}/",
                self.admin_site.admin_view(self._view_of(page)),
                name=self._name(page.verb),
            )
            for page in self.pages
        ] + super().get_urls()

    def _view_of(self, page: VerbPage) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: int) -> HttpResponse:
            row = get_object_or_404(self.get_queryset(request), pk=object_id)
            if not page.allowed(user_of(request), row):
                raise PermissionDenied
            return self._verb_page(request, page, row)

        return view

    def _verb_page(self, request: HttpRequest, page: VerbPage, row: Any) -> HttpResponse:
        asked = request.method == "POST" and request.POST.get("do") == page.verb
        form = page.form(request.POST if asked else None, row=row)
        if asked and form.is_valid():
            try:
                done = page.act(row, form, by=by(request), now=timezone.now())
            except Refused as refused:
                form.add_error(
                    refused.field if refused.field in form.fields else None, str(refused)
                )
            else:
                self.message_user(request, done, messages.SUCCESS)
                return redirect(self._url("change", row.pk))
        return self._render(request, page, row, form)

    def _render(
        self, request: HttpRequest, page: VerbPage, row: Any, form: forms.Form
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": f"{row}: {page.label}",
            "page": page,
            "form": form,
            "work": page.work(row) if page.work else None,
            "back": self._url("change", row.pk),
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/centre/verb_page.html", context, status=status)

    def _links(self, request: HttpRequest, object_id: str | None) -> Iterable[tuple[str, Any]]:
        if object_id is None or not self.pages:
            return []
        row = self.get_object(request, object_id)
        if row is None:
            return []
        user = user_of(request)
        return [
            (self._url(page.verb, row.pk), page.label)
            for page in self.pages
            if page.fits(row) and page.allowed(user, row)
        ]

    def _name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def _url(self, name: str, *args: Any) -> str:
        return reverse(f"{self.admin_site.name}:{self._name(name)}", args=args)
