"""The buttons of the case page: each carried out once, refused with what was typed kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from centre.models import ReferralBody, StaffMember, Team
from complaints import services
from complaints.filing import Filed
from complaints.models import AboutStaff, Complaint, InternalNote, Response, State
from complaints.queries import reply_commitment
from complaints.services import Draft
from complaints.tests.conftest import MORNING, put_right, seoul
from complaints.tests.staff import act, browser_of, case_url, done, page_of, verbs_on, words_of
from notices.models import Notice
from notices.services import deliver
from records.models import Event
from standards.models import State as Clock
from standards.services import sweep

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]
TYPED = {
    "decision": "accepted",
    "answer": "확인하여 바로잡았습니다.",
    "reason": "",
    "action_done": "실적을 올림",
    "action_planned": "",
    "action_due_on": "",
    "template": "",
}
ANSWER = Draft(decision="accepted", answer="확인하여 바로잡았습니다.")


@pytest.fixture(autouse=True)
def _clock(demo_centre: None, settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def case(file: File) -> Complaint:
    return file().complaint


def fresh(case: Complaint) -> Complaint:
    return Complaint.objects.get(pk=case.pk)


def events(case: Complaint) -> list[str]:
    return list(Event.objects.filter(subject_id=case.pk).values_list("kind", flat=True))


def told(case: Complaint, person: Find) -> None:
    """Bring the case to where its answer was told."""
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    services.approve(approval_id=case.approvals.get().pk, by=person("baek.sw"), now=MORNING)
    deliver(now=MORNING)


def refused(response: Any, *said: str) -> bool:
    """Refused with a summary on top that gets the focus."""
    page = page_of(response)
    assert response.status_code in {409, 422}
    assert 'id="error-summary" role="alert" tabindex="-1" autofocus' in page
    assert all(text in words_of(response) for text in said)
    return True


# --- who has it -----------------------------------------------------------------------------------


def test_take(case: Complaint, person: Find) -> None:
    client = browser_of("baek.sw")
    response = act(client, case, "take")
    assert done(response)
    assert response["Location"] == case_url(case)
    assert fresh(case).handler == person("baek.sw")
    assert "reassigned" in events(case)
    page = client.get(case_url(case))
    assert f"{case.receipt_number}: 이 건을 맡았습니다." in words_of(page)
    assert "take" not in verbs_on(page)


def test_what_was_done_is_said_on_the_next_page(case: Complaint) -> None:
    client = browser_of("nam.gy")
    assert done(act(client, case, "confirm_team"))
    assert "팀이 확인했습니다." in words_of(client.get(case_url(case)))
    assert fresh(case).state == State.REVIEWING
    assert Notice.objects.filter(template="handler-assigned").count() == 1


def test_assign(case: Complaint, person: Find) -> None:
    client = browser_of("im.do")
    page = page_of(client.get(case_url(case)))
    assert "남가영 주임 (맡은 건 1)" in page
    typed = {"handler": person("baek.sw").pk, "version": case.version}
    assert done(act(client, case, "assign", **typed))
    assert fresh(case).handler == person("baek.sw")
    late = act(client, case, "assign", **typed | {"handler": person("nam.gy").pk})
    assert late.status_code == 409
    assert "그사이 다른 분이 이 건을 고쳤습니다." in words_of(late)
    assert fresh(case).handler == person("baek.sw")


def test_assign_needs_somebody_who_may_have_it(file: File, person: Find) -> None:
    one = file(about_staff="남가영").complaint
    client = browser_of("im.do")
    assert (
        f'value="{person("nam.gy").pk}"'
        not in page_of(client.get(case_url(one))).split("panel-about")[0]
    )
    response = act(client, one, "assign", handler=person("nam.gy").pk, version=fresh(one).version)
    assert refused(response, "담당자를 골라 주십시오.")
    assert refused(act(client, one, "assign", handler="", version=""), "담당자를 골라 주십시오.")


def test_reassign_to_another_team(case: Complaint, person: Find) -> None:
    client = browser_of("baek.sw")
    team = Team.objects.get(code="education")
    response = act(client, case, "reassign", team=team.pk, handler="", reason="")
    assert refused(response, "이관하는 까닭을 적어 주십시오.")
    assert f'<option value="{team.pk}" selected>' in page_of(response)
    response = act(client, case, "reassign", team=team.pk, handler="", reason="교육에 관한 일임")
    assert done(response)
    assert fresh(case).team == team
    # It is another team's now: the lead who passed it on sees it no more.
    assert response["Location"].endswith("/admin/complaints/complaint/")
    assert client.get(case_url(case)).status_code == 404


def test_support(case: Complaint, person: Find) -> None:
    team = Team.objects.get(code="activity")
    assert browser_of("song.hn").get(case_url(case)).status_code == 404
    assert done(act(browser_of("baek.sw"), case, "add_supporting_team", team=team.pk))
    assert browser_of("song.hn").get(case_url(case)).status_code == 200
    assert "협조" in words_of(browser_of("baek.sw").get(case_url(case)))


def test_whom_it_is_about(file: File, person: Find) -> None:
    one = file(about_staff="머리 긴 직원").complaint
    client = browser_of("baek.sw")
    assert done(act(client, one, "settle_about_staff", people=[person("nam.gy").pk]))
    assert AboutStaff.objects.get().person == person("nam.gy")
    assert not fresh(one).about_staff_unclear
    assert browser_of("nam.gy").get(case_url(one)).status_code == 404


# --- the answer -------------------------------------------------------------------------------------


def test_draft_preview_submit(case: Complaint) -> None:
    client = browser_of("nam.gy")
    preview = act(client, case, "preview", **TYPED)
    assert preview.status_code == 200
    words = words_of(preview)
    assert "고객이 받을 글" in words
    assert "말씀하신 대로 조치하였습니다" in words
    assert "남가영 주임" in words
    assert not Response.objects.exists()
    assert done(act(client, case, "save_draft", **TYPED, version=""))
    response = Response.objects.get()
    assert (response.status, response.answer) == ("draft", TYPED["answer"])
    page = client.get(case_url(case))
    assert f'name="version" value="{response.version}"' in page_of(page)
    assert done(act(client, case, "submit_response", **TYPED, version=response.version))
    assert fresh(case).state == State.APPROVING


@pytest.mark.parametrize(
    ("typed", "said", "field"),
    [
        ({"decision": ""}, "처리결과를 골라 주십시오.", "decision"),
        ({"answer": ""}, "답변을 적어 주십시오.", "answer"),
        ({"answer": "[날짜]에 고쳤습니다."}, "채우지 않은 곳이 있습니다: [날짜]", "answer"),
        ({"decision": "declined"}, "받아들이지 못하는 까닭을 적어 주십시오.", "reason"),
        ({"answer": "850101-1234567"}, "주민등록번호로 보이는 숫자가 있습니다.", "answer"),
        ({"action_due_on": "10월 3일"}, "날짜를 ‘2026-10-12’처럼 적어 주십시오.", "action_due_on"),
    ],
)
def test_an_answer_that_cannot_go_to_approval(
    typed: dict[str, str], said: str, field: str, case: Complaint
) -> None:
    client = browser_of("nam.gy")
    response = act(client, case, "submit_response", **TYPED | {"action_done": "남겨 둘 글"} | typed)
    assert refused(response, said)
    page = page_of(response)
    assert f'href="#id_draft_{field}"' in page
    assert f'id="id_draft_{field}_error"' in page
    assert "남겨 둘 글" in page
    for value in typed.values():
        assert value in page
    assert fresh(case).state != State.APPROVING


def test_nobody_overwrites_what_another_wrote(case: Complaint, person: Find) -> None:
    client = browser_of("nam.gy")
    assert done(act(client, case, "save_draft", **TYPED, version=""))
    seen = Response.objects.get().version
    services.save_draft(
        complaint_id=case.pk,
        draft=Draft(decision="declined", answer="팀장이 고친 글", reason="규정"),
        by=person("baek.sw"),
        now=MORNING,
    )
    mine = TYPED | {"answer": "내가 이어 쓴 글"}
    response = act(client, case, "save_draft", **mine, version=seen)
    assert response.status_code == 409
    words = words_of(response)
    for text in ("그사이 다른 분이", "백승우 팀장", "팀장이 고친 글", "내가 이어 쓴 글"):
        assert text in words, text
    assert Response.objects.get().answer == "팀장이 고친 글"
    now_seen = Response.objects.get().version
    assert f'name="version" value="{now_seen}"' in page_of(response)
    assert done(act(client, case, "save_draft", **mine, version=now_seen))
    assert Response.objects.get().answer == "내가 이어 쓴 글"


def test_all_that_is_missing_is_said_at_once(case: Complaint) -> None:
    response = act(browser_of("nam.gy"), case, "submit_response", decision="", answer="")
    assert refused(response, "처리결과를 골라 주십시오.")
    assert refused(response, "답변을 적어 주십시오.")


def test_of_two_who_begin_with_an_empty_page_the_second_is_told(case: Complaint) -> None:
    first, second = browser_of("nam.gy"), browser_of("baek.sw")
    assert 'name="version" value="0"' in page_of(first.get(case_url(case)))
    assert done(act(first, case, "save_draft", **TYPED, version=0))
    mine = TYPED | {"answer": "둘째 창에서 쓴 글"}
    response = act(second, case, "save_draft", **mine, version=0)
    assert response.status_code == 409
    assert "둘째 창에서 쓴 글" in words_of(response)
    assert Response.objects.get().answer == TYPED["answer"]


def test_a_template_goes_into_the_answer(case: Complaint) -> None:
    client = browser_of("nam.gy")
    asked = client.get(f"{case_url(case)}?template=T1")
    assert "봉사하신 시간이 보이지 않아" in words_of(asked)
    typed = TYPED | {"answer": "안녕하십니까.", "template": "T1", "decision": ""}
    response = act(client, case, "insert_template", **typed)
    assert response.status_code == 200
    form = response.context["page"].urgent.form
    assert form["answer"].value().startswith("안녕하십니까.\n\n봉사하신 시간이")
    assert not Response.objects.exists()
    offered = [code for code, _label in form.fields["template"].choices]
    assert {"T1", "T2", "T16"} <= set(offered)
    assert "T6" not in offered  # of another topic
    assert "T3" not in offered  # of another kind


def test_recall(case: Complaint, person: Find) -> None:
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    client = browser_of("nam.gy")
    assert "save_draft" not in verbs_on(client.get(case_url(case)))
    assert done(act(client, case, "recall"))
    assert fresh(case).state == State.REVIEWING
    assert ANSWER.answer in page_of(client.get(case_url(case)))


def test_approve(case: Complaint, person: Find) -> None:
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    approval = case.approvals.get()
    client = browser_of("baek.sw")
    typed = {"approval": approval.pk, "comment": "좋습니다"}
    assert browser_of("nam.gy").get(case_url(case)).status_code == 200
    assert act(browser_of("nam.gy"), case, "approve", **typed).status_code == 422
    assert act(browser_of("bae.sj"), case, "approve", **typed).status_code == 422
    assert done(act(client, case, "approve", **typed))
    assert fresh(case).state == State.TELLING
    again = act(client, case, "approve", **typed)
    assert refused(again, "지금은 이 일을 할 수 없습니다.", "좋습니다")


def test_return(case: Complaint, person: Find) -> None:
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    approval = case.approvals.get()
    client = browser_of("baek.sw")
    response = act(client, case, "return_document", approval=approval.pk, comment="")
    assert refused(response, "무엇을 고칠지 적어 주십시오.")
    typed = {"approval": approval.pk, "comment": "날짜를 넣어 주십시오"}
    assert done(act(client, case, "return_document", **typed))
    words = words_of(browser_of("nam.gy").get(case_url(case)))
    assert "백승우 팀장의 의견" in words
    assert "날짜를 넣어 주십시오" in words


def test_a_verb_that_came_too_late_loses_no_word(case: Complaint, person: Find) -> None:
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    response = act(browser_of("nam.gy"), case, "save_draft", **TYPED | {"answer": "오래 쓴 글"})
    assert refused(
        response, "지금은 이 일을 할 수 없습니다.", "쓰신 내용(복사해 두십시오)", "오래 쓴 글"
    )


def test_a_compliment_is_passed_on(file: File, person: Find) -> None:
    one = file(
        kind="compliment", topic_code="record", about_staff="임다온", subject="고맙습니다"
    ).complaint
    client = browser_of("nam.gy")
    page = client.get(case_url(one))
    assert "save_draft" not in verbs_on(page)
    assert refused(
        act(client, one, "pass_on_compliment", quote=""), "칭찬받은 직원을 골라 주십시오."
    )
    typed = {"people": [person("im.do").pk], "quote": "친절히 도와주셨습니다"}
    assert done(act(client, one, "pass_on_compliment", **typed))
    assert fresh(one).state == State.TELLING


# --- asking, moving the date --------------------------------------------------------------------------


def test_request_and_supplement(case: Complaint) -> None:
    client = browser_of("nam.gy")
    assert refused(act(client, case, "request_information", items=" "), "무엇을 더 알고 싶은지")
    assert done(act(client, case, "request_information", items="활동한 날이 언제입니까?"))
    assert fresh(case).state == State.WAITING
    page = client.get(case_url(case))
    assert "보완 대기" in words_of(page)
    assert page.context["page"].urgent.panel.key == "supplement"
    assert done(act(client, case, "enter_supplement", text="9월 2일이라고 전화로 말씀하심"))
    assert fresh(case).state == State.REVIEWING


def test_end_request(case: Complaint) -> None:
    client = browser_of("nam.gy")
    act(client, case, "request_information", items="활동한 날이 언제입니까?")
    assert done(act(client, case, "end_request"))
    assert fresh(case).state == State.REVIEWING
    reply = reply_commitment(case)
    assert reply is not None
    assert reply.state == Clock.RUNNING


def test_extension(case: Complaint) -> None:
    client = browser_of("nam.gy")
    typed = {
        "ground": "visit_needed",
        "reason": "현장을 보아야 합니다",
        "new_due_on": "2026-09-20",
        "progress": "전화로 물음",
        "action_planned": "",
    }
    sunday = act(client, case, "ask_extension", **typed)
    assert refused(sunday, "그날은 쉬는 날입니다")
    assert "현장을 보아야 합니다" in page_of(sunday)
    far = act(client, case, "ask_extension", **typed | {"new_due_on": "2099-01-05"})
    assert far.status_code == 422
    assert done(act(client, case, "ask_extension", **typed | {"new_due_on": "2026-09-18"}))
    approval = case.approvals.get()
    page = browser_of("baek.sw").get(case_url(case))
    assert "기한 연장" in words_of(page)
    assert "현장을 보아야 합니다" in words_of(page)
    assert done(act(browser_of("baek.sw"), case, "approve", approval=approval.pk, comment=""))
    words = words_of(client.get(case_url(case)))
    assert "2026년 9월 18일(금) 18시까지" in words
    assert "처음 약속한 기한 2026년 9월 16일(수) 18시" in words


def test_new_promise_and_the_call_of_a_manager(case: Complaint) -> None:
    late = seoul("2026-09-17 10:00")
    sweep(now=late)
    with time_machine.travel(late, tick=False):
        client = browser_of("baek.sw")
        typed = {"reason": "", "progress": "현장을 다녀옴", "due_on": "2026-09-23"}
        response = act(client, case, "set_new_promise", **typed)
        assert refused(response, "늦어진 까닭을 적어 주십시오.")
        assert "현장을 다녀옴" in page_of(response)
        assert done(act(client, case, "set_new_promise", **typed | {"reason": "자료를 기다림"}))
        assert "log_manager_call" not in verbs_on(browser_of("seo.yh").get(case_url(case)))
    much_later = seoul("2026-09-24 10:00")
    sweep(now=much_later)
    with time_machine.travel(much_later, tick=False):
        manager = browser_of("seo.yh")
        assert manager.get(case_url(case)).context["page"].urgent.panel.key == "call"
        said = {"note": "사과드리고 오늘 답하기로 함"}
        response = act(manager, case, "log_manager_call", **said)
        assert refused(response, "고객과 정한 답변 날짜를 적어 주십시오.")
        assert "사과드리고 오늘 답하기로 함" in page_of(response)
        assert done(act(manager, case, "log_manager_call", **said, due_on="2026-09-28"))
        assert "manager-called" in events(case)
        assert "log_manager_call" not in verbs_on(manager.get(case_url(case)))


def test_new_code(case: Complaint) -> None:
    before = case.access_code_hash
    assert act(browser_of("nam.gy"), case, "issue_code").status_code == 422
    assert done(act(browser_of("im.do"), case, "issue_code"))
    assert fresh(case).access_code_hash != before
    assert Notice.objects.filter(template="code-reissued").count() == 1


# --- other ways ---------------------------------------------------------------------------------------


def test_referral(case: Complaint) -> None:
    body = ReferralBody.objects.filter(active=True).first()
    assert body is not None
    client = browser_of("nam.gy")
    typed = {"body": body.pk, "contact": "", "reason": "소관이 아님", "help_offered": ""}
    response = act(client, case, "ask_referral", **typed)
    if not body.contact:
        assert refused(response, "고객에게 알려 드릴 기관 연락처를 적어 주십시오.")
        assert "소관이 아님" in page_of(response)
        response = act(client, case, "ask_referral", **typed | {"contact": "054-000-0000"})
    assert done(response)
    approval = case.approvals.get()
    assert done(act(browser_of("baek.sw"), case, "approve", approval=approval.pk, comment=""))
    assert fresh(case).state == State.REFERRED
    assert "reopen_case" in verbs_on(browser_of("noh.jh").get(case_url(case)))


def test_merge(case: Complaint, file: File) -> None:
    again = file(subject="또 보냅니다", now=MORNING + timedelta(seconds=1)).complaint
    client = browser_of("baek.sw")
    page = page_of(client.get(case_url(again)))
    assert f'value="{case.receipt_number}"' in page  # offered: the same contact, earlier
    assert refused(act(client, again, "merge", into="2026-000009-9"), "합칠 건의 접수번호를 확인해")
    assert done(act(client, again, "merge", into=case.receipt_number.lower()))
    assert fresh(again).state == State.MERGED
    assert "또 보냅니다" in words_of(client.get(case_url(case)))


def test_withdrawal(case: Complaint) -> None:
    client = browser_of("nam.gy")
    assert refused(act(client, case, "enter_withdrawal", reason=""), "고객이 어떻게 취하를")
    assert done(act(client, case, "enter_withdrawal", reason="전화로 취하를 알려 오심"))
    assert fresh(case).state == State.WITHDRAWN


def test_close_and_reopen(case: Complaint, person: Find) -> None:
    told(case, person)
    assert "마치기" in words_of(browser_of("nam.gy").get(case_url(case)))
    put_right(case, now=MORNING)
    assert done(act(browser_of("nam.gy"), case, "close_case"))
    assert fresh(case).state == State.CLOSED
    assert act(browser_of("nam.gy"), case, "reopen_case", reason="다시").status_code == 422
    client = browser_of("noh.jh")
    assert refused(act(client, case, "reopen_case", reason=""), "다시 여는 까닭을 적어 주십시오.")
    assert done(act(client, case, "reopen_case", reason="새로운 사실"))
    assert fresh(case).round == 2


def test_note(case: Complaint) -> None:
    client = browser_of("im.do")
    assert refused(act(client, case, "add_note", text=""), "메모를 적어 주십시오.")
    assert refused(act(client, case, "add_note", text="850101-1234567"), "주민등록번호")
    assert done(act(client, case, "add_note", text="전화 드렸으나 받지 않으심"))
    assert InternalNote.objects.get().text == "전화 드렸으나 받지 않으심"


# --- what is no verb ------------------------------------------------------------------------------------


def test_an_unknown_verb_does_nothing(case: Complaint) -> None:
    client = browser_of("nam.gy")
    for do in ("", "delete", "answer_extension", "file_complaint"):
        assert act(client, case, do).status_code == 404
    assert fresh(case).version == case.version


def test_the_administrator_and_strangers_can_do_nothing(case: Complaint) -> None:
    assert act(browser_of("sys.admin"), case, "add_note", text="나").status_code == 403
    assert act(browser_of(""), case, "add_note", text="나").status_code == 302
    assert not InternalNote.objects.exists()
