"""Surveys built, frozen by their first answer, and continued in versions; and staff's pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from centre.models import StaffMember
from complaints.models import Complaint
from complaints.tests.conftest import seoul
from surveys import services
from surveys.errors import NotAllowed, NotNow, Refused
from surveys.models import Invitation, Response, Survey
from surveys.tests.conftest import END, KINDS, MORNING, answered, the_invitation

pytestmark = pytest.mark.usefixtures("demo_centre")
HOUR = timedelta(hours=1)
COUNTS = {"case": 10, "course": 12, "visit": 7, "phone": 8, "yearly": 28}
NEW: dict[str, Any] = {
    "code": "X1",
    "type": "single",
    "text": "어느 쪽입니까?",
    "choices": ["가", "나"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_survey_begins_with_the_questionnaire_of_its_kind(
    draft: Callable[..., Survey], kind: str
) -> None:
    survey = draft(kind)
    assert survey.questions.count() == COUNTS[kind]
    assert survey.confidential == (kind in {"case", "course"})
    assert "{{" not in survey.intro
    again = survey.questions.filter(choices__asks_again=True)
    assert [row.code for row in again] == (["C7"] if kind == "case" else [])


@pytest.mark.parametrize(
    ("kind", "renewal", "end"),
    [
        ("case", "year", "2027-01-01 00:00"),
        ("visit", "year", "2027-01-01 00:00"),
        ("phone", "quarter", "2027-01-01 00:00"),  # this quarter is nearly over
        ("yearly", "", "2027-01-01 00:00"),
        ("course", "", None),
    ],
)
def test_a_survey_can_be_opened_as_made(
    manager: StaffMember, kind: str, renewal: str, end: str | None
) -> None:
    survey = services.create_survey(kind=kind, by=manager, now=MORNING)
    survey.refresh_from_db()
    assert (survey.renewal, survey.closes_at) == (renewal, end and seoul(end))
    services.open_survey(survey_id=survey.pk, by=manager, now=MORNING)
    copied = services.copy_version(survey_id=survey.pk, by=manager, now=MORNING)
    copied.refresh_from_db()
    assert (copied.renewal, copied.closes_at) == (renewal, end and seoul(end))


@pytest.mark.parametrize(("kind", "optional"), [("visit", False), ("course", True)])
def test_an_end_that_is_needed_is_not_called_optional(
    client: Client, draft: Callable[..., Survey], manager: StaffMember, kind: str, *, optional: bool
) -> None:
    client.force_login(manager.user)
    page = client.get(_url("change", draft(kind).pk)).content.decode()
    label = re.search(r'<label for="id_closes_at">(.*?)</label>', page)
    assert label is not None
    assert ("선택" in label[1]) is optional


def test_who_may_build(person: Callable[[str], StaffMember]) -> None:
    with pytest.raises(NotAllowed):
        services.create_survey(kind="visit", by=person("im.do"), now=MORNING)


def test_once_somebody_answered_nothing_changes_but_in_a_new_version(
    opened: Callable[..., Survey], manager: StaffMember
) -> None:
    survey = opened()
    question = survey.questions.all()[0]
    values: dict[str, Any] = {"survey_id": survey.pk, "by": manager, "now": MORNING}
    new = services.NewQuestion(**NEW)
    services.save_question(new=new, **values)  # nobody answered yet
    answered(survey)
    for change in (
        lambda: services.save_question(new=new, **values),
        lambda: services.save_question(new=new, question_id=question.pk, **values),
        lambda: services.remove_question(question_id=question.pk, **values),
        lambda: services.move_question(question_id=question.pk, up=False, **values),
    ):
        with pytest.raises(NotNow, match="새 판"):
            change()
    following = services.copy_version(**values)
    assert (following.version, following.previous_id, following.status) == (2, survey.pk, "draft")
    assert following.slug != survey.slug
    codes = [row.code for row in following.questions.all()]
    assert codes == [row.code for row in Survey.objects.get(pk=survey.pk).questions.all()]
    services.remove_question(
        survey_id=following.pk, question_id=following.questions.all()[0].pk, by=manager, now=MORNING
    )
    before = Survey.objects.get(pk=survey.pk)
    assert before.questions.count() == 8  # the first version stays as it was answered
    Survey.objects.filter(pk=following.pk).update(closes_at=END)
    with pytest.raises(NotNow, match="앞의 판"):
        services.open_survey(survey_id=following.pk, by=manager, now=MORNING)


def test_the_end_may_move_while_people_answer(
    opened: Callable[..., Survey], manager: StaffMember
) -> None:
    survey = opened()
    answered(survey)
    values: dict[str, Any] = {
        "survey_id": survey.pk, "intro": survey.intro, "thanks": survey.thanks,
        "opens_at": None, "renewal": "", "asks_consented": False, "by": manager, "now": MORNING,
    }  # fmt: skip
    later = END + timedelta(days=3)
    changed = services.change_survey(title=survey.title, closes_at=later, **values)
    assert changed.closes_at == later
    answered(survey, edition=changed.edition)  # whoever has the form open is not disturbed
    with pytest.raises(Refused):
        services.change_survey(title="다른 제목", closes_at=later, **values)
    for bad in (None, MORNING - HOUR):
        with pytest.raises(Refused) as refused:
            services.change_survey(title=survey.title, closes_at=bad, **values)
        assert refused.value.field == "closes_at"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "가1"}, "code"),
        ({"code": "V1"}, "code"),  # is there already
        ({"code": "v1"}, "code"),
        ({"text": " "}, "text"),
        ({"text": "가" * 301}, "text"),
        ({"type": "slider"}, "type"),
        ({"type": "scale5", "scale": ""}, "scale"),
        ({"dimension": "만족"}, "dimension"),
        ({"choices": ["가"]}, "choices"),
        ({"choices": ["가", "가"]}, "choices"),
        ({"choices": []}, "choices"),
        ({"type": "multiple", "at_most": 3}, "at_most"),
        ({"type": "multiple", "at_most": 0}, "at_most"),
    ],
)
def test_a_question_that_cannot_be(
    draft: Callable[..., Survey], manager: StaffMember, changes: dict[str, Any], field: str
) -> None:
    survey = draft()
    with pytest.raises(Refused) as refused:
        services.save_question(
            survey_id=survey.pk,
            new=services.NewQuestion(**(NEW | changes)),
            by=manager,
            now=MORNING,
        )
    assert refused.value.field == field
    assert survey.questions.count() == 7
    assert Survey.objects.get(pk=survey.pk).edition == survey.edition


def test_order(draft: Callable[..., Survey], manager: StaffMember) -> None:
    survey = draft()
    rows = {row.code: row.pk for row in survey.questions.all()}

    def move(code: str, *, up: bool) -> str:
        services.move_question(
            survey_id=survey.pk, question_id=rows[code], up=up, by=manager, now=MORNING
        )
        return " ".join(survey.questions.order_by("order").values_list("code", flat=True))

    assert move("V1", up=True) == "V1 V2 V3 V4 V5 V6 V7"
    assert move("V7", up=True) == "V1 V2 V3 V4 V5 V7 V6"
    assert move("V1", up=False) == "V2 V1 V3 V4 V5 V7 V6"


@pytest.mark.parametrize(
    "changes", [{"closes_at": None}, {"closes_at": MORNING - HOUR}, {"status": "closed"}]
)
def test_what_cannot_be_opened(
    draft: Callable[..., Survey], manager: StaffMember, changes: dict[str, Any]
) -> None:
    survey = draft()
    Survey.objects.filter(pk=survey.pk).update(**changes)
    with pytest.raises(Refused):
        services.open_survey(survey_id=survey.pk, by=manager, now=MORNING)


def test_only_a_draft_is_deleted(
    draft: Callable[..., Survey], opened: Callable[..., Survey], manager: StaffMember
) -> None:
    survey = opened()
    with pytest.raises(NotNow):
        services.delete_draft(survey_id=survey.pk, by=manager, now=MORNING)
    other = draft("yearly")
    services.delete_draft(survey_id=other.pk, by=manager, now=MORNING)
    assert not Survey.objects.filter(pk=other.pk).exists()


# --- staff's pages --------------------------------------------------------------------------------


def _url(name: str, *args: Any) -> str:
    return reverse(f"admin:surveys_survey_{name}", args=args)


def test_built_opened_and_closed_through_the_pages(client: Client, manager: StaffMember) -> None:
    client.force_login(manager.user)
    made = client.post(_url("changelist"), {"do": "create", "kind": "yearly"}, follow=True)
    survey = Survey.objects.get()
    assert survey.title in made.content.decode()
    page = _url("change", survey.pk)
    Survey.objects.filter(pk=survey.pk).update(closes_at=None)
    refused = client.post(page, {"do": "open"}, follow=True)
    assert "마치는 때를 정한 뒤" in refused.content.decode()
    saved = {
        "do": "save", "title": "2026년 조사", "intro": "", "thanks": "",
        "closes_at": "2099-12-01T18:00", "asks_consented": "on",
    }  # fmt: skip
    wrong = client.post(page, saved | {"closes_at": "2020-01-01T00:00"})
    assert wrong.status_code == 422
    assert "2026년 조사" in wrong.content.decode()
    Survey.objects.filter(pk=survey.pk).update(title="")
    saved["closes_at"] = "2027-01-05T18:00"
    assert client.post(page, saved).status_code == 302
    survey.refresh_from_db()
    assert (survey.title, survey.closes_at) == ("2026년 조사", seoul("2027-01-05 18:00"))
    question = _url("question_add", survey.pk)
    assert client.post(question, {"code": "Z1", "type": "single", "text": ""}).status_code == 422
    new = {"code": "Z1", "type": "single", "text": "새 문항", "choices": "가\r\n나\r\n"}
    assert client.post(question, new).status_code == 302
    row = survey.questions.get(code="Z1")
    edit = _url("question", survey.pk, row.pk)
    assert "가\n나" in client.get(edit).content.decode()
    for do in ("up", "down", "remove"):
        assert client.post(page, {"do": do, "question": row.pk}).status_code == 302
    assert survey.questions.count() == 28
    client.post(page, {"do": "open"})
    survey.refresh_from_db()
    assert survey.status == "open"
    client.post(page, {"do": "close"})
    survey.refresh_from_db()
    assert survey.status == "closed"
    assert client.post(page, {"do": "nonsense"}).status_code == 404


def test_questions_that_were_answered_are_only_read(
    client: Client, opened: Callable[..., Survey], manager: StaffMember
) -> None:
    survey = opened()
    client.force_login(manager.user)
    edit = _url("question", survey.pk, survey.questions.all()[0].pk)
    free = client.get(edit).content.decode()
    assert 'value="save"' in free
    assert " disabled" not in free
    answered(survey)
    frozen = client.get(edit).content.decode()
    assert "새 판 만들기" in frozen
    assert 'value="save"' not in frozen
    fields = re.findall(r'<(?:input|select|textarea)[^>]*name="(?!csrf)[^>]*>', frozen)
    typed = [field for field in fields if 'id="id_' in field]
    assert len(typed) == 13
    assert all(" disabled" in field for field in typed)
    add = client.get(_url("question_add", survey.pk))
    assert add["Location"].startswith(_url("change", survey.pk))
    sent = client.post(edit, NEW | {"choices": "가\r\n나"})
    assert sent.status_code == 422
    assert 'value="save"' not in sent.content.decode()


def test_the_list_costs_the_same_however_long(
    client: Client,
    opened: Callable[..., Survey],
    draft: Callable[..., Survey],
    manager: StaffMember,
    django_assert_max_num_queries: Any,
) -> None:
    client.force_login(manager.user)
    opened()
    client.get(_url("changelist"))
    with django_assert_max_num_queries(12) as few:
        client.get(_url("changelist"))
    for _ in range(15):
        answered(Survey.objects.open().get())
        draft("yearly")
    with django_assert_max_num_queries(len(few)):
        client.get(_url("changelist"))


def test_what_nobody_is_asked_about_is_said(
    client: Client, opened: Callable[..., Survey], manager: StaffMember
) -> None:
    from django.utils import timezone  # noqa: PLC0415

    now = timezone.now()
    client.force_login(manager.user)
    opened("case", now=now - HOUR, closes_at=now + HOUR)
    opened("course", now=now - HOUR, closes_at=None)
    page = client.get(_url("changelist")).content.decode()
    assert "방문 만족도: 열린 설문이 없어" in page
    opened("visit", now=now - HOUR, closes_at=now + HOUR)
    assert "열린 설문이 없어" not in client.get(_url("changelist")).content.decode()
    Survey.objects.filter(kind="visit").update(closes_at=now)
    assert "방문 만족도: 열린 설문이 없어" in client.get(_url("changelist")).content.decode()


def test_the_list_counts_each_by_itself(
    opened: Callable[..., Survey], closed_case: Callable[..., Complaint]
) -> None:
    from surveys.queries import for_staff  # noqa: PLC0415

    survey = opened("case")
    for n in range(3):
        closed_case(email=f"c{n}@example.com")
    services.invite_cases(now=MORNING + 2 * HOUR)
    asked = list(Invitation.objects.order_by("key"))
    Invitation.objects.filter(pk__in=[row.pk for row in asked[:2]]).update(sent_at=MORNING)
    for row in asked[1:]:
        answered(survey, invitation=row, now=MORNING + 3 * HOUR)
    opened("visit")
    rows = for_staff().values_list("kind", "invited_count", "sent_count", "answered_count")
    assert set(rows) == {("case", 3, 2, 2), ("visit", 0, 0, 0)}


def test_what_is_entered_on_the_phone(
    client: Client,
    opened: Callable[..., Survey],
    closed_case: Callable[..., Complaint],
    person: Callable[[str], StaffMember],
) -> None:
    from django.utils import timezone  # noqa: PLC0415

    now = timezone.now()
    survey = opened("case", now=now - timedelta(days=9), closes_at=now + timedelta(days=30))
    case = closed_case(now - timedelta(days=5), email="", phone="010-0000-1234", reply_by="phone")
    services.invite_cases(now=now - HOUR)
    invitation = the_invitation()
    page = _url("enter", survey.pk)
    assert case.handler is not None
    own = Client()
    own.force_login(case.handler.user)
    assert str(invitation.pk) not in own.get(page).content.decode()
    one = f"{page}?invitation={invitation.pk}"
    assert "다른 직원이 여쭙고 적습니다" in own.get(one).content.decode()
    client.force_login(person("im.do").user)
    shown = client.get(page).content.decode()
    assert "김*람 010-****-1234" in shown
    assert "김하람" not in shown
    form = client.get(one).content.decode()
    hidden = dict(re.findall(r'name="(nonce|edition)" value="([^"]*)"', form))
    sent = hidden | {"invitation": str(invitation.pk), "way": "phone", "C9": "9"}
    again = client.post(page, sent)
    assert again.status_code == 422
    done = client.post(page, sent | {"C7": "1", "C9": "5"})
    assert done.status_code == 302
    assert Response.objects.get().way == "phone"
    assert Invitation.objects.get().used
    assert client.get(f"{page}?invitation=nonsense").status_code == 404


@pytest.mark.parametrize(
    "name", ["change", "preview", "enter", "question_add", "card", "svg", "png"]
)
@pytest.mark.parametrize("kind", ["visit", "yearly"])
def test_pages_answer(
    client: Client, opened: Callable[..., Survey], manager: StaffMember, name: str, kind: str
) -> None:
    survey = opened(kind)
    assert client.get(_url(name, survey.pk)).status_code == 302  # sign in first
    client.force_login(manager.user)
    response = client.get(_url(name, survey.pk))
    assert response.status_code == 200
    if name in {"svg", "png"}:
        begins = {"svg": b"<?xml", "png": b"\x89PNG"}[name]
        assert response.content.startswith(begins)
    else:
        page = response.content.decode()
        assert page.count("<h1") == 1
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)


def test_who_may_not_build_sees_and_enters(
    client: Client, opened: Callable[..., Survey], person: Callable[[str], StaffMember]
) -> None:
    survey = opened()
    client.force_login(person("im.do").user)
    assert client.get(_url("change", survey.pk)).status_code == 200
    assert client.get(_url("question_add", survey.pk)).status_code == 403
    client.post(_url("change", survey.pk), {"do": "close"})
    survey.refresh_from_db()
    assert survey.status == "open"


def test_the_code_leads_to_the_short_address(opened: Callable[..., Survey]) -> None:
    from surveys.back_office import qr  # noqa: PLC0415

    survey = opened("visit")
    assert qr.short_url(survey).endswith("/s/visit/")
    assert qr.short_url(opened("yearly")).endswith(f"/s/yearly-{MORNING.year}/")
