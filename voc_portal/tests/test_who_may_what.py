"""Every address of the resolver, asked for by every role and by a stranger, against one table.

An address that stands neither in the table below nor among the admin's usual pages (which follow
``centre.rights.ADMIN_RIGHTS``) fails the test: whoever adds one says here who may open it.

Where there is no row of a kind, its pages are asked for with a number that nobody has. Whoever may
not open them still has to be refused or told that there is nothing; a role that may is then told
"not found".
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.template.base import Template
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from centre.factories import StaffMemberFactory
from centre.models import Role, Team, User
from centre.rights import ADMIN_RIGHTS, may_any
from complaints.filing import Filed
from complaints.models import Complaint
from complaints.tests.conftest import demo_centre, file  # noqa: F401 - fixtures
from records.models import Event

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:The default scheme will be changed"),
]

OPEN, SIGNED_IN = ("open",), ("signed in",)
STRANGER = "stranger"
#: What the admin has for each model, and which of the model's rights opens it.
PAGES = {
    "changelist": ("view", "change"),
    "add": ("add",),
    "change": ("view", "change"),
    "history": ("view", "change"),
    "delete": ("delete",),
}
#: Everything else: who opens it, by the rights of which one is enough.
TABLE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        [
            "home",
            "healthz",
            "set_language",
            "staff-guide",
            "staff-guide-print",
            "courses",
            "surveys",
            "survey",
            "survey-answer",
            "survey-thanks",
            "survey-again",
            "survey-results",
            "survey-short",
            "evaluations",
            "evaluation",
            "evaluation-edition",
            "evaluation-pdf",
            "statistics",
            "statistics-data",
            "statistics-csv",
            "statistics-json",
            "complaints:new",
            "complaints:received",
            "complaints:track",
            "complaints:code",
            "complaints:case",
            "complaints:again",
            "complaints:letter",
            "complaints:file",
            "standards:charter",
            "standards:data",
            "standards:data-csv",
            "standards:data-json",
            "standards:report",
            "education:course",
            "education:calendar",
            "education:received",
            "education:enrolment",
            "education:certificate",
            "account_login",
            "account_logout",
            "session",
            "notices:mails",
            "notices:mail",
            "notices:mail-html",
            "notices:mail-raw",
        ],
        OPEN,
    ),
    **dict.fromkeys(
        [
            "account_change_password",
            "account_reauthenticate",
            "kept-form",
            "mfa_index",
            "mfa_authenticate",
            "mfa_reauthenticate",
            "mfa_activate_totp",
            "mfa_deactivate_totp",
            "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes",
            "mfa_download_recovery_codes",
            "mfa_list_webauthn",
            "mfa_add_webauthn",
            "mfa_reauthenticate_webauthn",
            "mfa_remove_webauthn",
            "mfa_edit_webauthn",
            "admin:index",
            "admin:login",
            "admin:password_change",
            "admin:password_change_done",
            "admin:jsi18n",
            "admin:view_on_site",
            "admin:app_list",
            "registers:download",
        ],
        SIGNED_IN,
    ),
    "admin:autocomplete": (),
    "admin:logout": OPEN,
    "admin:standards_duty_history": (),
    "admin:standards_correction_explain_correction": ("edit_standards",),
    # These only lead on to another page, which refuses for itself.
    "admin:education_course_history": SIGNED_IN,
    "admin:reception_visit_change": SIGNED_IN,
    "admin:reception_contactnote_change": SIGNED_IN,
    **dict.fromkeys(
        [
            "desk",
            "reception:board",
            "reception:arrive",
            "reception:visit",
            "reception:late-visit",
            "reception:notes",
            "reception:new-note",
            "reception:note",
            "reception:spot",
            "reception:progress",
            "reception:absences",
        ],
        ("use_desk",),
    ),
    "reception:difficult-calls": ("see_difficult_calls",),
    "reception:new-difficult-call": ("record_difficult_call",),
    **dict.fromkeys(["dashboard", "dashboard-figures", "dashboard-wall"], ("see_dashboard",)),
    "admin:notices_notice_tasks": ("do_tasks",),
    "admin:centre_user_set_password": ("edit_people",),
    "admin:centre_user_unlock": ("edit_people",),
    "admin:centre_user_remove_factors": ("edit_people",),
    "admin:centre_absence_cancel": ("enter_own_absence", "edit_absences"),
    "admin:centre_staffmember_hand_over": ("hand_over",),
    "admin:centre_staffmember_move": ("edit_people",),
    "admin:centre_staffmember_leave": ("edit_people",),
    "admin:centre_staffmember_take_back_leaving": ("edit_people",),
    "admin:centre_team_make_desk_team": ("edit_centre",),
    "admin:centre_team_dissolve": ("edit_centre",),
    "admin:standards_duty_plan": ("lead_evidence",),
    "admin:standards_duty_improve": ("lead_evidence",),
    "admin:standards_duty_enter": ("record_evidence",),
    "admin:standards_duty_correct": ("record_evidence",),
    "admin:standards_duty_file": ("record_evidence",),
    "admin:standards_standard_revise_standard": ("edit_standards",),
    "admin:complaints_review_document": ("write_note",),
    "admin:complaints_review_file": ("write_note",),
    "admin:complaints_complaint_answer_many": ("write_answer",),
    "admin:complaints_complaint_approvals": ("see_team_cases", "see_all_cases"),
    "admin:complaints_complaint_stages": ("see_stages",),
    "admin:complaints_complaint_reconcile": ("record_evidence",),
    **dict.fromkeys(
        [f"admin:complaints_complaint_{page}" for page in ("registered", "slip", "letter", "file")],
        ("see_team_cases", "see_all_cases"),
    ),
    "admin:education_course_edit": ("plan_course",),
    "admin:education_course_move": ("plan_course",),
    "admin:education_course_enrol": ("enrol_participant",),
    **dict.fromkeys(
        [
            f"admin:education_course_{page}"
            for page in ("attendance", "sheet", "person", "certificate")
        ],
        ("see_courses",),
    ),
    "admin:surveys_survey_question_add": ("edit_surveys",),
    "admin:surveys_survey_question": ("edit_surveys",),
    "admin:surveys_survey_results": ("see_survey_results",),
    "admin:surveys_survey_enter": ("enter_survey_answers",),
    **dict.fromkeys(
        [f"admin:surveys_survey_{page}" for page in ("preview", "card", "svg", "png")],
        ("see_surveys",),
    ),
    "admin:dashboards_evaluation_preview": ("see_dashboard",),
}
#: A lead hands over the work of the own team only; this person is of another one.
NARROWER = {("admin:centre_staffmember_hand_over", Role.LEAD)}


@dataclass(frozen=True)
class Address:
    name: str
    route: str
    asked: tuple[tuple[str, str], ...]


def addresses() -> list[Address]:
    """All of the resolver but the admin's redirects of old addresses, which have no name."""
    return [found for found in _walk(get_resolver().url_patterns) if not found.name.endswith(":?")]


def _walk(patterns: Any, route: str = "", spaces: tuple[str, ...] = ()) -> Iterator[Address]:
    for pattern in patterns:
        here = f"{route}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from _walk(pattern.url_patterns, here, inner)
        elif isinstance(pattern, URLPattern):
            asked = re.findall(r"<(\w+):(\w+)>", here)
            yield Address(":".join((*spaces, pattern.name or "?")), here, tuple(asked))


def url_of(address: Address) -> str:
    if address.name == "admin:app_list":
        return reverse(address.name, args=["centre"])
    return reverse(address.name, kwargs=dict(_arguments(address)))


def _arguments(address: Address) -> Iterator[tuple[str, Any]]:
    model = _model_of(address)
    first = model._default_manager.values_list("pk", flat=True).first() if model else None
    for place, (kind, name) in enumerate(address.asked):
        if place == 0 and name in {"pk", "object_id"} and kind != "uuid":
            yield name, first or 0
        else:
            yield name, {"int": 0, "uuid": UUID(int=0)}.get(kind, "none")


def _model_of(address: Address) -> Any:
    if not address.name.startswith("admin:") or "_" not in address.name:
        return None
    app, _underscore, rest = address.name.removeprefix("admin:").partition("_")
    try:
        return apps.get_model(app, rest.partition("_")[0])
    except LookupError:
        return None


def expected(address: Address) -> tuple[str, ...] | None:
    """The rights of which one opens an address; None where nobody has said."""
    app_and_model, _underscore, page = address.name.removeprefix("admin:").rpartition("_")
    if address.name not in TABLE and page in PAGES and _model_of(address) is not None:
        rights = ADMIN_RIGHTS.get(app_and_model.replace("_", ".", 1), {})
        return tuple(right for action in PAGES[page] for right in rights.get(action, ()))
    return TABLE.get(address.name)


def test_each_address_has_somebody_who_may_open_it_or_nobody() -> None:
    unsaid = [address.name for address in addresses() if expected(address) is None]
    assert not unsaid, "say in TABLE who may open these"


def test_the_table_speaks_of_addresses_that_are_there() -> None:
    assert not TABLE.keys() - {address.name for address in addresses()}


def test_the_admin_has_no_page_that_the_rights_do_not_speak_of() -> None:
    assert {model._meta.label_lower for model in site._registry} <= ADMIN_RIGHTS.keys()


@pytest.fixture
def accounts(file: Callable[..., Filed]) -> dict[str, User]:  # noqa: F811
    """One account a role, all of the desk's team, whose case there is one of."""
    case = file(timezone.now()).complaint
    team = Team.objects.get(takes_unassigned=True)
    people = {role: StaffMemberFactory(team=team, roles=[role]) for role in Role.values}
    Complaint.objects.filter(pk=case.pk).update(team=team, handler=people[Role.HANDLER])
    return {role: who.user for role, who in people.items()}


@pytest.fixture
def _pages_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nor is each refusal told in the log, which would bury what is wrong."""
    monkeypatch.setattr(Template, "render", lambda *_args: SafeString(""))
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def _client(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def _asks_to_sign_in(answer: Any) -> bool:
    return answer.status_code == 302 and "/login/" in answer["Location"]


def _is_refused(answer: Any) -> bool:
    """Refused, not there, not in this way, or sent back to the first page as for a missing row."""
    sent_back = answer.status_code == 302 and answer["Location"] == "/admin/"
    return answer.status_code in {403, 404, 405} or sent_back


def _wrong(address: Address, url: str, role: str, user: User | None, client: Client) -> str:
    """What is not as the table says, "" where all is."""
    rights = expected(address) or ()
    seen = client.get(url)
    if rights == OPEN:
        good = seen.status_code != 403 and (user is not None or not _asks_to_sign_in(seen))
        return "" if good else f"{seen.status_code} for everybody's page"
    if user is None:
        answers = (seen, client.post(url))
        if all(_asks_to_sign_in(answer) or answer.status_code == 405 for answer in answers):
            return ""
        return f"{[answer.status_code for answer in answers]} for a stranger"
    if rights == SIGNED_IN or (may_any(user, rights) and (address.name, role) not in NARROWER):
        # A row may allow less than its kind: of those pages only the list has to be open.
        of_a_row = address.name not in TABLE and not address.name.endswith("_changelist")
        return "" if of_a_row or seen.status_code != 403 else "403 although the table allows it"
    answers = (seen, client.post(url, {"do": "anything"}))
    if all(_is_refused(answer) for answer in answers):
        return ""
    return f"{[answer.status_code for answer in answers]} although the table refuses it"


@pytest.mark.usefixtures("_pages_are_not_drawn")
def test_the_table_is_true(accounts: dict[str, User]) -> None:
    urls = [(address, url_of(address)) for address in addresses()]
    before = Event.objects.count()
    wrong = {}
    for role in (STRANGER, *Role.values):
        user = accounts.get(role)
        client = _client(user)
        for address, url in urls:
            if problem := _wrong(address, url, role, user, client):
                wrong[role, address.name] = problem
        assert Event.objects.count() == before, f"something was done by {role}, who may not"
    assert not wrong
