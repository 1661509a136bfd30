"""A case about people above: who has it, who approves it, and what is said where nobody is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from centre.models import Absence, StaffMember
from complaints import queries, services
from complaints.checks import breaches
from complaints.errors import NobodyApproves
from complaints.filing import Filed
from complaints.models import Approval, Complaint
from complaints.services import Draft
from complaints.tests.conftest import MORNING
from complaints.tests.staff import browser_of, case_url, words_of
from notices.services import deliver

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]
ANSWER = Draft(decision="accepted", answer="바로잡았습니다.")
BOTH = "백승우 팀장과 서윤하 사무처장"


@pytest.fixture(autouse=True)
def _clock(demo_centre: None, settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(MORNING, tick=False):
        yield


def lay(case: Complaint, by: StaffMember) -> Approval:
    """The answer is laid before whoever approves it."""
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=by, now=MORNING)
    approval = queries.open_approval(case)
    assert approval is not None
    assert approval.approver_id not in queries.kept_out(case) | {by.pk}
    return approval


def line_shown(case: Complaint) -> str:
    """Who would approve an answer, as the director's page says beside the answer."""
    return str(browser_of("moon.tk").get(case_url(case)).context["page"].line)


def test_about_lead_and_secretary_general_the_director_has_it_and_a_lead_approves(
    file: File, person: Find
) -> None:
    case = file(about_staff=BOTH).complaint
    assert not case.about_staff_unclear
    director = person("moon.tk")
    assert case.handler == director
    assert line_shown(case) == "문태경 센터장 → 배수정 팀장"
    approval = lay(case, director)
    assert approval.approver == person("bae.sj")
    services.approve(approval_id=approval.pk, by=person("bae.sj"), now=MORNING)
    deliver(now=MORNING)
    assert Complaint.objects.get(pk=case.pk).state == "answered"
    assert list(breaches(now=MORNING)) == []


def test_given_to_a_member_the_director_approves(file: File, person: Find) -> None:
    case = file(about_staff=BOTH).complaint
    services.assign(
        complaint_id=case.pk, handler_id=person("nam.gy").pk, by=person("moon.tk"), now=MORNING
    )
    assert lay(case, person("nam.gy")).approver == person("moon.tk")


def test_a_director_who_is_away_is_waited_for(file: File, person: Find) -> None:
    case = file(about_staff=BOTH).complaint
    services.assign(
        complaint_id=case.pk, handler_id=person("nam.gy").pk, by=person("moon.tk"), now=MORNING
    )
    Absence.objects.create(
        person=person("moon.tk"),
        starts_at=MORNING - timedelta(hours=1),
        ends_at=MORNING + timedelta(days=1),
        reason="trip",
        entered_at=MORNING,
    )
    assert lay(case, person("nam.gy")).approver == person("moon.tk")


def test_what_lies_with_the_secretary_general_when_it_turns_out_to_be_about_him_goes_up(
    file: File, person: Find
) -> None:
    case = file(about_staff="백승우 팀장").complaint
    services.assign(
        complaint_id=case.pk, handler_id=person("nam.gy").pk, by=person("seo.yh"), now=MORNING
    )
    assert lay(case, person("nam.gy")).approver == person("seo.yh")
    people = [person("baek.sw").pk, person("seo.yh").pk]
    services.settle_about_staff(
        complaint_id=case.pk, person_ids=people, by=person("moon.tk"), now=MORNING
    )
    approval = queries.open_approval(case)
    assert approval is not None
    assert approval.approver == person("moon.tk")


# --- really nobody ------------------------------------------------------------------------------


@pytest.fixture
def all_but_the_director(file: File, person: Find) -> Complaint:
    """About the secretary general and every lead; the director writes the answer himself."""
    case = file(about_staff=BOTH).complaint
    chiefs = StaffMember.objects.filter(position__in=["lead", "secretary_general"])
    services.settle_about_staff(
        complaint_id=case.pk,
        person_ids=[chief.pk for chief in chiefs],
        by=person("moon.tk"),
        now=MORNING,
    )
    return Complaint.objects.get(pk=case.pk)


def test_it_is_refused_loudly_and_nobody_approves_his_own(
    all_but_the_director: Complaint, person: Find
) -> None:
    case, director = all_but_the_director, person("moon.tk")
    assert case.handler == director
    with pytest.raises(NobodyApproves, match="시스템 관리자의 첫 화면"):
        services.submit_response(complaint_id=case.pk, draft=ANSWER, by=director, now=MORNING)
    assert not Approval.objects.exists()
    assert line_shown(case) == "문태경 센터장 → 결재할 사람 없음"


def test_administrators_see_it_and_those_concerned_do_not(
    all_but_the_director: Complaint, person: Find
) -> None:
    said = f"결재할 수 있는 사람이 없는 건: {all_but_the_director.receipt_number}"
    assert said in words_of(browser_of("sys.admin").get("/admin/"))
    assert said in words_of(browser_of("moon.tk").get("/admin/"))
    for username in ("seo.yh", "baek.sw", "nam.gy", "im.do"):
        assert "결재할 수 있는 사람이 없는" not in words_of(browser_of(username).get("/admin/"))
    (line,) = breaches(now=MORNING)
    assert "답변을 결재할 수 있는 사람이 없습니다" in line


def test_it_is_over_once_somebody_else_writes_it(
    all_but_the_director: Complaint, person: Find
) -> None:
    services.assign(
        complaint_id=all_but_the_director.pk,
        handler_id=person("nam.gy").pk,
        by=person("moon.tk"),
        now=MORNING,
    )
    assert list(breaches(now=MORNING)) == []
    assert lay(all_but_the_director, person("nam.gy")).approver == person("moon.tk")


def test_an_answer_whose_last_approver_is_concerned_goes_back_to_be_written(
    all_but_the_director: Complaint, person: Find
) -> None:
    case = all_but_the_director
    services.assign(
        complaint_id=case.pk, handler_id=person("nam.gy").pk, by=person("moon.tk"), now=MORNING
    )
    lay(case, person("nam.gy"))
    chiefs = StaffMember.objects.exclude(position="member")
    services.settle_about_staff(
        complaint_id=case.pk,
        person_ids=[chief.pk for chief in chiefs],
        by=person("noh.jh"),
        now=MORNING,
    )
    assert queries.open_approval(case) is None
    assert Complaint.objects.get(pk=case.pk).state == "reviewing"
    assert "답변을 결재할 수 있는 사람이 없습니다" in "".join(breaches(now=MORNING))
