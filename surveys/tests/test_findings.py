"""What results say is wrong: an action within ten working days, done in time, verified by another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from centre.models import StaffMember
from complaints.tests.conftest import seoul
from notices.models import Notice
from standards import services as standards
from standards.models import Commitment
from surveys import checks, services
from surveys.errors import NotAllowed, NotNow, Refused
from surveys.models import ResultFinding, Survey
from surveys.services import findings, publishing
from surveys.tests.filling import fill

pytestmark = pytest.mark.django_db
#: A Wednesday; ten working days from its 10:00 end on 23 September at 10:00.
FOUND = seoul("2026-09-09 10:00")
DECIDE_BY = seoul("2026-09-23 10:00")
DUE = date(2026, 10, 30)
Enter = Callable[[], ResultFinding]


@pytest.fixture
def published(opened: Callable[..., Survey], manager: StaffMember) -> Survey:
    survey = opened("visit", now=FOUND - timedelta(days=9))
    fill(survey, [{"V1": 5, "V6": 4}] * 10)
    services.close_survey(survey_id=survey.pk, by=manager, now=FOUND - timedelta(days=2))
    publishing.publish(survey_id=survey.pk, by=manager, now=FOUND - timedelta(days=1))
    survey.refresh_from_db()
    return survey


@pytest.fixture
def lead(person: Callable[[str], StaffMember]) -> StaffMember:
    return person("bae.sj")


@pytest.fixture
def owner(person: Callable[[str], StaffMember]) -> StaffMember:
    return person("yoo.cr")


@pytest.fixture
def finding(published: Survey, lead: StaffMember) -> ResultFinding:
    return findings.enter_finding(
        survey_id=published.pk, text="안내도를 찾기 어려움", by=lead, now=FOUND
    )


def promise(finding: ResultFinding) -> Commitment | None:
    return Commitment.objects.filter(key=findings.correction_key(finding.pk)).first()


def decide(
    finding: ResultFinding, *, by: StaffMember, owner: StaffMember, now: object = FOUND
) -> None:
    findings.decide_action(
        finding_id=finding.pk, action="큰 안내도를 붙임", owner_id=owner.pk, due_on=DUE, by=by,
        now=now,  # type: ignore[arg-type]
    )  # fmt: skip


def test_ten_working_days_to_decide(finding: ResultFinding) -> None:
    clock = Commitment.objects.get(key=findings.decision_key(finding.pk))
    assert (clock.code, clock.due_at) == ("survey-decision", DECIDE_BY)
    assert promise(finding) is None


def test_decided_done_and_verified_by_another_is_kept(
    finding: ResultFinding, lead: StaffMember, owner: StaffMember, manager: StaffMember
) -> None:
    decide(finding, by=lead, owner=owner)
    found = promise(finding)
    assert found is not None
    assert (found.first_due_at, found.team) == (seoul("2026-10-30 18:00"), owner.team)
    assert Notice.objects.filter(key__contains="survey-action-given").count() == 1
    done = seoul("2026-10-30 17:00")
    findings.finish_action(finding_id=finding.pk, evidence="사진", by=owner, now=done)
    assert promise(finding).state == "running"  # type: ignore[union-attr] # nobody has looked yet
    findings.verify_action(
        finding_id=finding.pk, carried_out=True, note="직접 봄", by=manager,
        now=seoul("2026-11-03 10:00"),
    )  # fmt: skip
    found = promise(finding)
    assert found is not None
    assert (found.state, found.fulfilled_at) == ("kept", done)
    finding.refresh_from_db()
    assert (finding.verified_by, finding.first_due_on) == (manager, DUE)


def test_nobody_verifies_his_own_work(
    finding: ResultFinding, lead: StaffMember, manager: StaffMember
) -> None:
    decide(finding, by=manager, owner=lead)
    findings.finish_action(finding_id=finding.pk, evidence="사진", by=lead, now=FOUND)
    with pytest.raises(NotAllowed, match="다른 사람"):
        findings.verify_action(
            finding_id=finding.pk, carried_out=True, note="봄", by=lead, now=FOUND
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        ResultFinding.objects.filter(pk=finding.pk).update(verified_at=FOUND, verified_by=lead)


def test_not_carried_out_goes_on(
    finding: ResultFinding, lead: StaffMember, owner: StaffMember, manager: StaffMember
) -> None:
    decide(finding, by=lead, owner=owner)
    findings.finish_action(finding_id=finding.pk, evidence="사진", by=owner, now=FOUND)
    findings.verify_action(
        finding_id=finding.pk, carried_out=False, note="안 붙어 있음", by=manager, now=FOUND
    )
    finding.refresh_from_db()
    assert (finding.done_at, finding.verified_at) == (None, None)
    assert promise(finding).state == "running"  # type: ignore[union-attr]
    findings.finish_action(finding_id=finding.pk, evidence="다시 붙임", by=owner, now=FOUND)


def test_a_later_date_does_not_change_the_first(
    finding: ResultFinding, lead: StaffMember, owner: StaffMember, manager: StaffMember
) -> None:
    decide(finding, by=lead, owner=owner)
    later = date(2026, 11, 13)
    findings.move_action(finding_id=finding.pk, due_on=later, reason="제작", by=lead, now=FOUND)
    finding.refresh_from_db()
    assert (finding.first_due_on, finding.due_on) == (DUE, later)
    done = seoul("2026-11-10 10:00")
    findings.finish_action(finding_id=finding.pk, evidence="사진", by=owner, now=done)
    findings.verify_action(finding_id=finding.pk, carried_out=True, note="봄", by=manager, now=done)
    assert promise(finding).state == "kept_extended"  # type: ignore[union-attr]
    with pytest.raises(NotNow):
        findings.move_action(
            finding_id=finding.pk, due_on=date(2026, 12, 1), reason="또", by=lead, now=done
        )


def test_not_decided_in_ten_days_is_missed_once(
    finding: ResultFinding, lead: StaffMember, owner: StaffMember, manager: StaffMember
) -> None:
    late = DECIDE_BY + timedelta(minutes=1)
    for _pass in range(3):
        standards.sweep(now=late)
    found = promise(finding)
    assert found is not None
    assert (found.state, found.due_at) == ("missed", DECIDE_BY)
    told = Notice.objects.filter(key__contains="survey-finding-undecided:missed")
    assert told.count() == 2  # who found it and the secretary general
    decide(finding, by=lead, owner=owner, now=late)
    findings.finish_action(finding_id=finding.pk, evidence="사진", by=owner, now=late)
    findings.verify_action(finding_id=finding.pk, carried_out=True, note="봄", by=manager, now=late)
    assert promise(finding).state == "missed"  # type: ignore[union-attr]
    assert Commitment.objects.filter(code="survey-correction").count() == 1


def test_decided_late_before_the_sweep_came_is_missed_all_the_same(
    finding: ResultFinding, lead: StaffMember, owner: StaffMember
) -> None:
    late = DECIDE_BY + timedelta(days=1)
    decide(finding, by=lead, owner=owner, now=late)
    for _pass in range(2):
        standards.sweep(now=late)
    found = promise(finding)
    assert found is not None
    assert (found.state, found.due_at) == ("missed", DECIDE_BY)


def test_the_owner_is_reminded_and_the_miss_is_told(
    finding: ResultFinding, lead: StaffMember, owner: StaffMember
) -> None:
    decide(finding, by=lead, owner=owner)
    standards.sweep(now=seoul("2026-10-28 09:00"))
    standards.sweep(now=seoul("2026-10-30 09:00"))
    standards.sweep(now=seoul("2026-10-30 18:01"))
    names = [":".join(key.split(":")[2:4]) for key in Notice.objects.values_list("key", flat=True)]
    assert sorted(name for name in names if name.startswith("survey-action-")) == [
        "survey-action-due:last-call",
        "survey-action-due:two-days",
        "survey-action-given:given",
        "survey-action-overdue:missed",  # the owner and the secretary general
        "survey-action-overdue:missed",
    ]
    assert promise(finding).state == "missed"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("due_on", "said"),
    [(date(2026, 9, 8), "뒤의 날"), (date(2026, 10, 9), "한글날"), (date(2026, 10, 10), "쉬는 날")],
)
def test_the_date_is_an_open_day_ahead(
    finding: ResultFinding, lead: StaffMember, owner: StaffMember, due_on: date, said: str
) -> None:
    with pytest.raises(Refused, match=said) as refused:
        findings.decide_action(
            finding_id=finding.pk, action="일", owner_id=owner.pk, due_on=due_on, by=lead, now=FOUND
        )
    assert refused.value.field == "due_on"


def test_findings_are_of_published_results(
    opened: Callable[..., Survey], lead: StaffMember, person: Callable[[str], StaffMember]
) -> None:
    survey = opened("case")
    with pytest.raises(NotNow):
        findings.enter_finding(survey_id=survey.pk, text="글", by=lead, now=FOUND)
    with pytest.raises(NotAllowed):
        findings.enter_finding(survey_id=survey.pk, text="글", by=person("noh.jh"), now=FOUND)


def test_a_finding_without_its_promise_is_a_breach(
    finding: ResultFinding, lead: StaffMember, owner: StaffMember
) -> None:
    decide(finding, by=lead, owner=owner)
    about = f"resultfinding {finding.pk}:"
    assert [line for line in checks.breaches(now=FOUND) if line.startswith(about)] == []
    Commitment.objects.filter(subject_type=findings.FINDING).delete()
    assert len([line for line in checks.breaches(now=FOUND) if line.startswith(about)]) == 2
