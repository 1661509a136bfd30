"""3차 심의: a page of its own for those concerned; and the register of the stages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centre.calendar import CalendarError
from centre.errors import Refused
from centre.rights import may
from complaints.back_office.forms import area, day
from complaints.back_office.stage_views import page_of
from complaints.back_office.views import UNPROCESSABLE, Context, staff_of
from complaints.models import Caution, CautionApproval, Review
from complaints.services import cautioning, review_papers, reviewing
from complaints.stage_documents import Document
from records import queries as records_queries
from records import services as records
from records.addresses import client_address

Status = Review.Status
_FOLDER = "admin/complaints/review"
_EVENTS = {
    "review-opened": "심의를 엶",
    "review-reason": "여는 까닭",
    "review-dropped": "심의하지 않기로 함",
    "statement-asked": "소명을 요청함",
    "statement-given": "소명함",
    "statement-lapsed": "소명 기한이 지남",
    "caution-drafted": "결정을 올림",
    "caution-approved": "결재함",
    "caution-returned": "다시 살피도록 돌려보냄",
    "caution-issued": "주의함",
    "caution-not-issued": "주의하지 않기로 함",
    "caution-withdrawn": "주의를 철회함",
}


class ReviewForm(forms.Form):
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    #: Fields that must be filled although their labels do not say "(선택)".
    needed: tuple[str, ...] = ()


class FactsForm(ReviewForm):
    facts = area(
        _("확인된 사실"),
        rows=5,
        longest=5_000,
        required="확인된 사실을 적어 주십시오.",
        help_text=_("당사자가 읽습니다. 주의 조치는 아직 정해지지 않은 것으로 나갑니다."),
    )


class StatementForm(ReviewForm):
    text = area(
        _("소명"),
        rows=8,
        longest=10_000,
        help_text=_("업무량, 인력, 다른 팀의 사정 등 살펴야 할 사정을 빠짐없이 적어 주십시오."),
    )
    refused = forms.BooleanField(label=_("소명하지 않겠습니다"), required=False)


class DecisionForm(ReviewForm):
    issue = forms.ChoiceField(
        label=_("결정"),
        widget=forms.RadioSelect,
        choices=[("yes", _("주의함")), ("no", _("주의하지 않음"))],
        error_messages={"required": _("주의할지 하지 않을지 골라 주십시오.")},
    )
    to_person = forms.BooleanField(label=_("당사자에게 통지"), required=False)
    to_team = forms.BooleanField(label=_("담당 팀에 통지"), required=False)
    statement_summary = area(_("소명 요지"), rows=3)
    judgement = area(
        _("판단과 까닭"), rows=4, longest=5_000, required="판단과 까닭을 적어 주십시오."
    )
    improvement = area(_("바라는 개선"), rows=3, help_text=_("주의할 때에는 꼭 적습니다."))
    improvement_due_on = day(_("개선 기한"), help_text=_("주의할 때에는 꼭 고릅니다."))
    support = area(_("센터가 함께 할 일"), rows=2)


class ReasonForm(ReviewForm):
    reason = area(_("까닭"), rows=3, required="까닭을 적어 주십시오.")


class CommentForm(ReviewForm):
    comment = area(_("의견"), rows=3, help_text=_("돌려보낼 때에는 무엇을 다시 볼지 적습니다."))


# --- what can be done ---------------------------------------------------------------------------


def _decides(review: Review, request: HttpRequest) -> bool:
    user, person = staff_of(request)
    return may(user, "review") and review.person_id != person.pk


def _waiting(review: Review, request: HttpRequest) -> CautionApproval | None:
    _user, person = staff_of(request)
    rows = CautionApproval.objects.filter(caution__review=review, approver=person)
    return rows.filter(decision=CautionApproval.Decision.WAITING).first()


Offer = tuple[str, type[ReviewForm], dict[str, str]]
_NOTHING: Offer = ("", ReviewForm, {})
#: What a manager does with a review, by where it stands.
_MANAGERS: dict[Status, Offer] = {
    Status.OPEN: (
        "소명 요청",
        FactsForm,
        {"ask_statement": "소명 요청하기", "drop_review": "심의하지 않음(까닭을 적음)"},
    ),
    Status.DECIDING: ("주의 여부 정하기", DecisionForm, {"decide": "결정을 결재에 올리기"}),
    Status.APPROVING: (
        "결재",
        CommentForm,
        {"approve_caution": "결재하기", "return_caution": "돌려보내기"},
    ),
    Status.ISSUED: ("주의 철회", ReasonForm, {"withdraw_caution": "철회하기"}),
}


def _offered(review: Review, request: HttpRequest) -> Offer:
    """The one panel of the page for this person: title, form and buttons."""
    _user, person = staff_of(request)
    now = timezone.now()
    asked = review_papers.addressee(review, now=now)
    if review.status == Status.HEARING and asked is not None and asked.pk == person.pk:
        return "소명 쓰기", StatementForm, {"give_statement": "소명 내기"}
    if not _decides(review, request) or (
        review.status == Status.APPROVING and not _waiting(review, request)
    ):
        return _NOTHING
    return _MANAGERS.get(Status(review.status), _NOTHING)


def _ask(review: Review, request: HttpRequest, data: dict[str, Any]) -> object:
    _user, person = staff_of(request)
    return reviewing.ask_statement(
        review_id=review.pk, facts=data["facts"], by=person, now=timezone.now()
    )


def _drop(review: Review, request: HttpRequest, data: dict[str, Any]) -> object:
    _user, person = staff_of(request)
    return reviewing.drop_review(
        review_id=review.pk, reason=data["facts"], by=person, now=timezone.now()
    )


def _state(review: Review, request: HttpRequest, data: dict[str, Any]) -> object:
    _user, person = staff_of(request)
    return reviewing.give_statement(review_id=review.pk, by=person, now=timezone.now(), **data)


def _decide(review: Review, request: HttpRequest, data: dict[str, Any]) -> object:
    _user, person = staff_of(request)
    values = data | {"issue": data["issue"] == "yes"}
    return cautioning.decide(review_id=review.pk, by=person, now=timezone.now(), **values)


def _settle(verb: Callable[..., object]) -> Callable[..., object]:
    def run(review: Review, request: HttpRequest, data: dict[str, Any]) -> object:
        _user, person = staff_of(request)
        approval = _waiting(review, request)
        if approval is None:
            raise Refused("결재할 것이 없습니다.")
        comment = data["comment"]
        return verb(approval_id=approval.pk, by=person, now=timezone.now(), comment=comment)

    return run


def _withdraw(review: Review, request: HttpRequest, data: dict[str, Any]) -> object:
    _user, person = staff_of(request)
    return cautioning.withdraw_caution(
        review_id=review.pk, reason=data["reason"], by=person, now=timezone.now()
    )


_VERBS: dict[str, Callable[..., object]] = {
    "ask_statement": _ask,
    "drop_review": _drop,
    "give_statement": _state,
    "decide": _decide,
    "approve_caution": _settle(cautioning.approve_caution),
    "return_caution": _settle(cautioning.return_caution),
    "withdraw_caution": _withdraw,
}


# --- pages --------------------------------------------------------------------------------------


def show_list(request: HttpRequest, context: Context) -> HttpResponse:
    """The reviews that concern this person; nobody sees others'.

    For those who work on cases, and whoever no longer does but has a review to read: nobody is
    kept from what is said about them by a change of role.
    """
    user, _person = staff_of(request)
    rows = list(review_papers.visible_to(user)[:200])
    if not rows and not may(user, "write_note"):
        raise PermissionDenied
    return render(request, f"{_FOLDER}/list.html", context | {"rows": rows, "title": "3차 심의"})


def _visible(request: HttpRequest, pk: int) -> Review:
    user, _person = staff_of(request)
    review = review_papers.visible_to(user).filter(pk=pk).first()
    if review is None:
        raise Http404
    return review


def show(request: HttpRequest, context: Context, pk: int) -> HttpResponse:
    """One review, with the one thing that this person can do now."""
    review = _visible(request, pk)
    user, _person = staff_of(request)
    title, form_class, buttons = _offered(review, request)
    form = form_class(initial=_written_before(review, form_class))
    status = 200
    if request.method == "POST":
        do = request.POST.get("do", "")
        form = form_class(request.POST)
        if do in buttons and form.is_valid():
            try:
                _VERBS[do](review, request, form.cleaned_data)
            except (Refused, CalendarError) as error:
                field = getattr(error, "field", "")
                form.add_error(field if field in form.fields else None, str(error))
            else:
                messages.success(request, "저장했습니다.")
                return redirect("admin:complaints_review_change", pk)
        elif do not in buttons:
            form.errors.setdefault("__all__", form.error_class(["지금은 이 일을 할 수 없습니다."]))
        status = UNPROCESSABLE
    context |= {
        "review": review,
        "caution": Caution.objects.filter(review=review).first(),
        "decides": _decides(review, request),
        "heard": review_papers.heard(review, user),
        "panel": title,
        "form": form,
        "buttons": buttons.items(),
        "what": reviewing.what_for(review),
        "receipt_numbers": review_papers.receipt_numbers(review),
        "files": review_papers.files_for(review, user),
        "documents": [key for key, _doc in _documents(review, request)],
        "entries": [
            (event, _EVENTS.get(event.kind, ""))
            for event in records_queries.events_of(review_papers.SUBJECT, review.pk)
            if event.kind in _EVENTS
        ],
        "title": "3차 심의",
    }
    _log(request, review)
    return render(request, f"{_FOLDER}/review.html", context, status=status)


def _written_before(review: Review, form_class: type[ReviewForm]) -> dict[str, Any]:
    """A decision that was sent back is written on from what it said."""
    caution = Caution.objects.filter(review=review).first()
    if caution is None or form_class is not DecisionForm:
        return {}
    kept = {name: getattr(caution, name) for name in DecisionForm.base_fields}
    return kept | {"issue": "yes" if caution.issue else "no"}


def _log(request: HttpRequest, review: Review) -> None:
    from centre.queries import actor_of  # noqa: PLC0415

    user, _person = staff_of(request)
    records.log_access(
        by=actor_of(user),
        address=client_address(request),
        subject_type=review_papers.SUBJECT,
        subject_id=review.pk,
        whose=f"3차 심의 {review.pk}",  # the log has more readers than the review
        what="3차 심의 열람",
        now=timezone.now(),
    )


def _documents(review: Review, request: HttpRequest) -> list[tuple[str, Document]]:
    """What can be printed by this person: 소명 요청서, and the notice that is his."""
    _user, person = staff_of(request)
    decides = _decides(review, request)
    mine = review.person_id == person.pk
    found: list[tuple[str, Document]] = []
    asked = review_papers.addressee(review, now=timezone.now())
    if review.asked_at and (decides or (asked is not None and asked.pk == person.pk)):
        found.append(("request", review_papers.request_document(review)))
    caution = Caution.objects.select_related("review", "drafted_by").filter(review=review).first()
    if caution is None or not caution.issue or review.status == Status.DECIDING:
        return found
    if caution.approved_at is None and not decides:
        return found
    if caution.to_person and (decides or mine):
        found.append(("person", review_papers.caution_document(caution, to_team=False)))
    if caution.to_team and (decides or not mine):
        found.append(("team", review_papers.caution_document(caution, to_team=True)))
    return found


def document(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """A document of a review as it is printed."""
    review = _visible(request, pk)
    found = dict(_documents(review, request)).get(name)
    if found is None:
        raise Http404
    _log(request, review)
    return page_of(found, back=reverse("admin:complaints_review_change", args=[pk]))


def file(request: HttpRequest, pk: int, file_id: UUID) -> FileResponse:
    """A document as it was issued, for whom it is meant."""
    review = _visible(request, pk)
    user, _person = staff_of(request)
    stored = next((one for one in review_papers.files_for(review, user) if one.pk == file_id), None)
    if stored is None:
        raise Http404
    try:
        content = records.open_file(stored)
    except FileNotFoundError as error:
        raise Http404 from error
    _log(request, review)
    response = FileResponse(
        content, as_attachment=True, filename=stored.name, content_type=stored.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
