"""The pages of cases in the admin. `complaints.admin` gives them their addresses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from centre import queries as centre_queries
from centre.calendar import CalendarError
from centre.errors import Refused
from centre.models import StaffMember, User
from centre.rights import may
from complaints import drafts, queries, services
from complaints.back_office import many, page, pages, queue, shown_once
from complaints.back_office.actions import ACTIONS, ONLY_SHOWN, Action, draft_of
from complaints.back_office.filtering import QueueFilter
from complaints.back_office.forms import RevealForm, StaffForm
from complaints.back_office.registering import RegistrationForm
from complaints.back_office.situation import Situation
from complaints.errors import ChangedMeanwhile
from complaints.models import Channel, Complaint
from complaints.services.answering import unfilled
from complaints.texts import refusal
from complaints.topics import offered
from notices import queries as notices_queries
from notices import services as notices
from notices import texts as notice_texts
from notices.models import Notice
from records import services as records
from records.addresses import client_address
from records.masking import mask_name
from records.models import StoredFile
from records.queries import files_of
from standards import queries as standards_queries

Context = dict[str, Any]
REVEAL = "reveal_contact"
AWAY = (OperationalError, InterfaceError)
#: What a verb may refuse with: a sentence for the screen, or a date that nobody can compute.
REFUSALS = (Refused, CalendarError)
#: The answer to a form that was refused. Browsers show the page all the same.
UNPROCESSABLE = 422
_FOLDER = "admin/complaints/complaint"


def staff_of(request: HttpRequest) -> tuple[User, StaffMember]:
    """Who asks: a person who works here. The system administrator's account is none."""
    user = request.user
    person = centre_queries.person_of(user)
    if not isinstance(user, User) or person is None:
        raise PermissionDenied
    return user, person


def visible_case(request: HttpRequest, pk: int) -> Complaint:
    """The case; Http404 where it is not there or this account may not read it."""
    user, _person = staff_of(request)
    cases = queries.visible_to(user).select_related(
        "topic__team", "team", "handler__team", "registered_by", "previous", "merged_into"
    )
    case = cases.filter(pk=pk).first()
    if case is None:
        raise Http404
    return case


def _case_url(pk: int) -> str:
    return reverse("admin:complaints_complaint_change", args=[pk])


# --- the queue ----------------------------------------------------------------------------------


def show_queue(request: HttpRequest, context: Context) -> HttpResponse:
    user, person = staff_of(request)
    now = timezone.now()
    form = QueueFilter(request.GET, user=user)
    wanted = form.wanted()
    current = pages.page(
        wanted,
        user=user,
        now=now,
        number=_whole(request.GET.get("page")) or 1,
        after=_whole(request.GET.get("after")),
        exact=request.GET.get("count") == "1",
    )
    context |= {
        "form": form,
        "rows": queue.rows_of(current.object_list, person=person, now=now),
        "page": current,
        "query": _without(request.GET, "page", "after"),
        "may_answer": may(user, "write_answer"),
        "may_register": may(user, "register_complaint"),
        "searched": bool(wanted.q),
    }
    return render(request, f"{_FOLDER}/queue.html", context)


def _whole(typed: str | None) -> int | None:
    """A number of an address; None where it is none, or longer than any key."""
    good = typed and typed.isascii() and typed.isdecimal() and len(typed) < 19
    return int(typed) if typed and good else None


def _without(query: QueryDict, *names: str) -> str:
    rest = query.copy()
    for name in names:
        rest.pop(name, None)
    return rest.urlencode()


# --- registration -------------------------------------------------------------------------------


def register(request: HttpRequest, context: Context) -> HttpResponse:
    """의견 등록: the form, and its one POST that redirects."""
    user, person = staff_of(request)
    if not may(user, "register_complaint"):
        raise PermissionDenied
    now = timezone.now()
    if request.method != "POST":
        channel = request.GET.get("channel", "")
        first = {"channel": channel} if channel in Channel.values else None
        form = RegistrationForm(topics=offered(), now=now, initial=first)
        return _registration_page(request, context, form)
    form = RegistrationForm(request.POST, request.FILES, topics=offered(), now=now)
    status = UNPROCESSABLE
    if form.is_valid():
        filed = _file(request, form, person, now=now)
        if not isinstance(filed, int):
            return redirect("admin:complaints_complaint_registered", filed.pk)
        status = filed
    form.keep_files()
    return _registration_page(request, context, form, status=status)


def _file(
    request: HttpRequest, form: RegistrationForm, person: StaffMember, *, now: datetime
) -> Complaint | int:
    """File what the form holds: the case, or the status of the page that says why not."""
    try:
        filed = services.file_complaint(
            filing=form.filing(),
            by=centre_queries.actor_of(person.user),
            registered_by=person,
            now=now,
        )
    except REFUSALS as error:
        form.refuse(str(error), field=_form_field(getattr(error, "field", "")))
        return UNPROCESSABLE
    except AWAY:
        form.refuse(refusal("not_saved"))
        return 503
    shown_once.give(request, filed, now=now)
    drafts.drop(form.kept)
    return filed.complaint


def _form_field(name: str) -> str:
    """The field of the form for a field of the filing: an instant is typed as day and time."""
    known = {
        "received_at": "received_on",
        "external_received_at": "external_received_on",
        "external_due_at": "external_due_on",
    }
    return known.get(name, name)


def _registration_page(
    request: HttpRequest, context: Context, form: RegistrationForm, *, status: int = 200
) -> HttpResponse:
    context |= {
        "form": form,
        "title": "의견 등록",
        "problems": form.problems if form.is_bound else [],
    }
    return render(request, f"{_FOLDER}/register.html", context, status=status)


def registered(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """Number and code, for ten minutes, to whoever registered it; the code only to him."""
    if request.method == "POST":
        return _told_on_the_spot(request, pk)
    return _after_registration(request, context, pk, "registered.html")


def _told_on_the_spot(request: HttpRequest, pk: int) -> HttpResponse:
    """The number was read out or handed over: the task to tell it is done."""
    _user, person = staff_of(request)
    given = shown_once.given(request, pk, now=timezone.now())
    task = _receipt_task(pk) if given else None
    if task is None or person.pk in queries.kept_out(Complaint.objects.get(pk=pk)):
        raise Http404
    notices.do_task(
        notice_id=task.pk, by=person, now=timezone.now(), note="접수할 때 그 자리에서 알려 드림"
    )
    messages.success(request, "접수번호를 알려 드린 것으로 적었습니다.")
    return redirect("admin:complaints_complaint_registered", pk)


def _receipt_task(pk: int) -> Notice | None:
    tasks = notices_queries.about(queries.SUBJECT, pk).open_tasks()
    return tasks.filter(template="receipt").first()


def slip(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """The receipt to print (§8.1). Without the code once its ten minutes are over."""
    return _after_registration(request, context, pk, "slip.html")


def _after_registration(
    request: HttpRequest, context: Context, pk: int, template: str
) -> HttpResponse:
    user, person = staff_of(request)
    given = shown_once.given(request, pk, now=timezone.now())
    if given is None and not queries.visible_to(user).filter(pk=pk).exists():
        raise Http404
    case = Complaint.objects.select_related("topic", "team", "registered_by").get(pk=pk)
    if person.pk in queries.kept_out(case):
        return render(request, f"{_FOLDER}/registered_about_oneself.html", context)
    reply = queries.reply_commitment(case)
    receipt = _receipt_task(pk) if given else None
    context |= {
        "receipt": receipt,
        "may_say_told": receipt is not None,
        "case": case,
        "code": given.access_code if given else "",
        "created": given.created if given else True,
        "reply": reply,
        "explanation": standards_queries.explain(reply) if reply else "",
        "team_phone": centre_queries.phone_of_team(case.team) if case.team else "",
        "facts": centre_queries.facts(),
        "visible": queries.visible_to(user).filter(pk=pk).exists(),
        "title": "등록했습니다",
    }
    return render(request, f"{_FOLDER}/{template}", context)


# --- the case -----------------------------------------------------------------------------------


def case(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """One case: all about it, and the verbs. A POST names its verb in ``do``."""
    found = visible_case(request, pk)
    user, person = staff_of(request)
    situation = Situation(case=found, user=user, person=person, now=timezone.now())
    if request.method != "POST":
        template = request.GET.get("template", "")
        return _case_page(request, context, page.case_page(situation, template=template))
    do = request.POST.get("do", "")
    if do == REVEAL:
        return _reveal(request, context, situation)
    action = ACTIONS.get(do)
    if action is None:
        raise Http404
    return _act(request, context, situation, action)


def _case_page(
    request: HttpRequest, context: Context, shown: page.CasePage, *, status: int = 200
) -> HttpResponse:
    context |= {"page": shown, "case": shown.case, "title": shown.case.receipt_number}
    return render(request, f"{_FOLDER}/case.html", context, status=status)


def _act(request: HttpRequest, context: Context, s: Situation, action: Action) -> HttpResponse:
    """Carry out a verb and go back to the page; or the page again, with what was typed."""
    form = page.form_for(s, action, request.POST, request.FILES)
    if not action.possible(s):
        return _too_late(request, context, s, form)
    if form.is_valid():
        if action.do in ONLY_SHOWN:
            return _redrawn(request, context, s, form, action.do)
        try:
            action.run(s, form.cleaned_data)
        except ChangedMeanwhile as error:
            return _changed_meanwhile(request, context, s, form, error)
        except REFUSALS as error:
            form.refuse(str(error), field=getattr(error, "field", ""))
        else:
            return _done(request, s, action)
    return _case_page(request, context, page.case_page(s, bound=form), status=UNPROCESSABLE)


def _redrawn(
    request: HttpRequest, context: Context, s: Situation, form: StaffForm, do: str
) -> HttpResponse:
    """The page with what was typed: as the citizen would read it, or with a template put in."""
    if do == "preview":
        draft = draft_of(form.cleaned_data)
        return _case_page(request, context, page.case_page(s, bound=form, draft=draft))
    code = form.cleaned_data["template"]
    template = next((row for row in s.templates if row.code == code), None)
    if template is not None:
        data = request.POST.copy()
        data["answer"] = page.with_template(form.cleaned_data["answer"], template)
        data["template"] = ""
        form = type(form)(data, situation=s, key=form.key)
    return _case_page(request, context, page.case_page(s, bound=form))


def _done(request: HttpRequest, s: Situation, action: Action) -> HttpResponse:
    said = f"{s.case.receipt_number}: {action.done}"
    if action.do != "confirm_team" and _confirmed_now(s.case):
        said += " 고객에게 담당자 안내가 나갔습니다."
    messages.success(request, said)
    if queries.visible_to(s.user).filter(pk=s.case.pk).exists():
        return redirect(_case_url(s.case.pk))
    return redirect("admin:complaints_complaint_changelist")


def _confirmed_now(before: Complaint) -> bool:
    """Whether the verb brought the team's confirmation along, which tells the citizen who works."""
    if before.team_confirmed_at is not None or before.anonymous:
        return False
    return Complaint.objects.filter(pk=before.pk, team_confirmed_at__isnull=False).exists()


def _again(s: Situation) -> Situation:
    """The case as it is now."""
    fresh = Situation(case=s.case, user=s.user, person=s.person, now=s.now)
    fresh.case.refresh_from_db()
    return fresh


def _too_late(
    request: HttpRequest, context: Context, s: Situation, form: StaffForm
) -> HttpResponse:
    """The verb is not possible (any more); what was typed is shown to be copied."""
    shown = page.case_page(s)
    shown.typed = page.typed_in(form)
    shown.problems = [
        (
            "",
            "지금은 이 일을 할 수 없습니다. 그사이 건의 상태가 바뀌었을 수 있으니 아래를 확인해 주십시오.",
        )
    ]
    return _case_page(request, context, shown, status=UNPROCESSABLE)


def _changed_meanwhile(
    request: HttpRequest,
    context: Context,
    s: Situation,
    form: StaffForm,
    error: ChangedMeanwhile,
) -> HttpResponse:
    """Somebody else wrote: both versions are shown; saving again then means to replace."""
    fresh = _again(s)
    other = fresh.draft
    data = request.POST.copy()
    if "version" in form.fields:
        data["version"] = str(
            other.version if form.key == "draft" and other else fresh.case.version
        )
    bound = type(form)(data, situation=fresh, key=form.key)
    bound.is_valid()
    bound.refuse(str(error))
    shown = page.case_page(fresh, bound=bound)
    if not any(one.form is bound for one in [shown.urgent, *_all_panels(shown)] if one):
        shown.typed = page.typed_in(bound)
    shown.other_draft = other if form.key == "draft" else None
    return _case_page(request, context, shown, status=409)


def _all_panels(shown: page.CasePage) -> Iterable[page.OpenPanel]:
    return (panel for _title, panels in shown.groups for panel in panels)


def _reveal(request: HttpRequest, context: Context, s: Situation) -> HttpResponse:
    """Show the contact in this one answer; who looked, when and why is logged first."""
    if not may(s.user, "reveal_contact"):
        raise PermissionDenied
    form = RevealForm(request.POST, situation=s, key="reveal")
    if not form.is_valid():
        shown = page.case_page(s)
        shown.reveal, shown.problems = form, form.problems
        return _case_page(request, context, shown, status=UNPROCESSABLE)
    _log(request, s.case, "연락처 봄", now=s.now, reason=form.cleaned_data["why"])
    return _case_page(request, context, page.case_page(s, revealed=True))


def _log(
    request: HttpRequest, case: Complaint, what: str, *, now: datetime, reason: str = ""
) -> None:
    user, _person = staff_of(request)
    records.log_access(
        by=centre_queries.actor_of(user),
        address=client_address(request),
        subject_type=queries.SUBJECT,
        subject_id=case.pk,
        whose=mask_name(case.name) or "이름 없음",
        what=what,
        reason=reason,
        now=now,
    )


def _file_on(case: Complaint, file_id: UUID, user: User) -> StoredFile:
    """The file of the case, or of one that was joined to it; else 404."""
    files = list(files_of(queries.SUBJECT, case.pk).filter(pk=file_id))
    files += [file for joined in queries.joined_files(user, case) for file in joined.files]
    for stored in files:
        if stored.pk == file_id:
            return stored
    raise Http404


def file(request: HttpRequest, pk: int, file_id: UUID) -> FileResponse:
    """An attachment, to be saved, for staff who may read the case it stands on."""
    case = visible_case(request, pk)
    user, _person = staff_of(request)
    stored = _file_on(case, file_id, user)
    try:
        content = records.open_file(stored)
    except FileNotFoundError as error:
        raise Http404 from error
    _log(request, case, "첨부파일 내려받음", now=timezone.now())
    response = FileResponse(
        content, as_attachment=True, filename=stored.name, content_type=stored.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


# --- many at once -------------------------------------------------------------------------------


def answer_many(request: HttpRequest, context: Context) -> HttpResponse:
    """묶음 답변: one answer laid before approval for each of the cases chosen in the queue."""
    user, person = staff_of(request)
    if not may(user, "write_answer"):
        raise PermissionDenied
    now = timezone.now()
    source = request.POST if request.method == "POST" else request.GET
    chosen = many.chosen(source.getlist("case"), user=user, person=person, now=now)
    form = many.ManyForm(request.POST if request.method == "POST" else None, chosen=chosen)
    status, letter = 200, None
    do = request.POST.get("do", "")
    if do in ONLY_SHOWN and form.is_valid():
        if do == "preview":
            letter = many.preview(form, chosen)
        else:
            form = many.with_template(form, chosen)
    elif request.method == "POST":
        if form.is_valid() and many.submit(form, chosen, person=person, now=now):
            count = len(chosen.ready)
            messages.success(request, f"{count}건의 답변을 결재에 올렸습니다.")
            return redirect("admin:complaints_complaint_changelist")
        status = UNPROCESSABLE
    context |= {
        "form": form,
        "chosen": chosen,
        "title": "묶음 답변",
        "problems": form.problems,
        "letter": letter,
        "letter_blocks": notice_texts.blocks(letter.body) if letter else [],
        "gaps": unfilled(letter.body) if letter else [],
    }
    return render(request, f"{_FOLDER}/answer_many.html", context, status=status)


def approvals(request: HttpRequest, context: Context) -> HttpResponse:
    """What waits for this person's approval; several can be approved, each by itself."""
    _user, person = staff_of(request)
    now = timezone.now()
    outcomes: list[many.Outcome] = []
    if request.method == "POST":
        outcomes = many.approve(request.POST.getlist("approval"), person=person, now=now)
        done = sum(one.done for one in outcomes)
        if outcomes and done == len(outcomes):
            messages.success(request, f"{done}건을 결재했습니다.")
            return redirect("admin:complaints_complaint_approvals")
    context |= {
        "waiting": many.waiting_for(person, now=now),
        "outcomes": outcomes,
        "nothing_chosen": request.method == "POST" and not outcomes,
        "title": "결재할 것",
    }
    return render(request, f"{_FOLDER}/approvals.html", context)
