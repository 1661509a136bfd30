"""Notices in the back-office: what went out, what did not, and what staff have to tell by hand.

Nothing is edited here. A page shows a notice; its buttons (``name="do"``) call the verbs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from centre.models import StaffMember, User
from centre.queries import actor_of, person_of
from centre.rights import may
from centre.words import korean_instant
from notices import queries, registry, services, texts
from notices.errors import Refused
from notices.models import Attempt, Audience, Channel, Notice, Status
from records import services as records
from records.addresses import client_address
from records.masking import mask_email, mask_name, mask_phone
from records.personal import clean_text, find_resident_number, format_phone, normalise_phone

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Notice]
else:
    ModelAdmin = admin.ModelAdmin

NOTE_LENGTH = 500
TASKS_SHOWN = 200
LOST_SHOWN = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Button:
    """A verb on the page of a notice. ``press`` says whether this press did it."""

    label: Any
    right: str
    fits: Callable[[Notice], bool]
    press: Callable[[Notice, StaffMember, datetime, str], bool]
    said: Any


def _attempt(outcome: Attempt.Outcome) -> Callable[[Notice, StaffMember, datetime, str], bool]:
    def press(notice: Notice, by: StaffMember, now: datetime, note: str) -> bool:
        return services.log_attempt(notice_id=notice.pk, by=by, outcome=outcome, now=now, note=note)

    return press


def _done(notice: Notice, by: StaffMember, now: datetime, note: str) -> bool:
    return services.do_task(notice_id=notice.pk, by=by, now=now, note=note)


def _texted(notice: Notice, by: StaffMember, now: datetime, note: str) -> bool:
    said = ". ".join(filter(None, [str(_("문자로 보냄")), note]))
    return services.do_task(notice_id=notice.pk, by=by, now=now, note=said)


def _wants_text(notice: Notice) -> bool:
    """A call would not help: the citizen asked for text messages only."""
    if notice.status != Status.TASK or notice.channel != Channel.PHONE:
        return False
    return registry.wishes_of(notice.subject_type, notice.subject_id).text_only


def _bounced(notice: Notice, by: StaffMember, now: datetime, _note: str) -> bool:
    return services.mark_bounced(notice_id=notice.pk, by=by, now=now)


def _again(notice: Notice, by: StaffMember, now: datetime, _note: str) -> bool:
    return services.retry_failed(notice_id=notice.pk, by=by, now=now)


def _is_task(*channels: Channel) -> Callable[[Notice], bool]:
    return lambda notice: notice.status == Status.TASK and notice.channel in channels


def _is_mail(*states: Status) -> Callable[[Notice], bool]:
    return lambda notice: notice.status in states and notice.channel == Channel.EMAIL


_LOGGED = _("연락한 것을 적었습니다.")
BUTTONS: dict[str, Button] = {
    "texted": Button(
        _("문자 보냄: 알렸음"),
        "do_tasks",
        _wants_text,
        _texted,
        _("문자로 알린 것으로 적었습니다."),
    ),
    "reached": Button(
        _("통화함: 알렸음"),
        "do_tasks",
        _is_task(Channel.PHONE),
        _attempt(Attempt.Outcome.REACHED),
        _("알린 것으로 적었습니다."),
    ),
    "no_answer": Button(
        _("받지 않음"),
        "do_tasks",
        _is_task(Channel.PHONE),
        _attempt(Attempt.Outcome.NO_ANSWER),
        _LOGGED,
    ),
    "busy": Button(
        _("통화 중"),
        "do_tasks",
        _is_task(Channel.PHONE),
        _attempt(Attempt.Outcome.BUSY),
        _LOGGED,
    ),
    "message": Button(
        _("말을 남김"),
        "do_tasks",
        _is_task(Channel.PHONE),
        _attempt(Attempt.Outcome.MESSAGE),
        _LOGGED,
    ),
    "done": Button(
        _("보냈음: 알렸음"),
        "do_tasks",
        _is_task(Channel.POST, Channel.FAX),
        _done,
        _("알린 것으로 적었습니다."),
    ),
    "read": Button(
        _("읽었음"), "do_tasks", _is_task(Channel.SCREEN), _done, _("읽은 것으로 적었습니다.")
    ),
    "bounced": Button(
        _("되돌아옴 표시"),
        "mark_bounced",
        _is_mail(Status.DELIVERED),
        _bounced,
        _("되돌아온 메일로 표시했습니다. 다른 방법으로 다시 알려야 합니다."),
    ),
    "again": Button(
        _("다시 보내기"),
        "mark_bounced",
        _is_mail(Status.FAILED, Status.BOUNCED),
        _again,
        _("곧 다시 보냅니다."),
    ),
}


def masked_recipient(notice: Notice) -> str:
    """홍*동 ha***@example.com: enough to recognise."""
    if notice.audience == Audience.STAFF:
        return str(notice.recipient_name)
    masks = {Channel.EMAIL: mask_email, Channel.PHONE: mask_phone, Channel.FAX: mask_phone}
    mask = masks.get(Channel(notice.channel))
    where = mask(notice.recipient) if mask and notice.recipient else ""
    return f"{mask_name(notice.recipient_name)} {where}".strip()


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class Numbered(ChangeList):
    """The list with the number of each notice's subject, read once for the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        ids: dict[str, set[int]] = {}
        self.result_list = list(self.result_list)
        for row in self.result_list:
            ids.setdefault(row.subject_type, set()).add(row.subject_id)
        numbers = {kind: registry.numbers_of(kind, found) for kind, found in ids.items()}
        for row in self.result_list:
            row.subject_number = numbers[row.subject_type].get(row.subject_id, "")


@admin.register(Notice)
class NoticeAdmin(ModelAdmin):
    list_display = ("kind", "number", "state", "to_whom", "channel", "owed_on", "trouble")
    list_filter = ("status", "audience", "channel")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("subject_id",)
    search_help_text = _("접수번호로 찾습니다. 가운데 여섯 자리 가운데 네 자리 이상도 됩니다.")
    ordering = ("-owed_at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        return queries.visible_to(_user(request)).select_related("staff")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Notice], search_term: str
    ) -> tuple[QuerySet[Notice], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = Q(pk__in=[])
        for subject_type, ids in registry.found(term):
            wanted |= Q(subject_type=subject_type, subject_id__in=ids)
        if term.isascii() and term.isdigit() and len(term) < 4:
            wanted |= Q(subject_id=int(term))  # as in the address of a page
        return queryset.filter(wanted), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Numbered

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    @admin.display(description=_("종류"), ordering="template")
    def kind(self, notice: Notice) -> str:
        return texts.name_of(notice.template)

    @admin.display(description=_("접수번호"))
    def number(self, notice: Notice) -> str:
        return getattr(notice, "subject_number", "")

    @admin.display(description=_("상태"), ordering="status")
    def state(self, notice: Notice) -> str:
        label = notice.get_status_display()
        return format_html('<span class="notice notice-{}">{}</span>', notice.status, label)

    @admin.display(description=_("생긴 때"), ordering="owed_at")
    def owed_on(self, notice: Notice) -> str:
        return korean_instant(notice.owed_at)

    @admin.display(description=_("받는 사람"))
    def to_whom(self, notice: Notice) -> str:
        return masked_recipient(notice)

    @admin.display(description=_("마지막 오류"))
    def trouble(self, notice: Notice) -> str:
        return notice.last_error

    def get_urls(self) -> list[URLPattern]:
        tasks = path(
            "tasks/", self.admin_site.admin_view(self.tasks_view), name="notices_notice_tasks"
        )
        return [tasks, *super().get_urls()]

    # --- pages ----------------------------------------------------------------------------------

    def tasks_view(self, request: HttpRequest) -> HttpResponse:
        """What is to be told by hand, the most urgent first; names are masked."""
        user = _user(request)
        if not may(user, "do_tasks"):
            raise PermissionDenied
        now = timezone.now()
        found = queries.open_tasks(user).select_related("staff").prefetch_related("attempts_made")
        tasks = list(found[:TASKS_SHOWN])
        by_text = _by_text(tasks)
        rows = [
            {
                "task": task,
                "recipient": mask_name(task.recipient_name),
                "late": task.do_by is not None and task.do_by < now,
                "tries": list(task.attempts_made.all()),
                "way": _("문자") if task.pk in by_text else task.get_channel_display(),
            }
            for task in tasks
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": translate("알릴 일"),
            "opts": self.opts,
            "rows": rows,
            "lost": _lost(user, now=now),
            "person": person_of(user),
        }
        return TemplateResponse(request, "admin/notices/notice/tasks.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one notice."""
        user = _user(request)
        if not may(user, "see_notices"):
            raise PermissionDenied
        notice = self.get_object(request, object_id)
        if notice is None:
            raise Http404
        if request.method == "POST":
            return self._press(request, user, notice)
        return self._page(request, user, notice)

    def _press(self, request: HttpRequest, user: User, notice: Notice) -> HttpResponse:
        button = BUTTONS.get(request.POST.get("do", ""))
        person = person_of(user)
        if button is None or person is None or not may(user, button.right):
            raise PermissionDenied
        note = clean_text(request.POST.get("note", "")).strip()
        if refusal := _refusal(note):
            messages.error(request, refusal)
            return self._page(request, user, notice, note=note)
        try:
            done = button.press(notice, person, timezone.now(), note)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            if done:
                messages.success(request, button.said)
            else:
                messages.info(request, translate("이미 처리되어 있어 바꾸지 않았습니다."))
        to_list = button.right == "do_tasks"
        page = reverse("admin:notices_notice_tasks") if to_list else request.path
        return HttpResponseRedirect(page)

    def _page(
        self, request: HttpRequest, user: User, notice: Notice, *, note: str = ""
    ) -> HttpResponse:
        buttons = {
            name: button
            for name, button in BUTTONS.items()
            if button.fits(notice) and may(user, button.right) and person_of(user) is not None
        }
        is_task = notice.status == Status.TASK and may(user, "do_tasks")
        by_phone = notice.channel == Channel.PHONE
        if is_task and notice.audience == Audience.CITIZEN:
            _log_opened(request, user, notice)
        person = person_of(user)
        said = registry.say(notice, by=person) if is_task and by_phone and person else ""
        body = (
            texts.with_code(said or notice.body, notice.secret)
            if is_task
            else texts.without_code(notice.body)
        )
        context = {
            **self.admin_site.each_context(request),
            "title": texts.name_of(notice.template),
            "opts": self.opts,
            "notice": notice,
            "is_task": is_task,
            "recipient": notice.recipient_name if is_task else masked_recipient(notice),
            "address": _shown_address(notice) if is_task else "",
            "dial": normalise_phone(notice.recipient) if is_task and by_phone else "",
            "said": bool(said),
            "wishes": registry.wishes_of(notice.subject_type, notice.subject_id),
            "number": registry.numbers_of(notice.subject_type, [notice.subject_id]).get(
                notice.subject_id, ""
            ),
            "printed": is_task and notice.channel == Channel.POST,
            "subject_link": registry.link_to(notice.subject_type, notice.subject_id),
            "blocks": texts.blocks(body),
            "tries": notice.attempts_made.select_related("by"),
            "buttons": buttons,
            "asks_note": any(button.right == "do_tasks" for button in buttons.values()),
            "note": note,
            "note_length": NOTE_LENGTH,
        }
        page = TemplateResponse(request, "admin/notices/notice/notice.html", context)
        page["Cache-Control"] = "no-store"
        return page


def _shown_address(notice: Notice) -> str:
    by_number = notice.channel in {Channel.PHONE, Channel.FAX}
    return format_phone(notice.recipient) if by_number else notice.recipient


def _by_text(tasks: list[Notice]) -> set[int]:
    """Which of these calls are to be texts."""
    calls = [task for task in tasks if task.channel == Channel.PHONE]
    kinds = {task.subject_type for task in calls}
    wanted = {
        kind: set(registry.text_only(kind, [t.subject_id for t in calls if t.subject_type == kind]))
        for kind in kinds
    }
    return {task.pk for task in calls if task.subject_id in wanted[task.subject_type]}


def _lost(user: User, *, now: datetime) -> list[dict[str, Any]]:
    """What did not reach a citizen and was not owed again since, for three months."""
    troubled = queries.troubled().filter(audience=Audience.CITIZEN, owed_at__gte=now - LOST_SHOWN)
    rows = troubled.filter(pk__in=queries.visible_to(user).values("pk"))[:TASKS_SHOWN]
    return [
        {
            "notice": row,
            "name": texts.name_of(row.template),
            "recipient": masked_recipient(row),
            "link": registry.link_to(row.subject_type, row.subject_id),
        }
        for row in rows
        if row.template != "code-reissued"
    ]


def _refusal(note: str) -> str:
    if len(note) > NOTE_LENGTH:
        return translate("메모는 %(most)d자까지 쓸 수 있습니다.") % {"most": NOTE_LENGTH}
    if find_resident_number(note):
        return translate("주민등록번호는 적을 수 없습니다. 메모에서 지워 주십시오.")
    return ""


def _log_opened(request: HttpRequest, user: User, notice: Notice) -> None:
    """A task shows whom to ring or write to: that is looking at personal data."""
    records.log_access(
        by=actor_of(user),
        address=client_address(request),
        subject_type=notice.subject_type,
        subject_id=notice.subject_id,
        whose=mask_name(notice.recipient_name),
        what="연락처 봄",
        reason="알릴 일",
        now=timezone.now(),
    )
