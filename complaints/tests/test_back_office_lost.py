"""What did not reach the citizen: seen at once, put right from the pages, read all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from centre.models import StaffMember
from complaints import queries, services
from complaints.filing import Filed
from complaints.models import Complaint, State
from complaints.services import Draft
from complaints.tests.conftest import MORNING
from complaints.tests.staff import QUEUE, act, browser_of, case_url, done, rows_on, words_of
from notices.models import Notice
from notices.services import deliver, mark_bounced

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]
ANSWER = Draft(decision="accepted", answer="확인하여 바로잡았습니다.")
TASKS = "/admin/notices/notice/tasks/"


@pytest.fixture(autouse=True)
def _clock(demo_centre: None, settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(MORNING, tick=False):
        yield


def bounced_answer(file: File, person: Find, **values: Any) -> Complaint:
    """A case of which the answer was told by mail and came back."""
    case = file(**values).complaint
    handler, lead = person("nam.gy"), person("baek.sw")
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=handler, now=MORNING)
    services.approve(approval_id=case.approvals.get().pk, by=lead, now=MORNING)
    deliver(now=MORNING)
    result = Notice.objects.get(template="result")
    mark_bounced(notice_id=result.pk, by=handler, now=MORNING)
    case.refresh_from_db()
    return case


def test_it_leads_the_case_page_the_day_and_the_tasks(file: File, person: Find) -> None:
    case = bounced_answer(file, person)
    client = browser_of("nam.gy")
    page = client.get(case_url(case))
    words = words_of(page)
    assert case.state == State.TELLING
    assert "고객에게 전해지지 않았습니다" in words
    assert "지금 할 일 : 고객에게 다시 전하기" in words.replace("일:", "일 :")
    assert page.context["page"].urgent.panel.key == "correct"
    assert page.context["page"].next_step == "고객에게 다시 전하기"
    sections = {s.code: s.count for s in client.get("/admin/").context["today"].sections}
    assert sections["lost"] == 1
    assert rows_on(client.get(f"{QUEUE}?state=lost")) == [case.receipt_number]
    assert "고객에게 다시 전할 것 1건" in words_of(client.get(TASKS))
    assert "고객에게 다시 전할 것" not in words_of(browser_of("song.hn").get(TASKS))


def test_a_corrected_contact_gets_the_answer(file: File, person: Find) -> None:
    case = bounced_answer(file, person)
    client = browser_of("nam.gy")
    nothing = act(client, case, "correct_contact", email="new@example.com")
    assert nothing.status_code == 422
    assert "어떻게 확인하셨는지" in words_of(nothing)
    assert done(
        act(client, case, "correct_contact", email="new@example.com", reason="전화로 알려 옴")
    )
    case.refresh_from_db()
    assert (case.email, case.reply_by) == ("new@example.com", "email")
    words = words_of(client.get(case_url(case)))
    assert "고객에게 전해지지 않았습니다" not in words
    assert "연락처를 고침" in words
    deliver(now=MORNING)
    case.refresh_from_db()
    assert case.state == State.ANSWERED


def test_the_answer_goes_another_way_once(file: File, person: Find) -> None:
    """The automatic second way failed too, or the phone came later: staff choose."""
    case = bounced_answer(file, person)
    Complaint.objects.filter(pk=case.pk).update(phone="01012345678")
    client = browser_of("nam.gy")
    page = client.get(case_url(case))
    assert page.context["page"].urgent.panel.key == "retell"
    assert act(client, case, "tell_another_way", way="fax").status_code == 422
    assert done(act(client, case, "tell_another_way", way="phone"))
    task = Notice.objects.get(template="result", status="task")
    assert (task.channel, task.staff) == ("phone", person("nam.gy"))
    assert "고객에게 전해지지 않았습니다" not in words_of(client.get(case_url(case)))
    assert act(client, case, "tell_another_way", way="phone").status_code == 422
    assert Notice.objects.filter(template="result", status="task").count() == 1


def test_the_answer_told_once_stays_on_the_citizens_page(file: File, person: Find) -> None:
    case = bounced_answer(file, person)
    [shown] = queries.tracking(case, now=MORNING).responses
    assert shown.answer == ANSWER.answer
    assert shown.told_at is not None


def test_an_answer_not_told_yet_is_not_there(file: File, person: Find) -> None:
    case = file().complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    services.approve(approval_id=case.approvals.get().pk, by=person("baek.sw"), now=MORNING)
    case.refresh_from_db()
    assert queries.tracking(case, now=MORNING).responses == []
