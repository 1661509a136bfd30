"""구분·유형 바로잡기: promises follow the kind, the team follows only when asked, dates stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from centre.models import StaffMember, Topic
from complaints import queries, services
from complaints.checks import breaches
from complaints.errors import NotAllowed, NotNow, Refused
from complaints.filing import Filed
from complaints.models import AboutStaff, Complaint, Response
from complaints.services import Draft
from complaints.tests.conftest import MORNING, seoul
from complaints.tests.staff import act, browser_of, case_url, done, page_of, verbs_on, words_of
from notices.models import Notice
from records.models import Event
from standards.models import Commitment
from standards.services import sweep

pytestmark = pytest.mark.django_db
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]
LATER = MORNING + timedelta(days=1, hours=1)
ANSWER = Draft(decision="accepted", answer="바로잡았습니다.")


@pytest.fixture
def put(person: Find) -> Callable[..., Complaint]:
    """Put a case right, by the desk unless said."""

    def do(case: Complaint, *, by: str = "im.do", now: Any = LATER, **values: Any) -> Complaint:
        topic = Topic.objects.get(code=values.pop("topic", case.topic.code))
        given = {"kind": case.kind, "reason": "내용을 읽어 보니 다름"} | values
        return services.reclassify(
            complaint_id=case.pk, topic_id=topic.pk, by=person(by), now=now, **given
        )

    return do


def clocks(case: Complaint) -> dict[str, Commitment]:
    rows = Commitment.objects.filter(subject_type="complaint", subject_id=case.pk)
    return {row.code: row for row in rows}


def owed(case: Complaint) -> set[str]:
    rows = Notice.objects.filter(subject_type="complaint", subject_id=case.pk)
    return set(rows.exclude(status="cancelled").values_list("template", flat=True))


def test_an_enquiry_that_is_a_complaint_has_its_apology_from_now_on(file: File, put: Any) -> None:
    case = file(kind="enquiry").complaint
    before = clocks(case)
    assert not {"immediate-apology", "stage-1"} & before.keys()
    put(case, kind="complaint")
    after = clocks(case)
    assert after["reply"].category == "complaint"
    assert (after["reply"].due_at, after["reply"].first_due_at) == (
        before["reply"].due_at,
        before["reply"].first_due_at,
    )
    for code in ("immediate-apology", "stage-1"):
        assert (after[code].state, after[code].started_at) == ("running", LATER)
    assert {"immediate-apology", "apology-contact"} <= owed(case)
    event = Event.objects.get(kind="reclassified", subject_id=case.pk)
    assert event.text == "내용을 읽어 보니 다름"
    assert (event.data["kind_before"], event.data["kind"]) == ("enquiry", "complaint")
    assert list(breaches()) == []


def test_a_complaint_that_is_an_enquiry_owes_no_apology(file: File, put: Any) -> None:
    case = file().complaint
    put(case, kind="enquiry", now=MORNING + timedelta(minutes=20))
    after = clocks(case)
    assert after["reply"].category == "enquiry"
    for code in ("immediate-apology", "stage-1"):
        assert (after[code].state, after[code].excluded_why) == ("excluded", "reclassified")
    assert not {"immediate-apology", "apology-contact"} & owed(case)
    assert list(breaches()) == []


def test_there_and_back_again_gains_no_time(file: File, put: Any) -> None:
    case = file().complaint
    before = clocks(case)
    put(case, kind="enquiry", now=MORNING + timedelta(minutes=20))
    put(Complaint.objects.get(pk=case.pk), kind="complaint")
    after = clocks(case)
    for code in ("immediate-apology", "stage-1", "reply"):
        assert after[code].due_at == before[code].due_at
        assert after[code].state == "running"
        assert after[code].next_step_at
    sweep(now=LATER)
    assert clocks(case)["immediate-apology"].state == "missed"


def test_what_was_missed_stays_in_the_line_in_which_it_was_missed(file: File, put: Any) -> None:
    case = file().complaint
    late = seoul("2026-09-17 10:00")
    sweep(now=late)
    put(case, kind="enquiry", now=late)
    assert (clocks(case)["reply"].category, clocks(case)["reply"].state) == ("complaint", "missed")
    assert clocks(case)["reply-renewed"].category == "enquiry"
    assert clocks(case)["immediate-apology"].state == "missed"


def test_a_suggestion_named_its_team_already(file: File, put: Any, person: Find) -> None:
    case = file(kind="enquiry").complaint
    services.confirm_team(complaint_id=case.pk, by=person("nam.gy"), now=MORNING)
    put(case, kind="suggestion")
    assert "stage-1" not in clocks(case)


def test_the_topic_alone_moves_nobody(file: File, put: Any, person: Find) -> None:
    case = file().complaint
    handler, team = case.handler, case.team
    topic = Topic.objects.exclude(team=team).exclude(code=case.topic.code).filter(active=True)[0]
    found = put(case, topic=topic.code)
    assert (found.topic, found.handler, found.team) == (topic, handler, team)
    moved = put(found, topic=topic.code, move=True)
    assert moved.team == topic.team
    assert moved.handler is not None
    assert moved.handler != handler
    assert clocks(case)["reply"].team == topic.team
    assert Event.objects.filter(kind="reassigned", subject_id=case.pk).count() == 1
    assert list(breaches()) == []


@pytest.mark.parametrize(
    ("wrong", "said", "field"),
    [
        ({}, "바뀐 것이 없습니다", "kind"),
        ({"move": True}, "바뀐 것이 없습니다", "kind"),
        ({"kind": "nonsense"}, "구분을 골라", "kind"),
        ({"kind": "enquiry", "reason": " "}, "까닭을 적어", "reason"),
        ({"kind": "enquiry", "reason": "900101-1234567"}, "주민등록번호", "reason"),
    ],
)
def test_nonsense_is_refused(file: File, put: Any, wrong: Any, said: str, field: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        put(file().complaint, **wrong)
    assert refused.value.field == field


@pytest.mark.parametrize("by", ["nam.gy", "song.hn"])
def test_only_who_directs_may(file: File, put: Any, by: str) -> None:
    with pytest.raises(NotAllowed):
        put(file().complaint, kind="enquiry", by=by)


@pytest.mark.parametrize("by", ["im.do", "baek.sw", "seo.yh"])
def test_the_desk_and_the_handlers_lead_may(file: File, put: Any, by: str) -> None:
    assert put(file().complaint, kind="enquiry", by=by).kind == "enquiry"


def test_never_once_the_answer_is_approved_and_not_while_it_is(
    file: File, put: Any, person: Find
) -> None:
    case = file().complaint
    services.submit_response(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    with pytest.raises(NotNow, match="결재를 거둔 뒤"):
        put(case, kind="enquiry")
    approval = queries.open_approval(case)
    assert approval is not None
    services.approve(approval_id=approval.pk, by=approval.approver, now=LATER)
    other = Topic.objects.exclude(code="record")[0].code
    for values in ({"kind": "enquiry"}, {"topic": other}):
        with pytest.raises(NotNow, match="답변을 전하기 전"):
            put(case, **values)


def test_a_result_the_kind_does_not_know_is_chosen_anew(file: File, put: Any, person: Find) -> None:
    case = file().complaint
    services.save_draft(complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING)
    put(case, kind="suggestion")
    draft = queries.current_draft(case)
    assert draft is not None
    assert (draft.decision, draft.answer) == ("", "바로잡았습니다.")
    put(Complaint.objects.get(pk=case.pk), kind="compliment")
    assert Response.objects.get().status == Response.Status.DROPPED


# --- whom it is about ---------------------------------------------------------------------------


def test_praise_that_is_a_complaint_leaves_the_hands_of_the_one_it_is_about(
    file: File, put: Any, person: Find
) -> None:
    case = file(kind="compliment", about_staff="남가영 주임").complaint
    nam = person("nam.gy")
    assert case.handler == nam
    put(case, kind="complaint")
    found = Complaint.objects.get(pk=case.pk)
    assert found.handler != nam
    assert queries.kept_out(found) == {nam.pk}
    assert not queries.may_read(nam.user, found)
    assert list(breaches()) == []


def test_an_enquiry_that_complains_of_its_handler_in_the_text_leaves_him(
    file: File, put: Any, person: Find
) -> None:
    case = file(kind="enquiry", body="남가영 주임이 확인서를 왜 늦게 주나요?").complaint
    assert case.handler == person("nam.gy")
    put(case, kind="complaint")
    found = Complaint.objects.get(pk=case.pk)
    assert found.handler != person("nam.gy")
    assert person("nam.gy").pk in queries.kept_out(found)
    assert list(breaches()) == []


def test_what_a_person_settled_is_not_searched_again(file: File, put: Any, person: Find) -> None:
    case = file(about_staff="남가영 주임").complaint
    services.settle_about_staff(
        complaint_id=case.pk, person_ids=[], reason="동명이인", by=person("seo.yh"), now=MORNING
    )
    put(Complaint.objects.get(pk=case.pk), kind="enquiry")
    put(Complaint.objects.get(pk=case.pk), kind="complaint")
    assert not AboutStaff.objects.filter(complaint=case).exists()


def test_only_a_manager_turns_what_is_about_somebody_into_praise(
    file: File, put: Any, person: Find
) -> None:
    case = file(about_staff="남가영 주임").complaint
    with pytest.raises(NotAllowed, match="관리자"):
        put(case, kind="compliment")
    assert put(case, kind="compliment", by="seo.yh").kind == "compliment"
    assert list(breaches()) == []


# --- the page -----------------------------------------------------------------------------------


def test_the_button_does_it_and_the_history_says_so(file: File, person: Find) -> None:
    case = file(kind="enquiry").complaint
    desk = browser_of("im.do")
    assert "reclassify" in verbs_on(desk.get(case_url(case)))
    assert "reclassify" not in verbs_on(browser_of("nam.gy").get(case_url(case)))
    typed = {"kind": "complaint", "topic": case.topic_id}
    refused = act(desk, case, "reclassify", **typed, reason="")
    assert "바로잡는 까닭을 적어 주십시오." in page_of(refused)
    assert done(act(desk, case, "reclassify", **typed, reason="불만을 말씀하심"))
    shown = words_of(desk.get(case_url(case)))
    assert "구분·유형 바로잡음" in shown
    assert "문의 → 불만" in shown
    assert "불만을 말씀하심" in shown
